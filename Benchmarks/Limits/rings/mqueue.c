// A POSIX message queue, as deep as this user may have it. Its name is gone before there is a second side.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"
#include "ring.h"

const ring_facts ring = {
    .name = "POSIX message queue",
    .version = RING_VERSION,
    .note = "One mq_send() and one mq_receive() a message.",
    .sleeps = true,
};

enum { DEEP_MOST = 1024, DEEP_LEAST = 16, DEEP_DEFAULT = 10 };

static mqd_t queue;
static uint64_t message_bytes;

static mqd_t make_deep(uint64_t bytes, long depth) {
  char name[64];
  snprintf(name, sizeof name, "/gantry-bench-%d", (int)getpid());
  struct mq_attr shape = {.mq_maxmsg = depth, .mq_msgsize = (long)bytes};
  mqd_t made = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &shape);
  if (made != (mqd_t)-1) mq_unlink(name);
  return made;
}

/// With room for 1 MiB where the user may, else with what every user may.
static mqd_t make(uint64_t bytes) {
  struct rlimit limit = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
  setrlimit(RLIMIT_MSGQUEUE, &limit);
  long depth = (long)(RING_ROOM / bytes);
  if (depth > DEEP_MOST) depth = DEEP_MOST;
  if (depth < DEEP_LEAST) depth = DEEP_LEAST;
  mqd_t made = make_deep(bytes, depth);
  return made != (mqd_t)-1 ? made : make_deep(bytes, DEEP_DEFAULT);
}

const char *ring_refusal(uint64_t bytes) {
  mqd_t made = make(bytes);
  if (made == (mqd_t)-1) {
    return errno == ENOSYS ? "The system has no POSIX message queues."
                           : "The system's limits on POSIX message queues are too low: raise fs.mqueue.msgsize_max.";
  }
  mq_close(made);
  return NULL;
}

void ring_open(uint64_t bytes, uint64_t batch) {
  (void)batch;
  message_bytes = bytes;
  queue = make(bytes);
  if (queue == (mqd_t)-1) bench_fail("There is no message queue: %s.", strerror(errno));
}

void ring_join(bool sender) { (void)sender; }

void ring_send(const uint8_t *messages, uint64_t count) {
  for (uint64_t i = 0; i < count; i += 1) {
    while (mq_send(queue, (const char *)messages + i * message_bytes, message_bytes, 0) != 0) {
      if (errno != EINTR) bench_fail("A message cannot be sent: %s.", strerror(errno));
    }
  }
}

uint64_t ring_receive(uint8_t *messages, uint64_t most) {
  (void)most;
  while (mq_receive(queue, (char *)messages, message_bytes, NULL) < 0) {
    if (errno != EINTR) bench_fail("A message cannot be received: %s.", strerror(errno));
  }
  return 1;
}

void ring_leave(bool sender) {
  (void)sender;
  mq_close(queue);
}
