// The C ring alone: squares of 0..<n through one driver and some containers, every output in one new array of the
// driver's. What is left out is everything a library adds: functions, types, retries, deaths, fairness.
#include "lane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum {
  CHUNK_DEFAULT = 16384,
  CHUNK_MOST = 1 << 20,
  DEPTH_DEFAULT = 8,
  WORKERS_MOST = 64,
  WARM_ROUNDS = 4,
  SPIN_NS = 2000,  ///< short: on a machine with as many containers as processors the driver is in their way
};

/// The driver's private book of one lane: which inputs its descriptors carry, oldest first.
typedef struct book {
  uint64_t bases[GANTRY_DESCRIPTORS];  ///< first input of the descriptor at this position mod 64
  uint64_t oldest;                     ///< position of the oldest descriptor that is not finished
  bool started;
} book;

typedef struct driver {
  lane_rules rules;
  uint64_t workers, chunk, depth;
  lane lanes[WORKERS_MOST];
  gantry_producer producers[WORKERS_MOST];
  book books[WORKERS_MOST];
  uint8_t *arena;
  int doorbell;
} driver;

/// A run over some inputs.
typedef struct map {
  const int64_t *inputs;
  int64_t *outputs;
  uint64_t n, next, delivered;
} map;

/// Copies each record's outputs to their places, checks them there, and frees finished descriptors.
static bool drain(driver *d, map *m, uint64_t worker) {
  gantry_producer *producer = &d->producers[worker];
  book *b = &d->books[worker];
  gantry_record record;
  const void *payload;
  int result;
  bool any = false;
  while ((result = gantry_producer_next(producer, &record, &payload)) == 1) {
    any = true;
    if (record.kind == GANTRY_RECORD_STARTED) {
      b->started = true;
    } else {
      uint64_t place = b->bases[b->oldest % GANTRY_DESCRIPTORS] + record.first;
      bool fits = record.position == b->oldest && b->oldest != producer->avail && place + record.count <= m->n &&
                  record.length == record.count * sizeof(int64_t);
      if (!fits) bench_fail("A container's record is not for the descriptor it has.");
      lane_copy_payload(&record, payload, m->outputs + place, d->rules.checks);
      m->delivered += record.count;
      if (record.flags & GANTRY_RECORD_LAST) b->oldest += 1;
    }
    gantry_producer_take(producer, &record);
  }
  if (result < 0) bench_fail("A container's record is not of the layout.");
  if (any) gantry_producer_release(producer);
  return any;
}

/// Publishes chunks until the lane has as many as it may have.
static bool feed(driver *d, map *m, uint64_t worker) {
  gantry_producer *producer = &d->producers[worker];
  book *b = &d->books[worker];
  bool any = false;
  for (; producer->avail - b->oldest < d->depth && m->next < m->n; any = true) {
    uint64_t count = m->n - m->next < d->chunk ? m->n - m->next : d->chunk;
    uint64_t bytes = count * sizeof(int64_t);
    // Blocks of a lane are free in the order they were used in: the position names one.
    uint64_t offset = (worker * d->depth + producer->avail % d->depth) * d->chunk * sizeof(int64_t);
    memcpy(d->arena + offset, m->inputs + m->next, bytes);
    b->bases[producer->avail % GANTRY_DESCRIPTORS] = m->next;
    gantry_range range = {.offset = offset,
                          .stored = bytes,
                          .raw = bytes,
                          .check = d->rules.checks ? gantry_checksum(d->arena + offset, bytes) : 0,
                          .end = (uint32_t)count,
                          .count = (uint32_t)count,
                          .publish_every = (uint32_t)count};
    gantry_producer_publish(producer, &range);
    gantry_producer_wake(producer);
    m->next += count;
  }
  return any;
}

static void run(driver *d, map *m) {
  while (m->delivered < m->n) {
    bool any = false;
    for (uint64_t worker = 0; worker < d->workers; worker += 1) {
      any |= drain(d, m, worker);
      any |= feed(d, m, worker);
    }
    if (!any) lane_await_records(d->producers, d->workers, d->doorbell, SPIN_NS);
  }
}

/// One map into a new array, whose pages nobody has touched yet. The array is given to the caller.
static map run_new(driver *d, const int64_t *inputs, uint64_t n) {
  map m = {.inputs = inputs, .outputs = malloc(n * sizeof(int64_t)), .n = n};
  if (m.outputs == NULL) bench_fail("There is no memory for %llu outputs.", (unsigned long long)n);
  run(d, &m);
  return m;
}

static void start(driver *d) {
  uint64_t arena_bytes = d->workers * d->depth * d->chunk * sizeof(int64_t);
  gantry_memory arena = lane_arena_make(arena_bytes);
  d->arena = lane_arena_map(&arena, arena_bytes, true);
  d->doorbell = lane_doorbell();
  for (uint64_t worker = 0; worker < d->workers; worker += 1) {
    d->lanes[worker] = lane_make(d->doorbell);
    d->producers[worker] = lane_drive(&d->lanes[worker]);
    container_work work = {
        .ends = d->lanes[worker], .arena = arena, .arena_bytes = arena_bytes, .rules = d->rules};
    bench_peer(lane_container, &work);
  }
  map nothing = {.n = 0};
  for (uint64_t worker = 0; worker < d->workers; worker += 1) {
    for (uint64_t turns = 0; !d->books[worker].started; drain(d, &nothing, worker)) bench_relax(&turns);
  }
}

void measure_lane(lane_rules rules) {
  driver *d = bench_private(sizeof *d);
  d->rules = rules;
  d->workers = bench_setting("workers", 2, WORKERS_MOST);
  uint64_t n = bench_setting("n", 8000000, UINT32_MAX);
  d->chunk = bench_setting("chunk", CHUNK_DEFAULT, CHUNK_MOST);
  d->depth = bench_setting("depth", DEPTH_DEFAULT, GANTRY_DESCRIPTORS);
  bench_begin();
  if (d->chunk == 0) d->chunk = CHUNK_DEFAULT;
  if (d->depth == 0) d->depth = DEPTH_DEFAULT;
  if (d->workers == 0 || n == 0) bench_fail("The lane takes one worker and one input at least.");
  int64_t *inputs = bench_private(n * sizeof *inputs);
  for (uint64_t i = 0; i < n; i += 1) inputs[i] = (int64_t)i;
  start(d);
  // Every block of the arena and the whole of each ring are touched. The array is kept: malloc is not to give its pages
  // to the measured one.
  uint64_t warm = WARM_ROUNDS * d->workers * d->depth * d->chunk;
  map first = run_new(d, inputs, warm < n ? warm : n);
  uint64_t began = bench_clock_ns();
  map m = run_new(d, inputs, n);
  double seconds = (double)(bench_clock_ns() - began) * 1e-9;
  for (uint64_t i = 0; i < n; i += 1) {
    if ((uint64_t)m.outputs[i] != i * i) bench_fail("The output of input %llu is wrong.", (unsigned long long)i);
  }
  for (uint64_t worker = 0; worker < d->workers; worker += 1) gantry_producer_stop(&d->producers[worker]);
  bench_join();
  free(first.outputs);
  free(m.outputs);
  printf("{\"seconds\": %.9f, \"bytes_per_second\": %.6e}\n", seconds, (double)(n * sizeof(int64_t)) / seconds);
}
