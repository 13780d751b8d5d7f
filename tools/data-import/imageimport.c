/* SPDX-License-Identifier: MIT */
#include "tools/data-import/imageimport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/progress.h"
#include "libcommon/picture/picture.h"
#include "libcommon/picture/resize.h"

#define NAMED_MAX 20 /* most corrupt files that are named */

struct image_reading {
    const struct import_opts *o;
    const struct imagelist *l;
    struct dataset *d;
    size_t filled[SPLIT_COUNT];
    size_t corrupt;
    bool coloured; /* not all pictures so far are grey */
    struct buf file;
    struct picture picture;
};

/* ---- size ---- */

/* Returns the number that text begins with, 0 if it is not within
 * 1..DATASET_MAX_SIDE; *end is set behind its digits. */
static size_t side(const char *text, const char **end)
{
    size_t n = 0;

    for (; *text >= '0' && *text <= '9' && n <= DATASET_MAX_SIDE; text++)
        n = 10 * n + (size_t)(*text - '0');
    *end = text;
    return n <= DATASET_MAX_SIDE ? n : 0;
}

int image_size_parse(const char *text, size_t *h, size_t *w, struct err *e)
{
    const char *end;

    *h = *w = side(text, &end);
    if (*h && *end == 'x')
        *w = side(end + 1, &end);
    if (!*h || !*w || *end)
        return err_set(e, ERR_ARG,
                       "--size is N or HxW, numbers within 1..%d, not '%s'",
                       DATASET_MAX_SIDE, text);
    return 0;
}

int import_size(const char *text, char out[IMPORT_SIZE_TEXT], struct err *e)
{
    size_t h, w;

    if (image_size_parse(text, &h, &w, e) < 0)
        return e->code;
    snprintf(out, IMPORT_SIZE_TEXT, "%zux%zu", h, w);
    return 0;
}

static int settle_shape(struct image_reading *r, int code, size_t h, size_t w,
                        struct err *e)
{
    struct dataset *d = r->d;
    struct input_spec *in = &d->input;

    in->h = h;
    in->w = w;
    in->resize = r->o->size ? RESIZE_COVER : RESIZE_NONE;
    in->crop = r->o->size ? CROP_CENTRE : CROP_NONE;
    in->c = r->o->channels == CHANNELS_GREY ? 1 : 3;
    if (h > DATASET_MAX_SIDE || w > DATASET_MAX_SIDE ||
        in->c * h * w > DATASET_MAX_ITEM)
        return err_set(e, code,
                       "images of %zux%zu exceed %d pixels a side or "
                       "%d bytes (--size makes them smaller)",
                       h, w, DATASET_MAX_SIDE, DATASET_MAX_ITEM);
    for (int s = 0; s < SPLIT_COUNT; s++) {
        size_t n = imagelist_count(r->l, (enum split_id)s);

        if (n > DATASET_MAX_SPLIT / input_item_bytes(in))
            return err_set(e, code,
                           "%zu images of %zux%zu in split %s exceed 64 GiB", n,
                           h, w, split_names[s]);
        if (n)
            split_alloc(&d->split[s], n, input_item_bytes(in));
    }
    return 0;
}

/* ---- one picture ---- */

/* Make the decoded picture the next image of its split. */
static int take(struct image_reading *r, const struct image_file *f,
                struct err *e)
{
    const struct picture *p = &r->picture;
    const char *path = f->path;
    struct input_spec *in = &r->d->input;
    struct split *s = &r->d->split[f->split];
    size_t i;
    int rc;

