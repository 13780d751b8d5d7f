/* SPDX-License-Identifier: MIT
 * One picture file in memory and its pixels: PNG and JPEG of any kind become
 * bytes of red, green and blue.  The bytes may be anything: what is damaged in
 * any way is refused, sizes are checked before memory is taken.
 *
 * Example (const char *path, struct err *e):
 *     struct picture p = {0};
 *     struct buf bytes = {0};
 *     int rc;
 *
 *     if ((rc = picture_load(path, &bytes, e)) == 0)
 *         rc = picture_decode(bytes.data, bytes.len, PICTURE_PIXELS, &p, e);
 *     picture_fini(&p);       // after the last of them
 *     buf_free(&bytes);
 *     return rc;
 */
#ifndef DATA_IMPORT_PICTURE_H
#define DATA_IMPORT_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"

#define PICTURE_PIXELS ((uint64_t)1 << 26)      /* of one picture */
#define PICTURE_FILE ((uint64_t)1 << 28)        /* bytes of one file */

/* Used again from picture to picture; zeroed before the first. */
struct picture {
    size_t h, w;
    uint8_t *rgb;       /* (h, w, 3) */
    size_t cap;         /* bytes there is room for */
};

enum picture_format { PICTURE_UNKNOWN, PICTURE_PNG, PICTURE_JPEG };
extern const char *const picture_formats[];     /* for messages */

/* What the first bytes say, and what the name says. */
enum picture_format picture_sniff(const void *bytes, size_t n);
enum picture_format picture_named(const char *path);

/* Read a regular file into *out, which is cleared first.  ERR_FORMAT for one
 * that is empty or larger than PICTURE_FILE, else ERR_SYS. */
int picture_load(const char *path, struct buf *out, struct err *e) MUST_CHECK;

/* Decode.  Palettes, grey levels, 1 to 16 bits (rounded to 8), CMYK: all come
 * out as RGB; what is transparent is put on black; a photograph that was held
 * sideways (Exif in a JPEG) is turned upright.  ERR_FORMAT: neither PNG nor
 * JPEG, truncated or damaged, more than max_pixels; *p is then undefined but
 * can be used again. */
int picture_decode(const void *bytes, size_t n, uint64_t max_pixels,
                   struct picture *p, struct err *e) MUST_CHECK;

void picture_fini(struct picture *p);

/* ---- for the decoders ---- */

/* Set the size after checking it, with room for `bytes` (3 or 4) a pixel. */
int picture_room(struct picture *p, uint64_t h, uint64_t w,
                 uint64_t max_pixels, size_t bytes, struct err *e) MUST_CHECK;

/* (h, w, 4) to (h, w, 3), in place: each of three times the fourth / 255. */
void picture_weigh(struct picture *p);

/* The two decoders: picture_decode without the turning; *orientation is 1..8
 * as in Exif. */
int picture_png(const void *bytes, size_t n, uint64_t max_pixels,
                struct picture *p, struct err *e) MUST_CHECK;
int picture_jpeg(const void *bytes, size_t n, uint64_t max_pixels,
                 struct picture *p, int *orientation,
                 struct err *e) MUST_CHECK;

/* The orientation 1..8 in an Exif segment, 1 if it has none or is damaged. */
int exif_orientation(const void *bytes, size_t n);

/* Turn and mirror the picture so that orientation 1 is right for it. */
void picture_turn(struct picture *p, int orientation);

#endif
