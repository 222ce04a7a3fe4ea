# SPDX-License-Identifier: Apache-2.0
#
# What a run is asked to do, from the environment:
#
#   BENCH_ROUNDS   rounds (default 15)
#   BENCH_SECONDS  length of one measurement (default 1); parts that need
#                  longer ones take three times that, and a third of the
#                  rounds
#   BENCH_PARTS    names of parts, with commas between (default all)
#   BENCH_SIZES    tokens in the database, for the part tokens
#                  (default 1000,100000,1000000)
#   BENCH_PIN      0: load and servers share all cores (default 1: each has
#                  its own, in the parts that measure throughput)
#   BENCH_AUTOGROUP 1: kernel.sched_autogroup_enabled stays what it is
#   BENCH_KEEP     a folder for callgrind's counts of the part instructions:
#                  CASE.600 is what 600 requests cost, function by function
#                  (callgrind_annotate)

package Bench::Options;

use strict;
use warnings;

use Exporter 'import';

our @EXPORT = qw(%OPT note);

our @PARTS = qw(throughput shared tokens garbage logins mixed http2
                instructions memory);
our %OPT = (
    rounds => _number('BENCH_ROUNDS', 15, 1, 100),
    seconds => _number('BENCH_SECONDS', 1, 1, 60),
    pin => _number('BENCH_PIN', 1, 0, 1),
    autogroup => _number('BENCH_AUTOGROUP', 0, 0, 1),
    keep => $ENV{BENCH_KEEP} || '',
    parts => [_list('BENCH_PARTS', @PARTS)],
    sizes => [_list('BENCH_SIZES', 1000, 100_000, 1_000_000)],
    connections => 32,
    threads => 64,              # of the one child of a server
    file_size => 1024,
    password => 'the password of the bench',
);

sub _number
{
    my ($name, $default, $least, $most) = @_;
    my $n = $ENV{$name};
    return $default if !defined $n || $n eq '';
    die "$name=$n: a number from $least to $most\n"
        if $n !~ /^\d+$/ || $n < $least || $n > $most;
    return $n;
}

sub _list
{
    my ($name, @default) = @_;
    return @default if !defined $ENV{$name} || $ENV{$name} eq '';
    return grep { length } split /[,\s]+/, $ENV{$name};
}

sub check
{
    for my $part (@{ $OPT{parts} }) {
        die "BENCH_PARTS: no part \"$part\": @PARTS\n"
            if !grep { $_ eq $part } @PARTS;
    }
    for my $size (@{ $OPT{sizes} }) {
        die "BENCH_SIZES: $size: a number from 1000 to 10000000\n"
            if $size !~ /^\d+$/ || $size < 1000 || $size > 10_000_000;
    }
}

sub note { print STDERR 'bench: ', @_, "\n" }

1;
