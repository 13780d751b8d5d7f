/* SPDX-License-Identifier: MIT
 * The view of data sets: how many samples of each class each split has, and what
 * the samples are. */
#include <stdlib.h>
#include <string.h>

#include "formats/dataset.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/set.h"
#include "libcommon/nn/data/class_counts.h"
#include "tools/eenn-report/report.h"

static const struct column class_columns[] = {
    {"dataset", "data set", COL_TEXT, 0, 0, 1, NULL},
    {"class", "class", COL_INT, 0, 0, 0, NULL},
    {"label", "label", COL_TEXT, 0, 0, 0, NULL},
    {"train", "train", COL_INT, 0, 0, 0, NULL},
    {"val", "val", COL_INT, 0, 0, 0, NULL},
    {"test", "test", COL_INT, 0, 0, 0, NULL},
    {"cal", "cal", COL_INT, 0, 0, 0, NULL},
    {"sum", "sum", COL_INT, 0, 0, 0, NULL},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

static const struct column set_columns[] = {
    {"dataset", "data set", COL_TEXT, 0, 0, 0, NULL},
    {"height", "height", COL_INT, 0, 0, 0, NULL},
    {"width", "width", COL_INT, 0, 0, 0, NULL},
    {"channels", "channels", COL_INT, 0, 0, 0, NULL},
    {"classes", "classes", COL_INT, 0, 0, 0, NULL},
    {"train", "train", COL_INT, 0, 0, 0, NULL},
    {"val", "val", COL_INT, 0, 0, 0, NULL},
    {"test", "test", COL_INT, 0, 0, 0, NULL},
    {"cal", "cal", COL_INT, 0, 0, 0, NULL},
    {"mean", "mean", COL_REALS, 0, 4, 0, NULL},
    {"std", "std", COL_REALS, 0, 4, 0, NULL},
    {"resize", "resize", COL_TEXT, 0, 0, 0, NULL},
    {"crop", "crop", COL_TEXT, 0, 0, 0, NULL},
    {"flip", "flip", COL_TEXT, 0, 0, 0, NULL},
    {"kind", "kind", COL_TEXT, 0, 0, 0, NULL},
    {"source", "source", COL_TEXT, 0, 0, 0, NULL},
    {"groups", "groups", COL_INT, 0, 0, 0, NULL},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

struct data_view {
    struct report *rep;
    struct table *classes, *sets; /* NULL: text, the lines of data-import */
    struct dataset d;             /* without images */
    struct class_counts counts;   /* of d */
    struct set groups[SPLIT_COUNT], all_groups;
    bool open;
};

static void put_counts(struct table *t, const struct class_counts *c, size_t k)
{
    for (size_t s = 0; s < SPLIT_COUNT; s++)
        table_int(t, (int64_t)c->n[k * SPLIT_COUNT + s]);
}

static void put_tables(struct data_view *v)
{
    const struct dataset *d = &v->d;
    struct table *t = v->classes;
    struct buf source = {0};

    for (size_t k = 0; k < v->counts.classes; k++) {
        table_text(t, d->name);
        table_int(t, (int64_t)k);
        table_text(t, d->class_names.v[k]);
        put_counts(t, &v->counts, k);
        table_int(t, (int64_t)class_counts_of(&v->counts, k));
    }
    t = v->sets;
    table_text(t, d->name);
    table_int(t, (int64_t)d->input.h);
    table_int(t, (int64_t)d->input.w);
    table_int(t, (int64_t)d->input.c);
    table_int(t, (int64_t)v->counts.classes);
    put_counts(t, &v->counts, v->counts.classes);
    table_reals(t, d->input.mean, input_moments(&d->input));
    table_reals(t, d->input.std, input_moments(&d->input));
    table_text(t, input_resizes[d->input.resize]);
    table_text(t, input_crops[d->input.crop]);
    table_text(t, flip_names[d->flip]);
    input_source_text(&d->input.source, &source);
    table_text(t, input_kinds[d->input.source.kind]);
    table_text(t, source.len ? source.data : NULL);
    table_int(t, (int64_t)v->all_groups.n);
    buf_free(&source);
}

/* Show the data set at hand, if there is one, and free it. */
static void end(struct data_view *v)
{
    struct buf *b = &v->rep->text;
    struct dataset *d = &v->d;
    struct buf source = {0};

    if (v->open && v->classes) {
        put_tables(v);
    } else if (v->open) {
        buf_adds(b, b->len ? "\n" : "");
        class_counts_text(&v->counts, d->name, &d->input, &d->class_names, b);
        input_source_text(&d->input.source, &source);
        if (!input_floats(&d->input))
            buf_addf(&source, "resize %s, crop %s, flip %s",
                     input_resizes[d->input.resize], input_crops[d->input.crop],
                     flip_names[d->flip]);
        if (source.len)
            buf_addf(b, "%s\n", source.data);
        for (int s = 0, n = 0; s < SPLIT_COUNT && v->all_groups.n; s++)
            if (v->groups[s].n)
                buf_addf(b, "%s%zu in %s",
                         n++ ? ", " : "groups: ", v->groups[s].n,
                         split_names[s]);
        buf_adds(b, v->all_groups.n ? "\n" : "");
    }
    buf_free(&source);
    for (int s = 0; s < SPLIT_COUNT; s++)
        set_free(&v->groups[s]);
    set_free(&v->all_groups);
    dataset_fini(d);
    class_counts_fini(&v->counts);
    v->open = false;
}

int report_datasets(struct reader *r, struct record *rec,
                    const struct report_opts *o, struct report *rep,
                    struct err *e)
{
    struct data_view v = {.rep = rep};
    int rc;

    if (o->draw || (o->view != VIEW_DEFAULT && o->view != VIEW_TABLE &&
                    o->view != VIEW_CLASSES))
        return report_no_view(o, "dataset", e);
    if (!o->people || o->wide) {
        v.classes = report_table(rep, "classes", class_columns);
        v.sets = report_table(rep, "datasets", set_columns);
    }
    do {
        if ((rc = reader_decode(r, rec, e)) < 0)
            break;
        if (rec->schema == &schema_dataset) {
            end(&v);
            dataset_from_info(&v.d, rec->data);
            class_counts_init(&v.counts, v.d.input.classes);
            v.counts.shown = v.d.input.classes;
            v.open = true;
        } else {
            const struct dataset_chunk *c = rec->data;
            int32_t *labels = xmemdup(c->labels.data, tensor_bytes(&c->labels));
            const char *at = c->groups.data;
            const char *stop = c->groups.ndim ? at + tensor_count(&c->groups)
                                              : at;

            class_counts_add(&v.counts, split_find(c->split), labels,
                             tensor_count(&c->labels));
            free(labels);
            for (size_t n; at < stop; at += n + 1) {
                n = strlen(at);
                set_add(&v.groups[split_find(c->split)], at, n);
                set_add(&v.all_groups, at, n);
            }
        }
    } while ((rc = report_next(r, rec, o, e)) > 0);
    end(&v);
    return rc;
}
