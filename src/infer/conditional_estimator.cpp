#include "infer/conditional_estimator.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "base/option_ranges.hpp"
#include "base/parallel.hpp"
#include "base/rng.hpp"
#include "infer/local_view.hpp"
#include "infer/logistic_start.hpp"
#include "infer/paired_scores.hpp"
#include "infer/regression_start.hpp"
#include "nn/densities.hpp"
#include "nn/learner.hpp"
#include "nn/saved_network.hpp"

namespace hillock::infer {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

constexpr std::size_t chunk = 128;

Array2 first_columns(const Array2& all, std::size_t count) {
  if (count == all.cols) return all;
  Array2 out(all.rows, count);
  for (std::size_t k = 0; k < all.rows; ++k) std::copy_n(all.row(k).begin(), count, out.row(k).begin());
  return out;
}

nn::EmbeddingShape embedding_of(const EstimatorOptions& o) {
  nn::EmbeddingShape e;
  if (o.inputs.kind == Embedding::none) return e;
  e.kind = o.inputs.kind == Embedding::trace ? nn::EmbeddingKind::trace : nn::EmbeddingKind::set;
  e.plain = o.inputs.plain;
  e.items = o.inputs.items;
  e.features = o.inputs.features;
  e.hidden = o.embedding_hidden;
  e.outputs = o.embedding_outputs;
  return e;
}

}  // namespace

Result<void> EstimatorOptions::validate() const {
  OptionRanges ranges;
  ranges.need(members >= 1 && members <= 64, "members", static_cast<double>(members), "between 1 and 64");
  ranges.need(steps >= 1 && steps <= 64, "steps", static_cast<double>(steps), "between 1 and 64");
  ranges.need(hidden >= 1 && hidden <= 4096, "hidden", static_cast<double>(hidden), "between 1 and 4096");
  ranges.need(blocks <= 16, "blocks", static_cast<double>(blocks), "at most 16");
  ranges.need(bins >= 2 && bins <= 16, "bins", static_cast<double>(bins), "between 2 and 16");
  ranges.need(batch >= 1 && batch <= 1'000'000, "batch", static_cast<double>(batch), "between 1 and 1e6");
  ranges.need(patience >= 1 && patience <= 1000, "patience", static_cast<double>(patience), "between 1 and 1000");
  ranges.need(rate > 0.0 && rate <= 1.0, "rate", rate, "above 0, at most 1");
  return std::move(ranges).result();
}

struct ConditionalEstimator::State {
  EstimatorOptions options;
  std::size_t ny = 0, nc = 0;
  LocalView view;  // of c; the networks see its columns after c's
  RegressionStart start;
  std::size_t plain = 0;  // columns of c that the regression sees, the first ones
  nn::DensityShape shape;
  std::unique_ptr<nn::ConditionalDensity> density;
  std::vector<nn::Learner> members;
  std::vector<std::vector<float>> best;  // by member: what answers are made with
  std::int64_t blocks = 0;               // of fresh pairs, so far

  [[nodiscard]] nn::LearnerOptions learner_options() const {
    nn::LearnerOptions o;
    o.rate = options.rate;
    o.decay = options.decay;
    o.average = options.average;
    o.chunk = chunk;
    // Members train beside each other; what is left of the threads they share.
    const int threads = options.threads > 0 ? options.threads : default_threads();
    o.threads = std::max<std::size_t>(1, static_cast<std::size_t>(threads) / options.members);
    return o;
  }

  /// Columns that the networks see.
  [[nodiscard]] std::size_t context() const { return nc + view.size(); }
  /// c as the networks see it.
  void see(std::span<const double> c, std::span<double> out) const {
    std::ranges::copy(c, out.begin());
    view.add(c, out.subspan(nc));
  }

  /// Where the log density of w becomes that of y; objectives of other kinds have no units.
  [[nodiscard]] double offset() const { return density->explicit_density() ? start.log_determinant : 0.0; }

