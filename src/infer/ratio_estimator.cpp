#include "infer/ratio_estimator.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/option_ranges.hpp"
#include "base/parallel.hpp"
#include "infer/linear_gaussian_ratio.hpp"
#include "nn/operations/contrastive_loss.hpp"
#include "nn/operations/linear.hpp"
#include "nn/operations/logistic_loss.hpp"
#include "nn/operations/sum.hpp"
#include "nn/saved_network.hpp"

namespace hillock::infer {
namespace {

constexpr std::size_t chunk = 128;
constexpr std::size_t patience = 720;  // steps
/// Beyond it the start's log ratio goes on as a logarithm: simulators with little noise are far from linear by so much.
constexpr double start_limit = 1000.0;
/// Inputs are kept within it.
constexpr double input_limit = 8.0;

/// Near the identity at 0, never beyond `input_limit`; and its slope.
double bounded(double v) { return v / std::sqrt(1.0 + v * v / (input_limit * input_limit)); }
float bounded(float v) { return v / std::sqrt(1.0F + v * v * static_cast<float>(1.0 / (input_limit * input_limit))); }
double bounded_slope(double v) { return std::pow(1.0 + v * v / (input_limit * input_limit), -1.5); }

double tempered(double r) { return start_limit * std::asinh(r / start_limit); }
double tempered_slope(double r) { return 1.0 / std::hypot(1.0, r / start_limit); }

/// Column by column: (v - mean) / sd, bounded.
struct Scale {
  std::vector<double> mean, inverse;

  static Scale of(const Array2& a) {
    Scale s;
    const auto n = static_cast<double>(a.rows);
    for (std::size_t c = 0; c < a.cols; ++c) {
      double sum = 0.0, squares = 0.0;
      for (std::size_t r = 0; r < a.rows; ++r) sum += a(r, c);
      for (std::size_t r = 0; r < a.rows; ++r) squares += (a(r, c) - sum / n) * (a(r, c) - sum / n);
      s.mean.push_back(sum / n);
      s.inverse.push_back(squares > 0.0 ? 1.0 / std::sqrt(squares / n) : 1.0);
    }
    return s;
  }
  [[nodiscard]] double raw(double v, std::size_t c) const { return (v - mean[c]) * inverse[c]; }
};

/// The network, with a place for what it sees and for the start's log ratio.
struct Network {
  nn::Var inputs, start, f;

  Network(nn::Tape& tape, std::size_t rows, const RatioOptions& o) : inputs(tape.value(rows)), start(tape.value(1)) {
    nn::LinearOptions how;
    how.activation = nn::Activation::silu;
    nn::Var h = nn::linear(tape, inputs, o.hidden, how);
    for (std::size_t b = 0; b < o.blocks; ++b) {
      how.activation = nn::Activation::silu;
      const nn::Var inner = nn::linear(tape, h, o.hidden, how);
      how.activation = nn::Activation::none;
      h = nn::sum(tape, h, nn::linear(tape, inner, o.hidden, how));
    }
    how.activation = nn::Activation::none;
    how.gain = 0.01;  // near the start at first
    f = nn::sum(tape, nn::linear(tape, h, 1, how), start);
  }
};

}  // namespace

Result<void> RatioOptions::validate() const {
  OptionRanges ranges;
  ranges.need(contrasts >= 2 && contrasts <= 64, "contrasts", static_cast<double>(contrasts), "between 2 and 64");
  ranges.need(hidden >= 1 && hidden <= 4096, "hidden", static_cast<double>(hidden), "between 1 and 4096");
  ranges.need(blocks <= 16, "blocks", static_cast<double>(blocks), "at most 16");
  Errors errors;
  if (auto good = std::move(ranges).result(); !good) errors = std::move(good.error());
  if (auto good = EnsembleOptions{members, batch, rate, decay, average, patience, threads, seed}.validate(); !good)
    errors.insert(errors.end(), good.error().begin(), good.error().end());
  if (loss != "contrastive" && loss != "logistic")
    errors.push_back({"ratio-loss", "`" + loss + "` is no loss of a ratio estimator", std::nullopt, "loss",
                      "it is \"contrastive\" or \"logistic\""});
  if (!errors.empty()) return fail(std::move(errors));
  return {};
}

struct RatioEstimator::State {
  RatioOptions options;
  std::size_t d = 0, c = 0;
  LinearGaussianRatio linear;
  double share = 1.0;
  Scale z_scale, x_scale;
  // What answers are made with: the same network without a loss behind it.
  nn::Tape tape;
  std::unique_ptr<Network> network;
  std::unique_ptr<NetworkEnsemble> ensemble;  // null: read from a file
  std::vector<std::vector<float>> read;       // its members then
  nn::Var inputs{}, start{}, label{};         // of the tape that learns

