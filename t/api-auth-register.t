#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, what is answered is the dialect's
#
# The API "auth-register": registration and sign-in at /api/auth/ with
# 64-digit tokens that live ten hours, of which an account can hold many;
# sign-out of one or of all.

use strict;
use warnings;
use utf8;
use lib 't/lib';
use AcctTest;
use Digest::SHA 'sha256_hex';
use FiveAPIs;
use Test::More;
use Time::HiRes qw(time sleep);
use Time::Local 'timegm';

my $s = AcctTest->start(hash => 'argon2id m=8 t=1 p=1');
my $base = '/api/auth/';

sub register { return $s->post("${base}register/", { @_ }) }

sub login
{
    my ($username, $password) = @_;
    return $s->post("${base}login/", { username => $username,
                                       password => $password });
}

sub id_of
{
    my ($row) = $s->sql("SELECT id FROM account WHERE username = '$_[0]'");
    return $row->[0];
}

# Whether a token is good: an account reads itself.
sub lives
{
    my ($token, $id) = @_;
    return $s->get("/api/v1/users/$id/", token => $token)->{status} == 200;
}

subtest 'the printed registration, without an address' => sub {
    my $r = register(username => 'pita', password => 'password123');
    my $token = $r->{json}{token};
    my $id = id_of('pita');
    like $token, qr/\A[0-9a-f]{64}\z/, 'the token has 64 hex digits';
    answer_is $r, 200, "{\"user\":{\"id\":$id,\"username\":\"pita\","
        . "\"email\":\"\"},\"token\":\"$token\"}",
        'email is empty, not null and not left out';
    ok lives($token, $id), 'the token is good';
};

subtest 'a registration with an address' => sub {
    my $r = register(username => 'bot', password => 'password123',
                     email => 'pita@bot.com');
    answer_is $r, 200, '{"user":{"id":' . id_of('bot')
        . ',"username":"bot","email":"pita@bot.com"},"token":"'
        . $r->{json}{token} . '"}', 'shows it';
    $r = register(username => 'blank', password => 'p', email => '');
    is $r->{status}, 200, 'an empty address counts as none';
    $r = register(username => 'blank2', password => 'p', email => '');
    is $r->{status}, 200, 'for the next one as well';
};

subtest 'a registration that is refused' => sub {
    my @table = (
        [ [ username => 'pita', password => 'x' ],
          compact(username => [$NAME_TAKEN]), 'taken name' ],
        [ [ username => 'PITA', password => 'x' ],
          compact(username => [$NAME_TAKEN]), 'taken in other letters' ],
        [ [], required('username', 'password'), 'nothing sent' ],
        [ [ username => 'new' ], required('password'), 'no password' ],
        [ [ username => 'new', password => 'x', email => 'nope' ],
          compact(email => [$BAD_EMAIL]), 'bad address' ],
        [ [ username => 'a b', password => 'x' ],
          compact(username => [$BAD_USERNAME]), 'bad name' ],
    );
    for my $row (@table) {
        answer_is register(@{ $row->[0] }), 400, $row->[1], $row->[2];
    }
    my $r = register(username => 'new', password => 'x',
                     email => 'PITA@bot.com');
    is $r->{status}, 400, 'a taken address is a 400';
    is "@{$r->{order}}", 'email', 'about the address';
    is scalar @{ $r->{json}{email} || [] }, 1, 'in a list of one sentence';
    is id_of('new'), undef, 'none of them left an account';
};

subtest 'the printed sign-in' => sub {
    my $before = time;
    my $r = login('pita', 'password123');
    my $after = time;
    my ($expiry, $token) = @{ $r->{json} }{qw(expiry token)};
    like $token, qr/\A[0-9a-f]{64}\z/, 'the token has 64 hex digits';
    answer_is $r, 200, "{\"expiry\":\"$expiry\",\"token\":\"$token\"}",
        'expiry, then token';
    ok $expiry =~ /\A(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{6})Z\z/,
        'expiry has microseconds and a Z';
    my $at = timegm($6, $5, $4, $3, $2 - 1, $1) + $7;
    ok $at > $before + 36000 - 0.01 && $at < $after + 36000 + 0.01,
        'and is ten hours ahead';
};

