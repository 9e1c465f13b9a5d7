"""Whether the judge judges: known accuracies, every kind of file, and what is no sample.

usage: c2st_test.py C2ST.PY, in an empty folder
"""

import bz2
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import netCDF4
import numpy as np

judge = sys.argv[1]
folder = tempfile.TemporaryDirectory()
here = pathlib.Path(folder.name)


def run(*arguments):
    return subprocess.run([sys.executable, judge, *map(str, arguments)], capture_output=True, text=True)


def accuracy(*arguments):
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


def write_csv(name, values, opener=open):
    path = here / name
    with opener(path, "wt") as file:
        file.write(",".join(f"p{i}" for i in range(values.shape[1])) + "\n")
        for row in values:
            file.write(",".join(repr(float(v)) for v in row) + "\n")
    return path


rng = np.random.default_rng(3)
n = 600
first = rng.normal(size=(n, 2)) * [1e-9, 1e6]  # scales are the reference's
same = rng.normal(size=(n, 2)) * [1e-9, 1e6]
shifted = same + [2e-9, 0]
reference = write_csv("reference.csv.bz2", first, bz2.open)

# Equal distributions: 1200 guesses, each right with 1/2: five standard errors are 5/2/sqrt(1200) = 0.072.
equal = accuracy(reference, write_csv("same.csv", same))
assert abs(equal - 0.5) < 0.072, equal
# Two standard deviations apart, nothing does better than Phi(1) = 0.841; sampling error 5 sqrt(0.84 0.16/1200) = 0.053,
# and a network of 20 + 20 units fitted to 960 draws until it converges gives away a few percent.
csv = write_csv("shifted.csv", shifted)
apart = accuracy(reference, csv, "--out", here / "out.json")
bayes = 0.5 * (1 + math.erf(1 / math.sqrt(2)))
assert bayes - 0.053 - 0.05 < apart < bayes + 0.053, apart
out = json.loads((here / "out.json").read_text())
assert abs(out["c2st"] - apart) < 1e-4 and len(out["folds"]) == 5 and out["draws_each"] == n and out["parameters"] == 2, out

# Every kind of file holds the same draws: the same number.
np.savez(here / "one.npz", draws=shifted)
np.savez(here / "two.npz", a=shifted[:, 0], b=shifted[:, 1])
np.save(here / "draws.npy", shifted)
with netCDF4.Dataset(here / "posterior.nc", "w") as file:
    group = file.createGroup("posterior")
    group.createDimension("chain", 2)
    group.createDimension("draw", n // 2)
    group.createVariable("chain", "i8", ("chain",))[:] = [0, 1]
    for i, name in enumerate(["zeta", "alpha"]):  # the order is the file's, not the alphabet's
        group.createVariable(name, "f8", ("chain", "draw"))[:] = shifted[:, i].reshape(2, n // 2)
for name in ("one.npz", "two.npz", "draws.npy", "posterior.nc"):
    assert accuracy(reference, here / name) == apart, name

# More draws than the reference has are thinned, and that is said.
many = run(reference, write_csv("many.csv", np.concatenate([shifted, shifted])))
assert many.returncode == 0 and "600 against 1200 draws: 600 of each are compared" in many.stderr, many.stderr

# What is no sample is an error with words, not a traceback.
holes = shifted.copy()
holes[3, 1] = np.nan
(here / "words.csv").write_text("p0,p1\n1,two\n")
(here / "torn.nc").write_bytes(b"CDF")
flat = first.copy()
flat[:, 1] = 4.0
for arguments, words in (
    ((reference, here / "missing.csv"), "there is no such file"),
    ((reference, write_csv("holes.csv", holes)), "1 draws are not finite"),
    ((reference, write_csv("narrow.csv", shifted[:, :1])), "has 2 parameters"),
    ((reference, write_csv("few.csv", shifted[:5])), "expected at least 10 draws, found 5 x 2"),
    ((reference, here / "words.csv"), "could not convert string"),
    ((reference, here / "torn.nc"), "torn.nc"),
    ((write_csv("flat.csv", flat), csv), "parameter 2 is the same in all draws"),
):
    done = run(*arguments)
    assert done.returncode == 1 and words in done.stderr and "Traceback" not in done.stderr and not done.stdout, (arguments, done)
print("the judge judges")
