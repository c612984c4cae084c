// The ring of cancelled positions: each is read once, in order, by whoever keeps up; who lags gets the latest ones,
// and never one that was not cancelled; a thread that reads beside the driver misses none it has time for.

// build: -pthread
// threads: yes

#include "threads.h"

enum { MANY = 20000 };

static void in_order(void) {
  pair p = pair_make(4096, 0, 0);
  uint64_t cursor = 0, position = 0;
  CHECK(!gantry_consumer_cancelled(&p.consumer, &cursor, &position), "a cancel of nothing");
  for (uint64_t round = 0; round < 5; round += 1) {
    for (uint64_t i = 0; i < GANTRY_CANCELS; i += 1) gantry_producer_cancel(&p.producer, round * 1000 + 3 * i);
    for (uint64_t i = 0; i < GANTRY_CANCELS; i += 1) {
      CHECK(gantry_consumer_cancelled(&p.consumer, &cursor, &position), "a cancel was lost");
      CHECK(position == round * 1000 + 3 * i, "cancelled %llu", (unsigned long long)position);
    }
    CHECK(!gantry_consumer_cancelled(&p.consumer, &cursor, &position), "a cancel came twice");
  }
  pair_drop(&p);
}

static void laggards_get_the_latest(void) {
  pair p = pair_make(4096, 0, 0);
  uint64_t cursor = 0, position = 0;
  for (uint64_t i = 0; i < GANTRY_CANCELS + 10; i += 1) gantry_producer_cancel(&p.producer, i);
  for (uint64_t i = 10; i < GANTRY_CANCELS + 10; i += 1) {
    CHECK(gantry_consumer_cancelled(&p.consumer, &cursor, &position) && position == i, "not %llu",
          (unsigned long long)i);
  }
  CHECK(!gantry_consumer_cancelled(&p.consumer, &cursor, &position), "a cancel came twice");
  pair_drop(&p);
}

static void *watch(void *context) {
  pair *p = context;
  uint32_t seen = 0;
  uint64_t cursor = 0, last = 0, position = 0;
  while (last < MANY) {
    gantry_consumer_watch(&p->consumer, &seen, 1000000);
    while (gantry_consumer_cancelled(&p->consumer, &cursor, &position)) {
      CHECK(position >= 1 && position <= MANY, "a position that was never cancelled");
      if (position > last) last = position;
    }
  }
  return NULL;
}

static void beside_the_driver(void) {
  pair p = pair_make(4096, 0, 0);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, watch, &p) == 0, "no thread");
  for (uint64_t i = 1; i <= MANY; i += 1) gantry_producer_cancel(&p.producer, i);
  pthread_join(thread, NULL);
  pair_drop(&p);
}

int main(void) {
  watchdog(60);
  in_order();
  laggards_get_the_latest();
  beside_the_driver();
}