    if (!in->h && (rc = settle_shape(r, ERR_FORMAT, p->h, p->w, e)) < 0)
        return err_prefix(e, "%s", path);
    if (!r->o->size && (p->h != in->h || p->w != in->w))
        return err_set(e, ERR_FORMAT,
                       "%s: is %zux%zu, the pictures before it "
                       "are %zux%zu (--size makes them one size)",
                       path, p->h, p->w, in->h, in->w);
    i = r->filled[f->split]++;
    picture_fit(p, in->h, in->w, in->c, s->items + i * input_item_bytes(in));
    s->labels[i] = f->label;
    filenames_add(&s->names, f->name);
    r->coloured = r->coloured || !picture_is_grey(p);
    return 0;
}

/* ---- all of them ---- */

/* Keep one of three equal channels. */
static void drop_channels(struct dataset *d)
{
    const size_t each = d->input.h * d->input.w;

    for (int s = 0; s < SPLIT_COUNT; s++) {
        struct split *split = &d->split[s];

        for (size_t i = 0; i < split->n * each; i++)
            split->items[i] = split->items[3 * i];
        if (split->n)
            split->items = xreallocarray(split->items, split->n, each);
    }
    d->input.c = 1;
}

/* After the last picture, cut the splits to the images that they have.
 * ERR_FORMAT when a class has no training image. */
static int finish(struct image_reading *r, struct err *e)
{
    const struct split *train = &r->d->split[SPLIT_TRAIN];
    bool *seen = xcalloc(r->l->classes.n, sizeof *seen);
    int rc = 0;

    for (int i = 0; i < SPLIT_COUNT; i++) {
        struct split *s = &r->d->split[i];

        if (r->filled[i] == s->n)
            continue;
        s->n = r->filled[i];
        if (s->n == 0) {
            split_fini(s);
            continue;
        }
        s->items = xreallocarray(s->items, s->n,
                                 input_item_bytes(&r->d->input));
        s->labels = xreallocarray(s->labels, s->n, sizeof *s->labels);
    }
    if (r->corrupt)
        log_warn("%zu of %zu pictures were corrupt and skipped", r->corrupt,
                 r->l->n);
    if (r->l->others)
        log_warn("%zu other file%s passed over (-v names %s)", r->l->others,
                 r->l->others == 1 ? " was" : "s were",
                 r->l->others == 1 ? "it" : "them");

    for (size_t i = 0; i < train->n; i++)
        seen[train->labels[i]] = true;
    for (size_t i = 0; i < r->l->classes.n && rc == 0; i++)
        if (!seen[i])
            rc = err_set(e, ERR_FORMAT,
                         "class '%s' has no training images: add some, or "
                         "remove the class",
                         r->l->classes.v[i]);
    free(seen);
    return rc;
}

int images_read(const struct import_opts *o, const struct imagelist *l,
                struct dataset *d, struct err *e)
{
    struct image_reading r = {.o = o, .l = l, .d = d};
    struct progress p;
    size_t h, w;
    int rc = 0;

    if (o->size && (rc = image_size_parse(o->size, &h, &w, e)) == 0)
        rc = settle_shape(&r, ERR_ARG, h, w, e);
    progress_start(&p, "pictures read", l->n, o->progress);
    for (size_t i = 0; i < l->n && rc == 0; i++) {
        rc = picture_read(l->files[i].path, &r.file, &r.picture, e);
        if (rc == 0) {
            rc = take(&r, &l->files[i], e);
        } else if (rc == ERR_FORMAT && o->skip_corrupt) {
            if (r.corrupt < NAMED_MAX)
                log_warn("%s: skipped", e->text);
            if (r.corrupt == NAMED_MAX)
                log_warn("further corrupt files are counted only");
            r.corrupt++;
            rc = 0;
        } else if (rc == ERR_FORMAT) {
            err_suffix(e, " (--skip-corrupt leaves such files out)");
        }
        progress_add(&p, 1);
    }
    progress_end(&p);
    if (rc == 0)
        rc = finish(&r, e);
    if (rc == 0 && o->channels == CHANNELS_AUTO && !r.coloured)
        drop_channels(d);
    buf_free(&r.file);
    picture_fini(&r.picture);
    return rc;
}
