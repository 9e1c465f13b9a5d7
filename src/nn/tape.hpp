#pragma once
/// Networks as tapes: coarse operations in the order in which they run, each with its vector-Jacobian product.
///
/// A tape is built once and run many times. It knows shapes and parameters; a `Pass` has the memory of one run over a
/// chunk of samples. Values are panels [row][sample] (kernels/kernels.hpp); the parameters of all operations lie in one
/// vector of floats, and so do their slopes.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/rng.hpp"
#include "nn/kernels/kernels.hpp"

namespace hillock::nn {

/// A value of a tape: a panel of some rows.
struct Var {
  std::uint32_t id = 0;
  friend bool operator==(Var, Var) = default;
};

/// Where an operation's parameters lie in the vector.
struct Block {
  std::size_t at = 0;
  std::size_t count = 0;
};

class Pass;

/// One operation. It adds to the slopes of its inputs and of its parameters.
class Operation {
 public:
  Operation(std::vector<Var> inputs, std::vector<Var> outputs)
      : inputs_(std::move(inputs)), outputs_(std::move(outputs)) {}
  virtual ~Operation() = default;
  virtual void forward(Pass& pass) const = 0;
  virtual void backward(Pass& pass) const = 0;
  /// First values of the parameters that it owns.
  virtual void initialise(std::span<float> parameters, Rng& rng) const { (void)parameters, (void)rng; }
  /// Sets those of its parameters to 0 that must stay 0 (their slopes are).
  virtual void mask(std::span<float> parameters) const { (void)parameters; }
  [[nodiscard]] std::span<const Var> inputs() const { return inputs_; }
  [[nodiscard]] std::span<const Var> outputs() const { return outputs_; }

 protected:
  std::vector<Var> inputs_, outputs_;
};

class Tape {
 public:
  /// A value of `rows` rows that no operation has made yet.
  Var value(std::size_t rows);
  Block parameters(std::size_t count);
  void add(std::unique_ptr<Operation> operation) { operations_.push_back(std::move(operation)); }

  [[nodiscard]] std::size_t rows(Var v) const { return rows_[v.id]; }
  [[nodiscard]] std::size_t values() const { return rows_.size(); }
  [[nodiscard]] std::size_t parameter_count() const { return parameter_count_; }
  [[nodiscard]] std::size_t operation_count() const { return operations_.size(); }
  [[nodiscard]] const Operation& operation(std::size_t i) const { return *operations_[i]; }
  /// The first values of all parameters.
  [[nodiscard]] std::vector<float> initial(std::uint64_t seed, std::uint64_t member = 0) const;
  void mask(std::span<float> parameters) const {
    for (const auto& operation : operations_) operation->mask(parameters);
  }

 private:
  std::vector<std::size_t> rows_;
  std::vector<std::unique_ptr<Operation>> operations_;
  std::size_t parameter_count_ = 0;
};

/// The memory of one run. Slopes share memory where they do not live at the same time: after `backward`, those of
/// values that no operation made (inputs) and of `kept` ones are there, the others are not.
class Pass {
 public:
  /// @param most_samples  of a chunk
  /// @param slopes        false: only forward
  Pass(const Tape& tape, std::size_t most_samples, bool slopes = true, const Kernels& kernels = nn::kernels());

  /// How many samples the next runs have, at most `most_samples`.
  void resize(std::size_t samples);
  [[nodiscard]] std::size_t samples() const { return samples_; }
  [[nodiscard]] Extent extent() const { return {padded_, stride_}; }
  [[nodiscard]] std::size_t rows(Var v) const { return tape_->rows(v); }
  [[nodiscard]] const Kernels& kernels() const { return *kernels_; }

  [[nodiscard]] float* value(Var v) { return values_.get() + value_at_[v.id]; }
  [[nodiscard]] const float* value(Var v) const { return values_.get() + value_at_[v.id]; }
  [[nodiscard]] float* slope(Var v) { return slopes_.get() + slope_at_[v.id]; }
  [[nodiscard]] std::span<float> row(Var v, std::size_t r) { return {value(v) + r * stride_, padded_}; }
  [[nodiscard]] const float* parameters(Block b) const { return parameters_ + b.at; }
  [[nodiscard]] float* gradient(Block b) { return gradient_ + b.at; }

  void forward(std::span<const float> parameters);
  /// Operations [from, to) only.
  void forward(std::span<const float> parameters, std::size_t from, std::size_t to);
  /// From d(result)/d(output) = seed[sample] (padded samples: 0) to slopes of the parameters, added to `gradient`, and
  /// of the inputs. `output` has one row. After a forward run with the same parameters.
  void backward(std::span<const float> parameters, Var output, std::span<const float> seed, std::span<float> gradient);

 private:
  struct Free {
    void operator()(float* p) const;
  };
  using Memory = std::unique_ptr<float[], Free>;
  static Memory allocate(std::size_t count);
  void plan_slopes();

  const Tape* tape_;
  const Kernels* kernels_;
  std::size_t stride_, samples_ = 0, padded_ = 0;
  std::vector<std::size_t> value_at_, slope_at_;
  /// Slopes that begin to live with an operation's turn, going backwards: they are set to 0 there.
  std::vector<std::vector<Var>> begins_;
  Memory values_, slopes_;
  const float* parameters_ = nullptr;
  float* gradient_ = nullptr;
};

}  // namespace hillock::nn
