#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# Second factors as clients meet them: enrolment, sign-in and recovery codes by
# the routes of djoser and of dj-rest-auth, APIs that have no field for a code,
# HTTP Basic, the limits, and the operator's way out.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Digest::SHA qw(hmac_sha1 sha256_hex);
use JSON::PP ();
use Test::More;

my $PASSWORD = 'Correct-horse-9';
my %at = (djoser => '/dj/', 'dj-rest-auth' => '/rest/', knox => '/knox/',
    'drf-token' => '/drf/', 'auth-register-user' => '/lead/',
    'auth-register' => '/old/', 'users-v1' => '/v1/');

my $s = AcctTest->prepare(api => 0, hash => 'argon2id m=8 t=1 p=1',
    limit => 'On failures=off names=off mails=off tries=12',
    conf => join '', "AcctAuthMail spool\n",
    "AcctAuthMailFrom accounts\@example.com\n",
    "AcctAuthMailLinkBase http://127.0.0.1/\n",
    "AcctAuthMailTemplateDir \"" . tree() . "/conf/mail\"\n",
    "AcctAuthSiteName \"My Site\"\n",
    (map { "<Location \"$at{$_}\">\n    AcctAuthAPI $_\n</Location>\n" }
        sort keys %at));
is($s->run, undef, 'a server with these APIs') or BAIL_OUT('no server');
$s->account(username => $_, password => $PASSWORD,
    email => "$_\@example.com") for qw(ann bob cid dan eve fay gil);

sub said { return "$_[0]{status} $_[0]{body}" }

sub call
{
    my ($method, $path, $body, $token) = @_;
    my %headers = ('Content-Type' => 'application/json');
    $headers{Authorization} = "Token $token" if defined $token;
    return $s->request($method, $path, headers => \%headers,
        body => JSON::PP->new->canonical->encode($body || {}));
}

# ------------------------------------------------------- what an application does

sub bytes_of
{
    my ($base32) = @_;
    my %value;
    @value{'A' .. 'Z', 2 .. 7} = 0 .. 31;
    return pack 'B*', join '', map { sprintf '%05b', $value{$_} }
        split //, $base32;
}

# The code of a step, so many away from now (RFC 6238).
sub code
{
    my ($secret, $off) = @_;
    my $step = int(time / 30) + ($off || 0);
    my $mac = hmac_sha1(pack('Q>', $step), bytes_of($secret));
    my $at = ord(substr $mac, 19) & 15;
    return sprintf '%06d',
        (unpack('N', substr $mac, $at, 4) & 0x7fffffff) % 1_000_000;
}

sub base36
{
    my ($n) = @_;
    my $text = '';
    for (; $n > 0; $n = int($n / 36)) {
        $text = (0 .. 9, 'a' .. 'z')[$n % 36] . $text;
    }
    return $text;
}

sub wrong_code
{
    my ($secret) = @_;
    my %near = map { code($secret, $_) => 1 } -2 .. 3;
    return (grep { !$near{$_} } map { $_ x 6 } 0 .. 9)[0];
}

# Codes of now are good again.
sub forget_steps { $s->sql('UPDATE account SET totp_step = 0') }

# ------------------------------------------------------------------- enrolment

my %api = (
    djoser => {
        login => '/dj/token/login/', key => 'auth_token',
        totp => '/dj/users/me/totp/',
        confirm => '/dj/users/me/totp/confirm/',
        codes => '/dj/users/me/totp/recovery_codes/',
        disable => [DELETE => '/dj/users/me/totp/'], disabled => '204 ',
    },
    'dj-rest-auth' => {
        login => '/rest/login/', key => 'key', totp => '/rest/totp/',
        confirm => '/rest/totp/confirm/',
        codes => '/rest/totp/recovery-codes/',
        disable => [POST => '/rest/totp/disable/'],
        disabled => '200 {"detail":"The second factor was removed."}',
    },
);

sub login
{
    my ($api, $name, $otp) = @_;
    return call(POST => $api{$api}{login}, { username => $name,
        password => $PASSWORD, defined $otp ? (otp => $otp) : () });
}

sub token_of { return $_[0]{json}{$api{$_[1]}{key}} }

# enrol(API, NAME): the secret, the token, the recovery codes.
sub enrol
{
    my ($api, $name) = @_;
    my $token = token_of(login($api, $name), $api);
    my $began = call(POST => $api{$api}{totp},
        { current_password => $PASSWORD }, $token);
    my $secret = $began->{json}{secret};
    my $done = call(POST => $api{$api}{confirm}, { otp => code($secret) },
        $token);
    return ($secret, $token, @{ $done->{json}{recovery_codes} || [] });
}

my $REQUIRED = '400 {"otp":["This field is required."]}';
my $WRONG = '400 {"otp":["Invalid code."]}';

