// Keeps descriptors of this module off the three standard numbers. Private to the module.
#ifndef GANTRY_DESCRIPTORS_H
#define GANTRY_DESCRIPTORS_H

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/// Moves a fresh descriptor above stderr, close-on-exec; -errno with it closed.
/// In a program that was started without a standard output, what it prints would otherwise be written into whatever
/// was opened next.
static inline int gantry_descriptor_lift(int fd) {
  if (fd > 2) return fd;
  int lifted = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
  int result = lifted < 0 ? -errno : lifted;
  if (fd >= 0) close(fd);
  return result;
}

#endif
