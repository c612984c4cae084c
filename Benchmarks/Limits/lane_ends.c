// The driver's and the container's end of a lane.
#define _GNU_SOURCE
#include "lane_ends.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

enum { PARK_MS = 1000, EPOCH = 1 };

static void must(int result, const char *what) {
  if (result < 0) bench_fail("The lane has no %s: %s.", what, strerror(-result));
}

int lane_doorbell(void) {
  int doorbell = gantry_eventfd_create();
  must(doorbell, "doorbell");
  return doorbell;
}

lane lane_make(int doorbell) {
  // Containers are forked behind this; where it fails they fence each input.
  gantry_membarrier_register();
  lane l = {.doorbell = doorbell};
  must(gantry_memory_create(GANTRY_DRIVER_BYTES, false, &l.driver), "driver's page");
  // A container's region is a memfd, which can be sealed, as in Gantry's driver.
  must(gantry_memory_create(GANTRY_PAGE + LANE_RING_BYTES, true, &l.container), "completion ring");
  return l;
}

gantry_producer lane_drive(const lane *l) {
  void *own, *container;
  must(gantry_memory_map(l->driver.writable, GANTRY_DRIVER_BYTES, true, false, &own), "mapping of its driver's page");
  must(gantry_memory_map_ring(l->container.readable, LANE_RING_BYTES, false, false, &container), "mapping of its ring");
  gantry_producer producer;
  bool fences = gantry_membarrier_all() != 0;
  gantry_producer_open(&producer, own, container, LANE_RING_BYTES, EPOCH, 0, fences);
  gantry_producer_set_spin(&producer, LANE_SPIN_NS);
  return producer;
}

gantry_consumer lane_contain(const lane *l) {
  void *driver, *own;
  must(gantry_memory_map(l->driver.readable, GANTRY_DRIVER_BYTES, false, false, &driver), "view of its driver's page");
  must(gantry_memory_map_ring(l->container.writable, LANE_RING_BYTES, true, false, &own), "mapping of its ring");
  gantry_consumer consumer;
  must(gantry_consumer_open(&consumer, driver, own, l->doorbell), "layout that is known");
  return consumer;
}

gantry_memory lane_arena_make(uint64_t bytes) {
  gantry_memory arena;
  must(gantry_memory_create(bytes, false, &arena), "arena");
  return arena;
}

void *lane_arena_map(const gantry_memory *arena, uint64_t bytes, bool writable) {
  void *base;
  must(gantry_memory_map(writable ? arena->writable : arena->readable, bytes, writable, false, &base), "arena");
  return base;
}

static bool any_pending(const gantry_producer *producers, uint64_t count) {
  for (uint64_t i = 0; i < count; i += 1) {
    if (gantry_producer_pending(&producers[i])) return true;
  }
  return false;
}

static void set_parked(gantry_producer *producers, uint64_t count, uint32_t level) {
  for (uint64_t i = 0; i < count; i += 1) gantry_producer_set_parked(&producers[i], level);
}

void lane_await_records(gantry_producer *producers, uint64_t count, int doorbell, uint64_t spin_ns) {
  uint64_t start = gantry_clock_ns();
  do {
    for (int i = 0; i < 16; i += 1) {
      if (any_pending(producers, count)) return;
      gantry_pause();
    }
  } while (gantry_clock_ns() - start < spin_ns);
  // Sleep of the driver, PROTOCOL.md: say so, fence, look again.
  set_parked(producers, count, GANTRY_RING_ALWAYS);
  gantry_producer_fence();
  if (!any_pending(producers, count)) {
    struct pollfd wait = {.fd = doorbell, .events = POLLIN};
    if (poll(&wait, 1, PARK_MS) > 0) {
      uint64_t rung;
      ssize_t got = read(doorbell, &rung, sizeof rung);
      (void)got;
    }
  }
  set_parked(producers, count, GANTRY_RING_NEVER);
}

void lane_await_room(gantry_consumer *consumer, uint64_t bytes) {
  while (gantry_consumer_room(consumer) < bytes) {
    int result = gantry_consumer_wait_room(consumer, bytes);
    if (result == GANTRY_WAIT_STOP) bench_fail("The lane was stopped amid its work.");
  }
}

void lane_copy_payload(const gantry_record *record, const void *payload, void *to, bool checks) {
  gantry_copy_once(to, payload, record->length, "payload");
  if (checks && gantry_checksum(to, record->length) != record->check) {
    bench_fail("A record's payload is not what its checksum says.");
  }
}
