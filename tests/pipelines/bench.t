#!/bin/sh
# SPDX-License-Identifier: MIT
# The benchmark's driver, with programs that only pretend.
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"
bench=$TOP/tests/bench/bench.sh
unset ONLY ROUNDS

program() { # program NAME <text
    cat >"$T/bench/$1"
    chmod +x "$T/bench/$1"
}
mkdir bench
# The n-th call gives the n-th of some figures; the last one for good.
program fake <<'END'
#!/bin/sh
# fake KEY VALUE...
key=$1
shift
n=$(cat "$key.calls" 2>/dev/null || echo 0)
echo $((n + 1)) >"$key.calls"
[ "$n" -lt $# ] || n=$(($# - 1))
shift "$n"
printf '%s\t%s\n' "$key" "$1"
END
program away <<'END'
#!/bin/sh
echo 'Fake is not installed' >&2
exit 77
END
tsv() {     # tsv FILE <lines with blanks between the fields, _ in them
    sed 's/  */\t/g; s/_/ /g' >"$T/bench/$1.tsv"
}
# Peers' files must not be ours: each side has a key, and calls, of its own.
tsv groups <<'END'
# group rounds title prepare ours peer
fast 3 A_race echo_10_>ready fake_speed_40_90_50;_fake_=same_7 cd_..;_fake_speed_10_30_10;_fake_=same_7
time 2 A_slow_one : fake_time_4_2;_fake_rest_1 cd_..;_fake_time_8_8
alone 1 Nobody_else : fake_alone_400 away
gone 1 Not_there away fake_gone_1 fake_gone_1
END
tsv rows <<'END'
fast speed How_fast images/s more peer 4.0 3.5
time time How_long ms less peer - -
time rest The_rest ms less time 2 1.5
alone alone By_itself MB/s more - 500 -
alone lonely With_nobody MB/s more peer 2 1
gone gone Not_here s less - 1 -
END

run() {     # run [OPTION]: the table in table, the TSV in out.tsv
    OUT=out.tsv sh -c '"$0" "$@" 2>progress >table' "$bench" "$@" bench
}
field() {   # field KEY NAME: of out.tsv
    awk -F '\t' -v key="$1" -v name="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) f = i }
        $2 == key { print $f }' out.tsv
}
is() {      # is KEY NAME VALUE WHAT
    holds "$4" test "$(field "$1" "$2")" = "$3"
}

# ---- a whole run ----
expect_loose 0 'a peer that is missing is no failure' run
is speed ours 50 'the median of three rounds'
is speed theirs 10 "the peer's"
is speed ratio 4 "the median of each round's ratio: 4, 3, 5"
is speed share 1 'the share of the target'
is time ours 3 'the median of two rounds'
is time ratio 3 'of times, less is better'
is rest versus time 'a figure of our own to stand beside'
is rest ratio 3 'in the same round'
is rest share 1.5 'and its target'
is alone ratio '' 'nothing beside it, no ratio'
is alone share 0.8 'a target of its own'
contains table 'A race (medians of 3 rounds)' 'says what was run'
contains table 'peer skipped: Fake is not installed' 'says who is missing'
contains table 'ours skipped: Fake is not installed' 'ours as well'
contains progress 'bench: fast: A race' 'says where it is'
holds 'shows limits' grep -Eq '^  How fast +images/s +50.00 +10.00 +4.00 +4.0 x +100%$' table
holds 'of figures too' grep -Eq '^  By itself +MB/s +400.0 +- +- +500 +80%$' table

# ---- floors ----
expect_loose 0 'all ratios above their floors' run --check
contains table '2 ratios have floors, none is below' 'says so'
contains table 'not judged' 'and what it could not judge'
sed -i 's/4.0\t3.5/4.0\t4.5/' bench/rows.tsv
expect_loose 0 'a plain run does not mind' run
expect_loose 1 'a ratio below its floor' run --check
contains table 'speed: 4.00, floor 4.5' 'is named'
sed -i 's/\t500\t-/\t500\t500/; s/4.0\t4.5/4.0\t3.5/' bench/rows.tsv
expect_loose 0 'a figure below its own limit fails nothing' run --check

# ---- what can go wrong ----
expect_loose 0 'one group, one round' env ONLY=time ROUNDS=1 OUT=out.tsv \
    "$bench" bench
is time ratio 2 'of that round alone'
holds 'and nothing else' test "$(grep -c '' out.tsv)" -eq 3
sed -i 's/fake =same 7$/fake =same 8/' bench/groups.tsv
expect_loose 1 'not the same work' run
contains table 'not the same work: same is 7, the peer'\''s 8' 'is told'
is speed ratio '' 'and gives no ratio'
sed -i 's/^time.*/time\t1\tA slow one\t:\tfake time 4; false\t-/' bench/groups.tsv
expect_loose 1 'a program that fails' run
contains table 'time: ours failed' 'is told'
finish
