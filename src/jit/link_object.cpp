#include "jit/link_object.hpp"

#include <llvm/BinaryFormat/ELF.h>
#include <llvm/Object/ELFObjectFile.h>

#include <algorithm>
#include <cstring>
#include <map>

namespace hillock::jit {
namespace {

namespace elf = llvm::ELF;

std::unexpected<Errors> refused(const std::string& what) {
  return fail("jit-failed", "the model's code did not link: " + what);
}
std::unexpected<Errors> refused(llvm::Error error) { return refused(llvm::toString(std::move(error))); }

}  // namespace

Result<Image> link_object(std::string_view bytes, std::string_view function) {
  auto object = llvm::object::ObjectFile::createELFObjectFile(llvm::MemoryBufferRef({bytes.data(), bytes.size()}, ""));
  if (!object) return refused(object.takeError());
  if ((*object)->getArch() != llvm::Triple::x86_64) return refused("not for this machine");

  Image image;
  std::map<std::uint64_t, std::uint64_t> placed;  // by the section's index
  for (const llvm::object::ELFSectionRef section : (*object)->sections()) {
    const std::uint64_t flags = section.getFlags();
    if ((flags & elf::SHF_ALLOC) == 0 || section.getSize() == 0) continue;
    if (section.getType() == elf::SHT_X86_64_UNWIND) continue;  // nothing unwinds through it
    if ((flags & elf::SHF_WRITE) != 0 || section.getType() != elf::SHT_PROGBITS) return refused("it has variables");
    auto contents = section.getContents();
    if (!contents) return refused(contents.takeError());
    const std::uint64_t align = std::max<std::uint64_t>(1, section.getAlignment().value());
    if (align > 4096) return refused("its alignment is larger than a page");
    image.bytes.resize((image.bytes.size() + align - 1) / align * align);
    placed[section.getIndex()] = image.bytes.size();
    image.bytes.append(contents->data(), contents->size());
  }

  const auto address = [&](const llvm::object::SymbolRef& symbol) -> Result<std::uint64_t> {
    auto section = symbol.getSection();
    if (!section) return refused(section.takeError());
    auto name = symbol.getName();
    if (!name) return refused(name.takeError());
    const auto found = *section == (*object)->section_end() ? placed.end() : placed.find((*section)->getIndex());
    if (found == placed.end()) return refused("it refers to \"" + name->str() + "\"");
    auto value = symbol.getValue();
    if (!value) return refused(value.takeError());
    return found->second + *value;
  };

  for (const llvm::object::SectionRef& relocations : (*object)->sections()) {
    auto target = relocations.getRelocatedSection();
    if (!target) return refused(target.takeError());
    if (*target == (*object)->section_end()) continue;
    const auto base = placed.find((*target)->getIndex());
    if (base == placed.end()) continue;
    for (const llvm::object::ELFRelocationRef relocation : relocations.relocations()) {
      if (relocation.getType() != elf::R_X86_64_PC32 && relocation.getType() != elf::R_X86_64_PLT32)
        return refused("a reference of kind " + std::to_string(relocation.getType()));
      auto addend = relocation.getAddend();
      if (!addend) return refused(addend.takeError());
      const auto to = address(*relocation.getSymbol());
      if (!to) return std::unexpected(to.error());
      const std::uint64_t at = base->second + relocation.getOffset();
      if (at + 4 > image.bytes.size()) return refused("a reference beyond its section");
      const std::int64_t distance = static_cast<std::int64_t>(*to) + *addend - static_cast<std::int64_t>(at);
      const auto stored = static_cast<std::int32_t>(distance);
      if (stored != distance) return refused("it is too large");
      std::memcpy(image.bytes.data() + at, &stored, sizeof stored);
    }
  }

  for (const llvm::object::SymbolRef& symbol : (*object)->symbols()) {
    auto name = symbol.getName();
    if (!name) return refused(name.takeError());
    if (*name != llvm::StringRef(function.data(), function.size())) continue;
    const auto entry = address(symbol);
    if (!entry) return std::unexpected(entry.error());
    image.entry = *entry;
    return image;
  }
  return refused("it has no function \"" + std::string(function) + "\"");
}

}  // namespace hillock::jit
