// A container in C: claims chunks and runs their items the way GantryContainers does, throwing, writing
// outputs too large for a record, waiting for room, and dying as it is told. Run by a thread or by a forked
// process.
#ifndef GANTRY_RING_TEST_BOX_H
#define GANTRY_RING_TEST_BOX_H

#include "support.h"

enum { OUTPUT_BYTES = 8, LARGE_PIECES = 3, LARGE_BYTES = 200, LANES_MOST = 4 };

/// What became of a container, kept outside the protocol so that the driver's conclusions can be judged.
typedef struct witness {
  alignas(GANTRY_LINE) _Atomic uint64_t inside;  ///< one past the item whose function runs
  _Atomic uint64_t last;                         ///< one past the item that ended last
} witness;

/// What containers and driver of a test share beside their lanes.
typedef struct world {
  uint64_t items;
  bool has_singles;  ///< some items throw, some have large outputs
  uint32_t lethal;   ///< 1 in so many items kills its container, twice; 0: none
  uint32_t slow;     ///< 1 in so many items takes a while; 0: none
  witness witnesses[LANES_MOST];
  _Atomic uint32_t *runs;    ///< of each item: how often it was begun
  _Atomic uint64_t *run_by;  ///< of each item: epoch of the last container that began it
  _Atomic uint8_t *charges;  ///< of each item: deaths it was charged with, written by the driver
} world;

enum { ITEM_PLAIN, ITEM_THROWS, ITEM_LARGE };

static inline int item_kind(const world *w, uint64_t item) {
  uint64_t hash = mix(item ^ 0x5eed);
  if (!w->has_singles || hash % 16 != 0) return ITEM_PLAIN;
  return hash / 16 % 4 == 0 ? ITEM_LARGE : ITEM_THROWS;
}

static inline bool item_kills(const world *w, uint64_t item) {
  return w->lethal != 0 && mix(item ^ 0xdead) % w->lethal == 0;
}

static inline uint64_t item_value(uint64_t item) { return mix(item + 1); }

typedef struct box {
  gantry_consumer consumer;
  world *w;
  witness *seen;
} box;

/// A claimed chunk and its open record.
typedef struct open_chunk {
  gantry_claim claim;
  gantry_cursor cursor;
  uint32_t unpublished, written;
  uint64_t used, capacity;
} open_chunk;

/// Opens a record with room for `bytes` at least. false: told to stop.
static inline bool box_open_record(box *b, open_chunk *chunk, uint64_t bytes) {
  uint64_t room = gantry_consumer_room(&b->consumer);
  while (room < bytes) {
    if (gantry_consumer_wait_room(&b->consumer, bytes) == GANTRY_WAIT_STOP) return false;
    room = gantry_consumer_room(&b->consumer);
  }
  uint64_t most = b->consumer.ring_bytes / 4;
  chunk->capacity = room < most || bytes > most ? room : most;
  chunk->used = 0;
  chunk->written = 0;
  return true;
}

static inline void box_publish(box *b, open_chunk *chunk, int kind, uint32_t first, uint32_t count,
                               uint64_t bytes, bool last) {
  gantry_record record = {.kind = (uint16_t)kind,
                          .flags = last ? GANTRY_RECORD_LAST : 0,
                          .first = first,
                          .count = count,
                          .position = chunk->claim.position,
                          .length = bytes};
  gantry_consumer_publish(&b->consumer, &record);
}

static inline void box_publish_outputs(box *b, open_chunk *chunk, uint32_t input, bool last) {
  if (!last && input == chunk->unpublished) return;
  box_publish(b, chunk, GANTRY_RECORD_OUTPUTS, chunk->unpublished, input - chunk->unpublished, chunk->used,
              last);
  chunk->unpublished = input;
}

