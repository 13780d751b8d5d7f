/* SPDX-License-Identifier: MIT
 * One source, two precisions.  What includes this is compiled twice: with
 * REAL_FLOAT for work and with REAL_DOUBLE for gradient checks by finite
 * differences.  A header that does gives each public name its suffix
 * (engine_step becomes engine_step_f32 or engine_step_f64), so that both can
 * be linked together; code that includes it just says engine_step and gets the
 * precision it was compiled for, float unless REAL_DOUBLE is defined. */
#ifndef NN_KERN_REAL_H
#define NN_KERN_REAL_H

#ifdef REAL_DOUBLE
typedef double real;
#define REAL_NAME(name) name##_f64
#define REAL(x) x
#define REAL_DTYPE DT_F64
#else
typedef float real;
#define REAL_NAME(name) name##_f32
#define REAL(x) x##f
#define REAL_DTYPE DT_F32
#endif

#endif
