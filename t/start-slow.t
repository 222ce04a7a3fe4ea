#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# driver: sqlite3, whose files others can lock
#
# Where databases do not answer in time when the server starts, the log says
# just that: it says nothing of their key, which the server could not compare,
# and the server uses it once they answer.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use File::Copy qw(copy);
use RevocationKit;
use Test::More;

plan skip_all => 'only root looks a second time, as itself' if $> != 0;

# Each is waited for, one after the other, so that for the last there is no
# time left.
my @hosts = 2 .. 9;

sub hosts
{
    my ($self) = @_;
    my $key = $self->key;
    return join '', map { <<"CONF" } @hosts;
<VirtualHost 127.0.0.1:*>
    ServerName host$_.example
    AcctAuthDatabase sqlite3 "$self->{dir}/db/$_.db"
    AcctAuthKeyFile "$key"
    <Location "/api/auth/">
        AcctAuthAPI auth-register
    </Location>
    <Location "/private/">
        AcctAuthProtect On
    </Location>
</VirtualHost>
CONF
}

my $s = AcctTest->prepare(conf => \&hosts, api => 0);
$s->write('htdocs/private/a.txt', "private\n");
my ($token) = more_tokens($s, 1);
for my $n (@hosts) {
    my $file = "$s->{dir}/db/$n.db";
    copy($s->db, $file) or die "copy: $!\n";
    chmod 0600, $file;
    $s->_chown($file);
}

# A process that locks the files, as a forgotten shell of sqlite3 does.
open my $shell, '|-', 'sqlite3 >/dev/null' or plan skip_all => 'no sqlite3';
$shell->autoflush(1);
print $shell map { "ATTACH '$s->{dir}/db/$_.db' AS d$_;\n" } @hosts;
print $shell "PRAGMA locking_mode = EXCLUSIVE;\n";
print $shell map { "UPDATE d$_.meta SET value = value;\n" } @hosts;
print $shell ".shell touch $s->{dir}/held\n";
ok($s->wait_for(sub { -e "$s->{dir}/held" }, 10), 'a shell has the files');

is($s->run, undef, 'the server starts');
like($s->log, qr/ACCT0120[^\n]* did not answer within/,
    'and tells which do not answer');
unlike($s->log, qr/ACCT0112/, 'nothing is said of the key');

close $shell;
for my $n (@hosts) {
    my @at = (headers => { Host => "host$n.example" });
    ok($s->wait_for(sub { opens($s, $token, @at) == 200 }, 10),
        "host$n.example: tokens are let in again");
    my $made = $s->post('/api/auth/register/',
        { username => 'ann', password => 'correct horse battery' }, @at);
    cmp_ok($made->{status}, '<', 300, 'and made, by the key');
}

done_testing;
