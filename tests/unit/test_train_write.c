/* SPDX-License-Identifier: MIT
 * The log of an epoch as a record: terms under the keys that trained streams
 * have for them, others by their names, there and back.  And: how many epochs a
 * record has room for. */
#include "tools/eenn-train/train_write.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "formats/trained.h"
#include "libcommon/io/skim.h"

static double right[] = {NAN, 0.5};
static int64_t size[] = {32, 32};
static double one[] = {1};
static char *classes[] = {(char *)"a", (char *)"b"};
static struct input_map input = {
    .size = {size, 2},
    .channels = 1,
    .mean = {one, 1},
    .std = {one, 1},
    .classes = {classes, 2},
};

/* A record of one epoch, through the bytes of a stream. */
static void there_and_back(const struct epoch_log *log, struct arena *a,
                           struct trained *out)
{
    struct trained_epoch *epoch = arena_alloc(a, 1, sizeof *epoch);
    struct trained t = {
        .summary = {.net = (char *)"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
        .dataset = (char *)"test",
        .log = {epoch, 1},
        .best_epoch = 0,
    };
    struct buf bytes = {0};
    struct err e;
    char *kept;

    epoch_record(log, a, epoch);
    if (schema_encode(&schema_trained, &t, &bytes, &e) < 0)
        fail_msg("%s", e.text);
    kept = arena_alloc(a, bytes.len, 1);
    memcpy(kept, bytes.data, bytes.len);
    if (schema_decode(&schema_trained, kept, bytes.len, a, out, &e) < 0)
        fail_msg("%s", e.text);
    buf_free(&bytes);
}

static void terms_find_their_places(void **state)
{
    struct epoch_log log = {
        .phase = "exits",
        .lr = 0.25,
        .images = 64,
        .val_loss = 1,
        .val_accuracy = {right, 2},
    };
    const struct trained_epoch *back;
    const struct named_real *further;
    struct arena arena = {0};
    struct trained t;

    (void)state;
    epoch_terms_add(&log.terms, "loss", 4);
    epoch_terms_add(&log.terms, "loss_balance", 0.125);
    epoch_terms_add(&log.terms, "loss_acc", 3);
    epoch_terms_add(&log.terms, "loss_distil", 0.5);
    epoch_terms_add(&log.terms, "loss_energy", -1);
    there_and_back(&log, &arena, &t);
    assert_int_equal(t.log.n, 1);
    back = t.log.v;
    further = back->terms.v;
    assert_true(back->loss == 4 && back->loss_acc == 3);
    assert_true(back->loss_distil == 0.5 && isnan(back->loss_peak));
    assert_true(isnan(back->loss_conf) && isnan(back->loss_cost));
    assert_true(back->lr == 0.25 && back->images == 64);
    assert_int_equal(back->terms.n, 2);
    assert_string_equal(further[0].name, "loss_balance");
    assert_true(further[0].value == 0.125);
    assert_string_equal(further[1].name, "loss_energy");
    assert_true(further[1].value == -1);
    arena_free(&arena);
}

/* Where there are none the key is left out: streams of before stay what they
 * were. */
static void no_further_terms(void **state)
{
    struct epoch_log log = {.phase = "exits", .val_accuracy = {right, 2}};
    struct trained_epoch epoch;
    struct trained t = {
        .summary = {.net = (char *)"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
        .dataset = (char *)"test",
        .log = {&epoch, 1},
    };
    struct arena arena = {0};
    struct buf bytes = {0};
    struct err e;

    (void)state;
    for (enum loss_id i = 0; i < LOSS_COUNT; i++)
        epoch_terms_add(&log.terms, losses_name(i), 1);
    epoch_record(&log, &arena, &epoch);
    assert_int_equal(epoch.terms.n, 0);
    assert_int_equal(schema_encode(&schema_trained, &t, &bytes, &e), 0);
    for (size_t i = 0; i + 5 <= bytes.len; i++)
        assert_true(memcmp((char *)bytes.data + i, "terms", 5) != 0);
    buf_free(&bytes);
    arena_free(&arena);
}

/* As many epochs as there is said to be room for, each as long as it gets, are a
 * record that readers take. */
static void longest_log(bool distil, bool balanced)
{
    struct epoch_log log = {
        .phase = "backbone",
        .lr = 0.1,
        .val_loss = 0.1,
        .val_accuracy = {(double[]){0.1, 0.2}, 2},
        .val_balanced = {(double[]){0.1, 0.2}, balanced ? 2 : 0},
        .images = INT64_C(9007199254740991),
    };
    size_t room = trained_log_room(2, distil, balanced, &input);
    struct arena arena = {0};
    struct trained t = {
        .summary = {.net = (char *)"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
        .dataset = (char *)"test",
        .log = {arena_alloc(&arena, room, sizeof(struct trained_epoch)), room},
        .input = input,
    };
    struct trained_epoch *epochs = t.log.v;
    struct skim skim = {0};
    struct buf bytes = {0};
    struct err e;

    for (enum loss_id i = 0; i < LOSS_COUNT; i++)
        if (distil || i != LOSS_DISTIL)
            epoch_terms_add(&log.terms, losses_name(i), 0.1);
    epoch_terms_add(&log.terms, "loss", 0.1);
    for (size_t i = 0; i < room; i++) {
        log.epoch = (int64_t)i;
        epoch_record(&log, &arena, &epochs[i]);
    }
    if (schema_encode(&schema_trained, &t, &bytes, &e) < 0)
        fail_msg("%s", e.text);
    if (skim_run(&skim, bytes.data, bytes.len) < 0)
        fail_msg("%zu epochs: %s", room, skim.why);
    assert_int_equal(skim.pos, bytes.len);
    buf_free(&bytes);
    arena_free(&arena);
}

static void room_for_epochs(void **state)
{
    (void)state;
    assert_true(trained_log_room(2, false, false, &input) >= 5000);
    assert_true(trained_log_room(2, true, false, &input) <
                trained_log_room(2, false, false, &input));
    assert_true(trained_log_room(2, false, true, &input) <
                trained_log_room(2, false, false, &input));
    longest_log(false, false);
    longest_log(false, true);
    longest_log(true, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terms_find_their_places),
        cmocka_unit_test(no_further_terms),
        cmocka_unit_test(room_for_epochs),
    };

    return cmocka_run_group_tests_name("train_write", tests, NULL, NULL);
}
