/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/data/input.h"

#include <inttypes.h>

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
