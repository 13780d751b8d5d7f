/* SPDX-License-Identifier: MIT
 * The option table: each case runs tool_start in a child and looks at its
 * exit status, its output and what it parsed. */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/base/err.h"
#include "libcommon/base/log.h"
#include "libcommon/base/progress.h"
#include "libcommon/base/values.h"
#include "libcommon/cli/namelist.h"
#include "libcommon/cli/opt.h"
#include "libcommon/io/envelope.h"

static const char *const rules[] = {"cumulative", "eq8", NULL};

static const struct opt_preset presets[] = {
    {"plain", "as it is", "# nothing\n\n"},
    {"other", "all kinds of values",
     "count = 7\nshift=-2  # back\n\tshare=.25\nlimit=none\nrule=eq8\r\n"
     "flip=false\nfast=true\nname=a#b c"},
    {0}};

static struct {
    uint64_t count, seed, batch;
    int64_t shift;
    double share, limit;
    int rule, mirror, turn;
    bool flip, fast;
    char *name, *data;
    struct strs files;
    struct opt_presets sets;
    struct common_opts common;
} o = {.sets = {.v = presets},
       .count = 4,
       .share = 0.5,
       .limit = NAN,
       .flip = true,
       .mirror = -1,
       .common = COMMON_OPTS_INIT};

static const char *const turns[] = {"left", "up", NULL};
static const struct opt rows[] = {
    OPT_U64('n', "count", &o.count, 1, 1000000, "N", "things to draw"),
    OPT_I64(0, "shift", &o.shift, -5, 5, "N", "how far to go"),
    OPT_F64(0, "share", &o.share, 0, 1, "P",
            "share of the things, told at such a length that the text has to "
            "be continued on another line"),
    OPT_F64_NIL(0, "limit", &o.limit, 0, HUGE_VAL, "X", "at most this"),
    OPT_HEADING("More"),
    OPT_ENUM('r', "rule", &o.rule, rules, "RULE", "which rule"),
    OPT_FLAG(0, "flip", &o.flip, "flip things"),
    OPT_FLAG('F', "fast", &o.fast, "be fast"),
    OPT_STR(0, "name", &o.name, "NAME", "a name"),
    OPT_PATH('d', "data", &o.data, "FILE", "data"),
    OPT_PATHS(0, "file", &o.files, "FILE", "files"),
    OPT_PRESETS("set", &o.sets, "SET", "options by name"),
    OPT_LIST_PRESETS("list-sets", &o.sets, "show the sets"),
    OPT_SEED(&o.seed),
    OPT_U64(0, "batch", &o.batch, 2, 9, "N", "at a time", .flags = OPT_AUTO),
    OPT_WHEN(0, "mirror", &o.mirror, "mirror things"),
    OPT_WHEN_OR(0, "turn", &o.turn, turns, "auto|yes|no|left|up",
                "turn things"),
    OPT_COMMON(&o.common),
    OPT_END,
};
static const struct opt required[] = {
    OPT_PATH_REQUIRED('d', "data", &o.data, "FILE", "data"),
    OPT_COMMON(&o.common),
    OPT_END,
};

static const struct kind_id arch = {"arch", 1, 0};
static const struct tool tool = {
    .name = "thing",
    .purpose = "draw things",
    .rows = rows,
    .operands = "[FILE...]",
    .reads = "arch 1.x",
    .writes = {&arch},
    .stdin_is = "arch stream",
    .stdout_is = "arch stream",
    .example = "thing --count=3 --share=0.25 <in.mpz | another-thing "
               "--with=options | stream-dump | jq .type",
};
static const struct tool bare = {
    .name = "bare",
    .purpose = "no operands",
    .rows = required,
    .operands = "",
};

/* ---- running in a child ---- */

static struct {
    int status;
    char out[8000], err[2000];
} ran;

enum { CLOSE_NOTHING, CLOSE_STDOUT, CLOSE_STDIN };

static void slurp(int fd, char *text, size_t size)
{
    ssize_t n = pread(fd, text, size - 1, 0);

    assert_true(n >= 0);
    text[n] = '\0';
    close(fd);
}

static int temp_file(void)
{
    char path[] = "/tmp/nachos-opt-XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    unlink(path);
    return fd;
}