  /// The random numbers that an objective takes, for samples number `first` ... of a stream.
  void randomise(nn::Pass& pass, std::uint32_t stream, std::uint64_t first) const {
    const std::size_t normals = density->objective_normals(), uniforms = density->objective_uniforms();
    if (normals + uniforms == 0) return;
    density->randomise(pass, noise(pass, normals, uniforms, [&](std::size_t s) {
                               return Rng(options.seed, stream, first + s);
                             }).data());
  }

  /// Rows of normal numbers, then of uniform ones, each sample's from its own stream.
  template <class Streams>
  static std::vector<float> noise(const nn::Pass& pass, std::size_t normals, std::size_t uniforms, Streams streams) {
    const nn::Extent e = pass.extent();
    std::vector<float> out((normals + uniforms) * e.stride, 0.0F);
    for (std::size_t s = 0; s < pass.samples(); ++s) {
      Rng rng = streams(s);
      for (std::size_t i = 0; i < normals; ++i) out[i * e.stride + s] = static_cast<float>(rng.normal());
      for (std::size_t i = normals; i < normals + uniforms; ++i)
        out[i * e.stride + s] = static_cast<float>(rng.uniform());
    }
    return out;
  }

  void scatter(nn::Pass& pass, const Pairs& pairs, std::span<const std::uint32_t> rows) const {
    const std::size_t n = rows.size();
    for (std::size_t k = 0; k < ny; ++k) {
      const std::span<float> to = pass.row(density->y(), k);
      for (std::size_t s = 0; s < n; ++s) to[s] = pairs.y[rows[s] * ny + k];
      std::fill(to.begin() + static_cast<std::ptrdiff_t>(n), to.end(), 0.0F);
    }
    const std::size_t nx = context();
    for (std::size_t k = 0; k < nx; ++k) {
      const std::span<float> to = pass.row(density->context(), k);
      for (std::size_t s = 0; s < n; ++s) to[s] = pairs.c[rows[s] * nx + k];
      std::fill(to.begin() + static_cast<std::ptrdiff_t>(n), to.end(), 0.0F);
    }
  }

  [[nodiscard]] std::size_t batches_of(std::size_t rows) const {
    return std::max<std::size_t>(1, rows / options.batch);
  }

  /// One pass of a member over rows in a random order.
  double pass_over(std::size_t m, const Pairs& pairs, std::vector<std::uint32_t>& rows, Rng& rng,
                   const Progress* progress = nullptr) {
    nn::Learner& learner = members[m];
    const std::uint32_t stream = stream_id("estimator.objective") + static_cast<std::uint32_t>(m);
    for (std::size_t i = rows.size(); i-- > 1;) std::swap(rows[i], rows[rng.below(i + 1)]);
    double sum = 0.0;
    const std::size_t batches = batches_of(rows.size());
    for (std::size_t b = 0; b < batches; ++b) {
      if (progress && progress->should_stop()) break;
      const std::size_t from = b * rows.size() / batches, to = (b + 1) * rows.size() / batches;
      const auto feed = [&](nn::Pass& pass, std::size_t first) {
        scatter(pass, pairs, std::span(rows).subspan(from + first, pass.samples()));
        // A batch has fewer than 2^20 samples.
        randomise(pass, stream, (static_cast<std::uint64_t>(learner.steps()) << 20) + first);
      };
      sum += learner.step(to - from, feed) * static_cast<double>(to - from);
    }
    return sum / static_cast<double>(rows.size());
  }

