#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, rules are the core's
# driver: any, the same
#
# Rules for new passwords, off unless a site turns them on, whose problems
# are answered in the dialect's words; and what a change of
# AcctAuthPasswordHash does to the hashes that are stored.

use strict;
use warnings;
use utf8;
use lib 't/lib';
use AcctTest;
use FaultKit;
use POSIX ();
use Test::More;

binmode Test::More->builder->$_, ':encoding(UTF-8)'
    for qw(output failure_output todo_output);

my $SHORT = 'This password is too short. It must contain at least %d '
    . 'characters.';
my $COMMON = 'This password is too common.';
my $SIMILAR = 'The password is too similar to the %s.';
my $n = 0;

sub register
{
    my ($s, %fields) = @_;
    $n++;
    return $s->post('/api/auth/register/', { username => "person$n",
        %fields });
}

# A password that is refused with a message like this, keyed by the field.
sub refused
{
    my ($s, $password, $like, $name, %fields) = @_;
    my $before = ($s->sql('SELECT count(*) FROM account'))[0][0];
    my $r = register($s, %fields, password => $password);
    my $list = ref $r->{json} eq 'HASH' ? $r->{json}{password} : undef;
    ok($r->{status} == 400 && ref $list eq 'ARRAY' && @$list == 1
        && $list->[0] =~ $like && keys %{ $r->{json} } == 1, "refused: $name")
        or diag("$r->{status} $r->{body}");
    is(($s->sql('SELECT count(*) FROM account'))[0][0], $before,
        'and nothing is made');
}

sub taken
{
    my ($s, $password, $name, %fields) = @_;
    my $r = register($s, %fields, password => $password);
    is($r->{status}, 200, "taken: $name") or diag($r->{body});
}

subtest 'off by default' => sub {
    my $s = AcctTest->start(hash => cheap_hash());
    taken($s, $_, qq("$_")) for 'password123', 'xxxxxxxx', 'x', 'password',
        ' ', "\t";
    $n++;
    taken($s, "person" . ($n + 1), 'its own name');
    my $file = $s->write('list.txt', "password\n");
    $s->restart('AcctAuthPasswordRules Off');
    taken($s, 'x', 'with Off');
    $s->stop;
};

my $s = AcctTest->start(hash => cheap_hash(),
    conf => 'AcctAuthPasswordRules min-length=8');
subtest 'min-length counts characters' => sub {
    my $short = qr/8/;
    refused($s, $_, $short, "\"$_\"") for 'x', 'seven77', 'ééééééé',
        "\x{1f511}" x 7, ' ' x 7, 'e' . "\x{301}" x 7;
    taken($s, $_, "\"$_\"") for 'eight888', 'éééééééé', "\x{1f511}" x 8,
        ' ' x 8, 'e' . "\x{301}" x 8, 'y' x 1024;
    my $blank = register($s, password => '');
    is($blank->{body}, '{"password":["This field may not be blank."]}',
        'blank is blank, not too short');
    my $all = $s->post('/api/auth/register/', { username => 'a b',
        password => 'x' });
    is($all->{status}, 400, 'told with the problems of other fields');
    is_deeply($all->{order}, ['username', 'password'], 'in order of fields');
    $s->account(username => 'old', password => 'x');
    is($s->post('/api/auth/login/', { username => 'old', password => 'x' })
        ->{status}, 200, 'an old short password signs in');
    # The same rule in the words and the shape of other dialects.
    my $r = $s->post('/auth/signup/', { first_name => 'A', email => 'a@b.io',
        password => 'x', confirm_password => 'x' });
    ok($r->{status} == 400 && ref $r->{json}{password} eq 'ARRAY',
        'auth-signin tells it under password') or diag($r->{body});
    $r = $s->post('/account/register/', { username => 'acc',
        email => 'a@b.io', password => 'x', password2 => 'x' });
    ok($r->{status} == 400 && ref $r->{json} eq 'HASH'
        && $r->{body} =~ /8/, 'account-register tells it')
        or diag($r->{body});
    $r = $s->post('/api/v1/users/signup/', { email => 'a@b.io',
        password => 'x' });
    ok($r->{status} == 400 && $r->{json}{status_code} == 400
        && length $r->{json}{message}, 'users-v1 in its envelope')
        or diag($r->{body});
    is(($s->sql("SELECT count(*) FROM account WHERE email = 'a\@b.io'"))
        [0][0], 0, 'and none of the three made an account');
};

