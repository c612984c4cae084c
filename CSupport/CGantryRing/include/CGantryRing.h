// Arena and rings in shared memory, with their doorbells. See ../PROTOCOL.md for why each store stands where it does.
#ifndef CGANTRYRING_H
#define CGANTRYRING_H

#include "gantry_atomics.h"
#include "gantry_checksum.h"
#include "gantry_consumer.h"
#include "gantry_doorbell.h"
#include "gantry_hooks.h"
#include "gantry_layout.h"
#include "gantry_memory.h"
#include "gantry_producer.h"

#endif
