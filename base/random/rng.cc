#include "base/random/rng.h"

#include <cmath>

namespace stowage {
namespace {

uint64_t SplitMix(uint64_t& x) {
  uint64_t z = (x += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

uint64_t Rotl(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

constexpr std::string_view kNameLetters = "bcdfghjklmnpqrstvwxz2456789";
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr double kTwoPi = 6.283185307179586;

}  // namespace

uint64_t StableHash(std::string_view bytes) {
  uint64_t h = 0xcbf29ce484222325ull;
  for (unsigned char c : bytes) h = (h ^ c) * 0x100000001b3ull;
  return SplitMix(h);
}

uint64_t HashCombine(uint64_t a, uint64_t b) {
  uint64_t x = a ^ Rotl(b + 0x9e3779b97f4a7c15ull, 23);
  return SplitMix(x);
}

Rng::Rng(uint64_t seed) : seed_(seed) {
  uint64_t x = seed;
  for (uint64_t& s : state_) s = SplitMix(x);
}

Rng Rng::Stream(std::string_view name) const { return Rng(HashCombine(seed_, StableHash(name))); }

uint64_t Rng::Next() {
  const uint64_t result = Rotl(state_[1] * 5, 7) * 9;
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = Rotl(state_[3], 45);
  return result;
}

uint64_t Rng::Below(uint64_t n) {
  // Rejection keeps it exactly uniform.
  const uint64_t limit = UINT64_MAX - UINT64_MAX % n;
  uint64_t x = Next();
  while (x >= limit) x = Next();
  return x % n;
}

int64_t Rng::Between(int64_t lo, int64_t hi) {
  const uint64_t span = static_cast<uint64_t>(hi) - static_cast<uint64_t>(lo) + 1;
  const uint64_t offset = span == 0 ? Next() : Below(span);
  return static_cast<int64_t>(static_cast<uint64_t>(lo) + offset);
}

double Rng::Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

bool Rng::Chance(double probability) { return Uniform() < probability; }

double Rng::Exponential(double mean) { return -mean * std::log1p(-Uniform()); }

double Rng::Normal(double mean, double deviation) {
  const double radius = std::sqrt(-2.0 * std::log1p(-Uniform()));
  return mean + deviation * radius * std::cos(kTwoPi * Uniform());
}

std::string Rng::Name(int letters) {
  std::string out;
  for (int i = 0; i < letters; ++i) out += kNameLetters[Below(kNameLetters.size())];
  return out;
}

std::string Rng::Uuid() {
  std::string out;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) out += '-';
    uint64_t digit = Below(16);
    if (i == 12) digit = 4;
    if (i == 16) digit = 8 + digit % 4;
    out += kHexDigits[digit];
  }
  return out;
}

}  // namespace stowage