subtest 'a FIFO as list or as dialect stops configtest at once' => sub {
    my $fifo = $s->dir . '/fifo.json';
    POSIX::mkfifo($fifo, 0644) or die "mkfifo: $!\n";
    local $SIG{ALRM} = sub { die "it waits for somebody to write\n" };
    for my $conf ("AcctAuthPasswordRules block-list=$fifo",
                  '<Location "/x/">' . "\nAcctAuthAPI fifo\n</Location>\n"
                  . 'AcctAuthDialectDir ' . $s->dir) {
        alarm 30;
        my ($ok, $said) = $s->configtest($conf);
        alarm 0;
        ok(!$ok, 'stopped');
        like($said, qr/is no file; name a/, 'and told');
    }
};

subtest 'a list of passwords that everybody knows' => sub {
    my $list = $s->write('list.txt',
        "password\r\n\nTrustNo1\ncorrect horse\n  spaces \nStraße\n#hash\n"
        . "last");
    $s->graceful("AcctAuthPasswordRules block-list=$list");
    my $common = qr/common/i;
    refused($s, $_, $common, "\"$_\"") for 'password', 'PassWord',
        'trustno1', 'correct horse', '  spaces ', '#hash', 'last',
        'ＴｒｕｓｔＮｏ１';
    taken($s, $_, "\"$_\"") for 'password1', 'spaces', 'correct', 'x',
        'hash', 'trustno';
    # The file is read when the server starts.
    $s->write('list.txt', "tower bridge\n");
    taken($s, 'password2', 'until the reload the list is the old one');
    $s->graceful;
    refused($s, 'Tower Bridge', $common, 'after a reload the new list holds');
    taken($s, 'password', 'and the old one no more');
};

subtest 'not similar to what is known of the account' => sub {
    $s->graceful('AcctAuthPasswordRules not-similar');
    my $similar = qr/similar/i;
    my @ada = (username => 'ada.lovelace',
               email => 'countess@analytical.example');
    refused($s, $_, $similar, "\"$_\"", @ada) for 'ada.lovelace',
        'ADA.LOVELACE', 'lovelace', 'xxlovelacexx', 'lovelace1815',
        'countess', 'countess@analytical.example', 'MyCountess!';
    taken($s, $_, "\"$_\"", username => "byron$_", email => "b$_\@x.example")
        for 1, 22;
    my $i = 0;
    for my $password ('tower bridge', 'x') {
        $i++;
        taken($s, $password, "\"$password\"", username => "ada.lovelace$i",
              email => "countess$i\@analytical.example");
    }
    my $r = $s->post('/auth/signup/', { first_name => 'Wilhelmina',
        last_name => 'Featherstone', email => 'q@b.io',
        password => 'featherstone', confirm_password => 'featherstone' });
    is($r->{status}, 400, 'last name') or diag($r->{body});
    $r = $s->post('/auth/signup/', { first_name => 'Wilhelmina',
        last_name => 'Featherstone', email => 'q@b.io',
        password => 'xwilhelmina', confirm_password => 'xwilhelmina' });
    is($r->{status}, 400, 'first name') or diag($r->{body});
};

