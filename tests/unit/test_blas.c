/* SPDX-License-Identifier: MIT
 * Which BLAS core and which kernels run, whatever the environment says.  The
 * choice falls once in a process, so each case is a run of this program again
 * that prints kernels_name(), or why there is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/nn/kern/blas.h"
#include "libcommon/nn/kern/kernels.h"

enum { ROOM = 200 };

/* The name printed under these two environment entries; NULL = none. */
static void name_under(const char *kernels, const char *core, char name[ROOM])
{
    char self[] = "test_blas", what[] = "name", first[ROOM], second[ROOM];
    char *const argv[] = {self, what, NULL};
    char *env[3] = {NULL};
    int fds[2], status, entries = 0;
    pid_t pid;
    size_t got = 0;

    snprintf(first, sizeof first, "%s", kernels ? kernels : "");
    snprintf(second, sizeof second, "%s", core ? core : "");
    if (kernels)
        env[entries++] = first;
    if (core)
        env[entries++] = second;
    assert_int_equal(pipe(fds), 0);
    pid = fork();
    if (pid == 0) {
        dup2(fds[1], 1);
        execve("/proc/self/exe", argv, env);
        _exit(127);
    }
    close(fds[1]);
    for (ssize_t n; (n = read(fds[0], name + got, ROOM - 1 - got)) > 0;)
        got += (size_t)n;
    close(fds[0]);
    name[got] = '\0';
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void test_core(void **state)
{
    char haswell[ROOM], old[ROOM], nothing[ROOM];

    (void)state;
    if (!isa_runs(ISA_AVX2)) {
        print_message("# this CPU's name is left alone\n");
        return;
    }
    name_under("KERNELS=scalar", "OPENBLAS_CORETYPE=Haswell", haswell);
    name_under("KERNELS=scalar", "OPENBLAS_CORETYPE=Prescott", old);
    name_under("KERNELS=scalar", "OPENBLAS_CORETYPE=", nothing);
    assert_string_equal(haswell, old);
    assert_string_equal(haswell, nothing);
    assert_null(strstr(haswell, "Prescott"));
    if (isa_runs(ISA_AVX512))
        assert_null(strstr(haswell, "Haswell"));
}

static void test_kernels(void **state)
{
    char none[ROOM], empty[ROOM], scalar[ROOM], other[ROOM];

    (void)state;
    name_under(NULL, NULL, none);
    name_under("KERNELS=", NULL, empty);
    name_under("KERNELS=scalar", NULL, scalar);
    name_under("KERNELS=mmx", NULL, other);
    assert_string_equal(none, empty);
    assert_non_null(strstr(scalar, " scalar"));
    if (isa_runs(ISA_AVX512))
        assert_string_equal(none, "avx512\n");
    assert_non_null(strstr(other, "KERNELS in the environment may be scalar"));
    assert_non_null(strstr(other, "not 'mmx'"));
}

/* Denormal numbers count as zero. */
static void test_thread_start(void **state)
{
    volatile float tiny = 2e-38f;

    (void)state;
#if defined(__x86_64__) || defined(__aarch64__)
    kernels_thread_start();
    assert_true(tiny * 0.01f == 0);
#endif
    assert_true(tiny * 10 > 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_core),
        cmocka_unit_test(test_kernels),
        cmocka_unit_test(test_thread_start),
    };

    struct err e;

    if (argc == 2 && !strcmp(argv[1], "name")) {
        const char *name = kernels_name(&e);

        return puts(name ? name : e.text) < 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
