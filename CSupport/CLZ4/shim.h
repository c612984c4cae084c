// The system's liblz4, as found by pkg-config; nothing of it is bundled.
#include <lz4.h>
