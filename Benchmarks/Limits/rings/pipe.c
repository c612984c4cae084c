// A pipe: a batch is one write; the receiver reads as many whole messages as are there.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "ring.h"

const ring_facts ring = {
    .name = "pipe",
    .version = RING_VERSION,
    .note = "A batch is one write() of messages of a fixed size; one read() takes up to a batch. Room for 1 MiB.",
    .batches = true,
};

static int ends[2];
static uint64_t message_bytes;

const char *ring_refusal(uint64_t bytes) {
  (void)bytes;
  return NULL;
}

void ring_open(uint64_t bytes, uint64_t batch) {
  (void)batch;
  message_bytes = bytes;
  if (pipe2(ends, O_CLOEXEC) != 0) bench_fail("There is no pipe: %s.", strerror(errno));
  // As much as an unprivileged program may have, where 1 MiB is more.
  for (int room = RING_ROOM; room > 65536 && fcntl(ends[1], F_SETPIPE_SZ, room) < 0;) room /= 2;
}

void ring_join(bool sender) { close(ends[sender ? 0 : 1]); }

void ring_send(const uint8_t *messages, uint64_t count) {
  uint64_t left = count * message_bytes;
  while (left > 0) {
    ssize_t written = write(ends[1], messages, left);
    if (written < 0 && errno != EINTR) bench_fail("The pipe cannot be written: %s.", strerror(errno));
    if (written <= 0) continue;
    messages += written;
    left -= (uint64_t)written;
  }
}

uint64_t ring_receive(uint8_t *messages, uint64_t most) {
  uint64_t got = 0;
  // A read may end amid a message: the rest of that one is waited for.
  do {
    uint64_t wanted = got == 0 ? most * message_bytes : message_bytes - got % message_bytes;
    ssize_t part = read(ends[0], messages + got, wanted);
    if (part == 0) bench_fail("The pipe ended before its last message.");
    if (part < 0 && errno != EINTR) bench_fail("The pipe cannot be read: %s.", strerror(errno));
    if (part > 0) got += (uint64_t)part;
  } while (got == 0 || got % message_bytes != 0);
  return got / message_bytes;
}

void ring_leave(bool sender) { close(ends[sender ? 1 : 0]); }
