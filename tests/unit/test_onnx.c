/* SPDX-License-Identifier: MIT
 * Models of ONNX become networks that answer what PyTorch says (onnx_ref.h). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "tests/unit/onnx_ref.h"
#include "tests/unit/onnx_run.h"

#define SAMPLES 2
#define TOLERANCE 1e-4 /* of the largest logit */

static char *path_of(const char *name)
{
    const char *top = getenv("TOP");

    return xasprintf("%s/tests/onnx/%s.onnx", top ? top : ".", name);
}

/* Returns sin(0.37 i + 1.3 s), owned. */
static float *samples(const struct onnx_ref *r)
{
    int n = r->h * r->w * r->c;
    float *x = xcalloc((size_t)n * SAMPLES, sizeof *x);

    for (int s = 0; s < SAMPLES; s++)
        for (int i = 0; i < n; i++)
            x[s * n + i] = (float)sin(0.37 * i + 1.3 * s);
    return x;
}

/* Returns the largest difference, as a share of the largest logit. */
static double difference(const struct onnx_ref *r, const float *y)
{
    double worst = 0, largest = 0;

    for (int i = 0; i < SAMPLES * r->classes; i++) {
        double want = (double)r->logits[i], d = fabs((double)y[i] - want);

        worst = d > worst || isnan(d) ? d : worst;
        largest = fabs(want) > largest ? fabs(want) : largest;
    }
    return worst / largest;
}

/* Of samples nobody says what they are, or that they are pixels of 0..255, which
 * the network then takes as pixels of 0..1. */
static void check(const struct onnx_ref *r, bool keep_norm, bool raw)
{
    const struct onnx_opts o = {
        .folder = getenv("TOP") ? xasprintf("%s/tests/onnx", getenv("TOP"))
                                : xasprintf("tests/onnx"),
        .size = {r->h, r->w, r->c},
        .keep_norm = keep_norm,
        .feed.kind = raw ? FEED_IMAGE : FEED_NONE,
        .feed.pixels = raw ? PIXELS_RAW : PIXELS_AUTO,
    };
    char *path = path_of(r->name);
    float *x = samples(r), *y;
    struct imported m = {0};
    struct err e;
    double d;

    if (onnx_run(path, &o, x, SAMPLES, &m, &y, &e) < 0)
        fail_msg("%s: %s", r->name, e.text);
    assert_int_equal(m.made.net.classes, r->classes);
    d = difference(r, y);
    if (!(d < TOLERANCE))
        fail_msg("%s: differs by %g of the largest logit", r->name, d);
    if (raw)
        assert_true(m.raw && m.input.std.v[0] == 1 && m.input.fit_unknown);
    free(y);
    free(x);
    free(path);
    free((char *)o.folder);
    imported_free(&m);
}

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(onnx_refs); i++)
        check(&onnx_refs[i], false, false);
}

static void test_answers_with_norms_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(onnx_refs); i++)
        check(&onnx_refs[i], true, false);
}

static void test_answers_of_pixels(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(onnx_refs); i++)
        check(&onnx_refs[i], i % 2, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_answers_with_norms_kept),
        cmocka_unit_test(test_answers_of_pixels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
