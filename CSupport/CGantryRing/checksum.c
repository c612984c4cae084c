// Multiplies pairs of words into 128-bit products and folds them; four independent chains fill the pipeline.
#include "gantry_checksum.h"

#include <string.h>

static const uint64_t K0 = 0x9e3779b97f4a7c15u, K1 = 0xc2b2ae3d27d4eb4fu;
static const uint64_t K2 = 0x165667b19e3779f9u, K3 = 0xd6e8feb86659fd93u;

static inline uint64_t word_at(const unsigned char *at) {
  uint64_t word;
  memcpy(&word, at, sizeof word);
  return word;
}

static inline uint64_t fold(uint64_t a, uint64_t b) {
  __uint128_t product = (__uint128_t)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t gantry_checksum(const void *data, size_t bytes) {
  const unsigned char *at = data;
  size_t left = bytes;
  // No chain begins with a key it is paired with: the product would not tell its first two words apart.
  uint64_t a = K2 ^ bytes, b = K3, c = K1, d = K0;
  for (; left >= 64; left -= 64, at += 64) {
    a = fold(word_at(at) ^ K0, word_at(at + 8) ^ a);
    b = fold(word_at(at + 16) ^ K1, word_at(at + 24) ^ b);
    c = fold(word_at(at + 32) ^ K2, word_at(at + 40) ^ c);
    d = fold(word_at(at + 48) ^ K3, word_at(at + 56) ^ d);
  }
  for (; left >= 16; left -= 16, at += 16) a = fold(word_at(at) ^ K1, word_at(at + 8) ^ a);
  unsigned char rest[16] = {0};
  memcpy(rest, at, left);
  b = fold(word_at(rest) ^ K2, word_at(rest + 8) ^ b);
  return fold(a ^ c ^ K3, b ^ d ^ K1) ^ a ^ (b << 1);
}
