/* SPDX-License-Identifier: MIT
 * BMP of Windows and OS/2: two headers, a palette or masks of the channels, then
 * rows of whole 4-byte words, the lowest first unless the height is negative, or
 * runs of palette entries.  Numbers are little-endian. */
#include <stdlib.h>

#include "libcommon/picture/picture.h"

#define SIDE_MAX 65535
#define FILE_HEAD 14
#define FILE_MASKS 54 /* where the masks of the channels are */
#define OS2_HEAD 12
#define OS2_HEAD_2 64
#define RUN_RATIO 128 /* pixels a byte; of more, a small file could cost much */
#define ENDS "the file ends too early"

enum { BMP_PLAIN, BMP_RLE8, BMP_RLE4, BMP_MASKS, BMP_ALPHA_MASKS = 6 };

struct bmp {
    const uint8_t *bytes;
    size_t n, at; /* at: where the pixels begin */
    int64_t h, w; /* h < 0: the highest row comes first */
    unsigned bits, compression;
    size_t row;                     /* bytes of one, unless there are runs */
    size_t palette, colours, entry; /* bits <= 8: place, number, bytes of one */
    struct channel {
        uint32_t mask, most; /* most: the mask, shifted down */
        int shift;
    } channel[4]; /* bits > 8: red, green, blue, opacity */
    struct picture *p;
    struct err *e;
};

static uint32_t get(const struct bmp *f, size_t at, size_t bytes)
{
    uint32_t v = 0;

    while (bytes-- > 0)
        v = v << 8 | f->bytes[at + bytes];
    return v;
}

static int damaged(const struct bmp *f, size_t at, const char *why)
{
    return err_set(f->e, ERR_FORMAT, "damaged BMP, before byte %zu: %s", at,
                   why);
}

/* Set the channels to those of the file or, without masks in it, to the usual
 * ones.  The file has no opacity where its header is too short to say so. */
static int read_masks(struct bmp *f, bool alpha)
{
    static const uint32_t usual[2][4] = {
        {0x7c00, 0x03e0, 0x001f, 0},
        {0xff0000, 0x00ff00, 0x0000ff, 0},
    };

    for (size_t i = 0; i < 4; i++) {
        struct channel *c = &f->channel[i];

        c->mask = f->compression == BMP_PLAIN ? usual[f->bits != 16][i]
                  : i < 3 || alpha            ? get(f, FILE_MASKS + 4 * i, 4)
                                              : 0;
        while (c->shift < 31 && !(c->mask >> c->shift & 1))
            c->shift++;
        c->most = c->mask >> c->shift;
        if (c->most & (c->most + 1))
            return damaged(f, FILE_MASKS + 4 * i + 4,
                           "the mask of a channel has gaps");
    }
    return 0;
}

/* Read everything before the pixels, and check that they can all be there. */
static int read_heads(struct bmp *f)
{
    size_t head = f->n < FILE_HEAD + 4 ? 0 : get(f, FILE_HEAD, 4);
    size_t start = FILE_HEAD + head, most;
    uint64_t least;
    bool runs, masks, alpha;

    if (f->n < FILE_HEAD + OS2_HEAD || f->n - FILE_HEAD < head)
        return damaged(f, f->n, ENDS);
    if (head != OS2_HEAD && (head < 40 || head > 124))
        return damaged(f, 18, "the header has an unknown length");
    f->at = get(f, 10, 4);
    f->entry = head == OS2_HEAD ? 3 : 4;
    if (head == OS2_HEAD) {
        f->w = get(f, 18, 2);
        f->h = get(f, 20, 2);
        f->bits = get(f, 24, 2);
    } else {
        f->w = (int32_t)get(f, 18, 4);
        f->h = (int32_t)get(f, 22, 4);
        f->bits = get(f, 28, 2);
        f->compression = get(f, 30, 4);
        f->colours = get(f, 46, 4);
    }

    runs = (f->compression == BMP_RLE8 && f->bits == 8) ||
           (f->compression == BMP_RLE4 && f->bits == 4);
    masks = f->compression == BMP_MASKS || f->compression == BMP_ALPHA_MASKS;
    if (f->bits < 1 || f->bits > 32 || (32 % f->bits && f->bits != 24) ||
        (f->compression != BMP_PLAIN && !(runs && f->h > 0) &&
         !(masks && f->bits % 16 == 0 && head != OS2_HEAD_2)))
        return err_set(f->e, ERR_FORMAT,
                       "BMP of a kind that is not read (compression %u of %u "
                       "bits a pixel): convert it to PNG",
                       f->compression, f->bits);
    /* The masks stand at the end of a short header or behind it. */
    alpha = head >= FILE_MASKS + 16 - FILE_HEAD ||
            f->compression == BMP_ALPHA_MASKS;
    if (masks && start < (size_t)FILE_MASKS + (alpha ? 16 : 12))
        start = (size_t)FILE_MASKS + (alpha ? 16 : 12);
    if (f->at < start || f->at > f->n)
        return damaged(f, 14, "the pixels do not begin behind the headers");
    if (f->w < 1 || f->h == 0 || f->w > SIDE_MAX || llabs(f->h) > SIDE_MAX)
        return damaged(f, 26, "the sides are not within 1..65535");
    f->row = ((size_t)f->w * f->bits + 31) / 32 * 4;
    least = (uint64_t)llabs(f->h);
    least = runs ? least * (uint64_t)f->w / RUN_RATIO : least * f->row;
    if (least > f->n - f->at)
        return damaged(f, f->n, "the file is too short for its size in pixels");
    if (f->bits > 8)
        return read_masks(f, alpha);

    /* Where more colours are stated than can be, those that can be count. */
    most = (size_t)1 << f->bits;
    f->palette = start;
    if (!f->colours || f->colours > most)
        f->colours = most;
    if (f->colours > (f->at - start) / f->entry)
        f->colours = (f->at - start) / f->entry;
    return 0;
}

