#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Small WFDB records with the samples and annotations that went into them.
#   tests/reference/wfdb.py >tests/unit/wfdb_ref.h
# Written after the description of the formats in header(5), signal(5) and annot(5)
# of the WFDB Applications Guide, knowing nothing of the C code.
import struct

import numpy as np

rng = np.random.default_rng(212)


def array(kind, name, values, form):
    print(f"static const {kind} {name}[] = {{")
    line = "   "
    for v in values:
        text = " " + form % v + ","
        if len(line + text) > 79:
            print(line)
            line = "   "
        line += text
    print(line)
    print("};\n")


def pack212(v):
    """Pairs of samples of 12 bits in three bytes; an odd last one takes two."""
    v = np.asarray(v) & 0xfff
    out = bytearray()
    for i in range(0, len(v), 2):
        a, b = v[i], v[i + 1] if i + 1 < len(v) else 0
        out += bytes([a & 255, a >> 8 | (b >> 8) << 4, b & 255])
    return bytes(out[:len(out) - len(v) % 2])


def pack16(v):
    return np.asarray(v).astype("<i2").tobytes()


records = []


def freeze(name, header, files, signals):
    """signals: of each, the index of its file and its millivolts."""
    records.append((name, header, files, signals))


def total(v):
    return (int(np.sum(v)) + 32768) % 65536 - 32768


a = rng.integers(-2047, 2048, (7, 2))
freeze("two signals in 212",
       f"100 2 360 7\n100.dat 212 200 11 1024 {a[0, 0]} {total(a[:, 0])} 0 MLII\n"
       f"100.dat 212 200 11 1024 {a[0, 1]} {total(a[:, 1])} 0 V5\n# remark\n",
       [pack212(a.ravel())],
       [(0, (a[:, 0] - 1024) / 200), (0, (a[:, 1] - 1024) / 200)])
b = rng.integers(-2047, 2048, 5)
freeze("an odd number of samples in 212, no gain, no rate",
       "# a remark in front\r\nodd 1\r\nodd.dat 212\r\n", [pack212(b)],
       [(0, b / 200)])
c = rng.integers(-32767, 32768, (6, 3))
freeze("three signals in 16, an offset, a counter, a baseline, units",
       "x_1 3 500.5/1000(-3) 6 12:00:00 01/02/2003\n"
       f"s.dat 16+5 1000.5(-12)/uV 16 7 0 {total(c[:, 0])} 0 lead one\n"
       f"s.dat 16+5 0.25/V 16 7 0 {total(c[:, 1])} 0 II\n\n"
       "s.dat 16+5 0 12\n",
       [b"12345" + pack16(c.ravel())],
       [(0, (c[:, 0] + 12) / 1000.5 / 1000), (0, (c[:, 1] - 7) / .25 * 1000),
        (0, c[:, 2] / 200)])
d = rng.integers(-2047, 2048, 4)
f = rng.integers(-32767, 32768, (4, 2))
freeze("signals in files of their own",
       "two 3 250 4\na.dat 16 100 16 0 0 0\nb.dat 212 100/mV\n"
       "a.dat 16 100(5)\n".replace(" 0 0 0\n", f" 0 0 {total(f[:, 0])}\n"),
       [pack16(f.ravel()), pack212(d)],
       [(0, f[:, 0] / 100), (1, d / 100), (0, (f[:, 1] - 5) / 100)])
g = np.array([-2048, 100, -2048, -2048, 300])
freeze("missing samples keep the value before them", "m 1 100 5\nm.dat 212 100\n",
       [pack212(g)], [(0, np.array([0, 1, 1, 1, 3.]))])

# ---- annotations ----

MNEMONICS = {"N": 1, "V": 5, "A": 8, "/": 12, "+": 28, '"': 22, "~": 14}


def word(code, low):
    return struct.pack("<H", code << 10 | low)


def skip(n):
    n &= 0xffffffff
    return word(59, 0) + struct.pack("<HH", n >> 16, n & 0xffff)


def aux(text):
    return word(63, len(text)) + text + b"\0" * (len(text) % 2)


END = b"\0\0"
notes = [
    (word(28, 18) + aux(b"(N\0") + word(1, 59) + word(61, 3) + word(62, 1) +
     word(60, 0x3ff) + skip(5000) + word(5, 20) + word(8, 0) +
     skip(70000) + word(12, 1023) + END,
     [(18, "+"), (77, "N"), (5097, "V"), (5097, "A"), (76120, "/")]),
    (word(22, 0) + aux(b"## time resolution: 360") + word(1, 5) + END + b"rest",
     [(0, '"'), (5, "N")]),
    (skip(100) + skip(-40) + word(14, 1) + word(0, 9) + word(1, 1) + END,
     [(61, "~"), (71, "N")]),
    (END, []),
]

print("/* SPDX-License-Identifier: MIT")
print(" * Written by tests/reference/wfdb.py with NumPy %s. */" % np.__version__)
for i, (name, header, files, signals) in enumerate(records):
    for k, v in enumerate(files):
        array("uint8_t", f"record_{i}_file_{k}", v, "%d")
    for k, (_, v) in enumerate(signals):
        array("double", f"record_{i}_signal_{k}", v, "%.9g")
print("""static const struct record_ref {
    const char *name, *header;
    size_t n; /* signals */
    struct {
        const uint8_t *bytes;
        size_t n;
        const double *mv;
        size_t samples;
    } signals[3];
} record_refs[] = {""")
for i, (name, header, files, signals) in enumerate(records):
    text = header.replace("\r", "\\r").replace("\n", '\\n"\n     "')
    print(f'    {{"{name}",\n     "{text}",\n     {len(signals)},\n     {{')
    for k, (at, v) in enumerate(signals):
        print(f"         {{record_{i}_file_{at}, {len(files[at])}, "
              f"record_{i}_signal_{k}, {len(v)}}},")
    print("     }},")
print("};\n")
for i, (raw, v) in enumerate(notes):
    array("uint8_t", f"notes_bytes_{i}", raw, "%d")
    if v:
        array("struct wfdb_note", f"notes_{i}",
              [(at, MNEMONICS[m]) for at, m in v], "{%d, %d}")
print("""static const struct notes_ref {
    const uint8_t *bytes;
    size_t n;
    const struct wfdb_note *v;
    size_t count;
} notes_refs[] = {""")
for i, (raw, v) in enumerate(notes):
    print(f"    {{notes_bytes_{i}, {len(raw)}, {f'notes_{i}' if v else 'NULL'}, "
          f"{len(v)}}},")
print("};")
