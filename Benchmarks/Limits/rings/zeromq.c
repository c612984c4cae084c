// ZeroMQ PUSH and PULL over ipc://, at an address without a file.
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include <zmq.h>

#include "bench.h"
#include "ring.h"

const ring_facts ring = {
    .name = "ZeroMQ PUSH/PULL, ipc",
    .version = RING_VERSION,
    .note = "zmq_send() and zmq_recv() a message; the library batches by itself, in a thread of its own on each side.",
};

enum { WATERMARK_LEAST = 1000 };

static char address[64];
static void *context, *end;
static uint64_t message_bytes;

const char *ring_refusal(uint64_t bytes) {
  (void)bytes;
  return zmq_has("ipc") ? NULL : "This build of ZeroMQ has no ipc transport.";
}

void ring_open(uint64_t bytes, uint64_t batch) {
  (void)batch;
  message_bytes = bytes;
  // An abstract address ends with its socket: nothing is left, however the program ends.
  snprintf(address, sizeof address, "ipc://@gantry-bench-%d", (int)getpid());
}

static void must(int result, const char *what) {
  if (result < 0) bench_fail("ZeroMQ cannot %s: %s.", what, zmq_strerror(zmq_errno()));
}

void ring_join(bool sender) {
  context = zmq_ctx_new();
  end = zmq_socket(context, sender ? ZMQ_PUSH : ZMQ_PULL);
  if (end == NULL) must(-1, "make a socket");
  int most = (int)(RING_ROOM / message_bytes);
  if (most < WATERMARK_LEAST) most = WATERMARK_LEAST;
  must(zmq_setsockopt(end, sender ? ZMQ_SNDHWM : ZMQ_RCVHWM, &most, sizeof most), "set its watermark");
  // The receiver may come later: the library tries again by itself.
  must(sender ? zmq_connect(end, address) : zmq_bind(end, address), "reach its address");
}

void ring_send(const uint8_t *messages, uint64_t count) {
  for (uint64_t i = 0; i < count; i += 1) {
    while (zmq_send(end, messages + i * message_bytes, message_bytes, 0) < 0) {
      if (zmq_errno() != EINTR) must(-1, "send");
    }
  }
}

uint64_t ring_receive(uint8_t *messages, uint64_t most) {
  (void)most;
  while (zmq_recv(end, messages, message_bytes, 0) < 0) {
    if (zmq_errno() != EINTR) must(-1, "receive");
  }
  return 1;
}

void ring_leave(bool sender) {
  (void)sender;
  // Ends once everything was handed to the other side.
  zmq_close(end);
  while (zmq_ctx_term(context) != 0 && zmq_errno() == EINTR) continue;
}
