# SPDX-License-Identifier: Apache-2.0
#
# What the tests of revocation share: a server that caches, tokens by SQL
# (a sign-in costs a hash), how long one is let in, whether the cache is
# believed at the moment, and a session of another program on the database.

package RevocationKit;

use strict;
use warnings;

use Digest::SHA ();
use Exporter 'import';
use IO::Handle;
use IPC::Open2 ();
use Time::HiRes qw(sleep time);

use AcctTest;
use TokenCheck;

our @EXPORT = qw(caching_server more_tokens opens opens_everywhere
                 accepted_for believes wait_believed session sql_sign_out
                 second_server sign_outs);

# caching_server(%opt): with "AcctAuthCache On", stated; with unstarted => 1
# it is only prepared.
sub caching_server
{
    my (%opt) = @_;
    my $make = delete $opt{unstarted} ? 'prepare' : 'start';
    my $s = AcctTest->$make(
        hash => 'argon2id m=8 t=1 p=1', %opt,
        conf => join "\n", 'AcctAuthCache On',
            '<Location "/private/">', 'AcctAuthProtect On', '</Location>',
            $opt{conf} // '', '');
    $s->write('htdocs/private/a.txt', "private\n");
    $s->write('htdocs/a.txt', "public\n");
    return $s;
}

# second_server($s): another httpd on the same database.
sub second_server
{
    my ($s, %opt) = @_;
    return caching_server(%opt, key_from => $s, params => $s->db,
        $s->{pg} ? (pg => $s->{pg}, dbname => $s->{dbname}) : ());
}

# How long tokens are let in by one server after another has answered that
# they are signed out. BATCH tokens of different accounts at a time are let
# in there (so they are remembered), signed out here, and then asked for in
# turn until each is refused. Returns {longest, median, p99, late (let in at
# all after the sign-out), here (let in here after it), polls, seconds}; the
# times are from the answer of the sign-out to the start of the last request
# that was let in.
sub sign_outs
{
    my ($here, $there, $count, %opt) = @_;
    my $batch = $opt{batch} || 100;
    my $most = $opt{most} || 10;
    my %sum = (late => 0, here => 0, polls => 0, wrong => 0);
    my @times;
    my $begin = time;
    my @tokens = more_tokens($here, $count, $batch);
    while (my @some = splice @tokens, 0, $batch) {
        for my $one (@some) {
            $sum{wrong}++ if opens($there, $one, keep => 1) != 200;
        }
        for my $one (@some) {
            my $r = $here->request('POST', '/api/auth/logout/', keep => 1,
                token => $one->{text});
            @$one{qw(out last)} = (time, 0);
            $sum{wrong}++ if $r->{status} != 204;
        }
        for my $one (@some) {
            $sum{here}++ if opens($here, $one, keep => 1) != 401;
        }
        my @left = @some;
        while (@left && time - $left[0]{out} < $most) {
            my $one = shift @left;
            my $now = time;
            my $status = opens($there, $one, keep => 1);
            $sum{polls}++;
            next if $status == 401;
            $sum{wrong}++ if $status != 200;
            $one->{last} = $now - $one->{out};
            push @left, $one;
        }
        push @times, map { $_->{last} } @some;
    }
    @times = sort { $a <=> $b } @times;
    $sum{late} = grep { $_ > 0 } @times;
    return { %sum, count => scalar @times, longest => $times[-1],
             median => $times[@times / 2], p99 => $times[0.99 * @times],
             seconds => time - $begin };
}

my $made = 0;

# more_tokens($s, COUNT, ACCOUNTS): that many live tokens of that many new
# accounts, as a list of {text, id, account}.
sub more_tokens
{
    my ($s, $count, $accounts) = @_;
    $accounts ||= 1;
    my $run = sprintf '%x%04x', $$, ++$made;
    $s->sql('INSERT INTO account (username, username_key, password, '
        . 'created_at) VALUES '
        . join ', ', map { "('u$run-$_', 'u$run-$_', 'x', 1)" }
                     1 .. $accounts);
    my @ids = map { $_->[0] } $s->sql("SELECT id FROM account WHERE "
        . "username LIKE 'u$run-%' ORDER BY id");
    # As the server mints them, else it would not look for them.
    my $check = TokenCheck->new($s->key);
    my (@tokens, @rows);
    for my $i (1 .. $count) {
        my $text = substr Digest::SHA::sha256_hex("$run $i " . rand), 0, 32;
        $text .= $check->of($text);
        my $one = { text => $text, account => $ids[$i % @ids],
                    id => substr Digest::SHA::sha256_hex("id $text"), 0, 32 };
        push @tokens, $one;
        push @rows, "('$one->{id}', $one->{account}, '"
            . Digest::SHA::sha256_hex($text) . "', 1)";
    }
    while (my @some = splice @rows, 0, 500) {
        $s->sql('INSERT INTO token (id, account_id, digest, created_at) '
            . 'VALUES ' . join ', ', @some);
    }
    return @tokens;
}

# opens($s, TOKEN): the status; the token is one of more_tokens(), or its
# text.
sub opens
{
    my ($s, $token, %opt) = @_;
    return $s->get('/private/a.txt', %opt,
        token => ref $token ? $token->{text} : $token)->{status};
}

# The statuses of many requests, so that every child has had its turn.
sub opens_everywhere
{
    my ($s, $token) = @_;
    my %seen = map { opens($s, $token) => 1 } 1 .. 25;
    return join ' ', sort keys %seen;
}

# accepted_for($s, TOKEN, SECONDS): how long after the call the last request
# began that was let in, 0 for none. All children share the cache, so a
# revocation holds in all of them; the requests are enough to meet each child.
sub accepted_for
{
    my ($s, $token, $most) = @_;
    my $begin = time;
    my $last = 0;
    my $refused = 0;
    while ((my $now = time - $begin) < $most && $refused < 25) {
        my $status = opens($s, $token);
        $refused = $status == 200 ? 0 : $refused + 1;
        $last = $now if $status == 200;
        sleep 0.01 if $status == 200;
    }
    return $last;
}

# believes($s): whether the server believes its cache now. That a token's row
# went without a revocation shows only in a request that asks the database.
sub believes
{
    my ($s) = @_;
    my $told = $s->{ghost};
    return 1 if $told && opens($s, $told) == 200;
    my ($ghost) = more_tokens($s, 1);
    return 0 if opens($s, $ghost) != 200;
    $s->sql("DELETE FROM token WHERE id = '$ghost->{id}'");
    $s->{ghost} = $ghost;
    return opens($s, $ghost) == 200;
}

sub wait_believed
{
    my ($s, $seconds) = @_;
    return $s->wait_for(sub { believes($s) }, $seconds || 15);
}

# What a sign-out does, for other programs. With the time of now: the purge
# deletes an old row, maybe before a feed has read it.
sub sql_sign_out
{
    my ($token) = @_;
    return "DELETE FROM token WHERE id = '$token->{id}';\n"
        . 'INSERT INTO revocation (account_id, revoked_at) '
        . "VALUES ($token->{account}, " . int(1e6 * time) . ');';
}

# session($s): ->(SQL) runs SQL in a session of another program, which stays
# open until ->() is called. PostgreSQL only.
sub session
{
    my ($s) = @_;
    delete local @ENV{ grep { /^PG/ } keys %ENV };
    my $pid = IPC::Open2::open2(my $out, my $in, PgServer::psql(),
        qw(-X -q -A -t -v ON_ERROR_STOP=1 -h), $s->{pg}{dir}, '-U',
        'postgres', '-d', $s->{dbname});
    $in->autoflush(1);
    return sub {
        my ($sql) = @_;
        if (!defined $sql) {
            local $?;
            close $in;
            close $out;
            waitpid $pid, 0;
            return;
        }
        print {$in} "$sql\n\\echo done\n";
        while (defined(my $line = <$out>)) {
            return 1 if $line eq "done\n";
        }
        die "the session is gone\n";
    };
}

1;
