# SPDX-License-Identifier: Apache-2.0
#
# What was measured, as one table, and as the figures of a document. The
# last result of each part is kept in build/bench/results.json, so that a
# part can be measured alone.

package Bench::Report;

use strict;
use warnings;

use AcctTest;
use Bench::Options;
use File::Path ();
use JSON::PP ();

my $JSON = JSON::PP->new->canonical->pretty->utf8;

sub _file { build_dir() . '/bench/results.json' }

# results(): { machine => [[NAME, TEXT]...], parts => { NAME => PART } };
# PART has title, rows, rounds (0: measured once), seconds, took, load, date.
sub results
{
    my $text = slurp(_file());
    return length $text ? $JSON->decode($text) : { parts => {} };
}

sub keep
{
    my ($results) = @_;
    File::Path::make_path(build_dir() . '/bench');
    spew(_file(), $JSON->encode($results));
}

# ----------------------------------------------------------------- numbers

sub _places
{
    my ($n) = @_;
    $n = abs $n;
    return $n >= 100 || $n == 0 ? 0 : $n >= 10 ? 1 : $n >= 1 ? 2 : 3;
}

# The interval has as many digits as the value.
sub _value
{
    my ($row) = @_;
    return '' if !defined $row->{value};
    return sprintf '%.*f', _places($row->{value}), $row->{value};
}

sub _interval
{
    my ($row) = @_;
    return '' if !defined $row->{value} || $row->{least} == $row->{most};
    return sprintf '%.*f - %.*f',
        map { (_places($row->{value}), $_) } @$row{qw(least most)};
}

sub _ratio
{
    my ($row) = @_;
    return '' if !defined $row->{ratio};
    my $places = $row->{ratio} >= 10 ? 1 : 3;
    my $text = sprintf '%.*f', $places, $row->{ratio};
    $text .= sprintf ' (%.*f - %.*f)',
        map { ($places, $_) } @$row{qw(ratio_least ratio_most)}
        if $row->{ratio_least} != $row->{ratio_most};
    return "$text of $row->{of}";
}

sub _cpu { defined $_[0]{cpu} ? sprintf '%.1f', $_[0]{cpu} : '' }

sub _wanted
{
    my ($row) = @_;
    return '' if !defined $row->{sign};
    my $words = $row->{sign} eq '>=' ? 'at least' : 'at most';
    my $unit = $row->{on} eq 'ratio' ? ''
        : ($row->{unit} ? " $row->{unit}" : '')
          . ($row->{on} eq 'more' ? ' more' : '');
    return "$words $row->{target}$unit";
}

sub _met
{
    my ($row) = @_;
    return '' if !defined $row->{sign};
    return ($row->{met} ? 'met' : 'MISSED')
        . ($row->{unsure} ? ', unsure' : '');
}

sub _conditions
{
    my ($part) = @_;
    my $rounds = $part->{rounds};
    my $text = !$rounds ? 'once' : ($rounds == 1 ? '1 round' :
        "$rounds rounds") . " of $part->{seconds} s";
    return "$text, load before $part->{load}, $part->{date}";
}

# ------------------------------------------------------------------- table

my $LINE = "%-56s %9s %-7s %-17s %6s  %-44s %s\n";

sub print_machine
{
    my ($machine) = @_;
    printf "%-12s %s\n", @$_ for @$machine;
    print "\n";
}

# print_table(RESULTS, NAME...): the parts of these names.
sub print_table
{
    my ($results, @names) = @_;
    my $text = '';
    for my $name (@names) {
        my $part = $results->{parts}{$name};
        $text .= "\n$part->{title} (" . _conditions($part) . ")\n"
            . sprintf $LINE, '', 'median', '', 'interval', 'CPU µs',
                'ratio (interval)', 'wanted';
        for my $row (@{ $part->{rows} }) {
            my $wanted = _wanted($row);
            $text .= sprintf $LINE, "  $row->{text}", _value($row),
                $row->{unit}, _interval($row), _cpu($row), _ratio($row),
                $wanted ? "$wanted: " . _met($row) : '';
        }
    }
    $text =~ s/ +$//mg;
    # The micro sign is two bytes and one column.
    print $text;
}

# ---------------------------------------------------------------- document

# write_document(FILE, RESULTS): replaces what is between the lines
# <!-- bench: NAME --> and <!-- bench end -->. NAME is machine, targets or a
# part.
sub write_document
{
    my ($file, $results) = @_;
    my $text = slurp($file) or die "cannot read $file\n";
    my %made = (machine => _machine_lines($results),
                targets => _target_lines($results));
    for my $name (@Bench::Options::PARTS) {
        my $part = $results->{parts}{$name} or next;
        $made{$name} = _part_lines($name, $part);
    }
    for my $name (sort keys %made) {
        $text =~ s{(<!--\ bench:\ $name\ -->\n).*?(<!--\ bench\ end\ -->)}
                  {$1\n$made{$name}\n$2}sx
            or die "$file has no place for \"$name\"\n";
    }
    spew($file, $text);
}

sub _command { "`make bench BENCH_PARTS=$_[0]`" }

sub _markdown
{
    my ($head, @rows) = @_;
    my $right = $head->[1] eq 'median';
    my @rule = map { $_ == 1 && $right ? '---:' : '---' } 0 .. $#$head;
    return join '', map { '| ' . join(' | ', @$_) . " |\n" }
        $head, \@rule, @rows;
}

sub _machine_lines
{
    my ($results) = @_;
    my $took = 0;
    $took += $_->{took} for values %{ $results->{parts} };
    return _markdown(['', ''], @{ $results->{machine} || [] },
        ['all parts took', sprintf '%.0f minutes', $took / 60]);
}

sub _part_lines
{
    my ($name, $part) = @_;
    my @rows = @{ $part->{rows} };
    my $cpu = grep { defined $_->{cpu} } @rows;
    my $table = _markdown(
        ['', 'median', 'unit', 'interval', $cpu ? 'CPU µs' : (),
         'ratio', 'wanted', ''],
        map { [$_->{text}, _value($_), $_->{unit}, _interval($_),
               $cpu ? _cpu($_) : (), _ratio($_), _wanted($_), _met($_)] }
            @rows);
    return "$part->{title}: " . _command($name) . "\n\n$table\n"
        . 'Measured: ' . _conditions($part) . ".\n";
}

sub _target_lines
{
    my ($results) = @_;
    my @rows;
    for my $name (@Bench::Options::PARTS) {
        my $part = $results->{parts}{$name};
        if (!$part) {
            push @rows, [$name, '', 'not measured', '', '', _command($name)];
            next;
        }
        push @rows, map { [$part->{title}, $_->{text},
            $_->{on} eq 'ratio' ? _ratio($_)
                : $_->{on} eq 'more'
                ? sprintf('%.0f %s more than %s', $_->{more}, $_->{unit},
                          $_->{of})
                : _value($_) . " $_->{unit}",
            _wanted($_), _met($_), _command($name)]
        } grep { defined $_->{sign} } @{ $part->{rows} };
    }
    return _markdown(['', 'what', 'measured', 'wanted', '', 'command'],
                     @rows);
}

# print_summary(RESULTS, NAME...): how many targets of these parts are met.
sub print_summary
{
    my ($results, @names) = @_;
    my @all = grep { defined $_->{sign} }
        map { @{ $results->{parts}{$_}{rows} } } @names;
    my $met = grep { $_->{met} } @all;
    my $unsure = grep { $_->{unsure} } @all;
    printf "\n%d of %d targets met; %d are so close that another run may say "
        . "otherwise\n", $met, scalar @all, $unsure;
}

1;