  /// One member, a stored set.
  void learn_stored(std::size_t m, const Pairs& pairs, const StoredSchedule& schedule, const Progress& progress,
                    std::vector<double>& training, std::vector<double>& validation, std::vector<double>& held_out,
                    std::uint8_t& left_start) {
    nn::Learner& learner = members[m];
    const std::int64_t steps_before = learner.steps();
    Rng rng(options.seed, stream_id("estimator.stored"), m);
    // The same folds for everybody, another one held out by each.
    std::vector<std::uint32_t> order(pairs.count);
    std::iota(order.begin(), order.end(), 0U);
    Rng folds(options.seed, stream_id("estimator.folds"));
    for (std::size_t i = order.size(); i-- > 1;) std::swap(order[i], order[folds.below(i + 1)]);
    const std::size_t held = std::clamp<std::size_t>(pairs.count / 10, 1, 10000);
    const std::size_t from = (m * held) % std::max<std::size_t>(1, pairs.count - held + 1);
    std::vector<std::uint32_t> rows, kept;
    const auto judged = [&](std::uint32_t row) { return pairs.judged.empty() || pairs.judged[row] != 0; };
    for (std::size_t i = 0; i < pairs.count; ++i)
      (i >= from && i < from + held && judged(order[i]) ? kept : rows).push_back(order[i]);
    if (rows.empty()) rows = kept;
    if (kept.empty()) kept = rows;
    const auto feed_kept = [&](nn::Pass& pass, std::size_t first) {
      scatter(pass, pairs, std::span<const std::uint32_t>(kept).subspan(first, pass.samples()));
      randomise(pass, stream_id("estimator.validation"), first);  // the same every time: states are compared
    };
    // Of an estimator that has learnt before, its best state.
    double top = learner.evaluate(best[m], kept.size(), feed_kept);
    held_out = scores(pairs, kept, best[m]);
    bool at_start = density->explicit_density();
    const std::size_t patience = epochs_of(60 * options.patience, rows.size());
    const std::size_t at_start_patience = epochs_of(80 * options.patience, rows.size());
    const bool planned = schedule.planned_steps > 0;
    std::size_t most_epochs = schedule.most_epochs;
    if (planned) {
      const auto an_epoch = static_cast<std::int64_t>(batches_of(rows.size()));
      const std::int64_t epochs = std::max<std::int64_t>(1, (schedule.planned_steps + an_epoch / 2) / an_epoch);
      most_epochs = std::min<std::size_t>(most_epochs, static_cast<std::size_t>(epochs));
      learner.plan(steps_before + static_cast<std::int64_t>(most_epochs) * an_epoch, steps_before);
    }
    std::size_t waited = 0, drops = 0;
    for (std::size_t epoch = 0; epoch < most_epochs && !progress.should_stop(); ++epoch) {
      training.push_back(pass_over(m, pairs, rows, rng, &progress));
      if (schedule.spent)
        learner.plan(learner.steps() +
                     static_cast<std::int64_t>(static_cast<double>(learner.steps() - steps_before) *
                                               (1.0 / std::clamp(schedule.spent(), 1e-6, 1.0) - 1.0)));
      const double now = learner.evaluate(learner.averaged(), kept.size(), feed_kept);
      validation.push_back(now);
      if (at_start && now > top) {
        if (!clearly_better(scores(pairs, kept, learner.averaged()), held_out)) {
          if (++waited >= at_start_patience) break;
          continue;
        }
        at_start = false;
      }
      if (now > top) {
        if (now > top + 1e-3) waited = 0;
        else ++waited;
        top = now;
        best[m] = learner.averaged();
      } else {
        ++waited;
      }
      if (at_start && waited >= at_start_patience) break;
      if (planned || waited < (drops == 0 ? patience : (patience + 1) / 2)) continue;
      waited = 0;
      if (++drops > most_drops) break;
      learner.scale_rate(drop);
    }
    // Where learning goes on with other pairs, it begins with the whole rate.
    learner.scale_rate(std::pow(drop, -static_cast<double>(std::min(drops, most_drops))));
    if (!at_start) held_out = scores(pairs, kept, best[m]);
    left_start = at_start ? 0 : 1;
  }
  static constexpr std::size_t most_drops = 3;
  static constexpr double drop = 0.3;

  /// Epochs that take `steps` steps: few rows make epochs of few steps, that teach little, many make epochs of many.
  [[nodiscard]] std::size_t epochs_of(std::size_t steps, std::size_t rows) const {
    return std::clamp<std::size_t>(steps * options.batch / rows, 3, 500);
  }

