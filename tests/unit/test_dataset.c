/* SPDX-License-Identifier: MIT
 * The dataset kind: what is written comes back, and what does not hold
 * together is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "formats/dataset.h"
#include "libcommon/base/mem.h"
#include "libcommon/io/output.h"
#include "libcommon/nn/data/class_counts.h"

static char path[] = "/tmp/nachos-dataset-XXXXXX";
#define ALL (1u << SPLIT_TRAIN | 1u << SPLIT_VAL | 1u << SPLIT_TEST)

static struct dataset make(size_t train, size_t val, size_t test)
{
    static const char *const names[] = {"left", "right", "neither"};
    const size_t n[SPLIT_COUNT] = {train, val, test};
    struct dataset d = {
        .name = xstrdup("three"),
        .input = {.h = 4, .w = 3, .c = 2},
    };

    dataset_set_classes(&d, names, 3);
    for (int s = 0; s < SPLIT_COUNT; s++) {
        if (!n[s])
            continue;
        split_alloc(&d.split[s], n[s], input_item_bytes(&d.input));
        for (size_t i = 0; i < n[s]; i++) {
            d.split[s].labels[i] = (int32_t)(i % 3);
            for (size_t j = 0; j < 24; j++)
                d.split[s].items[24 * i + j] = (uint8_t)(7 * i + j + 91u * s);
        }
    }
    dataset_moments(&d);
    return d;
}

static struct writer *create(void)
{
    struct err e;
    struct writer *w = writer_open(path, &kind_dataset,
                                   &(struct writer_opts){.level = 1}, &e);

    if (!w)
        fail_msg("%s", e.text);
    return w;
}

static void finish(struct writer *w)
{
    struct err e;

    if (writer_finish(w, NULL, 0, &e) < 0 || outputs_commit(&e) < 0)
        fail_msg("%s", e.text);
    writer_free(w);
}

static int read_back(unsigned want, struct dataset *d, struct err *e)
{
    struct reader *r = dataset_open(path, e);
    int rc;

    assert_non_null(r);
    memset(d, 0, sizeof *d);
    rc = dataset_read(r, want, d, e);
    reader_close(r);
    return rc;
}

static void assert_same_split(const struct dataset *a, const struct dataset *b,
                              int s)
{
    assert_int_equal(a->split[s].n, b->split[s].n);
    assert_memory_equal(a->split[s].items, b->split[s].items,
                        a->split[s].n * input_item_bytes(&a->input));
    assert_memory_equal(a->split[s].labels, b->split[s].labels,
                        a->split[s].n * sizeof(int32_t));
}

static void what_is_written_comes_back(void **state)
{
    struct dataset d = make(2500, 1000, 1), back;
    struct writer *w = create();
    struct err e;

    (void)state;
    assert_int_equal(dataset_write(w, &d, NULL, &e), 0);
    finish(w);
    assert_int_equal(read_back(ALL, &back, &e), 0);
    assert_string_equal(back.name, "three");
    assert_int_equal(back.input.h, 4);
    assert_int_equal(back.input.w, 3);
    assert_int_equal(back.input.c, 2);
    assert_int_equal(back.class_names.n, 3);
    assert_string_equal(back.class_names.v[2], "neither");
    assert_memory_equal(back.input.mean, d.input.mean, 2 * sizeof(double));
    assert_memory_equal(back.input.std, d.input.std, 2 * sizeof(double));
    for (int s = 0; s < SPLIT_COUNT; s++)
        assert_same_split(&d, &back, s);
    dataset_fini(&back);

    assert_int_equal(read_back(1u << SPLIT_VAL, &back, &e), 0);
    assert_int_equal(back.split[SPLIT_TRAIN].n, 0);
    assert_same_split(&d, &back, SPLIT_VAL);
    dataset_fini(&back);
    dataset_fini(&d);
}

/* Name sample i of a split "S/i", i being its label and number in one. */
static void name_split(struct split *s, const char *prefix)
{
    for (size_t i = 0; i < s->n; i++) {
        char text[32];

        snprintf(text, sizeof text, "%s/%zu", prefix, i);
        filenames_add(&s->names, text);
    }
}

static void assert_names(const struct split *s, const char *prefix,
                         const uint32_t *index)
{
    const char *name = filenames_first(&s->names);

    assert_int_equal(s->names.n, s->n);
    for (size_t i = 0; i < s->n; i++, name = filenames_next(&s->names, name)) {
        char text[32];

        snprintf(text, sizeof text, "%s/%zu", prefix, index ? index[i] : i);
        assert_non_null(name);
        assert_string_equal(name, text);
    }
    assert_null(name);
}

