/* SPDX-License-Identifier: MIT
 * What the importers of sounds and signals stand on: drafts and their copies,
 * classes of beats, windows, speakers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/sound/wfdb.h"
#include "tools/data-import/beatclasses.h"
#include "tools/data-import/draft.h"
#include "tools/data-import/knownlists.h"
#include "tools/data-import/signalimport.h"
#include "tools/data-import/soundimport.h"

/* ---- drafts ---- */

/* A sample is its number, and of a copy the number and what was drawn. */
static int compute(void *state, size_t sample, struct variation *v, float *to,
                   struct err *e)
{
    size_t *calls = state;

    (void)e;
    ++*calls;
    to[0] = (float)sample;
    to[1] = v ? (float)v->shift : 0;
    to[2] = v ? (float)v->gain : 0;
    to[3] = v ? (float)v->noise : 0;
    return 0;
}

static const float *item(const struct dataset *d, int split, size_t i)
{
    return (const float *)(const void *)(d->split[split].items +
                                         i * input_item_bytes(&d->input));
}

static void training_samples_have_copies(void **state)
{
    const struct copying c = {
        .copies = 200, .shift = 0.1, .gain = 6, .noise = 0.5, .seed = 3};
    static const char *const classes[] = {"a", "b"};
    static const uint32_t moved[] = {1, 3};
    struct draft f = {.fn = compute};
    struct dataset d = {0};
    size_t calls = 0, longer = 0;
    float least[4] = {9, 9, 9, 9}, most[4] = {-9, -9, -9, -9};
    struct err e;

    (void)state;
    f.state = &calls;
    f.in.h = 4;
    f.in.w = f.in.c = 1;
    f.in.source.kind = INPUT_SIGNAL;
    for (size_t i = 0; i < 5; i++) {
        char name[] = {'n', (char)('0' + i), '\0'};

        draft_add(&f, &d, i == 4 ? SPLIT_TEST : SPLIT_TRAIN, (int32_t)(i % 2),
                  name, name + 1);
    }
    draft_settle(&f, &d);
    dataset_set_classes(&d, classes, 2);
    split_move(&d.split[SPLIT_TRAIN], &d.split[SPLIT_VAL],
               input_item_bytes(&d.input), moved, 2);
    assert_int_equal(draft_compute(&f, &d, &c, 0, &e), 0);
    assert_int_equal(calls, 2 * 201 + 2 + 1);
    assert_int_equal(d.split[SPLIT_TRAIN].n, 2 * 201);
    assert_int_equal(d.split[SPLIT_VAL].n, 2);
    assert_int_equal(d.split[SPLIT_TEST].n, 1);
    assert_true(item(&d, SPLIT_VAL, 1)[0] == 3 &&
                item(&d, SPLIT_TEST, 0)[0] == 4);
    assert_int_equal(d.split[SPLIT_VAL].labels[1], 1);
    for (size_t i = 0; i < 2 * 201; i++) {
        const float *x = item(&d, SPLIT_TRAIN, i);

        assert_true(x[0] == (i < 201 ? 0 : 2));
        assert_int_equal(d.split[SPLIT_TRAIN].labels[i], 0);
        if (i % 201 == 0) {
            assert_true(x[1] == 0 && x[2] == 0 && x[3] == 0);
            continue;
        }
        longer += x[1] > 0;
        for (int k = 1; k < 4; k++) {
            least[k] = fminf(least[k], x[k]);
            most[k] = fmaxf(most[k], x[k]);
        }
    }
    /* 400 draws reach nearly the whole ranges, and no more. */
    assert_in_range(longer, 160, 240);
    assert_true(least[1] >= -0.1f && least[1] < -0.095f && most[1] <= 0.1f &&
                most[1] > 0.095f);
    assert_true(least[2] >= 0.5011f && least[2] < 0.52f && most[2] <= 1.9954f &&
                most[2] > 1.93f);
    assert_true(least[3] >= 0 && least[3] < 0.02f && most[3] <= 0.5f &&
                most[3] > 0.48f);
    assert_string_equal(filenames_first(&d.split[SPLIT_TRAIN].names), "n0");
    assert_int_equal(d.split[SPLIT_TRAIN].names.n, 2 * 201);
    assert_string_equal(filenames_first(&d.split[SPLIT_VAL].groups), "1");
    f.fini = NULL;
    draft_free(&f);
    dataset_fini(&d);
}

