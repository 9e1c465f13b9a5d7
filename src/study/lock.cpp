#include "study/lock.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <filesystem>

#include "io/sha256.hpp"
#include "io/whole_file.hpp"
#include "study/options.hpp"

namespace hillock::study {
namespace {

namespace fs = std::filesystem;

// ---- one overload per type of field: the lines that set it, `key = value` --------------------------------------

using Lines = std::string;

void write(Lines& out, std::string_view key, const std::string& value) {
  if (!value.empty()) out += fmt::format("{} = {}\n", key, toml_quoted(value));
}
void write(Lines& out, std::string_view key, std::int64_t value) { out += fmt::format("{} = {}\n", key, value); }
void write(Lines& out, std::string_view key, double value) { out += fmt::format("{} = {}\n", key, value); }
void write(Lines& out, std::string_view key, bool value) { out += fmt::format("{} = {}\n", key, value); }
void write(Lines& out, std::string_view key, const PathText& value) { write(out, key, value.absolute); }

std::string text_of(const QuantityText& quantity) { return toml_quoted(quantity.text); }
std::string text_of(const ArrayRef& source) {
  if (!source.unit) return fmt::format("array = {}", toml_quoted(source.array));
  return fmt::format("array = {}, unit = {}", toml_quoted(source.array), toml_quoted(source.unit->name));
}

void write(Lines& out, std::string_view key, const std::optional<QuantityText>& value) {
  if (value) out += fmt::format("{} = {}\n", key, text_of(*value));
}
void write(Lines& out, std::string_view key, const std::vector<PriorText>& values) {
  for (const PriorText& prior : values)
    out += fmt::format("{}.{} = {}\n", key, toml_key(prior.name), toml_quoted(prior.text));
}
void write(Lines& out, std::string_view key, const std::vector<NamedQuantity>& values) {
  for (const NamedQuantity& named : values)
    out += fmt::format("{}.{} = {}\n", key, toml_key(named.name), text_of(named.value));
}
void write(Lines& out, std::string_view key, const std::vector<Observed>& values) {
  for (const Observed& observed : values)
    out += fmt::format("{}.{} = {{ {} }}\n", key, toml_key(observed.channel), text_of(observed.source));
}
void write(Lines& out, std::string_view key, const std::vector<ConstantSource>& values) {
  for (const ConstantSource& constant : values) {
    const auto* array = std::get_if<ArrayRef>(&constant.source);
    const std::string value =
        array != nullptr ? fmt::format("{{ {} }}", text_of(*array)) : text_of(std::get<QuantityText>(constant.source));
    out += fmt::format("{}.{} = {}\n", key, toml_key(constant.name), value);
  }
}
void write(Lines& out, std::string_view key, const std::vector<InputSource>& values) {
  for (const InputSource& input : values) {
    std::string value;
    if (const auto* sampled = std::get_if<SampledInput>(&input.source)) {
      value = fmt::format("{}, interpolation = {}", text_of(sampled->source), toml_quoted(sampled->interpolation));
    } else {
      for (const Piece& piece : std::get<std::vector<Piece>>(input.source)) {
        const std::string until = piece.until ? fmt::format("until = {}, ", text_of(*piece.until)) : "";
        value += fmt::format("\n  {{ {}value = {} }},", until, toml_quoted(piece.value));
      }
      value = fmt::format("pieces = [{}\n]", value);
    }
    out += fmt::format("{}.{} = {{ {} }}\n", key, toml_key(input.name), value);
  }
}
void write(Lines& out, std::string_view key, const std::vector<MaskSamples>& values) {
  std::string list;
  for (const MaskSamples& range : values) list += (list.empty() ? "" : ", ") + toml_quoted(range.text);
  if (!list.empty()) out += fmt::format("{} = [{}]\n", key, list);
}
void write(Lines& out, std::string_view key, const std::vector<MaskWindow>& values) {
  std::string list;
  for (const MaskWindow& window : values)
    list += (list.empty() ? "" : ", ") + toml_quoted(window.from.text + " : " + window.to.text);
  if (!list.empty()) out += fmt::format("{} = [{}]\n", key, list);
}

void write(Lines& out, std::string_view key, const TextList& values) {
  std::string list;
  for (const std::string& text : values.texts) list += (list.empty() ? "" : ", ") + toml_quoted(text);
  if (!list.empty()) out += fmt::format("{} = [{}]\n", key, list);
}
void write(Lines& out, std::string_view key, const ClockTime& value) { write(out, key, value.text); }
void write(Lines& out, std::string_view key, const std::vector<ListedText>& values) {
  std::string list;
  for (const ListedText& item : values) list += (list.empty() ? "" : ", ") + toml_quoted(item.text);
  if (!list.empty()) out += fmt::format("{} = [{}]\n", key, list);
}

/// The lines of the rows whose key begins with `section` ("search."), without it.
template <class Owner>
void write_rows(Lines& out, const std::vector<Option<Owner>>& rows, const Owner& owner, std::string_view section) {
  Owner copy = owner;  // fields are reached through references to a non-const owner
  for (const auto& option : rows) {
    if (!section.empty() && !option.key.starts_with(section)) continue;
    std::visit([&](auto field) { write(out, option.key.substr(section.size()), std::as_const(field(copy))); },
               option.field);
  }
}

/// What stands after "[name]"; nothing where there are no lines.
void write_section(std::string& out, std::string_view name, const Lines& lines) {
  if (!lines.empty()) out += fmt::format("[{}]\n{}\n", name, lines);
}

std::string rows_text(const ResolvedStudy& study, bool numbers_only) {
  std::string out;
  const auto section = [&](std::string_view name) {
    Lines lines;
    write_rows(lines, study_options(), study, fmt::format("{}.", name));
    write_section(out, name, lines);
  };
  if (numbers_only) out += fmt::format("seed = {}\n", study.seed);
  else section("study");
  section("model");
  Lines priors;
  for (const PriorText& prior : study.priors)
    priors += fmt::format("{} = {}\n", toml_key(prior.name), toml_quoted(prior.text));
  write_section(out, "prior", priors);
  for (const DataSplit& split : study.data) {
    Lines lines;
    write_rows(lines, split_options(), split, "");
    write_section(out, "data." + toml_key(split.name), lines);
  }
  section("observe");
  section("search");
  section("verify");
  if (!numbers_only) section("report");
  return out;
}

std::string command_key(std::size_t word) { return fmt::format("model.command[{}]", word); }

const std::string* text_at(const TomlValue& table, std::string_view key) {
  if (table.table() == nullptr) return nullptr;
  const auto found = std::ranges::find(*table.table(), key, &TomlEntry::key);
  return found == table.table()->end() ? nullptr : found->value.text();
}

}  // namespace

Result<std::vector<StudyFile>> hash_files(const ResolvedStudy& study) {
  std::vector<StudyFile> files;
  const TextList& command = study.model.command;
  if (command.texts.empty()) files.push_back({"model.file", study.model.file, {}});
  for (std::size_t i = 0; i < command.texts.size(); ++i) {
    const std::string& word = command.texts[i];
    const fs::path path = (fs::path(study.model.folder) / word).lexically_normal();
    std::error_code ignored;  // a word such as "--fast", or a program of the system, is no file of the study
    if ((i == 0 && word.find('/') == std::string::npos) || !fs::is_regular_file(path, ignored)) continue;
    files.push_back({command_key(i), {word, path.string(), command.origin}, {}});
  }
  for (const DataSplit& split : study.data) files.push_back({"data." + split.name + ".file", split.file, {}});
  Errors errors;
  for (StudyFile& file : files) {
    auto bytes = io::read_whole(file.path.absolute, io::largest_input);
    if (bytes) file.sha256 = io::sha256(*bytes);
    else errors.insert(errors.end(), bytes.error().begin(), bytes.error().end());
  }
  if (!errors.empty()) return fail(std::move(errors));
  return files;
}

std::string lock_text(const ResolvedStudy& study, const std::vector<StudyFile>& files, const LockContext& context) {
  std::string out =
      "# Every option of this study, and the files and versions it was run with. Written by Hillock.\n"
      "# `hillock fit` on this file gives the same numbers, or refuses because a file has changed.\n\n";
  out += rows_text(study, false);
  out += fmt::format("[lock]\nversion = {}\nbuild = {}\nisa = {}\n\n", toml_quoted(context.facts.version),
                     toml_quoted(context.facts.build), toml_quoted(context.facts.isa));
  out += "[lock.libraries]\n";
  for (const auto& [name, version] : context.libraries)
    out += fmt::format("{} = {}\n", toml_key(name), toml_quoted(version));
  for (const StudyFile& file : files)
    out += fmt::format("\n[[lock.files]]\nkey = {}\ngiven = {}\npath = {}\nsha256 = {}\n", toml_quoted(file.key),
                       toml_quoted(file.path.given), toml_quoted(file.path.absolute), toml_quoted(file.sha256));
  return out;
}

std::string fingerprint(const ResolvedStudy& study, const std::vector<StudyFile>& files, const LockContext& context) {
  ResolvedStudy contents = study;  // the same file elsewhere is the same study
  const auto hash_of = [&](const std::string& key, std::string& out) {
    const auto file = std::ranges::find(files, key, &StudyFile::key);
    if (file != files.end()) out = file->sha256;
  };
  hash_of("model.file", contents.model.file.absolute);
  for (std::size_t i = 0; i < contents.model.command.texts.size(); ++i)
    hash_of(command_key(i), contents.model.command.texts[i]);
  contents.model.folder.clear();
  contents.model.workers = 0;  // answers do not depend on how many there are
  for (DataSplit& split : contents.data) hash_of("data." + split.name + ".file", split.file.absolute);
  return io::sha256(rows_text(contents, true) + context.facts.version + "\n" + context.facts.isa + "\n");
}

Result<void> check_lock(const TomlValue& root, ResolvedStudy& study) {
  const auto entry = std::ranges::find(*root.table(), "lock", &TomlEntry::key);
  if (entry == root.table()->end()) return {};
  const auto broken = [&](const Span& span, std::string message) {
    return Error{"lock-syntax", std::move(message), span, "lock",
                 "fit the study file itself, which writes a new lock file"};
  };
  const std::string* version = text_at(entry->value, "version");
  const std::string* build = text_at(entry->value, "build");
  const std::string* isa = text_at(entry->value, "isa");
  if (version == nullptr || build == nullptr || isa == nullptr)
    return fail(broken(entry->key_span, "the section [lock] has no version, build or isa"));
  study.lock = LockFacts{*version, *build, *isa};

  auto now = hash_files(study);
  if (!now) return std::unexpected(std::move(now.error()));
  const auto list = std::ranges::find(*entry->value.table(), "files", &TomlEntry::key);
  const TomlValue::Array* locked = list == entry->value.table()->end() ? nullptr : list->value.array();
  if (locked == nullptr) return fail(broken(entry->key_span, "the section [lock] lists no files"));
  Errors errors;
  std::vector<std::string> compared;
  for (const TomlValue& item : *locked) {
    const std::string* key = text_at(item, "key");
    const std::string* path = text_at(item, "path");
    const std::string* hash = text_at(item, "sha256");
    if (key == nullptr || path == nullptr || hash == nullptr) {
      errors.push_back(broken(item.span, "an entry of lock.files has no key, path or sha256"));
      continue;
    }
    compared.push_back(*key);
    const auto file = std::ranges::find(*now, *key, &StudyFile::key);
    if (file == now->end() || file->path.origin.span->file == "--set" || file->sha256 == *hash) continue;
    Error error;
    error.code = "lock-file-changed";
    error.message =
        fmt::format("{} is not the file that this study was run with: its sha256 is {}..., the lock says {}...",
                    file->path.absolute, file->sha256.substr(0, 12), hash->substr(0, 12));
    error.span = file->path.origin.span;
    error.where = *key;
    error.hint = "bring the old file back, or fit the study file itself, which writes a new lock file";
    errors.push_back(std::move(error));
  }
  for (const StudyFile& file : *now)
    if (std::ranges::find(compared, file.key) == compared.end() && file.path.origin.span->file != "--set")
      errors.push_back(broken(entry->key_span, fmt::format("lock.files has no entry for {}", file.key)));
  if (!errors.empty()) return fail(std::move(errors));
  return {};
}

}  // namespace hillock::study
