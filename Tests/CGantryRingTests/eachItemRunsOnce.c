// Claims, revokes, splits and harvests between the driver's thread and container threads over one mapping:
// each of many items runs once and is delivered once, with containers that fence and with such that rely on
// membarrier.

// build: -pthread
// threads: yes

#include "threads.h"

static void run_all(uint64_t items, bool fenced, int lanes, uint32_t chunk_most, random_numbers random) {
  world *w = world_make(items);
  w->has_singles = true;
  w->slow = 16;
  driver d = driver_make(w, lanes, random);
  d.fenced = fenced;
  d.chunk_most = chunk_most;
  d.churn = 1;
  driver_start_threads(&d);
  while (d.delivered < items) driver_turn(&d);
  driver_stop_threads(&d);
  check_all_delivered(&d);
  for (uint64_t item = 0; item < items; item += 1) {
    uint32_t runs = gantry_load_relaxed(&w->runs[item]);
    CHECK(runs == 1, "item %llu ran %u times", (unsigned long long)item, runs);
  }
  printf(
      "%s, %d lanes, chunks to %u: %llu items; %llu revoked, %llu splits, %llu conflicts, %llu harvested\n",
      fenced ? "fenced" : "membarrier", lanes, chunk_most, (unsigned long long)items,
      (unsigned long long)d.counts.revoked, (unsigned long long)d.counts.splits,
      (unsigned long long)d.counts.conflicts, (unsigned long long)d.counts.harvested);
  driver_drop(&d);
}

int main(void) {
  become_reachable();
  watchdog(300);
  random_numbers random = random_begin();
  uint64_t items = setting("ITEMS", 400000 / slowness());
  bool reaches = gantry_membarrier_all() == 0;
  if (!reaches) printf("skipped: membarrier does not work here, so containers always fence\n");
  for (int fenced = reaches ? 0 : 1; fenced < 2; fenced += 1) {
    run_all(items, fenced, 1, 1, random);
    run_all(items, fenced, 2, 24, random);
    run_all(items, fenced, 2, 3, random);
  }
}
