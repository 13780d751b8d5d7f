#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# What would an ensemble of the exits that ran gain over the exit's own answer, at
# equal average MACs (nachos-method(7), D7)?  Measured on the trace of a trained
# stream: of random halves of its samples the one fits temperatures, weights and
# thresholds, the other judges them, and then the reverse.
#   stream-dump -r X.mpz | tests/reference/ensembles.py BUDGET,.. [SPLITS [EXIT,..]]
# BUDGET: average MACs in millions; SPLITS: pairs of halves (5); EXIT: early exits
# that may be used, from 0 (all).  Columns: the accuracy in percent at each budget
# and, in brackets, the difference to the best rule of today and its standard error.
import base64
import itertools
import json
import sys

import numpy as np
from scipy.optimize import minimize

RULES = {  # name: (how exits are pooled, weights by depth, score)
    "max-softmax": ("own", None, "max"),
    "margin": ("own", None, "margin"),
    "entropy": ("own", None, "entropy"),
    "cumulative": ("own", None, "confidence"),
    "mean of softmax": ("mean", 1, "margin"),
    "mean, score max": ("mean", 1, "max"),
    "mean, weights 2^i": ("mean", 2, "margin"),
    "mean of last two": ("last", 1, "margin"),
    "geometric mean": ("geometric", 1, "margin"),
    "geometric, fitted": ("fitted", None, "margin"),
}
TODAY = ("max-softmax", "margin", "entropy", "cumulative")
PRICES = np.geomspace(.004, .6, 14)  # of the final exit's MACs, in answers


def read(file):
    logits, confidence = [], []
    for line in file:
        r = json.loads(line)
        if r["type"] == "trace":
            labels, s = array(r["labels"]), r["summary"]
        elif r["type"] == "exit-trace":
            logits.append(array(r["logits"]).astype(float))
            confidence.append(array(r["confidence"]).astype(float))
    return (np.array(logits), confidence, labels,
            np.array(s["prefix"], float), np.array(s["head"], float))


def array(a):
    kind = {"f32": "<f4", "i32": "<i4", "u8": "u1"}[a["dtype"]]
    return np.frombuffer(base64.b64decode(a["data"]), kind).reshape(a["shape"])


def log_softmax(z):
    z = z - z.max(-1, keepdims=True)
    return z - np.log(np.exp(z).sum(-1, keepdims=True))


def fit(z, y):
    """Returns the weights w of sum_k w_k z_k, z (k, n, classes), that make the
    labels likeliest.  With k = 1 this is 1 / temperature."""
    at = np.arange(len(y))

    def nll(w):
        l = log_softmax(np.tensordot(w, z, 1))
        grad = (np.exp(l) * z).sum(-1) - z[:, at, y]
        return -l[at, y].mean(), grad.mean(1)
    start = np.zeros(len(z))
    start[-1] = 1
    return minimize(nll, start, jac=True, method="L-BFGS-B").x


def pooled(z, y, part, how, base):
    """Returns the probabilities (m, n, classes) that a sample is judged by at
    each of the m exits that are on, whose logits z are divided by temperatures."""
    l, out = log_softmax(z), np.empty_like(z)
    for i in range(len(z)):
        if how == "fitted":
            w = fit(l[:i + 1, part], y[part])
            out[i] = log_softmax(np.tensordot(w, l[:i + 1], 1))
            continue
        first = {"own": i, "last": max(0, i - 1)}.get(how, 0)
        w = float(base or 1) ** np.arange(i + 1 - first)
        w /= w.sum()
        if how == "geometric":
            out[i] = log_softmax(np.tensordot(w, l[:i + 1], 1))
        else:
            out[i] = np.log(np.tensordot(w, np.exp(l[first:i + 1]), 1))
    return np.exp(out)


def score(p, kind):
    if kind == "max":
        return p.max(-1)
    if kind == "entropy":
        return 1 + (p * np.log(p.clip(1e-300))).sum(-1) / np.log(p.shape[-1])
    top = np.partition(p, -2, axis=-1)
    return top[..., -1] - top[..., -2]


def leaving(s, at):
    """Returns the exit where each sample leaves.  s: (early, n)"""
    out = np.full(s.shape[1], len(s))
    for i in reversed(range(len(s))):
        out[s[i] >= at[i]] = i
    return out


