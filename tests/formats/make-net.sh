#!/bin/sh
# SPDX-License-Identifier: MIT
# The net corpus: writes tests/formats/{valid,invalid}/net-*.mpz.
#   BIN=build/release/bin tests/formats/make-net.sh
# shellcheck disable=SC2016
export LC_ALL=C
# shellcheck source=tests/formats/corpus.sh
. "$(dirname "$0")/corpus.sh"

ofa-sample --corners -n 3 --iteration=0 --no-provenance |
    eec-place --no-provenance -o valid/net-ofa.mpz
ofa-sample --space=ofa-mbv3:width=0.35,res=20,exits=1,channels=1 \
    --no-provenance | eec-place --mac-rule=paper --pool-rule=legacy \
    --no-provenance -o valid/net-paper.mpz

# A network written by hand: 2x2 grey images, one convolution, two classes.
norm='{"slot":"gamma","tensor":"stem.gamma","shape":[2]},
{"slot":"beta","tensor":"stem.beta","shape":[2]},
{"slot":"mean","tensor":"stem.mean","shape":[2]},
{"slot":"var","tensor":"stem.var","shape":[2]}'
stem='{"name":"stem","op":"conv","inputs":[-1],"in":[2,2,1],"out":[2,2,2],
"kernel":[3,3],"stride":[1,1],"pad":[1,1],"groups":1,"norm":true,"act":"relu",
"bindings":[{"slot":"weight","tensor":"stem.weight","shape":[2,3,3,1]},'"$norm"'],
"macs":72,"macs_paper":80,"params":22,"act_bytes":32}'
pool='{"name":"pool","op":"globalpool","inputs":[0],"in":[2,2,2],
"out":[1,1,2],"macs":0,"macs_paper":0,"params":0,"act_bytes":8}'
last='{"name":"last","op":"linear","inputs":[1],"in":[1,1,2],"out":[1,1,2],
"bindings":[{"slot":"weight","tensor":"last.weight","shape":[2,2]},
{"slot":"bias","tensor":"last.bias","shape":[2]}],
"macs":4,"macs_paper":4,"params":6,"act_bytes":8}'
tiny='{"type":"net","id":"2a94ead1e68e23be14fcf90fd5b9561b","origin":{"iteration":null,"slot":null},
"input":[2,2,1],"classes":2,"params":28,"peak_bytes":48,"size_bytes":128,
"exits":[{"stage":0,"tap":0,"first":1,"last":2,"confidence":false,"pool":1,
"head_macs":4,"gamma":76,"gamma_paper":84}],
"layers":['"$stem,$pool,$last"']}'
one "$tiny" | load valid/net-plain.mpz --level=0

# ResNet's shortcut: 8 channels in the middle of 16.
net-zoo resnet20 --input=4x4x1 --classes=2 --width=0.5 --no-provenance \
    -o valid/net-widen.mpz

# Another activation: only the id differs, of which the refusal tells.
silu=$(one "$tiny" | sed 's/"relu"/"silu"/
    s/"macs_paper":80/"macs_paper":88/; s/"gamma_paper":84/"gamma_paper":92/')
id=$(one "$silu" | stream-load --kind=net -o /dev/null 2>&1 |
    sed -n 's/.*\([0-9a-f]\{32\}\).*/\1/p')
one "$silu" | sed "s/2a94ead1e68e23be14fcf90fd5b9561b/$id/" |
    load valid/net-silu.mpz --level=0

# Channels of the convolution and, twice, of the image side by side.
concat='{"name":"concat","op":"concat","inputs":[0,-1,-1],"in":[2,2,2],
"out":[2,2,4],"macs":0,"macs_paper":0,"params":0,"act_bytes":64}'
pool='{"name":"pool","op":"globalpool","inputs":[1],"in":[2,2,4],
"out":[1,1,4],"macs":0,"macs_paper":0,"params":0,"act_bytes":16}'
last='{"name":"last","op":"linear","inputs":[2],"in":[1,1,4],"out":[1,1,2],
"bindings":[{"slot":"weight","tensor":"last.weight","shape":[2,4]},
{"slot":"bias","tensor":"last.bias","shape":[2]}],
"macs":8,"macs_paper":8,"params":10,"act_bytes":8}'
one '{"type":"net","id":"3437dd2bff7529fbf489148123d11101",
"origin":{"iteration":null,"slot":null},
"input":[2,2,1],"classes":2,"params":32,"peak_bytes":112,"size_bytes":144,
"exits":[{"stage":0,"tap":1,"first":2,"last":3,"confidence":false,"pool":1,
"head_macs":8,"gamma":80,"gamma_paper":88}],
"layers":['"$stem,$concat,$pool,$last"']}' |
    load valid/net-concat.mpz --level=0

