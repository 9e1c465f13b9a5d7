#!/bin/sh
# nightly.sh RUNS GRAPHS SEED JOBS, in the repository, with the preset `release` built and `fuzz` configured:
# GRAPHS random programs and expressions from SEED (passes and derivatives; compiled code), then RUNS executions of every
# fuzzer. All of it is run whatever fails. The last line says how much there was; logs are in build/nightly.
set -u
runs=$1 graphs=$2 seed=$3 jobs=$4
out=build/nightly
mkdir -p $out
findings=""
export HILLOCK_RANDOM_GRAPHS="$graphs" HILLOCK_RANDOM_SEED="$seed"
build/release/test/hillock_jit_test --gtest_filter='RandomGraphs.*' >$out/compiled.log 2>&1 &
compiled=$!
build/release/test/hillock_ir_test --gtest_filter='RandomPrograms.*:RandomExpressions.*' >$out/passes.log 2>&1 ||
  findings="$findings passes"
wait $compiled || findings="$findings compiled"
for part in passes compiled; do
  grep -h '^[0-9][0-9]* random ' $out/$part.log
  case $findings in *$part*) grep -v '^\[' $out/$part.log | tail -n 60 ;; esac
done
rm -f build/fuzz/fuzz/corpus/*.count
FUZZ_RUNS=$runs cmake --build --preset fuzz -j "$jobs" -- -k 0 || findings="$findings fuzz"
executions=$(cat build/fuzz/fuzz/corpus/*.count 2>/dev/null | awk '{ n += $2 } END { printf "%d executions of %d fuzzers", n, NR }')
if [ -n "$findings" ]; then
  echo "nightly: FINDINGS in:$findings (seed $seed, $graphs random graphs of each kind, $executions without one)"
  exit 1
fi
echo "nightly: no finding in $executions and $graphs random graphs of each kind, seed $seed"
