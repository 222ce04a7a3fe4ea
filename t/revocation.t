# SPDX-License-Identifier: Apache-2.0
# long: yes
#
# With the identity cache on: a token that is revoked on this server is
# refused at once, one that is revoked elsewhere within the bound, and the
# cache is believed no longer than that when the database cannot be asked.

use strict;
use warnings;
use lib 't/lib';
use RevocationKit;
use Test::More;
use Time::HiRes qw(sleep);

my $BOUND = 2;

sub server
{
    my $s = caching_server(@_);
    $s->account(username => 'ann', password => 'secret of ann');
    return $s;
}

sub sign_in
{
    my ($s) = @_;
    return $s->post('/api/auth/login/',
        { username => 'ann', password => 'secret of ann' })->{json}{token};
}

# A token that is believed without asking the database.
sub warm
{
    my ($s) = @_;
    my $token = sign_in($s);
    $s->wait_for(sub { opens($s, $token) == 200 }, 5);
    sleep 0.8;                  # the feed has been read by now
    opens_everywhere($s, $token);
    return $token;
}

my $s = server(workers => { StartServers => 3 });

subtest 'a sign-out is final when it is answered, in every child' => sub {
    for (1 .. 3) {
        my $token = warm($s);
        is(opens_everywhere($s, $token), 200, 'let in');
        is($s->request('POST', '/api/auth/logout/', token => $token)
            ->{status}, 204, 'signed out');
        is(opens_everywhere($s, $token), 401, 'dead at once');
    }
};

subtest 'signing out everywhere ends all tokens at once' => sub {
    my @tokens = map { warm($s) } 1 .. 2;
    is($s->request('POST', '/api/auth/logoutall/', token => $tokens[0])
        ->{status}, 204, 'signed out');
    is(opens_everywhere($s, $_), 401, 'dead at once') for @tokens;
};

subtest 'what the command revokes takes effect within the bound' => sub {
    my $token = warm($s);
    my ($exit) = $s->cli('user', 'block', 'ann');
    is($exit, 0, 'blocked');
    my $late = accepted_for($s, $token, $BOUND + 1);
    cmp_ok($late, '<', $BOUND, sprintf 'last let in after %.2f s', $late);
    ($exit) = $s->cli('user', 'unblock', 'ann');
    is($exit, 0, 'unblocked');
    $token = warm($s);
    ($exit) = $s->cli('token', 'revoke', 'ann', '--all');
    is($exit, 0, 'revoked');
    $late = accepted_for($s, $token, $BOUND + 1);
    cmp_ok($late, '<', $BOUND, sprintf 'last let in after %.2f s', $late);
};

subtest 'a graceful reload keeps what is known and what is revoked' => sub {
    my ($kept, $ended) = map { warm($s) } 1 .. 2;
    $s->request('POST', '/api/auth/logout/', token => $ended);
    $s->graceful;
    is(opens_everywhere($s, $kept), 200, 'let in');
    is(opens_everywhere($s, $ended), 401, 'dead');
};

subtest 'an outage is bridged for the bound and no longer' => sub {
    my ($token, $unknown, $status);
    # On a machine so busy that the feed was late, or that taking the
    # database away lasted long, the bound can be over: another try.
    for (1 .. 5) {
        $token = warm($s);
        $unknown = sign_in($s);
        $s->lose_database;
        $status = opens($s, $token);
        last if $status == 200;
        $s->find_database;
        $s->wait_for(sub { opens($s, $unknown) == 200 }, 10);
    }
    is($status, 200, 'a token that is known is let in');
    is(opens($s, $unknown), 503, 'one that is not cannot be judged');
    my $late = accepted_for($s, $token, $BOUND + 1);
    cmp_ok($late, '<', $BOUND + 0.1, sprintf 'last let in after %.2f s',
        $late);
    my $r = $s->get('/private/a.txt', token => $token);
    is($r->{status}, 503, 'then nobody can know');
    ok($r->{headers}{'retry-after'}, 'with Retry-After');
    is($s->get('/a.txt')->{status}, 200, 'an unprotected file is served');
    $s->find_database;
    ok($s->wait_for(sub { opens($s, $token) == 200 }, 5),
        'it recovers by itself');
    is(opens($s, $unknown), 200, 'for the other one too');
};

subtest 'expired tokens are cleared away in time' => sub {
    $s->sql("UPDATE token SET expires_at = 1 WHERE sealed IS NULL");
    my @rows;
    $s->wait_for(sub { @rows = $s->sql('SELECT count(*) FROM token '
        . 'WHERE expires_at = 1'); $rows[0][0] == 0 }, 15);
    is($rows[0][0], 0, 'none is left');
};

subtest 'a bound of 0 asks the database each time' => sub {
    my $other = server(conf => 'AcctAuthRevocationBound 0');
    my $token = sign_in($other);
    is(opens($other, $token), 200, 'let in');
    $other->sql('DELETE FROM token');
    is(opens($other, $token), 401, 'a row that is gone is gone');
};

done_testing;
