#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# An address belongs to the account that proves it first: one that has it and
# never proved it neither keeps others from it nor gets what is theirs.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use MailTest;
use Test::More;

my $m = MailTest->new(hash => 'argon2id m=8 t=1 p=1',
    conf => "<Location \"/rest/\">\nAcctAuthAPI dj-rest-auth\n</Location>\n"
        . "<Location \"/plain/\">\nAcctAuthAPI djoser\n</Location>\n");
my $s = $m->{s};
$s->run;

# sign_up(NAME, ADDRESS): the answer.
sub sign_up
{
    my ($name, $address) = @_;
    return $s->post('/rest/registration/', { username => $name,
        email => $address, password1 => 'tower bridge 7',
        password2 => 'tower bridge 7' });
}

sub token_of { return $_[0]{body} =~ /"key":"(\w+)"/ ? $1 : '' }

sub account
{
    my ($name) = @_;
    return ($s->sql('SELECT email, email_pending, CASE WHEN '
        . 'email_verified_at > 0 THEN 1 ELSE 0 END FROM account '
        . "WHERE username = '$name'"))[0];
}

# key_of(NUMBER): of the link in that mail.
sub key_of
{
    my ($n) = @_;
    my @mails = $m->wait_for_mails($n);
    return ($mails[$n - 1]{text} // '') =~ /(\w+-[0-9a-f]{32})/ ? $1 : '';
}

sub verify
{
    return $s->post('/rest/registration/verify-email/', { key => $_[0] })
        ->{status};
}

my $of_eve = token_of(sign_up('eve', 'owner@example.com'));
ok($of_eve, 'somebody signs up with another\'s address');
my $first = key_of(1);

subtest 'the owner can sign up with it all the same' => sub {
    my $r = sign_up('owner', 'Owner@Example.com');
    is($r->{status}, 201, 'it is not taken') or return diag($r->{body});
    is_deeply([map { $_ // '' } @{ account('owner') }],
        ['', 'owner@example.com', 0], 'it waits until it is proved');
    is(account('eve')->[0], 'owner@example.com', 'nobody lost it yet');
};

subtest 'the one that proves it has it' => sub {
    is(verify(key_of(2)), 200, 'its owner does');
    is_deeply([map { $_ // '' } @{ account('owner') }],
        ['owner@example.com', '', 1], 'it is the owner\'s');
    is_deeply([map { $_ // '' } @{ account('eve') }], ['', '', 0],
        'and not the other\'s');
    is(verify($first), 404, 'whose link is none any more');
    my $r = $s->get('/rest/user/', token => $of_eve);
    is($r->{status}, 200, 'its token is as good as before');
    like($r->{body}, qr/"email":""/, 'and shows no address');
};

subtest 'a proved address is taken' => sub {
    my $r = sign_up('mallory', 'owner@example.com');
    is($r->{status}, 400, 'for a sign-up');
    $r = $s->request('PATCH', '/rest/user/', token => $of_eve,
        type => 'application/json', body => '{"email":"owner@example.com"}');
    is(account('eve')->[1], undef, 'and for a change');
};

subtest 'where nothing proves an address it is the first one\'s' => sub {
    is(sign_up('fay', 'fay@example.com')->{status}, 201, 'one has it');
    is($s->post('/plain/users/', { username => 'gus',
        email => 'fay@example.com', password => 'tower bridge 7' })->{status},
        400, 'an API that mails nothing refuses it');
};

done_testing();
