// What all programs here share: sentences for failures, settings, the clock, processors, and a second process whose
// death ends the first. No program leaves anything behind: names are gone before there is anybody to leave them.
#ifndef GANTRY_BENCH_H
#define GANTRY_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { BENCH_CANNOT = 3, BENCH_LIMIT_S = 60 };

/// Prints a sentence and ends the program with 1.
__attribute__((format(printf, 1, 2), noreturn)) void bench_fail(const char *format, ...);

/// Prints why the program cannot run here, and ends it with 3.
__attribute__((format(printf, 1, 2), noreturn)) void bench_cannot(const char *format, ...);

/// Takes the `name=value` words of a command line. Each is to be asked for by bench_setting once.
void bench_settings(int count, char **words);

/// The value of a setting, or `otherwise` where it was not given. One above `most` is refused.
uint64_t bench_setting(const char *name, uint64_t otherwise, uint64_t most);

/// Refuses settings that nobody has asked for, and sets the time limit: `timeout=` seconds.
void bench_begin(void);

/// The monotonic clock, the same in all processes.
uint64_t bench_clock_ns(void);

/// Binds the calling thread to the nth of the processors it may use. false: there are not so many.
bool bench_pin(int nth);

/// Waits for a moment amid a loop that looks for another process's word; `turns` counts from 0 in each such loop.
/// Lets others run after a while: both may have been put on one processor.
void bench_relax(uint64_t *turns);

/// Zeroed memory that processes started later share. Page-aligned.
void *bench_shared(size_t bytes);

/// Ordinary memory, all pages touched. Page-aligned.
void *bench_private(size_t bytes);

/// Starts a process that runs `body` and ends. It dies with this one, and this one fails when it does.
void bench_peer(void (*body)(void *), void *context);

/// Waits for all of them.
void bench_join(void);

/// The value below which `share` of the values are; sorts them.
uint64_t bench_quantile(uint64_t *values, size_t count, double share);

#ifdef __cplusplus
}
#endif

#endif
