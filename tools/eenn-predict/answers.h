/* SPDX-License-Identifier: MIT
 * What a network says of a file, as lines of text, TSV or JSON. */
#ifndef ANSWERS_H
#define ANSWERS_H

#include <stddef.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/values.h"

enum answer_format { ANSWER_TEXT, ANSWER_TSV, ANSWER_JSON };
extern const char *const answer_formats[]; /* "text" "tsv" "json" NULL */

struct guess {
    const char *name;  /* of a class */
    double confidence; /* softmax at the exit taken, 0..1 */
};

struct answer {
    const char *file;          /* bytes that need not be UTF-8 */
    const struct guess *guess; /* (guesses) the likeliest first */
    size_t guesses;            /* 1 or more */
    double score;              /* NAN: there is no halting rule */
    size_t exit;               /* from 0 */
    double macs;               /* NAN: unknown */
};

/* Append the heads of the columns, as wide in text as the names of the classes
 * want; JSON has none. */
void answers_head(enum answer_format format, const struct strs *classes,
                  struct buf *out);

/* Append an answer.  Text and TSV have a line for each guess, of which text
 * leaves out what the first has said; JSON has one line, whose list `top` has
 * the guesses if there are more than one.  Exits are counted from 1. */
void answers_add(enum answer_format format, const struct strs *classes,
                 const struct answer *a, struct buf *out);

/* Append the legend that explains the columns of text; the other formats have
 * none. */
void answers_legend(enum answer_format format, struct buf *out);

#endif