  /// Log density of some rows, on the networks' scale.
  [[nodiscard]] std::vector<double> scores(const Pairs& pairs, std::span<const std::uint32_t> rows,
                                           std::span<const float> parameters) const {
    std::vector<double> out;
    if (!density->explicit_density()) return out;
    nn::Pass pass(density->tape(), chunk, false);
    std::vector<float> log_q(pass.extent().stride);
    for (std::size_t first = 0; first < rows.size(); first += chunk) {
      const std::size_t count = std::min(chunk, rows.size() - first);
      pass.resize(count);
      scatter(pass, pairs, rows.subspan(first, count));
      density->evaluate(pass, parameters, log_q.data());
      for (std::size_t k = 0; k < count; ++k) out.push_back(static_cast<double>(log_q[k]));
    }
    return out;
  }

  void answer_with_members() {
    for (std::size_t m = 0; m < members.size(); ++m) best[m] = members[m].averaged();
  }
};

ConditionalEstimator::ConditionalEstimator(std::unique_ptr<State> state) : state_(std::move(state)) {}
ConditionalEstimator::ConditionalEstimator(ConditionalEstimator&&) noexcept = default;
ConditionalEstimator& ConditionalEstimator::operator=(ConditionalEstimator&&) noexcept = default;
ConditionalEstimator::~ConditionalEstimator() = default;

Result<ConditionalEstimator> ConditionalEstimator::create(const Array2& y, const Array2& c, const EstimatorOptions& o) {
  if (Result<void> good = o.validate(); !good) return fail(good.error());
  HILLOCK_CHECK(y.rows == c.rows && y.rows > 0 && y.cols > 0, "pairs of unequal number, or none");
  auto state = std::make_unique<State>();
  state->options = o;
  state->ny = y.cols;
  state->nc = c.cols;
  state->plain = o.inputs.kind == Embedding::none ? c.cols : std::min(o.inputs.plain, c.cols);
  nn::DensityShape shape;
  shape.embedding = embedding_of(o);
  shape.dimension = y.cols;
  if (o.local_view) state->view = LocalView::of(c);
  shape.context = state->context();
  shape.steps = o.steps;
  shape.hidden = o.hidden;
  shape.blocks = o.blocks;
  shape.bins = o.bins;
  shape.seed = o.seed;
  state->shape = shape;
  Result<std::unique_ptr<nn::ConditionalDensity>> density = nn::make_density(o.density, shape);
  if (!density) return fail(std::move(density.error()));
  state->density = std::move(*density);
  const bool labels = state->density->labels();
  state->start = labels ? RegressionStart::none(y.cols, state->plain)
                        : RegressionStart::of(y, first_columns(c, state->plain), o.may_bend);
  const LogisticStart logistic = labels ? logistic_start(y, c, o.threads) : LogisticStart();
  for (std::size_t m = 0; m < o.members; ++m) {
    std::vector<float> initial = state->density->tape().initial(o.seed, m);
    if (labels) state->density->set_linear(initial, logistic.weights, logistic.bias);
    state->members.emplace_back(state->density->tape(), state->density->objective(), std::move(initial),
                                state->learner_options());
    state->best.push_back(state->members.back().averaged());
  }
  return ConditionalEstimator(std::move(state));
}

namespace {

nn::NamedArray array_of(std::string name, const Matrix& m) {
  nn::NamedArray out{std::move(name), {static_cast<std::size_t>(m.rows()), static_cast<std::size_t>(m.cols())}, {}};
  std::vector<double> values;
  for (Eigen::Index r = 0; r < m.rows(); ++r)
    for (Eigen::Index c = 0; c < m.cols(); ++c) values.push_back(m(r, c));
  out.values = std::move(values);
  return out;
}

/// The array of that name and size, or nothing.
std::optional<Matrix> matrix_of(const nn::SavedNetwork& network, std::string_view name, std::size_t rows,
                                std::size_t cols) {
  for (const nn::NamedArray& a : network.arrays) {
    const auto* values = std::get_if<std::vector<double>>(&a.values);
    if (a.name != name || !values || a.sizes != std::vector{rows, cols}) continue;
    Matrix m(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(cols));
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < cols; ++c)
        m(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(c)) = (*values)[r * cols + c];
    return m;
  }
  return std::nullopt;
}

}  // namespace

