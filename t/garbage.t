#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# Tokens that the server never minted are refused without a look-up, and no
# token that may be in the database ever is.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Digest::SHA qw(sha256_hex);
use FiveAPIs;
use RevocationKit;
use Test::More;
use Time::HiRes qw(sleep time);
use TokenCheck;

sub sign_in
{
    my ($s) = @_;
    return $s->post('/api/auth/login/', { username => 'ann',
        password => 'ann-secret' })->{json}{token} // 'none';
}

sub random_token
{
    my ($digits) = @_;
    return join '', map { sprintf '%x', int rand 16 } 1 .. $digits;
}

# Puts a token into the database that no server minted.
sub put_in
{
    my ($s, $token) = @_;
    $s->sql("INSERT INTO token (id, account_id, digest, created_at) VALUES "
        . "('" . random_token(32) . "', (SELECT id FROM account "
        . "WHERE username = 'ann'), '" . sha256_hex($token) . "', 1)");
    return $token;
}

# Whether garbage is looked up: a garbage token is in the database, so that a
# look-up finds it. 401: the server did not look it up; 200: it did.
sub probe
{
    my ($s) = @_;
    return opens_everywhere($s, put_in($s, random_token(40)));
}

sub refuses_unseen
{
    my ($s) = @_;
    return $s->wait_for(sub { probe($s) eq '401' }, 10);
}

sub check_row
{
    my ($s) = @_;
    my ($row) = $s->sql("SELECT value FROM meta WHERE name = "
        . "'tokens_checked'");
    return $row ? $row->[0] : '';
}

my $s = caching_server();
$s->account(username => 'ann', email => 'ann@example.org',
    password => 'ann-secret');
my $check = TokenCheck->new($s->key);

subtest 'a new database holds checked tokens alone' => sub {
    like(check_row($s), qr/\A1:[0-9a-f]{16}\z/, 'its row says so');
    my ($exit, $out) = $s->cli('token', 'check');
    is($exit, 0, 'the command ends well');
    like($out, qr/\Aon: /, 'and says so too');
};

subtest 'every token of the five APIs carries the check' => sub {
    my %lengths;
    for my $route (grep { $_->{fields} } routes(1)) {
        my $r = $s->request($route->{method}, $route->{path},
            json => $route->{data}->('c' . $route->{path} =~ tr{/a-z}{}cdr
                =~ tr{/}{}dr));
        for my $token ($r->{body} =~ /"([0-9a-f]{64}|[0-9a-f]{40})"/g) {
            ok($check->holds($token), "$route->{name}: " . length $token);
            $lengths{ length $token } = 1;
        }
    }
    is(join(' ', sort keys %lengths), '40 64', 'of both lengths');
};

my $good = sign_in($s);
my @garbage = (
    ['40 random digits', random_token(40)],
    ['64 random digits', random_token(64)],
    ['128 random digits', random_token(128)],
    ['a letter', 'x'],
    ['no digits', 'z' x 64],
    ['a good token cut', substr $good, 0, 63],
    ['a good token cut to 40', substr $good, 0, 40],
    ['a good token and a digit', "${good}0"],
    ['a good token with another first digit',
        ($good =~ /^0/ ? '1' : '0') . substr $good, 1],
    ['a long word', 'a' x 4000],
);

subtest 'garbage is refused without a look-up' => sub {
    ok(refuses_unseen($s), 'at some time after the start');
    put_in($s, $_->[1]) for @garbage;
    for my $one (@garbage) {
        ok($s->wait_for(sub { opens_everywhere($s, $one->[1]) eq '401' }, 5),
            $one->[0]);
    }
    is(opens_everywhere($s, $good), 200, 'a good one is let in');
};

subtest 'it is refused while the database cannot be asked' => sub {
    my @seen;
    # The feed was read less than a second before, and is believed for two:
    # a slow machine may need another try.
    for (1 .. 5) {
        refuses_unseen($s);
        my $unknown = sign_in($s);
        $s->lose_database;
        @seen = map { opens($s, $_) } random_token(40), random_token(64),
            $unknown;
        $s->find_database;
        $s->wait_for(sub { opens($s, $unknown) == 200 }, 10);
        last if $seen[0] == 401;
    }
    is("@seen", '401 401 503', 'garbage is refused, and a good token that '
        . 'is not known cannot be judged');
};

subtest 'the answer is the one that unknown tokens always had' => sub {
    my $plain = second_server($s, conf => 'AcctAuthRevocationBound 0');
    my @routes = (token_routes(1),
        { method => 'GET', path => '/private/a.txt' });
    my $shown = sub {
        my ($server, $route, $token) = @_;
        my $r = $server->request($route->{method}, $route->{path},
            token => $token);
        # The times of two answers may be a second apart.
        return join "\n", $r->{status}, $r->{body}, map {
            $_->[0] =~ /^(?:date|expires)\z/i ? $_->[0] : "@$_" }
            @{ $r->{raw_headers} };
    };
    for my $route (@routes) {
        for my $token (random_token(40), random_token(64), 'word') {
            my $answer = $shown->($s, $route, $token);
            is($answer, $shown->($plain, $route, $token),
                "$route->{method} $route->{path} " . length $token);
            like($answer, qr/\A401\n/, 'a 401');
        }
        ok($s->wait_for(sub { $s->request($route->{method}, $route->{path},
            token => put_in($s, random_token(40)))->{status} == 401 }, 5),
            'without a look-up');
    }
};

