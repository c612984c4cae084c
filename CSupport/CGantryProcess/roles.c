// A role on its way through an exec: packed by the driver, carried by a memfd, noticed before main.
// Packing and unpacking allocate and belong to the driver and to the constructor; all else runs in fresh forks too.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

#ifndef F_GET_SEALS
#define F_GET_SEALS 1034
#endif

#define MAGIC UINT64_C(0x676e747279726f6c)
// Of the packed form and of what stands at which descriptor: two programs of one driver may differ in it.
#define VERSION UINT32_C(2)
#define MOST_BYTES UINT32_C(67108864)

// The role of this process. Written by the constructor alone, before there is a second thread.
static gantry_role_plan own;
static gantry_role pending;
static uint64_t initial_mask;

static uint32_t count_of(const char *const *strings, size_t *bytes) {
  uint32_t count = 0;
  for (; strings[count] != NULL; count += 1) *bytes += strlen(strings[count]) + 1;
  return count;
}

static char *append(char *at, const char *string) {
  size_t bytes = strlen(string) + 1;
  memcpy(at, string, bytes);
  return at + bytes;
}

/// The next of the strings that end at `end`, or NULL.
static char *take(char **at, const char *end) {
  char *zero = *at < end ? memchr(*at, 0, (size_t)(end - *at)) : NULL;
  char *string = *at;
  if (zero == NULL) return NULL;
  *at = zero + 1;
  return string;
}

static char **take_many(char **at, const char *end, uint32_t count) {
  char **strings = calloc((size_t)count + 1, sizeof *strings);
  for (uint32_t i = 0; strings != NULL && i < count; i += 1) {
    strings[i] = take(at, end);
    if (strings[i] != NULL) continue;
    free(strings);
    return NULL;
  }
  return strings;
}

/// Points `out` into `text`, whose header was checked; false for a text that does not hold what it counts.
static bool unpack(gantry_role_text *text, gantry_role_plan *out) {
  char *at = (char *)(text + 1);
  const char *end = (char *)text + text->bytes;
  *out = (gantry_role_plan){.text = text};
  out->path = take(&at, end);
  if (out->path != NULL) out->arguments = take_many(&at, end, text->arguments);
  if (out->arguments != NULL) out->environment = take_many(&at, end, text->variables);
  out->wanted = at;
  if (out->environment != NULL && (size_t)(end - at) == text->wanted_bytes) return true;
  free(out->arguments);
  free(out->environment);
  return false;
}

int gantry_role_pack(const gantry_program *program, gantry_role_plan *out) {
  size_t bytes = sizeof(gantry_role_text) + strlen(program->path) + 1 + program->wanted_bytes;
  uint32_t arguments = count_of(program->arguments, &bytes);
  const char *const *environment = program->environment;
  if (environment == NULL) environment = (const char *const *)environ;
  uint32_t variables = count_of(environment, &bytes);
  if (bytes > MOST_BYTES) return -E2BIG;
  gantry_role_text *text = calloc(1, bytes);
  if (text == NULL) return -ENOMEM;
  *text = (gantry_role_text){.magic = MAGIC,
                             .version = VERSION,
                             .bytes = (uint32_t)bytes,
                             .driver = getpid(),
                             .occurrence = program->occurrence,
                             .arguments = arguments,
                             .variables = variables,
                             .wanted_bytes = program->wanted_bytes,
                             .mask = initial_mask};
  char *at = append((char *)(text + 1), program->path);
  for (uint32_t i = 0; i < arguments; i += 1) at = append(at, program->arguments[i]);
  for (uint32_t i = 0; i < variables; i += 1) at = append(at, environment[i]);
  memcpy(at, program->wanted, program->wanted_bytes);
  if (unpack(text, out)) return 0;
  free(text);
  return -ENOMEM;
}

void gantry_role_free(gantry_role_plan *plan) {
  free(plan->arguments);
  free(plan->environment);
  free(plan->text);
}

