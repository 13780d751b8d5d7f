#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# A trace of 90 samples in 5 classes at 3 exits, and what scikit-learn says of the
# predictions of its final exit, of the second one, and of a run that leaves by the
# margin:
#     /usr/bin/python3 tests/reference/answers.py trace >tests/tools/answers.json
#     /usr/bin/python3 tests/reference/answers.py figures >tests/tools/answers.tsv
import json
import sys

import numpy as np
from sklearn.metrics import (accuracy_score, balanced_accuracy_score,
                             confusion_matrix, precision_recall_fscore_support)

CLASSES, SAMPLES, EXITS = 5, 90, 3
THRESHOLDS = [0.5, 0.25]
NAMES = ['cat', 'dog', 'horse', 'label', 'dog']

rng = np.random.default_rng(14)
labels = rng.choice(CLASSES, SAMPLES, p=[0.4, 0.3, 0.2, 0.1, 0])
logits = []
for k in range(EXITS):
    z = rng.normal(size=(SAMPLES, CLASSES))
    z[np.arange(SAMPLES), labels] += 0.8 + 0.6 * k
    z[labels == 1, 0] += 1.5  # dogs pass for cats
    logits.append(z.astype(np.float32))


def softmax(z):
    p = np.exp(z.astype(float) - z.max(1, keepdims=True))
    return p / p.sum(1, keepdims=True)


def margin(z):
    p = np.sort(softmax(z), 1)
    return p[:, -1] - p[:, -2]


taken = np.full(SAMPLES, EXITS - 1)
for k in reversed(range(EXITS - 1)):
    taken[margin(logits[k]) >= THRESHOLDS[k]] = k
answered = np.array(logits)[taken, np.arange(SAMPLES)]


def array(dtype, v):
    v = np.asarray(v)
    return {'dtype': dtype, 'shape': list(v.shape), 'values': v.ravel().tolist()}


def trace(policy):
    names = ''.join('%s/%03d.png\0' % (NAMES[c], i) for i, c in
                    enumerate(labels)).encode()
    head = {'type': 'trace',
            'summary': {'arch': None, 'space': None, 'genome': [],
                        'net': ('1' if policy else '0') * 32},
            'split': 'test', 'samples': SAMPLES, 'classes': CLASSES,
            'exits': EXITS, 'policy': policy}
    if policy:
        head.update(rule='margin', thresholds=THRESHOLDS)
    head.update(labels=array('i32', labels),
                taken=array('u8', taken if policy else []),
                names=array('u8', list(names)), dataset='animals',
                class_names=NAMES)
    print(json.dumps(head))
    for k, z in enumerate([answered] if policy else logits):
        print(json.dumps({'type': 'exit-trace', 'exit': -1 if policy else k,
                          'logits': array('f32', z),
                          'confidence': array('f32', [])}))


def figures(name, z, keep=slice(None), left=taken):
    y, p, left = labels[keep], z.argmax(1)[keep], left[keep]
    every = range(CLASSES)
    for row, counts in enumerate(confusion_matrix(y, p, labels=every)):
        print(name, 'confusion', row, *counts, sep='\t')
    precision, recall, f1, support = precision_recall_fscore_support(
        y, p, labels=every, zero_division=0)
    for c in every:
        print(name, 'class', c, support[c], repr(precision[c]),
              repr(recall[c]), repr(f1[c]), sep='\t')
    seen = np.flatnonzero(support)
    print(name, 'overall', len(y), repr(accuracy_score(y, p)),
          repr(balanced_accuracy_score(y, p)), seen[recall[seen].argmin()],
          sep='\t')
    best = np.exp(z.astype(float)).max(1) / np.exp(z.astype(float)).sum(1)
    score = margin(z) if name.startswith('policy') else best
    for i in np.arange(SAMPLES)[keep]:
        print(name, 'sample', i, '%s/%03d.png' % (NAMES[labels[i]], i),
              NAMES[labels[i]], NAMES[z[i].argmax()],
              taken[i] + 1 if name.startswith('policy') else name[-1],
              repr(score[i]), sep='\t')


if sys.argv[1] == 'trace':
    trace(False)
    trace(True)
else:
    figures('exit3', logits[2])
    figures('exit2', logits[1])
    figures('policy', answered)
    figures('policy2', answered, taken == 1)
