#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, what is answered is the dialect's
#
# The general part: what holds for every route of the five APIs where its
# own document is silent. Each case is a row, run against each route it
# applies to (t/lib/FiveAPIs.pm lists them).

use strict;
use warnings;
use utf8;
use lib 't/lib';
use AcctTest;
use FiveAPIs;
use JSON::PP ();
use Test::More;

my $conf = <<'CONF';
<Location "/realm/">
    AcctAuthAPI account-register auth-signin
    AuthName "Members \"only\""
</Location>
<Location "/realm3/">
    AcctAuthAPI users-v1
    AuthName "Members \"only\""
</Location>
CONF

my $s = AcctTest->start(hash => 'argon2id m=8 t=1 p=1', conf => $conf);
my $ann = $s->account(username => 'ann', email => 'ann@example.org',
                      first_name => 'Ann', password => 'ann-secret');

my @all = routes($ann);
my @forms = form_routes($ann);
my @plain = grep { $_->{plain} } @forms;
my @tokens = token_routes($ann);
my $J = JSON::PP->new->canonical->allow_nonref;
my $n = 0;

# A token of ann's that outlives sign-outs of others: policy many.
sub token
{
    return $s->post('/api/auth/login/', { username => 'ann',
                    password => 'ann-secret' })->{json}{token};
}

sub good { my ($route) = @_; return $route->{data}->(++$n) }

# send_to(ROUTE, %opt): its method, and a good token where it needs one.
sub send_to
{
    my ($route, %opt) = @_;
    my $path = delete $opt{path} || $route->{path};
    my $method = delete $opt{method} || $route->{method};
    $opt{token} = token() if $route->{token} && !exists $opt{token}
        && !$opt{headers};
    return $s->request($method, $path, %opt);
}

sub body_to
{
    my ($route, $body, $type) = @_;
    return send_to($route, body => $body,
                   type => defined $type ? $type : 'application/json');
}

# parse_error_is(R, NAME): 400, and only {"detail":"JSON parse error - ..."}.
sub parse_error_is
{
    my ($r, $name) = @_;
    my $got = join ' ', $r->{status}, "@{$r->{order}}",
        $r->{json} && !ref $r->{json}{detail}
            && defined $r->{json}{detail}
            && $r->{json}{detail} =~ /\AJSON parse error - ./
            ? 'well said' : $r->{body};
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is $got, '400 detail well said', $name;
}

sub accounts_now { return ($s->sql('SELECT count(*) FROM account'))[0][0] }

# ------------------------------------------------------------ good answers

subtest 'each route answers its good request with the common headers'
    => sub {
    for my $route (@all) {
        my @body = $route->{fields} ? (json => good($route)) : ();
        my $r = send_to($route, @body);
        is $r->{status}, $route->{ok}
            || ($route->{path} =~ m{^/api/auth/logout} ? 204 : 200),
            $route->{name};
        headers_are_right $r, $route, '  its headers';
    }
};

subtest 'the path is served with and without the final slash' => sub {
    for my $route (@all) {
        (my $path = $route->{path}) =~ s{/\z}{};
        my @body = $route->{fields} ? (json => good($route)) : ();
        my $r = send_to($route, path => $path, @body);
        like $r->{status}, qr/\A20[014]\z/, "$route->{method} $path";
        headers_are_right $r, $route, '  its headers';
    }
};

subtest 'percent-encoding does not hide a route' => sub {
    (my $path = '/account/login/') =~ s/login/%6Cog%69n/;
    is $s->post($path, { username => 'ann', password => 'ann-secret'
                       })->{status}, 200, $path;
};

subtest 'query strings are ignored' => sub {
    for my $route (@all) {
        my @body = $route->{fields} ? (json => good($route)) : ();
        my $r = send_to($route, @body, path => $route->{path}
            . '?username=x&password=y&email=z&is_staff=1&format=html&');
        like $r->{status}, qr/\A20[014]\z/, $route->{name};
    }
    for my $route (@forms) {
        my $query = join '&', map { "$_=ann" } @{ $route->{fields} };
        my $without = send_to($route, json => {});
        my $r = send_to($route, json => {}, path => "$route->{path}?$query");
        is $r->{body}, $without->{body},
            "$route->{name}: fields are not read from one";
    }
    my $token = token();
    for my $route (@tokens) {
        for my $name (qw(token auth_token access_token Authorization key)) {
            my $r = send_to($route, token => undef,
                            path => "$route->{path}?$name=$token");
            answer_is $r, 401, $route->{denied}->($NOT_PROVIDED),
                "$route->{name}: no token is read from ?$name=";
        }
    }
};

# ------------------------------------------------------- methods and paths

