#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, the command does it
#
# acctauth user set, activate, verify: what an operator changes of an account,
# and what a running server makes of it.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use JSON::PP ();
use Test::More;

my $PASSWORD = 'tower bridge';
my $s = AcctTest->start(hash => 'argon2id m=8 t=1 p=1', conf => <<'CONF');
AcctAuthRevocationBound 0
<Location "/private/">
    AcctAuthProtect On
    Require expr "reqenv('ACCTAUTH_STAFF') == '1'"
</Location>
CONF
$s->write('htdocs/private/a.txt', "private\n");
$s->account(username => 'ann', email => 'ann@x.org', password => $PASSWORD);

sub shown
{
    my (undef, $out) = $s->cli('user', 'show', $_[0], '--json');
    return JSON::PP->new->utf8->decode($out);
}
sub login { $s->post('/api/auth/login/',
    { username => $_[0], password => $PASSWORD }) }
sub opens { $s->get('/private/a.txt', token => $_[0])->{status} }

# does(EXIT, PATTERN, ARGS...): what it prints, on either.
sub does
{
    my ($exit, $like, @args) = @_;
    my @got = $s->cli(@args);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($got[0], $exit, "@args") or diag("$got[1]$got[2]");
    like("$got[1]$got[2]", $like, 'and says so');
}

my $token = login('ann')->{json}{token};

subtest 'names, address and staff are set, and tokens live on' => sub {
    is(opens($token), 403, 'a token of no staff');
    does(0, qr/^changed ann \(#1\)$/m, qw(user set ann --staff
        --first-name Ann --last-name Lee));
    is(opens($token), 200, 'is one of staff at once');
    my $user = shown('ann');
    is("$user->{first_name} $user->{last_name}", 'Ann Lee', 'the names');
    does(0, qr/changed/, qw(user set ann --first-name), '');
    is(shown('ann')->{first_name}, '', 'one is taken away');
    is(shown('ann')->{last_name}, 'Lee', 'the other stays');
    does(0, qr/changed/, qw(user set ann --no-staff));
    is(opens($token), 403, 'staff no more');
    does(0, qr/changed/, qw(user set ann --username Bea --email bea@x.org));
    $user = shown('bea');
    is("$user->{id} $user->{username} $user->{email}", '1 Bea bea@x.org',
        'name and address');
    is(login('bea')->{status}, 200, 'which signs in');
    isnt(login('ann')->{status}, 200, 'and the old one does not');
};

subtest 'an address is verified, or not, as the operator says' => sub {
    ok(shown('bea')->{email_verified_at}, 'one that was set is');
    does(0, qr/changed/, qw(user set bea --unverified));
    is(shown('bea')->{email_verified_at}, undef, 'not any more');
    does(0, qr/changed/, qw(user set bea --verified));
    ok(shown('bea')->{email_verified_at}, 'again');
    does(0, qr/changed/, qw(user set bea --email b@x.org --unverified));
    is(shown('bea')->{email_verified_at}, undef, 'not a new one');
    is(($s->cli(qw(user add may --email may@x.org --unverified
        --password-stdin), stdin => "$PASSWORD\n"))[0], 0, 'user add');
    is(shown('may')->{email_verified_at}, undef, '--unverified');
    does(0, qr/^2 addresses are verified now$/m, qw(user set --all
        --verified));
    ok(shown($_)->{email_verified_at}, $_) for 'bea', 'may';
    does(0, qr/^0 addresses are verified now$/m, qw(user set --all
        --verified));
};

subtest 'what cannot be is refused, and nothing is changed' => sub {
    does(1, qr/username is taken/, qw(user set may --username BEA));
    does(1, qr/address is taken/, qw(user set may --staff --email B@x.org));
    does(1, qr/username is taken/, qw(user set may --username b@x.org));
    does(1, qr/no email address/, qw(user set may --email nonsense));
    does(1, qr/only letters/, qw(user set may --username), 'a b');
    is(shown('may')->{is_staff}, JSON::PP::false, 'all or nothing');
    does(0, qr/changed/, qw(user set may --email), '');
    does(1, qr/no email address/, qw(user set may --verified));
    does(1, qr/needs a username/, qw(user set may --username), '');
    does(1, qr/no account "joe"/, qw(user set joe --staff));
    does(2, qr/nothing is to be set/, qw(user set may));
    does(2, qr/which NAME/, qw(user set --staff));
    does(2, qr/either/, qw(user set may --staff --no-staff));
    does(2, qr/either/, qw(user set may --verified --unverified));
    does(2, qr/--verified alone/, qw(user set --all --staff));
    does(2, qr/--verified alone/, qw(user set may --all --verified));
};

