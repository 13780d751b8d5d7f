/* SPDX-License-Identifier: MIT
 * A file of a published set is read into memory (gunzipped) and recognised, and
 * its images and labels are taken out. */
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

/* Set *format to the one format that the bytes fit; ERR_FORMAT if they fit none
 * or several. */
int data_recognise(const char *path, const struct buf *b,
                   enum import_format *format, struct err *e) MUST_CHECK;

/* ---- CIFAR: planar 32x32 colour, one or two label bytes in front ---- */

#define CIFAR_SIDE 32
#define CIFAR_IMAGE (3 * CIFAR_SIDE * CIFAR_SIDE)

/* Returns the number of classes of the labels that are used. */
int cifar_classes(enum import_format f, bool coarse);

/* Append the file's records to *s, converted from planes to (n, h, w, c). */
int cifar_append(const char *path, const struct buf *b, enum import_format f,
                 bool coarse, struct split *s, struct err *e) MUST_CHECK;

/* ---- IDX: magic, type, sizes (big-endian), numbers ---- */

struct idx {
    int type; /* 0x08 unsigned bytes, as images always are; of labels also 0x09
               * signed bytes, 0x0b of 16 bits, 0x0c of 32 bits, big-endian */
    int ndim; /* 1 labels, 3 grey images, 4 images (n,h,w,c); of 32 bits also 2:
               * rows that begin with the label (QMNIST) */
    uint64_t size[4];
    size_t header;  /* bytes before the data */
    uint64_t bytes; /* of the data */
};

/* Parse the first n bytes of a file as an IDX header and check its sizes
 * against limits, not against the length of the file. */
int idx_header(const char *path, const void *bytes, size_t n, struct idx *x,
               struct err *e) MUST_CHECK;
bool idx_magic(const void *bytes, size_t n);

/* Returns true when the header is one of images. */
bool idx_is_images(const struct idx *x);

/* Append the images of one file with the labels of another to *s.  The first
 * pair sets shape (h, w, c), which is zero before; ERR_FORMAT when another pair
 * has another shape, and for labels that are not within
 * 0..DATASET_MAX_CLASSES. */
int idx_append(const char *image_path, const struct buf *images,
               const char *label_path, const struct buf *labels,
               size_t shape[3], struct split *s, struct err *e) MUST_CHECK;

#endif
