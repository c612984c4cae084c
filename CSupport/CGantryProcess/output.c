// The program's standard output as a container uses it: by lines, and empty before an input counts as done.
// In C because Swift 6 cannot name the C library's mutable `stdout`.
#include <stdio.h>
#include <stdio_ext.h>

#include "CGantryProcess.h"

void gantry_output_by_lines(void) { setvbuf(stdout, NULL, _IOLBF, 0); }

void gantry_output_flush(void) {
  if (__fpending(stdout) > 0) fflush(stdout);
}