/* Runs body(argv) in a child whose stdin is /dev/null. */
static void run_child(void (*body)(int, char **), int closed,
                      const char *const *words)
{
    int out = temp_file(), err = temp_file(), argc = 0;
    char *argv[40] = {NULL};
    pid_t pid;

    for (; words[argc]; argc++)
        argv[argc] = strdup(words[argc]);
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDONLY);

        dup2(null, 0);
        dup2(out, 1);
        dup2(err, 2);
        if (closed == CLOSE_STDOUT)
            close(1);
        if (closed == CLOSE_STDIN)
            close(0);
        body(argc, argv);
        _exit(99);
    }
    assert_true(pid > 0);
    waitpid(pid, &ran.status, 0);
    for (int i = 0; i < argc; i++)
        free(argv[i]);
    assert_true(WIFEXITED(ran.status));
    ran.status = WEXITSTATUS(ran.status);
    slurp(out, ran.out, sizeof ran.out);
    slurp(err, ran.err, sizeof ran.err);
}

#define RUN(body, ...) \
    run_child(body, CLOSE_NOTHING, (const char *const[]){__VA_ARGS__, NULL})

static void show_row(void *ctx, const struct opt *row)
{
    (void)ctx;
    printf(" %s", row->name);
}

static void body_parse(int argc, char **argv)
{
    struct operands in = tool_start(&tool, argc, argv);

    printf("count=%llu shift=%lld share=%g limit=%g rule=%d flip=%d fast=%d "
           "name=%s data=%s files=%zu log=%d progress=%d force=%d level=%lld "
           "prov=%d out=%s operands=",
           (unsigned long long)o.count, (long long)o.shift, o.share, o.limit,
           o.rule, o.flip, o.fast, o.name ? o.name : "-", o.data ? o.data : "-",
           o.files.n, log_level, o.common.progress, o.common.force,
           (long long)o.common.level, o.common.no_provenance,
           o.common.output ? o.common.output : "-");
    for (size_t i = 0; i < in.n; i++)
        printf("%s,", in.v[i]);
    printf("\nparams:");
    tool_each_param(&tool, show_row, NULL);
    printf("\n");
    tool_report("exits: %d", 3);
    exit(tool_done(&tool));
}

static void body_bare(int argc, char **argv)
{
    tool_start(&bare, argc, argv);
    exit(0);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in '%s'", part, text);
}

static size_t lines(const char *s)
{
    size_t n = 0;

    for (; *s; s++)
        n += *s == '\n';
    return n;
}

/* ---- cases ---- */

static void defaults_stay(void **state)
{
    (void)state;
    RUN(body_parse, "thing");
    assert_int_equal(ran.status, 0);
    assert_has(ran.out,
               "count=4 shift=0 share=0.5 limit=nan rule=0 flip=1 "
               "fast=0 name=- data=- files=0 log=1 progress=-1 force=0 "
               "level=-1000 prov=0 out=- operands=\n");
    assert_string_equal(ran.err, "");
}

static void all_forms_are_parsed(void **state)
{
    (void)state;
    RUN(body_parse, "thing", "a", "-n7", "--shift=-5", "--share", "1e-1",
        "--limit=2.7e6", "-r", "eq8", "--no-flip", "-F", "--name=x", "-d", "y",
        "--file=1", "--file=2", "-vv", "-q", "--no-progress", "-f",
        "--level=19", "--no-provenance", "-o", "z", "-", "--", "-b");
    assert_int_equal(ran.status, 0);
    assert_has(ran.out,
               "count=7 shift=-5 share=0.1 limit=2.7e+06 rule=1 "
               "flip=0 fast=1 name=x data=y files=2 log=2 progress=0 force=1 "
               "level=19 prov=1 out=z operands=a,-,-b,\n");
    assert_has(ran.err, "thing: exits: 3\n");
    assert_has(ran.err, "MiB at most\n");
    RUN(body_parse, "thing", "--limit=3", "--limit=none");
    assert_has(ran.out, "limit=nan");
}

static void provenance_is_what_counts(void **state)
{
    (void)state;
    RUN(body_parse, "thing");
    assert_has(ran.out, "params: count shift share limit rule flip fast name "
                        "seed batch mirror turn\n");
}

