#pragma once
/// LLVM instructions for the primitive ops, one vector at a time.

#include <llvm/IR/IRBuilder.h>

#include <array>
#include <map>

#include "ir/graph.hpp"
#include "jit/kernel.hpp"

namespace hillock::jit {

/// Emits primitives for vectors of one width: numbers of double precision, and of single. Every emitted instruction
/// rounds as the interpreter does. A vector of doubles may be wider than a register: `width` is what fits of singles
/// then.
class Primitives {
 public:
  Primitives(llvm::IRBuilder<>& builder, Isa isa, int width);

  [[nodiscard]] llvm::Type* real() const { return real_; }
  [[nodiscard]] llvm::Type* single() const { return single_; }
  [[nodiscard]] llvm::Type* boolean() const { return boolean_; }
  [[nodiscard]] llvm::Type* type_of(ir::Type type) const {
    return type == ir::Type::real ? real_ : type == ir::Type::single ? single_ : boolean_;
  }
  /// Singles as doubles; doubles as they are. And the other way round, rounded.
  llvm::Value* to_double(llvm::Value* x) { return x->getType() == single_ ? b_.CreateFPExt(x, real_) : x; }
  llvm::Value* to_single(llvm::Value* x) { return x->getType() == real_ ? b_.CreateFPTrunc(x, single_) : x; }
  [[nodiscard]] llvm::Value* constant(const ir::Node& node) const;
  /// The value of a primitive op; `args` as many as the op's arity.
  llvm::Value* emit(ir::Op op, std::span<llvm::Value* const> args);
  /// exp2_table of `magic_sum - 1.5*2^52`, from the sum itself: saves the addition.
  llvm::Value* table_from_magic(llvm::Value* magic_sum);
  /// scale2_normal of x and `magic_sum - 1.5*2^48`, likewise; for AVX2.
  llvm::Value* scale2_from_magic(llvm::Value* x, llvm::Value* magic_sum);
  static constexpr double magic = 0x1.8p52;  ///< adding it rounds to a whole number, in the low bits

 private:
  llvm::Value* splat(double value) const;
  llvm::Value* splat_bits(std::uint64_t value) const;
  llvm::Value* bits(llvm::Value* x) { return b_.CreateBitCast(x, integer_); }
  llvm::Value* number(llvm::Value* x) { return b_.CreateBitCast(x, real_); }
  llvm::Value* intrinsic(llvm::Intrinsic::ID id, std::span<llvm::Value* const> args);
  /// An instruction of registers of eight doubles, on vectors that may take two; `args` are vectors of doubles, `make`
  /// is handed those of one register.
  template <class Make>
  llvm::Value* by_register(std::span<llvm::Value* const> args, Make&& make);
  llvm::Value* scale2(llvm::Value* x, llvm::Value* n);
  llvm::Value* scale2_single(llvm::Value* x, llvm::Value* n);
  llvm::Value* scale2_normal(llvm::Value* x, llvm::Value* n);
  llvm::Value* exponent2(llvm::Value* x);
  llvm::Value* mantissa2(llvm::Value* x);
  llvm::Value* from_sqrt_half(llvm::Value* x);
  llvm::Value* exponent2_near(llvm::Value* x);
  llvm::Value* mantissa2_near(llvm::Value* x);
  llvm::Value* random(bool second, std::span<llvm::Value* const> address);
  llvm::Value* low_word(llvm::Value* x) { return b_.CreateAnd(x, splat_bits(0xFFFFFFFFULL)); }
  llvm::Value* high_word(llvm::Value* x) { return b_.CreateLShr(x, splat_bits(32)); }
  llvm::Value* word_product(llvm::Value* x, std::uint64_t factor) {
    return b_.CreateMul(low_word(x), splat_bits(factor));
  }
  llvm::Value* whole(llvm::Value* x);
  void move_behind(llvm::Value* x);
  /// What ten rounds of Philox add of a seed, and what the first one knows of a lane: once, where the seed stands.
  using KeySchedule = std::array<std::array<llvm::Value*, 2>, 10>;
  struct LaneWords {
    llvm::Value* high = nullptr;
    llvm::Value* product = nullptr;  ///< of the low word, by the second multiplier
  };
  const KeySchedule& key_schedule(llvm::Value* seed);
  const LaneWords& lane_words(llvm::Value* lane);

  llvm::IRBuilder<>& b_;
  Isa isa_;
  int width_;
  llvm::Type* real_;
  llvm::Type* single_;
  llvm::Type* boolean_;
  llvm::Type* integer_;
  /// The two halves of the block of an address, so that both numbers cost one block.
  std::map<std::array<llvm::Value*, 3>, std::array<llvm::Value*, 2>> drawn_;
  llvm::BasicBlock* drawn_in_ = nullptr;
  std::map<llvm::Value*, KeySchedule> keys_;
  std::map<llvm::Value*, LaneWords> lanes_;
};

}  // namespace hillock::jit
