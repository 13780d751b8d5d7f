#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# The pictures of tests/pictures and what is in them: written and read by
# Pillow, but for those it cannot write, which are put together here.
#   cd tests/pictures && ../reference/pictures.py >../unit/picture_ref.h
# Pixels are as Pillow decodes them (JPEG) or as they went in, resized ones as its BILINEAR filter gives them for the largest box in the middle.
import io
import os
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps
from PIL import __version__ as version

H, W = 9, 13
rng = np.random.default_rng(5)
out = []


def scene(h, w):
    """Smooth colours with some noise and an edge, (h, w, 3) uint8."""
    y, x = np.mgrid[0:h, 0:w].astype(float)
    p = np.stack([255 * x / w, 255 * y / h, 127 + 120 * np.sin(x / 3 + y / 5)],
                 2)
    p[h // 2:, w // 3:] = 255 - p[h // 2:, w // 3:]
    return np.clip(p + rng.normal(0, 9, p.shape), 0, 255).astype(np.uint8)


def on_black(rgb, alpha):
    v = rgb.astype(np.uint32) * alpha.astype(np.uint32)[..., None]
    return ((v + 127) // 255).astype(np.uint8)


def freeze(name, file, pixels, tolerance):
    out.append((name, file, np.asarray(pixels), tolerance))


# ---- PNG by hand ----

def chunk(kind, data):
    return (struct.pack(">I", len(data)) + kind + data +
            struct.pack(">I", zlib.crc32(kind + data)))


def png(h, w, depth, colour, passes, before=b"", interlace=0):
    """passes: arrays (rows, bytes) of already packed rows."""
    raw = b"".join(b"\0" + r.tobytes() for p in passes for r in p)
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, colour, 0, 0,
                                       interlace)) + before +
            chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def adam7(p):
    for y0, x0, dy, dx in ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4),
                           (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
                           (1, 0, 2, 1)):
        part = p[y0::dy, x0::dx]
        if part.size:
            yield part.reshape(part.shape[0], -1)


def put(name, data):
    with open(name, "wb") as f:
        f.write(data)


def save(image, name, **how):
    image.save(name, **how)
    return np.asarray(Image.open(name).convert("RGB"))


