#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# CIFAR-10 as folders of PNG and, class by class, as binary files, to see that
# data-import makes the same set of both:
#   tests/reference/cifar_folders.py cifar-10-batches-bin OUT [IMAGES]
#   data-import --name=x --no-provenance OUT/png -o png.mpz
#   data-import --name=x --no-provenance OUT/bin -o bin.mpz
#   cmp png.mpz bin.mpz
# IMAGES: of the training set, 10000 by default; the test set has a fifth.
import os
import sys

import numpy as np
from PIL import Image


def records(folder, names, count):
    data = b"".join(open(os.path.join(folder, n), "rb").read() for n in names)
    return np.frombuffer(data, np.uint8).reshape(-1, 3073)[:count]


def write(out, split, name, rec, classes):
    rec = rec[np.argsort(rec[:, 0], kind="stable")]
    rec.tofile(os.path.join(out, "bin", name))
    for i, r in enumerate(rec):
        folder = os.path.join(out, "png", split, classes[r[0]])
        os.makedirs(folder, exist_ok=True)
        pixels = r[1:].reshape(3, 32, 32).transpose(1, 2, 0)
        Image.fromarray(np.ascontiguousarray(pixels)).save(
            os.path.join(folder, "%05d.png" % i))


def main():
    source, out = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 10000
    classes = open(os.path.join(source, "batches.meta.txt")).read().split()
    os.makedirs(os.path.join(out, "bin"))
    with open(os.path.join(out, "bin", "batches.meta.txt"), "w") as f:
        f.write("\n".join(classes) + "\n")
    train = ["data_batch_%d.bin" % i for i in range(1, 6)]
    write(out, "train", "data_batch_1.bin", records(source, train, count),
          classes)
    write(out, "test", "test_batch.bin",
          records(source, ["test_batch.bin"], count // 5), classes)


main()
