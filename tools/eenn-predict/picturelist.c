/* SPDX-License-Identifier: MIT */
#include "tools/eenn-predict/picturelist.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "libcommon/base/mem.h"
#include "libcommon/picture/picture.h"

/* Add a path, which the list owns from now on. */
static void add_path(struct picturelist *l, char *path)
{
    GROW(l->v, l->n, l->cap);
    l->v[l->n++] = path;
}

static int is_shown(const struct dirent *entry)
{
    return !picture_litter(entry->d_name);
}

static void add_folder(struct picturelist *l, const char *path)
{
    const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";
    struct dirent **names;
    int n = scandir(path, &names, is_shown, alphasort);

    if (n < 0) {
        add_path(l, xstrdup(path));
        return;
    }
    for (int i = 0; i < n; i++) {
        const char *name = names[i]->d_name;
        char *p = xasprintf("%s%s%s", path, slash, name);
        struct stat st;

        if (lstat(p, &st) == 0 && S_ISDIR(st.st_mode))
            add_folder(l, p);
        else if (picture_named(name))
            add_path(l, xstrdup(p));
        else
            l->others++;
        free(p);
        free(names[i]);
    }
    free(names);
}

int picturelist_add(struct picturelist *l, const char *path, struct err *e)
{
    size_t before = l->n;
    struct stat st;

    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
        add_path(l, xstrdup(path));
        return 0;
    }
    add_folder(l, path);
    if (l->n == before)
        return err_set(e, ERR_FORMAT, "%s: no pictures in this folder", path);
    return 0;
}

void picturelist_free(struct picturelist *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->v[i]);
    free(l->v);
    *l = (struct picturelist){0};
}
