/* SPDX-License-Identifier: MIT */
#include "tools/eenn-predict/answers.h"

#include <math.h>
#include <string.h>

#include "libcommon/base/json.h"
#include "libcommon/base/utf8.h"

#define WIDEST 24 /* of a class name, so that lines fit 80 columns */

const char *const answer_formats[] = {"text", "tsv", "json", NULL};

/* Append a text as one field of one line: what is unsafe, tabs among it, is
 * masked (base/utf8.h).  Blanks fill it up to `width`. */
static void add_field(const char *s, int width, struct buf *out)
{
    size_t from = out->len;

    buf_adds(out, s);
    buf_mask(out, from);
    width -= (int)utf8_width(out->data + from);
    buf_addf(out, "%*s", width > 0 ? width : 0, "");
}

static int class_width(const struct strs *classes)
{
    int width = (int)strlen("class");

    for (size_t i = 0; i < classes->n; i++)
        if ((int)utf8_width(classes->v[i]) > width)
            width = (int)utf8_width(classes->v[i]);
    return width < WIDEST ? width : WIDEST;
}

void answers_head(enum answer_format format, const struct strs *classes,
                  struct buf *out)
{
    if (format == ANSWER_TSV)
        buf_adds(out, "file\trank\tclass\tconfidence\tscore\texit\tmacs\n");
    if (format == ANSWER_TEXT)
        buf_addf(out, "%-*s  confidence  score  exit   MACs M  file\n",
                 class_width(classes), "class");
}

/* ---- text ---- */

static void add_real(double v, int width, int decimals, struct buf *out)
{
    if (isnan(v))
        buf_addf(out, "%*s", width, "-");
    else
        buf_addf(out, "%*.*f", width, decimals, v);
}

static void add_text(const struct answer *a, int width, struct buf *out)
{
    for (size_t i = 0; i < a->guesses; i++) {
        add_field(a->guess[i].name, width, out);
        add_real(a->guess[i].confidence, 12, 3, out);
        if (i == 0) {
            add_real(a->score, 7, 3, out);
            buf_addf(out, "%6zu", a->exit + 1);
            add_real(a->macs / 1e6, 9, 3, out);
            buf_adds(out, "  ");
            add_field(a->file, 0, out);
        }
        buf_adds(out, "\n");
    }
}

/* ---- for programs ---- */

static void add_number(double v, const char *unknown, struct buf *out)
{
    if (isnan(v))
        buf_adds(out, unknown);
    else
        buf_addf(out, "%.17g", v);
}

static void add_tsv(const struct answer *a, struct buf *out)
{
    for (size_t i = 0; i < a->guesses; i++) {
        add_field(a->file, 0, out);
        buf_addf(out, "\t%zu\t", i + 1);
        add_field(a->guess[i].name, 0, out);
        buf_adds(out, "\t");
        add_number(a->guess[i].confidence, "-", out);
        buf_adds(out, "\t");
        add_number(a->score, "-", out);
        buf_addf(out, "\t%zu\t", a->exit + 1);
        add_number(a->macs, "-", out);
        buf_adds(out, "\n");
    }
}

/* Append the members of a guess. */
static void add_guess(const struct guess *g, struct buf *out)
{
    buf_adds(out, "\"class\":");
    json_string(out, g->name, strlen(g->name));
    buf_adds(out, ",\"confidence\":");
    add_number(g->confidence, "null", out);
}

static void add_json(const struct answer *a, struct buf *out)
{
    buf_adds(out, "{\"file\":");
    json_string(out, a->file, strlen(a->file));
    buf_adds(out, ",");
    add_guess(&a->guess[0], out);
    buf_adds(out, ",\"score\":");
    add_number(a->score, "null", out);
    buf_addf(out, ",\"exit\":%zu,\"macs\":", a->exit + 1);
    add_number(a->macs, "null", out);
    for (size_t i = 0; a->guesses > 1 && i < a->guesses; i++) {
        buf_adds(out, i ? ",{" : ",\"top\":[{");
        add_guess(&a->guess[i], out);
        buf_adds(out, "}");
    }
    buf_adds(out, a->guesses > 1 ? "]}\n" : "}\n");
}

void answers_add(enum answer_format format, const struct strs *classes,
                 const struct answer *a, struct buf *out)
{
    if (format == ANSWER_TEXT)
        add_text(a, class_width(classes), out);
    else if (format == ANSWER_TSV)
        add_tsv(a, out);
    else
        add_json(a, out);
}

void answers_legend(enum answer_format format, struct buf *out)
{
    if (format != ANSWER_TEXT)
        return;
    buf_adds(out, "  class: the class that is most likely\n"
                  "  confidence: softmax probability of the class, at the exit "
                  "taken\n"
                  "  score: value of the halting rule; the sample leaves when "
                  "it reaches the\n"
                  "    threshold of an exit\n"
                  "  exit: number of the exit taken, from 1\n"
                  "  MACs M: cost of the sample in millions of MACs, all heads "
                  "that ran counted\n");
}
