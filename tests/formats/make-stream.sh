#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes the corpus of the envelope (formats/00-stream.md): valid/stream-*.mpz
# and invalid/stream-*.mpz, from a small result stream.  What each invalid file
# is refused for stands in tests/formats/invalid.t.
#   BIN=build/release/bin tests/formats/make-stream.sh
set -eu
export LC_ALL=C  # bytes, not characters
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
PATH=$(cd "${BIN:-$here/../../build/release/bin}" && pwd):$PATH
V=$here/valid I=$here/invalid
mkdir -p "$V" "$I"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

cat >records <<'EOF'
{"type":"result","summary":{"arch":null,"space":"toy","genome":[1,2,3]},"status":"ok","accuracy":0.5,"macs":1000.0}
{"type":"result","summary":{"arch":null,"space":"toy","genome":[1,0,2]},"status":"ok","accuracy":0.1,"macs":1e-300,"metrics":[{"name":"z\u00e4hl \"x\"","value":-0.0}]}
{"type":"result","summary":{"arch":null,"space":"toy","genome":[0,0,0]},"status":"failed","reason":"no convergence","accuracy":null,"macs":null}
EOF
load() {
    stream-load --kind result --no-provenance "$@"
}
bad() {     # bad NAME: stdin becomes an invalid file
    cat >"$I/stream-$1.mpz"
}

# ---- valid ----
load --level 0 records -o plain
load records -o packed
cp plain "$V/stream-plain.mpz"
cp packed "$V/stream-zstd.mpz"
load --level 0 -o none /dev/null
cp none "$V/stream-no-records.mpz"
cat packed packed >"$V/stream-two-segments.mpz"
cat plain none plain | zstd -q >"$V/stream-one-frame.mpz"
stream-load --kind result records -o "$V/stream-provenance.mpz"
skippable() {   # a skippable frame of the N-th sort, with five bytes
    # shellcheck disable=SC2059
    printf "\\$((120 + $1))*M\\030\\005\\0\\0\\0hello"
}
empty() {
    zstd -q </dev/null
}
{ skippable 0; cat packed; skippable 7; } >"$V/stream-skippable.mpz"
{ empty; head -c 100 plain | zstd -q; skippable 1; empty
  tail -c +101 plain | zstd -q --no-check; empty; skippable 2
  zstd -q <plain; skippable 3; cat packed packed; } >"$V/stream-frames.mpz"

# ---- cut and damaged ----
n=$(wc -c <plain)
z=$(wc -c <packed)
trailer=$(grep -obUaP '\x84\xa3eos' plain | cut -d: -f1)
header=$(($(grep -obUaP '\xa4type' plain | head -n 1 | cut -d: -f1) - 1))
head -c "$header" plain >header.part
bad empty </dev/null
head -c $((header - 1)) plain | bad cut-header
head -c $((trailer - 9)) plain | bad cut-record
head -c "$trailer" plain | bad no-trailer
head -c "$trailer" plain | zstd -q | bad no-trailer-zstd
head -c $((n - 1)) plain | bad cut-trailer
head -c $((z / 2)) packed | bad cut-zstd
head -c $((z - 1)) packed | bad cut-zstd-checksum
zstd -q </dev/null | bad empty-frame
sed 's/no conv/on conv/' plain | bad flipped
head -c $((z / 2)) packed >half
{ cat half; printf '\252'; tail -c +$((z / 2 + 2)) packed; } | bad flipped-zstd
sed 's/records\x03/records\x04/' plain | bad count
sed 's/eos\xc3/eos\xc2/' plain | bad eos
{ head -c $((n - 4)) plain; printf 0000; } | bad digest
{ cat plain; echo rubbish; } | bad junk
{ cat packed; echo rubbish; } | bad junk-zstd
{ cat plain; echo rubbish; } | zstd -q | bad junk-in-frame
{ cat packed; printf '\050\265\057\375rubbish'; } | bad junk-frame
skippable 4 | bad skippable-alone
{ cat packed; skippable 5 | head -c 9; } | bad skippable-cut
{ skippable 6; echo PKrubbish; } | bad skippable-junk
{ head -c 100 plain | zstd -q; tail -c +101 plain; } | bad frame-into-plain
{ head -c 100 plain; tail -c +101 plain | zstd -q; } | bad plain-into-frame
dd if=/dev/zero bs=1024 count=9216 status=none | zstd -q --long=24 | bad window

