#include "study/begin_run.hpp"

#include "study/build_info.hpp"

namespace hillock::study {

Result<BegunRun> begin_run(const ResolvedStudy& study, const RunOptions& options, std::string_view isa,
                           const std::vector<std::pair<std::string, std::string>>& looks) {
  auto folder = RunFolder::open(study.results);
  if (!folder) return fail(std::move(folder.error()));
  auto files = hash_files(study);
  if (!files) return fail(std::move(files.error()));
  BegunRun run{std::move(*folder), std::move(*files), {}};
  run.context.facts = {std::string(version()), std::string(build()), std::string(isa)};
  run.context.libraries = libraries();
  if (auto begun = run.folder.begin_checkpoints(fingerprint(study, run.files, run.context), options.resume); !begun)
    return fail(std::move(begun.error()));
  if (auto written = run.folder.write("study.lock.toml", lock_text(study, run.files, run.context)); !written)
    return fail(std::move(written.error()));
  Ledger ledger = run.folder.ledger();
  for (std::size_t s = 0; s < looks.size(); ++s)
    if (auto noted = ledger.append({s == 0 ? "fit" : "predict", looks[s].first, looks[s].second}, utc_now()); !noted)
      return fail(std::move(noted.error()));
  return run;
}

std::vector<std::pair<std::string, std::string>> provenance_of(const BegunRun& run, std::int64_t seed) {
  std::vector<std::pair<std::string, std::string>> p = {{"hillock", run.context.facts.version},
                                                        {"build", run.context.facts.build},
                                                        {"isa", run.context.facts.isa},
                                                        {"seed", std::to_string(seed)}};
  for (const StudyFile& f : run.files) p.emplace_back(f.key, f.path.given + " sha256:" + f.sha256);
  for (const auto& [name, number] : run.context.libraries) p.emplace_back(name, number);
  return p;
}

}  // namespace hillock::study
