#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# Requests at the same time. Two registrations of one name or address: one
# succeeds, the other is refused as if it had come later. Sign-ins that share
# one token get the same one.

use strict;
use warnings;
use utf8;
use lib 't/lib';
use AcctTest;
use FiveAPIs;
use JSON::PP ();
use Test::More;
use Time::HiRes ();

my $s = AcctTest->start(hash => 'argon2id m=8 t=1 p=1',
                        conf => "AcctAuthHashConcurrency 8\n");
my $J = JSON::PP->new->utf8->canonical;

# at_once([PATH, DATA], ...): all requests are sent but for their last byte,
# then the last bytes one right after the other. The answers, in order.
sub at_once
{
    my (@requests) = @_;
    my (@socks, @last);
    for my $q (@requests) {
        my ($path, $data, $token) = @$q;
        my $body = $J->encode($data || {});
        my $bytes = join "\r\n", "POST $path HTTP/1.1", 'Host: 127.0.0.1',
            'Connection: close', 'Content-Type: application/json',
            'Content-Length: ' . length $body,
            ($token ? "Authorization: Token $token" : ()), '', $body;
        my $sock = $s->connect or die "cannot connect: $!\n";
        push @last, substr $bytes, -1, 1, '';
        syswrite $sock, $bytes;
        push @socks, $sock;
    }
    Time::HiRes::sleep(0.01);
    syswrite $socks[$_], $last[$_] for 0 .. $#socks;
    return map {
        my $bytes = '';
        1 while sysread $_, $bytes, 65536, length $bytes;
        my ($status) = $bytes =~ m{\AHTTP/1\.1 (\d{3})};
        my ($body) = $bytes =~ /\r\n\r\n(.*)\z/s;
        { status => $status || 0, body => $body,
          json => scalar eval { $J->decode($body) } };
    } @socks;
}

# one_wins(PAIRS, NAME, OK, STATUS, BODY, CODE): CODE makes two requests of
# a number; in each pair one answer is OK, the other STATUS and BODY.
sub one_wins
{
    my ($pairs, $name, $ok, $status, $body, $code) = @_;
    my %seen;
    for my $pair (1 .. $pairs) {
        my @r = sort { $a->{status} <=> $b->{status} }
            at_once($code->($pair));
        my $got = "$r[0]{status} $r[1]{status} "
            . ($r[1]{status} == $status && defined $body
               ? $r[1]{body} : '');
        $seen{$got}++;
    }
    utf8::encode($body) if defined $body && utf8::is_utf8($body);
    my $want = "$ok $status " . (defined $body ? $body : '');
    is_deeply \%seen, { $want => $pairs },
        "$name: one $ok and one $status, $pairs times";
}

sub register2
{
    my ($name, $email) = @_;
    return ['/account/register/', { username => $name, email => $email,
            password => 'pw', password2 => 'pw' }];
}

sub register4
{
    my ($name) = @_;
    return ['/api/auth/register/', { username => $name,
                                     password => 'pw' }];
}

sub signup1
{
    my ($email) = @_;
    return ['/auth/signup/', { first_name => 'F', email => $email,
            password => 'pw', confirm_password => 'pw' }];
}

sub signup3
{
    my ($email) = @_;
    return ['/api/v1/users/signup/', { email => $email, password => 'pw' }];
}

my $taken = compact(username => [$NAME_TAKEN]);

one_wins 20, 'one name', 200, 400, $taken,
    sub { map { register4("name$_[0]") } 1, 2 };
one_wins 5, 'one name in two cases', 200, 400, $taken,
    sub { (register4("case$_[0]"), register4("CASE$_[0]")) };
one_wins 20, 'one name in two normal forms', 200, 400, $taken,
    sub { (register4("full$_[0]"), register4("ｆｕｌｌ$_[0]")) };
one_wins 5, 'one name in two addresses', 200, 400, $taken,
    sub { map { register2("both$_[0]", "b$_[0]-$_\@x.io") } 1, 2 };
one_wins 5, 'one name through two APIs', 200, 400, $taken,
    sub { (register2("apis$_[0]", "apis$_[0]\@x.io"),
           register4("apis$_[0]")) };
one_wins 20, 'one address', 200, 400, '{"error":"Email already exists!"}',
    sub { map { register2("n$_[0]-$_", "one$_[0]\@x.io") } 1, 2 };
one_wins 5, 'one address in two cases', 200, 400,
    '{"email":["The mail is already in use."]}',
    sub { (signup1("mail$_[0]\@x.io"), signup1("MAIL$_[0]\@X.io")) };
one_wins 5, 'one address where taken is a 401', 201, 401,
    '{"status_code":401,"message":"email already exist, please use '
    . 'different email"}',
    sub { map { signup3("three$_[0]\@x.io") } 1, 2 };

