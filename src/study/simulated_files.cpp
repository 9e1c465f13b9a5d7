#include "study/simulated_files.hpp"

#include "io/netcdf/netcdf.hpp"

namespace hillock::study {
namespace {

using io::netcdf::Group;

constexpr std::size_t prior_draws = 1000;

void add_parameters(Group& group, const SimulatedProblem& problem, const Array2& si) {
  for (std::size_t j = 0; j < problem.space().size(); ++j) {
    const units::Unit& unit = problem.units()[j];
    std::vector<double> values = si.column(j);
    for (double& v : values) v = unit.from_si(v);
    group.vars.push_back({problem.space().names()[j], {"chain", "draw"}, std::move(values), {{"units", unit.name}}});
  }
}

void add_statistics(Group& group, const SimulatedProblem& problem, const Array2& x, std::vector<std::string> dims) {
  for (std::size_t j = 0; j < problem.statistics().size(); ++j) {
    const units::Unit& unit = problem.statistics()[j].unit;
    std::vector<double> values = x.column(j);
    for (double& v : values) v = unit.from_si(v);
    group.vars.push_back({"statistic_" + std::to_string(j),
                          dims,
                          std::move(values),
                          {{"units", unit.name}, {"long_name", problem.statistics()[j].name}}});
  }
}

}  // namespace

Result<void> write_simulated_posterior(const std::string& path, const SimulatedProblem& problem,
                                       const infer::SimulationPosterior& posterior, const Certified& certified,
                                       const SimulatedChecks& checks, std::uint64_t seed, const std::string& version) {
  Group root;
  root.attrs = {{"inference_library", std::string("hillock")},
                {"inference_library_version", version},
                {"method", posterior.method},
                {"seed", static_cast<std::int64_t>(seed)}};
  // Draws that the exact posterior's have replaced may be chains; their weights have gone with those that had them.
  const bool replaced = certified.replaced;
  const std::size_t chains = replaced ? certified.chains : 1;
  if (!certified.certified.empty()) root.attrs.push_back({"certified", certified.certified});
  Group draws{"posterior", {{"chain", chains}, {"draw", posterior.z.rows / chains}}, {}, {}, {}};
  add_parameters(draws, problem, posterior.parameters);
  Group stats{"sample_stats", {{"chain", chains}, {"draw", posterior.z.rows / chains}}, {}, {}, {}};
  if (posterior.log_density.size() == posterior.z.rows)
    stats.vars.push_back({"lp", {"chain", "draw"}, posterior.log_density, {}});
  if (!replaced && certified.weighed)
    stats.vars.push_back({"log_weight", {"chain", "draw"}, certified.weights.log_weight, {}});
  Group prior{"prior", {{"chain", 1}, {"draw", prior_draws}}, {}, {}, {}};
  add_parameters(prior, problem, problem.space().sample(seed, 0, prior_draws));
  Group observed{"observed_data", {{"row", 1}}, {}, {}, {}};
  Array2 one(1, problem.statistics().size());
  std::ranges::copy(problem.problem().observed, one.values.begin());
  add_statistics(observed, problem, one, {"row"});
  root.groups = {std::move(draws), std::move(stats), std::move(prior)};
  if (checks.predicted.x.rows > 0) {  // all predictions may have failed
    Group predicted{"posterior_predictive", {{"chain", 1}, {"draw", checks.predicted.x.rows}}, {}, {}, {}};
    add_statistics(predicted, problem, checks.predicted.x, {"chain", "draw"});
    root.groups.push_back(std::move(predicted));
  }
  root.groups.push_back(std::move(observed));
  if (checks.ranks.rows > 0) {
    Group ranks{"calibration", {{"simulation", checks.ranks.rows}}, {}, {}, {}};
    for (std::size_t j = 0; j < problem.space().size(); ++j)
      ranks.vars.push_back({problem.space().names()[j],
                            {"simulation"},
                            checks.ranks.column(j),
                            {{"long_name", "rank of a draw of the prior in its own posterior, as a share"}}});
    root.groups.push_back(std::move(ranks));
  }
  return io::netcdf::write(path, root);
}

}  // namespace hillock::study
