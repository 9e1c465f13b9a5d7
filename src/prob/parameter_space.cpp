#include "prob/parameter_space.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace hillock::prob {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t block = 256;  // rows at once: the columns of a block stay in the first cache

/// N(0, 1), or its kin: what stands in where a conditional prior has no arguments.
const Prior& unit_member(Family family) {
  static const auto make = [](Family f) {
    const double arguments[2] = {f == Family::normal ? 0.0 : 1.0, 1.0};
    return *Prior::of(f, std::span(arguments, arity(f)));
  };
  static const Prior normal = make(Family::normal), lognormal = make(Family::lognormal),
                     halfnormal = make(Family::halfnormal), exponential = make(Family::exponential);
  switch (family) {
    case Family::normal: return normal;
    case Family::lognormal: return lognormal;
    case Family::halfnormal: return halfnormal;
    default: return exponential;
  }
}

/// The arguments of one conditional prior along the rows of a block, and their slopes.
class BlockArguments {
 public:
  /// Row r of the block is row first + r of `x`.
  void evaluate(const Conditional& c, const Array2& x, std::size_t first, std::size_t rows, bool with_slopes) {
    family_ = c.family;
    rows_ = rows;
    parents_ = c.given.size();
    given_.resize(parents_ * rows);
    for (std::size_t k = 0; k < parents_; ++k)
      for (std::size_t r = 0; r < rows; ++r) given_[k * rows + r] = x(first + r, c.given[k]);
    arguments_.resize(arity(c.family) * rows);
    slopes_.resize(with_slopes ? arity(c.family) * parents_ * rows : 0);
    c.arguments->evaluate(rows, given_, arguments_, slopes_);
  }
  [[nodiscard]] std::optional<Prior> prior(std::size_t r) const {
    double at[2] = {0.0, 0.0};
    for (std::size_t a = 0; a < arity(family_); ++a) at[a] = arguments_[a * rows_ + r];
    return Prior::of(family_, std::span(at, arity(family_)));
  }
  [[nodiscard]] double slope(std::size_t argument, std::size_t parent, std::size_t r) const {
    return slopes_[(argument * parents_ + parent) * rows_ + r];
  }

 private:
  Family family_ = Family::normal;
  std::size_t rows_ = 0, parents_ = 0;
  std::vector<double> given_, arguments_, slopes_;
};

/// Calls do(first, rows) for the blocks of `rows` rows.
template <class Do>
void in_blocks(std::size_t rows, const Do& act) {
  for (std::size_t first = 0; first < rows; first += block) act(first, std::min(block, rows - first));
}

}  // namespace

ParameterSpace::ParameterSpace(std::vector<std::string> names, std::vector<Entry> entries)
    : names_(std::move(names)), entries_(std::move(entries)) {
  for (const Entry& entry : entries_) {
    const auto* fixed = std::get_if<Prior>(&entry);
    independent_ = independent_ && fixed != nullptr;
    maps_.push_back(fixed != nullptr ? *fixed : unit_member(std::get<Conditional>(entry).family));
  }
}

Result<ParameterSpace> ParameterSpace::make(std::vector<std::string> names, const std::vector<Prior>& priors) {
  return make_joint(std::move(names), std::vector<Entry>(priors.begin(), priors.end()));
}

