// A driver in C for the tests: feeds lanes, drains, takes back, splits and harvests at random, and
// delivers each item once or fails. It keeps ledger.h's book; threads.h and processes.h give it containers.
#ifndef GANTRY_RING_TEST_DRIVER_H
#define GANTRY_RING_TEST_DRIVER_H

#include "box.h"
#include "ledger.h"

enum { RING_BYTES = 4096, PIECES_BACK = 8192 };
/// A sleep of so long was ended by nobody: more than any machine needs, however busy, to let a container run once.
enum { PARK_LIMIT_MS = 20000 };

typedef struct lane {
  lane_memory memory;
  gantry_producer producer;
  ledger book;
  uint64_t epoch;
  uint32_t large_pieces;  ///< of an output that is not complete
  bool started;
  pid_t pid;  ///< 0: a thread
  int pidfd;
  pthread_t thread;
  box inside;  ///< of a thread
} lane;

typedef struct tally {
  uint64_t revoked, given_back, splits, conflicts, harvested, parks, rung, deaths, charged, exact;
} tally;

typedef struct driver {
  world *w;
  lane lanes[LANES_MOST];
  int lane_count;
  uint64_t next_item, delivered;
  uint8_t *is_delivered;
  piece *back;  ///< pieces that came back
  uint32_t back_count;
  uint32_t chunk_most, depth_most;
  uint32_t churn;  ///< one turn in so many takes something back
  uint64_t last_epoch;
  uint64_t start_descriptors, start_bytes;
  bool fenced;
  random_numbers random;
  tally counts;
} driver;

static inline world *world_make(uint64_t items) {
  world *w = shared_zeroes(sizeof *w);
  w->items = items;
  w->runs = shared_zeroes(items * sizeof *w->runs);
  w->run_by = shared_zeroes(items * sizeof *w->run_by);
  w->charges = shared_zeroes(items);
  return w;
}

static inline driver driver_make(world *w, int lanes, random_numbers random) {
  driver d = {.w = w, .lane_count = lanes, .chunk_most = 24, .depth_most = 4, .churn = 4, .random = random};
  d.is_delivered = calloc(w->items, 1);
  d.back = calloc(PIECES_BACK, sizeof *d.back);
  CHECK(d.is_delivered != NULL && d.back != NULL, "no memory");
  return d;
}

static inline void give_back(driver *d, piece p) {
  if (p.first >= p.end) return;
  CHECK(d->back_count < PIECES_BACK, "too many pieces came back");
  d->back[d->back_count++] = p;
}

static inline bool has_piece(const driver *d) { return d->back_count > 0 || d->next_item < d->w->items; }

static inline piece next_piece(driver *d) {
  if (d->back_count > 0) {
    uint64_t chosen = draw(&d->random, d->back_count);
    piece p = d->back[chosen];
    d->back[chosen] = d->back[--d->back_count];
    return p;
  }
  uint64_t left = d->w->items - d->next_item;
  uint32_t count = 1 + (uint32_t)draw(&d->random, d->chunk_most);
  if (count > left) count = (uint32_t)left;
  // Chunks do not begin at input 0 only: a piece may be the rest of one.
  uint32_t first = (uint32_t)draw(&d->random, 4);
  if (first > d->next_item) first = 0;
  piece p = {.base = d->next_item - first, .first = first, .end = first + count};
  d->next_item += count;
  return p;
}

static inline void deliver(driver *d, uint64_t item, int kind, uint64_t value) {
  CHECK(item < d->w->items, "item %llu was delivered and does not exist", (unsigned long long)item);
  CHECK(!d->is_delivered[item], "item %llu was delivered twice", (unsigned long long)item);
  CHECK(item_kind(d->w, item) == kind, "item %llu came as of kind %d", (unsigned long long)item, kind);
  CHECK(item_value(item) == value, "item %llu came with other bytes", (unsigned long long)item);
  d->is_delivered[item] = 1;
  d->delivered += 1;
}

