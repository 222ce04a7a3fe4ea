#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, which host holds does not depend on it
#
# Virtual hosts, each with accounts of its own or those of the main server,
# and how directives merge: server, virtual host, location.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use GuardTest;
use Test::More;

my $app = backend(sub {
    my ($req) = @_;
    return (200, [['Content-Type', 'text/plain']],
        join '', map { "$_->[0]: $_->[1]\n" } @{ $req->{headers} });
});
my $url = 'http://127.0.0.1:' . $app->port;

# A second database, in a folder of its own.
my $second = AcctTest->prepare;

my $s = AcctTest->start(modules => ['proxy_http'], conf => sub {
    my ($self) = @_;
    my ($db, $key) = ($second->db, $second->key);
    return <<"CONF";
AcctAuthPasswordHash argon2id m=8 t=1 p=1
AcctAuthScheme Bearer
AcctAuthIdentityHeaders On
AcctAuthMaxBody 512
<Location "/private/">
    AcctAuthProtect On
</Location>
ProxyPass "/private/app/" "$url/"
ProxyPass "/open/app/" "$url/"
<VirtualHost *:$self->{port}>
    ServerName first.example
    DocumentRoot "$self->{dir}/htdocs"
    ProxyPass "/private/app/" "$url/"
    ProxyPass "/open/app/" "$url/"
</VirtualHost>
<VirtualHost *:$self->{port}>
    ServerName second.example
    DocumentRoot "$self->{dir}/htdocs"
    AcctAuthDatabase $second->{driver} "$db"
    AcctAuthKeyFile "$key"
    AcctAuthScheme Token
    AcctAuthIdentityHeaders Off
    AcctAuthMaxBody 4096
    ProxyPass "/private/app/" "$url/"
    ProxyPass "/private/told/" "$url/"
    ProxyPass "/private/passed/" "$url/"
    ProxyPass "/open/app/" "$url/"
    <Location "/private/told/">
        AcctAuthIdentityHeaders On
    </Location>
    <Location "/private/passed/">
        AcctAuthForwardToken On
        AcctAuthScheme Key
    </Location>
    <Location "/private/free/">
        AcctAuthProtect Off
    </Location>
    <Location "/extra/">
        AuthType Token
        AuthName second
        Require user carol
    </Location>
    <Location "/more-accounts/">
        AcctAuthAPI auth-register
    </Location>
</VirtualHost>
<VirtualHost *:$self->{port}>
    ServerName third.example
    DocumentRoot "$self->{dir}/htdocs"
    AcctAuthScheme Token
    AcctAuthProtect Off
    ProxyPass "/private/app/" "$url/"
    <Location "/private/">
        AcctAuthProtect Optional
    </Location>
</VirtualHost>
CONF
}, expect_fail => 1);

# AcctAuthProtect is of sections and .htaccess.
if (defined $s->{config_error}) {
    my $text = $s->{config_error};
    like($text, qr/AcctAuthProtect/, 'AcctAuthProtect outside a section: '
        . 'refused');
    my $code = $s->{conf};
    $s->{conf} = sub {
        my $conf = $code->(@_);
        $conf =~ s/^    AcctAuthProtect Off\n(?=    ProxyPass)//m;
        return $conf;
    };
    $s->_write_conf;
    my $why = $s->run;
    BAIL_OUT("httpd did not start:\n$why") if defined $why;
}
else {
    fail('AcctAuthProtect outside a section: refused');
}
$s->write("htdocs/$_/a.txt", "SECRET $_\n")
    for 'private', 'private/free', 'extra';
$s->write('htdocs/open.txt', "free\n");

sub ask
{
    my ($host, $method, $path, %opt) = @_;
    my $headers = delete $opt{headers} || [];
    return $s->request($method, $path,
        headers => [['Host', $host], @$headers], %opt);
}

# The same name with other passwords, and other people.
$s->account(username => 'alice', email => 'a@first.example',
    password => 'first-secret');
$s->account(username => 'bob', email => 'b@first.example',
    password => 'bob-secret');
