/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "tools/data-import/datafile.h"

#define DATA_MAX ((uint64_t)1 << 34) /* bytes of a file */

/* Returns the bytes of one number, 0 for types that are not read. */
static size_t type_bytes(int type)
{
    static const uint8_t bytes[] = {
        [0x08] = 1, [0x09] = 1, [0x0b] = 2, [0x0c] = 4};

    return (size_t)type < sizeof bytes ? bytes[type] : 0;
}

bool idx_is_images(const struct idx *x)
{
    return x->ndim > 2;
}

bool idx_magic(const void *bytes, size_t n)
{
    const uint8_t *p = bytes;

    return n >= 4 && p[0] == 0 && p[1] == 0 && p[2] >= 0x08 && p[2] <= 0x0e &&
           p[3] >= 1 && p[3] <= 4;
}

int idx_header(const char *path, const void *bytes, size_t n, struct idx *x,
               struct err *e)
{
    const uint8_t *p = bytes;
    uint64_t image = 1;

    if (!idx_magic(bytes, n))
        return err_set(e, ERR_FORMAT, "%s: no IDX magic number at its start",
                       path);
    x->type = p[2];
    x->ndim = p[3];
    if (!type_bytes(x->type) || (idx_is_images(x) && x->type != 0x08))
        return err_set(e, ERR_FORMAT,
                       "%s: IDX type 0x%02x is not 0x08, unsigned bytes, nor, "
                       "for labels, one of integers",
                       path, p[2]);
    if (x->ndim == 2 && x->type != 0x0c)
        return err_set(e, ERR_FORMAT,
                       "%s: of IDX files with 2 axes only 32-bit labels (type "
                       "0x0c) are read; labels have 1 axis, images 3 or 4",
                       path);
    x->header = 4 + 4 * (size_t)x->ndim;
    if (n < x->header)
        return err_set(e, ERR_FORMAT, "%s: truncated in the IDX header", path);
    for (int i = 0; i < x->ndim; i++) {
        p += 4;
        x->size[i] = (uint64_t)p[0] << 24 | (uint64_t)p[1] << 16 |
                     (uint64_t)p[2] << 8 | p[3];
    }

    /* Sizes are within limits, so that their product cannot overflow. */
    for (int i = 1; i < x->ndim; i++) {
        uint64_t max = i == 3 ? DATASET_MAX_CHANNELS : DATASET_MAX_SIDE;

        if (x->size[i] < 1 || x->size[i] > max)
            return err_set(e, ERR_FORMAT,
                           "%s: size %" PRIu64 " of axis %d is "
                           "not within 1..%" PRIu64,
                           path, x->size[i], i, max);
        image *= x->size[i];
    }
    if (image > DATASET_MAX_ITEM)
        return err_set(e, ERR_FORMAT,
                       "%s: images of %" PRIu64 " bytes exceed "
                       "%d",
                       path, image, DATASET_MAX_ITEM);
    image *= type_bytes(x->type);
    if (x->size[0] < 1 || x->size[0] > DATA_MAX / image)
        return err_set(e, ERR_FORMAT,
                       "%s: %" PRIu64 " items of %" PRIu64
                       " bytes are not within 1 item and 16 GiB",
                       path, x->size[0], image);
    x->bytes = x->size[0] * image;
    return 0;
}

static int whole_file(const char *path, const struct buf *b, bool images,
                      struct idx *x, struct err *e)
{
    int rc = idx_header(path, b->data, b->len, x, e);

    if (rc < 0)
        return rc;
    if (images != idx_is_images(x))
        return err_set(e, ERR_FORMAT, "%s: %s where %s were expected", path,
                       images ? "labels" : "images",
                       images ? "images" : "labels");
    if (b->len < x->header + x->bytes)
        return err_set(e, ERR_FORMAT,
                       "%s: truncated: %zu bytes of data, the "
                       "header announces %" PRIu64,
                       path, b->len - x->header, x->bytes);
    if (b->len > x->header + x->bytes)
        return err_set(e, ERR_FORMAT,
                       "%s: more than the %" PRIu64 " bytes of "
                       "data that the header announces",
                       path, x->bytes);
    return 0;
}

/* Returns the label at the beginning of row i. */
static int64_t label_at(const struct idx *y, const struct buf *b, size_t i)
{
    size_t row = (size_t)(y->bytes / y->size[0]), n = type_bytes(y->type);
    const uint8_t *p = (const uint8_t *)b->data + y->header + i * row;
    /* The highest bit of all but the first type is the sign. */
    int64_t v = y->type != 0x08 && *p >= 0x80 ? -1 : 0;

    while (n--)
        v = v * 256 + *p++;
    return v;
}

int idx_append(const char *image_path, const struct buf *images,
               const char *label_path, const struct buf *labels,
               size_t shape[3], struct split *s, struct err *e)
{
    struct idx x, y;
    size_t c, n, bytes;
    int rc;

    if ((rc = whole_file(image_path, images, true, &x, e)) < 0 ||
        (rc = whole_file(label_path, labels, false, &y, e)) < 0)
        return rc;

    /* The first file sets the shape for all files. */
    c = x.ndim == 4 ? (size_t)x.size[3] : 1;
    if (!shape[0]) {
        shape[0] = (size_t)x.size[1];
        shape[1] = (size_t)x.size[2];
        shape[2] = c;
    }
    if (shape[0] != x.size[1] || shape[1] != x.size[2] || shape[2] != c)
        return err_set(e, ERR_FORMAT,
                       "%s: images of %" PRIu64 "x%" PRIu64
                       "x%zu where those before have %zux%zux%zu",
                       image_path, x.size[1], x.size[2], c, shape[0], shape[1],
                       shape[2]);
    if (x.size[0] != y.size[0])
        return err_set(e, ERR_FORMAT,
                       "%s: %" PRIu64 " labels for the %" PRIu64
                       " images of %s",
                       label_path, y.size[0], x.size[0], image_path);

    n = (size_t)x.size[0];
    bytes = shape[0] * shape[1] * shape[2];
    s->items = xreallocarray(s->items, s->n + n, bytes);
    s->labels = xreallocarray(s->labels, s->n + n, sizeof *s->labels);
    memcpy(s->items + s->n * bytes, images->data + x.header, n * bytes);
    for (size_t i = 0; i < n; i++) {
        int64_t label = label_at(&y, labels, i);

        if (label < 0 || label > DATASET_MAX_CLASSES)
            return err_set(e, ERR_FORMAT,
                           "%s: label %zu is %" PRId64
                           ", which is not within 0..%d",
                           label_path, i, label, DATASET_MAX_CLASSES);
        s->labels[s->n + i] = (int32_t)label;
    }
    s->n += n;
    return 0;
}
