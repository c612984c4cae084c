// A tool's output comes home whole, one that hangs or prints for ever is killed, nothing of it stays behind, and it
// makes no difference whether the host ignores SIGCHLD or reaps whatever it can.
#include "support.h"

static void reap_all(int number) {
  (void)number;
  int kept = errno;
  while (waitpid(-1, NULL, WNOHANG) > 0) continue;
  errno = kept;
}

static long run(const char *script, char *output, size_t room, int milliseconds) {
  char *arguments[] = {"sh", "-c", (char *)script, NULL};
  return gantry_tool_run("/bin/sh", arguments, output, room, milliseconds);
}

static void check_all(int before) {
  static char output[100000];
  CHECK(run("echo hello; echo aside >&2", output, sizeof output, 5000) == 6, "the output is not whole");
  CHECK(memcmp(output, "hello\n", 6) == 0, "the output is another");
  CHECK(run("cat; exit 3", output, sizeof output, 5000) == 0, "there was an input");
  CHECK(run("head -c 90000 /dev/zero", output, sizeof output, 5000) == 90000, "a long output is not whole");
  CHECK(run("while :; do echo endless; done", output, 500, 5000) == 500, "an endless output was not cut");
  CHECK(run("sleep 1000 & wait", output, sizeof output, 50) == -ETIMEDOUT, "a tool that hangs was not given up");
  CHECK(run("exec sleep 1000", output, sizeof output, 50) == -ETIMEDOUT, "a tool that hangs was not given up");
  char *arguments[] = {"none", NULL};
  CHECK(gantry_tool_run("/nonexistent", arguments, output, sizeof output, 5000) == 0, "a missing tool ran");
  CHECK(fds_of(getpid()) == before, "descriptors were left open");
  CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD, "a child was left behind");
}

int main(void) {
  watchdog(60);
  int before = fds_of(getpid());
  check_all(before);
  signal(SIGCHLD, SIG_IGN);
  check_all(before);
  signal(SIGCHLD, reap_all);
  check_all(before);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  char output[16];
  CHECK(run("kill -TERM $$; echo late", output, sizeof output, 5000) == 0, "the tool inherited blocked signals");
}
