// Places descriptors in a fresh fork: a few known ones from 3 up, nothing of the program's beside them.
// Called by keeper, zygote and container right after their fork: raw system calls only, no allocation.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

void gantry_fd_drop(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

int gantry_fd_lift(int fd) {
  if (fd > 2) return fd;
  if (fd < 0) return -EBADF;
  int lifted = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  int result = lifted < 0 ? -errno : lifted;
  close(fd);
  return result;
}

static void close_from_visit(void *context, int fd) {
  int first = *(int *)context;
  if (fd >= first) close(fd);
}

void gantry_fds_close_from(int first) {
  if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0) return;
  // A kernel or a filter without close_range. The directory is read in order: closing what was shown is safe.
  if (gantry_proc_each("/proc/self/fd", close_from_visit, &first) == 0) return;
  struct rlimit limit = {.rlim_cur = 1024, .rlim_max = 1024};
  getrlimit(RLIMIT_NOFILE, &limit);
  rlim_t end = limit.rlim_cur < 65536 ? limit.rlim_cur : 65536;
  for (int fd = first; (rlim_t)fd < end; fd += 1) close(fd);
}

static void forget_from_visit(void *context, int fd) {
  int first = *(int *)context;
  if (fd >= first) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void gantry_fds_forget_from(int first) {
  if (syscall(SYS_close_range, (unsigned)first, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
  gantry_proc_each("/proc/self/fd", forget_from_visit, &first);
}

void gantry_fds_inherit(int count, bool inherited) {
  for (int fd = 3; fd < 3 + count; fd += 1) fcntl(fd, F_SETFD, inherited ? 0 : FD_CLOEXEC);
}

int gantry_fds_arrange(const int *fds, int count) {
  // A role and a saved stdout may travel beside a request's.
  int held[GANTRY_SPAWN_FDS + 2];
  if (count < 0 || count > GANTRY_SPAWN_FDS + 2) return -EINVAL;
  // First out of the way, then into place: a target number may be another's source.
  for (int i = 0; i < count; i += 1) {
    held[i] = fds[i];
    if (fds[i] >= 3 + count || fds[i] == 3 + i) continue;
    held[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3 + count);
    if (held[i] < 0) return -errno;
  }
  for (int i = 0; i < count; i += 1) {
    if (held[i] == 3 + i) {
      if (fcntl(held[i], F_SETFD, FD_CLOEXEC) != 0) return -errno;
    } else if (dup3(held[i], 3 + i, O_CLOEXEC) < 0) {
      return -errno;
    }
  }
  gantry_fds_close_from(3 + count);
  return 0;
}

void gantry_fd_nullify(int fd) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return;
  if (null == fd) {
    fcntl(fd, F_SETFD, 0);
    return;
  }
  dup2(null, fd);
  close(null);
}

void gantry_fds_silence(void) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) {
    // Without /dev: a pipe that nobody writes to reads as empty as /dev/null does. stdout and stderr stay.
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
      close(0);
      return;
    }
    dup2(ends[0], 0);
    if (ends[0] > 0) close(ends[0]);
    if (ends[1] > 0) close(ends[1]);
    return;
  }
  // dup2 onto itself would leave close-on-exec set, and a closed number is what open returns: look before.
  for (int fd = 0; fd < 3; fd += 1) {
    bool wanted = fd != 1 || null == 1 || fcntl(1, F_GETFD) < 0;
    if (!wanted) continue;
    if (null == fd) {
      fcntl(fd, F_SETFD, 0);
    } else {
      dup2(null, fd);
    }
  }
  if (null > 2) close(null);
}
