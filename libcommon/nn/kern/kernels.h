/* SPDX-License-Identifier: MIT
 * Which kernels run.  The choice is made once: the best that the CPU runs, or
 * the one that KERNELS in the environment names (scalar, avx2, avx512).  A name
 * that is unknown or that the CPU cannot run counts as the best; kernels_name()
 * tells which it is. */
#ifndef NN_KERN_KERNELS_H
#define NN_KERN_KERNELS_H

#include <stdbool.h>

enum isa { ISA_SCALAR, ISA_AVX2, ISA_AVX512, ISA_COUNT };
extern const char *const isa_names[];       /* "scalar" "avx2" "avx512" NULL */

bool isa_runs(enum isa isa);    /* on this CPU, in this build */
enum isa kernels_isa(void);     /* the choice */

/* For provenance: the BLAS core and the instruction set, on which the last bits
 * of a result depend: "SkylakeX avx512". */
const char *kernels_name(void);

/* Every thread that computes calls this first.  From there on denormal numbers
 * count as 0: momentum decays into them, and they are a hundred times slower.
 * Machines that are neither x86-64 nor AArch64 compute with them. */
void kernels_thread_start(void);

#endif
