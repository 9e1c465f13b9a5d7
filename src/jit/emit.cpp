#include "jit/emit.hpp"

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/IR/Module.h>

#include <limits>
#include <map>

#include "jit/order.hpp"
#include "jit/primitives.hpp"
#include "jit/short_forms.hpp"
#include "jit/stretches.hpp"
#include "jit/usual_row.hpp"

namespace hillock::jit {
namespace {

using ir::NodeId;
using ir::Op;
using ir::Source;
using llvm::Value;

/// One IR value per vector in flight.
using Pack = std::vector<Value*>;
/// What is known at a point of the code, by node.
using Scope = std::map<NodeId, Pack>;

class Emitter {
 public:
  Emitter(llvm::Module& module, const ir::Loop& loop, const KernelOptions& options)
      : loop_(loop),
        graph_(loop.graph),
        forms_(graph_, options.isa, options.arrangement.short_forms),
        arrangement_(options.arrangement),
        context_(module.getContext()),
        b_(context_),
        isa_(options.isa),
        width_(lanes_of(options.isa, loop.single)),
        copies_(static_cast<std::size_t>(options.vectors)),
        p_(b_, options.isa, width_) {
    llvm::Type* pointer = llvm::PointerType::getUnqual(context_);
    llvm::Type* whole = b_.getInt64Ty();
    auto* type = llvm::FunctionType::get(b_.getVoidTy(),
                                         {pointer, pointer, pointer, whole, pointer, pointer, whole, pointer}, false);
    function_ = llvm::Function::Create(type, llvm::Function::ExternalLinkage, "run", module);
    const char* bits = isa_ == Isa::avx512 ? "512" : "256";
    function_->setDoesNotThrow();
    function_->addFnAttr("prefer-vector-width", bits);
    function_->addFnAttr("min-legal-vector-width", bits);
    // What does not fit into registers is kept on the stack: a vector across two cache lines costs twice.
    function_->addFnAttr(llvm::Attribute::getWithStackAlignment(context_, llvm::Align(64)));
    for (unsigned i : {0U, 1U, 2U, 4U, 5U, 7U}) function_->addParamAttr(i, llvm::Attribute::NoAlias);
  }

  void emit() {
    entry_ = block("entry");
    b_.SetInsertPoint(entry_);
    for (std::uint32_t s = 0; s < loop_.variables.size(); ++s)
      if (loop_.variables[s].source == Source::parameter) parameter_scope(s);
    nodes(outer_, loop_.prologue);
    std::vector<Pack> carried;
    for (const NodeId id : loop_.init) carried.push_back(get(outer_, id));
    Pack substep(copies_, p_.constant(real_constant(1.0)));
    resume(carried, substep);
    collect_frontiers();

    llvm::BasicBlock* body = block("row");
    llvm::BasicBlock* exit = block("exit");
    llvm::BasicBlock* before = b_.GetInsertBlock();
    before_rows_ = b_.CreateBr(body);
    b_.SetInsertPoint(body);
    llvm::PHINode* row = b_.CreatePHI(b_.getInt64Ty(), 2);
    row->addIncoming(function_->getArg(6), before);
    // What earlier rows computed for later ones is not at hand at the first row of each phase.
    const std::uint32_t observe_groups = ir::Loop::all_groups(loop_.observe_phase);
    llvm::PHINode* anew = b_.CreatePHI(b_.getInt32Ty(), 2);
    anew->addIncoming(b_.getInt32(observe_groups | ir::Loop::all_groups(loop_.advance_phase)), before);
    llvm::PHINode* out = b_.CreatePHI(b_.getPtrTy(), 2);
    out->addIncoming(function_->getArg(5), before);
    std::vector<std::vector<llvm::PHINode*>> carried_phis;
    for (std::vector<Pack>::size_type c = 0; c < carried.size(); ++c) carried_phis.push_back(phis(carried[c], before));
    std::map<NodeId, std::vector<llvm::PHINode*>> held_phis[2];
    for (int phase : {0, 1})
      for (const NodeId id : frontier_[phase]) held_phis[phase][id] = phis(zero(id), before);
    std::vector<std::vector<llvm::PHINode*>> substep_phis;
    if (loop_.adaptive) substep_phis.push_back(phis(substep, before));

    // The phis are the values at the start of the row.
    for (std::size_t c = 0; c < carried.size(); ++c) carried[c] = Pack(carried_phis[c].begin(), carried_phis[c].end());
    Scope held[2];
    for (int phase : {0, 1})
      for (auto& [id, list] : held_phis[phase]) held[phase][id] = Pack(list.begin(), list.end());
    if (loop_.adaptive) substep = Pack(substep_phis[0].begin(), substep_phis[0].end());

    Value* own = b_.CreateLoad(b_.getInt32Ty(), b_.CreateGEP(b_.getInt32Ty(), function_->getArg(2), row));
    Value* flags = b_.CreateOr(own, anew);
    Value* observed = b_.CreateICmpNE(b_.CreateAnd(own, b_.getInt32(1)), b_.getInt32(0));
    Value* still_anew = b_.CreateSelect(observed, b_.getInt32(0), b_.CreateAnd(anew, b_.getInt32(observe_groups)));
    Value* offset = b_.CreateMul(row, b_.getInt64(loop_.columns));
    columns_ = b_.CreateGEP(b_.getDoubleTy(), function_->getArg(1), offset);

    if (!loop_.taped.empty()) put_down(row, carried);
    else if (loop_.tape > 0) take_up(row);
    if (loop_.observe_last) emit_advance(flags, carried, held[1], substep);
    Value* next_out = emit_observe(flags, out, carried, held[0]);
    if (!loop_.observe_last) emit_advance(flags, carried, held[1], substep);

    Value* next_row = b_.CreateAdd(row, b_.getInt64(1));
    llvm::BasicBlock* latch = b_.GetInsertBlock();
    row->addIncoming(next_row, latch);
    anew->addIncoming(still_anew, latch);
    out->addIncoming(next_out, latch);
    for (std::size_t c = 0; c < carried.size(); ++c) incoming(carried_phis[c], carried[c], latch);
    for (int phase : {0, 1})
      for (auto& [id, list] : held_phis[phase]) incoming(list, held[phase][id], latch);
    if (loop_.adaptive) incoming(substep_phis[0], substep, latch);
    b_.CreateCondBr(b_.CreateICmpSLT(next_row, function_->getArg(3)), body, exit);

    b_.SetInsertPoint(exit);
    for (std::size_t c = 0; c < carried.size(); ++c) store(function_->getArg(4), c, carried[c]);
    if (loop_.adaptive) store(function_->getArg(4), carried.size(), substep);
    b_.CreateRetVoid();
  }

