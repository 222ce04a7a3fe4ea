#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, what is answered is the dialect's
#
# The small ways of djoser and of dj-rest-auth that their clients may lean on:
# what is asked for first, which methods Allow names, how a value that cannot
# be right is told, which tokens a new password leaves.

use strict;
use warnings;
use utf8;
use lib 't/lib';
use AcctTest;
use FaultKit;
use Encode ();
use JSON::PP ();
use MailTest;
use Test::More;

my $PASSWORD = 'plain tailor 31';
my $OTHER = 'another-coat-58';
my $m = MailTest->new(api => 0, hash => cheap_hash(), conf => <<'CONF');
AcctAuthLimit Off
AcctAuthPasswordRules min-length=8 not-similar not-numeric
<Location "/dj/">
    AcctAuthAPI djoser
</Location>
<Location "/confirmed/">
    AcctAuthAPI djoser-confirmed
</Location>
<Location "/rest/">
    AcctAuthAPI dj-rest-auth
</Location>
<Location "/private/">
    AcctAuthProtect On
</Location>
CONF
my $s = $m->{s};
is($s->run, undef, 'a server with these APIs') or BAIL_OUT('no server');
$s->write('htdocs/private/a.txt', "private\n");
$s->account(username => $_, password => $PASSWORD,
    email => "$_\@example.com") for qw(ina jon kim);

# call(METHOD, PATH, BODY, TOKEN): BODY a hash or JSON; none is none.
sub call
{
    my ($method, $path, $body, $token) = @_;
    my %headers;
    $headers{Authorization} = "Token $token" if defined $token;
    $headers{'Content-Type'} = 'application/json' if defined $body;
    $body = JSON::PP->new->utf8->canonical->encode($body) if ref $body;
    return $s->request($method, $path, headers => \%headers,
        defined $body ? (body => $body) : ());
}

sub said { return "$_[0]{status} " . Encode::decode('UTF-8', $_[0]{body}) }

