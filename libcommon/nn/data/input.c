/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/data/input.h"

#include <inttypes.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/utf8.h"

const char *const input_kinds[] = {"image", "sound", "signal", NULL};
const char *const input_resizes[] = {"none", "cover", NULL};
const char *const input_crops[] = {"none", "centre", NULL};

size_t input_count(const struct input_spec *in)
{
    return in->h * in->w * in->c;
}

bool input_floats(const struct input_spec *in)
{
    return in->source.kind != INPUT_IMAGE;
}

size_t input_item_bytes(const struct input_spec *in)
{
    return input_count(in) * (input_floats(in) ? sizeof(float) : 1);
}

size_t input_moments(const struct input_spec *in)
{
    return in->per_band ? in->w * in->c : in->c;
}

void input_source_text(const struct input_source *s, struct buf *out)
{
    const struct sound_features *f = &s->sound;
    const struct input_signal *g = &s->signal;
    size_t from = out->len;

    if (s->kind == INPUT_SOUND) {
        buf_addf(out,
                 "%.4g s at %" PRId64 " Hz, window %" PRId64 ", hop %" PRId64
                 ", FFT %" PRId64 ", %" PRId64 " bands %.6g-%.6g Hz",
                 (double)f->samples / (double)f->rate, f->rate, f->window,
                 f->hop, f->fft, f->bands, f->low, f->high);
        if (f->coefs)
            buf_addf(out, ", %" PRId64 " MFCC", f->coefs);
    }
    if (g->rate > 0)
        buf_addf(out, "%.6g Hz", g->rate);
    if (g->before || g->after)
        buf_addf(out,
                 "%s%" PRId64 " samples before and %" PRId64
                 " from an event on",
                 out->len > from ? ", " : "", g->before, g->after);
    for (size_t i = 0; i < g->leads.n; i++) {
        buf_adds(out, i ? " " : out->len > from ? ", leads " : "leads ");
        buf_adds(out, g->leads.v[i]);
    }
    buf_mask(out, from);
}

const char *input_noun(const struct input_spec *in)
{
    return input_floats(in) ? "features" : "images";
}

int input_check_net(const struct input_spec *in, const char *name,
                    const struct net *n, struct err *e)
{
    const char *what = n->id ? n->id : n->space;
    const int64_t *takes = n->input.v;

    if (takes[0] == (int64_t)in->h && takes[1] == (int64_t)in->w &&
        takes[2] == (int64_t)in->c && n->classes == (int64_t)in->classes)
        return 0;
    return err_set(e, ERR_FORMAT,
                   "net %s takes %s of %" PRId64 "x%" PRId64 "x%" PRId64
                   " in %" PRId64 " classes, data set %s has "
                   "%zux%zux%zu in %zu",
                   what, input_noun(in), takes[0], takes[1], takes[2],
                   n->classes, name, in->h, in->w, in->c, in->classes);
}

/* ---- maps ---- */

bool input_map_known(const struct input_map *m)
{
    return m->size.n > 0;
}

void input_map_of(struct input_map *m, const struct input_spec *in,
                  const struct strs *classes, struct arena *a)
{
    int64_t *size = arena_alloc(a, 2, sizeof *size);
    size_t bytes = 0;

    size[0] = (int64_t)in->h;
    size[1] = (int64_t)in->w;
    *m = (struct input_map){
        .source = in->source,
        .size = {size, 2},
        .channels = (int64_t)in->c,
        .mean = {in->mean, input_moments(in)},
        .std = {in->std, input_moments(in)},
        .resize = in->resize,
        .crop = in->crop,
    };
    for (size_t i = 0; i < classes->n; i++)
        bytes += strlen(classes->v[i]) + 5; /* with its length */
    if (bytes <= INPUT_NAMES_MAX)
        m->classes = *classes;
}

void input_of_map(struct input_spec *in, const struct input_map *m,
                  size_t classes)
{
    *in = (struct input_spec){
        .h = (size_t)m->size.v[0],
        .w = (size_t)m->size.v[1],
        .c = (size_t)m->channels,
        .mean = m->mean.v,
        .std = m->std.v,
        .per_band = m->mean.n != (size_t)m->channels,
        .classes = classes,
        .resize = m->resize,
        .crop = m->crop,
        .source = m->source,
    };
}

static struct strs names_copy(struct arena *a, const struct strs *from)
{
    char **names = arena_alloc(a, from->n, sizeof *names);

    for (size_t i = 0; i < from->n; i++)
        names[i] = arena_strdup(a, from->v[i]);
    return (struct strs){names, from->n};
}

void input_map_copy(struct input_map *to, const struct input_map *from,
                    struct arena *a)
{
    *to = *from;
    to->size = ints_copy(a, &from->size);
    to->mean = reals_copy(a, &from->mean);
    to->std = reals_copy(a, &from->std);
    to->classes = names_copy(a, &from->classes);
    to->source.signal.leads = names_copy(a, &from->source.signal.leads);
}

