#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Frozen values for test_calibration.c: temperature scaling by scipy's bounded
# minimisation of the mean negative log likelihood, polished by brentq on its
# slope; margin and entropy of the softmax by scipy.special; the calibration
# error at that temperature.
#   tests/reference/temperature.py >tests/unit/temperature_ref.h
import numpy as np
from scipy import optimize, special

N = 48


def case(rng, classes, scale, lift):
    labels = rng.integers(0, classes, N).astype(np.int32)
    z = rng.normal(0, 1, (N, classes))
    z[np.arange(N), labels] += lift
    return (scale * z).astype(np.float32), labels


def nll(b, z, y):
    s = b * z.astype(float)
    return np.mean(special.logsumexp(s, axis=1) - s[np.arange(N), y])


def slope(b, z, y):
    z = z.astype(float)
    p = special.softmax(b * z, axis=1)
    return np.mean((p * z).sum(axis=1) - z[np.arange(N), y])


def fit(z, y):
    rough = optimize.minimize_scalar(lambda u: nll(np.exp(u), z, y),
                                     bounds=(np.log(0.01), np.log(100)),
                                     method="bounded",
                                     options={"xatol": 1e-10}).x
    b = np.exp(rough)
    return 1 / optimize.brentq(slope, b * 0.99, b * 1.01, args=(z, y),
                               xtol=1e-15, rtol=1e-14)


def ece(z, y, t, bins=30):
    p = special.softmax(z.astype(float) / t, axis=1)
    conf = p.max(axis=1)
    right = z.argmax(axis=1) == y
    edges = np.arange(1, bins) / bins
    at = np.searchsorted(edges, conf, side="left")
    return sum(abs(right[at == b].sum() - conf[at == b].sum())
               for b in range(bins)) / N


def numbers(v, form="%.9g"):
    return ", ".join(form % x for x in v)


def wrap(name, text):
    import textwrap
    print("    " + "\n    ".join(textwrap.wrap(name + text, 74)))


def main():
    rng = np.random.default_rng(20)
    cases = [case(rng, c, s, l) for c, s, l in
             ((3, 4.0, 1.0), (5, 0.2, 1.5), (10, 1.0, 2.0), (10, 9.0, 1.0))]
    print("/* SPDX-License-Identifier: MIT\n * Made by"
          " tests/reference/temperature.py. */\n#include <stddef.h>\n"
          "#include <stdint.h>\n\n#define REF_T_N %d" % N)
    print("static const struct {\n    size_t classes;\n"
          "    double temperature, ece, margin, certainty;\n"
          "    int32_t labels[REF_T_N];\n    float logits[REF_T_N * 10];\n"
          "} ref_t[] = {")
    for z, y in cases:
        t = fit(z, y)
        p = special.softmax(z[0].astype(float) / t)
        top = np.sort(p)[::-1]
        print("    { %d, %.17g, %.17g,\n      %.17g, %.17g," % (
            z.shape[1], t, ece(z, y, t), top[0] - top[1],
            1 - special.entr(p).sum() / np.log(z.shape[1])))
        wrap("{ ", numbers(y, "%d") + " },")
        wrap("{ ", numbers(z.ravel()) + " } },")
    print("};")


main()