subtest 'a token that was minted a moment ago works everywhere' => sub {
    my $other = second_server($s);
    ok(refuses_unseen($other), 'the other refuses garbage unseen');
    for (1 .. 5) {
        is(opens($other, sign_in($s)), 200, 'there');
        is(opens($s, sign_in($other)), 200, 'and here');
    }
};

subtest 'a flood of garbage evicts no good token' => sub {
    my $flood = sub {
        my $head = "GET /private/a.txt HTTP/1.1\r\nHost: localhost\r\n"
            . 'Authorization: Token ';
        my $refused = 0;
        for (1 .. 100) {
            my $answer = $s->raw(join('', map { $head . random_token(40)
                . ($_ == 100 ? "\r\nConnection: close" : '') . "\r\n\r\n" }
                1 .. 100), timeout => 20);
            $refused += () = $answer =~ m{HTTP/1\.1 401 }g;
        }
        return $refused;
    };
    my @seen;
    # On a machine so busy that the feed was late nothing is believed.
    for (1 .. 3) {
        $s->sql('DELETE FROM token');
        my @tokens = map { sign_in($s) } 1 .. 10;
        opens_everywhere($s, $_) for @tokens;
        is($flood->(), 10_000, '10,000 are refused');
        # A look-up would find nothing from here on.
        $s->sql('DELETE FROM token');
        @seen = map { opens($s, $_) } @tokens;
        last if "@seen" !~ /401/;
    }
    is("@seen", join(' ', (200) x 10), 'all good ones are known still');
};

subtest 'after "token check off" tokens of any origin work' => sub {
    my @tokens = (random_token(40), random_token(32), 'by-hand');
    is(opens_everywhere($s, $_), 401, "unknown: $_") for @tokens;
    my $begin = time;
    my ($exit, $out, $err) = $s->cli('token', 'check', 'off');
    is("$exit$err", '0', 'off');
    cmp_ok(time - $begin, '>=', 2, 'has waited until all servers know');
    for my $token (@tokens) {
        is(opens_everywhere($s, put_in($s, $token)), 200, "at once: $token");
    }
    is(opens_everywhere($s, random_token(40)), 401, 'garbage is refused');
    ($exit, $out) = $s->cli('token', 'check', 'status');
    like($out, qr/\Aoff: /, 'status says so');
    $begin = time;
    ($exit) = $s->cli('token', 'check', 'off');
    is($exit, 0, 'off again');
    cmp_ok(time - $begin, '<', 2, 'waits for nobody');
};

subtest '"token check on" waits for older tokens to end' => sub {
    my $old = put_in($s, random_token(40));
    my ($exit, $out) = $s->cli('token', 'check', 'on');
    is($exit, 0, 'promised');
    like($out, qr/\Anot on yet: tokens from before 20/, 'with when');
    my $new = sign_in($s);
    ($exit, $out) = $s->cli('token', 'check', 'on');
    like($out, qr/\Anot on yet/, 'still, after a sign-in');
    sleep 1;
    is(opens_everywhere($s, $old), 200, 'the old ones work');
    my ($from) = check_row($s) =~ / from (\d+)/;
    $s->sql('DELETE FROM token WHERE created_at < ' . ($from || 0));
    ($exit, $out) = $s->cli('token', 'check', 'on');
    like($out, qr/\Aon: /, 'on when they are gone');
    is(opens_everywhere($s, $new), 200, 'the new one works');
    ok(refuses_unseen($s), 'and garbage is refused unseen');
};

subtest 'a database that says nothing is asked each time' => sub {
    $s->sql("DELETE FROM meta WHERE name = 'tokens_checked'");
    ok($s->wait_for(sub { probe($s) eq '200' }, 5), 'old tokens work');
    is(opens_everywhere($s, sign_in($s)), 200, 'new ones too');
    is(check_row($s), '', 'and change nothing of it');
    $s->sql('DELETE FROM token');
    my ($exit, $out) = $s->cli('token', 'check', 'on');
    like($out, qr/\Aon: /, 'on again');
};

subtest 'a server without the key ends the check before its first token' =>
sub {
    my $other = second_server($s, unstarted => 1, api => 0, conf => <<'CONF');
<Location "/api/auth/">
    AcctAuthAPI auth-register
</Location>
CONF
    my $conf = AcctTest::slurp($other->dir . '/httpd.conf');
    $conf =~ s/^AcctAuthKeyFile .*\n//m or die 'no key in the configuration';
    $other->write('httpd.conf', $conf);
    is($other->run, undef, 'it starts');
    ok(refuses_unseen($s), 'garbage is refused unseen where the key is');
    my $begin = time;
    my $token = sign_in($other);
    cmp_ok(time - $begin, '>=', 2, 'the first sign-in waits');
    is(opens_everywhere($_, $token), 200, 'its token works') for $other, $s;
    is(check_row($s), 'off', 'the row is off');
    like($other->log, qr/warn.*ACCT0205: tokens are made without the check/,
        'the log tells, under an id of its own');
    $begin = time;
    $token = $other->post('/api/auth/register/', { username => 'eve',
        email => 'eve@example.org', password => 'eve-secret' })
        ->{json}{token};
    cmp_ok(time - $begin, '<', 2, 'later ones do not wait');
    is(opens_everywhere($s, $token), 200, 'and work');
};

done_testing();
