#include "study/posterior_axis.hpp"

namespace hillock::study {

report::PosteriorAxis posterior_axis(const prob::ParameterSpace& space, const prob::Marginals& marginals,
                                     std::size_t parameter, const units::Unit& unit, double best) {
  report::PosteriorAxis axis;
  axis.name = space.names()[parameter];
  axis.unit = unit.name;
  const prob::Family family = space.family(parameter);
  axis.log_scale = family != prob::Family::uniform && family != prob::Family::normal;
  axis.prior_low = unit.from_si(space.lower(parameter));
  axis.prior_high = unit.from_si(space.upper(parameter));
  axis.best = best;
  if (family == prob::Family::uniform || family == prob::Family::loguniform) return axis;
  constexpr int places = 200;
  std::vector<double> at;
  for (int i = 1; i < places; ++i) at.push_back(marginals.quantile(parameter, 0.001 + 0.998 * i / places));
  const std::vector<double> density = marginals.density(parameter, at);
  for (std::size_t i = 0; i < at.size(); ++i) {
    axis.prior_at.push_back(unit.from_si(at[i]));
    axis.prior_density.push_back(axis.log_scale ? density[i] * at[i] : density[i] * unit.factor);
  }
  return axis;
}

}  // namespace hillock::study