$second->account(username => 'alice', email => 'a@second.example',
    password => 'second-secret');
$second->account(username => 'carol', email => 'c@second.example',
    password => 'carol-secret');

sub token
{
    my ($host, $name, $password, $path) = @_;
    my $r = ask($host, 'POST', $path || '/api/auth/login/',
        json => { username => $name, password => $password });
    is($r->{status}, 200, "$name signs in at $host") or diag($r->{body});
    return $r->{json}{token};
}

my $first = token('first.example', 'alice', 'first-secret');
my $main = token('third.example', 'bob', 'bob-secret');
my $other = token('second.example', 'alice', 'second-secret');
my $carol = token('second.example', 'carol', 'carol-secret',
    '/more-accounts/login/');

subtest 'a token is of its own accounts' => sub {
    my $try = sub {
        my ($host, $scheme, $token, $path) = @_;
        return ask($host, 'GET', $path || '/private/a.txt',
            token => $token, scheme => $scheme)->{status};
    };
    is($try->('first.example', 'Bearer', $first), 200, 'first at first');
    is($try->('first.example', 'Bearer', $main), 200, 'the same accounts');
    is($try->('unknown.example', 'Bearer', $first), 200,
        'an unknown name is the first of them');
    is($try->('third.example', 'Token', $first), 200, 'and at third');
    is($try->('second.example', 'Token', $other), 200, 'second at second');
    is($try->('second.example', 'Token', $carol), 200, 'carol at second');
    is(refusal_faults(ask('second.example', 'GET', '/private/a.txt',
        token => $first), 'garbage'), '', 'first at second: unknown');
    is(refusal_faults(ask('first.example', 'GET', '/private/a.txt',
        token => $other, scheme => 'Bearer'), 'garbage',
        challenge => 'Bearer'), '', 'second at first: unknown');
    is(refusal_faults(ask('third.example', 'GET', '/private/a.txt',
        token => $carol), 'garbage'), '', 'carol at third: unknown');
    is($try->('second.example', 'Token', $carol, '/extra/a.txt'), 200,
        'carol where she is asked for');
    is(refusal_faults(ask('second.example', 'GET', '/extra/a.txt',
        token => $other), 'require', status => 403), '', 'alice there');
    # One connection, in turn.
    my @seen;
    for my $i (1 .. 20) {
        my $r = $i % 2
            ? ask('first.example', 'GET', '/private/a.txt', keep => 1,
                token => $first, scheme => 'Bearer')
            : ask('second.example', 'GET', '/private/a.txt', keep => 1,
                token => $first);
        push @seen, $r->{status};
    }
    is("@seen", join(' ', ('200 401') x 10), 'by turns on one connection');
};

subtest 'passwords and names are of their own accounts' => sub {
    for my $row (['first.example', 'alice', 'second-secret'],
        ['second.example', 'alice', 'first-secret'],
        ['first.example', 'carol', 'carol-secret'],
        ['third.example', 'carol', 'carol-secret'],
        ['second.example', 'bob', 'bob-secret']) {
        my ($host, $name, $password) = @$row;
        is(ask($host, 'POST', '/api/auth/login/', json => {
            username => $name, password => $password })->{status}, 400,
            "$name at $host");
    }
    is(ask('first.example', 'POST', '/api/auth/register/', json => {
        username => 'carol', password => 'x' })->{status}, 200,
        'a name of one is free on the other');
    is_deeply([$second->sql("SELECT count(*) FROM account WHERE"
        . " username = 'carol'")], [[1]], 'and goes where it belongs');
    is(ask('first.example', 'POST', '/more-accounts/login/', json => {
        username => 'alice', password => 'first-secret' })->{status}, 404,
        'a mount of one host is not the other\'s');
};

