/* SPDX-License-Identifier: MIT
 * A tool's command line as a table: the same rows parse, check ranges, print
 * --help and make the provenance record.
 *
 * Example (int argc, char **argv):
 *     static struct { uint64_t count; double share; struct common_opts common; }
 *         o = { .count = 4, .common = COMMON_OPTS_INIT };
 *     static const struct opt rows[] = {
 *         OPT_U64('n', "count", &o.count, 1, 1000000, "N", "genomes to draw"),
 *         OPT_F64(0, "share", &o.share, 0, 1, "P", "share of ..."),
 *         OPT_COMMON(&o.common), OPT_END };
 *     static const struct tool tool = {
 *         .name = "ofa-sample", .purpose = "draw genomes of a space",
 *         .rows = rows, .operands = "[FILE...]",
 *         .reads = "arch 1.x",     // and .writes = {&kind_arch.id}
 *         .stdin_is = "...", .stdout_is = "...", .example = "...", };
 *     struct operands in = tool_start(&tool, argc, argv);
 *
 *     tool_checked(&tool);
 *     return in.n ? 1 : tool_done(&tool);
 *
 * Defaults are the values the targets hold when tool_start is called. */
#ifndef CLI_OPT_H
#define CLI_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/number.h"
#include "libcommon/base/pool.h"
#include "libcommon/base/values.h"

struct err;
struct tool;

#define OPT_TABLE_MAX 96 /* rows, those of OPT_COMMON among them */

enum opt_type {
    OPT_T_END,
    OPT_T_FLAG,     /* bool: --name, and --no-name */
    OPT_T_TRISTATE, /* int: the same; -1 = neither was given */
    OPT_T_U64,
    OPT_T_I64,
    OPT_T_F64,
    OPT_T_STR,
    OPT_T_ENUM,
    OPT_T_STRS, /* repeatable: struct strs */
    OPT_T_PRESETS,
    OPT_T_LIST_PRESETS, /* struct opt_presets */
    OPT_T_OPERAND,      /* char *, not on the command line by name */
    OPT_T_COMMON,
    OPT_T_HEADING,
    /* what OPT_T_COMMON expands to, besides plain rows */
    OPT_T_VERBOSE,
    OPT_T_QUIET,
    OPT_T_HELP,
    OPT_T_OPTIONS,
    OPT_T_VERSION,
};

struct opt {
    enum opt_type type;
    char letter; /* 0 = long only */
    const char *name;
    void *target;
    double min, max;          /* numbers; equal = no limit */
    const char *const *names; /* OPT_T_ENUM, NULL-terminated; target int *; of
                               * OPT_T_TRISTATE those of 2 on, or NULL */
    const char *arg;          /* placeholder in --help */
    const char *help;
    unsigned flags;        /* enum opt_flag */
    enum number_unit unit; /* numbers: suffix that may follow */
    /* STR: returns 0 for a text that is right, else ERR_ARG with the reason;
     * NULL = every text is.  In a file the message names its line. */
    int (*check)(const char *text, struct err *e);
};

enum opt_flag {
    OPT_NOPROV = 1, /* not a parameter of the result: a path, a level */
    OPT_REQUIRED = 2,
    OPT_NIL = 4,    /* F64: NAN as default means "none" and is shown so */
    OPT_OPEN = 16,  /* I64, F64: the help text says what the default is */
    OPT_PLAIN = 8,  /* FLAG: there is no --no-NAME */
    OPT_ASIDE = 32, /* in provenance, but not in the recipe (recipe.h): it
                     * says what is written, or how far a run goes */
    OPT_LATER = 64, /* ENUM, U64, STR, F64: not in the recipe at its first name,
                     * at 0 (of an OPT_NIL row at NAN) or at "none", since there
                     * were recipe ids before the row existed */
    OPT_WRITES = 128, /* STR: a file to write (OPT_OUTPUT) */
    OPT_IN_PLACE =
        256,        /* STR: one that is not replaced (OPT_OUTPUT_IN_PLACE) */
    OPT_AUTO = 512, /* U64: the text auto sets 0, and 0 is shown so */
    OPT_FACTOR =
        1024, /* F64, OPT_LATER: not in the recipe at 1, in place of 0 */
};

