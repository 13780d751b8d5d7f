#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Small WAV files with the samples that are in them, and features of a clip as
# NumPy and SciPy compute them in double.
#   tests/reference/sound.py >tests/unit/sound_ref.h
# Files are put together here, chunk by chunk, and read by SciPy or, where it has no
# decoder, by Python's audioop; the features know nothing of the C code but its
# definition (libcommon/sound/sound_features.h).
import audioop
import io
import struct
import sys
import warnings

import numpy as np
import scipy
from scipy.fft import dct
from scipy.io import wavfile
from scipy.signal import get_window, resample_poly

rng = np.random.default_rng(15)


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


# ---- files ----

GUID = bytes.fromhex("00001000800000aa00389b71")


def chunk(name, data):
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def fmt(tag, channels, rate, bits, extra=b""):
    align = channels * ((bits + 7) // 8)
    return chunk(b"fmt ", struct.pack("<HHIIHH", tag, channels, rate,
                                      rate * align, align, bits) + extra)


def extensible(tag, channels, rate, bits, valid):
    return fmt(0xfffe, channels, rate, bits,
               struct.pack("<HHIH", 22, valid, 0, tag) + b"\0\0" + GUID)


def riff(*chunks, size=None):
    body = b"WAVE" + b"".join(chunks)
    return (b"RIFF" + struct.pack("<I", len(body) if size is None else size) +
            body)


def data(raw, size=None):
    if size is None:
        return chunk(b"data", raw)
    return b"data" + struct.pack("<I", size) + raw


def read(file, scale, offset=0):
    """Samples of a file (frames, channels) by SciPy, full scale being 1."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rate, v = wavfile.read(io.BytesIO(file))
    v = v.reshape(len(v), -1).astype(np.float64)
    return rate, (v - offset) / scale


files = []


def freeze(name, file, rate, samples):
    files.append((name, file, rate, np.asarray(samples, np.float64)))


def by_scipy(name, file, scale, offset=0):
    freeze(name, file, *read(file, scale, offset))


def by_audioop(name, file, raw, decode):
    v = np.frombuffer(decode(raw, 2), "<i2").astype(np.float64) / 32768
    freeze(name, file, 8000, v[:, None])


def ints(n, bits):
    return rng.integers(-2 ** (bits - 1), 2 ** (bits - 1), n)


def bytes24(v):
    return b"".join(int(x).to_bytes(3, "little", signed=True) for x in v)


u8 = rng.integers(0, 256, 10).astype(np.uint8).tobytes()
i16 = ints(10, 16).astype("<i2").tobytes()
i24 = bytes24(ints(10, 24))
i32 = ints(10, 32).astype("<i4").tobytes()
f32 = rng.normal(0, .5, 10).astype("<f4").tobytes()
f64 = rng.normal(0, .5, 10).astype("<f8").tobytes()
codes = bytes(range(256))
pcm16 = fmt(1, 1, 8000, 16)

by_scipy("PCM of 8 bits", riff(fmt(1, 1, 8000, 8), data(u8)), 128, 128)
by_scipy("PCM of 16 bits", riff(pcm16, data(i16)), 2 ** 15)
# (SciPy leaves 24 bits in the upper bytes of 32.)
by_scipy("PCM of 24 bits", riff(fmt(1, 1, 44100, 24), data(i24)), 2 ** 31)
by_scipy("PCM of 32 bits", riff(fmt(1, 1, 48000, 32), data(i32)), 2 ** 31)
by_scipy("float of 32 bits", riff(fmt(3, 1, 16000, 32), data(f32)), 1)
by_scipy("float of 64 bits", riff(fmt(3, 1, 16000, 64), data(f64)), 1)
by_audioop("mu-law", riff(fmt(7, 1, 8000, 8, b"\0\0"), data(codes)), codes,
           audioop.ulaw2lin)
by_audioop("A-law", riff(fmt(6, 1, 8000, 8, b"\0\0"), data(codes)), codes,
           audioop.alaw2lin)
by_scipy("two channels", riff(fmt(1, 2, 22050, 16), data(i16)), 2 ** 15)
by_scipy("five channels", riff(fmt(1, 5, 22050, 24), data(i24)), 2 ** 31)
by_scipy("extensible PCM of 24 bits, 20 of them used",
         riff(extensible(1, 2, 48000, 24, 20), data(i24)), 2 ** 31)
by_scipy("extensible float", riff(extensible(3, 1, 48000, 32, 32), data(f32)),
         1)
by_scipy("odd chunks in front",
         riff(chunk(b"LIST", b"INFOodd"), pcm16, chunk(b"junk", b"x"),
              data(i16)), 2 ** 15)
whole = read(riff(pcm16, data(i16)), 2 ** 15)
freeze("a chunk and bytes behind the data",
       riff(pcm16, data(i16), chunk(b"LIST", b"INFO")) + b"rest", *whole)
freeze("sizes of 0", riff(pcm16, data(i16, 0), size=0), *whole)
freeze("sizes of 0xffffffff",
       riff(pcm16, data(i16, 0xffffffff), size=0xffffffff), *whole)
freeze("half a frame at the open end",
       riff(pcm16, data(i16 + b"\1", 0xffffffff), size=0xffffffff), *whole)
freeze("a size of the file that is wrong", riff(pcm16, data(i16), size=7),
       *whole)

# ---- features ----

RATE = 8000
t = np.arange(700) / RATE
clip = np.round(8000 * np.sin(2 * np.pi * (300 * t + 9000 * t * t)) +
                300 * rng.normal(size=700)).astype(int)
clip[560:] = 0   # silence: the floor of the logarithm
mel = lambda f: 2595 * np.log10(1 + f / 700)
hertz = lambda m: 700 * (10 ** (m / 2595) - 1)


def features(x, window, hop, fft, bands, coefs, low, high):
    frames = [x[i:i + window] for i in range(0, len(x) - window + 1, hop)]
    power = np.abs(np.fft.rfft(np.array(frames) * get_window("hann", window),
                               fft)) ** 2
    corner = hertz(np.linspace(mel(low), mel(high), bands + 2))
    bins = np.arange(fft // 2 + 1) * RATE / fft
    bank = np.array([np.interp(bins, corner[b:b + 3], [0, 1, 0], 0, 0)
                     for b in range(bands)])
    out = np.log(power @ bank.T + 1e-6)
    return dct(out, type=2, norm="ortho")[:, :coefs] if coefs else out


settings = [(200, 100, 256, 12, 0, 20, 4000), (200, 100, 256, 12, 5, 20, 4000),
            (240, 77, 240, 20, 20, 0, 3500), (690, 9, 1000, 30, 0, 100, 2000),
            (31, 31, 32, 1, 1, 500, 3000)]

print("/* SPDX-License-Identifier: MIT")
print(" * Written by tests/reference/sound.py with NumPy %s and SciPy %s. */" %
      (np.__version__, scipy.__version__))
for i, (name, file, rate, v) in enumerate(files):
    array("uint8_t", f"wav_bytes_{i}", file, "%d")
    array("double", f"wav_samples_{i}", np.float32(v.mean(1)), "%.8g")
print("""static const struct wav_ref {
    const char *name;
    const uint8_t *bytes;
    size_t n, rate, channels, frames;
    const double *samples; /* the mean of the channels */
} wav_refs[] = {""")
for i, (name, file, rate, v) in enumerate(files):
    print(f'    {{"{name}", wav_bytes_{i}, {len(file)}, {rate}, {v.shape[1]},'
          f" {v.shape[0]},\n     wav_samples_{i}}},")
print("};\n")

array("int16_t", "clip_samples", clip, "%d")
for i, s in enumerate(settings):
    array("double", f"features_{i}", features(clip / 32768, *s).ravel(),
          "%.8g")
print("""static const struct features_ref {
    struct sound_features f;
    const double *values;
} features_refs[] = {""")
for i, (window, hop, fft, bands, coefs, low, high) in enumerate(settings):
    print(f"    {{{{{RATE}, {len(clip)}, {window}, {hop}, {fft}, {bands}, "
          f"{coefs}, {low}, {high}}}, features_{i}}},")
print("};\n")

# A tone that rises from 100 to 700 Hz, at 2 kHz and brought to other rates.
rise = np.sin(2 * np.pi * (100 * np.arange(300) / 2000 +
                           1000 * (np.arange(300) / 2000) ** 2)) * np.hanning(300)
array("double", "rise_samples", np.float32(rise), "%.8g")
rates = [(3, 2), (4, 5), (441, 320)]
for up, down in rates:
    array("double", f"rise_{up}_{down}",
          np.float32(resample_poly(rise, up, down, window=("kaiser", 12.0))),
          "%.8g")
print("""static const struct rise_ref {
    double ratio;
    size_t n;
    const double *samples;
} rise_refs[] = {""")
for up, down in rates:
    print(f"    {{{up}. / {down}, {-(-300 * up // down)}, rise_{up}_{down}}},")
print("};")
