# SPDX-License-Identifier: MIT
# What the peers' sides share: bench.h's twin.
import statistics
import sys
import time

WARM, LEAST, MOST = 3, 5, 10000


def say(value, key):
    print(f"{key}\t{value:.6g}")


def fact(value, key):
    print(f"={key}\t{int(value)}")


def seconds_of(seconds, run, clock=time.perf_counter):
    """Median time of a call, of as many as fit."""
    for _ in range(WARM):
        run()
    times = []
    start = clock()
    end = start + seconds
    while len(times) < MOST and (len(times) < LEAST or start < end):
        run()
        stop = clock()
        times.append(stop - start)
        start = stop
    return statistics.median(times)


def missing(what):
    """bench.sh takes status 77 as "not there" and shows what was said."""
    sys.exit((print(f"{what} is not installed for {sys.executable} "
                    "(make deps-dev)", file=sys.stderr), 77)[1])