subtest 'sign-out ends it where it belongs' => sub {
    my $r = ask('second.example', 'POST', '/api/auth/logout/',
        token => $first);
    is($r->{status}, 401, 'not on another host');
    is(ask('first.example', 'GET', '/private/a.txt', token => $first,
        scheme => 'Bearer')->{status}, 200, 'it lives');
    $r = ask('third.example', 'POST', '/api/auth/logout/', token => $first);
    is($r->{status}, 204, 'on a host with the same accounts');
    is(ask('first.example', 'GET', '/private/a.txt', token => $first,
        scheme => 'Bearer')->{status}, 401, 'it ends everywhere');
};

subtest 'merging' => sub {
    my $get = sub {
        my ($host, $path, %opt) = @_;
        return ask($host, 'GET', $path, %opt);
    };
    my $r = $get->('first.example', '/private/app/x', token => $main,
        scheme => 'Bearer');
    like($r->{body}, qr/^X-Acct-User: bob$/m,
        'identity headers of the server hold in a virtual host');
    $r = $get->('first.example', '/private/a.txt');
    is(refusal_faults($r, 'none', challenge => 'Bearer'), '',
        'its scheme too');
    is(refusal_faults($get->('first.example', '/private/a.txt',
        token => $main), 'none', challenge => 'Bearer'), '',
        'and Token is none there');
    is(refusal_faults($get->('second.example', '/private/a.txt'), 'none'),
        '', 'the virtual host has its own');
    $r = $get->('second.example', '/private/app/x', token => $carol);
    unlike($r->{body}, qr/X-Acct/, 'and its own switch');
    unlike($r->{body}, qr/Authorization/, 'no token');
    $r = $get->('second.example', '/private/told/x', token => $carol);
    like($r->{body}, qr/^X-Acct-User: carol$/m, 'a location has the last word');
    $r = $get->('second.example', '/private/passed/x', token => $carol,
        scheme => 'Key');
    like($r->{body}, qr/^Authorization: Key \Q$carol\E$/m,
        'in each directive by itself');
    unlike($r->{body}, qr/X-Acct/, 'the others are inherited');
    is($get->('second.example', '/private/passed/x', token => $carol)
        ->{status}, 401, 'the scheme as well');
    is($get->('second.example', '/private/free/a.txt')->{status}, 200,
        'Off in a location of one host');
    is($get->('first.example', '/private/free/a.txt')->{status}, 401,
        'is not of the other');
    is($get->('third.example', '/private/a.txt')->{status}, 200,
        'Optional over the server\'s On');
    is($get->('third.example', '/private/a.txt', token => 'x')->{status},
        401, 'is Optional');
    is($get->('third.example', '/private/free/a.txt')->{status}, 200,
        'below it too');
    is($get->('second.example', '/extra/a.txt')->{status}, 401,
        'a location of one host');
    is($get->('first.example', '/extra/a.txt')->{status}, 200,
        'is not there on the other');
    my $long = { username => 'alice', password => 'x' x 700 };
    is(ask('first.example', 'POST', '/api/auth/login/', json => $long)
        ->{status}, 413, 'the server\'s body limit');
    is(ask('second.example', 'POST', '/api/auth/login/', json => $long)
        ->{status}, 400, 'the virtual host\'s');
    is(ask('third.example', 'POST', '/api/auth/login/', json => $long)
        ->{status}, 413, 'the server\'s again');
};

subtest 'below a mount that a host inherits every refusal is JSON' => sub {
    for my $host (qw(first.example second.example third.example)) {
        for my $row (['GET', '/api/auth/login%2F', 404],
            ['GET', '/api/auth/%zz', 400], ['TRACE', '/api/auth/login/', 405],
            ['GET', '/api/auth/%00', 404], ['POST', '/api/auth/%2e%2F', 404],
            ['GET', '/accounts/none/', 404]) {
            my ($method, $path, $status) = @$row;
            my $r = ask($host, $method, $path);
            is($r->{status}, $status, "$host: $method $path");
            is($r->{headers}{'content-type'}, 'application/json',
                'in JSON') or diag($r->{body});
        }
        my $r = ask($host, 'GET', '/api/auth/login/',
            headers => [['X-Long', 'x' x 9000]]);
        is($r->{status}, 400, "$host: a long header");
        is($r->{headers}{'content-type'}, 'application/json', 'in JSON')
            or diag($r->{body});
    }
};

