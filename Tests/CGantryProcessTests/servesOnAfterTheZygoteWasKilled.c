// A zygote killed under twenty containers: all end, all are reported, detached children go too, a successor
// serves. Killed again and again, its successors come ever later but do come; an unanswering one is killed by
// order.
#include "support.h"

static shared_words *words;

static void box(const gantry_spawn *spawn, const int *fds, int count) {
  (void)fds;
  (void)count;
  if (spawn->detail[0] == 1) detach_sleeper(words, true);
  if (spawn->detail[0] == 1) detach_sleeper(words, false);
  if (spawn->detail[0] == 2) _exit(42);
  sleep_for_ever();
}

int main(void) {
  watchdog(120);
  words = shared_words_make();
  int before = fds_of(getpid());
  static book b;
  book_start(&b, box);
  for (int i = 0; i < 20; i += 1) book_spawn(&b, 0, i == 7);
  AWAIT(words->count == 2);
  BOOK_UNTIL(&b, b.zygote_pid != 0);
  pid_t first = b.zygote_pid;
  kill(first, SIGKILL);
  BOOK_UNTIL(&b, b.zygotes_exited == 1 && book_open_count(&b) == 0);
  CHECK(gantry_status_signal(b.zygote_status) == SIGKILL, "the zygote's status was %x", b.zygote_status);
  for (int i = 0; i < b.count; i += 1) {
    CHECK(gantry_status_signal(b.containers[i].status) == SIGKILL,
          "an orphan ended %x", b.containers[i].status);
  }
  BOOK_UNTIL(&b, b.zygote_pid != 0);
  CHECK(b.zygote_pid != first && b.zygote == 2, "the successor is incarnation %u", b.zygote);
  AWAIT(!shared_words_any_alive(words));
  booked *served = book_spawn(&b, 0, 2);
  BOOK_UNTIL(&b, served->exited);
  CHECK(gantry_status_code(served->status) == 42, "the successor's container ended %x", served->status);

  for (int i = 0; i < 5; i += 1) {
    int exited = b.zygotes_exited;
    kill(b.zygote_pid, SIGKILL);
    BOOK_UNTIL(&b, b.zygotes_exited > exited && b.zygote_pid != 0);
  }
  int exited = b.zygotes_exited;
  kill(b.zygote_pid, SIGSTOP);
  CHECK(gantry_zygote_kill(b.keeper.socket, b.zygote - 1) == 0, "the order was not taken");
  CHECK(gantry_zygote_kill(b.keeper.socket, b.zygote) == 0, "the order was not taken");
  BOOK_UNTIL(&b, b.zygotes_exited > exited && b.zygote_pid != 0);
  CHECK(b.zygotes_exited == exited + 1, "an order for an old incarnation was obeyed");
  served = book_spawn(&b, 0, 2);
  BOOK_UNTIL(&b, served->exited);
  CHECK(gantry_status_code(served->status) == 42, "the last successor's container ended %x", served->status);
  AWAIT(children_of(b.keeper.pid, NULL, 0) == 1);
  book_stop(&b, before);
}
