#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# long: yes
#
# How long tokens live and when they were last used: a sliding token lives
# on while it is used and dies when it is not, none outlives its end, and no
# request writes for any of that. With the identity cache and without.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Digest::SHA 'sha256_hex';
use Digest::MD5 ();
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep time);

my $SECOND = 1_000_000;
my $WRITTEN = 14;               # seconds; ten, and what a slow machine adds

# ------------------------------------------------------------------- servers

my %dialect = (
    brief   => { policy => 'many', lifetime => '1h', sliding => '2m' },
    endless => { policy => 'many', sliding => '30m' },
    again   => { policy => 'reuse' },
);

sub server
{
    my ($name, $conf) = @_;
    my $s = AcctTest->prepare(api => 0, hash => 'argon2id m=8 t=1 p=1');
    my $dialects = $s->dir . '/dialects';
    mkdir $dialects;
    for my $file (glob tree() . '/conf/dialects/*.json') {
        (my $base = $file) =~ s{.*/}{};
        spew("$dialects/$base", slurp($file));
    }
    spew("$dialects/$_.json", JSON::PP::encode_json({ extends =>
        'auth-register', token => $dialect{$_} })) for keys %dialect;
    $s->{dialect_dir} = $dialects;
    $s->{conf} = join '', "$conf\n", map({ "<Location \"/$_/\">\n"
        . "    AcctAuthAPI $_\n</Location>\n" } 'auth-register',
        sort keys %dialect), "<Location \"/private/\">\n"
        . "    AcctAuthProtect On\n</Location>\n";
    $s->_write_conf;
    my $why = $s->run;
    BAIL_OUT("$name: $why") if defined $why;
    $s->write('htdocs/private/a.txt', "private\n");
    $s->account(username => 'ann', password => 'secret of ann');
    $s->account(username => 'bob', password => 'secret of ann');
    $s->account(username => 'x' x 100, email => 'y' x 60 . '@example.org',
        password => 'secret of ann');
    $s->{name} = $name;
    return $s;
}

my @servers = (server('with the cache', ''),
               server('without it', 'AcctAuthCache Off'));

sub sign_in
{
    my ($s, $api, $user) = @_;
    my $r = $s->post("/$api/login/", { username => $user || 'ann',
        password => 'secret of ann' });
    die "$r->{status}: $r->{body}\n" if $r->{status} != 200;
    $s->{expiry} = $r->{json}{expiry};
    return $r->{json}{token};
}

sub opens
{
    my ($s, $token) = @_;
    return $s->get('/private/a.txt', token => $token)->{status};
}

my @TIMES = qw(created_at expires_at last_used ends_at sliding);
sub row
{
    my ($s, $token) = @_;
    my ($row) = $s->sql('SELECT ' . join(', ', @TIMES) . ' FROM token '
        . "WHERE digest = '" . sha256_hex($token) . "'");
    my %row;
    @row{@TIMES} = @$row if $row;
    return \%row;
}

sub set
{
    my ($s, $token, %value) = @_;
    $s->sql('UPDATE token SET ' . join(', ', map { "$_ = $value{$_}" }
        sort keys %value) . " WHERE digest = '" . sha256_hex($token) . "'");
}

sub microseconds { int(time * $SECOND) }

# What any write to the tokens' table would change.
sub state_of
{
    my ($s) = @_;
    return join ' ', map { @$_ } $s->sql('SELECT id, xmin, ctid FROM token '
        . 'ORDER BY id') if $s->driver eq 'pgsql';
    return join ' ', map { Digest::MD5::md5_hex(slurp($s->db . $_)) } '',
        '-wal';
}

# The times at which uses were written, and of how many tokens.
sub writings
{
    my ($s) = @_;
    my @times;
    for my $line (grep { /ACCT0234/ } split /\n/, $s->log) {
        my ($h, $m, $sec) = $line =~ /(\d\d):(\d\d):(\d\d\.\d+) \d{4}\]/;
        push @times, $h * 3600 + $m * 60 + $sec;
    }
    return @times;
}

# --------------------------------------------------------------------- tests