subtest 'forged names on every host' => sub {
    for my $host (qw(first.example second.example third.example x.y)) {
        next if $host eq 'third.example';   # proxies nothing that is open
        my $r = ask($host, 'GET', '/open/app/x',
            headers => [['X-Acct-User', 'root'], ['x_acct_id', '1']]);
        is($r->{status}, 200, $host);
        unlike($r->{body}, qr/acct/i, 'nothing passes');
    }
    is(ask('second.example', 'TRACE', '/open.txt')->{status}, 405, 'TRACE');
    my $r = $s->get('http://second.example/private/a.txt', token => $carol,
        headers => [['Host', 'first.example']]);
    is($r->{status}, 200, 'an absolute URI names the host');
};

subtest 'one database away' => sub {
    $s->stop;
    $s->run;
    $second->lose_database(folder => 1);
    is(ask('second.example', 'GET', '/private/a.txt', token => $carol)
        ->{status}, 503, 'its host cannot know');
    is(ask('first.example', 'GET', '/private/a.txt', token => $main,
        scheme => 'Bearer')->{status}, 200, 'the other can');
    is(ask('second.example', 'GET', '/open.txt')->{status}, 200,
        'and what is open is served');
    $second->find_database;
    $s->wait_for(sub { ask('second.example', 'GET', '/private/a.txt',
        token => $carol)->{status} == 200 }, 5);
    is(ask('second.example', 'GET', '/private/a.txt', token => $carol)
        ->{status}, 200, 'recovers');
};

# ------------------------------------------ accounts in one host alone

subtest 'a server without accounts, a host with them' => sub {
    my $w = AcctTest->start(database => 0, modules => ['proxy_http'],
        conf => sub {
            my ($self) = @_;
            my ($db, $key) = ($second->db, $second->key);
            return <<"CONF";
AcctAuthDialectDir "\${TREE}/conf/dialects"
AcctAuthPasswordHash argon2id m=8 t=1 p=1
<VirtualHost *:$self->{port}>
    ServerName none.example
    DocumentRoot "$self->{dir}/htdocs"
    ProxyPass "/app/" "$url/"
</VirtualHost>
<VirtualHost *:$self->{port}>
    ServerName with.example
    DocumentRoot "$self->{dir}/htdocs"
    AcctAuthDatabase $second->{driver} "$db"
    AcctAuthKeyFile "$key"
    ProxyPass "/app/" "$url/"
    <Location "/api/auth/">
        AcctAuthAPI auth-register
    </Location>
    <Location "/private/">
        AcctAuthProtect On
    </Location>
</VirtualHost>
CONF
        });
    $w->write('htdocs/private/a.txt', "SECRET\n");
    my $get = sub { my ($host, $path, %o) = @_;
        my $h = delete $o{headers} || [];
        return $w->get($path, headers => [['Host', $host], @$h], %o) };
    is($get->('with.example', '/private/a.txt', token => $carol)->{status},
        200, 'with accounts');
    is($get->('with.example', '/private/a.txt')->{status}, 401, 'guarded');
    is($get->('none.example', '/private/a.txt')->{status}, 200,
        'without: not touched');
    my @forged = (headers => [['X-Acct-User', 'root']]);
    unlike($get->('with.example', '/app/x', @forged)->{body}, qr/root/,
        'with accounts: scrubbed');
    like($get->('none.example', '/app/x', @forged)->{body}, qr/root/,
        'without: not touched');
    for my $text ("<Location \"/z/\">\nAcctAuthProtect On\n</Location>",
        "<Location \"/z/\">\nAcctAuthAPI auth-register\n</Location>",
        "<Location \"/z/\">\nAuthType Token\nAuthName x\n"
        . "Require valid-user\n</Location>") {
        my ($ok, $said) = $w->configtest($text);
        ok(!$ok, 'without a database nothing can be guarded');
        like($said, qr/AcctAuthDatabase/, 'and it says so');
    }
};

done_testing();
