#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# long: yes
#
# A program in the place of sendmail that never ends: no request waits for it,
# and httpd stops all the same.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use MailTest;
use Test::More;
use Time::HiRes qw(time sleep);

my $m = MailTest->new(hash => 'argon2id m=8 t=1 p=1');
my $s = $m->{s};
$s->run;
my $bob = $s->account(username => 'bob', email => 'bob@example.com',
    password => 'tower bridge');
$s->account(username => 'ann', email => 'ann@example.com',
    password => 'tower bridge');

sub row { return ($s->sql("SELECT $_[0] FROM mail"))[0] }

subtest 'a program that hangs changes no request\'s time' => sub {
    $m->behaves('sleep 60', 1);
    $m->order('username-changed', account_id => $bob);
    $s->wait_for(sub { (row('claimed_at') || [0])->[0] > 0 });
    my $most = 0;
    for (1 .. 20) {
        my $began = time;
        my $r = $s->post('/api/auth/login/', { username => 'ann',
            password => 'tower bridge' });
        is($r->{status}, 200, 'signed in') if $r->{status} != 200;
        my $took = time - $began;
        $most = $took if $took > $most;
    }
    cmp_ok($most, '<', 5, sprintf 'the slowest of 20: %.3f s', $most);
    is(row('tries')->[0], 0, 'while it still hangs');
    ok($s->wait_for(sub { row('tries')->[0] }, 30), 'it is killed');
    like(row('last_error')->[0], qr/longer than 10 seconds and was killed/,
        'after ten seconds');
    $s->sql('DELETE FROM mail');
    $m->behaves;
};

subtest 'a stop waits a second for it, not ten' => sub {
    $m->behaves('sleep 60', 1);
    $m->order('username-changed', account_id => $bob);
    $s->wait_for(sub { (row('claimed_at') || [0])->[0] > 0 });
    my $began = time;
    $s->stop;
    cmp_ok(time - $began, '<', 8, sprintf 'it took %.2f s', time - $began);
    is(row('count(*)')->[0], 1, 'the mail is there for the next server');
};

done_testing();
