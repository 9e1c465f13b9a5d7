#include "cli/help.hpp"

namespace hillock::cli {

std::string_view help_page() {
  return R"text(Hillock fits models of the brain to recordings and checks the answer.

  hillock fit study.toml             search, posterior, checks, report: results/<study>/
  hillock check hh.model             what a model says: states, parameters, units, cost; all mistakes at once
  hillock check --format hh.model    the model in its canonical form
  hillock simulate hh.model          one trace: --set g_Na="60 uS" --input V="-80 mV" --duration "50 ms"
  hillock data cell.npz              what is in a data file, and the lines of a study that use it
  hillock new NAME                   a study folder to start from
  hillock help options [KEY]         every key of a study file, with unit, default and meaning
  hillock help COMMAND               the flags of a command

Flags of `fit`:
  --set KEY=VALUE      any key of the study, again and again: --set search.starts=100
  --out FOLDER         where the results go          --seed N        another seed
  --budget 60s         the best answer in that time  --resume        go on after Ctrl-C
  --threads N          default: one per core         --isa NAME      auto, avx2, avx512, interpreter
  --json               one JSON document on stdout   --quiet         no progress
  --no-cache           compile anew, keep nothing of it ($HILLOCK_CACHE, or ~/.cache/hillock)
  --require STATUS     exit code 3 unless the verdict is at least STATUS

Exit codes: 0 it ran, 1 the input is wrong, 2 wrong usage, 3 --require is not met, 70 a bug in Hillock,
130 interrupted. Ctrl-C keeps what is done.
)text";
}

}  // namespace hillock::cli
