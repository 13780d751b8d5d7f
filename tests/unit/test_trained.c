/* SPDX-License-Identifier: MIT
 * Order of a trained stream's records, and tensors read back from streams of
 * both kinds. */
#include "formats/order.h"
#include "formats/trained.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "formats/io.h"
#include "libcommon/base/mem.h"
#include "libcommon/io/output.h"

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static char path[] = "/tmp/nachos-test-XXXXXX";

static int setup(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 || close(fd);
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

/* ---- order ---- */

static struct trained trained = {.summary = {.net = (char *)ID_A}};
static struct net_exit exits[2];
static struct net net = {
    .id = (char *)ID_A,
    .classes = 3,
    .exits = {exits, 2},
};
static struct trace_head head = {
    .summary = {.net = (char *)ID_A},
    .samples = 4,
    .classes = 3,
    .exits = 2,
};
static struct exit_trace x0 = {.exit = 0, .logits = {DT_F32, 2, {4, 3}, NULL}};
static struct exit_trace x1 = {.exit = 1, .logits = {DT_F32, 2, {4, 3}, NULL}};

/* Feed records by letter; returns the place of the first one refused, -1 =
 * none, -2 = the end is. */
static int feed(const char *order)
{
    struct trained failed = trained;
    struct order_check s = {0};
    struct err e;
    int refused = -1;

    failed.status = TRAINED_FAILED;
    order_begin(&s, &kind_trained);
    for (int i = 0; order[i] && refused < 0; i++) {
        char c = order[i];
        int rc = c == 'T'   ? order_add(&s, &schema_trained, &trained, &e)
                 : c == 'F' ? order_add(&s, &schema_trained, &failed, &e)
                 : c == 'N' ? order_add(&s, &schema_net, &net, &e)
                 : c == 'H' ? order_add(&s, &schema_trace, &head, &e)
                 : c == '0' ? order_add(&s, &schema_exit_trace, &x0, &e)
                 : c == '1' ? order_add(&s, &schema_exit_trace, &x1, &e)
                            : order_add(&s, &schema_tensor, NULL, &e);

        if (rc < 0)
            refused = i;
    }
    if (refused < 0 && order_end(&s, &e) < 0)
        refused = -2;
    order_fini(&s);
    return refused;
}

static void order(void **state)
{
    (void)state;
    assert_int_equal(feed(""), -1);
    assert_int_equal(feed("TNH01www"), -1);
    assert_int_equal(feed("TNH01FNTNH01w"), -1);
    assert_int_equal(feed("FN"), -1);
    assert_int_equal(feed("T"), -2);
    /* A network that nothing has run has no trace. */
    assert_int_equal(feed("TN"), -1);
    assert_int_equal(feed("TNww"), -1);
    assert_int_equal(feed("TNwTNH01w"), -1);
    assert_int_equal(feed("TNwH"), 3);
    assert_int_equal(feed("TNw0"), 3);
    assert_int_equal(feed("Tw"), 1);
    assert_int_equal(feed("TN0"), 2);
    assert_int_equal(feed("TNH0"), -2);
    assert_int_equal(feed("N"), 0);
    assert_int_equal(feed("TH"), 1);
    assert_int_equal(feed("TNH1"), 3);
    assert_int_equal(feed("TNH0w"), 4);
    assert_int_equal(feed("TNH0T"), 4);
    assert_int_equal(feed("TNH01H"), 5);
    assert_int_equal(feed("FNH"), 2);
    assert_int_equal(feed("FNw"), 2);
    net.id = (char *)ID_B;
    assert_int_equal(feed("TNH01"), 1);
    net.id = (char *)ID_A;
    head.exits = 3;
    assert_int_equal(feed("TNH01"), 2);
    head.exits = 2;
    head.summary.net = NULL;
    assert_int_equal(feed("TNH01"), 2);
    head.summary.net = (char *)ID_A;
}

/* ---- weights ---- */

static void put_tensor(struct writer *w, const char *name, int role, float v)
{
    struct named_tensor t = {
        .name = (char *)name,
        .role = role,
        .value = {DT_F32, 1, {1}, &v},
    };
    struct err e = {0};

    assert_int_equal(writer_put(w, &schema_tensor, &t, &e), 0);
}

static struct writer *begin(const struct kind *kind)
{
    struct writer_opts o = {0};
    struct err e = {0};
    struct writer *w = writer_open(path, kind, &o, &e);

    assert_non_null(w);
    return w;
}

static void end(struct writer *w)
{
    struct err e = {0};

    assert_int_equal(writer_finish(w, NULL, 0, &e), 0);
    assert_int_equal(outputs_commit(&e), 0);
    writer_free(w);
}

static struct arena inputs;
static struct input_map input; /* of the weights read last */

/* Read the file; the value of tensor `name`, or the negative return code. */
static float read_back(const char *id, const char *name, int want,
                       const char *why)
{
    char *paths[] = {path};
    struct err e = {0};
    struct reader *r = reader_open(paths, 1, weights_kinds, &e);
    struct tensors *t = NULL;
    float v = -1000;
    int rc;

    assert_non_null(r);
    rc = weights_read(r, id, &t, &input, &inputs, &e);
    if (rc != want)
        print_message("%d: %s\n", rc, e.text);
    assert_int_equal(rc, want);
    if (t && tensors_find(t, name, ROLE_PARAM))
        v = *(const float *)tensors_find(t, name, ROLE_PARAM)->value.data;
    if (why && strstr(e.text, why) == NULL)
        fail_msg("'%s' says nothing of '%s'", e.text, why);
    tensors_free(t);
    reader_close(r);
    return v;
}

static void from_weights(void **state)
{
    int64_t size[] = {2, 3};
    double mean[] = {0.25}, std[] = {1};
    struct weights_info info = {
        .epoch = NIL_INT,
        .input = {.size = {size, 2},
                  .channels = 1,
                  .mean = {mean, 1},
                  .std = {std, 1}},
    };
    struct err e = {0};
    struct writer *w = begin(&kind_weights);

    (void)state;
    assert_int_equal(writer_put(w, &schema_weights, &info, &e), 0);
    put_tensor(w, "a", ROLE_PARAM, 1);
    put_tensor(w, "a", ROLE_MOMENTUM, 2);
    put_tensor(w, "b", ROLE_STAT, 3);
    end(w);
    assert_true(read_back(ID_A, "a", 0, NULL) == 1);
    assert_true(input.size.v[1] == 3 && input.mean.v[0] == 0.25);
    assert_true(read_back(NULL, "b", 0, NULL) == -1000);

    w = begin(&kind_weights);
    assert_int_equal(writer_put(w, &schema_weights, &info, &e), 0);
    put_tensor(w, "a", ROLE_PARAM, 1);
    put_tensor(w, "a", ROLE_PARAM, 1);
    end(w);
    read_back(NULL, "a", ERR_FORMAT, "comes twice");

    w = begin(&kind_weights);
    assert_int_equal(writer_put(w, &schema_weights, &info, &e), 0);
    end(w);
    read_back(NULL, "a", ERR_FORMAT, "no tensors");
}

/* The smallest net there is: flatten and a linear layer of its own width. */
static void put_net(struct writer *w, int64_t classes, char id[HASH_HEX])
{
    int64_t in[] = {1, 1, 2}, out[] = {1, 1, classes}, image[] = {NET_IMAGE};
    int64_t shape[] = {classes, 2};
    struct binding weight = {
        .slot = (char *)"weight",
        .tensor = (char *)"w",
        .shape = {shape, 2},
    };
    struct layer l = {
        .name = (char *)"linear",
        .op = OP_LINEAR,
        .inputs = {image, 1},
        .in = {in, 3},
        .out = {out, 3},
        .bindings = {&weight, 1},
        .macs = 2 * classes,
        .macs_paper = 2 * classes,
        .params = 2 * classes,
        .act_bytes = 4 * classes,
    };
    struct net_exit x = {
        .tap = NET_IMAGE,
        .pool = 1,
        .head_macs = 2 * classes,
        .gamma = 2 * classes,
        .gamma_paper = 2 * classes,
    };
    struct net n = {
        .id = id,
        .origin = {NIL_INT, NIL_INT},
        .input = {in, 3},
        .classes = classes,
        .layers = {&l, 1},
        .exits = {&x, 1},
        .params = 2 * classes,
        .peak_bytes = 4 * (2 + classes),
        .size_bytes = 8 * classes,
    };
    int64_t size[] = {1, 1};
    double mean[] = {(double)classes / 16, 0}, std[] = {1, 1};
    struct trained t = {
        .dataset = (char *)"none",
        .best_epoch = NIL_INT,
        .input = {.size = {size, 2},
                  .channels = 2,
                  .mean = {mean, 2},
                  .std = {std, 2}},
    };
    int32_t label = 0;
    float *logits = xcalloc((size_t)classes, sizeof *logits);
    struct trace_head h = {
        .split = (char *)"val",
        .samples = 1,
        .classes = classes,
        .exits = 1,
        .labels = {DT_I32, 1, {1}, &label},
        .taken = {DT_U8, 1, {0}, NULL},
    };
    struct exit_trace xt = {
        .logits = {DT_F32, 2, {1, classes}, logits},
        .confidence = {DT_F32, 1, {0}, NULL},
    };
    struct arena a = {0};
    struct err e = {0};

    net_id(&n, id);
    summary_of_net(&t.summary, &n, NULL, &a);
    h.summary = t.summary;
    if (writer_put(w, &schema_trained, &t, &e) < 0 ||
        writer_put(w, &schema_net, &n, &e) < 0 ||
        writer_put(w, &schema_trace, &h, &e) < 0 ||
        writer_put(w, &schema_exit_trace, &xt, &e) < 0)
        fail_msg("%s", e.text);
    arena_free(&a);
    free(logits);
}

static void from_trained(void **state)
{
    char id[3][HASH_HEX];
    struct writer *w = begin(&kind_trained);

    (void)state;
    put_net(w, 3, id[0]);
    put_tensor(w, "w", ROLE_PARAM, 3);
    end(w);
    assert_true(read_back(id[0], "w", 0, NULL) == 3);
    assert_true(read_back(ID_B, "w", 0, NULL) == 3); /* the only one */

    w = begin(&kind_trained);
    for (int i = 0; i < 3; i++) {
        put_net(w, 3 + i, id[i]);
        put_tensor(w, "w", ROLE_PARAM, (float)i);
    }
    end(w);
    for (int i = 0; i < 3; i++) {
        assert_true(read_back(id[i], "w", 1, NULL) == (float)i);
        assert_true(input.mean.v[0] == (3 + i) / 16.);
    }
    read_back(ID_B, "w", ERR_FORMAT, "3 networks, and none of them is " ID_B);

    w = begin(&kind_trained); /* written with --weights=none */
    put_net(w, 3, id[0]);
    end(w);
    read_back(id[0], "w", ERR_FORMAT, "no tensors");
    arena_free(&inputs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order),
        cmocka_unit_test(from_weights),
        cmocka_unit_test(from_trained),
    };

    return cmocka_run_group_tests_name("trained", tests, setup, teardown);
}
