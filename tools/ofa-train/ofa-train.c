/* SPDX-License-Identifier: MIT
 * ofa-train: train a once-for-all supernet by progressive shrinking. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "formats/checkpoint_file.h"
#include "formats/epoch_lines.h"
#include "formats/weights.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/log.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/recipe.h"
#include "libcommon/cli/train_options.h"
#include "libcommon/nn/data/batch.h"
#include "libcommon/nn/kern/kernels.h"
#include "tools/ofa-train/inputs.h"
#include "tools/ofa-train/shrink.h"
#include "tools/ofa-train/sorting.h"

static struct {
    char *dataset, *schedule, *space, *teacher;
    double scale;
    uint64_t until, train_images;
    bool plan;
    char *checkpoint, *log;
    uint64_t checkpoint_every;
    struct shrink_opts s;
    struct common_opts common;
} o = {
    .scale = 1,
    .checkpoint_every = 30,
    .s =
        {
            .shards = 4,
            .threads = 1,
            .momentum = 0.9,
            .weight_decay = 3e-5,
            .label_smoothing = 0.1,
            .flip = -1,
            .crop_pad = 4,
            .calibrate = 2000,
            .measured = 4,
            .seed = 1,
        },
    .common = COMMON_OPTS_INIT,
};

static const struct opt rows[] = {
    OPT_PATH('d', "dataset", &o.dataset, "FILE", "images to train on"),
    OPT_PATH_REQUIRED('p', "schedule", &o.schedule, "FILE",
                      "schedule: the phases of training, see ofa-train(1)"),
    OPT_F64(0, "scale", &o.scale, 1e-6, 1000, "R",
            "multiply the epochs of every phase by R; start here to make "
            "training shorter or longer"),
    OPT_STR('s', "space", &o.space, "SPEC",
            "start a new supernet of this search space, a name or the file of "
            "a table; with FILE: the table of the space of that supernet",
            .flags = OPT_ASIDE),
    OPT_U64(0, "until", &o.until, 0, SUPERNET_MAX_EPOCHS, "N",
            "train until the supernet has had N epochs in all (0 = the whole "
            "schedule)",
            .flags = OPT_ASIDE),
    OPT_PATH(0, "teacher", &o.teacher, "FILE",
             "supernet whose full network is the teacher of the distillation; "
             "default: as it was after the first phase"),
    OPT_TRAIN_IMAGES(&o.train_images),
    OPT_SEED(&o.s.seed),
    OPT_FLAG(0, "plan", &o.plan,
             "print each phase with its first epoch and the first epoch after "
             "it instead of training",
             .flags = OPT_ASIDE),
    OPT_HEADING("Optimiser"),
    OPT_BATCH(&o.s.batch),
    OPT_MOMENTUM(&o.s.momentum, "Nesterov momentum of SGD"),
    OPT_WEIGHT_DECAY(&o.s.weight_decay,
                     "weight decay, not of biases and batch norms"),
    OPT_LABEL_SMOOTHING(&o.s.label_smoothing),
    OPT_AUGMENTATION(&o.s.flip, &o.s.crop_pad),
    OPT_CUTOUT(&o.s.cutout, DATASET_MAX_SIDE),
    OPT_MIXUP(&o.s.mixup),
    OPT_HEADING("Work and output"),
    OPT_U64(0, "calibrate", &o.s.calibrate, 1, 1e9, "N",
            "training images to re-calibrate batch norms on before an "
            "evaluation",
            .unit = NUMBER_SI),
    OPT_U64(0, "measure", &o.s.measured, 0, 1000, "N",
            "number of random sub-networks in the table after a phase",
            .flags = OPT_ASIDE),
    OPT_SHARDS(&o.s.shards, ENGINE_MAX_SHARDS),
    OPT_CHECKPOINT(&o.checkpoint, &o.checkpoint_every, &o.log),
    OPT_THREADS(&o.s.threads),
    OPT_COMMON(&o.common),
    OPT_END};

static const struct tool tool = {
    .name = "ofa-train",
    .purpose = "train a once-for-all supernet by progressive shrinking",
    .rows = rows,
    .operands = "[FILE...]",
    .reads = "weights 1.x, dataset 1.x, checkpoint 1.x",
    .writes = {&kind_weights.id, &kind_checkpoint.id},
    .arithmetic = kernels_name,
    .stdin_is =
        "weights stream: the supernet to continue; nothing with --space",
    .stdout_is =
        "weights stream: the supernet, its log and tables; with --plan text",
    .example = "ofa-train -d data.mpz -p list.tsv --until=1 "
               "--space=ofa-mbv3 -o super.mpz",
    .no_stdin_if = &o.space,
    .text_if = &o.plan,
};

/* Holds what lasts for the whole run. */
struct supernet_work {
    struct inputs in;
    struct progress progress;
    double began;    /* seconds of the clock: this run's part of the phase */
    uint64_t epochs; /* epochs of the phase that this run trained */
    struct shrink *shrink;
    struct checkpoint *checkpoint; /* NULL = none */
    struct epoch_lines *lines;     /* of --log, NULL = none */
};

