#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# alone: yes, what it measures other tests would lengthen
# long: yes
# driver: any, no database takes part
# mpm: own
#
# The password gate: only so many passwords are hashed at once, over all
# children; a sign-in that would wait too long is answered with 503; requests
# that hash nothing are answered meanwhile.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use Test::More;
use Time::HiRes qw(time);

plan skip_all => 'hashing is too slow under a sanitizer'
    if $ENV{ACCT_PRELOAD};

my $MEMORY = 65536;             # KiB for one hash
my $slow = "argon2id m=$MEMORY t=4 p=1";
my $conf = <<'CONF';
AcctAuthHashConcurrency 1
<Location "/private/">
    AcctAuthProtect On
</Location>
CONF

sub start
{
    my (%opt) = @_;
    my $s = AcctTest->start(hash => $slow, conf => $conf, %opt);
    $s->write('htdocs/open.txt', "open\n");
    $s->write('htdocs/private/a.txt', "secret\n");
    my $r = $s->post('/api/auth/register/', { username => 'ada',
        password => 'tower bridge' });
    is($r->{status}, 200, 'an account with a slow hash');
    return ($s, $r->{json}{token});
}

my $login = { method => 'POST', path => '/api/auth/login/',
              json => { username => 'ada', password => 'tower bridge' } };
my $wrong = { method => 'POST', path => '/api/auth/login/',
              json => { username => 'nobody', password => 'x' } };
my $signup = { method => 'POST', path => '/api/auth/register/',
               json => { username => 'bob', password => 'x' } };

# How many passwords a child hashes, by its memory.
sub hashes_of
{
    my ($pid) = @_;
    my $own = rss($pid) - 5_000;
    return $own > 0 ? int($own / ($MEMORY * 0.75)) : 0;
}

