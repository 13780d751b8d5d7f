/* SPDX-License-Identifier: MIT */
#include "tools/exit-map/planning.h"

#include <string.h>

#include "formats/trained.h"
#include "libcommon/base/log.h"
#include "tools/exit-map/planning_net.h"

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

/* Begin the tables with the costs of the exits, places having none. */
static int begin_trace(struct planning *u, const struct trace_head *h,
                       struct err *e)
{
    int64_t prefix[NET_MAX_EXITS] = {0}, head[NET_MAX_EXITS] = {0};

    u->untraced = false;
    u->split = arena_strdup(&u->arena, h->split);
    u->dataset = arena_strdup(&u->arena, h->dataset);
    u->score.rows = u->net.exits.n;
    if (halves_begin(&u->of, &u->score, &u->summary, h, e) < 0)
        return reader_locate(u->r, e);
    for (size_t i = 0, x = 0; i < u->net.exits.n; i++)
        if (!u->place[i]) {
            prefix[i] = u->summary.prefix.v[x];
            head[i] = u->summary.head.v[x++];
        }
    halt_costs_init(&u->of.table.costs, u->net.exits.n, prefix, head, NULL);
    u->of.second.costs = u->of.table.costs;
    return 0;
}

static int add_exit(struct planning *u, const struct exit_trace *x,
                    struct err *e)
{
    size_t i = 0;
    int rc = 0;

    for (int64_t before = x->exit; before > 0 || u->place[i]; i++)
        before -= !u->place[i];
    halves_add(&u->of, &u->score, x, i);
    if (i + 1 == u->of.table.exits) {
        u->outcome->networks++;
        fill_places(u, &u->of.table);
        fill_places(u, &u->of.second);
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
    struct planning u = {.r = r,
                         .w = w,
                         .how = how,
                         .score = {.rules = how->rules,
                                   .temperatures = how->temperatures,
                                   .divide = how->guarantee.n > 0,
                                   .seed = how->seed,
                                   .done = "plans are chosen",
                                   .written = "plan"},
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
