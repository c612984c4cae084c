// What a container detached runs as long as the container, whoever else dies, and is gone with it or with the
// stop.
#include "support.h"

static shared_words *words;

static void box(const gantry_spawn *spawn, const int *fds, int count) {
  (void)fds, (void)count;
  if (spawn->function_index == 1) {
    detach_sleeper(words + spawn->detail[0], false);
    detach_sleeper(words + spawn->detail[0], true);
    // A tree: killing its root must reach the leaves.
    if (fork() == 0) {
      setsid();
      shared_words_add(words + spawn->detail[0], getpid());
      detach_sleeper(words + spawn->detail[0], false);
      sleep_for_ever();
    }
    sleep_for_ever();
  }
  _exit(0);
}

int main(void) {
  watchdog(60);
  words = mmap(NULL, 2 * sizeof *words, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(words != MAP_FAILED, "no shared memory for the test");
  int before = fds_of(getpid());
  static book b;
  book_start(&b, box);
  booked *first = book_spawn(&b, 1, 0);
  booked *second = book_spawn(&b, 1, 1);
  AWAIT(words[0].count == 4 && words[1].count == 4);
  for (int i = 0; i < 5; i += 1) {
    booked *other = book_spawn(&b, 0, 0);
    BOOK_UNTIL(&b, other->exited);
  }
  nap(200);
  for (int i = 0; i < 4; i += 1) {
    CHECK(is_alive(words[0].pids[i]), "another container's death killed process %d", i);
  }
  gantry_pidfd_signal(first->pidfd, SIGKILL);
  BOOK_UNTIL(&b, first->exited);
  AWAIT(!shared_words_any_alive(&words[0]));
  AWAIT(children_of(b.keeper.pid, NULL, 0) == 1);
  for (int i = 0; i < 4; i += 1) {
    CHECK(is_alive(words[1].pids[i]), "another container's death killed process %d", i);
  }
  CHECK(!second->exited, "the second container died too");
  book_stop(&b, before);
  CHECK(!shared_words_any_alive(&words[1]), "a detached process outlived the stop");
}
