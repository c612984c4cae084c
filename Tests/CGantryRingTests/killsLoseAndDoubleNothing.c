// Container processes are killed at random moments, thousands of times, and some of their items kill them:
// each item is delivered once, and who is charged is who ran.
#include "processes.h"

static void kill_some(driver *d, uint64_t *next_kill) {
  if (gantry_clock_ns() < *next_kill) return;
  lane *l = &d->lanes[draw(&d->random, (uint64_t)d->lane_count)];
  // Stopping it first is the slow case of killing it: the driver goes on beside a container that stands
  // still.
  if (draw_one_in(&d->random, 8)) {
    kill(l->pid, SIGSTOP);
    for (int i = 0; i < 20; i += 1) {
      split_lane(d, l);
      revoke_lane(d, l);
      harvest_lane(d, l);
      drain(d, l);
    }
    if (draw_one_in(&d->random, 2)) {
      kill(l->pid, SIGCONT);
      return;
    }
  }
  kill(l->pid, SIGKILL);
  lane_reap(d, l, true);
  lane_spawn(d, l, (step_kill){0});
  *next_kill = gantry_clock_ns() + draw(&d->random, 10) * draw(&d->random, 200) * 1000;
}

static void run_for(uint64_t nanoseconds, uint64_t items, bool fenced, random_numbers random, tally *all) {
  uint64_t until = gantry_clock_ns() + nanoseconds;
  for (uint64_t round = 0; gantry_clock_ns() < until; round += 1) {
    world *w = world_make(items);
    w->has_singles = true;
    w->slow = 8;
    w->lethal = 400;
    random.state += round;
    driver d = driver_make(w, 1 + (int)draw(&random, 2), random);
    d.fenced = fenced;
    d.churn = 1 + (uint32_t)draw(&random, 4);
    d.last_epoch = 100 * round;
    uint64_t next_kill = 0;
    for (int i = 0; i < d.lane_count; i += 1) lane_spawn(&d, &d.lanes[i], (step_kill){0});
    while (d.delivered < items) {
      driver_turn(&d);
      if (!draw_one_in(&d.random, 8)) continue;
      for (int i = 0; i < d.lane_count; i += 1) {
        if (lane_reap(&d, &d.lanes[i], false)) lane_spawn(&d, &d.lanes[i], (step_kill){0});
      }
      kill_some(&d, &next_kill);
    }
    for (int i = 0; i < d.lane_count; i += 1) {
      kill(d.lanes[i].pid, SIGKILL);
      lane_reap(&d, &d.lanes[i], true);
    }
    check_all_delivered(&d);
    for (uint64_t item = 0; item < items; item += 1) {
      CHECK(!item_kills(w, item) || w->charges[item] >= 2, "item %llu kills and was not charged",
            (unsigned long long)item);
    }
    all->deaths += d.counts.deaths;
    all->charged += d.counts.charged;
    all->exact += d.counts.exact;
    all->harvested += d.counts.harvested;
    all->splits += d.counts.splits;
    all->revoked += d.counts.revoked;
    driver_drop(&d);
  }
}

int main(void) {
  watchdog(200);
  random_numbers random = random_begin();
  uint64_t nanoseconds = setting("MILLISECONDS", slowness() > 1 ? 3000 : 5000) * 1000000;
  for (int fenced = gantry_membarrier_all() == 0 ? 0 : 1; fenced < 2; fenced += 1) {
    tally all = {0};
    run_for(nanoseconds, 20000, fenced, random, &all);
    printf(
        "%s: %llu deaths, %llu charged, %llu of them inside an item; %llu revoked, %llu splits, %llu "
        "harvested\n",
        fenced ? "fenced" : "membarrier", (unsigned long long)all.deaths, (unsigned long long)all.charged,
        (unsigned long long)all.exact, (unsigned long long)all.revoked, (unsigned long long)all.splits,
        (unsigned long long)all.harvested);
  }
}
