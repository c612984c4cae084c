// Creates, sizes, seals, maps and trims shared memory objects.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "descriptors.h"
#include "gantry_layout.h"
#include "gantry_memory.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

#define RESERVED_AT_ONCE UINT64_C(1048576)

/// Closes what was opened, and returns what was not.
static int give_up(int writable, int readable) {
  if (writable >= 0) close(writable);
  if (readable >= 0) close(readable);
  return writable < 0 ? writable : readable;
}

/// A second open through /proc gives a file description of its own that is read-only for good.
static int open_again_to_read(int writable) {
  char path[48];
  snprintf(path, sizeof path, "/proc/self/fd/%d", writable);
  return gantry_descriptor_lift(open(path, O_RDONLY | O_CLOEXEC));
}

/// An object of POSIX shared memory that never has a name: a process killed at any moment leaves none behind.
static int create_nameless(gantry_memory *out) {
  int writable = gantry_descriptor_lift(open("/dev/shm", O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
  if (writable < 0) return writable;
  int readable = open_again_to_read(writable);
  if (readable < 0) return give_up(writable, readable);
  *out = (gantry_memory){.writable = writable, .readable = readable, .anonymous = false};
  return 0;
}

/// The same where the file system or the lack of /proc asks for a name, for as long as it takes to open it twice.
static int create_named(gantry_memory *out) {
  for (int attempt = 0; attempt < 8; attempt++) {
    uint64_t secret[2];
    if (getrandom(secret, sizeof secret, 0) != (ssize_t)sizeof secret) return -EIO;
    char name[64];
    snprintf(name, sizeof name, "/gantry-%016llx%016llx", (unsigned long long)secret[0],
             (unsigned long long)secret[1]);
    int writable = shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (writable < 0) {
      if (errno == EEXIST) continue;
      return -errno;
    }
    int readable = gantry_descriptor_lift(shm_open(name, O_RDONLY | O_CLOEXEC, 0));
    shm_unlink(name);
    writable = gantry_descriptor_lift(writable);
    if (readable < 0 || writable < 0) return give_up(writable, readable);
    *out = (gantry_memory){.writable = writable, .readable = readable, .anonymous = false};
    return 0;
  }
  return -EEXIST;
}

static int create_anonymous(gantry_memory *out) {
  int writable =
      gantry_descriptor_lift((int)syscall(SYS_memfd_create, "gantry", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (writable < 0) return writable;
  int readable = open_again_to_read(writable);
  if (readable < 0) return give_up(writable, readable);
  *out = (gantry_memory){.writable = writable, .readable = readable, .anonymous = true};
  return 0;
}

static int create_shared(gantry_memory *out) {
  int failure = create_nameless(out);
  // More descriptors than there are will not be had by another way.
  return failure == 0 || failure == -EMFILE || failure == -ENFILE ? failure : create_named(out);
}

uint64_t gantry_memory_most(void) {
  struct rlimit limit;
  return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY ? limit.rlim_cur : UINT64_MAX;
}

uint64_t gantry_memory_address_space(void) {
  struct rlimit limit;
  return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY ? limit.rlim_cur : UINT64_MAX;
}

int gantry_memory_create(uint64_t bytes, bool prefer_anonymous, gantry_memory *out) {
  // Beyond the limit the kernel does not only refuse: its signal, SIGXFSZ, ends the process.
  if (bytes > gantry_memory_most()) return -EFBIG;
  int failure = prefer_anonymous ? create_anonymous(out) : create_shared(out);
  if (failure) failure = prefer_anonymous ? create_shared(out) : create_anonymous(out);
  if (failure) return failure;
  if (ftruncate(out->writable, (off_t)bytes) != 0) {
    failure = -errno;
    close(out->writable);
    close(out->readable);
  }
  return failure;
}

int gantry_memory_seal(const gantry_memory *memory, bool future_writes) {
  if (!memory->anonymous) return 0;
  int seals = F_SEAL_SHRINK | F_SEAL_GROW | (future_writes ? F_SEAL_FUTURE_WRITE : 0);
  return fcntl(memory->writable, F_ADD_SEALS, seals) == 0 ? 0 : -errno;
}

int gantry_memory_reserve(int fd, uint64_t offset, uint64_t bytes) {
  // At once where that is possible: what is more than there is refused before any of it is taken.
  if (fallocate(fd, 0, (off_t)offset, (off_t)bytes) == 0) return 0;
  if (errno != EINTR) return -errno;
  // A signal undoes what the interrupted call had reserved: piece by piece, so that a program with a busy timer
  // gets to the end of a large range, too.
  for (uint64_t done = 0; done < bytes;) {
    uint64_t piece = bytes - done < RESERVED_AT_ONCE ? bytes - done : RESERVED_AT_ONCE;
    if (fallocate(fd, 0, (off_t)(offset + done), (off_t)piece) == 0) {
      done += piece;
    } else if (errno != EINTR) {
      int failure = -errno;
      if (done > 0) gantry_memory_punch(fd, offset, done);
      return failure;
    }
  }
  return 0;
}

int gantry_memory_punch(int fd, uint64_t offset, uint64_t bytes) {
  int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  return fallocate(fd, mode, (off_t)offset, (off_t)bytes) == 0 ? 0 : -errno;
}

static int settle(void *base, uint64_t bytes, bool forked) {
  return forked || madvise(base, bytes, MADV_DONTFORK) == 0 ? 0 : -errno;
}

int gantry_memory_map(int fd, uint64_t bytes, bool writable, bool forked, void **out) {
  int access = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  void *base = mmap(NULL, bytes, access, MAP_SHARED | MAP_NORESERVE, fd, 0);
  if (base == MAP_FAILED) return -errno;
  *out = base;
  return settle(base, bytes, forked);
}

int gantry_memory_map_ring(int fd, uint64_t ring_bytes, bool writable, bool forked, void **out) {
  int access = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  uint64_t span = gantry_memory_ring_span(ring_bytes);
  char *base = mmap(NULL, span, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) return -errno;
  char *again = base + GANTRY_PAGE + ring_bytes;
  if (mmap(base, GANTRY_PAGE + ring_bytes, access, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED ||
      mmap(again, ring_bytes, access, MAP_SHARED | MAP_FIXED, fd, GANTRY_PAGE) == MAP_FAILED) {
    int failure = -errno;
    munmap(base, span);
    return failure;
  }
  *out = base;
  return settle(base, span, forked);
}

int gantry_memory_unmap(void *base, uint64_t bytes) { return munmap(base, bytes) == 0 ? 0 : -errno; }

uint64_t gantry_memory_free(void) {
  struct statvfs info;
  return statvfs("/dev/shm", &info) == 0 ? (uint64_t)info.f_bavail * info.f_frsize : 0;
}
