/* SPDX-License-Identifier: MIT */
#include "tools/thresh-tune/tuning.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/result.h"
#include "formats/trained.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/exits/calibration.h"
#include "tools/thresh-tune/nettuning.h"

static int put_network(struct tuning *u, struct err *e)
{
    int rc;

    u->given_up = false;
    u->broken = 0;
    rc = u->second.samples ? put_certified(u, e)
         : u->how->curve   ? put_curve(u, e)
                           : put_tuned(u, e);
    u->outcome->networks++;
    u->outcome->unmet += u->broken > 0;
    return rc;
}

/* Returns a copy of a tensor (samples, ..), of which each element has four bytes,
 * in the order of the halves where there are such; owned (free), NULL when it is
 * empty.  Numbers may stand unaligned in the stream's buffer. */
static void *ordered_copy(const struct tuning *u, const struct tensor *t)
{
    size_t rows = u->table.samples + u->second.samples,
           row = tensor_bytes(t) / rows;
    char *copy = tensor_count(t) ? xmemdup(t->data, tensor_bytes(t)) : NULL;

    for (size_t k = 0; copy && u->second.samples && k < rows; k++)
        memcpy(copy + k * row, (const char *)t->data + u->order[k] * row, row);
    return copy;
}

/* Warn once of samples that may have had a part in another choice. */
static void remark_split(struct tuning *u, const char *split)
{
    bool sure = u->how->guarantee.n > 0;
    bool chosen = sure ? strcmp(split, split_names[SPLIT_CAL]) != 0
                       : !strcmp(split, split_names[SPLIT_TEST]) ||
                             !strcmp(split, split_names[SPLIT_TRAIN]);

    if (u->remarked || !chosen)
        return;
    u->remarked = true;
    if (sure)
        log_warn("the trace is of the split %s, not of cal: if anything was "
                 "chosen by these samples, such as the best epoch, the "
                 "guarantee does not hold, and the result says that it is not "
                 "independent",
                 split);
    else
        log_warn(
            "thresholds are tuned on the %s split, which makes accuracy on "
            "it optimistic; tune on the validation split (eenn-run "
            "--split=val)",
            split);
}

static int begin_trace(struct tuning *u, const struct trace_head *h,
                       struct err *e)
{
    size_t samples = (size_t)h->samples, half = samples / 2;

    if (h->policy)
        return reader_fail(u->r, e,
                           "this trace was made with a policy and "
                           "holds one exit per sample; tune on a trace made "
                           "without a policy");
    if (u->how->guarantee.n && samples < 2)
        return reader_fail(u->r, e,
                           "one sample cannot be divided into a half that "
                           "chooses policies and one that tests them; "
                           "--confidence takes two or more");
    u->untraced[0] = '\0';
    arena_reset(&u->arena);
    summary_copy(&u->summary, &h->summary, &u->arena);
    u->split = arena_strdup(&u->arena, h->split);
    u->dataset = arena_strdup(&u->arena, h->dataset);
    halt_table_fini(&u->table);
    halt_table_fini(&u->second);
    halt_table_init(&u->table, u->how->rules,
                    u->how->guarantee.n ? half : samples, (size_t)h->exits,
                    (size_t)h->classes);
    for (size_t r = 0; r < HALT_RULES; r++)
        if (!tune_takes(&u->table, &halt_rules[r]))
            u->table.rules &= ~(1u << r);
    if (!u->table.rules)
        return reader_fail(u->r, e,
                           "the network has %" PRId64 " exits, and rules that "
                           "take earlier exits into account are tuned for %d "
                           "at most; try --rule=max-softmax",
                           h->exits, TUNE_CHAIN + 1);
    halt_costs_of(&u->table.costs, &u->summary, (size_t)h->exits);
    if (!halt_cost_known(&u->table.costs.v[COST_SEQUENTIAL]))
        return reader_fail(u->r, e,
                           "the summary does not have the costs of "
                           "all %" PRId64 " exits",
                           h->exits);
    if (!halt_cost_known(&u->table.costs.v[u->tune.cost]))
        return reader_fail(u->r, e,
                           "the summary does not have the costs by "
                           "Eq. 13 of all %" PRId64 " exits",
                           h->exits);
    remark_split(u, h->split); /* nothing is warned of before an error */
    if (u->how->guarantee.n) {
        struct rng r = rng_make(u->how->seed, "halves", 0, 0);

        halt_table_init(&u->second, u->table.rules, samples - half,
                        u->table.exits, u->table.classes);
        u->second.costs = u->table.costs;
        u->order = xreallocarray(u->order, samples, sizeof *u->order);
        for (uint32_t k = 0; k < samples; k++)
            u->order[k] = k;
        rng_shuffle(&r, u->order, samples);
    }
    free(u->labels);
    u->labels = u->how->by_final ? NULL : ordered_copy(u, &h->labels);
    return 0;
}