static void misuse(const char *what, const char *word)
{
    char arg[300];

    snprintf(arg, sizeof arg, "%s", what);
    RUN(body_parse, "thing", arg);
    if (ran.status != 2)
        fail_msg("%s gives %d", what, ran.status);
    assert_string_equal(ran.out, "");
    assert_int_equal(lines(ran.err), 2);
    assert_memory_equal(ran.err, "thing: ", 7);
    assert_has(ran.err, word);
    assert_has(ran.err, "\nTry 'thing --help'\n");
}

static void misuse_is_status_2(void **state)
{
    (void)state;
    misuse("--nonsense", "no option '--nonsense'");
    misuse("-Z", "no option '-Z'");
    misuse("--count", "--count needs a value");
    misuse("-n", "--count needs a value");
    misuse("--flip=1", "--flip takes no value");
    misuse("--no-force", "no option");
    misuse("--count=0", "not within 1..1000000");
    misuse("--count=1000001", "not within");
    misuse("--count=", "not a whole number");
    misuse("--count=-1", "not a whole number");
    misuse("--count=+1", "not a whole number");
    misuse("--count= 1", "not a whole number");
    misuse("--count=1x", "not a whole number");
    misuse("--count=1.5", "not a whole number");
    misuse("--count=99999999999999999999999", "too large");
    misuse("--seed=9007199254740992", "not within 0..9007199254740991");
    misuse("--shift=-6", "not within -5..5");
    misuse("--shift=--1", "not an integer");
    misuse("--share=nan", "not a number");
    misuse("--share=inf", "not a number");
    misuse("--share=0x1", "not a number");
    misuse("--share=", "not a number");
    misuse("--share=.", "not a number");
    misuse("--share=none", "not a number");
    misuse("--share=1.0001", "not within 0..1");
    misuse("--limit=1e999", "too large");
    misuse("--limit=-1", "below 0");
    misuse("--rule=eq9", "'eq9' is not one of cumulative, eq8");
    misuse("--output=", "empty");
    misuse("--level=20", "not within -7..19");
    misuse("--level=-8", "not within -7..19");
    misuse("--rule=a\nb\033", "'a?b?'");
}

static void operands_and_required(void **state)
{
    (void)state;
    RUN(body_bare, "bare");
    assert_int_equal(ran.status, 2);
    assert_has(ran.err, "bare: --data is needed\n");
    RUN(body_bare, "bare", "-d", "x", "y");
    assert_int_equal(ran.status, 2);
    assert_has(ran.err, "'y' is one operand too many");
    RUN(body_bare, "bare", "-d", "x");
    assert_int_equal(ran.status, 0);
}

static void help_fits_and_tells(void **state)
{
    size_t width = 0;

    (void)state;
    RUN(body_parse, "thing", "--count=9", "--help");
    assert_int_equal(ran.status, 0);
    assert_string_equal(ran.err, "");
    for (const char *p = ran.out; *p; p++) {
        width = *p == '\n' ? 0 : width + 1;
        assert_true(width <= 80);
    }
    assert_has(ran.out, "Usage: thing [OPTION...] [FILE...]\ndraw things\n");
    assert_has(ran.out, "  -n, --count=N         things to draw "
                        "(int 1..1000000) [4]\n");
    assert_has(ran.out, "      --limit=X         at most this (real >= 0) "
                        "[none]\n");
    assert_has(ran.out, "      --[no-]flip       flip things [yes]\n");
    assert_has(ran.out, "(cumulative, eq8) [cumulative]\n");
    assert_has(ran.out, "(int 0..2^53-1) [0]\n");
    assert_has(ran.out, "\nMore:\n");
    assert_has(ran.out, "\nstdin:  arch stream\nstdout: arch stream\n");
    assert_has(ran.out,
               "Example:\n  thing --count=3 --share=0.25 <in.mpz | "
               "another-thing --with=options |\n    stream-dump | jq .type\n");
}

static void version_is_one_line(void **state)
{
    (void)state;
    RUN(body_parse, "thing", "--version");
    assert_int_equal(ran.status, 0);
    assert_string_equal(ran.out, "thing (nachos) 0.1.0, reads arch 1.x, "
                                 "writes arch 1.0\n");
}