void ConditionalEstimator::save(nn::SavedNetwork& network) const {
  nn::put_density(network, {state_->options.density, state_->shape, state_->best});
  if (state_->options.pool_logs) network.fields["pool"] = "logarithms";
  // Of no context there is nothing to save: a column of zeros stands for it.
  network.arrays.push_back(
      array_of("start-slope", state_->plain > 0 ? state_->start.a : Matrix::Zero(state_->start.b.rows(), 1)));
  network.arrays.push_back(array_of("start-factor", state_->start.l));
  network.arrays.push_back(array_of("start-centre", state_->start.b));
  if (const std::vector<double> view = state_->view.numbers(); !view.empty())
    network.arrays.push_back({"local-view", {view.size()}, view});
}

Result<ConditionalEstimator> ConditionalEstimator::load(const nn::SavedNetwork& network, const std::string& where) {
  auto loaded = nn::get_density(network, where);
  if (!loaded) return fail(std::move(loaded.error()));
  auto state = std::make_unique<State>();
  state->options.density = loaded->kind;
  state->options.members = loaded->members.size();
  if (const auto pool = network.fields.find("pool"); pool != network.fields.end()) {
    if (pool->second != "logarithms")
      return fail("network-damaged", "its networks are pooled in a way that is not known: " + pool->second, where);
    state->options.pool_logs = true;
  }
  state->shape = loaded->shape;
  state->ny = loaded->shape.dimension;
  const std::size_t seen = loaded->shape.context;
  state->nc = seen;
  const auto view = std::ranges::find(network.arrays, "local-view", &nn::NamedArray::name);
  if (view != network.arrays.end()) {
    const auto* numbers = std::get_if<std::vector<double>>(&view->values);
    const std::size_t added = numbers ? numbers->size() / 3 : 0;
    if (!numbers || added >= seen || loaded->shape.embedding.kind != nn::EmbeddingKind::none ||
        !LocalView::from(*numbers, seen - added, state->view))
      return fail("network-damaged", "what it says of the local view of its inputs fits none", where);
    state->nc = seen - added;
  }
  const nn::EmbeddingShape& embedding = loaded->shape.embedding;
  state->plain = embedding.kind == nn::EmbeddingKind::none ? state->nc : embedding.plain;
  auto slope = matrix_of(network, "start-slope", state->ny, std::max<std::size_t>(state->plain, 1));
  if (!slope && state->plain <= RegressionStart::most_bent) {
    slope = matrix_of(network, "start-slope", state->ny, RegressionStart::features(state->plain, true));
    state->start.quadratic = slope.has_value();
  }
  const auto factor = matrix_of(network, "start-factor", state->ny, state->ny);
  const auto centre = matrix_of(network, "start-centre", state->ny, 1);
  if (!slope || !factor || !centre || !(factor->diagonal().array() > 0.0).all())
    return fail("network-damaged", "the linear part of the density is missing, or is none", where);
  state->start.a = state->plain > 0 ? *slope : Matrix(static_cast<Eigen::Index>(state->ny), 0);
  state->start.l = *factor;
  state->start.b = *centre;
  state->start.inverse = state->start.l.triangularView<Eigen::Lower>().solve(
      Matrix::Identity(state->start.l.rows(), state->start.l.cols()));
  state->start.log_determinant = state->start.l.diagonal().array().log().sum();
  state->density = std::move(loaded->density);
  state->best = std::move(loaded->members);
  return ConditionalEstimator(std::move(state));
}

