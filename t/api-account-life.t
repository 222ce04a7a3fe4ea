#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# The life of an account as clients of djoser and of dj-rest-auth lead it: it
# is made and activated, its password forgotten, its name and address changed,
# and in the end it is deleted.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use MailTest;
use Test::More;

my $PASSWORD = 'Correct-horse-9';
my $OTHER = 'Battery-staple-7';
my %at = (djoser => '/dj/', 'djoser-confirmed' => '/confirmed/',
    'dj-rest-auth' => '/rest/', 'dj-rest-auth-verified' => '/verified/');

my $m = MailTest->new(api => 0, hash => 'argon2id m=8 t=1 p=1', conf => join '',
    "AcctAuthLimit Off\n",
    (map { "<Location \"$at{$_}\">\n    AcctAuthAPI $_\n</Location>\n" }
        sort keys %at),
    "<Location \"/private/\">\n    AcctAuthProtect On\n</Location>\n");
my $s = $m->{s};
is($s->run, undef, 'a server with these APIs') or BAIL_OUT('no server');
$s->write('htdocs/private/a.txt', "private\n");
$s->account(username => $_, password => $PASSWORD,
    email => "$_\@example.com") for qw(ann bob cid dan eve);

sub said { return "$_[0]{status} $_[0]{body}" }
sub token { return (headers => { Authorization => "Token $_[0]" }) }

# call(METHOD, PATH, BODY, TOKEN): BODY a hash, sent as JSON.
sub call
{
    my ($method, $path, $body, $token) = @_;
    my %headers = ('Content-Type' => 'application/json');
    $headers{Authorization} = "Token $token" if defined $token;
    return $s->request($method, $path, headers => \%headers,
        body => JSON::PP->new->canonical->encode($body || {}));
}

sub dj_token
{
    my ($name, $password) = @_;
    my $r = call(POST => '/dj/token/login/', { username => $name,
        password => $password || $PASSWORD });
    return $r->{body} =~ /"auth_token":"([0-9a-f]+)"/ ? $1 : undef;
}

sub opens { return $s->get('/private/a.txt', token($_[0]))->{status} == 200 }

# The uid and the token of the one mail that comes, which is kept.
my $mail;

sub link_of_mail
{
    my ($like) = @_;
    ($mail) = $m->wait_for_mails(1);
    ok($mail, 'a mail came') or return;
    my @found = $mail->{text} =~ $like or diag($mail->{text});
    $m->until_empty;
    $m->empty;
    return @found;
}

