#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# A PostgreSQL over the network that wants TLS: what the connection string
# says about it counts, and a connection is kept and given up as without.
# driver: pgsql

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use PgServer;
use Test::More;

my $dir = File::Temp::tempdir('acctauth-tls-XXXXXXXX', TMPDIR => 1,
                              CLEANUP => 1);
chmod 0755, $dir;
for my $one (['server', 'localhost'], ['other', 'localhost']) {
    my ($exit) = AcctTest::_run_command(undef, {}, 'openssl', 'req', '-x509',
        '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj',
        "/CN=$one->[1]", '-addext', "subjectAltName=DNS:$one->[1]", '-keyout',
        "$dir/$one->[0].key", '-out', "$dir/$one->[0].crt");
    plan skip_all => 'no openssl here' if $exit == 127;
    die "openssl failed\n" if $exit != 0;
}

mkdir "$dir/home", 0700 or die "mkdir: $!";
my $port = free_port();
my $pg = PgServer->new(port => $port, settings => { ssl => 'on',
    listen_addresses => '127.0.0.1', ssl_cert_file => "$dir/server.crt",
    ssl_key_file => 'server.key' }, before => sub {
        my ($self) = @_;
        my $key = "$self->{dir}/data/server.key";
        AcctTest::spew($key, slurp("$dir/server.key"));
        chmod 0600, $key;
        chown @{ $self->{user} }{qw(uid gid)}, $key if $self->{user};
        AcctTest::spew("$self->{dir}/data/pg_hba.conf",
            "local all all trust\nhostssl all all 127.0.0.1/32 trust\n");
    });
my $name = $pg->database;
my $base = "host=localhost hostaddr=127.0.0.1 port=$port user=postgres "
    . "dbname=$name";

my $s = AcctTest->prepare(driver => 'pgsql', pg => $pg, dbname => $name,
    params => "$base sslmode=verify-full sslrootcert=$dir/server.crt",
    # of whoever starts the server, and shut to its children
    env => { HOME => "$dir/home" }, hash => cheap_hash(), conf => <<'CONF');
AcctAuthCache Off
<Location "/private/">
    AcctAuthProtect On
</Location>
CONF
$s->write('htdocs/open.txt', "open\n");
$s->write('htdocs/private/a.txt', "secret\n");
$s->account(username => 'ada', password => 'pw');

sub config { qq(AcctAuthDatabase pgsql "$_[0]"\n) }

my $other = AcctTest->prepare(driver => 'pgsql', pg => $pg, dbname => $name,
    params => "$base sslmode=verify-full sslrootcert=$dir/server.crt",
    key_from => $s, database => 0);
for my $wrong (['a certificate of somebody else',
        "$base sslmode=verify-full sslrootcert=$dir/other.crt",
        qr/certificate verify failed/],
    ['a certificate for another name', "host=127.0.0.1 port=$port "
        . "user=postgres dbname=$name sslmode=verify-full "
        . "sslrootcert=$dir/server.crt", qr/does not match host name/],
    ['no TLS', "$base sslmode=disable", qr/no encryption|SSL off/]) {
    my ($what, $params, $like) = @$wrong;
    my ($ok, $text) = $other->configtest(
        'AcctAuthDialectDir "' . tree() . "/conf/dialects\"\n"
        . config($params));
    ok($ok, "$what is a state that stops nothing");
    like($text, $like, '  and told');
}

is($s->run, undef, 'starts') or BAIL_OUT('no server');
my $token = $s->post('/api/auth/login/', { username => 'ada',
    password => 'pw' })->{json}{token};
sub enter { $s->get('/private/a.txt', token => $token) }
sub sessions
{
    return map { "@$_" } $pg->sql('SELECT a.pid, s.ssl FROM pg_stat_activity '
        . 'a JOIN pg_stat_ssl s USING (pid) WHERE application_name = '
        . "'mod_acctauth' ORDER BY 1");
}

is(enter()->{status}, 200, 'a look-up');
my @before = sessions();
ok(@before && !(grep { !/ t$/ } @before), 'every session is encrypted');
is(enter()->{status}, 200, 'again') for 1 .. 10;
is_deeply([sessions()], \@before, 'on the same connections');

$pg->freeze;
my ($r, $t) = timed(\&enter);
is_unavailable($r, 'a server that is frozen');
cmp_ok($t, '<', 2.2, sprintf '  after %.2f s', $t);
is_unprotected_fast($s, '  the open file is served');
$pg->thaw;
ok($s->wait_for(sub { enter()->{status} == 200 }, 5), 'thawed');
$pg->restart;
is(enter()->{status}, 200, 'restarted: nothing is seen of it');
is($s->post('/api/auth/login/', { username => 'ada', password => 'pw' })
    ->{status}, 200, 'nor by who signs in');
$s->stop;
done_testing;
