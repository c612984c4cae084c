// Not a promise but a number: from the request to the container's first instruction, and to the notices.
#include "support.h"

static volatile int64_t *first_instruction;

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void box(const gantry_spawn *spawn, const int *fds, int count) {
  (void)spawn, (void)fds, (void)count;
  *first_instruction = now_ns();
  _exit(0);
}

static int compare(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return x < y ? -1 : x > y;
}

int main(void) {
  enum { ROUNDS = 300 };
  watchdog(120);
  first_instruction = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int before = fds_of(getpid());
  static book b;
  book_start(&b, box);
  BOOK_UNTIL(&b, b.zygote_pid != 0);
  static int64_t entry[ROUNDS], spawned[ROUNDS], exited[ROUNDS];
  for (int i = 0; i < ROUNDS; i += 1) {
    int64_t from = now_ns();
    booked *c = book_spawn(&b, 0, 0);
    spawned[i] = now_ns() - from;
    BOOK_UNTIL(&b, c->exited);
    exited[i] = now_ns() - from;
    entry[i] = *first_instruction - from;
  }
  qsort(entry, ROUNDS, sizeof entry[0], compare);
  qsort(spawned, ROUNDS, sizeof spawned[0], compare);
  qsort(exited, ROUNDS, sizeof exited[0], compare);
  printf("us, median (p90): first instruction %lld (%lld), SPAWNED %lld (%lld), EXITED %lld (%lld)\n",
         (long long)entry[ROUNDS / 2] / 1000, (long long)entry[ROUNDS * 9 / 10] / 1000,
         (long long)spawned[ROUNDS / 2] / 1000, (long long)spawned[ROUNDS * 9 / 10] / 1000,
         (long long)exited[ROUNDS / 2] / 1000, (long long)exited[ROUNDS * 9 / 10] / 1000);
  book_stop(&b, before);
}