static void file_names_come_back(void **state)
{
    struct dataset d = make(2500, 10, 1), back;
    struct writer *w = create();
    struct err e;

    (void)state;
    name_split(&d.split[SPLIT_TRAIN], "t");
    name_split(&d.split[SPLIT_TEST], "\xff\xfe");
    d.input.resize = RESIZE_COVER;
    d.input.crop = CROP_CENTRE;
    d.flip = FLIP_NO;
    assert_int_equal(dataset_write(w, &d, NULL, &e), 0);
    finish(w);
    assert_int_equal(read_back(ALL, &back, &e), 0);
    assert_names(&back.split[SPLIT_TRAIN], "t", NULL);
    assert_int_equal(back.split[SPLIT_VAL].names.n, 0);
    assert_null(filenames_first(&back.split[SPLIT_VAL].names));
    assert_names(&back.split[SPLIT_TEST], "\xff\xfe", NULL);
    assert_int_equal(back.input.resize, RESIZE_COVER);
    assert_int_equal(back.input.crop, CROP_CENTRE);
    assert_int_equal(back.flip, FLIP_NO);
    dataset_fini(&back);
    dataset_fini(&d);
}

/* Names stay with their images when a split is cut. */
static void file_names_follow_their_images(void **state)
{
    static const uint32_t chosen[] = {0, 3, 4}, kept[] = {1, 2, 5, 6},
                          again[] = {1, 3}, left[] = {2, 6};
    struct dataset d = make(7, 0, 0);
    struct split *train = &d.split[SPLIT_TRAIN], *val = &d.split[SPLIT_VAL];
    size_t bytes = input_item_bytes(&d.input);

    (void)state;
    name_split(train, "t");
    split_move(train, val, bytes, chosen, 3);
    assert_names(val, "t", chosen);
    assert_names(train, "t", kept);
    split_keep(train, bytes, again, 2);
    assert_names(train, "t", left);
    split_keep(train, bytes, again, 0);
    assert_int_equal(train->names.n, 0);
    dataset_fini(&d);
}

/* Classes of a set as a table: all of it for three, the first 20 of 23. */
static void classes_are_counted_by_split(void **state)
{
    static const char *const odd[] = {"l\303\251ft", "a\033b", "c"};
    struct dataset d = make(7, 0, 2);
    struct class_counts c;
    struct buf out = {0};

    (void)state;
    dataset_set_classes(&d, odd, 3);
    d.input.mean[0] = 0.25;
    d.input.mean[1] = d.input.std[0] = d.input.std[1] = 0.5;
    class_counts_init(&c, 3);
    for (int s = 0; s < SPLIT_COUNT; s++)
        class_counts_add(&c, s, d.split[s].labels, d.split[s].n);
    class_counts_text(&c, d.name, &d.input, &d.class_names, &out);
    assert_string_equal(
        out.data, "three: 9 images of 4x3 pixels, 2 channels, 3 classes\n"
                  "class     train       val      test       sum\n"
                  "l\303\251ft          3         0         1         4\n"
                  "a?b           2         0         1         3\n"
                  "c             2         0         0         2\n"
                  "sum           7         0         2         9\n"
                  "mean 0.2500 0.5000, std 0.5000 0.5000 (pixels in 0..1)\n");
    class_counts_fini(&c);
    dataset_fini(&d);

    buf_clear(&out);
    {
        char *names[23],
            text[] =
                "forty characters are more than a column has, so they are cut";
        const struct strs classes = {names, 23};
        double one[64] = {0};
        const struct input_spec in = {
            .h = 1, .w = 1, .c = 64, .mean = one, .std = one};
        const int32_t last = 22;

        for (size_t i = 0; i < 23; i++)
            names[i] = text;
        class_counts_init(&c, 23);
        class_counts_add(&c, SPLIT_VAL, &last, 1);
        assert_int_equal(class_counts_of(&c, 22), 1);
        class_counts_text(&c, text, &in, &classes, &out);
        class_counts_fini(&c);
    }
    assert_non_null(strstr(out.data, "\nand 3 more classes\nsum "));
    assert_non_null(strstr(out.data, " 0.0000 ..., std"));
    for (const char *p = out.data, *q; *p; p = q + 1) {
        q = strchr(p, '\n');
        assert_true(q - p <= 80);
    }
    buf_free(&out);
}