subtest 'a wrong method is a 405 that names it' => sub {
    my $token = token();
    for my $route (@all) {
        my @wrong = grep { $_ ne $route->{method} }
            qw(GET POST PUT PATCH DELETE BREW post);
        for my $method (@wrong) {
            next if $method eq 'BREW' && $route->{path} !~ /log/;
            my @token = $route->{token} ? (token => $token) : ();
            my $r = send_to($route, method => $method, @token);
            answer_is $r, 405, detail("Method \"$method\" not allowed."),
                "$method $route->{path}";
            headers_are_right $r, $route, '  its headers';
        }
    }
};

subtest 'where a token is needed, a missing one is told before the method'
    => sub {
    for my $route (@tokens) {
        my $method = $route->{method} eq 'GET' ? 'POST' : 'GET';
        my $r = send_to($route, method => $method, token => undef);
        answer_is $r, 401, $route->{denied}->($NOT_PROVIDED),
            "$method $route->{path}";
        headers_are_right $r, $route, '  its headers';
        $r = send_to($route, method => $method, token => 'f' x 40);
        answer_is $r, 401, $route->{invalid},
            "$method $route->{path} with a bad one";
    }
};

subtest 'HEAD is GET without the body where there is a GET, else 405' => sub {
    for my $route (@all) {
        my $r = send_to($route, method => 'HEAD');
        my $want = $route->{method} eq 'GET' ? 200 : 405;
        is "$r->{status} $r->{body}", "$want ", "HEAD $route->{path}";
        is set_of($r->{headers}{allow}), allow_is($route), '  its Allow';
        next if !$route->{token};
        $r = send_to($route, method => 'HEAD', token => undef);
        is "$r->{status} $r->{body}", '401 ', '  without a token';
    }
    my ($me) = grep { $_->{method} eq 'GET' } @tokens;
    my $token = token();
    my ($get, $head) = map { send_to($me, method => $_, token => $token) }
        'GET', 'HEAD';
    for my $name (qw(content-type content-length cache-control vary allow
                     x-content-type-options)) {
        is $head->{headers}{$name}, $get->{headers}{$name},
            "HEAD has the same $name";
    }
    my $bytes = $s->raw("HEAD $me->{path} HTTP/1.1\r\nHost: x\r\n"
        . "Connection: close\r\nAuthorization: Token $token\r\n\r\n");
    like $bytes, qr/\r\n\r\n\z/, 'no byte of a body is on the wire';
};

subtest 'OPTIONS is 200, Allow and nothing else' => sub {
    for my $route (@all) {
        my $r = send_to($route, method => 'OPTIONS');
        answer_is $r, 200, '', "OPTIONS $route->{path}";
        headers_are_right $r, $route, '  its headers';
    }
    for my $route (@forms) {
        my $r = send_to($route, method => 'OPTIONS', json => good($route));
        answer_is $r, 200, '', "OPTIONS $route->{path} with a body";
    }
};

subtest 'TRACE does not give a token back' => sub {
    my $token = token();
    my $r = $s->request('TRACE', '/account/login/', token => $token);
    isnt $r->{status}, 200, 'not 200';
    unlike $r->{body}, qr/$token/, 'not the token';
};

subtest 'a path that is not there is a JSON 404 under every mount' => sub {
    my @paths = map { my $mount = $_; map { $mount . $_ }
                      '', 'nope', 'nope/', 'no/pe/', 'a%22b', 'SIGNIN/',
                      'LOGIN/', 'signin/x/', 'login/x', 'login.json',
                      'signin;x' }
        '/accounts/', '/auth/', '/account/', '/api/auth/';
    push @paths, map { "/api/v1/users/$_" } '', "$ann/nope/",
        "$ann/logout/x/", 'login/x/', 'signup/x/', 'a/b/c/';
    for my $path (@paths) {
        for my $method (qw(GET POST DELETE)) {
            my $r = $s->request($method, $path);
            answer_is $r, 404, detail('Not found.'), "$method $path";
        }
        headers_are_right $s->request('GET', $path), undef, '  its headers';
    }
    my $r = $s->request('POST', '/api/auth/nope/', json => { a => 1 });
    answer_is $r, 404, detail('Not found.'), 'with a body';
    $r = $s->request('HEAD', '/api/auth/nope/');
    is "$r->{status} $r->{body}", '404 ', 'HEAD';
};

subtest 'beside a mount the module says nothing' => sub {
    for my $path ('/accountsx/signin/', '/xaccounts/', '/index.html') {
        my $r = $s->get($path);
        unlike $r->{headers}{'content-type'} || '', qr/json/, $path;
    }
};

# --------------------------------------------------------------- challenge

