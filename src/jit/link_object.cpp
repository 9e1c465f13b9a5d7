#include "jit/link_object.hpp"

#include <llvm/BinaryFormat/ELF.h>
#include <llvm/Object/ELF.h>  // ELFObjectFile.h would be shorter; clang in C++23 mode refuses what it includes

#include <algorithm>
#include <cstring>
#include <map>

namespace hillock::jit {
namespace {

namespace elf = llvm::ELF;
using File = llvm::object::ELFFile<llvm::object::ELF64LE>;

std::unexpected<Errors> refused(const std::string& what) {
  return fail("jit-failed", "the model's code did not link: " + what);
}
std::unexpected<Errors> refused(llvm::Error error) { return refused(llvm::toString(std::move(error))); }

class Linking {
 public:
  Linking(const File& file, File::Elf_Shdr_Range sections) : file_(file), sections_(sections) {}

  Result<Image> run(std::string_view function) {
    for (std::uint32_t i = 0; i < sections_.size(); ++i)
      if (auto done = place(i); !done) return std::unexpected(done.error());
    for (const auto& section : sections_)
      if (auto done = refer(section); !done) return std::unexpected(done.error());
    for (const auto& section : sections_) {
      if (section.sh_type != elf::SHT_SYMTAB) continue;
      auto symbols = file_.symbols(&section);
      if (!symbols) return refused(symbols.takeError());
      for (const auto& symbol : *symbols) {
        auto name = name_of(symbol, section);
        if (!name) return std::unexpected(name.error());
        if (*name != function) continue;
        const auto entry = address(symbol, section);
        if (!entry) return std::unexpected(entry.error());
        image_.entry = *entry;
        return std::move(image_);
      }
    }
    return refused("it has no function \"" + std::string(function) + "\"");
  }

 private:
  /// Code and constants, one section behind the other.
  Result<void> place(std::uint32_t which) {
    const auto& section = sections_[which];
    if ((section.sh_flags & elf::SHF_ALLOC) == 0 || section.sh_size == 0) return {};
    if (section.sh_type == elf::SHT_X86_64_UNWIND) return {};  // nothing unwinds through it
    if ((section.sh_flags & elf::SHF_WRITE) != 0 || section.sh_type != elf::SHT_PROGBITS)
      return refused("it has variables");
    auto contents = file_.getSectionContents(section);
    if (!contents) return refused(contents.takeError());
    const std::uint64_t align = std::max<std::uint64_t>(1, section.sh_addralign);
    if (align > 4096) return refused("its alignment is larger than a page");
    image_.bytes.resize((image_.bytes.size() + align - 1) / align * align);
    placed_[which] = image_.bytes.size();
    image_.bytes.append(reinterpret_cast<const char*>(contents->data()), contents->size());
    return {};
  }

  Result<std::string> name_of(const File::Elf_Sym& symbol, const File::Elf_Shdr& symbols) {
    auto names = file_.getStringTableForSymtab(symbols, sections_);
    if (!names) return refused(names.takeError());
    auto name = symbol.getName(*names);
    if (!name) return refused(name.takeError());
    return name->str();
  }

  Result<std::uint64_t> address(const File::Elf_Sym& symbol, const File::Elf_Shdr& symbols) {
    const auto found = placed_.find(symbol.st_shndx);
    if (found != placed_.end()) return found->second + symbol.st_value;
    const auto name = name_of(symbol, symbols);
    if (!name) return std::unexpected(name.error());
    return refused("it refers to \"" + *name + "\"");
  }

  /// What a section of relocations says of another one.
  Result<void> refer(const File::Elf_Shdr& section) {
    if (section.sh_type != elf::SHT_RELA && section.sh_type != elf::SHT_REL) return {};
    const auto base = placed_.find(section.sh_info);
    if (base == placed_.end()) return {};
    auto symbols = file_.getSection(section.sh_link);
    if (!symbols) return refused(symbols.takeError());
    auto relocations = file_.relas(section);
    if (!relocations) return refused(relocations.takeError());
    for (const auto& relocation : *relocations) {
      const std::uint32_t kind = relocation.getType(false);
      if (kind != elf::R_X86_64_PC32 && kind != elf::R_X86_64_PLT32)
        return refused("a reference of kind " + std::to_string(kind));
      auto symbol = file_.getRelocationSymbol(relocation, *symbols);
      if (!symbol) return refused(symbol.takeError());
      if (*symbol == nullptr) return refused("a reference to nothing");
      const auto to = address(**symbol, **symbols);
      if (!to) return std::unexpected(to.error());
      const std::uint64_t at = base->second + relocation.r_offset;
      if (at + 4 > image_.bytes.size()) return refused("a reference beyond its section");
      const std::int64_t distance =
          static_cast<std::int64_t>(*to) + relocation.r_addend - static_cast<std::int64_t>(at);
      const auto stored = static_cast<std::int32_t>(distance);
      if (stored != distance) return refused("it is too large");
      std::memcpy(image_.bytes.data() + at, &stored, sizeof stored);
    }
    return {};
  }

  const File& file_;
  File::Elf_Shdr_Range sections_;
  Image image_;
  std::map<std::uint32_t, std::uint64_t> placed_;  // by the section's index
};

}  // namespace

Result<Image> link_object(std::string_view bytes, std::string_view function) {
  auto file = File::create({bytes.data(), bytes.size()});
  if (!file) return refused(file.takeError());
  if (file->getHeader().e_machine != elf::EM_X86_64) return refused("not for this machine");
  auto sections = file->sections();
  if (!sections) return refused(sections.takeError());
  return Linking(*file, *sections).run(function);
}

}  // namespace hillock::jit
