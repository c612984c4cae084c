// Driver and container processes play ping-pong with random pauses, so that both park and are woken again and
// again, for descriptors, for room and for records, at both doorbell levels. A wait that took its whole time
// limit although what it waited for had long been there is a lost wake.
#include "driver.h"

enum { LOST_NS = 900000000 };

typedef struct board {
  _Atomic uint64_t container_waits, container_slept;
} board;

/// Waits took this long though the descriptor or the room was there: nobody rang.
static void check_rung(uint64_t waited, uint64_t ready_since, const char *what) {
  uint64_t now = gantry_clock_ns();
  bool lost = waited >= LOST_NS && ready_since != 0 && now - ready_since >= LOST_NS / 2;
  CHECK(!lost, "a container was not woken for %s: it waited %llu us, %llu of them in vain", what,
        (unsigned long long)waited / 1000, (unsigned long long)(now - ready_since) / 1000);
}

/// A pause: asleep, or busy and short, so that the two sides meet in the few instructions before one sleeps.
static void rest(random_numbers *random, bool tight, uint64_t microseconds) {
  if (!tight) {
    nap_us(draw(random, microseconds));
    return;
  }
  uint64_t until = gantry_clock_ns() + draw(random, 600);
  while (gantry_clock_ns() < until) gantry_pause();
}

static _Noreturn void container(const lane *l, board *notes, bool tight, random_numbers random) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  void *driver_page, *own;
  CHECK(gantry_memory_map(l->memory.driver.readable, GANTRY_DRIVER_BYTES, false, true, &driver_page) == 0,
        "no map");
  CHECK(gantry_memory_map_ring(l->memory.container.writable, RING_BYTES, true, false, &own) == 0, "no ring");
  gantry_consumer consumer;
  CHECK(gantry_consumer_open(&consumer, driver_page, own, l->memory.doorbell) == 0,
        "the consumer does not open");
  for (;;) {
    gantry_claim claim;
    uint64_t start = gantry_clock_ns();
    if (gantry_consumer_claim(&consumer, &claim) == 0) {
      int result = gantry_consumer_wait(&consumer);
      if (result == GANTRY_WAIT_STOP) _exit(0);
      atomic_fetch_add_explicit(&notes->container_waits, 1, memory_order_relaxed);
      uint64_t waited = gantry_clock_ns() - start;
      if (waited > 20000) atomic_fetch_add_explicit(&notes->container_slept, 1, memory_order_relaxed);
      // `raw` carries the time of the publication. The claim may lawfully fail: a revoke came in between.
      if (gantry_consumer_claim(&consumer, &claim) == 0) continue;
      check_rung(waited, claim.raw, "a descriptor");
    }
    if (draw_one_in(&random, 3)) rest(&random, tight, 60);
    // A record or several; together they may fill the ring.
    uint32_t records = tight && draw_one_in(&random, 2) ? 1 : 1 + (uint32_t)draw(&random, 5);
    for (uint32_t i = 0; i < records; i += 1) {
      uint64_t length = 1 + draw(&random, 1800);
      while (gantry_consumer_room(&consumer) < length) {
        start = gantry_clock_ns();
        int result = gantry_consumer_wait_room(&consumer, length);
        if (result == GANTRY_WAIT_STOP) _exit(0);
        uint64_t waited = gantry_clock_ns() - start;
        // The driver never leaves a ring undrained for long: a whole time limit is a wake that did not come,
        // here or there. (A wait may end early with too little room: then it is begun again.)
        CHECK(waited < LOST_NS, "a container was not woken for room, or the driver not for its records");
      }
      gantry_consumer_publish(&consumer,
                              &(gantry_record){.kind = GANTRY_RECORD_OUTPUTS,
                                               .position = claim.position,
                                               .first = i,
                                               .count = 1,
                                               .length = length,
                                               .flags = i + 1 == records ? GANTRY_RECORD_LAST : 0});
    }
  }
}

static uint64_t drained(lane *l, uint64_t *finished) {
  gantry_record record;
  const void *payload;
  uint64_t records = 0;
  int result;
  while ((result = gantry_producer_next(&l->producer, &record, &payload)) == 1) {
    CHECK(record.position == *finished, "a record for %llu instead of %llu",
          (unsigned long long)record.position, (unsigned long long)*finished);
    *finished += (record.flags & GANTRY_RECORD_LAST) != 0;
    records += 1;
    gantry_producer_take(&l->producer, &record);
  }
  CHECK(result == 0, "a record gave %d", result);
  gantry_producer_release(&l->producer);
  return records;
}

