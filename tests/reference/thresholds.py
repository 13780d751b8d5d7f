#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Frozen values for test_thresholds.c, test_policy.c and test_calibration.c: grid
# and repair (nachos-method(7), D8, D9, D34), the best of all choices (D34, D35,
# D38) and the calibration error, computed sample by sample in plain Python or
# policy by policy in NumPy, written from the method's text and not from our C.
#   tests/reference/thresholds.py >tests/unit/thresholds_ref.h
import itertools
import math
import random

import numpy as np

N, B, CLASSES = 40, 4, 5
PREFIX = [100, 250, 430, 700]
HEAD = [60, 50, 40, 30]
PAPER = [p + h for p, h in zip(PREFIX, HEAD)]
LATE = [400, 500, 600, 700]     # taps and heads of the tables below that "know"
DEAR = [200, 150, 100, 30]


def leave(rule, eps, conf):
    rest = 1.0
    for i, threshold in enumerate(eps):
        if threshold is None:
            continue
        own = conf[i] * rest
        rest *= 1 - conf[i]
        score = own if rule == "eq8" else 1 - rest
        if score >= threshold:
            return i
    return len(eps)


def figures(rule, eps, table, prefix=PREFIX, head=HEAD):
    right = macs = paper = 0
    for conf, ok in table:
        at = leave(rule, eps, conf)
        right += ok[at]
        heads = [h for k, h in enumerate(head[:at + 1])
                 if k == B - 1 or eps[k] is not None]
        macs += prefix[at] + sum(heads)
        paper += PAPER[at]
    n = len(table)
    return right / n, macs / n, paper / n


def violation(f, lim_a, lim_m):
    v = 0.0
    if lim_m is not None:
        v += max(0, f[1] / lim_m - 1)
    if lim_a is not None:
        v += max(0, 1 - f[0] / lim_a)
    return v


def tune(rule, table, lim_a, lim_m, floor):
    grid = []
    for k in range(1, 9):
        eps = [k / 10] * (B - 1)
        if floor is not None:
            eps[0] = max(floor, eps[0])
        grid.append((eps, figures(rule, eps, table)))
    key = lambda p: (violation(p[1], lim_a, lim_m), -p[1][0], p[1][1])
    best = min(grid, key=key)
    eps, f = min(grid, key=lambda p: (-p[1][0], p[1][1]))
    if (lim_a is None or f[0] >= lim_a) and lim_m is not None and f[1] > lim_m:
        eps = list(eps)
        i = B - 2
        while f[1] > lim_m and i >= 0:
            if eps[i] <= 0:
                i -= 1
                continue
            trial = list(eps)
            trial[i] = round(round(eps[i] * 10) - 1) / 10
            g = figures(rule, trial, table)
            if lim_a is not None and g[0] < lim_a:
                i -= 1
                continue
            eps, f = trial, g
        best = min([best, (eps, f)], key=key)
    return best


def best(rule, table, lim_a, lim_m, prefix, head):
    """The best of all choices, and that without regard to the final exit."""
    final = prefix[-1] + head[-1]
    all = [(eps, figures(rule, eps, table, prefix, head))
           for eps in itertools.product([None] + [k / 10 for k in range(9)],
                                        repeat=B - 1)]
    key = lambda p: (violation(p[1], lim_a, lim_m), -p[1][0], p[1][1])
    free = min(all, key=key)[1]
    if lim_m is None:
        all = [p for p in all if p[1][1] <= final]
    return min(all, key=key)[1], free


def policies(rule, table, label):
    """All choices of 0, 0.1 .. 0.8 or off: accuracy, MACs, MACs by Eq. 13, mean
    and smallest recall of each; (10 ** (B - 1), 5)."""
    conf = np.array([c for c, _ in table])
    ok = np.array([o for _, o in table], dtype=bool)
    eps = np.array(list(itertools.product([np.inf] + [k / 10 for k in range(9)],
                                          repeat=B - 1)))
    on = np.isfinite(eps)
    rest = np.ones((len(eps), N))
    at = np.full((len(eps), N), B - 1)
    here = np.ones((len(eps), N), dtype=bool)       # still in the network
    for i in range(B - 1):
        c = np.where(on[:, i:i + 1], conf[:, i], 0)
        own = c * rest
        rest = rest * (1 - c)
        score = {"cumulative": 1 - rest, "eq8": own, "max-softmax": c}[rule]
        leaves = here & on[:, i:i + 1] & (score >= eps[:, i:i + 1])
        at[leaves] = i
        here &= ~leaves
    right = ok[np.arange(N), at]
    heads = np.concatenate([on * np.array(HEAD[:-1]),
                            np.full((len(eps), 1), HEAD[-1])], axis=1)
    macs = np.array(PREFIX)[at] + np.take_along_axis(
        np.cumsum(heads, axis=1), at, axis=1)
    recall = np.stack([right[:, label == y].mean(axis=1)
                       for y in range(CLASSES) if (label == y).any()])
    return np.stack([right.mean(axis=1), macs.mean(axis=1),
                     np.array(PAPER)[at].mean(axis=1),
                     recall.mean(axis=0), recall.min(axis=0)], axis=1)


