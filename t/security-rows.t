#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, no server runs
# driver: any, it reads files alone
#
# docs/security.md names, for each attack, the tests that hold what it
# promises: they are there, each in its file, and none is passed over.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Test::More;

my $tree = tree();

# The list of attacks: a number that was given stays.
my @NUMBERS = (1 .. 14, 16 .. 23, 25 .. 43, 45, 46, 48 .. 56, 58 .. 62,
    64 .. 68, 70 .. 75, 77 .. 82, 84 .. 87, 89 .. 91, 93 .. 116,
    118 .. 124, 126 .. 133, 135 .. 139, 141 .. 152, 200 .. 216);

my @rows;
for my $line (split /\n/, slurp("$tree/docs/security.md")) {
    push @rows, { n => $1, what => $2, tests => $3 }
        if $line =~ /^\| (\d+) \| (.*?) \| (.*) \|$/;
}

is_deeply([map { $_->{n} } @rows], \@NUMBERS,
    'each number has its row, once and in order');

# A file without its comments: a name that only stands there is no test.
my %text;
sub text_of
{
    my ($file) = @_;
    return $text{$file} if exists $text{$file};
    return $text{$file} = undef if !-f "$tree/$file";
    my $text = slurp("$tree/$file");
    $text =~ s/^\s*#.*$//mg if $file =~ /\.t$/;
    $text =~ s/\\'/'/g;
    return $text{$file} = $text;
}

subtest 'what a row names is there' => sub {
    my @gone;
    for my $row (@rows) {
        my $rest = $row->{tests};
        while ($rest =~ s/^`([^`]+)` "([^"]+)"(?:; |$)//) {
            my ($file, $name) = ($1, $2);
            my $text = text_of($file);
            push @gone, "$row->{n}: there is no $file" if !defined $text;
            push @gone, "$row->{n}: $file has no \"$name\""
                if defined $text && index($text, $name) < 0;
        }
        push @gone, "$row->{n}: not understood: $rest"
            if length $rest && $rest ne '-';
    }
    is_deeply(\@gone, [], 'all of it') or diag(join "\n", @gone);
};

subtest 'a row without a test says why' => sub {
    my @bare = grep { $_->{tests} eq '-'
        && $_->{what} !~ /^Not (?:ours|there): \S/ } @rows;
    is_deeply([map { $_->{n} } @bare], [], 'each');
};

subtest 'a unit test that a row names is run' => sub {
    my @idle;
    for my $row (@rows) {
        while ($row->{tests} =~ m{`(t/unit/\w+\.c)` "(\w+)"}g) {
            my $times = () = (text_of($1) // '') =~ /\b\Q$2\E\b/g;
            push @idle, "$row->{n}: $2" if $times < 2;
        }
    }
    is_deeply(\@idle, [], 'each is in the list of its program');
};

done_testing();
