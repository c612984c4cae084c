// The number of this process without a system call: it lies in a page that the kernel wipes in every fork.
#define _GNU_SOURCE
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gantry_role.h"

enum { PAGE_BYTES = 4096 };

typedef _Atomic(pid_t) noted_pid;

static _Atomic(noted_pid *) page;
static atomic_bool has_none;

/// Makes the page; NULL where the kernel cannot wipe it.
static noted_pid *make(void) {
  noted_pid *made = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (made == MAP_FAILED) return NULL;
  noted_pid *expected = NULL;
  if (madvise(made, PAGE_BYTES, MADV_WIPEONFORK) == 0 && atomic_compare_exchange_strong(&page, &expected, made)) {
    return made;
  }
  munmap(made, PAGE_BYTES);
  if (expected == NULL) atomic_store(&has_none, true);
  return expected;
}

pid_t gantry_pid(void) {
  noted_pid *noted = atomic_load(&page);
  if (noted == NULL && !atomic_load(&has_none)) noted = make();
  if (noted == NULL) return getpid();
  pid_t pid = atomic_load(noted);
  if (pid == 0) {
    pid = getpid();
    atomic_store(noted, pid);
  }
  return pid;
}