Result<ParameterSpace> ParameterSpace::make_joint(std::vector<std::string> names, std::vector<Entry> priors) {
  HILLOCK_CHECK(names.size() == priors.size(), "a parameter space needs one prior per name");
  Errors errors;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool first = std::find(names.begin(), names.begin() + i, names[i]) == names.begin() + i;
    const bool again = std::find(names.begin() + i + 1, names.end(), names[i]) != names.end();
    if (first && again) {
      errors.push_back(Error{"parameter-twice", "the parameter `" + names[i] + "` is given more than once",
                             std::nullopt, names[i], "give every parameter one name of its own"});
    }
    const auto* conditional = std::get_if<Conditional>(&priors[i]);
    if (conditional == nullptr) continue;
    HILLOCK_CHECK(conditional->arguments != nullptr, "a conditional prior without its arguments");
    if (!may_be_conditional(conditional->family))
      errors.push_back(
          Error{"prior-conditional",
                "the bounds of `" + std::string(to_string(conditional->family)) + "` cannot depend on other parameters",
                std::nullopt, names[i], "normal, lognormal, halfnormal, exponential"});
    for (const std::size_t k : conditional->given)
      if (k >= i)
        errors.push_back(Error{"prior-order",
                               "the prior of `" + names[i] + "` reads `" +
                                   (k < names.size() ? names[k] : std::to_string(k)) +
                                   "`, which does not come before it",
                               std::nullopt, names[i], "a prior reads parameters before its own"});
  }
  if (!errors.empty()) return fail(std::move(errors));
  return ParameterSpace(std::move(names), std::move(priors));
}

std::optional<std::size_t> ParameterSpace::find(std::string_view name) const {
  const auto at = std::find(names_.begin(), names_.end(), name);
  if (at == names_.end()) return std::nullopt;
  return static_cast<std::size_t>(at - names_.begin());
}

const Prior& ParameterSpace::prior(std::size_t i) const {
  const auto* fixed = std::get_if<Prior>(&entries_[i]);
  HILLOCK_CHECK(fixed != nullptr, "a conditional prior was taken for one that stands alone");
  return *fixed;
}

std::vector<double> ParameterSpace::centre() const {
  std::vector<double> x(size());
  for (std::size_t i = 0; i < size(); ++i) x[i] = prior_given(i, x).value_or(maps_[i]).quantile(0.5);
  return x;
}

Array2 ParameterSpace::to_constrained(const Array2& u) const {
  HILLOCK_CHECK(u.cols == size(), "a point has as many coordinates as there are parameters");
  Array2 x(u.rows, u.cols);
  for (std::size_t r = 0; r < u.rows; ++r) {
    for (std::size_t c = 0; c < u.cols; ++c) x(r, c) = maps_[c].to_constrained(u(r, c));
  }
  return x;
}

Array2 ParameterSpace::to_unconstrained(const Array2& x) const {
  HILLOCK_CHECK(x.cols == size(), "a point has as many coordinates as there are parameters");
  Array2 u(x.rows, x.cols);
  for (std::size_t r = 0; r < x.rows; ++r) {
    for (std::size_t c = 0; c < x.cols; ++c) u(r, c) = maps_[c].to_unconstrained(x(r, c));
  }
  return u;
}

Array2 ParameterSpace::jacobian(const Array2& u) const {
  HILLOCK_CHECK(u.cols == size(), "a point has as many coordinates as there are parameters");
  Array2 out(u.rows, u.cols);
  for (std::size_t r = 0; r < u.rows; ++r) {
    for (std::size_t c = 0; c < u.cols; ++c) out(r, c) = maps_[c].transform(u(r, c)).dx_du;
  }
  return out;
}

