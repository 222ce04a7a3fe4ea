#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# acctauth link make: an operator hands over a link that a mail would bring.
# It works once, for the account it was made for, and shows up nowhere else.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use JSON::PP ();
use MailTest;
use Test::More;

my $PASSWORD = 'Correct-horse-9';
my %at = ('djoser-confirmed' => '/dj/', 'dj-rest-auth' => '/rest/');
my $m = MailTest->new(api => 0, hash => 'argon2id m=8 t=1 p=1', conf => join '',
    "AcctAuthMail spool\nAcctAuthLimit Off\n",
    map { "<Location \"$at{$_}\">\n    AcctAuthAPI $_\n</Location>\n" }
        sort keys %at);
my $s = $m->{s};
is($s->run, undef, 'a server with these APIs') or BAIL_OUT('no server');
my $ann = $s->account(username => 'ann', email => 'ann@example.com',
    password => $PASSWORD);
$s->account(username => 'bob', password => $PASSWORD);
$s->cli(qw(user set ann --unverified));

my @httpd = ('--httpd', AcctTest::layout()->{HTTPD}, '--conf',
    $s->dir . '/httpd.conf');
my $audit = $s->dir . '/operator.log';

# make(NAME, PURPOSE, WORDS): exit, output, errors.
sub make
{
    my ($name, $purpose, @words) = @_;
    return $s->cli('link', 'make', $name, '--purpose', $purpose, @httpd,
        '--audit', $audit, @words);
}
sub dialect { return ('--dialect', tree() . "/conf/dialects/$_[0].json") }
sub dj { return dialect('djoser-confirmed') }

sub call
{
    my ($path, $body) = @_;
    return $s->request('POST', $path,
        headers => { 'Content-Type' => 'application/json' },
        body => JSON::PP->new->encode($body));
}

sub reset_by
{
    my ($link, $password) = @_;
    my ($uid, $token) = $link =~ m{/([\w-]+)/([\w-]+)/?$} or return 'no link';
    return call('/dj/users/reset_password_confirm/', { uid => $uid,
        token => $token, new_password => $password,
        re_new_password => $password })->{status};
}

sub login { return call('/dj/token/login/', { username => $_[0],
    password => $_[1] })->{status} }

sub is_verified
{
    my (undef, $out) = $s->cli('user', 'show', $_[0], '--json');
    return defined JSON::PP->new->decode($out)->{email_verified_at};
}

subtest 'a link is as the dialect\'s mail has it, alone on its line' => sub {
    my ($exit, $out, $err) = make('ann', 'password-reset', dj());
    is($exit, 0, 'made') or diag($err);
    like($out, qr{\Ahttp://localhost/account/#/password/reset/confirm/\w+/\w+-[0-9a-f]{32}\n\z},
        'djoser\'s');
    ($exit, $out) = make('ann', 'password-reset',
        dialect('dj-rest-auth'));
    like($out, qr{^http://localhost/account/password-reset/confirm/\w+/\w+-[0-9a-f]{32}/$}m,
        'dj-rest-auth\'s');
};

subtest 'it sets a password once, and ends those before it' => sub {
    my (undef, $old) = make('ann', 'password-reset', dj());
    my (undef, $new) = make('ann', 'password-reset', dj());
    is(reset_by($old, 'Battery-staple-7'), 400, 'the earlier one is no good');
    is(reset_by($new, 'Battery-staple-7'), 204, 'the newest is');
    is(login('ann', 'Battery-staple-7'), 200, 'the password is the new one');
    is(reset_by($new, 'Battery-staple-8'), 400, 'and no second time');
    ok(!is_verified('ann'), 'an address that it was not sent to is not proved');
};

subtest 'it ends when the account has another address' => sub {
    my (undef, $link) = make('ann', 'password-reset', dj());
    my $key = ($s->sql("SELECT address_key FROM link WHERE account_id = $ann "
        . "AND purpose = 'password-reset'"))[0][0];
    is($key, ' ann@example.com', 'it is bound to the one of now');
    $s->sql("UPDATE account SET email = 'x\@example.com', "
        . "email_key = 'x\@example.com' WHERE id = $ann");
    is(reset_by($link, 'Battery-staple-9'), 400, 'refused');
    $s->sql("UPDATE account SET email = 'ann\@example.com', "
        . "email_key = 'ann\@example.com' WHERE id = $ann");
};

subtest 'an account without an address has one too' => sub {
    my ($exit, $link, $err) = make('bob', 'password-reset', dj());
    is($exit, 0, 'made') or diag($err);
    is(reset_by($link, 'Battery-staple-7'), 204, 'it works');
    is(login('bob', 'Battery-staple-7'), 200, 'the password is the new one');
};

subtest 'one that activates, and one that verifies' => sub {
    is(call('/dj/users/', { username => 'cid', email => 'cid@example.com',
        password => $PASSWORD, re_password => $PASSWORD })->{status}, 201,
        'an account that is pending');
    my (undef, undef, $err) = make('cid', 'password-reset', dj());
    like($err, qr/is pending/, 'has none to set a password');
    my (undef, $link) = make('cid', 'activation', dj());
    my ($uid, $token) = $link =~ m{#/activate/(\w+)/([\w-]+)$}m;
    ok($token, 'but one that activates it') or return;
    is(call('/dj/users/activation/', { uid => $uid, token => $token })
        ->{status}, 204, 'which does');
    ok(!is_verified('cid'), 'and proves no address');
    is((make('cid', 'activation', dj()))[0], 1, 'an active one has none');
    (undef, $link) = make('cid', 'verify-email', dj());
    ($token) = $link =~ m{/([\w-]+)$}m;
    is(call('/dj/users/activation/', { uid => $uid, token => $token })
        ->{status}, 204, 'one of that purpose does');
    ok(is_verified('cid'), 'the address is verified');
    is((make('cid', 'verify-email', dj()))[0], 1, 'then there is none');
};

subtest 'each is in the audit log, and its secret nowhere' => sub {
    my (undef, $link) = make('ann', 'password-reset', dj());
    my ($token) = $link =~ m{/([\w-]+)$}m;
    my @lines = grep { /"link_made"/ } split /\n/, slurp($audit);
    like($lines[-1], qr/"account":$ann\b.*"by":"cli:.*"detail":"password-reset"/,
        'who made what for whom');
    unlike(slurp($audit) . $s->log, qr/\Q$token\E/, 'without the link');
    is(($s->sql("SELECT count(*) FROM link WHERE digest LIKE '%$token%'"))
        [0][0], 0, 'nor has the database it');
};

done_testing();
