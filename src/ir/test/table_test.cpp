// Tables against Brian 2's rule for the index, written out.

#include "ir/table.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "ir/interpret.hpp"

namespace hillock::ir {
namespace {

double looked_up(const std::vector<double>& values, double interval, double time, double step) {
  Graph graph;
  Algebra algebra(graph);
  const NodeId root = table_lookup(algebra, values, interval, graph.symbol(SymbolId{0}), graph.symbol(SymbolId{1}));
  const double in[2] = {time, step};
  return evaluate(graph, root, in);
}

double brian(const std::vector<double>& values, double interval, double time, double step) {
  const double k = std::max(std::exp2(std::ceil(std::log2(8 / step * interval))), 1.0);
  const double last = static_cast<double>(values.size() - 1);
  const double i = std::fmin(std::fmax(std::trunc((time / (interval / k) + 0.5) / k), 0.0), last);
  return values[static_cast<std::size_t>(i)];
}

TEST(Table, HasBriansIndexAtEveryTimeOfTheGrid) {
  const std::vector<double> values{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5};
  for (const double step : {1e-4, 2.5e-5, 1e-3, 3e-4})
    for (const double interval : {1e-3, 1e-4, 7e-4, 2.5e-3})
      for (int k = -3; k < 300; ++k)
        EXPECT_EQ(looked_up(values, interval, k * step, step), brian(values, interval, k * step, step))
            << step << " " << interval << " " << k;
}

TEST(Table, EqualNeighboursAreOneChoice) {
  const auto size = [](const std::vector<double>& values) {
    Graph graph;
    Algebra algebra(graph);
    (void)table_lookup(algebra, values, 1e-3, graph.symbol(SymbolId{0}), graph.symbol(SymbolId{1}));
    return graph.size();
  };
  std::vector<double> step(1000, 0.0);
  for (std::size_t i = 300; i < 600; ++i) step[i] = 1.0;
  EXPECT_LE(size(step), size({0, 1, 0}) + 2);  // two indices of their own
}

}  // namespace
}  // namespace hillock::ir
