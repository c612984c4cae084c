// A container dies at each step of the protocol, at its first, second, … passing of it: each item is
// delivered once, who is charged is who ran, and nothing hangs.

// build: -DGANTRY_HOOKS

#include "processes.h"

enum { LAST_STEP = GANTRY_STEP_STARTED };

/// A run whose first container is armed. true: it died of that.
static bool run_armed(step_kill armed, bool fenced, uint64_t items, random_numbers *random) {
  world *w = world_make(items);
  w->has_singles = true;
  driver d = driver_make(w, 1, *random);
  draw(random, 2);
  d.fenced = fenced;
  d.churn = 1;
  // Claims are withdrawn only where a revoke falls between two of a container's instructions.
  if (armed.step == GANTRY_STEP_CLAIM_WITHDRAWN) d.chunk_most = 1;
  bool died = false;
  lane *l = &d.lanes[0];
  lane_spawn(&d, l, armed);
  while (d.delivered < items) {
    driver_turn(&d);
    if (armed.step == GANTRY_STEP_CLAIM_WITHDRAWN && !died) {
      revoke_lane(&d, l);
    } else if (!died && armed.step == GANTRY_STEP_ROOM_WAIT) {
      nap_us(20);
    }
    if (!died && lane_reap(&d, l, false)) {
      died = true;
      lane_spawn(&d, l, (step_kill){0});
    }
  }
  if (!died) {
    gantry_producer_stop(&l->producer);
    lane_reap(&d, l, true);
  } else {
    kill(l->pid, SIGKILL);
    lane_reap(&d, l, true);
  }
  check_all_delivered(&d);
  driver_drop(&d);
  return died;
}

int main(void) {
  watchdog(200);
  CHECK(gantry_hooks_compiled(), "built without hooks");
  random_numbers random = random_begin();
  uint64_t most = setting("TIMES_EACH", 120 / slowness());
  uint64_t deaths[LAST_STEP + 1] = {0};
  bool reaches = gantry_membarrier_all() == 0;
  for (int step = 0; step <= LAST_STEP; step += 1) {
    for (uint64_t nth = 1; nth <= most; nth += 1) {
      // A ring fills only when more is written than it holds.
      uint64_t items = step == GANTRY_STEP_ROOM_WAIT ? 2000 : 300;
      // Step 0 counts passes of all steps.
      uint64_t pass = step == 0 ? 1 + draw(&random, 3000) : nth;
      deaths[step] +=
          run_armed((step_kill){.step = step, .nth = pass}, !reaches || nth % 2 == 0, items, &random);
    }
  }
  // Some steps are a matter of luck: try those until they were met.
  for (int step = 1; step <= LAST_STEP; step += 1) {
    while (deaths[step] == 0)
      deaths[step] += run_armed((step_kill){.step = step, .nth = 1}, !reaches, 2000, &random);
  }
  printf("deaths at steps 0 (any), 1, 2, …:");
  for (int step = 0; step <= LAST_STEP; step += 1) printf(" %llu", (unsigned long long)deaths[step]);
  printf("\n");
}