sub token
{
    my ($path, $name, $password) = @_;
    return call(POST => $path, { username => $name,
        password => $password // $PASSWORD })->{body} =~ /:"([0-9a-f]{40})"/
        ? $1 : undef;
}

my $NO_TOKEN = '{"detail":"Authentication credentials were not provided."}';

subtest 'djoser asks for a token before it refuses a method' => sub {
    my $token = token('/dj/token/login/', 'ina');
    for my $path (qw(activation resend_activation reset_password
        reset_password_confirm reset_username reset_username_confirm)) {
        my $r = call(PUT => "/dj/users/$path/");
        is(said($r), "401 $NO_TOKEN", $path);
        is($r->{headers}{'www-authenticate'}, 'Token', 'its challenge');
        is($r->{headers}{allow}, 'POST, OPTIONS', 'and what it allows');
        is(said(call(PUT => "/dj/users/$path/", undef, $token)),
            '405 {"detail":"Method \"PUT\" not allowed."}', 'with one');
    }
    is(said(call(PUT => '/dj/users/activation/', undef, 'f' x 40)),
        '401 {"detail":"Invalid token."}', 'a bad one');
    is(call(HEAD => '/dj/users/activation/')->{status}, 401, 'HEAD');
    is(call(OPTIONS => '/dj/users/activation/')->{status}, 200, 'not OPTIONS');
    is(said(call(GET => '/dj/token/login/')),
        '405 {"detail":"Method \"GET\" not allowed."}',
        'where it does not ask');
    is(said(call(POST => '/dj/users/reset_password/',
        { email => 'nobody@example.com' }, 'f' x 40)), '204 ',
        'the method that is served needs none');
};

subtest 'djoser takes an id of its own account with zeros in front' => sub {
    my $token = token('/dj/token/login/', 'ina');
    my $status = sub { call(GET => "/dj/users/$_/", undef, $token)->{status} };
    is($status->(), 200, "users/$_") for qw(1 0001);
    is($status->(), 404, "users/$_") for qw(0 000 0002 +1 01a -1);
};

subtest 'dj-rest-auth names methods that it refuses' => sub {
    for my $route (['logout/', 'GET', 'GET, POST, HEAD, OPTIONS'],
        ['registration/verify-email/', 'HEAD', 'POST, HEAD, OPTIONS'],
        ['registration/resend-email/', 'GET', 'POST, OPTIONS']) {
        my $r = call($route->[1] => "/rest/$route->[0]");
        is($r->{status}, 405, "$route->[1] $route->[0]");
        is($r->{headers}{allow}, $route->[2], 'what it allows');
    }
};

my $LONG = 'a' x 300;
my $BLANK = '["This field may not be blank."]';
my $WRONG = '{"non_field_errors":["Unable to log in with provided '
    . 'credentials."]}';
my $NO_ADDRESS = '{"email":["Enter a valid email address."]}';

subtest 'a value that cannot be right is told as one that is not' => sub {
    for my $case (
        ['/dj/token/login/', { username => $LONG, password => 'x' }, $WRONG],
        ['/dj/token/login/', { username => 'ina', password => 'x' x 1025 },
            $WRONG],
        ['/rest/login/', { username => $LONG, password => 'x' }, $WRONG],
        ['/rest/login/', { email => $LONG, password => 'x' }, $NO_ADDRESS],
        ['/dj/users/reset_password/', { email => $LONG }, $NO_ADDRESS],
        ['/dj/users/reset_username/', { email => "$LONG\@example.com" },
            $NO_ADDRESS],
        ['/rest/password/reset/', { email => $LONG }, $NO_ADDRESS],
        ['/confirmed/users/resend_activation/', { email => $LONG },
            $NO_ADDRESS],
        ['/rest/registration/resend-email/', { email => $LONG },
            $NO_ADDRESS],
    ) {
        is(said(call(POST => $case->[0], $case->[1])), "400 $case->[2]",
            "$case->[0] " . join ' ', sort keys %{$case->[1]});
    }
    my $token = token('/confirmed/token/login/', 'ina');
    is(said(call(POST => '/confirmed/users/set_username/',
        { current_password => $PASSWORD, new_username => 'inez',
          re_new_username => $LONG }, $token)), '400 {"non_field_errors":'
        . '["The two username fields didn\'t match."]}',
        'a long repetition differs');
};

subtest 'a password of blanks is none, and no other loses its blanks' => sub {
    my $token = token('/dj/token/login/', 'ina');
    is(said(call(POST => '/dj/token/login/', { username => 'ina',
        password => "  \t" })), "400 {\"password\":$BLANK}", 'signing in');
    is(said(call(POST => '/dj/users/set_password/', { new_password => ' ',
        current_password => "\x{a0}" }, $token)),
        "400 {\"new_password\":$BLANK,\"current_password\":$BLANK}",
        'changing it');
    is(said(call(POST => '/rest/registration/', { username => 'lea',
        email => 'lea@example.com', password1 => '        ',
        password2 => '        ' })),
        "400 {\"password1\":$BLANK,\"password2\":$BLANK}", 'signing up');
    is(call(POST => '/dj/users/', { username => 'lea',
        password => "  $PASSWORD " })->{status}, 201, 'blanks around one');
    is(token('/dj/token/login/', 'lea'), undef, 'belong to it');
    ok(token('/dj/token/login/', 'lea', "  $PASSWORD "), 'whatever they are');
};

subtest 'djoser judges a link of a username late' => sub {
    my $path = '/dj/users/reset_username_confirm/';
    my $uid = '{"uid":["Invalid user id or user doesn\'t exist."]}';
    my $key = '{"token":["Invalid token for given user."]}';
    my $known = 'MQ';                   # account 1
    for my $case (
        [{ new_username => 'ivo' }, $uid],
        [{ new_username => 'ivo', uid => '  ', token => 'x' }, $uid],
        [{ new_username => 'ivo', uid => $known }, $key],
        [{ new_username => 'ivo', uid => $known, token => undef }, $key],
        [{ new_username => 'ivo', uid => $known, token => ' ' }, $key],
        [{ new_username => 'ivo', uid => 'OTk5OTk5' }, $uid],
        [{ new_username => 'ivo', uid => "M\0Q" }, $uid],
        [{ new_username => 'ivo', uid => $known, token => "a\0b" }, $key],
        [{ new_username => 'ivo', uid => [] },
            '{"uid":["Not a valid string."]}'],
        [{}, '{"new_username":["This field is required."]}'],
        [{ new_username => 'i o' }, '{"new_username":["Enter a valid '
            . 'username. This value may contain only letters, numbers, and '
            . '@/./+/-/_ characters."]}'],
    ) {
        is(said(call(POST => $path, $case->[0])), "400 $case->[1]",
            JSON::PP->new->canonical->encode($case->[0]));
    }
};

subtest 'blanks around the text of a link are no part of djoser\'s' => sub {
    call(POST => '/dj/users/reset_password/', { email => 'jon@example.com' });
    my ($mail) = $m->wait_for_mails(1);
    my ($uid, $key) = $mail->{text} =~ m{confirm/(\w+)/(\w+-[0-9a-f]{32})}
        or return fail('a link came');
    my %by = (new_password => $OTHER, uid => $uid);
    is(said(call(POST => '/dj/users/reset_password_confirm/',
        { %by, token => " $key " })),
        '400 {"token":["Invalid token for given user."]}', 'with blanks');
    is(said(call(POST => '/dj/users/reset_password_confirm/',
        { %by, token => $key })), '204 ', 'without');
    $m->until_empty;
    $m->empty;
};

subtest 'an address is kept as far in lower case as each API does' => sub {
    is(call(POST => '/dj/users/', { username => 'max',
        email => 'Max.M@EXAMPLE.Com', password => $PASSWORD })->{body} =~
        /"email":"([^"]*)"/ && $1, 'Max.M@example.com', 'djoser: its domain');
    call(POST => '/rest/registration/', { username => 'noa',
        email => 'Noa.N@EXAMPLE.Com', password1 => $PASSWORD,
        password2 => $PASSWORD });
    my $token = token('/rest/login/', 'noa');
    like(call(GET => '/rest/user/', undef, $token)->{body},
        qr/"email":"noa\.n\@example\.com"/, 'dj-rest-auth: all of it');
};

subtest 'a new password ends the presented token where the API does' => sub {
    my %change = (current_password => $PASSWORD, new_password => $OTHER,
        re_new_password => $OTHER);
    my $token = token('/confirmed/token/login/', 'kim');
    is(said(call(POST => '/confirmed/users/set_password/', \%change, $token)),
        '204 ', 'djoser-confirmed');
    is(said(call(GET => '/confirmed/users/me/', undef, $token)),
        '401 {"detail":"Invalid token."}', 'its own token is over');
    is($s->get('/private/a.txt', headers =>
        { Authorization => "Token $token" })->{status}, 401, 'everywhere');
    my $next = token('/confirmed/token/login/', 'kim', $OTHER);
    isnt($next, $token, 'the next sign-in has another');
    @change{qw(current_password new_password)} = ($OTHER, $PASSWORD);
    is(said(call(POST => '/dj/users/set_password/', \%change, $next)),
        '204 ', 'djoser');
    is(call(GET => '/dj/users/me/', undef, $next)->{status}, 200,
        'leaves it');
};

done_testing;