/* Returns true when every name is a whole number, as where a set came without
 * names. */
static bool only_numbers(const struct strs *names)
{
    for (size_t i = 0; i < names->n; i++)
        if (!names->v[i][0] || names->v[i][strspn(names->v[i], "0123456789")])
            return false;
    return true;
}

int input_check_classes(const struct input_map *m, const char *net,
                        const struct strs *of_set, const char *set,
                        struct err *e)
{
    const struct strs *of_net = &m->classes;
    size_t i = 0;

    /* How many there are is compared where shapes are. */
    if (!of_net->n || of_net->n != of_set->n)
        return 0;
    while (i < of_net->n && strcmp(of_net->v[i], of_set->v[i]) == 0)
        i++;
    if (i == of_net->n)
        return 0;
    if (!only_numbers(of_net) && !only_numbers(of_set))
        return err_set(e, ERR_FORMAT,
                       "class %zu of net %s is '%s', of data set %s '%s'", i,
                       net, of_net->v[i], set, of_set->v[i]);
    log_warn(
        "the classes of %s have numbers for names: they are taken for those "
        "of %s in the same order",
        only_numbers(of_net) ? "the net" : set,
        only_numbers(of_net) ? set : "the net");
    return 0;
}

bool input_same_moments(const struct input_map *m, const struct input_spec *in)
{
    size_t n = input_moments(in);

    return m->mean.n == n &&
           memcmp(m->mean.v, in->mean, n * sizeof *in->mean) == 0 &&
           memcmp(m->std.v, in->std, n * sizeof *in->std) == 0;
}

/* Returns true when sounds became features in one way, or signals samples; what
 * is unknown of one of them counts as equal. */
static bool same_source(const struct input_source *a,
                        const struct input_source *b)
{
    const struct input_signal *x = &a->signal, *y = &b->signal;
    const struct sound_features *f = &a->sound, *g = &b->sound;
    bool same = x->before == y->before && x->after == y->after &&
                (x->rate == y->rate || x->rate == 0 || y->rate == 0);

    for (size_t i = 0; i < x->leads.n && x->leads.n == y->leads.n; i++)
        same = same && strcmp(x->leads.v[i], y->leads.v[i]) == 0;
    return same && f->rate == g->rate && f->samples == g->samples &&
           f->window == g->window && f->hop == g->hop && f->fft == g->fft &&
           f->bands == g->bands && f->coefs == g->coefs && f->low == g->low &&
           f->high == g->high;
}

void input_normalise(const struct input_map *m, const char *net,
                     const struct input_spec *in, const char *set,
                     struct input_spec *use)
{
    *use = *in;
    if (m->source.kind != in->source.kind) {
        log_warn("net %s was trained on inputs of kind %s, those of data set "
                 "%s are of kind %s",
                 net, input_kinds[m->source.kind], set,
                 input_kinds[in->source.kind]);
        return;
    }
    if (!m->fit_unknown && (m->resize != in->resize || m->crop != in->crop))
        log_warn("the images that net %s was trained on were scaled in another "
                 "way (resize %s, crop %s) than those of data set %s (resize "
                 "%s, crop %s)",
                 net, input_resizes[m->resize], input_crops[m->crop], set,
                 input_resizes[in->resize], input_crops[in->crop]);
    if (!same_source(&m->source, &in->source))
        log_warn("the features that net %s was trained on were made in another "
                 "way than those of data set %s (stream-dump shows both, at "
                 "the key `input`)",
                 net, set);
    if (!input_same_moments(m, in) &&
        (m->mean.n == in->c ||
         (input_floats(in) && m->mean.n == in->w * in->c))) {
        log_info("net %s has another mean and deviation than data set %s: the "
                 "net's are used",
                 net, set);
        use->mean = m->mean.v;
        use->std = m->std.v;
        use->per_band = m->mean.n != in->c;
    }
}

int input_for_net(const struct input_map *m, const char *net,
                  const struct input_spec *in, const struct strs *classes,
                  const char *set, struct input_spec *use, struct err *e)
{
    *use = *in;
    if (!input_map_known(m)) {
        log_warn("net %s does not say how its %s were normalised: the mean "
                 "and the deviation of data set %s are used",
                 net, input_noun(in), set);
        return 0;
    }
    if (m->source.kind != in->source.kind)
        return err_set(e, ERR_FORMAT,
                       "net %s takes inputs of kind %s, data set %s has those "
                       "of kind %s",
                       net, input_kinds[m->source.kind], set,
                       input_kinds[in->source.kind]);
    if (input_check_classes(m, net, classes, set, e) < 0)
        return e->code;
    input_normalise(m, net, in, set, use);
    return 0;
}
