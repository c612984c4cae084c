// Shared memory objects have no name left, are read-only for good through the readable descriptor, sealed
// where they can be, refuse what does not fit instead of faulting, give pages back, and are absent in a fork
// where asked.
#include "support.h"

#include <dirent.h>
#include <sys/mount.h>
#include <sys/stat.h>

static int names_in_shm(void) {
  DIR *directory = opendir("/dev/shm");
  if (directory == NULL) return 0;
  int count = 0;
  for (struct dirent *found; (found = readdir(directory)) != NULL;) {
    count += strncmp(found->d_name, "gantry-", 7) == 0;
  }
  closedir(directory);
  return count;
}

static uint64_t size_of(int fd) {
  struct stat info;
  CHECK(fstat(fd, &info) == 0, "no size");
  return (uint64_t)info.st_size;
}

static void is_nameless_and_sparse(bool anonymous) {
  int before = names_in_shm();
  gantry_memory memory;
  CHECK(gantry_memory_create((uint64_t)1 << 40, anonymous, &memory) == 0, "no object");
  CHECK(memory.anonymous == anonymous, "an object of the other kind");
  CHECK(names_in_shm() <= before, "a name is left in /dev/shm");
  struct stat info;
  CHECK(fstat(memory.writable, &info) == 0 && info.st_size == (off_t)1 << 40, "another size");
  CHECK(info.st_blocks == 0, "an untouched object has %lld blocks", (long long)info.st_blocks);
  CHECK(anonymous || info.st_nlink == 0, "the object has %lld names", (long long)info.st_nlink);
  CHECK((info.st_mode & 0077) == 0 || anonymous, "others may open it: %o", info.st_mode);
  CHECK((fcntl(memory.writable, F_GETFD) & fcntl(memory.readable, F_GETFD) & FD_CLOEXEC) != 0,
        "survives exec");
  close(memory.writable);
  close(memory.readable);
}

