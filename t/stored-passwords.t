#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, the core does it
#
# Accounts whose stored password another system has made: they sign in with
# the password that they have, and get a hash of today's kind; but where the
# old one reads only a part of what was typed, it stays.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Test::More;

my $s = AcctTest->start(hash => 'argon2id m=8 t=1 p=1');
my $word = 'tower bridge';

# All of $word, made by hashlib and crypt(3).
my %stored = (
    django => 'pbkdf2_sha256$3$NaCl is salt$xYH2MvNGMsoZ/Ct9HKbu2shwa4+uPHPx/rHWnM54Jz4=',
    laravel => '$2y$04$abcdefghijklmnopqrstuuFIQqvlyuPqmiQEiPIn7ioy9u1KD0SDG',
    wordpress => '$wp$2y$04$abcdefghijklmnopqrstuuHOKuQ1BFeIzsD6UyAx4GNHpznq0C1ga',
    ldap => '{SSHA}QsaQZ2GZ3DMZ2XyCRSbgugqad5luYWNs',
    shadow => '$6$nacl$DfyWc52SxQQetb4M1hk.7XXsQVs28ZWMZye0yIuGBU'
        . 'EtXNHvuZp06/R1Emozu./C4W/f.X.VbCWhqcSKlPJse/',
);

sub account
{
    my ($name, $stored) = @_;
    $s->account(username => $name, password => 'x');
    $s->sql("UPDATE account SET password = '$stored' "
        . "WHERE username = '$name'");
}

sub stored
{
    my ($name) = @_;
    my ($row) = $s->sql("SELECT password FROM account "
        . "WHERE username = '$name'");
    return $row->[0];
}

sub login
{
    my ($name, $password) = @_;
    return $s->post('/account/login/',
        { username => $name, password => $password })->{status};
}

for my $name (sort keys %stored) {
    subtest "one of $name signs in, and is hashed anew" => sub {
        account($name, $stored{$name});
        is(login($name, 'tower bridgf'), 400, 'not with another password');
        is(stored($name), $stored{$name}, 'nothing has changed');
        is(login($name, $word), 200, 'with the right one');
        like(stored($name), qr/^\$argon2id\$v=19\$m=8,t=1,p=1\$/,
            'there is a hash of today');
        is(login($name, $word), 200, 'the same password goes on');
        is(login($name, 'tower bridgf'), 400, 'and no other');
    };
}

subtest 'a password longer than the hash reads keeps the old hash' => sub {
    my $long = 'x' x 72;
    my $old = '$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i';
    account(long => $old);
    is(login('long', "${long}a slip"), 200, 'what is read matches');
    is(stored('long'), $old, 'the hash stays');
    is(login('long', "${long}no slip"), 200, 'the right one goes on');
    is(login('long', $long), 200, 'one that is read whole');
    like(stored('long'), qr/^\$argon2id\$/, 'is hashed anew');
    is(login('long', "${long}a slip"), 400, 'and from then on exact');
};

subtest 'DES reads eight characters' => sub {
    account(des => 'crypt$$abtZtl37HXvy.');
    is(login('des', $word), 200, 'the rest is not looked at');
    is(stored('des'), 'crypt$$abtZtl37HXvy.', 'so the hash stays');
};

subtest 'a hash that asks for too much is no password' => sub {
    my $bomb = 'pbkdf2_sha256$2147483647$salt$' . ('A' x 43) . '=';
    account(bomb => $bomb);
    my $began = time;
    is(login('bomb', $word), 400, 'refused as a wrong one');
    cmp_ok(time - $began, '<', 10, 'without the work');
    is(stored('bomb'), $bomb, 'and kept');
};

subtest 'what says that nothing matches' => sub {
    for my $row (['locked', '!'], ['star', '*0'], ['clear', $word]) {
        my ($name, $stored) = @$row;
        account($name, $stored);
        is(login($name, $word), 400, "$stored is not $word");
        is(login($name, $stored), 400, 'nor itself') if $stored ne $word;
    }
};

done_testing;