static void too_many_copies_are_refused(void **state)
{
    const struct copying c = {.copies = 2000};
    static const char *const classes[] = {"a"};
    struct draft f = {.fn = compute};
    struct dataset d = {0};
    struct err e;

    (void)state;
    f.in.h = f.in.w = 4096;
    f.in.c = 1;
    f.in.source.kind = INPUT_SIGNAL;
    draft_add(&f, &d, SPLIT_TRAIN, 0, "n", NULL);
    draft_settle(&f, &d);
    dataset_set_classes(&d, classes, 1);
    assert_int_equal(draft_compute(&f, &d, &c, 0, &e), ERR_ARG);
    assert_non_null(strstr(e.text, "exceed 64 GiB"));
    draft_free(&f);
    dataset_fini(&d);
}

static void variations_are_what_was_drawn(void **state)
{
    enum { N = 20000 };
    static float x[N], y[N];
    struct variation v = {.gain = 2, .noise = 0, .rng = rng_make(1, "t", 0, 0)};
    double mean = 0, square = 0;

    (void)state;
    for (int i = 0; i < N; i++)
        x[i] = y[i] = (float)(5 + sin(i * 0.01 * 3.14159265358979));
    variation_apply(&v, y, N);
    for (int i = 0; i < N; i++)
        assert_true(y[i] == 2 * x[i]);
    v.noise = 0.3;
    variation_apply(&v, y, N);
    for (int i = 0; i < N; i++) {
        double noise = (double)y[i] - 4 * (double)x[i];

        mean += noise / N;
        square += noise * noise / N;
    }
    /* A share of the deviation about the mean, after the gain. */
    assert_true(fabs(mean) < 0.02);
    assert_true(fabs(sqrt(square) - 0.3 * 4 * sqrt(0.5)) < 0.02);
}

/* ---- beats ---- */

static void classes_of_beats(void **state)
{
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"", "names no classes"},         {"N", "--beats is aami or"},
        {"=N", "--beats is aami or"},     {"a=", "--beats is aami or"},
        {"a=,b=N", "--beats is aami or"}, {"a=N,", "ends in a comma"},
        {"a=N,,b=V", "ends in a comma"},  {"a=N,a=V", "class 'a' twice"},
        {"a=NN", "sign 'N' twice"},       {"a=N,b=VN", "sign 'N' twice"},
        {"a=+", "'+' is not the sign"},   {"a\n=N", "control characters"},
    };
    struct beat_classes c = {0};
    struct err e;

    (void)state;
    assert_int_equal(beat_classes_parse("aami", &c, &e), 0);
    assert_int_equal(c.names.n, 5);
    assert_string_equal(c.names.v[4], "Q");
    for (const char *sign = WFDB_BEATS; *sign; sign++)
        assert_in_range(c.label[(int)*sign], 0, 4);
    assert_int_equal(c.label['e'], 0);
    assert_int_equal(c.label['J'], 1);
    assert_int_equal(c.label['/'], 4);
    assert_int_equal(c.label['+'], -1);
    beat_classes_free(&c);
    assert_int_equal(beat_classes_parse("N=N,paced=/f", &c, &e), 0);
    assert_string_equal(c.names.v[1], "paced");
    assert_true(c.label['f'] == 1 && c.label['V'] == -1);
    beat_classes_free(&c);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(beat_classes_check(bad[i].text, &e), ERR_ARG);
        if (!strstr(e.text, bad[i].message))
            fail_msg("'%s': %s", bad[i].text, e.text);
    }
}

