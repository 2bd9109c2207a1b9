// Functions that the C library rounds differently from machine to machine, in plain arithmetic: the
// same everywhere, to about 14 digits.
#pragma once

namespace stowage::scheduler::gap {

// The natural logarithm; x > 0.
inline double Ln(double x) {
  constexpr double kLn2 = 0.693147180559945309;
  int twos = 0;
  for (; x < 0.75; x *= 2) --twos;
  for (; x > 1.5; x /= 2) ++twos;
  const double y = (x - 1) / (x + 1), y2 = y * y;
  double sum = 0, power = y;
  for (int n = 1; n < 30; n += 2, power *= y2) sum += power / n;
  return 2 * sum + twos * kLn2;
}

// e^x for x <= 0.
inline double Exp(double x) {
  int squarings = 0;
  for (; x < -0.125; x /= 2) ++squarings;
  double sum = 1, term = 1;
  for (int n = 1; n < 12; ++n) sum += term *= x / n;
  for (; squarings > 0; --squarings) sum *= sum;
  return sum;
}

// The same for x <= 0 to about 8 digits, and faster; 0 below -40.
inline double QuickExp(double x) {
  if (x < -40) return 0;
  double scale = 1;
  if (x < -16) x += 16, scale = 1.1253517471925911e-7;  // e^-16
  if (x < -16) x += 16, scale *= 1.1253517471925911e-7;
  x *= 0.03125;
  double sum = 1 + x * (1.0 / 9);
  for (const double inverse :
       {1.0 / 8, 1.0 / 7, 1.0 / 6, 1.0 / 5, 1.0 / 4, 1.0 / 3, 1.0 / 2, 1.0}) {
    sum = 1 + x * inverse * sum;
  }
  sum *= sum, sum *= sum, sum *= sum, sum *= sum;
  return scale * sum * sum;
}

}  // namespace stowage::scheduler::gap
