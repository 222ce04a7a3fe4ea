#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, no server runs
# driver: any, it reads the sources and a document alone
# needs: nothing
#
# docs/dialects.md says of each role and of each operation what the table of
# operations says.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Test::More;

my $page = slurp(tree() . '/docs/dialects.md');
my $source = slurp(tree() . '/src/core/account/operations.c');

# The rows of a table by the names in their first column.
sub table
{
    my ($head) = @_;
    my ($rows) = $page =~ /^\Q$head\E.*\n\|[-|]+\n((?:\|.*\n)+)/m;
    my %found;
    for my $row (split /\n/, $rows // '') {
        my (undef, $names, $said) = split / *(?<!\\)\| */, $row;
        push @{$found{$_}}, names($said, $said) for names($names);
    }
    return \%found;
}

# What stands in `code`; or, where nothing does, another text.
sub names
{
    my ($text, @else) = @_;
    my @names = $text =~ /`([a-z_]+)`/g;
    return @names ? @names : @else;
}

# The roles of each operation, and whether it needs a token.
my (%roles, %token);
my ($links) = $source =~ /#define LINK_ROLES \((.*)\)/;
while ($source =~ /static const acct_operation_t op_\w+ = \{(.*?)^\};/gms) {
    my $row = $1;
    my ($name) = $row =~ /\.name = "(\w+)"/;
    my ($set) = ($row =~ /\.roles = ([^,]*),/, q());
    $set =~ s/\bLINK_ROLES\b/$links/;
    $roles{lc $_}{$name} = 1 for $set =~ /ROLE\((\w+)\)/g;
    $token{$name} = $row =~ /ACCT_TOKEN_NEEDED/ ? 'yes' : 'no';
}

subtest 'each role is said to be of the operations that take it' => sub {
    my $said = table('| role | in |');
    cmp_ok(scalar keys %$said, '>', 10, 'there are roles');
    for my $role (sort keys %$said) {
        my @takes = sort keys %{$roles{$role} // {}};
        is_deeply([sort @{$said->{$role}}],
            @takes ? \@takes : ['no operation of this version'], $role);
    }
    is_deeply([grep { !$said->{$_} } sort keys %roles], [],
        'and none is left out');
};

subtest 'each operation is there, with what it needs' => sub {
    my $said = table('| | needs a token |');
    is_deeply({map { $_ => $said->{$_}[0] } keys %$said}, \%token,
        'the same');
};

done_testing();
