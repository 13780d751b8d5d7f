/* SPDX-License-Identifier: MIT */
#include "tools/eenn-predict/samplelist.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "libcommon/base/mem.h"
#include "libcommon/io/folder.h"

/* Add a path, which the list owns from now on. */
static void add_path(struct samplelist *l, char *path)
{
    GROW(l->v, l->n, l->cap);
    l->v[l->n++] = path;
}

static void add_folder(struct samplelist *l, const char *path,
                       const struct sample_kind *kind)
{
    struct strs names = {0};
    struct err unread;

    if (folder_names(path, &names, &unread) < 0)
        add_path(l, xstrdup(path));
    for (size_t i = 0; i < names.n; i++) {
        char *p = folder_path(path, names.v[i]);
        struct stat link, st;
        bool folder = stat(p, &st) == 0 && S_ISDIR(st.st_mode);

        if (folder && lstat(p, &link) == 0 && S_ISDIR(link.st_mode))
            add_folder(l, p, kind);
        else if (!folder && kind->named(names.v[i]))
            add_path(l, xstrdup(p));
        else
            l->others++;
        free(p);
    }
    folder_names_free(&names);
}

int samplelist_add(struct samplelist *l, const char *path,
                   const struct sample_kind *kind, struct err *e)
{
    size_t before = l->n;
    struct stat st;

    for (size_t i = 0; !strcmp(path, "-") && i < before; i++)
        if (!strcmp(l->v[i], "-"))
            return err_set(e, ERR_ARG,
                           "'-' is named twice, and standard input has one %s",
                           kind->one);
    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
        add_path(l, xstrdup(path));
        return 0;
    }
    add_folder(l, path, kind);
    if (l->n == before)
        return err_set(e, ERR_FORMAT, "%s: no %s in this folder", path,
                       kind->many);
    return 0;
}

void samplelist_free(struct samplelist *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->v[i]);
    free(l->v);
    *l = (struct samplelist){0};
}
