/// The adjoint of a program against its tangents, over every function of the op table.

#include "ir/adjoint.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "ir/algebra.hpp"
#include "ir/test/random_program.hpp"

namespace hillock::ir {
namespace {

const std::vector<std::uint32_t> all{0, 1, 2, 3};

/// The gradient, with `piece` rows on the tape at a time.
std::vector<double> backwards(const Program& program, const Timeline& timeline, std::uint32_t objective,
                              const std::vector<double>& p, std::size_t piece) {
  Program folded = program;
  fold_constant_columns(folded, timeline);
  const Adjoint adjoint = ir::adjoint(folded, objective, all);
  folded.taped = adjoint.taped;
  folded.tape = static_cast<std::uint32_t>(adjoint.taped.size());
  const Loop forward = bind(folded, timeline), backward = bind(adjoint.backward, reversed(timeline));
  std::vector<std::vector<double>> starts{std::vector<double>(forward.state_size())};
  for (std::size_t r = 0; r < forward.rows; r += piece) {
    starts.push_back(starts.back());
    interpret(forward, {r, std::min(forward.rows, r + piece)}, p, starts.back());
  }
  std::vector<double> lambda(backward.state_size());
  for (std::size_t i = starts.size() - 1; i-- > 0;) {
    const Rows rows{i * piece, std::min(forward.rows, (i + 1) * piece)};
    std::vector<double> tape((rows.end - rows.begin) * forward.tape);
    interpret(forward, rows, p, starts[i], {}, tape);
    interpret(backward, {forward.rows - rows.end, forward.rows - rows.begin}, p, lambda, {}, tape);
  }
  std::vector<double> given(p), out(all.size());
  given.insert(given.end(), lambda.begin(), lambda.end());
  interpret(bind(adjoint.gradient, first_row(timeline)), given, out);
  return out;
}

TEST(Adjoint, IsWhatTangentsGiveForEveryFunction) {
  Rng rng(21, stream_id("adjoint"));
  for (int trial = 0; trial < 12; ++trial) {
    const fixture::RandomProgram random = fixture::every_function_program(rng);
    Program tangents = random.program;
    const TangentTable table = add_tangents(tangents, all);
    const Loop loop = bind(tangents, random.timeline);
    std::vector<double> carried(loop.carried);
    interpret(loop, random.parameters, carried);
    const auto got = backwards(random.program, random.timeline, 3, random.parameters, 60);
    double most = 0.0;
    for (const std::uint32_t k : all) most = std::max(most, std::fabs(carried[*table[3][k]]));
    // 60 rows of some 200 operations, in another order.
    for (const std::uint32_t k : all) EXPECT_NEAR(got[k], carried[*table[3][k]], 1e-12 * most) << trial << ", " << k;
    EXPECT_GT(most, 1e-6);
    // Where the rows are cut changes no bit.
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{59}})
      EXPECT_EQ(backwards(random.program, random.timeline, 3, random.parameters, piece), got) << piece;
  }
}

TEST(Adjoint, AnInfiniteSlopeOfABranchNotTakenReachesNobody) {
  // x' = p2 x + p3 where p0 < 1, else 0^p1: at p1 = 0 the slope of that is 1 log 0, and it stands still.
  Program p;
  p.parameters = 4;
  Algebra al(p.graph);
  const std::uint32_t x = p.carry("x", al.number(0.0)), sum = p.carry("sum", al.number(0.0));
  const NodeId line = al.add(al.mul(p.parameter(2), p.carried(x)), p.parameter(3));
  const NodeId power = al.make(Op::pow, al.number(0.0), p.parameter(1));
  p.advance = {{x, al.select(al.make(Op::lt, p.parameter(0), al.number(1.0)), line, power)}};
  p.observe = {{sum, al.add(p.carried(sum), p.carried(x))}};
  const Timeline timeline{3, 0, {}, {1, 1, 1}};
  const std::vector<double> at{0.5, 0.0, 0.25, 8.0};
  const std::vector<double> want{0.0, 0.0, 8.0, 2.25};  // of p3 + (p2 p3 + p3)
  EXPECT_EQ(backwards(p, timeline, sum, at, 2), want);
  for (const std::vector<std::uint32_t>& by : {all, std::vector<std::uint32_t>{1}}) {
    Program tangents = p;
    const TangentTable table = add_tangents(tangents, by);
    const Loop loop = bind(tangents, timeline);
    std::vector<double> carried(loop.carried);
    interpret(loop, at, carried);
    for (std::size_t k = 0; k < by.size(); ++k)
      EXPECT_EQ(table[sum][k] ? carried[*table[sum][k]] : 0.0, want[by[k]]) << by[k];
  }
}

TEST(Adjoint, WhatDoesNotCountIsNotCarried) {
  // y is moved by a parameter and read by nobody; z moves the sum but no parameter moves z.
  Program p;
  p.parameters = 4;
  p.columns = 1;
  Algebra al(p.graph);
  const std::uint32_t x = p.carry("x", al.number(1.0)), y = p.carry("y", al.number(0.0)),
                      z = p.carry("z", al.number(2.0)), sum = p.carry("sum", al.number(0.0));
  p.advance = {{x, al.mul(p.carried(x), p.parameter(0))},
               {y, al.add(p.carried(y), p.parameter(1))},
               {z, al.mul(p.carried(z), al.number(0.5))}};
  p.observe = {{sum, al.add(p.carried(sum), al.mul(p.carried(x), p.carried(z)))}};
  const Timeline t{5, 1, {1, 2, 3, 4, 5}, {1, 1, 0, 1, 1}};
  const Adjoint adjoint = ir::adjoint(p, sum, all);
  EXPECT_EQ(adjoint.backward.carried_names, (std::vector<std::string>{"adjoint of x", "sum"}));
  EXPECT_EQ(adjoint.taped.size(), 2U);  // x and z
  const double q = 0.9;
  double want = 0.0;  // the sum over k of 2 (q/2)^k without k = 2
  for (const int k : {1, 3, 4}) want += 2.0 * k * std::pow(0.5, k) * std::pow(q, k - 1);
  const auto got = backwards(p, t, sum, {q, 1.0, 1.0, 1.0}, 2);
  EXPECT_NEAR(got[0], want, 1e-15);
  EXPECT_EQ(got[1], 0.0);
  p.advance.push_back({sum, al.number(0.0)});
  EXPECT_THROW((void)ir::adjoint(p, sum, all), Bug);
}

}  // namespace
}  // namespace hillock::ir