std::size_t ConditionalEstimator::dimension() const { return state_->ny; }
std::size_t ConditionalEstimator::context_dimension() const { return state_->nc; }
InputShape ConditionalEstimator::inputs() const {
  const nn::EmbeddingShape& e = state_->shape.embedding;
  if (e.kind == nn::EmbeddingKind::none) return {Embedding::none, state_->nc, 0, 0};
  return {e.kind == nn::EmbeddingKind::trace ? Embedding::trace : Embedding::set, e.plain, e.items, e.features};
}
std::size_t ConditionalEstimator::parameter_count() const { return state_->density->tape().parameter_count(); }

std::size_t ConditionalEstimator::batch() const { return state_->options.batch; }

Pairs ConditionalEstimator::prepare(const Array2& y, const Array2& c) const {
  const State& s = *state_;
  Pairs out;
  out.count = y.rows;
  out.y.resize(y.rows * s.ny);
  const std::size_t nx = s.context();
  out.c.resize(c.rows * nx);
  std::vector<double> seen(nx);
  Vector rest(static_cast<Eigen::Index>(s.ny));
  for (std::size_t k = 0; k < y.rows; ++k) {
    const Eigen::Map<const Vector> yk(y.row(k).data(), static_cast<Eigen::Index>(s.ny)),
        ck(c.row(k).data(), static_cast<Eigen::Index>(s.plain));
    rest = yk - s.start.mean(ck);
    s.start.l.triangularView<Eigen::Lower>().solveInPlace(rest);
    for (std::size_t i = 0; i < s.ny; ++i) out.y[k * s.ny + i] = static_cast<float>(rest[static_cast<Eigen::Index>(i)]);
    s.see(c.row(k), seen);
    for (std::size_t i = 0; i < nx; ++i) out.c[k * nx + i] = static_cast<float>(seen[i]);
  }
  return out;
}

double ConditionalEstimator::learn(const Pairs& pairs) {
  State& s = *state_;
  std::vector<double> mean(s.members.size());
  const std::int64_t block = s.blocks++;
  parallel_for(s.members.size(), s.options.threads, [&](std::size_t m) {
    Rng rng(s.options.seed, stream_id("estimator.fresh"), static_cast<std::uint64_t>(block) * s.members.size() + m);
    std::vector<std::uint32_t> rows(pairs.count);
    std::iota(rows.begin(), rows.end(), 0U);
    mean[m] = s.pass_over(m, pairs, rows, rng);
  });
  s.answer_with_members();
  return std::accumulate(mean.begin(), mean.end(), 0.0) / static_cast<double>(mean.size()) - s.offset();
}

void ConditionalEstimator::plan_steps(std::int64_t steps) {
  for (nn::Learner& m : state_->members) m.plan(steps);
}

std::int64_t ConditionalEstimator::steps() const { return state_->members.front().steps(); }

StoredTraining ConditionalEstimator::learn_stored(const Pairs& pairs, const StoredSchedule& schedule,
                                                  const Progress& progress) {
  State& s = *state_;
  // Unless it is planned, the rate falls by what validation says.
  for (nn::Learner& m : s.members) m.plan(std::int64_t{1} << 60);
  std::vector<std::vector<double>> training(s.members.size()), validation(s.members.size()), held(s.members.size());
  std::vector<std::uint8_t> left(s.members.size(), 0);
  parallel_for(s.members.size(), s.options.threads, [&](std::size_t m) {
    s.learn_stored(m, pairs, schedule, progress, training[m], validation[m], held[m], left[m]);
  });
  StoredTraining out;
  out.stopped = progress.should_stop();
  out.left_start = std::ranges::count(left, 1) > 0;
  std::size_t longest = 0;
  for (const auto& t : training) {
    out.epochs.push_back(t.size());
    longest = std::max(longest, t.size());
  }
  const auto mean_at = [&](const std::vector<std::vector<double>>& curves, std::size_t epoch) {
    double sum = 0.0;
    std::size_t n = 0;
    for (const auto& curve : curves)
      if (!curve.empty()) sum += curve[std::min(epoch, curve.size() - 1)], ++n;
    return sum / static_cast<double>(std::max<std::size_t>(n, 1)) - s.offset();
  };
  for (std::size_t e = 0; e < longest; ++e) {
    out.training.push_back(mean_at(training, e));
    out.validation.push_back(mean_at(validation, e));
  }
  for (const auto& h : held) {
    out.held_out.insert(out.held_out.end(), h.begin(), h.end());
    if (h.empty()) continue;
    const double mean = std::accumulate(h.begin(), h.end(), 0.0) / static_cast<double>(h.size());
    out.kept += (mean - s.offset()) / static_cast<double>(held.size());
  }
  if (out.held_out.empty() && longest > 0) out.kept = *std::ranges::max_element(out.validation);
  return out;
}

