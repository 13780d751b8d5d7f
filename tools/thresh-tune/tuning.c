/* SPDX-License-Identifier: MIT */
#include "tools/thresh-tune/tuning.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "formats/result.h"
#include "formats/trained.h"
#include "tools/thresh-tune/nettuning.h"

/* Begin a network by the rules that can be tuned for so many exits. */
static int begin_trace(struct tuning *u, const struct trace_head *h,
                       struct err *e)
{
    const struct halt_table of = {.exits = (size_t)h->exits};

    u->untraced[0] = '\0';
    arena_reset(&u->arena);
    summary_copy(&u->summary, &h->summary, &u->arena);
    u->split = arena_strdup(&u->arena, h->split);
    u->dataset = arena_strdup(&u->arena, h->dataset);
    u->score.rules = u->how->rules;
    for (size_t r = 0; r < HALT_RULES; r++)
        if (!tune_takes(&of, &halt_rules[r]))
            u->score.rules &= ~(1u << r);
    if (!u->score.rules)
        return reader_fail(u->r, e,
                           "the network has %" PRId64 " exits, and rules that "
                           "take earlier exits into account are tuned for %d "
                           "at most; try --rule=max-softmax",
                           h->exits, TUNE_CHAIN + 1);
    return halves_begin(&u->of, &u->score, &u->summary, h, e) < 0
               ? reader_locate(u->r, e)
               : 0;
}

/* Drop the rules that need a confidence unit where an exit has none; behind the
 * last one write what the network's results are. */
static int add_exit(struct tuning *u, const struct exit_trace *x, struct err *e)
{
    unsigned *rules = &u->of.table.rules, left = 0;
    const char *dropped = "";
    int rc;

    for (size_t r = 0; r < HALT_RULES; r++)
        if (*rules & 1u << r && halt_rules[r].confidence &&
            (size_t)x->exit + 1 < u->of.table.exits &&
            !tensor_count(&x->confidence))
            dropped = halt_rules[r].name;
        else
            left |= *rules & 1u << r;
    *rules = u->of.second.rules = left;
    if (!left)
        return reader_fail(u->r, e,
                           "exit %" PRId64 " has no confidence unit, which the "
                           "rule %s needs: try --rule=best",
                           x->exit, dropped);
    halves_add(&u->of, &u->score, x, (size_t)x->exit);
    if ((size_t)x->exit + 1 < u->of.table.exits)
        return 0;
    u->given_up = false;
    u->broken = 0;
    rc = u->of.second.samples ? put_certified(u, e)
         : u->how->curve      ? put_curve(u, e)
                              : put_tuned(u, e);
    u->outcome->networks++;
    u->outcome->unmet += u->broken > 0;
    return rc;
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
                       .score = {.temperatures = how->temperatures,
                                 .divide = how->guarantee.n > 0,
                                 .no_labels = how->by_final,
                                 .seed = how->seed,
                                 .cost = how->tune.cost,
                                 .done = "thresholds are tuned",
                                 .written = "result"},
                       .outcome = outcome};
    struct record rec;
    int rc;
    while ((rc = reader_next_raw(r, &rec, e)) > 0)
        if ((rc = one_record(&u, &rec, e)) < 0)
            break;
    if (rc == 0)
        rc = check_traced(&u, e);
    halves_fini(&u.of);
    arena_free(&u.arena);
    return rc;
}
