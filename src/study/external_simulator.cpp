#include "study/external_simulator.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "base/parallel.hpp"

namespace hillock::study {
namespace {

/// Errors about the program, at its place in the study file.
std::unexpected<Errors> at_command(Errors errors, const Origin& origin) {
  for (Error& error : errors)
    if (error.where == origin.key && !error.span) error.span = origin.span;
  return fail(std::move(errors));
}

}  // namespace

Result<std::unique_ptr<ExternalSimulator>> ExternalSimulator::start(const ResolvedStudy& study,
                                                                    const ExternalParameters& parameters, int threads,
                                                                    const std::function<bool()>& stop) {
  const ModelOptions& model = study.model;
  io::worker::PoolOptions options;
  options.command = model.command.texts;
  options.folder = model.folder;
  options.hello.protocol = model.protocol == "binary" ? io::worker::Protocol::binary : io::worker::Protocol::json;
  options.hello.parameters = parameters.space.names();
  for (const units::Unit& unit : parameters.units) options.hello.units.push_back(units::describe(unit.dimension));
  options.hello.statistics = model.statistics.texts;
  options.workers = static_cast<int>(model.workers > 0 ? model.workers : threads > 0 ? threads : default_threads());
  options.time_limit = model.time_limit.seconds;
  options.start_limit = model.start_limit.seconds;
  options.seed = static_cast<std::uint64_t>(study.seed);
  auto pool = io::worker::Pool::start(std::move(options), stop);
  if (!pool) return at_command(std::move(pool.error()), model.command.origin);
  return std::unique_ptr<ExternalSimulator>(new ExternalSimulator(std::move(*pool), model.command.origin));
}

Result<void> ExternalSimulator::run(const Array2& parameters, std::uint64_t first, infer::Simulations& answer,
                                    const std::function<bool()>& stop) {
  auto done = pool_->run(parameters, first, {answer.x, answer.failed, answer.undefined}, stop);
  if (!done) return at_command(std::move(done.error()), origin_);
  return {};
}

Result<void> check_observed(std::span<const double> observed, const std::vector<std::string>& statistics,
                            const Origin& where) {
  if (observed.size() == statistics.size()) return {};
  constexpr std::ptrdiff_t most = 20;
  const auto count = static_cast<std::ptrdiff_t>(statistics.size());
  const std::vector<std::string> shown(statistics.begin(), statistics.begin() + std::min(count, most));
  return fail(where.error("statistics-count",
                          fmt::format("there are {} observed values for {} statistics", observed.size(), count),
                          fmt::format("in this order: {}{}", fmt::join(shown, ", "), count > most ? ", ..." : "")));
}

}  // namespace hillock::study
