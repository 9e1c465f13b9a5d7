#include "sim/integrate/sparse_solve.hpp"

namespace hillock::sim {

using ir::NodeId;

SparseSolve::SparseSolve(ir::Algebra& algebra, std::vector<std::vector<NodeId>> matrix)
    : al_(algebra), m_(std::move(matrix)), inverse_(m_.size(), ir::no_node), lower_(m_.size()), upper_(m_.size()) {
  const std::size_t n = m_.size();
  const auto zero = [&](NodeId id) { return al_.g.is_constant(id, 0.0); };
  std::vector<bool> done(n);
  std::vector<std::size_t> in_row(n), in_column(n);  // off the diagonal, of what is not done
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t c = 0; c < n; ++c)
      if (r != c && !zero(m_[r][c])) ++in_row[r], ++in_column[c];
  for (std::size_t round = 0; round < n; ++round) {
    std::size_t pivot = n;
    for (std::size_t k = 0; k < n; ++k)
      if (!done[k] && (pivot == n || in_row[k] * in_column[k] < in_row[pivot] * in_column[pivot])) pivot = k;
    done[pivot] = true;
    order_.push_back(pivot);
    inverse_[pivot] = al_.div(al_.number(1.0), m_[pivot][pivot]);
    for (std::size_t k = 0; k < n; ++k) {
      if (done[k]) continue;
      if (!zero(m_[k][pivot])) lower_[pivot].push_back(k), --in_row[k];
      if (!zero(m_[pivot][k])) upper_[pivot].push_back(k), --in_column[k];
    }
    for (const std::size_t r : lower_[pivot]) {
      m_[r][pivot] = al_.mul(m_[r][pivot], inverse_[pivot]);
      for (const std::size_t c : upper_[pivot]) {
        const bool new_one = zero(m_[r][c]) && r != c;
        m_[r][c] = al_.sub(m_[r][c], al_.mul(m_[r][pivot], m_[pivot][c]));
        if (new_one) ++in_row[r], ++in_column[c];
      }
    }
  }
}

std::vector<NodeId> SparseSolve::solve(std::vector<NodeId> b) const {
  for (const std::size_t k : order_)
    for (const std::size_t r : lower_[k]) b[r] = al_.sub(b[r], al_.mul(m_[r][k], b[k]));
  for (auto k = order_.rbegin(); k != order_.rend(); ++k) {
    NodeId rest = b[*k];
    for (const std::size_t c : upper_[*k]) rest = al_.sub(rest, al_.mul(m_[*k][c], b[c]));
    b[*k] = al_.mul(rest, inverse_[*k]);
  }
  return b;
}

}  // namespace hillock::sim
