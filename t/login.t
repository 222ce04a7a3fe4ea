#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, who it is and what is answered are the core's
#
# What signing in means in all five APIs: which account is found by which
# name, what a password is, and what does not matter.

use strict;
use warnings;
use utf8;
use lib 't/lib';
use AcctTest;
use FiveAPIs;
use Test::More;
use Time::HiRes ();

my $s = AcctTest->start(hash => 'argon2id m=8 t=1 p=1');

# signin(API, NAME, PASSWORD): through one API; its answer.
my %SIGNIN = (
    'accounts' => ['/accounts/signin/', 'username'],
    'auth-signin' => ['/auth/signin/', 'email'],
    'account-register' => ['/account/login/', 'username'],
    'users-v1' => ['/api/v1/users/login/', 'email'],
    'auth-register' => ['/api/auth/login/', 'username'],
);
my @APIS = sort keys %SIGNIN;

sub signin
{
    my ($api, $name, $password, %opt) = @_;
    my ($path, $field) = @{ $SIGNIN{$api} };
    return $s->post($path, { $field => $name, password => $password },
                    %opt);
}

my %WRONG = (
    'accounts' => [400, '{"success":false,"code":400,"data":{},'
        . '"message":"ValueError",'
        . '"errors":"The username or password is incorrect"}'],
    'auth-signin' => [401, '{"detail":"Login failed: Wrong credentials"}'],
    'account-register' => [400, '{"non_field_errors":'
        . '["Unable to log in with provided credentials."]}'],
    'users-v1' => [400, '{"status_code":400,'
        . '"message":"Invalid username or password"}'],
    'auth-register' => [400, '{"non_field_errors":'
        . '["Unable to log in with provided credentials."]}'],
);

