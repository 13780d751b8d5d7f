/* SPDX-License-Identifier: MIT
 * Files that do not outlive the process unless it says so.  Where the file
 * system can (Linux: O_TMPFILE, and /proc), a file has no name at all while it
 * is written, so that not even SIGKILL leaves it behind.  Elsewhere, and for
 * the moment before it is renamed, it has a temporary name, ".NAME.HEX" beside
 * the file NAME that it is to become; NAME is cut to 200 bytes there.  Every
 * signal that ends a process, but SIGKILL, and exit() remove the files whose
 * temporary names are still known here, 40 at most.  Signals that are ignored
 * or caught already stay so. */
#ifndef IO_TEMPFILE_H
#define IO_TEMPFILE_H

#include <sys/types.h>

/* Open a file without a name in a folder; `how` is O_WRONLY or O_RDWR.  Returns
 * a descriptor that is closed on exec, or -1 where there are no such files. */
int tempfile_unnamed(const char *folder, int how, mode_t mode);

/* These return a temporary name beside `path`, or NULL with errno set.  It is
 * borrowed until tempfile_forget or tempfile_remove. */

/* Create a file with a temporary name, open for writing in *fd, which is closed
 * on exec. */
const char *tempfile_create(const char *path, mode_t mode, int *fd);
/* Give a file of tempfile_unnamed a temporary name. */
const char *tempfile_link(const char *path, int fd);
/* Give the file `path` a second name, by which it outlives a rename to path. */
const char *tempfile_keep(const char *path);

/* Have a file removed as if its name was a temporary one.  The path is
 * copied. */
void tempfile_remove_at_exit(const char *path);

/* The file has been renamed: it stays.  NULL is fine. */
void tempfile_forget(const char *temp);
/* Remove the file.  NULL is fine. */
void tempfile_remove(const char *temp);

#endif
