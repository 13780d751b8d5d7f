/* SPDX-License-Identifier: MIT
 * Outputs appear whole or not at all, all of a run or none, and leave nothing
 * behind.  open, fsync and rename are this file's own, so that they can fail. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/io/output.h"
#include "libcommon/io/output_path.h"

static char dir[] = "/tmp/test_output.XXXXXX";

/* ---- faults ---- */

static struct {
    bool no_unnamed;  /* files without a name are not supported */
    int file, folder; /* errno of fsync, 0 = it works */
    int rename_at;    /* which rename fails, from 1; 0 = none */
    int renames;      /* calls so far */
} fault;

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list ap;

    va_start(ap, flags);
    if (flags & O_CREAT || (flags & O_DIRECTORY && flags & O_WRONLY))
        mode = va_arg(ap, mode_t);
    va_end(ap);
    if (fault.no_unnamed && flags & O_DIRECTORY && flags & O_WRONLY) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return openat(AT_FDCWD, path, flags, mode);
}

int fsync(int fd)
{
    struct stat st;

    assert_int_equal(fstat(fd, &st), 0);
    errno = S_ISDIR(st.st_mode) ? fault.folder : fault.file;
    return errno ? -1 : fdatasync(fd);
}

int rename(const char *from, const char *to)
{
    if (++fault.renames == fault.rename_at) {
        errno = EIO;
        return -1;
    }
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

/* ---- the folder ---- */

static int entries(void)
{
    int n = -1;
    FILE *p = popen("ls -A | wc -l", "r");

    assert_non_null(p);
    assert_int_equal(fscanf(p, "%d", &n), 1);
    pclose(p);
    return n;
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int clean(void **state)
{
    (void)state;
    memset(&fault, 0, sizeof fault);
    return system("rm -rf ./* ./.[!.]*");
}

static int tear_down(void **state)
{
    clean(state);
    return rmdir(dir);
}

static void put_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void file_is(const char *path, const char *text)
{
    char got[100] = "";
    FILE *f = fopen(path, "r");

    assert_non_null(f);
    if (!fgets(got, sizeof got, f))
        got[0] = '\0';
    fclose(f);
    assert_string_equal(got, text);
}

static mode_t mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 0777;
}

static void put(const char *path, const char *text)
{
    struct err e = {0};

    if (output_put(path, text, strlen(text), &e) < 0)
        fail_msg("%s", e.text);
}

static void put_and_commit(const char *path, const char *text)
{
    struct err e = {0};

    put(path, text);
    if (outputs_commit(&e) < 0)
        fail_msg("%s", e.text);
}

static struct output *begin(const char *path)
{
    struct err e = {0};
    struct output *o = output_open(path, &e);

    if (!o || output_write(o, "new", 3, &e) < 0)
        fail_msg("%s", e.text);
    return o;
}

/* ---- one output ---- */

static void atomic(int while_written)
{
    struct output *o;
    struct err e;

    put_file("a", "old");
    assert_int_equal(chmod("a", 0640), 0);
    o = begin("a");
    file_is("a", "old");
    assert_int_equal(entries(), while_written);
    output_free(o);
    assert_int_equal(entries(), 1);
    file_is("a", "old");

    o = begin("a");
    assert_int_equal(output_finish(o, &e), 0);
    output_free(o);
    file_is("a", "old");
    assert_int_equal(outputs_commit(&e), 0);
    file_is("a", "new");
    assert_int_equal(mode_of("a"), 0640);
    assert_int_equal(entries(), 1);

    put("b", "waits");
    o = begin("a");
    assert_int_equal(output_commit(o, &e), 0);
    output_free(o);
    assert_int_equal(access("b", F_OK), -1);
    assert_int_equal(outputs_commit(&e), 0);
    file_is("b", "waits");
}

static void test_unnamed(void **state)
{
    mode_t mask = umask(027);

    (void)state;
    atomic(1);
    assert_int_equal(mode_of("b"), 0640);
    umask(mask);
}

static void test_named(void **state)
{
    mode_t mask = umask(027);

    (void)state;
    fault.no_unnamed = true;
    atomic(2);
    assert_int_equal(mode_of("b"), 0640);
    umask(mask);
}

static void test_long_name(void **state)
{
    char name[256];

    (void)state;
    memset(name, 'n', 255);
    name[255] = '\0';
    put_and_commit(name, "long");
    file_is(name, "long");
}

static bool is_link(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

static void test_links(void **state)
{
    struct err e;

    (void)state;
    assert_int_equal(mkdir("d", 0700), 0);
    put_file("d/a", "old");
    assert_int_equal(symlink("d/a", "to-a"), 0);
    assert_int_equal(symlink("to-a", "to-to-a"), 0);
    put_and_commit("to-to-a", "new");
    file_is("d/a", "new");
    assert_true(is_link("to-to-a") && is_link("to-a"));

    assert_int_equal(symlink("../b", "d/to-b"), 0);
    assert_int_equal(symlink("d/to-b", "dangling"), 0);
    put_and_commit("dangling", "made");
    file_is("b", "made");
    assert_true(is_link("dangling") && is_link("d/to-b"));

    assert_int_equal(symlink("loop", "loop"), 0);
    assert_null(output_open("loop", &e));
    assert_int_equal(e.code, ERR_SYS);
    assert_int_equal(symlink("no/such/folder", "lost"), 0);
    assert_null(output_open("lost", &e));
    assert_int_equal(e.code, ERR_SYS);
    assert_int_equal(symlink(".", "folder"), 0);
    assert_null(output_open("folder", &e));
    assert_int_equal(e.code, ERR_SYS);
}

static void test_in_place(void **state)
{
    struct err e;
    struct output *o;
    char name[40];
    int fds[2], file;

    (void)state;
    put_and_commit("/dev/null", "x");
    assert_non_null(o = output_open("/dev/full", &e));
    assert_int_equal(output_write(o, "x", 1, &e), ERR_SYS);
    output_free(o);
    assert_null(output_open("/nonexistent/x", &e));
    assert_int_equal(e.code, ERR_SYS);
    assert_null(output_open("/dev/fd/99", &e));
    assert_int_equal(e.code, ERR_SYS);

    /* A descriptor goes on where it is. */
    put_file("a", "begins");
    assert_true((file = open("a", O_WRONLY | O_APPEND)) >= 0);
    snprintf(name, sizeof name, "/dev/fd/%d", file);
    put_and_commit(name, " and goes on");
    close(file);
    file_is("a", "begins and goes on");

    assert_int_equal(pipe(fds), 0);
    snprintf(name, sizeof name, "/proc/%ld/fd/%d", (long)getpid(), fds[1]);
    put_and_commit(name, "x");
    assert_int_equal(read(fds[0], name, sizeof name), 1);
    close(fds[0]);
    close(fds[1]);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_true((file = open("fifo", O_RDWR)) >= 0);
    put_and_commit("fifo", "x");
    assert_int_equal(read(file, name, sizeof name), 1);
    close(file);
    assert_int_equal(entries(), 2);
}

/* ---- faults at the end ---- */

static void test_sync_fails(void **state)
{
    struct err e;
    struct output *o;

    (void)state;
    put_file("a", "old");
    o = begin("a");
    fault.file = EIO;
    assert_int_equal(output_finish(o, &e), ERR_SYS);
    assert_non_null(strstr(e.text, "a: fsync: "));
    output_free(o);
    outputs_sync(false);
    put_and_commit("b", "not synced");
    outputs_sync(true);
    fault.file = 0;
    file_is("a", "old");
    assert_int_equal(entries(), 2);
}

static void test_folder_sync_fails(void **state)
{
    static const int cannot[] = {EINVAL, ENOTSUP, EROFS};
    struct err e;

    (void)state;
    fault.folder = EIO;
    put("a", "new");
    put("b", "new");
    assert_int_equal(outputs_commit(&e), ERR_SYS);
    assert_non_null(strstr(e.text, "fsync of its folder"));
    assert_int_equal(entries(), 0);
    for (size_t i = 0; i < ARRAY_LEN(cannot); i++) {
        fault.folder = cannot[i];
        put_and_commit("a", "new");
    }
    assert_int_equal(entries(), 1);
}

/* When the n-th of three renames fails, all three files are what they were. */
static void rename_fails(int n)
{
    struct err e;

    clean(NULL);
    put_file("a", "old a");
    put_file("c", "old c");
    put("a", "new");
    put("b", "new");
    put("c", "new");
    fault.rename_at = n;
    assert_int_equal(outputs_commit(&e), ERR_SYS);
    assert_non_null(strstr(e.text, ": rename: "));
    file_is("a", "old a");
    file_is("c", "old c");
    assert_int_equal(entries(), 2);
}

static void test_rename_fails(void **state)
{
    (void)state;
    for (int n = 1; n <= 3; n++)
        rename_fails(n);
    fault.no_unnamed = true;
    rename_fails(3);
    clean(NULL);
    put_file("a", "old a");
    put("a", "new a");
    put("b", "new b");
    put_and_commit("c", "new c");
    file_is("a", "new a");
    file_is("b", "new b");
    assert_int_equal(entries(), 3);
}

static void test_disk_full(void **state)
{
    struct rlimit old, limit = {1000, RLIM_INFINITY};
    char block[4096] = "";
    struct err e;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit.rlim_max = old.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(output_put("a", block, sizeof block, &e), ERR_SYS);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_non_null(strstr(e.text, "a: write: "));
    assert_int_equal(entries(), 0);
}

/* ---- signals ---- */

/* The wait status of a process that raises a signal while it writes. */
static int raise_in_child(int number, bool ignored)
{
    pid_t pid = fork();
    int status = 0;

    assert_true(pid >= 0);
    if (pid == 0) {
        struct rlimit none = {0, 0};

        setrlimit(RLIMIT_CORE, &none);
        signal(number, ignored ? SIG_IGN : SIG_DFL);
        begin("a");
        if (access("a", F_OK) == 0 || entries() != 1)
            _exit(1);
        raise(number);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void test_signals(void **state)
{
    static const int deadly[] = {SIGHUP,  SIGINT,    SIGQUIT, SIGILL,  SIGTRAP,
                                 SIGABRT, SIGBUS,    SIGFPE,  SIGUSR1, SIGSEGV,
                                 SIGUSR2, SIGPIPE,   SIGALRM, SIGTERM, SIGXCPU,
                                 SIGXFSZ, SIGVTALRM, SIGPROF, SIGPOLL, SIGSYS};

    (void)state;
    fault.no_unnamed = true; /* else there would be nothing to remove */
    for (size_t i = 0; i < ARRAY_LEN(deadly); i++) {
        int status = raise_in_child(deadly[i], false);

        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), deadly[i]);
        assert_int_equal(entries(), 0);
    }
    assert_int_equal(raise_in_child(SIGCHLD, false), 0);
    clean(NULL);
    fault.no_unnamed = true;
    assert_int_equal(raise_in_child(SIGHUP, true), 0);
}

/* ---- several outputs ---- */

static int check(const char *one, const char *other)
{
    struct output_claim claims[] = {{.option = "output", .name = one},
                                    {.option = "rejects", .name = other}};
    struct err e = {0};
    int rc = outputs_check(claims, 2, &e);

    if (rc == ERR_ARG && one)
        assert_non_null(strstr(e.text, one));
    if (rc == ERR_ARG && other)
        assert_non_null(strstr(e.text, other));
    return rc;
}

static void test_check(void **state)
{
    static const struct {
        const char *one, *other;
        int rc;
    } rows[] = {
        {NULL, "b", 0},
        {NULL, "-", ERR_ARG},
        {NULL, "/dev/stdout", ERR_ARG},
        {"-", "/dev/fd/1", ERR_ARG},
        {"/dev/null", "/dev/null", 0},
        {"/dev/stdout", "/dev/stderr", 0},
        {"a", "b", 0},
        {"a", "a", ERR_ARG},
        {"a", "./a", ERR_ARG},
        {"a", "d/../a", ERR_ARG},
        {"a", "to-a", ERR_ARG},
        {"a", "hard", ERR_ARG},
        {"fifo", "fifo", ERR_ARG},
        {"new", "new", ERR_ARG},
        {"new", ".//new", ERR_ARG},
        {"new", "d/new", 0},
        {"d/new", "link/new", ERR_ARG},
        {"new", "to-new", ERR_ARG},
        {"a", "new", 0},
        {"a", "no/new", ERR_SYS},
        {"a", "a/new", ERR_SYS},
        {"d", "a", ERR_SYS},
        {"a", "loop", ERR_SYS},
    };

    (void)state;
    put_file("a", "");
    put_file("b", "");
    assert_int_equal(mkdir("d", 0700), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(symlink("a", "to-a"), 0);
    assert_int_equal(symlink("new", "to-new"), 0);
    assert_int_equal(symlink("d", "link"), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(link("a", "hard"), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (check(rows[i].one, rows[i].other) != rows[i].rc)
            fail_msg("row %zu", i);
}

/* What is replaced needs its folder, what is written in place only itself. */
static void test_in_place_claims(void **state)
{
    const struct output_claim there = {"log", "there", true},
                              whole = {"report", "there", false},
                              fresh = {"log", "fresh", true};
    int status = 0;
    pid_t pid;

    (void)state;
    put_and_commit("there", "x");
    assert_int_equal(chmod("there", 0666), 0);
    assert_int_equal(chmod(".", 0555), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct err e;

        if (getuid() == 0 && setuid(65534) < 0)
            _exit(1);
        _exit(outputs_check(&there, 1, &e) == 0 &&
                      outputs_check(&whole, 1, &e) == ERR_SYS &&
                      outputs_check(&fresh, 1, &e) == ERR_SYS
                  ? 0
                  : 2);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(chmod(".", 0700), 0);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* first: the handlers are set once per process */
        cmocka_unit_test_setup(test_signals, clean),
        cmocka_unit_test_setup(test_unnamed, clean),
        cmocka_unit_test_setup(test_named, clean),
        cmocka_unit_test_setup(test_long_name, clean),
        cmocka_unit_test_setup(test_links, clean),
        cmocka_unit_test_setup(test_in_place, clean),
        cmocka_unit_test_setup(test_sync_fails, clean),
        cmocka_unit_test_setup(test_folder_sync_fails, clean),
        cmocka_unit_test_setup(test_rename_fails, clean),
        cmocka_unit_test_setup(test_disk_full, clean),
        cmocka_unit_test_setup(test_check, clean),
        cmocka_unit_test_setup(test_in_place_claims, clean),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
