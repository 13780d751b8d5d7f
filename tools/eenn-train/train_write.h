/* SPDX-License-Identifier: MIT
 * A trained network is written as its records: `trained`, `net`, `trace`,
 * `exit-trace`..., `tensor`... */
#ifndef TRAIN_WRITE_H
#define TRAIN_WRITE_H

#include "formats/io.h"
#include "libcommon/cli/recipe.h"
#include "libcommon/nn/exits/trained.h"
#include "tools/eenn-train/train_net.h"

/* These are the same for every network of a run. */
struct train_output {
    struct writer *w;
    const struct recipe *recipe;
    const struct recipe_list *list;
    const struct dataset *data;
    int split;    /* enum split_id of the trace */
    bool weights; /* tensors too */
};

/* Make the record of an epoch.  A term goes to its own key where the record has
 * one, else to the list, which is borrowed from the arena. */
void epoch_record(const struct epoch_log *from, struct arena *a,
                  struct trained_epoch *to);

/* Check, before anything is trained, that a stream has room for the records of
 * a network trained for so many epochs: for the log, for the trace of
 * o->split and, where they are written, for each of its weights.  ERR_ARG says
 * what there is no room for. */
int train_fits(const struct train_output *o, const struct net *net,
               uint64_t epochs, struct err *e) MUST_CHECK;

/* Make the epoch of a record, whose val_accuracy and val_balanced are owned.  ERR_FORMAT when the
 * phase or a term is none that there is. */
int epoch_from_record(const struct trained_epoch *from, struct epoch_log *to,
                      struct err *e) MUST_CHECK;

/* Write the records of one network; one that failed has neither trace nor
 * tensors.  Returns 0, or ERR_* of the writer. */
int train_write(const struct train_output *o, const struct net *net,
                const struct trained_net *t, struct err *e) MUST_CHECK;

#endif