# ---- headers ----
gzip -nc plain | bad gzip
sed 's/nachos/nachso/' plain | bad magic
sed 's/version\x92\x01/version\x92\x02/' plain | bad next-major
sed 's/kind\xa6result/kind\xa6resalt/' plain | bad kind-unknown
sed 's/kind\xa6result/kind\xa6RESULT/' plain | bad kind-name
{ cat plain; sed 's/kind\xa6result/kind\xa6tensor/' header.part; } | bad kind-change
cat header.part plain | bad header-twice
tail -c +$((header + 1)) plain | bad no-header
sed 's/magic/cigam/' plain | bad first-key

# ---- hostile sizes ----
record() {  # record NAME BYTES: the header, then these
    # shellcheck disable=SC2059
    { cat header.part; printf "$2"; } | bad "$1"
}
record claim-map '\337\020\000\000\000'
record claim-array '\205\244type\335\020\000\000\000'
record claim-array-small '\205\244type\335\000\014\000\000'
record claim-str '\205\244type\333\000\040\000\000'
record claim-bin '\205\244type\306\020\000\000\000'
record claim-bin-small '\205\244type\306\002\000\000\000'
{ cat header.part; printf '\201\244type'; head -c 2000 /dev/zero | tr '\0' '\221'; } |
    bad depth
{ cat header.part; printf '\201\244type'
  i=0; while [ $i -lt 50 ]; do printf '\335\000\000\377\377'; i=$((i + 1)); done
} | bad depth-claims
head -c 300000000 /dev/zero | zstd -q | bad bomb
{ cat header.part; printf '\202\244type\246result\245bytes\306\003\377\377\000'
  head -c 300000000 /dev/zero; } | zstd -q | bad bomb-record

# ---- records ----
record not-a-map '\223\001\002\003'
record ext '\205\244type\324\001\001'
record key-not-string '\201\001\002'
record no-type '\201\244name\001'
record type-unknown '\201\244type\245thing'
record type-number '\201\244type\001'
pairs='\244type\246result\247summary\203\244arch\300\245space\243toy\246genome\223'
more='\246status\242ok'
record nan "\\205$pairs\\001\\002\\003$more\\250accuracy\\313\\177\\370\\0\\0\\0\\0\\0\\0\\244macs\\001"
record infinity "\\205$pairs\\001\\002\\003$more\\250accuracy\\001\\244macs\\313\\177\\360\\0\\0\\0\\0\\0\\0"
record duplicate-key "\\206$pairs\\001\\002\\003$more\\250accuracy\\001\\250accuracy\\001\\244macs\\001"
record missing-key "\\204$pairs\\001\\002\\003\\250accuracy\\001\\244macs\\001"
record wrong-type "\\205$pairs\\001\\002\\243abc$more\\250accuracy\\001\\244macs\\001"
record beyond-int "\\205$pairs\\001\\002\\317\\377\\377\\377\\377\\377\\377\\377\\377$more\\250accuracy\\001\\244macs\\001"
record out-of-range "\\205$pairs\\001\\002\\003$more\\250accuracy\\002\\244macs\\001"
record unknown-name "\\205$pairs\\001\\002\\003\\246status\\243yes\\250accuracy\\001\\244macs\\001"
record not-utf8 "\\205\\244type\\246result\\247summary\\203\\244arch\\300\\245space\\243t\\377y\\246genome\\223\\001\\002\\003$more\\250accuracy\\001\\244macs\\001"
record nul-in-string "\\205\\244type\\246result\\247summary\\203\\244arch\\300\\245space\\243t\\000y\\246genome\\223\\001\\002\\003$more\\250accuracy\\001\\244macs\\001"
