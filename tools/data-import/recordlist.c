/* SPDX-License-Identifier: MIT */
#include "tools/data-import/recordlist.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/pathname.h"
#include "libcommon/io/folder.h"
#include "libcommon/io/textfile.h"

#define LIST_BYTES ((size_t)1 << 24)

static bool ends_in(const char *path, const char *end)
{
    size_t n = strlen(path), m = strlen(end);

    return n > m && !strcmp(path + n - m, end);
}

static void put_record(struct recordlist *l, char *path, enum split_id split)
{
    GROW(l->v, l->n, l->cap);
    l->v[l->n++] = (struct record_file){path, split};
}

bool records_named(const char *path)
{
    struct strs names = {0};
    struct err ignored;
    struct stat st;
    bool found = false;

    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
        return ends_in(path, ".hea") || !strcmp(pathname_base(path), "RECORDS");
    if (folder_names(path, &names, &ignored) == 0)
        for (size_t i = 0; i < names.n && !found; i++)
            found = ends_in(names.v[i], ".hea");
    folder_names_free(&names);
    return found;
}

/* Add the records of a list, one a line. */
static int add_list(struct recordlist *l, const char *path, enum split_id split,
                    struct err *e)
{
    struct buf text = {0};
    int rc = text_read(path, LIST_BYTES, &text, e);

    for (char *at = text.data, *next; rc == 0 && at && *at; at = next) {
        char *name = at + strspn(at, " \t\r");

        next = strchr(at, '\n');
        if (next)
            *next++ = '\0';
        name[strcspn(name, " \t\r")] = '\0';
        if (*name)
            put_record(l,
                       xasprintf("%.*s%s.hea",
                                 (int)(pathname_base(path) - path), path, name),
                       split);
    }
    buf_free(&text);
    return rc;
}

int recordlist_add(struct recordlist *l, const char *path, enum split_id split,
                   struct err *e)
{
    struct strs names = {0};
    struct stat st;
    size_t first = l->n;
    int rc = 0;

    if (stat(path, &st) < 0)
        return err_sys(e, "%s", path);
    if (S_ISDIR(st.st_mode)) {
        rc = folder_names(path, &names, e);
        for (size_t i = 0; i < names.n; i++)
            if (ends_in(names.v[i], ".hea"))
                put_record(l, folder_path(path, names.v[i]), split);
        folder_names_free(&names);
    } else if (ends_in(path, ".hea")) {
        put_record(l, xstrdup(path), split);
    } else {
        rc = add_list(l, path, split, e);
    }
    if (rc == 0 && l->n == first)
        rc = err_set(e, ERR_FORMAT, "%s: there are no records (*.hea) in it",
                     path);
    return rc;
}

void recordlist_free(struct recordlist *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->v[i].path);
    free(l->v);
    *l = (struct recordlist){0};
}
