#include "sim/stimulus.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "ir/interpret.hpp"
#include "ir/jumps.hpp"

namespace hillock::sim {
namespace {

class Sampled final : public Stimulus {
 public:
  Sampled(double start, double interval, std::vector<double> values, Interpolation interpolation)
      : start_(start), interval_(interval), values_(std::move(values)), interpolation_(interpolation) {}

  double at(double t, double inside) const override {
    const auto last = static_cast<double>(values_.size() - 1);
    const double cell = std::clamp(std::floor((inside - start_) / interval_), 0.0, last);
    const auto i = static_cast<std::size_t>(cell);
    if (interpolation_ == Interpolation::previous || i + 1 >= values_.size()) return values_[i];
    double fraction = (t - start_) / interval_ - cell;
    // On the samples themselves, and half way, to the bit: rounding of t must not make a constant command vary.
    for (const double exact : {0.0, 0.5, 1.0})
      if (std::fabs(fraction - exact) < 1e-6) fraction = exact;
    fraction = std::clamp(fraction, 0.0, 1.0);
    if (fraction == 1.0) return values_[i + 1];  // a + (b - a) may miss b by rounding
    return values_[i] + (values_[i + 1] - values_[i]) * fraction;
  }
  std::vector<double> jumps(double from, double until, double) const override {
    std::vector<double> out;
    if (interpolation_ == Interpolation::linear) return out;
    for (std::size_t i = 1; i < values_.size(); ++i) {
      const double at = start_ + static_cast<double>(i) * interval_;
      if (values_[i] != values_[i - 1] && at > from && at < until) out.push_back(at);
    }
    return out;
  }

  std::optional<double> constant() const override {
    if (std::ranges::any_of(values_, [&](double v) { return v != values_.front(); })) return {};
    return values_.front();
  }

 private:
  double start_;
  double interval_;
  std::vector<double> values_;
  Interpolation interpolation_;
};

class Piecewise final : public Stimulus {
 public:
  explicit Piecewise(std::span<const Piece> pieces) {
    for (const Piece& piece : pieces) {
      pieces_.push_back({piece.until, ir::take_sides(piece.graph, piece.value)});
      const ir::Sided& form = pieces_.back().form;
      evaluators_.emplace_back(form.graph, std::span(&form.value, 1));
    }
  }
  double at(double t, double inside) const override {
    std::size_t i = 0;
    while (i + 1 < pieces_.size() && inside >= pieces_[i].until) ++i;
    const double times[] = {t, inside};
    double value = 0.0;
    const std::lock_guard lock(mutex_);  // an evaluator has a memory of its own
    evaluators_[i].run(times, std::span(&value, 1));
    return value;
  }
  std::vector<double> jumps(double from, double until, double resolution) const override {
    std::vector<double> out;
    double begin = from;
    for (std::size_t i = 0; i < pieces_.size() && begin < until && out.size() <= most_jumps; ++i) {
      const double end = std::min(pieces_[i].until, until);
      const std::vector<double> own = ir::jumps(pieces_[i].form, begin, end, resolution, most_jumps - out.size());
      out.insert(out.end(), own.begin(), own.end());
      if (end > from && end < until) out.push_back(end);
      begin = std::max(begin, end);
    }
    return out;
  }

  std::optional<double> constant() const override {
    const ir::Node& only = pieces_.front().form.graph[pieces_.front().form.value];
    if (pieces_.size() > 1 || only.op != ir::Op::constant) return {};
    return only.value;
  }

 private:
  struct Form {
    double until;
    ir::Sided form;
  };
  std::vector<Form> pieces_;
  mutable std::mutex mutex_;
  mutable std::vector<ir::Evaluator> evaluators_;
};

}  // namespace

std::unique_ptr<Stimulus> sampled(double start, double interval, std::vector<double> values,
                                  Interpolation interpolation) {
  HILLOCK_CHECK(!values.empty() && interval > 0.0, "a sampled stimulus needs samples");
  return std::make_unique<Sampled>(start, interval, std::move(values), interpolation);
}

std::unique_ptr<Stimulus> piecewise(std::span<const Piece> pieces) {
  HILLOCK_CHECK(!pieces.empty(), "a piecewise stimulus needs a piece");
  return std::make_unique<Piecewise>(pieces);
}

}  // namespace hillock::sim