/* Members may follow the help, such as .flags = OPT_ASIDE. */
#define OPT_FLAG(l, n, t, h, ...)                                           \
    {                                                                       \
        .type = OPT_T_FLAG, .letter = l, .name = n, .target = t, .help = h, \
        __VA_ARGS__                                                         \
    }
/* An int that is 1 for --NAME and --NAME=yes, 0 for --no-NAME and --NAME=no, -1
 * for --NAME=auto.  A tool that begins with -1 settles it before the value is
 * recorded; it is shown as true, false or auto. */
#define OPT_WHEN(l, n, t, h)                                         \
    {                                                                \
        .type = OPT_T_TRISTATE, .letter = l, .name = n, .target = t, \
        .arg = "auto|yes|no", .help = h                              \
    }
/* The same with more names, NULL-terminated, for 2, 3 ..; a lists all. */
#define OPT_WHEN_OR(l, n, t, nm, a, h)                               \
    {                                                                \
        .type = OPT_T_TRISTATE, .letter = l, .name = n, .target = t, \
        .names = nm, .arg = a, .help = h                             \
    }
#define OPT_U64(l, n, t, lo, hi, a, h, ...)                                \
    {                                                                      \
        .type = OPT_T_U64, .letter = l, .name = n, .target = t, .min = lo, \
        .max = hi, .arg = a, .help = h, __VA_ARGS__                        \
    }
/* The number says how the work is done and does not change the result. */
#define OPT_U64_NOPROV(l, n, t, lo, hi, a, h)                              \
    {                                                                      \
        .type = OPT_T_U64, .letter = l, .name = n, .target = t, .min = lo, \
        .max = hi, .arg = a, .help = h, .flags = OPT_NOPROV                \
    }
#define OPT_I64(l, n, t, lo, hi, a, h)                                     \
    {                                                                      \
        .type = OPT_T_I64, .letter = l, .name = n, .target = t, .min = lo, \
        .max = hi, .arg = a, .help = h                                     \
    }
#define OPT_F64(l, n, t, lo, hi, a, h, ...)                                \
    {                                                                      \
        .type = OPT_T_F64, .letter = l, .name = n, .target = t, .min = lo, \
        .max = hi, .arg = a, .help = h, __VA_ARGS__                        \
    }
#define OPT_F64_NIL(l, n, t, lo, hi, a, h, ...)                            \
    {                                                                      \
        .type = OPT_T_F64, .letter = l, .name = n, .target = t, .min = lo, \
        .max = hi, .arg = a, .help = h, .flags = OPT_NIL, __VA_ARGS__      \
    }
#define OPT_ENUM(l, n, t, nm, a, h, ...)                                      \
    {                                                                         \
        .type = OPT_T_ENUM, .letter = l, .name = n, .target = t, .names = nm, \
        .arg = a, .help = h, __VA_ARGS__                                      \
    }
#define OPT_STR(l, n, t, a, h, ...)                                       \
    {                                                                     \
        .type = OPT_T_STR, .letter = l, .name = n, .target = t, .arg = a, \
        .help = h, __VA_ARGS__                                            \
    }
/* A file name does not shape the result, so it stays out of provenance; the
 * trailer's inputs have the digest of what was in the file. */
#define OPT_PATH(l, n, t, a, h)                                           \
    {                                                                     \
        .type = OPT_T_STR, .letter = l, .name = n, .target = t, .arg = a, \
        .help = h, .flags = OPT_NOPROV                                    \
    }
/* A file that the run writes.  tool_start refuses two outputs that are one file,
 * and those that cannot be written. */
#define OPT_OUTPUT(l, n, t, a, h)                                         \
    {                                                                     \
        .type = OPT_T_STR, .letter = l, .name = n, .target = t, .arg = a, \
        .help = h, .flags = OPT_NOPROV | OPT_WRITES                       \
    }
/* The same for a file that grows or changes while the run goes on, in place. */
#define OPT_OUTPUT_IN_PLACE(l, n, t, a, h)                                \
    {                                                                     \
        .type = OPT_T_STR, .letter = l, .name = n, .target = t, .arg = a, \
        .help = h, .flags = OPT_NOPROV | OPT_WRITES | OPT_IN_PLACE        \
    }