subtest 'every 401 carries a challenge, with the realm of AuthName' => sub {
    my @table = (
        [ POST => '/realm/logout/', {}, detail($NOT_PROVIDED) ],
        [ POST => '/realm/logout/', { token => 'x' }, detail($BAD_TOKEN) ],
        [ GET => '/realm/logout/', {}, detail($NOT_PROVIDED) ],
        [ POST => '/realm/signin/', { json => { email => 'ann@example.org',
                                         password => 'no' } },
          '{"detail":"Login failed: Wrong credentials"}' ],
        [ POST => '/realm/signout/', {}, detail($NOT_PROVIDED) ],
        [ GET => "/realm3/$ann/", {}, detail($NOT_PROVIDED) ],
        [ POST => "/realm3/$ann/logout/", { token => 'x' },
          '{"message":"Invalid Token"}' ],
    );
    for my $row (@table) {
        my ($method, $path, $opt, $body) = @$row;
        my $r = $s->request($method, $path, %$opt);
        answer_is $r, 401, $body, "$method $path";
        is $r->{headers}{'www-authenticate'},
            'Token realm="Members \"only\""', '  its challenge';
        my @lines = grep { lc $_->[0] eq 'www-authenticate' }
            @{ $r->{raw_headers} };
        is scalar @lines, 1, '  once';
    }
    is $s->post('/account/logout/')->{headers}{'www-authenticate'}, 'Token',
        'without AuthName there is no realm';
    is $s->post('/realm/login/', {})->{headers}{'www-authenticate'}, undef,
        'and no challenge where the answer is no 401';
};

# ------------------------------------------------------------------ fields

# Routes whose problems are told in the general form, field by field.
for my $route (@plain) {
    subtest "fields of $route->{name}" => sub { fields_of($route) };
}

sub fields_of
{
    my ($route) = @_;
    my @required = @{ $route->{required} };
    my $before = accounts_now();
    answer_is send_to($route, json => {}), 400, required(@required),
        'all that are missing are reported together';
    answer_is send_to($route), 400, required(@required),
        'no body is an empty object';
    answer_is body_to($route, ''), 400, required(@required),
        'an empty JSON body too';
    answer_is body_to($route, '', 'application/x-www-form-urlencoded'), 400,
        required(@required), 'and an empty form';
    answer_is send_to($route, json => { map { $_ => undef } @required }),
        400, compact(map { $_ => [$NOT_NULL] } @required),
        'all that are null';
    answer_is send_to($route, json => { map { $_ => '' } @required }),
        400, compact(map { $_ => [$NOT_BLANK] } @required),
        'all that are blank';
    for my $field (@{ $route->{fields} }) {
        my $needed = grep { $_ eq $field } @required;
        if ($needed) {
            my %f = %{ good($route) };
            delete $f{$field};
            if ($field eq 'username' || $field eq 'email') {
                # An alias may stand in for it; here it does not.
                delete $f{email} if $route->{op} eq 'login';
            }
            answer_is send_to($route, json => \%f), 400, required($field),
                "$field missing";
        }
        my @wrong = ([ JSON::PP::true, 'true' ], [ JSON::PP::false, 'false' ],
                     [ ['x'], 'a list' ], [ [], 'an empty list' ],
                     [ { a => 1 }, 'an object' ], [ {}, 'an empty one' ]);
        for my $row (@wrong) {
            answer_is send_to($route, json => { %{ good($route) },
                                                $field => $row->[0] }),
                400, compact($field => [$NOT_STRING]),
                "$field is $row->[1]";
        }
        answer_is send_to($route, json => { %{ good($route) },
                                            nul($route, $field) }),
            400, compact(map { $_ => [$NO_NUL] } nulled($route, $field)),
            "$field holds a NUL";
        next if $field =~ /password/ || !$needed;
        answer_is send_to($route, json => { %{ good($route) },
                                            $field => '  ' }),
            400, compact($field => [$NOT_BLANK]), "$field is blanks";
    }
    is accounts_now(), $before, 'none of them left an account';
}

# The two passwords of a registration are spoilt together, so that they do
# not differ.
sub nulled
{
    my ($route, $field) = @_;
    my @pair = grep { /password/ } @{ $route->{fields} };
    return $field =~ /password/ ? @pair : ($field);
}

sub nul
{
    my ($route, $field) = @_;
    return map { $_ => "a\0b" } nulled($route, $field);
}

subtest 'the same values are a 400 (or the printed 401) everywhere' => sub {
    my @values = (JSON::PP::true, [], {}, ['x'], "a\0b", undef, '');
    for my $route (grep { !$_->{plain} } @forms) {
        for my $field (@{ $route->{required} }) {
            for my $value (@values) {
                my $r = send_to($route, json => { %{ good($route) },
                                                  $field => $value });
                my $want = $route->{op} eq 'register' && $field eq 'email'
                    ? 401 : 400;
                is $r->{status}, $want, "$route->{name}: $field is "
                    . $J->encode($value);
                headers_are_right $r, $route, '  its headers';
            }
        }
    }
};