static void a_description_is_read_alone(void **state)
{
    struct dataset d = make(5, 0, 5), back = {0};
    struct writer *w = create();
    struct reader *r;
    struct err e;

    (void)state;
    assert_int_equal(dataset_write(w, &d, NULL, &e), 0);
    finish(w);
    r = dataset_open(path, &e);
    assert_int_equal(dataset_describe(r, &back, &e), 0);
    assert_string_equal(back.name, "three");
    assert_int_equal(back.input.w, 3);
    assert_string_equal(back.class_names.v[2], "neither");
    assert_memory_equal(back.input.std, d.input.std, 2 * sizeof(double));
    for (int s = 0; s < SPLIT_COUNT; s++)
        assert_int_equal(back.split[s].n, 0);
    reader_close(r);
    dataset_fini(&back);
    dataset_fini(&d);
}

/* What is left to the data set, with all of it and with its description. */
static void parameters_are_settled(void **state)
{
    static const struct {
        enum dataset_flip says;
        int flips;
    } known[] = {{FLIP_UNKNOWN, 1}, {FLIP_YES, 1}, {FLIP_NO, 0}};
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct dataset d = make(700, 10, 1);
        struct writer *w = create();
        uint64_t batch = 0, given = 20;
        int flip = -1, yes = 1, no = 0;

        d.flip = known[i].says;
        dataset_settle(&d, 128, &batch, &flip);
        assert_int_equal(batch, 32);
        assert_int_equal(flip, known[i].flips);
        dataset_settle(&d, 128, &given, &no);
        dataset_settle(&d, 128, &given, &yes);
        assert_true(given == 20 && !no && yes);

        assert_int_equal(dataset_write(w, &d, NULL, &e), 0);
        finish(w);
        batch = 0, flip = -1;
        dataset_settle_announced(path, 0, 128, &batch, &flip);
        assert_int_equal(batch, 32);
        assert_int_equal(flip, known[i].flips);
        batch = 0;
        dataset_settle_announced(path, 300, 128, &batch, &flip);
        assert_int_equal(batch, 16);
        dataset_fini(&d);
    }
}

static void nothing_is_settled_by_nothing(void **state)
{
    char none[] = "no-such-file", in[] = "-";
    char *const paths[] = {NULL, none, in};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        uint64_t batch = 0;
        int flip = -1;

        dataset_settle_announced(paths[i], 0, 128, &batch, &flip);
        assert_true(batch == 0 && flip == -1);
    }
}

static void a_missing_split_is_named(void **state)
{
    struct dataset d = make(5, 0, 5), back;
    struct writer *w = create();
    struct err e;

    (void)state;
    assert_int_equal(dataset_write(w, &d, NULL, &e), 0);
    finish(w);
    assert_int_equal(read_back(1u << SPLIT_TEST, &back, &e), 0);
    dataset_fini(&back);
    assert_int_equal(read_back(1u << SPLIT_VAL, &back, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "no val split"));
    dataset_fini(&back);
    dataset_fini(&d);
}

/* ---- streams that do not hold together ---- */

static int64_t shape[] = {2, 2, 1}, samples[] = {3, 2};
static double mean[] = {0.5}, dev[] = {0.25};
static char name[] = "odd", a[] = "a", b[] = "b", train[] = "train",
            val[] = "val", test[] = "test", other[] = "other";
static char *classes[] = {a, b}, *splits[] = {train, test};

static struct dataset_info info(void)
{
    return (struct dataset_info){.name = name,
                                 .shape = {shape, 3},
                                 .classes = {classes, 2},
                                 .splits = {splits, 2},
                                 .samples = {samples, 2},
                                 .mean = {mean, 1},
                                 .std = {dev, 1}};
}

static int put_info(struct writer *w, struct dataset_info i, struct err *e)
{
    return writer_put(w, &schema_dataset, &i, e);
}

/* n images of `width` x 2, all with this label. */
static int put_chunk(struct writer *w, char *split, int n, int width,
                     int32_t label, struct err *e)
{
    static const uint8_t pixels[100];
    int32_t labels[10];
    struct dataset_chunk c = {.split = split,
                              .images = {DT_U8, 4, {n, 2, width, 1}, pixels},
                              .labels = {DT_I32, 1, {n}, labels}};

    for (int i = 0; i < n; i++)
        labels[i] = label;
    return writer_put(w, &schema_chunk, &c, e);
}

static void assert_refused(struct writer *w, const char *why)
{
    struct dataset d;
    struct err e;

    finish(w);
    assert_int_equal(read_back(1u << SPLIT_TRAIN, &d, &e), ERR_FORMAT);
    if (!strstr(e.text, why))
        fail_msg("'%s' says nothing of '%s'", e.text, why);
    dataset_fini(&d);
}