  [[nodiscard]] std::size_t members() const { return ensemble ? ensemble->members() : read.size(); }
  [[nodiscard]] const std::vector<float>& parameters(std::size_t m) const {
    return ensemble ? ensemble->parameters(m) : read[m];
  }
  void answer_with_network() { network = std::make_unique<Network>(tape, d + 2 * c, options); }

  // A prepared pair: z and x as the network sees them, g, u, and the marginal part of the start.
  [[nodiscard]] std::size_t width() const { return d + 3 * c + 1; }
  [[nodiscard]] std::size_t contrasts() const { return options.loss == "logistic" ? 2 : options.contrasts; }
  [[nodiscard]] std::size_t x_at() const { return d; }
  [[nodiscard]] std::size_t g_at() const { return d + c; }
  [[nodiscard]] std::size_t u_at() const { return d + 2 * c; }
  [[nodiscard]] std::size_t marginal_at() const { return d + 3 * c; }

  /// The start's log ratio of one pair's x with another's z.
  [[nodiscard]] double start_of(const float* x_side, const float* z_side) const {
    double squares = 0.0;
    for (std::size_t i = 0; i < c; ++i) {
      const double w = static_cast<double>(x_side[u_at() + i]) - static_cast<double>(z_side[g_at() + i]);
      squares += w * w;
    }
    return tempered(static_cast<double>(x_side[marginal_at()]) - 0.5 * squares);
  }

  /// Item by item its own z, then those of the items behind it in the batch: the order of the batch is random, so are
  /// these.
  void feed(const RatioPairs& pairs, nn::Pass& pass, std::span<const std::uint32_t> batch, std::size_t first,
            std::size_t count) const {
    const std::size_t k = contrasts(), stride = pass.extent().stride;
    float* in = pass.value(inputs);
    float* begin = pass.value(start);
    std::size_t s = 0;
    for (std::size_t item = first; item < first + count; ++item) {
      const float* x_side = pairs.values.data() + batch[item] * width();
      for (std::size_t j = 0; j < k; ++j, ++s) {
        const float* z_side = pairs.values.data() + batch[(item + j) % batch.size()] * width();
        for (std::size_t i = 0; i < d; ++i) in[i * stride + s] = z_side[i];
        for (std::size_t i = 0; i < c; ++i) in[(x_at() + i) * stride + s] = x_side[x_at() + i];
        for (std::size_t i = 0; i < c; ++i)
          in[(g_at() + i) * stride + s] = bounded(x_side[u_at() + i] - z_side[g_at() + i]);
        begin[s] = static_cast<float>(share * start_of(x_side, z_side));
        if (options.loss == "logistic") pass.row(label, 0)[s] = j == 0 ? 1.0F : 0.0F;
      }
    }
    for (std::size_t r = 0; r < d + 2 * c; ++r) {
      const std::span<float> row = pass.row(inputs, r);
      std::fill(row.begin() + static_cast<std::ptrdiff_t>(s), row.end(), 0.0F);
    }
    for (; s < pass.extent().samples; ++s) begin[s] = 0.0F;
  }

  /// The share of the start that tells contrasts best, or all of it where that is as good within chance. The objective,
  /// a sum of log probabilities, is concave in the share: golden section.
  void choose_share(const RatioPairs& pairs) {
    const std::size_t k = contrasts(), n = std::min<std::size_t>(pairs.count, 5000);
    std::vector<double> starts;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < k; ++j)
        starts.push_back(start_of(pairs.values.data() + i * width(), pairs.values.data() + (i + j) % n * width()));
    const auto objective = [&](double a) {
      double sum = 0.0;
      for (std::size_t i = 0; i < n; ++i) {
        const double* f = starts.data() + i * k;
        const double top = a * *std::max_element(f, f + k);
        double all = 0.0;
        for (std::size_t j = 0; j < k; ++j) all += std::exp(a * f[j] - top);
        sum += a * f[0] - top - std::log(all);
      }
      return sum;
    };
    constexpr double golden = 0.61803398874989485;
    double low = 0.0, high = 1.0;
    double one = high - golden, two = low + golden;
    double at_one = objective(one), at_two = objective(two);
    for (int step = 0; step < 24; ++step) {
      if (at_one < at_two) {
        low = one, one = two, at_one = at_two;
        two = low + golden * (high - low), at_two = objective(two);
      } else {
        high = two, two = one, at_two = at_one;
        one = high - golden * (high - low), at_one = objective(one);
      }
    }
    share = 0.5 * (low + high);
    // 3 nats are 2.4 standard errors of the share.
    if (objective(share) < objective(1.0) + 3.0) share = 1.0;
  }
};

