// boost::interprocess::message_queue: shared memory under a mutex. Its name is gone before there is a second side.
#include <boost/interprocess/ipc/message_queue.hpp>
#include <boost/version.hpp>
#include <string>
#include <unistd.h>

#include "bench.h"
#include "ring.h"

namespace ipc = boost::interprocess;

extern "C" const ring_facts ring = {
    "boost message_queue", BOOST_LIB_VERSION, "One send() and one receive() a message, each under the queue's mutex.",
    false, false, false,
};

static ipc::message_queue *queue;
static uint64_t message_bytes;
constexpr uint64_t DEEP_MOST = 4096;

extern "C" const char *ring_refusal(uint64_t) { return nullptr; }

extern "C" void ring_open(uint64_t bytes, uint64_t) {
  message_bytes = bytes;
  uint64_t depth = RING_ROOM / bytes < DEEP_MOST ? RING_ROOM / bytes : DEEP_MOST;
  std::string name = "gantry-bench-" + std::to_string(getpid());
  try {
    queue = new ipc::message_queue(ipc::create_only, name.c_str(), depth, bytes);
  } catch (const std::exception &error) {
    bench_fail("There is no boost message queue: %s.", error.what());
  }
  // Both sides have the mapping: the sender by the fork.
  ipc::message_queue::remove(name.c_str());
}

extern "C" void ring_join(bool) {}

extern "C" void ring_send(const uint8_t *messages, uint64_t count) {
  for (uint64_t i = 0; i < count; i += 1) queue->send(messages + i * message_bytes, message_bytes, 0);
}

extern "C" uint64_t ring_receive(uint8_t *messages, uint64_t) {
  ipc::message_queue::size_type got = 0;
  unsigned priority;
  queue->receive(messages, message_bytes, got, priority);
  if (got != message_bytes) bench_fail("A message of the boost queue has another size.");
  return 1;
}

extern "C" void ring_leave(bool) {}
