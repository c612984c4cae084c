// The stop is bounded even for a keeper that cannot act, may be repeated, and in a fork of the driver it only
// closes.
#include "support.h"

#include <sys/ptrace.h>

static void box(const gantry_spawn *spawn, const int *fds, int count) {
  (void)spawn, (void)fds, (void)count;
  sleep_for_ever();
}

int main(void) {
  watchdog(60);
  int before = fds_of(getpid());
  static book b;
  book_start(&b, box);
  book_stop(&b, before);
  CHECK(gantry_keeper_stop(&b.keeper, 0) == 0, "a second stop failed");

  book_start(&b, box);
  booked *c = book_spawn(&b, 0, 0);
  pid_t fork_of_driver = fork();
  if (fork_of_driver == 0) _exit(gantry_keeper_stop(&b.keeper, 10000) == 0 ? 0 : 1);
  int status;
  waitpid(fork_of_driver, &status, 0);
  CHECK(status == 0, "the stop in a fork of the driver failed");
  nap(100);
  book_turn(&b);
  CHECK(is_alive(b.keeper.pid) && is_alive(c->pid) && !b.keeper_gone,
        "a fork of the driver stopped the keeper");
  book_stop(&b, before);

  book_start(&b, box);
  c = book_spawn(&b, 0, 0);
  BOOK_UNTIL(&b, b.zygote_pid != 0);
  pid_t keeper = b.keeper.pid;
  // Held by a debugger it cannot be woken, as one that is only stopped can.
  if (ptrace(PTRACE_ATTACH, keeper, NULL, NULL) != 0) {
    printf("no process may be held here: the last part is left out\n");
    book_stop(&b, before);
    return 0;
  }
  waitpid(keeper, &status, WUNTRACED);
  CHECK(gantry_keeper_stop(&b.keeper, 50) == -ETIMEDOUT, "a held keeper ended in time");
  CHECK(!exists(keeper), "the held keeper was left behind");
  pid_t zygote = b.zygote_pid;
  AWAIT(!is_alive(zygote));
  AWAIT(!is_alive(c->pid));
  for (int i = 0; i < b.count; i += 1) close(b.containers[i].pidfd);
  CHECK(fds_of(getpid()) == before, "the stop left descriptors");
}
