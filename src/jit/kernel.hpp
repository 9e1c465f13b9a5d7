#pragma once
/// Loops compiled to machine code: one SIMD lane is one simulation.
///
/// Explicit vectors (8 doubles with AVX-512, 4 with AVX2; twice as many simulations where a loop is in single
/// precision, with what it keeps in doubles in pairs of registers), several vectors in flight to hide latency. Every
/// operation is an IEEE operation with one rounding and nothing is reassociated, so a lane's result has the same bits
/// on both instruction sets, at any lane position, and in the interpreter.

#include <memory>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "ir/program.hpp"
#include "jit/code_store.hpp"

namespace hillock::jit {

class LoadedImage;

enum class Isa : std::uint8_t { avx2, avx512 };
[[nodiscard]] std::string_view to_string(Isa isa);
/// The widest instruction set that this machine runs and we compile for; nothing if it lacks AVX2 with FMA.
[[nodiscard]] std::optional<Isa> best_isa();
[[nodiscard]] bool runs_here(Isa isa);
/// Simulations in a vector: as many numbers as a register has, of double precision or single.
[[nodiscard]] constexpr int lanes_of(Isa isa, bool single) { return (isa == Isa::avx512 ? 8 : 4) * (single ? 2 : 1); }

/// What makes compiled code faster without changing a bit of what it computes. Left out to measure what it gains.
struct Arrangement {
  bool short_forms = true;  ///< jit/short_forms.hpp
  bool usual_row = true;    ///< jit/usual_row.hpp: a row first in one piece, as if nothing rare were wanted
  bool order = true;        ///< jit/order.hpp
  /// Leaves one out, by the name that it has here. Returns whether it is one of these.
  bool leave_out(std::string_view name);
};

struct KernelOptions {
  Isa isa = Isa::avx512;
  int vectors = 2;  ///< vectors in flight, 1 to 4
  /// Code that is in this process already, of an equal loop, is shared. (`false`: compiled or loaded anew.)
  bool share = true;
  const CodeStore* store = nullptr;  ///< where code is looked for before it is compiled, and kept; null: nowhere
  Arrangement arrangement = {};
};

/// Where a kernel's code came from.
enum class Origin : std::uint8_t { compiled, shared, stored };

/// A compiled Loop. Immutable; `run` may be called from many threads at once.
class Kernel {
 public:
  /// Error code "jit-failed" carries the compiler's own words; "jit-absent": the compiler's library is not installed.
  [[nodiscard]] static Result<Kernel> compile(const ir::Loop& loop, const KernelOptions& options);
  Kernel(Kernel&&) noexcept;
  Kernel& operator=(Kernel&&) noexcept;
  ~Kernel();

  /// Simulations per call of `run`.
  [[nodiscard]] int lanes() const { return lanes_; }
  /// Changes no bit.
  [[nodiscard]] Origin origin() const { return origin_; }

  /// @param loop        the loop that was compiled, or one with the same code and other rows
  /// @param parameters  [parameters][lanes]
  /// @param state       [loop.state_size()][lanes], receives the final values: the carried ones first
  /// @param outputs     [observed][outputs][lanes], or null to store none
  void run(const ir::Loop& loop, const double* parameters, double* state, double* outputs) const;
  /// The same for rows [begin, end), of which there must be one. Where a run is cut never changes a bit.
  /// @param state       [loop.state_size()][lanes]: read where rows.begin > 0, receives the values after the last row
  /// @param outputs     [observed in these rows][outputs][lanes], or null to store none
  /// @param tape        [rows][loop.tape][lanes]: see ir::Program::taped; null to put nothing down
  void run(const ir::Loop& loop, ir::Rows rows, const double* parameters, double* state, double* outputs,
           double* tape = nullptr) const;

 private:
  Kernel(std::shared_ptr<const LoadedImage> code, Origin origin, int lanes);
  std::shared_ptr<const LoadedImage> code_;
  Origin origin_;
  int lanes_ = 0;
};

}  // namespace hillock::jit
