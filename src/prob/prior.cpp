#include "prob/prior.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numbers>

#include "prob/special.hpp"

namespace hillock::prob {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double log_sqrt_two_pi = 0.91893853320467274178;

/// One row per family: the whole difference in what its arguments may be.
struct FamilyRow {
  Family family;
  const char* name;
  std::size_t arity;
  const char* signature;
  bool ordered;         ///< the two arguments are bounds, lower < upper
  bool first_positive;  ///< the first argument must be > 0
  bool last_positive;   ///< the last argument must be > 0
};

constexpr FamilyRow rows[] = {
    {Family::uniform, "uniform", 2, "uniform(lower, upper)", true, false, false},
    {Family::loguniform, "loguniform", 2, "loguniform(lower, upper)", true, true, true},
    {Family::normal, "normal", 2, "normal(mean, sd)", false, false, true},
    {Family::lognormal, "lognormal", 2, "lognormal(median, sd of the logarithm)", false, true, true},
    {Family::halfnormal, "halfnormal", 1, "halfnormal(sd)", false, true, true},
    {Family::exponential, "exponential", 1, "exponential(mean)", false, true, true},
};

const FamilyRow& row_of(Family family) { return rows[static_cast<std::size_t>(family)]; }

std::string number(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", x);
  return text;
}

/// logistic(u), logistic(-u) and the log of their product, without cancellation.
struct Logistic {
  double s, complement, log_product;
};
Logistic logistic(double u) {
  const double e = std::exp(-std::fabs(u));
  const double small = e / (1.0 + e), large = 1.0 / (1.0 + e);
  return {u < 0 ? small : large, u < 0 ? large : small, -std::fabs(u) - 2.0 * std::log1p(e)};
}

double clamp_finite(double x) { return std::min(x, std::numeric_limits<double>::max()); }

}  // namespace

std::string_view to_string(Family family) { return row_of(family).name; }

const std::vector<std::string>& family_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> out;
    for (const FamilyRow& row : rows) out.emplace_back(row.name);
    return out;
  }();
  return names;
}

Prior::Prior(Family family, std::span<const double> arguments)
    : family_(family), arity_(arguments.size()), arguments_{arguments[0], arguments.size() > 1 ? arguments[1] : 0.0} {
  if (family_ == Family::uniform) width_ = arguments_[1] - arguments_[0];
  if (family_ == Family::loguniform) {
    log_lower_ = std::log(arguments_[0]);
    width_ = std::log(arguments_[1]) - log_lower_;
  }
}

Result<Prior> Prior::make(std::string_view family, std::span<const double> arguments, std::string_view where) {
  const std::string place(where);
  const auto* row =
      std::find_if(std::begin(rows), std::end(rows), [&](const FamilyRow& r) { return family == r.name; });
  if (row == std::end(rows)) {
    std::string hint = nearest(family, family_names());
    if (!hint.empty()) hint = "did you mean `" + hint + "`?";
    std::string known;
    for (const FamilyRow& r : rows) known += (known.empty() ? "" : ", ") + std::string(r.name);
    return fail("prior-family", "there is no prior `" + std::string(family) + "`; known are " + known, place, hint);
  }
  if (arguments.size() != row->arity) {
    return fail("prior-arguments",
                std::string("`") + row->name + "` takes " + std::to_string(row->arity) +
                    (row->arity == 1 ? " argument, found " : " arguments, found ") + std::to_string(arguments.size()),
                place, std::string("write ") + row->signature);
  }
  Errors errors;
  const auto complain = [&](const char* code, std::string message) {
    errors.push_back(Error{code, std::move(message), std::nullopt, place, std::string("write ") + row->signature});
  };
  bool finite = true;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (std::isfinite(arguments[i])) continue;
    finite = false;
    complain("prior-not-finite", std::string("argument ") + std::to_string(i + 1) + " of `" + row->name +
                                     "` must be a finite number, found " + number(arguments[i]));
  }
  if (row->first_positive && arguments[0] <= 0.0) {
    complain("prior-not-positive", std::string("the ") +
                                       (row->ordered      ? "lower bound"
                                        : row->arity == 2 ? "median"
                                                          : "argument") +
                                       " of `" + row->name + "` must be above 0, found " + number(arguments[0]));
  }
  if (row->last_positive && row->arity == 2 && arguments[1] <= 0.0) {
    complain("prior-not-positive", std::string("the ") + (row->ordered ? "upper bound" : "standard deviation") +
                                       " of `" + row->name + "` must be above 0, found " + number(arguments[1]));
  }
  if (finite && row->ordered && arguments[0] >= arguments[1]) {
    complain("prior-bounds", std::string("the lower bound of `") + row->name + "` must be below the upper one, found " +
                                 number(arguments[0]) + " and " + number(arguments[1]));
  }
  if (finite && row->ordered && errors.empty() && !std::isfinite(arguments[1] - arguments[0])) {
    complain("prior-bounds", std::string("the bounds of `") + row->name + "` are too far apart for a double");
  }
  if (!errors.empty()) return fail(std::move(errors));
  return Prior(row->family, arguments);
}

