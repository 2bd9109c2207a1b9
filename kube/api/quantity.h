// Quantity: amounts exactly as Kubernetes defines them (apimachinery resource.Quantity): suffixes
// n u m "" k M G T P E, Ki Mi Gi Ti Pi Ei, and decimal exponents (12e6, 1E3). Integers inside.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result/result.h"

namespace stowage::kube {

class Quantity {
 public:
  enum class Format { kDecimalSI, kBinarySI, kDecimalExponent };

  Quantity() = default;  // "0"
  static Quantity FromMilli(int64_t milli, Format format = Format::kDecimalSI);
  static Quantity FromWhole(int64_t whole, Format format = Format::kDecimalSI);

  // kInvalid for what Kubernetes refuses. Finer than nano is rounded up (away from zero); of the
  // binary suffixes larger than 2^63-1 is capped, as Kubernetes does (of the others 10^28).
  static Result<Quantity> Parse(std::string_view text);

  // Rounded up (away from zero), capped at the limits of int64.
  int64_t Milli() const;
  int64_t Whole() const;

  // Canonical: no fraction, the largest suffix that loses nothing, in the format it was read in.
  std::string ToString() const;

  bool zero() const { return nano_ == 0; }
  Format format() const { return format_; }
  friend std::strong_ordering operator<=>(const Quantity& a, const Quantity& b) {
    return a.nano_ <=> b.nano_;
  }
  friend bool operator==(const Quantity& a, const Quantity& b) { return a.nano_ == b.nano_; }
  Quantity operator+(const Quantity& other) const;
  Quantity operator-(const Quantity& other) const;

 private:
  __int128 nano_ = 0;
  Format format_ = Format::kDecimalSI;
};

// The amount of resource `name` in the integers that Stowage counts in: milli for "cpu", whole
// units (rounded up) for all else.
int64_t ResourceAmount(std::string_view name, const Quantity& quantity);
Quantity ResourceQuantity(std::string_view name, int64_t amount);  // back; memory in BinarySI

}  // namespace stowage::kube