static void readable_stays_readable(bool anonymous) {
  gantry_memory memory;
  CHECK(gantry_memory_create(4 * GANTRY_PAGE, anonymous, &memory) == 0, "no object");
  void *base = NULL, *out = NULL;
  CHECK(gantry_memory_map(memory.readable, GANTRY_PAGE, true, true, &out) == -EACCES,
        "writable through readable");
  CHECK(gantry_memory_map_ring(memory.readable, GANTRY_PAGE, true, true, &out) == -EACCES, "a writable ring");
  CHECK(gantry_memory_map(memory.readable, GANTRY_PAGE, false, true, &base) == 0, "not even readable");
  CHECK(mprotect(base, GANTRY_PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EACCES,
        "mprotect made it writable");
  CHECK(mprotect(base, GANTRY_PAGE, PROT_READ) == 0, "mprotect refuses what it was");
  CHECK(write(memory.readable, "x", 1) == -1 && errno == EBADF, "written through readable");
  CHECK(ftruncate(memory.readable, 0) == -1, "shrunk through readable");
  CHECK(fallocate(memory.readable, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, GANTRY_PAGE) == -1,
        "punched through readable");
  void *writer = NULL;
  CHECK(gantry_memory_map(memory.writable, GANTRY_PAGE, true, true, &writer) == 0, "the writer cannot map");
  memcpy(writer, "gantry", 7);
  CHECK(memcmp(base, "gantry", 7) == 0, "the reader sees other bytes");
  gantry_memory_unmap(base, GANTRY_PAGE);
  gantry_memory_unmap(writer, GANTRY_PAGE);
  close(memory.writable);
  close(memory.readable);
}

static void seals_hold(void) {
  gantry_memory memory;
  CHECK(gantry_memory_create(4 * GANTRY_PAGE, true, &memory) == 0, "no object");
  void *writer = NULL, *other = NULL;
  CHECK(gantry_memory_map(memory.writable, GANTRY_PAGE, true, true, &writer) == 0, "the writer cannot map");
  CHECK(gantry_memory_seal(&memory, true) == 0, "no seal");
  CHECK(ftruncate(memory.writable, GANTRY_PAGE) == -1 && errno == EPERM, "a sealed object shrank");
  CHECK(ftruncate(memory.writable, 8 * GANTRY_PAGE) == -1 && errno == EPERM, "a sealed object grew");
  CHECK(gantry_memory_map(memory.writable, GANTRY_PAGE, true, true, &other) == -EPERM,
        "a second writer mapped");
  CHECK(pwrite(memory.writable, "x", 1, 0) == -1 && errno == EPERM, "written past the seal");
  memcpy(writer, "still", 6);
  CHECK(gantry_memory_map(memory.readable, GANTRY_PAGE, false, true, &other) == 0, "a reader cannot map");
  CHECK(memcmp(other, "still", 6) == 0, "the earlier writer's bytes are missing");
  // Opening it again by /proc gives back no more than the seal allows.
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", memory.readable);
  int again = open(path, O_RDWR | O_CLOEXEC);
  void *third = NULL;
  if (again >= 0) {
    CHECK(gantry_memory_map(again, GANTRY_PAGE, true, true, &third) == -EPERM,
          "opened again, a writer mapped");
    close(again);
  }
  CHECK(size_of(memory.writable) == 4 * GANTRY_PAGE, "the size changed");
  close(memory.writable);
  close(memory.readable);

  // Without the last seal the container may still map its own region, and nobody may cut it off.
  CHECK(gantry_memory_create(4 * GANTRY_PAGE, true, &memory) == 0, "no object");
  CHECK(gantry_memory_seal(&memory, false) == 0, "no seal");
  CHECK(ftruncate(memory.writable, 0) == -1, "a sealed object shrank");
  CHECK(gantry_memory_map(memory.writable, GANTRY_PAGE, true, true, &writer) == 0,
        "the container cannot map");
  CHECK(gantry_memory_map_ring(memory.writable, GANTRY_PAGE, true, true, &other) == 0, "nor its ring");
  close(memory.writable);
  close(memory.readable);

  CHECK(gantry_memory_create(GANTRY_PAGE, false, &memory) == 0, "no object");
  CHECK(gantry_memory_seal(&memory, true) == 0, "sealing POSIX shared memory is not harmless");
  close(memory.writable);
  close(memory.readable);
}

static void ring_is_mapped_twice(bool anonymous) {
  gantry_memory memory;
  uint64_t ring = 2 * GANTRY_PAGE;
  CHECK(gantry_memory_create(GANTRY_PAGE + ring, anonymous, &memory) == 0, "no object");
  void *base = NULL;
  CHECK(gantry_memory_map_ring(memory.writable, ring, true, true, &base) == 0, "no ring");
  uint8_t *at = (uint8_t *)base + GANTRY_PAGE;
  memset(base, 7, GANTRY_PAGE);
  for (uint64_t i = 0; i < ring; i += 1) at[i] = (uint8_t)mix(i);
  CHECK(memcmp(at, at + ring, ring) == 0, "the second copy differs");
  at[ring + 5] ^= 1;
  CHECK(at[5] == at[ring + 5], "the second copy is another");
  CHECK(*(uint8_t *)base == 7, "the page before the ring was written");
  CHECK(gantry_memory_unmap(base, gantry_memory_ring_span(ring)) == 0, "not unmapped");
  CHECK(msync(base, GANTRY_PAGE, MS_ASYNC) == -1 && errno == ENOMEM, "a mapping is left");
  close(memory.writable);
  close(memory.readable);
}

static void punch_gives_zeroes(bool anonymous) {
  // Far larger than any page of the system: half a huge one may not be given back.
  const uint64_t whole = 16u << 20, from = 4u << 20, length = 8u << 20;
  gantry_memory memory;
  CHECK(gantry_memory_create(whole, anonymous, &memory) == 0, "no object");
  CHECK(gantry_memory_reserve(memory.writable, 0, whole) == 0, "no pages");
  struct stat before, after;
  CHECK(fstat(memory.writable, &before) == 0 && (uint64_t)before.st_blocks * 512 >= whole,
        "nothing was reserved");
  void *base = NULL;
  CHECK(gantry_memory_map(memory.writable, whole, true, true, &base) == 0, "no mapping");
  uint8_t *at = base;
  memset(at, 9, whole);
  CHECK(gantry_memory_punch(memory.writable, from, length) == 0, "no punch");
  for (uint64_t i = 0; i < whole; i += 1) {
    bool punched = i >= from && i < from + length;
    CHECK(at[i] == (punched ? 0 : 9), "byte %llu is %u after the punch", (unsigned long long)i, at[i]);
  }
  CHECK(gantry_memory_punch(memory.writable, from, length) == 0, "no second punch");
  CHECK(fstat(memory.writable, &after) == 0 && after.st_blocks < before.st_blocks, "no page was given back");
  CHECK(after.st_size == before.st_size, "the punch changed the size");
  gantry_memory_unmap(base, whole);
  close(memory.writable);
  close(memory.readable);
}

/// Whether a child of this process has memory at `base`.
static bool child_has(const void *base) {
  pid_t child = fork();
  CHECK(child >= 0, "no process");
  if (child == 0) {
    unsigned char resident[1];
    _exit(mincore((void *)base, 1, resident) == 0 ? 1 : 0);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status), "the child ended with %x", status);
  return WEXITSTATUS(status) == 1;
}

static void forks_lack_it(void) {
  gantry_memory memory;
  CHECK(gantry_memory_create(3 * GANTRY_PAGE, false, &memory) == 0, "no object");
  void *kept = NULL, *absent = NULL, *ring = NULL;
  CHECK(gantry_memory_map(memory.writable, GANTRY_PAGE, true, true, &kept) == 0, "no mapping");
  CHECK(gantry_memory_map(memory.writable, GANTRY_PAGE, true, false, &absent) == 0, "no mapping");
  CHECK(gantry_memory_map_ring(memory.writable, 2 * GANTRY_PAGE, true, false, &ring) == 0, "no ring");
  CHECK(child_has(kept), "a child lost a mapping it was to keep");
  CHECK(!child_has(absent), "a child kept the driver's mapping");
  for (int page = 0; page < 5; page += 1) {
    CHECK(!child_has((char *)ring + page * GANTRY_PAGE), "a child kept page %d of the ring", page);
  }
  close(memory.writable);
  close(memory.readable);
}

