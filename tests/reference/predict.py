#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# What the network of tests/tools/eenn-predict.t says of some pictures, worked out
# with PIL and NumPy: prints the table that stands there.
#     /usr/bin/python3 tests/reference/predict.py
# The network takes the mean of 8x8 pixels; an early exit with a confidence unit
# and the final exit are linear layers on it.
import pathlib

import numpy
from PIL import Image, ImageOps

pictures = pathlib.Path(__file__).parent.parent / "pictures"
names = ["ash", "oak", "elm"]
mean, deviation = numpy.array([0.5, 0.25, 0.375]), numpy.array([0.25, 0.5, 0.125])
early = numpy.array([[1, -2, 0.5], [-1, 1, 0.25], [0.5, 0.5, -1], [0.5, 0.5, 0.25]])
bias = numpy.array([0, 0, 0.25, 0.5])
final = numpy.array([[2, 0, 0.5], [0, 1, 0.5], [-1, 0.5, 0.25]])


def pixels(path):
    p = ImageOps.exif_transpose(Image.open(path))
    if p.mode == "RGBA":
        p = Image.alpha_composite(Image.new("RGBA", p.size, "black"), p)
    p = p.convert("RGB")
    side = min(p.size)
    left, top = (p.width - side) / 2, (p.height - side) / 2
    box = (left, top, left + side, top + side)
    return numpy.asarray(p.resize((8, 8), Image.BILINEAR, box=box)) / 255


def softmax(z, temperature):
    e = numpy.exp((z - z.max()) / temperature)
    return e / e.sum()


def answer(path, rule, threshold, temperatures):
    x = ((pixels(path) - mean) / deviation).mean((0, 1))
    z = early @ x + bias
    c = 1 / (1 + numpy.exp(-z[3]))
    p = softmax(z[:3], temperatures[0])
    top = numpy.sort(p)[::-1]
    score = c if rule == "cumulative" else top[0] - top[1]
    exit = 1
    if score < threshold:
        p = softmax(final @ x, temperatures[1])
        top = numpy.sort(p)[::-1]
        score = 1 if rule == "cumulative" else top[0] - top[1]
        exit = 2
    return names[p.argmax()], p.max(), score, exit, [12, 21][exit - 1]


for rule, threshold, temperatures in ("cumulative", 0.65, (1, 1)), ("margin", 0.1, (2, 0.5)):
    for name in "a.jpg", "d.jpg", "rgba.png", "scene.png", "turned6.JPG":
        print(rule, name, "%s %.3f %.3f %d %d" % answer(pictures / name, rule, threshold, temperatures))
