#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, addresses are compared the same with any
#
# An address is one however its domain is spelled: as it is typed, as a
# browser's field for addresses sends it, in capitals, in another normal
# form.

use strict;
use warnings;
use utf8;
use lib 't/lib';
use AcctTest;
use POSIX ();
use Test::More;
use Unicode::Normalize ();

binmode $_, ':encoding(UTF-8)' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $s = AcctTest->start(hash => 'argon2id m=8 t=1 p=1', api => 0,
    conf => <<'CONF');
<Location "/api/v1/users/">
    AcctAuthAPI users-v1
</Location>
<Location "/api/auth/">
    AcctAuthAPI auth-register
</Location>
CONF

my $PASSWORD = 'correct horse';
my @spellings = ('info@dömäin.com', 'INFO@DÖMÄIN.COM',
    'info@xn--dmin-moa0i.com', 'Info@XN--DMIN-MOA0I.com',
    Unicode::Normalize::NFD('info@dömäin.com'), 'info@dömäin。com',
    'info@ｄömäin.com');

sub sign_up
{
    return $s->post('/api/v1/users/signup/',
        { email => $_[0], password => $PASSWORD })->{status};
}
sub sign_in
{
    return $s->post('/api/v1/users/login/',
        { email => $_[0], password => $PASSWORD });
}
sub sign_up_as
{
    return $s->post('/api/auth/register/',
        { username => $_[0], password => $PASSWORD })->{status};
}

subtest 'an address is taken in each of its spellings' => sub {
    is(sign_up('info@dömäin.com'), 201, 'signed up');
    is(sign_up($_), 401, $_) for @spellings;
};

subtest 'it signs in by each of them, and answers as it was given' => sub {
    my $token;
    for (@spellings) {
        my $r = sign_in($_);
        is($r->{status}, 200, $_);
        $token ||= $r->{json}{result}{auth_token};
        is($r->{json}{result}{auth_token}, $token, 'the same account');
    }
};

subtest 'one that was given as a browser sends it, too' => sub {
    is(sign_up('web@xn--bcher-kva.example'), 201, 'signed up');
    is(sign_in('web@bücher.example')->{status}, 200, 'by what people type');
};

subtest 'two domains are two, though old software takes them for one' => sub {
    is(sign_up('a@straße.de'), 201, 'one');
    is(sign_up('a@strasse.de'), 201, 'the other');
    is(sign_up('a@xn--strae-oqa.de'), 401, 'the first again');
    is(sign_up('a@STRAẞE.DE'), 401, 'in capitals');
};

subtest 'a domain that IDNA does not take is compared without case' => sub {
    is(sign_up('a@💩.la'), 201, 'one of signs that some registries sell');
    is(sign_up('A@xn--ls8h.LA'), 401, 'as a browser sends it');
    is(sign_up('a@xn--zz-abc.com'), 201, 'one that encodes nothing');
    is(sign_up('a@XN--ZZ-ABC.com'), 401, 'in capitals');
};

subtest 'a name may not be the address of another in any spelling' => sub {
    is(sign_up_as($_), 400, "the name $_")
        for 'info@dömäin.com', 'info@xn--dmin-moa0i.com',
        'Info@DÖMÄIN.com';
    is(sign_up_as('q@dömäin.com'), 200, 'one that nobody has');
    is(sign_up($_), 401, "the address $_")
        for 'q@dömäin.com', 'q@xn--dmin-moa0i.com';
};

subtest 'the command finds it by each of them' => sub {
    for (@spellings) {
        my ($exit, $out, $err) = $s->cli('user', 'show', $_);
        is($exit, 0, $_) or diag($err);
    }
    my ($exit, undef, $err) = $s->cli('user', 'add', '--no-username',
        '--email', 'info@xn--dmin-moa0i.com', '--password-stdin',
        stdin => "$PASSWORD\n");
    is($exit, 1, 'and makes no second one');
    like($err, qr/taken/, 'and says so');
};

subtest 'of sign-ups at once in many spellings one succeeds' => sub {
    my @names = map { "race\@$_" } qw(bücher.de BÜCHER.de xn--bcher-kva.de
        XN--BCHER-KVA.DE);
    my (@pids, $wins);
    for my $name (@names) {
        my $pid = fork;
        die "cannot fork: $!\n" if !defined $pid;
        POSIX::_exit(sign_up($name) == 201 ? 1 : 0) if $pid == 0;
        push @pids, $pid;
    }
    for (@pids) {
        waitpid $_, 0;
        $wins += $? >> 8;
    }
    is($wins, 1, 'one account');
};

done_testing;