 private:
  llvm::BasicBlock* block(const char* name) { return llvm::BasicBlock::Create(context_, name, function_); }

  static ir::Node real_constant(double value) {
    ir::Node node;
    node.value = value;
    return node;
  }
  Pack zero(NodeId id) { return Pack(copies_, llvm::Constant::getNullValue(p_.type_of(graph_[id].type))); }
  std::vector<llvm::PHINode*> phis(const Pack& initial, llvm::BasicBlock* from) {
    std::vector<llvm::PHINode*> list;
    for (Value* v : initial) {
      llvm::PHINode* phi = b_.CreatePHI(v->getType(), 2);
      phi->addIncoming(v, from);
      list.push_back(phi);
    }
    return list;
  }
  static void incoming(const std::vector<llvm::PHINode*>& list, const Pack& pack, llvm::BasicBlock* from) {
    for (std::size_t k = 0; k < list.size(); ++k) list[k]->addIncoming(pack[k], from);
  }
  /// Merges `changed` (from `from`) with `old` (from `skipped`) at the current block.
  Value* merge(Value* changed, llvm::BasicBlock* from, Value* old, llvm::BasicBlock* skipped) {
    llvm::PHINode* phi = b_.CreatePHI(changed->getType(), 2);
    phi->addIncoming(changed, from);
    phi->addIncoming(old, skipped);
    return phi;
  }
  Pack merge(const Pack& changed, llvm::BasicBlock* from, const Pack& old, llvm::BasicBlock* skipped) {
    Pack out;
    for (std::size_t k = 0; k < changed.size(); ++k) out.push_back(merge(changed[k], from, old[k], skipped));
    return out;
  }

  /// What the first row starts from: what it is now, or, where earlier rows were run before, the state handed in.
  void resume(std::vector<Pack>& carried, Pack& substep) {
    llvm::BasicBlock* fresh = b_.GetInsertBlock();
    llvm::BasicBlock* resumed = block("resumed");
    llvm::BasicBlock* start = block("start");
    b_.CreateCondBr(b_.CreateICmpEQ(function_->getArg(6), b_.getInt64(0)), start, resumed);
    b_.SetInsertPoint(resumed);
    std::vector<Pack> state;
    for (std::size_t i = 0; i < loop_.state_size(); ++i) {
      state.push_back(load(function_->getArg(4), i));
      if (i < carried.size() && carried[i][0]->getType() == p_.single())
        for (Value*& each : state.back()) each = p_.to_single(each);
    }
    b_.CreateBr(start);
    b_.SetInsertPoint(start);
    for (std::size_t c = 0; c < carried.size(); ++c) carried[c] = merge(state[c], resumed, carried[c], fresh);
    if (loop_.adaptive) substep = merge(state.back(), resumed, substep, fresh);
  }

