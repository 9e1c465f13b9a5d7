#include "sim/integrate/sparse_solve.hpp"

namespace hillock::sim {

using ir::NodeId;

SparseSolve::SparseSolve(ir::Algebra& algebra, std::vector<std::vector<NodeId>> matrix)
    : al_(algebra), m_(std::move(matrix)), inverse_(m_.size(), ir::no_node) {
  const std::size_t n = m_.size();
  std::vector<bool> done(n);
  for (std::size_t round = 0; round < n; ++round) {
    std::size_t pivot = n, least = 0;
    for (std::size_t k = 0; k < n; ++k) {
      if (done[k]) continue;
      std::size_t rows = 0, columns = 0;
      for (std::size_t j = 0; j < n; ++j)
        if (!done[j] && j != k) rows += !zero(m_[j][k]), columns += !zero(m_[k][j]);
      if (pivot == n || rows * columns < least) pivot = k, least = rows * columns;
    }
    done[pivot] = true;
    order_.push_back(pivot);
    inverse_[pivot] = al_.div(al_.number(1.0), m_[pivot][pivot]);
    for (std::size_t r = 0; r < n; ++r) {
      if (done[r] || zero(m_[r][pivot])) continue;
      m_[r][pivot] = al_.mul(m_[r][pivot], inverse_[pivot]);
      for (std::size_t c = 0; c < n; ++c)
        if (!done[c]) m_[r][c] = al_.sub(m_[r][c], al_.mul(m_[r][pivot], m_[pivot][c]));
    }
  }
}

std::vector<NodeId> SparseSolve::solve(std::vector<NodeId> b) const {
  const std::size_t n = order_.size();
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t r = k + 1; r < n; ++r)
      b[order_[r]] = al_.sub(b[order_[r]], al_.mul(m_[order_[r]][order_[k]], b[order_[k]]));
  for (std::size_t k = n; k-- > 0;) {
    NodeId rest = b[order_[k]];
    for (std::size_t c = k + 1; c < n; ++c) rest = al_.sub(rest, al_.mul(m_[order_[k]][order_[c]], b[order_[c]]));
    b[order_[k]] = al_.mul(rest, inverse_[order_[k]]);
  }
  return b;
}

}  // namespace hillock::sim
