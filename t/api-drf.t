#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# The APIs of projects around Django REST framework, as their clients meet
# them: drf-token (obtain_auth_token), knox, knox-user (its UserSerializer) and
# auth-register-user (what clients of knox's tutorial read).

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use MIME::Base64 'encode_base64';
use Test::More;

my %at = (
    '/api-token-auth' => 'drf-token', '/drf/' => 'drf-token',
    '/knox/' => 'knox', '/knox-user/' => 'knox-user',
    '/few/' => 'few', '/lead/' => 'auth-register-user',
);
my $PASSWORD = 'Correct-horse-9';
my $JSON = 'application/json';
my $TIME = qr/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/;

my $s = AcctTest->prepare(api => 0, hash => cheap_hash());
my $dialects = $s->dir . '/dialects';
mkdir $dialects;
for my $file (glob tree() . '/conf/dialects/*.json') {
    (my $base = $file) =~ s{.*/}{};
    spew("$dialects/$base", slurp($file));
}
# What docs/clients.md says of a limit.
spew("$dialects/few.json", '{ "extends": "knox-user", "token": { "policy": '
    . '"many", "bytes": 32, "lifetime": "10h", "limit": 2 } }');
$s->{dialect_dir} = $dialects;
$s->{conf} = "AcctAuthLimit Off\n" . join '', map { "<Location \"$_\">\n"
    . "    AcctAuthAPI $at{$_}\n</Location>\n" } sort keys %at;
$s->{conf} .= "<Location \"/private/\">\n    AcctAuthProtect On\n"
    . "</Location>\n";
$s->_write_conf;
is($s->run, undef, 'a server with these APIs') or BAIL_OUT('no server');
$s->write('htdocs/private/a.txt', "private\n");
$s->account(username => $_, password => $PASSWORD,
            email => "$_\@example.org") for qw(ann bob few);
$s->account(username => 'out', password => $PASSWORD);
$s->cli(qw(user block out));

# Status and body, and no more than that in one line.
sub said { return "$_[0]{status} $_[0]{body}" }
sub token { return (headers => { Authorization => "Token $_[0]" }) }

sub basic
{
    my ($path, $text) = @_;
    return $s->request('POST', $path, headers => { Authorization => 'Basic '
        . encode_base64($text, '') });
}

# ------------------------------------------------------------------ drf-token

subtest 'a multipart form signs in, as the framework takes one' => sub {
    my $body = join '', map { "--b\r\nContent-Disposition: form-data; "
        . "name=\"$_->[0]\"\r\n\r\n$_->[1]\r\n" }
        ['username', 'ann'], ['password', $PASSWORD];
    my $r = $s->request('POST', '/api-token-auth/', body => "$body--b--\r\n",
        type => 'multipart/form-data; boundary=b');
    like(said($r), qr/^200 \{"token":"[0-9a-f]{40}"\}$/, 'a token');
};

my $WRONG = '400 {"non_field_errors":["Unable to log in with provided '
    . 'credentials."]}';

sub obtain { return $s->post('/api-token-auth/', { @_ }) }

subtest 'drf-token: a token of 40 digits for a name and its password' => sub {
    my $r = obtain(username => 'ann', password => $PASSWORD);
    like(said($r), qr/^200 \{"token":"[0-9a-f]{40}"\}$/, 'the answer');
    is($r->{headers}{'content-type'}, $JSON, 'its type');
    is(said(obtain(username => 'ann', password => $PASSWORD)), said($r),
        'the same one the next time');
    is($s->request('POST', '/api-token-auth', body =>
        "username=ann&password=$PASSWORD", type =>
        'application/x-www-form-urlencoded')->{body}, $r->{body},
        'by a form, without the slash');
    is($s->get('/private/a.txt', token($r->{json}{token}))->{body},
        "private\n", 'it opens what is guarded');
};

subtest 'drf-token: what is no sign-in is told as there' => sub {
    my %case = (
        'a wrong password' => [{ username => 'ann', password => 'x' }],
        'a password with a blank' =>
            [{ username => 'ann', password => "$PASSWORD " }],
        'nobody' => [{ username => 'nobody', password => $PASSWORD }],
        'an address' =>
            [{ username => 'ann@example.org', password => $PASSWORD }],
        'a blocked account' => [{ username => 'out', password => $PASSWORD }],
        'a number' => [{ username => 12, password => 3.5 }],
        'a name as long as none is' =>
            [{ username => 'a' x 2000, password => $PASSWORD }],
        'a password as long as none is' =>
            [{ username => 'ann', password => 'a' x 2000 }],
        'no name' => [{ password => $PASSWORD },
                      '400 {"username":["This field is required."]}'],
        'blank' => [{ username => ' ', password => $PASSWORD },
                    '400 {"username":["This field may not be blank."]}'],
        'a list' => [{ username => 'ann', password => [] },
                     '400 {"password":["Not a valid string."]}'],
    );
    for my $name (sort keys %case) {
        is(said(obtain(%{$case{$name}[0]})), $case{$name}[1] || $WRONG,
            $name);
    }
    is(said($s->get('/api-token-auth/')),
        '405 {"detail":"Method \"GET\" not allowed."}', 'another method');
};

