/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/train_data.h"

#include <inttypes.h>
#include <stdlib.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/sampling.h"

int data_keep_part(struct dataset *d, uint64_t want, uint64_t seed,
                   struct err *e)
{
    struct split *s = &d->split[SPLIT_TRAIN];
    uint32_t *index;

    if (want > s->n)
        return err_set(e, ERR_ARG, "--train-images=%" PRIu64 ": data set %s "
                       "has %zu", want, d->name, s->n);
    if (!want)
        return 0;
    index = xcalloc((size_t)want, sizeof *index);
    stratified_pick(s->labels, s->n, d->classes.n, (size_t)want, seed,
                    "train-images", 0, index);
    split_keep(s, dataset_image_bytes(d), index, (size_t)want);
    free(index);
    return 0;
}

int data_check_fit(const struct dataset *d, const struct net *n, struct err *e)
{
    const int64_t *in = n->input.v;

    if (in[0] == (int64_t)d->h && in[1] == (int64_t)d->w
        && in[2] == (int64_t)d->c && n->classes == (int64_t)d->classes.n)
        return 0;
    return err_set(e, ERR_FORMAT, "net %s takes images of %" PRId64 "x%" PRId64
                   "x%" PRId64 " in %" PRId64 " classes, data set %s has "
                   "%zux%zux%zu in %zu", n->id, in[0], in[1], in[2],
                   n->classes, d->name, d->h, d->w, d->c, d->classes.n);
}
