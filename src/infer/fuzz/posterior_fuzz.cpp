// A saved posterior that somebody has altered is refused or answers; what it answers with is written as it was read.
// Random bytes rarely come past a header and a checksum, so the input is a list of changes to the parts of a good file.
//
// First byte: which file (a density of parameters; one that is cut; one of a trace; one of trials; a likelihood whose
// simulations fail here and there, seen from near; a ratio). Then, again and again: what to change, which one, and how.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <variant>

#include "infer/learnt_ratio.hpp"
#include "infer/nle.hpp"
#include "infer/npe.hpp"
#include "infer/saved_posterior.hpp"
#include "infer/test/simulators.hpp"
#include "nn/saved_network.hpp"

namespace {

using namespace hillock;
using namespace hillock::infer;

constexpr std::size_t most_changes = 8;

/// The changes, byte by byte; zeros at their end.
class Changes {
 public:
  Changes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  [[nodiscard]] bool more() const { return at_ < size_; }
  std::uint8_t byte() { return at_ < size_ ? data_[at_++] : std::uint8_t{0}; }
  std::size_t index(std::size_t count) { return count == 0 ? 0 : (byte() * 256U + byte()) % count; }
  double number() {
    constexpr double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
    constexpr double odd[] = {0.0,   -0.0, 1.0,  -1.0, 0.5,  2.0,          3.0,  1e-300, 1e300, 1e15,
                              -1e15, 1e6,  1e-9, inf,  -inf, 4294967296.0, 17.0, 0.99,   nan};
    return odd[byte() % std::size(odd)];
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_, at_ = 0;
};

void need(bool good) {
  if (!good) std::abort();
}

NpeOptions small_npe(std::size_t rounds) {
  NpeOptions o;
  o.estimator.density = "maf";
  o.estimator.members = rounds > 1 ? 2 : 1;
  o.estimator.steps = 1;
  o.estimator.hidden = 3;
  o.estimator.blocks = 1;
  o.estimator.batch = 32;
  o.estimator.embedding_hidden = 2;
  o.estimator.embedding_outputs = 2;
  o.rounds = rounds;
  o.draws = 50;
  return o;
}

template <class Method, class Options>
nn::SavedNetwork learn(Method method, const Options& options, FunctionSimulator simulator,
                       const prob::ParameterSpace& space, std::vector<double> observed, std::uint64_t simulations,
                       StatisticLayout layout = {}) {
  SimulationProblem p = problem_of(simulator, space, observed);
  p.layout = std::move(layout);
  p.threads = 1;
  InferenceBudget budget;
  budget.simulations = simulations;
  Silent silent;
  const auto learnt = method(p, options, budget, silent);
  need(learnt.has_value());
  const auto saved = SavedPosterior::of(*learnt, space, simulator.statistics(), std::move(observed));
  need(saved.has_value());
  auto network = nn::network_from_bytes(saved->to_bytes(), "fuzz");
  need(network.has_value());
  return std::move(*network);
}

FunctionSimulator repeated(std::size_t values) {
  return FunctionSimulator(statistic_names(values), [](std::span<const double> p, Rng& rng, std::span<double> x) {
    for (double& v : x) v = p[0] + 0.5 * rng.normal();
    return std::uint16_t{0};
  });
}

/// Fails on one side, and knows its second parameter well.
FunctionSimulator failing() {
  return FunctionSimulator(statistic_names(2),
                           [](std::span<const double> p, Rng& rng, std::span<double> x) {
                             x[0] = p[0] + 0.3 * rng.normal();
                             x[1] = p[1] + 0.01 * rng.normal();
                             return static_cast<std::uint16_t>(p[0] + 0.3 * rng.normal() < -1.0 ? 1 : 0);
                           },
                           {"fell over"});
}

nn::SavedNetwork ratio(const prob::ParameterSpace& space) {
  FunctionSimulator simulator = failing();
  SimulationProblem p = problem_of(simulator, space, {0.5, 0.4});
  p.threads = 1;
  NreOptions o;
  o.simulations = 1500;
  o.ratio.hidden = 3;
  o.ratio.blocks = 1;
  o.sampler.draws = 200;
  Silent silent;
  auto learnt = nre(p, o, silent);
  need(learnt.has_value());
  SimulationPosterior out;
  out.method = "nre";
  out.scale = learnt->posterior.scale;
  out.log_evidence = learnt->draws.log_evidence;
  out.likelihood = std::make_shared<LearntRatio>(std::move(learnt->posterior), p.observed);
  const auto saved = SavedPosterior::of(out, space, simulator.statistics(), p.observed);
  need(saved.has_value());
  auto network = nn::network_from_bytes(saved->to_bytes(), "fuzz");
  need(network.has_value());
  return std::move(*network);
}

const std::vector<nn::SavedNetwork>& files() {
  static const std::vector<nn::SavedNetwork> made = [] {
    const LinearGaussian linear{2};
    const auto two = linear.space(), one = same_priors(1, "normal", {0.0, 1.0}),
               box = same_priors(2, "uniform", {-3.0, 3.0});
    std::vector<nn::SavedNetwork> out;
    out.push_back(learn(npe, small_npe(1), linear.simulator(), two, linear.observed(), 300));
    out.push_back(learn(npe, small_npe(4), linear.simulator(), two, linear.observed(), 1500));
    out.push_back(learn(npe, small_npe(1), repeated(6), one, std::vector<double>(6, 0.3), 300,
                        StatisticLayout::of(Embedding::trace, 0, 6, 1)));
    out.push_back(learn(npe, small_npe(1), repeated(4), one, std::vector<double>(4, 0.3), 300,
                        StatisticLayout::of(Embedding::set, 0, 4, 1)));
    NleOptions o;
    o.estimator = small_npe(4).estimator;
    o.rounds = 3;
    o.draws = 200;
    o.particles = 200;
    out.push_back(learn(nle, o, failing(), box, {0.5, 0.4}, 1500));
    out.push_back(ratio(box));
    return out;
  }();
  return made;
}

void change_array(nn::NamedArray& array, Changes& changes) {
  switch (changes.byte() % 5) {
    case 0:  // one number
      std::visit(
          [&](auto& values) {
            if (values.empty()) return;
            const std::size_t at = changes.index(values.size());
            const double v = changes.number();
            if (std::isfinite(v)) values[at] = static_cast<typename std::decay_t<decltype(values)>::value_type>(v);
          },
          array.values);
      break;
    case 1:  // all of them
      std::visit(
          [&](auto& values) {
            const double v = changes.number();
            if (std::isfinite(v) && std::abs(v) < 1e30)
              for (auto& x : values) x = static_cast<std::decay_t<decltype(x)>>(v);
          },
          array.values);
      break;
    case 2:  // another length
      std::visit(
          [&](auto& values) {
            values.resize(changes.index(2 * values.size() + 2));
            array.sizes = {values.size()};
          },
          array.values);
      break;
    case 3:  // another shape of the same numbers
      std::visit([&](auto& values) { array.sizes = {1, values.size()}; }, array.values);
      break;
    default: array.name += changes.byte() % 2 == 0 ? "-0" : "x"; break;
  }
}

void change(nn::SavedNetwork& network, Changes& changes) {
  const std::uint8_t what = changes.byte();
  if (what % 4 == 0 && !network.fields.empty()) {
    auto at = network.fields.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(changes.index(network.fields.size())));
    constexpr const char* texts[] = {"",    "0",    "1",     "2",   "3",        "-1",
                                     "yes", "none", "trace", "set", "gaussian", "logarithms"};
    const std::size_t which = changes.byte() % (std::size(texts) + 1);
    if (which == std::size(texts)) network.fields.erase(at);
    else at->second = texts[which];
    return;
  }
  if (network.arrays.empty()) return;
  const std::size_t which = changes.index(network.arrays.size());
  if (what % 4 == 1) {
    network.arrays.erase(network.arrays.begin() + static_cast<std::ptrdiff_t>(which));
    return;
  }
  change_array(network.arrays[which], changes);
}

/// to_bytes refuses names that are there twice: that is no file.
bool can_be_written(const nn::SavedNetwork& network) {
  for (std::size_t i = 0; i < network.arrays.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (network.arrays[i].name == network.arrays[j].name) return false;
  return true;
}

void answer(const SavedPosterior& posterior, bool likelihood) {
  const std::size_t d = posterior.space().size();
  Array2 z(3, d);
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t j = 0; j < d; ++j) z(k, j) = static_cast<double>(k) - 1.0;
  const Array2 at = posterior.space().from_standard_normal(z);
  const auto density = posterior.log_density(at, posterior.observed());
  need(density ? density->size() == 3 : !density.error().empty());
  if (likelihood) return;  // annealing takes long, and asks nothing else of the file
  const auto draws = posterior.draw(posterior.observed(), 20, 1);
  need(draws ? draws->rows == 20 && draws->cols == d : !draws.error().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Changes changes(data, size);
  nn::SavedNetwork network = files()[changes.byte() % files().size()];
  const bool likelihood = network.fields.contains("learnt");
  for (std::size_t n = 0; n < most_changes && changes.more(); ++n) change(network, changes);
  if (!can_be_written(network)) return 0;
  const auto posterior = SavedPosterior::from_bytes(nn::to_bytes(network), "fuzz");
  if (!posterior) {
    need(!posterior.error().empty());
    return 0;
  }
  const auto again = SavedPosterior::from_bytes(posterior->to_bytes(), "fuzz");
  need(again.has_value() && again->to_bytes() == posterior->to_bytes());
  answer(*posterior, likelihood || network.fields.contains("learnt"));
  return 0;
}
