// Messages at their limits: too many descriptors, foreign bytes, lost descriptors at the driver's own limit,
// a full socket. None of them blocks, leaks, or ends keeper or zygote.
#include "support.h"

static void box(const gantry_spawn *spawn, const int *fds, int count) {
  (void)fds;
  _exit(spawn->detail[0] == 1 ? count : 0);
}

int main(void) {
  watchdog(60);
  int before = fds_of(getpid());
  static book b;
  book_start(&b, box);
  BOOK_UNTIL(&b, b.zygote_pid != 0);
  int many[GANTRY_SPAWN_FDS + 1];
  for (int i = 0; i < GANTRY_SPAWN_FDS + 1; i += 1) many[i] = 2;
  gantry_spawn spawn = {.request = 1, .detail = {1}};
  int zygote = b.keeper.zygote_socket;
  CHECK(gantry_spawn_request(zygote, &spawn, many, GANTRY_SPAWN_FDS + 1) == -EINVAL, "too many were taken");
  CHECK(gantry_spawn_request(zygote, &spawn, many, -1) == -EINVAL, "a negative number was taken");
  CHECK(send(zygote, "nonsense", 8, MSG_NOSIGNAL) == 8, "no byte sent");
  CHECK(send(b.keeper.socket, "nonsense", 8, MSG_NOSIGNAL) == 8, "no byte sent");
  booked *c = book_spawn_with(&b, spawn, many, GANTRY_SPAWN_FDS);
  BOOK_UNTIL(&b, c->exited);
  CHECK(gantry_status_code(c->status) == GANTRY_SPAWN_FDS - 1, "the container got %x", c->status);
  c = book_spawn_with(&b, spawn, no_fds, 0);
  BOOK_UNTIL(&b, c->exited);
  CHECK(c->status == 0, "a container without descriptors ended %x", c->status);

  // Fill the way to the zygote while nobody reads the way back; every request taken must be answered.
  int taken = 0;
  uint64_t request = 5000;
  kill(b.zygote_pid, SIGSTOP);
  for (;;) {
    int result = gantry_spawn_request(zygote, &(gantry_spawn){.request = request}, no_fds, 0);
    if (result == -EAGAIN) break;
    CHECK(result == 0, "a request returned %d", result);
    request += 1;
    taken += 1;
    if (taken == 500) break;
  }
  kill(b.zygote_pid, SIGCONT);
  int seen = b.count;
  // At our own limit on descriptors the pidfds are lost, the notices are not.
  struct rlimit limit, low;
  getrlimit(RLIMIT_NOFILE, &limit);
  low = limit;
  int lowest_free = dup(2);
  close(lowest_free);
  low.rlim_cur = (rlim_t)lowest_free;
  setrlimit(RLIMIT_NOFILE, &low);
  int answered = 0, exited = 0, with_pidfd = 0;
  while (exited < taken) {
    gantry_notice notice;
    int fd;
    int result = gantry_control_receive(zygote, &notice, &fd);
    CHECK(result >= 0, "the zygote's socket gave %d", result);
    if (result == 0) nap(1);
    if (result == 0) continue;
    answered += notice.kind == GANTRY_NOTICE_SPAWNED;
    exited += notice.kind == GANTRY_NOTICE_EXITED;
    with_pidfd += fd >= 0;
    if (fd >= 0) close(fd);
    CHECK(exited <= answered, "an end came before its start");
  }
  CHECK(answered == taken && b.count == seen, "%d of %d were answered", answered, taken);
  CHECK(with_pidfd == 0, "the limit on descriptors did not bite");
  setrlimit(RLIMIT_NOFILE, &limit);
  c = book_spawn_with(&b, spawn, no_fds, 0);
  BOOK_UNTIL(&b, c->exited);
  CHECK(b.zygotes_exited == 0, "the zygote died of it");

  // A zygote that dies with a request unread resets the socket: what it had said before is still heard.
  CHECK(gantry_spawn_request(zygote, &(gantry_spawn){.request = 7000}, no_fds, 0) == 0, "not taken");
  struct pollfd wait = {.fd = zygote, .events = POLLIN};
  CHECK(poll(&wait, 1, -1) == 1, "no answer came");
  kill(b.zygote_pid, SIGSTOP);
  AWAIT(is_stopped(b.zygote_pid));
  CHECK(gantry_spawn_request(zygote, &(gantry_spawn){.request = 7001}, no_fds, 0) == 0, "not taken");
  kill(b.zygote_pid, SIGKILL);
  AWAIT(!is_alive(b.zygote_pid));
  gantry_notice notice;
  int pidfd;
  int result = gantry_control_receive(zygote, &notice, &pidfd);
  CHECK(result == 1 && notice.request == 7000, "the last word of a dead zygote was lost: %d", result);
  close(pidfd);
  while ((result = gantry_control_receive(zygote, &notice, &pidfd)) == 1) continue;
  CHECK(result == -EPIPE, "a dead zygote's socket gave %d", result);
  CHECK(gantry_spawn_request(zygote, &spawn, no_fds, 0) == -EPIPE, "a dead zygote took a request");
  BOOK_UNTIL(&b, b.zygotes_exited == 1 && b.zygote_pid != 0);
  printf("requests that fit the socket: %d\n", taken);
  book_stop(&b, before);
}
