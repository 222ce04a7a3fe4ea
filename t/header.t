#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, a header is parsed by one function
# driver: any, the same
#
# The Authorization header on the wire: what is a token, what is none, and
# where no token is ever read from.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Digest::SHA 'sha256_hex';
use FiveAPIs;
use MIME::Base64 'encode_base64';
use Test::More;

my $s = AcctTest->start(hash => 'argon2id m=8 t=1 p=1');
my $ann = $s->account(username => 'ann', email => 'ann@example.org',
                      password => 'ann-secret');
my $bob = $s->account(username => 'bob', password => 'bob-secret');
my $me = "/api/v1/users/$ann/";

sub token
{
    my ($name) = @_;
    return $s->post('/api/auth/login/', { username => $name,
                    password => "$name-secret" })->{json}{token};
}

sub reuse
{
    return $s->post('/account/login/', { username => 'ann',
                    password => 'ann-secret' })->{json}{token};
}

my $T = token('ann');       # 64 digits
my $R = reuse();            # 40 digits
my $B = token('bob');

# with(LINE...): these bytes as header lines, and the answer to GET $me.
sub with
{
    my (@lines) = @_;
    my $bytes = $s->raw(join "\r\n", "GET $me HTTP/1.1",
        'Host: 127.0.0.1', 'Connection: close', @lines, '', '');
    my ($head, $body) = split /\r\n\r\n/, $bytes, 2;
    my ($status) = ($head || '') =~ m{\AHTTP/1\.[01] (\d{3})};
    my ($challenge) = ($head || '') =~ /^WWW-Authenticate: (.*?)\r?$/mi;
    return ($status || 0, defined $body ? $body : '', $challenge);
}

