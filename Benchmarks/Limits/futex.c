// What the kernel takes for a round trip between two processes that sleep in between: each wakes the other by a futex.
// A call of a function in a container that may not spin cannot be faster.
#include <stdio.h>

#include "bench.h"
#include "gantry_doorbell.h"
#include "gantry_layout.h"
#include "workloads.h"

enum { WARM = 1000, TIMEOUT_NS = 1000000000 };

typedef struct bells {
  alignas(GANTRY_LINE) _Atomic uint32_t there;
  alignas(GANTRY_LINE) _Atomic uint32_t back;
  uint32_t rounds;
  bool pinned;
} bells;

static void sleep_until(const _Atomic uint32_t *bell, uint32_t value) {
  // No look without a sleep in between: a spin would not be the kernel's round trip.
  for (uint32_t seen; (seen = gantry_load_acquire(bell)) != value;) gantry_futex_wait(bell, seen, TIMEOUT_NS);
}

static void ring(_Atomic uint32_t *bell, uint32_t value) {
  gantry_store_release(bell, value);
  gantry_futex_wake(bell);
}

static void answer(void *context) {
  bells *b = context;
  if (b->pinned && !bench_pin(1)) bench_fail("The second process could not be bound to the second processor.");
  for (uint32_t i = 1; i <= b->rounds; i += 1) {
    sleep_until(&b->there, i);
    ring(&b->back, i);
  }
}

void measure_futex(bool pinned) {
  bench_setting("workers", 2, UINT64_MAX);
  uint32_t n = (uint32_t)bench_setting("n", 20000, 100000000);
  bench_begin();
  if (n == 0) bench_fail("A measurement takes one round trip at least: n is 0.");
  bells *b = bench_shared(sizeof *b);
  uint64_t *times = bench_private(n * sizeof *times);
  b->rounds = WARM + n;
  b->pinned = pinned;
  if (pinned && (!bench_pin(1) || !bench_pin(0))) bench_cannot("A round trip between processors takes two of them.");
  bench_peer(answer, b);
  uint64_t start = 0;
  for (uint32_t i = 1; i <= b->rounds; i += 1) {
    uint64_t before = bench_clock_ns();
    if (i == WARM + 1) start = before;
    ring(&b->there, i);
    sleep_until(&b->back, i);
    if (i > WARM) times[i - WARM - 1] = bench_clock_ns() - before;
  }
  uint64_t elapsed = bench_clock_ns() - start;
  bench_join();
  double p50 = (double)bench_quantile(times, n, 0.5) * 1e-9;
  double p99 = (double)bench_quantile(times, n, 0.99) * 1e-9;
  double p999 = (double)bench_quantile(times, n, 0.999) * 1e-9;
  printf("{\"seconds\": %.9f, \"p50\": %.3e, \"p99\": %.3e, \"p999\": %.3e}\n", (double)elapsed * 1e-9, p50, p99, p999);
}
