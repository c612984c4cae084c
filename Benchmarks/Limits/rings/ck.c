// Concurrency Kit's ck_ring, one producer and one consumer, with its slots in shared memory. Both sides spin.
#include <ck_ring.h>

#include "bench.h"
#include "ring.h"

const ring_facts ring = {
    .name = "ck_ring, one to one",
    .version = RING_VERSION,
    .note = "Slots of the message's size in shared memory; one call a message; both sides spin and never sleep.",
};

struct message_8 {
  uint8_t bytes[8];
};
struct message_64 {
  uint8_t bytes[64];
};
struct message_1024 {
  uint8_t bytes[1024];
};
struct message_65536 {
  uint8_t bytes[65536];
};
CK_RING_PROTOTYPE(m8, message_8)
CK_RING_PROTOTYPE(m64, message_64)
CK_RING_PROTOTYPE(m1024, message_1024)
CK_RING_PROTOTYPE(m65536, message_65536)

static struct ck_ring *words;
static void *slots;
static uint64_t message_bytes;

const char *ring_refusal(uint64_t bytes) {
  (void)bytes;
  return NULL;
}

void ring_open(uint64_t bytes, uint64_t batch) {
  (void)batch;
  message_bytes = bytes;
  words = bench_shared(sizeof *words);
  slots = bench_shared(RING_ROOM);
  ck_ring_init(words, (unsigned)(RING_ROOM / bytes));
}

void ring_join(bool sender) { (void)sender; }

// The size is a constant in each of these: the library's copy is then as short as it can be.
#define SPIN_UNTIL(call)                                     \
  do {                                                       \
    for (uint64_t turns = 0; !(call);) bench_relax(&turns); \
  } while (0)
#define PUT(name, at) SPIN_UNTIL(CK_RING_ENQUEUE_SPSC(name, words, slots, (void *)(uintptr_t)(at)))
#define GET(name, at) SPIN_UNTIL(CK_RING_DEQUEUE_SPSC(name, words, slots, (void *)(at)))

void ring_send(const uint8_t *messages, uint64_t count) {
  for (uint64_t i = 0; i < count; i += 1, messages += message_bytes) {
    switch (message_bytes) {
      case 8: PUT(m8, messages); break;
      case 64: PUT(m64, messages); break;
      case 1024: PUT(m1024, messages); break;
      default: PUT(m65536, messages); break;
    }
  }
}

uint64_t ring_receive(uint8_t *messages, uint64_t most) {
  (void)most;
  switch (message_bytes) {
    case 8: GET(m8, messages); break;
    case 64: GET(m64, messages); break;
    case 1024: GET(m1024, messages); break;
    default: GET(m65536, messages); break;
  }
  return 1;
}

void ring_leave(bool sender) { (void)sender; }
