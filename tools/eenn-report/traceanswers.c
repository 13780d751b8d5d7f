/* SPDX-License-Identifier: MIT */
#include "tools/eenn-report/traceanswers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/trained.h"
#include "libcommon/base/argmax.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/exits/halting.h"

/* Copy of the head what outlives its record, and make the arrays of the answers,
 * which are still to come. */
static void begin(struct answers *a, const struct trace_head *h)
{
    size_t n = (size_t)h->samples;
    char **classes;
    const char *name;

    arena_reset(&a->arena);
    a->head = *h;
    summary_copy(&a->head.summary, &h->summary, &a->arena);
    a->head.split = arena_strdup(&a->arena, h->split);
    a->head.rule = arena_strdup(&a->arena, h->rule);
    a->head.dataset = arena_strdup(&a->arena, h->dataset);
    a->head.temperatures = reals_copy(&a->arena, &h->temperatures);
    classes = arena_alloc(&a->arena, h->class_names.n, sizeof *classes);
    for (size_t i = 0; i < h->class_names.n; i++)
        classes[i] = arena_strdup(&a->arena, h->class_names.v[i]);
    a->head.class_names.v = classes;
    a->classes = (size_t)h->classes;
    a->exits = (size_t)h->exits;
    a->n = n;
    a->label = arena_memdup(&a->arena, h->labels.data, n, sizeof *a->label);
    a->answer = arena_alloc(&a->arena, n, sizeof *a->answer);
    a->left = arena_alloc(&a->arena, n, 1);
    if (h->policy)
        memcpy(a->left, h->taken.data, n);
    a->score = arena_alloc(&a->arena, n, sizeof *a->score);
    a->sample = arena_alloc(&a->arena, n, sizeof *a->sample);
    a->file = arena_alloc(&a->arena, n, sizeof *a->file);
    name = arena_memdup(&a->arena, h->names.data,
                        h->names.ndim ? tensor_bytes(&h->names) : 0, 1);
    for (size_t i = 0; i < n; i++) {
        a->sample[i] = i;
        a->file[i] = h->names.ndim ? name : NULL;
        if (h->names.ndim)
            name += strlen(name) + 1;
    }
}

/* Keep only the answers of the samples that left at a->exit. */
static void keep_left(struct answers *a)
{
    size_t n = 0;

    for (size_t i = 0; i < a->n; i++) {
        if (a->left[i] != a->exit)
            continue;
        a->label[n] = a->label[i];
        a->answer[n] = a->answer[i];
        a->left[n] = a->left[i];
        a->score[n] = a->score[i];
        a->sample[n] = a->sample[i];
        a->file[n++] = a->file[i];
    }
    a->n = n;
}

static int add_exit(struct answers *a, const struct exit_trace *x,
                    answers_fn *fn, void *ctx, struct err *e)
{
    const struct halt_rule *rule = NULL;
    const struct reals *t = &a->head.temperatures;
    float *logits;

    if (!a->head.policy && x->exit != (int64_t)a->exit)
        return 0;
    if (a->head.policy)
        rule = halt_rule_find(a->head.rule);
    if (!rule || rule->confidence || rule->chained)
        rule = &halt_rules[HALT_MAX_SOFTMAX];
    a->scored_by = rule;
    logits = xmemdup(x->logits.data, tensor_bytes(&x->logits));
    for (size_t i = 0; i < a->n; i++) {
        const float *v = logits + i * a->classes;

        if (!a->head.policy)
            a->left[i] = (unsigned char)x->exit;
        a->answer[i] = (int32_t)argmax(v, a->classes);
        a->score[i] = rule->value(v, a->classes, 1,
                                  t->n ? t->v[a->left[i]] : 1);
    }
    free(logits);
    if (a->head.policy && a->exit < a->exits)
        keep_left(a);
    return fn(ctx, a, e);
}

int answers_read(struct reader *r, struct record *rec,
                 const struct report_opts *o, answers_fn *fn, void *ctx,
                 struct err *e)
{
    struct answers a = {.n = 0};
    size_t traces = 0;
    int rc;

    do {
        rc = 0;
        if (rec->schema == &schema_trace || rec->schema == &schema_exit_trace)
            rc = reader_decode(r, rec, e);
        if (rc == 0 && rec->schema == &schema_trace) {
            begin(&a, rec->data);
            traces++;
            a.exit = o->exit         ? o->exit - 1
                     : a.head.policy ? a.exits
                                     : a.exits - 1;
            if (o->exit > a.exits)
                rc = reader_fail(r, e,
                                 "there is no exit %zu: the network has "
                                 "%zu",
                                 o->exit, a.exits);
        } else if (rc == 0 && rec->schema == &schema_exit_trace) {
            rc = add_exit(&a, rec->data, fn, ctx, e);
        }
    } while (rc == 0 && (rc = report_next(r, rec, o, e)) > 0);
    if (rc == 0 && !traces)
        rc = err_set(e, ERR_FORMAT,
                     "no network has a trace: its training "
                     "failed");
    arena_free(&a.arena);
    return rc;
}

/* ---- in words ---- */

const char *answers_class(const struct answers *a, size_t class,
                          char text[ANSWERS_NUMBER])
{
    if (a->head.class_names.n)
        return a->head.class_names.v[class];
    snprintf(text, ANSWERS_NUMBER, "%zu", class);
    return text;
}

void answers_about(const struct answers *a, struct buf *b)
{
    if (a->head.dataset)
        buf_addf(b, "%s, ", a->head.dataset);
    buf_addf(b, "%s, %zu sample%s", a->head.split, a->n, a->n == 1 ? "" : "s");
    if (!a->head.policy)
        buf_addf(b, " at %s", a->exit + 1 == a->exits ? "the final exit" : "");
    if (!a->head.policy && a->exit + 1 < a->exits)
        buf_addf(b, "exit %zu", a->exit + 1);
    if (a->head.policy && a->exit < a->exits)
        buf_addf(b, " that left at exit %zu", a->exit + 1);
    if (a->head.policy)
        buf_addf(b, " (policy: %s)", a->head.rule);
}

double answers_accuracy(const struct answers *a)
{
    size_t right = 0;

    for (size_t i = 0; i < a->n; i++)
        right += a->label[i] == a->answer[i];
    return (double)right / (double)a->n;
}
