// Sets up a fresh container and hands it to the program's entry, or to the program itself.
// Called by the zygote right after fork. Until the entry or the exec only these, all async-signal-safe: prctl, getppid,
// kill, sigaction, sigprocmask, getrlimit, setrlimit, fcntl, dup2, dup3, close_range, write,
// memfd_create, execve, _exit;
// open, getdents64 and close where the kernel has no close_range;
// open, fstat, landlock_restrict_self, capset and seccomp for a sandbox.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

static _Noreturn void fail(const char *sentence) {
  // Nobody is left to hear of a message that cannot be written.
  ssize_t written = write(2, sentence, strlen(sentence));
  (void)written;
  _exit(GANTRY_EXIT_SETUP);
}

/// Lowers a limit, hard and soft; one that is lower already stays.
static int limit_to(int resource, rlim_t bytes) {
  struct rlimit limit;
  if (getrlimit(resource, &limit) != 0) return -errno;
  if (limit.rlim_max < bytes) bytes = limit.rlim_max;
  limit.rlim_cur = limit.rlim_cur < bytes ? limit.rlim_cur : bytes;
  limit.rlim_max = bytes;
  return setrlimit(resource, &limit) == 0 ? 0 : -errno;
}

void gantry_container_limit(const gantry_spawn *spawn) {
  if (spawn->memory_limit != 0 && limit_to(RLIMIT_DATA, (rlim_t)spawn->memory_limit) < 0) {
    fail("gantry: the container's memory limit could not be set\n");
  }
}

/// Opens standard output anew where it is a pipe or a terminal, for writing only.
/// What a container sets of its own open file, such as that nobody waits for room in it, then is not the program's too.
static void separate_output(void) {
  struct stat facts;
  int flags = fcntl(1, F_GETFL);
  if (flags < 0 || fstat(1, &facts) != 0 || (!S_ISFIFO(facts.st_mode) && !S_ISCHR(facts.st_mode))) return;
  // A named pipe that nobody reads would hold it up. Where it cannot be opened it stays as it is: it is for printing.
  int own = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (own < 0) return;
  fcntl(own, F_SETFL, flags & (O_APPEND | O_NONBLOCK));
  dup2(own, 1);
  close(own);
}

/// Enters the request's sandbox, whose rules are its last descriptor, and gives the number of the others.
static int confine(const gantry_spawn *spawn, const int *fds, int count) {
  if (spawn->sandbox == 0) return count;
  separate_output();
  if (count == 0 || gantry_sandbox_enter(fds[count - 1], (int)spawn->sandbox) != 0) {
    fail("gantry: the container's sandbox could not be entered\n");
  }
  return count - 1;
}

/// What every container begins with: its family, its standard error, no core dumps.
static void begin(const int *fds, int count, pid_t zygote) {
  gantry_bind_to_parent(zygote);
  prctl(PR_SET_NAME, "gantry-box", 0, 0, 0);
  // What this container's children leave running stays below it while it lives: only after its own death do
  // they fall to the keeper, which can therefore kill all it adopts without asking whose they were.
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  if (count > 0 && dup2(fds[0], 2) < 0) fail("gantry: the container's stderr could not be connected\n");
  if (limit_to(RLIMIT_CORE, 0) < 0) fail("gantry: core dumps could not be switched off in the container\n");
}

_Noreturn void gantry_container_execute(
    const gantry_role_plan *plan, const gantry_spawn *spawn, const int *fds, int count, pid_t zygote) {
  begin(fds, count, zygote);
  // Before the exec: in the program there may soon be other threads, which could not be confined any more.
  count = confine(spawn, fds, count);
  int own = count > 0 ? count - 1 : 0;
  gantry_role_text details = {.zygote = plan->text->zygote, .fd_count = (uint32_t)own, .spawn = *spawn};
  int placed[2 + GANTRY_SPAWN_FDS];
  placed[0] = gantry_role_write(plan, GANTRY_ROLE_CONTAINER, &details);
  placed[1] = STDOUT_FD;
  for (int i = 0; i < own; i += 1) placed[2 + i] = fds[1 + i];
  if (placed[0] < 0 || gantry_fds_arrange(placed, 2 + own) < 0) {
    fail("gantry: the container's descriptors could not be placed; raise the limit on open files\n");
  }
  gantry_fds_inherit(2 + own, true);
  gantry_signals_give_up(plan->text->mask);
  gantry_role_execute(plan, true);
  fail("gantry: the program could not be executed again\n");
}

_Noreturn void gantry_container_run(
    gantry_container_main main, const gantry_spawn *spawn, const int *fds, int count, pid_t zygote) {
  begin(fds, count, zygote);
  count = confine(spawn, fds, count);
  if (gantry_fds_arrange(fds + (count > 0), count > 0 ? count - 1 : 0) < 0) {
    fail("gantry: the container's descriptors could not be placed; raise the limit on open files\n");
  }
  gantry_container_limit(spawn);
  int placed[GANTRY_SPAWN_FDS];
  for (int i = 0; i + 1 < count; i += 1) placed[i] = 3 + i;

  gantry_signals_give_back();
  main(spawn, placed, count > 0 ? count - 1 : 0);
  _exit(GANTRY_EXIT_RETURNED);
}
