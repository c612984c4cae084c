// How fast bytes go from one process to another through one page-aligned shared buffer: the first copies blocks in, the
// second copies them out; for an echo also back. Two blocks of 256 KiB each way, so that both copy at once.
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "gantry_atomics.h"
#include "gantry_layout.h"
#include "workloads.h"

enum { BLOCK = 256 << 10, BLOCKS = 2, BLOB = 1 << 20, STRIDE = 4096, WARM_BLOBS = 4 };

/// One way: how many blocks were put and taken; each counter has one writer.
typedef struct way {
  alignas(GANTRY_LINE) _Atomic uint64_t put;
  alignas(GANTRY_LINE) _Atomic uint64_t taken;
  alignas(GANTRY_PAGE) uint8_t blocks[BLOCKS][BLOCK];
} way;

typedef struct buffer {
  way there, back;
  alignas(GANTRY_LINE) _Atomic uint64_t sum;  ///< of a word in each page the second process has got
  uint64_t block_count;
  bool echo;
} buffer;

static bool may_put(const way *w, uint64_t block) { return block - gantry_load_acquire(&w->taken) < BLOCKS; }

static bool may_take(const way *w, uint64_t block) { return gantry_load_acquire(&w->put) != block; }

static void put(way *w, uint64_t block, const uint8_t *from) {
  memcpy(w->blocks[block % BLOCKS], from, BLOCK);
  gantry_store_release(&w->put, block + 1);
}

static void take(way *w, uint64_t block, uint8_t *to) {
  memcpy(to, w->blocks[block % BLOCKS], BLOCK);
  gantry_store_release(&w->taken, block + 1);
}

static uint64_t sum_of(const uint8_t *block) {
  uint64_t sum = 0, word;
  for (size_t at = 0; at < BLOCK; at += STRIDE) {
    memcpy(&word, block + at, sizeof word);
    sum += word;
  }
  return sum;
}

static void second(void *context) {
  buffer *b = context;
  uint8_t *blob = bench_private(BLOB);
  if (!bench_pin(1)) bench_fail("The second process could not be bound to the second processor.");
  uint64_t sum = 0;
  for (uint64_t block = 0; block < b->block_count; block += 1) {
    uint8_t *place = blob + block * BLOCK % BLOB;
    for (uint64_t turns = 0; !may_take(&b->there, block);) bench_relax(&turns);
    take(&b->there, block, place);
    sum += sum_of(place);
    if (!b->echo) continue;
    for (uint64_t turns = 0; !may_put(&b->back, block);) bench_relax(&turns);
    put(&b->back, block, place);
  }
  gantry_store_release(&b->sum, sum);
  // The last block was taken long ago; this one says that the sum is there.
  gantry_store_release(&b->there.taken, b->block_count + 1);
}

/// Puts blocks [from, until) and gets as many back, whatever can be done first; returns their sum.
static uint64_t first(buffer *b, const uint8_t *blobs, uint8_t *blob, uint64_t from, uint64_t until) {
  uint64_t put_count = from, got = b->echo ? from : until, sum = 0, turns = 0;
  while (put_count < until || got < until) {
    if (put_count < until && may_put(&b->there, put_count)) {
      put(&b->there, put_count, blobs + put_count * BLOCK);
      put_count += 1;
    } else if (got < until && may_take(&b->back, got)) {
      uint8_t *place = blob + got * BLOCK % BLOB;
      take(&b->back, got, place);
      sum += sum_of(place);
      got += 1;
    } else {
      bench_relax(&turns);
    }
  }
  while (!b->echo && gantry_load_acquire(&b->there.taken) < until) bench_relax(&turns);
  return sum;
}

void measure_copy(bool echo) {
  bench_setting("workers", 2, UINT64_MAX);
  uint64_t n = bench_setting("n", 256, 1 << 20);
  bench_begin();
  if (n == 0) bench_fail("A measurement takes one blob at least: n is 0.");
  uint64_t warm = WARM_BLOBS * (BLOB / BLOCK), all = warm + n * (BLOB / BLOCK);
  buffer *b = bench_shared(sizeof *b);
  // All blobs stand in memory beforehand, each at its own place; both receivers drop them once they were looked at.
  uint8_t *blobs = bench_private(all * BLOCK), *blob = bench_private(BLOB);
  for (uint64_t at = 0; at < all * BLOCK; at += sizeof at) {
    uint64_t word = at * 0x9e3779b97f4a7c15u;
    memcpy(blobs + at, &word, sizeof word);
  }
  uint64_t expected = 0, expected_warm = 0;
  for (uint64_t block = 0; block < all; block += 1) {
    *(block < warm ? &expected_warm : &expected) += sum_of(blobs + block * BLOCK);
  }
  b->block_count = all;
  b->echo = echo;
  if (!bench_pin(1) || !bench_pin(0)) bench_cannot("Two processes that copy at once take two processors.");
  bench_peer(second, b);
  first(b, blobs, blob, 0, warm);
  uint64_t start = bench_clock_ns();
  uint64_t sum = first(b, blobs, blob, warm, all);
  double seconds = (double)(bench_clock_ns() - start) * 1e-9;
  for (uint64_t turns = 0; gantry_load_acquire(&b->there.taken) <= all;) bench_relax(&turns);
  bool whole = gantry_load_acquire(&b->sum) == expected + expected_warm && (!echo || sum == expected);
  if (!whole) bench_fail("The bytes that arrived are not those that were sent.");
  bench_join();
  printf("{\"seconds\": %.9f, \"bytes_per_second\": %.6e}\n", seconds, (double)(n * BLOB) / seconds);
}
