#include "inference/bounded.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <cmath>
#include <filesystem>

#include "inference/neuron.hpp"
#include "io/whole_file.hpp"
#include "need.hpp"

namespace hillock::bench {

namespace fs = std::filesystem;
using Json = nlohmann::json;

Json measure_bounded(const std::string& hillock) {
  const fs::path folder = fs::temp_directory_path() / fmt::format("hillock-bench-bounded-{}", getpid());
  const auto bounds = write_bounded_neuron(folder);
  const Json verdict =
      fit_neuron(hillock, folder, "out", {"search.method=npe", "search.simulations=5000", "search.draws=10000"});
  Json wanted = Json::object();
  for (const auto& [name, bound] : bounds) wanted[name] = {bound.first, bound.second};
  need(io::write_whole((folder / "bounds.json").string(), wanted.dump()));
  Json out = ask_draws({"bounds", (folder / "out/posterior.nc").string(), (folder / "bounds.json").string()});
  out["dropped"] = verdict["simulated"]["dropped_draws"];
  out["simulations"] = verdict["simulated"]["simulations"];
  out["wall_s"] = verdict["run"]["wall_s"];
  fs::remove_all(folder);
  if (out["parameters"] != 24 || out["draws"] != 10'000) stop("bounded: not 10 000 draws of 24 parameters");
  return out;
}

void add_bounded(const Json& numbers, Table& table) {
  const auto value = [&](const char* key) {
    return numbers.is_object() ? numbers.at(key).get<double>() : std::nan("");
  };
  table.rows.push_back(row("a neuron of 24 bounded parameters: draws inside the prior",
                           100.0 * (1.0 - value("outside") / value("draws")), "%")
                           .at_least(100.0));
  if (numbers.is_object())
    table.notes.push_back(
        fmt::format("24 parameters: `npe`, {:.0f} simulations, {:.0f} draws, of which {:.0f} lie outside and {:.0f} "
                    "were drawn again; {:.0f} s.",
                    value("simulations"), value("draws"), value("outside"), value("dropped"), value("wall_s")));
}

}  // namespace hillock::bench