subtest 'many at once for one name: one account' => sub {
    for my $round (1 .. 3) {
        my @r = at_once(map { register4("crowd$round") } 1 .. 8);
        my @ok = grep { $_->{status} == 200 } @r;
        my @no = grep { $_->{status} == 400 } @r;
        is @ok . ' ' . @no, '1 7', "round $round: one of eight";
    }
    my ($row) = $s->sql("SELECT count(*) FROM account "
                        . "WHERE username LIKE 'crowd%'");
    is $row->[0], 3, 'three accounts in all';
};

subtest 'different names at once do not hinder each other' => sub {
    for my $round (1 .. 3) {
        my @r = at_once(map { register4("free$round-$_") } 1 .. 8);
        is join(' ', map { $_->{status} } @r), join(' ', (200) x 8),
            "round $round";
    }
};

my $login = ['/account/login/', { username => 'ann', password => 'pw' }];
my $ann = $s->account(username => 'ann', password => 'pw');

subtest 'simultaneous sign-ins share the one token' => sub {
    for my $round (1 .. 5) {
        my @r = at_once(($login) x 6);
        is join(' ', map { $_->{status} } @r), join(' ', (200) x 6),
            "round $round: all signed in";
        my %tokens = map { ($_->{json}{token} || '?') => 1 } @r;
        is scalar keys %tokens, 1, '  with one token';
        my ($token) = keys %tokens;
        is $s->get("/api/v1/users/$ann/", token => $token)->{status}, 200,
            '  which is good';
        is $s->post('/account/logout/', undef, token => $token)->{status},
            200, '  and is signed out';
    }
    my ($row) = $s->sql("SELECT count(*) FROM token "
                        . "WHERE account_id = $ann");
    is $row->[0], 0, 'none is left';
};

subtest 'simultaneous sign-ins each make their own where they may' => sub {
    my @r = at_once((['/api/auth/login/', { username => 'ann',
                                            password => 'pw' }]) x 8);
    my %tokens = map { ($_->{json}{token} || '?') => 1 } @r;
    is scalar keys %tokens, 8, 'eight tokens';
    is $s->get("/api/v1/users/$ann/", token => $_)->{status}, 200, 'good'
        for sort keys %tokens;
};

subtest 'one sign-out wins, and after it the token is dead' => sub {
    for my $round (1 .. 5) {
        my ($in) = at_once($login);
        my $token = $in->{json}{token};
        my @r = at_once((['/account/logout/', {}, $token]) x 4);
        my @ok = grep { $_->{status} == 200 } @r;
        my @no = grep { $_->{status} == 401 } @r;
        ok @ok >= 1 && @ok + @no == 4, "round $round: 200 or 401 each";
        is $s->get("/api/v1/users/$ann/", token => $token)->{status}, 401,
            '  and dead';
    }
};

subtest 'sign-outs of everything end each other, and none waits' => sub {
    for my $round (1 .. 5) {
        my @in = at_once((['/api/auth/login/', { username => 'ann',
            password => 'pw' }]) x 6);
        my $start = Time::HiRes::time();
        my @r = at_once(map { ['/api/auth/logoutall/', {},
                               $_->{json}{token}] } @in);
        my @done = grep { $_->{status} == 204 || $_->{status} == 401 } @r;
        is @done . '', '6', "round $round: done, or done by another: "
            . join ' ', map { $_->{status} } @r;
        cmp_ok(Time::HiRes::time() - $start, '<', 0.9, '  at once');
        my ($row) = $s->sql("SELECT count(*) FROM token "
                            . "WHERE account_id = $ann");
        is $row->[0], 0, '  none is left';
    }
};

subtest 'a sign-in beside a sign-out ends with a token that is good or dead,'
    . ' never an error' => sub {
    for my $round (1 .. 5) {
        my ($in) = at_once($login);
        my @r = at_once($login, ['/account/logout/', {},
                                 $in->{json}{token}]);
        is "$r[0]{status} $r[1]{status}", '200 200', "round $round";
        is $s->get("/api/v1/users/$ann/", token => $in->{json}{token}
                  )->{status}, 401, '  the token signed out is dead';
    }
};

subtest 'the database is whole' => sub {
    is_deeply [ $s->sql('PRAGMA integrity_check') ], [['ok']], 'integrity';
    is_deeply [ $s->sql('SELECT username_key FROM account WHERE '
        . 'username_key IS NOT NULL GROUP BY username_key '
        . 'HAVING count(*) > 1') ], [], 'no name twice';
    is_deeply [ $s->sql('SELECT email_key FROM account WHERE '
        . 'email_key IS NOT NULL GROUP BY email_key '
        . 'HAVING count(*) > 1') ], [], 'no address twice';
    is_deeply [ $s->sql('SELECT account_id FROM token WHERE sealed IS NOT '
        . 'NULL GROUP BY account_id HAVING count(*) > 1') ], [],
        'no account with two reusable tokens';
};

done_testing;
