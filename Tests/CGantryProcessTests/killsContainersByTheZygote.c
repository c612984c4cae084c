// The zygote kills a container for a driver that cannot: that one and no other, and nobody who is not its child.
#include "support.h"

static void box(const gantry_spawn *spawn, const int *fds, int count) {
  (void)spawn, (void)fds, (void)count;
  sleep_for_ever();
}

int main(void) {
  watchdog(60);
  int before = fds_of(getpid());
  static book b;
  book_start(&b, box);
  pid_t stranger = fork();
  if (stranger == 0) sleep_for_ever();
  booked *first = book_spawn(&b, 0, 0);
  booked *second = book_spawn(&b, 0, 0);
  BOOK_UNTIL(&b, b.zygote_pid != 0);
  const pid_t others[] = {stranger, b.keeper.pid, b.zygote_pid, getpid(), 1, 0, -1, INT32_MAX};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i += 1) {
    CHECK(gantry_container_kill(b.keeper.zygote_socket, others[i]) == 0, "the order for %d was not sent", others[i]);
  }
  CHECK(gantry_container_kill(b.keeper.zygote_socket, first->pid) == 0, "the order was not sent");
  BOOK_UNTIL(&b, first->exited);
  CHECK(gantry_status_signal(first->status) == SIGKILL, "the container ended %x", first->status);
  // Killed already, and reaped.
  CHECK(gantry_container_kill(b.keeper.zygote_socket, first->pid) == 0, "the second order was not sent");
  booked *third = book_spawn(&b, 0, 0);
  CHECK(third->pid > 0 && is_alive(third->pid), "no container came after the orders");
  CHECK(is_alive(second->pid) && is_alive(stranger) && is_alive(b.keeper.pid) && is_alive(b.zygote_pid),
        "somebody else was killed");
  kill(stranger, SIGKILL);
  waitpid(stranger, NULL, 0);
  book_stop(&b, before);
}
