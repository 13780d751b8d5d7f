/* SPDX-License-Identifier: MIT
 * The ten shapes of the synthetic set are given by signed distances: negative
 * inside, positive outside, about right near the edge.  All shapes fit in a
 * circle of radius 1.02.  Only + - * / and sqrt are used, whose results are the
 * same on every machine. */
#ifndef DATA_SYNTH_SHAPES_H
#define DATA_SYNTH_SHAPES_H

#define SHAPES 10

extern const char *const shape_names[SHAPES];

double shape_distance(int shape, double x, double y);

#endif
