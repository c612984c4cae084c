// What a container needs, and what it may do, in a sandbox too. Each returns whether it works.
#ifndef GANTRY_SANDBOX_NEEDS_H
#define GANTRY_SANDBOX_NEEDS_H

#include "sandbox_escapes.h"

static bool reads_files(void) { return reads("/etc/passwd") && reads(in("other/file")) && entries_of("/") > 0; }
static bool writes_inside(void) {
  return writes(in("own/new"), O_WRONLY | O_CREAT) && writes(in("own/new"), O_WRONLY | O_TRUNC) &&
         writes(in("single"), O_WRONLY) && rename(in("own/new"), in("own/moved")) == 0 &&
         mkdir(in("own/directory"), 0700) == 0 && symlink("moved", in("own/link")) == 0 &&
         unlink(in("own/moved")) == 0 && rmdir(in("own/directory")) == 0 && unlink(in("own/link")) == 0;
}
static bool moves_between_directories(void) {
  if (level < 2) return true;  // which Landlock could not allow then
  return mkdir(in("own/a"), 0700) == 0 && writes(in("own/b"), O_WRONLY | O_CREAT) &&
         rename(in("own/b"), in("own/a/b")) == 0 && unlink(in("own/a/b")) == 0 && rmdir(in("own/a")) == 0;
}
static bool throws_away(void) { return writes("/dev/null", O_WRONLY) && writes("/dev/null", O_RDWR); }
static void *thread_main(void *argument) { return argument; }
static bool starts_threads(void) {
  pthread_t thread;
  void *result = NULL;
  if (pthread_create(&thread, NULL, thread_main, &word) != 0) return false;
  return pthread_join(thread, &result) == 0 && result == &word;
}
static bool starts_programs(void) { return system("test -r /etc/passwd") == 0; }
static bool signals_itself(void) {
  signal(SIGUSR2, SIG_IGN);
  return raise(SIGUSR2) == 0 && kill(getpid(), SIGUSR2) == 0 && pthread_kill(pthread_self(), SIGUSR2) == 0;
}
static bool kills_its_children(void) {
  if (level < 6) return true;  // seccomp knows one process from all others, no more
  pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  int status = 0;
  return kill(child, SIGTERM) == 0 && waitpid(child, &status, 0) == child && WTERMSIG(status) == SIGTERM;
}
static bool uses_pairs_and_memory(void) {
  int ends[2], more[2], letters[2];
  int memory = (int)syscall(SYS_memfd_create, "own", 0);
  return pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, more) == 0 && memory >= 0 &&
         socketpair(AF_UNIX, SOCK_DGRAM, 0, letters) == 0 && send(letters[0], "x", 1, 0) == 1 &&
         ftruncate(memory, 4096) == 0 && mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, memory, 0) != MAP_FAILED;
}
static bool limits_itself(void) {
  struct rlimit limit;
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 && setrlimit(RLIMIT_NOFILE, &limit) == 0 &&
         setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0)) == 0 && unshare(CLONE_FILES) == 0;
}
static bool limits_itself_by_its_name(void) {
  struct rlimit limit;
  cpu_set_t set;
  return prlimit(getpid(), RLIMIT_NOFILE, NULL, &limit) == 0 &&
         sched_getaffinity(getpid(), sizeof set, &set) == 0 &&
         sched_setaffinity(getpid(), sizeof set, &set) == 0 &&
         setpriority(PRIO_PROCESS, (id_t)getpid(), getpriority(PRIO_PROCESS, 0)) == 0;
}
static bool asks_the_terminal(void) {
  struct winsize size;
  return isatty(terminal) == 1 && ioctl(terminal, TIOCGWINSZ, &size) == 0;
}
static bool asks_descriptors(void) {
  int ends[2], waiting, on = 1, flags;
  int fd = open(in("other/file"), O_RDONLY);
  return pipe(ends) == 0 && ioctl(ends[0], FIONREAD, &waiting) == 0 && ioctl(ends[0], FIONBIO, &on) == 0 &&
         fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0 && isatty(ends[0]) == 0 && errno == ENOTTY &&
         // A file system may not know of flags.
         (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 || errno != EPERM);
}
static bool handles_signals(void) {
  struct sigaction was;
  for (int number = 1; number < 32; number += 1) {
    if (sigaction(number, NULL, &was) != 0) return false;
    bool is_fixed = number == SIGKILL || number == SIGSTOP || number == SIGTTIN || number == SIGTTOU;
    if (!is_fixed && sigaction(number, &was, NULL) != 0) return false;
  }
  return true;
}

static const attempt allowed[] = {
    ATTEMPT(reads_files), ATTEMPT(writes_inside), ATTEMPT(moves_between_directories), ATTEMPT(throws_away),
    ATTEMPT(starts_threads), ATTEMPT(starts_programs), ATTEMPT(signals_itself), ATTEMPT(kills_its_children),
    ATTEMPT(uses_pairs_and_memory), ATTEMPT(limits_itself), ATTEMPT(reads_its_own_memory),
    ATTEMPT(limits_itself_by_its_name), ATTEMPT(asks_the_terminal), ATTEMPT(asks_descriptors), ATTEMPT(handles_signals),
};

#endif
