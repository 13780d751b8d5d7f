#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Values for tests/unit/test_{front,stats,surrogate,vary}.c from DEAP, SciPy
# and scikit-learn:
#     /usr/bin/python3 tests/reference/search_ref.py >tests/unit/search_ref.h
import warnings

import deap
import numpy as np
import scipy
import sklearn
from deap import base, creator, tools
from deap.tools._hypervolume import hv
from scipy.interpolate import RBFInterpolator
from scipy.stats import binomtest, kendalltau, spearmanr
from sklearn.tree import DecisionTreeRegressor

warnings.simplefilter('ignore')
rng = np.random.default_rng(20261122)


def number(v):
    if np.isinf(v):
        return 'INFINITY'
    return repr(int(v)) if float(v).is_integer() else repr(float(v))


def array(kind, name, values):
    values = np.asarray(values).ravel()
    print('static const %s %s[%d] = {' % (kind, name, len(values)))
    line = '   '
    for v in values:
        text = ' %s,' % number(v)
        if len(line) + len(text) > 78:
            print(line)
            line = '   '
        line += text
    print(line + '\n};')


def fronts(m, f):
    name = 'Fitness%d' % m
    if not hasattr(creator, name):
        creator.create(name, base.Fitness, weights=(-1.0,) * m)

    class Ind:
        pass

    inds = []
    for i, row in enumerate(f):
        ind = Ind()
        ind.i = i
        ind.fitness = getattr(creator, name)(tuple(map(float, row)))
        inds.append(ind)
    rank = np.zeros(len(f), int)
    crowd = np.zeros(len(f))
    for k, front in enumerate(tools.sortNondominated(inds, len(inds))):
        front.sort(key=lambda ind: ind.i)
        tools.emo.assignCrowdingDist(front)
        for ind in front:
            rank[ind.i] = k
            crowd[ind.i] = ind.fitness.crowding_dist
    if m > 1:
        for k, front in enumerate(tools.sortLogNondominated(inds, len(inds))):
            assert all(rank[ind.i] == k for ind in front)
    return rank, crowd


def tradeoff(f):
    """D16, straight from its words."""
    x = (f - f.min(0)) / np.where(np.ptp(f, axis=0) > 0, np.ptp(f, axis=0), 1)
    mu = []
    for i in range(len(x)):
        d = np.sqrt(((x - x[i]) ** 2).sum(1))
        others = [j for j in np.argsort(d, kind='stable') if d[j] > 0]
        near = others[:4] + [j for j in others[4:] if d[j] <= 0.125]
        mu.append(min(np.maximum(0, x[j] - x[i]).sum() /
                      np.maximum(0, x[i] - x[j]).sum() for j in near))
    return np.array(mu)


print('''/* SPDX-License-Identifier: MIT
 * Made by tests/reference/search_ref.py (DEAP %s, SciPy %s, scikit-learn %s);
 * do not edit. */
#ifndef SEARCH_REF_H
#define SEARCH_REF_H

#include <math.h>
''' % (deap.__version__, scipy.__version__, sklearn.__version__))

# ---- fronts: coarse values (ties and twins) for each m, fine ones for 2, 3 ----
cases = []
for m, n, coarse in [(1, 20, True), (2, 60, True), (2, 60, False),
                     (3, 60, True), (3, 60, False), (4, 50, True),
                     (5, 40, False)]:
    if coarse:      # none near the ideal point, or all fronts are trivial
        f = rng.integers(0, 8, (40 * n, m))
        f = f[f.sum(1) >= 3 * (m - 1)][:n]
    else:
        f = np.round(rng.random((n, m)), 6)
    tag = '%d%s' % (m, 'c' if coarse else 'f')
    rank, crowd = fronts(m, f)
    array('double', 'ref_f' + tag, f)
    array('unsigned', 'ref_rank' + tag, rank)
    array('double', 'ref_crowd' + tag, crowd)
    ref = np.full(m, 7.0 if coarse else 0.9)
    inside = [tuple(map(float, p)) for p in f if (p < ref).all()]
    volume = hv.hypervolume(inside, list(ref)) if m > 1 else \
        ref[0] - f.min()
    cases.append((n, m, tag, ref[0], volume))
