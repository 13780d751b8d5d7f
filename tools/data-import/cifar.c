/* SPDX-License-Identifier: MIT */
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "tools/data-import/datafile.h"

#define PLANE (CIFAR_SIDE * CIFAR_SIDE)

/* Says where the label is in a record and how many values it has. */
struct cifar_layout {
    size_t labels; /* bytes before the pixels */
    size_t at;     /* which of these bytes is the label */
    int classes;
};

static struct cifar_layout layout_of(enum import_format f, bool coarse)
{
    BUG_IF(f != IMPORT_CIFAR10 && f != IMPORT_CIFAR100);
    if (f == IMPORT_CIFAR10)
        return (struct cifar_layout){1, 0, 10};
    return coarse ? (struct cifar_layout){2, 0, 20}
                  : (struct cifar_layout){2, 1, 100};
}

int cifar_classes(enum import_format f, bool coarse)
{
    return layout_of(f, coarse).classes;
}

int cifar_append(const char *path, const struct buf *b, enum import_format f,
                 bool coarse, struct split *s, struct err *e)
{
    struct cifar_layout l = layout_of(f, coarse);
    size_t record = l.labels + CIFAR_IMAGE, n = b->len / record;

    if (n == 0 || b->len % record)
        return err_set(e, ERR_FORMAT,
                       "%s: %zu bytes are not a whole number "
                       "of %zu-byte %s records",
                       path, b->len, record, import_formats[f]);
    s->items = xreallocarray(s->items, s->n + n, CIFAR_IMAGE);
    s->labels = xreallocarray(s->labels, s->n + n, sizeof *s->labels);
    for (size_t i = 0; i < n; i++) {
        const uint8_t *p = (const uint8_t *)b->data + i * record;
        const uint8_t *plane = p + l.labels; /* red, green and blue planes */
        uint8_t *to = s->items + s->n * CIFAR_IMAGE;

        if (p[l.at] >= l.classes)
            return err_set(e, ERR_FORMAT,
                           "%s: record %zu (byte %zu): label %d "
                           "is not below %d",
                           path, i, i * record + l.at, p[l.at], l.classes);
        s->labels[s->n] = p[l.at];
        for (int k = 0; k < PLANE; k++)
            for (int c = 0; c < 3; c++)
                *to++ = plane[c * PLANE + k];
        s->n++;
    }
    return 0;
}
