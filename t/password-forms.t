#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, a password is compared the same with any
#
# A password is the same whatever keyboard spelled its letters; else it is
# taken exactly.

use strict;
use warnings;
use utf8;
use lib 't/lib';
use AcctTest;
use Test::More;
use Unicode::Normalize qw(NFC NFD);

binmode $_, ':encoding(UTF-8)' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $s = AcctTest->start(hash => 'argon2id m=8 t=1 p=1', api => 0,
    conf => <<'CONF');
<Location "/account/">
    AcctAuthAPI account-register
</Location>
CONF

my $word = 'pässwörd';

sub login
{
    my ($name, $password) = @_;
    return $s->post('/account/login/',
        { username => $name, password => $password })->{status};
}

for my $row ([composed => NFC($word)], [decomposed => NFD($word)]) {
    my ($name, $password) = @$row;
    subtest "signed up with a password that is $name" => sub {
        my $r = $s->post('/account/register/', { username => $name,
            email => "$name\@x.io", password => $password,
            password2 => $password });
        is($r->{status}, 200, 'signed up');
        is(login($name, NFC($word)), 200, 'signs in composed');
        is(login($name, NFD($word)), 200, 'signs in decomposed');
        is(login($name, 'passwörd'), 400, 'not by another letter');
        is(login($name, "$word "), 400, 'not with a blank behind it');
    };
}

subtest 'one that the command has set' => sub {
    $s->account(username => 'byhand', password => NFD($word));
    is(login('byhand', NFC($word)), 200, 'signs in composed');
    is(login('byhand', NFD($word)), 200, 'signs in decomposed');
};

subtest 'a hash of the bytes as they were sent is replaced' => sub {
    # of NFD('pässwörd'), made by libargon2's own encoder
    my $old = '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$'
        . 'hjYLPXMfqvqpA126nkMP83EFbMTPEBmwt91bZA2qHMI';
    $s->account(username => 'old', password => 'x');
    $s->sql("UPDATE account SET password = '$old' WHERE username = 'old'");
    is(login('old', NFC($word)), 400, 'the other form does not match it');
    is(login('old', NFD($word)), 200, 'the bytes do');
    my ($row) = $s->sql("SELECT password FROM account "
        . "WHERE username = 'old'");
    isnt($row->[0], $old, 'there is another hash now');
    is(login('old', NFC($word)), 200, 'which the other form matches');
};

subtest 'the limit counts bytes as sent' => sub {
    # 1024 bytes, and three times as many in NFC
    my $long = "\x{1d160}" x 256;
    my $r = $s->post('/account/register/', { username => 'long',
        email => 'long@x.io', password => $long, password2 => $long });
    is($r->{status}, 200, '1024 are taken');
    is(login('long', $long), 200, 'and sign in');
    like($s->post('/account/login/', { username => 'long',
        password => "${long}x" })->{body}, qr/1024/, '1025 are too many');
};

done_testing;
