#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# driver: any, what a connection notes is the cache's
#
# Many requests of one connection, which notes what the identity cache said
# of its last token: a request with another token is judged by that one, and
# a token that was ended is refused on that connection too.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Test::More;
use Time::HiRes qw(sleep time);

my $BOUND = 2;
my $s = AcctTest->start(hash => 'argon2id m=8 t=1 p=1',
    conf => <<'CONF');
AcctAuthCache On
MaxKeepAliveRequests 0
KeepAliveTimeout 30
<Location "/private/">
    AcctAuthProtect On
    Header always set X-Who "%{ACCTAUTH_USERNAME}e"
</Location>
CONF
$s->write('htdocs/private/a.txt', "private\n");
$s->account(username => $_, password => "secret of $_") for qw(ann bob);

sub sign_in
{
    my ($name) = @_;
    return $s->post('/api/auth/login/',
        { username => $name, password => "secret of $name" })->{json}{token};
}

# The account that a request of the kept connection is taken for, or the
# status of the refusal.
sub who
{
    my ($token) = @_;
    my $r = $s->get('/private/a.txt', token => $token, keep => 1);
    return $r->{status} unless $r->{status} == 200;
    return $r->{headers}{'x-who'};
}

sub who_all
{
    my ($times, @tokens) = @_;
    return join ' ', map { my $t = $_; map { who($t) } 1 .. $times } @tokens;
}

# A token that the connection knows.
sub warm
{
    my ($name) = @_;
    my $token = sign_in($name);
    $s->wait_for(sub { $s->log !~ /ACCT0230/ && who($token) eq $name }, 5);
    sleep 0.8;                  # the feed has been read by now
    is(who_all(4, $token), join(' ', ($name) x 4), "it is $name");
    return $token;
}

subtest 'two tokens in turns are two accounts' => sub {
    my ($ann, $bob) = (warm('ann'), warm('bob'));
    is(who_all(1, ($ann, $bob) x 4), join(' ', ('ann bob') x 4), 'by turns');
    is(who_all(3, $ann, $bob, $ann), 'ann ann ann bob bob bob ann ann ann',
        'some of each');
};

subtest 'a token that is almost the one of before is nobody\'s' => sub {
    my $ann = warm('ann');
    (my $other = $ann) =~ tr/0-9a-f/1-9a-f0/;
    is(who_all(2, $other, substr($ann, 0, -1), "${ann}0", $ann),
        '401 401 401 401 401 401 ann ann', 'each is looked at whole');
};

subtest 'a sign-out is final on a connection that knows the token' => sub {
    for (1 .. 10) {
        my $ann = sign_in('ann');
        who($ann) for 1 .. 4;
        $s->request('POST', '/api/auth/logout/', token => $ann);
        is(who($ann), 401, 'at once');
    }
};

subtest 'an outage is bridged for the bound and no longer' => sub {
    my $ann = warm('ann');
    $s->lose_database;
    is(who($ann), 'ann', 'bridged');
    my $end = time + $BOUND + 1;
    my $last;
    while (time < $end) {
        $last = who($ann);
        last if $last eq '503';
        sleep 0.02;
    }
    is($last, 503, 'and then it cannot be known');
    $s->find_database;
};

subtest 'tokens that are too long to be noted are looked up each time' => sub {
    my $ann = sign_in('ann');
    is(who_all(3, 'x' x 200), '401 401 401', 'nobody');
    $s->wait_for(sub { who($ann) eq 'ann' }, 10);
    is(who_all(2, $ann), 'ann ann', 'and the next is somebody');
};

# A connection that closes while the server ends can crash mod_mpm_event.
delete $s->{sock};
$s->get('/private/a.txt');
done_testing();