static int add_exit(struct tuning *u, const struct exit_trace *x, struct err *e)
{
    bool last = (size_t)x->exit + 1 == u->table.exits;
    if (!last && !tensor_count(&x->confidence)) {
        /* Drop the rules that need a confidence unit: this exit has none. */
        unsigned *rules = &u->table.rules, left = 0;
        const char *dropped = "";
        for (size_t r = 0; r < HALT_RULES; r++)
            if (*rules & 1u << r && halt_rules[r].confidence)
                dropped = halt_rules[r].name;
            else
                left |= *rules & 1u << r;
        *rules = u->second.rules = left;
        if (!left)
            return reader_fail(u->r, e,
                               "exit %" PRId64 " has no confidence "
                               "unit, which the rule %s needs",
                               x->exit, dropped);
    }
    size_t first = u->table.samples;
    float *logits = ordered_copy(u, &x->logits);
    float *confidence = last ? NULL : ordered_copy(u, &x->confidence);
    double *t = &u->temperature[x->exit];
    *t = u->how->temperatures
             ? fit_temperature(logits, u->labels, first, u->table.classes)
             : 1;
    halt_table_exit(&u->table, (size_t)x->exit, logits, confidence, u->labels,
                    *t);
    if (u->second.samples)
        halt_table_exit(&u->second, (size_t)x->exit,
                        logits + first * u->table.classes,
                        confidence ? confidence + first : NULL,
                        u->labels ? u->labels + first : NULL, *t);
    free(logits);
    free(confidence);
    return last ? put_network(u, e) : 0;
}

/* A network that nothing has run yet, such as an imported one, has no trace. */
static int check_traced(struct tuning *u, struct err *e)
{
    return u->untraced[0]
               ? reader_fail(u->r, e,
                             "net %s has no trace, since nothing has run it "
                             "yet: tune on what eenn-run --split=val makes of "
                             "it",
                             u->untraced)
               : 0;
}

static int one_record(struct tuning *u, struct record *rec, struct err *e)
{
    if (rec->schema != &schema_tensor && reader_decode(u->r, rec, e) < 0)
        return e->code;
    if (rec->schema == &schema_trace)
        return begin_trace(u, rec->data, e);
    if (rec->schema == &schema_exit_trace)
        return add_exit(u, rec->data, e);
    const struct trained *t = rec->data;
    if (rec->schema != &schema_trained)
        return 0;
    if (check_traced(u, e) < 0)
        return e->code;
    if (t->status != TRAINED_FAILED) {
        snprintf(u->untraced, sizeof u->untraced, "%s", t->summary.net);
        return 0;
    }
    struct result failed;
    result_begin(&failed, u, &t->summary);
    failed.reason = t->reason;
    failed.limits = limits_list(&u->limits);
    u->outcome->networks++;
    u->outcome->unmet++;
    return writer_put(u->w, &schema_result, &failed, e);
}

int tuning_run(struct reader *r, struct writer *w,
               const struct tuning_opts *how, struct tuning_outcome *outcome,
               struct err *e)
{
    struct tuning u = {.r = r,
                       .w = w,
                       .how = how,
                       .tune = how->tune,
                       .limits = how->limits,
                       .outcome = outcome};
    struct record rec;
    int rc;
    while ((rc = reader_next_raw(r, &rec, e)) > 0)
        if ((rc = one_record(&u, &rec, e)) < 0)
            break;
    if (rc == 0)
        rc = check_traced(&u, e);
    halt_table_fini(&u.table);
    halt_table_fini(&u.second);
    free(u.order);
    arena_free(&u.arena);
    free(u.labels);
    return rc;
}

void tuning_outcome_free(struct tuning_outcome *o)
{
    for (size_t i = 0; i < o->n; i++)
        free(o->warnings[i]);
    free(o->warnings);
    *o = (struct tuning_outcome){0};
}
