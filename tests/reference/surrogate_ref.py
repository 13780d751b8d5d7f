#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Values for tests/unit/test_{gp,dense,models}.c from scikit-learn and PyTorch,
# and how well their models predict the networks of ofa-sample:
#     BIN=build/release/bin /usr/bin/python3 tests/reference/surrogate_ref.py \
#         >tests/unit/surrogate_ref.h
import copy
import json
import os
import subprocess
import sys
import warnings

import numpy as np
import sklearn
import torch
from scipy.stats import kendalltau
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import (RBF, ConstantKernel,
                                              WhiteKernel)

warnings.simplefilter('ignore')
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
rng = np.random.default_rng(20261122)


def array(kind, name, values):
    values = np.asarray(values).ravel()
    print('static const %s %s[%d] = {' % (kind, name, len(values)))
    line = '   '
    for v in values:
        text = ' %s,' % (int(v) if kind != 'double' else repr(float(v)))
        if len(line) + len(text) > 78:
            print(line)
            line = '   '
        line += text
    print(line + '\n};')


print('''/* SPDX-License-Identifier: MIT
 * Made by tests/reference/surrogate_ref.py (scikit-learn %s, PyTorch %s);
 * do not edit. */
#ifndef SURROGATE_REF_H
#define SURROGATE_REF_H

#include <stdint.h>
''' % (sklearn.__version__, torch.__version__))

# ---- a Gaussian process of given length scales ----
n, d = 30, 6
x = rng.normal(size=(n, d))
y = np.sin(x @ rng.normal(size=d)) + 0.1 * rng.normal(size=n)
t = rng.normal(size=(8, d))
length = np.exp(rng.normal(size=d) * 0.5 + 1)
eta = 0.02
z = x / length
r = np.exp(-0.5 * ((z[:, None] - z[None]) ** 2).sum(2))
v = y @ np.linalg.solve(r + eta * np.eye(n), y) / n
kernel = (ConstantKernel(v, 'fixed') * RBF(length, 'fixed')
          + WhiteKernel(v * eta, 'fixed'))
gp = GaussianProcessRegressor(kernel, alpha=0, optimizer=None).fit(x, y)
array('double', 'ref_gp_x', x)
array('double', 'ref_gp_y', y)
array('double', 'ref_gp_t', t)
array('double', 'ref_gp_length', np.log(length))
array('double', 'ref_gp_mean', gp.predict(t))
print('static const double ref_gp_noise = %r, ref_gp_v = %r;' %
      (float(np.log(eta)), float(v)))
print('static const double ref_gp_likelihood = %r;' %
      float(gp.log_marginal_likelihood_value_))

# ---- three steps of Adam ----
torch.manual_seed(1)
net = torch.nn.ModuleList([torch.nn.Linear(a, b)
                           for a, b in ((5, 4), (4, 6), (6, 3), (3, 1))])
x, y = torch.randn(7, 5), 3 * torch.randn(7)
keep = (torch.rand(7, 3) > 0.2) / 0.8


def forward(a):
    for layer in net[:-1]:
        a = torch.relu(layer(a))
    return net[-1](a * keep)[:, 0]


def parameters():     # ours are (in, out)
    return np.concatenate([v.detach().numpy().T.ravel() for layer in net
                           for v in (layer.weight, layer.bias)])


array('double', 'ref_dense_start', parameters())
adam = torch.optim.Adam(net.parameters(), lr=0.01)
losses = []
for step in range(3):
    adam.zero_grad()
    loss = torch.nn.functional.smooth_l1_loss(forward(x), y)
    loss.backward()
    losses.append(loss.item())
    if not step:
        array('double', 'ref_dense_grad', np.concatenate(
            [v.grad.numpy().T.ravel() for layer in net
             for v in (layer.weight, layer.bias)]))
    adam.step()
array('double', 'ref_dense_x', x.numpy())
array('double', 'ref_dense_y', y.numpy())
array('double', 'ref_dense_keep', keep.numpy())
array('double', 'ref_dense_loss', losses)
array('double', 'ref_dense_end', parameters())

# ---- 200 networks, and a target that is smooth but for pairs of genes ----
TOOLS = os.environ.get('BIN', 'build/release/bin')
dump = subprocess.run('%s/ofa-sample -n 200 --corners --seed 7 | '
                      '%s/stream-dump -r' % (TOOLS, TOOLS), shell=True,
                      check=True, capture_output=True, text=True).stdout
