// A sandboxed process, on every level of Landlock and as root and as nobody, fails in each forbidden way to change
// anything outside; and what a container needs, and what it may do, still works.
// build: -pthread
#include "sandbox_needs.h"

/// In a fork: enters the sandbox, tries everything, and says what should have been otherwise.
static _Noreturn void try_everything(int rules, uid_t user) {
  if (user != 0 && getuid() == 0) CHECK(setgid(user) == 0 && setuid(user) == 0, "the user could not be changed");
  // So that neither the group nor a terminal of the test's is touched by what gets through.
  signal(SIGUSR1, SIG_IGN);
  CHECK(gantry_sandbox_enter(rules, level) == 0, "level %d could not be entered", level);
  int wrong = 0;
  for (size_t i = 0; i < COUNT(allowed); i += 1) {
    if (allowed[i].succeeds()) continue;
    fprintf(stderr, "level %d, user %d: what should work does not: %s (errno %d)\n", level, (int)getuid(),
            allowed[i].name, errno);
    wrong += 1;
  }
  for (size_t i = 0; i < COUNT(forbidden); i += 1) {
    if (!forbidden[i].succeeds()) continue;
    fprintf(stderr, "level %d, user %d: got through: %s\n", level, (int)getuid(), forbidden[i].name);
    wrong += 1;
  }
  _exit(wrong == 0 ? 0 : 1);
}

/// The attempts are real: without a sandbox those get through that touch nobody else.
static void check_attempts(uid_t user) {
  make_surroundings(user);
  pid_t free_one = fork();
  if (free_one == 0) {
    if (user != getuid()) CHECK(setgid(user) == 0 && setuid(user) == 0, "no user");
    setpgid(0, 0);
    const attempt sure[] = {
        ATTEMPT(truncates), ATTEMPT(truncates_by_opening), ATTEMPT(truncates_by_opening_for_neither),
        ATTEMPT(truncates_by_opening_newly), ATTEMPT(creates), ATTEMPT(makes_fifo), ATTEMPT(changes_mode),
        ATTEMPT(changes_mode_newly), ATTEMPT(changes_owner), ATTEMPT(changes_times), ATTEMPT(opens_tcp),
        ATTEMPT(opens_unix), ATTEMPT(sends_to_others), ATTEMPT(sends_messages_to_others), ATTEMPT(turns_a_pair_to_others), ATTEMPT(probes), ATTEMPT(signals_by_pidfd_probe),
        ATTEMPT(signals_by_descriptor), ATTEMPT(reads_memory), ATTEMPT(opens_memory), ATTEMPT(limits_others),
        ATTEMPT(slows_others), ATTEMPT(moves_others), ATTEMPT(makes_segment), ATTEMPT(links_inside),
        ATTEMPT(leases), ATTEMPT(drives_a_device), ATTEMPT(drives_a_device_that_is_open_for_neither),
        ATTEMPT(signals_the_group_in_front), ATTEMPT(signals_the_group_in_front_by_ioctl),
        ATTEMPT(resizes_the_terminal), ATTEMPT(changes_the_terminal), ATTEMPT(stops_the_terminal),
        ATTEMPT(throws_away_what_was_typed), ATTEMPT(closes_the_terminal_to_others), ATTEMPT(takes_the_terminal),
        ATTEMPT(handles_the_stop_of_its_group), ATTEMPT(moves_in),
    };
    for (size_t i = 0; i < COUNT(sure); i += 1) {
      CHECK(sure[i].succeeds(), "user %d: %s fails without a sandbox, too", (int)user, sure[i].name);
    }
    _exit(0);
  }
  int status;
  CHECK(waitpid(free_one, &status, 0) == free_one && status == 0, "the attempts could not be tried");
  unmake_surroundings();
}

static void check_level(uid_t user) {
  make_surroundings(user);
  const char *writable[] = {in("own"), in("single")};
  size_t failed;
  int rules = gantry_sandbox_prepare(writable, 2, level, &failed);
  CHECK(rules >= 0, "level %d could not be prepared", level);
  fflush(NULL);
  pid_t tried = fork();
  if (tried == 0) try_everything(rules, user);
  int status;
  CHECK(waitpid(tried, &status, 0) == tried, "the sandboxed process was lost");
  CHECK(status == 0, "level %d, user %d: status %x", level, (int)user, (unsigned)status);
  close(rules);
  unmake_surroundings();
}