  /// Where the record of a row is on the tape.
  Value* record(Value* number) {
    const std::size_t size = loop_.tape * copies_ * static_cast<std::size_t>(width_);
    return b_.CreateGEP(b_.getDoubleTy(), function_->getArg(7), b_.CreateMul(number, b_.getInt64(size)));
  }
  void put_down(Value* row, const std::vector<Pack>& carried) {
    llvm::BasicBlock* put = block("put_down");
    llvm::BasicBlock* after = block("on");
    b_.CreateCondBr(b_.CreateIsNotNull(function_->getArg(7)), put, after);
    b_.SetInsertPoint(put);
    Value* base = record(b_.CreateSub(row, function_->getArg(6)));
    for (std::size_t i = 0; i < loop_.taped.size(); ++i) store(base, i, carried[loop_.taped[i]]);
    b_.CreateBr(after);
    b_.SetInsertPoint(after);
  }
  void take_up(Value* row) {
    Value* base = record(b_.CreateSub(b_.CreateSub(function_->getArg(3), b_.getInt64(1)), row));
    for (std::uint32_t s = 0; s < loop_.variables.size(); ++s)
      if (loop_.variables[s].source == Source::tape && find_symbol(s) != ir::no_node)
        taken_up_[find_symbol(s)] = load(base, loop_.variables[s].index);
  }

  Value* lane_place(Value* base, std::size_t item, std::size_t copy) {
    const std::size_t at = (item * copies_ + copy) * static_cast<std::size_t>(width_);
    return b_.CreateGEP(b_.getDoubleTy(), base, b_.getInt64(at));
  }
  void store(Value* base, std::size_t item, const Pack& pack) {
    for (std::size_t k = 0; k < copies_; ++k)
      b_.CreateAlignedStore(p_.to_double(pack[k]), lane_place(base, item, k), llvm::Align(8));
  }
  Pack load(Value* base, std::size_t item) {
    Pack pack;
    for (std::size_t k = 0; k < copies_; ++k)
      pack.push_back(b_.CreateAlignedLoad(p_.real(), lane_place(base, item, k), llvm::Align(8)));
    return pack;
  }
  void parameter_scope(std::uint32_t symbol) {
    const NodeId id = find_symbol(symbol);
    if (id != ir::no_node) outer_[id] = load(function_->getArg(0), loop_.variables[symbol].index);
  }
  NodeId find_symbol(std::uint32_t symbol) {
    if (symbol_nodes_.empty()) {
      symbol_nodes_.assign(loop_.variables.size(), ir::no_node);
      for (std::uint32_t i = 0; i < graph_.size(); ++i) {
        const ir::Node& node = graph_[NodeId{i}];
        if (node.op == Op::symbol) symbol_nodes_[index(node.symbol)] = NodeId{i};
      }
    }
    return symbol_nodes_[symbol];
  }

  [[nodiscard]] bool known(const Scope& scope, NodeId id) const {
    return scope.contains(id) || outer_.contains(id) || taken_up_.contains(id);
  }

  /// The value of a node: known in this scope, known outside, a constant, or a column read here.
  Pack get(Scope& scope, NodeId id) {
    if (const auto found = scope.find(id); found != scope.end()) return found->second;
    if (const auto found = outer_.find(id); found != outer_.end()) return found->second;
    if (const auto found = taken_up_.find(id); found != taken_up_.end()) return found->second;
    const ir::Node& node = graph_[id];
    if (node.op == Op::constant) return Pack(copies_, p_.constant(node));
    HILLOCK_CHECK(node.op == Op::symbol, "a node is used before it is computed");
    const ir::Variable& v = loop_.variables[index(node.symbol)];
    HILLOCK_CHECK(v.source == Source::column, "a symbol has no value here");
    Value* number = b_.CreateLoad(b_.getDoubleTy(), b_.CreateConstGEP1_32(b_.getDoubleTy(), columns_, v.index));
    if (node.type == ir::Type::single) number = b_.CreateFPTrunc(number, b_.getFloatTy());
    const Pack pack(copies_, b_.CreateVectorSplat(static_cast<unsigned>(width_), number));
    scope[id] = pack;
    return pack;
  }

