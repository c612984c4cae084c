// A contestant of tools/bench: the physical limits that Gantry is held against, and the C ring alone.
#include "workloads.h"

#include <stdio.h>
#include <string.h>

#include "bench.h"

static void about(void) {
  printf(
      "{\"name\": \"limits\", \"version\": \"C, compiler %s, -O2\", \"workloads\": {"
      "\"pingpong\": {}, \"futex-pingpong\": {}, \"futex-pingpong-pinned\": {}, "
      "\"memcpy-in\": {}, \"memcpy-echo\": {}, "
      "\"lane-w1\": {\"chunk\": [4096, 8192, 16384, 32768, 65536], \"depth\": [4, 8]}, "
      "\"lane-w1-marked\": {\"chunk\": [4096, 8192, 16384, 32768, 65536], \"depth\": [4, 8]}, "
      "\"lane-w1-unchecked\": {\"chunk\": [4096, 8192, 16384, 32768, 65536], \"depth\": [4, 8]}}}\n",
      __VERSION__);
}

static void measure(const char *workload) {
  if (strcmp(workload, "pingpong") == 0) {
    measure_pingpong();
  } else if (strcmp(workload, "futex-pingpong") == 0) {
    measure_futex(false);
  } else if (strcmp(workload, "futex-pingpong-pinned") == 0) {
    measure_futex(true);
  } else if (strcmp(workload, "memcpy-in") == 0) {
    measure_copy(false);
  } else if (strcmp(workload, "memcpy-echo") == 0) {
    measure_copy(true);
  } else if (strcmp(workload, "lane-w1") == 0) {
    measure_lane((lane_rules){.checks = true});
  } else if (strcmp(workload, "lane-w1-marked") == 0) {
    measure_lane((lane_rules){.checks = true, .marks = true});
  } else if (strcmp(workload, "lane-w1-unchecked") == 0) {
    measure_lane((lane_rules){.checks = false});
  } else {
    bench_fail("There is no workload '%s': see --about for those there are.", workload);
  }
}

int main(int count, char **words) {
  if (count < 2) bench_fail("Usage: limits --about, or limits WORKLOAD [setting=value...].");
  if (strcmp(words[1], "--about") == 0) {
    about();
    return 0;
  }
  bench_settings(count - 2, words + 2);
  measure(words[1]);
  return 0;
}
