#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What networks of net-zoo take on PSoC 6: writes tests/unit/platform_ref.h.

    BIN=build/release/bin /usr/bin/python3 tests/reference/platform_costs.py \\
        >tests/unit/platform_ref.h

Graphs and the platform are read as text; their costs are computed here, layer by
layer, with exact fractions, and memory by playing the network with a table of
buffers, each of which is dropped behind its last reader."""
import json
import os
import subprocess
import sys
from fractions import Fraction
from math import prod

PLATFORM = "pipelines/platforms/psoc6-measured.json"
NETS = ["ds-cnn-l", "resnet8", "ecg-cnn"]
UNIT = 1                                # bytes of an int8
CLASSES = ["other", "conv", "pointwise", "depthwise", "linear"]


def tool(*args, stdin=None):
    return subprocess.run([os.environ["BIN"] + "/" + args[0], *args[1:]],
                          input=stdin, stdout=subprocess.PIPE, check=True).stdout


def class_of(layer):
    if layer["op"] == "linear":
        return "linear"
    if layer["op"] != "conv":
        return "other"
    if layer["groups"] > 1:
        return "depthwise"
    return "pointwise" if layer["kernel"] == [1, 1] else "conv"


def seconds(layer, processor):
    if not layer["macs"]:
        return Fraction(0)              # the platform has no bytes_per_s
    rates = {r["op"]: r["macs_per_s"] for r in processor["rates"]
             if r["precision"] == "int8"}
    rate = rates.get(class_of(layer), rates.get("other"))
    return Fraction(layer["macs"]) / Fraction(rate)


def weights(layer):
    return sum(prod(b["shape"]) for b in layer.get("bindings", []))


class Play:
    """A network that runs, as far as memory goes."""
    def __init__(self, net):
        self.net, self.layers = net, net["layers"]
        self.heads = [range(x["first"], x["last"] + 1) for x in net["exits"]]
        self.trunk = [i for i in range(len(self.layers))
                      if not any(i in h for h in self.heads)]
        self.size = {-1: prod(net["input"])}
        self.size.update({i: prod(l["out"]) for i, l in enumerate(self.layers)})

    def owner(self, i):
        while i >= 0 and self.layers[i]["op"] == "flatten":
            i = self.layers[i]["inputs"][0]
        return i

    def reads(self, i):
        return {self.owner(k) for k in self.layers[i]["inputs"]}

    def wanted(self, after):
        """What the trunk behind layer `after`, or its final head, reads of it."""
        later = [i for i in self.trunk if i > after] + list(self.heads[-1])
        read = set().union(*[self.reads(i) for i in later]) if later else set()
        return {v for v in read if v <= after and
                (v < 0 or v in self.trunk)}

    def bytes(self, values):
        return UNIT * sum(self.size[v] for v in values)

    def segment(self, start, end):
        """Layers (start, end] of the trunk.  Returns the peak."""
        there = set(self.wanted(start))
        peak = self.bytes(there)
        for i in self.trunk:
            if not start < i <= end:
                continue
            if self.owner(i) == i:
                there.add(i)
            peak = max(peak, self.bytes(there))
            there &= self.wanted(i)
        return peak

    def branch(self, x):
        exit = self.net["exits"][x]
        final = x + 1 == len(self.heads)
        kept = self.wanted(exit["tap"])
        there = kept | {self.owner(exit["tap"])}
        peak = self.bytes(there)
        head = list(self.heads[x])
        for n, i in enumerate(head):
            if self.owner(i) == i:
                there.add(i)
            peak = max(peak, self.bytes(there))
            read = set().union(*[self.reads(k) for k in head[n + 1:]]) \
                if n + 1 < len(head) else set()
            there = {v for v in there if v in read or
                     (not final and v not in head)}
        return peak


def row(values, form):
    text, line = "", ""
    for v in values:
        if len(line) + 26 > 78:
            text, line = text + line.rstrip() + "\n         ", ""
        line += form(v) + ", "
    return text + line.rstrip(", ")


def real(v):
    return "%.17g" % float(v)


def main():
    with open(PLATFORM) as f:
        platform = json.load(f)
    link = platform["links"][0]
    print("/* SPDX-License-Identifier: MIT\n"
          " * Made by tests/reference/platform_costs.py; do not edit. */\n"
          "#ifndef PLATFORM_REF_H\n#define PLATFORM_REF_H\n\n"
          "#include \"libcommon/platform/platform.h\"\n")
    for p in platform["processors"]:
        print("static struct platform_rate ref_rates_%s[] = {" % p["name"])
        for r in p["rates"]:
            print("    {RATE_%s, PRECISION_%s, %s}," %
                  (r["op"].upper(), r["precision"].upper(),
                   real(r["macs_per_s"])))
        print("};")
    print("static const double ref_bytes_per_s = %s;" % real(link["bytes_per_s"]))
    print("\n#define REF_BOUNDARIES 8\n"
          "/* (processors, boundaries), (boundaries) and (boundaries, "
          "boundaries) */\n"
          "static const struct platform_ref {\n"
          "    const char *name;\n"
          "    size_t boundaries;\n"
          "    double seconds[2][REF_BOUNDARIES], branch[2][REF_BOUNDARIES];\n"
          "    double transfer[REF_BOUNDARIES];\n"
          "    int64_t storage[REF_BOUNDARIES], branch_storage[REF_BOUNDARIES];\n"
          "    int64_t branch_ram[REF_BOUNDARIES];\n"
          "    int64_t ram[REF_BOUNDARIES][REF_BOUNDARIES];\n"
          "} platform_ref[] = {")
    for name in NETS:
        net = json.loads(tool("stream-dump", "-r", stdin=tool(
            "net-zoo", name, "--exits=all")).splitlines()[0])
        play = Play(net)
        taps = [-1] + [x["tap"] for x in net["exits"]]
        b = len(taps)

        def upto(t, f):
            return sum((f(net["layers"][i]) for i in play.trunk if i <= t),
                       Fraction(0))

        def head(x, f):
            return sum((f(net["layers"][i]) for i in play.heads[x]),
                       Fraction(0))

        print("    {\"%s\"," % name)
        print("     %d," % b)
        for f in (lambda p: [upto(t, lambda l: seconds(l, p)) for t in taps],
                  lambda p: [0] + [head(x, lambda l: seconds(l, p))
                                   for x in range(b - 1)]):
            print("     {" + ",\n      ".join(
                "{" + row(f(p), real) + "}"
                for p in platform["processors"]) + "},")
        print("     {" + row([Fraction(play.bytes(play.wanted(t))) /
                              Fraction(link["bytes_per_s"]) for t in taps],
                             real) + "},")
        for v in ([UNIT * upto(t, weights) for t in taps],
                  [0] + [UNIT * head(x, weights) for x in range(b - 1)],
                  [0] + [play.branch(x) for x in range(b - 1)]):
            print("     {" + row(v, lambda n: "%d" % n) + "},")
        print("     {" + ",\n      ".join(
            "{" + row([play.segment(taps[i], taps[j]) if j > i else 0
                       for j in range(b)], lambda n: "%d" % n) + "}"
            for i in range(b)) + "}},")
    print("};\n\n#endif")


if __name__ == "__main__":
    sys.exit(main())