  /// With 32 registers, and not for traces, which are of few simulations: LLVM takes longer over what is in order.
  [[nodiscard]] bool is_ordered() const { return arrangement_.order && isa_ == Isa::avx512 && loop_.outputs.empty(); }
  /// Nodes, in the order that keeps the processor busy if that is wanted. `resolved(id)` is what stands
  /// for an argument.
  template <class Resolved>
  void nodes(Scope& scope, std::span<const NodeId> list, Resolved&& resolved) {
    std::map<NodeId, std::size_t> place;
    Work work;
    for (const NodeId id : list) {
      std::vector<std::size_t> reads;
      for (const NodeId arg : read_by(id))
        if (const auto found = place.find(resolved(arg)); found != place.end()) reads.push_back(found->second);
      std::ranges::sort(reads);
      reads.erase(std::ranges::unique(reads).begin(), reads.end());
      place[id] = work.reads.size();
      work.reads.push_back(std::move(reads));
      work.latency.push_back(cycles_left(graph_[id].op));
      scope[id] = Pack(copies_);
    }
    for (const auto& [operation, copy] : is_ordered() ? in_order(work, copies_) : as_written(work, copies_)) {
      const NodeId id = list[operation];
      const std::span<const NodeId> its = read_by(id);
      std::array<Value*, 3> one{};
      for (std::size_t i = 0; i < its.size(); ++i) one[i] = get(scope, resolved(its[i]))[copy];
      scope[id][copy] = value(id, std::span<Value* const>(one.data(), its.size()));
    }
  }
  void nodes(Scope& scope, std::span<const NodeId> list) {
    nodes(scope, list, [](NodeId id) { return id; });
  }
  /// A node's value in one vector, from what its code reads.
  Value* value(NodeId id, std::span<Value* const> args) {
    const Op op = graph_[id].op;
    if (!forms_.reads_magic(id)) return p_.emit(op, args);
    return op == Op::exp2_table ? p_.table_from_magic(args[0]) : p_.scale2_from_magic(args[0], args[1]);
  }

  /// What is computed if no lane wants a rare side: of the nodes of all stretches those that lead to `roots`, in the
  /// order that keeps the processor busy. A choice is what it usually is. Returns whether no lane did want one.
  Value* usual_nodes(Scope& scope, const std::vector<Stretch>& cut, std::span<const NodeId> roots) {
    const UsualRow row = usual_row(
        graph_, cut, roots, [this](NodeId id) { return forms_.operands(id); },
        [&](NodeId id) { return known(scope, id); }, [this](NodeId id) { return outer_.contains(id); });
    nodes(scope, row.nodes, [&](NodeId id) { return row.resolved(id); });
    for (const NodeId root : roots)
      if (row.usually.contains(root)) scope[root] = get(scope, row.resolved(root));
    return all_lanes(scope, row.test);
  }

  /// Whether a test passes in every lane of every vector.
  Value* all_lanes(Scope& scope, const EnoughTest& test) {
    Value* all = nullptr;
    const auto join = [&](Scope& from, NodeId id) {
      for (std::size_t k = 0; k < copies_; ++k) {
        Value* one = get(from, id)[k];
        all = all == nullptr ? one : b_.CreateAnd(all, one);
      }
    };
    Value* once = nullptr;
    if (test.once != ir::no_node) {
      llvm::BasicBlock* const here = b_.GetInsertBlock();
      b_.SetInsertPoint(before_rows_);
      std::vector<NodeId> missing;
      for (const NodeId id : ir::reachable(graph_, std::span(&test.once, 1)))
        if (graph_[id].op != Op::symbol && graph_[id].op != Op::constant && !outer_.contains(id)) missing.push_back(id);
      nodes(outer_, missing);
      join(outer_, test.once);
      once = std::exchange(all, nullptr);
      b_.SetInsertPoint(here);
    }
    if (test.every_row != ir::no_node) join(scope, test.every_row);
    if (all != nullptr && once != nullptr) all = b_.CreateAnd(all, once);
    return b_.CreateAndReduce(all != nullptr ? all : once);
  }

