/* SPDX-License-Identifier: MIT
 * The table of one instruction set.  Where a kernel has no vector form, it
 * holds the scalar one. */
#include "libcommon/nn/kern/simd/simd_tables.h"

#include "libcommon/nn/kern/kern_scalar.h"
#include "libcommon/nn/kern/simd/simd.h"

#define kernels_table SIMD_NAME(kernels)

const struct kernels kernels_table = {
#ifdef SIMD_AVX512
    .name = "avx512",
#else
    .name = "avx2",
#endif
    .gemm = simd_gemm,
    .gemm_pack_size = simd_gemm_pack_size,
    .gemm_pack = simd_gemm_pack,
    .gemm_packed = simd_gemm_packed,
    .epilogue_forward = simd_epilogue_forward,
    .epilogue_pad = simd_epilogue_pad,
    .epilogue_mean = simd_epilogue_mean,
    .epilogue_dot = simd_epilogue_dot,
    .epilogue_backward = simd_epilogue_backward,
    .sums = simd_sums,
    .norm_backward = simd_norm_backward,
    .dw_forward = simd_dw_forward,
    .dw_backward = simd_dw_backward,
    .dw_weight = simd_dw_weight,
    .im2col = simd_im2col,
    .col2im = simd_col2im,
    .direct = simd_direct,
    .direct_weight = simd_direct_weight,
    .winograd_input = simd_winograd_input,
    .winograd_input_back = simd_winograd_input_back,
    .winograd_output = simd_winograd_output,
    .winograd_output_back = simd_winograd_output_back,
    .winograd_weight = simd_winograd_weight,
    .winograd_weight_back = simd_winograd_weight_back,
    .maxpool = simd_maxpool,
    .maxpool_back = scalar_maxpool_back,
    .avgpool = simd_avgpool,
    .avgpool_back = scalar_avgpool_back,
    .spread = scalar_spread,
    .add = simd_add,
    .mul = simd_mul,
    .reduce = simd_reduce,
    .sgd = simd_sgd,
};
