/* SPDX-License-Identifier: MIT */
#include "tools/data-import/imagelist.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/order.h"
#include "libcommon/base/utf8.h"
#include "libcommon/io/folder.h"
#include "libcommon/picture/picture.h"
#include "libcommon/sound/wav.h"
#include "tools/data-import/filelist.h"

#define NAMED_MAX 20 /* empty classes that are named */

size_t imagelist_root(const struct strs paths[SPLIT_COUNT])
{
    const char *first = NULL;
    size_t common = 0;

    for (int s = 0; s < SPLIT_COUNT; s++)
        for (size_t i = 0; i < paths[s].n; i++) {
            const char *path = paths[s].v[i];
            size_t n = 0, last = 0;

            if (!first) {
                first = path;
                common = strlen(path);
            }
            for (;; n++) {
                if ((path[n] == '/' || !path[n]) &&
                    (first[n] == '/' || !first[n]))
                    last = n;
                if (n == common || path[n] != first[n])
                    break;
            }
            common = last;
        }
    return common;
}

/* Returns what the list is of, for messages. */
static const char *noun_of(const struct imagelist *l)
{
    return l->kind == LIST_SOUNDS ? "sounds" : "pictures";
}

/* Count what does not belong there, or return ERR_FORMAT without skip_other. */
static int other(struct imagelist *l, const char *path, const char *what,
                 struct err *e)
{
    if (l->skip_other) {
        l->others++;
        log_info("%s: passed over: %s", path, what);
        return 0;
    }
    return err_set(e, ERR_FORMAT, "%s: %s (--skip-other passes over such)",
                   path, what);
}

/* ---- pictures ---- */

/* Returns the number of the class among those found, or ERR_FORMAT. */
static int find_class(struct imagelist *l, const char *path, const char *name,
                      struct err *e)
{
    if (!name[0] || !utf8_printable(name))
        return err_set(e, ERR_FORMAT,
                       "%s: the name of a class must be UTF-8 without control "
                       "characters, and not empty",
                       path);
    return (int)set_add(&l->found, name, strlen(name) + 1);
}

int imagelist_put(struct imagelist *l, char *path, const char *name,
                  const char *class_name, enum split_id split, struct err *e)
{
    enum image_kind kind = wav_named(path) ? LIST_SOUNDS : LIST_PICTURES;
    int label = find_class(l, path, class_name, e);

    if (label >= 0 && !l->any_name && l->n && kind != l->kind)
        label = err_set(e, ERR_FORMAT, "%s: is called as one of %s among %s",
                        path, kind == LIST_SOUNDS ? "sounds" : "pictures",
                        noun_of(l));
    if (l->n == 0 && !l->any_name)
        l->kind = kind;
    GROW(l->files, l->n, l->cap);
    l->files[l->n++] = (struct image_file){path, name, split, label};
    return label < 0 ? label : 0;
}

/* Add the pictures in a folder; those of a folder that has none itself may be in
 * the only folder in it. */
static int add_pictures(struct imagelist *l, const char *path,
                        const char *class_name, enum split_id split, bool inner,
                        struct err *e)
{
    struct folder_holds holds = folder_look(path);
    bool deeper = !inner && !holds.pictures && holds.folders == 1;
    struct strs names = {0};
    int rc = folder_names(path, &names, e);

    for (size_t i = 0; rc == 0 && i < names.n; i++) {
        char *p = folder_path(path, names.v[i]);
        const char *name = p + l->root;
        struct stat st;

        while (*name == '/')
            name++;
        if (stat(p, &st) < 0) {
            rc = err_sys(e, "%s", p);
        } else if (deeper && !strcmp(p, holds.folder)) {
            rc = add_pictures(l, p, class_name, split, true, e);
        } else if (!S_ISREG(st.st_mode)) {
            rc = other(l, p,
                       S_ISDIR(st.st_mode) ? "a folder in the folder of a class"
                                           : "not a regular file",
                       e);
        } else if ((l->kind == LIST_SOUNDS || !picture_named(names.v[i])) &&
                   (l->kind == LIST_PICTURES || !wav_named(names.v[i]))) {
            rc = other(l, p,
                       l->kind == LIST_SOUNDS
                           ? "the name does not end in wav or wave"
                           : "the name does not end in one of " PICTURE_ENDINGS,
                       e);
        } else {
            rc = imagelist_put(l, p, name, class_name, split, e);
            p = NULL;
        }
        free(p);
    }
    folder_names_free(&names);
    free(holds.folder);
    return rc;
}

/* ---- folders of classes ---- */

/* Set *names, which are freed first, to those of a folder's names that are
 * folders; `other` gets the rest. */
static int folders_in(struct imagelist *l, const char *path, struct strs *names,
                      struct err *e)
{
    size_t kept = 0;
    int rc;

    folder_names_free(names);
    rc = folder_names(path, names, e);
    for (size_t i = 0; rc == 0 && i < names->n; i++) {
        char *p = folder_path(path, names->v[i]);
        struct stat st;

        if (stat(p, &st) < 0) {
            rc = err_sys(e, "%s", p);
        } else if (S_ISDIR(st.st_mode)) {
            char *name = names->v[kept];

            names->v[kept++] = names->v[i];
            names->v[i] = name;
        } else {
            rc = other(l, p, "a file where folders of classes are", e);
        }
        free(p);
    }
    while (names->n > kept)
        free(names->v[--names->n]);
    return rc;
}