  /// The nodes of a phase that are computed at every row. A row is first computed as if no lane wanted a rare side, in
  /// one piece: that is all that most rows need, and a processor that looks ahead finds enough to do. Where a lane does
  /// want one, the row is computed again with branches around what is not wanted; and so is the row after that, at
  /// once.
  void phase_nodes(Scope& scope, const ir::Loop::Phase& phase, std::span<const NodeId> roots) {
    const std::vector<Stretch> cut =
        stretches(graph_, phase.nodes, roots, [this](NodeId id) { return forms_.operands(id); });
    const bool chooses = std::ranges::any_of(cut, [](const Stretch& s) { return !s.choices.empty(); });
    if (!chooses || !arrangement_.usual_row) {
      (void)careful_nodes(scope, cut);
      return;
    }
    llvm::BasicBlock* direct = block("direct");
    llvm::BasicBlock* careful = block("careful");
    llvm::BasicBlock* done = block("done");
    Value* calm = calm_place();
    b_.CreateCondBr(b_.CreateTrunc(b_.CreateLoad(b_.getInt8Ty(), calm), b_.getInt1Ty()), direct, careful);

    b_.SetInsertPoint(direct);
    Scope usual = scope;
    Value* all_usual = usual_nodes(usual, cut, roots);
    llvm::BasicBlock* from_direct = b_.GetInsertBlock();
    b_.CreateCondBr(all_usual, done, careful, llvm::MDBuilder(context_).createBranchWeights(1000, 1));

    b_.SetInsertPoint(careful);
    Scope either = scope;
    Value* still_calm = careful_nodes(either, cut);
    b_.CreateStore(b_.CreateZExt(still_calm, b_.getInt8Ty()), calm);
    llvm::BasicBlock* from_careful = b_.GetInsertBlock();
    b_.CreateBr(done);

    b_.SetInsertPoint(done);
    for (const NodeId root : roots)
      if (const auto found = either.find(root); found != either.end() && !scope.contains(root))
        scope[root] = merge(usual.at(root), from_direct, found->second, from_careful);
  }

  /// With branches around what no lane wants. Returns whether nothing rare was wanted; null where there is no choice.
  Value* careful_nodes(Scope& scope, const std::vector<Stretch>& cut) {
    Value* calm = nullptr;
    for (const Stretch& stretch : cut) {
      nodes(scope, stretch.always);
      if (stretch.choices.empty()) continue;
      Value* all = choose(scope, stretch);
      calm = calm == nullptr ? all : b_.CreateAnd(calm, all);
    }
    return calm;
  }

  /// Where it is kept whether the last row needed no rare side.
  Value* calm_place() {
    llvm::IRBuilder<> entry(&function_->getEntryBlock(), function_->getEntryBlock().begin());
    Value* place = entry.CreateAlloca(entry.getInt8Ty());
    entry.CreateStore(entry.getInt8(1), place);
    return place;
  }

  /// Whether no lane has one of these conditions. Ands rather than ors: a comparison under a mask is an and for
  /// nothing.
  Value* none_holds(Scope& scope, std::vector<NodeId> conditions) {
    std::ranges::sort(conditions);
    conditions.erase(std::ranges::unique(conditions).begin(), conditions.end());
    Value* none = nullptr;
    for (std::size_t k = 0; k < copies_; ++k)
      for (const NodeId id : conditions) {
        Value* here = holds_not(scope, id, k);
        none = none == nullptr ? here : b_.CreateAnd(none, here);
      }
    return b_.CreateAndReduce(none);
  }

  /// Returns whether no lane wanted a rare side.
  Value* choose(Scope& scope, const Stretch& stretch) {
    std::vector<NodeId> conditions;
    for (const NodeId id : stretch.choices) conditions_of(graph_[id].args[0], conditions);
    Value* none = none_holds(scope, std::move(conditions));
    std::vector<Pack> usual;
    for (const NodeId id : stretch.choices) usual.push_back(get(scope, graph_[id].args[2]));
    llvm::BasicBlock* skipped = b_.GetInsertBlock();
    llvm::BasicBlock* compute = block("rare");
    llvm::BasicBlock* after = block("chosen");
    b_.CreateCondBr(none, after, compute, llvm::MDBuilder(context_).createBranchWeights(1000, 1));
    b_.SetInsertPoint(compute);
    Scope inner = scope;
    nodes(inner, stretch.rare);
    nodes(inner, stretch.choices);
    llvm::BasicBlock* from = b_.GetInsertBlock();
    b_.CreateBr(after);
    b_.SetInsertPoint(after);
    for (std::size_t i = 0; i < stretch.choices.size(); ++i)
      scope[stretch.choices[i]] = merge(inner.at(stretch.choices[i]), from, usual[i], skipped);
    return none;
  }

  /// The conditions of which one at least holds where `id` does.
  void conditions_of(NodeId id, std::vector<NodeId>& out) const {
    const ir::Node& node = graph_[id];
    if (node.op != Op::lor) return out.push_back(id);
    conditions_of(node.args[0], out);
    conditions_of(node.args[1], out);
  }
  /// Where a condition does not hold, in vector `k`.
  Value* holds_not(Scope& scope, NodeId id, std::size_t k) {
    const ir::Node& node = graph_[id];
    if (node.op == Op::lnot && known(scope, node.args[0])) return get(scope, node.args[0])[k];
    return b_.CreateNot(get(scope, id)[k]);
  }