# Padding of four sides, a gate of one factor per channel, relu6.
stem='{"name":"stem","op":"conv","inputs":[-1],"in":[2,2,1],"out":[2,2,2],
"kernel":[3,3],"stride":[1,1],"pad":[0,2,1,1],"groups":1,"norm":true,"act":"relu6",
"bindings":[{"slot":"weight","tensor":"stem.weight","shape":[2,3,3,1]},'"$norm"'],
"macs":72,"macs_paper":80,"params":22,"act_bytes":32}'
mean='{"name":"mean","op":"globalpool","inputs":[0],"in":[2,2,2],
"out":[1,1,2],"act":"sigmoid","macs":0,"macs_paper":2,"params":0,"act_bytes":8}'
mul='{"name":"mul","op":"mul","inputs":[0,1],"in":[2,2,2],"out":[2,2,2],
"macs":0,"macs_paper":8,"params":0,"act_bytes":32}'
pool='{"name":"pool","op":"globalpool","inputs":[2],"in":[2,2,2],
"out":[1,1,2],"macs":0,"macs_paper":0,"params":0,"act_bytes":8}'
last='{"name":"last","op":"linear","inputs":[3],"in":[1,1,2],"out":[1,1,2],
"bindings":[{"slot":"weight","tensor":"last.weight","shape":[2,2]},
{"slot":"bias","tensor":"last.bias","shape":[2]}],
"macs":4,"macs_paper":4,"params":6,"act_bytes":8}'
one '{"type":"net","id":"da88e36235a8b8d6bd80cdd39dcfac66",
"origin":{"iteration":null,"slot":null},
"input":[2,2,1],"classes":2,"params":28,"peak_bytes":72,"size_bytes":128,
"exits":[{"stage":0,"tap":2,"first":3,"last":4,"confidence":false,"pool":1,
"head_macs":4,"gamma":76,"gamma_paper":94}],
"layers":['"$stem,$mean,$mul,$pool,$last"']}' |
    load valid/net-sides.mpz --level=0

# As many exits as there can be, at one convolution of 8x8 pixels.
jq -nc '{"type":"net","id":"d417f2e4a19c4012f10b540ae404e19e",
"origin":{"iteration":null,"slot":null},"input":[8,8,3],"classes":2,
"params":667,"peak_bytes":1024,"size_bytes":2668,
"exits":[range(160) | {"stage":.,"tap":0,"first":(1 + 2 * .),
"last":(2 + 2 * .),"confidence":false,"pool":1,"head_macs":2,
"gamma":(1730 + 2 * .),"gamma_paper":1730}],
"layers":([{"name":"stem","op":"conv","inputs":[-1],"in":[8,8,3],"out":[8,8,1],
"kernel":[3,3],"stride":[1,1],"pad":[1,1],"groups":1,"bindings":[{"slot":"weight",
"tensor":"stem.weight","shape":[1,3,3,3]}],"macs":1728,"macs_paper":1728,
"params":27,"act_bytes":256}] + [range(160) |
{"name":"pool\(.)","op":"globalpool","inputs":[0],"in":[8,8,1],"out":[1,1,1],
"macs":0,"macs_paper":0,"params":0,"act_bytes":4},
{"name":"last\(.)","op":"linear","inputs":[1 + 2 * .],"in":[1,1,1],"out":[1,1,2],
"bindings":[{"slot":"weight","tensor":"last\(.).weight","shape":[2,1]},
{"slot":"bias","tensor":"last\(.).bias","shape":[2]}],
"macs":2,"macs_paper":2,"params":4,"act_bytes":8}])}' |
    load valid/net-deep.mpz

# Its linear layer takes the first share of each of two runs.
stream-dump -r valid/net-plain.mpz |
    jq -c '.layers[-1].bindings[0].runs = 2' | load valid/net-runs.mpz --level=0

