/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/values.h"
#include "libcommon/cli/opttable.h"
#include "libcommon/io/envelope.h"

#define WIDTH 79  /* of a line of help */
#define COLUMN 24 /* where descriptions start */

/* Append the words of text, and a newline, to a line that has `at` columns.  A
 * word, other than the first, that would make its line longer than WIDTH
 * columns starts a new line, indented by `indent` columns. */
static void add_wrapped(struct buf *out, const char *text, size_t at,
                        size_t indent)
{
    bool first = true;

    while (*text) {
        size_t word = strcspn(text, " ");

        if (!first && at + 1 + word > WIDTH) {
            buf_addf(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (!first) {
            buf_adds(out, " ");
            at++;
        }
        buf_add(out, text, word);
        at += word;
        text += word + strspn(text + word, " ");
        first = false;
    }
    buf_adds(out, "\n");
}

static void add_bound(struct buf *out, double v)
{
    if (v == INT_EXACT)
        buf_adds(out, "2^53-1");
    else
        buf_addf(out, "%.15g", v);
}

/* Append the type and range of a row's value, such as " (int 1..100)". */
static void add_type(struct buf *out, const struct opt *row)
{
    bool no_top = row->max >= 1.8e19;

    if (row->type == OPT_T_ENUM) {
        buf_adds(out, " (");
        for (int i = 0; row->names[i]; i++)
            buf_addf(out, "%s%s", i ? ", " : "", row->names[i]);
        buf_adds(out, ")");
    }
    if (row->type == OPT_T_PRESETS) {
        buf_adds(out, " (");
        opt_preset_names(row->target, out);
        buf_adds(out, ", or a file)");
    }
    if (row->type == OPT_T_STRS)
        buf_adds(out, " (repeatable)");
    if (row->type != OPT_T_U64 && row->type != OPT_T_I64 &&
        row->type != OPT_T_F64)
        return;
    buf_adds(out, row->type == OPT_T_F64 ? " (real" : " (int");
    if (row->min != row->max) {
        buf_adds(out, no_top ? " >= " : " ");
        add_bound(out, row->min);
        if (!no_top) {
            buf_adds(out, "..");
            add_bound(out, row->max);
        }
    }
    if (row->unit != NUMBER_BARE)
        buf_adds(out,
                 row->unit == NUMBER_SHARE ? ", or in %" : ", or like 2.7M");
    if (row->flags & OPT_AUTO)
        buf_adds(out, ", or auto");
    buf_adds(out, ")");
}

static bool has_default(const struct opt *row)
{
    switch (row->type) {
    case OPT_T_FLAG:
        return !(row->flags & OPT_PLAIN);
    case OPT_T_I64:
    case OPT_T_F64:
        return !(row->flags & OPT_OPEN);
    case OPT_T_STR:
        return *(char **)row->target != NULL;
    case OPT_T_TRISTATE:
        return row->arg != NULL;
    case OPT_T_U64:
    case OPT_T_ENUM:
        return true;
    default:
        return false;
    }
}

static void add_row(struct buf *out, const struct opt *row)
{
    struct buf head = {0}, text = {0};

    if (row->type == OPT_T_HEADING) {
        buf_addf(out, "\n%s:\n", row->help);
        return;
    }
    if (row->letter)
        buf_addf(&head, "  -%c, ", row->letter);
    else
        buf_adds(&head, "      ");
    buf_addf(&head, "--%s%s", opt_negatable(row) ? "[no-]" : "", row->name);
    if (row->arg)
        buf_addf(&head, row->type == OPT_T_TRISTATE ? "[=%s]" : "=%s",
                 row->arg);
    buf_adds(&text, row->help);
    add_type(&text, row);
    if (row->flags & OPT_REQUIRED) {
        buf_adds(&text, " [required]");
    } else if (row->type == OPT_T_FLAG && has_default(row)) {
        buf_adds(&text, *(bool *)row->target ? " [yes]" : " [no]");
    } else if (has_default(row)) {
        buf_adds(&text, " [");
        opt_value_text(row, 15, &text);
        buf_adds(&text, "]");
    }
    buf_adds(out, head.data);
    if (head.len + 2 > COLUMN)
        buf_addf(out, "\n%*s", COLUMN, "");
    else
        buf_addf(out, "%*s", (int)(COLUMN - head.len), "");
    add_wrapped(out, text.data, COLUMN, COLUMN);
    buf_free(&head);
    buf_free(&text);
}

/* Append the example; a long one is broken after a pipe, as a shell allows. */
static void add_example(struct buf *out, const char *text)
{
    buf_adds(out, "\nExample:\n  ");
    while (strlen(text) > WIDTH - 4) {
        const char *cut = NULL;

        for (const char *p = text; (p = strstr(p, " | ")); p += 3)
            if (p - text + 2 <= WIDTH - 4)
                cut = p;
        if (!cut)
            break;
        buf_add(out, text, (size_t)(cut - text) + 2);
        buf_adds(out, "\n    ");
        text = cut + 3;
    }
    buf_addf(out, "%s\n", text);
}

void opt_help(const struct tool *t, const struct opt_table *tab,
              struct buf *out)
{
    bool any = tab->common > 0 && tab->n > 0;

    buf_addf(out, "Usage: %s [OPTION...]%s%s\n", t->name,
             t->operands[0] ? " " : "", t->operands);
    add_wrapped(out, t->purpose, 0, 0);
    if (any && tab->row[0].type != OPT_T_HEADING)
        buf_adds(out, "\nOptions:\n");
    for (size_t i = 0; i < tab->n; i++) {
        if (i == tab->common)
            buf_adds(out, "\nCommon options:\n");
        add_row(out, &tab->row[i]);
    }
    buf_adds(out, "\n");
    if (t->stdin_is) {
        buf_adds(out, "stdin:  ");
        add_wrapped(out, t->stdin_is, 8, 8);
    }
    if (t->stdout_is) {
        buf_adds(out, "stdout: ");
        add_wrapped(out, t->stdout_is, 8, 8);
    }
    if (t->example)
        add_example(out, t->example);
}

/* ---- --options ---- */

static const char *type_name(const struct opt *row)
{
    switch (row->type) {
    case OPT_T_U64:
    case OPT_T_I64:
        return "integer";
    case OPT_T_F64:
        return "real";
    case OPT_T_STR:
    case OPT_T_STRS:
        return row->flags & OPT_NOPROV ? "file" : "text";
    case OPT_T_ENUM:
        return "choice";
    case OPT_T_TRISTATE:
        return row->arg ? "choice" : "flag";
    case OPT_T_PRESETS:
        return "set";
    default:
        return "flag";
    }
}

/* Append what a value may be: names, comma-separated, or a range. */
static void add_values(struct buf *out, const struct opt *row)
{
    if (row->type == OPT_T_ENUM) {
        for (int i = 0; row->names[i]; i++)
            buf_addf(out, "%s%s", i ? "," : "", row->names[i]);
    } else if (row->type == OPT_T_TRISTATE && row->arg) {
        buf_adds(out, "auto,yes,no");
        for (int i = 0; row->names && row->names[i]; i++)
            buf_addf(out, ",%s", row->names[i]);
    } else if (row->type == OPT_T_PRESETS) {
        const struct opt_presets *presets = row->target;

        for (const struct opt_preset *p = presets->v; p->name; p++)
            buf_addf(out, "%s%s", p > presets->v ? "," : "", p->name);
    } else if (row->arg && row->min != row->max) {
        number_text(row->min, out);
        buf_adds(out, "..");
        number_text(row->max, out);
    } else {
        buf_adds(out, "-");
    }
}

static void add_flags(struct buf *out, const struct opt *row)
{
    const struct {
        bool is;
        const char *name;
    } all[] = {
        {opt_negatable(row), "no"},
        {row->type == OPT_T_STRS, "repeatable"},
        {row->flags & OPT_REQUIRED, "required"},
        {row->unit == NUMBER_SI, "si"},
        {row->unit == NUMBER_SHARE, "percent"},
    };
    const char *comma = "";

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (all[i].is) {
            buf_addf(out, "%s%s", comma, all[i].name);
            comma = ",";
        }
    if (!*comma)
        buf_adds(out, "-");
}

void opt_list(const struct opt_table *tab, struct buf *out)
{
    buf_adds(out, "name\tletter\targument\ttype\tvalues\tdefault\tflags\t"
                  "help\n");
    for (size_t i = 0; i < tab->n; i++) {
        const struct opt *row = &tab->row[i];

        if (row->type == OPT_T_HEADING)
            continue;
        buf_addf(out, "%s\t%c\t%s\t%s\t", row->name,
                 row->letter ? row->letter : '-', row->arg ? row->arg : "-",
                 type_name(row));
        add_values(out, row);
        buf_adds(out, "\t");
        if (has_default(row) && !(row->flags & OPT_REQUIRED))
            opt_value_text(row, 0, out);
        else
            buf_adds(out, "-");
        buf_adds(out, "\t");
        add_flags(out, row);
        buf_addf(out, "\t%s\n", row->help);
    }
}

void opt_version(const struct tool *t, struct buf *out)
{
    buf_addf(out, "%s (nachos) %s", t->name, nachos_version);
    if (t->reads)
        buf_addf(out, ", reads %s", t->reads);
    for (size_t i = 0; t->writes[i]; i++)
        buf_addf(out, "%s %s %d.%d", i ? "," : ", writes", t->writes[i]->name,
                 t->writes[i]->major, t->writes[i]->minor);
    if (t->writes_what_it_reads)
        buf_adds(out, ", writes the kind it reads");
    buf_adds(out, "\n");
    if (log_level >= 2 && t->arithmetic)
        buf_addf(out, "arithmetic: %s\n", tool_arithmetic(t));
}