print('''static const struct ref_front {
    size_t n, m;
    const double *f, *crowd;
    const unsigned *rank;
    double reference, volume;
} ref_fronts[] = {''')
for n, m, tag, ref, volume in cases:
    print('    {%d, %d, ref_f%s, ref_crowd%s, ref_rank%s, %s, %s},' %
          (n, m, tag, tag, tag, number(ref), number(volume)))
print('};')

# ---- trade-off of a front of two and of three objectives ----
for m in 2, 3:
    f = np.round(rng.random((400, m)), 6)
    rank, _ = fronts(m, f)
    f = f[rank == 0][:24]
    array('double', 'ref_trade_f%d' % m, f)
    array('double', 'ref_trade_mu%d' % m, tradeoff(f))

# ---- correlations, with and without ties ----
a = rng.integers(0, 9, 50)
b = a + rng.integers(-3, 4, 50)
c = rng.normal(size=50)
array('double', 'ref_a', a)
array('double', 'ref_b', b)
array('double', 'ref_c', c)
print('static const double ref_tau_ab = %s, ref_tau_ac = %s;' %
      (number(kendalltau(a, b)[0]), number(kendalltau(a, c)[0])))
print('static const double ref_rho_ab = %s, ref_rho_ac = %s;' %
      (number(spearmanr(a, b)[0]), number(spearmanr(a, c)[0])))

# ---- cubic radial basis functions ----
x = np.unique(rng.integers(0, 4, (40, 6)), axis=0)
x = x[rng.permutation(len(x))][:30]
y = np.sin(x @ rng.normal(size=6)) + 0.1 * x.sum(1)
t = rng.integers(0, 4, (12, 6))
s = RBFInterpolator(x.astype(float), y, kernel='cubic', degree=1,
                    smoothing=1e-6)
array('int64_t', 'ref_rbf_x', x)
array('double', 'ref_rbf_y', y)
array('int64_t', 'ref_rbf_t', t)
array('double', 'ref_rbf_s', s(t.astype(float)))

# ---- one regression tree; of the test points those on which no tie between
# features makes a difference.  Mirroring genes swaps left and right, which
# shows ties that rounding would always settle the same way ----
x = rng.integers(0, 40, (60, 4))
y = x[:, 0] / 7 + np.sin(x[:, 1] / 5) + rng.normal(size=60) / 9
t = rng.integers(0, 40, (900, 4))
s = []
for k in range(64):
    flip = np.array([k >> j & 1 for j in range(4)])
    tree = DecisionTreeRegressor(random_state=k)
    tree.fit(np.where(flip, 39 - x, x), y)
    s.append(tree.predict(np.where(flip, 39 - t, t)))
s = np.array(s)
keep = np.flatnonzero(np.ptp(s, axis=0) < 1e-12)[:40]
array('int64_t', 'ref_cart_x', x)
array('double', 'ref_cart_y', y)
array('int64_t', 'ref_cart_t', t[keep])
array('double', 'ref_cart_s', s[0][keep])


# ---- polynomial mutation, eta 1, on [-0.5, 2.5], rounded: shares ----
def mutate(x, top):
    u = (np.arange(2000000) + 0.5) / 2000000
    d1, d2 = (x + 0.5) / (top + 1), (top + 0.5 - x) / (top + 1)
    step = np.where(u <= 0.5,
                    np.sqrt(2 * u + (1 - 2 * u) * (1 - d1) ** 2) - 1,
                    1 - np.sqrt(2 * (1 - u) + 2 * (u - 0.5) * (1 - d2) ** 2))
    y = np.clip(np.floor(x + step * (top + 1) + 0.5), 0, top).astype(int)
    return np.bincount(y, minlength=top + 1) / len(u)


array('double', 'ref_mutation', [np.round(mutate(x, 2), 6) for x in range(3)])

# ---- Wilson's score interval: hits, samples, both ends ----
rows = []
for hits, n in [(0, 1), (1, 1), (0, 20), (6, 8), (7, 8), (20, 20),
                (5000, 10000), (9771, 10000), (1, 1000000)]:
    ends = binomtest(hits, n).proportion_ci(method='wilson')
    rows.append([hits, n, ends.low, ends.high])
array('double', 'ref_wilson', rows)
print('\n#endif')