/* The option may be given again; its values are borrowed from argv. */
#define OPT_STRS(l, n, t, a, h)                                            \
    {                                                                      \
        .type = OPT_T_STRS, .letter = l, .name = n, .target = t, .arg = a, \
        .help = h                                                          \
    }
#define OPT_PATHS(l, n, t, a, h)                                           \
    {                                                                      \
        .type = OPT_T_STRS, .letter = l, .name = n, .target = t, .arg = a, \
        .help = h, .flags = OPT_NOPROV                                     \
    }
/* Like OPT_PATH, but a call without the option is a usage error. */
#define OPT_PATH_REQUIRED(l, n, t, a, h)                                  \
    {                                                                     \
        .type = OPT_T_STR, .letter = l, .name = n, .target = t, .arg = a, \
        .help = h, .flags = OPT_NOPROV | OPT_REQUIRED                     \
    }
/* The value names a built-in set of parameters or a file of lines NAME=VALUE
 * with options' long names, true or false for flags; '#' begins a comment.
 * Sets are applied before all other options, which override them wherever they
 * stand; a later set overrides an earlier one.  A set cannot hold OPT_NOPROV,
 * OPT_STRS, OPT_OPERAND and common rows.  Provenance does not tell how a value
 * was set. */
struct opt_preset {
    const char *name, *help, *text;
};
struct opt_presets {
    const struct opt_preset *v; /* a name of NULL ends it */
    struct arena kept;          /* its own, zeroed: values from texts */
    /* What tool_start found on the command line: a set, and other rows, by
     * their index in the tool's table. */
    bool named, given[OPT_TABLE_MAX];
};
#define OPT_PRESETS(n, t, a, h)                                             \
    {                                                                       \
        .type = OPT_T_PRESETS, .name = n, .target = t, .arg = a, .help = h, \
        .flags = OPT_NOPROV                                                 \
    }
/* Prints the built-in sets and exits. */
#define OPT_LIST_PRESETS(n, t, h)                                      \
    {                                                                  \
        .type = OPT_T_LIST_PRESETS, .name = n, .target = t, .help = h, \
        .flags = OPT_NOPROV                                            \
    }
/* Apply the built-in set `name`, which must be one, where the command line named
 * none: rows that it has set stay as they are.  Returns true when it did. */
bool opt_presets_default(const struct tool *t, struct opt_presets *presets,
                         const char *name);
/* An operand that is a parameter of the result: the tool sets the target, and
 * provenance records it under this name. */
#define OPT_OPERAND(n, t)                             \
    {                                                 \
        .type = OPT_T_OPERAND, .name = n, .target = t \
    }
#define OPT_HEADING(h)                   \
    {                                    \
        .type = OPT_T_HEADING, .help = h \
    }
#define OPT_SEED(t) \
    OPT_U64(0, "seed", t, 0, INT_EXACT, "N", "seed of every random choice")
#define OPT_THREADS(t)                                                    \
    {                                                                     \
        .type = OPT_T_U64, .letter = 'j', .name = "threads", .target = t, \
        .min = 1, .max = POOL_MAX_THREADS, .arg = "N",                    \
        .help = "worker threads; "                                        \
                "the output does not depend on it",                       \
        .flags = OPT_NOPROV                                               \
    }
#define OPT_COMMON(t)                     \
    {                                     \
        .type = OPT_T_COMMON, .target = t \
    }
#define OPT_END           \
    {                     \
        .type = OPT_T_END \
    }

/* Every tool has these options: -o/--output -f/--force --level -v -q
 * --[no-]progress --progress-file --no-provenance --report --no-sync --params
 * --options --help --version.  Begin with
 * COMMON_OPTS_INIT, because the defaults of level and progress are not 0. */
struct common_opts {
    char *output;        /* NULL or "-" = stdout */
    bool force;          /* write binary data even to a terminal */
    int64_t level;       /* zstd level, 0 = plain, or LEVEL_OF_KIND */
    int progress;        /* 1 on, 0 off, -1 = when stderr is a terminal */
    char *progress_file; /* base/progress.h, or NULL */
    bool no_provenance;
    char *report; /* run report (time, memory, command), or NULL */
    bool params;  /* end in tool_checked */
    bool no_sync; /* do not wait until outputs are on the disk */
};
#define LEVEL_OF_KIND (-1000) /* the default of the kind written */
#define COMMON_OPTS_INIT                       \
    {                                          \
        .level = LEVEL_OF_KIND, .progress = -1 \
    }