  /// What the code of a node reads.
  std::span<const NodeId> read_by(NodeId id) {
    auto [found, is_new] = read_by_.try_emplace(id);
    if (is_new) found->second = forms_.operands(id);
    return {found->second.data(), static_cast<std::size_t>(ir::info(graph_[id].op).arity)};
  }
  /// Nodes of guarded groups that somebody outside the group reads: they live from row to row.
  void collect_frontiers() {
    for (int which : {0, 1}) {
      const ir::Loop::Phase& phase = which == 0 ? loop_.observe_phase : loop_.advance_phase;
      std::map<NodeId, std::size_t> home;
      for (std::size_t g = 0; g < phase.groups.size(); ++g)
        if (phase.groups[g].bit != 0)
          for (const NodeId id : phase.groups[g].nodes) home[id] = g;
      std::vector<bool> outside(graph_.size());
      const auto note = [&](NodeId user, std::size_t group) {
        for (const NodeId arg : forms_.operands(user)) {
          if (arg == ir::no_node) continue;
          const auto found = home.find(arg);
          if (found != home.end() && found->second != group) outside[index(arg)] = true;
        }
      };
      for (std::size_t g = 0; g < phase.groups.size(); ++g)
        for (const NodeId id : phase.groups[g].nodes) note(id, phase.groups[g].bit != 0 ? g : SIZE_MAX);
      for (const NodeId id : phase.nodes) note(id, SIZE_MAX);
      const auto root = [&](NodeId id) { outside[index(id)] = true; };
      if (which == 0) {
        for (const ir::Assignment& a : loop_.observe) root(a.value);
        for (const NodeId id : loop_.outputs) root(id);
      } else {
        for (const ir::Assignment& a : loop_.advance) root(a.value);
        if (loop_.adaptive)
          for (const NodeId id : loop_.adaptive->roots()) root(id);
      }
      for (const auto& [id, group] : home)
        if (outside[index(id)]) frontier_[which].push_back(id);
    }
  }

  /// The groups of a phase. `held` is brought up to date; `scope` receives what is computed at every row.
  void groups(const ir::Loop::Phase& phase, Value* flags, Scope& scope, Scope& held) {
    for (const ir::Group& group : phase.groups) {
      if (group.bit == 0) {
        nodes(scope, group.nodes);
        continue;
      }
      llvm::BasicBlock* skipped = b_.GetInsertBlock();
      llvm::BasicBlock* compute = block("changed");
      llvm::BasicBlock* after = block("held");
      Value* changed = b_.CreateICmpNE(b_.CreateAnd(flags, b_.getInt32(1U << group.bit)), b_.getInt32(0));
      b_.CreateCondBr(changed, compute, after);
      b_.SetInsertPoint(compute);
      Scope inner = scope;
      nodes(inner, group.nodes);
      llvm::BasicBlock* from = b_.GetInsertBlock();
      b_.CreateBr(after);
      b_.SetInsertPoint(after);
      for (const NodeId id : group.nodes) {
        const auto old = held.find(id);
        if (old == held.end()) continue;
        old->second = merge(inner.at(id), from, old->second, skipped);
      }
      // Loads of columns inside the group do not reach beyond it; what is held does.
      for (const NodeId id : group.nodes)
        if (const auto now = held.find(id); now != held.end()) scope[id] = now->second;
    }
  }

  void bind_carried(Scope& scope, const std::vector<Pack>& carried) {
    for (std::uint32_t s = 0; s < loop_.variables.size(); ++s)
      if (loop_.variables[s].source == Source::carried && find_symbol(s) != ir::no_node)
        scope[find_symbol(s)] = carried[loop_.variables[s].index];
  }

