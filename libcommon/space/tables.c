/* SPDX-License-Identifier: MIT */
#include "libcommon/space/tables.h"

#include <stddef.h>

/* Once-for-All MobileNetV3 with the early exits of NACHOS. */
static const char ofa_mbv3[] =
    "# nachos network space 1\n"
    "# Once-for-All MobileNetV3, with the early exits of NACHOS\n"
    "stem   conv c=16  k=3 s=2 act=hswish\n"
    "block0 mb   c=16  k=3 e=1\n"
    "s1     mb   c=24  s=2 depth=2,3,4 k=3,5,7 e=3,4,6\n"
    "s2     mb   c=40  s=2 depth=2,3,4 k=3,5,7 e=3,4,6 se=4\n"
    "s3     mb   c=80  s=2 depth=2,3,4 k=3,5,7 e=3,4,6 act=hswish\n"
    "s4     mb   c=112 s=1 depth=2,3,4 k=3,5,7 e=3,4,6 se=4 act=hswish\n"
    "s5     mb   c=160 s=2 depth=2,3,4 k=3,5,7 e=3,4,6 se=4 act=hswish\n"
    "final  conv c=960 k=1 mix=1280 act=hswish\n"
    "exits  after=s1,s2,s3,s4 head=off,conv\n";

/* MobileNetV3-like networks whose maps suit images of 32x32 pixels: 16, 8 and
 * 4 pixels a side. */
static const char mb32[] =
    "# nachos network space 1\n"
    "# MobileNetV3-like networks for images of 32x32 pixels\n"
    "stem   conv c=16  k=3 s=2 act=hswish\n"
    "s1     mb   c=16  s=1 depth=1,2,3 k=3,5 e1=1 e=2,3,4 act=relu\n"
    "s2     mb   c=32  s=2 depth=1,2,3 k=3,5,7 e=2,3,4 act=relu\n"
    "s3     mb   c=48  s=1 depth=1,2,3 k=3,5,7 e=2,3,4 act=hswish\n"
    "s4     mb   c=80  s=2 depth=1,2,3 k=3,5 e=2,3,4 se=4 act=hswish\n"
    "s5     mb   c=112 s=1 depth=1,2,3 k=3,5 e=2,3,4 se=4 act=hswish\n"
    "final  conv c=256 k=1 act=hswish\n"
    "exits  after=s1,s2,s3,s4 head=off,gap,mix,dw,conv width=64,96,128\n";

const struct built_in_table built_in_tables[] = {
    {"ofa-mbv3", ofa_mbv3},
    {"mb32", mb32},
    {0},
};
