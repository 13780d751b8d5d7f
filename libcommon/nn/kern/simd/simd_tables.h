/* SPDX-License-Identifier: MIT
 * The vector tables, one per instruction set, for the choice in kern.c. */
#ifndef NN_KERN_SIMD_SIMD_TABLES_H
#define NN_KERN_SIMD_SIMD_TABLES_H

#include "libcommon/nn/kern/kern.h"

extern const struct kernels kernels_avx2, kernels_avx512;

/* The tables stand in the order of enum isa, after the scalar one. */
#define SIMD_TABLES &kernels_avx2, &kernels_avx512,

#endif
