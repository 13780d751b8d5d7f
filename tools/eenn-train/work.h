/* SPDX-License-Identifier: MIT
 * The work of a run: networks come one after the other, and each is trained, or
 * taken from the checkpoint, and written.
 *
 * Example (struct work *w, struct record *rec, struct err *e):
 *     struct reader *inputs[WORK_INPUTS];
 *     int rc;
 *
 *     // w has its options, readers, writer and data
 *     while ((rc = reader_next(w->nets, rec, e)) > 0)
 *         if (rec->schema == &schema_net && (rc = work_net(w, rec, e)) < 0)
 *             break;
 *     if (rc == 0)
 *         rc = writer_finish(w->out, inputs, work_inputs(w, inputs), e);
 *     work_fini(w);
 *     return rc;
 */
#ifndef TRAIN_WORK_H
#define TRAIN_WORK_H

#include "formats/checkpoint_file.h"
#include "formats/epoch_lines.h"
#include "formats/net.h"
#include "libcommon/cli/recipe.h"
#include "tools/eenn-train/init_weights.h"
#include "tools/eenn-train/teacher.h"
#include "tools/eenn-train/train_net.h"

/* Holds what the options say; all pointers are borrowed. */
struct work_opts {
    const struct tool *tool;
    const struct recipe *recipe;
    char *teacher, *space;  /* paths (teacher.h), or NULL */
    const char *checkpoint; /* path, for messages */
    int split;              /* enum split_id of the traces */
    bool weights;           /* are written */
    int threads;
    size_t cache_memory; /* bytes */
    int progress;        /* as in common_opts */
};

/* Holds what lasts for a whole run, whatever the number of networks.  The caller
 * sets what work_fini frees. */
struct work {
    struct work_opts o;
    struct reader *nets, *dataset;
    struct writer *out;
    struct dataset data;
    double *class_weights; /* (classes), NULL = all 1 */
    struct init_weights init;
    struct checkpoint *checkpoint; /* NULL = none; freed by the caller */
    struct epoch_lines *lines;     /* of --log, NULL = none */
    /* These are private. */
    struct teacher *teacher;
    struct recipe_list list;
    struct progress progress;
    const struct net *net; /* the one in training */
};

/* Train the network of a `net` record of w->nets and write it.  Returns 0, or
 * ERR_*; a network that cannot be trained is no error. */
int work_net(struct work *w, const struct record *rec,
             struct err *e) MUST_CHECK;

/* Set inputs to the readers of all that shapes the output, the networks first.
 * Returns their number. */
#define WORK_INPUTS 4
size_t work_inputs(const struct work *w, struct reader *inputs[WORK_INPUTS]);

void work_fini(struct work *w);

#endif
