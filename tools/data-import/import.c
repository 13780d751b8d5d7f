/* SPDX-License-Identifier: MIT */
#include "tools/data-import/import.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/pathname.h"
#include "libcommon/base/utf8.h"
#include "libcommon/io/folder.h"
#include "tools/data-import/csvlist.h"
#include "tools/data-import/datafile.h"
#include "tools/data-import/filelist.h"
#include "tools/data-import/groupsplit.h"
#include "tools/data-import/imageimport.h"
#include "tools/data-import/recordlist.h"
#include "tools/data-import/signalimport.h"
#include "tools/data-import/soundimport.h"

const char *const import_formats[IMPORT_FORMATS + 1] = {
    "auto", "cifar10", "cifar100", "idx", "images", "wav", "wfdb", NULL};

/* ---- images and labels ---- */

/* Holds the state of an import, in which one file is read after the other. */
struct importing {
    const struct import_opts *o;
    struct dataset *d;
    struct buf *notes;
    enum import_format format; /* of all files; IMPORT_AUTO until one is
                                * known */
    size_t shape[3];
};

static int take_format(struct importing *m, const char *path,
                       const struct buf *b, struct err *e)
{
    enum import_format f;
    int rc;

    if (m->o->format != IMPORT_AUTO) {
        m->format = (enum import_format)m->o->format;
        return 0;
    }
    if ((rc = data_recognise(path, b, &f, e)) < 0)
        return rc;
    if (m->format != IMPORT_AUTO && m->format != f)
        return err_set(e, ERR_FORMAT, "%s: is %s, the files before it are %s",
                       path, import_formats[f], import_formats[m->format]);
    m->format = f;
    return 0;
}

/* Find the next IDX file of a split, from *at on, that has images (or labels,
 * with images false), and read it into *b.  Returns 1, 0 when there is none
 * left, or ERR_*. */
static int next_idx(struct importing *m, const struct filelist *files,
                    enum split_id split, bool images, size_t *at, struct buf *b,
                    struct err *e)
{
    for (; *at < files->n; ++*at) {
        const struct data_file *f = &files->v[*at];
        struct idx x;
        int rc;

        if (f->split != split)
            continue;
        buf_clear(b);
        if ((rc = data_read(f->path, b, e)) < 0 ||
            (rc = take_format(m, f->path, b, e)) < 0 ||
            (rc = idx_header(f->path, b->data, b->len, &x, e)) < 0)
            return rc;
        if (images == idx_is_images(&x))
            return 1;
    }
    return 0;
}

/* Pair the k-th file of images with the k-th file of labels. */
static int read_idx(struct importing *m, const struct filelist *files,
                    enum split_id split, struct err *e)
{
    struct buf images = {0}, labels = {0};
    size_t i = 0, j = 0;
    int rc, more;

    for (;; i++, j++) {
        rc = next_idx(m, files, split, true, &i, &images, e);
        if (rc < 0)
            break;
        more = next_idx(m, files, split, false, &j, &labels, e);
        if (more < 0 || (rc == 0 && more == 0)) {
            rc = more;
            break;
        }
        if (rc != more) {
            rc = err_set(e, ERR_FORMAT,
                         "%s: there is no file of %s to go with it (by its "
                         "name it is of split %s)",
                         files->v[rc ? i : j].path, rc ? "labels" : "images",
                         split_names[split]);
            break;
        }
        rc = idx_append(files->v[i].path, &images, files->v[j].path, &labels,
                        m->shape, &m->d->split[split], e);
        if (rc < 0)
            break;
    }
    buf_free(&images);
    buf_free(&labels);
    return rc;
}

static int read_cifar(struct importing *m, const struct filelist *files,
                      enum split_id split, struct err *e)
{
    struct buf b = {0};
    int rc = 0;

    for (size_t i = 0; i < files->n && rc == 0; i++) {
        if (files->v[i].split != split)
            continue;
        buf_clear(&b);
        rc = data_read(files->v[i].path, &b, e);
        if (rc == 0)
            rc = take_format(m, files->v[i].path, &b, e);
        if (rc == 0)
            rc = cifar_append(files->v[i].path, &b, m->format, m->o->coarse,
                              &m->d->split[split], e);
    }
    buf_free(&b);
    m->shape[0] = m->shape[1] = CIFAR_SIDE;
    m->shape[2] = 3;
    return rc;
}

/* Read all files in the format of the first one. */
static int read_all(struct importing *m, const struct filelist *files,
                    struct err *e)
{
    struct buf b = {0};
    int rc = 0;

