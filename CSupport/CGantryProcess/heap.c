// Tells the C library how much freed memory a container keeps for its next input.
#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "CGantryProcess.h"

void gantry_heap_keep_pages(void) {
#ifdef __GLIBC__
  // What is larger than the first is mapped and unmapped by itself, as before.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}
