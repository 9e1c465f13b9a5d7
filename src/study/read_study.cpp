#include "study/read_study.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <filesystem>

#include "io/whole_file.hpp"
#include "io/worker/program.hpp"
#include "study/lock.hpp"
#include "study/options.hpp"
#include "study/overrides.hpp"
#include "study/read_recording.hpp"
#include "study/toml.hpp"

namespace hillock::study {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_study = 4U << 20U;

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// The sections that a study may have.
std::vector<std::string> section_names() {
  std::vector<std::string> names{"data"};
  for (const auto& option : study_options()) {
    std::string name(option.key.substr(0, option.key.find('.')));
    if (!has(names, name)) names.push_back(std::move(name));
  }
  return names;
}

class StudyReader {
 public:
  StudyReader(std::string file, const fs::path& folder) {
    study_.file = std::move(file);
    study_.folder = folder.string();
  }

  ResolvedStudy read(const TomlValue& root) {
    const TomlValue* data = nullptr;
    std::vector<std::string> seen;
    for (const TomlEntry& entry : *root.table()) {
      if (entry.key == "lock") continue;  // lock.hpp reads it
      if (entry.key == "data") data = &entry.value;
      else section(entry, seen);
    }
    if (data != nullptr) splits(*data);
    missing(study_options(), "", seen);
    if (study_.data.empty() || study_.data.front().name != "train")
      mistakes_.add(
          Error{"key-missing", "a study needs a recording to fit: the section [data.train]", whole_file(), "data.train",
                "[data.train] with file = \"...\" and observe.NAME = \"...\"; `hillock data FILE` writes it for you"});
    finish();
    return std::move(study_);
  }

  /// Those of the text first, in the order of their places.
  Errors take_errors() {
    Errors errors = mistakes_.take();
    std::ranges::stable_sort(errors, {}, [](const Error& error) {
      const bool of_file = !error.span || error.span->file != from_command_line;
      return std::tuple(of_file ? 0 : 1, error.span ? error.span->line : 0, error.span ? error.span->column : 0);
    });
    return errors;
  }

 private:
  ResolvedStudy study_;
  Mistakes mistakes_;

  [[nodiscard]] Span whole_file() const {
    Span span;
    span.file = study_.file;
    return span;
  }

  // ---- tables against rows of options ---------------------------------------------------------------------------

  /// Reads one entry against the rows. `shown` precedes a row's key in messages ("data.train."); `seen` gets the keys
  /// of the rows that were met.
  template <class Owner>
  void walk(const TomlEntry& entry, const std::string& prefix, const std::vector<Option<Owner>>& rows, Owner& owner,
            std::vector<std::string>& seen, const std::string& shown) {
    const std::string key = prefix + entry.key;
    const auto row = std::ranges::find(rows, key, &Option<Owner>::key);
    if (row != rows.end()) {
      seen.push_back(key);
      const Wanted wanted{row->limits, expected(*row), study_.folder};
      std::visit([&](auto field) { read_value(entry.value, shown + key, wanted, mistakes_, field(owner)); },
                 row->field);
      return;
    }
    const bool on_the_way =
        std::ranges::any_of(rows, [&](const auto& option) { return option.key.starts_with(key + "."); });
    if (!on_the_way) return unknown_key(entry, prefix, rows, shown);
    if (entry.value.table() == nullptr) {
      mistakes_.add_at(entry.value.span, shown + key, "value-type",
                       fmt::format("\"{}\" is a table of options, found {}", shown + key, entry.value.type_name()),
                       fmt::format("see `hillock help options {}`", shown.empty() ? key : "data"));
      return;
    }
    for (const TomlEntry& below : *entry.value.table()) walk(below, key + ".", rows, owner, seen, shown);
  }

  template <class Owner>
  void unknown_key(const TomlEntry& entry, const std::string& prefix, const std::vector<Option<Owner>>& rows,
                   const std::string& shown) {
    std::vector<std::string> here;
    for (const auto& option : rows) {
      if (!option.key.starts_with(prefix)) continue;
      const std::string_view rest = option.key.substr(prefix.size());
      const std::string name(rest.substr(0, rest.find('.')));
      if (!has(here, name)) here.push_back(name);
    }
    std::string near = nearest(entry.key, here);
    if (!near.empty()) near = shown + prefix + near;
    if (near.empty()) {  // the right name in the wrong section
      for (const auto& option : study_options())
        if (option.key.substr(option.key.rfind('.') + 1) == entry.key) near = std::string(option.key);
      for (const auto& option : split_options())
        if (near.empty() && option.key.substr(option.key.rfind('.') + 1) == entry.key)
          near = "data.train." + std::string(option.key);
    }
    mistakes_.add_at(entry.key_span, shown + prefix + entry.key, "key-unknown",
                     fmt::format("there is no option \"{}{}{}\"", shown, prefix, entry.key),
                     near.empty() ? options_here(here) : fmt::format("did you mean \"{}\"?", near));
  }