genomes = np.array([json.loads(line)['genome'] for line in dump.splitlines()])
n, d = genomes.shape
order = rng.permutation(n)          # the corners go somewhere
genomes = genomes[order]
single = (np.sqrt(genomes + 0.3) * np.abs(rng.normal(size=d))
          * np.where(np.arange(d) < d - 5, 1, 3)).sum(1)
pairs = sum(rng.normal() * (genomes[:, i] - 1) * (genomes[:, j] - 1)
            for i, j in rng.integers(0, d, (25, 2)))
score = single / single.std() + 0.5 * pairs / pairs.std()
score = (score - score.mean()) / score.std()
accuracy = 0.75 - 0.05 * np.exp(-0.8 * score) + 0.005 * rng.normal(size=n)
print('static const char *const ref_genomes[%d] = {' % n)
for g in genomes:
    print('    "%s",' % ''.join(map(str, g)))
print('};')
array('double', 'ref_accuracy', accuracy)
FOLDS = 5


def fold_tau(fit):
    """Mean over five folds of neighbours, as the test has them."""
    tau = []
    for k in range(FOLDS):
        test = np.arange(k * n // FOLDS, (k + 1) * n // FOLDS)
        train = np.setdiff1d(np.arange(n), test)
        mean, std = genomes[train].mean(0), genomes[train].std(0)
        std[std == 0] = 1
        y_mean, y_std = accuracy[train].mean(), accuracy[train].std()
        guess = fit((genomes[train] - mean) / std,
                    (accuracy[train] - y_mean) / y_std,
                    (genomes[test] - mean) / std)
        tau.append(kendalltau(guess, accuracy[test])[0])
    return np.mean(tau)


def gaussian(length):
    def fit(x, y, t):
        kernel = (ConstantKernel(10, (1e-2, 1e5)) * RBF(length, (1e-1, 1e3))
                  + WhiteKernel(0.01, (1e-8, 1e1)))
        return GaussianProcessRegressor(kernel).fit(x, y).predict(t)
    return fit


def mlp(seed):
    """The recipe of libcommon/surrogate/mlp.c."""
    def fit(x, y, t):
        torch.manual_seed(seed)
        torch.set_default_dtype(torch.float32)
        nn = torch.nn
        net = nn.Sequential(nn.Linear(d, 300), nn.ReLU(), nn.Linear(300, 300),
                            nn.ReLU(), nn.Linear(300, 300), nn.ReLU(),
                            nn.Dropout(0.2), nn.Linear(300, 1))
        x, y, t = (torch.tensor(v, dtype=torch.float32) for v in (x, y, t))
        order = torch.randperm(len(y))
        held, train = order[:len(y) // 5], order[len(y) // 5:]
        batches = -(-len(train) // 32)
        adam = torch.optim.Adam(net.parameters(), lr=8e-4)
        cosine = torch.optim.lr_scheduler.CosineAnnealingLR(adam, 300 * batches)
        loss_of = nn.SmoothL1Loss()
        best, best_epoch, kept = np.inf, 0, None
        for epoch in range(300):
            if epoch > best_epoch + 20:
                break
            net.train()
            for part in torch.randperm(len(train)).tensor_split(batches):
                part = train[part]
                adam.zero_grad()
                loss_of(net(x[part])[:, 0], y[part]).backward()
                adam.step()
                cosine.step()
            net.eval()
            with torch.no_grad():
                loss = loss_of(net(x[held])[:, 0], y[held]).item()
            if loss < best:
                best, best_epoch = loss, epoch
                kept = copy.deepcopy(net.state_dict())
        net.load_state_dict(kept)
        with torch.no_grad():
            return net(t)[:, 0].numpy()
    return fit


figures = {
    'gp': fold_tau(gaussian(np.full(d, 7.))),
    'gp_common': fold_tau(gaussian(7.)),
    'mlp': np.mean([fold_tau(mlp(seed)) for seed in range(5)]),
}
for name, tau in figures.items():
    print('static const double ref_tau_%s = %.3f;' % (name, tau))
    print(name, '%.3f' % tau, file=sys.stderr)
print('\n#endif')
