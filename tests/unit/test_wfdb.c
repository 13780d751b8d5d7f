/* SPDX-License-Identifier: MIT
 * WFDB records against what went into them (tests/reference/wfdb.py), and such that
 * are damaged or of kinds that are not read. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/rng.h"
#include "libcommon/sound/wfdb.h"
#include "tests/unit/wfdb_ref.h"

static void samples_are_what_went_in(void **state)
{
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(record_refs); k++) {
        const struct record_ref *ref = &record_refs[k];
        struct wfdb_record r = {0};
        size_t missing;
        struct err e;

        if (wfdb_header_parse(ref->header, strlen(ref->header), &r, &e) < 0)
            fail_msg("%s: %s", ref->name, e.text);
        assert_int_equal(r.n, ref->n);
        r.samples = r.samples ? r.samples : ref->signals[0].samples;
        for (size_t s = 0; s < r.n; s++) {
            size_t samples = ref->signals[s].samples;
            float *to = xcalloc(samples, sizeof *to);

            assert_int_equal(r.samples, samples);
            if (wfdb_signal_decode(&r, s, ref->signals[s].bytes,
                                   ref->signals[s].n, to, &missing, &e) < 0)
                fail_msg("%s, signal %zu: %s", ref->name, s, e.text);
            for (size_t i = 0; i < samples; i++)
                if (fabs((double)to[i] - ref->signals[s].mv[i]) >
                    1e-6 * fabs(ref->signals[s].mv[i]) + 1e-7)
                    fail_msg("%s, signal %zu: sample %zu is %.9g, not %.9g",
                             ref->name, s, i, (double)to[i],
                             ref->signals[s].mv[i]);
            free(to);
        }
        assert_int_equal(missing, k == 4 ? 3 : 0);
        wfdb_record_free(&r);
    }
}

static void headers_say_what_they_mean(void **state)
{
    struct wfdb_record r = {0};
    struct err e;

    (void)state;
    assert_int_equal(wfdb_header_parse(record_refs[2].header,
                                       strlen(record_refs[2].header), &r, &e),
                     0);
    assert_true(r.rate == 500.5);
    assert_int_equal(r.samples, 6);
    assert_string_equal(r.signals[0].name, "lead one");
    assert_string_equal(r.signals[0].units, "uV");
    assert_string_equal(r.signals[2].name, "");
    assert_string_equal(r.signals[2].units, "mV");
    assert_true(r.signals[0].baseline == -12 && r.signals[1].baseline == 7);
    assert_true(r.signals[2].gain == 200 && r.signals[2].sum == -1);
    assert_int_equal(wfdb_find_signal(&r, "lead one"), 0);
    assert_int_equal(wfdb_find_signal(&r, "II"), 1);
    assert_int_equal(wfdb_find_signal(&r, "3"), 2);
    assert_int_equal(wfdb_find_signal(&r, "4"), 3);
    assert_int_equal(wfdb_find_signal(&r, "0"), 3);
    assert_int_equal(wfdb_find_signal(&r, "1.5"), 3);
    assert_int_equal(wfdb_find_signal(&r, "V1"), 3);
    wfdb_record_free(&r);
    assert_int_equal(wfdb_header_parse("o 1\no.dat 212\n", 14, &r, &e), 0);
    assert_true(r.rate == 250 && r.samples == 0);
    wfdb_record_free(&r);
}

static void refuses_header(const char *text, const char *message)
{
    struct wfdb_record r = {0};
    char *copy = xmemdup(text, strlen(text)); /* without a NUL */
    struct err e;

    assert_int_equal(wfdb_header_parse(copy, strlen(text), &r, &e), ERR_FORMAT);
    if (!strstr(e.text, message))
        fail_msg("'%s' where '%s' is expected", e.text, message);
    wfdb_record_free(&r);
    free(copy);
}

