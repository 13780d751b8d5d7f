/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/features.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/io/tempfile.h"
#include "libcommon/nn/data/sweep.h"

struct features {
    const struct input_spec *input;
    const struct split *split;
    struct pool *pool; /* the engine's */
    size_t batch;
    int taps;
    size_t *size; /* (taps) numbers per image */
    size_t row;   /* numbers per image in all taps: an image's row */
    size_t kept;  /* images in memory, the first ones */
    float *rows;  /* (kept, row) */
    int fd;       /* file with the other images' rows, -1 = none */
    char *dir;
    float *buffer; /* (batch, row) to and from the file */
    float **tap;   /* (taps) each (batch, size) */
};

/* ---- the file ---- */

/* Open a file without a name, or one that has a name only until it is unlinked.
 * No signal that can be blocked ends the process in between, so that the file
 * does not outlive it. */
static int open_file(struct features *f, struct err *e)
{
    sigset_t all, old;
    char *path;
    int saved;

    if ((f->fd = tempfile_unnamed(f->dir, O_RDWR, 0600)) >= 0)
        return 0;
    path = xasprintf("%s/.eenn-train-features.XXXXXX", f->dir);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    f->fd = mkstemp(path);
    saved = errno;
    if (f->fd >= 0)
        unlink(path);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    free(path);
    errno = saved;
    if (f->fd < 0)
        return err_sys(e, "features: a file in %s (TMPDIR)", f->dir);
    fcntl(f->fd, F_SETFD, FD_CLOEXEC);
    return 0;
}

static off_t place_of(const struct features *f, size_t image)
{
    return (off_t)((image - f->kept) * f->row * sizeof(float));
}

static int write_rows(struct features *f, size_t image, const float *rows,
                      size_t n, struct err *e)
{
    const char *from = (const char *)rows;
    size_t left = n * f->row * sizeof *rows;
    off_t at = place_of(f, image);

    while (left > 0) {
        ssize_t put = pwrite(f->fd, from, left, at);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return err_sys(
                e, "features: writing %zu MB to a file in %s (TMPDIR)",
                (f->split->n - f->kept) * f->row * sizeof *rows / 1000000,
                f->dir);
        from += put;
        at += put;
        left -= (size_t)put;
    }
    return 0;
}

static int read_row(const struct features *f, size_t image, float *row,
                    struct err *e)
{
    char *to = (char *)row;
    size_t left = f->row * sizeof *row;
    off_t at = place_of(f, image);

    while (left > 0) {
        ssize_t got = pread(f->fd, to, left, at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            errno = EIO;
        if (got <= 0)
            return err_sys(e, "features: reading a file in %s (TMPDIR)",
                           f->dir);
        to += got;
        at += got;
        left -= (size_t)got;
    }
    return 0;
}

/* ---- computing ---- */

static void gather(const struct features *f, struct engine *g, size_t i,
                   float *row)
{
    for (int t = 0; t < f->taps; t++) {
        memcpy(row, engine_tap(g, t) + i * f->size[t],
               f->size[t] * sizeof *row);
        row += f->size[t];
    }
}

/* Compute the features of all images and keep them. */
static int compute(struct features *f, struct engine *g, struct err *e)
{
    struct sweep s;
    int rc = 0;

    sweep_init(&s, f->input, f->split, f->batch);
    for (size_t at = 0, n;
         rc >= 0 && (n = sweep_fill(&s, f->pool, NULL, at, f->split->n)) > 0;
         at += n) {
        size_t inside; /* how many of these images stay in memory */

        engine_features(g, s.images, (int)n);
        inside = at >= f->kept ? 0 : f->kept - at < n ? f->kept - at : n;
        for (size_t i = 0; i < inside; i++)
            gather(f, g, i, f->rows + (at + i) * f->row);
        for (size_t i = inside; i < n; i++)
            gather(f, g, i, f->buffer + (i - inside) * f->row);
        if (n > inside)
            rc = write_rows(f, at + inside, f->buffer, n - inside, e);
    }
    sweep_fini(&s);
    return rc;
}

int features_new(struct engine *g, const struct input_spec *in,
                 const struct split *split, struct feature_store *store,
                 struct features **out, struct err *e)
{
    struct features *f = *out = xcalloc(1, sizeof *f);
    const char *temp = getenv("TMPDIR");
    size_t bytes, fit;

