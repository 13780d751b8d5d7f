/* SPDX-License-Identifier: MIT
 * Sets of parameters as lines of text, built in or in files. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/base/err.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/cli/opttable.h"
#include "libcommon/io/textfile.h"

#define MAX_FILE ((size_t)1 << 16)

/* A part of the text, not NUL-terminated. */
struct text_piece {
    const char *at;
    size_t n;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct text_piece trimmed(const char *at, size_t n)
{
    while (n && is_blank(at[0]))
        at++, n--;
    while (n && is_blank(at[n - 1]))
        n--;
    return (struct text_piece){at, n};
}

static int find_parameter(const struct tool *t, struct text_piece name,
                          struct err *e)
{
    for (int i = 0; t->rows[i].type != OPT_T_END; i++) {
        const struct opt *row = &t->rows[i];
        bool has_value = row->name && !(row->flags & OPT_NOPROV) &&
                         row->type != OPT_T_COMMON && row->type != OPT_T_STRS &&
                         row->type != OPT_T_OPERAND;

        if (has_value && strlen(row->name) == name.n &&
            strncmp(row->name, name.at, name.n) == 0)
            return i;
    }
    return err_set(e, ERR_FORMAT, "'%.*s' is no parameter of %s",
                   name.n < 60 ? (int)name.n : 60, name.at, t->name);
}

/* What the lines of one text have set so far. */
struct setting {
    const struct tool *tool;
    struct opt_presets *presets; /* keeps the values */
    const bool *given;           /* rows that stay as they are, or NULL */
    bool seen[OPT_TABLE_MAX];
};

static int set_line(struct setting *s, struct text_piece line, struct err *e)
{
    const char *equals = memchr(line.at, '=', line.n);
    const struct opt *row;
    struct text_piece value;
    char *text;
    int i;

    if (memchr(line.at, '\0', line.n) || !equals || equals == line.at)
        return err_set(e, ERR_FORMAT, "not NAME=VALUE");
    i = find_parameter(s->tool, trimmed(line.at, (size_t)(equals - line.at)),
                       e);
    if (i < 0)
        return i;
    row = &s->tool->rows[i];
    if (s->seen[i])
        return err_set(e, ERR_FORMAT, "%s is set a second time", row->name);
    s->seen[i] = true;
    if (s->given && s->given[i])
        return 0;
    value = trimmed(equals + 1, line.n - (size_t)(equals + 1 - line.at));
    text = arena_strndup(&s->presets->kept, value.at, value.n);
    if (row->type == OPT_T_FLAG) {
        if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
            return err_set(e, ERR_FORMAT, "%s=%.60s: neither true nor false",
                           row->name, text);
        *(bool *)row->target = text[0] == 't';
        return 0;
    }
    return opt_set(row, text, true, e) < 0 ? e->code = ERR_FORMAT : 0;
}

static int set_lines(struct setting *s, const char *label, const char *text,
                     size_t n, struct err *e)
{
    size_t number = 1;

    for (size_t at = 0, len; at < n; at += len + 1, number++) {
        const char *end = memchr(text + at, '\n', n - at);
        struct text_piece line;

        len = end ? (size_t)(end - text) - at : n - at;
        line = (struct text_piece){text + at, len};
        /* A comment begins the line or follows a blank. */
        for (size_t i = 0; i < line.n; i++)
            if (line.at[i] == '#' && (i == 0 || is_blank(line.at[i - 1])))
                line.n = i;
        line = trimmed(line.at, line.n);
        if (line.n && set_line(s, line, e) < 0)
            return err_prefix(e, "%.300s:%zu", label, number);
    }
    return 0;
}

int opt_preset_apply(const struct tool *t, const struct opt *row,
                     const char *name, struct err *e)
{
    struct setting s = {.tool = t, .presets = row->target};
    struct buf text = {0};
    int rc;

    for (const struct opt_preset *p = s.presets->v; p->name; p++)
        if (strcmp(p->name, name) == 0)
            return set_lines(&s, name, p->text, strlen(p->text), e);
    if (access(name, F_OK) < 0 && errno == ENOENT) {
        opt_preset_names(s.presets, &text);
        rc = err_set(e, ERR_ARG,
                     "--%s: '%.300s' is neither built in (%s) nor a file",
                     row->name, name, text.data);
    } else if ((rc = text_read(name, MAX_FILE, &text, e)) == 0) {
        rc = set_lines(&s, name, text.data, text.len, e);
    }
    buf_free(&text);
    return rc;
}

bool opt_presets_default(const struct tool *t, struct opt_presets *presets,
                         const char *name)
{
    struct setting s = {.tool = t, .presets = presets, .given = presets->given};
    const struct opt_preset *p = presets->v;
    struct err e;

    if (presets->named)
        return false;
    while (strcmp(p->name, name) != 0)
        p++;
    BUG_IF(set_lines(&s, name, p->text, strlen(p->text), &e) < 0);
    return true;
}

void opt_preset_names(const struct opt_presets *presets, struct buf *out)
{
    for (const struct opt_preset *p = presets->v; p->name; p++)
        buf_addf(out, "%s%s", p > presets->v ? ", " : "", p->name);
}

void opt_preset_list(const struct opt_presets *presets, struct buf *out)
{
    for (const struct opt_preset *p = presets->v; p->name; p++)
        buf_addf(out, "%s# %s: %s\n%s", p > presets->v ? "\n" : "", p->name,
                 p->help, p->text);
}
