#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Losses of mixed samples from PyTorch's autograd, in double, for test_losses_f64.c:
#   /usr/bin/python3 tests/reference/mixup.py >tests/unit/mixup_ref.h
import torch
from torch.nn import functional as F

torch.manual_seed(11)
torch.set_default_dtype(torch.float64)
N, B, K = 5, 3, 4
SHARE = 0.3     # of the first label: the other one leads


def leaving(raw):
    c = torch.cat([torch.sigmoid(raw), torch.ones(N, 1)], 1)
    left = torch.cumprod(torch.cat([torch.ones(N, 1), 1 - c[:, :-1]], 1), 1)
    return c * left


def final(f, raw, weight=None, smooth=0.):
    """Both labels by CrossEntropyLoss, each with a weighted mean of its own"""
    ce = torch.nn.CrossEntropyLoss(weight=weight, label_smoothing=smooth)
    return SHARE * ce(f[-1], y) + (1 - SHARE) * ce(f[-1], z)


def target():
    return SHARE * F.one_hot(y, K) + (1. - SHARE) * F.one_hot(z, K)


def mixture(f, raw):
    cr = leaving(raw)
    mixed = sum(cr[:, i:i + 1] * f[i] for i in range(B - 1))
    return F.cross_entropy(f[-1], target()) + F.cross_entropy(mixed, target())


def weighted(f, raw, smooth=0.):
    cr = leaving(raw)
    return sum((cr[:, i] * F.cross_entropy(f[i], target(), reduction='none',
                                           label_smoothing=smooth)).mean()
               for i in range(B))


def joint(f, raw):
    """Class weights of both labels"""
    return sum(final([v], raw, WEIGHTS) for v in f)


def conf(f, raw):
    total = 0
    for i in range(B - 1):
        t = (f[i].argmax(1) == z).double()
        w = torch.where(t > 0, 0.5 / t.sum(), 0.5 / (N - t.sum()))
        total = total + F.binary_cross_entropy(torch.sigmoid(raw[:, i]), t, w,
                                               reduction='sum')
    return total / (B - 1)


def peak(f, raw):
    return F.mse_loss(torch.sigmoid(raw), SUPPORT[z])


def show(name, t, of=''):
    print('static const double mix_%s[] = {' % name)
    flat = t.reshape(-1).tolist()
    for i in range(0, len(flat), 3):
        print('    ' + ' '.join('%.17g,' % v for v in flat[i:i + 3]))
    print('};')


f = [(2 * torch.randn(N, K)).requires_grad_() for _ in range(B)]
raw = torch.randn(N, B - 1).requires_grad_()
y = torch.tensor([0, 3, 1, 2, 0])
z = y.flip(0)       # the weights of all are those of y
with torch.no_grad():
    for i in range(B - 1):
        f[i][i, z[i]] += 6
        f[i][i + 2, z[i + 2]] -= 6
SUPPORT = torch.rand(K, B - 1)
WEIGHTS = torch.tensor([0.25, 3., 1., 5.])
CASES = [('LOSS_FINAL', '0', False, 0, final),
         ('LOSS_FINAL', '0', False, 0.1,
          lambda f, raw: final(f, raw, smooth=0.1)),
         ('LOSS_ACC', 'ACC_MIXTURE', False, 0, mixture),
         ('LOSS_ACC', 'ACC_WEIGHTED', False, 0.1,
          lambda f, raw: weighted(f, raw, 0.1)),
         ('LOSS_ACC', 'ACC_JOINT', True, 0, joint),
         ('LOSS_CONF', '0', False, 0, conf),
         ('LOSS_PEAK', '0', False, 0, peak)]
print("""/* SPDX-License-Identifier: MIT
 * Made by tests/reference/mixup.py (PyTorch %s). */
enum { MIX_N = %d, MIX_B = %d, MIX_K = %d };
static const double mix_share = %g;
static const int32_t mix_labels[] = {%s}, mix_others[] = {%s};"""
      % (torch.__version__.split('+')[0], N, B, K, SHARE,
         ', '.join(str(int(v)) for v in y), ', '.join(str(int(v)) for v in z)))
show('logits', torch.stack(f).detach())
show('raw', raw.detach())
show('support', SUPPORT)
show('weights', WEIGHTS)
rows = []
for i, (term, form, weighed, smooth, fn) in enumerate(CASES):
    loss = fn(f, raw)
    g = torch.autograd.grad(loss, f + [raw], allow_unused=True)
    d = [torch.zeros_like(x) if v is None else v for v, x in zip(g, f + [raw])]
    show('logits_%d' % i, torch.stack(d[:-1]))
    show('raw_%d' % i, d[-1])
    rows.append('    {%s, %s, %s, %g, %.17g, mix_logits_%d, mix_raw_%d}'
                % (term, form, 'true' if weighed else 'false', smooth,
                   loss.item(), i, i))
print('#define MIX_CASES \\\n' + ', \\\n'.join(rows))