double Prior::lower() const {
  switch (family_) {
    case Family::uniform:
    case Family::loguniform: return arguments_[0];
    case Family::normal: return -infinity;
    default: return 0.0;
  }
}

double Prior::upper() const {
  return family_ == Family::uniform || family_ == Family::loguniform ? arguments_[1] : infinity;
}

double Prior::log_density(double x) const {
  if (!(x >= lower() && x <= upper())) return -infinity;
  const double a = arguments_[0], b = arguments_[1];
  switch (family_) {
    case Family::uniform: return -std::log(width_);
    case Family::loguniform: return -std::log(x) - std::log(width_);
    case Family::normal: {
      const double z = (x - a) / b;
      return -0.5 * z * z - std::log(b) - log_sqrt_two_pi;
    }
    case Family::lognormal: {
      if (x <= 0.0 || x == infinity) return -infinity;
      const double z = (std::log(x) - std::log(a)) / b;
      return -0.5 * z * z - std::log(x) - std::log(b) - log_sqrt_two_pi;
    }
    case Family::halfnormal: {
      const double z = x / a;
      return -0.5 * z * z + std::numbers::ln2 - std::log(a) - log_sqrt_two_pi;
    }
    case Family::exponential: return -x / a - std::log(a);
  }
  bug(__FILE__, __LINE__, "unknown prior family");
}

double Prior::cdf(double x) const {
  if (std::isnan(x)) return x;
  if (x <= lower()) return 0.0;
  if (x >= upper()) return 1.0;
  const double a = arguments_[0], b = arguments_[1];
  switch (family_) {
    case Family::uniform: return (x - a) / width_;
    case Family::loguniform: return (std::log(x) - log_lower_) / width_;
    case Family::normal: return normal_cdf((x - a) / b);
    case Family::lognormal: return normal_cdf((std::log(x) - std::log(a)) / b);
    case Family::halfnormal: return std::erf(x / (a * std::numbers::sqrt2));
    case Family::exponential: return -std::expm1(-x / a);
  }
  bug(__FILE__, __LINE__, "unknown prior family");
}

double Prior::quantile(double p) const {
  HILLOCK_CHECK(p >= 0.0 && p <= 1.0, "a quantile needs p in [0, 1]");
  if (p == 0.0) return lower();
  if (p == 1.0) return upper();
  const double a = arguments_[0], b = arguments_[1];
  switch (family_) {
    // Inside the bounds by at least one double, so that a draw is never at u = +-inf.
    case Family::uniform: return std::clamp(a + width_ * p, std::nextafter(a, b), std::nextafter(b, a));
    case Family::loguniform:
      return std::clamp(std::exp(log_lower_ + width_ * p), std::nextafter(a, b), std::nextafter(b, a));
    case Family::normal: return a + b * normal_quantile(p);
    case Family::lognormal: return a * std::exp(b * normal_quantile(p));
    case Family::halfnormal: return a * std::numbers::sqrt2 * erf_inverse(p);
    case Family::exponential: return -a * std::log1p(-p);
  }
  bug(__FILE__, __LINE__, "unknown prior family");
}

double Prior::mean() const {
  const double a = arguments_[0], b = arguments_[1];
  switch (family_) {
    case Family::uniform: return 0.5 * a + 0.5 * b;
    case Family::loguniform: return (b - a) / width_;
    case Family::normal: return a;
    case Family::lognormal: return a * std::exp(0.5 * b * b);
    case Family::halfnormal: return a * std::sqrt(2.0 / std::numbers::pi);
    case Family::exponential: return a;
  }
  bug(__FILE__, __LINE__, "unknown prior family");
}