def pngs():
    rgb = scene(H, W)
    alpha = rng.integers(0, 256, (H, W)).astype(np.uint8)
    grey = rgb[..., 1]
    three = np.repeat(grey[..., None], 3, 2)

    Image.fromarray(rgb).save("rgb.png")
    freeze("rgb8", "rgb.png", rgb, 0)
    Image.fromarray(grey).save("grey.png")
    freeze("grey8", "grey.png", three, 0)
    Image.fromarray(np.dstack([rgb, alpha])).save("rgba.png")
    freeze("rgba8", "rgba.png", on_black(rgb, alpha), 0)
    Image.fromarray(np.dstack([grey, alpha]), "LA").save("la.png")
    freeze("la8", "la.png", on_black(three, alpha), 0)

    one = grey > 100
    Image.fromarray(one).save("bits.png")
    freeze("grey1", "bits.png",
           np.repeat(one[..., None] * np.uint8(255), 3, 2), 0)
    few = Image.fromarray(rgb).quantize(11)
    few.save("palette.png", bits=4)
    colours = np.asarray(few.convert("RGB"))
    freeze("palette4", "palette.png", colours, 0)
    few.save("clear.png", bits=4, transparency=bytes([0, 80, 255]))
    clear = np.full(256, 255, np.uint8)
    clear[:2] = 0, 80
    freeze("palette_trns", "clear.png",
           on_black(colours, clear[np.asarray(few)]), 0)

    deep = rng.integers(0, 65536, (H, W, 3)).astype(np.uint16)
    eight = ((deep.astype(np.uint64) * 255 + 32767) // 65535).astype(np.uint8)
    put("deep.png", png(H, W, 16, 2, [deep.astype(">u2").reshape(H, -1)]))
    freeze("rgb16", "deep.png", eight, 0)
    put("deepgrey.png", png(H, W, 16, 0, [deep[..., 0].astype(">u2")]))
    freeze("grey16", "deepgrey.png", np.repeat(eight[..., :1], 3, 2), 0)
    put("interlaced.png", png(H, W, 8, 2, adam7(rgb), interlace=1))
    freeze("adam7", "interlaced.png", rgb, 0)
    key = struct.pack(">HHH", *(int(v) for v in rgb[2, 3]))
    put("key.png", png(H, W, 8, 2, [rgb.reshape(H, -1)],
                       before=chunk(b"tRNS", key)))
    same = (rgb == rgb[2, 3]).all(2)
    freeze("rgb_trns", "key.png", rgb * ~same[..., None], 0)
    put("chunks.png", png(H, W, 8, 2, [rgb.reshape(H, -1)],
                          before=chunk(b"gAMA", struct.pack(">I", 100000)) +
                          chunk(b"iCCP", b"none\0\0junk") +
                          chunk(b"zTXt", b"k\0\0junk")))
    freeze("ancillary", "chunks.png", rgb, 0)


def jpegs():
    image = Image.fromarray(scene(17, 18))
    freeze("jpeg420", "a.jpg", save(image, "a.jpg", quality=90), 2)
    freeze("jpeg444", "b.jpg", save(image, "b.jpg", quality=90,
                                    subsampling=0), 2)
    freeze("jpeg_progressive", "c.jpeg",
           save(image, "c.jpeg", quality=85, progressive=True), 2)
    freeze("jpeg_grey", "d.jpg", save(image.convert("L"), "d.jpg"), 2)
    freeze("jpeg_cmyk", "e.jpg", save(image.convert("CMYK"), "e.jpg",
                                      quality=95), 2)
    data = open("e.jpg", "rb").read()
    at = data.index(b"\xff\xee")       # without Adobe's marker
    size = struct.unpack(">H", data[at + 2:at + 4])[0]
    put("f.jpg", data[:at] + data[at + 2 + size:])
    freeze("jpeg_inks", "f.jpg",
           np.asarray(Image.open("f.jpg").convert("RGB")), 2)
    small = Image.fromarray(scene(8, 11))
    for k in range(2, 9):
        exif = Image.Exif()
        exif[0x0112] = k
        name = "turned%d.JPG" % k
        buf = io.BytesIO()
        small.save(buf, "JPEG", quality=95, exif=exif)
        put(name, buf.getvalue())
        upright = ImageOps.exif_transpose(Image.open(name))
        freeze("jpeg_turned%d" % k, name, np.asarray(upright), 2)


def fits():
    big_h, big_w = 31, 41
    p = scene(big_h, big_w)
    Image.fromarray(p).save("scene.png")
    for h, w in ((16, 16), (12, 8), (8, 20), (20, 20), (31, 31), (1, 1),
                 (3, 41), (40, 36)):
        bw, bh = big_w, big_h
        if bw * h > bh * w:
            bw = bh * w / h
        else:
            bh = bw * h / w
        x, y = (big_w - bw) / 2, (big_h - bh) / 2
        q = Image.fromarray(p).resize((w, h), Image.BILINEAR,
                                      box=(x, y, x + bw, y + bh))
        freeze("fit_%dx%d" % (h, w), "scene.png", np.asarray(q), 1)


def tiff(orientation, order):
    """Exif with a table of one entry, byte order "<" or ">"."""
    return ((b"II*\0" if order == "<" else b"MM\0*") +
            struct.pack(order + "IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0,
                        0))


def profile(kind, orientation):
    """The text chunk that ImageMagick wrote before there was eXIf."""
    exif = b"Exif\0\0" + tiff(orientation, ">")
    digits = exif.hex()
    text = "\nexif\n%8d\n" % len(exif)
    for i in range(0, len(digits), 72):
        text += digits[i:i + 72] + "\n"
    text = text.encode()
    if kind == b"zTXt":
        text = b"\0" + zlib.compress(text)
    return chunk(kind, b"Raw profile type exif\0" + text)


def turned_pngs():
    rgb = scene(5, 7)
    plain = png(5, 7, 8, 2, [rgb.reshape(5, -1)])
    at = {"before": plain.index(b"IDAT") - 4, "after": len(plain) - 12}
    for name, where, extra in (
            ("exif6.png", "before", chunk(b"eXIf", tiff(6, ">"))),
            ("exif8.png", "after", chunk(b"eXIf", tiff(8, "<"))),
            ("exif3.png", "before", profile(b"tEXt", 3)),
            ("exif7.png", "after", profile(b"zTXt", 7)),
            ("both.png", "after", profile(b"zTXt", 3) +
             chunk(b"eXIf", tiff(6, "<")))):
        put(name, plain[:at[where]] + extra + plain[at[where]:])
        image = Image.open(name)
        image.load()
        upright = np.asarray(ImageOps.exif_transpose(image))
        assert (upright.shape != rgb.shape) == (name != "exif3.png")
        freeze(name[:-4], name, upright, 0)


# ---- PNM and BMP by hand ----

def levels(v, most):
    """0..most as 0..255, rounded."""
    return ((510 * v.astype(np.int64) + most) // (2 * most)).astype(np.uint8)


def pnms():
    rgb = scene(H, W)
    grey = np.repeat(rgb[..., 1:2], 3, 2)
    one = rgb[..., 1] > 100
    Image.fromarray(rgb).save("rgb.ppm")
    freeze("ppm", "rgb.ppm", rgb, 0)
    Image.fromarray(grey[..., 0]).save("grey.pgm")
    freeze("pgm", "grey.pgm", grey, 0)
    Image.fromarray(one).save("bits.pbm")
    white = np.repeat(one[..., None] * np.uint8(255), 3, 2)
    freeze("pbm", "bits.pbm", white, 0)
    put("text.pbm", b"P1 # bits\n%d %d\n" % (W, H) +
        b"\n".join(b"".join(b"%d" % (not v) for v in row) for row in one))
    freeze("pbm_text", "text.pbm", white, 0)
    put("text.pgm", b"P2\n#\n# grey\n%d %d\n255#\n" % (W, H) +
        b" ".join(b"%d" % v for v in grey[..., 0].reshape(-1)))
    freeze("pgm_text", "text.pgm", grey, 0)
    for name, kind, most in (("text.ppm", 3, 7), ("few.ppm", 6, 100),
                             ("deep.ppm", 6, 1000), ("full.ppm", 6, 65535)):
        v = rng.integers(0, most + 1, (H, W, 3))
        data = (b"\t".join(b"%d" % i for i in v.reshape(-1)) if kind == 3 else
                v.astype(">u2" if most > 255 else "u1").tobytes())
        put(name, b"P%d %d\r%d\n%d\n" % (kind, W, H, most) + data)
        freeze("ppm_%d" % most, name, levels(v, most), 0)


def bmp(bits, packed, palette=b"", compression=0, head=40, masks=b"",
        colours=0, size=(H, W)):
    """packed: rows (h, bytes) from the lowest on, or bytes."""
    h, w = size
    if not isinstance(packed, bytes):
        packed = np.pad(packed, ((0, 0), (0, -packed.shape[1] % 4))).tobytes()
    if head == 12:
        top = struct.pack("<IHHHH", head, w, h, 1, bits)
    else:
        top = struct.pack("<IiiHHIIiiII", head, w, h, 1, bits, compression,
                          len(packed), 0, 0, colours, 0)
    top += (masks + bytes(head))[:head - len(top)] if head > 40 else masks
    top += palette
    return (b"BM" + struct.pack("<IHHI", 14 + len(top) + len(packed), 0, 0,
                                14 + len(top)) + top + packed)


def pack(indices, bits):
    """Numbers (h, w) as rows of bits, the highest first."""
    b = indices[..., None] >> np.arange(bits - 1, -1, -1) & 1
    return np.packbits(b.reshape(len(indices), -1).astype(np.uint8), axis=1)


def bmps():
    rgb = scene(H, W)
    alpha = rng.integers(0, 256, (H, W)).astype(np.uint8)
    for name, image in (("rgb", Image.fromarray(rgb)),
                        ("grey", Image.fromarray(rgb[..., 1])),
                        ("bits", Image.fromarray(rgb[..., 1] > 100)),
                        ("palette", Image.fromarray(rgb).quantize(40))):
        image.save(name + ".bmp")
        freeze("bmp_" + name, name + ".bmp", np.asarray(image.convert("RGB")),
               0)
    # Opacity counts where a mask says which bits it is, unless all is clear.
    masks = struct.pack("<IIII", 0xff0000, 0xff00, 0xff, 0xff000000)
    clear = np.dstack([rgb[..., ::-1], alpha])
    for name, pixels in (("clear", on_black(rgb, alpha)), ("unclear", rgb)):
        put(name + ".bmp", bmp(32, clear[::-1].reshape(H, -1), compression=3,
                               head=108, masks=masks))
        freeze("bmp_" + name, name + ".bmp", pixels, 0)
        clear[..., 3] = 0

    # The highest row first; 32 bits without opacity; palettes of 3 bytes.
    flat = np.dstack([rgb[..., ::-1], alpha]).reshape(H, -1)
    put("down.bmp", bmp(32, flat, size=(-H, W)))
    freeze("bmp_down", "down.bmp", rgb, 0)
    colours = rng.integers(0, 256, (16, 3)).astype(np.uint8)
    i = rng.integers(0, 16, (H, W))
    put("os2.bmp", bmp(4, pack(i[::-1], 4), colours[:, ::-1].tobytes(),
                       head=12))
    freeze("bmp_os2", "os2.bmp", colours[i], 0)
    words = np.pad(colours[:, ::-1], ((0, 0), (0, 1))).tobytes()
    put("two.bmp", bmp(2, pack(i[::-1] % 3, 2), words[:12], head=124,
                       colours=3))
    freeze("bmp_two", "two.bmp", colours[i % 3], 0)

    # Masks: by default, of a short and of a long header, the last with opacity.
    v = rng.integers(0, 65536, (H, W)).astype("<u2")
    rows = v[::-1].copy().view(np.uint8)

    def parts(*where):
        return np.dstack([levels(v >> at & most, most) for at, most in where])
    put("555.bmp", bmp(16, rows))
    freeze("bmp_555", "555.bmp", parts((10, 31), (5, 31), (0, 31)), 0)
    put("565.bmp", bmp(16, rows, compression=3,
                       masks=struct.pack("<III", 0xf800, 0x7e0, 31)))
    freeze("bmp_565", "565.bmp", parts((11, 31), (5, 63), (0, 31)), 0)
    put("4444.bmp", bmp(16, rows, compression=3, head=56, masks=struct.pack(
        "<IIII", 0xf, 0xf0, 0xf00, 0xf000)))
    freeze("bmp_4444", "4444.bmp", on_black(
        parts((0, 15), (4, 15), (8, 15)), levels(v >> 12, 15)), 0)

    # Runs: repeated, stored, an odd number of either; moves, rows cut short.
    i[:] = 0
    i[8] = [5] * 6 + [1, 2, 3, 4, 5, 6, 7]
    i[7, :5] = [9, 10, 9, 10, 9]
    i[4, 3:6] = [3, 4, 5]
    i[3] = 15
    put("rle4.bmp", bmp(4, bytes.fromhex(
        "0655 0007 1234567 0 0000 059a 0000 0002 0302 0003 3450 0000 0dff 0001"
        .replace(" ", "")), words, 2))
    freeze("bmp_rle4", "rle4.bmp", colours[i], 0)
    put("rle8.bmp", bmp(8, bytes.fromhex(
        "0605 0007 01020304050607 00 0000 0109 010a 0109 010a 0109 0000"
        "0002 0302 0003 030405 00 0000 0d0f 0001".replace(" ", "")), words, 1,
        colours=16))
    freeze("bmp_rle8", "rle8.bmp", colours[i], 0)


def show():
    print("/* SPDX-License-Identifier: MIT\n * Made by tests/reference/"
          "pictures.py (Pillow %s); do not edit. */" % version)
    print("#ifndef PICTURE_REF_H\n#define PICTURE_REF_H\n\n"
          "#include <stdint.h>\n")
    first = {}      # the name of equal pixels that were shown before
    for name, _, p, _ in out:
        if first.setdefault((p.shape, p.tobytes()), name) != name:
            continue
        print("static const uint8_t ref_%s[%d] = {" % (name, p.size))
        flat = [str(v) for v in p.reshape(-1)]
        line = "   "
        for v in flat:
            if len(line) + len(v) + 2 > 79:
                print(line)
                line = "   "
            line += " " + v + ","
        print(line + "\n};")
    print("\n/* tolerance: how far a decoder may be off */\n"
          "static const struct picture_ref {\n    const char *file;\n"
          "    int h, w, tolerance;\n    const uint8_t *pixels;\n"
          "} picture_refs[] = {")
    for name, file, p, tol in out:
        key = p.shape, p.tobytes()
        print('    {"%s", %d, %d, %d,\n     ref_%s},' % (file, *p.shape[:2],
                                                        tol, first[key]))
    print("};\n\n#endif")


pngs()
jpegs()
fits()
turned_pngs()
pnms()
bmps()
show()
