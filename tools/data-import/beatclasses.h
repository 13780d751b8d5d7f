/* SPDX-License-Identifier: MIT
 * Classes of heart beats by the signs of their annotations (sound/wfdb.h):
 * "N=NLR,V=VE" makes the classes N, of the signs N, L and R, and V, of V and E. */
#ifndef DATA_IMPORT_BEATCLASSES_H
#define DATA_IMPORT_BEATCLASSES_H

#include "libcommon/base/err.h"
#include "libcommon/base/values.h"

/* Those of ANSI/AAMI EC57, as de Chazal et al. (2004) sort the annotations of
 * MIT-BIH; other tables differ in e, j and n. */
#define BEATS_AAMI "N=NLRBej,S=AaJSn,V=VEr,F=F,Q=/fQ?"

struct beat_classes {
    struct strs names;
    int label[128]; /* by sign; -1 = no class has it */
};

/* Parse "aami", for BEATS_AAMI, or classes as above.  *c must be zeroed; it is owned
 * (beat_classes_free), also after a failure.  ERR_ARG for a class without a name or
 * a sign, a sign that is no beat's, and a name or sign that stands twice. */
int beat_classes_parse(const char *text, struct beat_classes *c,
                       struct err *e) MUST_CHECK;
void beat_classes_free(struct beat_classes *c);

/* The same check, for options. */
int beat_classes_check(const char *text, struct err *e) MUST_CHECK;

#endif