subtest 'all together, and per virtual host' => sub {
    my $list = $s->write('list.txt', "password\nlongpassword\n");
    $s->graceful("AcctAuthPasswordRules min-length=10 block-list=$list "
        . "not-similar\n<VirtualHost 127.0.0.1:*>\nServerName strict.example\n"
        . "<Location \"/api/auth/\">\nAcctAuthAPI auth-register\n</Location>\n"
        . "</VirtualHost>\n<VirtualHost 127.0.0.1:*>\nServerName "
        . "free.example\nAcctAuthPasswordRules Off\n<Location \"/api/auth/\">"
        . "\nAcctAuthAPI auth-register\n</Location>\n</VirtualHost>\n");
    my $to = sub {
        my ($host, $password) = @_;
        $n++;
        return $s->post('/api/auth/register/', { username => "somebody$n",
            password => $password }, headers => { Host => $host });
    };
    like($to->('strict.example', 'password')->{body}, qr/10/,
        'length is told first');
    like($to->('strict.example', 'longpassword')->{body}, qr/common/i,
        'then the list');
    like($to->('strict.example', 'somebody' . ($n + 1))->{body},
        qr/similar/i, 'then likeness');
    is($to->('strict.example', 'tower bridge')->{status}, 200, 'or nothing');
    is($to->('free.example', 'x')->{status}, 200,
        'a virtual host may turn them off');
};
$s->stop;

subtest 'a change of AcctAuthPasswordHash' => sub {
    my $s = AcctTest->start(hash => 'argon2id m=256 t=1 p=1');
    my $hash = sub { ($s->sql("SELECT password FROM account WHERE username "
        . "= 'ada'"))[0][0] };
    my $login = sub { $s->post('/accounts/signin/', { username => 'ada',
        password => $_[0] }) };
    is($s->post('/account/register/', { username => 'ada',
        email => 'ada@example.org', password => 'tower bridge',
        password2 => 'tower bridge' })->{status}, 200, 'an account');
    my $first = $hash->();
    like($first, qr/^\$argon2id\$v=19\$m=256,t=1,p=1\$/,
        'is hashed as told');
    my $token = $login->('tower bridge')->{json}{data}{token};
    is($hash->(), $first, 'a sign-in leaves the hash as it is');
    $s->{hash} = 'argon2id m=512 t=2 p=2';
    $s->_write_conf;
    $s->graceful;
    is($hash->(), $first, 'a reload changes nothing in the database');
    is($login->('wrong')->{status}, 400, 'a wrong password is wrong');
    is($hash->(), $first, 'and replaces nothing');
    my $r = $login->('tower bridge');
    is($r->{status}, 200, 'the right one is right');
    my $second = $hash->();
    like($second, qr/^\$argon2id\$v=19\$m=512,t=2,p=2\$/,
        'and hashed again as told now');
    is($r->{json}{data}{token}, $token, 'the token stays');
    is($login->('tower bridge')->{status}, 200, 'it is right once more');
    is($hash->(), $second, 'and not hashed again');
    is($login->('wrong')->{status}, 400, 'a wrong one stays wrong');
    # What the command makes is brought up to date in the same way.
    $s->account(username => 'bob', password => 'london bridge');
    is($s->post('/accounts/signin/', { username => 'bob',
        password => 'london bridge' })->{status}, 200,
        'an account made by the command signs in');
    like(($s->sql("SELECT password FROM account WHERE username = 'bob'"))
        [0][0], qr/m=512,t=2,p=2/, 'and is hashed as the server says');
    # Four sign-ins at once while the hash is replaced: all are right.
    $s->{hash} = 'argon2id m=300 t=1 p=1';
    $s->_write_conf;
    $s->graceful;
    my @r = burst($s, [({ method => 'POST', path => '/accounts/signin/',
        json => { username => 'ada', password => 'tower bridge' } }) x 4]);
    is(join(' ', map { $_->{status} } @r), '200 200 200 200',
        'four at once all sign in');
    like($hash->(), qr/m=300,t=1,p=1/, 'and one of them replaced it');
    is($login->('tower bridge')->{status}, 200, 'by the same password');
    $s->stop;
};

done_testing;