zstdcat valid/net-widen.mpz >widen.tmp
zstdcat valid/net-deep.mpz >deep.tmp
refused id 'is not the hash of the graph' 's/(act\xa4)relu/$1none/'
refused gamma 'gamma or head_macs' 's/(gamma)\x4c/$1\x4d/'
refused gamma-paper 'gamma_paper' 's/(gamma_paper)\x54/$1\x53/'
refused macs 'macs, params or act_bytes' 's/(macs)\x48/$1\x49/'
refused params 'params, size_bytes' 's/(classes\x02.{0,2}params)\x1c/$1\x1d/s'
refused peak 'peak_bytes' 's/(peak_bytes)\x30/$1\x31/'
refused input 'input' 's/(input\x93)\x02/$1\x00/'
refused input-huge 'shape' 's/(input\x93\x02\x02)\x01/$1\xce\x10\0\0\0/'
refused classes '2 outputs for 3 classes' 's/(classes)\x02/$1\x03/'
refused exits-none '0 exits' 's/(exits)\x91\x89.*?gamma_paper\x54/$1\x90/s'
refused tap 'impossible layers' 's/(tap)\x00/$1\x01/'
refused last 'layers after the final exit' 's/(last)\x02/$1\x01/'
refused confidence 'outputs' 's/(confidence)\xc2/$1\xc3/'
refused pool 'pool 2' 's/(pool)\x01/$1\x02/'
refused forward 'not an earlier one' 's/(inputs\x91)\x00/$1\x02/'
refused self 'not an earlier one' 's/(inputs\x91)\x00/$1\x01/'
refused no-input '0 inputs' 's/(inputs)\x91\xff/$1\x90/'
refused out 'output shape is' 's/(out\x93)\x02/$1\x03/'
refused kernel 'impossible window' 's/(kernel\x92)\x03/$1\x7f/'
refused stride-zero 'stride' 's/(stride\x92)\x01/$1\x00/'
refused groups 'groups 3' 's/(groups)\x01/$1\x03/'
refused op 'op' 's/(op\xa4)conv/$1cone/'
refused act 'act' 's/(act\xa4)relu/$1gelu/'
refused slot 'weight is not bound' 's/(slot\xa6)weight/$1height/'
refused shape 'weight has the wrong shape' 's/(shape\x94\x02\x03)\x03/$1\x02/'
refused shape-claims 'shape' 's/(shape)\x94/$1\xdd\xff\xff\xff\xff/'
refused tensor-twice 'two bindings of a tensor' 's/stem\.beta/stem.mean/'
refused name-twice 'two layers' 's/(name\xa4)pool/$1last/'
refused name-blank 'no usable name' 's/(name\xa4)stem/$1st m/'
refused arch 'arch without space' \
    's/\x8a(\xa4type\xa3net\xa2id(\xd9\x20.{32}))/\x8b$1\xa4arch$2/s'
refused layers-claims 'layers' 's/(layers)\x93/$1\xdd\xff\xff\xff\xff/'
refused one-input '1 inputs, operator concat takes 2 to 64' 's/(concat\xa6inputs)\x93\x00\xff\xff/$1\x91\x00/s' valid/net-concat.mpz
refused sides-alike 'two numbers, not four' 's/(pad\x94)\x00\x02/$1\x01\x01/' \
    valid/net-sides.mpz
refused sides-three 'pad two or four' 's/(pad)\x94\x00/$1\x93/' \
    valid/net-sides.mpz
refused mul-channels 'do not fit operator mul' \
    's/(op\xa3mul\xa6inputs\x92)\x00\x01/$1\x00\xff/' valid/net-sides.mpz
refused runs 'weight has wrong runs' 's/(runs)\x02/$1\x03/' valid/net-runs.mpz
refused narrow 'do not fit operator widen' \
    's/(op\xa5widen.*?out\x93\x02\x02)\x10/$1\x08/s' widen.tmp
refused exits-many '161 elements' \
    's/(exits\xdc\x00)\xa0(\x89\xa5stage.*?)(?=\x89\xa5stage)/$1\xa1$2$2/s' deep.tmp
zstd -q --rm invalid/net-exits-many.mpz -o many.tmp
mv many.tmp invalid/net-exits-many.mpz
rm widen.tmp deep.tmp
