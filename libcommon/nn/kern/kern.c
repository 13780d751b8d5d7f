/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/kern/kern.h"

#include <string.h>

#include "libcommon/nn/kern/kern_scalar.h"
#include "libcommon/nn/kern/kernels.h"

#if defined(__x86_64__) && !defined(REAL_DOUBLE)
#include "libcommon/nn/kern/simd/simd_tables.h"
#else
#define SIMD_TABLES
#endif

static const struct kernels scalar = {
    .name = "scalar",
    .gemm = scalar_gemm,
    .gemm_pack_size = scalar_gemm_pack_size,
    .gemm_pack = scalar_gemm_pack,
    .gemm_packed = scalar_gemm_packed,
    .epilogue_forward = scalar_epilogue_forward,
    .epilogue_pad = scalar_epilogue_pad,
    .epilogue_mean = scalar_epilogue_mean,
    .epilogue_dot = scalar_epilogue_dot,
    .epilogue_backward = scalar_epilogue_backward,
    .sums = scalar_sums,
    .norm_backward = scalar_norm_backward,
    .dw_forward = scalar_dw_forward,
    .dw_backward = scalar_dw_backward,
    .dw_weight = scalar_dw_weight,
    .im2col = scalar_im2col,
    .col2im = scalar_col2im,
    .direct = scalar_direct,
    .direct_weight = scalar_direct_weight,
    .winograd_input = scalar_winograd_input,
    .winograd_input_back = scalar_winograd_input_back,
    .winograd_output = scalar_winograd_output,
    .winograd_output_back = scalar_winograd_output_back,
    .winograd_weight = scalar_winograd_weight,
    .winograd_weight_back = scalar_winograd_weight_back,
    .maxpool = scalar_maxpool,
    .maxpool_back = scalar_maxpool_back,
    .avgpool = scalar_avgpool,
    .avgpool_back = scalar_avgpool_back,
    .spread = scalar_spread,
    .add = scalar_add,
    .mul = scalar_mul,
    .reduce = scalar_reduce,
    .sgd = scalar_sgd,
};

/* The index is enum isa; the double build has the first table only. */
static const struct kernels *const tables[ISA_COUNT] = {&scalar, SIMD_TABLES};

const struct kernels *kern_get(void)
{
    const struct kernels *k = tables[kernels_isa()];

    return k ? k : &scalar;
}

const struct kernels *kern_variant(const char *name)
{
    for (int i = 0; i < ISA_COUNT; i++)
        if (tables[i] && !strcmp(name, isa_names[i]) && isa_runs(i))
            return tables[i];
    return NULL;
}