/// The user's function.
static inline void box_run_item(box *b, uint64_t item) {
  world *w = b->w;
  // The order makes a death between two of these stores unambiguous: inside says more than run_by and last.
  gantry_store_release(&b->seen->inside, item + 1);
  gantry_store_release(&w->run_by[item], b->consumer.epoch);
  atomic_fetch_add_explicit(&w->runs[item], 1, memory_order_relaxed);
  if (item_kills(w, item) && gantry_load_acquire(&w->charges[item]) < 2) {
    // One of them by a fault after which nothing in its open record is believed.
    if (item % 2 == 0) raise(SIGSEGV);
    kill(getpid(), SIGKILL);
  }
  if (w->slow != 0 && mix(item ^ 0x510) % w->slow == 0) {
    uint64_t start = gantry_clock_ns();
    while (gantry_clock_ns() - start < 2000) gantry_pause();
  }
  gantry_store_release(&b->seen->last, item + 1);
  gantry_store_release(&b->seen->inside, 0);
}

static inline bool box_run_single(box *b, open_chunk *chunk, uint32_t input, int kind) {
  uint64_t value = item_value(chunk->claim.offset + input);
  box_publish_outputs(b, chunk, input, false);
  if (kind == ITEM_THROWS) {
    if (!box_open_record(b, chunk, OUTPUT_BYTES)) return false;
    memcpy(gantry_consumer_payload(&b->consumer), &value, sizeof value);
    gantry_hooks_pass(GANTRY_STEP_INPUT_DONE);
    box_publish(b, chunk, GANTRY_RECORD_THREW, input, 1, sizeof value, false);
  } else {
    for (int i = 0; i < LARGE_PIECES; i += 1) {
      if (!box_open_record(b, chunk, LARGE_BYTES)) return false;
      memset(gantry_consumer_payload(&b->consumer), (uint8_t)value + i, LARGE_BYTES);
      int piece_kind = i + 1 < LARGE_PIECES ? GANTRY_RECORD_MORE : GANTRY_RECORD_LARGE;
      box_publish(b, chunk, piece_kind, input, 1, LARGE_BYTES, false);
    }
  }
  chunk->unpublished = input + 1;
  return box_open_record(b, chunk, OUTPUT_BYTES);
}

/// Runs a chunk. false: told to stop.
static inline bool box_run_chunk(box *b, const gantry_claim *claim) {
  open_chunk chunk = {.claim = *claim, .unpublished = claim->first};
  chunk.cursor = gantry_cursor_make(&b->consumer, claim);
  gantry_hooks_pass(GANTRY_STEP_CHUNK_READY);
  if (!box_open_record(b, &chunk, OUTPUT_BYTES)) return false;
  uint32_t input = claim->first;
  for (; gantry_cursor_begin(chunk.cursor, input); input += 1) {
    uint64_t item = claim->offset + input;
    CHECK(item < b->w->items, "a descriptor names item %llu", (unsigned long long)item);
    box_run_item(b, item);
    int kind = item_kind(b->w, item);
    if (kind != ITEM_PLAIN) {
      if (!box_run_single(b, &chunk, input, kind)) return false;
      continue;
    }
    if (chunk.used + OUTPUT_BYTES > chunk.capacity) {
      box_publish_outputs(b, &chunk, input, false);
      if (!box_open_record(b, &chunk, OUTPUT_BYTES)) return false;
    }
    uint64_t value = item_value(item);
    memcpy(gantry_consumer_payload(&b->consumer) + chunk.used, &value, sizeof value);
    chunk.used += sizeof value;
    chunk.written += 1;
    gantry_hooks_pass(GANTRY_STEP_INPUT_DONE);
    if (chunk.written == claim->publish_every) {
      gantry_cursor_leave(chunk.cursor, input + 1);
      box_publish_outputs(b, &chunk, input + 1, false);
      if (!box_open_record(b, &chunk, OUTPUT_BYTES)) return false;
    }
  }
  gantry_cursor_leave(chunk.cursor, input);
  box_publish_outputs(b, &chunk, input, true);
  return true;
}

/// A container's life once its lane is open.
static inline void box_serve(box *b) {
  gantry_hooks_pass(GANTRY_STEP_STARTED);
  gantry_consumer_publish(&b->consumer, &(gantry_record){.kind = GANTRY_RECORD_STARTED});
  for (;;) {
    gantry_claim claim;
    if (gantry_consumer_claim(&b->consumer, &claim) == 1) {
      if (!box_run_chunk(b, &claim)) return;
    } else if (gantry_consumer_wait(&b->consumer) == GANTRY_WAIT_STOP) {
      return;
    }
  }
}

#endif
