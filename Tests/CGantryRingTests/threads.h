// Containers that are threads of the driver's process: both sides use one mapping, where ThreadSanitizer sees
// them. They always fence: what a barrier reaches has one thread.
#ifndef GANTRY_RING_TEST_THREADS_H
#define GANTRY_RING_TEST_THREADS_H

#include "driver.h"

static inline void *box_thread(void *argument) {
  box_serve(argument);
  return NULL;
}

static inline void driver_start_threads(driver *d) {
  for (int i = 0; i < d->lane_count; i += 1) {
    lane *l = &d->lanes[i];
    l->memory = lane_memory_make(RING_BYTES, false, true);
    l->epoch = ++d->last_epoch;
    gantry_producer_open_at(&l->producer, l->memory.driver_page, l->memory.container_page, RING_BYTES,
                            l->epoch, 0, d->fenced, d->start_descriptors, d->start_bytes);
    gantry_producer_set_spin(&l->producer, 3000);
    l->inside = (box){.w = d->w, .seen = &d->w->witnesses[i]};
    CHECK(gantry_consumer_open_at(&l->inside.consumer, l->memory.driver_page, l->memory.container_page,
                                  l->memory.doorbell, d->start_descriptors, d->start_bytes) == 0,
          "the consumer does not open");
    CHECK(pthread_create(&l->thread, NULL, box_thread, &l->inside) == 0, "no thread");
  }
}

static inline void driver_stop_threads(driver *d) {
  for (int i = 0; i < d->lane_count; i += 1) gantry_producer_stop(&d->lanes[i].producer);
  for (int i = 0; i < d->lane_count; i += 1) {
    pthread_join(d->lanes[i].thread, NULL);
    lane_memory_drop(&d->lanes[i].memory);
  }
}

#endif
