/* SPDX-License-Identifier: MIT
 * A picture file becomes pixels: PNG, JPEG, PPM, PGM, PBM and BMP of any kind
 * become bytes of red, green and blue.  The format goes by the content of a file, not by its name.
 * The file need not be trusted: a damaged one is refused, and sizes are checked
 * before memory is allocated.
 *
 * Example (const char *path, struct err *e):
 *     struct picture p = {0};
 *     struct buf bytes = {0};
 *     int rc;
 *
 *     rc = picture_read(path, &bytes, &p, e);  // 0: picture_fit (resize.h)
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

/* How the names of pictures end, in either case. */
#define PICTURE_ENDINGS "png jpg jpeg jpe jfif ppm pgm pbm pnm bmp"

/* Holds a decoded picture.  It can be used again for the next; zeroed before
 * the first. */
struct picture {
    size_t h, w;
    uint8_t *rgb;    /* (h, w, 3) */
    size_t cap;      /* bytes allocated */
    int orientation; /* 1..8 as in Exif; 1 after picture_decode */
};

/* Returns true when a name ends as the name of a picture does. */
bool picture_named(const char *path);

/* Read a file into *bytes (io/fileload.h) and decode it; both can be used again
 * for the next.  The text of an error begins with the path. */
int picture_read(const char *path, struct buf *bytes, struct picture *p,
                 struct err *e) MUST_CHECK;

/* Decode a file to RGB.  Palettes, grey levels, 1 to 16 bits a channel (rounded
 * to 8) and CMYK are converted; transparent pixels are put on black; a
 * photograph that was held sideways (Exif) is turned upright.  ERR_FORMAT for
 * another format, a file that is truncated or damaged, or more than max_pixels;
 * *p is then undefined but can be used again. */
int picture_decode(const void *bytes, size_t n, uint64_t max_pixels,
                   struct picture *p, struct err *e) MUST_CHECK;

/* Returns true when red, green and blue are equal in every pixel, as in what was
 * stored as grey. */
bool picture_is_grey(const struct picture *p);

void picture_fini(struct picture *p);

/* ---- for the decoders ---- */

/* Check the size, set it and make room for `bytes` (3 or 4) a pixel. */
int picture_room(struct picture *p, uint64_t h, uint64_t w, uint64_t max_pixels,
                 size_t bytes, struct err *e) MUST_CHECK;

/* Convert (h, w, 4) to (h, w, 3), in place: multiply each of the first three
 * channels by the fourth / 255. */
void picture_weigh(struct picture *p);

/* Do what picture_decode does, but do not turn the picture: set its orientation
 * where the file has one. */
int picture_png(const void *bytes, size_t n, uint64_t max_pixels,
                struct picture *p, struct err *e) MUST_CHECK;
int picture_jpeg(const void *bytes, size_t n, uint64_t max_pixels,
                 struct picture *p, struct err *e) MUST_CHECK;
int picture_pnm(const void *bytes, size_t n, uint64_t max_pixels,
                struct picture *p, struct err *e) MUST_CHECK;
int picture_bmp(const void *bytes, size_t n, uint64_t max_pixels,
                struct picture *p, struct err *e) MUST_CHECK;

/* Returns the orientation 1..8 in an Exif segment, 1 if it has none or is
 * damaged.  A segment is a TIFF, with "Exif" and two zeros before it or not. */
int exif_orientation(const void *bytes, size_t n);

/* Returns the orientation that the chunks of a PNG state: eXIf, or the text
 * "Raw profile type exif" of programs older than that chunk; 1 for none. */
int exif_orientation_png(const void *bytes, size_t n);

#endif
