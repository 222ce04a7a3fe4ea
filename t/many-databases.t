#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# driver: sqlite3, whose databases are files to be copied
#
# The cache has room for 1024 databases. One more goes without it: the log
# says so, its requests ask the database each time, and the others' do not.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use File::Copy qw(copy);
use RevocationKit;
use Test::More;
use Time::HiRes qw(sleep);

my $PLACES = 1024;

# Virtual hosts with a database each.
sub hosts
{
    my ($self, @numbers) = @_;
    my $key = $self->key;
    return join '', map { <<"CONF" } @numbers;
<VirtualHost 127.0.0.1:*>
    ServerName host$_.example
    AcctAuthDatabase sqlite3 "$self->{dir}/db/$_.db"
    AcctAuthKeyFile "$key"
    <Location "/private/">
        AcctAuthProtect On
    </Location>
</VirtualHost>
CONF
}

sub conf { my @numbers = @_; return sub { "AcctAuthCache On\n"
    . hosts($_[0], @numbers) } }

# One place is the main server's.
my $s = AcctTest->prepare(conf => conf(2 .. $PLACES));
$s->write('htdocs/private/a.txt', "private\n");
my @tokens = more_tokens($s, 80);
# The others are away, which takes as many places and less time.
for my $n (2, $PLACES, $PLACES + 1) {
    my $file = "$s->{dir}/db/$n.db";
    copy($s->db, $file) or die "copy: $!\n";
    chmod 0600, $file;
    $s->_chown($file);
}

# believed(N): whether at that host a token whose row is gone without a word
# is let in; undef when it was not even before.
sub believed
{
    my ($n) = @_;
    my $token = shift @tokens;
    my @at = (headers => { Host => "host$n.example" });
    return if opens($s, $token, @at) != 200;
    local $s->{params} = "$s->{dir}/db/$n.db";
    $s->sql("DELETE FROM token WHERE id = '$token->{id}'");
    return opens($s, $token, @at) == 200 ? 1 : 0;
}

sub wait_believed_at
{
    my ($n) = @_;
    # as often as its feed is read
    for (1 .. 15) {
        return 1 if believed($n);
        sleep 0.5;
    }
    return 0;
}

# What the log has told since, each time.
my $told = 0;
sub told
{
    my @all = $s->log =~ /ACCT0218: ([^\n]*)/g;
    my @new = @all[$told .. $#all];
    $told = @all;
    return @new;
}

subtest 'as many as there are places for' => sub {
    is($s->run, undef, 'starts');
    is_deeply([told()], [], 'nothing is told');
    ok(wait_believed_at($PLACES), 'the last one is in the cache');
};

my $more = $PLACES + 1;

subtest 'one more, at a reload' => sub {
    $s->graceful(conf(2 .. $more));
    my @said = told();
    is(scalar @said, 1, 'it is told once');
    like($said[0], qr{ $PLACES databases.*/db/$more\.db}, 'of which');
    ok(wait_believed_at($PLACES), 'the one before is in the cache');
    is(believed($more), 0, 'the new one is asked each time') for 1 .. 3;
};

subtest 'a reload with fewer does not give places back' => sub {
    $s->graceful(conf(2, $more));
    is(scalar(my @said = told()), 1, 'it is told again');
    ok(wait_believed_at(2), 'one from before is in the cache');
    is(believed($more), 0, 'it is asked each time') for 1 .. 3;
};

subtest 'a restart does' => sub {
    $s->stop;
    $s->{conf} = conf($more);
    $s->_write_conf;
    is($s->run, undef, 'starts');
    is_deeply([told()], [], 'nothing is told');
    ok(wait_believed_at($more), 'it is in the cache');
};

done_testing;
