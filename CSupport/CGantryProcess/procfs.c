// Reads what only /proc tells: the numbers in a directory, and the children of this process.
// Called by every process of the family, in fresh forks too: raw system calls only, no allocation.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

/// The kernel's struct linux_dirent64, which no header of libc is bound to declare.
typedef struct entry {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[];
} entry;

/// The number that `text` is, or -1.
static int number_of(const char *text) {
  int number = 0;
  if (*text == 0) return -1;
  for (; *text != 0; text += 1) {
    if (*text < '0' || *text > '9' || number > 200000000) return -1;
    number = number * 10 + (*text - '0');
  }
  return number;
}

int gantry_proc_each(const char *directory, void (*visit)(void *context, int number), void *context) {
  int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -errno;
  _Alignas(entry) char bytes[2048];
  int result = 0;
  for (;;) {
    long got = syscall(SYS_getdents64, fd, bytes, sizeof bytes);
    if (got < 0) result = -errno;
    if (got <= 0) break;
    for (long at = 0; at < got;) {
      const char *name = bytes + at + offsetof(entry, name);
      uint16_t length;
      memcpy(&length, bytes + at + offsetof(entry, length), sizeof length);
      int number = number_of(name);
      // The walk's own descriptor is skipped: a visitor that closes what it is shown would end the walk.
      bool own = number == fd && strcmp(directory, "/proc/self/fd") == 0;
      if (number >= 0 && !own) visit(context, number);
      at += length;
    }
  }
  close(fd);
  return result;
}

/// Reads the blank-separated numbers of /proc/thread-self/children; they may be cut anywhere by the end of
/// the buffer.
static int children_listed(void (*visit)(void *context, int pid), void *context) {
  int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  char bytes[1024];
  int pid = 0;
  ssize_t got;
  while ((got = read(fd, bytes, sizeof bytes)) > 0) {
    for (ssize_t i = 0; i < got; i += 1) {
      if (bytes[i] >= '0' && bytes[i] <= '9') {
        pid = pid * 10 + (bytes[i] - '0');
      } else if (pid > 0) {
        visit(context, pid);
        pid = 0;
      }
    }
  }
  int result = got < 0 ? -errno : 0;
  close(fd);
  return result;
}

typedef struct search {
  void (*visit)(void *context, int pid);
  void *context;
  int parent;
} search;

static void search_visit(void *context, int pid) {
  const search *wanted = context;
  char path[32] = "/proc/";
  char digits[12];
  int length = 0;
  for (int rest = pid; rest > 0; rest /= 10) digits[length++] = (char)('0' + rest % 10);
  char *end = path + strlen(path);
  while (length > 0) *end++ = digits[--length];
  memcpy(end, "/stat", sizeof "/stat");
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  char bytes[256];
  ssize_t got = read(fd, bytes, sizeof bytes - 1);
  close(fd);
  if (got <= 0) return;
  bytes[got] = 0;
  // "pid (name) state parent …": the name may hold anything, brackets and blanks too.
  const char *at = strrchr(bytes, ')');
  if (at == NULL || strlen(at) < 5) return;
  int parent = 0;
  for (at += 4; *at >= '0' && *at <= '9'; at += 1) parent = parent * 10 + (*at - '0');
  if (parent == wanted->parent) wanted->visit(wanted->context, pid);
}

int gantry_children_search(void (*visit)(void *context, int pid), void *context) {
  search wanted = {.visit = visit, .context = context, .parent = getpid()};
  return gantry_proc_each("/proc", search_visit, &wanted);
}

int gantry_children_each(void (*visit)(void *context, int pid), void *context) {
  if (children_listed(visit, context) == 0) return 0;
  return gantry_children_search(visit, context);
}

static void count_visit(void *context, int number) {
  (void)number;
  *(int *)context += 1;
}

// Exported by libdispatch for its own kin. Weak: a program without Dispatch has no such threads.
extern bool _dispatch_is_multithreaded(void) __attribute__((weak));

int gantry_dispatch_was_threaded(void) {
  return &_dispatch_is_multithreaded != NULL && _dispatch_is_multithreaded();
}

int gantry_is_main_thread(void) { return getpid() == (pid_t)syscall(SYS_gettid); }

int gantry_thread_count(void) {
  int count = 0;
  int result = gantry_proc_each("/proc/self/task", count_visit, &count);
  return result < 0 ? result : count;
}
