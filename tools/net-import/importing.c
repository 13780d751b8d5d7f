/* SPDX-License-Identifier: MIT */
#include "tools/net-import/importing.h"

#include <inttypes.h>
#include <string.h>

#include "tools/net-import/graphinput.h"
#include "tools/net-import/lower.h"
#include "tools/net-import/stepjoin.h"

/* Find the logits behind the model's output: what is pending there is no part of
 * them where it is a sigmoid or softmax.  Sets *two where there is one logit. */
static int take_logits(struct lowering *l, struct mapped *m, bool *two,
                       struct buf *notes)
{
    bool sigmoid = m->f.form == PENDING_SIGMOID && !m->f.times;
    const int64_t *out = l->steps->v[m->step].out;
    int64_t c = out[2];

    if (m->padded || out[0] != 1 || out[1] != 1)
        return refuse(
            l->refusals, "the model",
            "its output is a map of %" PRId64 "x%" PRId64
            " pixels: known are classifiers, whose output is a number "
            "for each class",
            out[0], out[1]);
    if (c > DATASET_MAX_CLASSES)
        return refuse(l->refusals, "the model",
                      "it has %" PRId64 " classes, at most %d", c,
                      DATASET_MAX_CLASSES);
    if (m->order)
        return refuse(l->refusals, "the model",
                      "its output is a flattened map, no layer of classes");
    if (sigmoid && (c > 1 || m->f.s != 1 || m->f.t != 0))
        return refuse(l->refusals, "the model",
                      "it ends in a Sigmoid of %" PRId64
                      " outputs, which are answers to as many questions: known "
                      "is one class out of several, or one Sigmoid",
                      c);
    if (sigmoid) {
        m->f.form = PENDING_LINE;
        buf_adds(notes, "the Sigmoid at the end is left out\n");
    }
    if (m->probabilities && c == 1)
        return refuse(l->refusals, "the model",
                      "it ends in a Softmax of one output, which is 1 whatever "
                      "the input is");
    if (m->probabilities)
        buf_adds(notes, "the Softmax at the end is left out: a stream has "
                        "logits\n");
    settle(l, "logits", m);
    *two = c == 1;
    if (*two)
        buf_adds(notes, "one output x: it becomes the logits 0 and x of two "
                        "classes\n");
    return 0;
}

/* Find out what the network is fed with, and take the arithmetic in front of it
 * up in that.  Where it reads larger pixels than those of 0..1, it is made one for
 * these, since gradients would be as much larger. */
static int take_feed(struct imported *to, const struct net_feed *feed,
                     const struct graph_input *in, size_t output, struct err *e)
{
    size_t c = (size_t)in->size[2];
    double *scale = arena_alloc(&to->arena, c, sizeof *scale),
           *shift = arena_alloc(&to->arena, c, sizeof *shift);
    size_t norm = steps_input_norm(&to->steps, output, scale, shift);
    struct feed_model model = {
        .size = {in->size[0], in->size[1], in->size[2]},
        .classes = to->steps.v[output].out[2],
        .bytes = in->bytes,
        .scale = norm ? scale : NULL,
        .shift = norm ? shift : NULL,
    };
    bool taken;
    int rc = feed_map(feed, &model, &to->arena, &to->input, &taken, e);

    if (rc >= 0 && taken)
        steps_drop(&to->steps, norm);
    if (rc >= 0 && taken)
        buf_adds(&to->notes, "the arithmetic on the input is taken up in mean "
                             "and deviation\n");
    if (rc < 0)
        return rc;
    to->raw = rc == 1 && feed_wide(feed, &to->input);
    for (size_t k = 0; to->raw && k < c; k++)
        scale[k] = 1 / to->input.std.v[k];
    if (to->raw && !steps_scale_input(&to->steps, scale)) {
        buf_addf(&to->notes,
                 "the inputs range over %.4g, which takes a low rate in "
                 "training: their factor has no place in the first layer\n",
                 scale[0]);
    } else if (to->raw) {
        for (size_t k = 0; k < c; k++)
            to->input.std.v[k] = 1;
        buf_addf(
            &to->notes,
            "the first layer's weights are multiplied by %.4g: the network "
            "now takes pixels of 0..1, and its answers are the same\n",
            scale[0]);
    }
    return 0;
}

int import_onnx(const void *bytes, size_t n, const struct onnx_opts *o,
                struct imported *to, struct err *e)
{
    struct refusals refusals = {0};
    struct graph_input in;
    struct lowering l;
    struct mapped out;
    size_t output;
    bool two = false;
    int rc = onnx_read(bytes, n, o->folder, &to->model, e);

    if (rc < 0)
        return rc;
    if ((rc = lowering_init(&l, &to->model, &to->steps, &refusals)) == 0 &&
        (rc = graph_input(&l, o->size, &in)) == 0 &&
        (rc = lower_graph(&l, &out)) == 0)
        rc = take_logits(&l, &out, &two, &to->notes);
    if (rc < 0)
        rc = refusals_report(&refusals, e);
    else if (out.step == 0)
        rc = err_set(e, ERR_FORMAT, "the model: its output is its input");
    refusals_free(&refusals);
    lowering_free(&l);
    if (rc < 0)
        return rc;
    output = out.step;
    steps_join(&to->steps, &output, o->keep_norm);
    if (two)
        steps_two_logits(&to->steps, &output);
    if ((rc = take_feed(to, &o->feed, &in, output, e)) == 0)
        rc = net_make(&to->steps, output, &to->arena, &to->made, e);
    return rc;
}

void imported_free(struct imported *m)
{
    onnx_free(&m->model);
    steps_free(&m->steps);
    arena_free(&m->arena);
    buf_free(&m->notes);
    *m = (struct imported){0};
}
