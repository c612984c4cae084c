// Landlock's half of the sandbox, the loss of all privileges, and the order in which everything is entered.
// The driver prepares; a container enters between its fork and its entry or exec: system calls only, no allocation.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gantry_sandbox.h"
#include "internal.h"

// The kernel's own header may be older than the kernel: its interface is written out here.
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446 };
enum { CREATE_VERSION = 1, RULE_PATH_BENEATH = 1 };

typedef struct ruleset_attributes {
  uint64_t files;
  uint64_t network;  // from ABI 4
  uint64_t scoped;   // from ABI 6
} ruleset_attributes;

typedef struct path_attributes {
  uint64_t allowed;
  int32_t parent;
} __attribute__((packed)) path_attributes;

#define FILE_EXECUTE (UINT64_C(1) << 0)
#define FILE_WRITE (UINT64_C(1) << 1)
#define FILE_READ (UINT64_C(1) << 2)
#define DIRECTORY_READ (UINT64_C(1) << 3)
#define FILE_TRUNCATE (UINT64_C(1) << 14)
#define DEVICE_IOCTL (UINT64_C(1) << 15)
#define READING (FILE_EXECUTE | FILE_READ | DIRECTORY_READ)
/// What makes sense for what is no directory.
#define OF_FILES (FILE_EXECUTE | FILE_WRITE | FILE_READ | FILE_TRUNCATE | DEVICE_IOCTL)
#define TCP_BIND_AND_CONNECT UINT64_C(3)
#define ABSTRACT_SOCKETS_AND_SIGNALS UINT64_C(3)

/// Everything about files that a level of Landlock knows to restrict.
static uint64_t all_of(int level) {
  int bits = level < 2 ? 13 : level < 3 ? 14 : level < 5 ? 15 : 16;
  return (UINT64_C(1) << bits) - 1;
}

int gantry_sandbox_level(void) {
  long level = syscall(CREATE_RULESET, NULL, 0, CREATE_VERSION);
  if (level < 0) return -errno;
  uint32_t action = SECCOMP_RET_ERRNO;
  if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) != 0) return -ENOSYS;
  return (int)level;
}

static int allow(int rules, const char *path, uint64_t allowed) {
  int place = open(path, O_PATH | O_CLOEXEC);
  if (place < 0) return -errno;
  struct stat facts;
  int result = fstat(place, &facts) == 0 ? 0 : -errno;
  if (result == 0) {
    path_attributes attributes = {.allowed = S_ISDIR(facts.st_mode) ? allowed : allowed & OF_FILES,
                                  .parent = place};
    if (syscall(ADD_RULE, rules, RULE_PATH_BENEATH, &attributes, 0) != 0) result = -errno;
  }
  close(place);
  return result;
}

typedef struct trial {
  int rules;
  int level;
} trial;

static int enter_for_trial(void *argument) {
  const trial *trial = argument;
  return -gantry_sandbox_enter(trial->rules, trial->level);
}

/// Enters the sandbox in a process that does nothing else: what forbids that shows before a container needs it.
/// The process shares this one's memory, since a fork of a large program costs too much; what it gives up is its own.
static int try_out(int rules, int level) {
  enum { STACK_BYTES = 1 << 16 };
  char *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) return -errno;
  trial trial = {.rules = rules, .level = level};
  // No handler of the program's may run in it.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  // Without a signal at its end it is seen by nobody's wait but the one below.
  pid_t child = clone(enter_for_trial, stack + STACK_BYTES, CLONE_VM | CLONE_VFORK, &trial);
  int result = child < 0 ? -errno : 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (child > 0) {
    int status = 0;
    pid_t ended;
    do {
      ended = waitpid(child, &status, __WCLONE);
    } while (ended < 0 && errno == EINTR);
    // A filter around this program may kill rather than refuse.
    result = ended < 0 ? -errno : WIFEXITED(status) ? -WEXITSTATUS(status) : -EPERM;
  }
  munmap(stack, STACK_BYTES);
  return result;
}

int gantry_sandbox_prepare(const char *const *writable, size_t count, int level, size_t *failed) {
  ruleset_attributes attributes = {
      .files = all_of(level), .network = TCP_BIND_AND_CONNECT, .scoped = ABSTRACT_SOCKETS_AND_SIGNALS};
  size_t known = level < 4 ? 8 : level < 6 ? 16 : 24;
  *failed = count;
  int rules = (int)syscall(CREATE_RULESET, &attributes, known, 0);
  if (rules < 0) return -errno;
  int result = allow(rules, "/", READING);
  // What everybody throws away is no file; a system without the device has nothing to write to it.
  if (result == 0) allow(rules, "/dev/null", (FILE_READ | FILE_WRITE | FILE_TRUNCATE) & all_of(level));
  for (size_t i = 0; i < count && result == 0; i += 1) {
    result = allow(rules, writable[i], all_of(level));
    if (result != 0) *failed = i;
  }
  if (result == 0) result = try_out(rules, level);
  if (result == 0) return gantry_fd_lift(rules);
  close(rules);
  return result;
}

/// Gives up every capability, and with no_new_privs the ways to get one back.
static int drop_privileges(void) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -errno;
  // Only root may do these three, and without being root none of them is needed.
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (int capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; capability += 1) continue;
  prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0);
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}, {0}};
  return syscall(SYS_capset, &header, none) == 0 ? 0 : -errno;
}

/// Makes the terminal's two signals to a whole group ignored: a read from the background is an error then.
static int ignore_terminal(void) {
  struct sigaction nothing;
  memset(&nothing, 0, sizeof nothing);
  nothing.sa_handler = SIG_IGN;
  return sigaction(SIGTTIN, &nothing, NULL) == 0 && sigaction(SIGTTOU, &nothing, NULL) == 0 ? 0 : -errno;
}

int gantry_sandbox_enter(int rules, int level) {
  int result = drop_privileges();
  if (result == 0) result = ignore_terminal();
  if (result == 0 && syscall(RESTRICT_SELF, rules, 0) != 0) result = -errno;
  // Last: it forbids some of what stands above.
  return result == 0 ? gantry_filter_load(level) : result;
}