RatioEstimator::RatioEstimator(std::unique_ptr<State> state) : state_(std::move(state)) {}
RatioEstimator::RatioEstimator(RatioEstimator&&) noexcept = default;
RatioEstimator& RatioEstimator::operator=(RatioEstimator&&) noexcept = default;
RatioEstimator::~RatioEstimator() = default;

Result<RatioEstimator> RatioEstimator::create(const Array2& z, const Array2& x, const RatioOptions& options) {
  if (Result<void> good = options.validate(); !good) return fail(good.error());
  HILLOCK_CHECK(z.rows == x.rows && z.cols > 0 && x.cols > 0, "pairs of unequal number, or without columns");
  auto state = std::make_unique<State>();
  State& s = *state;
  s.options = options;
  if (z.rows < 4 * s.contrasts())
    return fail("too-few-simulations",
                "ratio estimation with " + std::to_string(s.contrasts()) + " contrasts takes " +
                    std::to_string(4 * s.contrasts()) + " simulations that end well, found " + std::to_string(z.rows),
                "simulations", "simulate more, or ask for fewer contrasts");
  s.d = z.cols, s.c = x.cols;
  s.linear = LinearGaussianRatio::fit(z, x);
  s.z_scale = Scale::of(z);
  s.x_scale = Scale::of(x);
  s.answer_with_network();
  nn::Tape learning;
  const Network network(learning, s.d + 2 * s.c, options);
  s.inputs = network.inputs, s.start = network.start;
  nn::Var objective{};
  if (options.loss == "logistic") {
    s.label = learning.value(1);
    objective = nn::logistic_loss(learning, network.f, s.label);
  } else {
    objective = nn::contrastive_loss(learning, network.f, s.contrasts());
  }
  const EnsembleOptions how{.members = options.members,
                            .batch = std::max(options.batch, 2 * s.contrasts()),
                            .rate = options.rate,
                            .decay = options.decay,
                            .average = options.average,
                            .patience = patience,
                            .threads = options.threads,
                            .seed = options.seed};
  s.ensemble = std::make_unique<NetworkEnsemble>(std::move(learning), objective, s.contrasts(), how);
  RatioEstimator out(std::move(state));
  out.state_->choose_share(out.prepare(z, x));
  return out;
}

std::size_t RatioEstimator::dimension() const { return state_->d; }
std::size_t RatioEstimator::statistics() const { return state_->c; }
double RatioEstimator::start_share() const { return state_->share; }
void RatioEstimator::plan_steps(std::int64_t steps) { state_->ensemble->plan_steps(steps); }
std::int64_t RatioEstimator::steps() const { return state_->ensemble->steps(); }

RatioPairs RatioEstimator::prepare(const Array2& z, const Array2& x) const {
  const State& s = *state_;
  HILLOCK_CHECK(z.rows == x.rows && z.cols == s.d && x.cols == s.c, "pairs of another shape");
  RatioPairs out;
  out.count = z.rows;
  out.values.resize(z.rows * s.width());
  std::vector<double> w(s.c);
  for (std::size_t k = 0; k < z.rows; ++k) {
    float* to = out.values.data() + k * s.width();
    for (std::size_t i = 0; i < s.d; ++i) to[i] = static_cast<float>(bounded(s.z_scale.raw(z(k, i), i)));
    for (std::size_t i = 0; i < s.c; ++i) to[s.x_at() + i] = static_cast<float>(bounded(s.x_scale.raw(x(k, i), i)));
    s.linear.whiten_parameters(z.row(k), w);
    std::ranges::transform(w, to + s.g_at(), [](double v) { return static_cast<float>(v); });
    s.linear.whiten_statistics(x.row(k), w);
    std::ranges::transform(w, to + s.u_at(), [](double v) { return static_cast<float>(v); });
    to[s.marginal_at()] = static_cast<float>(s.linear.marginal(x.row(k)));
  }
  return out;
}

