/* SPDX-License-Identifier: MIT */
#include "tools/eenn-report/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "formats/dataset.h"
#include "formats/net.h"
#include "formats/plan.h"
#include "formats/result.h"
#include "formats/surrogate.h"
#include "formats/trace.h"
#include "formats/trained.h"
#include "formats/weights.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"

const char *const report_view_names[] = {[VIEW_DEFAULT] = "default",
                                         [VIEW_TABLE] = "table",
                                         [VIEW_FRONT] = "front",
                                         [VIEW_EXITS] = "exits",
                                         [VIEW_ITERATIONS] = "iterations",
                                         [VIEW_LOG] = "log",
                                         [VIEW_PAIRS] = "pairs",
                                         [VIEW_SUBNETS] = "subnets",
                                         [VIEW_LINE] = "line",
                                         [VIEW_CONFUSION] = "confusion",
                                         [VIEW_CLASSES] = "classes",
                                         [VIEW_SAMPLES] = "samples",
                                         [VIEW_CURVE] = "curve",
                                         [VIEW_GUARANTEES] = "guarantees",
                                         [VIEW_NET] = "net",
                                         [VIEW_DIFFERENCES] = "differences",
                                         [VIEW_PLAN] = "plan",
                                         NULL};

struct table *report_table(struct report *rep, const char *name,
                           const struct column *columns)
{
    BUG_IF(rep->n == REPORT_TABLES);
    struct table *t = &rep->tables[rep->n++];
    table_init(t, name, columns);
    return t;
}

int report_no_view(const struct report_opts *o, const char *kind, struct err *e)
{
    return err_set(e, ERR_ARG, "a %s stream has no %s the view %s", kind,
                   o->draw ? "drawing of" : "text of",
                   report_view_names[o->view]);
}

char *report_label(const char *arch, const char *id,
                   const struct origin *origin)
{
    if (origin->iteration != NIL_INT && origin->slot != NIL_INT)
        return xasprintf("%" PRId64 "/%" PRId64, origin->iteration,
                         origin->slot);
    return xasprintf("%.8s", arch ? arch : id && *id ? id : "-");
}

void report_design(struct table *t, const char *arch, const char *id,
                   const struct origin *origin)
{
    char *label = report_label(arch, id, origin);

    table_id(t, id, label);
    free(label);
}

static const struct {
    const struct kind *kind;
    report_kind_fn *fn;
} kinds[] = {
    {&kind_result, report_results},   {&kind_trace, report_traces},
    {&kind_trained, report_trained},  {&kind_surrogate, report_surrogates},
    {&kind_weights, report_weights},  {&kind_net, report_nets},
    {&kind_dataset, report_datasets}, {&kind_plan, report_plans},
};

int report_next(struct reader *r, struct record *rec,
                const struct report_opts *o, struct err *e)
{
    int rc;

    while ((rc = reader_next_raw(r, rec, e)) > 0)
        if (id_prefixes_want(o->ids, rec))
            return 1;
    return rc == 0 ? id_prefixes_check(o->ids, e) : rc;
}

int report_make(struct reader *r, const struct report_opts *o,
                struct report *out, struct err *e)
{
    struct record rec;
    memset(out, 0, sizeof *out);
    int rc = report_next(r, &rec, o, e);
    if (rc == 0)
        return err_set(e, ERR_FORMAT,
                       "the input has no records: there is nothing to report");
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (rec.kind == kinds[i].kind)
            return kinds[i].fn(r, &rec, o, out, e);
    BUG("a kind that was not asked for");
}

void report_fini(struct report *rep)
{
    for (size_t i = 0; i < rep->n; i++)
        table_fini(&rep->tables[i]);
    buf_free(&rep->text);
    buf_free(&rep->script);
    memset(rep, 0, sizeof *rep);
}
