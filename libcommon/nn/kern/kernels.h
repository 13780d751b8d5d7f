/* SPDX-License-Identifier: MIT
 * Which kernels run: chosen once, from what the CPU can do, or from KERNELS in
 * the environment (scalar, avx2, avx512; one the CPU cannot run, or an unknown
 * word, is passed over for the best there is, and kernels_name() tells). */
#ifndef NN_KERN_KERNELS_H
#define NN_KERN_KERNELS_H

#include <stdbool.h>

enum isa { ISA_SCALAR, ISA_AVX2, ISA_AVX512, ISA_COUNT };
extern const char *const isa_names[];       /* "scalar" "avx2" "avx512" NULL */

bool isa_runs(enum isa isa);    /* on this CPU, in this build */
enum isa kernels_isa(void);     /* the choice */

/* For provenance: BLAS core and instruction set, what the last bits of a result
 * depend on: "SkylakeX avx512". */
const char *kernels_name(void);

/* Every thread that computes calls this first: numbers too small for the
 * normal range count as 0 from there on (momentum decays into them, and they
 * are a hundred times slower).  Machines that are neither x86-64 nor AArch64
 * compute with them. */
void kernels_thread_start(void);

#endif
