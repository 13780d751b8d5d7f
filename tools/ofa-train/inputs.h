/* SPDX-License-Identifier: MIT
 * ofa-train starts from images, a supernet that was begun or a new one, its
 * teacher and the schedule. */
#ifndef INPUTS_H
#define INPUTS_H

#include "formats/dataset.h"
#include "tools/ofa-train/phases.h"
#include "tools/ofa-train/stored.h"

/* The options name these sources; all strings are borrowed. */
struct sources {
    char *dataset;
    const char *schedule;
    const char *space;    /* begin a new supernet of it; with weights, the
                                 * table of their space; NULL = read one */
    char *teacher;        /* NULL = none */
    char *const *weights; /* (n_weights) files, none = stdin */
    size_t n_weights;
    double scale;
    uint64_t train_images; /* 0 = all */
    uint64_t seed;
};

struct inputs {
    struct reader *reader[3]; /* (n_readers) those of weights, dataset,
                                 * teacher */
    size_t n_readers;
    struct dataset data;
    struct stored now, teacher; /* teacher.supernet NULL = none */
    struct net_table *users;    /* read from the file of a table, or NULL */
    struct phases phases;
    char *schedule; /* the schedule's text */
};

/* Settle what the options say alone: the space of a new supernet, in
 * in->now.space, and where both are given the schedule, unless it is stdin's; or
 * the table of one that goes on.  inputs_open goes on from there. */
int inputs_settle(struct inputs *in, const struct sources *from,
                  struct err *e) MUST_CHECK;

/* Open the supernet and the schedule.  ERR_ARG when the epochs trained so far
 * are of other phases than the schedule has. */
int inputs_open(struct inputs *in, const struct sources *from,
                struct err *e) MUST_CHECK;

/* Read the images and the teacher.  The images are normalised as those were that
 * the supernet was trained on so far (dataset_go_on).  ERR_FORMAT when either
 * does not fit the supernet, and when the teacher's classes have other names. */
int inputs_read(struct inputs *in, const struct sources *from,
                struct err *e) MUST_CHECK;

void inputs_close(struct inputs *in);

#endif