subtest 'the name may be an address, and may come as email' => sub {
    my @table = (
        [ username => 'bot' ], [ username => 'BOT' ], [ username => ' bot ' ],
        [ username => 'pita@bot.com' ], [ username => 'Pita@Bot.com' ],
        [ email => 'pita@bot.com' ], [ email => 'bot' ],
    );
    for my $row (@table) {
        my $r = $s->post("${base}login/", { @$row,
                                            password => 'password123' });
        is $r->{status}, 200, "@$row";
    }
};

subtest 'a wrong sign-in' => sub {
    my $wrong = '{"non_field_errors":'
              . '["Unable to log in with provided credentials."]}';
    $s->account(username => 'barred', password => 'right');
    $s->cli('user', 'block', 'barred');
    answer_is login('pita', 'password124'), 400, $wrong, 'wrong password';
    answer_is login('nobody', 'password123'), 400, $wrong, 'unknown name';
    answer_is login('barred', 'right'), 400, $wrong, 'a blocked account';
    answer_is login('barred', 'wrong'), 400, $wrong,
        'a blocked account, wrong password';
    answer_is $s->post("${base}login/", {}), 400,
        required('username', 'password'), 'nothing sent';
    answer_is $s->post("${base}login/", { email => 'x' }), 400,
        required('password'), 'no password';
};

subtest 'a sign-out ends this token, logoutall every one' => sub {
    my $id = id_of('bot');
    my @t = map { login('bot', 'password123')->{json}{token} } 1 .. 4;
    my %seen = map { $_ => 1 } @t;
    is scalar keys %seen, 4, 'each sign-in makes a token';
    my $r = $s->post("${base}logout/", undef, token => $t[0]);
    answer_is $r, 204, '', 'logout: 204, no body, no Content-Type';
    ok !lives($t[0], $id), 'it is dead at once';
    ok lives($t[$_], $id), "token $_ lives on" for 1 .. 3;
    answer_is $s->post("${base}logout/", undef, token => $t[0]), 401,
        detail($BAD_TOKEN), 'logging out again';
    my $pita = login('pita', 'password123')->{json}{token};
    answer_is $s->post("${base}logoutall/", undef, token => $t[1]), 204, '',
        'logoutall: 204, no body, no Content-Type';
    ok !lives($t[$_], $id), "token $_ is dead" for 1 .. 3;
    ok lives($pita, id_of('pita')), 'another account keeps its own';
    answer_is $s->post("${base}logoutall/", undef, token => $t[1]), 401,
        detail($BAD_TOKEN), 'logging out of all again';
};

subtest 'the document\'s 63-digit token is one short' => sub {
    my $r = $s->post("${base}logout/", undef, token =>
        '7671fcda7591a3ca307438374cc86f56d8c86ab5d5b7204b6f50123b9c1e98e');
    answer_is $r, 401, detail($BAD_TOKEN), 'a 401';
    is $r->{headers}{'www-authenticate'}, 'Token', 'with a challenge';
    my $token = login('pita', 'password123')->{json}{token};
    answer_is $s->post("${base}logout/", undef,
                       token => substr $token, 0, 63), 401,
        detail($BAD_TOKEN), 'a good one cut by a digit';
    answer_is $s->post("${base}$_/"), 401, detail($NOT_PROVIDED),
        "no token at $_/" for qw(logout logoutall);
};

subtest 'a token ends with its ten hours' => sub {
    my $id = id_of('pita');
    my $now = int(time * 1e6);
    # By hand, so before the server has seen them: what it has seen it may
    # know for a minute.
    my ($over, $not_yet) = map {
        my $token = login('pita', 'password123')->{json}{token};
        $s->sql("UPDATE token SET expires_at = $_ WHERE digest = '"
                . sha256_hex($token) . "'");
        $token;
    } $now - 1, $now + 60_000_000;
    answer_is $s->get("/api/v1/users/$id/", token => $over), 401,
        detail($BAD_TOKEN), 'after: as any unknown token';
    ok lives($not_yet, $id), 'before: it opens';
    my $soon = login('pita', 'password123')->{json}{token};
    my $at = time + 3;
    $s->sql('UPDATE token SET expires_at = ' . int($at * 1e6)
            . " WHERE digest = '" . sha256_hex($soon) . "'");
    my $last = 0;
    while (time < $at + 0.3) {
        my $begin = time;
        $last = $begin if lives($soon, $id);
        sleep 0.01;
    }
    ok $last > $at - 0.3 && $last <= $at,
        sprintf 'known or not, to the moment (%.3f s off)', $at - $last;
};

