/* SPDX-License-Identifier: MIT */
#include "tools/exit-map/planning.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "formats/trained.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/exits/calibration.h"
#include "tools/exit-map/planning_net.h"

void planning_outcome_free(struct planning_outcome *o)
{
    for (size_t i = 0; i < o->n; i++)
        free(o->warnings[i]);
    free(o->warnings);
    *o = (struct planning_outcome){0};
}

void note(const struct planning *u, char *text)
{
    struct planning_outcome *o = u->outcome;

    GROW(o->warnings, o->n, o->cap);
    o->warnings[o->n++] = xasprintf("net %s: %s", u->net.id, text);
    free(text);
}

/* Returns a copy of a tensor (samples, ..), of which each element has four bytes,
 * in the order of the halves where there are such; owned (free), NULL when it is
 * empty. */
static void *ordered(const struct planning *u, const struct tensor *t)
{
    size_t rows = u->table.samples + u->second.samples,
           row = tensor_bytes(t) / rows;
    char *copy = tensor_count(t) ? xmemdup(t->data, tensor_bytes(t)) : NULL;

    for (size_t k = 0; copy && u->second.samples && k < rows; k++)
        memcpy(copy + k * row, (const char *)t->data + u->order[k] * row, row);
    return copy;
}

/* Warn once of samples that had a part in the training, or shall judge it. */
static void remark_split(struct planning *u, const char *split)
{
    bool sure = u->how->guarantee.n > 0;

    if (u->remarked ||
        (sure ? !strcmp(split, split_names[SPLIT_CAL])
              : strcmp(split, split_names[SPLIT_TEST]) != 0 &&
                    strcmp(split, split_names[SPLIT_TRAIN]) != 0))
        return;
    u->remarked = true;
    if (sure)
        log_warn("the trace is of the split %s, not of cal: if anything was "
                 "chosen by these samples, such as the best epoch, the "
                 "guarantee does not hold, and the plan says that it is not "
                 "independent",
                 split);
    else
        log_warn("plans are chosen on the %s split, which makes accuracy on it "
                 "optimistic; choose on the validation split (eenn-run "
                 "--split=val)",
                 split);
}

/* Set the costs of the table from the summary, places having none. */
static void set_costs(struct planning *u, size_t exits)
{
    const struct summary *s = &u->summary;
    int64_t prefix[NET_MAX_EXITS] = {0}, head[NET_MAX_EXITS] = {0};
    bool known = s->prefix.n == exits && s->head.n == exits;

    for (size_t i = 0, x = 0; known && i < u->net.exits.n; i++)
        if (!u->place[i]) {
            prefix[i] = s->prefix.v[x];
            head[i] = s->head.v[x++];
        }
    halt_costs_init(&u->table.costs, u->net.exits.n, known ? prefix : NULL,
                    known ? head : NULL, NULL);
}

/* Fill in the rows of places, where no sample leaves. */
static void fill_places(const struct planning *u, struct halt_table *t)
{
    size_t n = t->samples;

    for (size_t i = 0; n && i < t->exits; i++) {
        if (!u->place[i])
            continue;
        for (size_t r = 0; r < HALT_RULES; r++)
            for (size_t k = 0; t->value[r] && k < n; k++)
                t->value[r][i * n + k] = -1;
        memset(t->right + i * n, 0, n);
        memset(t->answer + i * n, 0, n * sizeof *t->answer);
        t->accuracy[i] = t->ece[i] = 0;
    }
}

static int begin_trace(struct planning *u, const struct trace_head *h,
                       struct err *e)
{
    size_t samples = (size_t)h->samples,
           half = u->how->guarantee.n ? samples / 2 : samples;

