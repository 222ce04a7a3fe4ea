#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, a body is read the same with any
#
# What a dialect of a site's own can say of a request's fields: where they
# stand, whether they may be absent or blank, under which name a problem is
# told, how much is told and what of it together, and that forms may come in
# parts.

use strict;
use warnings;
use utf8;
use lib 't/lib';
use AcctTest;
use Test::More;

my $s = AcctTest->start(api => 0, hash => 'argon2id m=8 t=1 p=1',
    conf => sub {
    my ($self) = @_;
    $self->write('common.txt', "12345\ntower bridge 2\n");
    my $dir = "$self->{dir}/dialects";
    mkdir $dir;
    symlink tree() . '/conf/dialects/base.json', "$dir/base.json";
    AcctTest::spew("$dir/nested.json", <<'JSON');
{ "extends": "base", "identifier": ["username", "email"],
  "token": { "policy": "many", "bytes": 32 },
  "routes": [
    { "path": "users", "method": "POST", "operation": "register",
      "stages": ["fields", "mismatch", "rules"],
      "fields": {
        "user.username": { "as": "username", "max": 10 },
        "user.email": { "as": "email", "required": false, "blank": false },
        "user.password1": { "as": "password", "max": 20,
          "report": { "mismatch": "password2",
                      "too_similar": "non_field_errors" } },
        "user.password2": { "as": "password_again", "aliases": ["again"] },
        "user.first": { "as": "first_name", "blank": true } },
      "responses": { "ok": { "status": 201, "body": {
        "user": { "name": "{account.username}", "email": "{account.email}",
                  "first": "{account.first_name}" } } } } },
    { "path": "users/login", "method": "POST", "operation": "login",
      "fields": {
        "user.password": { "as": "password",
                           "absent": "wrong_credentials" },
        "user.name": { "as": "identifier", "absent": "wrong_credentials",
                       "report": "non_field_errors" } },
      "responses": { "ok": { "status": 200,
                             "body": { "token": "{token}" } } } }
  ] }
JSON
    AcctTest::spew("$dir/thorough.json", <<'JSON');
{ "extends": "base", "identifier": ["username"],
  "token": { "policy": "many", "bytes": 32 },
  "problems": "all", "multipart": true,
  "messages": { "too_similar": "Too similar to the {attribute}." },
  "routes": [
    { "path": "users", "method": "POST", "operation": "register",
      "fields": { "username": "username",
                  "email": { "as": "email", "required": false },
                  "first": { "as": "first_name", "required": false,
                             "problems": "first" },
                  "password": "password" },
      "responses": { "ok": { "status": 201, "body": {
        "name": "{account.username}", "first": "{account.first_name}" } } } }
  ] }
JSON
    return <<"CONF";
AcctAuthDialectDir "$dir"
AcctAuthPasswordRules min-length=8 not-similar not-numeric block-list=$self->{dir}/common.txt
<Location "/api/">
    AcctAuthAPI nested
</Location>
<Location "/all/">
    AcctAuthAPI thorough
</Location>
CONF
});

my $UP = '/api/users';
my $IN = '/api/users/login';
my %ann = (username => 'ann', password1 => 'tower bridge',
    password2 => 'tower bridge', first => 'Ann');

sub up { return $s->post($UP, { user => { %ann, @_ } }) }

sub up_without
{
    my ($name) = @_;
    my %user = (%ann, username => 'new');
    delete $user{$name};
    return $s->post($UP, { user => \%user });
}

my %SAYS = (
    required => 'This field is required.',
    null => 'This field may not be null.',
    blank => 'This field may not be blank.',
    string => 'Not a valid string.',
    wrong => 'Unable to log in with provided credentials.',
    short => 'This password is too short. It must contain at least 8 '
        . 'characters.',
    differ => 'The two password fields didn\'t match.',
);

