// The door of libFuzzer, for a program that has a main of its own.
#ifndef GANTRY_FUZZ_H
#define GANTRY_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/// Reads libFuzzer's options and calls back for each input. 0, or the status to exit with; most ends never return.
int LLVMFuzzerRunDriver(int *count, char ***arguments, int (*callback)(const uint8_t *bytes, size_t count));

#endif