subtest 'a number is taken as its text' => sub {
    my $r = $s->post('/api/auth/register/', { username => 12345,
                                              password => 67890 });
    is $r->{status}, 200, 'an integer';
    is $r->{json}{user}{username}, '12345', '  as a username';
    is $s->post('/api/auth/login/', { username => '12345',
        password => '67890' })->{status}, 200, '  and as a password';
    is $s->post('/accounts/signin/', { username => 12345,
        password => 67890 })->{status}, 200, 'at sign-in';
    $r = body_to((grep { $_->{path} eq '/api/auth/register/' } @all)[0],
                 '{"username":-7.25,"password":"x"}');
    is $r->{json}{user}{username}, '-7.25', 'a fraction';
};

subtest 'numbers out of range are no server error' => sub {
    my ($route) = grep { $_->{path} eq '/api/auth/register/' } @all;
    for my $number ('1e999', '-1e999', '9' x 20, '9' x 400, '1e-999', '-0',
                    '1.0', '1E5', '9' x 4000, '01', '+1', '.5', '1.',
                    '0x10', 'NaN', 'Infinity', '-') {
        my $shown = shown($number);
        my $r = body_to($route, "{\"username\":$number,\"password\":\"\"}");
        is $r->{status}, 400, $shown;
        parse_error_is $r, '  a parse error'
            if $number =~ /\A(?:01|\+1|\.5|1\.|0x10|NaN|Infinity|-)\z/;
    }
};

subtest 'lengths are counted in characters' => sub {
    my ($two) = grep { $_->{path} eq '/account/register/' } @all;
    my ($one) = grep { $_->{path} eq '/auth/signup/' } @all;
    my $long = sub { ["Ensure this field has no more than $_[0] characters."]
    };
    my $host = join '.', ('h' x 63) x 2, 'h' x 54, 'org';
    my @table = (
        [ $two, username => 'u' x 150, undef ],
        [ $two, username => 'u' x 151, 150 ],
        [ $two, username => 'ж' x 150, undef ],
        [ $two, username => 'ж' x 151, 150 ],
        [ $two, username => "\x{20000}" x 150, undef ],
        [ $two, username => ' ' . 'v' x 150 . ' ', undef ],
        [ $one, first_name => 'ж' x 150, undef ],
        [ $one, first_name => 'ж' x 151, 150 ],
        [ $one, last_name => 'n' x 150, undef ],
        [ $one, last_name => 'n' x 151, 150 ],
    );
    for my $row (@table) {
        my ($route, $field, $value, $limit) = @$row;
        my $r = send_to($route, json => { %{ good($route) },
                                          $field => $value });
        my $name = "$route->{path}: $field of " . length($value)
            . ' characters';
        if ($limit) {
            answer_is $r, 400, compact($field => $long->($limit)), $name;
        }
        else {
            is $r->{status}, 200, $name;
        }
    }
    my $fits = 'l' x (253 - length $host) . "\@$host";
    is length $fits, 254, 'an address of 254 characters';
    for my $route ($two, $one) {
        is send_to($route, json => { %{ good($route) },
            email => $route == $one ? "x" . substr($fits, 1) : $fits
            })->{status}, 200, "  is taken by $route->{path}";
        answer_is send_to($route, json => { %{ good($route) },
                                            email => "m$fits" }), 400,
            compact(email => $long->(254)), '  and 255 are not';
    }
};

subtest 'the grammar of an address is Django\'s' => sub {
    my @good = ('a@localhost', 'o\'brien+tag@x.io', 'a@[127.0.0.1]',
        'a@[::1]', 'a@bücher.example', 'b@xn--bcher-kva.example',
        'a.b.c@d.e.fg', '!#$%&\'*+/=?^_`{}|~-@x.io', '"quoted"@x.io',
        '"a\\ b"@x.io', 'a@1.2.io', 'a@b-c.io', 'a@' . 'l' x 63 . '.io',
        'a@x.xn--p1ai', 'A@B.IO', 'a@127.0.0.1.io');
    my @bad = ('a', 'a@', '@b.io', 'a@b', 'a@b.c', '.a@b.io', 'a.@b.io',
        'a..b@b.io', 'a@b..io', 'a@.b.io', 'a@b.io.', 'a@-b.io', 'a@b-.io',
        'a@' . 'l' x 64 . '.io', 'Name <a@b.io>', '<a@b.io>', 'ä@b.io',
        'mıke@example.org', 'a b@b.io', 'a@b .io', 'a@b_c.io', 'a@b@c.io',
        'a@[127.0.0.256]', 'a@[127.0.0.1', 'a@127.0.0.1', 'a@b.io,c@d.io',
        "a\tb\@b.io", "a\n\@b.io", "a\@b.io\nBcc: x\@y.io", '"a@b.io',
        '"a b"@x.io',
        'a@b.i-', 'a@b.-io', 'a\\@b.io', 'mailto:a@b.io', '(c)a@b.io');
    for my $email (@good) {
        my $r = $s->post('/api/auth/register/', { username => 'g' . ++$n,
            password => 'p', email => $email });
        is $r->{status}, 200, "$email passes";
    }
    for my $email (@bad) {
        answer_is $s->post('/api/auth/register/', { username => 'g' . ++$n,
            password => 'p', email => $email }), 400,
            compact(email => [$BAD_EMAIL]), shown($email) . ' does not';
    }
    for my $route (register_routes($ann)) {
        my $r = send_to($route, json => { %{ good($route) },
                                          email => 'a@b' });
        is $r->{status}, $route->{plain} ? 400 : 401,
            "$route->{path} checks it too";
        is $r->{body}, compact(email => [$BAD_EMAIL]), '  and says it'
            if $route->{plain};
    }
};

