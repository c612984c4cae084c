// A container's world: descriptors in order and no other, empty stdin, the program's stdout, stderr by pipe,
// the program's signals and mask, limits, names; keeper and zygote hold nothing of the program's but stdout.
#include "support.h"

static int pipe_out[2];
static int leaked;

static void on_user(int number) { (void)number; }

#define EXPECT(condition)                            \
  do {                                               \
    if (!(condition)) {                              \
      dprintf(2, "container: not so: " #condition "\n"); \
      _exit(1);                                      \
    }                                                \
  } while (0)

static void box(const gantry_spawn *spawn, const int *fds, int count) {
  char byte;
  EXPECT(spawn->function_index == 6 && spawn->flags == 7 && spawn->epoch == 8);
  EXPECT(spawn->arena_bytes == 9 && spawn->ring_bytes == 10 && spawn->detail[7] == 11);
  EXPECT(count == 2 && fds[0] == 3 && fds[1] == 4);
  EXPECT(fcntl(3, F_GETFD) == FD_CLOEXEC && fcntl(4, F_GETFD) == FD_CLOEXEC);
  for (int fd = 5; fd < 1024; fd += 1) EXPECT(fcntl(fd, F_GETFD) == -1);
  EXPECT(fcntl(0, F_GETFD) == 0 && fcntl(1, F_GETFD) == 0 && fcntl(2, F_GETFD) == 0);
  EXPECT(read(0, &byte, 1) == 0);
  EXPECT(read(3, &byte, 1) == 1 && byte == 'a');
  EXPECT(read(4, &byte, 1) == 1 && byte == 'b');

  struct sigaction action;
  sigset_t mask;
  sigaction(SIGUSR1, NULL, &action);
  EXPECT(action.sa_handler == on_user);
  sigaction(SIGTERM, NULL, &action);
  EXPECT(action.sa_handler == SIG_DFL);
  sigaction(SIGHUP, NULL, &action);
  EXPECT(action.sa_handler == SIG_IGN);
  sigaction(SIGINT, NULL, &action);
  EXPECT(action.sa_handler == SIG_IGN);
  sigaction(SIGPIPE, NULL, &action);
  EXPECT(action.sa_handler == SIG_DFL);
  sigprocmask(SIG_SETMASK, NULL, &mask);
  EXPECT(sigismember(&mask, SIGWINCH) == 1 && sigismember(&mask, SIGCHLD) == 0 &&
           sigismember(&mask, SIGTERM) == 0);

  struct rlimit limit;
  getrlimit(RLIMIT_CORE, &limit);
  EXPECT(limit.rlim_cur == 0 && limit.rlim_max == 0);
  getrlimit(RLIMIT_DATA, &limit);
  EXPECT(limit.rlim_cur == (rlim_t)1 << 40);
  int death = 0;
  prctl(PR_GET_PDEATHSIG, &death);
  EXPECT(death == SIGKILL);
  char name[16];
  prctl(PR_GET_NAME, name);
  EXPECT(strcmp(name, "gantry-box") == 0);
  EXPECT(gantry_thread_count() == 1);
  dprintf(1, "to stdout");
  dprintf(2, "to stderr");
  _exit(0);
}

static void name_of(pid_t pid, char *name, size_t size) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/comm", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t got = read(fd, name, size - 1);
  close(fd);
  name[got > 0 ? got - 1 : 0] = 0;
}

static void expect_holds_nothing(pid_t pid) {
  char path[64];
  char target[256];
  char own[256];
  snprintf(path, sizeof path, "/proc/self/fd/%d", leaked);
  ssize_t own_length = readlink(path, own, sizeof own - 1);
  own[own_length > 0 ? own_length : 0] = 0;
  for (int fd = 0; fd < 256; fd += 1) {
    snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0) continue;
    target[length] = 0;
    CHECK(strcmp(target, own) != 0, "process %d holds a descriptor of the program", pid);
    CHECK((fd != 0 && fd != 2) || strcmp(target, "/dev/null") == 0, "fd %d of %d is %s", fd, pid, target);
  }
}

static void read_all(int fd, char *text, size_t size) {
  size_t at = 0;
  ssize_t got;
  while (at + 1 < size && (got = read(fd, text + at, size - 1 - at)) > 0) at += (size_t)got;
  text[at] = 0;
}

static void run(bool closed_stdin) {
  int real_stdout = dup(1);
  CHECK(pipe2(pipe_out, O_CLOEXEC) == 0, "no pipe");
  dup2(pipe_out[1], 1);
  close(pipe_out[1]);
  if (closed_stdin) close(0);
  leaked = memfd_create("of-the-program", 0);
  int before = fds_of(getpid());
  static book b;
  book_start(&b, box);
  int err[2], a[2], c[2];
  CHECK(pipe2(err, O_CLOEXEC) == 0 && pipe2(a, O_CLOEXEC) == 0 && pipe2(c, O_CLOEXEC) == 0, "no pipe");
  CHECK(write(a[1], "a", 1) == 1 && write(c[1], "b", 1) == 1, "no byte");
  gantry_spawn spawn = {.function_index = 6, .flags = 7, .epoch = 8, .memory_limit = (uint64_t)1 << 40};
  spawn.arena_bytes = 9;
  spawn.ring_bytes = 10;
  spawn.detail[7] = 11;
  booked *container = book_spawn_with(&b, spawn, (int[]){err[1], a[0], c[0]}, 3);
  close(err[1]);
  char text[512];
  read_all(err[0], text, sizeof text);
  BOOK_UNTIL(&b, container->exited && b.zygote_pid != 0);
  CHECK(container->status == 0, "status %x, stderr: %s", container->status, text);
  CHECK(strcmp(text, "to stderr") == 0, "the stderr pipe gave: %s", text);
  char name[32];
  name_of(b.keeper.pid, name, sizeof name);
  CHECK(strcmp(name, "gantry-keeper") == 0, "the keeper is named %s", name);
  name_of(b.zygote_pid, name, sizeof name);
  CHECK(strcmp(name, "gantry-zygote") == 0, "the zygote is named %s", name);
  expect_holds_nothing(b.keeper.pid);
  expect_holds_nothing(b.zygote_pid);
  close(err[0]), close(a[0]), close(a[1]), close(c[0]), close(c[1]);
  book_stop(&b, before);
  // The family held the pipe; with it gone, ours is the last end.
  dup2(real_stdout, 1);
  close(real_stdout);
  read_all(pipe_out[0], text, sizeof text);
  CHECK(strcmp(text, "buffered to stdout") == 0, "stdout gave: %s", text);
  close(pipe_out[0]);
  close(leaked);
}

int main(void) {
  watchdog(60);
  signal(SIGUSR1, on_user);
  signal(SIGINT, on_user);
  signal(SIGHUP, SIG_IGN);
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGWINCH);
  sigprocmask(SIG_BLOCK, &mask, NULL);
  setvbuf(stdout, NULL, _IOFBF, 4096);
  for (int closed = 0; closed < 2; closed += 1) {
    // Unflushed text is written once, by the start, and not again by any fork.
    printf("buffered ");
    run(closed == 1);
  }
}
