// The driver's private book of one lane in C: the rules of Sources/GantryScheduling/LaneLedger.swift, for
// honest containers. Each input leaves the book once: accepted, harvested, given back, or as the culprit of a
// death.
#ifndef GANTRY_RING_TEST_LEDGER_H
#define GANTRY_RING_TEST_LEDGER_H

#include "support.h"

/// A range of a chunk's inputs. Input i of the chunk at `base` is item base + i of the whole test.
typedef struct piece {
  uint64_t base;
  uint32_t first, end;
} piece;

typedef struct entry {
  uint64_t position, base;
  uint32_t first, end, lowest_end, published, accounted;
} entry;

typedef struct ledger {
  entry entries[GANTRY_DESCRIPTORS];
  uint32_t begin, count;
} ledger;

static inline entry *ledger_at(ledger *book, uint32_t index) {
  return &book->entries[(book->begin + index) % GANTRY_DESCRIPTORS];
}

static inline void ledger_pop_first(ledger *book) {
  book->begin += 1;
  book->count -= 1;
}

static inline void ledger_publish(ledger *book, piece given, uint64_t position) {
  CHECK(book->count < GANTRY_DESCRIPTORS, "more descriptors than slots");
  CHECK(book->count == 0 || ledger_at(book, book->count - 1)->position + 1 == position,
        "a gap in the positions");
  book->count += 1;
  *ledger_at(book, book->count - 1) = (entry){.position = position,
                                              .base = given.base,
                                              .first = given.first,
                                              .end = given.end,
                                              .lowest_end = given.end,
                                              .published = given.first,
                                              .accounted = given.first};
}

typedef struct accepted {
  uint64_t base;
  uint32_t fresh_first, fresh_end, skipped;
  bool finished;
  piece returned;
} accepted;

/// Enters a record. Containers of these tests are honest: a violation ends the test.
static inline accepted ledger_accept(ledger *book, const gantry_record *record) {
  CHECK(book->count > 0, "a record for no descriptor");
  entry *front = ledger_at(book, 0);
  bool is_piece = record->kind == GANTRY_RECORD_MORE;
  CHECK(record->position == front->position, "a record for descriptor %llu instead of %llu",
        (unsigned long long)record->position, (unsigned long long)front->position);
  CHECK(record->first == front->published && record->count <= front->end - front->published,
        "a record for %u inputs from %u, where %u..<%u were left", record->count, record->first,
        front->published, front->end);
  CHECK(record->kind == GANTRY_RECORD_OUTPUTS || record->count == 1, "%u inputs where one was due",
        record->count);
  uint32_t upper = record->first + record->count;
  if (!is_piece) front->published = upper;
  uint32_t before = front->accounted;
  if (front->accounted < front->published) front->accounted = front->published;
  accepted result = {.base = front->base,
                     .fresh_first = before,
                     .fresh_end = front->accounted,
                     .skipped = is_piece ? 0 : record->count - (front->accounted - before)};
  if ((record->flags & GANTRY_RECORD_LAST) == 0) return result;
  CHECK(front->published >= front->lowest_end, "a descriptor left at %u of %u", front->published, front->end);
  result.finished = true;
  uint32_t rest = front->accounted;
  result.returned = (piece){.base = front->base, .first = rest, .end = rest > front->end ? rest : front->end};
  ledger_pop_first(book);
  return result;
}

typedef struct harvest {
  uint64_t base;
  uint32_t fresh_first, fresh_end, skipped;
} harvest;

static inline bool ledger_speaks_of(const entry *front, gantry_progress progress) {
  return progress.tag == gantry_tag(front->position);
}

/// What can be harvested at this progress. false: nothing.
static inline bool ledger_harvest(ledger *book, gantry_progress progress, harvest *out) {
  if (book->count == 0) return false;
  entry *front = ledger_at(book, 0);
  if (!ledger_speaks_of(front, progress)) return false;
  uint32_t done = progress.input < front->end ? progress.input : front->end;
  if (done <= front->accounted) return false;
  *out = (harvest){.base = front->base,
                   .fresh_first = front->accounted,
                   .fresh_end = done,
                   .skipped = front->accounted - front->published};
  front->accounted = done;
  return true;
}

/// The lowest end to try for. false: nothing lies behind the running input.
static inline bool ledger_split_point(ledger *book, gantry_progress progress, uint64_t *position,
                                      uint32_t *end) {
  if (book->count == 0) return false;
  entry *front = ledger_at(book, 0);
  if (!ledger_speaks_of(front, progress) || !progress.running || progress.input < front->first ||
      progress.input >= front->end || front->end - progress.input <= 1) {
    return false;
  }
  *position = front->position;
  *end = progress.input + 1;
  return true;
}

/// Decides a split. true: `freed` is ours again; false: the end `*restore` is to be put back.
static inline bool ledger_split(ledger *book, uint32_t end, bool decisive, gantry_progress progress,
                                piece *freed, uint32_t *restore) {
  entry *front = ledger_at(book, 0);
  if (end < front->lowest_end) front->lowest_end = end;
  *restore = front->end;
  if (!decisive || !ledger_speaks_of(front, progress) || progress.input < front->first) return false;
  if (progress.input > end || (progress.input == end && progress.running)) return false;
  *freed = (piece){.base = front->base, .first = end, .end = front->end};
  front->end = end;
  return true;
}

/// Takes the last descriptor out if it stands at `kept` or behind. false: there is none.
static inline bool ledger_revoke(ledger *book, uint64_t kept, piece *freed) {
  if (book->count == 0) return false;
  entry *last = ledger_at(book, book->count - 1);
  if ((int64_t)(last->position - kept) < 0) return false;
  *freed = (piece){.base = last->base, .first = last->accounted, .end = last->end};
  book->count -= 1;
  return true;
}

/// Takes the first descriptor out of a dead container's book. `rest[0]` and `rest[1]` are what was not
/// accounted for, before and behind the culprit; `*culprit` is one past the item charged, or 0.
static inline bool ledger_close(ledger *book, uint64_t claimed, gantry_progress progress, piece rest[2],
                                uint64_t *culprit) {
  if (book->count == 0) return false;
  entry front = *ledger_at(book, 0);
  ledger_pop_first(book);
  rest[0] = (piece){.base = front.base, .first = front.accounted, .end = front.end};
  rest[1] = (piece){.base = front.base};
  *culprit = 0;
  bool begun = (int64_t)(claimed - front.position) == 1 && ledger_speaks_of(&front, progress);
  if (begun && progress.running && progress.input >= front.accounted && progress.input < front.end) {
    *culprit = front.base + progress.input + 1;
    rest[0].end = progress.input;
    rest[1] = (piece){.base = front.base, .first = progress.input + 1, .end = front.end};
  }
  return true;
}

#endif
