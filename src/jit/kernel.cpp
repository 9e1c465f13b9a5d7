#include "jit/kernel.hpp"

#include <dlfcn.h>

#include <filesystem>

#include "jit/code_key.hpp"
#include "jit/compiler.hpp"
#include "jit/image.hpp"
#include "jit/shared_code.hpp"

namespace hillock::jit {
namespace {

/// Rows [begin, end), begin < end.
using Function = void (*)(const double* parameters, const double* values, const std::uint32_t* flags, std::int64_t end,
                          double* state, double* outputs, std::int64_t begin, double* tape);

/// Beside the program or in the folder of the programs. The loader would find it there by the program's own search
/// path, but not where a sanitizer stands between the two.
void* open_compiler() {
  if (void* library = ::dlopen(compiler_library, RTLD_LAZY | RTLD_LOCAL)) return library;
  std::error_code none;
  const std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe", none).parent_path();
  for (const std::filesystem::path& place : {folder, folder.parent_path() / "bin"})
    if (const auto file = place / compiler_library; std::filesystem::exists(file, none))
      if (void* library = ::dlopen(file.c_str(), RTLD_LAZY | RTLD_LOCAL)) return library;
  return nullptr;
}

/// The compiler, loaded when it is first called for. It stays: LLVM cannot be unloaded.
Result<CompileLoop*> compiler() {
  static const Result<CompileLoop*> loaded = []() -> Result<CompileLoop*> {
    void* library = open_compiler();
    void* function = library == nullptr ? nullptr : ::dlsym(library, compiler_function);
    if (function == nullptr) {
      const char* why = ::dlerror();
      return fail("jit-absent", std::string("the compiler cannot be loaded: ") + (why == nullptr ? "" : why),
                  compiler_library, "install it beside the program, or --isa interpreter");
    }
    return reinterpret_cast<CompileLoop*>(function);
  }();
  return loaded;
}

Result<MadeCode> make(const ir::Loop& loop, const KernelOptions& options, const std::string& key) {
  if (options.store != nullptr)
    if (const auto kept = options.store->load(key))
      if (const auto image = image_from(*kept))
        if (std::shared_ptr<const LoadedImage> code = LoadedImage::load(*image)) return MadeCode{code, Origin::stored};
  const auto compile = compiler();
  if (!compile) return std::unexpected(compile.error());
  Result<Image> image;
  (*compile)(loop, options, image);
  if (!image) return fail(std::move(image.error()));
  std::shared_ptr<const LoadedImage> code = LoadedImage::load(*image);
  if (!code) return fail("jit-failed", "the system gives no memory for the model's code", {}, "--isa interpreter");
  if (options.store != nullptr) options.store->keep(key, to_bytes(*image));
  return MadeCode{std::move(code), Origin::compiled};
}

}  // namespace

bool Arrangement::leave_out(std::string_view name) {
  if (name == "short_forms") short_forms = false;
  else if (name == "usual_row") usual_row = false;
  else if (name == "order") order = false;
  else return false;
  return true;
}

std::string_view to_string(Isa isa) { return isa == Isa::avx512 ? "avx512" : "avx2"; }

bool runs_here(Isa isa) {
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (isa == Isa::avx2) return avx2;
  return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}

std::optional<Isa> best_isa() {
  for (const Isa isa : {Isa::avx512, Isa::avx2})
    if (runs_here(isa)) return isa;
  return std::nullopt;
}

Kernel::Kernel(std::shared_ptr<const LoadedImage> code, Origin origin, int lanes)
    : code_(std::move(code)), origin_(origin), lanes_(lanes) {}
Kernel::Kernel(Kernel&&) noexcept = default;
Kernel& Kernel::operator=(Kernel&&) noexcept = default;
Kernel::~Kernel() = default;

Result<Kernel> Kernel::compile(const ir::Loop& loop, const KernelOptions& options) {
  HILLOCK_CHECK(options.vectors >= 1 && options.vectors <= 4, "vectors in flight must be 1 to 4");
  HILLOCK_CHECK(runs_here(options.isa), "this machine cannot run that instruction set");
  const std::string key = code_key(loop, options);
  const auto made = options.share ? SharedCode::of_process().get(key, [&] { return make(loop, options, key); })
                                  : make(loop, options, key);
  if (!made) return std::unexpected(made.error());
  return Kernel(made->code, made->origin, lanes_of(options.isa, loop.single) * options.vectors);
}

void Kernel::run(const ir::Loop& loop, const double* parameters, double* state, double* outputs) const {
  run(loop, {0, loop.rows}, parameters, state, outputs);
}

void Kernel::run(const ir::Loop& loop, ir::Rows rows, const double* parameters, double* state, double* outputs,
                 double* tape) const {
  HILLOCK_CHECK(rows.begin < rows.end && rows.end <= loop.rows, "rows that the loop has not");
  const auto function = reinterpret_cast<Function>(reinterpret_cast<std::uintptr_t>(code_->entry()));
  function(parameters, loop.values.data(), loop.flags.data(), static_cast<std::int64_t>(rows.end), state, outputs,
           static_cast<std::int64_t>(rows.begin), tape);
}

}  // namespace hillock::jit