static void bad_headers_are_refused(void **state)
{
    struct wfdb_record r = {0};
    struct err e;

    (void)state;
    refuses_header("", "cut off");
    refuses_header("# nothing\n", "cut off");
    refuses_header("a 2 360 7\na.dat 212\n", "the lines of 1 of 2 signals");
    refuses_header("a/3 2 360 7\na 212\n", "line 1: a record of several segm");
    refuses_header("a\n", "line 1: '' is not a number of signals");
    refuses_header("a 0 360\n", "'0' is not a number of signals within 1..64");
    refuses_header("a 65 360\n", "'65' is not a number of signals");
    refuses_header("a 1x 360\n", "'x' behind the number of signals");
    refuses_header("a 1 0 1\na 16\n", "'0' is not a rate in Hz");
    refuses_header("a 1 nan 1\na 16\n", "'nan' is not a rate in Hz");
    refuses_header("a 1 36O 1\na 16\n", "'O' behind the rate");
    refuses_header("a 1 360 -1\na 16\n", "'-1' is not a number of samples");
    refuses_header("a 1 360 1e13\na 16\n", "'1e13' is not a number of samples");
    refuses_header("a 1 360 7\n/etc/passwd 16\n", "line 2: the file of a sign");
    refuses_header("a 1 360 7\n../a.dat 16\n", "not '../a.dat'");
    refuses_header("a 1 360 7\n.. 16\n", "not '..'");
    refuses_header("a 1 360 7\n- 16\n", "not '-'");
    refuses_header("a 1 360 7\na.dat\n", "line 2: '' is not a format");
    refuses_header("a 1 360 7\na.dat 80\n", "samples in format 80");
    refuses_header("a 1 360 7\na.dat 212x4\n", "several samples a frame");
    refuses_header("a 1 360 7\na.dat 16:3\n", "a skew");
    refuses_header("a 1 360 7\na.dat 16+-1\n", "'-1' is not an offset");
    refuses_header("a 1 360 7\na.dat 16?\n", "'?' behind the format");
    refuses_header("a 1 360 7\na.dat 16 x\n", "'x' is not a gain");
    refuses_header("a 1 360 7\na.dat 16 -5\n", "'-5' is not a gain");
    refuses_header("a 1 360 7\na.dat 16 1e-7\n", "is less than 1e-6");
    refuses_header("a 1 360 7\na.dat 1e99\n", "'1e99' is not a format");
    refuses_header("a 1 360 7\na.dat 16+1e99\n", "'1e99' is not an offset");
    refuses_header("a 1 360 7\na.dat 16 5(1\n", "the baseline has no ')'");
    refuses_header("a 1 360 7\na.dat 16 5(b)\n", "'b)' is not a baseline");
    refuses_header("a 1 360 7\na.dat 16 5 1 z\n", "'z' is not the zero");
    refuses_header("a 1 360 7\na.dat 16 5 1 0 0 99999\n", "is not a sum");
    assert_int_equal(wfdb_header_parse("a 1\0 360\na 16\n", 14, &r, &e),
                     ERR_FORMAT);
    wfdb_record_free(&r);
}

/* The header of reference 0 or 1 with another text in it, and `cut` bytes less in
 * its file. */
static void refuses_samples(const char *header, size_t of, size_t cut,
                            const char *message)
{
    const struct record_ref *ref = &record_refs[of];
    size_t n = ref->signals[0].n - cut;
    void *copy = xmemdup(ref->signals[0].bytes, n);
    struct wfdb_record r = {0};
    float to[16];
    struct err e;

    assert_int_equal(wfdb_header_parse(header, strlen(header), &r, &e), 0);
    assert_int_equal(wfdb_signal_decode(&r, 0, copy, n, to, NULL, &e),
                     ERR_FORMAT);
    if (!strstr(e.text, message))
        fail_msg("'%s' where '%s' is expected", e.text, message);
    wfdb_record_free(&r);
    free(copy);
}

static void header_and_data_must_agree(void **state)
{
    (void)state;
    refuses_samples("a 2 360 7\na 212\na 212\n", 0, 1, "has 6 samples of 2");
    refuses_samples("a 2 360 7\na 212\na 212\n", 0, 21, "has 0 samples of 2");
    refuses_samples("a 2 360 8\na 212\na 212\n", 0, 0, "announces 8");
    refuses_samples("a 2 360 7\na 212+1\na 212+1\n", 0, 0, "has 6 samples");
    refuses_samples("a 2 360 7\na 212+99\na 212+99\n", 0, 0, "has 0 samples");
    refuses_samples("a 2 360 5\na 212\na 16\n", 0, 0, "differ in format");
    refuses_samples("a 1 360 5\na 212\n", 1, 1, "has 4 samples of 1 signal,");
    refuses_samples("a 1 360 5\na 212 5/mmHg\n", 1, 0, "in 'mmHg', not in vol");
    refuses_samples("a 1 360 5\na 212 5 0 0 0 1 0 II\n", 1, 0,
                    "signal 1, 'II', are not those of the header: their sum");
}

/* ---- annotations ---- */

