#!/usr/bin/env python3
"""Writes coefficients.hpp: polynomial coefficients, split constants and the digits of 2/pi, as hex floats.

    python3 src/ir/lower/coefficients.py > src/ir/lower/coefficients.hpp

Each polynomial is fitted by least squares on Chebyshev points in 80 digits, weighted so that its error is relative
to the function that uses it: within a factor of about 2 of the minimax error. Coefficients are rounded one after
another, lowest degree first; what a rounding loses the remaining coefficients take up (a refit with the rounded ones
fixed). The comment beside each row is the relative error of the rounded polynomial: well below 2^-53 = 1.1e-16, so
that the roundings of the evaluation rule.
"""
import struct

from mpmath import mp, mpf, matrix, lu_solve, cos, exp, pi, log, expm1, sin, asin, atan, atanh, sqrt, floor, ldexp

mp.dps = 80


def hexf(x):
    return float(x).hex()


def as_single(x):
    return mpf(struct.unpack("f", struct.pack("f", float(x)))[0])


def least_squares(basis, f, weight, lo, hi):
    """c_k that minimise sum (weight * (f - sum c_k x^k))^2 over Chebyshev points of [lo, hi]: nearly minimax."""
    count = 6 * len(basis) + 6
    xs = [(lo + hi) / 2 - (hi - lo) / 2 * cos(pi * (2 * i + 1) / (2 * count)) for i in range(count)]
    scale = max(abs(lo), abs(hi))
    a = matrix(count, len(basis))
    b = matrix(count, 1)
    for i, x in enumerate(xs):
        w = weight(x)
        for j, k in enumerate(basis):
            a[i, j] = w * (x / scale) ** k
        b[i] = w * f(x)
    c = lu_solve(a, b)  # least squares, as a has more rows than columns
    return [c[j] / scale**k for j, k in enumerate(basis)]


def fit(name, note, degree, f, weight, lo, hi, nearest=lambda x: mpf(float(x))):
    """sum_{k=0}^{degree} c_k x^k near f on [lo, hi]; prints a row."""
    fixed = []
    for k in range(degree + 1):
        rest = list(range(k, degree + 1))
        c = least_squares(rest, lambda x: f(x) - sum(ck * x**j for j, ck in enumerate(fixed)), weight, lo, hi)
        fixed.append(nearest(c[0]))
    xs = [lo + (hi - lo) * mpf(i) / 2000 for i in range(2001)]
    worst = max(abs(weight(x) * (f(x) - sum(ck * x**j for j, ck in enumerate(fixed)))) for x in xs)
    print(f"/// {note} Relative error {float(worst):.1e}.")
    print(f"inline constexpr std::array<double, {degree + 1}> {name}{{")
    rows = [hexf(c) for c in fixed]
    for i in range(0, len(rows), 4):
        print("    " + ", ".join(rows[i:i + 4]) + ("};" if i + 4 >= len(rows) else ","))


def constant(name, value, note=""):
    print(f"inline constexpr double {name} = {hexf(value)};" + (f"  // {note}" if note else ""))


def short(x, bits):
    """x cut to `bits` significant bits."""
    e = int(floor(log(abs(x), 2)))
    return ldexp(mpf(floor(x * mpf(2) ** (bits - 1 - e))), e - bits + 1)


def near(f, at0, small=mpf("1e-25")):
    """f with its limit at 0."""
    return lambda x: at0 if abs(x) < small else f(x)


print("""#pragma once
// clang-format off
/// Written by coefficients.py; do not edit.

#include <array>

namespace hillock::ir::coefficients {
""")

# ---- exponentials -----------------------------------------------------------------------------------------------
print("// ln 2 = ln2_hi + ln2_lo: the first has 38 bits, so that its product with a whole number below 2^15 is exact.")
ln2 = log(mpf(2))
hi = short(ln2, 38)
constant("ln2_hi", hi)
constant("ln2_lo", ln2 - hi)
constant("log2_e", 1 / ln2)
constant("ln2", ln2)

h = ln2 / 32 * mpf("1.01")
fit("exp_small", "(e^x - 1 - x)/x^2 on |x| <= ln2/32, relative to e^x.", 4,
    near(lambda x: (expm1(x) - x) / x**2, mpf(1) / 2), lambda x: x * x, -h, h)
h = ln2 / 2 * mpf("1.01")
fit("expm1_half", "(e^x - 1 - x)/x^2 on |x| <= ln2/2, relative to e^x - 1.", 9,
    near(lambda x: (expm1(x) - x) / x**2, mpf(1) / 2), near(lambda x: x * x / expm1(x), mpf(0)), -h, h)

h = mpf(5) / 8 * mpf("1.001")
fit("exprel_rest", "(e^x - 1 - x)/x^2 on |x| <= 5/8.", 11,
    near(lambda x: (expm1(x) - x) / x**2, mpf(1) / 2), near(lambda x: x * x / (expm1(x) - x), mpf(2)), -h, h)

# ---- logarithms -------------------------------------------------------------------------------------------------
smax = (sqrt(mpf(2)) - 1) / (sqrt(mpf(2)) + 1) * mpf("1.001")
zmax = smax**2


def log_tail(z):  # (2 atanh(s) - 2 s)/(s z), s = sqrt z
    if z < mpf("1e-20"):
        return mpf(2) / 3 + 2 * z / 5
    s = sqrt(z)
    return (2 * atanh(s) - 2 * s) / (s * z)


