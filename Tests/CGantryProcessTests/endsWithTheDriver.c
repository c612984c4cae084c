// Whatever ends the driver (exit, SIGKILL, a killed group, exec, a copy of its sockets held by another
// process, the driver stopped with unread notices), no process of the family and none that a container
// detached outlives it.
#include "support.h"

static shared_words *words;

static void box(const gantry_spawn *spawn, const int *fds, int count) {
  (void)fds, (void)count;
  if (spawn->detail[0] == 1) detach_sleeper(words, true);
  shared_words_add(words, getpid());
  sleep_for_ever();
}

enum { EXIT, RETURN, KILLED, GROUP_KILLED, EXEC, COPY_HELD, UNREAD, ENDS };

/// Beyond the words that are counted.
enum { HOLDER = 63 };

static void drive(int how) {
  static book b;
  if (how == GROUP_KILLED) setpgid(0, 0);
  book_start(&b, box);
  if (how == COPY_HELD) {
    // A process that the program forked and that keeps every descriptor open: not ours to kill.
    pid_t holder = fork();
    if (holder == 0) sleep_for_ever();
    words->pids[HOLDER] = holder;
  }
  BOOK_UNTIL(&b, b.zygote_pid != 0);
  shared_words_add(words, b.keeper.pid);
  shared_words_add(words, b.zygote_pid);
  for (int i = 0; i < 5; i += 1) book_spawn(&b, 0, i == 2);
  AWAIT(words->count == 2 + 5 + 1);
  if (how == UNREAD) {
    for (uint64_t i = 0; i < 40; i += 1) {
      gantry_spawn_request(b.keeper.zygote_socket, &(gantry_spawn){.request = 900 + i}, no_fds, 0);
    }
    AWAIT(words->count > 30);
  }
  words->ready = 1;
  if (how == EXIT) _exit(0);
  if (how == RETURN) exit(0);
  if (how == EXEC) execl("/bin/sleep", "sleep", "20", (char *)NULL);
  sleep_for_ever();
}

int main(void) {
  watchdog(120);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  for (int how = 0; how < ENDS; how += 1) {
    words = shared_words_make();
    fflush(stdout);
    pid_t driver = fork();
    if (driver == 0) drive(how);
    AWAIT(words->ready == 1 || !is_alive(driver));
    CHECK(words->count >= 8, "case %d: the family never was complete", how);
    if (how == GROUP_KILLED) kill(-driver, SIGKILL);
    if (how == KILLED || how == COPY_HELD || how == UNREAD) kill(driver, SIGKILL);
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    AWAIT(!shared_words_any_alive(words));
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("case %d: all gone after %ld us\n", how,
           (to.tv_sec - from.tv_sec) * 1000000L + (to.tv_nsec - from.tv_nsec) / 1000);
    if (how == EXEC) {
      CHECK(is_alive(driver), "the program that the driver became was killed");
      kill(driver, SIGKILL);
    }
    if (how == COPY_HELD) {
      CHECK(is_alive(words->pids[HOLDER]), "a process of the program's own was killed");
      kill(words->pids[HOLDER], SIGKILL);
    }
    while (waitpid(-1, NULL, 0) > 0) continue;
  }
}
