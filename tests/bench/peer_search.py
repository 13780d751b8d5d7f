# SPDX-License-Identifier: MIT
# The other side of bench_search.c: DEAP on the same points.
#     peer_search.py [MS]         200: spent on each figure
# Says in ms:
#     sort.N.M        sortLogNondominated and crowding distances
#     search.N.M      sortLogNondominated alone
#     volume.N.M      hypervolume, DEAP's in C
import math
import sys
import time

import peer

try:
    import numpy
    from deap import base
    from deap.tools import emo
    from deap.tools._hypervolume import hv
except ImportError:
    peer.missing("DEAP")

SECONDS = 1e-3 * float(sys.argv[1] if len(sys.argv) > 1 else 200)


class Point:
    def __init__(self, fitness, values):
        self.fitness = fitness(values)


def random_rows(n, m):
    x, values = 1, []
    for _ in range(n * m):
        x = (x * 6364136223846793005 + 1442695040888963407) % 2**64
        values.append((x >> 11) * 2.0**-53)
    return [values[i:i + m] for i in range(0, n * m, m)]


def on_sphere(row):
    length = math.sqrt(sum(v * v for v in row))
    return [v / length for v in row]


def measure(n, m):
    class Fitness(base.Fitness):
        weights = (-1.0,) * m

    rows = random_rows(n, m)
    points = [Point(Fitness, row) for row in rows]
    front = numpy.array([on_sphere(row) for row in rows])
    reference = numpy.ones(m)

    def sort():
        return emo.sortLogNondominated(points, n)

    def sort_and_crowd():
        for front in sort():
            emo.assignCrowdingDist(front)

    def volume():
        return hv.hypervolume(front, reference)

    peer.fact(len(sort()), f"fronts.{n}.{m}")
    peer.fact(len(sort()[0]), f"first.{n}.{m}")
    peer.fact(1e6 * volume(), f"volume.{n}.{m}")
    for key, run in (("sort", sort_and_crowd), ("search", sort),
                     ("volume", volume)):
        t = peer.seconds_of(SECONDS, run, time.process_time)
        peer.say(1e3 * t, f"{key}.{n}.{m}")


for count in (1000, 5000):
    for objectives in (2, 3):
        measure(count, objectives)
