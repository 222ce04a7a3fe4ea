#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# driver: sqlite3
#
# What a client's network may try: wrong passwords over all names, sign-ups,
# looks whether a name is taken, mails that are asked for. The client's address is what mod_remoteip
# says, and the address of a proxy is never taken for a client's.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep);

my $PASSWORD = 'tower bridge';
my $HASH = 'argon2id m=8 t=1 p=1';

my $s = AcctTest->start(hash => $HASH,
    limit => "On failures=6/60m register=4/h names=5/h mails=3/h "
        . 'tries=off',
    modules => ['remoteip'], conf => 'AcctAuthMailTemplateDir "' . tree()
        . "/conf/mail\"\n" . <<'CONF');
AcctAuthLimitTrusted 127.0.77.0/24
AcctAuthAuditLog "logs/audit.log"
AcctAuthMail spool
AcctAuthMailFrom accounts@example.org
AcctAuthMailLinkBase https://example.org/
<Location "/dj/">
    AcctAuthAPI djoser
</Location>
RemoteIPHeader X-Client
RemoteIPInternalProxy 127.0.9.0/24
<VirtualHost *:*>
    ServerName usual
</VirtualHost>
<VirtualHost *:*>
    ServerName observe
    AcctAuthLimit Observe
</VirtualHost>
<VirtualHost *:*>
    ServerName off
    AcctAuthLimit Off
</VirtualHost>
<VirtualHost *:*>
    ServerName more
    AcctAuthLimit failures=8/60m
</VirtualHost>
CONF
$s->account(username => 'ada', email => 'ada@example.org',
    password => $PASSWORD);

my $names = 0;
sub wrong
{
    my ($from, %opt) = @_;
    return $s->post('/api/auth/login/', { username => 'n' . ++$names,
        password => 'x' }, from => $from, %opt);
}

sub signup
{
    my ($from, $name, %more) = @_;
    return $s->post('/api/auth/register/', { username => $name,
        password => $PASSWORD, %more }, from => $from);
}

sub statuses { join ' ', map { $_->{status} } @_ }

subtest 'wrong passwords over all names are counted for the network' => sub {
    my @r = map { wrong('127.0.1.1') } 1 .. 8;
    is(statuses(@r), '400 400 400 400 400 400 429 429', 'six are free');
    like($r[6]{headers}{'retry-after'}, qr/^(?:59\d|600)$/,
         'one more comes every ten minutes');
    is(wrong('127.0.1.2')->{status}, 400, 'another address has its own');
};

subtest 'the right password is refused as well, and nothing is read' => sub {
    my $r = $s->request('POST', '/api/auth/login/', from => '127.0.1.1',
        headers => { Expect => '100-continue', 'Content-Length' => 100,
                    'Content-Type' => 'application/json' });
    is($r->{status}, 429, 'before the body has come');
    is_deeply($r->{interim}, [], 'no 100-continue');
};

subtest 'right passwords cost nothing' => sub {
    my @r = map { $s->post('/api/auth/login/', { username => 'ada',
        password => $PASSWORD }, from => '127.0.1.3') } 1 .. 20;
    is(statuses(@r), join(' ', (200) x 20), 'twenty');
    is(statuses(map { wrong('127.0.1.3') } 1 .. 7),
       '400 400 400 400 400 400 429', 'six wrong ones are free after them');
};

subtest 'sign-ups are counted' => sub {
    my @r = map { signup('127.0.1.4', "s$_") } 1 .. 6;
    is(statuses(@r), '200 200 200 200 429 429', 'four');
    is($r[4]{headers}{'retry-after'} > 800, 1, 'one more in a quarter');
    is(wrong('127.0.1.4')->{status}, 400, 'signing in has another budget');
};

subtest 'so are sign-ups that only ask whether a name is taken' => sub {
    my @r = map { signup('127.0.1.5', 'ada', password => '') } 1 .. 7;
    is(statuses(@r), '400 400 400 400 400 429 429', 'five');
    like($r[0]{body}, qr/exists/, 'what was asked was told');
    unlike($r[5]{body}, qr/exists/, 'and then it is not');
};

subtest 'a wider network has eight times the budget, and no more' => sub {
    my %count;
    for my $host (1 .. 14) {
        $count{ wrong("127.0.2.$host")->{status} }++ for 1 .. 4;
    }
    is($count{400}, 48, 'of 56 tries of 14 neighbours');
    is($count{429}, 8, 'the others are refused');
};

subtest 'AcctAuthLimitTrusted has no budget' => sub {
    is(statuses(map { wrong('127.0.77.1') } 1 .. 8), join(' ', (400) x 8),
       'eight');
};

subtest 'mod_remoteip says whose request it is' => sub {
    my @r = map { wrong('127.0.9.1', headers => { 'X-Client' => '192.0.2.1' })
        } 1 .. 7;
    is($r[6]{status}, 429, 'one client behind the proxy');
    is(wrong('127.0.9.1', headers => { 'X-Client' => '192.0.2.2' })->{status},
       400, 'another');
    is(wrong('127.0.9.1', headers => { 'X-Client' => '::ffff:192.0.2.1' })
           ->{status}, 429, 'the first in the clothes of IPv6');
    wrong('127.0.9.1', headers => { 'X-Client' => "2001:db8::$_" })
        for 1 .. 6;
    is(wrong('127.0.9.1', headers => { 'X-Client' => '2001:db8::9' })
           ->{status}, 429, 'a /64 is one client');
};