  Value* emit_observe(Value* flags, Value* out, std::vector<Pack>& carried, Scope& held) {
    llvm::BasicBlock* skipped = b_.GetInsertBlock();
    llvm::BasicBlock* observe = block("observe");
    llvm::BasicBlock* after = block("observed");
    b_.CreateCondBr(b_.CreateICmpNE(b_.CreateAnd(flags, b_.getInt32(1)), b_.getInt32(0)), observe, after);
    b_.SetInsertPoint(observe);
    Scope scope;
    Scope now = held;
    bind_carried(scope, carried);
    groups(loop_.observe_phase, flags, scope, now);
    std::vector<NodeId> roots(loop_.outputs);
    for (const ir::Assignment& a : loop_.observe) roots.push_back(a.value);
    phase_nodes(scope, loop_.observe_phase, roots);
    Value* next_out = out;
    if (!loop_.outputs.empty()) {
      llvm::BasicBlock* write = block("write");
      llvm::BasicBlock* written = block("written");
      // Fetch before branching: a column read inside `write` would not be known after it.
      std::vector<Pack> packs;
      for (const NodeId id : loop_.outputs) packs.push_back(get(scope, id));
      b_.CreateCondBr(b_.CreateIsNotNull(function_->getArg(5)), write, written);
      b_.SetInsertPoint(write);
      for (std::size_t o = 0; o < packs.size(); ++o) store(out, o, packs[o]);
      b_.CreateBr(written);
      b_.SetInsertPoint(written);
      next_out = b_.CreateGEP(b_.getDoubleTy(), out,
                              b_.getInt64(loop_.outputs.size() * copies_ * static_cast<std::size_t>(width_)));
    }
    std::map<std::uint32_t, Pack> assigned;
    for (const ir::Assignment& a : loop_.observe) assigned[a.carried] = get(scope, a.value);
    llvm::BasicBlock* from = b_.GetInsertBlock();
    b_.CreateBr(after);
    b_.SetInsertPoint(after);
    for (auto& [c, pack] : assigned) carried[c] = merge(pack, from, carried[c], skipped);
    for (auto& [id, pack] : held) pack = merge(now.at(id), from, pack, skipped);
    if (next_out == out) return out;
    llvm::PHINode* phi = b_.CreatePHI(b_.getPtrTy(), 2);
    phi->addIncoming(next_out, from);
    phi->addIncoming(out, skipped);
    return phi;
  }

  void emit_advance(Value* flags, std::vector<Pack>& carried, Scope& held, Pack& substep) {
    Scope scope;
    groups(loop_.advance_phase, flags, scope, held);
    if (loop_.adaptive) {
      emit_adaptive(scope, carried, substep);
      return;
    }
    bind_carried(scope, carried);
    phase_nodes(scope, loop_.advance_phase, advance_roots());
    std::map<std::uint32_t, Pack> assigned;
    for (const ir::Assignment& a : loop_.advance) assigned[a.carried] = get(scope, a.value);
    for (auto& [c, pack] : assigned) carried[c] = pack;
  }

  [[nodiscard]] std::vector<NodeId> advance_roots() const {
    std::vector<NodeId> roots;
    for (const ir::Assignment& a : loop_.advance) roots.push_back(a.value);
    return roots;
  }

