// Kills and reaps what falls to a process: its children, and those that it adopts from them.
// Called by the keeper, always; by a zygote whose keeper was killed, in its place.
#define _GNU_SOURCE
#include <poll.h>
#include <sys/prctl.h>

#include "internal.h"

enum {
  LOOK_AGAIN_MS = 10,
  LAST_SWEEPS_MS = 30000,       // how long the end waits for the killed: 0.1 s a GiB is usual
  LAST_SWEEPS_BLIND_MS = 2000,  // the same where children cannot be listed and hence not killed
};

typedef struct sweeping {
  pid_t spared;
  int killed;
} sweeping;

static void sweep_visit(void *context, int pid) {
  sweeping *s = context;
  // A child keeps its pid until it is reaped here, so this cannot hit a stranger. One that may not be
  // signalled (it has become another user's) is not counted: waiting for it would never end.
  if (pid != s->spared && kill(pid, SIGKILL) == 0) s->killed += 1;
}

int gantry_sweep(pid_t spared) {
  sweeping s = {.spared = spared};
  int result = gantry_children_each(sweep_visit, &s);
  return result < 0 ? result : s.killed;
}

/// Releases all dead children. Returns false when there is no child left at all.
static bool reap(void) {
  int32_t status;
  pid_t pid;
  while ((pid = gantry_child_peek(&status)) > 0) gantry_child_reap(pid);
  return pid == 0;
}

void gantry_sweep_to_the_end(int signals) {
  // Each death hands the children of the dead to the next subreaper above them, which is to be the caller.
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  int64_t now = gantry_now();
  int64_t until = now + LAST_SWEEPS_MS;
  int64_t blind_until = now + LAST_SWEEPS_BLIND_MS;
  while (reap()) {
    int found = gantry_sweep(0);
    if (found == 0) break;
    now = gantry_now();
    if (now >= until || (found < 0 && now >= blind_until)) break;
    struct pollfd wait = {.fd = signals, .events = POLLIN};
    if (poll(&wait, 1, LOOK_AGAIN_MS) > 0) gantry_signals_drain(signals);
  }
}
