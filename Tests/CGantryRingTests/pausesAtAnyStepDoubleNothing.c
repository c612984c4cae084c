// Container threads stand still at random steps of the protocol while the driver takes back, splits and
// harvests around them: each item runs once and is delivered once, and a standing container's finished items
// are taken.

// build: -DGANTRY_HOOKS -pthread -Wl,--wrap=gantry_hook_step
// threads: yes

#include "threads.h"

static _Atomic uint64_t paused[GANTRY_STEP_STARTED + 1];

/// Stands in for the step-kill hooks: pauses instead of dying.
void __wrap_gantry_hook_step(int step);
void __wrap_gantry_hook_step(int step) {
  static _Thread_local random_numbers random;
  if (random.state == 0) random.state = test_seed ^ (uint64_t)(uintptr_t)&random;
  // Steps differ by far in how often they are passed.
  bool is_rare =
      step != GANTRY_STEP_INPUT_BEGUN && step != GANTRY_STEP_INPUT_RUNNING && step != GANTRY_STEP_INPUT_DONE;
  if (!draw_one_in(&random, is_rare ? 16 : 64)) return;
  atomic_fetch_add_explicit(&paused[step], 1, memory_order_relaxed);
  if (draw_one_in(&random, 4)) {
    nap_us(draw(&random, 30));
  } else {
    sched_yield();
  }
}

static void run_all(uint64_t items, random_numbers random) {
  world *w = world_make(items);
  w->has_singles = true;
  driver d = driver_make(w, 2, random);
  d.fenced = true;
  d.churn = 1;
  driver_start_threads(&d);
  while (d.delivered < items) driver_turn(&d);
  driver_stop_threads(&d);
  check_all_delivered(&d);
  check_all_ran_once(&d);
  printf(
      "%llu revoked, %llu given back, %llu splits, %llu conflicts, %llu harvested; pauses at steps 1, 2, …:",
      (unsigned long long)d.counts.revoked, (unsigned long long)d.counts.given_back,
      (unsigned long long)d.counts.splits,
      (unsigned long long)d.counts.conflicts, (unsigned long long)d.counts.harvested);
  for (int step = 1; step <= GANTRY_STEP_STARTED; step += 1) {
    printf(" %llu", (unsigned long long)gantry_load_relaxed(&paused[step]));
  }
  printf("\n");
  driver_drop(&d);
}

int main(void) {
  watchdog(200);
  random_numbers random = random_begin();
  run_all(setting("ITEMS", 400000 / slowness()), random);
}