static void annotations_are_what_went_in(void **state)
{
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(notes_refs); k++) {
        const struct notes_ref *ref = &notes_refs[k];
        struct wfdb_notes notes = {0};
        struct err e;

        if (wfdb_notes_parse(ref->bytes, ref->n, 360, 80000, &notes, &e) < 0)
            fail_msg("annotations %zu: %s", k, e.text);
        assert_int_equal(notes.n, ref->count);
        for (size_t i = 0; i < notes.n; i++) {
            assert_int_equal(notes.v[i].at, ref->v[i].at);
            assert_int_equal(notes.v[i].code, ref->v[i].code);
        }
        wfdb_notes_free(&notes);
    }
    /* Every beginning of them has no end mark. */
    for (size_t n = 0; n < notes_refs[0].n; n++) {
        void *cut = xmemdup(notes_refs[0].bytes, n);
        struct wfdb_notes notes = {0};
        struct err e;

        assert_int_equal(wfdb_notes_parse(cut, n, 360, 80000, &notes, &e),
                         ERR_FORMAT);
        assert_non_null(strstr(e.text, "no end mark"));
        wfdb_notes_free(&notes);
        free(cut);
    }
}

static void refuses_notes(const uint8_t *bytes, size_t n, double rate,
                          size_t samples, const char *message)
{
    struct wfdb_notes notes = {0};
    struct err e;

    assert_int_equal(wfdb_notes_parse(bytes, n, rate, samples, &notes, &e),
                     ERR_FORMAT);
    if (!strstr(e.text, message))
        fail_msg("'%s' where '%s' is expected", e.text, message);
    wfdb_notes_free(&notes);
}

static void bad_annotations_are_refused(void **state)
{
    static const uint8_t back[] = {9,    4,    0, 0xec, 0xff, 0xff,
                                   0xfe, 0xff, 1, 4,    0,    0};
    static const uint8_t early[] = {0, 0xec, 0xff, 0xff, 0xfe, 0xff, 1, 4};
    static const uint8_t code[] = {1, 50 << 2, 0, 0};

    (void)state;
    refuses_notes(notes_refs[0].bytes, notes_refs[0].n, 360, 76120,
                  "annotation 5, at sample 76120, is beyond the 76120 samples");
    refuses_notes(back, sizeof back, 360, 100, "annotation 2, at sample 8,");
    refuses_notes(early, sizeof early, 360, 100, "annotation 1, at sample -1,");
    refuses_notes(code, sizeof code, 360, 100, "has the code 50");
    refuses_notes(notes_refs[1].bytes, notes_refs[1].n, 250, 100,
                  "times count 360 a second, the record has 250");
}

static void beats_have_their_signs(void **state)
{
    int beats = 0;

    (void)state;
    for (int code = -1; code < 70; code++) {
        char sign = wfdb_beat_sign(code);

        beats += sign != '\0';
        assert_true(!sign || strchr(WFDB_BEATS, sign));
    }
    assert_int_equal(beats, strlen(WFDB_BEATS));
    assert_int_equal(wfdb_beat_sign(1), 'N');
    assert_int_equal(wfdb_beat_sign(5), 'V');
    assert_int_equal(wfdb_beat_sign(28), 0); /* a change of rhythm */
    assert_int_equal(wfdb_beat_sign(14), 0); /* noise */
}

static void changed_bytes_are_survived(void **state)
{
    struct rng r = rng_make(1, "flips", 0, 0);

    (void)state;
    for (int k = 0; k < 20000; k++) {
        const struct record_ref *ref = &record_refs[rng_below(&r, 5)];
        const struct notes_ref *nref = &notes_refs[rng_below(&r, 4)];
        size_t length = strlen(ref->header);
        char *header = xmemdup(ref->header, length);
        uint8_t *bytes = xmemdup(nref->bytes, nref->n);
        struct wfdb_record rec = {0};
        struct wfdb_notes notes = {0};
        float to[64];
        struct err e;

        header[rng_below(&r, length)] =
            " 0123456789/()+:x.\nmV"[rng_below(&r, 21)];
        bytes[rng_below(&r, nref->n)] = (uint8_t)rng_u32(&r);
        if (wfdb_header_parse(header, length, &rec, &e) == 0 &&
            rec.samples <= 64)
            for (size_t s = 0; s < rec.n && s < ref->n; s++)
                assert_true(wfdb_signal_decode(&rec, s, ref->signals[s].bytes,
                                               ref->signals[s].n, to, NULL,
                                               &e) <= 0);
        assert_true(wfdb_notes_parse(bytes, nref->n, 360, 80000, &notes, &e) <=
                    0);
        wfdb_notes_free(&notes);
        wfdb_record_free(&rec);
        free(bytes);
        free(header);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_what_went_in),
        cmocka_unit_test(headers_say_what_they_mean),
        cmocka_unit_test(bad_headers_are_refused),
        cmocka_unit_test(header_and_data_must_agree),
        cmocka_unit_test(annotations_are_what_went_in),
        cmocka_unit_test(bad_annotations_are_refused),
        cmocka_unit_test(beats_have_their_signs),
        cmocka_unit_test(changed_bytes_are_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