# How many are hashed at once. One child is looked at after the other, so
# only those count that still hash when all have been looked at; and nothing
# does when looking took so long that one may have hashed twice.
sub hashing_now
{
    my ($s) = @_;
    my $begin = time;
    my %first = map { $_ => hashes_of($_) } $s->children;
    my @busy = grep { $first{$_} } keys %first;
    return $first{$busy[0] // ''} // 0 if @busy < 2;
    my $sum = 0;
    for my $pid (@busy) {
        my $again = hashes_of($pid);
        $sum += $again < $first{$pid} ? $again : $first{$pid};
    }
    return time - $begin < 0.15 ? $sum : 1;
}

# The storm itself, and what is true of it under any MPM.
sub storm
{
    my ($s, $token, $slots, $alone) = @_;
    my (@private, @open, $most, @bad);
    $most = 0;
    my @answers = burst($s, [($login) x 38, $wrong, $signup],
        timeout => 60, meanwhile => sub {
            my ($r, $t) = timed(sub { $s->get('/private/a.txt',
                                              token => $token) });
            push @bad, "protected $r->{status}" if $r->{status} != 200;
            push @private, $t;
            ($r, $t) = timed(sub { $s->get('/open.txt') });
            push @bad, "open $r->{status}" if $r->{status} != 200;
            push @open, $t;
            my $now = hashing_now($s);
            $most = $now if $now > $most;
        });
    my @good = grep { $_->{status} =~ /^2/ } @answers;
    my @busy = grep { $_->{status} == 503 } @answers;
    my $other = grep { $_->{status} !~ /^(?:2..|503|400)$/ } @answers;
    my ($longest) = sort { $b <=> $a } map { $_->{seconds} } @busy;
    note(sprintf '%d let in, %d told to come back (the last after %.2f s), '
        . '%d GETs meanwhile, slowest %.3f s protected, %.3f s open, '
        . '%d hashed at once', scalar @good, scalar @busy, $longest || 0,
        scalar @private, (sort { $b <=> $a } @private)[0] || 0,
        (sort { $b <=> $a } @open)[0] || 0, $most);
    cmp_ok(scalar @good, '>=', 1, 'some logins succeed');
    cmp_ok(scalar @busy, '>=', 5, 'the excess is told 503');
    is($other, 0, 'and nothing else is answered');
    is(scalar(grep { !defined $_->{headers}{'retry-after'}
                     || $_->{headers}{'retry-after'} !~ /^[1-9]\d*$/ } @busy),
       0, 'each 503 says when to come back');
    is(scalar(grep { $_->{body}
                     ne '{"detail":"Service temporarily unavailable."}' }
              @busy), 0, 'in the words of the dialect');
    cmp_ok($longest, '<', 2.6, 'and nobody waits longer than 2.5 s for it');
    cmp_ok(scalar @private, '>=', 10, 'GETs go on meanwhile');
    is_deeply(\@bad, [], 'all protected and unprotected GETs are answered');
    cmp_ok((sort { $b <=> $a } @private)[0], '<', 1,
        'no protected GET takes a second');
    cmp_ok((sort { $b <=> $a } @open)[0], '<', 1,
        'no unprotected GET takes a second');
    cmp_ok($most, '>=', 1, 'hashing was seen');
    cmp_ok($most, '<=', $slots, "never more than $slots at once, over all "
        . 'children');
    my ($r, $t) = timed(sub { $s->post($login->{path}, $login->{json}) });
    is($r->{status}, 200, 'afterwards a login succeeds');
    cmp_ok($t, '<', 2, 'at once');
    # One slot and 16 places to wait in for each: so many are let in to
    # wait, however long a hash takes.
    my @second = burst($s, [($login) x ($slots * 17)], timeout => 60);
    is(scalar(grep { $_->{status} == 503 && $_->{seconds} < 1 } @second), 0,
        'no slot and no place in the queue is lost');
}

for my $mpm (qw(prefork event)) {
    subtest "40 logins at once, one slot, $mpm" => sub {
        my ($s, $token) = start(mpm => $mpm, workers =>
            $mpm eq 'prefork'
            ? { StartServers => 45, ServerLimit => 48, MinSpareServers => 1,
                MaxSpareServers => 48, MaxRequestWorkers => 48 }
            : { StartServers => 3, ServerLimit => 3, ThreadsPerChild => 16,
                MinSpareThreads => 1, MaxSpareThreads => 48,
                MaxRequestWorkers => 48 });
        my (undef, $alone) = timed(sub { $s->post($login->{path},
                                                  $login->{json}) });
        note(sprintf 'one login takes %.3f s', $alone);
        storm($s, $token, 1, $alone);
        $s->stop;
    };
}

subtest 'two slots, prefork' => sub {
    (my $two = $conf) =~ s/Concurrency 1/Concurrency 2/;
    my ($s, $token) = start(mpm => 'prefork', conf => $two, workers =>
        { StartServers => 20, ServerLimit => 24, MinSpareServers => 1,
          MaxSpareServers => 24, MaxRequestWorkers => 24 });
    my $most = 0;
    my @answers = burst($s, [($login) x 12], timeout => 60,
        meanwhile => sub {
            my $now = hashing_now($s);
            $most = $now if $now > $most;
        });
    cmp_ok(scalar(grep { $_->{status} == 200 } @answers), '>=', 2,
        'logins succeed');
    is(scalar(grep { $_->{status} !~ /^(?:200|503)$/ } @answers), 0,
        'the rest is told 503');
    is($most, 2, 'two children hash at once, never three');
    $s->stop;
};

subtest 'ten right logins of one person at once all succeed' => sub {
    my $s = AcctTest->start(mpm => 'prefork', workers =>
        { StartServers => 12, ServerLimit => 16, MinSpareServers => 1,
          MaxSpareServers => 16, MaxRequestWorkers => 16 },
        conf => "AcctAuthHashConcurrency 1\n");
    $s->account(username => 'ada', password => 'tower bridge');
    my @answers = burst($s, [($login) x 10]);
    is(join(' ', map { $_->{status} } @answers), join(' ', (200) x 10),
        'all 200');
    my %tokens = map { ($_->{body} =~ /"token":"(\w+)"/ ? $1 : '') => 1 }
        @answers;
    is(scalar keys %tokens, 10, 'each with a token of its own');
    my @reuse = burst($s, [({ method => 'POST', path => '/accounts/signin/',
        json => $login->{json} }) x 10]);
    is(join(' ', map { $_->{status} } @reuse), join(' ', (200) x 10),
        'all 200 where the token is reused');
    my %one = map { ($_->{body} =~ /"token":"(\w+)"/ ? $1 : '') => 1 }
        @reuse;
    is(scalar keys %one, 1, 'and all get the same');
    $s->stop;
};

done_testing;
