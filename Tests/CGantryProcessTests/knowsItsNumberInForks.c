// The number of the process is right in it and in all its forks, however they were made and whoever asked before.
#include "support.h"

#include <sys/syscall.h>

#include "gantry_role.h"

/// Forks without the C library, whose handlers might have helped.
static pid_t bare_fork(void) { return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); }

static void check_and_fork(int depth) {
  CHECK(gantry_pid() == getpid(), "%d, not %d", gantry_pid(), getpid());
  CHECK(gantry_pid() == getpid(), "%d, not %d", gantry_pid(), getpid());
  if (depth == 0) return;
  for (int bare = 0; bare < 2; bare++) {
    pid_t child = bare ? bare_fork() : fork();
    CHECK(child >= 0, "errno %d", errno);
    if (child == 0) {
      check_and_fork(depth - 1);
      _exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child && status == 0, "status %d", status);
  }
  CHECK(gantry_pid() == getpid(), "%d, not %d", gantry_pid(), getpid());
}

int main(void) {
  check_and_fork(3);
  return 0;
}
