// How long one cache line takes from processor to processor and back: two processes, each bound to one, answer each
// other's store. tools/bench gates its rounds by it, so it takes a few milliseconds.
#include <sched.h>
#include <stdio.h>

#include "bench.h"
#include "gantry_atomics.h"
#include "gantry_layout.h"
#include "workloads.h"

enum { BATCH = 1000, BATCHES_MOST = 100000, LOOKS_BEFORE_YIELD = 1 << 16 };

typedef struct court {
  alignas(GANTRY_LINE) _Atomic uint64_t ball;  ///< odd: the peer is to answer with the next even number
  uint64_t rounds;
} court;

static void await(const court *c, uint64_t value) {
  // Without a pause: it would cost more than what is measured.
  for (uint32_t looks = 1; gantry_load_acquire(&c->ball) != value; looks += 1) {
    if (looks % LOOKS_BEFORE_YIELD == 0) sched_yield();
  }
}

static void answer(void *context) {
  court *c = context;
  if (!bench_pin(1)) bench_fail("The second process could not be bound to the second processor.");
  for (uint64_t i = 0; i < c->rounds; i += 1) {
    await(c, 2 * i + 1);
    gantry_store_release(&c->ball, 2 * i + 2);
  }
}

void measure_pingpong(void) {
  bench_setting("workers", 2, UINT64_MAX);
  uint64_t n = bench_setting("n", 20 * BATCH, (uint64_t)BATCH * BATCHES_MOST);
  bench_begin();
  uint64_t batches = n < BATCH ? 1 : n / BATCH;
  court *c = bench_shared(sizeof *c);
  uint64_t *times = bench_private(batches * sizeof *times);
  c->rounds = (batches + 1) * BATCH;
  if (!bench_pin(1) || !bench_pin(0)) bench_cannot("A round trip between processors takes two of them.");
  bench_peer(answer, c);
  uint64_t ball = 0, start = 0;
  // The first batch warms up, and waits for the peer's start.
  for (uint64_t batch = 0; batch <= batches; batch += 1) {
    uint64_t before = bench_clock_ns();
    if (batch == 1) start = before;
    for (int i = 0; i < BATCH; i += 1, ball += 2) {
      gantry_store_release(&c->ball, ball + 1);
      await(c, ball + 2);
    }
    if (batch > 0) times[batch - 1] = bench_clock_ns() - before;
  }
  uint64_t elapsed = bench_clock_ns() - start;
  bench_join();
  double median = (double)bench_quantile(times, batches, 0.5) / BATCH;
  printf("{\"seconds\": %.9f, \"round_trip\": %.3e, \"round_trip_best\": %.3e, \"round_trip_worst\": %.3e}\n",
         (double)elapsed * 1e-9, median * 1e-9, (double)times[0] / BATCH * 1e-9,
         (double)times[batches - 1] / BATCH * 1e-9);
}