    temp = temp && *temp ? temp : "/tmp";
    *f = (struct features){
        .input = in,
        .split = split,
        .pool = engine_pool(g),
        .batch = store->batch,
        .taps = engine_taps(g),
        .fd = -1,
        .dir = xstrdup(store->dir ? store->dir : temp),
    };
    f->size = xcalloc((size_t)f->taps, sizeof *f->size);
    f->tap = xcalloc((size_t)f->taps, sizeof *f->tap);
    for (int t = 0; t < f->taps; t++) {
        f->size[t] = engine_tap_size(g, t);
        f->row += f->size[t];
        f->tap[t] = xaligned(f->batch * f->size[t], sizeof(float));
    }
    /* Memory takes as many rows as the budget has room for; a file takes the
     * others. */
    bytes = f->row * sizeof(float);
    fit = store->memory / bytes;
    f->kept = fit < split->n ? fit : split->n;
    store->memory -= f->kept * bytes;
    if (f->kept)
        f->rows = xreallocarray(NULL, f->kept, bytes);
    if (f->kept < split->n)
        f->buffer = xreallocarray(NULL, f->batch, bytes);
    if ((f->kept == split->n || open_file(f, e) >= 0) && compute(f, g, e) >= 0)
        return 0;
    features_free(f);
    *out = NULL;
    return e->code;
}

void features_free(struct features *f)
{
    if (!f)
        return;
    if (f->fd >= 0)
        close(f->fd);
    for (int t = 0; t < f->taps; t++)
        free(f->tap[t]);
    free(f->tap);
    free(f->size);
    free(f->buffer);
    free(f->rows);
    free(f->dir);
    free(f);
}

void features_size(const struct features *f, size_t *memory, size_t *file)
{
    *memory = f->kept * f->row * sizeof(float);
    *file = (f->split->n - f->kept) * f->row * sizeof(float);
}

/* ---- using ---- */

struct feature_load {
    struct features *f;
    const uint32_t *index; /* (n) */
    atomic_int rc;         /* ERR_* of the first row that failed */
    struct err *e;         /* set by that row */
};

/* Copy the row of the i-th image of the batch into the taps.  Where several
 * rows cannot be read, the first to fail sets the error. */
static void load_one(void *ctx, int i, int worker)
{
    struct feature_load *x = ctx;
    struct features *f = x->f;
    size_t image = x->index[i];
    const float *row;
    struct err e;
    int fine = 0;

    (void)worker;
    BUG_IF(image >= f->split->n);
    if (image < f->kept) {
        row = f->rows + image * f->row;
    } else {
        float *buffer = f->buffer + (size_t)i * f->row;

        if (read_row(f, image, buffer, &e) < 0) {
            if (atomic_compare_exchange_strong(&x->rc, &fine, e.code))
                *x->e = e;
            return;
        }
        row = buffer;
    }
    for (int t = 0; t < f->taps; t++) {
        memcpy(f->tap[t] + (size_t)i * f->size[t], row,
               f->size[t] * sizeof *row);
        row += f->size[t];
    }
}

int features_get(struct features *f, const uint32_t *index, size_t n,
                 const float *const **taps, struct err *e)
{
    struct feature_load x = {.f = f, .index = index, .e = e};

    BUG_IF(n > f->batch);
    pool_run(f->pool, (int)n, load_one, &x);
    *taps = (const float *const *)f->tap;
    return x.rc;
}

int features_evaluate(struct features *f, struct engine *g, evaluate_fn *fn,
                      void *ctx, struct err *e)
{
    uint32_t *index = xcalloc(f->batch, sizeof *index);
    const float *const *taps;
    int rc = 0;

    for (size_t at = 0, n; rc >= 0 && at < f->split->n; at += n) {
        n = f->split->n - at < f->batch ? f->split->n - at : f->batch;
        for (size_t i = 0; i < n; i++)
            index[i] = (uint32_t)(at + i);
        if ((rc = features_get(f, index, n, &taps, e)) < 0)
            break;
        engine_forward_features(g, taps, (int)n, ENGINE_EVAL);
        evaluate_outputs(g, (int)n, f->split->labels + at, at, fn, ctx);
    }
    free(index);
    return rc;
}
