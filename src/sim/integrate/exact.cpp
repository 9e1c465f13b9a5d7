/// Linear equations x' = A x + b with A and b constant over a row, exactly: with F = exp(A h) - 1 and
/// P = integral of exp(A s) over the row,
///
///     x(t+h) = x + F x + P b.
///
/// A and b are taken at the middle of the row, so what an input moves inside it is followed to second order.
///
/// Equations that stand alone have P = h exprel(a h), F = a P. Coupled ones: P and F of h/2^32 by their series, then 32
/// times P <- 2 P + F P, F <- 2 F + F^2. No difference of nearly equal numbers occurs, whatever the eigenvalues are
/// (equal, zero, complex), and slow equations keep their relative precision beside fast ones, which exp(A h) itself
/// would lose (Moler & Van Loan 2003, SIAM Rev. 45:3, on scaling and squaring).
///
/// Additive noise, where it drives one equation that stands alone: its exact variance, g^2 h exprel(2 a h).

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "ir/derive.hpp"
#include "sim/integrate/step.hpp"

namespace hillock::sim {

using ir::NodeId;
using ir::Op;

namespace {

constexpr int halvings = 32;
/// The series to this degree is right to 1e-17 for a row sum of |A| h/2^32 up to 1/16, so of |A| h up to 2^28.
constexpr int degree = 8;
constexpr double largest_rate = 268435456.0;
constexpr std::size_t most_products = 1500;  ///< of numbers, in one product of matrices

using Matrix = std::vector<std::vector<NodeId>>;

class Linear {
 public:
  explicit Linear(StepContext& context)
      : context_(context), al_(context.algebra()), x_(context.state_values()), h_(context.step()) {}

  Result<Step> build() {
    if (auto good = take_apart(); !good) return fail(std::move(good.error()));
    Step step;
    step.next.resize(x_.size());
    for (const std::vector<std::size_t>& together : components()) {
      auto good = together.size() == 1 ? alone(together[0], step) : coupled(together, step);
      if (!good) return fail(std::move(good.error()));
    }
    return step;
  }

 private:
  [[nodiscard]] const ir::Symbol& symbol(std::size_t i) const {
    return context_.model().symbol(context_.model().states[i].symbol);
  }
  [[nodiscard]] bool depends_on_states(NodeId id) const {
    if (al_.g.is_constant(id)) return false;
    return std::ranges::any_of(ir::reachable(al_.g, std::span(&id, 1)), [&](NodeId part) {
      return al_.g[part].op == Op::symbol && std::ranges::find(x_, part) != x_.end();
    });
  }

  /// Finds A, b and what multiplies the noises; every equation that is not linear is an error.
  Result<void> take_apart() {
    Errors errors;
    const auto f = context_.derivatives(x_, Layout::Stage::middle);
    std::vector<NodeId> at_zero(context_.program().variables.size(), ir::no_node);
    for (const NodeId x : x_) at_zero[index(al_.g[x].symbol)] = al_.number(0.0);
    for (std::size_t i = 0; i < x_.size(); ++i) {
      a_.push_back(ir::gradient(al_, f[i], x_));
      for (std::size_t j = 0; j < x_.size(); ++j)
        if (depends_on_states(a_[i][j])) {
          errors.push_back(
              {"integrator-unfit",
               "exact needs linear equations, and d" + symbol(i).name + "/dt is not linear in " + symbol(j).name,
               symbol(i).span, "model.integrator", "integrator = \"exponential_euler\", \"rk4\" or \"dopri5\""});
          break;
        }
      b_.push_back(ir::simplify(al_.g, std::span(&f[i], 1), al_.g, at_zero)[0]);
    }
    for (std::size_t j = 0; j < context_.noises(); ++j) {
      g_.push_back(context_.diffusion(j, x_, Layout::Stage::middle));
      for (std::size_t i = 0; i < x_.size(); ++i)
        if (depends_on_states(g_[j][i]))
          errors.push_back({"integrator-unfit",
                            "exact takes additive noise only, and a state multiplies " +
                                context_.model().symbol(context_.model().noises[j]).name + " in d" + symbol(i).name +
                                "/dt",
                            symbol(i).span, "model.integrator",
                            "integrator = \"heun\" or \"milstein_stratonovich\", or \"milstein_ito\""});
    }
    if (!errors.empty()) return fail(std::move(errors));
    return {};
  }

