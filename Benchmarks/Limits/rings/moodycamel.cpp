// moodycamel::ConcurrentQueue between two threads of one process: it cannot be put into shared memory. Both sides spin.
#include <concurrentqueue.h>
#include <iterator>
#include <memory>

#include "bench.h"
#include "ring.h"

extern "C" const ring_facts ring = {
    "moodycamel ConcurrentQueue", RING_VERSION,
    "Two threads of one process, not two processes; a batch is one bulk call; both sides spin and never sleep.",
    true, true, false,
};

template <size_t BYTES>
struct message {
  uint8_t bytes[BYTES];
};

namespace {

/// The queue of one size of messages.
struct queue_base {
  virtual ~queue_base() = default;
  virtual bool put(const uint8_t *messages, uint64_t count) = 0;
  virtual uint64_t get(uint8_t *messages, uint64_t most) = 0;
};

template <size_t BYTES>
struct queue_of final : queue_base {
  using slot = message<BYTES>;
  moodycamel::ConcurrentQueue<slot> queue;
  moodycamel::ProducerToken producer;
  moodycamel::ConsumerToken consumer;

  // Room for one producer with a token, and none beyond what it is given here: try_enqueue allocates nothing.
  queue_of() : queue(RING_ROOM / BYTES, 1, 0), producer(queue), consumer(queue) {}

  bool put(const uint8_t *messages, uint64_t count) override {
    const slot *first = reinterpret_cast<const slot *>(messages);
    return count == 1 ? queue.try_enqueue(producer, *first) : queue.try_enqueue_bulk(producer, first, count);
  }

  uint64_t get(uint8_t *messages, uint64_t most) override {
    slot *first = reinterpret_cast<slot *>(messages);
    return most == 1 ? queue.try_dequeue(consumer, *first) : queue.try_dequeue_bulk(consumer, first, most);
  }
};

std::unique_ptr<queue_base> queue;
uint64_t message_bytes;

}  // namespace

extern "C" const char *ring_refusal(uint64_t) { return nullptr; }

extern "C" void ring_open(uint64_t bytes, uint64_t) {
  message_bytes = bytes;
  switch (bytes) {
    case 8: queue = std::make_unique<queue_of<8>>(); break;
    case 64: queue = std::make_unique<queue_of<64>>(); break;
    case 1024: queue = std::make_unique<queue_of<1024>>(); break;
    default: queue = std::make_unique<queue_of<65536>>(); break;
  }
}

extern "C" void ring_join(bool) {}

extern "C" void ring_send(const uint8_t *messages, uint64_t count) {
  for (uint64_t turns = 0; !queue->put(messages, count);) bench_relax(&turns);
}

extern "C" uint64_t ring_receive(uint8_t *messages, uint64_t most) {
  uint64_t got = 0;
  for (uint64_t turns = 0; (got = queue->get(messages, most)) == 0;) bench_relax(&turns);
  return got;
}

extern "C" void ring_leave(bool) {}
