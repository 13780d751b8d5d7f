/* SPDX-License-Identifier: MIT */
#include "tools/data-import/imagelist.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/order.h"
#include "libcommon/base/utf8.h"
#include "libcommon/picture/picture.h"
#include "tools/data-import/filelist.h"

static int split_named(const char *name)
{
    if (!strcmp(name, "valid") || !strcmp(name, "validation"))
        return SPLIT_VAL;
    return split_find(name);
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

/* ---- folders of classes ---- */

static int add_class(struct imagelist *l, const char *path, const char *name,
                     enum split_id split, struct err *e)
{
    struct strs names = {0};
    char *own = xstrdup(path);
    int rc = 0;

    GROW(l->folders, l->n_folders, l->cap_folders);
    l->folders[l->n_folders++] = (struct class_folder){
        own, own + strlen(own) - strlen(name), split, 0};
    if (!utf8_printable(name))
        return err_set(e, ERR_FORMAT,
                       "%s: the name of a class must be UTF-8 "
                       "without control characters",
                       path);
    rc = folder_names(path, &names, e);
    for (size_t i = 0; rc == 0 && i < names.n; i++) {
        char *p = inside(path, names.v[i]);
        struct stat st;

        if (stat(p, &st) < 0) {
            rc = err_sys(e, "%s", p);
        } else if (!S_ISREG(st.st_mode)) {
            rc = other(l, p,
                       S_ISDIR(st.st_mode) ? "a folder in the folder of a class"
                                           : "not a regular file",
                       e);
        } else if (!picture_named(names.v[i])) {
            rc = other(l, p, "the name does not end in one of " PICTURE_ENDINGS,
                       e);
        } else {
            GROW(l->files, l->n, l->cap);
            l->files[l->n++] = (struct image_file){xstrdup(names.v[i]),
                                                   l->n_folders - 1};
        }
        free(p);
    }
    names_free(&names);
    return rc;
}

/* Keep only those of a folder's names that are folders, moved to the front;
 * `other` gets the rest. */
static int keep_folders(struct imagelist *l, const char *path,
                        struct strs *names, struct err *e)
{
    size_t kept = 0;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < names->n; i++) {
        char *p = inside(path, names->v[i]);
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
        char *p = inside(path, names->v[i]);

        rc = add_class(l, p, names->v[i], split, e);
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
    int rc = folder_names(path, &names, e);

    if (rc == 0)
        rc = keep_folders(l, path, &names, e);
    for (size_t i = 0; rc == 0 && split == SPLIT_TRAIN && i < names.n; i++) {
        bool is_split = split_named(names.v[i]) >= 0;

        *(is_split ? &one : &another) = names.v[i];
        splits += is_split;
    }
    if (rc == 0 && splits && splits < names.n)
        rc = err_set(e, ERR_FORMAT,
                     "%s: holds '%s', which is a split, and "
                     "'%s', which is none: name the folders of splits one by "
                     "one (--val, --test)",
                     path, one, another);
    if (rc == 0 && !splits)
        rc = add_classes(l, path, &names, split, e);
    for (size_t i = 0; rc == 0 && i < names.n && splits; i++) {
        char *p = inside(path, names.v[i]);
        struct strs classes = {0};

        rc = folder_names(p, &classes, e);
        if (rc == 0)
            rc = keep_folders(l, p, &classes, e);
        if (rc == 0)
            rc = add_classes(l, p, &classes,
                             (enum split_id)split_named(names.v[i]), e);
        names_free(&classes);
        free(p);
    }
    names_free(&names);
    return rc;
}

/* ---- classes ---- */

int imagelist_settle(struct imagelist *l, struct err *e)
{
    size_t n = 0;
    char **v = xcalloc(l->n_folders, sizeof *v);

    /* The classes are the folders' names in order, each once. */
    for (size_t i = 0; i < l->n_folders; i++)
        v[i] = (char *)l->folders[i].name;
    if (l->n_folders)
        qsort(v, l->n_folders, sizeof *v, order_strings);
    for (size_t i = 0; i < l->n_folders; i++)
        if (n == 0 || strcmp(v[i], v[n - 1]))
            v[n++] = v[i];
    l->classes = (struct strs){v, n};
    if (n > DATASET_MAX_CLASSES)
        return err_set(e, ERR_FORMAT, "%zu classes exceed %d", n,
                       DATASET_MAX_CLASSES);

    for (size_t i = 0; i < l->n_folders; i++) {
        char **at = bsearch(&l->folders[i].name, v, n, sizeof *v,
                            order_strings);

        l->folders[i].label = (int32_t)(at - v);
    }
    return 0;
}

size_t imagelist_count(const struct imagelist *l, enum split_id split)
{
    size_t n = 0;

    for (size_t i = 0; i < l->n; i++)
        n += l->folders[l->files[i].folder].split == split;
    return n;
}

char *imagelist_path(const struct imagelist *l, size_t file)
{
    return inside(l->folders[l->files[file].folder].path, l->files[file].name);
}

void imagelist_free(struct imagelist *l)
{
    for (size_t i = 0; i < l->n_folders; i++)
        free(l->folders[i].path);
    for (size_t i = 0; i < l->n; i++)
        free(l->files[i].name);
    free(l->folders);
    free(l->files);
    free(l->classes.v);
    *l = (struct imagelist){0};
}
