# SPDX-License-Identifier: Apache-2.0
#
# The five APIs as a table: every route with its method, its fields and
# what it answers to a missing and to a bad token. Used by the tests that
# hold for all of them; what one API alone promises is in t/api-*.t.

package FiveAPIs;

use strict;
use warnings;
use utf8;

use Exporter 'import';
use JSON::PP ();
use Test::More ();

our @EXPORT = qw(routes form_routes token_routes login_routes
                 register_routes allow_is headers_are_right set_of compact
                 detail required shown $NOT_PROVIDED $BAD_TOKEN $NO_CREDENTIALS
                 $SPACES $CHARACTERS $REQUIRED $NOT_NULL $NOT_BLANK
                 $NOT_STRING $NO_NUL $BAD_EMAIL $BAD_USERNAME $NAME_TAKEN);

our $NOT_PROVIDED   = 'Authentication credentials were not provided.';
our $BAD_TOKEN      = 'Invalid token.';
our $NO_CREDENTIALS = 'Invalid token header. No credentials provided.';
our $SPACES         = 'Invalid token header. Token string should not '
                    . 'contain spaces.';
our $CHARACTERS     = 'Invalid token header. Token string should not '
                    . 'contain invalid characters.';
our $REQUIRED       = 'This field is required.';
our $NOT_NULL       = 'This field may not be null.';
our $NOT_BLANK      = 'This field may not be blank.';
our $NOT_STRING     = 'Not a valid string.';
our $NO_NUL         = 'Null characters are not allowed.';
our $BAD_EMAIL      = 'Enter a valid email address.';
our $BAD_USERNAME   = 'Enter a valid username. This value may contain only '
                    . 'letters, numbers, and @/./+/-/_ characters.';
our $NAME_TAKEN     = 'A user with that username already exists.';

# Names of tests may hold any letter.
binmode Test::More->builder->$_, ':encoding(UTF-8)'
    for qw(output failure_output todo_output);

my $json = JSON::PP->new->allow_nonref;

# compact(KEY => VALUE, ...): a JSON object, compact, keys in this order.
# A VALUE that is a string reference is JSON already.
sub compact
{
    my @pairs = @_;
    my @out;
    while (my ($key, $value) = splice @pairs, 0, 2) {
        my $text = ref $value eq 'SCALAR' ? $$value : $json->encode($value);
        push @out, $json->encode($key) . ":$text";
    }
    return '{' . join(',', @out) . '}';
}

sub detail { return compact(detail => $_[0]) }

# required(FIELD...): the answer that reports these fields as missing.
sub required { return compact(map { $_ => [$REQUIRED] } @_) }

# shown(TEXT): a text as it may stand in the name of a test.
sub shown
{
    my ($text) = @_;
    return length($text) . ' characters' if length $text > 40;
    $text =~ s/([^\x20-\x7e])/sprintf '{%04X}', ord $1/ge;
    return "'$text'";
}

sub _denied
{
    my ($sentence) = @_;
    return compact(success => \'false', code => \'401', data => \'{}',
                   message => 'Permission Denied', errors => $sentence);
}

