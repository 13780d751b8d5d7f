/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/recipes.h"

/* Each text is a file of options, in the order of --help.  An option that it
 * does not name keeps its default. */
const struct opt_preset recipes[] = {
    {"paper", "Algorithm 2 with the paper's numbers",
     "epochs=10/5/5\n"
     "batch=128\n"
     "lr=0.01\n"
     "schedule=cosine\n"
     "momentum=0.9\n"
     "nesterov=false\n"
     "weight-decay=5e-5\n"
     "label-smoothing=0\n"
     "acc-loss=mixture\n"
     "w-acc=1\n"
     "w-cost=1\n"
     "w-peak=1\n"
     "confidence-loss=true\n"
     "flip=true\n"
     "crop-pad=4\n"},
    {"scratch", "a short run from random weights",
     "batch=32\n"
     "lr=0.05\n"
     "nesterov=true\n"
     "crop-pad=0\n"
     "acc-loss=joint\n"},
    {"inherited", "a short run from a supernet's weights",
     "epochs=1/1/1\n"
     "batch=64\n"
     "lr=0.01\n"
     "nesterov=true\n"
     "lr-scale-heads=3\n"
     "crop-pad=2\n"
     "acc-loss=joint\n"},
    {"final", "the long run of a search's winner",
     "epochs=0/36/4\n"
     "batch=64\n"
     "lr=0.05\n"
     "warmup=1\n"
     "nesterov=true\n"
     "crop-pad=4\n"
     "keep=last\n"
     "acc-loss=joint\n"},
    {0}};
