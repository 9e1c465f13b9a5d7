#pragma once
/// A channel of a compiled program that puts out what is recorded (sim::Purpose::recorded): whole numbers, which the
/// loop cannot draw (sim/recorded.hpp), are drawn here of what it puts out.

#include <cstdint>
#include <string>

#include "ir/model.hpp"
#include "sim/simulator.hpp"

namespace hillock::study {

struct RecordedChannel {
  std::string name;
  ir::NoiseFamily family = ir::NoiseFamily::normal;
  std::uint32_t stream = 0;  ///< of sample 0's number, where numbers are drawn after the run

  /// @param name  of an observation, a state or a sub-expression; the latter two have no noise
  [[nodiscard]] static RecordedChannel of(const ir::Model& model, std::size_t samples, const std::string& name);

  /// The channel at a kept sample, of the simulation `number` of `seed`.
  /// @param output  the channel's place in the record: sim::BuiltProgram::recorded
  /// @param kept    which of the record's samples, and
  /// @param sample  which of the experiment's that is
  [[nodiscard]] double value(const sim::Record& record, const sim::RecordedOutput& output, std::size_t kept,
                             std::size_t sample, std::uint64_t seed, std::uint64_t number) const;
};

}  // namespace hillock::study
