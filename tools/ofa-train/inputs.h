/* SPDX-License-Identifier: MIT
 * What ofa-train starts from: images, the supernet so far or a new one, its
 * teacher, the schedule. */
#ifndef INPUTS_H
#define INPUTS_H

#include "formats/dataset.h"
#include "tools/ofa-train/phases.h"
#include "tools/ofa-train/stored.h"

/* Where from; borrowed. */
struct sources {
    const char *dataset, *schedule;
    const char *space;          /* a new supernet of it; NULL = read one */
    const char *teacher;        /* NULL = none */
    char *const *weights;       /* (n_weights) files, none = stdin */
    size_t n_weights;
    double scale;
    uint64_t train_images;      /* 0 = all */
    uint64_t seed;
};

struct inputs {
    struct reader *reader[3];   /* dataset, weights, teacher, as far as there */
    size_t n_readers;
    struct dataset data;
    struct stored now, teacher; /* teacher.supernet NULL = none */
    struct phases phases;
    char *schedule;             /* the list's text */
};

/* Supernet and schedule, which must tell the same story: ERR_ARG where the
 * epochs trained so far are of other phases than the schedule's. */
int inputs_open(struct inputs *in, const struct sources *from,
                struct err *e) MUST_CHECK;

/* Images and teacher.  ERR_FORMAT when either is not for this supernet. */
int inputs_read(struct inputs *in, const struct sources *from,
                struct err *e) MUST_CHECK;

void inputs_close(struct inputs *in);

#endif