double RatioEstimator::learn(const RatioPairs& pairs, const Progress& progress) {
  HILLOCK_CHECK(pairs.count >= state_->contrasts(), "fewer pairs than contrasts");
  return state_->ensemble->learn(
      pairs.count,
      [&](nn::Pass& pass, std::span<const std::uint32_t> batch, std::size_t first, std::size_t count) {
        state_->feed(pairs, pass, batch, first, count);
      },
      progress);
}

StoredTraining RatioEstimator::learn_stored(const RatioPairs& pairs, std::size_t most_epochs,
                                            const Progress& progress) {
  const State& s = *state_;
  HILLOCK_CHECK(pairs.count >= 2 * s.contrasts(), "too few pairs for contrasts");
  const double share =
      std::max(0.1, static_cast<double>(s.contrasts()) / static_cast<double>(pairs.count) * (1.0 + 1e-9));
  const auto held = held_out(pairs.count, s.options.members, std::min(share, 0.5), s.options.seed);
  return state_->ensemble->learn_stored(
      pairs.count, held,
      [&](nn::Pass& pass, std::span<const std::uint32_t> batch, std::size_t first, std::size_t count) {
        state_->feed(pairs, pass, batch, first, count);
      },
      most_epochs, progress);
}

void RatioEstimator::log_ratio(const Array2& z, std::span<const double> x, std::span<double> value,
                               Array2* by_z) const {
  const State& s = *state_;
  HILLOCK_CHECK(z.cols == s.d && x.size() == s.c && value.size() == z.rows, "points or statistics of another shape");
  if (by_z) *by_z = Array2(z.rows, s.d);
  std::vector<double> u(s.c);
  std::vector<float> seen(s.c);
  s.linear.whiten_statistics(x, u);
  for (std::size_t i = 0; i < s.c; ++i) seen[i] = static_cast<float>(bounded(s.x_scale.raw(x[i], i)));
  const double marginal = s.linear.marginal(x);
  const Array2& g_slope = s.linear.slope();
  const auto members = static_cast<double>(s.members());
  const std::size_t pieces = (z.rows + chunk - 1) / chunk, groups = std::min<std::size_t>(pieces, 64);
  parallel_for(groups, s.options.threads, [&](std::size_t group) {
    nn::Pass pass(s.tape, chunk, by_z != nullptr);
    std::vector<float> unused(by_z ? s.tape.parameter_count() : 0), ones(chunk, 1.0F);
    Array2 w(chunk, s.c), slope(chunk, s.d + 2 * s.c);
    std::vector<double> start(chunk), sum(chunk);
    for (std::size_t piece = group; piece < pieces; piece += groups) {
      const std::size_t first = piece * chunk, count = std::min(chunk, z.rows - first);
      pass.resize(count);
      const std::size_t stride = pass.extent().stride;
      for (std::size_t k = 0; k < pass.extent().samples; ++k) {
        // What fills the last lanes is a point like the others.
        const std::size_t at = std::min(k, count - 1);
        const std::span<const double> zk = z.row(first + at);
        float* in = pass.value(s.network->inputs);
        for (std::size_t i = 0; i < s.d; ++i) in[i * stride + k] = static_cast<float>(bounded(s.z_scale.raw(zk[i], i)));
        s.linear.whiten_parameters(zk, w.row(at));
        double squares = 0.0;
        for (std::size_t i = 0; i < s.c; ++i) {
          w(at, i) = u[i] - w(at, i);
          squares += w(at, i) * w(at, i);
          in[(s.x_at() + i) * stride + k] = seen[i];
          in[(s.g_at() + i) * stride + k] = static_cast<float>(bounded(w(at, i)));
        }
        start[at] = marginal - 0.5 * squares;
        pass.row(s.network->start, 0)[k] = 0.0F;  // added below, in double
      }
      std::ranges::fill(sum, 0.0);
      std::ranges::fill(slope.values, 0.0);
      for (std::size_t m = 0; m < s.members(); ++m) {
        const std::vector<float>& parameters = s.parameters(m);
        pass.forward(parameters);
        const float* f = pass.value(s.network->f);
        for (std::size_t k = 0; k < count; ++k) sum[k] += static_cast<double>(f[k]) / members;
        if (!by_z) continue;
        pass.backward(parameters, s.network->f, ones, unused);
        const float* df = pass.slope(s.network->inputs);
        for (std::size_t k = 0; k < count; ++k)
          for (std::size_t i = 0; i < slope.cols; ++i) slope(k, i) += static_cast<double>(df[i * stride + k]) / members;
      }
      for (std::size_t k = 0; k < count; ++k) {
        value[first + k] = sum[k] + s.share * tempered(start[k]);
        if (!by_z) continue;
        const double outer = s.share * tempered_slope(start[k]);
        for (std::size_t j = 0; j < s.d; ++j) {
          double total = slope(k, j) * bounded_slope(s.z_scale.raw(z(first + k, j), j)) * s.z_scale.inverse[j];
          // w = u - g(z)
          for (std::size_t i = 0; i < s.c; ++i)
            total += g_slope(i, j) * (outer * w(k, i) - slope(k, s.g_at() + i) * bounded_slope(w(k, i)));
          (*by_z)(first + k, j) = total;
        }
      }
    }
  });
}