static void closed_files_are_noticed(void **state)
{
    (void)state;
    run_child(body_parse, CLOSE_STDOUT,
              (const char *const[]){"thing", "--help", NULL});
    assert_int_equal(ran.status, 4);
    assert_has(ran.err, "thing: stdout: ");
    run_child(body_parse, CLOSE_STDIN, (const char *const[]){"thing", NULL});
    assert_int_equal(ran.status, 0);
}

static void report_is_written(void **state)
{
    char path[] = "/tmp/nachos-report-XXXXXX", arg[100], text[2000];
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    snprintf(arg, sizeof arg, "--report=%s", path);
    RUN(body_parse, "thing", arg, "it's");
    assert_int_equal(ran.status, 0);
    assert_string_equal(ran.err, "");
    close(fd); /* of what the report has replaced */
    slurp(open(path, O_RDONLY), text, sizeof text);
    unlink(path);
    assert_has(text, "tool: thing 0.1.0\ncommand: thing --report=");
    assert_has(text, " 'it'\\''s'\nseconds: ");
    assert_has(text, "max_rss_kib: ");
    assert_has(text, "\nexits: 3\n");
    RUN(body_parse, "thing", "--report=/nowhere/x");
    assert_int_equal(ran.status, 4);
    assert_string_equal(ran.out, ""); /* it is known before the work */
    RUN(body_parse, "thing", "--report=-", "-o", "/dev/null", "--no-sync");
    assert_int_equal(ran.status, 0);
    assert_has(ran.out, "tool: thing");
}

static void one_file_for_two_outputs(void **state)
{
    (void)state;
    RUN(body_parse, "thing", "--report=/tmp/../tmp/x", "-o", "/tmp/x");
    assert_int_equal(ran.status, 2);
    assert_has(ran.err, "--output=/tmp/x and --report=/tmp/../tmp/x");
    assert_int_equal(lines(ran.err), 1);
    RUN(body_parse, "thing", "--report=-");
    assert_int_equal(ran.status, 2);
    assert_has(ran.err, "--output to stdout and --report to stdout");
    RUN(body_parse, "thing", "--report=/dev/null", "-o", "/dev/null");
    assert_int_equal(ran.status, 0);
}

static void body_fail(int argc, char **argv)
{
    struct err e;

    (void)argc;
    tool_start(&tool, 1, argv);
    err_set(&e,
            argv[1][0] == 'f'   ? ERR_FORMAT
            : argv[1][0] == 's' ? ERR_SYS
                                : ERR_ARG,
            "x: record 3: no");
    exit(tool_fail(&tool, &e));
}

static void failures_map_to_statuses(void **state)
{
    (void)state;
    RUN(body_fail, "thing", "format");
    assert_int_equal(ran.status, 3);
    assert_string_equal(ran.err, "thing: x: record 3: no\n");
    RUN(body_fail, "thing", "system");
    assert_int_equal(ran.status, 4);
    RUN(body_fail, "thing", "arg");
    assert_int_equal(ran.status, 2);
    assert_string_equal(ran.err,
                        "thing: x: record 3: no\nTry 'thing --help'\n");
}

static void body_progress(int argc, char **argv)
{
    struct progress p;

    tool_start(&tool, argc, argv);
    progress_start(&p, "images", 100, tool_common(&tool)->progress);
    progress_note(&p, "loss %.2f", 1.5);
    p.next = 0; /* a second has gone by */
    progress_add(&p, 50);
    progress_add(&p, 1);
    progress_end(&p);
    exit(0);
}

static void progress_only_when_asked(void **state)
{
    (void)state;
    RUN(body_progress, "thing");
    assert_string_equal(ran.err, "");
    RUN(body_progress, "thing", "--progress", "-q");
    assert_string_equal(ran.err, "");
    RUN(body_progress, "thing", "--progress");
    assert_int_equal(lines(ran.err), 1);
    assert_memory_equal(ran.err, "thing: 50/100 images, ", 22);
    assert_has(ran.err, ", loss 1.50\n");
}

static void body_progress_file(int argc, char **argv)
{
    struct progress p;
    char line[80];
    FILE *f;

    tool_start(&tool, argc, argv);
    for (int i = 0; i < 2; i++) {
        f = fopen(tool_common(&tool)->progress_file, "r");
        fputs(f && fgets(line, sizeof line, f) ? line : "none\n", stdout);
        if (f)
            fclose(f);
        progress_start(&p, "pictures read", 100, 0);
        sleep(1);
        progress_note(&p, "loss %.2f", 1.5);
        progress_add(&p, 50);
    }
    progress_end(&p);
    exit(0);
}

