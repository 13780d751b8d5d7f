/* SPDX-License-Identifier: MIT */
#include "tools/data-import/filelist.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/order.h"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

char *beside(const char *path, const char *name)
{
    return xasprintf("%.*s%s", (int)(base_name(path) - path), path, name);
}

/* Returns true when the name has `word`, but not as the end of a longer word
 * ("latest"). */
static bool has_word(const char *name, const char *word)
{
    for (const char *p = name; (p = strstr(p, word)); p++)
        if (p == name || !isalpha((unsigned char)p[-1]))
            return true;
    return false;
}

bool filelist_is_test(const char *path)
{
    return has_word(base_name(path), "test") ||
           has_word(base_name(path), "t10k");
}

static void add_file(struct filelist *l, char *path, enum split_id split)
{
    if (split == SPLIT_TRAIN && filelist_is_test(path))
        split = SPLIT_TEST;
    GROW(l->v, l->n, l->cap);
    l->v[l->n++] = (struct data_file){path, split};
}

static bool ends_in(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);

    return n >= m && !strcmp(s + n - m, end);
}

static bool is_data(const char *name)
{
    return ends_in(name, ".bin") || ends_in(name, "-ubyte") ||
           ends_in(name, "-ubyte.gz");
}

/* ---- folders ---- */

int folder_names(const char *path, struct strs *names, struct err *e)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    size_t cap = 0;

    if (!dir)
        return err_sys(e, "%s", path);
    while (errno = 0, (entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        GROW(names->v, names->n, cap);
        names->v[names->n++] = xstrdup(entry->d_name);
    }
    if (errno) {
        err_sys(e, "%s", path);
        closedir(dir);
        return e->code;
    }
    closedir(dir);
    if (names->n)
        qsort(names->v, names->n, sizeof *names->v, order_strings);
    return 0;
}

void names_free(struct strs *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->v[i]);
    free(names->v);
    *names = (struct strs){0};
}

char *inside(const char *folder, const char *name)
{
    return xasprintf("%s%s%s", folder, ends_in(folder, "/") ? "" : "/", name);
}

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool is_folder_of_folders(const char *path)
{
    struct strs names = {0};
    struct err ignored;
    size_t data = 0, folders = 0;

    if (!is_folder(path) || folder_names(path, &names, &ignored) < 0) {
        names_free(&names);
        return false;
    }
    for (size_t i = 0; i < names.n && !data; i++) {
        char *p = inside(path, names.v[i]);

        data += is_data(names.v[i]);
        folders += is_folder(p);
        free(p);
    }
    names_free(&names);
    return folders && !data;
}

/* ---- lists ---- */

int filelist_add(struct filelist *l, const char *path, enum split_id split,
                 struct err *e)
{
    struct strs names = {0};
    size_t first = l->n;
    struct stat st;
    int rc;

    if (stat(path, &st) < 0)
        return err_sys(e, "%s", path);
    if (!S_ISDIR(st.st_mode)) {
        add_file(l, xstrdup(path), split);
        return 0;
    }

    rc = folder_names(path, &names, e);
    for (size_t i = 0; rc == 0 && i < names.n; i++)
        if (is_data(names.v[i]))
            add_file(l, inside(path, names.v[i]), split);
    names_free(&names);
    if (rc == 0 && l->n == first)
        return err_set(e, ERR_FORMAT,
                       "%s: no *.bin, *-ubyte or *-ubyte.gz "
                       "files in this folder, and no folders of images",
                       path);
    return rc;
}

void filelist_free(struct filelist *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->v[i].path);
    free(l->v);
    *l = (struct filelist){0};
}