def least(figures, paper, weight, lims):
    """The best policy by D38 with its loss and its violation; lims: accuracy,
    MACs, MACs by Eq. 13, mean and smallest recall, None where there is none.
    The judged cost is that by Eq. 13 with paper."""
    final = (PAPER if paper else [PREFIX[-1] + HEAD[-1]])[-1]
    cost = figures[:, 2 if paper else 1]
    broken = np.zeros(len(figures))
    for k, lim in enumerate(lims):
        if lim is not None:
            beyond = figures[:, k] / lim - 1
            broken += np.maximum(0, beyond if k in (1, 2) else -beyond)
    loss = weight * cost / final + (1 - weight) * (1 - figures[:, 0])
    key = [cost, -figures[:, 0], loss.round(12), broken.round(12)]
    if lims[2 if paper else 1] is None:
        key.append(cost > final)
    i = np.lexsort(key)[0]
    return figures[i], loss[i], broken[i]


def print_policies(tables):
    rng = np.random.RandomState(38)
    labels = rng.choice(CLASSES, size=(len(tables), N),
                        p=[0.35, 0.3, 0.2, 0.15, 0])
    print("\n/* Classes of the samples, the last one without any, and the best of"
          " all choices by\n * weight and limits (D38). */\n"
          "static const int32_t ref_class[][REF_N] = {")
    for row in labels:
        print("    %s," % c_list(map(str, row)))
    print("};\nstatic const struct ref_policy {\n    int table;\n"
          "    const char *rule;\n    int cost; /* 1: by Eq. 13 */\n"
          "    double weight, min_accuracy, max_macs, max_paper, min_balanced,"
          " min_class;\n    double accuracy, macs, paper, balanced, least, loss,"
          " violation;\n} ref_policies[] = {")
    n = None
    goals = ((0, 0.3, (n, n, n, n, n)), (0, 0.7, (n, n, n, n, n)),
             (1, 0.6, (n, n, n, n, n)), (0, 0.5, (0.6, 400, n, n, n)),
             (0, 1, (0.65, n, n, n, n)), (0, 1, (0.8, n, n, n, n)),
             (1, 1, (0.6, n, n, n, n)), (0, 0, (n, 420, 370, n, n)),
             (1, 0.6, (n, 360, n, n, n)), (0, 0, (n, n, n, 0.7, n)),
             (0, 0, (n, 450, n, n, 0.5)), (0, 1, (n, n, n, 0.6, 0.4)),
             (0, 0.4, (n, 380, n, n, 0.45)), (0, 0.2, (n, 300, 280, 0.7, 0.6)))
    for ti, t in enumerate(tables):
        for rule in ("cumulative", "eq8", "max-softmax"):
            f = policies(rule, t, labels[ti])
            for paper, weight, lims in goals:
                x, loss, broken = least(f, paper, weight, lims)
                print('    { %d, "%s", %d, %r, %s, %s },'
                      % (ti, rule, paper, weight,
                         ", ".join(map(c_num, lims)),
                         ", ".join(repr(float(v))
                                   for v in (*x, loss, broken))))
    print("};")


def ece(logits, labels, bins):
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    conf, guess = p.max(1), logits.argmax(1)
    total = 0.0
    for b in range(bins):
        lo, hi = b / bins, (b + 1) / bins
        m = (conf > lo) & (conf <= hi)
        if m.any():
            total += m.mean() * abs((guess[m] == labels[m]).mean()
                                    - conf[m].mean())
    return total


def c_list(values):
    return "{ " + ", ".join(values) + " }"


def c_num(x):
    return "NAN" if x is None else repr(float(x))


def make_table(rng):
    table = []
    for _ in range(N):
        hard = rng.random()
        ok = [int(rng.random() < 0.35 + 0.15 * i + 0.3 * (1 - hard))
              for i in range(B)]
        conf = [round(min(1, max(0, rng.gauss(0.75 - 0.6 * hard, 0.2))), 3)
                for _ in range(B - 1)] + [1.0]
        table.append(([float(np.float32(c)) for c in conf], ok))
    return table


