#include "infer/failure_region.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/option_ranges.hpp"
#include "base/parallel.hpp"
#include "base/rng.hpp"
#include "infer/network_ensemble.hpp"
#include "nn/operations/linear.hpp"
#include "nn/operations/logistic_loss.hpp"
#include "nn/saved_network.hpp"
#include "prob/special.hpp"

namespace hillock::infer {
namespace {

constexpr std::size_t chunk = 128;
constexpr double confidence = 0.95;

std::string member_name(const std::string& name, std::size_t m) { return name + "-member-" + std::to_string(m); }

/// log of the logistic function, without overflow.
double log_logistic(double t) { return t < 0.0 ? t - std::log1p(std::exp(t)) : -std::log1p(std::exp(-t)); }

struct Points {
  Array2 z;
  std::vector<std::uint8_t> well;
  [[nodiscard]] std::size_t count() const { return z.rows; }
};

/// Successes and failures in random order, at most `most`.
Points mix(const Array2& well, const Array2& failed, std::size_t most, std::uint64_t seed) {
  const std::size_t n = well.rows + failed.rows;
  std::vector<std::size_t> order(n);
  for (std::size_t i = 0; i < n; ++i) order[i] = i;
  Rng rng(seed, stream_id("failure.points"));
  for (std::size_t i = n; i-- > 1;) std::swap(order[i], order[rng.below(i + 1)]);
  order.resize(std::min(n, most));
  Points out{Array2(order.size(), well.cols), std::vector<std::uint8_t>(order.size())};
  for (std::size_t k = 0; k < order.size(); ++k) {
    out.well[k] = order[k] < well.rows ? 1 : 0;
    std::ranges::copy(out.well[k] ? well.row(order[k]) : failed.row(order[k] - well.rows), out.z.row(k).begin());
  }
  return out;
}

/// a and b of sigma(a + b f) by Newton's method on the log likelihood of Platt's targets, (n+ + 1) / (n+ + 2) and
/// 1 / (n- + 2): they keep b finite where a threshold tells all points apart. b stays positive: the order is the
/// networks'.
std::array<double, 2> platt(const std::vector<double>& f, const std::vector<std::uint8_t>& well) {
  const auto good = static_cast<double>(std::ranges::count(well, std::uint8_t{1}));
  const double bad = static_cast<double>(well.size()) - good;
  const double high = (good + 1.0) / (good + 2.0), low = 1.0 / (bad + 2.0);
  const auto loss = [&](double a, double b) {
    double sum = 0.0;
    for (std::size_t k = 0; k < f.size(); ++k) {
      const double t = a + b * f[k], target = well[k] ? high : low;
      sum -= target * log_logistic(t) + (1.0 - target) * log_logistic(-t);
    }
    return sum;
  };
  double a = 0.0, b = 1.0, now = loss(a, b);
  for (int step = 0; step < 50; ++step) {
    double ga = 0.0, gb = 0.0, haa = 1e-9, hab = 0.0, hbb = 1e-9;
    for (std::size_t k = 0; k < f.size(); ++k) {
      const double p = std::exp(log_logistic(a + b * f[k])), h = p * (1.0 - p);
      const double g = p - (well[k] ? high : low);
      ga += g, gb += g * f[k];
      haa += h, hab += h * f[k], hbb += h * f[k] * f[k];
    }
    const double determinant = haa * hbb - hab * hab;
    if (!(determinant > 0.0)) break;
    const double da = -(hbb * ga - hab * gb) / determinant, db = -(haa * gb - hab * ga) / determinant;
    double length = 1.0, next = now;
    for (; length > 1e-6; length *= 0.5) {
      if (b + length * db < 0.05) continue;
      next = loss(a + length * da, b + length * db);
      if (next < now) break;
    }
    if (!(next < now - 1e-10 * (1.0 + now))) break;
    a += length * da, b += length * db, now = next;
  }
  return {a, b};
}

}  // namespace

Result<void> FailureOptions::validate() const {
  OptionRanges ranges;
  ranges.need(threshold >= 0.0 && threshold < 1.0, "threshold", threshold, "at least 0, below 1");
  ranges.need(margin >= 0.0, "margin", margin, "0 or above");
  ranges.need(least >= 5, "least", static_cast<double>(least), "5 or above");
  ranges.need(members >= 2 && members <= 16, "members", static_cast<double>(members), "between 2 and 16");
  ranges.need(hidden >= 1 && hidden <= 1024, "hidden", static_cast<double>(hidden), "between 1 and 1024");
  ranges.need(batch >= 2, "batch", static_cast<double>(batch), "2 or above");
  ranges.need(rate > 0.0 && rate <= 1.0, "rate", rate, "above 0, at most 1");
  ranges.need(most_epochs >= 1, "most_epochs", static_cast<double>(most_epochs), "1 or above");
  ranges.need(most_points >= 100, "most_points", static_cast<double>(most_points), "100 or above");
  return std::move(ranges).result();
}

struct FailureRegion::State {
  FailureOptions options;
  std::size_t d = 0;
  std::string note;
  FailureCheck check;
  LostMass lost;
  nn::Tape tape;  // without a loss behind it
  nn::Var z{}, logit{};
  std::vector<std::vector<float>> members;  // parameters; none: not learnt
  double a = 0.0, b = 1.0;                  // calibration