  /// The states, in groups that have nothing to do with each other; a shared noise couples too.
  std::vector<std::vector<std::size_t>> components() {
    std::vector<std::size_t> label(x_.size());
    std::iota(label.begin(), label.end(), std::size_t{0});
    const auto join = [&](std::size_t i, std::size_t j) {
      const std::size_t from = label[i], to = label[j];
      std::ranges::replace(label, from, to);
    };
    const auto present = [&](NodeId id) { return !al_.g.is_constant(id, 0.0); };
    for (std::size_t i = 0; i < x_.size(); ++i)
      for (std::size_t j = 0; j < x_.size(); ++j) {
        if (present(a_[i][j])) join(i, j);
        for (const auto& g : g_)
          if (present(g[i]) && present(g[j])) join(i, j);
      }
    std::vector<std::vector<std::size_t>> out;
    for (std::size_t l = 0; l < x_.size(); ++l) {
      std::vector<std::size_t> members;
      for (std::size_t i = 0; i < x_.size(); ++i)
        if (label[i] == l) members.push_back(i);
      if (!members.empty()) out.push_back(std::move(members));
    }
    return out;
  }

  Result<void> alone(std::size_t i, Step& step) {
    const NodeId a = a_[i][i];
    const bool still = al_.g.is_constant(a, 0.0);
    const NodeId lasting = still ? h_ : al_.mul(h_, al_.make(Op::exprel, al_.mul(a, h_)));
    const NodeId decay = al_.add(al_.mul(a, lasting), al_.number(1.0));
    NodeId next = al_.add(al_.mul(x_[i], decay), al_.mul(b_[i], lasting));
    const NodeId spread =
        still ? al_.number(1.0) : al_.make(Op::sqrt, al_.make(Op::exprel, al_.mul(al_.number(2.0), al_.mul(a, h_))));
    for (std::size_t j = 0; j < g_.size(); ++j)
      if (!al_.g.is_constant(g_[j][i], 0.0))
        next = al_.add(next, al_.mul(al_.mul(g_[j][i], spread), context_.increment(j)));
    step.next[i] = next;
    return {};
  }

  Result<void> coupled(const std::vector<std::size_t>& members, Step& step) {
    for (const auto& g : g_)
      for (const std::size_t i : members)
        if (!al_.g.is_constant(g[i], 0.0))
          return fail(Error{"integrator-unfit",
                            "exact knows the variance of noise in an equation that stands alone, and d" +
                                symbol(i).name +
                                "/dt is coupled to others: their joint distribution takes more random numbers than "
                                "the model has noises",
                            symbol(i).span, "model.integrator", "integrator = \"exponential_euler\" or \"euler\""});
    std::vector<NodeId> next = propagated(members, false);
    if (next.empty())
      return fail(Error{"integrator-unfit",
                        std::to_string(members.size()) + " coupled equations, that of " + symbol(members[0]).name +
                            " among them, are too many for exact",
                        symbol(members[0]).span, "model.integrator", "integrator = \"exponential_euler\" or \"rk4\""});
    if (const auto moving = context_.moving()) {
      const std::vector<NodeId> still = propagated(members, true);
      for (std::size_t r = 0; r < members.size(); ++r) next[r] = al_.select(*moving, next[r], still[r]);
    }
    for (std::size_t r = 0; r < members.size(); ++r) step.next[members[r]] = next[r];
    return {};
  }