for my $api (sort keys %api) {
    my %path = %{ $api{$api} };
    my $name = $api eq 'djoser' ? 'ann' : 'bob';

    subtest "$api: the whole life of a second factor" => sub {
        my $token = token_of(login($api, $name), $api);
        is(said(call(GET => $path{totp}, undef, $token)),
            '200 {"has_totp":false,"recovery_codes_left":0}', 'there is none');
        is(said(call(POST => $path{totp}, {}, $token)),
            '400 {"current_password":["This field is required."]}',
            'it is begun by the password');
        is(said(call(POST => $path{totp}, { current_password => 'no' },
            $token)), '400 {"current_password":["Invalid password."]}',
            'by the right one');
        my $r = call(POST => $path{totp}, { current_password => $PASSWORD },
            $token);
        is($r->{status}, 200, 'begun');
        my $secret = $r->{json}{secret};
        like($secret, qr/\A[A-Z2-7]{32}\z/, 'with a secret of 160 bits');
        is($r->{json}{uri}, "otpauth://totp/My%20Site:$name?secret=$secret"
            . '&issuer=My%20Site', 'which a picture can bring');
        is(login($api, $name)->{status}, 200, 'nothing is asked for yet');

        is(said(call(POST => $path{confirm}, { otp => wrong_code($secret) },
            $token)), $WRONG, 'a wrong code confirms nothing');
        my $code = code($secret);
        $r = call(POST => $path{confirm}, { otp => $code }, $token);
        my @codes = @{ $r->{json}{recovery_codes} };
        is(scalar @codes, 10, 'confirmed: ten recovery codes');
        is(said(call(GET => $path{totp}, undef, $token)),
            '200 {"has_totp":true,"recovery_codes_left":10}',
            'the token that was there lives on');

        is(said(login($api, $name)), $REQUIRED, 'a code is asked for');
        is(said(login($api, $name, '')), $REQUIRED, 'an empty one is none');
        is(said(call(POST => $path{login}, { username => $name,
            password => 'wrong', otp => code($secret, 1) })),
            '400 {"non_field_errors":["Unable to log in with provided '
            . 'credentials."]}', 'never before the right password');
        is(said(login($api, $name, $code)), $WRONG,
            'the code that confirmed is used up');
        $code = code($secret, 1);
        ok(token_of(login($api, $name, " $code "), $api),
            'the next one signs in');
        is(said(login($api, $name, $code)), $WRONG, 'once');
        ok(token_of(login($api, $name, uc $codes[0]), $api),
            'so does a recovery code');
        is(said(login($api, $name, $codes[0])), $WRONG, 'once');
        is(scalar $s->sql("SELECT 1 FROM mail WHERE kind = "
            . "'recovery-code-used' AND address = '$name\@example.com'"), 1,
            'and its owner is told by mail');

        $r = call(POST => $path{codes}, { current_password => $PASSWORD,
            otp => $codes[1] }, $token);
        my @new = @{ $r->{json}{recovery_codes} || [] };
        is(scalar @new, 10, 'ten new ones by one of the old');
        is(said(login($api, $name, $codes[2])), $WRONG, 'the old are over');

        is(said(call(POST => $path{totp}, { current_password => $PASSWORD },
            $token)), '400 {"detail":"There is a second factor already."}',
            'there is one at a time');
        my ($method, $where) = @{ $path{disable} };
        is(said(call($method => $where, { current_password => $PASSWORD,
            otp => wrong_code($secret) }, $token)), $WRONG,
            'a wrong code does not end it');
        is(said(call($method => $where, { current_password => 'no',
            otp => $new[0] }, $token)),
            '400 {"current_password":["Invalid password."]}',
            'nor a wrong password');
        is(said(call($method => $where, { current_password => $PASSWORD,
            otp => $new[0] }, $token)), $path{disabled}, 'both end it');
        is(login($api, $name)->{status}, 200, 'the password is enough again');
        is(said(call($method => $where, { current_password => $PASSWORD,
            otp => $new[1] }, $token)),
            '400 {"detail":"There is no second factor."}', 'it is gone');
    };
}

# --------------------------------------------------------------- other sign-ins

my ($secret, $token, @codes) = enrol(djoser => 'cid');

subtest 'an API that has no field for a code lets nobody in' => sub {
    my $body = { username => 'cid', password => $PASSWORD,
        otp => code($secret, 1) };
    my $bad = { username => 'cid', password => 'wrong' };
    is(said(call(POST => '/old/login/', $body)),
        '400 {"non_field_errors":["Unable to log in with provided '
        . 'credentials."]}', 'auth-register refuses');
    is(said(call(POST => '/old/login/', $body)),
        said(call(POST => '/old/login/', $bad)),
        'as it does a wrong password');
    is(said(call(POST => '/v1/login/', { email => 'cid@example.com',
        password => $PASSWORD })), said(call(POST => '/v1/login/',
        { email => 'cid@example.com', password => 'wrong' })),
        'so does users-v1');
    is(scalar $s->sql('SELECT 1 FROM token t JOIN account a ON '
        . "a.id = t.account_id WHERE a.username = 'cid'"), 1,
        'no token was made');
    my $why = 'has a second factor, and the route "login/" of the dialect '
        . 'auth-register takes none';
    like($s->log, qr/\Q$why\E/, 'the log tells the operator why');
};

