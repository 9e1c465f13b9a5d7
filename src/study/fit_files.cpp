#include "study/fit_files.hpp"

#include "io/netcdf/netcdf.hpp"

namespace hillock::study {
namespace {

using io::netcdf::Attribute;
using io::netcdf::Group;
using io::netcdf::Variable;

constexpr std::size_t prior_draws = 1000;

std::string unit_of(const ir::Model& model, std::size_t parameter) {
  return model.symbol(model.parameters[parameter].symbol).unit.name;
}

/// One variable per parameter, in its display unit.
void add_parameters(Group& group, const PosteriorFile& f, const Array2& si) {
  for (std::size_t j = 0; j < f.space->size(); ++j) {
    const units::Unit& unit = f.model->symbol(f.model->parameters[j].symbol).unit;
    std::vector<double> values = si.column(j);
    for (double& v : values) v = unit.from_si(v);
    group.vars.push_back(
        {f.space->names()[j], {"chain", "draw"}, std::move(values), {{"units", unit_of(*f.model, j)}}});
  }
}

std::vector<double> in_unit(std::vector<double> values, const units::Unit& unit, bool spread = false) {
  for (double& v : values) v = spread ? v / unit.factor : unit.from_si(v);
  return values;
}

Group per_sample(const PosteriorFile& f, const std::string& name, bool predicted) {
  Group group{name, {}, {}, {}, {}};
  for (std::size_t s = 0; s < f.splits.size(); ++s) {
    const LoadedSplit& split = *f.splits[s];
    const std::string time = "time_" + split.name;
    std::vector<double> times;
    for (std::size_t i = 0; i < split.experiment.samples; ++i) times.push_back(split.experiment.time_of(i) * 1e3);
    group.dims.push_back({time, split.experiment.samples});
    group.vars.push_back({time, {time}, std::move(times), {{"units", std::string("ms")}}});
    for (std::size_t o = 0; o < f.model->observations.size(); ++o) {
      const ir::Observation& observation = f.model->observations[o];
      const std::string base = split.name + "_" + observation.channel;
      if (!predicted) {
        group.vars.push_back({base,
                              {time},
                              in_unit(split.experiment.observed.at(observation.channel), observation.unit),
                              {{"units", observation.unit.name}}});
        continue;
      }
      const Prediction& p = f.predictions[s]->channels[o];
      const auto add = [&](const char* what, const std::vector<double>& values, bool spread, const char* meaning) {
        if (values.empty()) return;
        group.vars.push_back({base + what,
                              {time},
                              in_unit(values, observation.unit, spread),
                              {{"units", observation.unit.name}, {"long_name", std::string(meaning)}}});
      };
      add("_best", p.best, false, "trace of the best fit");
      add("_mean", p.mean, false, "posterior mean of the noiseless trace");
      add("_sd_parameters", p.sd_parameters, true, "posterior standard deviation of the noiseless trace");
      add("_sd", p.sd_total, true, "predictive standard deviation, noise included");
    }
    if (!predicted) {
      std::vector<std::int64_t> kept(split.experiment.mask.begin(), split.experiment.mask.end());
      group.vars.push_back(
          {split.name + "_kept", {time}, std::move(kept), {{"long_name", std::string("1: compared, 0: left out")}}});
    }
  }
  return group;
}

}  // namespace

Result<void> write_posterior(const std::string& path, const PosteriorFile& f) {
  const PosteriorResult& p = *f.posterior;
  Group root;
  root.attrs = {{"inference_library", std::string("hillock")},
                {"inference_library_version", f.version},
                {"method", p.method},
                {"seed", static_cast<std::int64_t>(f.seed)}};
  Group posterior{"posterior", {{"chain", p.chains}, {"draw", p.draws}}, {}, {}, {}};
  add_parameters(posterior, f, f.space->to_constrained(p.points));
  Group stats{"sample_stats", {{"chain", p.chains}, {"draw", p.draws}}, {}, {}, {}};
  stats.vars.push_back({"lp", {"chain", "draw"}, p.log_density, {}});
  const auto add = [&](const char* name, const auto& values) {
    if (!values.empty()) stats.vars.push_back({name, {"chain", "draw"}, values, {}});
  };
  add("acceptance_rate", p.acceptance);
  add("step_size", p.step_size);
  add("energy", p.energy);
  add("diverging", p.diverging);
  add("tree_depth", p.depth);
  add("n_steps", p.leapfrogs);
  Group prior{"prior", {{"chain", 1}, {"draw", prior_draws}}, {}, {}, {}};
  add_parameters(prior, f, f.space->sample(f.seed, 0, prior_draws));
  root.groups = {std::move(posterior), std::move(stats), std::move(prior), per_sample(f, "posterior_predictive", true),
                 per_sample(f, "observed_data", false)};
  return io::netcdf::write(path, root);
}

}  // namespace hillock::study
