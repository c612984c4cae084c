// Says where this process's own program and its libraries lie. Called by the driver, outside its lock: it takes the
// dynamic linker's.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>

#include "internal.h"

uint64_t gantry_own_base(void) {
  gantry_crash_note note = {0};
  gantry_image_find(&note);
  return note.image_base;
}

bool gantry_library_at(uint64_t address, char *path, size_t room, uint64_t *base) {
  Dl_info info;
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  if (dladdr((const void *)(uintptr_t)address, &info) == 0 || info.dli_fname == NULL) return false;
  size_t length = strlen(info.dli_fname);
  if (length >= room) return false;
  memcpy(path, info.dli_fname, length + 1);
  *base = (uint64_t)(uintptr_t)info.dli_fbase;
  return true;
}