  /// As `LoopInterpreter::advance_adaptively`, for all lanes; a lane that has done its row waits for the others.
  void emit_adaptive(Scope& row_scope, std::vector<Pack>& carried, Pack& substep) {
    const ir::Adaptive& control = *loop_.adaptive;
    const auto real = [&](double v) { return p_.constant(real_constant(v)); };
    // Column reads must dominate the loop: make them here.
    for (const NodeId id : loop_.advance_phase.nodes)
      for (const NodeId arg : forms_.operands(id))
        if (arg != ir::no_node && graph_[arg].op == Op::symbol &&
            loop_.variables[index(graph_[arg].symbol)].source == Source::column)
          get(row_scope, arg);
    Pack done;
    for (Value* h : substep) done.push_back(b_.CreateSelect(b_.CreateFCmpUNO(h, h), real(1.0), real(0.0)));

    llvm::BasicBlock* before = b_.GetInsertBlock();
    llvm::BasicBlock* head = block("substep");
    llvm::BasicBlock* body = block("trial");
    llvm::BasicBlock* after = block("row_done");
    b_.CreateBr(head);
    b_.SetInsertPoint(head);
    llvm::PHINode* count = b_.CreatePHI(b_.getInt32Ty(), 2);
    count->addIncoming(b_.getInt32(0), before);
    std::vector<std::vector<llvm::PHINode*>> carried_phis;
    for (const Pack& pack : carried) carried_phis.push_back(phis(pack, before));
    auto done_phi = phis(done, before);
    auto substep_phi = phis(substep, before);
    for (std::size_t c = 0; c < carried.size(); ++c) carried[c] = Pack(carried_phis[c].begin(), carried_phis[c].end());
    done = Pack(done_phi.begin(), done_phi.end());
    substep = Pack(substep_phi.begin(), substep_phi.end());
    Pack active;
    Value* any = b_.getFalse();
    for (Value* d : done) {
      active.push_back(b_.CreateFCmpOLT(d, real(1.0)));
      any = b_.CreateOr(any, b_.CreateOrReduce(active.back()));
    }
    Value* go_on =
        b_.CreateAnd(any, b_.CreateICmpSLT(count, b_.getInt32(static_cast<std::uint32_t>(control.max_substeps))));
    b_.CreateCondBr(go_on, body, after);

    b_.SetInsertPoint(body);
    Scope scope = row_scope;
    bind_carried(scope, carried);
    Pack h;
    Pack last;
    for (std::size_t k = 0; k < copies_; ++k) {
      Value* left = b_.CreateFSub(real(1.0), done[k]);
      last.push_back(b_.CreateNot(b_.CreateFCmpOLT(substep[k], left)));
      h.push_back(b_.CreateSelect(last[k], left, substep[k]));
    }
    for (std::uint32_t s = 0; s < loop_.variables.size(); ++s) {
      if (find_symbol(s) == ir::no_node) continue;
      if (loop_.variables[s].source == Source::substep) scope[find_symbol(s)] = h;
      if (loop_.variables[s].source == Source::progress) scope[find_symbol(s)] = done;
    }
    std::vector<NodeId> roots = advance_roots();
    for (const NodeId id : control.roots()) roots.push_back(id);
    phase_nodes(scope, loop_.advance_phase, roots);
    const Pack error = get(scope, control.error);
    const Pack factor = get(scope, control.factor);
    const Pack taken = control.taken == ir::no_node ? h : get(scope, control.taken);
    std::map<std::uint32_t, Pack> assigned;
    for (const ir::Assignment& a : loop_.advance) assigned[a.carried] = get(scope, a.value);
    std::vector<Pack> next = carried;
    Pack next_done;
    Pack next_substep;
    for (std::size_t k = 0; k < copies_; ++k) {
      Value* good = b_.CreateFCmpOLE(error[k], real(1.0));
      Value* accepted = b_.CreateAnd(active[k], good);
      for (auto& [c, pack] : assigned) next[c][k] = b_.CreateSelect(accepted, pack[k], carried[c][k]);
      Value* whole = b_.CreateAnd(last[k], b_.CreateNot(b_.CreateFCmpOLT(taken[k], h[k])));
      Value* forward = b_.CreateSelect(whole, real(1.0), b_.CreateFAdd(done[k], taken[k]));
      next_done.push_back(b_.CreateSelect(accepted, forward, done[k]));
      Value* wanted = b_.CreateFMul(h[k], factor[k]);
      Value* cut_short = b_.CreateAnd(b_.CreateAnd(good, last[k]), b_.CreateFCmpOLT(wanted, substep[k]));
      Value* change = b_.CreateAnd(active[k], b_.CreateNot(cut_short));
      next_substep.push_back(b_.CreateSelect(change, wanted, substep[k]));
    }
    llvm::BasicBlock* latch = b_.GetInsertBlock();
    count->addIncoming(b_.CreateAdd(count, b_.getInt32(1)), latch);
    for (std::size_t c = 0; c < carried.size(); ++c) incoming(carried_phis[c], next[c], latch);
    incoming(done_phi, next_done, latch);
    incoming(substep_phi, next_substep, latch);
    b_.CreateBr(head);

    b_.SetInsertPoint(after);
    Value* nan = real(std::numeric_limits<double>::quiet_NaN());
    for (std::size_t k = 0; k < copies_; ++k) {
      for (const ir::Assignment& a : loop_.advance)
        carried[a.carried][k] = b_.CreateSelect(active[k], nan, carried[a.carried][k]);
      substep[k] = b_.CreateSelect(active[k], nan, substep[k]);
    }
  }

  const ir::Loop& loop_;
  ir::Graph graph_;  ///< the loop's, and tests
  ShortForms forms_;
  Arrangement arrangement_;
  llvm::LLVMContext& context_;
  llvm::IRBuilder<> b_;
  Isa isa_;
  int width_;
  std::size_t copies_;
  Primitives p_;
  llvm::Function* function_ = nullptr;
  llvm::BasicBlock* entry_ = nullptr;
  llvm::Instruction* before_rows_ = nullptr;  ///< what is put before it is computed once
  Value* columns_ = nullptr;
  Scope taken_up_;                    ///< what the tape has for the row
  Scope outer_;                       ///< parameters and what depends on them alone
  std::vector<NodeId> symbol_nodes_;  ///< by SymbolId
  std::vector<NodeId> frontier_[2];   ///< observe, advance
  std::map<NodeId, std::array<NodeId, 3>> read_by_;
};

}  // namespace

void emit(llvm::Module& module, const ir::Loop& loop, const KernelOptions& options) {
  Emitter(module, loop, options).emit();
}

}  // namespace hillock::jit
