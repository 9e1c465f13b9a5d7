#include "inference/training.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <vector>

#include "base/rng.hpp"
#include "child.hpp"
#include "cpu_time.hpp"
#include "io/whole_file.hpp"
#include "machine.hpp"
#include "need.hpp"
#include "nn/flow.hpp"
#include "nn/learner.hpp"
#include "quiet_core.hpp"

namespace hillock::bench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int rounds = 5;
constexpr double round_s = 1.0;  // of CPU, each measurement of a round; the peer has as long
constexpr std::size_t ny = 8, nc = 7, batch = 200, all_rows = 20000, train_rows = 18000;
constexpr int check_steps = 2000;
/// The mean log density of 2000 rows has a standard error of sqrt(8/2 / 2000) = 0.05 and is of the same rows on both
/// sides; what is left is that networks begin elsewhere and see rows in another order.
constexpr double check_nats = 0.3;

struct Kind {
  const char* key;
  const char* name;
  bool spline;
};
constexpr Kind kinds[] = {{"affine", "masked autoregressive flow", false},
                          {"spline", "autoregressive spline flow", true}};

/// As sbi's masked flow: 5 steps, hidden 50, 2 blocks; tanh. The spline flow is the one that the methods use, with
/// sbi's number of bins.
nn::FlowOptions flow_options(bool spline) {
  nn::FlowOptions o;
  o.dimension = ny, o.context = nc, o.steps = 5, o.hidden = 50, o.blocks = 2;
  o.spline = o.residual = spline;
  o.activation = spline ? nn::Activation::silu : nn::Activation::tanh;
  o.shape.bins = 10;
  return o;
}

/// sbi's: Adam at 5e-4, clipping at 5.
nn::LearnerOptions learner_options() {
  nn::LearnerOptions o;
  o.rate = 5e-4, o.final_rate = 1.0, o.warmup = 0, o.clip = 5.0;
  return o;
}

/// Rows of y then c: y is linear in c with a bend and noise, so that there is something to learn.
std::vector<float> make_rows() {
  std::vector<float> rows(all_rows * (ny + nc));
  for (std::size_t k = 0; k < all_rows; ++k) {
    Rng rng(1, stream_id("bench training"), k);
    float* row = rows.data() + k * (ny + nc);
    double c[nc];
    for (std::size_t i = 0; i < nc; ++i) row[ny + i] = static_cast<float>(c[i] = rng.normal());
    for (std::size_t i = 0; i < ny; ++i)
      row[i] = static_cast<float>(0.8 * c[i % nc] + 0.3 * c[(i + 1) % nc] * c[(i + 2) % nc] + 0.5 * rng.normal());
  }
  return rows;
}

class Contender {
 public:
  Contender(const Kind& kind, const std::vector<float>& rows)
      : kind_(kind),
        rows_(rows),
        flow_(flow_options(kind.spline)),
        learner_(flow_.tape(), flow_.log_density(), flow_.tape().initial(1), learner_options()),
        pass_(flow_.tape(), learner_options().chunk),
        gradient_(flow_.tape().parameter_count()),
        order_(train_rows) {
    std::iota(order_.begin(), order_.end(), 0U);
  }

  [[nodiscard]] std::size_t parameters() const { return flow_.tape().parameter_count(); }

  /// The slope along a random direction is that of the difference across it.
  void check_slopes() {
    std::vector<float> theta = flow_.tape().initial(1), along(theta.size());
    Rng rng(2, stream_id("bench training direction"));
    for (float& d : along) d = static_cast<float>(rng.normal());
    flow_.tape().mask(along);
    const double slope = [&] {
      std::vector<float> gradient(theta.size(), 0.0F);
      one_batch(theta, gradient);
      double sum = 0.0;
      for (std::size_t i = 0; i < theta.size(); ++i)
        sum += static_cast<double>(gradient[i]) * static_cast<double>(along[i]);
      return sum;
    }();
    // Log densities are near 10 and float32: a mean of 200 is good to 1e-7, its difference over 2 h to 1e-4 of slopes
    // of order 10 with h = 1e-3. All parameters move at once, so far that the error of order h^2 counts: it is
    // extrapolated away. A hundredth is asked.
    const auto difference_over = [&](float h) {
      double value[2];
      for (int side = 0; side < 2; ++side) {
        std::vector<float> moved = theta;
        for (std::size_t i = 0; i < moved.size(); ++i) moved[i] += (side == 0 ? -h : h) * along[i];
        value[side] = learner_.evaluate(moved, batch, [&](nn::Pass& pass, std::size_t first) { feed(pass, first); });
      }
      return (value[1] - value[0]) / (2.0 * static_cast<double>(h));
    };
    const double difference = (4.0 * difference_over(5e-4F) - difference_over(1e-3F)) / 3.0;
    if (!(std::fabs(slope - difference) <= 1e-2 * std::fabs(difference)))
      stop(fmt::format("{}: a slope is {:.6g}, differences say {:.6g}", kind_.name, slope, difference));
  }

