# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Pictures of odd sizes in four classes, a folder for each: PPM by what they are,
# .jpg by name, as cameras' files are.
# shellcheck disable=SC2016  # the dollars are for perl
photographs() {     # photographs FOLDER EACH: so many of each class
    perl -we '
        use strict;
        my ($folder, $each) = @ARGV;
        my %looks = (cat => [220, 120, 60, 3], dog => [90, 160, 220, 9],
                     fox => [240, 220, 90, 5], owl => [110, 200, 110, 14]);
        srand 7;
        mkdir $folder;
        for my $class (sort keys %looks) {
            my ($r, $g, $b, $period) = @{$looks{$class}};
            mkdir "$folder/$class";
            for my $i (1 .. $each) {
                my ($h, $w) = (40 + int rand 60, 40 + int rand 60);
                my $turn = rand 6.28;
                my ($p, $q) = (cos $turn, sin $turn);
                my $pixels = "";
                for my $y (0 .. $h - 1) {
                    for my $x (0 .. $w - 1) {
                        my $s = 0.5 + 0.5 * sin(($p * $x + $q * $y) / $period);
                        my $n = rand 90;
                        $pixels .= pack "C3", map {
                            my $v = $_ * $s + $n; $v > 255 ? 255 : $v } $r, $g, $b;
                    }
                }
                my $path = sprintf "%s/%s/%02d.jpg", $folder, $class, $i;
                open my $f, ">:raw", $path or die "$path: $!";
                print $f "P6\n$w $h\n255\n$pixels";
                close $f or die "$path: $!";
            }
        }' "$1" "$2"
}