sub basic
{
    my ($otp) = @_;
    require MIME::Base64;
    return $s->request(POST => '/knox/login/', headers => {
        Authorization => 'Basic '
            . MIME::Base64::encode_base64("cid:$PASSWORD", ''),
        defined $otp ? ('X-OTP' => $otp) : () });
}

subtest 'knox: the code comes in a header' => sub {
    my $r = basic();
    is(said($r), '401 {"detail":"A one-time code is required."}', 'absent');
    is($r->{headers}{'www-authenticate'}, 'Basic realm="api"',
        'the challenge is that of the route');
    is(said(basic(wrong_code($secret))),
        '401 {"detail":"A one-time code is required."}', 'wrong');
    forget_steps();
    my $code = code($secret);
    is(basic($code)->{status}, 200, 'right');
    is(basic($code)->{status}, 401, 'once');
};

subtest 'drf-token and auth-register-user have a field, too' => sub {
    for my $where ('/drf/api-token-auth/', '/lead/login/') {
        forget_steps();
        my $body = { username => 'cid', password => $PASSWORD };
        is(said(call(POST => $where, $body)), $REQUIRED, "$where: absent");
        is(call(POST => $where, { %$body, otp => code($secret) })->{status},
            200, 'right');
    }
};

# ------------------------------------------------------------------------ limits

subtest 'wrong codes count as wrong passwords do' => sub {
    my ($of_dan) = enrol(djoser => 'dan');
    my %seen;
    for (1 .. 12) {
        $seen{said(login(djoser => 'dan', wrong_code($of_dan)))}++;
        $seen{said(login(djoser => 'dan'))}++ if $_ < 12;
    }
    is_deeply(\%seen, { $WRONG => 12, $REQUIRED => 11 },
        'as many as may be, and the right password between them');
    is(login(djoser => 'dan', code($of_dan, 1))->{status}, 429,
        'which has taken none back: then not even a right code is looked at');
    is(login(djoser => 'dan')->{status}, 429, 'nor is the password');
};

subtest 'a wrong code is counted where a token asks, too' => sub {
    my ($of_eve, $token, @of_eve) = enrol(djoser => 'eve');
    my %body = (current_password => $PASSWORD, otp => wrong_code($of_eve));
    is(said(call(DELETE => '/dj/users/me/totp/', \%body, $token)), $WRONG,
        'wrong') for 1 .. 12;
    is(call(DELETE => '/dj/users/me/totp/', { %body, otp => $of_eve[0] },
        $token)->{status}, 429, 'then the tries wait');
};

# ------------------------------------------------------------------- the operator

subtest 'a password that is set by the operator leaves it' => sub {
    my ($of_fay) = enrol('dj-rest-auth' => 'fay');
    my ($how) = $s->cli('user', 'passwd', 'fay', '--password-stdin',
        stdin => "$PASSWORD\n");
    is($how, 0, 'set');
    is(said(login('dj-rest-auth' => 'fay')), $REQUIRED, 'still asked for');
    like(join('', $s->cli('user', 'show', 'fay')), qr/second factor +yes/,
        'user show tells of it');
};

subtest 'a reset by mail leaves it' => sub {
    my $link = '1-' . 'a' x 32;
    my ($row) = $s->sql("SELECT id FROM account WHERE username = 'fay'");
    $s->sql('INSERT INTO link (digest, account_id, purpose, address_key, '
        . "created_at, expires_at) VALUES ('" . sha256_hex($link)
        . "', $row->[0], 'password-reset', 'fay\@example.com', "
        . (time + 60) . '000000, ' . (time + 600) . '000000)');
    is(said(call(POST => '/rest/password/reset/confirm/', {
        uid => base36($row->[0]), token => $link,
        new_password1 => $PASSWORD, new_password2 => $PASSWORD })),
        '200 {"detail":"Password has been reset with the new password."}',
        'the password is set');
    is(said(login('dj-rest-auth' => 'fay')), $REQUIRED, 'still asked for');
};

subtest 'acctauth user totp-reset ends it, with all tokens' => sub {
    my ($of_gil, $token) = enrol(djoser => 'gil');
    my $out = join '', $s->cli('user', 'totp-reset', 'gil');
    like($out, qr/ended the second factor of gil/, 'said');
    is(login(djoser => 'gil')->{status}, 200, 'the password is enough');
    is(scalar $s->sql('SELECT 1 FROM recovery_code r JOIN account a ON '
        . "a.id = r.account_id WHERE a.username = 'gil'"), 0,
        'no recovery code is left');
    $out = join '', $s->cli('user', 'totp-reset', 'gil');
    like($out, qr/has no second factor/, 'once');
};

# ------------------------------------------------------------------------- secrets

subtest 'no log has a secret' => sub {
    for my $text ($s->log, $s->access_log) {
        unlike($text, qr/\Q$secret\E/, 'no secret');
        unlike($text, qr/\Q$_\E/, 'no recovery code') for @codes;
    }
    is(scalar $s->sql("SELECT 1 FROM account WHERE totp_sealed LIKE "
        . "'%$secret%'"), 0, 'nor has the database');
};

done_testing();