    m->format = (enum import_format)m->o->format;
    if (m->format == IMPORT_AUTO) {
        rc = data_read(files->v[0].path, &b, e);
        if (rc == 0)
            rc = take_format(m, files->v[0].path, &b, e);
    }
    buf_free(&b);
    for (int i = 0; i < SPLIT_COUNT && rc == 0; i++)
        rc = (m->format == IMPORT_IDX ? read_idx : read_cifar)(
            m, files, (enum split_id)i, e);
    if (rc == 0 && m->d->split[SPLIT_TRAIN].n == 0)
        rc = err_set(e, ERR_FORMAT,
                     "%s: no training images: all files are of other splits",
                     files->v[0].path);
    return rc;
}

/* ---- class names ---- */

/* Set the class names to the lines of a file, without trailing blanks; blank
 * lines do not count. */
static int read_names(const char *path, size_t classes, struct dataset *d,
                      struct err *e)
{
    struct buf text = {0};
    struct strs names = {0};
    int rc = data_read(path, &text, e);
    char *line = text.data, *end = rc == 0 ? line + text.len : line;

    while (rc == 0 && line < end && names.n <= classes) {
        char *stop = memchr(line, '\n', (size_t)(end - line)), *last;

        if (!stop)
            stop = end;
        for (last = stop; last > line && strchr(" \t\r", last[-1]); last--)
            ;
        if (last > line) {
            names.v = xreallocarray(names.v, names.n + 1, sizeof *names.v);
            names.v[names.n] = xmemdup(line, (size_t)(last - line) + 1);
            names.v[names.n][last - line] = '\0';
            if (!utf8_printable(names.v[names.n++]))
                rc = err_set(e, ERR_FORMAT,
                             "%s: class name %zu is not UTF-8 without control "
                             "characters",
                             path, names.n);
        }
        line = stop + 1;
    }
    if (rc == 0 && names.n != classes)
        rc = err_set(e, ERR_FORMAT, "%s: %s than %zu class names", path,
                     names.n < classes ? "fewer" : "more", classes);
    if (rc == 0)
        dataset_set_classes(d, (const char *const *)names.v, names.n);
    folder_names_free(&names);
    buf_free(&text);
    return rc;
}

/* Returns how many classes an IDX set has, which its files do not say, and sets
 * *first to the lowest label, 0 or 1.  Labels from 1 become labels from 0. */
static int32_t settle_labels(struct dataset *d, int32_t *first)
{
    int32_t lowest = INT32_MAX, highest = 0;

    for (int s = 0; s < SPLIT_COUNT; s++)
        for (size_t i = 0; i < d->split[s].n; i++) {
            int32_t label = d->split[s].labels[i];

            lowest = label < lowest ? label : lowest;
            highest = label > highest ? label : highest;
        }
    *first = lowest == 1;
    for (int s = 0; s < SPLIT_COUNT && *first; s++)
        for (size_t i = 0; i < d->split[s].n; i++)
            d->split[s].labels[i]--;
    return highest + 1 - *first;
}

static int name_classes(struct importing *m, const char *first, struct err *e)
{
    bool idx = m->format == IMPORT_IDX;
    char *path = m->o->names_file ? xstrdup(m->o->names_file) : NULL;
    char(*text)[24];
    const char **names;
    int32_t classes, from = 0;
    int rc;

    classes = idx ? settle_labels(m->d, &from)
                  : cifar_classes(m->format, m->o->coarse);
    if (classes > DATASET_MAX_CLASSES) {
        free(path);
        return err_set(e, ERR_FORMAT,
                       "the labels reach %d: a data set has at most %d classes",
                       (int)classes - 1 + from, DATASET_MAX_CLASSES);
    }
    if (from && path)
        buf_adds(m->notes, "Labels begin at 1: the first name is that of 1.\n");
    else if (from)
        buf_addf(m->notes,
                 "Labels begin at 1: class 0 is called 1, and so on to %d.\n",
                 (int)classes);

    /* The publishers of CIFAR put a file of names beside the data. */
    if (!path && !idx) {
        path = pathname_beside(first, m->format == IMPORT_CIFAR10
                                          ? "batches.meta.txt"
                                      : m->o->coarse ? "coarse_label_names.txt"
                                                     : "fine_label_names.txt");
        if (access(path, F_OK) < 0) {
            free(path);
            path = NULL;
        }
    }
    if (path) {
        rc = read_names(path, (size_t)classes, m->d, e);
        free(path);
        return rc;
    }

    /* Else they are called as the labels in the files. */
    text = xcalloc((size_t)classes, sizeof *text);
    names = xcalloc((size_t)classes, sizeof *names);
    for (size_t i = 0; i < (size_t)classes; i++) {
        snprintf(text[i], sizeof text[i], "%zu", i + (size_t)from);
        names[i] = text[i];
    }
    dataset_set_classes(m->d, names, (size_t)classes);
    free(names);
    free(text);
    return 0;
}

