"""Whether examples/benchmark/slcp_distractors draws what the task says, against numpy, spoken to as docs/external.md says.

usage: slcp_distractors_test.py REPOSITORY

The first 8 numbers have the mean and the covariance of their normal distribution; the other 92, and three sums of them,
have the distribution of the mixture. Tolerances are 5 standard errors: 300 comparisons, one false alarm in 6000 runs.
"""

import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

import numpy as np

N, ORACLE = 20000, 100000
THETA = np.array([0.7, -1.1, 1.2, -0.9, 0.4])


def ask(program, folder, theta, n):
    """One frame for each 1000 simulations."""
    with subprocess.Popen([program], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write(b'{"hillock":1,"protocol":"binary"}\n')
        process.stdin.flush()
        welcome = process.stdout.readline()
        assert welcome.startswith(b'{"hillock":1,"statistics":["data_1","data_2",'), welcome
        answers = []
        for first in range(0, n, 1000):
            record = np.zeros(1000, dtype=[("seed", "<u8"), ("p", "<f8", 5)])
            record["seed"] = np.random.default_rng(first).integers(0, 2**53, 1000)
            record["p"] = theta
            process.stdin.write(struct.pack("<4sIQ", b"HKRQ", 1000, first) + record.tobytes())
            process.stdin.flush()
            word, count, start = struct.unpack("<4sIQ", process.stdout.read(16))
            assert (word, count, start) == (b"HKAN", 1000, first)
            answer = np.frombuffer(process.stdout.read(1000 * 808), dtype=[("status", "<u8"), ("x", "<f8", 100)])
            assert struct.unpack("<4sI", process.stdout.read(8)) == (b"HKEN", 1000)
            assert not answer["status"].any()
            answers.append(answer["x"])
        process.stdin.close()
        assert process.wait(10) == 0
    return np.concatenate(answers)


def main():
    root = pathlib.Path(sys.argv[1])
    source = root / "examples" / "benchmark" / "slcp_distractors"
    numbers = np.fromfile(source / "distractors.f32", "<f4").astype(float)
    permutation = numbers[:100].astype(int)
    parts = numbers[100:].reshape(20, 92 + 92 * 93 // 2)
    location = parts[:, :92]
    scale = np.zeros((20, 92, 92))
    columns, rows = np.triu_indices(92)  # column by column
    scale[:, rows, columns] = parts[:, 92:]
    published = root / ".." / "shared" / "data" / "sbibm" / "slcp"
    if published.exists():
        mixture = np.load(published / "distractor_mixture.npz")
        assert np.array_equal(mixture["loc"], location) and np.array_equal(mixture["scale_tril"], scale)
        assert np.array_equal(np.loadtxt(published / "distractor_permutation.csv", dtype=int), permutation)

    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "examples"
        shutil.copytree(root / "examples" / "external", copy / "external")
        here = shutil.copytree(source, copy / "benchmark" / "slcp_distractors")
        subprocess.run(["make", "-s", "-B", "-C", here], check=True)
        x = ask(here / "slcp_distractors", here, THETA, N)
        again = ask(here / "slcp_distractors", here, THETA, 1000)
        assert np.array_equal(x[:1000], again), "the same seeds, the same numbers"
    y = np.empty_like(x)
    y[:, permutation] = x  # x = y[permutation]

    s1, s2, rho = THETA[2] ** 2, THETA[3] ** 2, np.tanh(THETA[4])
    covariance = np.array([[s1 * s1, rho * s1 * s2], [rho * s1 * s2, s2 * s2]]) + 1e-6 * np.eye(2)
    whole = np.kron(np.eye(4), covariance)
    sd = np.sqrt(np.diag(whole))
    off = (y[:, :8].mean(0) - np.tile(THETA[:2], 4)) / (sd / np.sqrt(N))
    # The variance of a sample covariance of normal numbers is (S_ij^2 + S_ii S_jj) / n.
    error = np.sqrt((whole**2 + np.outer(sd, sd) ** 2) / N)
    off_covariance = (np.cov(y[:, :8].T) - whole) / error
    assert np.abs(off).max() < 5 and np.abs(off_covariance).max() < 5, (off, off_covariance)

    rng = np.random.default_rng(1)
    which = rng.integers(0, 20, ORACLE)
    truth = np.empty((ORACLE, 92))
    for k in range(20):
        chosen = which == k
        n = chosen.sum()
        t = rng.standard_normal((n, 92)) @ scale[k].T / np.sqrt(rng.chisquare(2, (n, 1)) / 2)
        truth[chosen] = location[k] + t
    sums = rng.standard_normal((92, 3))
    truth = np.hstack([truth, truth @ sums])
    found = np.hstack([y[:, 8:], y[:, 8:] @ sums])
    worst = 0.0
    for p in (0.05, 0.5, 0.95):  # there is no variance with 2 degrees of freedom
        below = (found < np.quantile(truth, p, axis=0)).mean(0)
        worst = max(worst, np.abs(below - p).max() / np.sqrt(p * (1 - p) * (1 / N + 1 / ORACLE)))
    assert worst < 5, worst
    print(f"moments within {max(np.abs(off).max(), np.abs(off_covariance).max()):.1f} and quantiles within {worst:.1f} "
          "standard errors")


main()