/* ---- reports ---- */

static void start_clock(struct supernet_work *w)
{
    w->began = clock_seconds();
    w->epochs = 0;
}

static int epoch_done(void *ctx, const struct supernet_epoch *log,
                      struct err *e)
{
    struct supernet_work *w = ctx;
    const struct shrink_phase *p = phases_at(&w->in.phases,
                                             (uint64_t)log->epoch);

    log_info("epoch %" PRId64 " (%s): lr %.4g, loss %.4f", log->epoch,
             log->phase, log->lr, log->loss);
    history_epoch(&w->in.now.history, log);
    w->epochs++;
    if ((uint64_t)log->epoch + 1 == p->first + p->epochs) {
        tool_report("phase %s, scale %g: %" PRIu64 " of its %" PRIu64 " epochs "
                    "in %.1f s",
                    p->name, o.scale, w->epochs, p->epochs,
                    clock_seconds() - w->began);
        start_clock(w);
    }
    if (epoch_lines_put(w->lines, "space", w->in.now.space->spec,
                        &schema_supernet_epoch, log, e) < 0)
        return e->code;
    checkpoint_set_logged(w->checkpoint, epoch_lines_bytes(w->lines));
    return 0;
}

static void subnet_measured(void *ctx, const struct subnet *row)
{
    struct supernet_work *w = ctx;
    struct buf design = {0};

    space_describe(w->in.now.space, &row->genome, &design);
    for (size_t i = 0; i < row->exits.n; i++)
        buf_addf(&design, "%s%.2f%s", i ? " " : "  ", 100 * row->exits.v[i],
                 i + 1 < row->exits.n ? "" : " % at the exits");
    tool_report("phase %s: %-8s %6.2f %% (%.2f %% as cut) %6.2f M MACs  %s",
                row->phase, row->which, 100 * row->accuracy,
                100 * row->accuracy_as_cut, (double)row->macs * 1e-6,
                design.data);
    buf_free(&design);
    history_subnet(&w->in.now.history, row);
}

/* ---- checkpoints ---- */

/* Returns true when an earlier epoch began the phase of this one, so that the
 * optimiser has a state already. */
static bool inside_phase(const struct phases *p, uint64_t epoch)
{
    return epoch < phases_epochs(p) && phases_at(p, epoch)->first < epoch;
}

/* Return the momentum that is worth keeping: none between two phases. */
static const struct sgd_slot *momentum(const struct supernet_work *w, size_t *n)
{
    const struct sgd_slot *slots = shrink_slots(w->shrink, n);

    if (!inside_phase(&w->in.phases, w->in.now.history.epochs))
        *n = 0;
    return slots;
}

static int put_state(void *ctx, struct writer *out, struct err *e)
{
    const struct supernet_work *w = ctx;
    const struct stored *now = &w->in.now;
    size_t n;
    const struct sgd_slot *slots = momentum(w, &n);
    int rc = stored_put_history(out, now->supernet, &now->history, now->recipe,
                                &w->in.data, e);

    if (rc >= 0 && (rc = checkpoint_put_copy(out, COPY_NOW, e)) >= 0 &&
        (rc = stored_put_tensors(out, now->supernet, slots, n, e)) >= 0)
        rc = shrink_put_teacher(w->shrink, out, e);
    return rc;
}

static void between_epochs(void *ctx)
{
    struct supernet_work *w = ctx;

    checkpoint_save(w->checkpoint, put_state, w);
    epoch_lines_clock(w->lines);
}

