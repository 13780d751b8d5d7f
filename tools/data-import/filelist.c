/* SPDX-License-Identifier: MIT */
#include "tools/data-import/filelist.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "libcommon/base/mem.h"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

char *beside(const char *path, const char *name)
{
    return xasprintf("%.*s%s", (int)(base_name(path) - path), path, name);
}

/* Is `word` in the name, not as the end of a longer word ("latest")? */
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

static void add_file(struct filelist *l, char *path, bool test)
{
    GROW(l->v, l->n, l->cap);
    l->v[l->n++] = (struct data_file){path, test || filelist_is_test(path)};
}

static bool ends_in(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);

    return n >= m && !strcmp(s + n - m, end);
}

static bool is_data(const char *name)
{
    return name[0] != '.' && (ends_in(name, ".bin") || ends_in(name, "-ubyte")
                              || ends_in(name, "-ubyte.gz"));
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct data_file *)a)->path,
                  ((const struct data_file *)b)->path);
}

static int add_folder(struct filelist *l, const char *path, bool test,
                      struct err *e)
{
    size_t first = l->n;
    DIR *dir = opendir(path);
    struct dirent *entry;

    if (!dir)
        return err_sys(e, "%s", path);
    while (errno = 0, (entry = readdir(dir)))
        if (is_data(entry->d_name))
            add_file(l, xasprintf("%s%s%s", path,
                                  ends_in(path, "/") ? "" : "/",
                                  entry->d_name), test);
    if (errno) {
        err_sys(e, "%s", path);
        closedir(dir);
        return e->code;
    }
    closedir(dir);
    if (l->n == first)
        return err_set(e, ERR_FORMAT, "%s: no *.bin, *-ubyte or *-ubyte.gz "
                       "files in this folder", path);
    qsort(l->v + first, l->n - first, sizeof *l->v, by_path);
    return 0;
}

int filelist_add(struct filelist *l, const char *path, bool test,
                 struct err *e)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return err_sys(e, "%s", path);
    if (S_ISDIR(st.st_mode))
        return add_folder(l, path, test, e);
    add_file(l, xstrdup(path), test);
    return 0;
}

void filelist_free(struct filelist *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->v[i].path);
    free(l->v);
    *l = (struct filelist){0};
}
