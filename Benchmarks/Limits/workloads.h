// The workloads of `limits`, one file each: what the machine and the C ring can do at the most.
#ifndef GANTRY_BENCH_WORKLOADS_H
#define GANTRY_BENCH_WORKLOADS_H

#include <stdbool.h>

/// One cache line from processor to processor and back.
void measure_pingpong(void);

/// Two processes wake each other by futexes. `pinned`: on two processors, else where the scheduler puts them.
void measure_futex(bool pinned);

/// Bytes through one shared buffer; `echo`: and back.
void measure_copy(bool echo);

/// What the lane without a library around it does beside moving chunks.
typedef struct lane_rules {
  bool checks;  ///< takes and verifies the checksum of each chunk, and verifies that of each record
  bool marks;   ///< marks each input as begun, as a container does that runs a user's function
} lane_rules;

/// Squares through the C ring alone.
void measure_lane(lane_rules rules);

#endif
