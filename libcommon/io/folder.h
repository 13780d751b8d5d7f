/* SPDX-License-Identifier: MIT
 * The files and folders in a folder of samples.
 *
 * Example (const char *folder, struct err *e):
 *     struct strs names = {0};
 *     int rc = folder_names(folder, &names, e);
 *
 *     for (size_t i = 0; i < names.n; i++)
 *         free(folder_path(folder, names.v[i]));
 *     folder_names_free(&names);
 *     return rc; */
#ifndef IO_FOLDER_H
#define IO_FOLDER_H

#include <stdbool.h>
#include <stdlib.h>

#include "libcommon/base/err.h"
#include "libcommon/base/values.h"

/* Returns true for the name of what operating systems and their archivers put
 * into folders, hidden files among it. */
bool folder_litter(const char *name);

/* Set *names, zeroed before, to the names in a folder, in the order of their
 * bytes; litter (folder_litter) is passed over.  They are owned
 * (folder_names_free), also after ERR_SYS. */
int folder_names(const char *path, struct strs *names,
                 struct err *e) MUST_CHECK;
void folder_names_free(struct strs *names);

/* Returns the path of `name` in the folder, owned (free). */
char *folder_path(const char *folder, const char *name);

#endif
