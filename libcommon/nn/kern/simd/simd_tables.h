/* SPDX-License-Identifier: MIT
 * The vector tables, one per instruction set, for the choice in kern.c. */
#ifndef NN_KERN_SIMD_SIMD_TABLES_H
#define NN_KERN_SIMD_SIMD_TABLES_H

#include "libcommon/nn/kern/kern.h"

extern const struct kernels kernels_avx2, kernels_avx512;

/* In the order of enum isa, after scalar. */
#define SIMD_TABLES &kernels_avx2, &kernels_avx512,

#endif