/// In the group of a program that runs in the background: reads from the terminal, and is told whether that failed.
static _Noreturn void read_from_background(int rules) {
  CHECK(rules < 0 || gantry_sandbox_enter(rules, level) == 0, "level %d could not be entered", level);
  signal(SIGTTIN, SIG_DFL);
  char letter;
  int tty = open("/dev/tty", O_RDONLY);
  CHECK(tty >= 0, "the terminal is not to be had");
  _exit(read(tty, &letter, 1) < 0 && errno == EIO ? 0 : 1);
}

/// A session whose leader is in front, and in the background a group of a driver (the leader's child) and a container.
/// Returns whether the driver was stopped.
static bool stops_its_driver(int rules) {
  int master = open_terminal();
  CHECK(master >= 0, "there is no terminal");
  fflush(NULL);
  pid_t leader = fork();
  if (leader == 0) {
    CHECK(setsid() > 0 && open(terminal_path, O_RDWR) >= 0, "there is no session");
    pid_t driver = fork();
    if (driver == 0) {
      setpgid(0, 0);
      pid_t container = fork();
      if (container == 0) read_from_background(rules);
      int status;
      _exit(waitpid(container, &status, 0) == container && status == 0 ? 0 : 1);
    }
    int status;
    CHECK(waitpid(driver, &status, WUNTRACED) == driver, "the driver was lost");
    if (!WIFSTOPPED(status)) _exit(status == 0 ? 0 : 1);
    kill(-driver, SIGKILL);
    _exit(2);
  }
  int status;
  CHECK(waitpid(leader, &status, 0) == leader, "the session was lost");
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) != 1, "level %d: reading the terminal was no error (%x)", level,
        (unsigned)status);
  close(master);
  return WEXITSTATUS(status) == 2;
}

static void check_background(int known) {
  level = known;
  CHECK(stops_its_driver(-1), "without a sandbox a read in the background does not stop the group");
  for (level = 1; level <= known; level += 1) {
    size_t failed;
    int rules = gantry_sandbox_prepare(nowhere, 0, level, &failed);
    CHECK(rules >= 0, "level %d could not be prepared", level);
    CHECK(!stops_its_driver(rules), "level %d: the driver was stopped", level);
    close(rules);
  }
}

/// What is told where a call of the sandbox's own is answered with an error, or with the end of the process.
static int told_without(long call, uint32_t answer, size_t *failed) {
  int ends[2];
  CHECK(pipe(ends) == 0, "no pipe");
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, answer),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = sizeof steps / sizeof steps[0], .filter = steps};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0, "no filter");
    const char *writable[] = {"/tmp"};
    size_t told[2] = {0, 9};
    int before = fds_of(getpid());
    int result = gantry_sandbox_level();
    if (result > 0) result = gantry_sandbox_prepare(writable, 1, result, &told[1]);
    told[0] = (size_t)result;
    CHECK(result >= 0 || fds_of(getpid()) == before, "a refusal leaves a descriptor");
    _exit(write(ends[1], told, sizeof told) == sizeof told ? 0 : 1);
  }
  size_t told[2] = {0, 0};
  CHECK(read(ends[0], told, sizeof told) == sizeof told, "nothing was told without call %ld", call);
  close(ends[0]);
  close(ends[1]);
  int status;
  CHECK(waitpid(child, &status, 0) == child && status == 0, "status %x without call %ld", (unsigned)status, call);
  *failed = told[1];
  return (int)told[0];
}

static void check_kernels_without(void) {
  size_t failed;
  CHECK(told_without(444, SECCOMP_RET_ERRNO | ENOSYS, &failed) == -ENOSYS, "no Landlock");
  CHECK(told_without(444, SECCOMP_RET_ERRNO | EOPNOTSUPP, &failed) == -EOPNOTSUPP, "Landlock is off");
  CHECK(told_without(444, SECCOMP_RET_ERRNO | EPERM, &failed) == -EPERM, "Landlock is forbidden");
  CHECK(told_without(445, SECCOMP_RET_ERRNO | EPERM, &failed) == -EPERM && failed == 1, "rules are forbidden");
  CHECK(told_without(446, SECCOMP_RET_ERRNO | EPERM, &failed) == -EPERM && failed == 1, "entering is forbidden");
  CHECK(told_without(446, SECCOMP_RET_KILL_PROCESS, &failed) == -EPERM && failed == 1, "entering kills");
  CHECK(told_without(SYS_seccomp, SECCOMP_RET_ERRNO | EPERM, &failed) == -ENOSYS, "filters are forbidden");
  CHECK(told_without(SYS_capset, SECCOMP_RET_ERRNO | EPERM, &failed) == -EPERM && failed == 1, "capset is forbidden");
}

