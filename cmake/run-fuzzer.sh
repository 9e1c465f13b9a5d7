#!/bin/sh
# run-fuzzer.sh NAME PROGRAM CORPUS SEEDS [OPTION...]
# Runs one libFuzzer target for $FUZZ_RUNS executions, or else for $FUZZ_SECONDS, from the inputs of SEEDS and of CORPUS,
# where it puts what reaches something new. One line says how many executions there were; it stays in CORPUS.count.
set -u
name=$1 program=$2 corpus=$3 seeds=$4
shift 4
mkdir -p "$corpus"
log=$corpus.log
if [ -n "${FUZZ_RUNS:-}" ]; then limit=-runs=$FUZZ_RUNS; else limit=-max_total_time=${FUZZ_SECONDS:-60}; fi
rm -f "$corpus.count"
# Two frames tell where something was allocated, and a small quarantine is enough for texts this short.
ASAN_OPTIONS=malloc_context_size=2:quarantine_size_mb=16:detect_stack_use_after_return=0 \
  "$program" "$limit" -rss_limit_mb=2048 -timeout=120 -verbosity=0 -print_final_stats=1 \
  -artifact_prefix="$(dirname "$corpus")/$name-" "$@" "$corpus" "$seeds" >"$log" 2>&1
status=$?
executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
if [ $status -ne 0 ]; then
  tail -n 60 "$log"
  echo "$name: FAILED after ${executions:-?} executions; the input is beside $log" >&2
  exit $status
fi
[ "$rate" -gt 0 ] && rate=", $rate a second" || rate=""
echo "$name: $executions executions without a finding$rate" | tee "$corpus.count"