void ConditionalEstimator::log_density(const Array2& y, const Array2& c, std::span<double> value, Array2* by_y,
                                       Array2* by_c) const {
  const State& s = *state_;
  const bool slopes = by_y || by_c;
  if (by_y) *by_y = Array2(y.rows, s.ny);
  if (by_c) *by_c = Array2(y.rows, s.nc);
  const std::size_t pieces = (y.rows + chunk - 1) / chunk;
  const std::size_t members = s.best.size();
  const std::size_t groups = std::min<std::size_t>(pieces, 64);
  parallel_for(groups, s.options.threads, [&](std::size_t group) {
    nn::Pass pass(s.density->tape(), chunk, slopes || !s.density->explicit_density());
    const std::size_t stride = pass.extent().stride;
    std::vector<float> log_q(stride), along_y(slopes ? s.ny * stride : 0),
        along_c(slopes ? s.density->context_dimension() * stride : 0);
    std::vector<double> logs(members * chunk), seen(s.context());
    Array2 dy(slopes ? members * chunk : 0, s.ny), dc(slopes ? members * chunk : 0, s.context());
    for (std::size_t piece = group; piece < pieces; piece += groups) {
      const std::size_t first = piece * chunk, count = std::min(chunk, y.rows - first);
      Array2 part_y(count, s.ny), part_c(count, s.nc);
      for (std::size_t k = 0; k < count; ++k) {
        std::ranges::copy(y.row(first + k), part_y.row(k).begin());
        std::ranges::copy(c.row(c.rows == 1 ? 0 : first + k), part_c.row(k).begin());
      }
      const Pairs pairs = prepare(part_y, part_c);
      std::vector<std::uint32_t> rows(count);
      std::iota(rows.begin(), rows.end(), 0U);
      pass.resize(count);
      for (std::size_t m = 0; m < members; ++m) {
        s.scatter(pass, pairs, rows);
        if (slopes) s.density->differentiate(pass, s.best[m], log_q.data(), along_y.data(), along_c.data());
        else s.density->evaluate(pass, s.best[m], log_q.data());
        for (std::size_t k = 0; k < count; ++k) logs[m * chunk + k] = static_cast<double>(log_q[k]);
        if (!slopes) continue;
        for (std::size_t k = 0; k < count; ++k) {
          for (std::size_t i = 0; i < s.ny; ++i) dy(m * chunk + k, i) = static_cast<double>(along_y[i * stride + k]);
          for (std::size_t i = 0; i < dc.cols; ++i) dc(m * chunk + k, i) = static_cast<double>(along_c[i * stride + k]);
        }
      }
      for (std::size_t k = 0; k < count; ++k) {
        double top = -std::numeric_limits<double>::infinity();
        for (std::size_t m = 0; m < members; ++m) top = std::max(top, logs[m * chunk + k]);
        if (!std::isfinite(top)) {
          value[first + k] = -std::numeric_limits<double>::infinity();
          continue;
        }
        double sum = 0.0, mean = 0.0;
        for (std::size_t m = 0; m < members; ++m) {
          sum += std::exp(logs[m * chunk + k] - top);
          mean += logs[m * chunk + k] / static_cast<double>(members);
        }
        const double pooled = s.options.pool_logs ? mean : top + std::log(sum / static_cast<double>(members));
        value[first + k] = pooled - s.start.log_determinant;
        if (!slopes) continue;
        Vector w = Vector::Zero(static_cast<Eigen::Index>(s.ny));
        std::ranges::fill(seen, 0.0);
        for (std::size_t m = 0; m < members; ++m) {
          const double share =
              s.options.pool_logs ? 1.0 / static_cast<double>(members) : std::exp(logs[m * chunk + k] - top) / sum;
          for (std::size_t i = 0; i < s.ny; ++i) w[static_cast<Eigen::Index>(i)] += share * dy(m * chunk + k, i);
          if (by_c)
            for (std::size_t i = 0; i < dc.cols; ++i) seen[i] += share * dc(m * chunk + k, i);
        }
        // w = L^-1 (y - mean(c))
        const Vector g = s.start.inverse.transpose() * w;
        if (by_y)
          for (std::size_t i = 0; i < s.ny; ++i) (*by_y)(first + k, i) = g[static_cast<Eigen::Index>(i)];
        if (by_c) {
          std::copy_n(seen.begin(), s.nc, by_c->row(first + k).begin());
          s.view.chain(part_c.row(k), std::span<const double>(seen).subspan(s.nc), by_c->row(first + k));
          const Eigen::Map<const Vector> ck(part_c.row(k).data(), static_cast<Eigen::Index>(s.plain));
          const Vector through = s.start.slope(ck, g);
          for (std::size_t i = 0; i < s.plain; ++i) (*by_c)(first + k, i) -= through[static_cast<Eigen::Index>(i)];
        }
      }
    }
  });
}

