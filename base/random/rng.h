// Rng: one seed, named child streams. The only source of randomness in Stowage.
//
// The algorithms (xoshiro256**, splitmix64: Blackman and Vigna, https://prng.di.unimi.it) and the
// distributions are our own, since those of the standard library differ from one library to the
// next and a run must be repeatable from its seed anywhere.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace stowage {

// The same on every machine and in every version: FNV-1a over the bytes, then a finalising mix.
uint64_t StableHash(std::string_view bytes);
uint64_t HashCombine(uint64_t a, uint64_t b);

class Rng {
 public:
  explicit Rng(uint64_t seed);

  // A stream that depends on this one's seed and `name` only, not on what was drawn before.
  Rng Stream(std::string_view name) const;

  uint64_t Next();
  uint64_t Below(uint64_t n);               // uniform in [0, n); n > 0
  int64_t Between(int64_t lo, int64_t hi);  // uniform in [lo, hi], both included
  double Uniform();                         // [0, 1)
  bool Chance(double probability);
  double Exponential(double mean);
  double Normal(double mean, double deviation);
  std::string Name(int letters);  // as generateName's suffix: no vowels, no look-alikes
  std::string Uuid();             // RFC 4122, version 4

 private:
  uint64_t seed_;
  std::array<uint64_t, 4> state_;
};

}  // namespace stowage
