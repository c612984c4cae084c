// What the two sides of the lane workload agree on.
#ifndef GANTRY_LANE_WORK_H
#define GANTRY_LANE_WORK_H

#include "lane_ends.h"
#include "workloads.h"

/// What each container process is given.
typedef struct container_work {
  lane ends;
  gantry_memory arena;
  uint64_t arena_bytes;
  lane_rules rules;
} container_work;

/// A container's life: claims chunks of int64, publishes their squares, ends when it is told to stop.
void lane_container(void *work);

#endif
