#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# long: yes
# mpm: any, what is taken is the core's and the database's
#
# What a client sends beside the fields of a route sets nothing, and what it
# sends in them is data: never SQL, a format, a template or a path.

use strict;
use warnings;
use utf8;
use lib 't/lib';
use AcctTest;
use FiveAPIs;
use JSON::PP ();
use Test::More;

my $s = AcctTest->start(hash => 'argon2id m=8 t=1 p=1');
my $ann = $s->account(username => 'ann', email => 'ann@example.org',
                      first_name => 'Ann', password => 'ann-secret');

my %EXTRA = (
    id => 4711, pk => 4711, user_id => 4711, account_id => 4711,
    is_staff => JSON::PP::true, is_superuser => JSON::PP::true,
    is_admin => JSON::PP::true, staff => 1, admin => 1, role => 'admin',
    is_active => JSON::PP::false, active => JSON::PP::false,
    password_hash => '$argon2id$v=19$m=8,t=1,p=1$YWFhYWFhYWE$YWFhYQ',
    username_key => 'ann', email_key => 'ann@example.org',
    token => 'a' x 40, auth_token => 'a' x 40, digest => 'a' x 64,
    sealed => 'x', expires => 0, expires_at => 1, lifetime => 1e9,
    created_at => 1, last_login => 1, date_joined => '1999-01-01',
    groups => [1], user_permissions => ['*'], label => 'x',
    account => { is_staff => JSON::PP::true, id => 1 },
    user => { is_staff => JSON::PP::true }, __proto__ => { staff => 1 },
    outcome => 'ok', status => 200, operation => 'logout_all',
);
delete $EXTRA{__proto__};

subtest 'unknown members of a sign-up set nothing' => sub {
    my $n = 0;
    for my $route (register_routes($ann)) {
        my $data = $route->{data}->('extra' . ++$n);
        my %extra = %EXTRA;
        my %known = map { $_ => 1 } @{ $route->{fields} };
        # Fields of other routes are unknown members of this one.
        $extra{$_} = $_ eq 'email' ? 'other@example.org' : "other$n"
            for grep { !$known{$_} } qw(username email first_name last_name
                                        password2 confirm_password);
        my $r = $s->post($route->{path}, { %extra, %$data });
        is $r->{status}, $route->{ok}, $route->{name};
        my ($row) = $s->sql('SELECT id, coalesce(username, \'\'), '
            . 'coalesce(email, \'\'), first_name, last_name, is_active, '
            . 'is_staff FROM account ORDER BY id DESC LIMIT 1');
        my ($id, @rest) = @$row;
        ok $id < 4711, '  the id is the next one';
        is_deeply \@rest, [
            (map { defined $data->{$_} ? $data->{$_} : '' }
             qw(username email first_name last_name)), 1, 0 ],
            '  and the account has what was asked for, no more';
        is_deeply [ $s->sql('SELECT label FROM token WHERE digest = '
                            . "'" . 'a' x 64 . "'") ], [],
            '  no token was chosen by the client';
    }
};

subtest 'unknown members of a sign-in set nothing' => sub {
    my $sql = 'SELECT id, username, email, password, is_active, is_staff, '
            . "created_at FROM account WHERE id = $ann";
    $s->post('/account/login/', { username => 'ann',
                                  password => 'ann-secret' });
    my ($before) = $s->sql($sql);
    for my $route (login_routes($ann)) {
        my $r = $s->post($route->{path}, { %EXTRA, %{ $route->{data}->() } });
        is $r->{status}, 200, $route->{name};
        unlike $r->{body}, qr/a{40}|(?<![0-9a-f])4711(?![0-9a-f])/, '  its answer shows none of it';
    }
    my ($after) = $s->sql($sql);
    is_deeply $after, $before, 'the account is as it was';
};

subtest 'unknown members of a form set nothing' => sub {
    my $r = $s->request('POST', '/api/auth/register/',
        type => 'application/x-www-form-urlencoded',
        body => 'username=formed&password=pw&is_staff=1&is_staff=true&id=4712'
            . '&is_active=0&account[is_staff]=1&user.is_staff=1');
    like $r->{status}, qr/\A(?:200|400)\z/, 'taken, or refused as twice';
    $r = $s->request('POST', '/api/auth/register/',
        type => 'application/x-www-form-urlencoded',
        body => 'username=formed2&password=pw&is_staff=1&id=4712&is_active=0'
            . '&account[is_staff]=1');
    is $r->{status}, 200, 'taken';
    my @rows = $s->sql('SELECT is_active, is_staff FROM account '
                       . "WHERE username LIKE 'formed%'");
    is_deeply $_, [1, 0], 'active, not staff' for @rows;
};

subtest 'unknown members do not hide missing ones' => sub {
    for my $route (grep { $_->{plain} } form_routes($ann)) {
        my %extra = %EXTRA;
        answer_is $s->post($route->{path}, { %extra, Username => 'x',
                           PASSWORD => 'x', ' password' => 'x' }),
            400, required(@{ $route->{required} }), $route->{name};
        is $s->post($route->{path}, { %{ $route->{data}->('nul') },
                                      "password\0" => 'x' })->{status},
            400, '  a name with a NUL in it stands for nothing';
    }
};