  template <class Owner>
  void missing(const std::vector<Option<Owner>>& rows, const std::string& shown, const std::vector<std::string>& seen) {
    for (const auto& option : rows) {
      if (!option.limits.required || has(seen, option.key)) continue;
      const std::string key = shown + std::string(option.key) + (takes_names(option) ? ".NAME" : "");
      mistakes_.add(Error{"key-missing", fmt::format("\"{}\" is missing: {}", key, option.sentence), whole_file(), key,
                          fmt::format("{} = \"...\"", key)});
    }
  }

  // ---- sections and recordings ----------------------------------------------------------------------------------

  void section(const TomlEntry& entry, std::vector<std::string>& seen) {
    const std::vector<std::string> sections = section_names();
    if (has(sections, entry.key)) return walk(entry, "", study_options(), study_, seen, "");
    const std::string near = nearest(entry.key, sections);
    std::string all;
    for (const std::string& name : sections) all += (all.empty() ? "[" : ", [") + name + "]";
    mistakes_.add_at(entry.key_span, entry.key, "key-unknown",
                     entry.value.table() != nullptr ? fmt::format("there is no section [{}]", entry.key)
                                                    : fmt::format("there is no key \"{}\"", entry.key),
                     near.empty() ? "the sections are " + all : fmt::format("did you mean [{}]?", near));
  }

  void splits(const TomlValue& data) {
    if (data.table() == nullptr) {
      mistakes_.add_at(data.span, "data", "value-type",
                       fmt::format("\"data\" is a table of recordings, found {}", data.type_name()),
                       "[data.train] with file = \"...\"");
      return;
    }
    for (const TomlEntry& entry : *data.table()) split(entry);
  }

  void split(const TomlEntry& entry) {
    const std::string shown = "data." + entry.key;
    if (entry.value.table() == nullptr) {
      const bool is_option = std::ranges::any_of(split_options(), [&](const auto& o) { return o.key == entry.key; });
      mistakes_.add_at(
          entry.key_span, shown, "value-type",
          fmt::format("\"{}\" is the name of a recording, a table; found {}", shown, entry.value.type_name()),
          is_option ? fmt::format("write it in the section [data.train]: {} = ...", entry.key)
                    : fmt::format("[{}] with file = \"...\"", shown));
      return;
    }
    DataSplit split;
    split.name = entry.key;
    split.origin = {shown, entry.key_span};
    std::vector<std::string> seen;
    for (const TomlEntry& below : *entry.value.table()) walk(below, "", split_options(), split, seen, shown + ".");
    missing(split_options(), shown + ".", seen);
    check_contents(split, shown, seen);
    if (split.sampling_interval && !split.time.empty())
      mistakes_.add(split.sampling_interval->origin.error(
          "value-choice", fmt::format("\"{0}.time\" and \"{0}.sampling_interval\" are both given", shown),
          "keep one of them"));
    if (!split.mask.after_steps && split.mask.step_threshold)
      mistakes_.add(split.mask.step_threshold->origin.error(
          "key-missing", fmt::format("\"{0}.mask.step_threshold\" is given without \"{0}.mask.after_steps\"", shown),
          fmt::format("{}.mask.after_steps = \"5 ms\"", shown)));
    const auto place = split.name == "train" ? study_.data.begin() : study_.data.end();
    study_.data.insert(place, std::move(split));
  }

  /// What goes with a recording alone, and with statistics alone.
  void check_contents(const DataSplit& split, const std::string& shown, const std::vector<std::string>& seen) {
    const bool statistics = split.holds == "statistics";
    const bool program = !study_.model.command.texts.empty();  // its data are statistics
    if (!statistics && !program && !has(seen, "observe")) {
      const auto row = std::ranges::find(split_options(), "observe", &Option<DataSplit>::key);
      const std::string key = shown + ".observe.NAME";
      mistakes_.add(Error{"key-missing", fmt::format("\"{}\" is missing: {}", key, row->sentence), whole_file(), key,
                          fmt::format("{} = \"...\"", key)});
    }
    const auto none_of = [&](std::string_view name, const Origin& origin) {
      mistakes_.add(origin.error("value-choice",
                                 fmt::format("\"{0}.{1}\" is for {2}, and \"{0}.holds\" is \"{3}\"", shown, name,
                                             statistics ? "recordings" : "files of statistics", split.holds),
                                 statistics ? fmt::format("leave {} out", name) : "holds = \"statistics\""));
    };
    if (statistics) {
      for (const Observed& item : split.observe) none_of("observe." + item.channel, item.origin);
      if (!split.time.empty()) none_of("time", split.origin);
    } else {
      if (split.duration) none_of("duration", split.duration->origin);
      if (!split.columns.empty()) none_of("columns", split.columns.front().origin);
    }
  }

