/* SPDX-License-Identifier: MIT */
#include "libcommon/space/netparams.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/number.h"
#include "libcommon/nn/graph/net.h"

enum { WIDTH, RES, CLASSES, EXITS, CHANNELS, PARAMS };

static const struct param {
    const char *name;
    double min, max;
} params_all[PARAMS] = {
    {"width", 0.05, 10}, {"res", 8, NET_MAX_SIDE}, {"classes", 1, 10000},
    {"exits", 1, 0},     {"channels", 1, 64},
};

/* Read a number of n characters as it may stand in a spec.  Returns NAN for
 * other text. */
static double param_number(const char *text, size_t n)
{
    char copy[32] = "", *end;
    double v;

    if (n < sizeof copy)
        memcpy(copy, text, n);
    v = strtod(copy, &end);
    return !*copy || *end || strspn(copy, "0123456789.e-") != n ? (double)NAN
                                                                : v;
}

/* Returns true for a whole number of pixels that a side may have. */
static bool side_fine(double v)
{
    return v >= 1 && v <= NET_MAX_SIDE && v == floor(v);
}

/* Read one key=value of n characters. */
static int parse_param(const char *text, size_t n, int64_t places,
                       struct net_params *p, bool given[PARAMS], struct err *e)
{
    size_t name = strcspn(text, "="), digits = n - name - 1, h;
    const char *value = text + name + 1;
    double v, most;
    int k = 0;

    while (k < PARAMS && (strlen(params_all[k].name) != name ||
                          memcmp(params_all[k].name, text, name) != 0))
        k++;
    if (k == PARAMS || name >= n)
        return err_set(e, ERR_ARG, "'%.*s' is not one of %s=VALUE",
                       (int)(n < 60 ? n : 60), text, NET_PARAMS);
    if (given[k])
        return err_set(e, ERR_ARG, "%s twice", params_all[k].name);
    given[k] = true;
    h = strcspn(value, "x,");
    /* Of HEIGHTxWIDTH the longer side is as long as that of a square. */
    if (k == RES && h < digits) {
        double height = param_number(value, h);
        double width = param_number(value + h + 1, digits - h - 1);

        if (side_fine(height) && side_fine(width) &&
            fmax(height, width) >= params_all[RES].min) {
            p->h = (int64_t)height;
            p->w = (int64_t)width;
            return 0;
        }
    }
    v = param_number(value, digits);
    most = k == EXITS ? (double)places : params_all[k].max;
    if (k == EXITS && !places)
        return err_set(e, ERR_ARG, "exits: the table has no exits");
    if (!(v >= params_all[k].min && v <= most) || (k != WIDTH && v != floor(v)))
        return err_set(e, ERR_ARG, "%s=%.*s: not %s from %g to %g%s",
                       params_all[k].name, (int)(digits < 40 ? digits : 40),
                       value, k == WIDTH ? "a number" : "a whole number",
                       params_all[k].min, most,
                       k == RES ? ", nor HEIGHTxWIDTH" : "");
    if (k == WIDTH)
        p->width = v;
    else if (k == RES)
        p->h = p->w = (int64_t)v;
    else
        *(k == CLASSES ? &p->classes
          : k == EXITS ? &p->exits
                       : &p->channels) = (int64_t)v;
    return 0;
}

int net_params_parse(const char *text, int64_t places, struct net_params *p,
                     struct err *e)
{
    bool given[PARAMS] = {false};

    *p = (struct net_params){
        .width = 1,
        .h = 32,
        .w = 32,
        .channels = 3,
        .classes = 10,
        .exits = places,
    };
    while (*text) {
        size_t n = strcspn(text, ",");
        int rc = parse_param(text, n, places, p, given, e);

        if (rc < 0)
            return rc;
        text += n + (text[n] == ',');
        if (text[-1] == ',' && !*text)
            return err_set(e, ERR_ARG, "a spec that ends with a comma");
    }
    return 0;
}

void net_params_print(const struct net_params *p, struct buf *out)
{
    buf_adds(out, "width=");
    number_digits(p->width, false, out);
    buf_addf(out, ",res=%" PRId64, p->h);
    if (p->w != p->h)
        buf_addf(out, "x%" PRId64, p->w);
    buf_addf(out, ",classes=%" PRId64, p->classes);
    if (p->exits)
        buf_addf(out, ",exits=%" PRId64, p->exits);
    if (p->channels != 3)
        buf_addf(out, ",channels=%" PRId64, p->channels);
}