/* Make the supernet what the checkpoint says, if there is a fitting one, and
 * return its state, borrowed until checkpoint_forget. */
static const struct checkpoint_state *resume(struct supernet_work *w,
                                             uint64_t until)
{
    struct supernet_history *h = &w->in.now.history;
    const struct checkpoint_state *s;
    char key[HASH_HEX];
    struct buf more = {0};
    struct err e;
    int rc;

    if (!w->checkpoint)
        return NULL;
    buf_addf(&more, "%s\n%s", w->in.now.space->spec, w->in.schedule);
    checkpoint_key(&tool, w->in.reader, w->in.n_readers, more.data, key);
    buf_free(&more);
    checkpoint_load(w->checkpoint, key);
    if (!(s = checkpoint_state(w->checkpoint, NULL)))
        return NULL;
    /* It must lie between two epochs of this run. */
    if (s->history.epochs <= h->epochs || s->history.epochs >= until ||
        s->history.rows < h->rows)
        rc = err_set(&e, ERR_FORMAT, "a run cannot continue from %zu epochs",
                     s->history.epochs);
    else if ((rc = stored_fits(s->copy[COPY_NOW], w->in.now.supernet, &e)) >= 0)
        rc = stored_take(s->copy[COPY_NOW], w->in.now.supernet, &e);
    if (rc < 0) {
        log_warn("%s: %s; training begins anew", o.checkpoint, e.text);
        return NULL;
    }
    for (size_t i = h->epochs; i < s->history.epochs; i++)
        history_epoch(h, &s->history.log[i]);
    for (size_t i = h->rows; i < s->history.rows; i++)
        history_subnet(h, &s->history.table[i]);
    return s;
}

/* ---- the run ---- */

/* The recipe is that of the whole schedule, whatever range of epochs the run
 * trains.  It has the canonical spec of the space, since only the first run is
 * given the option, and the text of the schedule.  The teacher is not part of
 * it: a run that begins after the first phase must be given as a teacher what
 * the first run made for itself. */
static void set_recipe(struct inputs *in)
{
    struct recipe_list l = {0};
    char id[HASH_HEX];

    recipe_list_options(&l, &tool);
    recipe_list_add(&l, "space", in->now.space->spec);
    recipe_list_add(&l, "schedule", in->schedule);
    recipe_id(&l, id);
    recipe_list_free(&l);
    if (in->now.recipe && strcmp(in->now.recipe, id) != 0)
        log_warn("options are not those of the epochs so far");
    in->now.recipe = arena_strdup(&in->now.history.arena, id);
}

static int train(struct supernet_work *w, struct writer *out, uint64_t until,
                 struct err *e)
{
    const struct checkpoint_state *state = resume(w, until);
    const struct stored *now = &w->in.now;
    const struct shrink_job job = {
        .supernet = now->supernet,
        .teacher = w->in.teacher.supernet,
        .frozen = state ? state->copy[COPY_TEACHER] : NULL,
        .phases = &w->in.phases,
        .data = &w->in.data,
        .o = &o.s,
        .progress = &w->progress,
        .epoch_done = epoch_done,
        .measured = subnet_measured,
        .between = between_epochs,
        .ctx = w,
    };
    uint64_t from = now->history.epochs;
    const struct sgd_slot *kept;
    struct sgd_slot *slots;
    size_t n;
    int rc = shrink_new(&job, from, until, &w->shrink, e);

    if (rc < 0)
        return rc;
    slots = shrink_slots(w->shrink, &n);
    if (inside_phase(&w->in.phases, from))
        rc = stored_momentum(state ? state->copy[COPY_NOW] : now->momentum,
                             slots, n, e);
    checkpoint_forget(w->checkpoint);
    if (rc >= 0)
        rc = epoch_lines_begin(w->lines,
                               state ? checkpoint_logged(w->checkpoint) : 0, e);
    start_clock(w);
    progress_start(&w->progress, "images",
                   (until - from) * w->in.data.split[SPLIT_TRAIN].n,
                   o.common.progress);
    if (rc >= 0)
        rc = shrink_run(w->shrink, e);
    progress_end(&w->progress);
    kept = momentum(w, &n);
    if (rc >= 0 &&
        (rc = stored_put_history(out, now->supernet, &now->history, now->recipe,
                                 &w->in.data, e)) >= 0 &&
        (rc = stored_put_tensors(out, now->supernet, kept, n, e)) >= 0)
        rc = writer_finish(out, w->in.reader, w->in.n_readers, e);
    shrink_free(w->shrink);
    return rc;
}