static int add_classes(struct imagelist *l, const char *path,
                       const struct strs *names, enum split_id split,
                       struct err *e)
{
    int rc = 0;

    if (names->n == 0)
        return err_set(e, ERR_FORMAT, "%s: no folders of classes in it", path);
    for (size_t i = 0; rc == 0 && i < names->n; i++) {
        char *p = folder_path(path, names->v[i]);

        if (find_class(l, p, names->v[i], e) < 0)
            rc = e->code;
        else
            rc = add_pictures(l, p, names->v[i], split, false, e);
        free(p);
    }
    return rc;
}

int imagelist_add(struct imagelist *l, const char *path, enum split_id split,
                  struct err *e)
{
    const char *one = NULL, *another = NULL; /* names of a split and of
                                              * none */
    struct strs names = {0};
    size_t splits = 0;
    char *at = xstrdup(path), *next;
    int rc = folders_in(l, at, &names, e);

    for (int depth = 0;
         rc == 0 && depth < FOLDERS_DEEP && (next = folder_inside(at));
         depth++) {
        free(at);
        at = next;
        rc = folders_in(l, at, &names, e);
    }
    for (size_t i = 0; rc == 0 && split == SPLIT_TRAIN && i < names.n; i++) {
        bool is_split = split_called(names.v[i]) >= 0;

        *(is_split ? &one : &another) = names.v[i];
        splits += is_split;
    }
    if (rc == 0 && splits && splits < names.n)
        rc = err_set(e, ERR_FORMAT,
                     "%s: holds '%s', which is a split, and "
                     "'%s', which is none: name the folders of splits one by "
                     "one (--val, --test)",
                     at, one, another);
    if (rc == 0 && !splits)
        rc = add_classes(l, at, &names, split, e);
    for (size_t i = 0; rc == 0 && i < names.n && splits; i++) {
        char *p = folder_path(at, names.v[i]);
        struct strs classes = {0};

        rc = folders_in(l, p, &classes, e);
        if (rc == 0)
            rc = add_classes(l, p, &classes,
                             (enum split_id)split_called(names.v[i]), e);
        folder_names_free(&classes);
        free(p);
    }
    folder_names_free(&names);
    free(at);
    return rc;
}

/* ---- classes ---- */

/* Set *to to the names of classes that have pictures, in order; `count` has the
 * pictures of each class found.  ERR_FORMAT without skip_empty where others are
 * left out. */
static int order_classes(struct imagelist *l, const size_t *count,
                         struct err *e)
{
    struct buf empty = {0};
    size_t n_empty = 0;
    int rc = 0;

    l->classes.v = xcalloc(l->found.n, sizeof *l->classes.v);
    for (size_t i = 0; i < l->found.n; i++) {
        char *name = (char *)l->found.keys + (i ? l->found.end[i - 1] : 0);

        if (count[i])
            l->classes.v[l->classes.n++] = name;
        else if (++n_empty <= NAMED_MAX)
            buf_addf(&empty, "%s'%s'", n_empty > 1 ? ", " : "", name);
    }
    if (n_empty > NAMED_MAX)
        buf_addf(&empty, " and %zu more", n_empty - NAMED_MAX);
    if (n_empty && !l->skip_empty)
        rc = err_set(e, ERR_FORMAT,
                     "no %s in the folder%s of class%s %s (--skip-empty "
                     "passes over such)",
                     noun_of(l), n_empty == 1 ? "" : "s",
                     n_empty == 1 ? "" : "es", empty.data);
    else if (n_empty)
        log_info("passed over, having no %s: class%s %s", noun_of(l),
                 n_empty == 1 ? "" : "es", empty.data);
    buf_free(&empty);
    if (l->classes.n)
        qsort(l->classes.v, l->classes.n, sizeof *l->classes.v, order_strings);
    return rc;
}

int imagelist_settle(struct imagelist *l, struct err *e)
{
    size_t *count = xcalloc(l->found.n, sizeof *count);
    int32_t *label = xcalloc(l->found.n, sizeof *label); /* of each found */
    int rc;

    for (size_t i = 0; i < l->n; i++)
        count[l->files[i].label]++;
    rc = order_classes(l, count, e);
    if (rc == 0 && l->classes.n == 0)
        rc = err_set(e, ERR_FORMAT, "there are no %s in the folder or table",
                     noun_of(l));
    if (rc == 0 && l->classes.n > DATASET_MAX_CLASSES)
        rc = err_set(e, ERR_FORMAT, "%zu classes exceed %d", l->classes.n,
                     DATASET_MAX_CLASSES);
    for (size_t k = 0; rc == 0 && k < l->classes.n; k++)
        label[set_find(&l->found, l->classes.v[k],
                       strlen(l->classes.v[k]) + 1)] = (int32_t)k;
    for (size_t i = 0; rc == 0 && i < l->n; i++)
        l->files[i].label = label[l->files[i].label];
    free(label);
    free(count);
    return rc;
}

size_t imagelist_count(const struct imagelist *l, enum split_id split)
{
    size_t n = 0;

    for (size_t i = 0; i < l->n; i++)
        n += l->files[i].split == split;
    return n;
}

void imagelist_free(struct imagelist *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->files[i].path);
    free(l->files);
    free(l->classes.v);
    set_free(&l->found);
    *l = (struct imagelist){0};
}
