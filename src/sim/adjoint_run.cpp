#include "sim/adjoint_run.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "sim/simulator.hpp"
#ifdef HILLOCK_HAS_JIT
#include "jit/kernel.hpp"
#endif

namespace hillock::sim {

/// A pass over rows: compiled, or interpreted where there is no kernel.
struct AdjointRun::State {
  ir::Loop forward, backward, gradient;
  std::uint32_t objective = 0;
  Backend backend = Backend::interpreter;
  std::size_t lanes = 1;
  std::size_t piece = 1;
  std::size_t taped_at_once = 1;  ///< pieces at the end that the first pass puts down, each in a place of its own
#ifdef HILLOCK_HAS_JIT
  std::optional<jit::Kernel> forward_kernel, backward_kernel;
#endif

  [[nodiscard]] std::size_t pieces() const { return (forward.rows + piece - 1) / piece; }
  [[nodiscard]] ir::Rows rows(std::size_t i) const { return {i * piece, std::min(forward.rows, (i + 1) * piece)}; }

  void pass(bool backwards, ir::Rows at, std::span<const double> parameters, std::span<double> state,
            std::span<double> tape) const {
    const ir::Loop& loop = backwards ? backward : forward;
#ifdef HILLOCK_HAS_JIT
    if (forward_kernel) {
      const jit::Kernel& kernel = backwards ? *backward_kernel : *forward_kernel;
      kernel.run(loop, at, parameters.data(), state.data(), nullptr, tape.empty() ? nullptr : tape.data());
      return;
    }
#endif
    ir::interpret(loop, at, parameters, state, {}, tape);
  }
};

namespace {

/// A piece whose tape has this size stays in a core's own cache.
constexpr std::size_t piece_bytes = std::size_t{256} << 10U;

}  // namespace

double operations(const ir::Loop& loop) {
  const auto size = [](const ir::Loop::Phase& phase) {
    double sum = static_cast<double>(phase.nodes.size());
    for (const ir::Group& group : phase.groups) sum += static_cast<double>(group.nodes.size());
    return sum;
  };
  return static_cast<double>(loop.rows) * size(loop.advance_phase) +
         static_cast<double>(loop.observed) * size(loop.observe_phase);
}

AdjointRun::AdjointRun(AdjointRun&&) noexcept = default;
AdjointRun& AdjointRun::operator=(AdjointRun&&) noexcept = default;
AdjointRun::~AdjointRun() = default;

std::size_t AdjointRun::lanes() const { return state_->lanes; }

double AdjointRun::operations() const {
  const State& s = *state_;
  const double again = 1.0 - static_cast<double>(s.taped_at_once) / static_cast<double>(s.pieces());
  return (1.0 + again) * sim::operations(s.forward) + sim::operations(s.backward);
}

std::size_t AdjointRun::bytes() const {
  const State& s = *state_;
  const std::size_t numbers = s.taped_at_once * std::min(s.piece, s.forward.rows) * s.forward.tape +
                              (s.pieces() + 1) * s.forward.state_size() + s.backward.state_size();
  return numbers * s.lanes * sizeof(double);
}

AdjointRun::AdjointRun(const ir::Program& program, const ir::Timeline& timeline, std::uint32_t objective,
                       std::span<const std::uint32_t> with_respect_to, Backend backend, std::size_t tape_bytes)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  ir::Program folded = program;
  ir::fold_constant_columns(folded, timeline);
  const ir::Adjoint adjoint = ir::adjoint(folded, objective, with_respect_to);
  folded.taped = adjoint.taped;
  folded.tape = static_cast<std::uint32_t>(adjoint.taped.size());
  s.objective = objective;
  s.backend = backend;
  s.forward = ir::bind(folded, timeline);
  s.backward = ir::bind(adjoint.backward, ir::reversed(timeline));
  s.gradient = ir::bind(adjoint.gradient, ir::first_row(timeline));
  s.lanes = backend == Backend::interpreter ? 1 : (backend == Backend::avx512 ? 8 : 4);
  const std::size_t record = std::max<std::size_t>(1, s.forward.tape) * s.lanes * sizeof(double);
  const auto root = static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(timeline.rows))));
  s.piece = std::max(root, piece_bytes / record);
  s.taped_at_once = std::clamp<std::size_t>(tape_bytes / (record * s.piece), 1, s.pieces());
}

