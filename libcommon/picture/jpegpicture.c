/* SPDX-License-Identifier: MIT
 * libjpeg decodes JPEG.  Errors leave it by longjmp, so that everything that
 * must survive them is in a struct outside the frame of setjmp. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jerror.h>
#include <jpeglib.h>

#include "libcommon/picture/picture.h"

#define SCANS_MAX 100           /* of a progressive file */
#define MEMORY_MAX (512L << 20) /* of libjpeg, for a progressive file */
#define EXIF (JPEG_APP0 + 1)

struct jpeg_decoding {
    struct jpeg_decompress_struct jpeg; /* client_data points back here */
    struct jpeg_error_mgr handlers;
    struct jpeg_progress_mgr monitor;
    jmp_buf back;
    const uint8_t *bytes;
    size_t n;
    uint64_t max_pixels;
    struct picture *p;
    struct err *e;
};

static NORETURN void leave(struct jpeg_decoding *d)
{
    longjmp(d->back, 1);
}

static NORETURN void fail(j_common_ptr jpeg)
{
    struct jpeg_decoding *d = jpeg->client_data;
    char why[JMSG_LENGTH_MAX];

    jpeg->err->format_message(jpeg, why);
    switch (jpeg->err->msg_code) {
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_SOF_UNSUPPORTED:
        err_set(d->e, ERR_FORMAT,
                "JPEG of a kind that is not read (%s): convert it to PNG", why);
        break;
    default:
        err_set(d->e, ERR_FORMAT, "damaged JPEG, near byte %zu: %s",
                d->n - (d->jpeg.src ? d->jpeg.src->bytes_in_buffer : 0), why);
    }
    leave(d);
}

/* Treat warnings, which have negative levels, as errors: libjpeg made up pixels
 * or left data over, as it does when it loses its place in them.  The exceptions
 * are about the version in a header, the colour transform in another, and which
 * coefficients a scan has: cameras write zeros there in sequential files, where
 * a scan always has all of them (ITU-T T.81, B.2.3). */
static void notice(j_common_ptr jpeg, int level)
{
    const struct jpeg_decoding *d = jpeg->client_data;
    const struct jpeg_decompress_struct *j = &d->jpeg;
    int what = jpeg->err->msg_code;

    if (level >= 0 || what == JWRN_JFIF_MAJOR || what == JWRN_ADOBE_XFORM ||
        (what == JWRN_NOT_SEQUENTIAL && !j->Ss && !j->Se && !j->Ah && !j->Al))
        return;
    fail(jpeg);
}

/* Refuse a file of very many scans: a small one of a large picture would take
 * hours. */
static void count_scans(j_common_ptr jpeg)
{
    struct jpeg_decoding *d = jpeg->client_data;

    if (d->jpeg.input_scan_number <= SCANS_MAX)
        return;
    err_set(d->e, ERR_FORMAT, "damaged JPEG: more than %d scans", SCANS_MAX);
    leave(d);
}

/* Decode the file; a longjmp from any call behind the setjmp returns to it. */
static int decode(struct jpeg_decoding *d)
{
    struct jpeg_decompress_struct *j = &d->jpeg;
    const struct jpeg_marker_struct *m;

    if (setjmp(d->back))
        return d->e->code;
    jpeg_create_decompress(j);
    j->mem->max_memory_to_use = MEMORY_MAX;
    j->progress = &d->monitor;
    jpeg_mem_src(j, d->bytes, d->n);
    jpeg_save_markers(j, EXIF, 0xffff);
    jpeg_read_header(j, TRUE);
    for (m = j->marker_list; m && d->p->orientation == 1; m = m->next)
        if (m->marker == EXIF)
            d->p->orientation = exif_orientation(m->data, m->data_length);

    j->out_color_space = j->num_components == 4 ? JCS_CMYK : JCS_RGB;
    if (picture_room(d->p, j->image_height, j->image_width, d->max_pixels,
                     j->num_components == 4 ? 4 : 3, d->e) < 0)
        leave(d);
    jpeg_start_decompress(j);
    while (j->output_scanline < j->output_height) {
        JSAMPROW row = d->p->rgb + (size_t)j->output_scanline * d->p->w *
                                       (size_t)j->output_components;

        jpeg_read_scanlines(j, &row, 1);
    }
    jpeg_finish_decompress(j);

    /* CMYK is stored inverted, with 255 for no ink: Adobe began it, and readers
     * expect it of every file. */
    if (j->out_color_space == JCS_CMYK)
        picture_weigh(d->p);
    return 0;
}

int picture_jpeg(const void *bytes, size_t n, uint64_t max_pixels,
                 struct picture *p, struct err *e)
{
    struct jpeg_decoding d = {
        .bytes = bytes,
        .n = n,
        .max_pixels = max_pixels,
        .p = p,
        .e = e,
    };
    int rc;

    d.jpeg.err = jpeg_std_error(&d.handlers);
    d.jpeg.client_data = &d;
    d.handlers.error_exit = fail;
    d.handlers.emit_message = notice;
    d.monitor.progress_monitor = count_scans;
    rc = decode(&d);
    jpeg_destroy_decompress(&d.jpeg);
    return rc;
}
