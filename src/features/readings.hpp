#pragma once
/// From requests to values: what is added to a program, and what is read at its end.

#include <memory>
#include <span>
#include <vector>

#include "features/feature.hpp"
#include "ir/interpret.hpp"

namespace hillock::features {

struct Request {
  const Feature* feature = nullptr;
  std::string quantity;  ///< a state, a sub-expression or an observed channel; a channel of a recording
  Window window;
  Arguments arguments;  ///< SI
  std::string name;     ///< in answers, as the person wrote it
};

/// Gives a request that has a `resolution` and does not say it one over the length of its window, in Hz, where samples
/// are at start + i*interval.
void complete_resolution(Request& request, double start, double interval, std::size_t samples);

struct Value {
  double value = 0.0;  ///< SI; NaN where there is none
  Undefined why = Undefined::none;
  bool decided = false;              ///< no later sample can change it (Reading::decided)
  NoSlope no_slope = NoSlope::none;  ///< where derivatives were asked for
};

/// The accumulators of several requests in one program. Requests share what they have in common.
class Readings {
 public:
  /// Adds a request's accumulators to the program's observed rows.
  /// @param with_slopes  also what tells where there is no derivative
  void add(ir::Program& program, const Source& source, const Request& request, bool with_slopes = false);
  /// Derivatives of every reading, once the program has its tangents: of `ir::add_tangents`.
  void add_slopes(ir::Program& program, const ir::TangentTable& tangents, std::size_t parameters);
  [[nodiscard]] std::size_t size() const { return readings_.size(); }
  /// Of all readings together; 0 where they were not asked for.
  [[nodiscard]] std::size_t slopes() const;

  /// Turns final values of carried variables into values of features; one for each thread.
  class Finish {
   public:
    Finish(const ir::Program& program, std::span<const Reading> readings);
    /// @param carried  at the end of a run, by carried index
    /// @param out      by request
    /// @param slopes   [request][parameter], NaN where there are none; empty where they were not asked for
    void run(std::span<const double> carried, std::span<Value> out, std::span<double> slopes = {});

   private:
    ir::Evaluator evaluator_;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> symbols_;  ///< symbol, carried index
    std::vector<double> values_, roots_;
    struct Parts {
      std::vector<Undefined> exceptions;
      std::vector<NoSlope> corners;
      std::size_t slopes = 0;
      bool may_be_decided = false;
    };
    std::vector<Parts> parts_;  ///< by reading
  };
  /// Which readings are decided in the middle of a run; one for each thread. Costs a few operations a reading.
  class Decisions {
   public:
    Decisions(const ir::Program& program, std::span<const Reading> readings);
    /// Could this one be?
    [[nodiscard]] bool may(std::size_t reading) const { return may_[reading] != 0; }
    /// Carried variable c is at carried[c * stride]. Sets decided[reading] where it is.
    void run(const double* carried, std::size_t stride, std::span<std::uint8_t> decided);

   private:
    ir::Evaluator evaluator_;
    std::vector<std::uint8_t> may_;                                 ///< by reading
    std::vector<std::size_t> which_;                                ///< readings that may be decided
    std::vector<std::pair<std::uint32_t, std::uint32_t>> symbols_;  ///< symbol, carried index
    std::vector<double> values_, roots_;
  };
  [[nodiscard]] Decisions decisions(const ir::Program& program) const { return {program, readings_}; }
  [[nodiscard]] Finish finish(const ir::Program& program) const { return {program, readings_}; }

 private:
  Stream::Shared shared_;
  std::vector<Reading> readings_;
};

/// Features of a stored trace: samples at start + i*interval (seconds), values in SI. The definitions are those of
/// simulations, run by the interpreter. Spikes are crossings.
/// @param mask  by sample: those that are 0 are not there; empty: all are
[[nodiscard]] std::vector<Value> measure(std::span<const double> trace, double start, double interval,
                                         std::span<const Request> requests, std::span<const std::uint8_t> mask = {});

}  // namespace hillock::features