Array2 ConditionalEstimator::draw(std::span<const double> c, std::size_t count, std::uint64_t seed,
                                  std::uint64_t first) const {
  const State& s = *state_;
  Array2 out(count, s.ny);
  const Eigen::Map<const Vector> cv(c.data(), static_cast<Eigen::Index>(s.plain));
  const Vector centre = s.start.mean(cv);
  std::vector<double> seen(s.context());
  s.see(c, seen);
  const std::size_t members = s.best.size();
  const std::size_t pieces = (count + chunk - 1) / chunk;
  parallel_for(pieces, s.options.threads, [&](std::size_t piece) {
    nn::Pass pass(s.density->tape(), chunk, false);
    const std::size_t from = piece * chunk, to = std::min(count, from + chunk);
    // Draw number n is of member n modulo their number: equal shares.
    for (std::size_t m = 0; m < members; ++m) {
      std::vector<std::size_t> numbers;
      for (std::size_t k = from; k < to; ++k)
        if ((first + k) % members == m) numbers.push_back(k);
      if (numbers.empty()) continue;
      pass.resize(numbers.size());
      const std::vector<float> noise =
          State::noise(pass, s.density->normals(), s.density->uniforms(),
                       [&](std::size_t j) { return Rng(seed, stream_id("estimator.draw"), first + numbers[j]); });
      for (std::size_t i = 0; i < seen.size(); ++i)
        std::ranges::fill(pass.row(s.density->context(), i), static_cast<float>(seen[i]));
      s.density->draw(pass, s.best[m], noise.data());
      Vector w(static_cast<Eigen::Index>(s.ny));
      for (std::size_t j = 0; j < numbers.size(); ++j) {
        for (std::size_t i = 0; i < s.ny; ++i)
          w[static_cast<Eigen::Index>(i)] = static_cast<double>(pass.row(s.density->y(), i)[j]);
        const Vector yv = centre + s.start.l * w;
        for (std::size_t i = 0; i < s.ny; ++i) out(numbers[j], i) = yv[static_cast<Eigen::Index>(i)];
      }
    }
  });
  return out;
}

}  // namespace hillock::infer
