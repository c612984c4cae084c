// A killed keeper takes zygote and containers along, and the driver sees the end on every socket; what containers
// detached is killed and reaped by the zygote in the keeper's place, also if it or they were stopped, and also if
// the driver dies at the same time.
#include "support.h"

static shared_words *words;

static void box(const gantry_spawn *spawn, const int *fds, int count) {
  (void)fds, (void)count;
  if (spawn->detail[0] == 1) {
    detach_sleeper(words, false);
    detach_sleeper(words, true);
  }
  shared_words_add(words, getpid());
  sleep_for_ever();
}

static void lose_the_keeper(bool stopped) {
  int before = fds_of(getpid());
  static book b;
  words = shared_words_make();
  book_start(&b, box);
  for (int i = 0; i < 8; i += 1) book_spawn(&b, 0, i == 3 || i == 5);
  BOOK_UNTIL(&b, b.zygote_pid != 0);
  AWAIT(words->count == 8 + 2 * 2);
  pid_t zygote = b.zygote_pid;
  // A stopped zygote cannot see the lifeline end: the parent-death signal wakes it.
  if (stopped) {
    kill(zygote, SIGSTOP);
    for (int i = 0; i < words->count; i += 1) kill(words->pids[i], SIGSTOP);
  }
  kill(b.keeper.pid, SIGKILL);
  BOOK_UNTIL(&b, b.keeper_gone && b.keeper.zygote_socket < 0);
  AWAIT(!is_alive(zygote));
  for (int i = 0; i < b.count; i += 1) {
    struct pollfd wait = {.fd = b.containers[i].pidfd, .events = POLLIN};
    AWAIT(poll(&wait, 1, 100) == 1);
  }
  AWAIT(!shared_words_any_alive(words));
  CHECK(gantry_spawn_request(b.keeper.socket, &(gantry_spawn){0}, no_fds, 0) == -EPIPE,
        "a dead keeper took it");
  b.zygote_pid = 0;
  for (int i = 0; i < b.count; i += 1) b.containers[i].exited = true;
  book_stop(&b, before);
}

static _Noreturn void drive(void) {
  static book b;
  book_start(&b, box);
  for (int i = 0; i < 4; i += 1) book_spawn(&b, 0, 1);
  BOOK_UNTIL(&b, b.zygote_pid != 0);
  AWAIT(words->count == 4 * 3);
  words->pids[60] = b.keeper.pid;
  words->pids[61] = b.zygote_pid;
  words->ready = 1;
  sleep_for_ever();
}

/// The driver is killed beside a keeper that was killed (`how` 0) or stopped (`how` 1): either way somebody cleans up.
static void lose_the_driver(int how) {
  words = shared_words_make();
  fflush(stdout);
  pid_t driver = fork();
  if (driver == 0) drive();
  AWAIT(words->ready == 1);
  kill(words->pids[60], how == 0 ? SIGKILL : SIGSTOP);
  kill(driver, SIGKILL);
  AWAIT(!shared_words_any_alive(words));
  AWAIT(!is_alive(words->pids[60]) && !is_alive(words->pids[61]));
  while (waitpid(-1, NULL, 0) > 0) continue;
}

/// A keeper that somebody stopped holds up no stop.
static void stop_a_stopped_keeper(void) {
  int before = fds_of(getpid());
  static book b;
  words = shared_words_make();
  book_start(&b, box);
  for (int i = 0; i < 4; i += 1) book_spawn(&b, 0, 1);
  BOOK_UNTIL(&b, b.zygote_pid != 0);
  AWAIT(words->count == 4 * 3);
  kill(b.keeper.pid, SIGSTOP);
  book_stop(&b, before);
  CHECK(!shared_words_any_alive(words), "a process outlived the stop");
}

int main(void) {
  watchdog(60);
  // A group of its own: where nobody of the session is left to look after a group, the kernel sends SIGHUP to all of it
  // when a keeper dies beside stopped containers, and whoever runs this test would be of that group.
  setpgid(0, 0);
  // Adopts what would fall to the machine's first process, which need not be one that reaps.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  for (int stopped = 0; stopped < 2; stopped += 1) {
    lose_the_keeper(stopped != 0);
    while (waitpid(-1, NULL, 0) > 0) continue;
  }
  for (int how = 0; how < 2; how += 1) lose_the_driver(how);
  stop_a_stopped_keeper();
}