double Prior::variance() const {
  const double a = arguments_[0], b = arguments_[1];
  switch (family_) {
    case Family::uniform: return width_ * width_ / 12.0;
    case Family::loguniform: {
      const double m = (b - a) / width_;
      // The second form cancels for narrow priors, where x is nearly uniform on its bounds.
      if (width_ < 1e-3) return (b - a) * (b - a) / 12.0;
      return 0.5 * (b - a) * (b + a) / width_ - m * m;
    }
    case Family::normal: return b * b;
    case Family::lognormal: return a * a * std::exp(b * b) * std::expm1(b * b);
    case Family::halfnormal: return a * a * (1.0 - 2.0 / std::numbers::pi);
    case Family::exponential: return a * a;
  }
  bug(__FILE__, __LINE__, "unknown prior family");
}

double Prior::unconstrained_variance() const {
  constexpr double pi2 = std::numbers::pi * std::numbers::pi;
  switch (family_) {
    case Family::uniform:
    case Family::loguniform: return pi2 / 3.0;  // standard logistic
    case Family::normal:
    case Family::lognormal: return arguments_[1] * arguments_[1];
    case Family::halfnormal: return pi2 / 8.0;   // log of a chi variable with 1 degree of freedom: trigamma(1/2)/4
    case Family::exponential: return pi2 / 6.0;  // Gumbel
  }
  bug(__FILE__, __LINE__, "unknown prior family");
}

double Prior::to_unconstrained(double x) const {
  if (std::isnan(x)) return x;
  if (family_ == Family::normal) return x;
  if (x <= lower()) return -infinity;
  if (x >= upper()) return infinity;
  switch (family_) {
    case Family::uniform: return std::log(x - arguments_[0]) - std::log(arguments_[1] - x);
    case Family::loguniform: {
      // log1p of the relative distance keeps its digits next to a bound, where log(x) - log(bound) has none.
      const auto log_ratio = [](double high, double low) {
        const double r = (high - low) / low;
        return r < 0.5 ? std::log1p(r) : std::log(high) - std::log(low);
      };
      return std::log(log_ratio(x, arguments_[0])) - std::log(log_ratio(arguments_[1], x));
    }
    default: return std::log(x);
  }
}

Transformed Prior::transform(double u) const {
  switch (family_) {
    case Family::uniform: {
      const Logistic l = logistic(u);
      // From the nearer end, so that the distance to it keeps its digits.
      const double x = u < 0 ? arguments_[0] + width_ * l.s : arguments_[1] - width_ * l.complement;
      return {std::clamp(x, arguments_[0], arguments_[1]), width_ * l.s * l.complement,
              std::log(width_) + l.log_product, l.complement - l.s};
    }
    case Family::loguniform: {
      const Logistic l = logistic(u);
      const double x =
          u < 0 ? arguments_[0] * std::exp(width_ * l.s) : arguments_[1] * std::exp(-width_ * l.complement);
      const double inside = std::clamp(x, arguments_[0], arguments_[1]);
      return {inside, clamp_finite(inside * width_ * l.s * l.complement),
              log_lower_ + width_ * l.s + std::log(width_) + l.log_product,
              width_ * l.s * l.complement + (l.complement - l.s)};
    }
    case Family::normal: return {u, 1.0, 0.0, 0.0};
    default: {
      const double x = clamp_finite(std::exp(u));
      return {std::max(x, std::numeric_limits<double>::min()), x, u, 1.0};
    }
  }
}

LogSlope Prior::log_density_unconstrained(double u) const {
  const double a = arguments_[0], b = arguments_[1];
  switch (family_) {
    case Family::uniform:
    case Family::loguniform: {
      const Logistic l = logistic(u);
      return {l.log_product, l.complement - l.s};
    }
    case Family::normal: {
      const double z = (u - a) / b;
      return {-0.5 * z * z - std::log(b) - log_sqrt_two_pi, -z / b};
    }
    case Family::lognormal: {
      const double z = (u - std::log(a)) / b;
      return {-0.5 * z * z - std::log(b) - log_sqrt_two_pi, -z / b};
    }
    case Family::halfnormal: {
      const double square = std::exp(2.0 * (u - std::log(a)));
      return {-0.5 * square + u + std::numbers::ln2 - std::log(a) - log_sqrt_two_pi, 1.0 - square};
    }
    case Family::exponential: {
      const double ratio = std::exp(u - std::log(a));
      return {-ratio + u - std::log(a), 1.0 - ratio};
    }
  }
  bug(__FILE__, __LINE__, "unknown prior family");
}

}  // namespace hillock::prob
