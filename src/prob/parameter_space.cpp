#include "prob/parameter_space.hpp"

#include <algorithm>

namespace hillock::prob {

Result<ParameterSpace> ParameterSpace::make(std::vector<std::string> names, std::vector<Prior> priors) {
  HILLOCK_CHECK(names.size() == priors.size(), "a parameter space needs one prior per name");
  Errors errors;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool first = std::find(names.begin(), names.begin() + i, names[i]) == names.begin() + i;
    const bool again = std::find(names.begin() + i + 1, names.end(), names[i]) != names.end();
    if (first && again) {
      errors.push_back(Error{"parameter-twice", "the parameter `" + names[i] + "` is given more than once",
                             std::nullopt, names[i], "give every parameter one name of its own"});
    }
  }
  if (!errors.empty()) return fail(std::move(errors));
  return ParameterSpace(std::move(names), std::move(priors));
}

std::optional<std::size_t> ParameterSpace::find(std::string_view name) const {
  const auto at = std::find(names_.begin(), names_.end(), name);
  if (at == names_.end()) return std::nullopt;
  return static_cast<std::size_t>(at - names_.begin());
}

Array2 ParameterSpace::to_constrained(const Array2& u) const {
  HILLOCK_CHECK(u.cols == size(), "a point has as many coordinates as there are parameters");
  Array2 x(u.rows, u.cols);
  for (std::size_t r = 0; r < u.rows; ++r) {
    for (std::size_t c = 0; c < u.cols; ++c) x(r, c) = priors_[c].to_constrained(u(r, c));
  }
  return x;
}

Array2 ParameterSpace::to_unconstrained(const Array2& x) const {
  HILLOCK_CHECK(x.cols == size(), "a point has as many coordinates as there are parameters");
  Array2 u(x.rows, x.cols);
  for (std::size_t r = 0; r < x.rows; ++r) {
    for (std::size_t c = 0; c < x.cols; ++c) u(r, c) = priors_[c].to_unconstrained(x(r, c));
  }
  return u;
}

Array2 ParameterSpace::jacobian(const Array2& u) const {
  HILLOCK_CHECK(u.cols == size(), "a point has as many coordinates as there are parameters");
  Array2 out(u.rows, u.cols);
  for (std::size_t r = 0; r < u.rows; ++r) {
    for (std::size_t c = 0; c < u.cols; ++c) out(r, c) = priors_[c].transform(u(r, c)).dx_du;
  }
  return out;
}

void ParameterSpace::log_density_unconstrained(const Array2& u, std::span<double> value, Array2* gradient) const {
  HILLOCK_CHECK(u.cols == size() && value.size() == u.rows, "batch shapes must agree");
  HILLOCK_CHECK(gradient == nullptr || (gradient->rows == u.rows && gradient->cols == u.cols),
                "batch shapes must agree");
  for (std::size_t r = 0; r < u.rows; ++r) {
    double sum = 0.0;
    for (std::size_t c = 0; c < u.cols; ++c) {
      const LogSlope at = priors_[c].log_density_unconstrained(u(r, c));
      sum += at.value;
      if (gradient != nullptr) (*gradient)(r, c) = at.derivative;
    }
    value[r] = sum;
  }
}

Array2 ParameterSpace::sample(std::uint64_t seed, std::uint64_t first, std::size_t count) const {
  Array2 x(count, size());
  for (std::size_t r = 0; r < count; ++r) {
    Rng rng(seed, stream_id("prior"), first + r);
    for (std::size_t c = 0; c < size(); ++c) x(r, c) = priors_[c].sample(rng);
  }
  return x;
}

}  // namespace hillock::prob