subtest 'tokens that the other APIs made, and those they end' => sub {
    $s->account(username => 'cross', email => 'cross@bot.com',
                password => 'pw');
    my $id = id_of('cross');
    my %by = (
        0 => sub { $s->post('/accounts/signin/', { username => 'cross',
                     password => 'pw' })->{json}{data}{token} },
        1 => sub { $s->post('/auth/signin/', { email => 'cross@bot.com',
                     password => 'pw' })->{json}{token} },
        2 => sub { $s->post('/account/login/', { username => 'cross',
                     password => 'pw' })->{json}{token} },
        3 => sub { $s->post('/api/v1/users/login/', {
                     email => 'cross@bot.com', password => 'pw'
                     })->{json}{result}{auth_token} },
        4 => sub { login('cross', 'pw')->{json}{token} },
    );
    my %t = map { $_ => $by{$_}->() } 0 .. 4;
    is length $t{$_}, 40, "API $_: 40 digits" for 0, 2, 3;
    is length $t{$_}, 64, "API $_: 64 digits" for 1, 4;
    is $t{2}, $t{0}, 'the account has one reusable token in APIs 0 and 2';
    is $t{3}, $t{0}, 'and in API 3';
    isnt $t{1}, $t{4}, 'and as many others as it has sign-ins';
    ok lives($t{$_}, $id), "the token of API $_ is good" for 0 .. 4;

    my @out = ([ 0, '/accounts/signout/' ], [ 2, '/account/logout/' ],
               [ 3, "/api/v1/users/$id/logout/" ]);
    for my $row (@out) {
        my ($api, $path) = @$row;
        my $token = $by{0}->();
        is $s->post($path, undef, token => $token)->{status}, 200, $path;
        ok !lives($token, $id), '  ends the reusable token';
        ok lives($t{$_}, $id), "  and leaves that of API $_" for 1, 4;
    }
    for my $path ('/auth/signout/', '/api/auth/logout/') {
        my ($reuse, $many) = ($by{0}->(), $by{4}->());
        like $s->post($path, undef, token => $many)->{status}, qr/\A20[04]\z/,
            $path;
        ok !lives($many, $id), '  ends the presented token';
        ok lives($reuse, $id), '  and leaves the reusable one';
        ok lives($t{$_}, $id), "  and that of API $_" for 1, 4;
    }
    my $reuse = $by{0}->();
    is $s->post('/api/auth/logoutall/', undef, token => $reuse)->{status},
        204, 'logoutall with the reusable token';
    ok !lives($_, $id), '  ends them all' for $reuse, $t{1}, $t{4};
    isnt $by{0}->(), $reuse, 'and the next sign-in makes another';

    $reuse = $by{0}->();
    my $many = $by{1}->();
    is $s->post('/account/logout/', undef, token => $many)->{status}, 200,
        'a sign-out of API 2 with a token of API 1';
    ok !lives($many, $id), '  ends the presented token';
    ok !lives($reuse, $id), '  and the account\'s token';
};

subtest 'a token is not in the database, its digest is' => sub {
    my $many = login('pita', 'password123')->{json}{token};
    my $reuse = $s->post('/account/login/', { username => 'pita',
                    password => 'password123' })->{json}{token};
    $s->sql('PRAGMA wal_checkpoint(FULL)');
    my $bytes = join '', map { slurp($_) } glob $s->db . '*';
    for my $row ([$many, 'many'], [$reuse, 'reuse']) {
        my ($token, $policy) = @$row;
        my ($hit) = $s->sql("SELECT sealed FROM token WHERE digest = '"
                            . sha256_hex($token) . "'");
        ok $hit, "policy $policy: found by its SHA-256";
        is index($bytes, $token), -1, '  the text is nowhere';
        is index($bytes, pack 'H*', $token), -1, '  nor its bytes';
        is !defined $hit->[0], $policy eq 'many',
            '  sealed only where it must be handed out again';
    }
    unlike $s->log, qr/\Q$many\E|\Q$reuse\E|password123/,
        'and none of it is in the error log';
};

subtest 'a path that is not there is JSON' => sub {
    for my $path ('', 'nope/', 'login/x/', 'user', 'logoutall/all/') {
        answer_is $s->post($base . $path, {}), 404, detail('Not found.'),
            "POST $base$path";
        answer_is $s->get($base . $path), 404, detail('Not found.'),
            "GET $base$path";
    }
};

done_testing;