/* The file is kept whatever is shown on stderr and is gone at the end. */
static void progress_in_a_file(void **state)
{
    const char *gone = "test_opt.progress";

    (void)state;
    RUN(body_progress_file, "thing", "-q", "--progress-file", gone);
    assert_int_equal(ran.status, 0);
    assert_string_equal(ran.err, "");
    assert_string_equal(ran.out,
                        "0 0 - 0.0 starting\n50 100 pictures 0.0 loss 1.50\n");
    assert_int_equal(access(gone, F_OK), -1);
    RUN(body_progress_file, "thing", "--progress-file=no/such/folder");
    assert_int_equal(ran.status, 4);
    assert_int_equal(lines(ran.err), 1);
    RUN(body_progress_file, "thing", "--progress-file=/dev/null");
    assert_int_equal(ran.status, 4);
    assert_has(ran.err, "/dev/null: progress takes a regular file");
    assert_int_equal(access("/dev/null", W_OK), 0);
}

/* ---- sets of parameters ---- */

static void presets_set_parameters(void **state)
{
    (void)state;
    RUN(body_parse, "thing", "--set=plain");
    assert_int_equal(ran.status, 0);
    assert_has(ran.out, "count=4 shift=0 share=0.5 limit=nan rule=0 flip=1 "
                        "fast=0 name=- ");
    RUN(body_parse, "thing", "--set", "other", "x");
    assert_int_equal(ran.status, 0);
    assert_has(ran.out, "count=7 shift=-2 share=0.25 limit=nan rule=1 flip=0 "
                        "fast=1 name=a#b c data=- ");
    assert_has(ran.out, "operands=x,\n");
    assert_has(ran.out, "params: count shift share limit rule flip fast name "
                        "seed batch mirror turn\n");
}

static void body_default(int argc, char **argv)
{
    struct operands in = tool_start(&tool, argc, argv);
    bool applied = opt_presets_default(&tool, &o.sets, "other");

    printf("applied=%d operands=%zu count=%llu shift=%lld share=%g limit=%g "
           "flip=%d fast=%d name=%s",
           applied, in.n, (unsigned long long)o.count, (long long)o.shift,
           o.share, o.limit, o.flip, o.fast, o.name ? o.name : "-");
    exit(0);
}

/* A set that nobody has named is applied under what the command line says, be it
 * what the row had anyway; not where another is named, be it empty. */
static void a_set_by_default(void **state)
{
    (void)state;
    RUN(body_default, "thing");
    assert_string_equal(ran.out,
                        "applied=1 operands=0 count=7 shift=-2 share=0.25 "
                        "limit=nan flip=0 fast=1 name=a#b c");
    RUN(body_default, "thing", "-n4", "x", "--share", "0.5", "--flip",
        "--limit=3", "--seed=9");
    assert_string_equal(ran.out,
                        "applied=1 operands=1 count=4 shift=-2 share=0.5 "
                        "limit=3 flip=1 fast=1 name=a#b c");
    RUN(body_default, "thing", "--set=plain", "--name=b");
    assert_string_equal(ran.out,
                        "applied=0 operands=0 count=4 shift=0 share=0.5 "
                        "limit=nan flip=1 fast=0 name=b");
}

static void body_params(int argc, char **argv)
{
    tool_start(&tool, argc, argv);
    tool_checked(&tool);
}

