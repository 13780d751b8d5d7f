/* SPDX-License-Identifier: MIT */
#include "libcommon/base/pathname.h"

#include <string.h>
#include <strings.h>

#include "libcommon/base/mem.h"

const char *pathname_base(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

char *pathname_folder(const char *path)
{
    int n = (int)(pathname_base(path) - path);

    return n ? xasprintf("%.*s", n, path) : xstrdup(".");
}

char *pathname_beside(const char *path, const char *name)
{
    return xasprintf("%.*s%s", (int)(pathname_base(path) - path), path, name);
}

bool pathname_ends(const char *path, const char *endings)
{
    const char *dot = strrchr(pathname_base(path), '.');
    size_t n = dot ? strlen(dot + 1) : 0;

    for (size_t m; n && *endings; endings += m + (endings[m] == ' ')) {
        m = strcspn(endings, " ");
        if (m == n && !strncasecmp(endings, dot + 1, n))
            return true;
    }
    return false;
}
