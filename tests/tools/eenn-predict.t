#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs of jq and perl in quotes; functions that expect calls.
# shellcheck disable=SC2016,SC2086,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# PNG files of many sizes: waves, another direction and colour for each class.
cat >draw.pl <<'END'
use Compress::Zlib;
sub chunk { my ($t, $d) = @_; pack("N", length $d) . $t . $d . pack("N", crc32($t . $d)) }
my ($class, $i, $h, $w, $file) = @ARGV;
my $raw = "";
for my $y (0 .. $h - 1) {
    $raw .= "\0";
    for my $x (0 .. $w - 1) {
        my $v = sin(($class & 1 ? $x : $y) * (0.3 + 0.02 * $i) + $i);
        $raw .= pack("C3", map { int(128 + 100 * $v * (1 - 0.25 * abs($_ - $class))) } 0 .. 2);
    }
}
open(my $f, ">", $file);
print $f "\x89PNG\r\n\x1a\n", chunk("IHDR", pack("NNC5", $w, $h, 8, 2, 0, 0, 0)),
    chunk("IDAT", compress($raw)), chunk("IEND", "");
END
draw() {    # draw FOLDER COUNT: of each class
    class=0
    for name in cat dog fox owl; do
        mkdir -p "$1/$name"
        i=0
        while [ $i -lt "$2" ]; do
            perl draw.pl $class $i $((20 + 7 * i % 50)) $((25 + 11 * i % 60)) \
                "$1/$name/p$i.png"
            i=$((i + 1))
        done
        class=$((class + 1))
    done
}
draw photos/train 12
draw photos/val 4
draw photos/test 6
cp "$TOP"/tests/pictures/[abd].jpg "$TOP"/tests/pictures/grey.png photos/test/dog

space=ofa-mbv3:width=0.25,res=32,classes=4,exits=4
data-import -q --size=32 photos -o data.mpz
ofa-sample --space=$space -n 1 --seed=3 | eec-place -o net.mpz
eenn-train -q -d data.mpz --recipe=scratch --epochs=2/1 net.mpz -o trained.mpz
thresh-tune -q trained.mpz -o tuned.mpz


example_setup() {
    cp ../trained.mpz .
    cp ../tuned.mpz result.mpz
    cp -R ../photos/test photographs
    cp photographs/cat/p1.png photographs/cat.png
}
SOURCE=1 ARGS='-m trained.mpz --policy=tuned.mpz photos/test'
mkdir many
for i in 1 2 3 4 5 6 7 8 9; do cp -R photos many/$i; done
SLOW='-m trained.mpz --policy=tuned.mpz --batch=1'
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do SLOW="$SLOW many"; done
battery eenn-predict
refuses_broken 'model' trained.mpz net.mpz eenn-predict photos/test/cat/p0.png -m
refuses_broken 'policy' tuned.mpz net.mpz \
    eenn-predict -m trained.mpz photos/test/cat/p0.png --policy

# ---- the answers are those of eenn-run ----

# What the policies of each rule should say, from what every exit says of the
# test pictures: thresholds between the two scores in the middle, so that about
# half of those who come leave; $off is an exit that is off, from 0.
eenn-run -q -d data.mpz trained.mpz -o whole.mpz
stream-dump --records-only --values whole.mpz >whole.json
cat >policy.jq <<'END'
def softmax($t): map(. / $t) | max as $m | map(. - $m | exp)
    | add as $s | map(. / $s);
def sure: sort | reverse | if $rule == "max-softmax" then .[0]
    elif $rule == "margin" then .[0] - .[1]
    else 1 + (map(select(. > 0) | . * log) | add) / (length | log) end;
def value($t): if $rule == "cumulative" or $rule == "eq8" then .c
    else .z | softmax($t) | sure end;
def score($rest; $v): if $rule == "cumulative" then 1 - $rest * (1 - $v)
    elif $rule == "eq8" then $rest * $v else $v end;
