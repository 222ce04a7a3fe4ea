#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# What make bench makes of its measurements: which are compared with which,
# and when a verdict is sure.
# mpm: own
# driver: sqlite3
# needs: nothing

use strict;
use warnings;
use lib 't/lib', 't/bench/lib';
use Bench::Options;
use Bench::Rounds;
use Test::More;

# A case with given measurements, and a note of the order.
my @order;
sub case
{
    my ($name, $values, %opt) = @_;
    my @left = @$values;
    return [$name, sub { push @order, $name; return { value => shift @left } },
            %opt];
}

# Rounds in which a case does so much of what it is compared with.
sub compared
{
    my (@values) = @_;
    local $OPT{rounds} = @values;
    my $rates = quietly(sub { Bench::Rounds->measure('x',
        case('base', [(100) x @values]), case('it', [map { 100 * $_ } @values]))
    });
    return $rates->row('it', text => 'it', to => 'base',
                       target => ['>=', 0.9]);
}

sub quietly
{
    my ($sub) = @_;
    open my $err, '>&', \*STDERR or die "cannot keep stderr: $!\n";
    open STDERR, '>', '/dev/null' or die "cannot open /dev/null: $!\n";
    my $got = eval { $sub->() };
    my $why = $@;
    open STDERR, '>&', $err or die "cannot give stderr back: $!\n";
    die $why if $why;
    return $got;
}

subtest 'what a case is compared with is measured before and after it' => sub {
    local $OPT{rounds} = 1;
    my $rates = quietly(sub { Bench::Rounds->measure('x',
        case('base', [100, 200, 400]),
        case('first', [75], beside => 'base'),
        case('second', [150], beside => 'base'),
        case('alone', [70])) });
    is("@order", 'base first base second base alone', 'in this order');
    is($rates->row('first', text => '', to => 'base')->{ratio}, 0.5,
        'the ratio is to the mean of the two');
    is($rates->row('second', text => '', to => 'base')->{ratio}, 0.5,
        'two neighbours share one of them');
    is($rates->row('alone', text => '', to => 'base')->{ratio}, 0.3,
        'who has none beside it is compared with the mean of the round');
};

subtest 'each round begins with another case' => sub {
    local $OPT{rounds} = 3;
    @order = ();
    quietly(sub { Bench::Rounds->measure('x',
        map { case($_, [1, 1, 1]) } qw(a b c)) });
    is("@order", 'a b c b c a c a b', 'in turn');
};

subtest 'the interval holds the median with 95 per cent' => sub {
    local $OPT{rounds};
    # P(a value is below the median) is a half: the binomial distribution
    for (['1', 1, 1], ['5', 1, 5], ['6', 1, 6], ['9', 2, 8], ['15', 4, 12],
         ['30', 10, 21]) {
        my ($n, $least, $most) = @$_;
        $OPT{rounds} = $n;
        my $row = quietly(sub { Bench::Rounds->measure('x',
            case('a', [reverse 1 .. $n])) })->row('a', text => '');
        is("@$row{qw(least most)}", "$least $most", "of $n");
    }
};

subtest 'a verdict is unsure where the interval goes across the target' => sub {
    my $row = compared((0.95) x 12, (0.8) x 3);
    is($row->{met}, 1, 'met');
    ok(!$row->{unsure}, '  surely, though three were below');
    $row = compared((0.95) x 9, (0.8) x 6);
    is($row->{met}, 1, 'met');
    ok($row->{unsure}, '  unsure, with six below');
    $row = compared((0.8) x 15);
    is($row->{met}, 0, 'missed');
    ok(!$row->{unsure}, '  surely');
    $row = compared((0.95) x 4, (0.8) x 11);
    is($row->{met}, 0, 'missed');
    ok($row->{unsure}, '  unsure, with four above');
};

done_testing();