int gantry_role_write(const gantry_role_plan *plan, uint32_t kind, const gantry_role_text *details) {
  gantry_role_text text = *plan->text;
  text.kind = kind;
  text.pid = getpid();
  text.parent = getppid();
  text.zygote = details->zygote;
  text.fd_count = details->fd_count;
  text.spawn = details->spawn;
  int fd = (int)syscall(SYS_memfd_create, "gantry-role", MFD_CLOEXEC);
  if (fd < 0) return -errno;
  fd = gantry_fd_lift(fd);
  if (fd < 0) return fd;
  const char *parts[2] = {(const char *)&text, (const char *)(plan->text + 1)};
  size_t sizes[2] = {sizeof text, text.bytes - sizeof text};
  for (int i = 0; i < 2; i += 1) {
    while (sizes[i] > 0) {
      ssize_t written = write(fd, parts[i], sizes[i]);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) {
        int error = written < 0 ? errno : EIO;
        close(fd);
        return -error;
      }
      parts[i] += written;
      sizes[i] -= (size_t)written;
    }
  }
  return fd;
}

int gantry_role_execute(const gantry_role_plan *plan, bool again) {
  execve(again ? "/proc/self/exe" : plan->path, plan->arguments, plan->environment);
  return -errno;
}

static _Noreturn void refuse(const char *sentence) {
  ssize_t written = write(2, sentence, strlen(sentence));
  (void)written;
  _exit(GANTRY_EXIT_SETUP);
}

/// Reads the role at its descriptor; NULL when what is there, if anything, is none of ours.
static gantry_role_text *read_role(void) {
  struct stat facts;
  gantry_role_text head;
  if (fstat(ROLE_FD, &facts) != 0 || !S_ISREG(facts.st_mode)) return NULL;
  // Only shared memory without a name has seals: a file of the user's is not even looked into.
  if (fcntl(ROLE_FD, F_GET_SEALS) < 0) return NULL;
  if (pread(ROLE_FD, &head, sizeof head, 0) != (ssize_t)sizeof head || head.magic != MAGIC) return NULL;
  if (head.pid != getpid()) return NULL;
  if (head.version != VERSION) {
    refuse("gantry: the program was built with another version of Gantry than its driver\n");
  }
  if (head.bytes < sizeof head || head.bytes > MOST_BYTES || facts.st_size != (off_t)head.bytes) return NULL;
  gantry_role_text *text = malloc(head.bytes);
  if (text == NULL) refuse("gantry: there is no memory for the role of this process\n");
  for (size_t got = 0; got < head.bytes;) {
    ssize_t more = pread(ROLE_FD, (char *)text + got, head.bytes - got, (off_t)got);
    if (more < 0 && errno == EINTR) continue;
    if (more <= 0) refuse("gantry: the role of this process could not be read\n");
    got += (size_t)more;
  }
  return text;
}

/// Before main, in every program that links this module: two system calls where there is no role.
__attribute__((constructor(101))) static void notice_role(void) {
  sigset_t mask;
  if (sigprocmask(SIG_SETMASK, NULL, &mask) == 0) memcpy(&initial_mask, &mask, sizeof initial_mask);
  gantry_role_text *text = read_role();
  if (text == NULL) return;
  if (!unpack(text, &own)) refuse("gantry: the role of this process is damaged\n");
  initial_mask = text->mask;
  switch (text->kind) {
    case GANTRY_ROLE_KEEPER:
      gantry_fds_inherit(KEEPER_DRIVER + (int)text->fd_count - 3, false);
      gantry_keeper_resume(&own);
    case GANTRY_ROLE_ZYGOTE: {
      gantry_fds_inherit(SECOND_END - 3, false);
      prctl(PR_SET_NAME, "gantry-zygote", 0, 0, 0);
      // Again: an exec by any thread but the first forgets the parent-death signal.
      gantry_bind_to_parent(text->parent);
      gantry_fds_close_from(SECOND_WORDS);
      close(ROLE_FD);
      gantry_fds_silence();
      gantry_signals_inherited(text->mask);
      gantry_signals_serve();
      gantry_zygote_server zygote = {.plan = &own,
                                     .self = getpid(),
                                     .number = text->zygote,
                                     .socket = SECOND_SOCKET,
                                     .lifeline = SECOND_LIFELINE};
      gantry_zygote_serve(&zygote, true);
    }
    case GANTRY_ROLE_SECOND:
      gantry_fds_inherit(SECOND_END - 3, false);
      prctl(PR_SET_NAME, "gantry-zygote", 0, 0, 0);
      break;
    case GANTRY_ROLE_CONTAINER:
      gantry_fds_inherit(CONTAINER_FDS + (int)text->fd_count - 3, false);
      prctl(PR_SET_NAME, "gantry-box", 0, 0, 0);
      break;
    default: return;
  }
  gantry_bind_to_parent(text->parent);
  pending = (gantry_role){.kind = text->kind,
                          .function = text->spawn.function_index,
                          .occurrence = text->occurrence,
                          .wanted = own.wanted,
                          .wanted_bytes = text->wanted_bytes};
}

