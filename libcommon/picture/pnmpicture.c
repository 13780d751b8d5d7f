/* SPDX-License-Identifier: MIT
 * PBM, PGM and PPM: a header of numbers as text, then one picture of bits, grey
 * levels or colours, as text (P1 to P3) or as bytes (P4 to P6). */
#include <ctype.h>

#include "libcommon/picture/picture.h"

#define NUMBER_MAX 65535 /* of a side, and of a sample */

struct pnm {
    const uint8_t *bytes;
    size_t n, at;
    int kind; /* 1..6 */
    int most; /* the largest sample */
};

/* Returns the next byte, or -1 at the end.  A comment, from # to the end of its
 * line, counts as that end. */
static int next(struct pnm *f)
{
    int c = f->at < f->n ? f->bytes[f->at++] : -1;

    if (c == '#')
        while (c != '\n' && c != '\r' && c != -1)
            c = f->at < f->n ? f->bytes[f->at++] : -1;
    return c;
}

/* Returns the next number, and passes over it and the blank behind it; -1 for
 * anything else. */
static int number(struct pnm *f)
{
    int v = -1, c;

    do
        c = next(f);
    while (isspace(c));
    for (; isdigit(c) && v <= NUMBER_MAX; c = next(f))
        v = 10 * (v < 0 ? 0 : v) + c - '0';
    return v <= NUMBER_MAX && (isspace(c) || c == -1) ? v : -1;
}

/* Returns the next sample, -1 for none.  Those stored as bytes are within the
 * file; bits fill whole bytes in each row, of which x is the column. */
static int sample(struct pnm *f, size_t x)
{
    int v;

    switch (f->kind) {
    case 1:
        do
            v = next(f);
        while (isspace(v));
        return v == '0' || v == '1' ? v - '0' : -1;
    case 4:
        f->at += x % 8 == 0;
        return f->bytes[f->at - 1] >> (7 - x % 8) & 1;
    case 5:
    case 6:
        v = f->bytes[f->at++];
        return f->most > 255 ? v << 8 | f->bytes[f->at++] : v;
    default:
        return number(f);
    }
}

int picture_pnm(const void *bytes, size_t n, uint64_t max_pixels,
                struct picture *p, struct err *e)
{
    struct pnm f = {bytes, n, 2, ((const char *)bytes)[1] - '0', 1};
    bool bits = f.kind % 3 == 1, colours = f.kind % 3 == 0;
    int w = number(&f), h = number(&f);
    uint8_t *to;
    uint64_t row;

    if (!bits)
        f.most = number(&f);
    if (w < 1 || h < 1 || f.most < 1)
        return err_set(e, ERR_FORMAT,
                       "damaged PNM, before byte %zu: width, height and "
                       "largest value are not numbers within 1..%d",
                       f.at, NUMBER_MAX);
    /* The size is checked before memory is allocated for it: a sample is at
     * least a byte as text. */
    row = f.kind == 4 ? ((uint64_t)w + 7) / 8 : (uint64_t)w * (colours ? 3 : 1);
    if ((f.kind > 4 && f.most > 255 ? 2 : 1) * row * (uint64_t)h > n - f.at)
        return err_set(e, ERR_FORMAT,
                       "damaged PNM: %zu bytes are too short for %dx%d pixels",
                       n, h, w);
    if (picture_room(p, (uint64_t)h, (uint64_t)w, max_pixels, 3, e) < 0)
        return e->code;

    to = p->rgb;
    for (size_t i = 0; i < p->h * p->w * (colours ? 3 : 1); i++) {
        int v = sample(&f, i % p->w);

        if (v < 0 || v > f.most)
            return err_set(e, ERR_FORMAT,
                           "damaged PNM, before byte %zu: sample %zu is no "
                           "number up to %d",
                           f.at, i, f.most);
        v = (2 * 255 * v + f.most) / (2 * f.most);
        for (int c = colours ? 2 : 0; c < 3; c++)
            *to++ = (uint8_t)(bits ? 255 - v : v);
    }
    return 0;
}
