#pragma once
/// What features read while a simulation, or a stored trace, goes by: one sample after another.
///
/// A feature is an accumulator written as expressions of a Program: variables that are carried from sample to sample,
/// and a reading of them at the end. The same expressions run inside compiled simulations and over recordings, so the
/// two cannot differ.

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "ir/algebra.hpp"
#include "ir/program.hpp"

namespace hillock::features {

/// Samples with from <= t < until count, in seconds.
struct Window {
  double from = -std::numeric_limits<double>::infinity();
  double until = std::numeric_limits<double>::infinity();
  [[nodiscard]] bool everything() const {
    return from == -std::numeric_limits<double>::infinity() && until == std::numeric_limits<double>::infinity();
  }
};

/// One quantity of a program, at its observed rows.
struct Source {
  std::string name;
  ir::NodeId value = ir::no_node;  ///< at a sample
  ir::NodeId time = ir::no_node;   ///< of a sample, seconds; of columns only
  /// Carried: how many spikes the model has had, and when the last one was. Where they are missing, a spike is the
  /// value's crossing of a threshold from below.
  std::optional<std::uint32_t> spikes, last_spike;
  bool several = false;  ///< between two samples there may be more than one of them
  /// The model's own spikes make the value jump. Where derivatives are asked for: what it was right before the last one
  /// and right after.
  bool jumps = false;
  ir::NodeId before_jump = ir::no_node, after_jump = ir::no_node;
};

/// The arguments that a feature may take, in SI; what is not given has no value.
using Arguments = std::map<std::string, double, std::less<>>;

/// A number with all its digits: part of an accumulator's name.
[[nodiscard]] std::string exact_text(double value);

class Stream {
 public:
  /// Accumulators that several features of one source share are added to `program` once, through `shared`.
  using Shared = std::map<std::string, std::uint32_t>;
  Stream(ir::Program& program, Source source, Window window, Arguments arguments, Shared& shared);

  ir::Algebra& algebra() { return algebra_; }
  [[nodiscard]] const Window& window() const { return window_; }
  /// Of an argument that the feature's row names; `otherwise` where it was not given.
  [[nodiscard]] double argument(std::string_view name, double otherwise = 0.0) const;
  [[nodiscard]] bool has_argument(std::string_view name) const { return arguments_.contains(name); }

  [[nodiscard]] ir::NodeId value() const { return source_.value; }
  [[nodiscard]] ir::NodeId time() const { return source_.time; }
  /// 1 at samples inside the window, else 0; no lane's own. And the same as a condition.
  ir::NodeId weight();
  ir::NodeId inside();
  /// The sample before: NaN at the first.
  ir::NodeId previous_value();
  ir::NodeId previous_time();

  /// A variable that is carried from sample to sample: `next` makes its value after this sample from the one before.
  /// One that is asked for again under the same name and window is the same. Its current value at a reading.
  ir::NodeId carried(const std::string& name, double initial, const std::function<ir::NodeId(ir::NodeId)>& next);
  /// The same, changed only where `when` holds, which is seldom.
  ir::NodeId changed_when(const std::string& name, double initial, ir::NodeId when,
                          const std::function<ir::NodeId(ir::NodeId)>& next);

  /// One sample: its value; the same about `centre`, 0 outside of the window; its weight; whether it is inside, 1 or 0;
  /// its time.
  struct Sample {
    ir::NodeId value, centred, weight, inside, time;
  };
  /// A sum over the samples of a term that is linear in their weight. Its derivative is that of the integral which the
  /// sum stands for: where the value jumps at a spike, the jump moves with the spike. (The sum itself moves by steps,
  /// as spikes go past samples, and between them knows nothing of that.)
  ir::NodeId sum(const std::string& name, const std::function<ir::NodeId(const Sample&)>& term);
  /// The part of that which is there for its derivative alone: 0, at the first sample after a spike.
  ir::NodeId moved_jump(const std::function<ir::NodeId(const Sample&)>& term);
  /// Does the value jump at the model's spikes?
  [[nodiscard]] bool jumps() const { return source_.jumps; }

  /// How many samples were in the window.
  ir::NodeId samples();
  /// The last value in the window, at a reading.
  ir::NodeId last_value();
  /// x = value - the first value in the window; 0 outside of the window. What sums are taken of.
  ir::NodeId centred();
  /// The first value in the window, at a reading.
  ir::NodeId centre();

  /// `name` of something that depends on which crossing is a spike.
  [[nodiscard]] std::string of_spikes(const std::string& name) const;
  /// A spike at this sample, in the window; and its time: of the model's own, or interpolated between two samples.
  ir::NodeId spike();
  ir::NodeId spike_time();
  /// A sample with more than one of the model's own since the sample before, in the window (by the last of them).
  ir::NodeId several_spikes();
  [[nodiscard]] bool may_have_several() const { return source_.several; }
  /// The same of the model's own, in the window or not.
  ir::NodeId any_spike();
  /// Whether features of spikes take the model's own rather than a crossing.
  [[nodiscard]] bool own_spikes() const { return source_.spikes.has_value(); }
  /// Value of `threshold`, the crossing level.
  [[nodiscard]] double threshold() const { return argument("threshold", default_threshold); }

  static constexpr double default_threshold = -0.02;  ///< volt: eFEL's

 private:
  ir::NodeId carry_once(const std::string& key, double initial, const std::function<ir::NodeId(ir::NodeId)>& next);
  ir::Program& program_;
  ir::Algebra algebra_;
  Source source_;
  Window window_;
  Arguments arguments_;
  Shared& shared_;
};

}  // namespace hillock::features
