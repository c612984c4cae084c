// Any changed bit or byte of a published record is refused: of its header with -EPROTO, of its payload by the
// checksum of the copy.
#include "support.h"

static uint8_t copy[4096];

/// Whether the record now in the ring would be believed.
static bool is_believed(const pair *p, int *result) {
  gantry_producer probe = p->producer;
  gantry_record record;
  const void *payload;
  *result = gantry_producer_next(&probe, &record, &payload);
  if (*result != 1) return false;
  memcpy(copy, payload, record.length);
  return gantry_checksum(copy, record.length) == record.check;
}

static void flip_all(uint64_t length, uint64_t place) {
  pair p = pair_make(4096, 0, place);
  uint8_t *payload = gantry_consumer_payload(&p.consumer);
  for (uint64_t i = 0; i < length; i += 1) payload[i] = (uint8_t)mix(i + length);
  gantry_consumer_publish(&p.consumer, &(gantry_record){.kind = GANTRY_RECORD_OUTPUTS,
                                                        .first = 1,
                                                        .count = 2,
                                                        .position = 3,
                                                        .length = length,
                                                        .busy_ns = 4});
  uint8_t *record = payload - sizeof(gantry_record);
  int result;
  CHECK(is_believed(&p, &result), "the untouched record is not believed: %d", result);
  for (uint64_t at = 0; at < sizeof(gantry_record) + length; at += 1) {
    uint8_t right = record[at];
    bool in_header = at < sizeof(gantry_record);
    for (int change = 1; change < 256; change += 1) {
      // All changes of a byte where that is cheap, else its single bits.
      bool is_bit = (change & (change - 1)) == 0;
      if (!is_bit && (at % 7 != 0 || length > 300)) continue;
      record[at] = right ^ (uint8_t)change;
      bool believed = is_believed(&p, &result);
      CHECK(!believed, "byte %llu of %llu changed by %02x is believed", (unsigned long long)at,
            (unsigned long long)length, change);
      CHECK(result == (in_header ? -EPROTO : 1), "byte %llu changed gave %d", (unsigned long long)at, result);
    }
    record[at] = right;
  }
  CHECK(is_believed(&p, &result), "the mended record is not believed: %d", result);
  pair_drop(&p);
}

/// A longer or shorter run of the same bytes has another checksum, zeroes too.
static void lengths_differ(void) {
  static const uint8_t zeroes[600];
  uint64_t seen[601];
  for (size_t length = 0; length <= 600; length += 1) {
    seen[length] = gantry_checksum(zeroes, length);
    for (size_t other = 0; other < length; other += 1) {
      CHECK(seen[other] != seen[length], "%zu and %zu zeroes have one checksum", other, length);
    }
  }
}

/// The words of a block exchanged, as a stray copy would.
static void order_matters(size_t count, random_numbers *random) {
  uint64_t words[40];
  for (size_t i = 0; i < count; i += 1) words[i] = draw_one_in(random, 2) ? mix(i) : i;
  uint64_t right = gantry_checksum(words, count * sizeof words[0]);
  for (size_t i = 0; i < count; i += 1) {
    for (size_t j = 0; j < i; j += 1) {
      uint64_t held = words[i];
      words[i] = words[j];
      words[j] = held;
      CHECK(gantry_checksum(words, count * sizeof words[0]) != right || words[i] == words[j],
            "words %zu and %zu exchanged are not noticed", i, j);
      words[j] = words[i];
      words[i] = held;
    }
  }
}

int main(void) {
  watchdog(120);
  random_numbers random = random_begin();
  for (uint64_t length = 0; length <= 200; length += 1) flip_all(length, length * 64);
  for (uint64_t length = 1000; length <= 1003; length += 1) flip_all(length, 4096 - 64 * (length % 8));
  flip_all(4096 - 64, 64);
  lengths_differ();
  for (size_t count = 2; count <= 40; count += 1) {
    for (int i = 0; i < 20; i += 1) order_matters(count, &random);
  }
}