subtest 'the grammar of a username is Django\'s' => sub {
    my @bad = ('a b', 'a/b', 'a:b', 'a,b', 'a;b', 'a"b', 'a\'b', 'a\\b',
        '<a>', 'a%b', 'a$b', 'a&b', 'a=b', 'a*b', 'a(b', 'a#b', 'a!b', 'a?b',
        'a~b', 'a`b', 'a|b', 'a{b', "a\tb", "a\nb", "a\x{7f}b", "a\x{a0}b",
        "a\x{200d}b", "a\x{202e}b", "a\x{1f600}b", 'a–b', "a\x{feff}b");
    my @good = ('a@b', 'a.b', 'a+b', 'a-b', 'a_b', '1', '用户', 'Ünïcödé',
        'пользователь', '٣٤', '.', '@', '-', '_');
    for my $name (@bad) {
        my $shown = shown($name);
        for my $route (grep { $_->{op} eq 'register'
                              && grep { $_ eq 'username' } @{ $_->{fields} }
                            } @all) {
            answer_is send_to($route, json => { %{ good($route) },
                                                username => $name }),
                400, compact(username => [$BAD_USERNAME]),
                "$shown is none at $route->{path}";
        }
    }
    for my $name (@good) {
        my $r = $s->post('/api/auth/register/', { username => $name,
                                                  password => 'p' });
        is $r->{status}, 200, "$name is one";
        like $r->{body}, qr/"username":"[^\\]*"/, '  not escaped';
    }
};

# ------------------------------------------------------------------ bodies

subtest 'a body that is JSON but no object' => sub {
    my @table = (
        [ '[]', 'list' ], [ '[{"username":"a"}]', 'list' ],
        [ '"text"', 'str' ], [ '""', 'str' ], [ '1', 'int' ],
        [ '-0', 'int' ], [ '1.5', 'float' ], [ '1e3', 'float' ],
        [ 'true', 'bool' ], [ 'false', 'bool' ], [ ' [ ] ', 'list' ],
    );
    for my $route (@forms) {
        # One API has an envelope for them.
        my $answer = sub { $route->{path} =~ m{^/accounts/}
            ? '{"success":false,"code":400,"data":{},"message":"ValueError",'
                . qq("errors":"$_[0]"})
            : compact(non_field_errors => [$_[0]]) };
        for my $row (@table) {
            my ($body, $type) = @$row;
            answer_is body_to($route, $body), 400, $answer->('Invalid data. '
                . "Expected a dictionary, but got $type."),
                "$route->{name}: $body";
        }
        my $r = body_to($route, 'null');
        answer_is $r, 400, $answer->('No data provided'),
            "$route->{name}: null";
        headers_are_right $r, $route, '  its headers';
    }
};

my $deep = sub { '{"x":' . '[' x ($_[0] - 1) . ']' x ($_[0] - 1) . '}' };
my $wide = sub { '{' . join(',', map { "\"m$_\":1" } 1 .. $_[0]) . '}' };

