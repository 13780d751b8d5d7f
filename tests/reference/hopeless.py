#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Values for test_hopeless.c: the least loss at which an exit has hope.

For each of a few splits of random logits, every threshold on the largest softmax
is tried, with NumPy, and the smallest loss of accuracy to the final exit is
printed over those that let a hundredth of the samples leave.  The logits come from
a generator that the test has as well.
"""
import numpy as np

CLASSES = 3


class Numbers:
    """The linear congruential generator of ISO C's example, upper bits."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state * 1103515245 + 12345) % 2**31
        return (self.state >> 16) % n


def logits(numbers, labels, skill):
    """Every third sample is as sure as the one before."""
    out = np.zeros((len(labels), CLASSES), np.float32)
    for i, y in enumerate(labels):
        if i % 3 == 2:
            out[i] = out[i - 1]
            continue
        for k in range(CLASSES):
            out[i, k] = numbers.below(4096) / 1024
        if numbers.below(100) < skill:
            out[i, y] += 2
    return out


def least_loss(exit_logits, final, labels):
    z = exit_logits.astype(float)
    p = np.exp(z - z.max(1, keepdims=True))
    sure = (p / p.sum(1, keepdims=True)).max(1)
    right = exit_logits.argmax(1) == labels
    final_right = final.argmax(1) == labels
    best = np.inf
    for t in np.unique(sure):
        leave = sure >= t - 1e-12
        if leave.sum() >= np.ceil(0.01 * len(labels)):
            best = min(best, final_right[leave].mean() - right[leave].mean())
    return best


for seed, n, skill, final_skill in (
        (1, 50, 5, 60), (2, 300, 0, 95), (3, 99, 70, 70), (4, 101, 0, 100),
        (5, 1000, 40, 95), (6, 7, 0, 100), (7, 640, 0, 60)):
    numbers = Numbers(seed)
    labels = np.array([numbers.below(CLASSES) for _ in range(n)])
    a = logits(numbers, labels, skill)
    b = logits(numbers, labels, final_skill)
    print("    {%d, %d, %d, %d, %.17g}," % (
        seed, n, skill, final_skill, least_loss(a, b, labels)))