static inline void take_record(driver *d, lane *l, const gantry_record *record, const void *payload) {
  uint8_t copy[RING_BYTES];
  CHECK(record->length <= sizeof copy, "a payload of %llu bytes", (unsigned long long)record->length);
  gantry_copy_once(copy, payload, record->length, "payload");
  CHECK(gantry_checksum(copy, record->length) == record->check, "a payload whose checksum is wrong");
  if (record->kind == GANTRY_RECORD_STARTED) {
    CHECK(!l->started, "a container started twice");
    l->started = true;
    return;
  }
  CHECK(l->started, "a record before the start");
  accepted in = ledger_accept(&l->book, record);
  uint64_t item = in.base + record->first;
  switch (record->kind) {
    case GANTRY_RECORD_OUTPUTS:
      CHECK(record->length == (uint64_t)record->count * OUTPUT_BYTES, "%u outputs in %llu bytes",
            record->count, (unsigned long long)record->length);
      for (uint32_t i = in.fresh_first; i < in.fresh_end; i += 1) {
        uint64_t value;
        memcpy(&value, copy + (in.skipped + (i - in.fresh_first)) * OUTPUT_BYTES, sizeof value);
        deliver(d, in.base + i, ITEM_PLAIN, value);
      }
      break;
    case GANTRY_RECORD_THREW: {
      uint64_t value;
      memcpy(&value, copy, sizeof value);
      CHECK(in.fresh_end == in.fresh_first + 1, "an error was harvested before it came");
      deliver(d, item, ITEM_THROWS, value);
      break;
    }
    case GANTRY_RECORD_MORE:
    case GANTRY_RECORD_LARGE: {
      CHECK(
          record->length == LARGE_BYTES && copy[0] == (uint8_t)((uint8_t)item_value(item) + l->large_pieces),
          "piece %u of item %llu is another", l->large_pieces, (unsigned long long)item);
      l->large_pieces += 1;
      if (record->kind == GANTRY_RECORD_MORE) break;
      CHECK(l->large_pieces == LARGE_PIECES, "an output of %u pieces", l->large_pieces);
      CHECK(in.fresh_end == in.fresh_first + 1, "a large output was harvested before it came");
      l->large_pieces = 0;
      deliver(d, item, ITEM_LARGE, item_value(item));
      break;
    }
    default: CHECK(false, "a record of kind %u", record->kind);
  }
  if (in.finished) give_back(d, in.returned);
}

static inline void drain(driver *d, lane *l) {
  gantry_record record;
  const void *payload;
  int result;
  while ((result = gantry_producer_next(&l->producer, &record, &payload)) == 1) {
    take_record(d, l, &record, payload);
    gantry_producer_take(&l->producer, &record);
  }
  CHECK(result == 0, "an honest container's record gave %d", result);
  gantry_producer_release(&l->producer);
}

/// Takes what is finished and not published. The order of the two reads matters: PROTOCOL.md, Harvest.
static inline void harvest_lane(driver *d, lane *l) {
  gantry_progress progress = gantry_producer_progress(&l->producer);
  uint64_t room;
  const uint8_t *open = gantry_producer_open_record(&l->producer, &room);
  harvest h;
  if (open == NULL || l->large_pieces > 0 || !ledger_harvest(&l->book, progress, &h)) return;
  uint64_t count = h.fresh_end - h.fresh_first;
  CHECK((h.skipped + count) * OUTPUT_BYTES <= room, "a harvest beyond the open record");
  for (uint32_t i = 0; i < count; i += 1) {
    uint64_t value;
    gantry_copy_once(&value, open + (h.skipped + i) * OUTPUT_BYTES, sizeof value, "payload");
    deliver(d, h.base + h.fresh_first + i, ITEM_PLAIN, value);
  }
  d->counts.harvested += count;
}

static inline void feed(driver *d, lane *l) {
  bool published = false;
  uint32_t depth = 1 + (uint32_t)draw(&d->random, d->depth_most);
  while (l->book.count < depth && has_piece(d)) {
    piece p = next_piece(d);
    gantry_range range = {.offset = p.base,
                          .first = p.first,
                          .end = p.end,
                          .count = p.end,
                          .publish_every = 1 + (uint32_t)draw(&d->random, 12)};
    ledger_publish(&l->book, p, l->producer.avail);
    gantry_producer_publish(&l->producer, &range);
    published = true;
  }
  if (published) gantry_producer_wake(&l->producer);
}

static inline void revoke_lane(driver *d, lane *l) {
  if (l->book.count == 0) return;
  uint64_t asked = ledger_at(&l->book, 0)->position + draw(&d->random, l->book.count);
  uint64_t kept;
  CHECK(gantry_producer_revoke(&l->producer, asked, &kept) == 0, "an honest container's claim was refused");
  CHECK((int64_t)(kept - asked) >= 0 && (int64_t)(l->producer.avail - kept) >= 0, "an odd revoke");
  d->counts.given_back += kept != asked;
  piece freed;
  while (ledger_revoke(&l->book, kept, &freed)) {
    d->counts.revoked += 1;
    give_back(d, freed);
  }
}