/* Say when a space has no channels to sort before narrower layers are trained. */
static int report_sorting(const struct inputs *in, struct err *e)
{
    size_t groups;
    int rc = sorting_groups(in->now.supernet, &in->phases, &groups, e);

    if (rc >= 0 && !groups)
        tool_report(
            "space %s: no channels of its backbones vary in number and may "
            "change places, so that none are sorted",
            in->now.space->spec);
    return rc;
}

/* Check --until against the schedule. */
static int check_until(const struct inputs *in, struct err *e)
{
    uint64_t all = phases_epochs(&in->phases);

    if (o.until > all || (o.until && o.until < in->now.history.epochs))
        return err_set(e, ERR_ARG,
                       "--until=%" PRIu64 ": %zu epochs are "
                       "trained, the schedule has %" PRIu64,
                       o.until, in->now.history.epochs, all);
    return 0;
}

static int run(struct supernet_work *w, const struct sources *from,
               struct err *e)
{
    struct writer_opts wo = {.tool = &tool, .level = (int)o.common.level};
    const struct checkpoint_opts co = {o.checkpoint, o.checkpoint_every, &tool};
    const struct phases *p = &w->in.phases;
    struct writer *out;
    int rc = 0;

    if (!o.plan && ((rc = checkpoint_open(&co, &w->checkpoint, e)) < 0 ||
                    (rc = epoch_lines_open(o.log, &w->lines, e)) < 0))
        return rc;
    if ((rc = inputs_open(&w->in, from, e)) < 0)
        return rc;
    for (size_t i = 0; o.plan && i < p->n; i++)
        printf("%s\t%" PRIu64 "\t%" PRIu64 "\n", p->v[i].name, p->v[i].first,
               p->v[i].first + p->v[i].epochs);
    if (o.plan)
        return 0;
    if (check_until(&w->in, e) < 0)
        return e->code;
    if ((rc = inputs_read(&w->in, from, e)) < 0)
        return rc;
    if ((rc = report_sorting(&w->in, e)) < 0)
        return rc;
    dataset_settle(&w->in.data, BATCH_MOST, &o.s.batch, &o.s.flip);
    set_recipe(&w->in);
    if (!(out = writer_open(o.common.output, &kind_weights, &wo, e)))
        return e->code;
    rc = train(w, out, o.until ? o.until : phases_epochs(p), e);
    writer_free(out);
    return rc;
}

int main(int argc, char **argv)
{
    struct operands files = tool_start(&tool, argc, argv);
    const struct sources from = {
        .dataset = o.dataset,
        .schedule = o.schedule,
        .space = o.space,
        .teacher = o.teacher,
        .weights = files.v,
        .n_weights = files.n,
        .scale = o.scale,
        .train_images = o.train_images,
        .seed = o.s.seed,
    };
    struct supernet_work w = {0};
    struct err e = {0};
    int rc;

    if (o.space && files.n && space_built_in(o.space))
        tool_usage(&tool,
                   "--space=SPEC starts a new supernet and takes no FILE");
    if (inputs_settle(&w.in, &from, &e) < 0 ||
        (w.in.schedule && check_until(&w.in, &e) < 0))
        return tool_fail(&tool, &e);
    if (o.space) /* what provenance shows: a supernet that goes on has its own */
        o.space = w.in.now.space ? w.in.now.space->spec : NULL;
    if (o.common.params)
        dataset_settle_announced(o.dataset, o.train_images, BATCH_MOST,
                                 &o.s.batch, &o.s.flip);
    tool_checked(&tool);
    if (!o.dataset && !o.plan)
        tool_usage(&tool, "--dataset is missing");
    rc = run(&w, &from, &e);
    inputs_close(&w.in);
    epoch_lines_close(w.lines);
    rc = rc < 0 ? tool_fail(&tool, &e) : tool_done(&tool);
    if (rc == EXIT_DONE)
        checkpoint_remove(w.checkpoint);
    checkpoint_free(w.checkpoint);
    return rc;
}