static void play(uint32_t level, uint64_t nanoseconds, uint32_t spin_ns, bool tight, random_numbers *random) {
  board *notes = shared_zeroes(sizeof *notes);
  lane l = {.memory = lane_memory_make(RING_BYTES, false, false)};
  gantry_producer_open(&l.producer, l.memory.driver_page, l.memory.container_page, RING_BYTES, 5, 0, false);
  gantry_producer_set_spin(&l.producer, spin_ns);
  l.pid = fork();
  if (l.pid == 0) container(&l, notes, tight, *random);
  uint64_t until = gantry_clock_ns() + nanoseconds;
  uint64_t finished = 0, parks = 0, slept = 0, wakes = 0, given_back = 0, records = 0;
  while (gantry_clock_ns() < until || finished != l.producer.avail) {
    if (finished == l.producer.avail) {
      if (tight || draw_one_in(random, 2)) rest(random, tight, 80);
      uint64_t count = 1 + draw(random, 3);
      for (uint64_t i = 0; i < count; i += 1) {
        gantry_producer_publish(&l.producer, &(gantry_range){.raw = gantry_clock_ns(), .end = 1, .count = 1});
      }
      if (draw_one_in(random, 2)) {
        // A revoke beside a container that is about to claim or to sleep: what is given back wakes it by
        // itself. Else the driver wakes it for the first of those that stay.
        uint64_t kept;
        bool woken_before = draw_one_in(random, 2);
        uint64_t keep = finished + (woken_before ? 0 : 1);
        if (woken_before) wakes += gantry_producer_wake(&l.producer);
        CHECK(gantry_producer_revoke(&l.producer, keep, &kept) == 0, "an honest claim was refused");
        given_back += kept != keep;
        if (!woken_before) wakes += gantry_producer_wake(&l.producer);
      } else {
        wakes += gantry_producer_wake(&l.producer);
      }
    }
    if (finished == l.producer.avail) continue;
    if (tight) {
      // At times it looks on, and answers while the container is on its way to sleep.
      uint64_t limit = gantry_clock_ns() + (draw_one_in(random, 4) ? 50000 : draw(random, 1200));
      while (!gantry_producer_pending(&l.producer) && gantry_clock_ns() < limit) gantry_pause();
    }
    gantry_producer_set_parked(&l.producer, level);
    gantry_producer_fence();
    if (!gantry_producer_pending(&l.producer)) {
      struct pollfd wait = {.fd = l.memory.doorbell, .events = POLLIN};
      uint64_t start = gantry_clock_ns();
      int ready = poll(&wait, 1, PARK_LIMIT_MS);
      parks += 1;
      slept += gantry_clock_ns() - start > 10000;
      int status;
      if (waitpid(l.pid, &status, WNOHANG) != 0) CHECK(false, "the container ended: status %x", status);
      CHECK(ready > 0, "the driver was not woken at level %u%s", level,
            gantry_producer_pending(&l.producer) ? ", and a record was there"
                                                 : ": the container sleeps beside its work");
    }
    uint64_t rung;
    ssize_t got = read(l.memory.doorbell, &rung, sizeof rung);
    (void)got;
    gantry_producer_set_parked(&l.producer, GANTRY_RING_NEVER);
    if (draw_one_in(random, 3)) rest(random, tight, 60);
    records += drained(&l, &finished);
  }
  gantry_producer_stop(&l.producer);
  uint64_t start = gantry_clock_ns();
  int status;
  CHECK(waitpid(l.pid, &status, 0) == l.pid && status == 0, "the container ended with %x", status);
  CHECK(gantry_clock_ns() - start < LOST_NS, "a container was not woken to stop");
  CHECK(slept > 0 && wakes > 0 && notes->container_slept > 0, "nobody slept");
  printf(
      "level %u, spin %u ns%s: %llu records; driver parked %llu times, slept %llu; container waited %llu, "
      "slept %llu, "
      "was rung %llu; %llu given back\n",
      level, spin_ns, tight ? ", tight" : "", (unsigned long long)records, (unsigned long long)parks,
      (unsigned long long)slept, (unsigned long long)notes->container_waits,
      (unsigned long long)notes->container_slept, (unsigned long long)wakes, (unsigned long long)given_back);
  lane_memory_drop(&l.memory);
  munmap(notes, sizeof *notes);
}

int main(void) {
  watchdog(120);
  random_numbers random = random_begin();
  uint64_t nanoseconds = setting("MILLISECONDS", 1000) * 1000000;
  for (uint32_t level = GANTRY_RING_WHEN_DRY; level <= GANTRY_RING_ALWAYS; level += 1) {
    play(level, nanoseconds, 0, false, &random);
    play(level, nanoseconds, 4000, false, &random);
    play(level, nanoseconds, 0, true, &random);
  }
}
