/* SPDX-License-Identifier: MIT
 * This module chooses once which kernels run: the best that the CPU can run, or
 * those that KERNELS in the environment names (scalar, avx2, avx512).  A name
 * that is unknown or that the CPU cannot run is ignored; kernels_name() reports
 * the choice. */
#ifndef NN_KERN_KERNELS_H
#define NN_KERN_KERNELS_H

#include <stdbool.h>

enum isa { ISA_SCALAR, ISA_AVX2, ISA_AVX512, ISA_COUNT };
extern const char *const isa_names[]; /* "scalar" "avx2" "avx512" NULL */

bool isa_runs(enum isa isa); /* on this CPU */
enum isa kernels_isa(void);  /* the choice */

/* Returns, for provenance, the BLAS core and the instruction set, on which the
 * last bits of a result depend, like "SkylakeX avx512". */
const char *kernels_name(void);

/* Makes denormal numbers count as 0 in the calling thread; every thread that
 * computes calls this first.  Momentum decays into denormals, and computing
 * with them is a hundred times slower.  On machines that are neither x86-64 nor
 * AArch64 this does nothing. */
void kernels_thread_start(void);

#endif