static inline void split_lane(driver *d, lane *l) {
  uint64_t position;
  uint32_t end, restore;
  if (!ledger_split_point(&l->book, gantry_producer_progress(&l->producer), &position, &end)) return;
  end += (uint32_t)draw(&d->random, 3);
  if (end >= ledger_at(&l->book, 0)->end) return;
  bool decisive = gantry_producer_lower_end(&l->producer, position, end);
  piece freed;
  if (ledger_split(&l->book, end, decisive, gantry_producer_progress(&l->producer), &freed, &restore)) {
    d->counts.splits += 1;
    give_back(d, freed);
  } else {
    d->counts.conflicts += 1;
    gantry_producer_restore_end(&l->producer, position, restore);
  }
}

/// Sleeps until a container rings or dies. A sleep that a container with work never ended is a lost wake.
static inline void park(driver *d, uint32_t level) {
  struct pollfd waits[2 * LANES_MOST];
  bool work = false, news = false;
  for (int i = 0; i < d->lane_count; i += 1) {
    lane *l = &d->lanes[i];
    gantry_producer_set_parked(&l->producer, level);
    waits[2 * i] = (struct pollfd){.fd = l->memory.doorbell, .events = POLLIN};
    waits[2 * i + 1] = (struct pollfd){.fd = l->pid != 0 ? l->pidfd : -1, .events = POLLIN};
    work = work || l->book.count > 0;
  }
  gantry_producer_fence();
  for (int i = 0; i < d->lane_count; i += 1) news = news || gantry_producer_pending(&d->lanes[i].producer);
  if (work && !news) {
    d->counts.parks += 1;
    int ready;
    do {
      ready = poll(waits, 2 * (nfds_t)d->lane_count, PARK_LIMIT_MS);
    } while (ready < 0 && errno == EINTR);
    CHECK(ready > 0, "the driver slept at level %u and was not woken, though containers had work", level);
    d->counts.rung += 1;
  }
  for (int i = 0; i < d->lane_count; i += 1) {
    uint64_t rung;
    ssize_t got = read(d->lanes[i].memory.doorbell, &rung, sizeof rung);
    (void)got;
    gantry_producer_set_parked(&d->lanes[i].producer, GANTRY_RING_NEVER);
  }
}

/// One turn: feed, drain, and one thing at random.
static inline void driver_turn(driver *d) {
  for (int i = 0; i < d->lane_count; i += 1) {
    lane *l = &d->lanes[i];
    if (gantry_producer_pending(&l->producer)) drain(d, l);
    if (l->book.count == 0 || draw_one_in(&d->random, 4)) feed(d, l);
  }
  lane *chosen = &d->lanes[draw(&d->random, (uint64_t)d->lane_count)];
  switch (draw(&d->random, (uint64_t)d->churn * 4)) {
    case 0: revoke_lane(d, chosen); break;
    case 1: split_lane(d, chosen); break;
    case 2: harvest_lane(d, chosen); break;
    case 3:
      if (draw_one_in(&d->random, 8))
        park(d, draw_one_in(&d->random, 2) ? GANTRY_RING_ALWAYS : GANTRY_RING_WHEN_DRY);
      break;
    default: gantry_pause();
  }
}

static inline void check_all_delivered(const driver *d) {
  for (uint64_t item = 0; item < d->w->items; item += 1) {
    CHECK(d->is_delivered[item], "item %llu was lost", (unsigned long long)item);
  }
}

/// Where no container died, each item ran once.
static inline void check_all_ran_once(const driver *d) {
  for (uint64_t item = 0; item < d->w->items; item += 1) {
    uint32_t runs = gantry_load_relaxed(&d->w->runs[item]);
    CHECK(runs == 1, "item %llu ran %u times", (unsigned long long)item, runs);
  }
}

static inline void driver_drop(driver *d) {
  free(d->is_delivered);
  free(d->back);
  munmap((void *)d->w->runs, d->w->items * sizeof *d->w->runs);
  munmap((void *)d->w->run_by, d->w->items * sizeof *d->w->run_by);
  munmap((void *)d->w->charges, d->w->items);
  munmap(d->w, sizeof *d->w);
}

#endif
