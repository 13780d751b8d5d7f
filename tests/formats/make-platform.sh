#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016
# The platform corpus: writes tests/formats/{valid,invalid}/platform-*.mpz.
#   BIN=build/release/bin tests/formats/make-platform.sh
export LC_ALL=C
# shellcheck source=tests/formats/corpus.sh
. "$(dirname "$0")/corpus.sh"

plain() {
    one '{"type":"platform","name":"duo","processors":[
{"name":"m0","rates":[{"op":"other","precision":"int8","macs_per_s":1e7},
{"op":"conv","precision":"int8","macs_per_s":2e7}],"memory":65536,"pool":"sram"},
{"name":"m4","rates":[{"op":"other","precision":"int8","macs_per_s":7.5e7}],
"call_s":0.001,"active_w":0.05,"idle_w":0.001,"pool":"sram"}],
"pools":[{"name":"sram","bytes":1048576}],
"links":[{"from":"m0","to":"m4","bytes_per_s":1e8},
{"from":"m4","to":"m0","bytes_per_s":1e8}],"source":"m0","sink":"m0"}'
}
# One processor, of which little is known.
single() {
    one '{"type":"platform","name":"board","processors":[{"name":"cpu","rates":[]}]}'
}
# Every key, and processors without limits; the links make a chain with one way
# back.
full() {
    one '{"type":"platform","name":"phone-and-server","processors":[
{"name":"cpu","rates":[{"op":"other","precision":"float","macs_per_s":4e9},
{"op":"depthwise","precision":"float","macs_per_s":1e9},
{"op":"pointwise","precision":"float","macs_per_s":5e9},
{"op":"linear","precision":"float","macs_per_s":2.5e9},
{"op":"conv","precision":"int8","macs_per_s":1.6e10}],"bytes_per_s":2e9,
"call_s":0.0001,"active_w":4,"idle_w":0.5,"pool":"dram","origin":"measured"},
{"name":"gpu","rates":[{"op":"other","precision":"float","macs_per_s":2e10}],
"storage":2147483648,"pool":"dram"},
{"name":"server","rates":[{"op":"other","precision":"float","macs_per_s":1e13}],
"memory":17179869184,"active_w":0,"idle_w":0,"origin":"its power is not the phone'"'"'s"}],
"pools":[{"name":"dram","bytes":4294967296,"storage":4294967296}],
"links":[{"from":"cpu","to":"gpu","bytes_per_s":1e10,"origin":"memory"},
{"from":"gpu","to":"server","bytes_per_s":6.25e6,"latency_s":0.035,"j_per_byte":4e-7},
{"from":"server","to":"cpu","bytes_per_s":1.25e7,"latency_s":0.035}],
"source":"cpu","sink":"cpu","origin":"made up"}'
}
# Pools that no processor uses, and a sink behind a single link.
pools() {
    one '{"type":"platform","name":"pools","processors":[
{"name":"m0","rates":[]},{"name":"m4","rates":[]}],
"pools":[{"name":"a1","bytes":1},{"name":"a2","bytes":2,"storage":3}],
"links":[{"from":"m0","to":"m4","bytes_per_s":1}],"sink":"m4"}'
}
plain | load valid/platform-plain.mpz --level=0
single | load valid/platform-single.mpz
full | load valid/platform-full.mpz
{ single; full; } | load valid/platform-two.mpz
pools | load valid/platform-pools.mpz --level=0
pools=valid/platform-pools.mpz

refused name 'the name of a processor must be 1 to 64' 's/(name\xa2)m0/$1m /'
refused name-twice 'two processors named m0' 's/(name\xa2m)4/${1}0/'
refused processors 'key `processors`: is missing' 's/(\xaa)processors/$1processorz/'
refused op 'unknown name "conw"' 's/\xa4conv/\xa4conw/'
refused precision 'unknown name "int9"' 's/\xa4int8/\xa4int9/'
refused rate-zero 'processor m0: rate of other in int8: macs_per_s is 0' \
    's/(macs_per_s)\xcb.{8}/$1\x00/s'
refused rate-negative 'key `processors[0].rates[0].macs_per_s`: -1 is not in' \
    's/(macs_per_s)\xcb.{8}/$1\xff/s'
refused rate-twice 'processor m0: two rates of other in int8' 's/\xa4conv/\xa5other/'
refused memory-zero 'key `processors[0].memory`: 0 is not in' \
    's/(memory)\xce.{4}/$1\x00/s'
refused power 'key `processors[1].active_w`: -1 is not in' \
    's/(active_w)\xcb.{8}/$1\xff/s'
refused pool 'processor m0: its pool sran is not among the pools' \
    's/(pool\xa4sra)m/$1n/'
refused pool-twice 'two pools or processors named a1' 's/(\xa2a)2/${1}1/' $pools
refused pool-of-processor 'two pools or processors named m4' \
    's/(name\xa2)a2/$1m4/' $pools
refused pool-empty 'key `pools[0].bytes`: 0 is not in' 's/(bytes)\x01/$1\x00/' $pools
refused link-from 'link from m9 to m4: there is no processor of the name m9' \
    's/(from\xa2m)0/${1}9/'
refused link-to 'link from m0 to m9: there is no processor of the name m9' \
    's/(to\xa2m)4/${1}9/'
refused link-self 'link from m0 to m0: it ends where it begins' \
    's/(to\xa2m)4/${1}0/'
refused link-twice 'link from m0 to m4: it is there twice' \
    's/(from\xa2m)4(\xa2to\xa2m)0/${1}0${2}4/'
refused link-rate 'link from m0 to m4: bytes_per_s is 0, and must be 1e-6 or more' \
    's/(bytes_per_s)\xcb.{8}/$1\x00/s'
refused link-nan 'NaN where numbers must be finite' \
    's/(bytes_per_s\xcb).{8}/$1\x7f\xf8\x00\x00\x00\x00\x00\x00/s'
refused no-link 'no links lead to processor m4 from m0' 's/(\xa5)links/$1linkz/'
refused no-way-back 'no links lead from processor m4 to the sink m0' \
    's/(sink\xa2m)4/${1}0/' $pools
refused source 'the source m7 is no processor' 's/(source\xa2m)0/${1}7/'
refused sink 'the sink m7 is no processor' 's/(sink\xa2m)0/${1}7/'
