// A prior as the image of a standard normal number: the families' maps, each from the nearer tail.

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "prob/normal_tail.hpp"
#include "prob/prior.hpp"

namespace hillock::prob {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double log_sqrt_two_pi = 0.91893853320467274178;
constexpr double least = std::numeric_limits<double>::min();
constexpr double largest = std::numeric_limits<double>::max();

/// P(Z > z) for z >= 0.
double upper_tail(double z) { return 0.5 * std::erfc(z / std::numbers::sqrt2); }

double log_normal_density(double z) { return -0.5 * z * z - log_sqrt_two_pi; }

/// log(high/low) of two positive numbers, also where they are nearly one.
double log_ratio(double high, double low) {
  const double r = (high - low) / low;
  return r < 0.5 ? std::log1p(r) : std::log(high) - std::log(low);
}

/// z, from how far the point is from the lower and from the upper end, as probabilities.
double from_ends(double below, double above) {
  if (below < above) return below > 0.0 ? -upper_quantile(std::min(below, 0.5)) : -infinity;
  return above > 0.0 ? upper_quantile(std::min(above, 0.5)) : infinity;
}

}  // namespace

double Prior::from_standard_normal(double z) const {
  if (std::isnan(z)) return z;
  const double a = arguments_[0], b = arguments_[1];
  const auto strictly_inside = [&](double x) {
    if (x <= a) return std::nextafter(a, b);
    return x >= b ? std::nextafter(b, a) : x;
  };
  switch (family_) {
    case Family::uniform: return strictly_inside(z < 0.0 ? a + width_ * upper_tail(-z) : b - width_ * upper_tail(z));
    case Family::loguniform:
      return strictly_inside(z < 0.0 ? a * std::exp(width_ * upper_tail(-z)) : b * std::exp(-width_ * upper_tail(z)));
    case Family::normal: return std::clamp(a + b * z, -largest, largest);
    case Family::lognormal: return std::clamp(a * std::exp(b * z), least, largest);
    case Family::halfnormal: {
      double t = 0.0;
      if (z < 0.0) {
        t = central_quantile(0.5 * upper_tail(-z));
      } else {
        // Of half the tail: |Z| > t has twice the probability of Z > t.
        t = upper_quantile_log(log_upper_tail(std::min(z, 1e150)) - std::numbers::ln2);
      }
      return std::clamp(a * t, least, largest);
    }
    case Family::exponential:
      return std::clamp(z < 0.0 ? -a * std::log1p(-upper_tail(-z)) : -a * log_upper_tail(std::min(z, 1e150)), least,
                        largest);
  }
  bug(__FILE__, __LINE__, "unknown prior family");
}

double Prior::to_standard_normal(double x) const {
  if (std::isnan(x)) return x;
  if (x <= lower()) return -infinity;
  if (x >= upper()) return infinity;
  const double a = arguments_[0], b = arguments_[1];
  switch (family_) {
    case Family::uniform: return from_ends((x - a) / width_, (b - x) / width_);
    case Family::loguniform: return from_ends(log_ratio(x, a) / width_, log_ratio(b, x) / width_);
    case Family::normal: return (x - a) / b;
    case Family::lognormal: {
      const double r = x / a;  // near 1 the logarithm of the ratio keeps its digits
      return (r > 0.5 && r < 2.0 ? std::log1p((x - a) / a) : std::log(x) - std::log(a)) / b;
    }
    case Family::halfnormal: {
      constexpr double median = 0.67448975019608174;
      const double t = x / a;
      if (t < median) {
        const double below = std::erf(t / std::numbers::sqrt2);
        return below > 0.0 ? -upper_quantile(std::min(below, 0.5)) : -infinity;
      }
      return upper_quantile_log(std::min(std::numbers::ln2 + log_upper_tail(t), -std::numbers::ln2));
    }
    case Family::exponential: {
      const double t = x / a;
      if (t < std::numbers::ln2) {
        const double below = -std::expm1(-t);
        return below > 0.0 ? -upper_quantile(std::min(below, 0.5)) : -infinity;
      }
      return upper_quantile_log(-t);
    }
  }
  bug(__FILE__, __LINE__, "unknown prior family");
}

double Prior::log_dx_dz(double x, double z) const {
  switch (family_) {
    // p(x) dx = phi(z) dz, with what cancels left out.
    case Family::uniform: return std::log(width_) + log_normal_density(z);
    case Family::loguniform: return std::log(x) + std::log(width_) + log_normal_density(z);
    case Family::normal: return std::log(arguments_[1]);
    case Family::lognormal: return std::log(x) + std::log(arguments_[1]);
    case Family::halfnormal:
    case Family::exponential: return log_normal_density(z) - log_density(x);
  }
  bug(__FILE__, __LINE__, "unknown prior family");
}

std::optional<Prior> Prior::of(Family family, std::span<const double> arguments) {
  const bool two = family != Family::halfnormal && family != Family::exponential;
  if (arguments.size() != (two ? 2U : 1U)) return std::nullopt;
  for (const double a : arguments)
    if (!std::isfinite(a)) return std::nullopt;
  const bool ordered = family == Family::uniform || family == Family::loguniform;
  const bool first_positive = family != Family::uniform && family != Family::normal;
  if (first_positive && !(arguments[0] > 0.0)) return std::nullopt;
  if (ordered ? !(arguments[0] < arguments[1] && std::isfinite(arguments[1] - arguments[0]))
              : !(arguments.back() > 0.0))
    return std::nullopt;
  return Prior(family, arguments);
}

std::array<double, 2> Prior::argument_slopes(double u) const {
  const double a = arguments_[0], b = arguments_[1];
  switch (family_) {
    case Family::normal: {
      const double z = (u - a) / b;
      return {z / b, (z * z - 1.0) / b};
    }
    case Family::lognormal: {
      const double z = (u - std::log(a)) / b;
      return {z / (a * b), (z * z - 1.0) / b};
    }
    case Family::halfnormal: return {std::expm1(2.0 * (u - std::log(a))) / a, 0.0};
    case Family::exponential: return {std::expm1(u - std::log(a)) / a, 0.0};
    case Family::uniform:
    case Family::loguniform: break;
  }
  bug(__FILE__, __LINE__, "bounds have no slopes: their map to the unconstrained scale would move with them");
}

}  // namespace hillock::prob
