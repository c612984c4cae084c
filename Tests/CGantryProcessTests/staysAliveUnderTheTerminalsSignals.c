// Signals to the whole process group: SIGINT leaves the family alive, and no signal but SIGKILL or SIGSTOP
// moves keeper or zygote. The zygote stays in the program's group and the keeper does not.
#include "support.h"

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number) {
  (void)number;
  interrupted += 1;
}

static void box(const gantry_spawn *spawn, const int *fds, int count) {
  (void)fds, (void)count;
  if (spawn->detail[0] == 1) _exit(getpgrp() == (pid_t)spawn->detail[1] ? 33 : 34);
  sleep_for_ever();
}

int main(void) {
  setpgid(0, 0);
  watchdog(60);
  signal(SIGINT, on_interrupt);
  int before = fds_of(getpid());
  static book b;
  book_start(&b, box);
  booked *sleeper = book_spawn(&b, 0, 0);
  BOOK_UNTIL(&b, b.zygote_pid != 0);
  CHECK(getpgid(b.zygote_pid) == getpgrp(), "the zygote left the program's group");
  CHECK(getpgid(b.keeper.pid) == b.keeper.pid, "the keeper has no group of its own");
  for (int i = 0; i < 20; i += 1) kill(0, SIGINT);
  const int deaf[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2, SIGTSTP, SIGTTIN, SIGTTOU};
  for (size_t i = 0; i < sizeof deaf / sizeof deaf[0]; i += 1) {
    kill(b.keeper.pid, deaf[i]);
    kill(b.zygote_pid, deaf[i]);
  }
  gantry_spawn ask = {.detail = {1, (uint64_t)getpgrp()}};
  booked *served = book_spawn_with(&b, ask, (int[]){2}, 1);
  BOOK_UNTIL(&b, served->exited);
  CHECK(gantry_status_code(served->status) == 33, "the container ended %x", served->status);
  CHECK(interrupted > 0, "the driver did not get its own SIGINT");
  nap(100);
  book_turn(&b);
  CHECK(!sleeper->exited && is_alive(sleeper->pid), "SIGINT ended a container");
  CHECK(b.zygotes_exited == 0 && is_alive(b.keeper.pid), "a signal ended keeper or zygote");
  book_stop(&b, before);
}
