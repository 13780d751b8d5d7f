/* SPDX-License-Identifier: MIT */
#include "formats/provenance.h"

#include <math.h>

#include "libcommon/base/log.h"
#include "libcommon/io/envelope.h"
#include "libcommon/io/mp.h"

static void count_param(void *ctx, const struct opt *row)
{
    (void)row;
    ++*(size_t *)ctx;
}

static void put_param(void *ctx, const struct opt *row)
{
    struct buf *b = ctx;
    const void *at = row->target;
    const struct strs *strs;

    mp_put_str(b, row->name);
    switch (row->type) {
    case OPT_T_FLAG:
        mp_put_bool(b, *(const bool *)at);
        break;
    case OPT_T_TRISTATE:
        BUG_IF(*(const int *)at < 0); /* the tool has not settled it */
        mp_put_bool(b, *(const int *)at);
        break;
    case OPT_T_U64:
        mp_put_big(b, *(const uint64_t *)at);
        break;
    case OPT_T_I64:
        mp_put_int(b, *(const int64_t *)at);
        break;
    case OPT_T_F64:
        if (isfinite(*(const double *)at))
            mp_put_real(b, *(const double *)at);
        else /* NaN is a parameter that has no value. */
            mp_put_nil(b);
        break;
    case OPT_T_STR:
    case OPT_T_OPERAND:
        if (*(char *const *)at)
            mp_put_str(b, *(char *const *)at);
        else
            mp_put_nil(b);
        break;
    case OPT_T_ENUM:
        mp_put_str(b, row->names[*(const int *)at]);
        break;
    case OPT_T_STRS:
        strs = at;
        mp_put_array(b, strs->n);
        for (size_t i = 0; i < strs->n; i++)
            mp_put_str(b, strs->v[i]);
        break;
    default:
        BUG("an option of this type is no parameter");
    }
}

void header_pack(struct buf *b, const struct kind *k,
                 const struct writer_opts *o)
{
    const struct common_opts *common = o->tool ? tool_common(o->tool) : NULL;
    size_t params = 0;

    mp_put_map(b, 4);
    mp_put_str(b, "magic");
    mp_put_str(b, ENVELOPE_MAGIC);
    mp_put_str(b, "kind");
    mp_put_str(b, k->id.name);
    mp_put_str(b, "version");
    mp_put_array(b, 2);
    mp_put_int(b, k->id.major);
    mp_put_int(b, k->id.minor);
    mp_put_str(b, "provenance");
    if (!o->tool || (common && common->no_provenance)) {
        mp_put_nil(b);
        return;
    }
    tool_each_param(o->tool, count_param, &params);
    mp_put_map(b, o->tool->arithmetic ? 4 : 3);
    mp_put_str(b, "tool");
    mp_put_str(b, o->tool->name);
    mp_put_str(b, "version");
    mp_put_str(b, nachos_version);
    mp_put_str(b, "params");
    mp_put_map(b, params);
    tool_each_param(o->tool, put_param, b);
    if (o->tool->arithmetic) {
        mp_put_str(b, "blas");
        mp_put_str(b, tool_arithmetic(o->tool));
    }
}