  /// tanh: what lies far beyond the points is like the last of them.
  static std::array<nn::Var, 2> network(nn::Tape& tape, std::size_t d, std::size_t hidden) {
    const nn::Var z = tape.value(d);
    nn::LinearOptions how;
    how.activation = nn::Activation::tanh;
    const nn::Var h = nn::linear(tape, nn::linear(tape, z, hidden, how), hidden, how);
    how.activation = nn::Activation::none;
    how.gain = 0.1;
    return {z, nn::linear(tape, h, 1, how)};
  }

  void answer_with_network() {
    const auto answering = network(tape, d, options.hidden);
    z = answering[0], logit = answering[1];
  }
  void learn(const Points& points, const Progress& progress);
  void judge(const FailureRegion& region, const Points& points);

  /// The members' logits, calibrated: [member][point], and slopes by z, a row for each member and point.
  void logits(const Array2& at, std::size_t first, std::size_t count, nn::Pass& pass, Array2& t, Array2* slope,
              std::vector<float>& unused, const std::vector<float>& ones) const {
    for (std::size_t i = 0; i < d; ++i) {
      const std::span<float> row = pass.row(z, i);
      for (std::size_t k = 0; k < row.size(); ++k) row[k] = static_cast<float>(at(first + std::min(k, count - 1), i));
    }
    for (std::size_t m = 0; m < members.size(); ++m) {
      pass.forward(members[m]);
      for (std::size_t k = 0; k < count; ++k) t(m, k) = a + b * static_cast<double>(pass.value(logit)[k]);
      if (!slope) continue;
      pass.backward(members[m], logit, ones, unused);
      for (std::size_t k = 0; k < count; ++k)
        for (std::size_t i = 0; i < d; ++i)
          (*slope)(m * chunk + k, i) = b * static_cast<double>(pass.slope(z)[i * pass.extent().stride + k]);
    }
  }

