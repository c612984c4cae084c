// A killed keeper takes zygote and containers along, and the driver sees the end on every socket.
#include "support.h"

static void box(const gantry_spawn *spawn, const int *fds, int count) {
  (void)spawn, (void)fds, (void)count;
  sleep_for_ever();
}

int main(void) {
  watchdog(60);
  int before = fds_of(getpid());
  for (int stopped = 0; stopped < 2; stopped += 1) {
    static book b;
    book_start(&b, box);
    for (int i = 0; i < 8; i += 1) book_spawn(&b, 0, 0);
    BOOK_UNTIL(&b, b.zygote_pid != 0);
    pid_t zygote = b.zygote_pid;
    // A stopped zygote cannot see the lifeline end: the parent-death signal reaches it all the same.
    if (stopped) kill(zygote, SIGSTOP);
    kill(b.keeper.pid, SIGKILL);
    BOOK_UNTIL(&b, b.keeper_gone && b.keeper.zygote_socket < 0);
    AWAIT(!is_alive(zygote));
    for (int i = 0; i < b.count; i += 1) {
      struct pollfd wait = {.fd = b.containers[i].pidfd, .events = POLLIN};
      AWAIT(poll(&wait, 1, 100) == 1);
    }
    CHECK(gantry_spawn_request(b.keeper.socket, &(gantry_spawn){0}, no_fds, 0) == -EPIPE,
          "a dead keeper took it");
    b.zygote_pid = 0;
    for (int i = 0; i < b.count; i += 1) b.containers[i].exited = true;
    book_stop(&b, before);
  }
}