subtest 'an account that is pending is not signed in to' => sub {
    $s->account(username => 'pat', email => 'pat@x.org',
        password => $PASSWORD);
    $s->sql('UPDATE account SET is_active = 0, pending_until = '
        . "4000000000000000 WHERE username = 'pat'");
    is(shown('pat')->{state}, 'pending', 'it is pending');
    my $wrong = $s->post('/api/auth/login/',
        { username => 'pat', password => 'other' });
    my $right = login('pat');
    is($right->{status}, 400, 'with the right password');
    is($right->{body}, $wrong->{body}, 'the answer is that to a wrong one');
    like($s->log, qr/account \d+: not activated/, 'the log says why');
    is(($s->sql('SELECT count(*) FROM token t JOIN account a ON a.id = '
        . "t.account_id WHERE a.username = 'pat'"))[0][0], 0, 'no token');
    does(1, qr/is pending, see 'acctauth user activate'/,
        qw(user unblock pat));
};

subtest 'only what is pending is activated' => sub {
    does(0, qr/^activated pat /m, qw(user activate pat));
    is(shown('pat')->{state}, 'active', 'it is active');
    is(login('pat')->{status}, 200, 'and signs in');
    does(1, qr/is active, not pending/, qw(user activate pat));
    does(0, qr/blocked/, qw(user block pat));
    does(1, qr/is blocked, not pending/, qw(user activate pat));
    is(shown('pat')->{state}, 'blocked', 'it stays blocked');
};

subtest 'a block and a password end links, in the same transaction' => sub {
    my $link = sub { $s->sql('INSERT INTO link (digest, account_id, '
        . "purpose, created_at, expires_at) VALUES ('" . 'a' x 64
        . "', 1, 'reset', 1, 4000000000000000)") };
    my $links = sub { ($s->sql('SELECT count(*) FROM link'))[0][0] };
    $link->();
    does(0, qr/blocked/, qw(user block bea));
    is($links->(), 0, 'of the blocked account');
    does(0, qr/unblocked/, qw(user unblock bea));
    $link->();
    is(($s->cli(qw(user passwd bea --password-stdin),
        stdin => "$PASSWORD\n"))[0], 0, 'another password');
    is($links->(), 0, 'of that account');
    ok(shown('bea')->{password_changed_at}, 'the time is kept');
};

subtest 'a name that was not activated in time is another one\'s' => sub {
    $s->account(username => 'kit', password => $PASSWORD);
    $s->sql('UPDATE account SET is_active = 0, pending_until = 5 '
        . "WHERE username = 'kit'");
    is($s->post('/api/auth/register/', { username => 'kit',
        email => 'kit@x.org', password => $PASSWORD })->{status} < 300, 1,
        'a sign-up takes it over');
    is(shown('kit')->{email}, 'kit@x.org', 'it is the new account\'s');
    is(($s->sql("SELECT count(*) FROM account WHERE username_key = 'kit'"))
        [0][0], 1, 'and the old one is gone');
};

subtest 'user verify tells whether a password is right' => sub {
    my @verify = qw(user verify bea --password-stdin);
    my ($exit, $out) = $s->cli(@verify, stdin => "$PASSWORD\n");
    is("$exit $out", "0 the password is right\n", 'right');
    ($exit, $out) = $s->cli(@verify, stdin => "other\n");
    is("$exit $out", "1 the password is wrong\n", 'wrong') for 1 .. 8;
    is(login('bea')->{status}, 200, 'nothing was counted');
    does(2, qr/--password-stdin/, qw(user verify bea));
    does(1, qr/no account/, qw(user verify joe --password-stdin));
    $s->sql("UPDATE account SET password = '!' WHERE username = 'may'");
    ($exit) = $s->cli(qw(user verify may --password-stdin),
        stdin => "x\n");
    is($exit, 1, 'a hash that cannot be verified');
};

subtest 'token list shows from which network each was made' => sub {
    my (undef, $out) = $s->cli(qw(token list bea --json));
    my $list = JSON::PP->new->utf8->decode($out);
    is($list->[0]{network}, '127.0.0.1', 'of a sign-in');
    (undef, $out) = $s->cli(qw(token list bea));
    like($out, qr{LAST USED +NETWORK\n.* 127\.0\.0\.1$}m, 'as text');
    $s->sql("UPDATE token SET network = ''");
    (undef, $out) = $s->cli(qw(token list bea --json));
    is(JSON::PP->new->utf8->decode($out)->[0]{network}, undef,
        'null where it is not known');
};

done_testing;