    if (h->policy)
        return reader_fail(u->r, e,
                           "this trace was made with a policy and has one exit "
                           "per sample; plan on a trace made without one");
    if (!half)
        return reader_fail(u->r, e,
                           "one sample cannot be divided into a half that "
                           "chooses and one that tests; --confidence takes "
                           "two or more");
    u->untraced = false;
    u->split = arena_strdup(&u->arena, h->split);
    u->dataset = arena_strdup(&u->arena, h->dataset);
    halt_table_fini(&u->table);
    halt_table_fini(&u->second);
    halt_table_init(&u->table, u->how->rules, half, u->net.exits.n,
                    (size_t)h->classes);
    set_costs(u, (size_t)h->exits);
    if (!halt_cost_known(&u->table.costs.v[COST_SEQUENTIAL]))
        return reader_fail(u->r, e,
                           "the summary does not have the costs of all %" PRId64
                           " exits",
                           h->exits);
    remark_split(u, h->split);
    if (u->how->guarantee.n) {
        struct rng r = rng_make(u->how->seed, "halves", 0, 0);

        halt_table_init(&u->second, u->how->rules, samples - half,
                        u->net.exits.n, (size_t)h->classes);
        u->second.costs = u->table.costs;
        u->order = xreallocarray(u->order, samples, sizeof *u->order);
        for (uint32_t k = 0; k < samples; k++)
            u->order[k] = k;
        rng_shuffle(&r, u->order, samples);
    }
    free(u->labels);
    u->labels = ordered(u, &h->labels);
    return 0;
}

static int add_exit(struct planning *u, const struct exit_trace *x,
                    struct err *e)
{
    size_t first = u->table.samples, i = 0;
    float *logits = ordered(u, &x->logits);
    int rc = 0;

    for (int64_t before = x->exit; before > 0 || u->place[i]; i++)
        before -= !u->place[i];
    double *t = &u->temperature[i];

    *t = u->how->temperatures
             ? fit_temperature(logits, u->labels, first, u->table.classes)
             : 1;
    halt_table_exit(&u->table, i, logits, NULL, u->labels, *t);
    if (u->second.samples)
        halt_table_exit(&u->second, i, logits + first * u->table.classes, NULL,
                        u->labels + first, *t);
    free(logits);
    if (i + 1 == u->table.exits) {
        u->outcome->networks++;
        fill_places(u, &u->table);
        fill_places(u, &u->second);
        rc = put_plans(u, e);
        model_fini(&u->model);
    }
    return rc;
}

/* A network that nothing has run yet, such as one that net-augment made, has no
 * trace. */
static int check_traced(struct planning *u, struct err *e)
{
    return u->untraced
               ? reader_fail(u->r, e,
                             "net %s has no trace, since nothing has run it "
                             "yet: train its branches (eenn-train "
                             "--backbone=frozen)",
                             u->summary.net)
               : 0;
}

static int one_record(struct planning *u, struct record *rec, struct err *e)
{
    if (rec->schema != &schema_tensor && reader_decode(u->r, rec, e) < 0)
        return e->code;
    if (rec->schema == &schema_trace)
        return begin_trace(u, rec->data, e);
    if (rec->schema == &schema_exit_trace)
        return add_exit(u, rec->data, e);
    if (rec->schema == &schema_net && u->untraced) {
        net_copy(&u->net, rec->data, &u->arena);
        return settle_plan(u, e);
    }
    if (rec->schema != &schema_trained)
        return 0;
    if (check_traced(u, e) < 0)
        return e->code;
    const struct trained *t = rec->data;

    arena_reset(&u->arena);
    summary_copy(&u->summary, &t->summary, &u->arena);
    u->untraced = t->status != TRAINED_FAILED;
    if (!u->untraced)
        log_warn("net %s failed in training and is passed over",
                 t->summary.net);
    return 0;
}

int planning_run(struct reader *r, struct writer *w,
                 const struct planning_opts *how,
                 struct planning_outcome *outcome, struct err *e)
{
    struct planning u = {.r = r, .w = w, .how = how, .outcome = outcome};
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
    free(u.labels);
    arena_free(&u.arena);
    return rc;
}
