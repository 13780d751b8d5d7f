/* SPDX-License-Identifier: MIT
 * The parts of a path, as text: no file is looked at. */
#ifndef BASE_PATHNAME_H
#define BASE_PATHNAME_H

#include <stdbool.h>

/* Returns what stands behind the last slash, a part of the path. */
const char *pathname_base(const char *path);

/* Returns the folder that the file `path` is in, "." where the path names none;
 * owned (free). */
char *pathname_folder(const char *path);

/* Returns the path of `name` in the folder of the file `path`, owned (free). */
char *pathname_beside(const char *path, const char *name);

/* Returns true when the name ends in a dot and one of the endings, words apart by
 * a blank, such as "jpg jpeg", in either case. */
bool pathname_ends(const char *path, const char *endings);

#endif
