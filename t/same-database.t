#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# driver: sqlite3, whose database has a file's names
#
# Two virtual hosts on one file under two names are one for the cache: a
# token that is signed out at one is refused at once at the other.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Test::More;

my $s = AcctTest->prepare(conf => sub {
    my ($self) = @_;
    symlink "$self->{dir}/db", "$self->{dir}/elsewhere" or die $!;
    my $host = sub { "<VirtualHost 127.0.0.1:*>\nServerName $_[0].example\n"
        . "$_[1]\n<Location \"/api/auth/\">\nAcctAuthAPI auth-register\n"
        . "</Location>\n<Location \"/private/\">\nAcctAuthProtect On\n"
        . "</Location>\n</VirtualHost>\n" };
    return $host->('one', '') . $host->('two', 'AcctAuthDatabase sqlite3 "'
        . "$self->{dir}/elsewhere/accounts.db\"\nAcctAuthKeyFile \""
        . $self->key . '"');
});
is($s->run, undef, 'a file under two names');
$s->write('htdocs/private/a.txt', "secret\n");

sub at
{
    my ($host) = @_;
    return (headers => { Host => "$host.example" });
}

my $token = $s->post('/api/auth/register/', { username => 'ann',
    password => 'tower bridge' }, at('one'))->{json}{token};
ok($token, 'an account at one');

sub opens
{
    my ($host) = @_;
    return $s->get('/private/a.txt', token => $token, at($host))->{status};
}

# Known without the database: the file is away, both let in.
rename $s->db, $s->db . '.away' or die $!;
ok($s->wait_for(sub {
    rename $s->db . '.away', $s->db;
    my @before = map { opens($_) } qw(one two);
    rename $s->db, $s->db . '.away';
    my @after = map { opens($_) } qw(one two);
    return "@before @after" eq '200 200 200 200';
}, 5), 'both know it');
rename $s->db . '.away', $s->db or die $!;

is($s->request('POST', '/api/auth/logout/', token => $token,
    at('one'))->{status}, 204, 'signed out at one');
is(join(' ', map { opens('two') } 1 .. 8), join(' ', (401) x 8),
    'at once at two');

done_testing;