subtest 'what is no JSON is a parse error' => sub {
    my @table = (
        [ '{', 'an open brace' ], [ '{"a":1', 'cut off' ], [ '}', 'closed' ],
        [ '{"a":}', 'no value' ], [ '{"a":1,}', 'a last comma' ],
        [ "{'a':1}", 'single quotes' ], [ '{a:1}', 'no quotes' ],
        [ '{"a":1} x', 'something after it' ], [ '{}{}', 'two of them' ],
        [ '{} null', 'and a null' ], [ '{"a":01}', 'a leading zero' ],
        [ '{"a":NaN}', 'NaN' ], [ '// c' . "\n{}", 'a comment' ],
        [ '{"a":"' . "\n" . '"}', 'a bare line feed' ],
        [ '{"a":"\x41"}', 'an unknown escape' ],
        [ '   ', 'blanks alone' ], [ 'username=ann', 'a form' ],
        [ "{\"a\":\"\0\"}", 'a bare NUL' ], [ "{}\0", 'a NUL after it' ],
        [ "\0", 'a NUL' ], [ '{"a":"\u12"}', 'half an escape' ],
        [ '{"a":"\ud800"}', 'a lone surrogate' ],
        [ '{"a":"\udc00"}', 'a lone low surrogate' ],
        [ '{"a":"\ud800\ud800"}', 'two high ones' ],
        [ "\xef\xbb\xbf{}", 'a byte order mark' ],
        [ "{\"a\":\"\xff\"}", 'bad UTF-8' ],
        [ "{\"a\":\"\xc0\xaf\"}", 'an overlong form' ],
        [ "{\"a\":\"\xed\xa0\x80\"}", 'a surrogate in UTF-8' ],
        [ "{\"a\":\"\xf8\x88\x80\x80\x80\"}", 'five bytes' ],
        [ "{\"a\":\"\xf4\x90\x80\x80\"}", 'beyond U+10FFFF' ],
        [ "{\"a\":\"\xe2\x82\"}", 'UTF-8 cut off' ],
        [ "\xff\xfe{\0}\0", 'UTF-16' ],
        [ "{\xc2\xa0\"a\":1}", 'a no-break space' ],
        [ '{"username":"a","username":"b"}', 'a member twice' ],
        [ '{"username":"a","username":"a"}', 'twice the same' ],
        [ '{"x":1,"x":null}', 'an unknown member twice' ],
        [ '{"x":{"a":1,"a":2}}', 'twice inside another' ],
        [ '{"x":[{"a":1,"a":2}]}', 'twice inside a list' ],
        [ '{"username":"a","user\u006eame":"b"}', 'twice by an escape' ],
        [ $deep->(33), '33 levels' ], [ $deep->(4000), '4000 levels' ],
        [ '[' x 33 . ']' x 33, 'a list of 33 levels' ],
        [ '{"x":' x 40 . '1' . '}' x 40, 'objects of 40 levels' ],
        [ '[' x 10000, 'open brackets' ],
        [ $wide->(65), '65 members' ], [ $wide->(1000), '1000 members' ],
        [ '{"x":' . $wide->(65) . '}', '65 members inside another' ],
    );
    my $before = accounts_now();
    for my $row (@table) {
        my ($body, $name) = @$row;
        for my $route (@forms) {
            # Each case at two routes, a few at all of them.
            next if $route->{path} !~ m{/account/register/|/auth/signin/}
                && $name !~ /open brace|mark|twice$|33 levels|65|bad UTF/;
            my $r = body_to($route, $body);
            parse_error_is $r, "$route->{name}: $name";
            headers_are_right $r, $route, '  its headers';
        }
    }
    is accounts_now(), $before, 'none of them left an account';
    is send_to($forms[0], json => good($forms[0]))->{status}, 200,
        'and the server is well';
};

subtest 'the limits themselves are not over them' => sub {
    for my $route (@plain) {
        my $want = required(@{ $route->{required} });
        answer_is body_to($route, $deep->(32)), 400, $want,
            "$route->{name}: 32 levels";
        answer_is body_to($route, $wide->(64)), 400, $want,
            '  64 members';
        answer_is body_to($route, '{"x":' . $wide->(64) . '}'), 400, $want,
            '  64 members inside another';
        answer_is body_to($route, " \t\r\n{ } \n"), 400, $want,
            '  white space around';
        answer_is body_to($route, '{"x":"\ud83d\ude00\u0000"}'), 400, $want,
            '  a surrogate pair, and a NUL in an unknown member';
    }
};

subtest 'numbers are of any size, as RFC 8259 has them' => sub {
    for my $route (@plain) {
        my $want = required(@{ $route->{required} });
        answer_is body_to($route, "{\"x\":$_,\"y\":[$_,{\"z\":$_}]}"), 400,
            $want, "$route->{name}: $_ in a member that nobody reads"
            for qw(18446744073709551616 9223372036854775808 1e400 -1E400);
    }
    my $name = '491711234567890123456';
    my $r = $s->post('/api/auth/register/', undef, type => 'application/json',
        body => qq({"username":$name,"password":1e400}));
    is $r->{status}, 200, 'a name and a password may be such a number';
    is $r->{json}{user}{username}, $name, 'which is taken as its text';
    is $s->post('/api/auth/login/',
        { username => $name, password => '1e400' })->{status}, 200,
        'and is the same in quotes';
};

subtest 'a body of 16 KiB is read, a byte more is a 413' => sub {
    my $token = token();
    for my $route (@all) {
        my $pad = sub { my ($size) = @_;
            my $head = '{"pad":"';
            return $head . 'x' x ($size - length($head) - 2) . '"}' };
        my $fits = body_to($route, $pad->(16384));
        isnt $fits->{status}, 413, "$route->{name}: 16384 bytes";
        my $r = body_to($route, $pad->(16385));
        answer_is $r, 413, detail('Request body is too large.'),
            '  16385 bytes';
        headers_are_right $r, $route, '  its headers';
        $r = send_to($route, chunked => [$pad->(8000), $pad->(8385)]);
        answer_is $r, 413, detail('Request body is too large.'),
            '  16385 bytes in chunks';
    }
};