/* ---- the whole set ---- */

/* Returns the path of the folder that holds what is imported, which may lie some
 * folders deeper than the one given; owned (free). */
static char *innermost(const char *path)
{
    char *at = xstrdup(path), *next;

    for (int depth = 0; depth < FOLDERS_DEEP && (next = folder_inside(at));
         depth++) {
        free(at);
        at = next;
    }
    return at;
}

static int read_files(const struct import_opts *o,
                      const struct strs paths[SPLIT_COUNT], struct dataset *d,
                      struct buf *notes, struct err *e)
{
    struct importing m = {.o = o, .d = d, .notes = notes};
    struct filelist files = {0};
    int rc = 0;

    for (int s = 0; s < SPLIT_COUNT; s++)
        for (size_t i = 0; i < paths[s].n && rc == 0; i++) {
            char *at = innermost(paths[s].v[i]);

            rc = filelist_add(&files, at, (enum split_id)s, e);
            free(at);
        }
    if (rc == 0) {
        filelist_once(&files);
        rc = read_all(&m, &files, e);
    }
    if (rc == 0 && o->coarse && m.format != IMPORT_CIFAR100)
        rc = err_set(e, ERR_ARG, "--coarse is for CIFAR-100, this is %s",
                     import_formats[m.format]);
    if (rc == 0 && (o->size || o->channels == CHANNELS_GREY ||
                    o->skip_corrupt || o->skip_other || o->skip_empty))
        rc = err_set(e, ERR_ARG,
                     "--size, --channels, --skip-corrupt, --skip-other and "
                     "--skip-empty are for pictures, this is %s",
                     import_formats[m.format]);
    if (rc == 0) {
        d->input.h = m.shape[0];
        d->input.w = m.shape[1];
        d->input.c = m.shape[2];
        d->flip = m.format == IMPORT_IDX ? FLIP_NO : FLIP_YES;
        d->name = o->name ? xstrdup(o->name)
                          : xasprintf("%s%s", import_formats[m.format],
                                      m.format == IMPORT_CIFAR100 && o->coarse
                                          ? "-coarse"
                                          : "");
        rc = name_classes(&m, files.v[0].path, e);
    }
    filelist_free(&files);
    return rc;
}

static int refuse_coarse(const struct import_opts *o, enum import_format f,
                         struct err *e)
{
    if (!o->coarse)
        return 0;
    return err_set(e, ERR_ARG, "--coarse is for CIFAR-100, this is %s",
                   import_formats[f]);
}

/* Read pictures in folders or tables into *d, or sounds into the draft. */
static int read_listed(const struct import_opts *o,
                       const struct strs paths[SPLIT_COUNT], bool tables,
                       struct dataset *d, struct draft *draft,
                       struct buf *notes, struct err *e)
{
    struct imagelist list = {.kind = o->format == IMPORT_WAV ? LIST_SOUNDS
                                     : o->format == IMPORT_IMAGES
                                         ? LIST_PICTURES
                                         : LIST_UNKNOWN,
                             .any_name = o->format != IMPORT_AUTO,
                             .skip_other = o->skip_other,
                             .skip_empty = o->skip_empty,
                             .root = imagelist_root(paths)};
    enum import_format format;
    int rc = 0;

    for (int s = 0; s < SPLIT_COUNT; s++)
        for (size_t i = 0; i < paths[s].n && rc == 0; i++)
            rc = (tables ? csv_add : imagelist_add)(&list, paths[s].v[i],
                                                    (enum split_id)s, e);
    if (rc == 0)
        rc = imagelist_settle(&list, e);
    format = list.kind == LIST_SOUNDS ? IMPORT_WAV : IMPORT_IMAGES;
    if (rc == 0)
        rc = refuse_coarse(o, format, e);
    if (rc == 0)
        rc = format == IMPORT_WAV ? sounds_draft(o, &list, d, draft, notes, e)
                                  : images_read(o, &list, d, e);
    if (rc == 0 && o->channels == CHANNELS_AUTO && d->input.c == 1)
        buf_adds(notes, "All pictures are grey, so they have one channel "
                        "(--channels=3 keeps three).\n");
    if (rc == 0) {
        const struct strs *names = &list.classes;

        d->name = xstrdup(o->name ? o->name : import_formats[format]);
        d->flip = format == IMPORT_WAV ? FLIP_NO : FLIP_YES;
        if (o->names_file)
            rc = read_names(o->names_file, names->n, d, e);
        else
            dataset_set_classes(d, (const char *const *)names->v, names->n);
    }
    imagelist_free(&list);
    return rc;
}

