// Claims, revokes, splits and harvests between the driver and its containers: each of many items runs once and is
// delivered once, with containers that are processes and rely on membarrier, and with such that are threads and fence.

// build: -pthread
// threads: yes

#include "processes.h"
#include "threads.h"

static void start(driver *d, bool processes) {
  if (!processes) {
    driver_start_threads(d);
    return;
  }
  for (int i = 0; i < d->lane_count; i += 1) lane_spawn(d, &d->lanes[i], (step_kill){0});
}

/// A container that failed a check has said so.
static void check_alive(driver *d) {
  for (int i = 0; i < d->lane_count; i += 1) {
    CHECK(!lane_reap(d, &d->lanes[i], false), "container %d ended by itself", i);
  }
}

static void stop(driver *d, bool processes) {
  if (!processes) {
    driver_stop_threads(d);
    return;
  }
  for (int i = 0; i < d->lane_count; i += 1) {
    gantry_producer_stop(&d->lanes[i].producer);
    lane_reap(d, &d->lanes[i], true);
  }
}

static void run_all(uint64_t items, bool processes, int lanes, uint32_t chunk_most, random_numbers random) {
  world *w = world_make(items);
  w->has_singles = true;
  w->slow = 16;
  driver d = driver_make(w, lanes, random);
  d.fenced = !processes;
  d.chunk_most = chunk_most;
  d.churn = 1;
  start(&d, processes);
  while (d.delivered < items) {
    driver_turn(&d);
    if (processes && draw_one_in(&d.random, 64)) check_alive(&d);
  }
  stop(&d, processes);
  check_all_delivered(&d);
  check_all_ran_once(&d);
  printf(
      "%s, %d lanes, chunks to %u: %llu items; %llu revoked, %llu splits, %llu conflicts, %llu harvested\n",
      processes ? "membarrier" : "fenced", lanes, chunk_most, (unsigned long long)items,
      (unsigned long long)d.counts.revoked, (unsigned long long)d.counts.splits,
      (unsigned long long)d.counts.conflicts, (unsigned long long)d.counts.harvested);
  driver_drop(&d);
}

int main(void) {
  watchdog(300);
  random_numbers random = random_begin();
  uint64_t items = setting("ITEMS", 400000 / slowness());
  bool reaches = gantry_membarrier_all() == 0;
  if (!reaches) printf("skipped: membarrier does not work here, so containers always fence\n");
  for (int processes = reaches ? 1 : 0; processes >= 0; processes -= 1) {
    run_all(items, processes, 1, 1, random);
    run_all(items, processes, 2, 24, random);
    run_all(items, processes, 2, 3, random);
  }
}