# routes(ID): all routes; ID is the account whose token the tests present.
# In each:
#   name    for the names of tests
#   api     the dialect          path    with the final slash
#   method  its only method      op      login register logout current
#   token   1 where one is needed
#   denied  what a sentence about the header looks like here (a sub)
#   invalid the answer to an unknown token
#   fields  those of the body, in order; required: those that must be there
#   plain   1 where problems with fields are answered in the general form
#   data    (forms) sub(N): a body that succeeds; N makes names fresh
#   ok      the status then
sub routes
{
    my ($id) = @_;
    my %plain_denied = (denied => \&detail, invalid => detail($BAD_TOKEN));
    my @routes = (
        { api => 'accounts', path => '/accounts/signin/', op => 'login',
          fields => [qw(username password)], plain => 0, ok => 200,
          data => sub { { username => 'ann', password => 'ann-secret' } } },
        { api => 'accounts', path => '/accounts/signout/', op => 'logout',
          denied => \&_denied, invalid => _denied('Invalid Token') },
    );
    for my $mount ('/auth/', '/api/auth/') {
        push @routes,
            { api => 'auth-signin', path => "${mount}signin/",
              op => 'login', fields => [qw(email password)], plain => 0,
              ok => 200, data => sub { { email => 'ann@example.org',
                                         password => 'ann-secret' } } },
            { api => 'auth-signin', path => "${mount}signout/",
              op => 'logout', %plain_denied },
            { api => 'auth-signin', path => "${mount}signup/",
              op => 'register', plain => 1, ok => 200,
              fields => [qw(first_name last_name email password
                            confirm_password)],
              required => [qw(first_name email password
                              confirm_password)],
              data => sub { { first_name => 'Joe', last_name => 'Doe',
                              email => "j$_[0]\@example.org",
                              password => 'pw',
                              confirm_password => 'pw' } } };
    }
    push @routes,
        { api => 'account-register', path => '/account/register/',
          op => 'register', plain => 1, ok => 200,
          fields => [qw(username email password password2)],
          data => sub { { username => "r$_[0]",
                          email => "r$_[0]\@example.org",
                          password => 'pw', password2 => 'pw' } } },
        { api => 'account-register', path => '/account/login/',
          op => 'login', fields => [qw(username password)], plain => 1,
          ok => 200,
          data => sub { { username => 'ann', password => 'ann-secret' } } },
        { api => 'account-register', path => '/account/logout/',
          op => 'logout', %plain_denied },
        { api => 'users-v1', path => '/api/v1/users/signup/',
          op => 'register', fields => [qw(email password)], plain => 0,
          ok => 201, data => sub { { email => "v$_[0]\@example.org",
                                     password => 'pw' } } },
        { api => 'users-v1', path => '/api/v1/users/login/',
          op => 'login', fields => [qw(email password)], plain => 1,
          ok => 200, data => sub { { email => 'ann@example.org',
                                     password => 'ann-secret' } } },
        { api => 'users-v1', path => "/api/v1/users/$id/",
          op => 'current', method => 'GET', %plain_denied },
        { api => 'users-v1', path => "/api/v1/users/$id/logout/",
          op => 'logout', denied => \&detail,
          invalid => '{"message":"Invalid Token"}' },
        { api => 'auth-register', path => '/api/auth/register/',
          op => 'register', plain => 1, ok => 200,
          fields => [qw(username password email)],
          required => [qw(username password)],
          data => sub { { username => "k$_[0]", password => 'pw',
                          email => "k$_[0]\@example.org" } } },
        { api => 'auth-register', path => '/api/auth/login/',
          op => 'login', fields => [qw(username password)], plain => 1,
          ok => 200,
          data => sub { { username => 'ann', password => 'ann-secret' } } },
        { api => 'auth-register', path => '/api/auth/logout/',
          op => 'logout', %plain_denied },
        { api => 'auth-register', path => '/api/auth/logoutall/',
          op => 'logout', %plain_denied };
    for my $r (@routes) {
        $r->{method} ||= 'POST';
        $r->{token} = !$r->{fields};
        $r->{name} = "$r->{method} $r->{path}";
        $r->{required} ||= $r->{fields};
    }
    return @routes;
}

sub form_routes     { return grep { $_->{fields} } routes(@_) }
sub token_routes    { return grep { $_->{token} } routes(@_) }
sub login_routes    { return grep { $_->{op} eq 'login' } routes(@_) }
sub register_routes { return grep { $_->{op} eq 'register' } routes(@_) }

# set_of("a, b"): the words of a list header, sorted.
sub set_of
{
    my ($text) = @_;
    return join ' ', sort split /\s*,\s*/, defined $text ? $text : '';
}

sub allow_is
{
    my ($route) = @_;
    return $route->{method} eq 'GET' ? 'GET HEAD OPTIONS' : 'OPTIONS POST';
}

# headers_are_right(R, ROUTE, NAME): what every answer of a route carries.
# One test.
sub headers_are_right
{
    my ($r, $route, $name) = @_;
    my %h = %{ $r->{headers} };
    my $get = sub { defined $h{ $_[0] } ? $h{ $_[0] } : '' };
    my @wrong;
    my $say = sub { push @wrong, "$_[0]: " . $get->(lc $_[0]) };
    $say->('Cache-Control') if $get->('cache-control') !~ /\bno-store\b/;
    $say->('X-Content-Type-Options')
        if $get->('x-content-type-options') ne 'nosniff';
    $say->('Vary') if $get->('vary') !~ /\bAuthorization\b/i;
    $say->('Allow') if $route && set_of($h{allow}) ne allow_is($route);
    my $challenge = exists $route->{challenge} ? $route->{challenge}
                                               : 'Token';
    $say->('WWW-Authenticate')
        if $get->('www-authenticate')
            ne ($r->{status} == 401 ? $challenge : '');
    $say->('Content-Type')
        if length $r->{body} ? $get->('content-type') ne 'application/json'
                             : exists $h{'content-type'};
    $say->('Location') if exists $h{location};
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    Test::More::is(join("\n", @wrong), '', $name);
}

1;