static void windows(void **state)
{
    static const char *const bad[] = {"",     "1",   "1,",      ",1",
                                      "1,2,", "a,b", "1,2x",    "1 ,2",
                                      "1;2",  "1s2", "1e999,1", "-1,5"};
    int64_t before, after;
    struct buf text = {0};
    struct err e;

    (void)state;
    assert_int_equal(signal_window("30,34", 100, &before, &after, &e), 0);
    assert_true(before == 30 && after == 34);
    assert_int_equal(signal_window("0.25s,0.5s", 361, &before, &after, &e), 0);
    assert_true(before == 90 && after == 181);
    assert_int_equal(signal_window("0,4096", 1, &before, &after, &e), 0);
    assert_int_equal(signal_window("0,4097", 1, &before, &after, &e), ERR_ARG);
    assert_int_equal(signal_window("4096,1", 1, &before, &after, &e), ERR_ARG);
    assert_int_equal(signal_window("-1,5", 1, &before, &after, &e), ERR_ARG);
    assert_int_equal(signal_window("0,0.001s", 1, &before, &after, &e),
                     ERR_ARG);
    assert_int_equal(signal_window("0,4095.5", 1, &before, &after, &e),
                     ERR_ARG);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (signal_window_check(bad[i], &e) != ERR_ARG)
            fail_msg("'%s' is taken", bad[i]);
    signal_window_text("01.50s,0128", &text);
    assert_string_equal(text.data, "1.5s,128");
    buf_free(&text);
}

static void leads(void **state)
{
    struct buf many = {0};
    struct err e;

    (void)state;
    assert_int_equal(signal_leads_check("MLII", &e), 0);
    assert_int_equal(signal_leads_check("1,lead two,V5", &e), 0);
    assert_int_equal(signal_leads_check("", &e), ERR_ARG);
    assert_int_equal(signal_leads_check(",", &e), ERR_ARG);
    assert_int_equal(signal_leads_check("1,", &e), ERR_ARG);
    assert_int_equal(signal_leads_check(",1", &e), ERR_ARG);
    assert_int_equal(signal_leads_check("1,,2", &e), ERR_ARG);
    for (int i = 0; i < WFDB_SIGNALS; i++)
        buf_adds(&many, i ? ",1" : "1");
    assert_int_equal(signal_leads_check(many.data, &e), 0);
    buf_adds(&many, ",1");
    assert_int_equal(signal_leads_check(many.data, &e), ERR_ARG);
    buf_free(&many);
}

static void speakers(void **state)
{
    static const struct {
        const char *path, *speaker; /* NULL: none */
    } all[] = {
        {"train/yes/0a1b_nohash_3.wav", "0a1b"},
        {"0a1b_nohash_0.wav", "0a1b"},
        {"x/_unknown_/my_dog_0a1b_nohash_0.wav.wav", "0a1b"},
        {"a_nohash_b/1.wav", NULL},
        {"_nohash_0.wav", NULL},
        {"x__nohash_0.wav", NULL},
        {"_background_noise_/run.wav", NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct buf out = {0};

        assert_int_equal(sound_speaker(all[i].path, &out),
                         all[i].speaker != NULL);
        assert_string_equal(out.data,
                            all[i].speaker ? all[i].speaker : all[i].path);
        buf_free(&out);
    }
}

/* DS1 and DS2 have 22 records each, no record is in both. */
static void known_lists(void **state)
{
    const char *at = known_list("de-chazal");
    char seen[3][44 * 4];
    size_t n[3] = {0};

    (void)state;
    assert_null(known_list("x"));
    for (; *at; at += strcspn(at, "\n") + 1) {
        int k = at[4] == 'n' ? 2 : at[5] == 'e'; /* train, test, none */

        memcpy(seen[k] + 4 * n[k]++, at, 4);
        for (size_t i = 0; i < 4 * n[0] - (k == 0 ? 4 : 0); i += 4)
            assert_true(memcmp(seen[0] + i, at, 3) != 0);
        for (size_t i = 0; i < 4 * n[1] - (k == 1 ? 4 : 0); i += 4)
            assert_true(memcmp(seen[1] + i, at, 3) != 0);
    }
    assert_true(n[0] == 22 && n[1] == 22 && n[2] == 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_samples_have_copies),
        cmocka_unit_test(too_many_copies_are_refused),
        cmocka_unit_test(variations_are_what_was_drawn),
        cmocka_unit_test(classes_of_beats),
        cmocka_unit_test(windows),
        cmocka_unit_test(leads),
        cmocka_unit_test(speakers),
        cmocka_unit_test(known_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
