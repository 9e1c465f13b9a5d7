/// From a Loop to an Image: LLVM's passes, and what the library exports.

#include <llvm/CodeGen/MachineModuleInfo.h>
#include <llvm/CodeGen/Passes.h>
#include <llvm/CodeGen/TargetPassConfig.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Target/TargetMachine.h>

#include <mutex>

#include "jit/compiler.hpp"
#include "jit/emit.hpp"
#include "jit/link_object.hpp"

namespace hillock::jit {
namespace {

/// Features spelled out, so that one build gives one code on every machine of the kind.
std::unique_ptr<llvm::LLVMTargetMachine> machine_for(Isa isa, std::string& complaint) {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  });
  const std::string triple = "x86_64-unknown-linux-gnu";
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(triple, complaint);
  if (target == nullptr) return nullptr;
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  const char* cpu = isa == Isa::avx512 ? "skylake-avx512" : "haswell";
  // Every target of LLVM's own code generator is one.
  return std::unique_ptr<llvm::LLVMTargetMachine>(static_cast<llvm::LLVMTargetMachine*>(target->createTargetMachine(
      triple, cpu, "", options, llvm::Reloc::PIC_, llvm::CodeModel::Small, llvm::CodeGenOptLevel::Default, true)));
}

/// Whether the order of `in_order` stays. LLVM's own holds fewer numbers, which is better where rows fill the
/// registers: measured on gates and their tangents (bench/engine). Traces are of few simulations, and it takes longer
/// to compile.
bool keeps_order(const ir::Loop& loop, const KernelOptions& options) {
  return options.arrangement.order && options.isa == Isa::avx512 && options.vectors == 1 && loop.carried <= 16 &&
         loop.outputs.empty();
}

/// What makes an object file of a module. `in_order`: without the passes that put instructions into another order.
void add_passes(llvm::legacy::PassManager& passes, llvm::LLVMTargetMachine& machine, llvm::raw_pwrite_stream& out,
                bool in_order) {
  llvm::TargetPassConfig* config = machine.createPassConfig(passes);  // the manager owns it, and what is added
  auto* modules = new llvm::MachineModuleInfoWrapperPass(&machine);
  if (in_order) {
    config->disablePass(&llvm::MachineSchedulerID);
    config->disablePass(&llvm::MachineSinkingID);
  }
  passes.add(config);
  passes.add(modules);
  const bool failed = config->addISelPasses();
  config->addMachinePasses();
  config->setInitialized();
  HILLOCK_CHECK(!failed && !machine.addAsmPrinter(passes, out, nullptr, llvm::CodeGenFileType::ObjectFile,
                                                  modules->getMMI().getContext()),
                "LLVM makes no code for this machine");
  passes.add(llvm::createFreeMachineFunctionPass());
}

Result<Image> compile(const ir::Loop& loop, const KernelOptions& options) {
  std::string complaint;
  const auto machine = machine_for(options.isa, complaint);
  if (!machine) return fail("jit-failed", "the compiler could not start: " + complaint);
  llvm::LLVMContext context;
  llvm::Module module("loop", context);
  module.setTargetTriple(machine->getTargetTriple().str());
  module.setDataLayout(machine->createDataLayout());
  emit(module, loop, options);
  llvm::raw_string_ostream stream(complaint);
  HILLOCK_CHECK(!llvm::verifyModule(module, &stream), "the emitted code is malformed: " + complaint);

  llvm::SmallVector<char, 0> object;
  llvm::raw_svector_ostream out(object);
  llvm::legacy::PassManager passes;
  add_passes(passes, *machine, out, keeps_order(loop, options));
  passes.run(module);
  return link_object({object.data(), object.size()}, "run");
}

}  // namespace
}  // namespace hillock::jit

extern "C" __attribute__((visibility("default"))) void hillock_compile_loop(
    const hillock::ir::Loop& loop, const hillock::jit::KernelOptions& options,
    hillock::Result<hillock::jit::Image>& image) {
  image = hillock::jit::compile(loop, options);
}