void ParameterSpace::log_density_unconstrained(const Array2& u, std::span<double> value, Array2* gradient) const {
  HILLOCK_CHECK(u.cols == size() && value.size() == u.rows, "batch shapes must agree");
  HILLOCK_CHECK(gradient == nullptr || (gradient->rows == u.rows && gradient->cols == u.cols),
                "batch shapes must agree");
  Array2 x, dx_du;  // what conditional priors read
  if (!independent_) x = to_constrained(u);
  if (!independent_ && gradient != nullptr) dx_du = jacobian(u);
  std::fill(value.begin(), value.end(), 0.0);
  if (gradient != nullptr) std::fill(gradient->values.begin(), gradient->values.end(), 0.0);
  BlockArguments at;
  in_blocks(u.rows, [&](std::size_t first, std::size_t rows) {
    for (std::size_t c = 0; c < size(); ++c) {
      const auto* conditional = std::get_if<Conditional>(&entries_[c]);
      if (conditional == nullptr) {
        for (std::size_t k = first; k < first + rows; ++k) {
          const LogSlope here = maps_[c].log_density_unconstrained(u(k, c));
          value[k] += here.value;
          if (gradient == nullptr) continue;
          (*gradient)(k, c) = independent_ ? here.derivative : (*gradient)(k, c) + here.derivative;
        }
        continue;
      }
      at.evaluate(*conditional, x, first, rows, gradient != nullptr);
      for (std::size_t r = 0; r < rows; ++r) {
        const std::size_t k = first + r;
        const auto prior = at.prior(r);
        if (!prior) {
          value[k] = -infinity;
          continue;
        }
        const LogSlope here = prior->log_density_unconstrained(u(k, c));
        value[k] += here.value;
        if (gradient == nullptr) continue;
        (*gradient)(k, c) += here.derivative;
        const std::array<double, 2> by_argument = prior->argument_slopes(u(k, c));
        for (std::size_t g = 0; g < conditional->given.size(); ++g) {
          double sum = 0.0;
          for (std::size_t a = 0; a < arity(conditional->family); ++a) sum += by_argument[a] * at.slope(a, g, r);
          const std::size_t parent = conditional->given[g];
          (*gradient)(k, parent) += sum * dx_du(k, parent);
        }
      }
    }
  });
  if (independent_ || gradient == nullptr) return;
  for (std::size_t k = 0; k < u.rows; ++k)
    if (value[k] == -infinity) std::fill(gradient->row(k).begin(), gradient->row(k).end(), 0.0);
}

Array2 ParameterSpace::sample(std::uint64_t seed, std::uint64_t first, std::size_t count) const {
  Array2 x(count, size());
  BlockArguments at;
  in_blocks(count, [&](std::size_t begin, std::size_t rows) {
    for (std::size_t r = begin; r < begin + rows; ++r) {
      Rng rng(seed, stream_id("prior"), first + r);
      for (std::size_t c = 0; c < size(); ++c) x(r, c) = conditional(c) ? rng.uniform() : maps_[c].sample(rng);
    }
    for (std::size_t c = 0; c < size(); ++c) {
      const auto* conditional = std::get_if<Conditional>(&entries_[c]);
      if (conditional == nullptr) continue;
      at.evaluate(*conditional, x, begin, rows, false);
      for (std::size_t r = 0; r < rows; ++r) x(begin + r, c) = at.prior(r).value_or(maps_[c]).quantile(x(begin + r, c));
    }
  });
  return x;
}

Array2 ParameterSpace::from_standard_normal(const Array2& z, std::span<double> log_slope) const {
  HILLOCK_CHECK(z.cols == size(), "a point has as many coordinates as there are parameters");
  HILLOCK_CHECK(log_slope.empty() || log_slope.size() == z.rows, "batch shapes must agree");
  Array2 x(z.rows, z.cols);
  std::fill(log_slope.begin(), log_slope.end(), 0.0);
  BlockArguments at;
  in_blocks(z.rows, [&](std::size_t first, std::size_t rows) {
    for (std::size_t c = 0; c < size(); ++c) {
      const auto* conditional = std::get_if<Conditional>(&entries_[c]);
      if (conditional != nullptr) at.evaluate(*conditional, x, first, rows, false);
      for (std::size_t r = 0; r < rows; ++r) {
        const std::size_t k = first + r;
        const std::optional<Prior> found = conditional != nullptr ? at.prior(r) : std::nullopt;
        const Prior& prior = found ? *found : maps_[c];
        x(k, c) = prior.from_standard_normal(z(k, c));
        if (log_slope.empty()) continue;
        log_slope[k] += conditional != nullptr && !found ? infinity : prior.log_dx_dz(x(k, c), z(k, c));
      }
    }
  });
  return x;
}

