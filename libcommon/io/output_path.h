/* SPDX-License-Identifier: MIT
 * Where an output goes.  One rule holds for every output of every tool: a
 * symbolic link is followed, and the file it names is created or replaced;
 * /dev/stdout, /dev/stderr and /dev/fd/N are the open descriptors; devices and
 * fifos are written in place.  Files that change while a run goes on take less:
 * --log writes its file in place, --checkpoint takes no device, and
 * --progress-file writes in place and takes neither a device nor a link. */
#ifndef IO_OUTPUT_PATH_H
#define IO_OUTPUT_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "libcommon/base/err.h"

struct output_path {
    char *path;         /* links followed, owned */
    int fd;             /* the open descriptor that it names, -1 = none */
    bool exists;        /* the file is there, and st is set */
    struct stat st;     /* of the file */
    struct stat folder; /* of the path's folder, if fd < 0 */
};

/* Find out where `name` leads; NULL or "-" is stdout.  ERR_SYS where no file
 * can be: the folder is not there, links form a loop, it is a folder. */
int output_path_find(const char *name, struct output_path *p,
                     struct err *e) MUST_CHECK;
void output_path_fini(struct output_path *p);

/* Returns true for what is replaced as a whole, false for what is written in
 * place. */
bool output_path_replaced(const struct output_path *p);

/* One output that a run is asked for. */
struct output_claim {
    const char *option; /* "rejects", for messages */
    const char *name;   /* as given; NULL or "-" = stdout */
    bool in_place;      /* a file that is there is not replaced */
};

/* Check all outputs of a run before it begins.  ERR_ARG when two of them are
 * one file, also by way of links (both stdout is refused, both /dev/null is
 * not); ERR_SYS when one cannot be written. */
int outputs_check(const struct output_claim *v, size_t n,
                  struct err *e) MUST_CHECK;

#endif