my $RESET = qr{#/password/reset/confirm/(\w+)/(\w+-[0-9a-f]{32})};

# ------------------------------------------------------------------- djoser

subtest 'djoser: a forgotten password is reset by the mailed link, once' => sub {
    my $before = dj_token('ann');
    is(said(call(POST => '/dj/users/reset_password/',
        { email => 'ann@example.com' })), '204 ', 'it is asked for');
    my ($uid, $link) = link_of_mail($RESET) or return;
    ok($mail->{html}, 'its mail has HTML beside the text');
    my %new = (uid => $uid, token => $link, new_password => $OTHER);
    is(said(call(POST => '/dj/users/reset_password_confirm/',
        { %new, token => $link =~ s/.$/x/r })),
        '400 {"token":["Invalid token for given user."]}', 'a wrong token');
    is(said(call(POST => '/dj/users/reset_password_confirm/',
        { %new, uid => 'OTk5OTk5' })),
        '400 {"uid":["Invalid user id or user doesn\'t exist."]}',
        'the uid of no account');
    ok(opens($before), 'until then the token opens');
    is(said(call(POST => '/dj/users/reset_password_confirm/', \%new)), '204 ',
        'the reset');
    ok(!opens($before), 'it has ended the tokens');
    is(dj_token('ann'), undef, 'the old password is none');
    ok(dj_token('ann', $OTHER), 'the new one is');
    is(said(call(POST => '/dj/users/reset_password_confirm/', \%new)),
        '400 {"token":["Invalid token for given user."]}', 'used up');
};

subtest 'djoser: what is asked for an unknown address is answered alike' => sub {
    is(said(call(POST => '/dj/users/reset_password/',
        { email => 'nobody@example.com' })), '204 ', 'the answer');
    ok($m->until_empty, 'the row goes');
    is(scalar(my @none = $m->mails), 0, 'no mail');
};

subtest 'djoser: a sign-in ends a link that resets the password' => sub {
    call(POST => '/dj/users/reset_password/', { email => 'bob@example.com' });
    my ($uid, $link) = link_of_mail($RESET) or return;
    ok(dj_token('bob'), 'signed in');
    is(said(call(POST => '/dj/users/reset_password_confirm/', { uid => $uid,
        token => $link, new_password => $OTHER })),
        '400 {"token":["Invalid token for given user."]}', 'the link is over');
};

subtest 'djoser: a password is changed by who knows the old one' => sub {
    my $token = dj_token('bob');
    is(said(call(POST => '/dj/users/set_password/',
        { current_password => 'nope', new_password => $OTHER }, $token)),
        '400 {"current_password":["Invalid password."]}', 'a wrong one');
    is(said(call(POST => '/dj/users/set_password/',
        { current_password => $PASSWORD, new_password => $OTHER }, $token)),
        '204 ', 'the right one');
    ok(opens($token), 'the presented token stays');
    is(dj_token('bob', $OTHER), $token, 'and is that of the new password');
};

subtest 'djoser: a username is changed, and is what guards say' => sub {
    my $token = dj_token('bob', $OTHER);
    ok(opens($token), 'its name is in the cache');
    is(said(call(POST => '/dj/users/set_username/',
        { current_password => $OTHER, new_username => 'ann' }, $token)),
        '400 {"new_username":["A user with that username already exists."]}',
        'one that another account has');
    is(said(call(POST => '/dj/users/set_username/',
        { current_password => $OTHER, new_username => 'robert' }, $token)),
        '204 ', 'a free one');
    like(call(GET => '/dj/users/me/', undef, $token)->{body},
        qr/"username":"robert"/, 'the account');
    is(said(call(POST => '/dj/users/', { username => 'bob',
        password => $PASSWORD })),
        '400 {"username":["A user with that username already exists."]}',
        'the one of before is held');
    is(said(call(POST => '/dj/users/set_username/',
        { current_password => $OTHER, new_username => 'bob' }, $token)),
        '204 ', 'but not for the account itself');
    is(said(call(POST => '/dj/users/set_username/',
        { current_password => $OTHER, new_username => 'robert' }, $token)),
        '204 ', 'nor is the one after that');
};

subtest 'djoser: an edit shows the new address, mails go to the old' => sub {
    my $token = dj_token('cid');
    like(call(PATCH => '/dj/users/me/', { email => 'new@example.com' },
        $token)->{body}, qr/"email":"new\@example.com"/, 'the edit');
    like(call(GET => '/dj/users/me/', undef, $token)->{body},
        qr/"email":"new\@example.com"/, 'the account');
    call(POST => '/dj/users/reset_password/', { email => 'new@example.com' });
    call(POST => '/dj/users/reset_password/', { email => 'cid@example.com' });
    my @mails = $m->wait_for_mails(1);
    $m->until_empty;
    is_deeply([map { $_->{header}{to} } $m->mails], ['cid@example.com'],
        'a reset goes to the address that was verified');
    $m->empty;
};

subtest 'djoser: an account is deleted by its password in the body' => sub {
    my $token = dj_token('cid');
    is(said(call(DELETE => '/dj/users/me/', {}, $token)),
        '400 {"current_password":["This field is required."]}', 'without');
    is(said(call(DELETE => '/dj/users/me/', { current_password => 'nope' },
        $token)), '400 {"current_password":["Invalid password."]}', 'wrong');
    ok(opens($token), 'nothing has happened');
    is(said(call(DELETE => '/dj/users/me/',
        { current_password => $PASSWORD }, $token)), '204 ', 'right');
    ok(!opens($token), 'its token is none');
    is(dj_token('cid'), undef, 'nor is it an account');
};

# --------------------------------------------------------- djoser-confirmed

subtest 'djoser-confirmed: an account is good when its link was used' => sub {
    is(call(POST => '/confirmed/users/', { username => 'fay',
        email => 'fay@example.com', password => $PASSWORD,
        re_password => $PASSWORD })->{status}, 201, 'sign-up');
    my %fay = (username => 'fay', password => $PASSWORD);
    my $refused = '400 {"non_field_errors":["Unable to log in with provided '
        . 'credentials."]}';
    is(said(call(POST => '/confirmed/token/login/', \%fay)), $refused,
        'pending: refused as a wrong password');
    my ($uid, $link) = link_of_mail(
        qr{#/activate/(\w+)/(\w+-[0-9a-f]{32})}) or return;
    my %by = (uid => $uid, token => $link);
    is(said(call(POST => '/confirmed/users/activation/', \%by)), '204 ',
        'activated');
    is(said(call(POST => '/confirmed/users/activation/', \%by)),
        '403 {"detail":"Stale token for given user."}', 'a second time');
    is(call(POST => '/confirmed/token/login/', \%fay)->{status}, 200,
        'signed in');
    is(said(call(POST => '/confirmed/users/activation/', \%by)),
        '400 {"token":["Invalid token for given user."]}',
        'after a sign-in the link is none');
    $s->cli(qw(user block fay));
    is(said(call(POST => '/confirmed/users/activation/', \%by)),
        '400 {"token":["Invalid token for given user."]}',
        'a blocked account stays blocked');
    is(said(call(POST => '/confirmed/token/login/', \%fay)), $refused,
        'and is refused');
    $m->wait_for_mails(1);
    $m->until_empty;
    $m->empty;
};

# ------------------------------------------------------------- dj-rest-auth

subtest 'dj-rest-auth: signed in by address or name, and out without a token'
    => sub {
    for my $by ({ email => 'dan@example.com' }, { username => 'dan' },
        { username => 'dan@example.com' }) {
        like(call(POST => '/rest/login/', { %$by, password => $PASSWORD })
            ->{body}, qr/^\{"key":"[0-9a-f]{40}"\}$/, join ' ', %$by);
    }
    is(said(call(POST => '/rest/login/', { password => $PASSWORD })),
        '400 {"non_field_errors":["Must include either \"username\" or '
        . '\"email\" and \"password\"."]}', 'neither');
    is(said(call(POST => '/rest/logout/')),
        '200 {"detail":"Successfully logged out."}', 'no token');
    is(call(POST => '/rest/logout/', {}, 'x' x 40)->{status}, 401,
        'a bad one');
};

subtest 'dj-rest-auth: the old password is asked for after ten minutes' => sub {
    my ($key) = call(POST => '/rest/login/', { username => 'dan',
        password => $PASSWORD })->{body} =~ /"key":"(\w+)"/;
    my %new = (new_password1 => $OTHER, new_password2 => $OTHER);
    $s->sql("UPDATE account SET last_login = last_login - 601000000 "
        . "WHERE username = 'dan'");
    $s->sql('UPDATE token SET created_at = created_at - 601000000');
    is(said(call(POST => '/rest/password/change/', \%new, $key)),
        '400 {"old_password":["This field is required."]}', 'later');
    is(said(call(POST => '/rest/password/change/',
        { %new, old_password => '' }, $key)),
        '400 {"old_password":["This field may not be blank."]}',
        'an empty one is none');
    call(POST => '/rest/login/', { username => 'dan',
        password => $PASSWORD });
    is(said(call(POST => '/rest/password/change/', \%new, $key)),
        '200 {"detail":"New password has been saved."}', 'at once');
};

subtest 'dj-rest-auth: both passwords are told of under the second' => sub {
    my ($key) = call(POST => '/rest/login/', { username => 'eve',
        password => $PASSWORD })->{body} =~ /"key":"(\w+)"/;
    is(said(call(POST => '/rest/password/change/', { new_password1 => $OTHER,
        new_password2 => "$OTHER!" }, $key)), "400 {\"new_password2\":[\"The "
        . "two password fields didn\xe2\x80\x99t match.\"]}", 'a mismatch');
};

subtest 'dj-rest-auth-verified: no token before the address is proved' => sub {
    is(said(call(POST => '/verified/registration/', { username => 'gil',
        email => 'gil@example.com', password1 => $PASSWORD,
        password2 => $PASSWORD })),
        '201 {"detail":"Verification e-mail sent."}', 'sign-up');
    my %gil = (username => 'gil', password => $PASSWORD);
    is(said(call(POST => '/verified/login/', \%gil)),
        '400 {"non_field_errors":["E-mail is not verified."]}', 'sign-in');
    is(call(POST => '/verified/login/', { %gil, password => 'nope' })->{body},
        '{"non_field_errors":["Unable to log in with provided '
        . 'credentials."]}', 'told after the right password alone');
    my ($key) = link_of_mail(
        qr{account-confirm-email/(\w+-[0-9a-f]{32})/}) or return;
    is($mail->{html}, undef, 'its mail has the text alone');
    is(said(call(POST => '/verified/registration/verify-email/',
        { key => "$key-" })), '404 {"detail":"Not found."}', 'a wrong key');
    is(said(call(POST => '/verified/registration/verify-email/',
        { key => $key })), '200 {"detail":"ok"}', 'the right one');
    is(said(call(POST => '/verified/registration/verify-email/',
        { key => $key })), '404 {"detail":"Not found."}', 'once');
    is(call(POST => '/verified/login/', \%gil)->{status}, 200, 'signed in');
};

done_testing;
