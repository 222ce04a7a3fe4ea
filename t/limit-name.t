#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# How often a name may be tried: five wrong passwords are free, then each
# makes the next wait longer. The owner, who signed in from his network
# before, is not kept waiting by what others guess.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use Test::More;
use Time::HiRes qw(sleep time);

my $PASSWORD = 'tower bridge';

# The names' budget alone is looked at here.
my $s = AcctTest->start(hash => 'argon2id m=1024 t=1 p=1',
    limit => "On failures=off register=off names=off",
    workers => ($ENV{ACCT_MPM} || '') eq 'prefork'
        ? { MaxRequestWorkers => 64, ServerLimit => 64, StartServers => 8 }
        : { ThreadsPerChild => 64, MaxRequestWorkers => 128,
            ServerLimit => 2 });

# A name of its own for each subtest, signed up from 127.0.0.1.
sub account
{
    my ($name) = @_;
    my $r = $s->post('/api/auth/register/', { username => $name,
        password => $PASSWORD });
    is($r->{status}, 200, "$name signs up");
}

sub signin
{
    my ($name, $password, %opt) = @_;
    return $s->post('/api/auth/login/', { username => $name,
        password => $password }, %opt);
}

sub wrong { signin($_[0], 'x', @_[1 .. $#_]) }

sub statuses { join ' ', map { $_->{status} } @_ }

# What does not depend on when it was.
sub answer
{
    my ($r) = @_;
    return join "\n", $r->{status},
        (map { "$_->[0]: $_->[1]" } grep { $_->[0] !~ /^(?:Date|Expires)$/ }
         @{ $r->{raw_headers} }), $r->{body};
}

subtest 'five wrong passwords are free, the sixth is refused for a second' =>
sub {
    account('ada');
    my @r = map { wrong('ada', from => '127.0.0.2') } 1 .. 6;
    is(statuses(@r), '400 400 400 400 400 429', 'statuses');
    is($r[5]{headers}{'retry-after'}, 1, 'Retry-After');
    answer_is($r[5], 429, '{"detail":"Request was throttled. Expected '
        . 'available in 1 seconds."}', 'the body');
};

subtest 'the right password is no way out of the wait, which ends' => sub {
    my $r = signin('ada', $PASSWORD, from => '127.0.0.3');
    is($r->{status}, 429, 'refused while it waits');
    sleep 1.1;
    is(signin('ada', $PASSWORD, from => '127.0.0.3')->{status}, 200,
       'let in after it');
};

subtest 'the wait grows with each further failure' => sub {
    account('bea');
    wrong('bea', from => '127.0.0.2') for 1 .. 5;
    my @waits;
    for (1 .. 3) {
        my $r = wrong('bea', from => '127.0.0.2');
        push @waits, $r->{headers}{'retry-after'};
        sleep $waits[-1] + 0.05;
        is(wrong('bea', from => '127.0.0.2')->{status}, 400,
           'one try after the wait');
    }
    is("@waits", '1 2 4', 'one, two, four seconds');
};

subtest 'a name that no account has gets the same answers, byte for byte' =>
sub {
    account('cleo');
    my @known = map { wrong('cleo', from => '127.0.0.2') } 1 .. 7;
    my @unknown = map { wrong('nobody', from => '127.0.0.2') } 1 .. 7;
    is(answer($unknown[$_]), answer($known[$_]), "try $_") for 0 .. 6;
};

subtest 'a name is one however it is spelled' => sub {
    my @r = map { wrong($_, from => '127.0.0.2') }
        'Zoe', 'zoe', ' zoe ', "ZOE", "zo\x{65}", 'zoE';
    is(statuses(@r), '400 400 400 400 400 429', 'six spellings');
};

subtest 'guessing from elsewhere does not keep the owner out at home' => sub {
    account('dora');
    wrong('dora', from => "127.0.1.$_") for 1 .. 20;
    is(wrong('dora', from => '127.0.1.30')->{status}, 429,
       'strangers wait');
    is(statuses(map { signin('dora', $PASSWORD) } 1 .. 10),
       join(' ', (200) x 10), 'the owner does not');
};

subtest 'from a known network five tries are free as well, and no more' =>
sub {
    account('eve');
    is(statuses(map { wrong('eve') } 1 .. 7),
       '400 400 400 400 400 429 429', 'the same wait');
    is(wrong('eve', from => '127.0.0.2')->{status}, 400,
       'and another network has its own');
};

subtest 'of 50 wrong passwords at once five are hashed' => sub {
    account('fay');
    my $before = () = $s->log =~ /authn_login_fail/g;
    my @r = burst($s, [map { { method => 'POST', path => '/api/auth/login/',
        json => { username => 'fay', password => 'x' },
        from => '127.0.0.2' } } 1 .. 50]);
    my $after = () = $s->log =~ /authn_login_fail/g;
    is($after - $before, 5, 'passwords that were looked at');
    is(scalar(grep { $_->{status} == 400 } @r), 5, 'answers 400');
    is(scalar(grep { $_->{status} == 429 } @r), 45, 'answers 429');
};

subtest 'of ten right passwords at once none is refused' => sub {
    account('gwen');
    my @r = burst($s, [map { { method => 'POST', path => '/api/auth/login/',
        json => { username => 'gwen', password => $PASSWORD },
        from => '127.0.0.2' } } 1 .. 10]);
    is(statuses(@r), join(' ', (200) x 10), 'statuses');
};

subtest 'a right password is not counted, and does not take back others' =>
sub {
    account('hal');
    my @r = map { $_ == 3 ? signin('hal', $PASSWORD, from => '127.0.0.2')
        : wrong('hal', from => "127.0.2.$_") } 1 .. 7;
    is(statuses(@r), '400 400 200 400 400 400 429', 'statuses');
};

subtest 'what is counted outlives a reload and the death of a child' => sub {
    # a second after the fifth one try is let through, and no two
    wrong('ida', from => '127.0.0.2') for 1 .. 5;
    $s->graceful;
    my @r = map { wrong('ida', from => '127.0.0.2') } 1, 2;
    is($r[1]{status}, 429, 'after a reload');
    wrong('joy', from => '127.0.0.2') for 1 .. 5;
    my @children = $s->children;
    kill 'KILL', @children;
    await(sub { grep { my $c = $_; !grep { $_ == $c } @children }
                $s->children }, 'another child');
    @r = map { wrong('joy', from => '127.0.0.2') } 1, 2;
    is($r[1]{status}, 429, 'after the children were killed');
};

done_testing();
