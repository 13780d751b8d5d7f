/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/data/filenames.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "libcommon/base/log.h"

void filenames_add(struct filenames *f, const char *name)
{
    buf_add(&f->bytes, name, strlen(name) + 1);
    f->n++;
}

void filenames_free(struct filenames *f)
{
    buf_free(&f->bytes);
    *f = (struct filenames){0};
}

const char *filenames_first(const struct filenames *f)
{
    return f->n ? f->bytes.data : NULL;
}

const char *filenames_next(const struct filenames *f, const char *name)
{
    const char *next = name + strlen(name) + 1;

    return next < f->bytes.data + f->bytes.len ? next : NULL;
}

void filenames_pick(struct filenames *f, const uint32_t *index, size_t n,
                    struct filenames *picked)
{
    const char *name = filenames_first(f);
    struct filenames kept = {0};
    size_t next = 0;

    for (size_t i = 0; name; i++, name = filenames_next(f, name)) {
        bool chosen = next < n && index[next] == i;

        next += chosen;
        filenames_add(chosen ? picked : &kept, name);
    }
    BUG_IF(f->n && next != n);
    filenames_free(f);
    *f = kept;
}

/* ---- typed arrays ---- */

static const char *bytes_of(const struct tensor *t, size_t *n)
{
    *n = t->ndim ? tensor_count(t) : 0;
    return t->data;
}

void filenames_take(struct filenames *f, const struct tensor *t)
{
    size_t n;
    const char *bytes = bytes_of(t, &n);

    for (size_t i = 0; i < n; i += strlen(bytes + i) + 1)
        filenames_add(f, bytes + i);
}

struct tensor filenames_tensor(const char **at, size_t n)
{
    const char *from = *at;

    if (!from)
        return (struct tensor){0};
    while (n--)
        *at += strlen(*at) + 1;
    return (struct tensor){DT_U8, 1, {*at - from}, from};
}

int filenames_check(const struct tensor *t, int64_t n, const char *what,
                    struct err *e)
{
    int64_t names = 0;
    size_t bytes;
    const char *v = bytes_of(t, &bytes);

    if (!t->ndim)
        return 0;
    for (size_t i = 0; i < bytes; i++) {
        if (v[i])
            continue;
        if (i == 0 || !v[i - 1])
            return err_set(e, ERR_FORMAT, "%s %" PRId64 " is empty", what,
                           names);
        names++;
    }
    if (bytes && v[bytes - 1])
        return err_set(e, ERR_FORMAT,
                       "%s %" PRId64 " is not ended by a NUL byte", what,
                       names);
    if (names != n)
        return err_set(e, ERR_FORMAT, "%" PRId64 " %ss for %" PRId64 " samples",
                       names, what, n);
    return 0;
}
