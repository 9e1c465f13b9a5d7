#include "study/embedded_statistics.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hillock::study {
namespace {

constexpr const char* where = "search.embedding";

/// Channels beside each other, sample by sample.
Result<infer::StatisticLayout> of_traces(const EmbeddingRequest& r) {
  std::vector<std::string> channels;
  std::vector<std::vector<std::size_t>> samples;
  for (std::size_t s = 0; s < r.traces.size(); ++s) {
    if (r.traces[s].empty()) continue;
    const auto found = std::ranges::find(channels, r.traces[s]);
    const auto c = static_cast<std::size_t>(found - channels.begin());
    if (found == channels.end()) channels.push_back(r.traces[s]), samples.emplace_back();
    samples[c].push_back(s);
  }
  if (channels.empty()) return fail("embedding-trace", "no statistic is a sample of a trace", where, r.hint);
  infer::StatisticLayout out{infer::Embedding::trace, samples.front().size(), channels.size(), {}};
  for (std::size_t c = 1; c < channels.size(); ++c)
    if (samples[c].size() != out.items)
      return fail("embedding-trace",
                  fmt::format("the trace of {} has {} samples and that of {} has {}: channels of a trace are sampled "
                              "together",
                              channels.front(), out.items, channels[c], samples[c].size()),
                  where, "the same samples of each");
  for (std::size_t i = 0; i < out.items; ++i)
    for (const auto& channel : samples) out.block.push_back(channel[i]);
  return out;
}

}  // namespace

Result<infer::StatisticLayout> embedded_statistics(const EmbeddingRequest& r) {
  const bool several = r.trials > 1;
  const bool asked = r.traces_asked && std::ranges::any_of(r.traces, [](const std::string& t) { return !t.empty(); });
  Result<infer::StatisticLayout> out = infer::StatisticLayout{};
  if (r.embedding == "set" || (r.embedding == "auto" && several)) {
    if (!several)
      return fail("embedding-trials", "a set is of several trials, and there is one", where,
                  "a row of data for each trial, or search.trials = 20 for a posterior that holds for up to 20");
    out = infer::StatisticLayout::of(infer::Embedding::set, 0, r.trials, r.traces.size());
  } else if (r.embedding == "trace" || (r.embedding == "auto" && asked)) {
    if (several)
      return fail("embedding-trials", fmt::format("there are {} trials, and an embedding is of one trace", r.trials),
                  where, "search.embedding = \"set\"; features of the traces as statistics of each trial");
    out = of_traces(r);
  }
  if (!out) return out;
  if (auto good = out->validate(r.traces.size() * r.trials); !good) return fail(std::move(good.error()));
  return out;
}

std::vector<std::string> traces_by_name(const std::vector<std::string>& statistics) {
  std::vector<std::string> out;
  for (const std::string& name : statistics) {
    const std::size_t open = name.rfind('[');
    const bool sample = open != std::string::npos && open > 0 && name.back() == ']' && open + 2 < name.size() &&
                        std::all_of(name.begin() + static_cast<std::ptrdiff_t>(open) + 1, name.end() - 1,
                                    [](char c) { return c >= '0' && c <= '9'; });
    out.push_back(sample ? name.substr(0, open) : "");
  }
  return out;
}

}  // namespace hillock::study
