/* SPDX-License-Identifier: MIT */
#include "libcommon/cli/opt.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/base/err.h"
#include "libcommon/base/log.h"
#include "libcommon/base/progress.h"
#include "libcommon/base/utf8.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opttable.h"
#include "libcommon/cli/toolrun.h"
#include "libcommon/io/output.h"
#include "libcommon/io/output_path.h"
#include "libcommon/io/tempfile.h"

const char nachos_version[] = "0.1.0";

/* getopt_long returns CODE + 2 i for the option --NAME of row i, and CODE + 2 i
 * + 1 for --no-NAME.  For a letter it returns the letter, and row_of looks up
 * the row. */
#define CODE 1024

struct getopt_args {
    struct option longs[2 * OPT_TABLE_MAX + 1];
    char names[OPT_TABLE_MAX][64]; /* room for "no-NAME" */
    char letters[3 * OPT_TABLE_MAX];
};

static bool takes_value(const struct opt *row)
{
    return row->arg != NULL;
}

static void getopt_args_make(const struct opt_table *tab, struct getopt_args *g)
{
    struct option *o = g->longs;
    char *s = g->letters;

    *s++ = ':';
    for (size_t i = 0; i < tab->n; i++) {
        const struct opt *row = &tab->row[i];
        int code = CODE + 2 * (int)i;

        if (!row->name)
            continue;
        *o++ = (struct option){row->name,
                               row->type == OPT_T_TRISTATE && row->arg
                                   ? optional_argument
                                   : takes_value(row),
                               NULL, code};
        if (opt_negatable(row)) {
            snprintf(g->names[i], sizeof g->names[i], "no-%s", row->name);
            *o++ = (struct option){g->names[i], 0, NULL, code + 1};
        }
        if (row->letter) {
            *s++ = row->letter;
            if (takes_value(row))
                *s++ = ':';
        }
    }
    *o = (struct option){0};
    *s = '\0';
}

static int row_of(const struct opt_table *tab, int code)
{
    if (code >= CODE)
        return (code - CODE) / 2;
    for (size_t i = 0; i < tab->n; i++)
        if (tab->row[i].letter == code)
            return (int)i;
    return -1;
}

static NORETURN void bad_option(const struct tool *t,
                                const struct opt_table *tab, int code,
                                char **argv)
{
    int i = optopt ? row_of(tab, optopt) : -1;

    if (i >= 0 && code == ':')
        tool_usage(t, "--%s needs a value", tab->row[i].name);
    if (i >= 0)
        tool_usage(t, "--%s%s takes no value",
                   optopt >= CODE && (optopt - CODE) % 2 ? "no-" : "",
                   tab->row[i].name);
    if (optopt)
        tool_usage(t, "there is no option '-%c'", optopt);
    tool_usage(t, "there is no option '%s', or more than one begins so",
               argv[optind - 1]);
}

static NORETURN void print_and_exit(const struct buf *text)
{
    struct err e;

    fwrite(text->data, 1, text->len, stdout);
    if (run_close_stdout(&e) < 0) {
        log_error("%s", e.text);
        exit(EXIT_SYSTEM);
    }
    exit(EXIT_DONE);
}

/* Apply the named sets of parameters before anything else is parsed.  Errors in
 * other options are reported when those are parsed. */
static void apply_presets(const struct tool *t, const struct opt_table *tab,
                          struct getopt_args *g, int argc, char **argv)
{
    struct err e;
    int code;

    optind = 0; /* start afresh, also in a test that parses twice */
    while ((code = getopt_long(argc, argv, g->letters, g->longs, NULL)) != -1) {
        int i = code == '?' || code == ':' ? -1 : row_of(tab, code);

        if (i >= 0 && (tab->row[i].type == OPT_T_HELP ||
                       tab->row[i].type == OPT_T_OPTIONS ||
                       tab->row[i].type == OPT_T_VERSION ||
                       tab->row[i].type == OPT_T_LIST_PRESETS))
            return;
        if (i >= 0 && tab->row[i].type == OPT_T_PRESETS &&
            opt_preset_apply(t, &tab->row[i], optarg, &e) < 0)
            exit(tool_fail(t, &e));
    }
}

/* Note in the tool's named sets what the command line has set; a number that it
 * leaves to the tool is none. */
