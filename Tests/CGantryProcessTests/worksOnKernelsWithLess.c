// Without close_range, and without a list of children in /proc, the slow ways find and close the same.
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "internal.h"
#include "support.h"

typedef struct found {
  int count;
  int pids[64];
} found;

static void collect(void *context, int pid) {
  found *f = context;
  if (f->count < 64) f->pids[f->count++] = pid;
}

static bool has(const found *f, int pid) {
  for (int i = 0; i < f->count; i += 1) {
    if (f->pids[i] == pid) return true;
  }
  return false;
}

static void box(const gantry_spawn *spawn, const int *fds, int count) {
  (void)spawn, (void)fds;
  if (count != 1 || syscall(SYS_close_range, 2000U, 2001U, 0U) == 0) _exit(1);
  for (int fd = 4; fd < 4096; fd += 1) {
    if (fcntl(fd, F_GETFD) != -1) _exit(2);
  }
  _exit(0);
}

static void refuse_close_range(void) {
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {.len = sizeof program / sizeof program[0], .filter = program};
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no filter for the test");
  CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0, "no filter for the test");
}

int main(void) {
  watchdog(60);
  pid_t children[40];
  for (int i = 0; i < 40; i += 1) {
    children[i] = fork();
    if (children[i] == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      // A name that looks like the fields behind it.
      if (i == 5) prctl(PR_SET_NAME, "a) S 1 (b");
      sleep_for_ever();
    }
  }
  nap(50);
  found listed = {0}, searched = {0};
  CHECK(gantry_children_each(collect, &listed) == 0, "children cannot be listed");
  CHECK(gantry_children_search(collect, &searched) == 0, "children cannot be searched");
  CHECK(listed.count == 40 && searched.count == 40, "%d listed, %d searched", listed.count, searched.count);
  for (int i = 0; i < 40; i += 1) {
    CHECK(has(&listed, children[i]) && has(&searched, children[i]), "child %d was not found", i);
    kill(children[i], SIGKILL);
    waitpid(children[i], NULL, 0);
  }

  refuse_close_range();
  int many[200];
  for (int i = 0; i < 200; i += 1) many[i] = dup(2);
  int high = fcntl(2, F_DUPFD, 3000);
  int before = fds_of(getpid());
  static book b;
  book_start(&b, box);
  booked *c = book_spawn_with(&b, (gantry_spawn){0}, (int[]){2, 1}, 2);
  BOOK_UNTIL(&b, c->exited && b.zygote_pid != 0);
  CHECK(c->status == 0, "the container ended %x", c->status);
  int keeper = fds_of(b.keeper.pid), zygote = fds_of(b.zygote_pid);
  CHECK(keeper < 12 && zygote < 12, "keeper and zygote hold %d and %d descriptors", keeper, zygote);
  book_stop(&b, before);
  for (int i = 0; i < 200; i += 1) close(many[i]);
  close(high);
}
