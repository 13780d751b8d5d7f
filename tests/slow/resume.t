#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/faults/resume.t with 30 kills of each training.
KILLS=${KILLS:-30} exec sh "${TOP:?}/tests/faults/resume.t"
