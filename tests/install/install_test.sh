#!/bin/sh
# install_test.sh CMAKE BUILD: what is installed runs where it is, and where it is moved to, without the build folder.
set -eu
cmake=$1 build=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$cmake" --install "$build" --prefix "$folder/first" >/dev/null
mv "$folder/first" "$folder/second"
cd "$folder/second"
test -f share/doc/hillock/language.md
test -f share/doc/hillock/LICENSE
# The Python module, where it was built and there is NumPy.
for packages in lib/python3*/dist-packages; do
  if test -d "$packages" && /usr/bin/python3 -c "import numpy" 2>/dev/null; then
    PYTHONPATH=$packages /usr/bin/python3 -B -c "import hillock; hillock.fit"
  fi
done
model=share/hillock/models/integrate_and_fire/leaky.model
# Enough simulations for the compiler, and no kept code: it must be found, and is what does the work.
simulate() {
  HILLOCK_CACHE= bin/hillock simulate $model --input "I=0.3 nA" --set "tau=10:30:300" --feature "spike_count(v)" \
    --feature "mean(v)" --duration "200 ms" --isa "$1" --out "$folder/$1.csv"
}
simulate auto >/dev/null
simulate interpreter >/dev/null
cmp "$folder/auto.csv" "$folder/interpreter.csv"
rm "$(find . -name libhillock_compiler.so)"
if simulate auto >/dev/null 2>"$folder/said"; then exit 1; fi
grep -q jit-absent "$folder/said"
# `fit` becomes hillock-compute; without a study it is the input that is wrong.
status=0
bin/hillock fit no_such_study.toml 2>"$folder/said" || status=$?
test "$status" = 1
grep -q no_such_study.toml "$folder/said"
