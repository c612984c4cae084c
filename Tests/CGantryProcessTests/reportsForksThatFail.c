// A fork that fails is an answer: SPAWN_FAILED with the errno for a container, a later successor for a
// zygote, and an error with nothing left behind for the keeper.
// build: -DGANTRY_HOOKS
#define _GNU_SOURCE
#include "internal.h"
#include "support.h"

static shared_words *words;

static int fail_some(int role) {
  // Counted in shared memory: the hook runs in three processes.
  if (role == 'k') return words->pids[0] > 0 ? EAGAIN : 0;
  if (role == 'z') return __atomic_fetch_sub(&words->pids[1], 1, __ATOMIC_SEQ_CST) > 0 ? ENOMEM : 0;
  return __atomic_fetch_sub(&words->pids[2], 1, __ATOMIC_SEQ_CST) > 0 ? EAGAIN : 0;
}

static void box(const gantry_spawn *spawn, const int *fds, int count) {
  (void)spawn, (void)fds, (void)count;
  _exit(5);
}

int main(void) {
  watchdog(60);
  words = shared_words_make();
  gantry_fork_hook = fail_some;
  int before = fds_of(getpid());
  static book b;
  words->pids[0] = 1;
  int result = gantry_keeper_start(box, &b.keeper);
  CHECK(result == -EAGAIN, "a failing fork of the keeper gave %d", result);
  CHECK(fds_of(getpid()) == before, "a failing fork of the keeper left descriptors");
  CHECK(gantry_keeper_stop(&b.keeper, 0) == 0, "a keeper that never was cannot be stopped");

  words->pids[0] = 0;
  words->pids[1] = 3;
  words->pids[2] = 2;
  book_start(&b, box);
  BOOK_UNTIL(&b, b.zygote_pid != 0);
  CHECK(b.zygotes_failed == 3, "%d failures of the zygote's fork were reported", b.zygotes_failed);
  CHECK(b.zygote == 1 && b.keeper.zygote_socket >= 0,
        "the zygote that came at last is incarnation %u", b.zygote);
  for (int i = 0; i < 4; i += 1) {
    booked *c = book_spawn(&b, 0, 0);
    if (i < 2) CHECK(c->pid == 0 && c->error == EAGAIN, "fork %d gave pid %d, errno %d", i, c->pid, c->error);
    if (i < 2) continue;
    BOOK_UNTIL(&b, c->exited);
    CHECK(gantry_status_code(c->status) == 5, "the container ended %x", c->status);
  }
  book_stop(&b, before);
}