Array2 ParameterSpace::to_standard_normal(const Array2& x, std::span<double> log_slope) const {
  HILLOCK_CHECK(x.cols == size(), "a point has as many coordinates as there are parameters");
  HILLOCK_CHECK(log_slope.empty() || log_slope.size() == x.rows, "batch shapes must agree");
  Array2 z(x.rows, x.cols);
  std::fill(log_slope.begin(), log_slope.end(), 0.0);
  BlockArguments at;
  in_blocks(x.rows, [&](std::size_t first, std::size_t rows) {
    for (std::size_t c = 0; c < size(); ++c) {
      const auto* conditional = std::get_if<Conditional>(&entries_[c]);
      if (conditional != nullptr) at.evaluate(*conditional, x, first, rows, false);
      for (std::size_t r = 0; r < rows; ++r) {
        const std::size_t k = first + r;
        const std::optional<Prior> found = conditional != nullptr ? at.prior(r) : std::nullopt;
        const Prior& prior = found ? *found : maps_[c];
        z(k, c) = prior.to_standard_normal(x(k, c));
        if (log_slope.empty() || log_slope[k] == infinity) continue;
        const bool massless = (conditional != nullptr && !found) || std::isinf(z(k, c));
        log_slope[k] = massless ? infinity : log_slope[k] + prior.log_dx_dz(x(k, c), z(k, c));
      }
    }
  });
  return z;
}

Array2 ParameterSpace::curvature(std::span<const double> u) const {
  constexpr double h = 1e-3;
  const std::size_t d = size();
  Array2 points(2 * d, d);
  for (std::size_t k = 0; k < 2 * d; ++k) {
    std::copy(u.begin(), u.end(), points.row(k).begin());
    points(k, k / 2) += k % 2 == 0 ? h : -h;
  }
  std::vector<double> value(2 * d);
  Array2 gradient(2 * d, d), out(d, d);
  log_density_unconstrained(points, value, &gradient);
  const auto slope = [&](std::size_t i, std::size_t j) {
    return (gradient(2 * i + 1, j) - gradient(2 * i, j)) / (2 * h);
  };
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j) out(i, j) = 0.5 * (slope(i, j) + slope(j, i));
  return out;
}

void ParameterSpace::add_conditional_information(std::span<const double> u, Array2& information) const {
  if (independent_) return;
  const std::size_t d = size();
  HILLOCK_CHECK(information.rows == d && information.cols == d, "the information is d x d");
  Array2 at_u(1, d);
  std::copy(u.begin(), u.end(), at_u.values.begin());
  const Array2 x = to_constrained(at_u), dx_du = jacobian(at_u);
  BlockArguments at;
  const auto add = [&](const std::vector<double>& v, double weight) {
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j) information(i, j) += weight * v[i] * v[j];
  };
  for (std::size_t c = 0; c < d; ++c) {
    const auto* conditional = std::get_if<Conditional>(&entries_[c]);
    if (conditional == nullptr) continue;
    at.evaluate(*conditional, x, 0, 1, true);
    const auto prior = at.prior(0);
    if (!prior) continue;
    const std::span<const double> arguments = prior->arguments();
    /// The direction in u along which argument a grows, times `factor`.
    const auto along = [&](std::size_t a, double factor) {
      std::vector<double> v(d, 0.0);
      for (std::size_t g = 0; g < conditional->given.size(); ++g)
        v[conditional->given[g]] += factor * at.slope(a, g, 0) * dx_du(0, conditional->given[g]);
      return v;
    };
    switch (conditional->family) {
      case Family::normal:
      case Family::lognormal: {
        // Of N(m, s) about u - m, and about s: 1/s^2 and 2/s^2.
        std::vector<double> v = along(0, conditional->family == Family::normal ? -1.0 : -1.0 / arguments[0]);
        v[c] += 1.0;
        const double precision = 1.0 / (arguments[1] * arguments[1]);
        add(v, precision);
        add(along(1, 1.0), 2.0 * precision);
        break;
      }
      case Family::halfnormal:
      case Family::exponential: {
        // log p is a function of t = u - log scale: e^2t/2 - t of mean second derivative 2, e^t - t of 1.
        std::vector<double> v = along(0, -1.0 / arguments[0]);
        v[c] += 1.0;
        add(v, conditional->family == Family::halfnormal ? 2.0 : 1.0);
        break;
      }
      case Family::uniform:
      case Family::loguniform: break;
    }
  }
}

}  // namespace hillock::prob