struct err;
struct kind_id; /* io/envelope.h */
#define TOOL_MAX_KINDS 12

struct tool {
    const char *name, *purpose; /* purpose: one line, no full stop */
    const struct opt *rows;
    const char *operands; /* "[FILE...]" or "" */
    /* For --version: what it reads, "arch 1.x", and the kinds it writes,
     * NULL-terminated. */
    const char *reads;
    const struct kind_id *writes[TOOL_MAX_KINDS + 1];
    bool writes_what_it_reads; /* streams of any kind */
    /* Returns the name of the kernels, for --version -v and provenance, or NULL
     * with an error that tool_start reports; no function = the output does not
     * depend on kernels. */
    const char *(*arithmetic)(struct err *e);
    const char *stdin_is, *stdout_is; /* for --help; NULL = not used */
    const char *example;              /* one command line the tests run */
    bool text_output;                 /* stdout may be a terminal */
    const bool *text_if;      /* so it may when this flag is set; NULL */
    const bool *text_or;      /* or when this one is; NULL */
    bool reads_no_stdin;      /* sources: no operands means no input */
    char *const *no_stdin_if; /* the same, if that option has a value */
};

/* The operands that are left after the options. */
struct operands {
    char **v;
    size_t n;
};

/* Parse the command line: set the targets and return the operands.  A number
 * must be decimal, finite and in range; an OPT_NIL row takes "none" too.
 * Before that, closed file descriptors of 0-2 are opened, SIGPIPE is reset to
 * its default, SIGXFSZ is ignored, so that writing fails, the locale is set to
 * C, and POSIXLY_CORRECT is unset.  --help, --options and --version print and exit with
 * status 0; misuse prints one line and "Try 'TOOL --help'" and exits with 2, as
 * do binary output to a terminal and a terminal as stdin where a stream is
 * expected, two outputs that are one file, and kernels that this machine does
 * not have.  An output that cannot be written exits with 4.  The progress file is
 * there from now on.  With --params neither
 * terminals nor paths that are required and not given are an error. */
struct operands tool_start(const struct tool *t, int argc, char **argv);

/* Every main calls this once all that can be refused by the options alone has
 * been refused, before it opens an input or an output.  With --params it prints
 * the parameters in force and exits with status 0: tool=NAME, version=V,
 * kernels=NAME where the output depends on them, then the rows of
 * tool_each_param as NAME=VALUE, a row of OPT_STRS once for each value.  Two
 * calls that mean the same have the same text: before the call, main sets the
 * targets of its text options to their canonical spelling, and those of short
 * forms to that of a call without them.  Backslashes, and what is not safe to
 * print (base/utf8.h), are written as \xHH for each byte. */
void tool_checked(const struct tool *t);

/* Report a usage error found after parsing and exit with status 2. */
void tool_usage(const struct tool *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/* Print the error and return its exit status; ERR_ARG exits (tool_usage). */
int tool_fail(const struct tool *t, const struct err *e);

/* Add a line to --report, and print it with -v: what the run cost, never what
 * it found. */
void tool_report(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* End a successful main: write --report, close stdout, commit all outputs that
 * are finished (io/output.h) and print -v's summary.  Returns the exit status,
 * which tells if any of these failed. */
int tool_done(const struct tool *t);

/* Call fn for each row that is a parameter of the result (not OPT_NOPROV), in
 * table order, for provenance. */
void tool_each_param(const struct tool *t,
                     void (*fn)(void *ctx, const struct opt *row), void *ctx);

/* Append the present value of a row that holds one, as text: true or false, a
 * number (reals to `digits` significant digits, or with 0 by number_text), a
 * name of an OPT_ENUM, a string; "none" for a NAN and a string of NULL. */
struct buf;
void opt_value_text(const struct opt *row, int digits, struct buf *out);

/* Returns the name of the kernels of a tool that has some, or exits as tool_fail
 * says where there is none (which tool_start has found out before). */
const char *tool_arithmetic(const struct tool *t);

/* Append what --params prints (tool_checked). */
void tool_params_text(const struct tool *t, struct buf *out);

const struct common_opts *tool_common(const struct tool *t);
extern const char nachos_version[]; /* "0.1.0" */

#endif
