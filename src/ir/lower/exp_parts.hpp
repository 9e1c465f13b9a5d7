#pragma once
/// The pieces of e^x that exp, the hyperbolic functions and pow share.

#include "ir/lower/build.hpp"

namespace hillock::ir {

/// Adding 1.5*2^52 to |a| < 2^51 rounds a to a whole number, held in the low bits; subtracting it gives that number.
inline constexpr double round_magic = 0x1.8p52;
/// The same for multiples of 1/16, |a| < 2^47: the low bits count sixteenths.
inline constexpr double sixteenth_magic = 0x1.8p48;

/// value * 2^exponent, exponent a whole number.
struct Scaled {
  NodeId value;
  NodeId exponent;
};

/// e^x for |x| < 2000: value in [0.97, 2.05), within 1.1 ulp.
[[nodiscard]] Scaled exp_scaled(Build& b, NodeId x);

/// 2^n e^r for n a multiple of 1/16 and |r| <= ln2/32.
[[nodiscard]] Scaled exp_join(Build& b, NodeId n, NodeId r);

/// e^x - 1 = value * 2^exponent for -41 < x < 1500, and unit = 2^-exponent, so e^x = (value + unit) 2^exponent.
/// exponent = 0 exactly where |x| <= ln2/2. At x = -0 value is +0.
struct Expm1Scaled {
  NodeId value;
  NodeId unit;
  NodeId exponent;
  NodeId rest;  ///< what `value` was rounded by: value + rest is right to about 0.25 ulp of value
};
[[nodiscard]] Expm1Scaled expm1_scaled(Build& b, NodeId x);

}  // namespace hillock::ir
