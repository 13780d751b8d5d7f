/* SPDX-License-Identifier: MIT
 * libpng decodes PNG.  Errors leave it by longjmp, so that everything that must
 * survive them is in a struct outside the frame of setjmp. */
#include <inttypes.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/picture/picture.h"

#define SIDE_MAX 65535
#define DEFLATE_RATIO 1040 /* deflate cannot do better than 1032 to 1 */

struct png_decoding {
    png_structp png;
    png_infop info;
    const uint8_t *bytes;
    size_t n, at;
    uint64_t max_pixels;
    struct picture *p;
    png_bytep *rows; /* (h), into the picture */
    struct err *e;
};

static void fail(png_structp png, png_const_charp why)
{
    struct png_decoding *d = png_get_error_ptr(png);

    err_set(d->e, ERR_FORMAT, "damaged PNG, before byte %zu: %s", d->at, why);
    png_longjmp(png, 1);
}

static void pass_over(png_structp png, png_const_charp why)
{
    (void)png;
    (void)why;
}

static void give(png_structp png, png_bytep to, size_t n)
{
    struct png_decoding *d = png_get_io_ptr(png);

    if (n > d->n - d->at) {
        d->at = d->n;
        png_error(png, "the file ends too early");
    }
    memcpy(to, d->bytes + d->at, n);
    d->at += n;
}

/* Decode the file; a longjmp from any call behind the setjmp returns to it.
 * Chunks that the pixels do not need are not looked into. */
static int decode(struct png_decoding *d)
{
    uint64_t h, w;

    if (setjmp(png_jmpbuf(d->png)))
        return d->e->code;
    png_set_read_fn(d->png, d, give);
    png_set_user_limits(d->png, SIDE_MAX, SIDE_MAX);
    png_set_keep_unknown_chunks(d->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_benign_errors(d->png, 0);
    png_read_info(d->png, d->info);

    /* The size is checked before memory is allocated for it: a file that is too
     * short for so many pixels is refused. */
    h = png_get_image_height(d->png, d->info);
    w = png_get_image_width(d->png, d->info);
    if (h * png_get_rowbytes(d->png, d->info) / DEFLATE_RATIO > d->n)
        png_error(d->png, "the file is too short for its size in pixels");
    if (picture_room(d->p, h, w, d->max_pixels, 4, d->e) < 0)
        png_longjmp(d->png, 1);
    d->rows = xcalloc(h, sizeof *d->rows);
    for (size_t y = 0; y < h; y++)
        d->rows[y] = d->p->rgb + y * w * 4;

    /* All kinds of pixels become red, green, blue and opacity of 8 bits. */
    png_set_expand(d->png);
    png_set_scale_16(d->png);
    png_set_gray_to_rgb(d->png);
    png_set_add_alpha(d->png, 0xff, PNG_FILLER_AFTER);
    png_set_interlace_handling(d->png);
    png_read_update_info(d->png, d->info);
    if (png_get_rowbytes(d->png, d->info) != d->p->w * 4)
        png_error(d->png, "of an unknown kind");
    png_read_image(d->png, d->rows);
    png_read_end(d->png, NULL);
    return 0;
}

int picture_png(const void *bytes, size_t n, uint64_t max_pixels,
                struct picture *p, struct err *e)
{
    struct png_decoding d = {
        .bytes = bytes,
        .n = n,
        .max_pixels = max_pixels,
        .p = p,
        .e = e,
    };
    int rc;

    d.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &d, fail, pass_over);
    if (!d.png || !(d.info = png_create_info_struct(d.png)))
        mem_exhausted(sizeof d);
    rc = decode(&d);
    png_destroy_read_struct(&d.png, &d.info, NULL);
    free(d.rows);
    if (rc < 0)
        return rc;
    picture_weigh(p); /* on black: scale each colour by opacity */
    p->orientation = exif_orientation_png(bytes, n);
    return 0;
}
