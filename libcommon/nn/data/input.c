/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/data/input.h"

#include <inttypes.h>
#include <string.h>

#include "libcommon/base/log.h"

const char *const input_kinds[] = {"image", NULL};
const char *const input_resizes[] = {"none", "cover", NULL};
const char *const input_crops[] = {"none", "centre", NULL};

size_t input_count(const struct input_spec *in)
{
    return in->h * in->w * in->c;
}

size_t input_item_bytes(const struct input_spec *in)
{
    return input_count(in); /* a byte for each number */
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
                   "net %s takes images of %" PRId64 "x%" PRId64 "x%" PRId64
                   " in %" PRId64 " classes, data set %s has "
                   "%zux%zux%zu in %zu",
                   what, takes[0], takes[1], takes[2], n->classes, name, in->h,
                   in->w, in->c, in->classes);
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
        .kind = INPUT_IMAGE,
        .size = {size, 2},
        .channels = (int64_t)in->c,
        .mean = {in->mean, in->c},
        .std = {in->std, in->c},
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
        .classes = classes,
        .resize = m->resize,
        .crop = m->crop,
    };
}

void input_map_copy(struct input_map *to, const struct input_map *from,
                    struct arena *a)
{
    char **names = arena_alloc(a, from->classes.n, sizeof *names);

    *to = *from;
    to->size = ints_copy(a, &from->size);
    to->mean = reals_copy(a, &from->mean);
    to->std = reals_copy(a, &from->std);
    for (size_t i = 0; i < from->classes.n; i++)
        names[i] = arena_strdup(a, from->classes.v[i]);
    to->classes = (struct strs){names, from->classes.n};
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
    return m->mean.n == in->c &&
           memcmp(m->mean.v, in->mean, in->c * sizeof *in->mean) == 0 &&
           memcmp(m->std.v, in->std, in->c * sizeof *in->std) == 0;
}

void input_normalise(const struct input_map *m, const char *net,
                     const struct input_spec *in, const char *set,
                     struct input_spec *use)
{
    *use = *in;
    if (m->resize != in->resize || m->crop != in->crop)
        log_warn("the images that net %s was trained on were scaled in another "
                 "way (resize %s, crop %s) than those of data set %s (resize "
                 "%s, crop %s)",
                 net, input_resizes[m->resize], input_crops[m->crop], set,
                 input_resizes[in->resize], input_crops[in->crop]);
    if (m->mean.n == in->c && !input_same_moments(m, in)) {
        log_info("net %s has another mean and deviation than data set %s: the "
                 "net's are used",
                 net, set);
        use->mean = m->mean.v;
        use->std = m->std.v;
    }
}

int input_for_net(const struct input_map *m, const char *net,
                  const struct input_spec *in, const struct strs *classes,
                  const char *set, struct input_spec *use, struct err *e)
{
    *use = *in;
    if (!input_map_known(m)) {
        log_warn("net %s does not say how its images were normalised: the mean "
                 "and the deviation of data set %s are used",
                 net, set);
        return 0;
    }
    if (input_check_classes(m, net, classes, set, e) < 0)
        return e->code;
    input_normalise(m, net, in, set, use);
    return 0;
}
