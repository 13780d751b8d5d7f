/* SPDX-License-Identifier: MIT
 * This module chooses once which kernels run: the best that the CPU can run, or
 * those that KERNELS in the environment names (scalar, avx2, avx512; empty = the
 * best).  A program asks for kernels_name() before it computes, which reports the
 * choice or refuses a name that is unknown or that the CPU cannot run. */
#ifndef NN_KERN_KERNELS_H
#define NN_KERN_KERNELS_H

#include <stdbool.h>

#include "libcommon/base/err.h"

enum isa { ISA_SCALAR, ISA_AVX2, ISA_AVX512, ISA_COUNT };
extern const char *const isa_names[]; /* "scalar" "avx2" "avx512" NULL */

bool isa_runs(enum isa isa); /* on this CPU */
enum isa kernels_isa(void);  /* the choice */

/* Returns, for provenance, what the last bits of a result depend on: the
 * instruction set, like "avx512", and before "scalar" OpenBLAS's core type, like
 * "SkylakeX scalar".  Returns NULL with ERR_ARG when this machine has no kernels
 * called as KERNELS asks, and with ERR_SYS when there is no OpenBLAS for the
 * scalar ones. */
const char *kernels_name(struct err *e);

/* Makes denormal numbers count as 0 in the calling thread; every thread that
 * computes calls this first.  Momentum decays into denormals, and computing
 * with them is a hundred times slower.  On machines that are neither x86-64 nor
 * AArch64 this does nothing. */
void kernels_thread_start(void);

#endif
