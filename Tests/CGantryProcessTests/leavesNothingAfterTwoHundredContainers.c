// Two hundred containers, killed at random or ending by themselves, leave no zombie and no descriptor
// anywhere.
#include "support.h"

static void box(const gantry_spawn *spawn, const int *fds, int count) {
  CHECK(count == 2 && fds[0] == 3 && fds[1] == 4, "the descriptors were not renumbered");
  if (spawn->detail[0] == 0) _exit(0);
  sleep_for_ever();
}

int main(void) {
  watchdog(120);
  int before = fds_of(getpid());
  static book b;
  book_start(&b, box);
  book_spawn_with(&b, (gantry_spawn){0}, (int[]){2, 0, 1}, 3);
  BOOK_UNTIL(&b, b.zygote_pid != 0 && book_open_count(&b) == 0);
  int zygote_before = fds_of(b.zygote_pid);
  int keeper_before = fds_of(b.keeper.pid);
  unsigned seed = 20260;
  for (int i = 0; i < 200; i += 1) {
    seed = seed * 1103515245u + 12345u;
    book_spawn_with(&b, (gantry_spawn){.detail = {seed >> 20 & 1}}, (int[]){2, 0, 1}, 3);
    for (int j = 0; j < b.count; j += 1) {
      seed = seed * 1103515245u + 12345u;
      // Its own end may be faster than ours.
      if (!b.containers[j].exited && (seed >> 16) % 4 == 0) {
        gantry_pidfd_signal(b.containers[j].pidfd, SIGKILL);
      }
    }
  }
  for (int j = 0; j < b.count; j += 1) gantry_pidfd_signal(b.containers[j].pidfd, SIGKILL);
  BOOK_UNTIL(&b, book_open_count(&b) == 0);
  CHECK(b.count == 201, "%d containers were booked", b.count);
  for (int j = 0; j < b.count; j += 1) {
    int status = b.containers[j].status;
    CHECK(status == 0 || gantry_status_signal(status) == SIGKILL, "a container ended with %x", status);
  }
  // The notice goes out an instant before the zombie: await, then compare.
  AWAIT(children_of(b.zygote_pid, NULL, 0) == 0);
  AWAIT(children_of(b.keeper.pid, NULL, 0) == 1);
  AWAIT(fds_of(b.zygote_pid) <= zygote_before);
  AWAIT(fds_of(b.keeper.pid) <= keeper_before);
  CHECK(b.zygotes_exited == 0, "the zygote died meanwhile");
  printf("descriptors open: zygote %d, keeper %d\n", zygote_before, keeper_before);
  book_stop(&b, before);
}