  /// x + F x + P b for these states; with `refractory`, those so marked stand still. Nothing where that is too much.
  std::vector<NodeId> propagated(const std::vector<std::size_t>& members, bool refractory) {
    const std::size_t n = members.size();
    const NodeId zero = al_.number(0.0);
    Matrix a(n, std::vector<NodeId>(n, zero));
    std::vector<NodeId> b(n, zero);
    for (std::size_t r = 0; r < n; ++r) {
      if (refractory && context_.model().states[members[r]].unless_refractory) continue;
      b[r] = b_[members[r]];
      for (std::size_t c = 0; c < n; ++c) a[r][c] = a_[members[r]][members[c]];
    }
    if (products_of(a) > most_products) return {};
    const NodeId short_step = al_.mul(h_, al_.number(std::ldexp(1.0, -halvings)));
    const NodeId in_range = within(a);
    for (auto& row : a)
      for (NodeId& entry : row) entry = al_.mul(entry, short_step);
    // By Horner: 1/1! + a/2! + a^2/3! + ...
    double factorial = 1.0;
    for (int k = 2; k <= degree + 1; ++k) factorial *= k;
    Matrix p = identity(n, 1.0 / factorial);
    for (int k = degree; k >= 1; --k) {
      factorial /= k + 1;
      p = sum(product(a, p), identity(n, 1.0 / factorial));
    }
    Matrix f = product(a, p);
    for (int k = 0; k < halvings; ++k) {
      p = sum(sum(p, p), product(f, p));
      f = sum(sum(f, f), product(f, f));
    }
    std::vector<NodeId> next;
    for (std::size_t r = 0; r < n; ++r) {
      NodeId out = al_.mul(x_[members[r]], al_.add(f[r][r], al_.number(1.0)));
      for (std::size_t c = 0; c < n; ++c) {
        if (c != r) out = al_.add(out, al_.mul(f[r][c], x_[members[c]]));
        out = al_.add(out, al_.mul(b[c], al_.mul(p[r][c], short_step)));
      }
      next.push_back(al_.select(in_range, out, al_.number(std::numeric_limits<double>::quiet_NaN())));
    }
    return next;
  }

  /// Are the row sums of |A| h such that the series converges?
  NodeId within(const Matrix& a) {
    NodeId largest = al_.number(0.0);
    for (const auto& row : a) {
      NodeId sum = al_.number(0.0);
      for (const NodeId entry : row) sum = al_.add(sum, al_.make(Op::abs, entry));
      largest = al_.make(Op::max, largest, sum);
    }
    return al_.make(Op::le, al_.mul(largest, h_), al_.number(largest_rate));
  }
  Matrix identity(std::size_t n, double value) {
    Matrix out(n, std::vector<NodeId>(n, al_.number(0.0)));
    for (std::size_t i = 0; i < n; ++i) out[i][i] = al_.number(value);
    return out;
  }
  Matrix sum(const Matrix& a, const Matrix& b) {
    Matrix out = a;
    for (std::size_t i = 0; i < a.size(); ++i)
      for (std::size_t j = 0; j < a.size(); ++j)
        // Twice a number is a product, so that it fuses with what is added.
        out[i][j] = a[i][j] == b[i][j] ? al_.mul(al_.number(2.0), a[i][j]) : al_.add(a[i][j], b[i][j]);
    return out;
  }
  Matrix product(const Matrix& a, const Matrix& b) {
    const std::size_t n = a.size();
    Matrix out(n, std::vector<NodeId>(n, al_.number(0.0)));
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j)
        for (std::size_t k = 0; k < n; ++k) out[i][j] = al_.add(out[i][j], al_.mul(a[i][k], b[k][j]));
    return out;
  }
  /// How many products of numbers a product of matrices is, with what is never zero; or some that are too many.
  std::size_t products_of(const Matrix& a) {
    const std::size_t n = a.size();
    std::vector<std::vector<char>> reach(n, std::vector<char>(n));
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) reach[i][j] = i == j || !al_.g.is_constant(a[i][j], 0.0);
    for (std::size_t k = 0; k < n; ++k)
      for (std::size_t i = 0; i < n; ++i)
        if (reach[i][k])
          for (std::size_t j = 0; j < n; ++j) reach[i][j] |= reach[k][j];
    std::size_t count = 0;
    for (std::size_t k = 0; k < n && count <= most_products; ++k) {
      std::size_t from = 0, to = 0;
      for (std::size_t i = 0; i < n; ++i) from += reach[i][k] != 0, to += reach[k][i] != 0;
      count += from * to;
    }
    return count;
  }

  StepContext& context_;
  ir::Algebra& al_;
  std::vector<NodeId> x_;
  NodeId h_;
  Matrix a_;               ///< by state, by state
  std::vector<NodeId> b_;  ///< by state
  Matrix g_;               ///< by noise, by state
};

}  // namespace

Result<Step> exact_step(StepContext& context) { return Linear(context).build(); }

}  // namespace hillock::sim
