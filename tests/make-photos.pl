#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# Write what stands for somebody's photographs: pictures of odd sizes in a folder for
# each of the classes stripes, rings, blocks and leaves, as PPM files, or as PGM files
# with `grey':
#
#     make-photos.pl FOLDER PICTURES [SEED [grey]]
#
# The classes differ in the shape of one thing, which has any colour, place and size,
# on a ground of any other colour that gets lighter in some direction, with noise.
use strict;
use warnings;

my ($folder, $pictures, $seed, $grey) = @ARGV;
die "usage: make-photos.pl FOLDER PICTURES [SEED [grey]]\n" unless defined $pictures;
srand($seed // 1);
my $pi = atan2(0, -1);

# For each class, whether the point (x, y) of a thing of size 1 is its colour.
my %shows = (
    stripes => sub { my ($x, $y) = @_; abs($x) < 1 && abs($y) < 1 && ($y * 2.5 + 9) % 2 },
    rings => sub { my ($x, $y) = @_; my $r = sqrt($x * $x + $y * $y); $r < 1 && $r > .45 },
    blocks => sub { my ($x, $y) = @_; abs($x) < .8 && abs($y) < .8 },
    leaves => sub { my ($x, $y) = @_; abs($y) < .9 * cos($x * $pi / 2) ** 3 && abs($x) < 1
        && abs($y) > .06 },
);

sub picture {
    my ($shows) = @_;
    my ($w, $h) = (70 + int rand 50, 70 + int rand 50);
    my @ground = map { 40 + rand 120 } 1 .. 3;
    my @colour = map { $_ + (rand() < .5 ? -1 : 1) * (40 + rand 60) } @ground;
    my ($cx, $cy) = ($w / 2 + rand(20) - 10, $h / 2 + rand(20) - 10);
    my $size = 18 + rand 14;
    my $angle = rand(.6) - .3;
    my ($cos, $sin) = (cos($angle) / $size, sin($angle) / $size);
    my ($across, $down) = (rand(.8) - .4, rand(.8) - .4);
    my @pixels;
    for my $y (0 .. $h - 1) {
        for my $x (0 .. $w - 1) {
            my ($dx, $dy) = ($x - $cx, $y - $cy);
            my $from = $shows->($dx * $cos + $dy * $sin, $dy * $cos - $dx * $sin)
                ? \@colour : \@ground;
            my $light = $across * $dx + $down * $dy + rand(36) - 18;
            push @pixels, map { my $v = $_ + $light; $v < 0 ? 0 : $v > 255 ? 255 : int $v }
                $grey ? $$from[0] : @$from;
        }
    }
    return ($grey ? 'P5' : 'P6') . "\n$w $h\n255\n" . pack 'C*', @pixels;
}

mkdir $folder;
my @classes = sort keys %shows;
for my $i (0 .. $pictures - 1) {
    my $class = $classes[$i % @classes];
    mkdir "$folder/$class";
    my $path = sprintf '%s/%s/%03d.%s', $folder, $class, $i, $grey ? 'pgm' : 'ppm';
    open my $file, '>:raw', $path or die "$path: $!\n";
    print $file picture($shows{$class}) or die "$path: $!\n";
    close $file or die "$path: $!\n";
}
