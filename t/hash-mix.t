#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, the core does it
#
# A sign-in with a name that no account has takes as long as one with a wrong
# password, also when half of the accounts have a hash of other parameters
# than are made today.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Test::More;
# Two costs that are far apart in the processor's time, which does not depend
# on what else the machine does.
my $CHEAP = 'argon2id m=8 t=1 p=1';
my $DEAR = 'argon2id m=65536 t=2 p=1';
my $NAMES = 40;

plan skip_all => 'there is no /proc that tells the time of a thread'
    if !-r "/proc/$$/schedstat";

my $s = AcctTest->start(hash => $CHEAP);
my $made = 0;
sub add
{
    my $r = $s->post('/account/register/', { username => "user$made",
        email => "user$made\@x.io", password => 'right',
        password2 => 'right' });
    die "no account: $r->{body}\n" if $r->{status} != 200;
    return $made++;
}
# Of all threads of all children, in milliseconds.
sub used
{
    my $sum = 0;
    for my $file (map { glob "/proc/$_/task/*/schedstat" } $s->children) {
        my $text = eval { slurp($file) };
        $sum += (split ' ', $text)[0] / 1_000_000 if $text;
    }
    return $sum;
}
sub cost
{
    my ($name) = @_;
    my $before = used();
    my $r = $s->post('/account/login/',
        { username => $name, password => 'wrong' });
    die "answer: $r->{status}\n" if $r->{status} != 400;
    return used() - $before;
}
sub dear { my ($limit, @names) = @_; return grep { cost($_) > $limit } @names }

add() for 1 .. 10;
$s->{hash} = $DEAR;
$s->_write_conf;
$s->restart;
add() for 1 .. 10;

my $cheap = cost('user3');
my $dear = cost('user13');
my $limit = $cheap + ($dear - $cheap) / 3;
my @absent = map { "nobody$_" } 1 .. $NAMES;

cmp_ok($dear, '>=', 3 * $cheap, 'the two costs are far apart');

subtest 'of absent names as many are dear as of accounts' => sub {
    my @accounts = dear($limit, map { "user$_" } 0 .. $made - 1);
    is(scalar @accounts, 10, 'ten of twenty accounts are');
    my @dear = dear($limit, @absent);
    cmp_ok(scalar @dear, '>', $NAMES / 4, 'about half of the names are');
    cmp_ok(scalar @dear, '<', $NAMES * 3 / 4, 'and not more');

    $s->restart;
    my %was = map { $_ => 1 } @dear;
    my @some = @absent[0 .. 11];
    is(join(' ', dear($limit, @some)), join(' ', grep { $was{$_} } @some),
        'each is what it was, also after a restart');
};

subtest 'all spellings of a name cost the same' => sub {
    my ($name) = dear($limit, @absent);
    for my $spelling (ucfirst $name, " $name", uc "$name ") {
        cmp_ok(cost($spelling), '>', $limit, "'$spelling'");
    }
};

done_testing;