/// The trial that a prepared sandbox has behind it leaves nothing of itself in the process.
static void check_trial(int known) {
  size_t failed;
  sigset_t before, after;
  sigprocmask(SIG_SETMASK, NULL, &before);
  int rules = gantry_sandbox_prepare(nowhere, 0, known, &failed);
  sigprocmask(SIG_SETMASK, NULL, &after);
  CHECK(rules >= 0 && memcmp(&before, &after, sizeof(uint64_t)) == 0, "the mask is another");
  CHECK(waitpid(-1, NULL, __WALL) < 0 && errno == ECHILD, "a child is left");
  CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 && prctl(PR_GET_SECCOMP) == 0, "this process is confined");
  CHECK(opens_tcp() && creates_in_tmp() && unlink("/tmp/gantry-sandbox-escape") == 0, "something is forbidden");
  CHECK(signal(SIGTTIN, SIG_DFL) == SIG_DFL, "a signal is ignored");
  close(rules);
}

/// A container's entry: makes its standard output such that nobody waits for it, and tries to read from it.
static void print_without_waiting(const gantry_spawn *spawn, const int *fds, int count) {
  (void)spawn, (void)fds;
  char letter;
  CHECK(count == 0, "there are %d descriptors", count);
  CHECK(fcntl(1, F_SETFL, O_NONBLOCK) == 0 && write(1, "x\n", 2) == 2, "nothing can be printed");
  CHECK(read(1, &letter, 1) < 0 && errno == EBADF, "the output can be read");
  _exit(0);
}

static void check_output(int output, int reader) {
  size_t failed;
  int rules = gantry_sandbox_prepare(nowhere, 0, level, &failed);
  fflush(NULL);
  pid_t self = getpid(), container = fork();
  if (container == 0) {
    dup2(output, 1);
    gantry_spawn spawn = {.sandbox = (uint64_t)level};
    int fds[] = {2, rules};
    gantry_container_run(print_without_waiting, &spawn, fds, 2, self);
  }
  char letter = 0;
  int status;
  CHECK(waitpid(container, &status, 0) == container && status == 0, "the container ended with %x", (unsigned)status);
  CHECK(read(reader, &letter, 1) == 1 && letter == 'x', "what it printed is not there");
  CHECK((fcntl(output, F_GETFL) & O_NONBLOCK) == 0, "the program's own output waits no more");
  close(rules);
}

/// The program's standard output, which a container shares, stays as the program has it.
static void check_outputs(int known) {
  level = known;
  int ends[2];
  CHECK(pipe(ends) == 0, "no pipe");
  check_output(ends[1], ends[0]);
  int master = open_terminal();
  int slave = open(terminal_path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  CHECK(master >= 0 && slave >= 0, "there is no terminal");
  check_output(slave, master);
  close(ends[0]), close(ends[1]), close(master), close(slave);
}

static void check_refusals(int known) {
  const char *missing[] = {"/tmp", "/nonexistent/gantry"};
  size_t failed = 9;
  CHECK(gantry_sandbox_prepare(missing, 2, known, &failed) == -ENOENT && failed == 1, "a missing path was taken");
  int before = fds_of(getpid());
  for (int i = 0; i < 50; i += 1) gantry_sandbox_prepare(missing, 2, known, &failed);
  CHECK(fds_of(getpid()) == before, "refusals leave descriptors");
}

int main(void) {
  watchdog(120);
  int known = gantry_sandbox_level();
  if (known < 0) {
    printf("skip: this kernel has no Landlock or no seccomp (%d)\n", known);
    return 0;
  }
  check_refusals(known);
  check_trial(known);
  check_kernels_without();
  check_background(known);
  check_outputs(known);
  uid_t users[] = {getuid(), 65534};
  for (int i = 0; i < (getuid() == 0 ? 2 : 1); i += 1) {
    level = known;
    check_attempts(users[i]);
    for (level = 1; level <= known; level += 1) check_level(users[i]);
  }
  printf("%zu ways out closed on levels 1 to %d\n", COUNT(forbidden), known);
}
