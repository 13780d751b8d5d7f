#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# Write pictures of digits as MNIST has them, IDX files of 28 x 28 grey pixels:
#
#     make-digits.pl FOLDER TRAIN TEST [SEED]
#
# A digit is a chain of strokes that is shifted, slanted, scaled and drawn with a pen
# of varying width; every corner is moved a little, and there is noise.
use strict;
use warnings;

my ($folder, $train, $test, $seed) = @ARGV;
die "usage: make-digits.pl FOLDER TRAIN TEST [SEED]\n" unless defined $test;
srand($seed // 1);

# Corners from (0, 0), left and top, to (1, 1); undef lifts the pen.
my @strokes = (
    [[.5, 0], [.1, .3], [.1, .7], [.5, 1], [.9, .7], [.9, .3], [.5, 0]],
    [[.3, .2], [.55, 0], [.55, 1]],
    [[.1, .25], [.5, 0], [.9, .25], [.1, 1], [.95, 1]],
    [[.1, .1], [.6, 0], [.85, .25], [.4, .48], [.9, .72], [.55, 1], [.1, .9]],
    [[.65, 1], [.65, 0], [.05, .65], [.95, .65]],
    [[.9, 0], [.2, 0], [.15, .45], [.7, .42], [.9, .72], [.55, 1], [.1, .9]],
    [[.75, 0], [.25, .4], [.1, .75], [.5, 1], [.9, .75], [.5, .5], [.15, .7]],
    [[.05, 0], [.95, 0], [.4, 1]],
    [[.5, .47], [.15, .22], [.5, 0], [.85, .22], [.5, .47], [.1, .75], [.5, 1],
        [.9, .75], [.5, .47]],
    [[.85, .3], [.5, .5], [.15, .25], [.5, 0], [.85, .3], [.75, 1]],
);

sub draw {
    my ($digit) = @_;
    my ($width, $height) = (9 + rand 7, 15 + rand 6);
    my ($left, $top) = (14 - $width / 2 + rand(5) - 2.5, 14 - $height / 2 + rand(5) - 2.5);
    my ($slant, $pen, $ink) = (rand(.6) - .3, .9 + rand .9, 170 + rand 85);
    my @dark = (0) x 784;
    my ($px, $py);
    for my $corner (@{$strokes[$digit]}) {
        my ($u, $v) = map { $_ + rand(.16) - .08 } @$corner;
        my $x = $left + $width * ($u + $slant * (.5 - $v));
        my $y = $top + $height * $v;
        if (defined $px) {
            my ($dx, $dy) = ($x - $px, $y - $py);
            my $square = $dx * $dx + $dy * $dy + 1e-9;
            my ($x0, $x1) = sort { $a <=> $b } $px, $x;
            my ($y0, $y1) = sort { $a <=> $b } $py, $y;
            for my $r (int($y0 - $pen) - 1 .. int($y1 + $pen) + 1) {
                next if $r < 0 || $r > 27;
                for my $c (int($x0 - $pen) - 1 .. int($x1 + $pen) + 1) {
                    next if $c < 0 || $c > 27;
                    my $t = (($c - $px) * $dx + ($r - $py) * $dy) / $square;
                    $t = $t < 0 ? 0 : $t > 1 ? 1 : $t;
                    my $off = sqrt(($c - $px - $t * $dx)**2 + ($r - $py - $t * $dy)**2);
                    my $d = $pen + .5 - $off;
                    $d = 1 if $d > 1;
                    $dark[28 * $r + $c] = $d if $d > $dark[28 * $r + $c];
                }
            }
        }
        ($px, $py) = ($x, $y);
    }
    return pack 'C*', map {
        my $v = int($ink * $_ + rand(30));
        $v > 255 ? 255 : $v
    } @dark;
}

sub put {
    my ($name, $n) = @_;
    my ($images, $labels) = ('', '');
    for my $i (0 .. $n - 1) {
        my $digit = int rand 10;
        $images .= draw($digit);
        $labels .= chr $digit;
    }
    for (['images-idx3', pack('N4', 0x803, $n, 28, 28) . $images],
         ['labels-idx1', pack('N2', 0x801, $n) . $labels]) {
        open my $file, '>:raw', "$folder/$name-$$_[0]-ubyte" or die "$folder: $!\n";
        print $file $$_[1] or die "$folder: $!\n";
        close $file or die "$folder: $!\n";
    }
}

mkdir $folder;
put('train', $train);
put('t10k', $test);