subtest 'an address that seems to be a proxy\'s has no budget' => sub {
    my $known = sub { ($s->sql('SELECT count(*) FROM known_network'))[0][0] };
    my $before = $known->();
    is($s->post('/api/auth/login/', { username => 'ada',
        password => $PASSWORD }, from => '127.0.1.6',
        headers => { 'X-Forwarded-For' => '192.0.2.9' })->{status}, 200,
       'a right sign-in by the proxy');
    is($known->(), $before, 'makes no network known');
    my @r = map { wrong('127.0.1.6',
        headers => { 'X-Forwarded-For' => '192.0.2.9' }) } 1 .. 9;
    is(statuses(@r), join(' ', (400) x 9), 'nine');
    my @lines = $s->log =~ /(ACCT0251: .*)/g;
    is(scalar @lines, 1, 'the log says so once');
    like($lines[0] || '', qr/mod_remoteip/, 'and what to load');
};

subtest 'Observe counts and tells, and refuses nothing' => sub {
    my @r = map { wrong('127.0.1.7', headers => { Host => 'observe' })
        } 1 .. 9;
    is(statuses(@r), join(' ', (400) x 9), 'nine');
    like($s->log, qr/ACCT0252: .*\(AcctAuthLimit Observe\)/,
         'the log');
};

subtest 'mails are counted for the network, whoever they are for' => sub {
    my $ask = sub { $s->post('/dj/users/reset_password/',
        { email => $_[1] }, from => $_[0]) };
    my @r = map { $ask->('127.0.2.1', $_) } 'ada@example.org',
        'nobody@example.org', ('ada@example.org') x 3;
    is(statuses(@r), '204 204 204 429 429', 'three are free');
    like($r[3]{headers}{'retry-after'}, qr/^1[12]\d\d$/,
        'one more comes every twenty minutes');
    is(($s->sql('SELECT count(*) FROM mail'))[0][0], 3,
        'and no more were ordered');
    is(statuses(map { $ask->('127.0.77.2', 'ada@example.org') } 1 .. 5),
        join(' ', (204) x 5), 'a network that is trusted has no such bound');
};

subtest 'a virtual host changes what it names' => sub {
    my @r = map { wrong('127.0.1.8', headers => { Host => 'more' }) }
        1 .. 10;
    is(statuses(@r), join(' ', (400) x 8, 429, 429), 'eight are free');
    is(statuses(map { wrong('127.0.1.9', headers => { Host => 'off' }) }
        1 .. 10), join(' ', (400) x 10), 'Off');
};

subtest 'the error log has a line a minute of each limit' => sub {
    for my $limit (qw(failures register mails names)) {
        my $count = () = $s->log
            =~ /ACCT0252: limit_reached: the limit "$limit" of a network/g;
        cmp_ok($count, '>=', 1, "$limit is told");
        # of each virtual host, and one more of Observe
        cmp_ok($count, '<=', 3, 'once');
    }
};

subtest 'the audit log says that a limit was reached, and not each refusal' =>
sub {
    my @lines = map { JSON::PP->new->decode($_) }
        split /\n/, slurp($s->dir . '/logs/audit.log');
    my @reached = grep { $_->{event} eq 'limit_reached'
        && $_->{network} eq '127.0.1.1' } @lines;
    is(scalar @reached, 1, 'of a network, once');
    is($reached[0]{limit}, 'failures', 'which limit');
    is($reached[0]{outcome}, 'throttled', 'its outcome');
    my $told = sub { scalar grep { $_->{event} eq 'login'
        && $_->{outcome} eq 'throttled' && $_->{ip} eq $_[0] } @lines };
    my $before = $told->('127.0.1.1');
    cmp_ok($before, '>=', 1, 'refused sign-ins');
    wrong('127.0.1.1') for 1 .. 30;
    @lines = map { JSON::PP->new->decode($_) }
        split /\n/, slurp($s->dir . '/logs/audit.log');
    cmp_ok($told->('127.0.1.1'), '<=', 11, 'ten of them a minute');
};

subtest 'what is written wrongly stops configtest' => sub {
    my %wrong = (
        'AcctAuthLimit Maybe' => qr/not one of On, Observe or Off/,
        'AcctAuthLimit failures=30' => qr/write failures=30\/5m/,
        'AcctAuthLimit failures=0/5m' => qr/write failures=30\/5m/,
        'AcctAuthLimit register=20/2d' => qr/at most a day/,
        'AcctAuthLimit signin=5/m' => qr/there is no number "signin"/,
        'AcctAuthLimit tries=0' => qr/write tries=5/,
        'AcctAuthLimit wait=2h' => qr/write wait=15m/,
        'AcctAuthLimitTrusted example.org' => qr/no address or network/,
        'AcctAuthLimitTrusted 10.0.0.0/33' => qr/no address or network/,
        'AcctAuthLimitMemory 1G' => qr/64K to 64M/,
        '<Location "/x">AcctAuthLimit Off</Location>' => undef,
    );
    for my $line (sort keys %wrong) {
        my $text = $line;
        $text =~ s/>(.*?)</>\n$1\n</;
        my ($ok, $said) = $s->configtest($text);
        ok(!$ok, $line);
        like($said, $wrong{$line} || qr/AcctAuthLimit/, 'and says why');
    }
};

done_testing();