.[0] as $h | .[1:] as $x | ($x | length) as $n
| {thresholds: [], who: [range($h.samples) as $k | {rest: 1, s: [$x[]
    | {z: .logits.values[$k * $h.classes:($k + 1) * $h.classes],
       c: (.confidence.values[$k] // 1)}]}]}
| reduce range($n) as $i (.; if $i == $off then .thresholds += [null] else
    .who |= map(if .exit then . else
        (.s[$i] | value($t[$i] // 1)) as $v
        | .score = score(.rest; $v) | .rest *= 1 - $v end)
    | ([.who[] | select(.exit | not).score] | sort) as $s
    | ($s | length / 2 | floor) as $m
    | (if $i + 1 == $n then -1 else ($s[$m] + $s[$m - 1]) / 2 end) as $eps
    | .who |= map(if .exit or .score < $eps then . else
        .exit = $i + 1 | .p = (.s[$i].z | softmax($t[$i] // 1)) end)
    | if $i + 1 == $n then . else .thresholds += [$eps] end end)
| {net: $h.summary.net, thresholds, temperatures: $t[:$n],
   who: .who | map({exit, score, p})}
END
predict() { # predict [ARG...]: the answers in p.json
    eenn-predict -m trained.mpz --format=json "$@" >p.json
}
answer_is() { # answer_is FILE WHAT: it is what the last call has said, but for
              # last bits, which depend on the pictures in a batch
    holds "$2" jq -se --slurpfile want "$1" 'length == ($want | length) and
        (to_entries | all(.value as $a | $want[.key]
            | ($a | del(.confidence, .score)) == del(.confidence, .score)
              and ($a.confidence - .confidence | fabs) < 1e-5
              and ($a.score - .score | fabs) < 1e-5))' "$OUT"
}
answers() { # answers CONDITION: of p.json as a list, $want[0] and $ran[0]
    jq -se --slurpfile want want.json --slurpfile ran ran.json \
        'def near($a; $b; $d): (($a - $b) | fabs) <= $d; '"$1" p.json >/dev/null
}
agrees() {  # agrees WHAT RULE TEMPERATURES OFF
    jq -s --arg rule "$2" --argjson t "$3" --argjson off "$4" -f policy.jq \
        whole.json >want.json
    stream-dump --records-only tuned.mpz |
        jq -c --slurpfile want want.json --arg rule "$2" '.rule = $rule
            | .thresholds = $want[0].thresholds
            | if $want[0].temperatures == [] then .
              else .temperatures = $want[0].temperatures end' |
        stream-load --kind=result -o policy.mpz
    expect 0 "$1" predict --policy=policy.mpz photos/test
    eenn-run -q -d data.mpz --policy=policy.mpz trained.mpz |
        stream-dump --records-only --values >run.json
    jq -s '.[0] as $h | .[1].logits.values as $z | [range($h.samples)
        | $z[. * 4:. * 4 + 4]] | {taken: $h.taken.values, logits: .}' \
        run.json >ran.json
    holds "$1: exit, class and confidence are those of eenn-run" answers '
        $ran[0] as $r | $want[0].temperatures as $t
        | length == 28 and (map(.exit - 1) == $r.taken)
        and (to_entries | all(.value as $a | $r.logits[.key]
            | ($t[$a.exit - 1] // 1) as $t | map(. / $t) | max as $m
            | map(. - $m | exp) | near($a.confidence; 1 / add; 1e-8)
              and $a.class == ["cat", "dog", "fox", "owl"][index(1)]))'
    holds "$1: exit, class and score are those worked out by hand" answers '
        $want[0].who as $w | map(.exit) == ($w | map(.exit))
        and (to_entries | all(.value as $a | $w[.key]
            | near($a.score; .score; 1e-5) and near($a.confidence; .p | max; 1e-5)
              and $a.class == ["cat", "dog", "fox", "owl"][.p | index(max)]))'
    holds "$1: some leave at each exit that is on" answers '
        (map(.exit) | unique) == [range(1; $want[0].thresholds | length + 2)
                                  | select(. != '"$(($4 + 1))"')]'
}
agrees 'the learned confidence' cumulative '[]' -1
agrees 'an exit off' cumulative '[]' 0
agrees 'eq8' eq8 '[]' -1
agrees 'margin with temperatures' margin '[0.5,1.5,2,0.75,1.25]' -1
agrees 'entropy with temperatures' entropy '[0.5,1.5,2,0.75,1.25]' -1
agrees 'the largest softmax' max-softmax '[]' -1

# ---- without a policy ----
echo none >none.png
expect 3 'where nothing ran without a policy' predict none.png
holds 'it is not said' test "$(grep -c 'no --policy' <"$ERR")" = 0
expect 0 'without a policy' predict photos/test
contains "$ERR" 'no --policy: every picture ran to the final exit' 'is said'
holds 'once' test "$(grep -c '' <"$ERR")" = 1
holds 'every picture is at the final exit, without a score' answers '
    ($want[0].thresholds | length + 1) as $n | all(.exit == $n and .score == null)'
jq -s '[.[-1].logits.values as $z | range(28) | $z[. * 4:. * 4 + 4]]' \
    whole.json >final.json
holds 'which says what it said in eenn-run' jq -se --slurpfile z final.json \
    'to_entries | all(.value as $a | $z[0][.key] | max as $m
        | map(. - $m | exp) | (1 / add - $a.confidence | fabs) < 1e-6
          and $a.class == ["cat", "dog", "fox", "owl"][index(1)])' p.json
holds 'and takes the backbone and the final head alone' answers \
    "all(.macs == $(stream-dump -r trained.mpz | jq -s '.[0].summary
        | .prefix[-1] + .head[-1]'))"
predict --policy=policy.mpz photos/test
holds 'MACs with all exits on are those of the summary' answers \
    "$(stream-dump -r trained.mpz | jq -sc '.[0].summary.gamma') as \$gamma
    | all(.macs == \$gamma[.exit - 1])"

# ---- formats ----
p='eenn-predict -m trained.mpz --policy=policy.mpz'
expect 0 'three classes' $p --top=3 --format=json photos/test/cat
cp "$OUT" p.json
holds 'are in the order of their confidence' answers 'length == 6 and
    all((.top | length) == 3 and (.top | map(-.confidence) | . == sort)
        and .top[0] == {class, confidence}
        and (.top | map(.class) | unique | length) == 3)'
expect 0 'more than there are' $p --top=9 --format=json photos/test/cat/p0.png
cp "$OUT" p.json
holds 'are all, which add up to 1' answers '.[0].top | length == 4 and
    near(map(.confidence) | add; 1; 1e-12)'
expect 0 'TSV' $p --top=2 --format=tsv photos/test/cat
holds 'has the columns of the page' test "$(sed -n 1p "$OUT")" = "$(printf \
    'file\trank\tclass\tconfidence\tscore\texit\tmacs')"
holds 'and a line for each class' awk -F '\t' 'NF != 7 { exit 1 }
    NR > 1 && $2 != (NR % 2 ? 2 : 1) { exit 1 } END { exit NR != 13 }' "$OUT"
expect 0 'text' $p --top=2 photos/test/cat
holds 'has 80 columns at most' awk 'length > 80 { exit 1 }' "$OUT"
holds 'a line of heads' grep -qx \
    'class  confidence  score  exit   MACs M  file' "$OUT"
holds 'a line for each picture' test "$(grep -c 'photos/test/cat/p[0-5].png$' \
    "$OUT")" = 6
holds 'and one for its next class' test "$(grep -Ecx \
    '(cat|dog|fox|owl)         0\.[0-9]{3}' "$OUT")" = 6
holds 'and a legend' grep -q '^  exit: number of the exit taken' "$OUT"
expect 0 '-o' $p photos/test/cat -o out.txt

# ---- worked out elsewhere ----

# A network of two linear layers on the mean of 8x8 pixels, and what PIL and NumPy
# say of it (tests/reference/predict.py).
id=c51ff50ca3c1f781dad5dfe2705e7d2d
summary='"summary":{"arch":null,"space":null,"genome":[],"net":"'$id'","recipe":null,"origin":{"iteration":null,"slot":null},"gamma":[12,21],"gamma_paper":[12,9],"prefix":[0,0],"head":[12,9],"params":25,"peak_bytes":780}'
tensor() {  # tensor NAME SHAPE VALUES
    echo '{"type":"tensor","name":"'"$1"'","role":"param","value":{"dtype":"f32","shape":'"$2"',"values":'"$3"'}}'
}
{
    echo '{"type":"trained",'"$summary"',"status":"ok","reason":null,"dataset":"trees","seed":1,"recipe":[],"log":[],"best_epoch":null,
"input":{"kind":"image","size":[8,8],"channels":3,"mean":[0.5,0.25,0.375],"std":[0.25,0.5,0.125],"classes":["ash","oak","elm"],"resize":"cover","crop":"centre"}}' | tr -d '\n'
    echo
    tr -d '\n' <<END
{"type":"net","id":"$id","arch":null,"space":null,"genome":[],"origin":{"iteration":null,"slot":null},"input":[8,8,3],"classes":3,"params":25,"peak_bytes":780,"size_bytes":100,"exits":[
{"stage":0,"tap":0,"first":1,"last":1,"confidence":true,"pool":1,"head_macs":12,"gamma":12,"gamma_paper":12},
{"stage":1,"tap":0,"first":2,"last":2,"confidence":false,"pool":1,"head_macs":9,"gamma":21,"gamma_paper":9}],
"layers":[
{"name":"pool","op":"globalpool","inputs":[-1],"in":[8,8,3],"out":[1,1,3],"norm":false,"act":"none","bindings":[],"macs":0,"macs_paper":0,"params":0,"act_bytes":12},
{"name":"exit0.classifier","op":"linear","inputs":[0],"in":[1,1,3],"out":[1,1,4],"norm":false,"act":"none","bindings":[
{"slot":"weight","tensor":"exit0.classifier.weight","shape":[4,3]},
{"slot":"bias","tensor":"exit0.classifier.bias","shape":[4]}],"macs":12,"macs_paper":12,"params":16,"act_bytes":16},
{"name":"final.classifier","op":"linear","inputs":[0],"in":[1,1,3],"out":[1,1,3],"norm":false,"act":"none","bindings":[
{"slot":"weight","tensor":"final.classifier.weight","shape":[3,3]}],"macs":9,"macs_paper":9,"params":9,"act_bytes":12}]}
END
    echo
    echo '{"type":"trace",'"$summary"',"split":"val","samples":1,"classes":3,"exits":2,"policy":false,"labels":{"dtype":"i32","shape":[1],"values":[0]},"taken":{"dtype":"u8","shape":[0],"values":[]}}'
    echo '{"type":"exit-trace","exit":0,"logits":{"dtype":"f32","shape":[1,3],"values":[1,0,0]},"confidence":{"dtype":"f32","shape":[1],"values":[0.5]}}'
    echo '{"type":"exit-trace","exit":1,"logits":{"dtype":"f32","shape":[1,3],"values":[1,0,0]},"confidence":{"dtype":"f32","shape":[0],"values":[]}}'
    tensor exit0.classifier.weight '[4,3]' '[1,-2,0.5,-1,1,0.25,0.5,0.5,-1,0.5,0.5,0.25]'
    tensor exit0.classifier.bias '[4]' '[0,0,0.25,0.5]'
    tensor final.classifier.weight '[3,3]' '[2,0,0.5,0,1,0.5,-1,0.5,0.25]'
} | stream-load --kind=trained -o trees.mpz
trees() {   # trees RULE THRESHOLD TEMPERATURES
    thresh-tune -q trees.mpz | stream-dump -r | jq -c ".rule = \"$1\" |
        .thresholds = [$2] | .temperatures = $3" | stream-load --kind=result -o trees-policy.mpz
    for name in a.jpg d.jpg rgba.png scene.png turned6.JPG; do
        echo "$TOP/tests/pictures/$name"
    done | xargs eenn-predict -m trees.mpz --policy=trees-policy.mpz --format=tsv |
        sed "1d; s,^.*/,$1 ,"
}
{
    trees cumulative 0.65 '[1,1]'
    trees margin 0.1 '[2,0.5]'
} >seen
cat >want <<'END'
cumulative a.jpg elm 0.470 1.000 2 21
cumulative d.jpg elm 0.561 1.000 2 21
cumulative rgba.png elm 0.788 1.000 2 21
cumulative scene.png oak 0.590 0.657 1 12
cumulative turned6.JPG oak 0.556 0.730 1 12
margin a.jpg oak 0.504 0.222 1 12
margin d.jpg oak 0.462 0.111 1 12
margin rgba.png oak 0.504 0.206 1 12
margin scene.png oak 0.463 0.145 1 12
margin turned6.JPG oak 0.569 0.287 2 21
END
holds 'pictures, softmax, scores and exits agree with PIL and NumPy' awk '
    NR == FNR { want[FNR] = $0; next }
    { split(want[FNR], w); n++ }
    $1 != w[1] || $2 != w[2] || $4 != w[3] || $7 != w[6] || $8 != w[7] { exit bad = 1 }
    ($5 - w[4])^2 > 1e-5 || ($6 - w[5])^2 > 1e-5 { exit bad = 1 }
    END { exit bad || n != 10 }' want seen

# ---- which pictures ----
mkdir -p deep/b/.git deep/a/x/y deep/.hidden
cp photos/test/owl/p1.png deep/b/2.png
cp photos/test/owl/p1.png deep/b/10.PNG
cp photos/test/owl/p1.png deep/a/x/y/z.png
cp photos/test/owl/p1.png deep/a.png
for hidden in deep/.p.png deep/.hidden/p.png deep/b/.git/p.png; do
    cp photos/test/owl/p1.png $hidden
done
echo text >deep/b/README.txt
ln -s ../deep deep/loop.png
expect 0 'a folder' $p -v --format=json photos/test/fox/p2.png deep/ deep/a.png
cp "$OUT" p.json
holds 'stands for what is below it, in the order of bytes' answers 'map(.file) ==
    ["photos/test/fox/p2.png", "deep/a/x/y/z.png", "deep/a.png", "deep/b/10.PNG",
     "deep/b/2.png", "deep/a.png"]'
holds 'the same picture has the same answer' answers \
    '.[1:] | map(del(.file)) | unique | length == 1'
contains "$ERR" '2 files without the name of a picture were passed over' \
    'others are counted'
holds 'scaling is as it was in training, so nothing is said of it' sh -c \
    "! grep -q 'another size' '$ERR'"
jq -c '.file = "-"' p.json | sed -n 2p >want
expect 0 'a picture on stdin' sh -c "$p --format=json <deep/a.png "
answer_is want 'has the answer of the file'
expect 2 'two pictures on stdin' $p - deep/a.png -
contains "$ERR" "'-' is named twice" 'are refused'
expect 0 'a picture -' sh -c "$p --format=json - <deep/a.png "
answer_is want 'is the same'
mkdir none
expect 3 'a folder without pictures' $p none
contains "$ERR" 'none: no pictures' 'is named'

# ---- bad pictures ----
mkdir bad
cp photos/test/dog/p1.png bad/1.png
head -c 200 photos/test/dog/p2.png >bad/2.png
cp photos/test/dog/p3.png bad/3.png
expect 3 'a bad picture' $p --format=json bad -o answers.json
contains "$ERR" 'bad/2.png: ' 'is named'
holds 'the others are answered' test \
    "$(jq -r .file answers.json | tr '\n' ' ')" = 'bad/1.png bad/3.png '
expect 4 'one that is not there' $p --format=json bad/1.png bad/0.png
contains "$ERR" 'bad/0.png: No such file' 'is named'
holds 'the other one is answered' test "$(jq -r .file "$OUT")" = bad/1.png
expect 3 'no good picture at all' $p --format=json bad/2.png
holds 'no answer' test ! -s "$OUT"
expect 3 'nothing on stdin' sh -c "$p </dev/null"
printf 'a\tb\033[1m\n' >name
expect 0 'a file name that a terminal obeys' $p --format=tsv \
    "$(cp bad/1.png "$(cat name).png"; cat name).png"
holds 'is masked' awk -F '\t' 'NF != 7 || /\033/ { exit 1 } END { exit NR != 2 }' "$OUT"

# ---- grey, and pictures as they are ----
data-import -q --size=32 --channels=1 photos -o grey.mpz
net-zoo alexnet --input=32x32x1 --classes=4 -o grey-net.mpz
eenn-train -q -d grey.mpz --epochs=0/0 grey-net.mpz -o grey-trained.mpz
eenn-run -q -d grey.mpz grey-trained.mpz | stream-dump -r --values >grey.json
expect 0 'a grey network' eenn-predict -q --format=json -m grey-trained.mpz photos/test
holds 'sees grey pictures' jq -se --slurpfile run grey.json '
    ($run[-1].logits.values as $z | [range(28) | $z[. * 4:. * 4 + 4]]) as $z
    | length == 28 and (to_entries | all(.value.confidence as $c | $z[.key]
        | max as $m | map(. - $m | exp) | (1 / add - $c | fabs) < 1e-6))' "$OUT"

draw same/train 3
for f in same/train/*/*.png; do
    perl draw.pl 2 7 32 32 "$f"
done
data-import -q same -o same.mpz
eenn-train -q -d same.mpz --epochs=0/0 net.mpz -o as-they-are.mpz
expect 0 'a network of pictures as they are' \
    eenn-predict -v -m as-they-are.mpz same/train/cat photos/test/cat/p1.png
contains "$ERR" '1 pictures had another size than the images' \
    'scales those of another size, and says so'

# ---- what the network is fed with ----
edit() {    # edit FILTER: trained.mpz through jq
    stream-dump -r trained.mpz | jq -c "$1" | stream-load --kind=trained -o edited.mpz
}
old='if .type == "trained" then del(.input) else . end'
edit "$old"
expect 3 'an old network' eenn-predict -m edited.mpz photos/test/cat
contains "$ERR" '--dataset=FILE' 'needs its data set'
predict --policy=policy.mpz photos/test
head -c 100000 data.mpz >head.mpz
expect 0 'whose description is enough' eenn-predict -q -m edited.mpz -d head.mpz \
    --policy=policy.mpz --format=json photos/test
answer_is p.json 'the answers are the same'
expect 3 'a data set of another shape' eenn-predict -m edited.mpz -d grey.mpz \
    photos/test/cat
contains "$ERR" '32x32x1' 'is named'
expect 3 'a data set of another kind' eenn-predict -m edited.mpz -d net.mpz \
    photos/test/cat
cp -R photos elks
for split in train val test; do mv elks/$split/dog elks/$split/elk; done
data-import -q --size=32 elks -o elk.mpz
expect 3 'a data set with another class' eenn-predict -m trained.mpz -d elk.mpz \
    photos/test/cat
contains "$ERR" "is 'dog', of data set" 'is named'
edit 'if .type == "trained" then .input.classes = [] else . end'
expect 0 'classes without names' eenn-predict -q --policy=policy.mpz --format=json \
    -m edited.mpz photos/test
jq -c '.class |= ({"cat": "0", "dog": "1", "fox": "2", "owl": "3"}[.])' p.json >want
answer_is want 'have numbers'

# ---- which network ----
cat trained.mpz as-they-are.mpz >two.mpz
expect 0 'of two networks' eenn-predict -m two.mpz --policy=policy.mpz \
    --format=json photos/test/dog
grep '"photos/test/dog' p.json >want
answer_is want 'the one that the policy is of'
cat as-they-are.mpz trained.mpz >two.mpz
expect 0 'the other way round' eenn-predict -m two.mpz --policy=policy.mpz \
    --format=json photos/test/dog
answer_is want 'the same one'
expect 3 'without a policy none' eenn-predict -m two.mpz photos/test/dog
contains "$ERR" 'has 2 networks: pick one (stream-pick' 'says what to do'
thresh-tune -q as-they-are.mpz -o other.mpz
expect 0 'a policy of another training' eenn-predict -m trained.mpz \
    --policy=other.mpz photos/test/cat
contains "$ERR" 'was tuned on another training' 'is warned of'
cat tuned.mpz other.mpz >both.mpz
expect 3 'two policies for two networks' eenn-predict -m two.mpz \
    --policy=both.mpz photos/test/cat
contains "$ERR" 'has 2 networks that the policy is of' 'decide nothing'
thresh-tune -q grey-trained.mpz -o grey-tuned.mpz
expect 3 'a policy of another network' eenn-predict -m trained.mpz \
    --policy=grey-tuned.mpz photos/test/cat
contains "$ERR" 'no policy for net' 'is refused'
eenn-train -q -d data.mpz --epochs=0/0 --weights=none net.mpz -o bare.mpz
expect 3 'a network without weights' eenn-predict -m bare.mpz photos/test/cat
contains "$ERR" 'without weights' 'is refused'
expect 2 'no network' eenn-predict photos/test/cat
# ---- signals ----
# The numbers of a set as text files are answered as eenn-run runs the set.
data-synth -q --kind=signals -n 200 --val=40 --test=12 --length=16 --leads=2 \
    --classes=3 -o beats.mpz
net-zoo ecg-cnn --input=16x1x2 --classes=3 --width=0.2 --exits=all -o beat-net.mpz
eenn-train -q -d beats.mpz -e 0/1 beat-net.mpz -o beat.mpz
mkdir -p beats/more
stream-dump -r --values beats.mpz | jq -c 'select(.split == "test") |
    [.images.values | flatten | _nwise(32)] | to_entries[]' |
    while read -r line; do
        i=$(echo "$line" | jq .key)
        echo "$line" | jq -r '.value | _nwise(2) | "\(.[0]), \(.[1])"' \
            >"beats/$(printf %02d "$i").csv"
    done
mv beats/11.csv beats/more/11.TXT
eenn-run -q -d beats.mpz beat.mpz -o beat-run.mpz
stream-dump -r --values beat-run.mpz | jq -c 'select(.type == "exit-trace")' |
    tail -n 1 | jq -c '.logits.values | flatten | [_nwise(3)] |
    map(index(max))[]' >its.txt
beat='eenn-predict -q -m beat.mpz'
expect 0 'signals' sh -c "$beat --format=json beats >beats.json"
jq -r .class beats.json | sed 's/normal/0/;s/early/1/;s/wide/2/' >answered.txt
same its.txt answered.txt 'are answered as the set is'
expect 0 'in other words' sh -c "{ echo '# lead 1; lead 2'; echo
    tr ',' ';' <beats/03.csv | sed 's/ /\t/'; } | $beat --format=json >one.json"
rounded() { jq '.confidence * 1e6 | round' "$@"; }
holds 'say the same' test "$(rounded one.json)" = "$(sed -n 4p beats.json | rounded)"
sed 1d beats/00.csv >few.csv
expect 3 'a sample too few' $beat few.csv
contains "$ERR" 'few.csv: 15 samples where the network takes signals of 16' 'is said'
sed '3s/,.*//' beats/00.csv >lead.csv
expect 3 'a number too few' $beat lead.csv
contains "$ERR" 'lead.csv:3: 1 numbers in place of 2' 'is said'
sed '5s/.*/1,nan/' beats/00.csv >nan.csv
expect 3 'no number' $beat nan.csv
contains "$ERR" "nan.csv:5: 'nan' is not a number" 'is said'
sed 's/.*/3e38,-3e38/' beats/00.csv >large.csv
expect 3 'numbers that are too large for the network' $beat large.csv
contains "$ERR" 'large.csv: the network answers with a number that is not finite' 'are told of'
expect 3 'a picture for a network of signals' $beat deep/a.png
contains "$ERR" 'the network takes signals: text' 'is refused'
expect 3 'a folder of pictures' $beat photos
contains "$ERR" 'photos: no signals in this folder' 'is refused'
expect 3 'a signal for a network of pictures' $p beats/00.csv
contains "$ERR" 'the network takes pictures: PNG' 'is refused'

# ---- sounds ----
# WAV files are answered as eenn-run answers the set that was imported from them.
perl "$TOP/tests/make-sounds.pl" sounds words 2 6
data-import -q --clip=0.1 --frame=20 --hop=10 --bands=8 --coefs=5 words -o words.mpz
net-zoo ds-cnn --input=9x5x1 --classes=2 --width=0.1 --exits=all -o word-net.mpz
eenn-train -q -d words.mpz -e 0/2 word-net.mpz -o word.mpz
thresh-tune -q word.mpz -o word-tuned.mpz
word='eenn-predict -q -m word.mpz'
expect 0 'sounds' $word --policy=word-tuned.mpz --format=tsv words -o words.tsv
for s in train val test; do
    eenn-run -q -d words.mpz --split=$s --policy=word-tuned.mpz word.mpz -o run.mpz
    eenn-report --view=samples --format=tsv run.mpz | tail -n +2
done | cut -f3,5,7 | sed 's,^,words/,' | sort >its.txt
tail -n +2 words.tsv | cut -f1,3,6 | sort >answered.txt
same its.txt answered.txt 'are answered as the set is, all 24'
expect 0 'one on stdin' sh -c "$word --format=json <words/no/000000a2_nohash_1.wav >one.json"
holds 'is as good' test "$(jq -c .class one.json)" = "$($word --format=json \
    words/no/000000a2_nohash_1.wav | jq -c .class)"
# The same samples said to be at twice the rate are another sound, half as long.
perl -0777 -pe 's/\xa0\x0f\0\0\x40\x1f\0\0/\x40\x1f\0\0\x80\x3e\0\0/' \
    words/no/000000a2_nohash_1.wav >fast.wav
expect 0 'a sound of another rate' eenn-predict -v -m word.mpz fast.wav
contains "$ERR" '1 sounds had another rate, length or number of channels than clips of 0.1 s at 4000 Hz' \
    'is brought to that of the network'
head -c 700 fast.wav >cut.wav
expect 3 'a sound that was cut off' $word cut.wav
contains "$ERR" 'cut.wav: ' 'is named'
expect 3 'a picture for a network of sounds' $word deep/a.png
contains "$ERR" '(the network takes sounds: WAV)' 'is refused'
expect 3 'a sound for a network of pictures' $p fast.wav
contains "$ERR" '(the network takes pictures: PNG, JPEG, PPM or BMP)' 'is refused'
expect 3 'a sound for a network of signals' $beat fast.wav
contains "$ERR" '(the network takes signals: text' 'is refused'
expect 3 'a set of signals for a network of sounds' eenn-run -d beats.mpz word.mpz
contains "$ERR" 'takes features of 9x5x1' 'is refused'

finish