sub wrong_is
{
    my ($api, $r, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    answer_is $r, @{ $WRONG{$api} }, $name;
}

# register(NAME, PASSWORD): the registration of auth-register.
sub register
{
    my ($name, $password, $email) = @_;
    return $s->post('/api/auth/register/', { username => $name,
        password => $password, defined $email ? (email => $email) : () });
}

my $ann = $s->account(username => 'ann', email => 'ann@example.org',
                      first_name => 'Ann', password => 'secret');

subtest 'an account is found by the names that its API documents' => sub {
    # 1 where the name signs in, 0 where it is wrong.
    my @table = (
        # name, accounts, auth-signin, account-register, users-v1,
        # auth-register
        [ 'ann', { accounts => 1, 'account-register' => 1,
                   'auth-register' => 1 } ],
        [ 'ann@example.org', { accounts => 1, 'auth-signin' => 1,
                               'users-v1' => 1, 'auth-register' => 1 } ],
    );
    for my $row (@table) {
        my ($name, $good) = @$row;
        for my $api (@APIS) {
            my $r = signin($api, $name, 'secret');
            if ($good->{$api}) {
                is $r->{status}, 200, "$api takes $name";
            }
            else {
                like $r->{status}, qr/\A40[01]\z/, "$api refuses $name";
            }
        }
    }
    is $s->post('/auth/signin/', { username => 'ann@example.org',
                                   password => 'secret' })->{status}, 200,
        'auth-signin takes the address as username';
    is $s->post('/api/auth/login/', { email => 'ann@example.org',
                                      password => 'secret' })->{status}, 200,
        'auth-register takes it as email';
};

subtest 'a wrong password and an unknown name are the documented refusal'
    => sub {
    for my $api (@APIS) {
        my $known = $SIGNIN{$api}[1] eq 'email' ? 'ann@example.org' : 'ann';
        wrong_is $api, signin($api, $known, 'secret2'), "$api, wrong";
        wrong_is $api, signin($api, "x$known", 'secret'), "$api, unknown";
    }
};

subtest 'an account signs in wherever it signed up' => sub {
    my @table = (
        [ '/auth/signup/', { first_name => 'F', email => 'one@example.org',
            password => 'pw', confirm_password => 'pw' } ],
        [ '/account/register/', { username => 'two',
            email => 'two@example.org', password => 'pw',
            password2 => 'pw' } ],
        [ '/api/v1/users/signup/', { email => 'three@example.org',
            password => 'pw' } ],
        [ '/api/auth/register/', { username => 'four',
            email => 'four@example.org', password => 'pw' } ],
    );
    for my $row (@table) {
        my ($path, $data) = @$row;
        like $s->post($path, $data)->{status}, qr/\A20[01]\z/, $path;
        for my $api (@APIS) {
            next if $api eq 'account-register' && !$data->{username};
            my $name = $api eq 'account-register' ? $data->{username}
                                                  : $data->{email};
            is signin($api, $name, 'pw')->{status}, 200,
                "  then $api as $name";
        }
    }
};

subtest 'usernames are normalised at both ends and case-blind' => sub {
    # registered, stored, others that mean the same
    my @table = (
        [ 'Alice', 'Alice', 'alice', 'ALICE', ' alice ', 'ａｌｉｃｅ' ],
        [ 'ｂｏｂ', 'bob', 'bob', 'BOB', 'ＢＯＢ' ],
        [ 'o' . "\x{fb01}" . 'cer', 'oficer', 'oficer', 'OFICER' ],
        [ "\x{212a}elvin", 'Kelvin', 'kelvin', 'Kelvin', 'KELVIN' ],
        [ 'ᴮᴵᴳᴮᴵᴿᴰ', 'BIGBIRD', 'bigbird' ],
        [ "re\x{301}ne", 'réne', 'réne', 'RÉNE', "RE\x{301}NE" ],
        [ '  padded  ', 'padded', 'padded' ],
        [ 'жук', 'жук', 'ЖУК', 'Жук' ],
        [ '用户１', '用户1', '用户1' ],
        [ 'a@b+c.d-e_f', 'a@b+c.d-e_f', 'A@B+C.D-E_F' ],
    );
    for my $row (@table) {
        my ($name, $stored, @same) = @$row;
        my $r = register($name, 'pw');
        is $r->{status}, 200, "$name registers";
        is $r->{json}{user}{username}, $stored, "  as $stored";
        my $id = $r->{json}{user}{id};
        for my $twin ($name, @same) {
            my $in = signin('accounts', $twin, 'pw');
            is $in->{json}{data}{id}, $id, "  $twin signs in as it";
            answer_is register($twin, 'other'), 400,
                compact(username => [$NAME_TAKEN]),
                "  and cannot be registered again";
        }
    }
};

subtest 'names that only look alike never share an account' => sub {
    my @victims = map { "victim$_" } 1 .. 3;
    register($_, 'owner') for @victims;
    my @twins = ("v\x{131}ctim1", "v\x{130}ctim1", "vict\x{456}m1",
                 "victim\x{200d}1", "\x{202e}victim1", "victim1\x{200b}",
                 "victim\x{2460}", "victim1\x{ad}", "victim1\x{a0}");
    for my $twin (@twins) {
        my $name = shown($twin);
        my $r = register($twin, 'thief');
        like $r->{status}, qr/\A(?:200|400)\z/, "$name is taken or refused";
        for my $victim (@victims) {
            like signin('account-register', $victim, 'thief')->{status},
                qr/\A400\z/, "  and opens nothing of $victim";
        }
        next if $r->{status} != 200;
        my $stored = $r->{json}{user}{username};
        is signin('account-register', $stored, 'thief')->{status}, 200,
            '  what was stored signs in';
        is register($stored, 'x')->{status}, 400,
            '  and is the form that is unique';
    }
    is signin('account-register', $_, 'owner')->{status}, 200,
        "$_ still signs in" for @victims;
};

subtest 'addresses are trimmed and case-blind' => sub {
    $s->post('/api/v1/users/signup/', { email => ' Mike@Example.ORG ',
                                        password => 'pw' });
    for my $email ('mike@example.org', 'MIKE@EXAMPLE.ORG',
                   ' mike@example.org ', 'Mike@Example.ORG') {
        is signin('users-v1', $email, 'pw')->{status}, 200, $email;
        is $s->post('/api/v1/users/signup/', { email => $email,
                        password => 'x' })->{status}, 401,
            '  and is taken';
    }
    wrong_is 'users-v1', signin('users-v1', 'mikeexample@example.org', 'pw'),
        'another address';
};

subtest 'a name that is another account\'s address steals nothing' => sub {
    $s->post('/api/v1/users/signup/', { email => 'prey@example.org',
                                        password => 'owner' });
    my ($row) = $s->sql('SELECT id FROM account WHERE email_key = '
                        . "'prey\@example.org'");
    like register('prey@example.org', 'thief')->{status},
        qr/\A(?:200|400)\z/, 'registering the address as a name';
    is signin('accounts', 'prey@example.org', 'owner')->{json}{data}{id},
        $row->[0], 'the owner signs in by address as before';
    wrong_is 'users-v1', signin('users-v1', 'prey@example.org', 'thief'),
        'the thief does not';
};

subtest 'passwords are taken exactly' => sub {
    my @words = ('pw ', ' pw', 'pw', 'PW', "p\tw", "pw\n", '   ',
                 'пароль', "\x{e9}", '"\\\'%s%n$1?;--',
                 "\x{1f511}" x 3, 'x' x 1024, "\x{e9}" x 512);
    my $n = 0;
    for my $word (@words) {
        my $name = 'word' . ++$n;
        my $shown = shown($word);
        is register($name, $word)->{status}, 200, "$shown registers";
        my @open = grep {
            signin('account-register', $name, $_)->{status} == 200
        } @words;
        is_deeply \@open, [$word], '  and no other one signs in';
    }
};

subtest 'a password has at most 1024 bytes' => sub {
    my @long = (['x' x 1025, '1025 bytes'],
                ["\x{e9}" x 513, '1026 bytes in 513 characters'],
                ['x' x 8000, '8000 bytes']);
    register('wordmax', 'x' x 1024);
    is signin('account-register', 'wordmax', 'x' x 1024)->{status}, 200,
        '1024 bytes';
    for my $row (@long) {
        my ($word, $name) = @$row;
        for my $r (signin('account-register', 'wordmax', $word),
                   signin('auth-register', 'wordmax', $word),
                   register('new', $word)) {
            is $r->{status}, 400, "$name: 400";
            is "@{$r->{order}}", 'password', '  about the password';
            is scalar @{ $r->{json}{password} }, 1, '  in one sentence';
        }
        for my $api ('accounts', 'auth-signin', 'users-v1') {
            my $r = signin($api, 'ann@example.org', $word);
            is $r->{status}, 400, "$name at $api: 400";
            isnt $r->{body}, $WRONG{$api}[1],
                '  a field error, not the refusal of wrong credentials';
        }
    }
};

subtest 'a stale Authorization header is ignored on sign-in and sign-up'
    => sub {
    my @headers = (
        ['Token ' . 'f' x 40, 'an unknown token'], ['Token', 'no token'],
        ['Token a b', 'three words'], ["Token \xff", 'not ASCII'],
        ['Basic YTpi', 'another scheme'], ['', 'empty'],
        ['Token ' . 'f' x 4000, 'a long one'],
    );
    my $n = 0;
    for my $row (@headers) {
        my ($header, $name) = @$row;
        my @h = (headers => [[Authorization => $header]]);
        for my $api (@APIS) {
            my $as = $api eq 'account-register' ? 'ann' : 'ann@example.org';
            is signin($api, $as, 'secret', @h)->{status}, 200,
                "$name, $api";
        }
        $n++;
        is $s->post('/api/auth/register/', { username => "stale$n",
            password => 'p' }, @h)->{status}, 200, "$name, sign-up";
        is $s->post('/api/v1/users/signup/', {
            email => "stale$n\@example.org", password => 'p' },
            @h)->{status}, 201, "$name, the other sign-up";
    }
    my $two = [[Authorization => 'Token a'], [Authorization => 'Token b']];
    is signin('accounts', 'ann', 'secret', headers => $two)->{status}, 200,
        'two headers';
};

subtest 'the token of another account changes nothing at sign-in' => sub {
    my $bert = $s->account(username => 'bert', password => 'pw');
    my $token = signin('accounts', 'ann', 'secret')->{json}{data}{token};
    is signin('accounts', 'bert', 'pw', token => $token)->{json}{data}{id},
        $bert, 'bert is bert';
    wrong_is 'accounts', signin('accounts', 'bert', 'no', token => $token),
        'and his wrong password is wrong';
};

subtest 'each sign-in is noted as the last one' => sub {
    for my $api (@APIS) {
        $s->sql("UPDATE account SET last_login = 0 WHERE id = $ann");
        my $as = $api eq 'account-register' ? 'ann' : 'ann@example.org';
        my $from = int(1e6 * Time::HiRes::time());
        signin($api, $as, 'nope');
        my ($row) = $s->sql("SELECT last_login FROM account "
                            . "WHERE id = $ann");
        is $row->[0], 0, "$api: a wrong one is not";
        is signin($api, $as, 'secret')->{status}, 200, "$api: signed in";
        ($row) = $s->sql("SELECT last_login FROM account "
                         . "WHERE id = $ann");
        my $to = int(1e6 * Time::HiRes::time());
        ok $row->[0] >= $from && $row->[0] <= $to, '  and noted';
    }
};

subtest 'a shared token that cannot be opened is a 503, never another\'s'
    => sub {
    $s->account(username => $_, password => 'pw') for 'carl', 'dora';
    my %token = map {
        $_ => signin('account-register', $_, 'pw')->{json}{token}
    } 'carl', 'dora';
    my %sealed = map { @$_ } $s->sql('SELECT username, sealed FROM token '
        . 'JOIN account ON account.id = account_id WHERE sealed IS NOT '
        . 'NULL AND username IS NOT NULL');
    my $put = sub { $s->sql("UPDATE token SET sealed = '$_[0]' WHERE sealed "
        . 'IS NOT NULL AND account_id = (SELECT id FROM account '
        . "WHERE username = 'carl')") };
    (my $flipped = $sealed{carl}) =~ s{([^:=])(=*)\z}
        {($1 eq 'A' ? 'Q' : 'A') . $2}e;
    for my $row ([ $sealed{dora}, 'another account\'s' ],
                 [ 'rubbish', 'rubbish' ],
                 [ substr($sealed{carl}, 0, 30), 'cut off' ],
                 [ $flipped, 'changed in its last sign' ]) {
        my ($value, $name) = @$row;
        $put->($value);
        my $r = signin('account-register', 'carl', 'pw');
        answer_is $r, 503, detail('Service temporarily unavailable.'),
            $name;
        ok $r->{headers}{'retry-after'}, '  with Retry-After';
    }
    $put->($sealed{carl});
    is signin('account-register', 'carl', 'pw')->{json}{token},
        $token{carl}, 'put back, it is handed out again';
    unlike $s->log, qr/\Q$token{carl}\E|\Q$token{dora}\E/,
        'neither is in the error log';
};

subtest 'the command and the server mean the same account' => sub {
    my ($exit) = $s->cli('user', 'passwd', 'ann', '--password-stdin',
                         stdin => "changed\n");
    is $exit, 0, 'a new password by the command';
    wrong_is 'accounts', signin('accounts', 'ann', 'secret'),
        'the old one is wrong';
    my $r = signin('accounts', 'ann', 'changed');
    is $r->{status}, 200, 'the new one signs in';
    my $token = $r->{json}{data}{token};
    $s->cli('user', 'passwd', 'ann', '--password-stdin',
            stdin => "again\n");
    is $s->get("/api/v1/users/$ann/", token => $token)->{status}, 401,
        'a change of password ends the tokens';
    isnt signin('accounts', 'ann', 'again')->{json}{data}{token}, $token,
        'the next sign-in makes another';
    ($exit) = $s->cli('user', 'delete', 'ann');
    is $exit, 0, 'deleted';
    wrong_is 'accounts', signin('accounts', 'ann', 'again'),
        'a deleted account is an unknown name';
};

done_testing;