Result<void> AdjointRun::compile([[maybe_unused]] const jit::CodeStore* store) {
#ifdef HILLOCK_HAS_JIT
  State& s = *state_;
  if (s.backend == Backend::interpreter) return {};
  const jit::Isa isa = s.backend == Backend::avx512 ? jit::Isa::avx512 : jit::Isa::avx2;
  auto forward = jit::Kernel::compile(s.forward, {isa, 1, true, store});
  if (!forward) return fail(std::move(forward.error()));
  auto backward = jit::Kernel::compile(s.backward, {isa, 1, true, store});
  if (!backward) return fail(std::move(backward.error()));
  s.forward_kernel = std::move(*forward);
  s.backward_kernel = std::move(*backward);
#endif
  return {};
}

bool AdjointRun::run(std::span<const double> parameters, std::span<double> out,
                     const std::function<bool()>& stop) const {
  const State& s = *state_;
  const std::size_t n = s.lanes, pieces = s.pieces(), size = s.forward.state_size() * n;
  thread_local std::vector<double> states, tape, adjoints, own;
  states.resize((pieces + 1) * size);
  const std::size_t record = s.forward.tape * n, place = std::min(s.piece, s.forward.rows) * record;
  const std::size_t first_taped = pieces - s.taped_at_once;
  tape.resize(s.taped_at_once * place);
  adjoints.resize(s.backward.state_size() * n);
  const auto tape_of = [&](std::size_t i, ir::Rows rows) {
    // Earlier pieces use the first place once it has been read.
    return std::span(tape).subspan(i < first_taped ? 0 : (i - first_taped) * place, (rows.end - rows.begin) * record);
  };
  const auto state = [&](std::size_t i) { return std::span(states).subspan(i * size, size); };
  for (std::size_t i = 0; i < pieces; ++i) {
    if (stop && stop()) return false;
    // Piece i starts from what is kept at i, and leaves what piece i + 1 starts from.
    std::copy(state(i).begin(), state(i).end(), state(i + 1).begin());
    const ir::Rows rows = s.rows(i);
    s.pass(false, rows, parameters, state(i + 1), i >= first_taped ? tape_of(i, rows) : std::span<double>());
  }
  for (std::size_t lane = 0; lane < n; ++lane) out[lane] = state(pieces)[s.objective * n + lane];
  for (std::size_t i = pieces; i-- > 0;) {
    if (stop && stop()) return false;
    const ir::Rows rows = s.rows(i);
    if (i < first_taped) {
      std::copy(state(i).begin(), state(i).end(), state(i + 1).begin());
      s.pass(false, rows, parameters, state(i + 1), tape_of(i, rows));
    }
    const std::size_t all = s.forward.rows;
    s.pass(true, {all - rows.end, all - rows.begin}, parameters, adjoints, tape_of(i, rows));
  }
  const std::size_t given = s.forward.parameters, left = s.backward.carried, slopes = s.gradient.carried;
  own.resize(given + left + slopes);
  for (std::size_t lane = 0; lane < n; ++lane) {
    for (std::size_t p = 0; p < given; ++p) own[p] = parameters[p * n + lane];
    for (std::size_t c = 0; c < left; ++c) own[given + c] = adjoints[c * n + lane];
    const auto result = std::span(own).last(slopes);
    ir::interpret(s.gradient, std::span(own).first(given + left), result);
    for (std::size_t k = 0; k < slopes; ++k) out[(1 + k) * n + lane] = result[k];
  }
  return true;
}

}  // namespace hillock::sim