static void records_must_fit_together(void **state)
{
    struct writer *w;
    struct err e;

    (void)state;
    w = create();
    assert_refused(w, "no record dataset");
    w = create();
    assert_int_equal(put_chunk(w, train, 3, 2, 0, &e), 0);
    assert_refused(w, "a chunk record before any");
    w = create();
    assert_int_equal(put_info(w, info(), &e), 0);
    assert_int_equal(put_info(w, info(), &e), 0);
    assert_refused(w, "a second record");
    w = create();
    assert_int_equal(put_info(w, info(), &e), 0);
    assert_int_equal(put_chunk(w, train, 3, 3, 0, &e), 0);
    assert_refused(w, "2x3x1 where 2x2x1 was announced");
    w = create();
    assert_int_equal(put_info(w, info(), &e), 0);
    assert_int_equal(put_chunk(w, train, 4, 2, 0, &e), 0);
    assert_refused(w, "more samples in split train");
    w = create();
    assert_int_equal(put_info(w, info(), &e), 0);
    assert_int_equal(put_chunk(w, val, 1, 2, 0, &e), 0);
    assert_refused(w, "more samples in split val");
    w = create();
    assert_int_equal(put_info(w, info(), &e), 0);
    assert_int_equal(put_chunk(w, train, 2, 2, 0, &e), 0);
    assert_int_equal(put_chunk(w, test, 2, 2, 0, &e), 0);
    assert_refused(w, "1 samples fewer in split train");
    w = create();
    assert_int_equal(put_info(w, info(), &e), 0);
    assert_int_equal(put_chunk(w, test, 2, 2, 0, &e), 0);
    assert_int_equal(put_chunk(w, train, 3, 2, 0, &e), 0);
    assert_refused(w, "samples of split train after those of test");
    w = create();
    assert_int_equal(put_info(w, info(), &e), 0);
    assert_int_equal(put_chunk(w, train, 3, 2, 2, &e), 0);
    assert_refused(w, "label 2 of sample 0 is not below the 2 classes");
    w = create(); /* in a split nobody asked for, too */
    assert_int_equal(put_info(w, info(), &e), 0);
    assert_int_equal(put_chunk(w, train, 3, 2, 1, &e), 0);
    assert_int_equal(put_chunk(w, test, 2, 2, -1, &e), 0);
    assert_refused(w, "label -1 of sample 0 ");
}

/* What a record says of itself is checked when it is written, too. */
static void records_must_make_sense(void **state)
{
    static int64_t flat[] = {2, 2}, wide[] = {4096, 4096, 64};
    static char *twice[] = {train, train}, *wrong[] = {train, other},
                *back[] = {test, train};
    struct dataset_info i;
    struct writer *w = create();
    struct err e;

    (void)state;
#define BAD(change)                                       \
    do {                                                  \
        i = info();                                       \
        change;                                           \
        assert_int_equal(put_info(w, i, &e), ERR_FORMAT); \
    } while (0)
    BAD(i.shape = ((struct ints){flat, 2}));
    BAD(i.shape = ((struct ints){wide, 3}));
    BAD(i.classes.n = 0);
    BAD(i.splits.n = i.samples.n = 0);
    BAD(i.samples.n = 1);
    BAD(i.splits.v = twice);
    BAD(i.splits.v = wrong);
    BAD(i.splits.v = back);
    BAD(i.mean.n = 0);
    BAD(i.std.n = 0);
    BAD(i.name = NULL);
#undef BAD
    assert_int_equal(put_chunk(w, other, 1, 2, 0, &e), ERR_FORMAT);
    writer_free(w);
}

/* A set that claims far more images than come costs no memory. */
static void claims_are_not_believed(void **state)
{
    static int64_t many[] = {4000000000, 2};
    struct dataset_info i = info();
    struct writer *w = create();
    struct err e;

    (void)state;
    i.samples.v = many;
    assert_int_equal(put_info(w, i, &e), 0);
    assert_int_equal(put_chunk(w, train, 3, 2, 0, &e), 0);
    assert_refused(w, "3999999997 samples fewer in split train");
}

static int set_up(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_comes_back),
        cmocka_unit_test(file_names_come_back),
        cmocka_unit_test(file_names_follow_their_images),
        cmocka_unit_test(classes_are_counted_by_split),
        cmocka_unit_test(a_description_is_read_alone),
        cmocka_unit_test(parameters_are_settled),
        cmocka_unit_test(nothing_is_settled_by_nothing),
        cmocka_unit_test(a_missing_split_is_named),
        cmocka_unit_test(records_must_fit_together),
        cmocka_unit_test(records_must_make_sense),
        cmocka_unit_test(claims_are_not_believed),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