def tune(s, gain):
    """Returns thresholds that make the mean gain large, by coordinate descent
    with the best threshold for every coordinate.  gain: (early + 1, n)"""
    early, n = s.shape
    order = np.argsort(-s, axis=1, kind="stable")
    ranked = np.take_along_axis(s, order, 1)
    ends = np.c_[ranked[:, :-1] != ranked[:, 1:], np.ones(early, bool)]
    best = (-np.inf, None)
    for start in (ranked[:, int(.3 * n)], np.full(early, 2.)):
        at, value = start.copy(), -np.inf
        while True:
            for i in reversed(range(early)):
                on = at.copy()
                on[i] = np.inf
                to = leaving(s, on)
                g = np.where(to > i, gain[i] - gain[to, np.arange(n)], 0)
                sums = np.where(ends[i], np.cumsum(g[order[i]]), -np.inf)
                k = sums.argmax()
                at[i] = (2 if sums[k] <= 0 else
                         ranked[i, k:k + 2].mean())
            now = gain[leaving(s, at), np.arange(n)].mean()
            if now <= value + 1e-12:
                break
            value = now
        best = max(best, (value, at), key=lambda b: b[0])
    return best


def curves(trace, sets, fit_on, judge_on, rule):
    """Returns the costs and accuracies of the policies for all PRICES on the half
    that judges and on the half that they were fitted on: (prices, 4)."""
    z, confidence, y, prefix, head = trace
    last, n = len(z) - 1, len(y)
    how, base, kind = RULES[rule]
    found = [(-np.inf,)] * len(PRICES)
    scale = np.array([fit(l[None, fit_on], y[fit_on])[0] for l in z])
    for chosen in sets:
        on = list(chosen) + [last]
        cost = prefix[on] + np.cumsum(head[on])
        p = pooled(z[on] * scale[on, None, None], y, fit_on, how, base)
        right = (p.argmax(-1) == y).astype(float)
        if kind == "confidence":
            s = 1 - np.cumprod([1 - confidence[i] for i in chosen], 0)
        else:
            s = score(p[:-1], kind)
        for k, price in enumerate(PRICES):
            gain = right - price * (cost / (prefix[-1] + head[-1]))[:, None]
            value, at = tune(s[:, fit_on], gain[:, fit_on])
            if value > found[k][0]:
                to = leaving(s, at)
                ok = right[to, np.arange(n)]
                found[k] = (value, cost[to[judge_on]].mean(), ok[judge_on].mean(),
                            cost[to[fit_on]].mean(), ok[fit_on].mean())
    return np.array(found)[:, 1:]


def at_budget(cost, accuracy, budgets):
    order = np.argsort(cost)
    return 100 * np.interp(budgets, cost[order], accuracy[order])


def main():
    budgets = np.array([float(b) * 1e6 for b in sys.argv[1].split(",")])
    splits = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    trace = read(sys.stdin)
    z, confidence, y = trace[:3]
    early = ([int(e) for e in sys.argv[3].split(",")] if len(sys.argv) > 3 else
             range(len(z) - 1))
    sets = [s for r in range(1, len(early) + 1)
            for s in itertools.combinations(early, r)]
    rules = [r for r in RULES if RULES[r][2] != "confidence" or
             all(confidence[e].size for e in early)]
    every, on = np.arange(len(y)), list(early) + [len(z) - 1]
    scale = np.array([fit(l[None], y)[0] for l in z[on]])
    print("accuracy of each exit with all on")
    for r in rules:
        if r in TODAY[1:]:
            continue
        p = pooled(z[on] * scale[:, None, None], y, every, *RULES[r][:2])
        print(f"{r:20}", *("%5.2f" % (100 * a) for a in (p.argmax(-1) == y).mean(-1)))

    rng = np.random.default_rng(1)
    judged = {r: [] for r in rules}
    seen = {r: [] for r in rules}
    for _ in range(splits):
        mixed = rng.permutation(len(y))
        a, b = mixed[:len(y) // 2], mixed[len(y) // 2:]
        for fit_on, judge_on in ((a, b), (b, a)):
            for r in rules:
                c = curves(trace, sets, fit_on, judge_on, r).T
                judged[r].append(at_budget(c[0], c[1], budgets))
                seen[r].append(at_budget(c[2], c[3], budgets))
    judged = {r: np.array(v) for r, v in judged.items()}
    seen = {r: np.array(v) for r, v in seen.items()}

    def best(of):  # at each budget the rule that is best where it was fitted
        pick = np.array([seen[r] for r in of]).argmax(0)
        return np.take_along_axis(np.array([judged[r] for r in of]), pick[None], 0)[0]
    today = best([r for r in rules if r in TODAY])
    rows = [("best of today", today), ("best of all", best(rules))]
    print("average MACs, M      ", *("%-21g" % (b / 1e6) for b in budgets))
    for name, v in rows + list(judged.items()):
        # Two halves of a split are independent; splits share their samples.
        d = v - today
        error = d.std(0, ddof=1) / np.sqrt(2)
        print(f"{name:20}", *("%6.2f (%+5.2f +- %.2f)" % t
                              for t in zip(v.mean(0), d.mean(0), error)))


main()