subtest 'a body at a route without fields is not looked at' => sub {
    my @bodies = (
        [ 'not json', 'application/json' ], [ '[]', 'application/json' ],
        [ '<a/>', 'text/xml' ], [ "\xff\0", 'application/octet-stream' ],
        [ '{"a":1,"a":2}', 'application/json' ], [ 'x', undef ],
    );
    for my $route (@tokens) {
        for my $row (@bodies) {
            my ($body, $type) = @$row;
            my $r = send_to($route, body => $body, type => $type,
                            ($type || '') eq 'text/xml'
                                ? (token => token(), headers =>
                                   [['Content-Encoding', 'gzip']]) : ());
            like $r->{status}, qr/\A20[04]\z/, "$route->{name}: "
                . ($type || 'no type');
        }
    }
};

# -------------------------------------------------------------- media types

subtest 'JSON with any parameters is accepted' => sub {
    for my $type ('application/json', 'Application/JSON',
                  'application/json;charset=utf-8',
                  'application/json; charset=UTF-8',
                  'application/json ; charset="utf-8"',
                  'application/json;charset=utf-16',
                  'application/json; v=1; x=y', 'application/json;') {
        for my $route (@forms) {
            next if $type =~ /v=|;\z/ && $route != $forms[0];
            is body_to($route, $J->encode(good($route)), $type)->{status},
                $route->{ok}, "$route->{name}: $type";
        }
    }
};

subtest 'any other media type is a 415 that names it' => sub {
    my @types = ('text/plain', 'application/xml', 'text/json',
                 'application/jsonx', 'application/vnd.api+json',
                 'application/octet-stream', 'json', '*/*', 'application/*');
    my $before = accounts_now();
    for my $route (@forms) {
        for my $type (@types) {
            my $r = body_to($route, $J->encode(good($route)), $type);
            answer_is $r, 415,
                detail("Unsupported media type \"$type\" in request."),
                "$route->{name}: $type";
            headers_are_right $r, $route, '  its headers';
        }
        my $r = body_to($route, "--b\r\nContent-Disposition: form-data; "
            . "name=\"username\"\r\n\r\nann\r\n--b--\r\n",
            'multipart/form-data; boundary=b');
        is $r->{status}, 415, "$route->{name}: multipart";
        like $r->{json}{detail},
            qr{\AUnsupported media type "multipart/form-data.*" in request\.\z},
            '  and says so';
        $r = $s->request('POST', $route->{path},
                         body => $J->encode(good($route)));
        is $r->{status}, 415, "$route->{name}: no Content-Type";
        like $r->{json}{detail},
            qr/\AUnsupported media type ".*" in request\.\z/,
            '  and says so';
    }
    my $r = body_to($forms[0], '{}', 'text/pl"a\in');
    is $r->{status}, 415, 'a type with a quote in it';
    is $r->{json}{detail},
        'Unsupported media type "text/pl"a\in" in request.',
        '  is valid JSON';
    is accounts_now(), $before, 'none of them left an account';
};

subtest 'a body with a content encoding is a 415 that names it' => sub {
    for my $route (@forms) {
        for my $coding (qw(gzip deflate br x-gzip)) {
            next if $coding ne 'gzip' && $route != $forms[0];
            my $r = $s->request('POST', $route->{path},
                json => good($route),
                headers => [['Content-Encoding', $coding]]);
            answer_is $r, 415, detail('Unsupported content encoding '
                . "\"$coding\" in request."), "$route->{name}: $coding";
            headers_are_right $r, $route, '  its headers';
        }
    }
};

subtest 'any Accept is as none' => sub {
    my @accept = ('text/html', 'text/html,application/xhtml+xml;q=0.9',
        'application/xml', 'application/json', '*/*;q=0', 'image/*',
        'application/json;q=0', 'rubbish', '', ';;;', 'text/plain');
    for my $route (@all) {
        my @opt = $route->{fields} ? (json => {}) : (token => undef);
        my $want = send_to($route, @opt);
        for my $accept (@accept) {
            my $r = send_to($route, @opt, headers => [['Accept', $accept],
                ['Accept-Language', 'de'], ['Accept-Charset', 'utf-7'],
                ['Accept-Encoding', 'identity;q=0']]);
            is "$r->{status} " . ($r->{headers}{'content-type'} || '')
                . " $r->{body}",
                "$want->{status} " . ($want->{headers}{'content-type'} || '')
                . " $want->{body}",
                "$route->{name}: Accept: $accept";
        }
    }
};

subtest 'conditional and range headers change nothing' => sub {
    my ($me) = grep { $_->{method} eq 'GET' } @tokens;
    my $token = token();
    my $r = send_to($me, headers => [['Authorization', "Token $token"],
        ['Range', 'bytes=0-3'], ['If-None-Match', '*'],
        ['If-Modified-Since', 'Sat, 21 Nov 2099 00:00:00 GMT']]);
    is $r->{status}, 200, '200, not 206 or 304';
    is $r->{json}{id}, $ann, 'with the whole body';
    is $r->{headers}{etag}, undef, 'no ETag';
    is $r->{headers}{'last-modified'}, undef, 'no Last-Modified';
};

