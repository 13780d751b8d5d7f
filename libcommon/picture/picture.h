/* SPDX-License-Identifier: MIT
 * A picture file in memory is decoded to pixels: PNG and JPEG of any kind
 * become bytes of red, green and blue.  The file need not be trusted: a damaged
 * one is refused, and sizes are checked before memory is allocated.
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
#ifndef PICTURE_PICTURE_H
#define PICTURE_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"

#define PICTURE_PIXELS ((uint64_t)1 << 26) /* of one picture */
#define PICTURE_FILE ((uint64_t)1 << 28)   /* bytes of one file */

/* Holds a decoded picture.  It can be used again for the next; zeroed before
 * the first. */
struct picture {
    size_t h, w;
    uint8_t *rgb; /* (h, w, 3) */
    size_t cap;   /* bytes allocated */
};

enum picture_format { PICTURE_UNKNOWN, PICTURE_PNG, PICTURE_JPEG };
extern const char *const picture_formats[]; /* for messages */

/* Return the format by the first bytes of a file, and by its name. */
enum picture_format picture_sniff(const void *bytes, size_t n);
enum picture_format picture_named(const char *path);

/* Read a regular file into *out, which is cleared first.  ERR_FORMAT for a file
 * that is not regular, is empty, is larger than PICTURE_FILE or changes
 * meanwhile; else ERR_SYS. */
int picture_load(const char *path, struct buf *out, struct err *e) MUST_CHECK;

/* Decode a file to RGB.  Palettes, grey levels, 1 to 16 bits a channel (rounded
 * to 8) and CMYK are converted; transparent pixels are put on black; a
 * photograph that was held sideways (Exif in a JPEG) is turned upright.
 * ERR_FORMAT for what is neither PNG nor JPEG, truncated or damaged, or of more
 * than max_pixels; *p is then undefined but can be used again. */
int picture_decode(const void *bytes, size_t n, uint64_t max_pixels,
                   struct picture *p, struct err *e) MUST_CHECK;

void picture_fini(struct picture *p);

/* ---- for the decoders ---- */

/* Check the size, set it and make room for `bytes` (3 or 4) a pixel. */
int picture_room(struct picture *p, uint64_t h, uint64_t w, uint64_t max_pixels,
                 size_t bytes, struct err *e) MUST_CHECK;

/* Convert (h, w, 4) to (h, w, 3), in place: multiply each of the first three
 * channels by the fourth / 255. */
void picture_weigh(struct picture *p);

/* Do what picture_decode does, but do not turn the picture; *orientation is
 * 1..8 as in Exif. */
int picture_png(const void *bytes, size_t n, uint64_t max_pixels,
                struct picture *p, struct err *e) MUST_CHECK;
int picture_jpeg(const void *bytes, size_t n, uint64_t max_pixels,
                 struct picture *p, int *orientation, struct err *e) MUST_CHECK;

/* Returns the orientation 1..8 in an Exif segment, 1 if it has none or is
 * damaged. */
int exif_orientation(const void *bytes, size_t n);

#endif