subtest 'drf-token: mounted higher it has the path of its documents' => sub {
    is($s->post('/drf/api-token-auth/', { username => 'ann',
        password => $PASSWORD })->{body}, obtain(username => 'ann',
        password => $PASSWORD)->{body}, 'there');
    is($s->get('/drf/other/')->{status}, 404, 'and no other');
};

# ----------------------------------------------------------------------- knox

subtest 'knox: sign-in by HTTP Basic' => sub {
    my $r = basic('/knox/login/', "ann:$PASSWORD");
    like(said($r), qr/^200 \{"expiry":"$TIME","token":"[0-9a-f]{64}"\}$/,
        'a token and when it ends');
    my $other = basic('/knox/login', "ann:$PASSWORD");
    isnt($other->{json}{token}, $r->{json}{token}, 'another each time');
    is($s->get('/private/a.txt', token($r->{json}{token}))->{status}, 200,
        'it opens what is guarded');
};

subtest 'knox: what is no sign-in is 401, and asks for Basic' => sub {
    my %case = (
        "ann:wrong" => 'Invalid username/password.',
        "out:$PASSWORD" => 'Invalid username/password.',
        "nobody:$PASSWORD" => 'Invalid username/password.',
        "ann\@example.org:$PASSWORD" => 'Invalid username/password.',
        "ann" => 'Invalid username/password.',
    );
    for my $text (sort keys %case) {
        my $r = basic('/knox/login/', $text);
        is(said($r), qq(401 {"detail":"$case{$text}"}), $text);
        is($r->{headers}{'www-authenticate'}, 'Basic realm="api"', 'asks');
    }
    my $r = $s->post('/knox/login/', { username => 'ann',
                                       password => $PASSWORD });
    is(said($r), '401 {"detail":"Authentication credentials were not '
        . 'provided."}', 'a body is none');
    is($r->{headers}{'www-authenticate'}, 'Basic realm="api"', 'asks');
};

subtest 'knox: signing out, here and everywhere' => sub {
    my @token = map { basic('/knox/login/', "bob:$PASSWORD")->{json}{token} }
        1 .. 3;
    my $r = $s->request('POST', '/knox/logout/', token($token[0]));
    is(said($r), '204 ', 'this one');
    is(join(' ', map { $s->get('/private/a.txt', token($_))->{status} }
            @token), '401 200 200', 'and no other');
    is($s->request('POST', '/knox/logoutall/', token($token[1]))->{status},
        204, 'all');
    is($s->get('/private/a.txt', token($token[2]))->{status}, 401,
        'of the account');
    $r = $s->request('POST', '/knox/logout/');
    is(said($r), '401 {"detail":"Authentication credentials were not '
        . 'provided."}', 'none');
    is($r->{headers}{'www-authenticate'}, 'Token', 'asks for a token');
};

subtest 'knox-user: the sign-in says whose token it is' => sub {
    like(said(basic('/knox-user/login/', "ann:$PASSWORD")),
        qr/^200[ ]\{"expiry":"$TIME","token":"[0-9a-f]{64}",
           "user":\{"username":"ann"\}\}$/x, 'last');
    is($s->request('POST', '/knox-user/logoutall/', token(
        basic('/knox-user/login/', "ann:$PASSWORD")->{json}{token}))
        ->{status}, 204, 'the rest is as knox has it');
};

subtest 'knox with a limit: a sign-in beyond it is refused' => sub {
    my @made = map { basic('/few/login/', "few:$PASSWORD") } 1 .. 3;
    is(said($made[2]), '403 {"error":"Maximum amount of tokens allowed per '
        . 'user exceeded."}', 'the third');
    is(basic('/few/login/', 'few:wrong')->{status}, 401,
        'only after the right password');
    $s->sql("UPDATE token SET expires_at = 1 WHERE id = '"
        . ($s->sql('SELECT t.id FROM token t, account a WHERE a.id = '
            . "t.account_id AND a.username = 'few'"))[0][0] . q('));
    is(basic('/few/login/', "few:$PASSWORD")->{status}, 200,
        'one that has expired does not count');
};

# --------------------------------------------------------- auth-register-user

subtest 'auth-register-user: the account is in the answer of a sign-in, and '
    . 'at user/' => sub {
    my $r = $s->post('/lead/register', { username => 'zoe', email =>
        'zoe@example.org', password => $PASSWORD });
    my $user = qr/\{"id":\d+,"username":"zoe","email":"zoe\@example\.org"\}/;
    like(said($r), qr/^200 \{"user":$user,"token":"[0-9a-f]{64}"\}$/,
        'a sign-up');
    $r = $s->post('/lead/login', { username => 'zoe',
                                   password => $PASSWORD });
    like(said($r), qr/^200[ ]\{"expiry":"$TIME","token":"[0-9a-f]{64}",
                      "user":$user\}$/x, 'a sign-in');
    my $token = $r->{json}{token};
    like(said($s->get('/lead/user', token($token))), qr/^200 $user$/,
        'at each reload of the page');
    is($s->request('POST', '/lead/logout/', token($token), type => $JSON)
        ->{status}, 204, 'signed out');
    is(said($s->get('/lead/user', token($token))),
        '401 {"detail":"Invalid token."}', 'then it is over');
};

done_testing;