static void note_given(const struct tool *t, const struct opt_table *tab,
                       const bool *seen)
{
    struct opt_presets *presets = NULL;

    for (size_t i = 0; i < tab->n; i++)
        if (tab->row[i].type == OPT_T_PRESETS) {
            presets = tab->row[i].target;
            presets->named = seen[i];
        }
    for (size_t i = 0; presets && i < tab->n; i++)
        for (size_t k = 0; seen[i] && t->rows[k].type != OPT_T_END; k++)
            if (t->rows[k].target == tab->row[i].target)
                presets->given[k] = !(t->rows[k].flags & OPT_AUTO) ||
                                    *(const uint64_t *)t->rows[k].target != 0;
}

static bool wants_params(const struct tool *t)
{
    const struct common_opts *c = tool_common(t);

    return c && c->params;
}

static void parse(const struct tool *t, const struct opt_table *tab,
                  const struct buf *help, const struct buf *list, int argc,
                  char **argv)
{
    struct getopt_args g;
    bool seen[OPT_TABLE_MAX] = {false};
    bool version = false;
    struct buf text = {0};
    struct err e;
    int code;

    getopt_args_make(tab, &g);
    opterr = 0;
    apply_presets(t, tab, &g, argc, argv);
    optind = 0;
    while ((code = getopt_long(argc, argv, g.letters, g.longs, NULL)) != -1) {
        int i = code == '?' || code == ':' ? -1 : row_of(tab, code);
        const struct opt *row;

        if (i < 0)
            bad_option(t, tab, code, argv);
        row = &tab->row[i];
        if (row->type == OPT_T_HELP)
            print_and_exit(help);
        if (row->type == OPT_T_OPTIONS)
            print_and_exit(list);
        if (row->type == OPT_T_LIST_PRESETS)
            opt_preset_list(row->target, &text);
        if (text.len)
            print_and_exit(&text);
        /* --version waits for the end of the line, since -v may follow. */
        version |= row->type == OPT_T_VERSION;
        if (opt_set(row, optarg, code < CODE || code % 2 == 0, &e) < 0)
            tool_usage(t, "%s", e.text);
        seen[i] = true;
    }
    if (version) {
        opt_version(t, &text);
        print_and_exit(&text);
    }
    for (size_t i = 0; i < tab->n; i++)
        if ((tab->row[i].flags & OPT_REQUIRED) && !seen[i] &&
            !(wants_params(t) && tab->row[i].flags & OPT_NOPROV))
            tool_usage(t, "--%s is needed", tab->row[i].name);
    note_given(t, tab, seen);
}

static void refuse_terminals(const struct tool *t, struct operands in)
{
    const struct common_opts *c = tool_common(t);
    bool to_stdout = !c || !c->output || !strcmp(c->output, "-");
    bool text = t->text_output || (t->text_if && *t->text_if) ||
                (t->text_or && *t->text_or);
    bool from_stdin = in.n == 0;

    for (size_t i = 0; i < in.n; i++)
        from_stdin |= !strcmp(in.v[i], "-");
    if (t->reads_no_stdin || (t->no_stdin_if && *t->no_stdin_if))
        from_stdin = false;
    if (from_stdin && isatty(STDIN_FILENO))
        tool_usage(t, "stdin is a terminal: name a file or pipe a stream in");
    if (!text && to_stdout && !(c && c->force) && isatty(STDOUT_FILENO))
        tool_usage(t, "binary data is not for a terminal: use -o FILE, a pipe "
                      "(stream-dump shows it) or --force");
}

/* Start the progress file, which disappears when the process ends. */
static void start_progress_file(const struct tool *t)
{
    const struct common_opts *c = tool_common(t);
    struct err e;

    if (!c || !c->progress_file)
        return;
    if (progress_file(c->progress_file, &e) < 0)
        exit(tool_fail(t, &e));
    tempfile_remove_at_exit(c->progress_file);
}

/* Check all files that the run is to write, before it begins. */
static void check_outputs(const struct tool *t, const struct opt_table *tab)
{
    const struct common_opts *c = tool_common(t);
    struct output_claim claims[OPT_TABLE_MAX];
    struct err e;
    size_t n = 0;

    for (size_t i = 0; i < tab->n; i++) {
        const struct opt *row = &tab->row[i];
        const char *name;

        if (!(row->flags & OPT_WRITES))
            continue;
        name = *(char *const *)row->target;
        if (name || row->target == &c->output)
            claims[n++] = (struct output_claim){row->name, name,
                                                row->flags & OPT_IN_PLACE};
    }
    if (outputs_check(claims, n, &e) < 0) {
        log_error("%s", e.text); /* --help would say no more */
        exit(e.code == ERR_ARG ? EXIT_USAGE : EXIT_SYSTEM);
    }
    outputs_sync(!(c && c->no_sync));
}

