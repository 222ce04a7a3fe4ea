#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# long: yes
#
# A server writes what its limits refuse to the database, where the operator
# can list and clear it and the other servers read it.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use JSON::PP ();
use RevocationKit;
use Test::More;
use Time::HiRes qw(sleep);

my $PASSWORD = 'tower bridge';
my %how = (hash => 'argon2id m=8 t=1 p=1',
    limit => 'On failures=20/60m');
my $here = AcctTest->start(%how);
my $ada = $here->account(username => 'ada', email => 'ada@example.org',
    password => $PASSWORD);

sub signin
{
    my ($s, $name, $password, $from) = @_;
    return $s->post('/api/auth/login/', { username => $name,
        password => $password }, from => $from)->{status};
}

# Guess at names, by turns, until the wait for each is longer than a busy
# machine takes for the exchange.
sub guess
{
    my ($s, %from) = @_;
    for (1 .. 400) {
        for my $name (sort keys %from) {
            my $r = $s->post('/api/auth/login/', { username => $name,
                password => 'x' }, from => $from{$name});
            delete $from{$name}
                if ($r->{headers}{'retry-after'} || 0) >= 15;
        }
        return if !%from;
        sleep 0.2;
    }
    die "not refused: @{[sort keys %from]}\n";
}

sub list
{
    my ($exit, $out) = $here->cli('limit', 'list', '--json');
    return @{ JSON::PP->new->decode($out) };
}

subtest 'limit list shows what is refused' => sub {
    guess($here, ada => '127.0.0.2', nobody => '127.0.0.3');
    $here->wait_for(sub { list() >= 2 }, 10);
    my @rows = list();
    my ($mine) = grep { $_->{account} } @rows;
    is($mine->{account}, $ada, 'the account');
    is($mine->{limit}, 'tries', 'why');
    cmp_ok($mine->{failures}, '>=', 8, 'how often');
    like($mine->{until}, qr/^20\d\d-.*Z$/, 'until when');
    is(scalar(grep { !$_->{account} && $_->{limit} eq 'tries' } @rows), 1,
       'a name that no account has');
    my ($exit, $out) = $here->cli('limit', 'list');
    like($out, qr/^tries +account $ada +\d+ +20/m, 'in words');
    unlike($out, qr/nobody/, 'never what was typed');
};

subtest 'limit clear NAME lets it try again within two seconds' => sub {
    is(signin($here, 'ada', $PASSWORD, '127.0.0.4'), 429, 'refused');
    my ($exit, $out) = $here->cli('limit', 'clear', 'ada');
    is($exit, 0, $out);
    my $status;
    $here->wait_for(sub { ($status = signin($here, 'ada', $PASSWORD, '127.0.0.4'))
                   == 200 }, 4);
    is($status, 200, 'let in');
    ok(!grep({ $_->{account} } list()), 'nor is it listed');
};

subtest 'limit clear NETWORK does so for a network' => sub {
    signin($here, "n$_", 'x', '127.0.0.5') for 1 .. 20;
    is(signin($here, 'ada', $PASSWORD, '127.0.0.5'), 429, 'refused');
    ok($here->wait_for(sub { grep { ($_->{network} || '') eq '127.0.0.5' } list() },
                5), 'listed');
    $here->cli('limit', 'clear', '127.0.0.5');
    my $status;
    $here->wait_for(sub { ($status = signin($here, 'ada', $PASSWORD, '127.0.0.5'))
                   == 200 }, 4);
    is($status, 200, 'let in');
};

subtest 'what is no name and no network is refused' => sub {
    my ($exit, undef, $said) = $here->cli('limit', 'clear', '');
    is($exit, 1, $said);
};

subtest 'two servers have one budget' => sub {
    plan skip_all => 'a file is one server\'s'
        if $here->driver eq 'sqlite3';
    my $there = second_server($here, %how);
    guess($here, bob => '127.0.0.6');
    signin($here, "m$_", 'x', '127.0.0.7') for 1 .. 20;
    my @status;
    $here->wait_for(sub { @status = (signin($there, 'bob', 'x', '127.0.0.8'),
                              signin($there, 'zoe', 'x', '127.0.0.7'));
                   "@status" eq '429 429' }, 5);
    is("@status", '429 429', 'a name and a network that tried at the other');
    $here->cli('limit', 'clear', '127.0.0.7');
    $here->wait_for(sub { $status[1] = signin($there, 'zoe', 'x', '127.0.0.7');
                   $status[1] == 400 }, 5);
    is($status[1], 400, 'cleared there too');
};

done_testing();