# What means something to SQL, printf, shells, templates and logs.
my @NASTY = (
    "' OR 1=1--", '" OR ""="', "'; DROP TABLE account;--", '\\', "\\'",
    '%s', '%n%n%n%n', '%', '%%', '%d%x%lld', '$1', '$argon2id$', '?', '?1',
    ':name', '@p', '{token}', '{account.id}', '{account.password}', '{',
    '}}', '{{7*7}}', '${jndi:x}', '`id`', '$(id)', '../../etc/passwd',
    '</script><b>', '"', "\x{7f}", "\x{1b}[31m", "\t", "a\r\nX-Evil: 1",
    "\x{2028}", "\x{feff}x", "\x{202e}x", "\x{1f600}", "x\x{301}",
    'NULL', 'null', 'true', '0', '-1', '[object]', 'a' x 150, "\x{fffd}",
);

subtest 'names and passwords are stored as they are, or refused' => sub {
    my $n = 0;
    for my $text (@NASTY) {
        my $shown = shown($text);
        $n++;
        my $before = ($s->sql('SELECT count(*) FROM account'))[0][0];
        my $email = "n$n\@example.org";
        my $r = $s->post('/auth/signup/', {
            first_name => "f$text", last_name => "${text}l",
            email => $email, password => $text,
            confirm_password => $text });
        if (length $text < 150) {
            is $r->{status}, 200, "$shown as first and last name, password";
            my ($row) = $s->sql('SELECT hex(first_name), hex(last_name) '
                                . "FROM account WHERE email = '$email'");
            my @hex = map { utf8::encode(my $b = $_); uc unpack 'H*', $b }
                "f$text", "${text}l";
            s/(?:20|09|0a|0d|E280A8|7F)+\z//i for @hex, @$row;
            $row->[1] =~ s/^(?:09)+//, $hex[1] =~ s/^(?:09|E280A8)+//;
            is $row->[0], $hex[0], '  stored byte by byte';
            is $row->[1], $hex[1], '  the last name too'
                if $text !~ /\A\s/;
            is $s->post('/auth/signin/', { email => $email,
                password => $text })->{status}, 200, '  and signs in';
            is $s->post('/auth/signin/', { email => $email,
                password => "$text " })->{status}, 401, '  exactly so';
        }
        else {
            is $r->{status}, 400, "$shown: too long with one more";
        }
        $r = $s->post('/api/auth/register/', { username => $text,
                                               password => 'pw' });
        like $r->{status}, qr/\A(?:200|400)\z/, '  as a username';
        if ($r->{status} == 200) {
            my $id = $r->{json}{user}{id};
            my ($row) = $s->sql('SELECT hex(username) FROM account '
                                . "WHERE id = $id");
            utf8::encode(my $b = $r->{json}{user}{username});
            is $row->[0], uc unpack('H*', $b), '  stored as answered';
        }
        else {
            is "@{$r->{order}}", 'username', '  refused for the name';
        }
        for my $route (login_routes($ann)) {
            my ($name) = @{ $route->{fields} };
            my $in = $s->post($route->{path}, { $name => $text,
                                                password => $text });
            like $in->{status}, qr/\A40[01]\z/,
                "  opens nothing at $route->{path}";
            is $in->{headers}{'x-evil'}, undef, '  and adds no header'
                if $text =~ /Evil/;
        }
        for my $header ("Token $text") {
            next if $header =~ /[\x00-\x1f\x7f]/;
            utf8::encode(my $bytes = $header);
            is $s->get("/api/v1/users/$ann/", headers =>
                [['Authorization', $bytes]])->{status}, 401,
                '  is no token';
        }
        my $after = ($s->sql('SELECT count(*) FROM account'))[0][0];
        ok $after - $before <= 2, '  and at most these two were made';
    }
};

subtest 'paths are data too' => sub {
    for my $text ('%27%20OR%201=1--', '%25s%25n', '%3F', "1'--", '1%00',
                  '$1', '{account.id}', '%7Baccount.id%7D', '1;2') {
        my $token = $s->post('/api/auth/login/', { username => 'ann',
                        password => 'ann-secret' })->{json}{token};
        like $s->get("/api/v1/users/$text/", token => $token)->{status},
            qr/\A40[04]\z/, $text;
    }
};

subtest 'the tables are all there, and ann is who she was' => sub {
    my ($row) = $s->sql('SELECT username, email, is_active, is_staff '
                        . "FROM account WHERE id = $ann");
    is_deeply $row, ['ann', 'ann@example.org', 1, 0], 'her account';
    is_deeply [ $s->sql('PRAGMA integrity_check') ], [['ok']],
        'the database';
    is $s->post('/account/login/', { username => 'ann',
                password => 'ann-secret' })->{status}, 200, 'she signs in';
    unlike $s->log, qr/^a?\r?\n?X-Evil/m, 'no line of the log is forged';
    unlike $s->log, qr/\x1b/, 'and no escape sequence is in it';
};

done_testing;
