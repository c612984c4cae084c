// Ways out of a sandbox to files and devices. Each returns whether it got through.
#ifndef GANTRY_SANDBOX_ESCAPES_FILES_H
#define GANTRY_SANDBOX_ESCAPES_FILES_H

#include "sandbox_ground.h"

static bool opens_for_writing(void) { return writes(in("other/file"), O_WRONLY); }
static bool appends(void) { return writes(in("other/file"), O_WRONLY | O_APPEND); }
static bool truncates_by_opening(void) { return writes(in("other/file"), O_RDONLY | O_TRUNC); }
static bool truncates_by_opening_for_neither(void) { return writes(in("other/file"), O_ACCMODE | O_TRUNC); }
static bool truncates_by_opening_newly(void) {
  uint64_t how[3] = {O_TRUNC, 0, 0};
  return syscall(437, AT_FDCWD, in("other/file"), how, sizeof how) >= 0;  // openat2
}
static bool truncates(void) { return truncate(in("other/file"), 0) == 0; }
static bool creates(void) { return writes(in("other/new"), O_WRONLY | O_CREAT); }
static bool creates_in_tmp(void) { return writes("/tmp/gantry-sandbox-escape", O_WRONLY | O_CREAT); }
static bool makes_shared_memory(void) {
  int fd = shm_open("/gantry-sandbox-escape", O_RDWR | O_CREAT, 0600);
  if (fd >= 0) shm_unlink("/gantry-sandbox-escape");
  return fd >= 0;
}
static bool makes_unnamed_file(void) { return writes(in("other"), O_TMPFILE | O_WRONLY); }
static bool makes_directory(void) { return mkdir(in("other/directory"), 0700) == 0; }
static bool makes_fifo(void) { return mkfifo(in("other/fifo"), 0600) == 0; }
static bool makes_symlink(void) { return symlink("/etc", in("other/link")) == 0; }
static bool writes_through_symlink(void) {
  return symlink(in("other/file"), in("own/out")) == 0 && writes(in("own/out"), O_WRONLY);
}
static bool links_inside(void) {
  return link(in("other/file"), in("own/hard")) == 0 && writes(in("own/hard"), O_WRONLY);
}
static bool removes(void) { return unlink(in("other/file")) == 0; }
static bool moves_out(void) {
  return writes(in("own/mine"), O_WRONLY | O_CREAT) && rename(in("own/mine"), in("other/mine")) == 0;
}
static bool moves_in(void) { return rename(in("other/file"), in("own/stolen")) == 0; }
static bool climbs_out(void) { return writes(in("own/../other/file"), O_WRONLY); }
static bool reopens_for_writing(void) {
  int fd = open(in("other/file"), O_RDONLY);
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return fd >= 0 && writes(path, O_WRONLY);
}
static bool changes_mode(void) { return chmod(in("other/file"), 0777) == 0; }
static bool changes_mode_of_descriptor(void) {
  int fd = open(in("other/file"), O_RDONLY);
  return fd >= 0 && fchmod(fd, 0777) == 0;
}
static bool changes_mode_newly(void) {
  return syscall(452, AT_FDCWD, in("other/file"), 0777, 0) == 0;  // fchmodat2
}
static bool changes_owner(void) { return chown(in("other/file"), getuid(), getgid()) == 0; }
static bool changes_times(void) { return utimensat(AT_FDCWD, in("other/file"), NULL, 0) == 0; }
static bool changes_attributes(void) { return setxattr(in("other/file"), "user.a", "b", 1, 0) == 0; }
static bool changes_flags(void) {
  int fd = open(in("other/file"), O_RDONLY);
  int flags = 0x40;  // no dump
  return fd >= 0 && ioctl(fd, 0x40086602, &flags) == 0;
}
static bool changes_generation(void) {
  int fd = open(in("other/file"), O_RDONLY);
  long generation = 7;
  return fd >= 0 && ioctl(fd, FS_IOC_SETVERSION, &generation) == 0;
}
/// Makes a file one that nobody can write any more; few file systems know how.
static bool seals_a_file(void) {
  int fd = open(in("other/file"), O_RDONLY);
  char verity[128] = {1, 0, 0, 0, 1, 0, 0, 0, 0, 16};
  return fd < 0 || ioctl(fd, 0x40806685, verity) == 0 || errno != EPERM;
}
/// Whoever opens the file for writing then waits.
static bool leases(void) {
  int fd = open(in("other/file"), O_RDONLY);
  return fd >= 0 && fcntl(fd, F_SETLEASE, F_RDLCK) == 0;
}
static bool leaves_a_hint(void) {
  int fd = open(in("other/file"), O_RDONLY);
  uint64_t hint = 2;
  return fd >= 0 && fcntl(fd, 1036, &hint) == 0;
}
/// Any device that everybody may read will do.
static bool drives_a_device(void) {
  int fd = open("/dev/urandom", O_RDONLY), bits;
  return fd >= 0 && ioctl(fd, 0x80045200, &bits) == 0;
}
static bool drives_a_device_that_is_open_for_neither(void) {
  int fd = open("/dev/urandom", O_ACCMODE), bits;
  return fd >= 0 && ioctl(fd, 0x80045200, &bits) == 0;
}
static bool mounts(void) { return mount("none", in("own"), "tmpfs", 0, NULL) == 0; }
static bool changes_root(void) { return chroot(in("own")) == 0; }

#endif
