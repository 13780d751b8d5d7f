/* SPDX-License-Identifier: MIT */
#include "tools/eenn-report/figures.h"

#include <math.h>
#include <string.h>

#define SHARE .unit = "%", .scale = 100, .decimals = 2, .ceiling = 100
#define MACS .unit = "M", .scale = 1e-6, .decimals = 3, .ceiling = INFINITY

const struct figure figures_known[] = {
    {.name = "accuracy",
     .word = "accuracy",
     .head = "acc %",
     .best = "acc %",
     .axis = "accuracy, %",
     .legend = "accuracy with early exits (in brackets: 95 % interval)",
     .rest = "error",
     SHARE},
    {.name = "macs",
     .word = "cost",
     .head = "cost M",
     .best = "cost M",
     .axis = "mean cost of a sample, M MACs",
     .legend =
         "mean cost of a sample in millions of MACs, all heads that ran counted",
     MACS},
    {.name = "macs_paper",
     .word = "Eq.13 cost",
     .head = "Eq.13 M",
     .best = "Eq.13 M",
     .axis = "mean cost of a sample by Eq. 13, M MACs",
     .legend = "the same by Eq. 13, the head of the exit taken alone",
     .drop = 5,
     MACS},
    {.name = "final_accuracy",
     .word = "final accuracy",
     .head = "final %",
     .best = "final %",
     .axis = "accuracy of the final exit, %",
     .legend = "accuracy of the final exit on all samples",
     .drop = 2,
     SHARE},
    {.name = "final_macs",
     .word = "final cost",
     .head = "final M",
     .best = "final M",
     .axis = "cost of the final exit, M MACs",
     .legend = "cost of the final exit alone",
     .drop = 5,
     MACS},
    {.name = "error",
     .word = "error",
     .head = "error %",
     .best = "error %",
     .axis = "error, %",
     SHARE},
    {.name = "min_class_accuracy",
     .word = "min-class accuracy",
     .head = "min class %",
     .best = "min class %",
     .axis = "smallest recall of a class, %",
     .legend = "smallest recall of a class: accuracy on its samples",
     SHARE},
    {.name = "balanced_accuracy",
     .word = "balanced accuracy",
     .head = "balanced %",
     .best = "balanced %",
     .axis = "balanced accuracy, %",
     .legend = "balanced accuracy: mean recall of the classes",
     SHARE},
    {.name = "lost_answers",
     .word = "lost answers",
     .head = "lost %",
     .best = "lost %",
     .axis = "lost answers, %",
     .legend = "samples that only the final exit gets right",
     SHARE},
    {.name = "disagreement",
     .word = "disagreement",
     .head = "disagree %",
     .best = "disagree %",
     .axis = "disagreement with the final exit, %",
     .legend = "samples that are classified otherwise than by the final exit",
     SHARE},
    {.name = "params",
     .word = "params",
     .unit = "M",
     .head = "params M",
     .best = "params M",
     .axis = "parameters, M",
     .legend = "parameters in millions",
     .scale = 1e-6,
     .decimals = 3,
     .ceiling = INFINITY},
    {.name = "peak_bytes",
     .word = "peak",
     .unit = "kB",
     .head = "peak kB",
     .best = "peak kB",
     .axis = "peak of activations, kB",
     .legend = "most memory of activations alive at once, for one sample",
     .scale = 1e-3,
     .decimals = 1,
     .ceiling = INFINITY},
    {.name = NULL},
};

size_t figure_place(const char *name)
{
    size_t i = 0;

    while (figures_known[i].name && strcmp(figures_known[i].name, name) != 0)
        i++;
    return i;
}

/* Returns the name and the unit with what is between them. */
static const char *joined(const char *name, const char *between,
                          const char *unit, struct arena *a)
{
    struct buf b = {0};
    const char *text;

    buf_addf(&b, "%s%s%s", name, unit ? between : "", unit ? unit : "");
    text = arena_strdup(a, b.data);
    buf_free(&b);
    return text;
}

struct figure figure_own(const char *name, const char *unit, struct arena *a)
{
    struct figure f = {
        .name = arena_strdup(a, name),
        .unit = unit ? joined(unit, "", NULL, a) : NULL,
        .head = joined(name, " ", unit, a),
        .axis = joined(name, ", ", unit, a),
        .word = joined(name, "", NULL, a),
        .decimals = -6,
        .floor = -INFINITY,
        .ceiling = INFINITY,
    };

    f.best = f.head;
    return f;
}

double figure_scaled(const struct figure *f, double value)
{
    if (f->scale > 0 && f->scale < 1)
        return value / round(1 / f->scale); /* 1e-6 itself is rounded */
    return f->scale > 0 ? value * f->scale : value;
}

void figure_add(struct buf *b, const struct figure *f, double value)
{
    buf_addf(b, "%.6g", figure_scaled(f, value));
    if (f->unit)
        buf_addf(b, " %s", f->unit);
}
