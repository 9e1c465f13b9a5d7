#include "jit/primitives.hpp"

#include <llvm/IR/IntrinsicsX86.h>
#include <llvm/IR/Module.h>

#include <array>

#include "base/error.hpp"
#include "ir/interpret.hpp"

namespace hillock::jit {

using ir::Op;
using llvm::Value;

Primitives::Primitives(llvm::IRBuilder<>& builder, Isa isa, int width)
    : b_(builder),
      isa_(isa),
      width_(width),
      real_(llvm::FixedVectorType::get(builder.getDoubleTy(), static_cast<unsigned>(width))),
      single_(llvm::FixedVectorType::get(builder.getFloatTy(), static_cast<unsigned>(width))),
      boolean_(llvm::FixedVectorType::get(builder.getInt1Ty(), static_cast<unsigned>(width))),
      integer_(llvm::FixedVectorType::get(builder.getInt64Ty(), static_cast<unsigned>(width))) {}

Value* Primitives::splat(double value) const { return llvm::ConstantFP::get(real_, value); }
Value* Primitives::splat_bits(std::uint64_t value) const { return llvm::ConstantInt::get(integer_, value); }

Value* Primitives::constant(const ir::Node& node) const {
  if (node.type == ir::Type::boolean) return llvm::ConstantInt::get(boolean_, node.value != 0.0 ? 1 : 0);
  return llvm::ConstantFP::get(type_of(node.type), node.value);
}

Value* Primitives::intrinsic(llvm::Intrinsic::ID id, std::span<Value* const> args) {
  return b_.CreateIntrinsic(id, {args[0]->getType()}, llvm::ArrayRef<Value*>(args.data(), args.size()));
}

template <class Make>
Value* Primitives::by_register(std::span<Value* const> args, Make&& make) {
  constexpr int lanes = 8;
  if (width_ == lanes) return make(args);
  Value* halves[2];
  for (int half = 0; half < 2; ++half) {
    std::array<int, lanes> which{};
    for (int i = 0; i < lanes; ++i) which[static_cast<std::size_t>(i)] = half * lanes + i;
    std::array<Value*, 3> part{};
    for (std::size_t i = 0; i < args.size(); ++i) part[i] = b_.CreateShuffleVector(args[i], which);
    halves[half] = make(std::span<Value* const>(part.data(), args.size()));
  }
  std::array<int, 2 * lanes> all{};
  for (int i = 0; i < 2 * lanes; ++i) all[static_cast<std::size_t>(i)] = i;
  return b_.CreateShuffleVector(halves[0], halves[1], all);
}

Value* Primitives::emit(Op op, std::span<Value* const> args) {
  const auto compare = [&](llvm::CmpInst::Predicate p) { return b_.CreateFCmp(p, args[0], args[1]); };
  switch (op) {
    case Op::add: return b_.CreateFAdd(args[0], args[1]);
    case Op::sub: return b_.CreateFSub(args[0], args[1]);
    case Op::mul: return b_.CreateFMul(args[0], args[1]);
    case Op::div: return b_.CreateFDiv(args[0], args[1]);
    case Op::neg: return b_.CreateFNeg(args[0]);
    case Op::fma: return intrinsic(llvm::Intrinsic::fma, args);
    case Op::lt: return compare(llvm::CmpInst::FCMP_OLT);
    case Op::le: return compare(llvm::CmpInst::FCMP_OLE);
    case Op::gt: return compare(llvm::CmpInst::FCMP_OGT);
    case Op::ge: return compare(llvm::CmpInst::FCMP_OGE);
    case Op::eq: return compare(llvm::CmpInst::FCMP_OEQ);
    case Op::ne: return compare(llvm::CmpInst::FCMP_UNE);
    case Op::land: return b_.CreateAnd(args[0], args[1]);
    case Op::lor: return b_.CreateOr(args[0], args[1]);
    case Op::lnot: return b_.CreateNot(args[0]);
    case Op::select:
    case Op::seldom: return b_.CreateSelect(args[0], args[1], args[2]);
    case Op::to_real: return b_.CreateSelect(args[0], splat(1.0), splat(0.0));
    case Op::sqrt: return intrinsic(llvm::Intrinsic::sqrt, args);
    case Op::ceil: return intrinsic(llvm::Intrinsic::ceil, args);
    case Op::floor: return intrinsic(llvm::Intrinsic::floor, args);
    case Op::trunc: return intrinsic(llvm::Intrinsic::trunc, args);
    case Op::abs: return intrinsic(llvm::Intrinsic::fabs, args);
    case Op::least: return b_.CreateSelect(compare(llvm::CmpInst::FCMP_OLT), args[0], args[1]);
    case Op::most: return b_.CreateSelect(compare(llvm::CmpInst::FCMP_OGT), args[0], args[1]);
    case Op::round_even: return intrinsic(llvm::Intrinsic::roundeven, args);
    case Op::scale2: return args[0]->getType() == single_ ? scale2_single(args[0], args[1]) : scale2(args[0], args[1]);
    case Op::scale2_normal: return scale2_normal(args[0], args[1]);
    case Op::to_single: return to_single(args[0]);
    case Op::to_double: return to_double(args[0]);
    case Op::exponent2: return exponent2(args[0]);
    case Op::mantissa2: return mantissa2(args[0]);
    case Op::exponent2_near: return exponent2_near(args[0]);
    case Op::mantissa2_near: return mantissa2_near(args[0]);
    case Op::exp2_table: return table_from_magic(b_.CreateFAdd(args[0], splat(magic)));
    case Op::random_a: return random(false, args);
    case Op::random_b: return random(true, args);
    default:
      bug(__FILE__, __LINE__, "an op reached the compiler that was not lowered: " + std::string(ir::info(op).name));
  }
}

Value* Primitives::table_from_magic(Value* magic_sum) {
  std::array<double, 16> table{};
  for (int j = 0; j < 16; ++j) table[static_cast<std::size_t>(j)] = ir::exp2_table_entry(j);
  llvm::LLVMContext& context = b_.getContext();
  if (isa_ == Isa::avx512) {
    // One permute over two registers; it reads the low four bits of each index.
    Value* low = llvm::ConstantDataVector::get(context, llvm::ArrayRef<double>(table.data(), 8));
    Value* high = llvm::ConstantDataVector::get(context, llvm::ArrayRef<double>(table.data() + 8, 8));
    return by_register(std::array{magic_sum}, [&](std::span<Value* const> part) {
      Value* indices = b_.CreateBitCast(part[0], llvm::FixedVectorType::get(b_.getInt64Ty(), 8));
      return b_.CreateIntrinsic(llvm::Intrinsic::x86_avx512_vpermi2var_pd_512, {}, {low, indices, high});
    });
  }
  // Through the stack: bytes are loaded beside the arithmetic, and to take a vector apart would be arithmetic.
  // Volatile, as LLVM would make that of it. The table is there for every byte whose low four bits count.
  llvm::Module& module = *b_.GetInsertBlock()->getModule();
  llvm::GlobalVariable* global = module.getNamedGlobal("exp2_table");
  if (global == nullptr) {
    std::array<double, 256> by_byte{};
    for (std::size_t j = 0; j < by_byte.size(); ++j) by_byte[j] = table[j % table.size()];
    llvm::Constant* data = llvm::ConstantDataArray::get(context, llvm::ArrayRef<double>(by_byte));
    global =
        new llvm::GlobalVariable(module, data->getType(), true, llvm::GlobalValue::PrivateLinkage, data, "exp2_table");
    global->setAlignment(llvm::Align(64));
  }
  llvm::BasicBlock& first = b_.GetInsertBlock()->getParent()->getEntryBlock();
  llvm::AllocaInst* place = llvm::IRBuilder<>(&first, first.begin()).CreateAlloca(integer_);
  place->setAlignment(llvm::Align(32));
  b_.CreateAlignedStore(bits(magic_sum), place, llvm::Align(32), true);
  Value* out = llvm::PoisonValue::get(real_);
  for (int i = 0; i < width_; ++i) {
    Value* of_lane = b_.CreateConstGEP1_32(b_.getInt64Ty(), place, static_cast<unsigned>(i));
    Value* byte = b_.CreateAlignedLoad(b_.getInt8Ty(), of_lane, llvm::Align(8), true);
    Value* at = b_.CreateGEP(b_.getDoubleTy(), global, b_.CreateZExt(byte, b_.getInt64Ty()));
    Value* power = b_.CreateAlignedLoad(b_.getDoubleTy(), at, llvm::Align(8));
    out = b_.CreateInsertElement(out, power, b_.getInt64(i));
  }
  return out;
}

Value* Primitives::scale2_normal(Value* x, Value* n) {
  if (isa_ == Isa::avx512) return scale2(x, n);  // which takes the floor of its exponent itself
  return scale2_from_magic(x, b_.CreateFAdd(n, splat(magic / 16)));
}

Value* Primitives::scale2_from_magic(Value* x, Value* magic_sum) {
  // The low bits of the sum count sixteenths: without the last four, they are what the exponent grows by.
  Value* whole = b_.CreateAnd(bits(magic_sum), splat_bits(~15ULL));
  return number(b_.CreateAdd(bits(x), b_.CreateShl(whole, splat_bits(48))));
}

Value* Primitives::scale2(Value* x, Value* n) {
  if (isa_ == Isa::avx512) {
    Value* all = llvm::ConstantInt::get(b_.getInt8Ty(), 0xFF);
    Value* rounding = llvm::ConstantInt::get(b_.getInt32Ty(), 4);  // the current direction: nearest
    return by_register(std::array{x, n}, [&](std::span<Value* const> part) {
      return b_.CreateIntrinsic(llvm::Intrinsic::x86_avx512_mask_scalef_pd_512, {},
                                {part[0], part[1], llvm::Constant::getNullValue(part[0]->getType()), all, rounding});
    });
  }
  // Two exact factors. The first product is exact unless it is subnormal, and then the second one, of about the same
  // size, takes it below half the smallest number: so there is one rounding for |x| in [2^-400, 2^400].
  Value* low = b_.CreateSelect(b_.CreateFCmpOGT(splat(-2044.0), n), splat(-2044.0), n);
  Value* clamped = b_.CreateSelect(b_.CreateFCmpOLT(splat(2044.0), low), splat(2044.0), low);
  // n = half + rest, each below 1023 in size. The magic number moved by the bias leaves a biased exponent in the low
  // bits.
  Value* biased = splat(magic + 1023.0);
  Value* half_sum = intrinsic(llvm::Intrinsic::fma, std::array{clamped, splat(0.5), biased});
  Value* rest = b_.CreateFSub(clamped, b_.CreateFSub(half_sum, biased));
  const auto power = [&](Value* sum) { return number(b_.CreateShl(bits(sum), splat_bits(52))); };
  return b_.CreateFMul(b_.CreateFMul(x, power(half_sum)), power(b_.CreateFAdd(rest, biased)));
}

/// The same for singles, |x| in [2^-100, 2^100].
Value* Primitives::scale2_single(Value* x, Value* n) {
  const auto constant_of = [&](double value) { return llvm::ConstantFP::get(single_, value); };
  if (isa_ == Isa::avx512) {
    Value* all = llvm::ConstantInt::get(b_.getInt16Ty(), 0xFFFF);
    Value* rounding = llvm::ConstantInt::get(b_.getInt32Ty(), 4);
    return b_.CreateIntrinsic(llvm::Intrinsic::x86_avx512_mask_scalef_ps_512, {},
                              {x, n, llvm::Constant::getNullValue(single_), all, rounding});
  }
  Value* low = b_.CreateSelect(b_.CreateFCmpOGT(constant_of(-252.0), n), constant_of(-252.0), n);
  Value* clamped = b_.CreateSelect(b_.CreateFCmpOLT(constant_of(252.0), low), constant_of(252.0), low);
  Value* biased = constant_of(0x1.8p23 + 127.0);
  Value* half_sum = intrinsic(llvm::Intrinsic::fma, std::array<Value*, 3>{clamped, constant_of(0.5), biased});
  Value* rest = b_.CreateFSub(clamped, b_.CreateFSub(half_sum, biased));
  llvm::Type* words = llvm::FixedVectorType::get(b_.getInt32Ty(), static_cast<unsigned>(width_));
  const auto power = [&](Value* sum) {
    return b_.CreateBitCast(b_.CreateShl(b_.CreateBitCast(sum, words), llvm::ConstantInt::get(words, 23)), single_);
  };
  return b_.CreateFMul(b_.CreateFMul(x, power(half_sum)), power(b_.CreateFAdd(rest, biased)));
}

Value* Primitives::exponent2(Value* x) {
  if (isa_ == Isa::avx512) {
    Value* all = llvm::ConstantInt::get(b_.getInt8Ty(), 0xFF);
    Value* rounding = llvm::ConstantInt::get(b_.getInt32Ty(), 4);
    return by_register(std::array{x}, [&](std::span<Value* const> part) {
      return b_.CreateIntrinsic(llvm::Intrinsic::x86_avx512_mask_getexp_pd_512, {},
                                {part[0], llvm::Constant::getNullValue(part[0]->getType()), all, rounding});
    });
  }
  Value* size = intrinsic(llvm::Intrinsic::fabs, std::array{x});
  Value* tiny = b_.CreateFCmpOLT(size, splat(0x1p-1022));
  Value* normal = b_.CreateSelect(tiny, b_.CreateFMul(size, splat(0x1p54)), size);
  // The exponent field as a double: put it into the low bits of 2^52 and subtract.
  Value* field = b_.CreateLShr(bits(normal), splat_bits(52));
  Value* biased = number(b_.CreateOr(field, splat_bits(0x4330000000000000ULL)));
  Value* bias = b_.CreateSelect(tiny, splat(0x1p52 + 1023.0 + 54.0), splat(0x1p52 + 1023.0));
  return b_.CreateFSub(biased, bias);
}

/// The bits of x, counted from the first number above sqrt(1/2), whose exponent becomes that of 1 (ir/interpret.cpp).
Value* Primitives::from_sqrt_half(Value* x) {
  return b_.CreateAdd(bits(x), splat_bits(0x3FF0000000000000ULL - ir::above_sqrt_half));
}

Value* Primitives::exponent2_near(Value* x) {
  // The exponent field as a double: put it into the low bits of 2^52 and subtract.
  Value* field = b_.CreateLShr(from_sqrt_half(x), splat_bits(52));
  return b_.CreateFSub(number(b_.CreateOr(field, splat_bits(0x4330000000000000ULL))), splat(0x1p52 + 1023.0));
}

Value* Primitives::mantissa2_near(Value* x) {
  Value* fraction = b_.CreateAnd(from_sqrt_half(x), splat_bits(0x000FFFFFFFFFFFFFULL));
  return number(b_.CreateAdd(fraction, splat_bits(ir::above_sqrt_half)));
}

/// The integer in a double below 2^52: what adding 2^52 leaves in the fraction.
Value* Primitives::whole(Value* x) {
  return b_.CreateAnd(bits(b_.CreateFAdd(x, splat(0x1p52))), splat_bits(0x000FFFFFFFFFFFFFULL));
}

/// Where all that follows from `x` alone is computed: at the end of its block, if what needs it is in another one.
void Primitives::move_behind(Value* x) {
  const auto* made = llvm::dyn_cast<llvm::Instruction>(x);
  if (made == nullptr || made->getParent() == b_.GetInsertBlock()) return;
  llvm::BasicBlock* block = const_cast<llvm::BasicBlock*>(made->getParent());
  if (llvm::Instruction* last = block->getTerminator()) b_.SetInsertPoint(last);
  else b_.SetInsertPoint(block);
}

const Primitives::KeySchedule& Primitives::key_schedule(Value* seed) {
  const auto [found, is_new] = keys_.try_emplace(seed);
  if (!is_new) return found->second;
  const llvm::IRBuilder<>::InsertPointGuard back(b_);
  move_behind(seed);
  Value* words = whole(seed);
  std::array<Value*, 2> k{words, high_word(words)};
  for (std::array<Value*, 2>& of_round : found->second) {
    of_round = k;
    k = {b_.CreateAdd(k[0], splat_bits(0x9E3779B9ULL)), b_.CreateAdd(k[1], splat_bits(0xBB67AE85ULL))};
  }
  return found->second;
}

const Primitives::LaneWords& Primitives::lane_words(Value* lane) {
  const auto [found, is_new] = lanes_.try_emplace(lane);
  if (!is_new) return found->second;
  const llvm::IRBuilder<>::InsertPointGuard back(b_);
  move_behind(lane);
  Value* words = whole(lane);
  found->second = {high_word(words), word_product(words, 0xCD9E8D57ULL)};
  return found->second;
}

/// Philox4x32-10 (Salmon et al. 2011) on words in 64-bit lanes: counter words (counter, lane), key words (seed). Only
/// the low half of a word counts; the upper one may hold anything.
Value* Primitives::random(bool second, std::span<Value* const> address) {
  // Only within one stretch of code do both halves surely reach each other.
  if (drawn_in_ != b_.GetInsertBlock()) drawn_.clear();
  drawn_in_ = b_.GetInsertBlock();
  const std::array<Value*, 3> key{address[0], address[1], address[2]};
  auto found = drawn_.find(key);
  if (found == drawn_.end()) {
    const KeySchedule& k = key_schedule(address[2]);
    const LaneWords& lane = lane_words(address[1]);
    Value* counter = whole(address[0]);
    Value* p1 = lane.product;
    std::array<Value*, 4> c{counter, high_word(counter), nullptr, lane.high};
    for (std::size_t round = 0; round < k.size(); ++round) {
      Value* p0 = word_product(c[0], 0xD2511F53ULL);
      if (round > 0) p1 = word_product(c[2], 0xCD9E8D57ULL);
      c = {b_.CreateXor(high_word(p1), b_.CreateXor(c[1], k[round][0])), p1,
           b_.CreateXor(high_word(p0), b_.CreateXor(c[3], k[round][1])), p0};
    }
    std::array<Value*, 2> halves{};
    for (std::size_t i = 0; i < 2; ++i) {
      Value* word = b_.CreateOr(b_.CreateShl(c[2 * i + 1], splat_bits(32)), low_word(c[2 * i]));
      Value* fraction = b_.CreateOr(b_.CreateLShr(word, splat_bits(12)), splat_bits(0x3FF0000000000000ULL));
      halves[i] = b_.CreateFSub(splat(2.0), number(fraction));
    }
    found = drawn_.emplace(key, halves).first;
  }
  return found->second[second ? 1 : 0];
}

Value* Primitives::mantissa2(Value* x) {
  if (isa_ == Isa::avx512) {
    Value* all = llvm::ConstantInt::get(b_.getInt8Ty(), 0xFF);
    Value* rounding = llvm::ConstantInt::get(b_.getInt32Ty(), 4);
    Value* one_to_two_unsigned = llvm::ConstantInt::get(b_.getInt32Ty(), 4);  // interval [1, 2), sign cleared
    return by_register(std::array{x}, [&](std::span<Value* const> part) {
      return b_.CreateIntrinsic(
          llvm::Intrinsic::x86_avx512_mask_getmant_pd_512, {},
          {part[0], one_to_two_unsigned, llvm::Constant::getNullValue(part[0]->getType()), all, rounding});
    });
  }
  Value* size = intrinsic(llvm::Intrinsic::fabs, std::array{x});
  Value* tiny = b_.CreateFCmpOLT(size, splat(0x1p-1022));
  Value* normal = b_.CreateSelect(tiny, b_.CreateFMul(size, splat(0x1p54)), size);
  Value* fraction = b_.CreateAnd(bits(normal), splat_bits(0x000FFFFFFFFFFFFFULL));
  Value* m = number(b_.CreateOr(fraction, splat_bits(0x3FF0000000000000ULL)));
  return b_.CreateSelect(b_.CreateFCmpUNO(x, x), x, m);
}

}  // namespace hillock::jit