def knowing_table(rng):
    """Early exits that are seldom right, and know when they are."""
    table = []
    for _ in range(N):
        ok = [int(rng.random() < p) for p in (0.3, 0.3, 0.3, 0.8)]
        conf = [round(min(1, max(0, rng.gauss(0.15 + 0.5 * ok[i], 0.2))), 3)
                for i in range(B - 1)] + [1.0]
        table.append(([float(np.float32(c)) for c in conf], ok))
    return table


def main():
    rng = random.Random(20261122)
    tables = [make_table(rng) for _ in range(3)]
    knowing = [knowing_table(rng) for _ in range(3)]
    print("/* SPDX-License-Identifier: MIT\n * Made by"
          " tests/reference/thresholds.py. */\n#include <math.h>\n")
    print("enum { REF_N = %d, REF_B = %d, REF_CLASSES = %d, REF_LATE = %d };"
          % (N, B, CLASSES, len(tables)))
    for name, v in (("prefix", PREFIX), ("head", HEAD), ("paper", PAPER),
                    ("late", LATE), ("dear", DEAR)):
        print("static const int64_t ref_%s[] = %s;"
              % (name, c_list(map(str, v))))
    print("\n/* confidences, exit by exit, then who is right */")
    print("static const float ref_conf[][REF_N][REF_B] = {")
    for t in tables + knowing:
        print("  {")
        for c, _ in t:
            print("    %s," % c_list(repr(round(x, 6)) + "f" for x in c))
        print("  },")
    print("};\nstatic const unsigned char ref_right[][REF_N][REF_B] = {")
    for t in tables + knowing:
        print("  {")
        for _, ok in t:
            print("    %s," % c_list(map(str, ok)))
        print("  },")
    print("};\n\nstatic const struct ref_tuned {\n    int table;\n"
          "    const char *rule;\n"
          "    double min_accuracy, max_macs, first_floor;\n"
          "    double thresholds[REF_B - 1], accuracy, macs, paper,"
          " violation;\n} ref_tuned[] = {")
    for ti, t in enumerate(tables):
        for rule in ("cumulative", "eq8"):
            for floor in (None, 0.7):
                for lim_a, lim_m in ((None, None), (None, 260), (0.6, None),
                                     (0.6, 330), (0.55, 250), (0.7, 420),
                                     (0.65, 300), (0.95, 300), (0.5, 161)):
                    eps, f = tune(rule, t, lim_a, lim_m, floor)
                    print('    { %d, "%s", %s, %s, %s, %s, %r, %r, %r, %r },'
                          % (ti, rule, c_num(lim_a), c_num(lim_m),
                             c_num(floor), c_list(map(c_num, eps)), *f,
                             violation(f, lim_a, lim_m)))
    print("};\n")
    print("/* The best of all choices, from table REF_LATE on with ref_late and"
          " ref_dear. */\n"
          "static const struct ref_best {\n    int table;\n"
          "    const char *rule;\n    double min_accuracy, max_macs;\n"
          "    double accuracy, macs, violation;\n} ref_best[] = {")
    held = 0
    for ti, t in enumerate(tables + knowing):
        for rule in ("cumulative", "eq8"):
            for lim_a, lim_m in ((None, None), (0.7, None), (0.95, None),
                                 (0.65, 400), (None, 330), (0.95, 700)):
                f, free = best(rule, t, lim_a, lim_m,
                               *((LATE, DEAR) if t in knowing
                                 else (PREFIX, HEAD)))
                held += f != free
                print('    { %d, "%s", %s, %s, %r, %r, %r },'
                      % (ti, rule, c_num(lim_a), c_num(lim_m), f[0], f[1],
                         violation(f, lim_a, lim_m)))
    print("}; /* %d would cost more than the final exit alone if they might */\n"
          % held)
    r = np.random.RandomState(7)
    logits = (r.randn(N, CLASSES) * 2).astype(np.float32)
    labels = np.where(r.rand(N) < 0.5, logits.argmax(1), r.randint(0, CLASSES, N))
    print("static const float ref_logits[REF_N][REF_CLASSES] = {")
    for row in logits:
        print("    %s," % c_list("%.9gf" % x if "." in "%.9g" % x
                                 else "%.9g.0f" % x for x in row))
    print("};\nstatic const int32_t ref_labels[] = %s;"
          % c_list(map(str, labels)))
    for bins in (30, 10):
        print("static const double ref_ece%d = %r;"
              % (bins, float(ece(logits.astype(np.float64), labels, bins))))
    print_policies(tables)


main()