/// In a namespace of its own with a /dev/shm of 256 KiB: what does not fit is an error, and the rest goes on.
static int in_small_space(void) {
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
      mount("gantry-test", "/dev/shm", "tmpfs", 0, "size=256k") != 0) {
    return 77;
  }
  CHECK(gantry_memory_free() == 256 * 1024, "/dev/shm has %llu bytes free",
        (unsigned long long)gantry_memory_free());
  gantry_memory memory;
  CHECK(gantry_memory_create(1u << 20, false, &memory) == 0, "a sparse object needs space");
  CHECK(!memory.anonymous, "an object elsewhere");
  CHECK(gantry_memory_reserve(memory.writable, 0, 128 * 1024) == 0, "what fits is refused");
  CHECK(gantry_memory_reserve(memory.writable, 128 * 1024, 512 * 1024) == -ENOSPC,
        "what does not fit is reserved");
  void *base = NULL;
  CHECK(gantry_memory_map(memory.writable, 128 * 1024, true, true, &base) == 0, "no mapping");
  memset(base, 1, 128 * 1024);  // SIGBUS, were it not reserved
  CHECK(gantry_memory_punch(memory.writable, 0, 128 * 1024) == 0, "no punch");
  CHECK(gantry_memory_reserve(memory.writable, 128 * 1024, 200 * 1024) == 0,
        "punched space is not free again");
  // Where names cannot be made at all, a memfd serves.
  if (umount2("/dev/shm", MNT_DETACH) == 0 &&
      mount("gantry-test", "/dev/shm", "tmpfs", MS_RDONLY, "size=64k") == 0) {
    gantry_memory other;
    CHECK(gantry_memory_create(GANTRY_PAGE, false, &other) == 0 && other.anonymous,
          "no memfd took its place");
  }
  return 0;
}

static void refuses_what_does_not_fit(void) {
  pid_t child = fork();
  CHECK(child >= 0, "no process");
  if (child == 0) _exit(in_small_space());
  int status;
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status), "SIGBUS or worse: %x", status);
  if (WEXITSTATUS(status) == 77) {
    printf("skipped: a tiny /dev/shm needs the right to mount\n");
  } else {
    CHECK(status == 0, "a check failed in the small space");
  }
}

static void failures_leak_nothing(void) {
  int before = open("/dev/null", O_RDONLY | O_CLOEXEC);
  gantry_memory memory;
  CHECK(gantry_memory_create(UINT64_MAX, false, &memory) < 0, "an object of 2^64 bytes");
  CHECK(gantry_memory_create(UINT64_MAX, true, &memory) < 0, "an object of 2^64 bytes");
  void *out;
  CHECK(gantry_memory_map(before, GANTRY_PAGE, true, true, &out) < 0, "/dev/null was mapped for writing");
  CHECK(gantry_memory_map_ring(-1, GANTRY_PAGE, true, true, &out) == -EBADF, "a ring of nothing");
  CHECK(gantry_memory_reserve(-1, 0, 1) == -EBADF && gantry_memory_punch(-1, 0, 1) == -EBADF,
        "a closed descriptor");
  int after = open("/dev/null", O_RDONLY | O_CLOEXEC);
  CHECK(after == before + 1, "%d descriptors were left open", after - before - 1);
  close(after);
  close(before);
}

/// Processes that are killed while they make objects leave no name, whenever it comes.
static void killed_makers_leave_no_name(void) {
  int probe = open("/dev/shm", O_TMPFILE | O_RDWR, 0600);
  if (probe < 0) {
    printf("skipped: /dev/shm cannot make files without a name\n");
    return;
  }
  close(probe);
  int before = names_in_shm();
  for (int round = 0; round < 200; round += 1) {
    pid_t maker = fork();
    CHECK(maker >= 0, "no process");
    if (maker == 0) {
      for (;;) {
        gantry_memory memory;
        if (gantry_memory_create(GANTRY_PAGE, false, &memory) != 0) _exit(1);
        close(memory.writable);
        close(memory.readable);
      }
    }
    usleep(200 + (useconds_t)round);
    kill(maker, SIGKILL);
    CHECK(waitpid(maker, NULL, 0) == maker, "no end");
  }
  CHECK(names_in_shm() <= before, "killed makers have left %d names in /dev/shm", names_in_shm() - before);
}

int main(void) {
  watchdog(60);
  killed_makers_leave_no_name();
  for (int anonymous = 0; anonymous < 2; anonymous += 1) {
    is_nameless_and_sparse(anonymous);
    readable_stays_readable(anonymous);
    ring_is_mapped_twice(anonymous);
    punch_gives_zeroes(anonymous);
  }
  seals_hold();
  forks_lack_it();
  refuses_what_does_not_fit();
  failures_leak_nothing();
}