  // ---- what the rows cannot say ---------------------------------------------------------------------------------

  void finish() {
    if (study_.name.empty()) study_.name = fs::path(study_.folder).filename().string();
    if (study_.name.empty()) study_.name = "study";
    if (study_.name.find('/') != std::string::npos || study_.name.front() == '.')
      mistakes_.add(Error{"value-range",
                          fmt::format("\"study.name\" is the name of a folder, found \"{}\"", study_.name),
                          whole_file(), "study.name", "a name without slashes that does not begin with a dot"});
    if (study_.results.empty()) study_.results = "results/" + study_.name;
    if (study_.report.title.empty()) study_.report.title = study_.name;
    model_or_program();
    if (study_.search.screen < study_.search.starts)
      mistakes_.add(Error{"value-range",
                          fmt::format("\"search.screen\" is {}, fewer than the {} starts to choose from them",
                                      study_.search.screen, study_.search.starts),
                          whole_file(), "search.screen", fmt::format("search.screen = {}", study_.search.starts)});
  }

  void model_or_program() {
    ModelOptions& model = study_.model;
    const bool has_file = !model.file.given.empty();
    const bool has_command = !model.command.texts.empty();
    model.folder = (fs::path(study_.folder) / model.folder).lexically_normal().string();
    if (!has_file && !has_command && !refused("model.file") && !refused("model.command"))
      mistakes_.add(Error{"key-missing",
                          "a study needs a model: \"model.file\", equations, or \"model.command\", a program",
                          whole_file(), "model.file", "model.file = \"cell.model\""});
    if (has_file && has_command)
      mistakes_.add(model.command.origin.error("value-choice", "\"model.file\" and \"model.command\" are both given",
                                               "keep one of them: equations, or a program"));
    if (!has_command) {
      if (!model.statistics.texts.empty())
        mistakes_.add(model.statistics.origin.error(
            "key-missing",
            "\"model.statistics\" is given without \"model.command\": they are names of a program's answers"));
      return;
    }
    const auto of_equations = [&](const Origin& origin) {
      mistakes_.add(origin.error(
          "value-choice", fmt::format("\"{}\" is for equations, and \"model.command\" is a program", origin.key)));
    };
    if (model.dt) of_equations(model.dt->origin);
    for (const NamedQuantity& constant : model.constants) of_equations(constant.value.origin);
    auto program = io::worker::find_program(model.command.texts, model.folder);
    if (program) return;
    for (Error& error : program.error())
      mistakes_.add(model.command.origin.error(error.code, error.message, error.hint));
  }

  /// Whether a value was given for `key` and has a mistake of its own.
  [[nodiscard]] bool refused(std::string_view key) const { return mistakes_.has(key); }
};

}  // namespace

Result<ResolvedStudy> resolve_study(std::string_view text, const std::string& file,
                                    const std::vector<std::string>& overrides) {
  auto root = parse_toml(text, file);
  if (!root) return std::unexpected(std::move(root.error()));
  Errors errors;
  for (const std::string& given : overrides) apply_override(*root, given, errors);
  std::error_code ignored;
  StudyReader reader(file, fs::absolute(file, ignored).lexically_normal().parent_path());
  ResolvedStudy study = reader.read(*root);
  Errors of_study = reader.take_errors();
  errors.insert(errors.begin(), of_study.begin(), of_study.end());
  if (!errors.empty()) return fail(std::move(errors));
  auto locked = check_lock(*root, study);
  if (!locked) return std::unexpected(std::move(locked.error()));
  return study;
}

Result<ResolvedStudy> read_study(const std::string& path, const std::vector<std::string>& overrides) {
  std::string file = path;
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) file = (fs::path(path) / "study.toml").string();
  if (!fs::exists(file, ignored)) {
    if (file != path) return fail("file-missing", "this folder has no study.toml", path, "name the study file itself");
    return fail("file-missing", "there is no such file", path, "`hillock new NAME` makes a study folder to start from");
  }
  auto text = io::read_whole(file, largest_study);
  if (!text) return std::unexpected(std::move(text.error()));
  return resolve_study(*text, file, overrides);
}

}  // namespace hillock::study