/* Values that may be left to the tool. */
static void numbers_and_flags_of_the_tools_own(void **state)
{
    static const char *const ways[][3] = {
        {"-q", "batch=auto\n", "mirror=auto\n"},
        {"--batch=auto", "batch=auto\n", "mirror=auto\n"},
        {"--batch=2", "batch=2\n", "mirror=auto\n"},
        {"--mirror", "batch=auto\n", "mirror=true\n"},
        {"--mirror=yes", "batch=auto\n", "mirror=true\n"},
        {"--no-mirror", "batch=auto\n", "mirror=false\n"},
        {"--mirror=no", "batch=auto\n", "mirror=false\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        RUN(body_params, "thing", "--params", ways[i][0]);
        assert_int_equal(ran.status, 0);
        assert_has(ran.out, ways[i][1]);
        assert_has(ran.out, ways[i][2]);
    }
    RUN(body_params, "thing", "--params", "--mirror=no", "--mirror=auto");
    assert_has(ran.out, "mirror=auto\n");
    RUN(body_parse, "thing", "--mirror", "no");
    assert_has(ran.out, "operands=no,\n");
    misuse("--batch=1", "--batch: 1 is not within 2..9");
    misuse("--batch=0", "--batch: 0 is not within 2..9");
    misuse("--batch=all", "--batch: 'all' is not a whole number or auto");
    misuse("--count=auto", "--count: 'auto' is not a whole number\n");
    misuse("--mirror=maybe", "--mirror: 'maybe' is not one of auto, yes, no");
    for (size_t i = 0; i < 2; i++) {
        char text[20];

        snprintf(text, sizeof text, "--turn=%s", turns[i]);
        RUN(body_params, "thing", "--params", text);
        snprintf(text, sizeof text, "turn=%s\n", turns[i]);
        assert_has(ran.out, text);
    }
    misuse("--turn=down",
           "--turn: 'down' is not one of auto, yes, no, left, up");
    misuse("--mirror=", "--mirror: '' is not one of auto, yes, no");
    misuse("--no-mirror=no", "--no-mirror takes no value");
    misuse("--progress=yes", "--progress takes no value");
    RUN(body_parse, "thing", "--help");
    assert_has(ran.out, "      --batch=N         at a time (int 2..9, or auto) "
                        "[auto]\n");
    assert_has(ran.out, "      --[no-]mirror[=auto|yes|no]\n"
                        "                        mirror things [auto]\n");
    RUN(body_parse, "thing", "--options");
    assert_has(ran.out, "\nmirror\t-\tauto|yes|no\tchoice\tauto,yes,no\tauto\t"
                        "no\tmirror things\n");
    assert_has(ran.out, "\nturn\t-\tauto|yes|no|left|up\tchoice\t"
                        "auto,yes,no,left,up\tfalse\t");
    assert_has(ran.out, "\nprogress\t-\t-\tflag\t-\t-\tno\t");
}

/* Wherever the option stands, and whatever the order. */
static void command_line_wins(void **state)
{
    (void)state;
    RUN(body_parse, "thing", "-n5", "x", "--no-fast", "--set=other", "--",
        "--set=none");
    assert_int_equal(ran.status, 0);
    assert_has(ran.out, "count=5 shift=-2 ");
    assert_has(ran.out, "fast=0 ");
    assert_has(ran.out, "operands=x,--set=none,\n");
    RUN(body_parse, "thing", "--help", "--set=no-such");
    assert_int_equal(ran.status, 0);
    assert_has(ran.out, "(plain, other, or a file)");
    assert_has(ran.out, "--count=N");
    assert_has(ran.out, "[4]");
    RUN(body_parse, "thing", "--list-sets", "--set=no-such");
    assert_int_equal(ran.status, 0);
    assert_has(ran.out, "# plain: as it is\n# nothing\n\n\n# other: all kinds "
                        "of values\ncount = 7\n");
    assert_int_equal(strncmp(ran.out, "# plain", 7), 0);
}

static void run_with_set(const char *text, size_t n)
{
    char path[] = "/tmp/nachos-set-XXXXXX", word[64];
    int fd = mkstemp(path);

    assert_true(fd >= 0 && write(fd, text, n) == (ssize_t)n);
    close(fd);
    snprintf(word, sizeof word, "--set=%s", path);
    RUN(body_parse, "thing", word);
    unlink(path);
}

static void files_set_parameters(void **state)
{
    static const char fine[] = "#\nname=\ncount=9 #\n   \nseed=12";
    static const char *const wrong[][2] = {
        {"fast\n", ":1: not NAME=VALUE"},
        {"\n\n=3\n", ":3: not NAME=VALUE"},
        {"count=0\n", ":1: --count: 0 is not within 1..1000000"},
        {"count=\n", ":1: --count: '' is not a whole number"},
        {"fast=yes\n", ":1: fast=yes: neither true nor false"},
        {"rule=x\n", ":1: --rule: 'x' is not one of cumulative, eq8"},
        {"mirror=maybe\n", ":1: --mirror: 'maybe' is not one of"},
        {"batch=1\n", ":1: --batch: 1 is not within 2..9"},
        {"count=1\n#\ncount=1\n", ":3: count is set a second time"},
        {"coun=1\n", ":1: 'coun' is no parameter of thing"},
        {"--count=1\n", ":1: '--count' is no parameter of thing"},
        {"data=x\n", ":1: 'data' is no parameter of thing"},
        {"file=x\n", ":1: 'file' is no parameter of thing"},
        {"level=1\n", ":1: 'level' is no parameter of thing"},
        {"set=other\n", ":1: 'set' is no parameter of thing"},
        {"help=true\n", ":1: 'help' is no parameter of thing"},
    };

    (void)state;
    run_with_set(fine, strlen(fine));
    assert_int_equal(ran.status, 0);
    assert_has(ran.out, "count=9 ");
    assert_has(ran.out, "name= data");
    run_with_set("mirror=true\nbatch=auto\n", 23);
    assert_int_equal(ran.status, 0);
    run_with_set("", 0);
    assert_int_equal(ran.status, 0);
    run_with_set("count=1\0\n", 9);
    assert_int_equal(ran.status, 3);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        run_with_set(wrong[i][0], strlen(wrong[i][0]));
        assert_int_equal(ran.status, 3);
        assert_has(ran.err, wrong[i][1]);
        assert_has(ran.err, "thing: /tmp/nachos-set-");
        assert_int_equal(lines(ran.err), 1);
    }
}