for my $s (@servers) {
    my %t;

    subtest "$s->{name}: what a sign-in says and the row holds" => sub {
        for my $api ('auth-register', 'brief', 'endless') {
            $t{$api} = sign_in($s, $api);
            my $row = row($s, $t{$api});
            my ($lifetime, $sliding) = @{ { 'auth-register' => [36000, 0],
                brief => [3600, 120], endless => [0, 1800] }->{$api} };
            my $lives = ($sliding || $lifetime) * $SECOND;
            is($row->{sliding}, $sliding * $SECOND, "$api: sliding");
            is($row->{ends_at}, $lifetime
                ? $row->{created_at} + $lifetime * $SECOND : 0, '  its end');
            is($row->{expires_at}, $row->{created_at} + $lives,
                '  until when');
            my $micro = sprintf '%06d', $row->{expires_at} % $SECOND;
            my @utc = gmtime int($row->{expires_at} / $SECOND);
            is($s->{expiry}, sprintf('%04d-%02d-%02dT%02d:%02d:%02d.%sZ',
                $utc[5] + 1900, $utc[4] + 1, @utc[3, 2, 1, 0], $micro),
                '  and the client is told');
        }
    };

    subtest "$s->{name}: who is let in" => sub {
        my $now = microseconds();
        $t{idle} = sign_in($s, 'brief');
        set($s, $t{idle}, last_used => $now - 121 * $SECOND,
            expires_at => $now - $SECOND);
        $t{late} = sign_in($s, 'brief');
        set($s, $t{late}, last_used => $now - 60 * $SECOND,
            expires_at => $now + 60 * $SECOND);
        # not a minute ago yet when it is first seen, but soon; of an account
        # whose other tokens are not revoked meanwhile
        $t{soon} = sign_in($s, 'brief', 'bob');
        set($s, $t{soon}, last_used => $now - 58 * $SECOND,
            expires_at => $now + 62 * $SECOND);
        $t{ends} = sign_in($s, 'brief');
        my $end = microseconds() + 3 * $SECOND;
        set($s, $t{ends}, expires_at => $end, ends_at => $end);
        is(opens($s, $t{ends}), 200, 'before its end');
        $t{past} = sign_in($s, 'brief');
        set($s, $t{past}, ends_at => $now - $SECOND,
            expires_at => $now + 60 * $SECOND);
        $t{long} = sign_in($s, 'endless', 'x' x 100);
        is(opens($s, $t{$_}), 200, $_)
            for qw(auth-register brief endless late soon long);
        is(opens($s, $t{idle}), 401, 'not used for longer than sliding');
        is(opens($s, $t{past}), 401, 'used in time, but past its end');
        $s->wait_for(sub { opens($s, $t{ends}) == 401 }, 5);
        is(opens($s, $t{ends}), 401, 'not past its end, though it is used');
        $t{revoked} = sign_in($s, 'brief');
        is(opens($s, $t{revoked}), 200, 'before it is revoked');
        is($s->request('POST', '/brief/logout/', token => $t{revoked})
            ->{status}, 204, 'signed out');
    };
    subtest "$s->{name}: what does not slide is over at its end, too" => sub {
        # Rows as no sign-in makes them. The sign-ins come first: on a busy
        # machine four hashes may take longer than until $end.
        my @tokens = map { sign_in($s, 'auth-register', 'bob') } 1 .. 4;
        my $now = microseconds();
        my $end;
        my @soon;
        for my $at (0, $now + 60 * $SECOND) {
            my ($past, $soon) = splice @tokens, 0, 2;
            set($s, $past, ends_at => $now - $SECOND, expires_at => $at);
            is(opens($s, $past), 401, 'past it, expires '
                . ($at ? 'later' : 'never'));
            $end = microseconds() + 5 * $SECOND;
            set($s, $soon, ends_at => $end, expires_at => $at);
            is(opens($s, $soon), 200, '  before it');
            push @soon, $soon;
        }
        $s->wait_for(sub { microseconds() > $end });
        is(opens($s, $_), 401, 'past it, though it was let in') for @soon;
    };
    subtest "$s->{name}: a token that is over is not handed out again" => sub {
        my ($first, $again) = map { sign_in($s, 'again', 'bob') } 1, 2;
        is($again, $first, 'the same twice');
        # by hand: no dialect says so
        for my $column (qw(ends_at expires_at)) {
            set($s, $first, $column => microseconds() + 60 * $SECOND);
            is(sign_in($s, 'again', 'bob'), $first, "$column: before it");
            is(opens($s, $first), 200, '  it opens');
            set($s, $first, $column => microseconds() - $SECOND);
            my $other = sign_in($s, 'again', 'bob');
            isnt($other, $first, '  another after it');
            is(opens($s, $other), 200, '  which opens');
            is(opens($s, $first), 401, '  and the first no more');
            is_deeply(row($s, $first), {}, '  in its place');
            $first = $other;
        }
    };
    $s->{t} = \%t;
}

