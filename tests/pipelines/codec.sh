# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The settings of a compressor as a search space, and what each of them does: the
# problem that own-problem.t and the README search.
codec_tables() {    # codec.tsv, table.tsv: all 1440 cases
cat >codec.tsv <<'END'
# nachos space 1
level	0	1,3,5,7,9,12,15,19
window	0	16,18,20,22,24
filter	1	none,delta,shuffle
block	1	64k,256k,1M,4M
dict	2	no,yes
dictsize	2	16k,64k	dict>=1
END
awk 'BEGIN { OFS = "\t"
    for (l = 0; l < 8; l++) for (w = 0; w < 5; w++) for (f = 0; f < 3; f++)
    for (b = 0; b < 4; b++) for (d = 0; d < 2; d++) for (s = 0; s <= d; s++) {
        saved = 0.30 + 0.28 * (1 - exp(-l / 3)) + 0.02 * w * (l > 2) \
              + (f == 2 ? 0.07 : f == 1 ? -0.02 : 0) + 0.012 * b \
              + d * (b < 2 ? 0.05 + 0.02 * s : -0.01)
        time = 4 * exp(l / 2.2) * (1 + 0.15 * w) * (f == 2 ? 1.25 : 1) \
             + 3 * b + 6 * d * (1 + s)
        memory = 4 ^ w / 16 + 4 ^ b / 8 + l / 2 + d * (1 + s) / 4
        print l "," w "," f "," b "," d "," s, saved, time, memory
    } }' >table.tsv
}
