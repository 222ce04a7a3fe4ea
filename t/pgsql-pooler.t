#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# A pooler between httpd and PostgreSQL: it must give each of our connections
# one of its own for as long as that lives, and configtest says so where it
# does not, the first time already.
# driver: pgsql

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use PgPooler;
use PgServer;
use Test::More;

plan skip_all => 'no PostgreSQL here' if !PgServer::available();

my $pg = PgServer->shared;
my $s = AcctTest->prepare(driver => 'pgsql', pg => $pg,
                          hash => 'argon2id m=8 t=1 p=1');
my $name = $s->{dbname};

sub config
{
    my ($dir) = @_;
    return "AcctAuthDatabase pgsql \"host=$dir user=postgres dbname=$name\"\n"
        . '<Location "/private/">' . "\nAcctAuthProtect On\n</Location>\n";
}

for my $round (1 .. 2) {
    subtest "in transaction mode, fresh, $round" => sub {
        my $pooler = PgPooler->new($pg, 'transaction');
        my ($ok, $text) = $s->configtest(config($pooler->dir));
        like($text, qr/ACCT0120.*pool_mode = session/,
            'configtest says what to set');
    };
}

subtest 'in session mode' => sub {
    my $pooler = PgPooler->new($pg, 'session');
    my ($ok, $text) = $s->configtest(config($pooler->dir));
    ok($ok, 'configtest is content') or diag($text);
    unlike($text, qr/ACCT/, 'and silent');
};

done_testing;