struct operands tool_start(const struct tool *t, int argc, char **argv)
{
    struct opt_table tab;
    struct buf help = {0}, list = {0};
    struct operands in;
    sigset_t set;

    /* File descriptors 0-2 that a parent closed would be taken by the first
     * files opened.  0 is opened for writing and 1 for reading, so that using
     * them is an error. */
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
            open("/dev/null", fd == 1 ? O_RDONLY : O_WRONLY) != fd)
            _exit(EXIT_SYSTEM);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    setlocale(LC_ALL, "C");
    unsetenv("POSIXLY_CORRECT"); /* options may stand behind operands */
    log_set_name(t->name);
    run_begin(argc, argv);
    opt_table_make(t, &tab);
    opt_help(t, &tab, &help); /* now: parsing changes the defaults */
    opt_list(&tab, &list);
    parse(t, &tab, &help, &list, argc, argv);
    buf_free(&help);
    buf_free(&list);
    in = (struct operands){argv + optind, (size_t)(argc - optind)};
    if (in.n && !t->operands[0])
        tool_usage(t, "'%s' is one operand too many", in.v[0]);
    if (wants_params(t))
        return in;
    refuse_terminals(t, in);
    if (t->arithmetic)
        tool_arithmetic(t);
    check_outputs(t, &tab);
    start_progress_file(t);
    return in;
}

/* Append a line.  The bytes of a character that is not safe to print
 * (base/utf8.h), such as one that would end the line, are escaped. */
static void add_param(struct buf *out, const char *name, const char *value)
{
    size_t n = strlen(value), len;
    uint32_t code;

    buf_addf(out, "%s=", name);
    for (size_t i = 0; i < n; i += len) {
        len = utf8_next(value + i, n - i, &code);
        if (utf8_safe(code) && code != '\\')
            buf_add(out, value + i, len);
        else
            for (size_t k = i; k < i + len; k++)
                buf_addf(out, "\\x%02x", (unsigned char)value[k]);
    }
    buf_adds(out, "\n");
}

static void add_row_params(void *ctx, const struct opt *row)
{
    const struct strs *list = row->target;
    struct buf value = {0};

    if (row->type == OPT_T_STRS) {
        for (size_t i = 0; i < list->n; i++)
            add_param(ctx, row->name, list->v[i]);
        return;
    }
    opt_value_text(row, 0, &value);
    add_param(ctx, row->name, value.data);
    buf_free(&value);
}

void tool_params_text(const struct tool *t, struct buf *out)
{
    add_param(out, "tool", t->name);
    add_param(out, "version", nachos_version);
    if (t->arithmetic)
        add_param(out, "kernels", tool_arithmetic(t));
    tool_each_param(t, add_row_params, out);
}

void tool_checked(const struct tool *t)
{
    struct buf text = {0};

    if (!wants_params(t))
        return;
    tool_params_text(t, &text);
    print_and_exit(&text);
}

void tool_usage(const struct tool *t, const char *fmt, ...)
{
    char text[1000];
    va_list ap;

    (void)t; /* messages know its name */
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    log_usage("%s", text);
    exit(EXIT_USAGE);
}

int tool_fail(const struct tool *t, const struct err *e)
{
    if (e->code == ERR_ARG)
        tool_usage(t, "%s", e->text);
    log_error("%s", e->text);
    return e->code == ERR_FORMAT ? EXIT_INPUT : EXIT_SYSTEM;
}

void tool_each_param(const struct tool *t,
                     void (*fn)(void *ctx, const struct opt *row), void *ctx)
{
    for (const struct opt *row = t->rows; row->type != OPT_T_END; row++)
        if (row->type != OPT_T_COMMON && row->type != OPT_T_HEADING &&
            !(row->flags & OPT_NOPROV))
            fn(ctx, row);
}

const char *tool_arithmetic(const struct tool *t)
{
    struct err e;
    const char *name = t->arithmetic(&e);

    if (!name)
        exit(tool_fail(t, &e));
    return name;
}

const struct common_opts *tool_common(const struct tool *t)
{
    for (const struct opt *row = t->rows; row->type != OPT_T_END; row++)
        if (row->type == OPT_T_COMMON)
            return row->target;
    return NULL;
}
