/* SPDX-License-Identifier: MIT
 * Checkpoints as files: what is refused, what costs a warning, and that what was
 * saved comes back; and the rules for the order of their records which no
 * damaged byte of the corpus breaks. */
#include "formats/checkpoint_file.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "formats/order.h"
#include "formats/trained.h"
#include "formats/weights.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"

#define KEY "00112233445566778899aabbccddeeff"
#define OTHER "ffeeddccbbaa99887766554433221100"
#define NET "0123456789abcdef0123456789abcdef"

static char dir[] = "/tmp/test_checkpoint.XXXXXX";
static char path[100], out_path[100];

static const struct opt rows[] = {OPT_END};
static const struct tool tool = {.name = "test", .rows = rows};

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/c", dir);
    snprintf(out_path, sizeof out_path, "%s/out", dir);
    log_level = -1;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    unlink(out_path);
    return rmdir(dir);
}

static int open_at(const char *where, uint64_t every, struct checkpoint **c)
{
    struct err e = {0};

    return checkpoint_open(&(struct checkpoint_opts){where, every, &tool}, c,
                           &e);
}

static struct checkpoint *opened(const char *key)
{
    struct checkpoint *c;

    assert_int_equal(open_at(path, 0, &c), 0);
    checkpoint_load(c, key);
    return c;
}

static void write_text(const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* ---- what a path may be ---- */

static void refused_paths(void **state)
{
    struct checkpoint *c;
    struct stat st;

    (void)state;
    assert_int_equal(open_at(NULL, 0, &c), 0);
    assert_null(c);
    assert_int_equal(open_at("-", 0, &c), ERR_ARG);
    assert_int_equal(open_at(dir, 0, &c), ERR_SYS);
    assert_int_equal(open_at("/dev/null", 0, &c), ERR_SYS);
    assert_int_equal(open_at("/nowhere/at/all", 0, &c), ERR_SYS);
    write_text("my notes\n");
    assert_int_equal(open_at(path, 0, &c), ERR_FORMAT);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 9);
    unlink(path);
}

/* ---- there and back ---- */

static int put_net(void *ctx, struct writer *w, struct err *e)
{
    static const int64_t shape[] = {2};
    const float *values = ctx;
    const struct training_state t = {
        .net = NET,
        .phase = "exits",
        .done = 3,
        .waited = 1,
        .best_epoch = NIL_INT,
        .best_loss = NAN,
        .best_final = NAN,
        .log = {(struct trained_epoch[3]){{.phase = "exits", .epoch = 0},
                                          {.phase = "exits", .epoch = 1},
                                          {.phase = "exits", .epoch = 2}},
                3},
    };

    if (writer_put(w, &schema_training, &t, e) < 0 ||
        checkpoint_put_copy(w, COPY_NOW, e) < 0)
        return e->code;
    return weights_put(w, (char *)(uintptr_t) "a", ROLE_PARAM, shape, 1, values,
                       e);
}

static int put_nothing(void *ctx, struct writer *w, struct err *e)
{
    (void)ctx;
    (void)w;
    return err_set(e, ERR_SYS, "no");
}

/* The records of a failed network, which has no trace. */
static void put_finished(struct checkpoint *c, const char *hash,
                         struct writer *out)
{
    const struct kind *const kinds[] = {&kind_trained, NULL};
    const char *top = getenv("TOP");
    char *from = xasprintf("%s/tests/formats/valid/trained-failed.mpz",
                           top ? top : ".");
    struct reader *r;
    struct record rec;
    struct err e;

    r = reader_open(&from, 1, kinds, &e);
    assert_non_null(r);
    checkpoint_begin_net(c, hash, out);
    while (reader_next_raw(r, &rec, &e) > 0)
        assert_int_equal(writer_put_raw(out, rec.bytes, rec.n, &e), 0);
    checkpoint_end_net(c, out);
    reader_close(r);
    free(from);
}

static struct writer *open_out(void)
{
    struct err e;
    struct writer *w = writer_open(out_path, &kind_trained,
                                   &(struct writer_opts){.level = 0}, &e);

    assert_non_null(w);
    return w;
}

static void state_comes_back(void **state)
{
    float values[] = {1.5f, -2};
    const struct named_tensor *t;
    const struct checkpoint_state *s;
    struct checkpoint *c = opened(KEY);

    (void)state;
    assert_null(checkpoint_state(c, NET));
    checkpoint_set_logged(c, 77);
    checkpoint_save(c, put_net, values);
    checkpoint_free(c);

    c = opened(KEY);
    assert_null(checkpoint_state(c, OTHER));
    assert_int_equal(checkpoint_logged(c), 0);
    assert_null(checkpoint_state(c, NET)); /* it has been given up */
    checkpoint_free(c);

    c = opened(KEY);
    assert_int_equal(checkpoint_logged(c), 77);
    s = checkpoint_state(c, NET);
    assert_non_null(s);
    assert_string_equal(s->training.phase, "exits");
    assert_int_equal(s->training.done, 3);
    assert_int_equal(s->training.log.n, 3);
    assert_true(s->training.best_epoch == NIL_INT);
    assert_null(s->copy[COPY_BEST]);
    t = tensors_find(s->copy[COPY_NOW], "a", ROLE_PARAM);
    assert_memory_equal(t->value.data, values, sizeof values);
    checkpoint_forget(c);
    assert_null(checkpoint_state(c, NET));

    /* What cannot be put leaves the file as it was. */
    checkpoint_save(c, put_nothing, NULL);
    checkpoint_free(c);
    c = opened(KEY);
    assert_non_null(checkpoint_state(c, NET));
    checkpoint_remove(c);
    checkpoint_remove(c);
    assert_int_equal(access(path, F_OK), -1);
    checkpoint_free(c);
}