  /// Mean log density of the rows that are not learnt from, after some steps.
  double learn_a_little() {
    for (int k = 0; k < check_steps; ++k) loop_step();
    return learner_.evaluate(learner_.parameters(), all_rows - train_rows, [&](nn::Pass& pass, std::size_t first) {
      for (std::size_t s = 0; s < pass.samples(); ++s) put(pass, s, train_rows + first + s);
    });
  }

  double loop_rate() {
    return rate([&] { loop_step(); });
  }
  double forward_backward_rate() {
    return rate([&] {
      std::ranges::fill(gradient_, 0.0F);
      one_batch(learner_.parameters(), gradient_);
    });
  }

 private:
  template <class Step>
  static double rate(const Step& step) {
    for (int k = 0; k < 20; ++k) step();  // what is touched first is slow once
    double samples = 0.0;
    const double begin = thread_seconds();
    double end = begin;
    while (end - begin < round_s) {
      for (int k = 0; k < 20; ++k) step();
      samples += 20.0 * batch;
      end = thread_seconds();
    }
    return samples / (end - begin);
  }

  void put(nn::Pass& pass, std::size_t sample, std::size_t row) const {
    const float* from = rows_.data() + row * (ny + nc);
    for (std::size_t i = 0; i < ny; ++i) pass.row(flow_.y(), i)[sample] = from[i];
    for (std::size_t i = 0; i < nc; ++i) pass.row(flow_.context(), i)[sample] = from[ny + i];
  }
  /// The first rows, as they lie.
  void feed(nn::Pass& pass, std::size_t first) const {
    for (std::size_t s = 0; s < pass.samples(); ++s) put(pass, s, first + s);
  }

  /// What Learner::step does before it looks at the gradient.
  void one_batch(std::span<const float> theta, std::span<float> gradient) {
    constexpr std::size_t half = batch / 2;
    const std::vector<float> seed(learner_options().chunk, 1.0F / static_cast<float>(batch));
    for (std::size_t first = 0; first < batch; first += half) {
      pass_.resize(half);
      feed(pass_, first);
      pass_.forward(theta);
      pass_.backward(theta, flow_.log_density(), std::span(seed).first(pass_.extent().samples), gradient);
    }
  }

  void loop_step() {
    if (at_ == 0) {
      Rng rng(3, stream_id("bench training order"), epoch_++);
      for (std::size_t i = order_.size(); i-- > 1;) std::swap(order_[i], order_[rng.below(i + 1)]);
    }
    (void)learner_.step(batch, [&](nn::Pass& pass, std::size_t first) {
      for (std::size_t s = 0; s < pass.samples(); ++s) put(pass, s, order_[at_ + first + s]);
    });
    at_ = at_ + 2 * batch <= train_rows ? at_ + batch : 0;
  }

  const Kind& kind_;
  const std::vector<float>& rows_;
  nn::Flow flow_;
  nn::Learner learner_;
  nn::Pass pass_;
  std::vector<float> gradient_;
  std::vector<std::uint32_t> order_;
  std::size_t at_ = 0;
  std::uint64_t epoch_ = 0;
};

/// Null where PyTorch is not there.
Json run_peer(const std::string& peer, const fs::path& rows, const Kind& kind, double seconds, int steps) {
  const ChildResult ran =
      run_child({HILLOCK_PYTHON, peer, rows.string(), kind.key, fmt::format("{:g}", seconds), std::to_string(steps)});
  if (ran.exit_code == 2) return nullptr;
  const Json json = Json::parse(ran.out, nullptr, false);
  if (ran.exit_code != 0 || !json.is_object())
    stop(fmt::format("torch_peer.py ended with {}: {}{}", ran.exit_code, ran.out, ran.err));
  return json;
}