static void sets_that_cannot_be_read(void **state)
{
    char *large = calloc(70000, 1);

    (void)state;
    RUN(body_parse, "thing", "--set=no/such");
    assert_int_equal(ran.status, 2);
    assert_has(ran.err, "--set: 'no/such' is neither built in (plain, other) "
                        "nor a file");
    RUN(body_parse, "thing", "--set=/");
    assert_int_equal(ran.status, 4);
    RUN(body_parse, "thing", "--set");
    assert_int_equal(ran.status, 2);
    assert_non_null(large);
    memset(large, '\n', 70000);
    run_with_set(large, 70000);
    assert_int_equal(ran.status, 3);
    assert_has(ran.err, "more than 65536 bytes");
    free(large);
}

static void names_have_one_spelling(void **state)
{
    static const char *const empty[] = {"", ",", "a,", ",a", "a,,b"};
    struct namelist l = {0};
    char *text = NULL;
    struct err e;

    (void)state;
    assert_int_equal(namelist_read(&l, "--exits", &text, &e), 0);
    assert_null(text);
    assert_true(namelist_takes(&l, "a")); /* without a list, any */
    text = (char *)"s2,s1,s10,s2";
    assert_int_equal(namelist_read(&l, "--exits", &text, &e), 0);
    assert_string_equal(text, "s1,s10,s2");
    assert_int_equal(l.names.n, 3);
    assert_true(namelist_takes(&l, "s10"));
    assert_false(namelist_takes(&l, "s"));
    namelist_free(&l);
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        text = (char *)empty[i];
        assert_int_equal(namelist_read(&l, "--exits", &text, &e), ERR_ARG);
        assert_has(e.text, "--exits: ");
        namelist_free(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_stay),
        cmocka_unit_test(all_forms_are_parsed),
        cmocka_unit_test(provenance_is_what_counts),
        cmocka_unit_test(misuse_is_status_2),
        cmocka_unit_test(operands_and_required),
        cmocka_unit_test(help_fits_and_tells),
        cmocka_unit_test(version_is_one_line),
        cmocka_unit_test(closed_files_are_noticed),
        cmocka_unit_test(report_is_written),
        cmocka_unit_test(one_file_for_two_outputs),
        cmocka_unit_test(failures_map_to_statuses),
        cmocka_unit_test(progress_only_when_asked),
        cmocka_unit_test(progress_in_a_file),
        cmocka_unit_test(presets_set_parameters),
        cmocka_unit_test(a_set_by_default),
        cmocka_unit_test(numbers_and_flags_of_the_tools_own),
        cmocka_unit_test(command_line_wins),
        cmocka_unit_test(files_set_parameters),
        cmocka_unit_test(sets_that_cannot_be_read),
        cmocka_unit_test(names_have_one_spelling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