fit("log_tail", "(log((1+s)/(1-s)) - 2s)/s^3 in z = s^2, |s| <= 3 - 2 sqrt 2.", 6,
    log_tail, lambda z: z / 2, mpf(0), zmax)


def log2_tail(z):  # (log2((1+s)/(1-s)) - C1 s - C3 s^3)/s^5
    if z < mpf("1e-8"):
        return (mpf(2) / 5 + 2 * z / 7 + 2 * z * z / 9 + 2 * z**3 / 11) / ln2
    s = sqrt(z)
    return (2 * atanh(s) - 2 * s - 2 * s**3 / 3) / (s**5) / ln2


print("// log2((1+s)/(1-s)) = c1 s + c3 s^3 + s^5 log2_tail(s^2), as double-doubles, for pow.")
c1 = 2 / ln2
constant("log2_c1_hi", c1)
constant("log2_c1_lo", c1 - mpf(float(c1)))
c3 = 2 / (3 * ln2)
constant("log2_c3_hi", c3)
constant("log2_c3_lo", c3 - mpf(float(c3)))
fit("log2_tail", "The tail above, relative to the logarithm.", 8, log2_tail, lambda z: z * z * ln2 / 2, mpf(0), zmax)

print("// log10 2 = log10_2_hi + log10_2_lo (the first times an exponent is exact), 1/ln 10 as a double-double.")
l = log(mpf(2), 10)
hi = short(l, 42)
constant("log10_2_hi", hi)
constant("log10_2_lo", l - hi)
il = 1 / log(mpf(10))
constant("log10_e_hi", il)
constant("log10_e_lo", il - mpf(float(il)))

# ---- circular functions -----------------------------------------------------------------------------------------
print("// 2 pi as a double-double.")
constant("two_pi_hi", 2 * pi)
constant("two_pi_lo", 2 * pi - mpf(float(2 * pi)))

z = (pi / 4 * mpf("1.001")) ** 2


def sin_tail(z):
    if z < mpf("1e-12"):
        return -mpf(1) / 6 + z / 120 - z * z / 5040
    x = sqrt(z)
    return (sin(x) - x) / (x * z)


def cos_tail(z):
    if z < mpf("1e-8"):
        return mpf(1) / 24 - z / 720 + z * z / 40320 - z**3 / 3628800
    return (cos(sqrt(z)) - 1 + z / 2) / z**2


fit("sin_tail", "(sin x - x)/x^3 in x^2, |x| <= pi/4.", 5, sin_tail, lambda z: z, mpf(0), z)
fit("cos_tail", "(cos x - 1 + x^2/2)/x^4 in x^2, |x| <= pi/4.", 5, cos_tail, lambda z: z * z, mpf(0), z)

print("// 2/pi = sum of pieces[j] 2^(-53 (j - 2)): pieces of 53 bits, multiples of 2^-53 in [0, 1), after two zeros.")
digits = 23
big = mp.dps
mp.dps = 500
whole = int(floor(ldexp(2 / mp.pi, 53 * digits)))
rows = ["0x0.0p+0", "0x0.0p+0"]
for j in range(digits):
    part = (whole >> (53 * (digits - 1 - j))) & ((1 << 53) - 1)
    rows.append((part * 2.0**-53).hex())
mp.dps = big
print(f"inline constexpr std::array<double, {digits + 2}> two_over_pi_pieces{{")
for i in range(0, len(rows), 4):
    print("    " + ", ".join(rows[i:i + 4]) + ("};" if i + 4 >= len(rows) else ","))

# ---- inverse circular functions ---------------------------------------------------------------------------------


def asin_tail(z):
    if z < mpf("1e-12"):
        return mpf(1) / 6 + 3 * z / 40 + 15 * z * z / 336
    x = sqrt(z)
    return (asin(x) - x) / (x * z)


def atan_tail(z):
    if z < mpf("1e-12"):
        return -mpf(1) / 3 + z / 5 - z * z / 7
    x = sqrt(z)
    return (atan(x) - x) / (x * z)


fit("asin_tail", "(asin x - x)/x^3 in x^2, |x| <= 1/2.", 11, asin_tail, lambda z: z, mpf(0), mpf("0.2501"))
fit("atan_tail", "(atan x - x)/x^3 in x^2, |x| <= 1/2.", 11, atan_tail, lambda z: z, mpf(0), mpf("0.2501"))

# ---- single precision: every number below is a float ------------------------------------------------------------
print("// Single precision. ln 2 = single_ln2_hi + single_ln2_lo.")
constant("single_log2_e", as_single(1 / ln2))
constant("single_ln2_hi", as_single(ln2))
constant("single_ln2_lo", as_single(ln2 - as_single(ln2)))
h = ln2 / 2 * mpf("1.01")
fit("single_exp", "(e^x - 1 - x)/x^2 on |x| <= ln2/2, relative to e^x; single precision.", 4,
    near(lambda x: (expm1(x) - x) / x**2, mpf(1) / 2), lambda x: x * x / exp(x), -h, h, as_single)
fit("single_expm1", "The same, relative to e^x - 1.", 5,
    near(lambda x: (expm1(x) - x) / x**2, mpf(1) / 2), near(lambda x: x * x / expm1(x), mpf(0)), -h, h, as_single)
h = mpf(5) / 8 * mpf("1.001")
fit("single_exprel", "(e^x - 1)/x on |x| <= 5/8; single precision.", 6,
    near(lambda x: expm1(x) / x, mpf(1)), near(lambda x: x / expm1(x), mpf(1)), -h, h, as_single)

print("""
}  // namespace hillock::ir::coefficients""")
