#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, the database counts the tokens
#
# How many live tokens an account can have: exactly as many as
# AcctAuthMaxTokens says, and the oldest goes, at once and everywhere.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Digest::SHA 'sha256_hex';
use FaultKit;
use Test::More;
use Time::HiRes qw(time sleep);

my $CAP = 5;
my $PASSWORD = 'tower bridge';
my $PLACE = <<'CONF';
<Location "/private/">
    AcctAuthProtect On
</Location>
CONF
my %LOGIN = (method => 'POST', path => '/api/auth/login/');

sub server
{
    my ($conf, %opt) = @_;
    my $s = AcctTest->start(hash => cheap_hash(),
        conf => "AcctAuthHashConcurrency 4\n$conf\n$PLACE", log_level => 'notice acctauth:info', %opt);
    $s->write('htdocs/private/a.txt', "private\n");
    return $s;
}

sub opens { $_[0]->get('/private/a.txt', token => $_[1])->{status} }

sub sign_in
{
    my ($s, $name) = @_;
    return $s->post($LOGIN{path}, { username => $name,
        password => $PASSWORD })->{json}{token};
}

sub open_of { my ($s, @tokens) = @_;
    return join ' ', map { opens($s, $_) } @tokens }

sub told { map { $_->{body} =~ /"token":"(\w+)"/ ? $1 : '-' } @_ }

# The digests of an account's tokens, oldest first.
sub stored
{
    my ($s, $name) = @_;
    return map { $_->[0] } $s->sql('SELECT t.digest FROM token t '
        . 'JOIN account a ON a.id = t.account_id '
        . "WHERE a.username = '$name' ORDER BY t.created_at");
}

my $s = server("AcctAuthMaxTokens $CAP", workers => { StartServers => 3 });
$s->account(username => $_, password => $PASSWORD)
    for qw(one two three four five);

subtest 'the oldest goes' => sub {
    my @tokens = map { sign_in($s, 'one') } 1 .. $CAP;
    is(open_of($s, @tokens), '200 200 200 200 200', 'as many as may be');
    push @tokens, sign_in($s, 'one');
    is(open_of($s, @tokens), '401 200 200 200 200 200', 'one more');
    push @tokens, sign_in($s, 'one'), sign_in($s, 'one');
    is(open_of($s, @tokens), '401 401 401 200 200 200 200 200', 'two more');
    like($s->log, qr/excess_sessions_exceeded: account \d+: 1 older token /,
        'the log says so');
    is($s->request('POST', '/api/auth/logout/', token => $tokens[5])
        ->{status}, 204, 'a sign-out');
    push @tokens, sign_in($s, 'one');
    is(open_of($s, @tokens[3 .. 8]), '200 200 401 200 200 200',
        'makes room by itself');
};

subtest 'a token that is known is dead at once, in every child' => sub {
    my $other = sign_in($s, 'three');
    for my $round (1 .. 3) {
        my $oldest = sign_in($s, 'two');
        sleep 0.6 if $round == 1;       # the feed has been read
        opens($s, $oldest) for 1 .. 12;
        sign_in($s, 'two') for 2 .. $CAP;
        is(opens($s, $oldest), 200, "round $round: it opens");
        sign_in($s, 'two');
        my %seen = map { opens($s, $oldest) => 1 } 1 .. 24;
        is(join(' ', keys %seen), 401, '  and is over');
        $s->request('POST', '/api/auth/logoutall/',
                    token => sign_in($s, 'two'));
    }
    is(opens($s, $other), 200, 'nobody else\'s goes');
};

subtest 'what has expired, and the reusable token, do not count' => sub {
    my $reuse = $s->post('/account/login/', { username => 'four',
        password => $PASSWORD })->{json}{token};
    sign_in($s, 'four') for 1 .. 3;
    $s->sql('UPDATE token SET expires_at = created_at + 1 WHERE sealed IS '
        . "NULL AND account_id = (SELECT id FROM account WHERE username = "
        . "'four')");
    my @tokens = map { sign_in($s, 'four') } 1 .. $CAP;
    is(open_of($s, @tokens), '200 200 200 200 200', 'as many as may be');
    sign_in($s, 'four') for 1 .. $CAP;
    is(opens($s, $reuse), 200, 'the reusable one is never dropped');
    is(open_of($s, @tokens), '401 401 401 401 401', 'the others are');
};

subtest 'forty sign-ins at once, at two servers' => sub {
    my $t = server("AcctAuthMaxTokens $CAP", key_from => $s,
        $s->driver eq 'pgsql'
        ? (pg => $s->{pg}, dbname => $s->{dbname}, params => $s->db)
        : (params => $s->db));
    for my $round (1 .. 2) {
        my @list = ({ %LOGIN, json => { username => 'five',
            password => $PASSWORD } }) x 20;
        my @told;
        pipe my $read, my $write or die;
        my $pid = fork;
        die "cannot fork: $!\n" if !defined $pid;
        if (!$pid) {
            syswrite $write, join('', map { "$_\n" }
                                  told(burst($t, [@list])));
            POSIX::_exit(0);
        }
        close $write;
        @told = told(burst($s, [@list]));
        push @told, map { /(\S+)/ } <$read>;
        waitpid $pid, 0;
        # a client that got 503 tries again
        @told = map { $_ eq '-' ? sign_in($s, 'five') // '-' : $_ } @told;
        is(scalar(grep { /^[0-9a-f]{64}$/ } @told), 40,
            "round $round: all are signed in");
        my @left = stored($s, 'five');
        is(scalar @left, $CAP, "  exactly $CAP are left");
        my %is_left = map { $_ => 1 } @left;
        my @good = grep { $is_left{sha256_hex($_)} } @told;
        is(scalar @good, $CAP, '  all of them told to somebody just now');
        my %status;
        # a token that the other server ended is refused within the bound
        $s->wait_for(sub {
            %status = ();
            for my $token (@told) {
                my $kind = $is_left{sha256_hex($token)} ? 'good' : 'gone';
                $status{"$kind $_"}++ for opens($s, $token),
                                          opens($t, $token);
            }
            !$status{'gone 200'};
        }, 3);
        is_deeply(\%status, { 'good 200' => 2 * $CAP,
            'gone 401' => 2 * (40 - $CAP) }, '  and only those open');
        my $next = sign_in($t, 'five');
        my @then = stored($s, 'five');
        is_deeply(\@then, [@left[1 .. $CAP - 1], sha256_hex($next)],
            '  the next one takes the place of the oldest');
    }
};

subtest 'a lower number, any number' => sub {
    $s->graceful("AcctAuthMaxTokens 2\n$PLACE");
    my $last = sign_in($s, 'one');
    is(scalar(stored($s, 'one')), 2, 'a sign-in brings it down to the number');
    is(opens($s, $last), 200, 'and is good');
    $s->graceful("AcctAuthMaxTokens Off\n$PLACE");
    sign_in($s, 'one') for 1 .. 24;
    is(scalar(stored($s, 'one')), 26, 'Off: any number');
    $s->graceful($PLACE);
    sign_in($s, 'one');
    is(scalar(stored($s, 'one')), 20, 'by default twenty');
};

done_testing;
