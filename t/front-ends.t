#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# Front ends in a browser (t/fixtures/front-ends), for each API: sign-up, a wrong
# password, sign-in, a guarded file, a reload, sign-out. They send what public
# ones send: JSON, forms, HTTP Basic, a header before there is a token.
# mpm: any, the clients know nothing of it
# driver: any, nor of that
# long: yes
#
# ACCT_WALK (make walk): all of them, not one of each kind alone.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Browser;
use MailTest;
use Test::More;

plan skip_all => 'runs without the sanitizers' if $ENV{ACCT_PRELOAD};
plan skip_all => 'there is no chromium' if !Browser->program;

my %MOUNT = ('/lead/auth/' => 'auth-register-user', '/djoser/' => 'djoser',
    '/djoser-confirmed/' => 'djoser-confirmed',
    '/dj-rest-auth/' => 'dj-rest-auth',
    '/dj-rest-auth-verified/' => 'dj-rest-auth-verified',
    '/api-token-auth/' => 'drf-token', '/knox/' => 'knox',
    '/knox-user/' => 'knox-user');

# Pages of another origin are let in as docs/clients.md says.
my $m = MailTest->new(hash => 'argon2id m=8 t=1 p=1', rules => 'min-length=8',
    modules => ['headers'], conf => join('', map {
        qq{<Location "$_">\nAcctAuthAPI $MOUNT{$_}\n</Location>\n}
    } sort keys %MOUNT) . <<'CONF');
AddType text/javascript .js
<LocationMatch "^/(lead|djoser|knox|members)/">
    Header always set Access-Control-Allow-Origin "http://app.localhost:${PORT}"
    Header always set Access-Control-Allow-Methods "GET, POST, PUT, PATCH, DELETE"
    Header always set Access-Control-Allow-Headers "Authorization, Content-Type"
</LocationMatch>
<Location "/members/">
    AcctAuthProtect On
    <If "%{REQUEST_METHOD} == 'OPTIONS'">
        AcctAuthProtect Off
    </If>
</Location>
CONF
my $s = $m->{s};
$s->write("htdocs/front-ends/$_", slurp(tree() . "/t/fixtures/front-ends/$_"))
    for qw(index.html client.js rows.js);
$s->write('htdocs/members/hello.txt', "Hello, member.\n");
my $why = $s->run;
die "httpd did not start:\n$why\n" if defined $why;

my $web = Browser->new;

# After a click on a button the state is that.
sub then_is
{
    my ($button, $state, $name) = @_;
    $web->click("#$button");
    $web->wait_for('document.getElementById("state").textContent !== "busy"',
        "$button comes to an end");
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    like($web->value('document.getElementById("state").textContent'), $state,
        $name || $button);
}

sub problem
{
    my ($field) = @_;
    return $web->value("document.getElementById('problem-$field').textContent");
}

# What a sign-in with a wrong password is told.
my $DRF = qr/^Unable to log in with provided credentials\.$/;
my $KNOX = qr{^Invalid username/password\.$};

# name, whether it signs up, what a short password is told at, what a wrong
# one is told (of the form), what is known after a reload
my @CLIENTS = (
    ['auth-register-user', 1, 'password', $DRF, 'username'],
    ['auth-register', 1, 'password', $DRF],
    ['djoser', 1, 'password', $DRF, 'username'],
    ['djoser in forms', 1, 'password', $DRF, 'username'],
    ['djoser-confirmed', 0, '', $DRF, 'username'],
    ['dj-rest-auth', 1, 'password', $DRF, 'username'],
    ['dj-rest-auth-verified', 0, '', $DRF, 'username'],
    ['drf-token', 0, '', $DRF],
    ['drf-token in a form', 0, '', $DRF],
    ['knox', 0, '', $KNOX],
    ['knox-user', 0, '', $KNOX],
    ['accounts', 0, '', qr/^The username or password is incorrect$/],
    ['auth-signin', 1, 'password', qr/^Login failed: Wrong credentials$/],
    ['account-register', 1, 'password', $DRF],
    ['users-v1', 1, 'form', qr/^Invalid username or password$/, 'email'],
);

# One of each way to send; and what is tried from another origin.
my $MANY = qr/^(?:auth-register-user|djoser in forms|dj-rest-auth|knox)$/;
my $FAR = qr/^(?:auth-register-user|djoser|knox)$/;

sub one_client
{
    my ($client, $who, $page, $api) = @_;
    my ($row, $signs_up, $short_at, $wrong, $known) = @$client;
    my $email = "$who\@example.com";
    $web->visit("$page/front-ends/#" . ($row =~ s/ /%20/gr) . ($api // ''));
    $web->value('localStorage.clear()');
    $web->reload;
    $web->wait_for('document.getElementById("state").textContent', 'a start');
    $web->type('[name=username]', $who);
    $web->type('[name=email]', $email);
    if ($signs_up) {
        $web->type('[name=password]', 'short');
        then_is('sign-up', qr/^not signed up$/, 'a short password');
        like(problem($short_at), qr/too short/, "is told at the $short_at");
        $web->type('[name=password]', 'tower bridge');
        then_is('sign-up', qr/^signed up$/);
    }
    else {
        $s->account(username => $who, email => $email,
            password => 'tower bridge');
    }
    my ($id) = map { $_->[0] } $s->sql('SELECT id FROM account WHERE '
        . "email_key = '$email'");
    $web->value("localStorage.clear(); localStorage.setItem('id', '$id')");

    $web->type('[name=password]', 'wrong bridge');
    then_is('sign-in', qr/^not signed in$/, 'a wrong password');
    like(problem('form'), $wrong, 'is told');
    then_is('open', qr/^401 /, 'the guarded file is closed');
    $web->type('[name=password]', 'tower bridge');
    then_is('sign-in', qr/^signed in/);
    is(problem('form'), '', 'nothing is told any more');
    then_is('open', qr/^200 Hello, member\.$/m, 'the guarded file is open');

    $web->reload;
    my $is = !$known ? 'has a token' : 'is '
        . ($known eq 'email' ? $email : $who);
    $web->wait_for('document.getElementById("state").textContent === '
        . Browser::_quoted($is), 'a reload: ' . $is);
    then_is('open', qr/^200 /, 'after a reload it is open still');
    my $token = $web->value('localStorage.getItem("token")');
    then_is('sign-out', qr/^signed out (?:20[04])?$/);
    then_is('open', qr/^401 /, 'then it is closed');
    is($s->get('/members/hello.txt', token => $token)->{status},
        $row =~ /^drf/ ? 200 : 401, $row =~ /^drf/
        ? 'an API without a sign-out leaves the token as it is'
        : 'to the old token too');
}

my $number = 0;
for my $client (grep { $ENV{ACCT_WALK} || $_->[0] =~ $MANY } @CLIENTS) {
    subtest $client->[0] => sub {
        one_client($client, 'client' . ++$number,
            "http://localhost:${\ $s->port}");
    };
}

for my $client (grep { $_->[0] =~ ($ENV{ACCT_WALK} ? $FAR : qr/^djoser$/) }
                @CLIENTS) {
    subtest "$client->[0], from a page of another origin" => sub {
        one_client($client, 'client' . ++$number,
            "http://app.localhost:${\ $s->port}",
            ",http://localhost:${\ $s->port}");
    };
}

is_deeply([$web->complaints], [], 'the browser had nothing to complain of');

done_testing();
