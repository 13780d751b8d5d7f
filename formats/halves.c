/* SPDX-License-Identifier: MIT */
#include "formats/halves.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/exits/calibration.h"

/* Returns a copy of a tensor (samples, ..), of which each element has four bytes,
 * in the order of the halves where there are such; owned (free), NULL when it is
 * empty.  Numbers may stand unaligned in the stream's buffer. */
static void *ordered(const struct halves *x, const struct tensor *t)
{
    size_t rows = x->table.samples + x->second.samples,
           row = tensor_bytes(t) / rows;
    char *copy = tensor_count(t) ? xmemdup(t->data, tensor_bytes(t)) : NULL;

    for (size_t k = 0; copy && x->second.samples && k < rows; k++)
        memcpy(copy + k * row, (const char *)t->data + x->order[k] * row, row);
    return copy;
}

static void remark_split(struct halves *x, const struct halves_opts *o,
                         const char *split)
{
    if (x->remarked ||
        (o->divide ? !strcmp(split, split_names[SPLIT_CAL])
                   : strcmp(split, split_names[SPLIT_TEST]) != 0 &&
                         strcmp(split, split_names[SPLIT_TRAIN]) != 0))
        return;
    x->remarked = true;
    if (o->divide)
        log_warn("the trace is of the split %s, not of cal: if anything was "
                 "chosen by these samples, such as the best epoch, the "
                 "guarantee does not hold, and the %s says that it is not "
                 "independent",
                 split, o->written);
    else
        log_warn("%s on the %s split, which makes accuracy on it optimistic; "
                 "use the validation split (eenn-run --split=val)",
                 o->done, split);
}

/* Draw which samples are of the first half. */
static void divide(struct halves *x, uint64_t seed)
{
    size_t samples = x->table.samples + x->second.samples;
    struct rng r = rng_make(seed, "halves", 0, 0);

    x->order = xreallocarray(x->order, samples, sizeof *x->order);
    for (uint32_t k = 0; k < samples; k++)
        x->order[k] = k;
    rng_shuffle(&r, x->order, samples);
}

/* Check that the costs of all exits that are needed are known. */
static int check_costs(const struct halves_opts *o, const struct summary *s,
                       size_t exits, struct err *e)
{
    struct halt_costs costs;

    halt_costs_of(&costs, s, exits);
    if (!halt_cost_known(&costs.v[COST_SEQUENTIAL]))
        return err_set(e, ERR_FORMAT,
                       "the summary does not have the costs of all %zu exits",
                       exits);
    return halt_cost_known(&costs.v[o->cost])
               ? 0
               : err_set(e, ERR_FORMAT,
                         "the summary does not have the costs by Eq. 13 of all "
                         "%zu exits",
                         exits);
}

int halves_begin(struct halves *x, const struct halves_opts *o,
                 const struct summary *s, const struct trace_head *h,
                 struct err *e)
{
    size_t samples = (size_t)h->samples, exits = (size_t)h->exits,
           classes = (size_t)h->classes, rows = o->rows ? o->rows : exits,
           first = o->divide ? samples / 2 : samples;

    if (h->policy)
        return err_set(e, ERR_FORMAT,
                       "this trace was made with a policy and has one exit per "
                       "sample; take one that was made without a policy");
    if (!first)
        return err_set(e, ERR_FORMAT,
                       "one sample cannot be divided into a half that chooses "
                       "and one that tests; --confidence takes two or more");
    if (check_costs(o, s, exits, e) < 0)
        return e->code;
    remark_split(x, o, h->split);
    halt_table_fini(&x->table);
    halt_table_fini(&x->second);
    halt_table_init(&x->table, o->rules, first, rows, classes);
    halt_costs_of(&x->table.costs, s, exits);
    if (o->divide) {
        halt_table_init(&x->second, o->rules, samples - first, rows, classes);
        x->second.costs = x->table.costs;
        divide(x, o->seed);
    }
    free(x->labels);
    x->labels = o->no_labels ? NULL : ordered(x, &h->labels);
    return 0;
}

void halves_add(struct halves *x, const struct halves_opts *o,
                const struct exit_trace *t, size_t i)
{
    size_t first = x->table.samples, classes = x->table.classes;
    bool last = i + 1 == x->table.exits;
    float *logits = ordered(x, &t->logits),
          *confidence = last ? NULL : ordered(x, &t->confidence);
    double *temperature = &x->temperature[i];

    *temperature = o->temperatures
                       ? fit_temperature(logits, x->labels, first, classes)
                       : 1;
    halt_table_exit(&x->table, i, logits, confidence, x->labels, *temperature);
    if (x->second.samples)
        halt_table_exit(&x->second, i, logits + first * classes,
                        confidence ? confidence + first : NULL,
                        x->labels ? x->labels + first : NULL, *temperature);
    free(logits);
    free(confidence);
}

void halves_fini(struct halves *x)
{
    halt_table_fini(&x->table);
    halt_table_fini(&x->second);
    free(x->labels);
    free(x->order);
    *x = (struct halves){0};
}