  /// Calls use(point, logits of the members, slopes) for every row.
  template <class Use>
  void each(const Array2& at, bool slopes, Use use) const {
    const std::size_t pieces = (at.rows + chunk - 1) / chunk, groups = std::min<std::size_t>(pieces, 64);
    parallel_for(groups, options.threads, [&](std::size_t group) {
      nn::Pass pass(tape, chunk, slopes);
      std::vector<float> unused(slopes ? tape.parameter_count() : 0), ones(chunk, 1.0F);
      Array2 t(members.size(), chunk), slope(slopes ? members.size() * chunk : 0, d);
      for (std::size_t piece = group; piece < pieces; piece += groups) {
        const std::size_t first = piece * chunk, count = std::min(chunk, at.rows - first);
        pass.resize(count);
        logits(at, first, count, pass, t, slopes ? &slope : nullptr, unused, ones);
        for (std::size_t k = 0; k < count; ++k) use(first + k, k, t, slope);
      }
    });
  }
};

void FailureRegion::State::learn(const Points& points, const Progress& progress) {
  answer_with_network();
  nn::Tape learning;
  const auto seen = network(learning, d, options.hidden);
  const nn::Var label = learning.value(1);
  const nn::Var objective = nn::logistic_loss(learning, seen[1], label);
  const EnsembleOptions how{.members = options.members,
                            .batch = options.batch,
                            .rate = options.rate,
                            .threads = options.threads,
                            .seed = options.seed};
  NetworkEnsemble ensemble(std::move(learning), objective, 1, how);
  const auto feed = [&](nn::Pass& pass, std::span<const std::uint32_t> batch, std::size_t first, std::size_t count) {
    for (std::size_t i = 0; i < d; ++i) {
      const std::span<float> row = pass.row(seen[0], i);
      for (std::size_t k = 0; k < count; ++k) row[k] = static_cast<float>(points.z(batch[first + k], i));
      std::fill(row.begin() + static_cast<std::ptrdiff_t>(count), row.end(), 0.0F);
    }
    for (std::size_t k = 0; k < count; ++k) pass.row(label, 0)[k] = points.well[batch[first + k]] ? 1.0F : 0.0F;
  };
  const auto folds =
      held_out(points.count(), options.members, 1.0 / static_cast<double>(options.members), options.seed);
  (void)ensemble.learn_stored(points.count(), folds, feed, options.most_epochs, progress);
  for (std::size_t m = 0; m < ensemble.members(); ++m) members.push_back(ensemble.parameters(m));
  // Each point's logit by the member that has not seen it.
  std::vector<std::size_t> by(points.count(), SIZE_MAX);
  for (std::size_t m = 0; m < folds.size(); ++m)
    for (const std::uint32_t k : folds[m]) by[k] = m;
  std::vector<double> all(points.count());
  each(points.z, false, [&](std::size_t at, std::size_t k, const Array2& t, const Array2&) {
    if (by[at] != SIZE_MAX) all[at] = t(by[at], k);
  });
  std::vector<double> f;
  std::vector<std::uint8_t> well;
  for (std::size_t k = 0; k < points.count(); ++k)
    if (by[k] != SIZE_MAX) f.push_back(all[k]), well.push_back(points.well[k]);
  const auto calibration = platt(f, well);
  a = calibration[0], b = calibration[1];
}

void FailureRegion::State::judge(const FailureRegion& region, const Points& points) {
  std::vector<double> log_p(points.count());
  std::vector<std::uint8_t> out(points.count());
  region.log_well(points.z, log_p);
  region.excluded(points.z, out);
  check.points = points.count();
  check.failures = static_cast<std::size_t>(std::ranges::count(points.well, std::uint8_t{0}));
  const auto n = static_cast<double>(points.count());
  double variance = 0.0, excluded = 0.0;
  for (std::size_t k = 0; k < points.count(); ++k) {
    const double p = std::exp(log_p[k]);
    check.expected_failures += 1.0 - p;
    variance += p * (1.0 - p);
    // A probability of 1 is known to no better than there are points.
    check.log_score += (points.well[k] ? log_p[k] : std::log(std::max(-std::expm1(log_p[k]), 1e-12))) / n;
    excluded += out[k] ? 1.0 : 0.0;
    if (!points.well[k]) continue;
    ++lost.successes;
    if (out[k]) ++lost.inside;
  }
  check.expected_sd = std::sqrt(variance);
  const double rate = static_cast<double>(check.failures) / n;
  for (const double share : {rate, 1.0 - rate})
    if (share > 0.0) check.log_score_of_rate += share * std::log(share);
  const auto successes = static_cast<double>(lost.successes), inside = static_cast<double>(lost.inside);
  lost.spared = excluded / n;
  lost.share = lost.successes > 0 ? inside / successes : 0.0;
  lost.at_most =
      lost.inside == lost.successes ? 1.0 : prob::beta_quantile(confidence, inside + 1.0, successes - inside);
}

FailureRegion::FailureRegion(std::unique_ptr<State> state) : state_(std::move(state)) {}
FailureRegion::FailureRegion(FailureRegion&&) noexcept = default;
FailureRegion& FailureRegion::operator=(FailureRegion&&) noexcept = default;
FailureRegion::~FailureRegion() = default;

Result<FailureRegion> FailureRegion::learn(const Array2& well, const Array2& failed, const FailureOptions& options,
                                           const Progress& progress) {
  if (Result<void> good = options.validate(); !good) return fail(good.error());
  HILLOCK_CHECK(well.rows == 0 || failed.rows == 0 || well.cols == failed.cols, "points of two dimensions");
  auto state = std::make_unique<State>();
  state->options = options;
  state->d = well.rows > 0 ? well.cols : failed.cols;
  const std::string counts =
      std::to_string(failed.rows) + " of " + std::to_string(well.rows + failed.rows) + " simulations failed";
  if (failed.rows < options.least || well.rows < options.least) {
    state->note = counts + ": fewer than " + std::to_string(options.least) + " " +
                  (failed.rows < options.least ? "failures" : "successes") + ", too few to learn where";
    return FailureRegion(std::move(state));
  }
  const Points points = mix(well, failed, options.most_points, options.seed);
  const std::size_t kept = points.count() / 5;
  const auto part = [&](std::size_t from, std::size_t to) {
    Points out{Array2(to - from, points.z.cols), {}};
    std::copy_n(points.z.row(from).data(), (to - from) * points.z.cols, out.z.values.data());
    out.well.assign(points.well.begin() + static_cast<std::ptrdiff_t>(from),
                    points.well.begin() + static_cast<std::ptrdiff_t>(to));
    return out;
  };
  state->learn(part(kept, points.count()), progress);
  state->note = counts + ": where, was learnt from " + std::to_string(points.count() - kept);
  FailureRegion out(std::move(state));
  out.state_->judge(out, part(0, kept));
  return out;
}

bool FailureRegion::learnt() const { return !state_->members.empty(); }
const std::string& FailureRegion::note() const { return state_->note; }
const FailureCheck& FailureRegion::check() const { return state_->check; }
const LostMass& FailureRegion::lost_mass() const { return state_->lost; }

void FailureRegion::log_well(const Array2& z, std::span<double> value, Array2* by_z) const {
  const State& s = *state_;
  if (by_z) *by_z = Array2(z.rows, z.cols);
  if (!learnt()) {
    std::ranges::fill(value, 0.0);
    return;
  }
  HILLOCK_CHECK(z.cols == s.d && value.size() == z.rows, "points of another shape");
  const std::size_t members = s.members.size();
  s.each(z, by_z != nullptr, [&](std::size_t at, std::size_t k, const Array2& t, const Array2& slope) {
    double top = log_logistic(t(0, k));
    for (std::size_t m = 1; m < members; ++m) top = std::max(top, log_logistic(t(m, k)));
    double sum = 0.0;
    for (std::size_t m = 0; m < members; ++m) sum += std::exp(log_logistic(t(m, k)) - top);
    value[at] = std::min(0.0, top + std::log(sum / static_cast<double>(members)));
    if (!by_z) return;
    for (std::size_t m = 0; m < members; ++m) {
      // d log sigma(t) = sigma(-t) dt
      const double weight = std::exp(log_logistic(t(m, k)) - top) / sum * std::exp(log_logistic(-t(m, k)));
      for (std::size_t i = 0; i < s.d; ++i) (*by_z)(at, i) += weight * slope(m * chunk + k, i);
    }
  });
}

void FailureRegion::excluded(const Array2& z, std::span<std::uint8_t> out) const {
  std::ranges::fill(out, std::uint8_t{0});
  if (!learnt() || state_->options.threshold <= 0.0) return;
  const State& s = *state_;
  HILLOCK_CHECK(z.cols == s.d && out.size() == z.rows, "points of another shape");
  const std::size_t members = s.members.size();
  const double limit = std::log(s.options.threshold / (1.0 - s.options.threshold));
  s.each(z, false, [&](std::size_t at, std::size_t k, const Array2& t, const Array2&) {
    double mean = 0.0, squares = 0.0;
    for (std::size_t m = 0; m < members; ++m) mean += t(m, k) / static_cast<double>(members);
    for (std::size_t m = 0; m < members; ++m) squares += (t(m, k) - mean) * (t(m, k) - mean);
    const double sd = std::sqrt(squares / static_cast<double>(members - 1));
    if (mean + s.options.margin * sd < limit) out[at] = 1;
  });
}

void FailureRegion::save(nn::SavedNetwork& network, const std::string& name) const {
  const State& s = *state_;
  if (!learnt()) return;
  network.fields[name + "-hidden"] = std::to_string(s.options.hidden);
  network.fields[name + "-members"] = std::to_string(s.members.size());
  network.arrays.push_back({name + "-calibration", {2}, std::vector<double>{s.a, s.b}});
  network.arrays.push_back({name + "-limits", {2}, std::vector<double>{s.options.threshold, s.options.margin}});
  for (std::size_t m = 0; m < s.members.size(); ++m)
    network.arrays.push_back({member_name(name, m), {s.members[m].size()}, s.members[m]});
}

Result<std::optional<FailureRegion>> FailureRegion::load(const nn::SavedNetwork& network, std::size_t dimension,
                                                         const std::string& where, const std::string& name) {
  const auto damaged = [&] {
    return fail("network-damaged", "what it says of failed simulations does not fit together", where);
  };
  if (!network.fields.contains(name + "-hidden") && !network.fields.contains(name + "-members"))
    return std::optional<FailureRegion>();
  const auto hidden = nn::whole_field(network, name + "-hidden"), members = nn::whole_field(network, name + "-members");
  auto state = std::make_unique<State>();
  if (!hidden || !members) return damaged();
  state->options.hidden = *hidden;
  state->options.members = *members;
  const auto two = [&](const std::string& which) -> const std::vector<double>* {
    const nn::NamedArray* found = nn::find_array(network, name + which);
    const auto* values = found ? std::get_if<std::vector<double>>(&found->values) : nullptr;
    return values && values->size() == 2 ? values : nullptr;
  };
  // Files from before there were limits are of likelihoods, which leave nothing out.
  if (const std::vector<double>* limits = two("-limits"))
    state->options.threshold = (*limits)[0], state->options.margin = (*limits)[1];
  else if (nn::find_array(network, name + "-limits")) return damaged();
  if (!state->options.validate()) return damaged();
  state->d = dimension;
  state->answer_with_network();
  const std::vector<double>* line = two("-calibration");
  if (!line) return damaged();
  state->a = (*line)[0], state->b = (*line)[1];
  for (std::size_t m = 0; m < *members; ++m) {
    const nn::NamedArray* found = nn::find_array(network, member_name(name, m));
    const auto* values = found ? std::get_if<std::vector<float>>(&found->values) : nullptr;
    if (!values || values->size() != state->tape.parameter_count()) return damaged();
    state->members.push_back(*values);
  }
  state->note = "where simulations fail is as it was saved";
  return std::optional<FailureRegion>(FailureRegion(std::move(state)));
}

}  // namespace hillock::infer
