/* SPDX-License-Identifier: MIT */
#include "libcommon/picture/picture.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/pathname.h"
#include "libcommon/io/fileload.h"

bool picture_named(const char *path)
{
    return pathname_ends(path, PICTURE_ENDINGS);
}

/* ---- files ---- */

int picture_read(const char *path, struct buf *bytes, struct picture *p,
                 struct err *e)
{
    int rc = file_load(path, PICTURE_FILE, bytes, e);

    if (rc == 0 &&
        picture_decode(bytes->data, bytes->len, PICTURE_PIXELS, p, e) < 0)
        rc = err_prefix(e, "%s", path);
    return rc;
}

/* ---- pixels ---- */

int picture_room(struct picture *p, uint64_t h, uint64_t w, uint64_t max_pixels,
                 size_t bytes, struct err *e)
{
    size_t need;

    if (h < 1 || w < 1 || h > max_pixels / w)
        return err_set(e, ERR_FORMAT,
                       "%" PRIu64 "x%" PRIu64 " pixels are not "
                       "within 1 and %" PRIu64,
                       h, w, max_pixels);
    need = (size_t)(h * w) * bytes;
    if (need > p->cap) {
        free(p->rgb);
        p->rgb = xmalloc(need);
        p->cap = need;
    }
    p->h = (size_t)h;
    p->w = (size_t)w;
    return 0;
}

void picture_weigh(struct picture *p)
{
    size_t pixels = p->h * p->w;
    const uint8_t *from = p->rgb;
    uint8_t *to = p->rgb;

    for (size_t i = 0; i < pixels; i++, from += 4)
        for (int c = 0; c < 3; c++)
            *to++ = (uint8_t)((from[c] * from[3] + 127) / 255);
}

bool picture_is_grey(const struct picture *p)
{
    for (const uint8_t *q = p->rgb, *end = q + 3 * p->h * p->w; q < end; q += 3)
        if (q[0] != q[1] || q[0] != q[2])
            return false;
    return true;
}

/* Says where a pixel of the upright picture comes from: each of Exif's eight
 * orientations is a transposition, then a mirroring of each axis, or not. */
struct turn {
    bool transposed, upside_down, mirrored; /* in the stored picture */
};

static const struct turn turns[9] = {
    [2] = {false, false, true}, [3] = {false, true, true},
    [4] = {false, true, false}, [5] = {true, false, false},
    [6] = {true, true, false},  [7] = {true, true, true},
    [8] = {true, false, true},
};

/* Turn and mirror the picture so that orientation 1 is right for it. */
static void turn_upright(struct picture *p)
{
    struct turn t = turns[p->orientation];
    struct picture q = {.orientation = 1};
    size_t h = t.transposed ? p->w : p->h, w = t.transposed ? p->h : p->w;
    uint8_t *to;

    if (p->orientation == 1)
        return;
    to = q.rgb = xmalloc(p->cap);
    q.h = h;
    q.w = w;
    q.cap = p->cap;
    for (size_t y = 0; y < h; y++)
        for (size_t x = 0; x < w; x++, to += 3) {
            size_t i = t.transposed ? x : y, j = t.transposed ? y : x;

            i = t.upside_down ? p->h - 1 - i : i;
            j = t.mirrored ? p->w - 1 - j : j;
            memcpy(to, p->rgb + 3 * (i * p->w + j), 3);
        }
    picture_fini(p);
    *p = q;
}

/* ---- formats ---- */

/* A format is known by n bytes of its files, from byte `at` on. */
static const struct format {
    const char *name, *bytes;
    size_t n, at;
    int (*decode)(const void *bytes, size_t n, uint64_t max_pixels,
                  struct picture *p, struct err *e); /* NULL: cannot be read */
} formats[] = {
    {"PNG", "\x89PNG\r\n\x1a\n", 8, 0, picture_png},
    {"JPEG", "\xff\xd8\xff", 3, 0, picture_jpeg},
    {"PBM", "P1", 2, 0, picture_pnm},
    {"PGM", "P2", 2, 0, picture_pnm},
    {"PPM", "P3", 2, 0, picture_pnm},
    {"PBM", "P4", 2, 0, picture_pnm},
    {"PGM", "P5", 2, 0, picture_pnm},
    {"PPM", "P6", 2, 0, picture_pnm},
    {"BMP", "BM", 2, 0, picture_bmp},
    {"PAM", "P7", 2, 0, NULL},
    {"GIF", "GIF8", 4, 0, NULL},
    {"TIFF", "II*\0", 4, 0, NULL},
    {"TIFF", "MM\0*", 4, 0, NULL},
    {"WebP", "WEBP", 4, 8, NULL},
    {"HEIF or AVIF", "ftyp", 4, 4, NULL},
};

int picture_decode(const void *bytes, size_t n, uint64_t max_pixels,
                   struct picture *p, struct err *e)
{
    p->orientation = 1;
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        const struct format *f = &formats[i];
        int rc;

        if (n < f->at + f->n ||
            memcmp((const char *)bytes + f->at, f->bytes, f->n))
            continue;
        if (!f->decode)
            return err_set(e, ERR_FORMAT,
                           "%s, which is not read: convert it to PNG or JPEG",
                           f->name);
        rc = f->decode(bytes, n, max_pixels, p, e);
        if (rc == 0)
            turn_upright(p);
        return rc;
    }
    return err_set(e, ERR_FORMAT,
                   "none of PNG, JPEG, PPM, PGM, PBM and BMP by its first "
                   "bytes");
}

void picture_fini(struct picture *p)
{
    free(p->rgb);
    *p = (struct picture){0};
}