sub opens
{
    my ($name, @lines) = @_;
    my ($status, $body) = with(@lines);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    like "$status $body", qr/\A200 \{"id":$ann,/, $name;
}

sub refused
{
    my ($name, $sentence, @lines) = @_;
    my ($status, $body, $challenge) = with(@lines);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is "$status $body", '401 ' . detail($sentence), $name;
    is $challenge, 'Token', '  its challenge';
}

# 401 by the module, or 400 by httpd before it: never in.
sub kept_out
{
    my ($name, @lines) = @_;
    my ($status, $body) = with(@lines);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    like $status, qr/\A40[01]\z/, $name;
    unlike $body, qr/"auth_token"/, '  and tells nothing';
}

subtest 'the scheme is case-blind, blanks around and between are tolerated'
    => sub {
    for my $token ($T, $R) {
        my $kind = length $token;
        opens "$kind digits: Token", "Authorization: Token $token";
        opens "$kind digits: $_", "Authorization: $_ $token"
            for qw(token TOKEN tOkEn);
        opens "$kind digits: two blanks", "Authorization: Token  $token";
        opens "$kind digits: many", 'Authorization: Token' . ' ' x 60
            . $token;
        opens "$kind digits: a tab", "Authorization: Token\t$token";
        opens "$kind digits: tabs and blanks",
            "Authorization: \t Token \t $token \t ";
        opens "$kind digits: none after the colon",
            "Authorization:Token $token";
        opens "$kind digits: the name in other letters",
            "aUTHORIZATION: Token $token";
    }
};

subtest 'a token is compared exactly' => sub {
    my @table = (
        [ 'unknown', 'f' x 64 ], [ 'unknown, 40 digits', 'f' x 40 ],
        [ 'in upper case', uc $T ], [ 'in upper case, 40', uc $R ],
        [ 'one digit short', substr $T, 0, 63 ],
        [ 'one digit short, 40', substr $R, 0, 39 ],
        [ 'without its first digit', substr $T, 1 ],
        [ 'its first 8 digits', substr $T, 0, 8 ],
        [ 'its first 40 digits', substr $T, 0, 40 ],
        [ 'a digit more', "${T}0" ], [ 'twice', "$T$T" ],
        [ 'both kinds at once', "$R$T" ],
        [ 'one letter', 'a' ], [ 'quoted', "\"$T\"" ],
        [ 'a comma after it', "$T," ], [ 'a comma before it', ",$T" ],
        [ 'as a parameter', "token=$T" ], [ 'with padding', "$T=" ],
        [ 'in base 64', encode_base64(pack('H*', $T), '') ],
        [ 'percent-encoded', join '', map { sprintf '%%%02x', ord }
                                          split //, $T ],
        [ 'its digest', sha256_hex($T) ],
        [ 'its public id', ($s->sql("SELECT id FROM token WHERE digest = '"
                                    . sha256_hex($T) . "'"))[0][0] ],
        [ 'as it is sealed', ($s->sql('SELECT sealed FROM token WHERE digest'
                                      . " = '" . sha256_hex($R) . "'"))[0][0]
        ],
        [ 'SQL', "'OR'1'='1" ], [ 'a pattern', '%' ], [ 'stars', '*' x 64 ],
        [ 'a format', '%s%n%x' ], [ 'NULL', 'NULL' ], [ 'null', 'null' ],
        [ 'a zero', '0' ], [ 'a backslash', '\\' ],
        [ '1024 digits', 'a' x 1024 ], [ '8000 digits', 'a' x 8000 ],
        [ 'comma-joined with another', "$T,$B" ],
        [ 'comma-joined with itself', "$T,$T" ],
        [ 'all printable signs', join '', map { chr } 33 .. 126 ],
    );
    refused $_->[0], $BAD_TOKEN, "Authorization: Token $_->[1]" for @table;
    opens 'and the token is good after all that', "Authorization: Token $T";
};

subtest 'what is no token at all' => sub {
    my @table = (
        [ 'no header', $NOT_PROVIDED ],
        [ 'an empty one', $NOT_PROVIDED, '' ],
        [ 'blanks', $NOT_PROVIDED, "  \t " ],
        [ 'another scheme', $NOT_PROVIDED, "Bearer $T" ],
        [ 'Basic', $NOT_PROVIDED, 'Basic YW5uOmFubi1zZWNyZXQ=' ],
        [ 'a longer word', $NOT_PROVIDED, "Tokenx $T" ],
        [ 'a shorter word', $NOT_PROVIDED, "Toke $T" ],
        [ 'no scheme', $NOT_PROVIDED, $T ],
        [ 'no blank', $NOT_PROVIDED, "Token$T" ],
        [ 'an equals sign', $NOT_PROVIDED, "Token=$T" ],
        [ 'a colon', $NOT_PROVIDED, "Token: $T" ],
        [ 'a comma', $NOT_PROVIDED, "Token,$T" ],
        [ 'a quoted scheme', $NOT_PROVIDED, "\"Token\" $T" ],
        [ 'the words swapped', $NOT_PROVIDED, "$T Token" ],
        [ 'another scheme with three words', $NOT_PROVIDED,
          "Digest Token $T" ],
        [ 'the scheme alone', $NO_CREDENTIALS, 'Token' ],
        [ 'the scheme and a blank', $NO_CREDENTIALS, 'tOKEN  ' ],
        [ 'the scheme and a tab', $NO_CREDENTIALS, "Token\t" ],
        [ 'three words', $SPACES, "Token $T $T" ],
        [ 'four words', $SPACES, "Token a b c" ],
        [ 'a blank in it', $SPACES, 'Token ' . substr($T, 0, 32) . ' '
          . substr $T, 32 ],
        [ 'a tab in it', $SPACES, 'Token ' . substr($T, 0, 32) . "\t"
          . substr $T, 32 ],
        [ 'the scheme twice', $SPACES, "Token Token $T" ],
        [ 'a list', $SPACES, "Token $T, $T" ],
        [ 'Latin 1 in it', $CHARACTERS, "Token \xe9$T" ],
        [ 'UTF-8 after it', $CHARACTERS, "Token $T\xc3\xa9" ],
        [ 'a no-break space', $CHARACTERS, "Token \xc2\xa0$T" ],
        [ 'the byte 0xFF', $CHARACTERS, "Token \xff" ],
        [ 'the byte 0x80', $CHARACTERS, "Token \x80" ],
        [ 'a scheme in Cyrillic', $NOT_PROVIDED, "\xd0\xa2oken $T" ],
    );
    for my $row (@table) {
        my ($name, $sentence, $value) = @$row;
        refused $name, $sentence,
            defined $value ? "Authorization: $value" : ();
    }
};

subtest 'two Authorization headers are refused' => sub {
    my $good = "Authorization: Token $T";
    kept_out 'the same twice', $good, $good;
    kept_out 'of two accounts', $good, "Authorization: Token $B";
    kept_out 'of one account', $good, "Authorization: Token $R";
    kept_out 'good and bad', $good, 'Authorization: Token x';
    kept_out 'bad and good', 'Authorization: Token x', $good;
    kept_out 'another scheme first', 'Authorization: Basic YTpi', $good;
    kept_out 'another scheme last', $good, 'Authorization: Basic YTpi';
    kept_out 'an empty one first', 'Authorization:', $good;
    kept_out 'an empty one last', $good, 'Authorization:';
    kept_out 'the scheme alone first', 'Authorization: Token', $good;
    kept_out 'the scheme in one, the token in the other',
        'Authorization: Token', "Authorization: $T";
    kept_out 'in two spellings', $good, "AUTHORIZATION: Token $T";
    kept_out 'apart from each other', $good, 'X-Between: 1', $good;
    opens 'and one is fine', $good;
};

subtest 'lines that HTTP itself does not allow never get in' => sub {
    kept_out 'a blank before the colon', "Authorization : Token $T";
    kept_out 'a NUL in it', "Authorization: Token $T\0";
    kept_out 'a control character', "Authorization: Token \x01$T";
    kept_out 'DEL', "Authorization: Token $T\x7f";
    kept_out 'a bare carriage return', "Authorization: Token $T\rX: y";
    kept_out 'longer than a line may be', 'Authorization: Token '
        . 'a' x 8200;
    kept_out 'more lines than there may be',
        map({ "X-$_: 1" } 1 .. 100), "Authorization: Token $T";
    my ($status) = with("Authorization: Token\r\n $T");
    like $status, qr/\A(?:200|400|401)\z/,
        'a folded line is one blank or an error';
    kept_out 'a token folded in two',
        'Authorization: Token ' . substr($T, 0, 32) . "\r\n "
        . substr $T, 32;
    kept_out 'a second token on a folded line',
        "Authorization: Token $T\r\n\t$B";
};

subtest 'a token is read from nowhere else' => sub {
    my @lines = (
        "X-Auth-Token: $T", "X-Authorization: Token $T",
        "Proxy-Authorization: Token $T", "Cookie: token=$T",
        "Cookie: Authorization=\"Token $T\"", "Authentication: Token $T",
        "X-HTTP-Authorization: Token $T", "HTTP_AUTHORIZATION: Token $T",
        "Authorization_: Token $T", "X-Forwarded-Authorization: Token $T",
        "X-Acct-Id: $ann", "X-Acct-User: ann", "Remote-User: ann",
        "X-Remote-User: ann", "Redirect-Remote-User: ann",
        "Connection: authorization", "Token: $T", "Access-Token: $T",
    );
    refused $_, $NOT_PROVIDED, $_ for @lines;
    for my $url ("http://ann:ann-secret\@127.0.0.1$me",
                 "http://Token:$T\@127.0.0.1$me") {
        my $bytes = $s->raw("GET $url HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                            . "Connection: close\r\n\r\n");
        like $bytes, qr{\AHTTP/1\.1 40[01] }, 'user info in the URL';
    }
    my $r = $s->post('/account/logout/', { token => $T, Authorization =>
                                           "Token $T" });
    answer_is $r, 401, detail($NOT_PROVIDED), 'a body';
    $r = $s->request('POST', '/account/logout/', body => "token=$T",
                     type => 'application/x-www-form-urlencoded');
    answer_is $r, 401, detail($NOT_PROVIDED), 'a form';
};

subtest 'a trailer is no header' => sub {
    my $again = sub {
        my $bytes = $s->raw("POST /api/auth/logout/ HTTP/1.1\r\nHost: x\r\n"
            . "Connection: close\r\nTransfer-Encoding: chunked\r\n"
            . "Trailer: Authorization\r\n\r\n2\r\n{}\r\n0\r\n"
            . "Authorization: Token $T\r\nX-Acct-User: ann\r\n\r\n");
        like $bytes, qr{\AHTTP/1\.1 401 .*\r\n\r\n\Q@{[
            detail($NOT_PROVIDED)]}\E\z}s, $_[0];
    };
    $again->('a token in a trailer');
    $s->restart("MergeTrailers On\n");
    $again->('the same with MergeTrailers On');
    opens 'the token is still good', "Authorization: Token $T";
};

subtest 'no identity is left on a kept connection' => sub {
    my @wish = (
        [ $T, 200 ], [ undef, 401 ], [ $T, 200 ], [ '', 401 ], [ $R, 200 ],
        [ 'x', 401 ], [ undef, 401 ], [ $B, 404 ], [ $T, 200 ],
    );
    for my $round (1 .. 10) {
        my @got = map {
            $s->request('GET', $me, keep => 1, defined $_->[0]
                ? (headers => [['Authorization',
                    length $_->[0] ? "Token $_->[0]" : '']])
                : ())->{status}
        } @wish;
        is "@got", join(' ', map { $_->[1] } @wish), "round $round";
    }
};

subtest 'a forged token does not hurt the one it resembles' => sub {
    for my $n (1 .. 100) {
        my $forged = substr($T, 0, 63 - $n % 60) . 'g';
        $s->get($me, token => $forged);
    }
    opens 'after a hundred of them', "Authorization: Token $T";
};

subtest 'each sign-out says each sentence its way' => sub {
    for my $route (token_routes($ann)) {
        my @table = (
            [ undef, $route->{denied}->($NOT_PROVIDED), 'no header' ],
            [ "Bearer $T", $route->{denied}->($NOT_PROVIDED), 'Bearer' ],
            [ 'Token', $route->{denied}->($NO_CREDENTIALS), 'alone' ],
            [ "Token $T $T", $route->{denied}->($SPACES), 'three words' ],
            [ "Token \xe9", $route->{denied}->($CHARACTERS), 'not ASCII' ],
            [ 'Token ' . 'f' x 64, $route->{invalid}, 'unknown' ],
            [ 'Token ' . uc $T, $route->{invalid}, 'upper case' ],
        );
        for my $row (@table) {
            my ($value, $body, $name) = @$row;
            my $r = $s->request($route->{method}, $route->{path},
                headers => defined $value
                    ? [['Authorization', $value]] : []);
            answer_is $r, 401, $body, "$route->{name}: $name";
            headers_are_right $r, $route, '  its headers';
        }
        my $r = $s->request($route->{method}, $route->{path},
            headers => [['Authorization', "Token $T"],
                        ['Authorization', "Token $T"]]);
        is $r->{status}, 401, "$route->{name}: two headers";
    }
    opens 'none of it ended the token', "Authorization: Token $T";
};

subtest 'HTTP/1.0 is served too' => sub {
    my $r = $s->request('GET', $me, token => $T, http10 => 1);
    is $r->{status}, 200, 'with a token';
    $r = $s->request('GET', $me, http10 => 1);
    answer_is $r, 401, detail($NOT_PROVIDED), 'without one';
};

unlike $s->log, qr/\Q$T\E|\Q$R\E|\Q$B\E/, 'no token is in the error log';

done_testing;
