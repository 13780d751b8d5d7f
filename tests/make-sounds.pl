#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# Make small sounds and heart beats for tests:
#   make-sounds.pl sounds FOLDER CLASSES SPEAKERS
#     FOLDER/CLASS/SPEAKER_nohash_N.wav, two of each speaker: tones of 0.1 s at
#     4 kHz, 16 bits, whose frequency is the class's and whose loudness the
#     speaker's
#   make-sounds.pl beats FOLDER RECORD...
#     FOLDER/RECORD.{hea,dat,atr}: 40 beats at 100 Hz in two leads of format 212, of
#     the signs N, V, A and F, or those of the variable SIGNS, in turn
use strict;
use warnings;

sub put {
    my ($path, $bytes) = @_;
    open my $f, '>:raw', $path or die "$path: $!\n";
    print $f $bytes;
    close $f or die "$path: $!\n";
}

my ($kind, $folder, @rest) = @ARGV;
mkdir $folder;
if ($kind eq 'sounds') {
    my ($classes, $speakers) = @rest;
    for my $c (0 .. $classes - 1) {
        my $name = ('no', 'yes', 'stop', 'go')[$c];
        mkdir "$folder/$name";
        for my $s (0 .. $speakers - 1) {
            for my $n (0, 1) {
                my $raw = join '', map {
                    pack 's<', (1000 + 1500 * $s) *
                        sin($_ * (0.3 + 0.4 * $c) + $n + $_ * $_ * 1e-4 * $s)
                } 0 .. 399;
                put(sprintf('%s/%s/%08x_nohash_%d.wav', $folder, $name,
                            0xa0 + $s, $n),
                    'RIFF' . pack('V', 36 + length $raw) . 'WAVEfmt ' .
                    pack('VvvVVvv', 16, 1, 1, 4000, 8000, 2, 16) .
                    'data' . pack('V', length $raw) . $raw);
            }
        }
    }
} else {
    my %code = (N => 1, V => 5, A => 8, F => 6, Q => 13);
    my @codes = @code{split //, $ENV{SIGNS} // 'NVAF'};
    for my $r (0 .. $#rest) {
        my ($dat, $atr, @sum) = ('', '', 0, 0);
        for my $i (0 .. 3999) {
            my $at = ($i % 100 - 50) / (2 + int($i / 100) % 4);
            my @v = map { int($_ * (100 + 10 * $r) * exp(-$at * $at) + $i % 7) }
                (8, -5);
            $sum[$_] += $v[$_] for 0, 1;
            my ($x, $y) = map { $_ & 0xfff } @v;
            $dat .= pack 'CCC', $x & 255, $x >> 8 | ($y >> 8) << 4, $y & 255;
        }
        for my $b (0 .. 39) {
            $atr .= pack 'v', $codes[$b % @codes] << 10 | ($b ? 100 : 50);
        }
        my @names = $r % 2 ? ('V1', 'MLII') : ('MLII', 'V5');
        put("$folder/$rest[$r].hea", "$rest[$r] 2 100 4000\n" . join('', map {
            "$rest[$r].dat 212 200 11 0 0 " . (($sum[$_] + 32768) % 65536 -
            32768) . " 0 $names[$_]\n" } 0, 1));
        put("$folder/$rest[$r].dat", $dat);
        put("$folder/$rest[$r].atr", $atr . "\0\0");
    }
}