subtest 'fields inside an object are read, and told by their own names' => sub {
    answer_is(up(email => 'ann@example.org'), 201, '{"user":{"name":"ann",'
        . '"email":"ann@example.org","first":"Ann"}}', 'JSON');
    answer_is($s->request('POST', $UP, type =>
        'application/x-www-form-urlencoded', body => 'user.username=bob&'
        . 'user.password1=tower+bridge&user.password2=tower+bridge&'
        . 'user.first='), 201, '{"user":{"name":"bob","email":"",'
        . '"first":""}}', 'a form spells them with a dot');
    answer_is($s->post($UP, { %ann }), 400, '{' . join(',',
        map { qq("$_":["$SAYS{required}"]) } qw(username password1 password2
        first)) . '}', 'members outside of the object are others');
    answer_is($s->post($UP, { user => 'ann' }), 400, '{' . join(',',
        map { qq("$_":["$SAYS{string}"]) } qw(username email password1
        password2 first)) . '}', 'a text in place of the object');
    answer_is($s->post($UP, { user => undef }), 400, '{' . join(',',
        map { qq("$_":["$SAYS{null}"]) } qw(username email password1
        password2 first)) . '}', 'null in its place');
};

subtest 'whether a field may be absent and blank are two questions' => sub {
    answer_is(up(username => 'new', email => ''), 400, qq({"email":["$SAYS{blank}"]}),
        'may be absent, but not blank');
    answer_is(up_without('first'), 400, qq({"first":["$SAYS{required}"]}),
        'may be blank, but not absent');
    answer_is(up(username => 'elevenchars'), 400, '{"username":["Ensure this '
        . 'field has no more than 10 characters."]}', 'has a limit here');
    my %long = (username => 'new', map { $_ => 'x' x 21 } qw(password1
        password2));
    answer_is(up(%long), 400, '{"password1":["Ensure this field has no more '
        . 'than 20 characters."]}', 'a password too');
};

subtest 'stages: of problems of several the first alone is told' => sub {
    answer_is(up(username => 'ann', password1 => 'x', password2 => 'y'),
        400, '{"username":["A user with that username already exists."]}',
        'a name that is taken before the repetition');
    answer_is(up(username => 'new', password1 => 'x', password2 => 'y'),
        400, qq({"password2":["$SAYS{differ}"]}),
        'the repetition before the rules, under the name that is to have it');
    answer_is(up(username => 'new', password1 => 'x', password2 => 'x'),
        400, qq({"password1":["$SAYS{short}"]}), 'then the rules');
    answer_is(up(username => 'elizabeth', password1 => 'elizabeth1',
        password2 => 'elizabeth1'), 400, '{"non_field_errors":["The password '
        . 'is too similar to the username or the email address."]}',
        'one of them under a name of its own');
};

subtest 'a sign-in without its fields is a wrong one' => sub {
    my $wrong = qq({"non_field_errors":["$SAYS{wrong}"]});
    answer_is($s->post($IN, $_->[0]), 400, $wrong, $_->[1]) for
        [{}, 'nothing'], [{ user => {} }, 'an empty object'],
        [{ user => { name => 'ann' } }, 'no password'],
        [{ user => { password => 'tower bridge' } }, 'no name'],
        [{ user => { name => 'ann', password => 'tower' } }, 'a wrong one'];
    answer_is($s->request('POST', $IN), 400, $wrong, 'no body');
    answer_is($s->post($IN, { user => { name => undef } }), 400,
        qq({"non_field_errors":["$SAYS{null}"]}), 'null is a problem');
    answer_is($s->post($IN, { user => { password => '', name => '' } }), 400,
        qq({"password":["$SAYS{blank}"],"non_field_errors":["$SAYS{blank}"]}),
        'so is blank, each under its name');
    my $r = $s->post($IN, { user => { name => 'ann@example.org',
        password => 'tower bridge' } });
    is($r->{status}, 200, 'with both it is one');
    like($r->{body}, qr/^\{"token":"[0-9a-f]{64}"\}$/, 'and answered');
};

my $ALL = '/all/users';

