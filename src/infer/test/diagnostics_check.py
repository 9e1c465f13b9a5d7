"""R-hat, effective sample sizes and Monte Carlo errors, written from Vehtari et al. 2021 with numpy and scipy.

Reads chains (one per line, comma-separated) from the file named; prints one value per line in the order of the test.
"""
import sys

import numpy as np
from scipy import stats


def split(x):
    half = x.shape[1] // 2
    return np.concatenate([x[:, :half], x[:, -half:]])


def z_scale(x):
    rank = stats.rankdata(x, method="average").reshape(x.shape)
    return stats.norm.ppf((rank - 3 / 8) / (x.size + 1 / 4))


def plain_rhat(x):
    n = x.shape[1]
    within = x.var(axis=1, ddof=1).mean()
    between = n * x.mean(axis=1).var(ddof=1)
    return np.sqrt(((n - 1) / n * within + between / n) / within)


def autocovariance(x):
    n = x.shape[-1]
    centred = x - x.mean(axis=-1, keepdims=True)
    spectrum = np.fft.rfft(centred, 2 * n)
    return np.fft.irfft(spectrum * spectrum.conj(), 2 * n)[..., :n] / n


def plain_ess(x):
    m, n = x.shape
    acov = autocovariance(x).mean(axis=0)
    within = acov[0] * n / (n - 1)
    plus = within * (n - 1) / n + x.mean(axis=1).var(ddof=1)
    rho = 1 - (within - acov) / plus
    rho[0] = 1
    # Geyer: pairs (2k, 2k+1) while their sums are positive, at most to lag n - 2; of the first pair that is not kept,
    # the even lag still counts once, if it is positive (this is Stan's and ArviZ's convention).
    k = 0
    while 2 * (k + 1) <= n - 3 and rho[2 * k] + rho[2 * k + 1] > 0:
        k += 1
    pairs = [[rho[2 * i], rho[2 * i + 1]] for i in range(k)]
    extra = max(rho[2 * k], 0.0)
    for k in range(1, len(pairs)):  # monotone
        if sum(pairs[k]) > sum(pairs[k - 1]):
            pairs[k] = [sum(pairs[k - 1]) / 2] * 2
    tau = -1 + 2 * sum(map(sum, pairs)) + extra
    return m * n / max(tau, 1 / np.log10(m * n))


def ess_quantile(x, p):
    return plain_ess(split((x <= np.quantile(x, p)).astype(float)))


def mcse_quantile(x, p):
    ess = ess_quantile(x, p)
    a = stats.beta.ppf([0.1586553, 0.8413447], ess * p + 1, ess * (1 - p) + 1) * x.size - 1
    ordered = np.sort(x.ravel())
    return (ordered[int(np.ceil(min(a[1], x.size - 1)))] - ordered[int(np.floor(max(a[0], 0)))]) / 2


x = np.loadtxt(sys.argv[1], delimiter=",", ndmin=2)
s = split(x)
for value in [
    max(plain_rhat(z_scale(s)), plain_rhat(z_scale(abs(s - np.median(s))))),
    plain_ess(z_scale(s)),
    min(ess_quantile(x, 0.05), ess_quantile(x, 0.95)),
    plain_ess(s),
    ess_quantile(x, 0.3),
    x.std(ddof=1) / np.sqrt(plain_ess(s)),
    mcse_quantile(x, 0.3),
    np.quantile(x, 0.123),
]:
    print(repr(float(value)))
