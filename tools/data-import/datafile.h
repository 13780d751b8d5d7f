/* SPDX-License-Identifier: MIT
 * One file of a published set in memory: read (gunzipped), recognised, and its
 * images and labels taken out. */
#ifndef DATA_IMPORT_DATAFILE_H
#define DATA_IMPORT_DATAFILE_H

#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"
#include "libcommon/nn/data/dataset.h"
#include "tools/data-import/import.h"

/* Read the file.  A gzip file is expanded, but only if it holds IDX, and then
 * no further than its header announces; a plain file is read as it is.
 * ERR_FORMAT for gzip data that are corrupt or hold something else. */
int data_read(const char *path, struct buf *out, struct err *e) MUST_CHECK;

/* The one format that bytes can be; ERR_FORMAT if there is none or if it could
 * be either of two. */
int data_recognise(const char *path, const struct buf *b,
                   enum import_format *format, struct err *e) MUST_CHECK;

/* ---- CIFAR: planar 32x32 colour, one or two label bytes in front ---- */

#define CIFAR_SIDE 32
#define CIFAR_IMAGE (3 * CIFAR_SIDE * CIFAR_SIDE)

/* Classes of the labels that will be used. */
int cifar_classes(enum import_format f, bool coarse);

/* Append the file's records to *s as NHWC. */
int cifar_append(const char *path, const struct buf *b, enum import_format f,
                 bool coarse, struct split *s, struct err *e) MUST_CHECK;

/* ---- IDX: magic, sizes (big-endian), bytes ---- */

struct idx {
    int ndim;               /* 1 labels, 3 grey images, 4 images (n,h,w,c) */
    uint64_t size[4];
    size_t header;          /* bytes before the data */
    uint64_t bytes;         /* of the data */
};

/* Parse the header and check it against limits; n may be less than the file.
 * Says nothing of how much data there is. */
int idx_header(const char *path, const void *bytes, size_t n, struct idx *x,
               struct err *e) MUST_CHECK;
bool idx_magic(const void *bytes, size_t n);

/* Append images of one file with labels of another to *s.  Sets *h *w *c from
 * the first pair (when *h is 0) and holds the others against them. */
int idx_append(const char *image_path, const struct buf *images,
               const char *label_path, const struct buf *labels,
               size_t shape[3], struct split *s, struct err *e) MUST_CHECK;

#endif
