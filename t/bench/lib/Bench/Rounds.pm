# SPDX-License-Identifier: Apache-2.0
#
# Measurements in rounds. In each round every case is measured once, one
# after the other, each round beginning with another one. A ratio is that of
# two measurements of one round, and the median of those is reported: so
# what slows the machine down for a while weighs on all cases alike.
#
# Where that is not enough a case is measured *beside* the one it is compared
# with: that one right before and right after it, and its ratio is to their
# mean. A round with thirty cases takes over a minute, in which a machine
# that is shared with others may change its pace more than once.
#
# A case is [NAME, SUB, %opt], with the option beside => NAME. A measurement
# is a hash of numbers; `value` is the one that counts.

package Bench::Rounds;

use strict;
use warnings;

use Bench::Options;
use Exporter 'import';

our @EXPORT = qw(median);

sub median
{
    my @v = sort { $a <=> $b } @_;
    my $half = int(@v / 2);
    return @v % 2 ? $v[$half] : ($v[$half - 1] + $v[$half]) / 2;
}

# The median, and between which two of the values it is with 95 % probability
# whatever they are spread like: the binomial distribution gives how many of
# them may lie beyond it. Of five the least and the most (94 %).
sub _interval
{
    my @v = sort { $a <=> $b } @_;
    my ($beyond, $one, $all) = (0, 0.5 ** @v, 0);
    for my $k (0 .. $#v) {
        $all += $one;
        last if $all > 0.025;
        $beyond = $k;
        $one *= (@v - $k) / ($k + 1);
    }
    return (median(@v), $v[$beyond], $v[$#v - $beyond]);
}

# warm_measure(NAME, CASE...): a second of each case before the first
# round, which does not count: connections to databases are opened, what is
# cached comes into the cache.
sub warm_measure
{
    my ($class, $name, @cases) = @_;
    note("$name, a round to warm up");
    {
        local $OPT{seconds} = 1;
        # Too short for an answer, perhaps: what is wrong shows in a round.
        for my $case (@cases) {
            eval { $case->[1]->() };
        }
    }
    return $class->measure($name, @cases);
}

# measure(NAME, CASE...): measures all cases in all rounds.
sub measure
{
    my ($class, $name, @cases) = @_;
    my %sub = map { @$_[0, 1] } @cases;
    my %beside = map { my ($case, undef, %opt) = @$_;
                       ($case => $opt{beside}) } @cases;
    my %is_beside = map { $_ => 1 } grep { defined } values %beside;
    my @turns = grep { !$is_beside{$_} } map { $_->[0] } @cases;
    my $self = bless { got => {}, beside => {} }, $class;
    for my $round (0 .. $OPT{rounds} - 1) {
        note("$name, round ", $round + 1, " of $OPT{rounds}");
        $self->_round(\%sub, \%beside,
                      map { $turns[($_ + $round) % @turns] } 0 .. $#turns);
    }
    return $self;
}

# What is measured several times in a round counts with its mean.
sub _round
{
    my ($self, $sub, $beside, @turns) = @_;
    my (%got, $of, $before);
    for my $case (@turns) {
        my $to = $beside->{$case};
        if (defined $to && (!defined $of || $of ne $to)) {
            $before = $sub->{$to}->();
            push @{ $got{$to} }, $before;
        }
        push @{ $got{$case} }, $sub->{$case}->();
        $of = $to;
        next if !defined $to;
        my $after = $sub->{$to}->();
        push @{ $got{$to} }, $after;
        push @{ $self->{beside}{$case}{$to} }, _mean($before, $after);
        $before = $after;
    }
    push @{ $self->{got}{$_} }, _mean(@{ $got{$_} }) for keys %got;
}

# Of measurements, number by number.
sub _mean
{
    my (@measurements) = @_;
    my %mean;
    for my $one (@measurements) {
        $mean{$_} += $one->{$_} / @measurements for keys %$one;
    }
    return \%mean;
}

# once(CASE => VALUE...): for what is exact.
sub once
{
    my ($class, %values) = @_;
    return bless { got => { map { $_ => [{ value => $values{$_} }] }
                            keys %values } }, $class;
}

sub values
{
    my ($self, $case, $field) = @_;
    my $all = $self->{got}{$case} or die "no case $case was measured\n";
    return map { $_->{$field || 'value'} } @$all;
}

sub ratios
{
    my ($self, $case, $to, $field) = @_;
    my $beside = $self->{beside}{$case}{$to};
    my @of = $beside ? map { $_->{$field || 'value'} } @$beside
        : $self->values($to, $field);
    my @values = $self->values($case, $field);
    return map { $of[$_] ? $values[$_] / $of[$_] : 0 } 0 .. $#of;
}

# row(CASE, text => TEXT, unit => UNIT, %opt): a row of the report. Options:
#   field   of the measurement (default value)
#   to, of  the case it is compared with, and what the reader calls that one
#   target  ['>=' or '<=', NUMBER] for the ratio, or, with on => 'value' or
#           on => 'more', for the value itself or its difference
#   alone   the ratio alone: the value stands in another row
sub row
{
    my ($self, $case, %opt) = @_;
    my %row = (text => $opt{text},
               unit => $opt{alone} ? '' : $opt{unit} || '');
    @row{qw(value least most)}
        = _interval($self->values($case, $opt{field})) if !$opt{alone};
    if (defined $opt{to}) {
        my @ratios = $self->ratios($case, $opt{to}, $opt{field});
        @row{qw(ratio ratio_least ratio_most)} = _interval(@ratios);
        $row{of} = $opt{of} || $opt{to};
        $row{more} = $row{value} - median($self->values($opt{to}, $opt{field}))
            if defined $row{value};
    }
    my @cpu = grep { defined } $self->values($case, 'cpu');
    $row{cpu} = median(@cpu) if @cpu && !$opt{field} && !$opt{alone};
    if (my $target = $opt{target}) {
        my ($sign, $number) = @$target;
        my $on = $opt{on} || 'ratio';
        my $is = $row{$on};
        @row{qw(sign target on)} = ($sign, $number, $on);
        my $is_met = sub { $sign eq '>=' ? $_[0] >= $number
                                         : $_[0] <= $number };
        $row{met} = $is_met->($is) ? 1 : 0;
        $row{unsure} = 1 if $on eq 'ratio'
            && grep { $is_met->($_) != $row{met} }
                    @row{qw(ratio_least ratio_most)};
    }
    return \%row;
}

1;