# -------------------------------------------------------------------- forms

sub form
{
    my (%f) = @_;
    my $escape = sub { my ($text) = @_; utf8::encode($text);
        $text =~ s/([^A-Za-z0-9_.~ -])/sprintf '%%%02X', ord $1/ge;
        $text =~ tr/ /+/; return $text };
    return join '&', map { $escape->($_) . '=' . $escape->($f{$_}) }
        sort keys %f;
}

my $FORM = 'application/x-www-form-urlencoded';

subtest 'a form is read as JSON is' => sub {
    for my $route (@forms) {
        is body_to($route, form(%{ good($route) }), $FORM)->{status},
            $route->{ok}, $route->{name};
        is body_to($route, form(%{ good($route) }),
                   "$FORM; charset=UTF-8")->{status},
            $route->{ok}, '  with a parameter';
        my $empty = send_to($route, json => {});
        my $r = body_to($route, 'unknown=1', $FORM);
        is "$r->{status} $r->{body}", "$empty->{status} $empty->{body}",
            '  missing fields';
        my %blank = map { $_ => '' } @{ $route->{required} };
        my $json = send_to($route, json => \%blank);
        for my $body (form(%blank), join '&', sort keys %blank) {
            $r = body_to($route, $body, $FORM);
            is "$r->{status} $r->{body}", "$json->{status} $json->{body}",
                '  blank fields';
        }
    }
    my $r = body_to((grep { $_->{path} eq '/api/auth/register/' } @all)[0],
        'username=%D0%B6%2B%40x&password=a+b%2B%26%3D%25', $FORM);
    is $r->{json}{user}{username}, 'ж+@x', 'percent and plus are decoded';
    is $s->post('/api/auth/login/', { username => 'ж+@x',
        password => 'a b+&=%' })->{status}, 200, '  in the password too';
};

subtest 'a bad form is a 400' => sub {
    my ($route) = grep { $_->{path} eq '/api/auth/register/' } @all;
    my @table = (
        [ 'username=a%00b&password=x', 'an encoded NUL',
          compact(username => [$NO_NUL]) ],
        [ 'username=%FF&password=x', 'bad UTF-8' ],
        [ "username=\xff&password=x", 'bare bad UTF-8' ],
        [ 'username=%C0%AF&password=x', 'an overlong form' ],
        [ 'username=a1&username=a2&password=x', 'a field twice' ],
        [ join('&', map { "m$_=1" } 1 .. 65), '65 fields' ],
    );
    my $before = accounts_now();
    for my $row (@table) {
        my ($body, $name, $want) = @$row;
        my $r = body_to($route, $body, $FORM);
        is $r->{status}, 400, $name;
        is $r->{body}, $want, '  and says what' if $want;
        headers_are_right $r, $route, '  its headers';
    }
    is accounts_now(), $before, 'none of them left an account';
    for my $body ('%', '%zz=1', '=', '&&&', 'username', 'username=%',
                  'username=%4', '=a&=b') {
        is body_to($route, $body, $FORM)->{status}, 400, $body;
    }
};

# ------------------------------------------------------------------- faults

subtest 'when the database cannot answer, it is 503 and never 401' => sub {
    my %last = map { $_->{path} => token() } @tokens;
    $s->sql('ALTER TABLE account RENAME TO account_away');
    my @answers;
    for my $route (@all) {
        my @body = $route->{fields} ? (json => good($route))
            : (token => $last{ $route->{path} });
        push @answers, [$route, send_to($route, @body)];
    }
    my $static = $s->get('/index.html');
    my $bad = $s->post('/account/login/', {});
    $s->sql('ALTER TABLE account_away RENAME TO account');
    for my $row (@answers) {
        my ($route, $r) = @$row;
        my $want = $route->{api} eq 'accounts'
            ? '{"detail":{"success":false,"code":500,"data":{},"message":'
              . '"Internal Server Error","errors":{"error":["errors"]}}}'
            : detail('Service temporarily unavailable.');
        answer_is $r, 503, $want, $route->{name};
        like $r->{headers}{'retry-after'}, qr/\A[1-9]\d*\z/,
            '  with Retry-After';
        headers_are_right $r, $route, '  its headers';
    }
    is $static->{status}, 200, 'a free file is served all the while';
    is $bad->{status}, 400, 'and an empty sign-in is told what is missing';
    for my $route (@all) {
        my @body = $route->{fields} ? (json => good($route))
            : (token => $last{ $route->{path} });
        like send_to($route, @body)->{status}, qr/\A20[014]\z/,
            "$route->{name} works again";
    }
};

unlike $s->log, qr/ann-secret/, 'no password is in the error log';

done_testing;
