/* SPDX-License-Identifier: MIT */
#include "libcommon/io/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/order.h"

bool folder_litter(const char *name)
{
    return name[0] == '.' || !strcmp(name, "__MACOSX") ||
           !strcasecmp(name, "thumbs.db") || !strcasecmp(name, "desktop.ini");
}

int folder_names(const char *path, struct strs *names, struct err *e)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    size_t cap = 0;

    if (!dir)
        return err_sys(e, "%s", path);
    while (errno = 0, (entry = readdir(dir))) {
        if (folder_litter(entry->d_name))
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

void folder_names_free(struct strs *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->v[i]);
    free(names->v);
    *names = (struct strs){0};
}

char *folder_path(const char *folder, const char *name)
{
    size_t n = strlen(folder);

    return xasprintf("%s%s%s", folder, n && folder[n - 1] == '/' ? "" : "/",
                     name);
}
