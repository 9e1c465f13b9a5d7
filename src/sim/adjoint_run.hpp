#pragma once
/// Gradients of a sum over the rows in reverse: forwards with checkpoints, then piece by piece backwards.
///
/// The rows are cut into pieces of about the square root of their number, or as many as fill a small cache. The first
/// pass keeps the state at the start of every piece; each piece is then run again, from the last to the first, to put
/// its states on a tape, which the backward program reads; but the last pieces, as many as 33 MB hold, are put down in
/// the first pass. So memory is that and the square root of the number of rows,
/// for one pass more (Griewank & Walther 2008, ch. 12, in its form with two levels).

#include <functional>
#include <memory>
#include <span>

#include "base/error.hpp"
#include "ir/adjoint.hpp"
#include "jit/code_store.hpp"
#include "sim/programs.hpp"

namespace hillock::sim {

enum class Backend : std::uint8_t;

class AdjointRun {
 public:
  /// What a thread may spend on what need not be run again: with checkpoints and all, below 50 MB.
  static constexpr std::size_t most_tape_bytes = std::size_t{33} << 20U;
  /// @param program     sums up into `objective`
  /// @param tape_bytes  changes no bit
  AdjointRun(const ir::Program& program, const ir::Timeline& timeline, std::uint32_t objective,
             std::span<const std::uint32_t> with_respect_to, Backend backend, std::size_t tape_bytes = most_tape_bytes);
  /// Before the first run; code is looked for and kept in `store` (null: nowhere). Error codes: "jit-failed",
  /// "jit-absent".
  [[nodiscard]] Result<void> compile(const jit::CodeStore* store);
  AdjointRun(AdjointRun&&) noexcept;
  AdjointRun& operator=(AdjointRun&&) noexcept;
  ~AdjointRun();

  /// Simulations per call of `run`.
  [[nodiscard]] std::size_t lanes() const;
  /// Operations of a lane's whole run, all passes: to compare with what tangents need.
  [[nodiscard]] double operations() const;
  /// Bytes that a call of `run` works in.
  [[nodiscard]] std::size_t bytes() const;
  /// @param parameters  [parameters][lanes]
  /// @param out         [1 + with_respect_to][lanes]: the sum, then its gradient
  /// False where `stop` became true, which is asked at every piece. May be called by several threads.
  bool run(std::span<const double> parameters, std::span<double> out, const std::function<bool()>& stop) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Operations that a lane's run of a loop takes.
[[nodiscard]] double operations(const ir::Loop& loop);

}  // namespace hillock::sim
