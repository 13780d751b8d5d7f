/* SPDX-License-Identifier: MIT
 * The scalar reference kernels do what kern.h describes in plain loops, matmuls
 * by OpenBLAS.  They make up the double table, and the float table where the
 * CPU runs nothing faster. */
#ifndef NN_KERN_KERN_SCALAR_H
#define NN_KERN_KERN_SCALAR_H

#include "libcommon/nn/kern/kern.h"

kern_gemm_fn scalar_gemm;
kern_gemm_pack_size_fn scalar_gemm_pack_size;
kern_gemm_pack_fn scalar_gemm_pack;
kern_gemm_packed_fn scalar_gemm_packed;
kern_epilogue_forward_fn scalar_epilogue_forward;
kern_epilogue_pad_fn scalar_epilogue_pad;
kern_epilogue_mean_fn scalar_epilogue_mean;
kern_epilogue_dot_fn scalar_epilogue_dot;
kern_epilogue_backward_fn scalar_epilogue_backward;
kern_sums_fn scalar_sums;
kern_norm_backward_fn scalar_norm_backward;
kern_dw_forward_fn scalar_dw_forward;
kern_dw_backward_fn scalar_dw_backward;
kern_dw_weight_fn scalar_dw_weight;
kern_im2col_fn scalar_im2col;
kern_col2im_fn scalar_col2im;
kern_direct_fn scalar_direct;
kern_direct_weight_fn scalar_direct_weight;
kern_winograd_input_fn scalar_winograd_input;
kern_winograd_input_back_fn scalar_winograd_input_back;
kern_winograd_output_fn scalar_winograd_output;
kern_winograd_output_back_fn scalar_winograd_output_back;
kern_winograd_weight_fn scalar_winograd_weight;
kern_winograd_weight_back_fn scalar_winograd_weight_back;
kern_maxpool_fn scalar_maxpool;
kern_maxpool_back_fn scalar_maxpool_back;
kern_avgpool_fn scalar_avgpool;
kern_avgpool_back_fn scalar_avgpool_back;
kern_spread_fn scalar_spread;
kern_add_fn scalar_add;
kern_mul_fn scalar_mul;
kern_reduce_fn scalar_reduce;
kern_sgd_fn scalar_sgd;

#endif