/* Returns the place of a pixel in the picture, (h, w, 4); y counts as in the
 * file. */
static uint8_t *place(const struct bmp *f, size_t y, size_t x)
{
    if (f->h > 0)
        y = f->p->h - 1 - y;
    return f->p->rgb + 4 * (y * f->p->w + x);
}

/* Returns the k-th of the entries that are packed at `at`, the highest bits
 * first. */
static unsigned packed(const struct bmp *f, size_t at, size_t k)
{
    unsigned shift = 8 - f->bits - (unsigned)(k * f->bits % 8);

    return f->bytes[at + k * f->bits / 8] >> shift & ((1u << f->bits) - 1);
}

/* Give a pixel an entry of the palette, which was read before byte `at`. */
static int paint(const struct bmp *f, size_t at, unsigned i, size_t y, size_t x)
{
    const uint8_t *from = f->bytes + f->palette + i * f->entry;
    uint8_t *to = place(f, y, x);

    if (i >= f->colours)
        return damaged(f, at, "a colour that is not in the palette");
    for (int c = 0; c < 3; c++)
        to[c] = from[2 - c]; /* blue comes first */
    to[3] = 255;
    return 0;
}

static int read_rows(const struct bmp *f)
{
    size_t bytes = f->bits / 8, pixels = f->p->h * f->p->w, at = f->at;
    unsigned opacity = 0;

    for (size_t y = 0; y < f->p->h; y++, at += f->row)
        for (size_t x = 0; x < f->p->w; x++) {
            uint8_t *to = place(f, y, x);
            uint32_t v;

            if (f->bits <= 8) {
                if (paint(f, at + f->row, packed(f, at, x), y, x) < 0)
                    return f->e->code;
                continue;
            }
            v = get(f, at + x * bytes, bytes);
            for (int c = 0; c < 4; c++) {
                const struct channel *ch = &f->channel[c];
                uint64_t part = (v & ch->mask) >> ch->shift;

                to[c] = ch->most
                            ? (uint8_t)((part * 255 + ch->most / 2) / ch->most)
                            : 0;
            }
            opacity |= to[3];
        }
    /* A file in which everything would be transparent means nothing by it. */
    for (size_t i = 0; i < pixels && f->bits > 8 && !opacity; i++)
        f->p->rgb[4 * i + 3] = 255;
    return 0;
}

/* A run gives a number of pixels one entry (of 4 bits: two in turn).  Behind a 0
 * there is instead: 0 for the end of a row; 1, of the picture; 2, and how far to
 * move right and up; else a number of entries, which fill whole 2 bytes.  Pixels
 * that are left out have entry 0. */
static int read_runs(const struct bmp *f)
{
    size_t at = f->at, x = 0, y = 0, h = f->p->h, w = f->p->w;
    int rc = 0;

    for (size_t i = 0; i < h * w && rc == 0; i++)
        rc = paint(f, at, 0, i / w, i % w);
    while (rc == 0 && y < h) {
        const uint8_t *from = f->bytes + at;
        size_t left = f->n - at, count, step;
        bool stored;

        if (left < 2)
            return damaged(f, f->n, ENDS);
        stored = from[0] == 0 && from[1] > 2;
        count = from[stored];
        step = stored ? 2 + (count * f->bits + 15) / 16 * 2
               : from[0] == 0 && from[1] == 2 ? 4
                                              : 2;
        if (step > left)
            return damaged(f, f->n, ENDS);
        at += step;
        if (step == 4 && !stored) {
            x += from[2];
            y += from[3];
        } else if (count == 0) {
            if (from[1] == 1)
                return 0;
            x = 0;
            y++;
        }
        if (x > w || y > h || count > w - x)
            return damaged(f, at, "a run leaves the picture");
        for (size_t k = 0; k < count && rc == 0; k++, x++)
            rc = paint(f, at,
                       stored ? packed(f, at - step + 2, k)
                              : packed(f, at - 1, k % (8 / f->bits)),
                       y, x);
    }
    return rc;
}

int picture_bmp(const void *bytes, size_t n, uint64_t max_pixels,
                struct picture *p, struct err *e)
{
    struct bmp f = {.bytes = bytes, .n = n, .p = p, .e = e};

    if (read_heads(&f) < 0 ||
        picture_room(p, (uint64_t)llabs(f.h), (uint64_t)f.w, max_pixels, 4, e) <
            0 ||
        (f.bits <= 8 && f.compression ? read_runs : read_rows)(&f) < 0)
        return e->code;
    picture_weigh(p);
    return 0;
}
