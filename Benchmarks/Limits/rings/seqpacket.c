// A pair of AF_UNIX SOCK_SEQPACKET sockets: a message is a packet, a batch one sendmmsg.
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "ring.h"

const ring_facts ring = {
    .name = "AF_UNIX SOCK_SEQPACKET",
    .version = RING_VERSION,
    .note = "A batch is one sendmmsg(); one recvmmsg() takes up to a batch.",
    .batches = true,
    .sleeps = true,
};

enum { PACKETS_MOST = 256 };

static int ends[2];
static uint64_t message_bytes;
static struct mmsghdr headers[PACKETS_MOST];
static struct iovec parts[PACKETS_MOST];

/// A pair with as much room as this user may have.
static bool make(int pair[2]) {
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return false;
  int room = RING_ROOM;
  for (int i = 0; i < 2; i += 1) {
    if (setsockopt(pair[i], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) == 0) continue;
    setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  }
  return true;
}

const char *ring_refusal(uint64_t bytes) {
  int pair[2];
  if (!make(pair)) return "The system has no AF_UNIX SOCK_SEQPACKET sockets.";
  static uint8_t packet[65536];
  bool fits = bytes <= sizeof packet && send(pair[0], packet, bytes, MSG_DONTWAIT) == (ssize_t)bytes;
  close(pair[0]);
  close(pair[1]);
  return fits ? NULL : "The system's limit on a packet is too low: raise net.core.wmem_max.";
}

void ring_open(uint64_t bytes, uint64_t batch) {
  (void)batch;
  message_bytes = bytes;
  if (!make(ends)) bench_fail("There is no pair of sockets: %s.", strerror(errno));
}

void ring_join(bool sender) { close(ends[sender ? 0 : 1]); }

static void lay_out(uint8_t *messages, uint64_t count) {
  for (uint64_t i = 0; i < count; i += 1) {
    parts[i] = (struct iovec){.iov_base = messages + i * message_bytes, .iov_len = message_bytes};
    headers[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[i], .msg_iovlen = 1}};
  }
}

void ring_send(const uint8_t *messages, uint64_t count) {
  if (count == 1) {
    while (send(ends[1], messages, message_bytes, 0) != (ssize_t)message_bytes) {
      if (errno != EINTR) bench_fail("A packet cannot be sent: %s.", strerror(errno));
    }
    return;
  }
  lay_out((uint8_t *)(uintptr_t)messages, count);
  for (uint64_t sent = 0; sent < count;) {
    int part = sendmmsg(ends[1], headers + sent, (unsigned)(count - sent), 0);
    if (part < 0 && errno != EINTR) bench_fail("A packet cannot be sent: %s.", strerror(errno));
    if (part > 0) sent += (uint64_t)part;
  }
}

uint64_t ring_receive(uint8_t *messages, uint64_t most) {
  if (most > 1) lay_out(messages, most);
  for (;;) {
    ssize_t got = most == 1 ? recv(ends[0], messages, message_bytes, 0)
                            : recvmmsg(ends[0], headers, (unsigned)most, MSG_WAITFORONE, NULL);
    if (got == 0) bench_fail("The socket ended before its last message.");
    if (got > 0) return most == 1 ? 1 : (uint64_t)got;
    if (errno != EINTR) bench_fail("A packet cannot be received: %s.", strerror(errno));
  }
}

void ring_leave(bool sender) { close(ends[sender ? 1 : 0]); }