static void other_work_is_not_taken(void **state)
{
    float values[] = {1, 2};
    struct checkpoint *c = opened(KEY);

    (void)state;
    checkpoint_set_logged(c, 5);
    checkpoint_save(c, put_net, values);
    checkpoint_free(c);
    c = opened(OTHER);
    assert_null(checkpoint_state(c, NET));
    assert_int_equal(checkpoint_logged(c), 0);
    checkpoint_free(c);
    assert_int_equal(truncate(path, 300), 0);
    c = opened(KEY);
    assert_null(checkpoint_state(c, NET));
    checkpoint_free(c);
    assert_int_equal(truncate(path, 0), 0);
    c = opened(KEY);
    assert_null(checkpoint_state(c, NET));
    checkpoint_remove(c);
    checkpoint_free(c);
}

static void not_more_often_than_asked(void **state)
{
    float values[] = {1, 2};
    struct checkpoint *c;

    (void)state;
    assert_int_equal(open_at(path, 1000, &c), 0);
    checkpoint_load(c, KEY);
    checkpoint_save(c, put_net, values);
    checkpoint_free(c);
    assert_int_equal(access(path, F_OK), -1);
}

/* Networks are kept in the file whether they were finished before the last
 * checkpoint or since, and passed in order; of another input only those before
 * the first that differs. */
static void finished_networks(void **state)
{
    static const char *const hash[] = {
        "00000000000000000000000000000000",
        "11111111111111111111111111111111",
        "22222222222222222222222222222222",
    };
    float values[] = {1, 2};
    struct checkpoint *c = opened(KEY);
    struct writer *out = open_out();
    struct err e;

    (void)state;
    checkpoint_set_logged(c, 10);
    put_finished(c, hash[0], out);
    checkpoint_set_logged(c, 20);
    put_finished(c, hash[1], out);
    checkpoint_save(c, NULL, NULL);
    checkpoint_set_logged(c, 30);
    put_finished(c, hash[2], out);
    checkpoint_set_logged(c, 35);
    checkpoint_save(c, put_net, values);
    checkpoint_free(c);
    writer_free(out);

    c = opened(KEY);
    out = open_out();
    for (int i = 0; i < 3; i++)
        assert_int_equal(checkpoint_pass(c, hash[i], out, &e), 1);
    assert_int_equal(checkpoint_pass(c, NET, out, &e), 0);
    assert_non_null(checkpoint_state(c, NET));
    assert_int_equal(checkpoint_logged(c), 35);
    assert_int_equal(writer_finish(out, NULL, 0, &e), 0);
    writer_free(out);
    checkpoint_free(c);

    c = opened(KEY);
    out = open_out();
    assert_int_equal(checkpoint_pass(c, hash[0], out, &e), 1);
    assert_int_equal(checkpoint_pass(c, hash[2], out, &e), 0);
    assert_int_equal(checkpoint_pass(c, hash[2], out, &e), 0);
    assert_null(checkpoint_state(c, NET));
    assert_int_equal(checkpoint_logged(c), 10);
    checkpoint_set_logged(c, 25);
    put_finished(c, hash[2], out);
    checkpoint_save(c, NULL, NULL);
    writer_free(out);
    checkpoint_free(c);

    c = opened(KEY);
    out = open_out();
    assert_int_equal(checkpoint_pass(c, hash[0], out, &e), 1);
    assert_int_equal(checkpoint_pass(c, hash[2], out, &e), 1);
    assert_int_equal(checkpoint_pass(c, hash[1], out, &e), 0);
    assert_int_equal(checkpoint_logged(c), 25);
    writer_free(out);
    checkpoint_remove(c);
    checkpoint_free(c);
}

/* ---- the order of records ---- */

static void order_of_records(void **state)
{
    const struct checkpoint_head one = {.finished = 1}, none = {0};
    const struct training_state t = {0};
    const struct copy_head best = {COPY_BEST};
    struct order_check c = {0};
    struct err e;

    (void)state;
    order_begin(&c, &kind_checkpoint);
    assert_int_equal(order_end(&c, &e), ERR_FORMAT); /* nothing came */
    assert_int_equal(order_add(&c, &schema_checkpoint, &one, &e), 0);
    assert_int_equal(order_end(&c, &e), ERR_FORMAT); /* one is missing */
    order_begin(&c, &kind_checkpoint);
    assert_int_equal(order_add(&c, &schema_checkpoint, &none, &e), 0);
    assert_int_equal(order_end(&c, &e), 0);
    assert_int_equal(order_add(&c, &schema_copy, &best, &e), ERR_FORMAT);
    assert_int_equal(order_add(&c, &schema_training, &t, &e), 0);
    assert_int_equal(order_end(&c, &e), ERR_FORMAT); /* no copy */
    assert_int_equal(order_add(&c, &schema_training, &t, &e), ERR_FORMAT);
    order_begin(&c, &kind_checkpoint);
    assert_int_equal(order_add(&c, &schema_checkpoint, &none, &e), 0);
    assert_int_equal(order_add(&c, &schema_training, &t, &e), 0);
    assert_int_equal(order_add(&c, &schema_copy, &best, &e), 0);
    assert_int_equal(order_end(&c, &e), ERR_FORMAT); /* not as it is now */
    order_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_paths),
        cmocka_unit_test(state_comes_back),
        cmocka_unit_test(other_work_is_not_taken),
        cmocka_unit_test(not_more_often_than_asked),
        cmocka_unit_test(finished_networks),
        cmocka_unit_test(order_of_records),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