void RatioEstimator::save(nn::SavedNetwork& network) const {
  const State& s = *state_;
  network.fields["ratio-hidden"] = std::to_string(s.options.hidden);
  network.fields["ratio-blocks"] = std::to_string(s.options.blocks);
  const auto add = [&](const char* name, std::vector<double> values) {
    const std::size_t size = values.size();
    network.arrays.push_back({name, {size}, std::move(values)});
  };
  add("ratio-parameter-means", s.z_scale.mean);
  add("ratio-parameter-scales", s.z_scale.inverse);
  add("ratio-statistic-means", s.x_scale.mean);
  add("ratio-statistic-scales", s.x_scale.inverse);
  add("ratio-start-share", {s.share});
  add("ratio-start", s.linear.numbers());
  for (std::size_t m = 0; m < s.members(); ++m)
    network.arrays.push_back({"ratio-member-" + std::to_string(m), {s.parameters(m).size()}, s.parameters(m)});
}

Result<RatioEstimator> RatioEstimator::load(const nn::SavedNetwork& network, const std::string& where) {
  const auto damaged = [&] {
    return fail("network-damaged", "what it says of a likelihood ratio does not fit together", where);
  };
  const auto hidden = nn::whole_field(network, "ratio-hidden"), blocks = nn::whole_field(network, "ratio-blocks");
  if (!hidden || !blocks) return damaged();
  auto state = std::make_unique<State>();
  State& s = *state;
  s.options.hidden = *hidden;
  s.options.blocks = *blocks;
  if (!s.options.validate()) return damaged();
  const auto take = [&](const char* name) {
    const nn::NamedArray* found = nn::find_array(network, name);
    const auto* values = found ? std::get_if<std::vector<double>>(&found->values) : nullptr;
    return values ? *values : std::vector<double>();
  };
  s.z_scale = {take("ratio-parameter-means"), take("ratio-parameter-scales")};
  s.x_scale = {take("ratio-statistic-means"), take("ratio-statistic-scales")};
  const std::vector<double> share = take("ratio-start-share");
  s.d = s.z_scale.mean.size(), s.c = s.x_scale.mean.size();
  const auto linear = LinearGaussianRatio::from(take("ratio-start"), s.d, s.c);
  if (s.d == 0 || s.z_scale.inverse.size() != s.d || s.x_scale.inverse.size() != s.c || share.size() != 1 || !linear ||
      !(share[0] >= 0.0 && share[0] <= 1.0))
    return damaged();
  s.share = share[0];
  s.linear = *linear;
  s.answer_with_network();
  for (const nn::NamedArray* found = nullptr;
       (found = nn::find_array(network, "ratio-member-" + std::to_string(s.read.size())));) {
    const auto* values = std::get_if<std::vector<float>>(&found->values);
    if (!values || values->size() != s.tape.parameter_count()) return damaged();
    s.read.push_back(*values);
  }
  if (s.read.empty()) return damaged();
  return RatioEstimator(std::move(state));
}

}  // namespace hillock::infer