int gantry_page_open(void) {
  int fd = (int)syscall(SYS_memfd_create, "gantry-page", MFD_CLOEXEC);
  return fd < 0 ? -errno : gantry_fd_lift(fd);
}

uint64_t gantry_initial_mask(void) { return initial_mask; }

const gantry_role *gantry_role_pending(void) {
  // A process that the program forked before its driver inherits the memory, and not the role.
  return pending.kind != 0 && own.text->pid == getpid() ? &pending : NULL;
}

void gantry_role_report(const char *bytes, uint32_t count) {
  if (pending.kind != GANTRY_ROLE_SECOND) return;
  ssize_t written = write(SECOND_REPORTS, bytes, count);
  (void)written;
}

_Noreturn void gantry_role_become_zygote(gantry_container_main main, int alone) {
  if (alone) {
    // What the program printed so far goes nowhere, as what it printed unbuffered did.
    fflush(NULL);
    dup2(STDOUT_FD, 1);
    gantry_fds_silence();
    int fds[2] = {SECOND_SOCKET, SECOND_LIFELINE};
    if (gantry_fds_arrange(fds, 2) < 0) _exit(GANTRY_EXIT_SETUP);
    gantry_signals_remember();
    gantry_signals_serve();
    gantry_zygote_server zygote = {
        .main = main, .self = getpid(), .number = own.text->zygote, .socket = 3, .lifeline = 4};
    gantry_zygote_serve(&zygote, true);
  }
  // The other threads run on until the exec ends them: nothing of theirs is closed or moved under them.
  gantry_signals_hold();
  int fd = gantry_role_write(&own, GANTRY_ROLE_ZYGOTE, own.text);
  int failure = fd < 0 ? fd : 0;
  if (fd >= 0 && dup3(fd, ROLE_FD, O_CLOEXEC) < 0) failure = -errno;
  if (failure == 0) {
    gantry_fds_forget_from(SECOND_END);
    gantry_fds_inherit(SECOND_END - 3, true);
    failure = gantry_role_execute(&own, true);
  }
  gantry_notice notice = {.status = -failure, .zygote = own.text->zygote};
  gantry_notice_send(SECOND_SOCKET, SECOND_LIFELINE, GANTRY_NOTICE_EXEC_FAILED, notice, -1);
  _exit(GANTRY_EXIT_SETUP);
}

/// Gives the calling thread a table of descriptors of its own, with the container's from 3 up and no others.
static bool separate_descriptors(int *fds, int count) {
  int error = fcntl(2, F_DUPFD_CLOEXEC, 3);
  if (error < 0) return false;
  gantry_fd_nullify(2);
  if (unshare(CLONE_FILES) != 0) {
    // Seccomp filters know the call by what else it can do.
    dup2(error, 2);
    close(error);
    return false;
  }
  dup2(error, 2);
  dup2(STDOUT_FD, 1);
  if (gantry_fds_arrange(fds, count) < 0) _exit(GANTRY_EXIT_SETUP);
  for (int i = 0; i < count; i += 1) fds[i] = 3 + i;
  return true;
}

_Noreturn void gantry_role_become_container(gantry_container_main main, int separate) {
  int count = (int)own.text->fd_count;
  int fds[GANTRY_SPAWN_FDS];
  for (int i = 0; i < count; i += 1) fds[i] = CONTAINER_FDS + i;
  // Only standard output, and into /dev/null still: another thread may wait for input with the lock of its stream.
  fflush(stdout);
  if (!separate || !separate_descriptors(fds, count)) {
    dup2(STDOUT_FD, 1);
    close(STDOUT_FD);
    close(ROLE_FD);
  }
  struct sigaction nothing;
  memset(&nothing, 0, sizeof nothing);
  nothing.sa_handler = SIG_IGN;
  sigaction(SIGINT, &nothing, NULL);
  gantry_container_limit(&own.text->spawn);
  main(&own.text->spawn, fds, count);
  _exit(GANTRY_EXIT_RETURNED);
}
