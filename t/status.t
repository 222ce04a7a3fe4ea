#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, what is told is of all children together
#
# What mod_status shows: how full the cache is, how old the feed's reading is,
# how much was revoked; and nothing of any account or token.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Test::More;

my $s = AcctTest->start(modules => ['status'], conf => <<'CONF');
<Location "/private/">
    AcctAuthProtect On
</Location>
<Location "/server-status">
    SetHandler server-status
</Location>
CONF
$s->write('htdocs/private/a.txt', "secret\n");
my $id = $s->account(username => 'status-person', password => 'tower bridge');
my $token = $s->post('/api/auth/login/', { username => 'status-person',
    password => 'tower bridge' })->{json}{token};

sub status
{
    my $r = $s->get('/server-status?auto');
    return { $r->{body} =~ /^(AcctAuth[^:\n]*(?:\[[^\]\n]*\])?): (.*)$/mg };
}

sub age
{
    my ($status) = @_;
    my ($name) = grep { /^AcctAuthFeedAge\[/ } keys %$status or return;
    return $status->{$name};
}

my $before = status();
is($before->{AcctAuthCacheInUse}, 0, 'at first nobody is known');
cmp_ok($before->{AcctAuthCacheSlots}, '>', 64_500, 'of many places');

# a file's is read only while requests ask that file
$s->get('/private/a.txt', token => $token);
ok($s->wait_for(sub { (age(status()) // -1) >= 0 }, 5), 'the feed is read');
cmp_ok(age(status()), '<', 2000, 'within the bound');

ok($s->wait_for(sub {
    $s->get('/private/a.txt', token => $token);
    status()->{AcctAuthCacheInUse} == 1 }, 5), 'a token in use is counted');

my $revoked = status()->{AcctAuthRevocations};
$s->request('POST', '/api/auth/logout/', token => $token);
my $after = status();
cmp_ok($after->{AcctAuthRevocations}, '>', $revoked,
    'a sign-out counts as a revocation');
is($after->{AcctAuthCacheInUse}, 0, 'and its token is not good any more');
is($after->{AcctAuthCacheDiscarded}, 0, 'nothing was damaged');

my $page = $s->get('/server-status')->{body};
like($page, qr{<h2>mod_acctauth</h2>}, 'the page for people has it too');
like($page, qr/revocations were read \d+ ms ago/, 'with the age');
unlike("$page" . $s->get('/server-status?auto')->{body},
    qr/\Q$token\E|status-person|secret/, 'nothing of an account or a token');

done_testing;
