// Messages between driver, keeper and zygote: fixed sizes over SOCK_SEQPACKET, descriptors by SCM_RIGHTS.
// Called from all three. Never blocks except in gantry_notice_send, never allocates, never raises SIGPIPE.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"

#define MAGIC_REQUEST UINT32_C(0x47525131)
#define MAGIC_NOTICE UINT32_C(0x474e5431)
#define MAGIC_ORDER UINT32_C(0x474f5231)
#define MAGIC_KILL UINT32_C(0x474b4c31)

typedef struct request {
  uint32_t magic;
  uint32_t fd_count;
  gantry_spawn spawn;
} request;

typedef struct order {
  uint32_t magic;
  uint32_t zygote;
} order;

_Static_assert(sizeof(gantry_spawn) == 120, "no padding: nothing uninitialised may travel");
_Static_assert(sizeof(gantry_notice) == 32, "no padding: nothing uninitialised may travel");

typedef union ancillary {
  struct cmsghdr alignment;
  char bytes[CMSG_SPACE(GANTRY_SPAWN_FDS * sizeof(int))];
} ancillary;

int gantry_control_pair(int ends[2]) {
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) return -errno;
  // A program that closed its stdout would otherwise find our socket there.
  for (int i = 0; i < 2; i += 1) {
    int lifted = gantry_fd_lift(ends[i]);
    if (lifted < 0) {
      ends[i] = -1;
      gantry_fd_drop(&ends[0]);
      gantry_fd_drop(&ends[1]);
      return lifted;
    }
    ends[i] = lifted;
  }
  return 0;
}

static int message_send(int socket, void *bytes, size_t size, const int *fds, int count) {
  struct iovec part = {.iov_base = bytes, .iov_len = size};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  ancillary space;
  if (count > 0) {
    memset(&space, 0, sizeof space);
    message.msg_control = space.bytes;
    message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
    memcpy(CMSG_DATA(header), fds, (size_t)count * sizeof(int));
  }
  for (;;) {
    if (sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return 0;
    if (errno == EINTR) continue;
    // A peer that died with messages of ours unread resets the connection instead of closing it.
    return errno == ECONNRESET || errno == ENOTCONN ? -EPIPE : -errno;
  }
}

/// Returns 1 with a message of exactly `size` bytes, 0 when there is none, -EPIPE, -EPROTO, or another
/// -errno.
static int message_receive(int socket, void *bytes, size_t size, int *fds, int room, int *count) {
  struct iovec part = {.iov_base = bytes, .iov_len = size};
  ancillary space;
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = space.bytes, .msg_controllen = sizeof space.bytes};
  *count = 0;
  ssize_t got;
  bool reset = false;
  for (;;) {
    got = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got >= 0) break;
    if (errno == EINTR) continue;
    // The reset is told once and ahead of the messages that the dead peer had sent: they are still to be
    // read.
    if (errno == ECONNRESET && !reset) {
      reset = true;
      continue;
    }
    if (errno == EAGAIN) return 0;
    return errno == ECONNRESET || errno == ENOTCONN ? -EPIPE : -errno;
  }
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    size_t held = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < held; i += 1) {
      int fd;
      memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
      fd = gantry_fd_lift(fd);
      // Lost as those are that the kernel drops at the limit.
      if (fd < 0) continue;
      if (*count < room) {
        fds[*count] = fd;
        *count += 1;
      } else {
        close(fd);
      }
    }
  }
  if (got == 0) return -EPIPE;
  if ((size_t)got != size || (message.msg_flags & MSG_TRUNC) != 0) {
    while (*count > 0) {
      *count -= 1;
      close(fds[*count]);
    }
    return -EPROTO;
  }
  return 1;
}

int gantry_spawn_request(int zygote_socket, const gantry_spawn *spawn, const int *fds, int n) {
  if (n < 0 || n > GANTRY_SPAWN_FDS) return -EINVAL;
  request sent = {.magic = MAGIC_REQUEST, .fd_count = (uint32_t)n, .spawn = *spawn};
  return message_send(zygote_socket, &sent, sizeof sent, fds, n);
}

int gantry_container_kill(int zygote_socket, pid_t pid) {
  request sent = {.magic = MAGIC_KILL, .spawn = {.request = (uint64_t)pid}};
  return message_send(zygote_socket, &sent, sizeof sent, NULL, 0);
}

int gantry_request_receive(int socket, gantry_spawn *spawn, int fds[GANTRY_SPAWN_FDS], int *count) {
  request got;
  int result = message_receive(socket, &got, sizeof got, fds, GANTRY_SPAWN_FDS, count);
  if (result != 1) return result;
  if (got.magic == MAGIC_KILL && *count == 0) {
    *spawn = got.spawn;
    return 2;
  }
  if (got.magic == MAGIC_REQUEST && got.fd_count == (uint32_t)*count) {
    *spawn = got.spawn;
    return 1;
  }
  for (int i = 0; i < *count; i += 1) close(fds[i]);
  *count = 0;
  if (got.magic != MAGIC_REQUEST) return -EPROTO;
  // Too few arrived: the receiver was at its limit, and the kernel dropped the rest.
  *spawn = got.spawn;
  return -EMFILE;
}

int gantry_zygote_kill(int keeper_socket, uint32_t zygote) {
  order sent = {.magic = MAGIC_ORDER, .zygote = zygote};
  return message_send(keeper_socket, &sent, sizeof sent, NULL, 0);
}

int gantry_order_receive(int socket, uint32_t *zygote) {
  order got;
  int count;
  int result = message_receive(socket, &got, sizeof got, NULL, 0, &count);
  if (result != 1) return result;
  if (got.magic != MAGIC_ORDER) return -EPROTO;
  *zygote = got.zygote;
  return 1;
}

int gantry_notice_send(int socket, int watch, uint32_t kind, gantry_notice notice, int fd) {
  notice.magic = MAGIC_NOTICE;
  notice.kind = kind;
  for (;;) {
    int result = message_send(socket, &notice, sizeof notice, &fd, fd < 0 ? 0 : 1);
    if (result != -EAGAIN && result != -ENOBUFS && result != -ENOMEM) return result;
    // A full socket ends with the driver's reading or with its death. The pause bounds a shortage of memory.
    struct pollfd waits[2] = {{.fd = socket, .events = POLLOUT}, {.fd = watch, .events = POLLIN}};
    if (result != -EAGAIN) waits[0].fd = -1;
    poll(waits, 2, 100);
    if (waits[1].revents != 0) return -EPIPE;
  }
}

int gantry_control_receive(int socket, gantry_notice *out, int *fd) {
  int count;
  int held = -1;
  *fd = -1;
  int result = message_receive(socket, out, sizeof *out, &held, 1, &count);
  if (result != 1) return result;
  if (out->magic != MAGIC_NOTICE) {
    gantry_fd_drop(&held);
    return -EPROTO;
  }
  *fd = held;
  return 1;
}