static int read_records(const struct import_opts *o,
                        const struct strs paths[SPLIT_COUNT], struct dataset *d,
                        struct draft *draft, struct buf *notes, struct err *e)
{
    int rc = refuse_coarse(o, IMPORT_WFDB, e);

    if (rc == 0)
        rc = signals_draft(o, paths, d, draft, notes, e);
    if (rc == 0 && o->names_file)
        rc = read_names(o->names_file, d->class_names.n, d, e);
    if (rc == 0)
        d->name = xstrdup(o->name ? o->name : import_formats[IMPORT_WFDB]);
    d->flip = FLIP_NO;
    return rc;
}

/* Refuse options that mean nothing for what is imported. */
static int check_options(const struct import_opts *o, bool features,
                         enum import_format f, struct err *e)
{
    if (features && (o->size || o->channels != CHANNELS_AUTO || o->flip > 0))
        return err_set(e, ERR_ARG,
                       "--size, --channels and --flip are for pictures, this "
                       "is %s",
                       import_formats[f]);
    if (!features && (!isnan(o->rate) || o->copying.copies))
        return err_set(e, ERR_ARG,
                       "--rate and --copies are for sounds and signals, this "
                       "is %s",
                       import_formats[f]);
    if (f != IMPORT_WFDB && o->signal.leads)
        return err_set(e, ERR_ARG, "--leads is for beats, this is %s",
                       import_formats[f]);
    return 0;
}

int import_dataset(const struct import_opts *o,
                   const struct strs paths[SPLIT_COUNT], struct dataset *d,
                   struct buf *notes, struct err *e)
{
    const char *first = paths[SPLIT_TRAIN].v[0];
    bool tables = csv_named(first), listed, records;
    char *at = innermost(first);
    struct folder_holds holds = folder_look(at);
    struct draft draft = {0};
    struct copying copying = o->copying;
    int rc;

    free(holds.folder);
    records = o->format == IMPORT_WFDB ||
              (o->format == IMPORT_AUTO && records_named(at));
    free(at);
    if (isnan(copying.shift))
        copying.shift = records ? SHIFT_OF_BEATS : SHIFT_OF_SOUNDS;
    listed = o->format == IMPORT_IMAGES || o->format == IMPORT_WAV ||
             (o->format == IMPORT_AUTO && !records &&
              (tables || (holds.folders && !holds.data)));
    if (records)
        rc = read_records(o, paths, d, &draft, notes, e);
    else if (listed)
        rc = read_listed(o, paths, tables, d, &draft, notes, e);
    else
        rc = read_files(o, paths, d, notes, e);
    if (rc == 0)
        rc = check_options(o, draft.n > 0,
                           records   ? IMPORT_WFDB
                           : draft.n ? IMPORT_WAV
                           : listed  ? IMPORT_IMAGES
                                     : (enum import_format)o->format,
                           e);
    if (rc == 0 && draft.n)
        draft_settle(&draft, d);
    if (rc == 0 && o->group_by && !strncmp(o->group_by, "name:", 5))
        rc = group_by_name(d, o->group_by + 5, e);
    if (rc == 0)
        rc = splitting_cut(&o->splitting, d, e);
    if (rc == 0 && draft.n &&
        (o->splitting.by_sample || !d->split[SPLIT_TRAIN].groups.n))
        rc = draft_check(d, e);
    if (rc == 0 && draft.n)
        rc = draft_compute(&draft, d, &copying, o->progress, e);
    if (rc == 0 && o->copying.copies)
        buf_addf(notes,
                 "Each training sample stands for %" PRIu64
                 ": itself and %" PRIu64 " changed at random.\n",
                 o->copying.copies + 1, o->copying.copies);
    draft_free(&draft);
    if (rc < 0)
        return rc;
    if (o->flip >= 0)
        d->flip = o->flip ? FLIP_YES : FLIP_NO;
    else if (d->flip == FLIP_YES && listed)
        buf_adds(notes, "Mirrored pictures count as of the same class "
                        "(--no-flip says otherwise).\n");
    dataset_moments(d);
    return 0;
}
