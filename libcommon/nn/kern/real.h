/* SPDX-License-Identifier: MIT
 * One source serves two precisions.  The rooms nn/kern, nn/engine, nn/data,
 * nn/train and surrogate compute with `real' and are compiled twice: into
 * libnachos.a, where real is float, for work, and with REAL_DOUBLE into
 * libnachos-f64.a, where it is double, for gradient checks by finite
 * differences.  Both archives have the same names, so an object compiled for
 * one precision must not be linked with the other archive: each object that
 * sees this header refers to real_is_float or real_is_double, and an archive
 * defines only its own. */
#ifndef NN_KERN_REAL_H
#define NN_KERN_REAL_H

#ifdef REAL_DOUBLE
typedef double real;
#define REAL(x) x
#define REAL_DTYPE DT_F64
#define REAL_GUARD real_is_double
#else
typedef float real;
#define REAL(x) x##f
#define REAL_DTYPE DT_F32
#define REAL_GUARD real_is_float
#endif

extern const char REAL_GUARD;
static const char *const real_guard __attribute__((used)) = &REAL_GUARD;

#endif
