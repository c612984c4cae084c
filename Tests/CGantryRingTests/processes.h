// Containers that are processes: started, judged and buried as PROTOCOL.md, Death, says.
#ifndef GANTRY_RING_TEST_PROCESSES_H
#define GANTRY_RING_TEST_PROCESSES_H

#include <sys/syscall.h>

#include "driver.h"

typedef struct step_kill {
  int step;
  uint64_t nth;  ///< 0: none
} step_kill;

static inline _Noreturn void box_process(const lane *l, world *w, witness *seen, step_kill armed) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGSEGV, SIG_DFL);
  void *driver_page, *own;
  CHECK(gantry_memory_map(l->memory.driver.readable, GANTRY_DRIVER_BYTES, false, true, &driver_page) == 0,
        "no map");
  CHECK(gantry_memory_map_ring(l->memory.container.writable, RING_BYTES, true, false, &own) == 0, "no ring");
  static box b;
  b = (box){.w = w, .seen = seen};
  CHECK(gantry_consumer_open(&b.consumer, driver_page, own, l->memory.doorbell) == 0,
        "the consumer does not open");
#if __has_include(<sys/single_threaded.h>)
  // ThreadSanitizer has a thread of its own, and so its containers fence.
  bool can_be_reached = ((const gantry_driver_page *)driver_page)->fence_inputs == 0 && slowness() < 10;
  CHECK(!can_be_reached || (!b.consumer.fenced && !gantry_had_threads()), "a container fences that could be reached");
#endif
  gantry_hooks_arm(armed.step, armed.nth);
  box_serve(&b);
  _exit(0);
}

static inline void lane_spawn(driver *d, lane *l, step_kill armed) {
  witness *seen = &d->w->witnesses[l - d->lanes];
  gantry_store_relaxed(&seen->inside, 0);
  gantry_store_relaxed(&seen->last, 0);
  *l = (lane){.memory = lane_memory_make(RING_BYTES, draw_one_in(&d->random, 2), false),
              .epoch = ++d->last_epoch};
  gantry_producer_open(&l->producer, l->memory.driver_page, l->memory.container_page, RING_BYTES, l->epoch, 0,
                       d->fenced);
  gantry_producer_set_spin(&l->producer, (uint32_t)draw(&d->random, 2) * 3000);
  if (!d->fenced) CHECK(gantry_membarrier_register() == 0, "containers cannot be reached");
  fflush(stdout);
  l->pid = fork();
  CHECK(l->pid >= 0, "no process");
  if (l->pid == 0) box_process(l, d->w, seen, armed);
  l->pidfd = (int)syscall(SYS_pidfd_open, l->pid, 0);
  CHECK(l->pidfd >= 0, "no pidfd");
}

/// Judges the driver's conclusion by what the witness saw.
static inline void judge(driver *d, const lane *l, uint64_t culprit) {
  const witness *seen = &d->w->witnesses[l - d->lanes];
  uint64_t inside = gantry_load_acquire(&seen->inside), last = gantry_load_acquire(&seen->last);
  if (inside != 0) {
    CHECK(culprit == inside, "item %lld is charged where item %lld ran", (long long)culprit - 1,
          (long long)inside - 1);
    d->counts.exact += 1;
  } else if (culprit != 0) {
    // Between two items the one that just ended or the one about to begin may be charged, no third.
    bool begun = gantry_load_acquire(&d->w->run_by[culprit - 1]) == l->epoch;
    CHECK(!begun || culprit == last, "item %lld is charged, which ended long before", (long long)culprit - 1);
  }
  if (culprit == 0) return;
  d->counts.charged += 1;
  uint8_t charges = gantry_load_relaxed(&d->w->charges[culprit - 1]);
  if (charges < 255) gantry_store_release(&d->w->charges[culprit - 1], charges + 1);
}

/// Closes the lane of a container that the kernel says is dead: PROTOCOL.md, Death.
static inline void bury(driver *d, lane *l, int status) {
  d->counts.deaths += 1;
  drain(d, l);
  l->large_pieces = 0;
  if (!(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV)) harvest_lane(d, l);
  uint64_t claimed;
  CHECK(gantry_producer_claim(&l->producer, &claimed) == 0, "a dead container's claim was refused");
  gantry_progress progress = gantry_producer_progress(&l->producer);
  piece rest[2];
  uint64_t culprit = 0, found;
  while (ledger_close(&l->book, claimed, progress, rest, &found)) {
    CHECK(found == 0 || culprit == 0, "two items are charged with one death");
    if (found != 0) {
      culprit = found;
      give_back(d, (piece){.base = culprit - 1, .first = 0, .end = 1});
    }
    give_back(d, rest[0]);
    give_back(d, rest[1]);
  }
  judge(d, l, culprit);
  close(l->pidfd);
  lane_memory_drop(&l->memory);
  l->pid = 0;
}

/// Buries the container if it is dead; `wait`: until it is. true: it was.
static inline bool lane_reap(driver *d, lane *l, bool wait) {
  int status;
  pid_t got = waitpid(l->pid, &status, wait ? 0 : WNOHANG);
  CHECK(got == 0 || got == l->pid, "waitpid gave %d", got);
  if (got == 0) return false;
  CHECK(!WIFEXITED(status) || WEXITSTATUS(status) == 0, "a container failed a check");
  bury(d, l, status);
  return true;
}

#endif