subtest 'where all is told, a password has every problem in one list' => sub {
    my $told = sub {
        my ($password, @more) = @_;
        return $s->post($ALL, { username => 'ada', password => $password,
            @more })->{body};
    };
    my $list = sub { '{"password":[' . join(',', map { qq("$_") } @_) . ']}' };
    is($told->('12345'), $list->($SAYS{short}, 'This password is too common.',
        'This password is entirely numeric.'), 'short, common, digits');
    is($told->('12345', first => '12345'), $list->('Too similar to the first '
        . 'name.', $SAYS{short}, 'This password is too common.',
        'This password is entirely numeric.'), 'and like a name: that first');
    is($told->('ada'), $list->('Too similar to the username.',
        $SAYS{short}), 'what it is like is said');
    is($told->('queen.of.numbers', email => 'queen.of.numbers@b.io'),
        $list->('Too similar to the email address.'), 'in the dialect\'s '
        . 'words');
    answer_is($s->post($UP, { user => { %ann, username => 'ada',
        password1 => '12345', password2 => '12345' } }), 400,
        qq({"password1":["$SAYS{short}"]}), 'elsewhere the first is enough');
};

subtest 'where all is told, a NUL breaks the form of a name as well' => sub {
    answer_is($s->post($ALL, { username => "a\0b", email => "a\0\@b.io",
        first => "a\0", password => 'tower bridge' }), 400,
        '{"username":["Enter a valid username. This value may contain only '
        . 'letters, numbers, and @/./+/-/_ characters.","Null characters are '
        . 'not allowed."],"email":["Null characters are not allowed.",'
        . '"Enter a valid email address."],"first":["Null characters are not '
        . 'allowed."]}', 'both are told');
    answer_is(up(username => 'new', email => "a\0\@b.io"), 400,
        '{"email":["Null characters are not allowed."]}',
        'elsewhere the first is enough');
};

sub part
{
    my ($name, $value, $more) = @_;
    return "--B\r\nContent-Disposition: form-data; name=\"$name\""
        . (defined $more ? $more : '') . "\r\n\r\n$value\r\n";
}

sub parts
{
    my ($path, $type, @parts) = @_;
    my $body = join '', @parts;
    utf8::encode($body);
    return $s->request('POST', $path, type => $type, body => $body);
}

subtest 'a form may come in parts where the dialect says so' => sub {
    my $type = 'multipart/form-data; boundary=B';
    my @grace = (part(username => 'grace'),
        part(password => "tower bridge\r\n"));
    answer_is(parts($ALL, $type, @grace, part(first => 'Grå'), "--B--\r\n"),
        201, '{"name":"grace","first":"Grå"}', 'which is read');
    is($s->post($IN, { user => { name => 'grace', password =>
        "tower bridge\r\n" } })->{status}, 200, 'a password byte by byte');
    answer_is(parts($ALL, $type, part(username => 'gwen'),
        part('password', 'tower bridge', '; filename="p.txt"'), '--B--'),
        400, qq({"password":["$SAYS{string}"]}), 'a file is no text');
    for (['no boundary', 'multipart/form-data', '--B--'],
         ['another one', 'multipart/form-data; boundary=C', '--B--'],
         ['cut off', $type, @grace],
         ['twice the same', $type, @grace, part(username => 'x'), '--B--']) {
        my ($what, @sent) = @$_;
        my $r = parts($ALL, @sent);
        is($r->{status}, 400, $what);
        like($r->{body}, qr/^\{"detail":"Multipart form parse error - [^"]*"\}$/,
            'is a parse error');
    }
    is(parts($ALL, $type, part(x => 'x' x 17_000), '--B--')->{status}, 413,
        'the limit is that of other bodies');
    answer_is(parts($UP, $type, @grace, '--B--'), 415, '{"detail":'
        . '"Unsupported media type \\"multipart/form-data; boundary=B\\" in '
        . 'request."}', 'another dialect takes none');
};

done_testing();