Json measure(const Kind& kind, const std::string& peer, const std::vector<float>& rows, const fs::path& file) {
  Contender ours(kind, rows);
  ours.check_slopes();
  const double learnt = ours.learn_a_little();
  const Json first = run_peer(peer, file, kind, 0.0, check_steps);
  Json out = {{"parameters", ours.parameters()}, {"log_density", learnt}, {"peer", first}};
  if (!first.is_null() && !(std::fabs(learnt - first.at("log_density").get<double>()) <= check_nats))
    stop(fmt::format("{}: {} steps give a mean log density of {:.3f}, in PyTorch {:.3f}", kind.name, check_steps,
                     learnt, first.at("log_density").get<double>()));
  std::vector<double> loop, both, peer_loop, peer_both;
  for (int round = 0; round < rounds; ++round) {
    loop.push_back(ours.loop_rate());
    both.push_back(ours.forward_backward_rate());
    if (first.is_null()) continue;
    const Json again = run_peer(peer, file, kind, round_s, 0);
    peer_loop.push_back(again.at("loop"));
    peer_both.push_back(again.at("forward_backward"));
  }
  out["loop"] = median(loop);
  out["forward_backward"] = median(both);
  if (!first.is_null()) out["peer_loop"] = median(peer_loop), out["peer_forward_backward"] = median(peer_both);
  return out;
}

}  // namespace

Json measure_training(const std::string& peer) {
  const std::vector<float> rows = make_rows();
  const fs::path file = fs::temp_directory_path() / fmt::format("hillock-bench-training-{}.f32", getpid());
  need(io::write_whole(file.string(), {reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(float)}));
  const std::vector<CoreSpeed> cores = core_speeds();
  Json out = {{"load", this_machine().load}, {"cores", describe(cores)}};
  {
    const OnCore here(cores.front().core);
    for (const Kind& kind : kinds) out[kind.key] = measure(kind, peer, rows, file);
  }
  fs::remove(file);
  return out;
}

void add_training(const Json& numbers, Table& table) {
  const double nan = std::nan("");
  for (const Kind& kind : kinds) {
    const Json n = numbers.is_object() ? numbers.at(kind.key) : Json::object();
    const auto value = [&](const char* key) { return n.contains(key) ? n[key].get<double>() : nan; };
    const std::string what =
        fmt::format("training of the {}{}, theta 8, x 7, batch 200", kind.name,
                    n.contains("parameters") ? fmt::format(" ({} parameters)", n["parameters"].get<int>()) : "");
    table.rows.push_back(row(what, value("loop"), "samples/s/core")
                             .against("PyTorch, training loop as sbi's", value("peer_loop"))
                             .ratio_at_least(8.0));
    table.rows.push_back(row("the same", value("loop"), "samples/s/core")
                             .against("PyTorch, forward + backward alone", value("peer_forward_backward"))
                             .ratio_at_least(3.0));
    table.rows.push_back(row("the same, forward + backward alone", value("forward_backward"), "samples/s/core")
                             .against("PyTorch, forward + backward alone", value("peer_forward_backward")));
    if (n.contains("peer") && n["peer"].is_object())
      table.notes.push_back(
          fmt::format("PyTorch {}, {} parameters in its {}; BLAS {}. After {} steps its mean log density of rows kept "
                      "aside is {:.3f}, ours "
                      "{:.3f}.",
                      n["peer"]["torch"].get<std::string>(), n["peer"]["parameters"].get<int>(), kind.name,
                      n["peer"]["blas"].get<std::string>(), check_steps, n["peer"]["log_density"].get<double>(),
                      n["log_density"].get<double>()));
    else if (n.contains("peer")) table.notes.push_back("PyTorch is not there: python3-torch.");
  }
  if (numbers.is_object())
    table.notes.push_back(fmt::format("Training rates, load {:.1f}: {}", numbers.at("load").get<double>(),
                                      numbers.at("cores").get<std::string>()));
}

}  // namespace hillock::bench
