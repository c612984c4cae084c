// Preloaded into a program by tools/count: counts, for each of its processes, calls of malloc and its kin, and the calls
// and bytes of memcpy and memmove. What a compiler inlined, and what the kernel copies, is not seen.
// The counts stand in the file that GANTRY_COUNTS names, a table below.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PROCESSES = 1024, LARGE = 64 << 10 };

/// What one process did. Read by Benchmarks/Counts/preload.py, in this order.
typedef struct process_counts {
  _Atomic uint64_t pid, allocations, allocated_bytes, copies, copied_bytes, large_copies, large_copied_bytes, spare;
} process_counts;

typedef struct table {
  _Atomic uint64_t used;
  uint64_t padding[7];
  process_counts processes[PROCESSES];
} table;

static table *counts;
/// The process's own row; on a page of its own that a fork finds empty again, however it was made.
static _Atomic(process_counts *) *own;

typedef void *(*copy_function)(void *, const void *, size_t);
static copy_function real_memcpy, real_memmove;

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *old, size_t bytes);
extern void *__libc_memalign(size_t alignment, size_t bytes);

__attribute__((constructor)) static void open_table(void) {
  real_memcpy = (copy_function)dlsym(RTLD_NEXT, "memcpy");
  real_memmove = (copy_function)dlsym(RTLD_NEXT, "memmove");
  const char *path = getenv("GANTRY_COUNTS");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *shared = mmap(NULL, sizeof(table), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  close(file);
  if (shared == MAP_FAILED || page == MAP_FAILED || madvise(page, 4096, MADV_WIPEONFORK) != 0) return;
  own = page;
  counts = shared;
}

static process_counts *row(void) {
  if (!counts) return NULL;
  process_counts *mine = atomic_load_explicit(own, memory_order_relaxed);
  if (mine) return mine;
  uint64_t index = atomic_fetch_add(&counts->used, 1);
  // More processes than rows: the last row is everybody's.
  mine = &counts->processes[index < PROCESSES ? index : PROCESSES - 1];
  atomic_store(&mine->pid, (uint64_t)getpid());
  atomic_store(own, mine);
  return mine;
}

static void add(_Atomic uint64_t *count, uint64_t more) {
  atomic_fetch_add_explicit(count, more, memory_order_relaxed);
}

static void note_allocation(size_t bytes) {
  process_counts *mine = row();
  if (!mine) return;
  add(&mine->allocations, 1);
  add(&mine->allocated_bytes, bytes);
}

static void note_copy(size_t bytes) {
  process_counts *mine = row();
  if (!mine) return;
  add(&mine->copies, 1);
  add(&mine->copied_bytes, bytes);
  if (bytes < LARGE) return;
  add(&mine->large_copies, 1);
  add(&mine->large_copied_bytes, bytes);
}

void *malloc(size_t bytes) {
  note_allocation(bytes);
  return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes) {
  note_allocation(count * bytes);
  return __libc_calloc(count, bytes);
}

void *realloc(void *old, size_t bytes) {
  note_allocation(bytes);
  return __libc_realloc(old, bytes);
}

void *memalign(size_t alignment, size_t bytes) {
  note_allocation(bytes);
  return __libc_memalign(alignment, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes) { return memalign(alignment, bytes); }

int posix_memalign(void **out, size_t alignment, size_t bytes) {
  void *block = memalign(alignment, bytes);
  if (!block) return ENOMEM;
  *out = block;
  return 0;
}

/// For the calls before the real functions are known. Built without builtins: this must not become a call of itself.
static void *copy_slowly(void *to, const void *from, size_t bytes) {
  unsigned char *target = to;
  const unsigned char *source = from;
  if (target <= source) {
    for (size_t i = 0; i < bytes; i++) target[i] = source[i];
  } else {
    for (size_t i = bytes; i > 0; i--) target[i - 1] = source[i - 1];
  }
  return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes) {
  note_copy(bytes);
  return real_memcpy ? real_memcpy(to, from, bytes) : copy_slowly(to, from, bytes);
}

void *memmove(void *to, const void *from, size_t bytes) {
  note_copy(bytes);
  return real_memmove ? real_memmove(to, from, bytes) : copy_slowly(to, from, bytes);
}

/// What code built with _FORTIFY_SOURCE calls.
void *__memcpy_chk(void *to, const void *from, size_t bytes, size_t room) {
  if (bytes > room) abort();
  return memcpy(to, from, bytes);
}

void *__memmove_chk(void *to, const void *from, size_t bytes, size_t room) {
  if (bytes > room) abort();
  return memmove(to, from, bytes);
}