for my $s (@servers) {
    my %t = %{ $s->{t} };

    subtest "$s->{name}: the last use is written in time" => sub {
        my %row;
        for my $name (qw(auth-register brief endless late soon long)) {
            $s->wait_for(sub { opens($s, $t{soon});
                $row{$name} = row($s, $t{$name});
                $row{$name}{last_used} > $row{$name}{created_at} },
                $WRITTEN);
            my $row = $row{$name};
            cmp_ok($row->{last_used}, '>', $row->{created_at}, $name);
            next if !$row->{sliding};
            is($row->{expires_at}, $row->{last_used} + $row->{sliding},
                '  lives on from there');
        }
        is($row{'auth-register'}{expires_at}, $row{'auth-register'}{ends_at},
            'what does not slide expires as before');
        cmp_ok(row($s, $t{ends})->{expires_at}, '<=',
            row($s, $t{ends})->{ends_at}, 'none lives past its end');
        cmp_ok(row($s, $t{idle})->{expires_at}, '<', microseconds(),
            'what has died stays dead') if row($s, $t{idle})->{sliding};
        is_deeply(row($s, $t{revoked}), {}, 'and what was revoked, revoked');
        is(opens($s, $t{$_}), 401, "  $_") for qw(idle ends revoked);
        my ($exit, $out) = $s->cli('token', 'list', 'ann', '--json');
        my @listed = grep { defined $_->{last_used} }
            @{ JSON::PP::decode_json($out) };
        cmp_ok(scalar @listed, '>=', 4, 'token list tells it');
    };

    subtest "$s->{name}: no request writes" => sub {
        # the server's own writing, every ten seconds, may come in between
        my $still = 0;
        for (1 .. 3) {
            my $before = state_of($s);
            is(opens($s, $t{$_ % 2 ? 'brief' : 'endless'}), 200, 'let in')
                for 1 .. 20;
            $still ||= state_of($s) eq $before;
            last if $still;
        }
        ok($still, 'and nothing was written');
    };

    subtest "$s->{name}: at most one writing in ten seconds" => sub {
        my @times = writings($s);
        cmp_ok(scalar @times, '>=', 1, 'there was one');
        for my $i (1 .. $#times) {
            # from a late one to one in time it is less
            cmp_ok($times[$i] - $times[$i - 1], '>', 6, 'ten seconds later')
                if $times[$i] > $times[$i - 1];
        }
        unlike($s->log, qr/ACCT0233/, 'none failed');
    };
}

# A writing was not long ago, so there mostly is none in these two seconds.
for my $s (@servers) {
    @$s{qw(late other)} = map { sign_in($s, 'brief', 'x' x 100) } 1, 2;
    my $now = microseconds();
    set($s, $s->{late}, last_used => $now - 118 * $SECOND,
        expires_at => $now + 2 * $SECOND);
    $s->{first} = opens($s, $s->{late});
    $s->{over} = $now + 2 * $SECOND;
}

for my $s (@servers) {
    subtest "$s->{name}: a use that is not written yet keeps a token alive"
        => sub {
        is($s->{first}, 200, 'used in time');
        is($s->request('POST', '/brief/logout/', token => $s->{other})
            ->{status}, 204, 'another of the account is signed out');
        $s->wait_for(sub { microseconds() > $s->{over} }, 5);
        is(opens($s, $s->{late}), 200, 'it lives on') for 1 .. 3;
        is($s->request('POST', '/brief/logout/', token => $s->{late})
            ->{status}, 204, 'it can sign out');
        is(opens($s, $s->{late}), 401, '  and is dead then, noted or not');
    };
}

done_testing;
