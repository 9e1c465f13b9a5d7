#include "inference/cell_store.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "inference/tasks.hpp"
#include "io/sha256.hpp"
#include "io/whole_file.hpp"

namespace hillock::bench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t most_bytes = std::size_t{1} << 24U;  // of a document

/// Null where there is none, or none that can be read.
Json document(const fs::path& path) {
  const auto text = io::read_whole(path.string(), most_bytes);
  if (!text) return nullptr;
  Json json = Json::parse(*text, nullptr, false);
  return json.is_discarded() ? Json(nullptr) : json;
}

Result<void> write(const fs::path& path, const Json& json) {
  std::error_code ignored;  // an unwritable folder is an error of the writing below
  fs::create_directories(path.parent_path(), ignored);
  return io::write_whole(path.string(), json.dump(1) + "\n");
}

}  // namespace

Result<CellStore> CellStore::open(fs::path root, std::string build, const std::string& judge) {
  const auto text = io::read_whole(judge, most_bytes);
  if (!text) return fail(text.error());
  CellStore store;
  store.root_ = std::move(root);
  store.build_ = std::move(build);
  store.judge_ = io::sha256(*text);
  return store;
}

std::optional<Outcome> CellStore::find(const Cell& cell) const {
  auto found = find_in(build_, cell);
  for (std::size_t i = 0; !found && i < others_.size(); ++i) found = find_in(others_[i], cell);
  return found;
}

std::optional<Outcome> CellStore::find_in(const std::string& build, const Cell& cell) const {
  const Json json = document(root_ / build / cell.folder() / "outcome.json");
  if (!json.is_object()) return std::nullopt;
  Outcome o;
  o.build = build;
  try {
    o.exit_code = json.at("exit_code");
    o.message = json.at("message");
    o.method = json.at("method");
    o.why = json.at("why");
    o.simulations = json.at("simulations");
    o.failed = json.at("failed");
    o.wall_s = json.at("wall_s");
    o.cpu_s = json.at("cpu_s");
    o.search_s = json.at("search_s");
    o.peak_mb = json.at("peak_mb");
    o.load = json.at("load");
    o.draws = json.at("draws");
  } catch (const Json::exception&) {
    return std::nullopt;  // of an older benchmark
  }
  if (o.draws.empty()) return o;
  const Json score = document(score_file(cell, o));
  if (score.is_object() && score.contains("c2st") && score["c2st"].is_number()) o.c2st = score["c2st"];
  return o;
}

Result<void> CellStore::add(const Cell& cell, const Outcome& o) {
  return write(folder(cell) / "outcome.json", {{"exit_code", o.exit_code},
                                               {"message", o.message},
                                               {"method", o.method},
                                               {"why", o.why},
                                               {"simulations", o.simulations},
                                               {"failed", o.failed},
                                               {"wall_s", o.wall_s},
                                               {"cpu_s", o.cpu_s},
                                               {"search_s", o.search_s},
                                               {"peak_mb", o.peak_mb},
                                               {"load", o.load},
                                               {"draws", o.draws}});
}

fs::path CellStore::score_file(const Cell& cell, const Outcome& outcome) const {
  const std::string path = files_of(cell.task, cell.observation).reference;
  std::string& reference = reference_[path];
  if (reference.empty()) {
    const auto bytes = io::read_whole(path, std::size_t{1} << 28U);
    reference = bytes ? io::sha256(*bytes) : "none";
  }
  return root_ / "scores" / (io::sha256(outcome.draws + reference + judge_) + ".json");
}

void CellStore::forget(const Cell& cell) {
  std::error_code ignored;
  fs::remove_all(folder(cell), ignored);
}

Json CellStore::measurement(const std::string& name) const {
  Json json = document(root_ / build_ / (name + ".json"));
  for (std::size_t i = 0; json.is_null() && i < others_.size(); ++i) {
    json = document(root_ / others_[i] / (name + ".json"));
    if (json.is_object()) json["borrowed"] = others_[i];
  }
  return json;
}

Result<void> CellStore::keep_measurement(const std::string& name, const Json& numbers) {
  return write(root_ / build_ / (name + ".json"), numbers);
}

}  // namespace hillock::bench
