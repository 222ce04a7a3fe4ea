#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, merging is the same with any
# driver: sqlite3, merging is the same with any
#
# Every directive of the module: what the main server says holds in a
# virtual host that says nothing of it (but something of another), and what
# the host says holds in its stead. A directive without a row in this table
# fails.

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
my $second = AcctTest->prepare;
$second->account(username => 'zoe', email => 'zoe@example.org',
    password => 'zoe-secret');

my %api = ('auth-register' => 'login', 'auth-signin' => 'signin');

# ------------------------------------------------------------ what to ask

sub ask
{
    my ($s, $host, $method, $path, %opt) = @_;
    return $s->request($method, $path, %opt,
        headers => [['Host', $host], @{ $opt{headers} || [] }]);
}

sub sign_in_as
{
    my ($s, $host, $name, $path) = @_;
    return ask($s, $host, 'POST', $path || '/api/login/',
        json => { username => $name, password => "$name-secret" });
}

sub status_of { return $_[0]->{status} }

sub at_app
{
    my ($s, $host) = @_;
    my $token = sign_in_as($s, $host, 'ann')->{json}{token};
    return ask($s, $host, 'GET', '/app/x', token => $token)->{body};
}

my $joined = 0;

sub sign_up
{
    my ($s, $host, $password) = @_;
    my $name = 'new' . ++$joined;
    my $r = ask($s, $host, 'POST', '/api/register/', json =>
        { username => $name, email => "$name\@example.org",
          password => $password });
    return ($r, $name);
}

my $clients = 0;
my $tried = 0;

sub allowed
{
    my ($s, $host, $from) = @_;
    return scalar grep { status_of(ask($s, $host, 'POST', '/api/login/',
        from => $from, json => { username => 'n' . ++$tried,
            password => 'x' })) == 400 } 1 .. 3;
}

# ------------------------------------------------------------- the table

my ($APP, $API) = ('Location "/app/"', 'Location "/api/"');
my $guard = "<$APP>\nAcctAuthProtect On\n</Location>";
my $mount = "<$API>\nAcctAuthAPI auth-register\n</Location>";

# An API whose accounts can go.
my $LEAVE = <<'JSON';
{ "extends": "base", "identifier": ["username"],
  "token": { "policy": "many" },
  "routes": [
    { "path": "in", "method": "POST", "operation": "login",
      "fields": { "name": "identifier", "password": "password" },
      "responses": { "ok": { "status": 200,
                             "body": { "token": "{token}" } } } },
    { "path": "me", "method": "DELETE", "operation": "delete",
      "responses": { "ok": { "status": 204 } } }
  ] }
JSON

# main, host: lines of the main server and of the host that overrides them;
# look: what a client sees; want: of the one that inherits, and of the other.
my %row = (
    AcctAuthDatabase => {
        host => "AcctAuthDatabase $second->{driver} \"" . $second->db . '"'
            . "\nAcctAuthKeyFile \"" . $second->key . '"',
        look => sub { join ' ', map { status_of(sign_in_as(@_, $_)) }
            qw(ann zoe) },
        want => ['200 400', '400 200'],
    },
    AcctAuthKeyFile => {
        main => "<Location \"/again/\">\nAcctAuthAPI accounts\n</Location>",
        host => "AcctAuthDatabase $second->{driver} \"" . $second->db . '"'
            . "\nAcctAuthKeyFile \"" . $second->key . '"',
        look => sub {
            my ($s, $host) = @_;
            my $name = $host eq 'inherits.example' ? 'ann' : 'zoe';
            return status_of(ask($s, $host, 'POST', '/again/signin/',
                json => { username => $name, password => "$name-secret" }));
        },
        want => [200, 200],
    },
    AcctAuthDialectDir => {
        host => 'AcctAuthDialectDir "${DIR}/spoken"',
        look => sub { ask(@_, 'GET', '/api/none/')->{json}{detail} },
        want => ['Not found.', 'Nowhere.'],
    },
    AcctAuthAPI => {
        host => "<$API>\nAcctAuthAPI auth-signin\n</Location>",
        look => sub { join ' ', map { status_of(ask(@_, 'OPTIONS',
            "/api/$_/")) } qw(login signin) },
        want => ['200 404', '404 200'],
    },
    AcctAuthUnknownPath => {
        main => 'AcctAuthUnknownPath Pass',
        host => 'AcctAuthUnknownPath 404',
        look => sub { ask(@_, 'GET', '/api/none/')->{json} ? 'API' : 'site' },
        want => ['site', 'API'],
    },
    AcctAuthProtect => {
        main => $guard,
        host => "<$APP>\nAcctAuthProtect Off\n</Location>",
        look => sub { status_of(ask(@_, 'GET', '/app/x')) },
        want => [401, 200],
    },
    AcctAuthScheme => {
        main => "AcctAuthScheme Bearer\n$guard",
        host => 'AcctAuthScheme Key',
        look => sub { ask(@_, 'GET', '/app/x')->{headers}
            {'www-authenticate'} },
        want => ['Bearer', 'Key'],
    },
    AcctAuthIdentityHeaders => {
        main => "AcctAuthIdentityHeaders On\n$guard",
        host => 'AcctAuthIdentityHeaders Off',
        look => sub { at_app(@_) =~ /^X-Acct-User: ann$/m ? 'told' : 'not' },
        want => ['told', 'not'],
    },
    AcctAuthForwardToken => {
        main => "AcctAuthForwardToken On\n$guard",
        host => 'AcctAuthForwardToken Off',
        look => sub { at_app(@_) =~ /^Authorization: /m ? 'passed' : 'not' },
        want => ['passed', 'not'],
    },
    AcctAuthSharedCache => {
        main => "AcctAuthSharedCache On\n"
            . "Header set Cache-Control public\n$guard",
        host => 'AcctAuthSharedCache Off',
        look => sub {
            my $token = sign_in_as(@_, 'ann')->{json}{token};
            return ask(@_, 'GET', '/app/x', token => $token)->{headers}
                {'cache-control'};
        },
        want => ['public', 'private'],
    },
    AcctAuthRequireTLS => {
        main => 'AcctAuthRequireTLS On', host => 'AcctAuthRequireTLS Off',
        look => sub { status_of(sign_in_as(@_, 'ann')) },
        want => [403, 200],
    },
    AcctAuthMaxBody => {
        main => 'AcctAuthMaxBody 256', host => 'AcctAuthMaxBody 4096',
        look => sub { status_of(ask(@_, 'POST', '/api/login/', json =>
            { username => 'ann', password => 'x' x 500 })) },
        want => [413, 400],
    },
    AcctAuthPasswordHash => {
        main => 'AcctAuthPasswordHash argon2id m=16 t=1 p=1',
        host => 'AcctAuthPasswordHash argon2id m=24 t=1 p=1',
        look => sub {
            my ($s, $host) = @_;
            my (undef, $name) = sign_up($s, $host, 'a password');
            my ($row) = $s->sql('SELECT password FROM account WHERE '
                . "username = '$name'");
            return $row->[0] =~ /\$(m=\d+)/ ? $1 : $row->[0];
        },
        want => ['m=16', 'm=24'],
    },
    AcctAuthPasswordRules => {
        main => 'AcctAuthPasswordRules min-length=10',
        host => 'AcctAuthPasswordRules min-length=3',
        look => sub { (sign_up(@_, 'eight888'))[0]{status} },
        want => [400, 200],
    },
    # Which log has the lines of a host.
    AcctAuthAuditLog => {
        main => 'AcctAuthAuditLog logs/main.log login',
        host => 'AcctAuthAuditLog logs/host.log login',
        look => sub {
            my ($s, $host) = @_;
            sign_in_as(@_, 'ann');
            return join ' ', grep { slurp($s->dir . "/logs/$_.log")
                =~ /"vhost":"\Q$host\E"/ } qw(main host);
        },
        want => ['main', 'host'],
    },
    # How many wrong passwords a client may send of three.
    AcctAuthLimit => {
        main => 'AcctAuthLimit On failures=1/h tries=off',
        host => 'AcctAuthLimit failures=2/h',
        look => sub { allowed(@_, '127.0.1.' . ++$clients) },
        want => [1, 2],
    },
    AcctAuthLimitTrusted => {
        main => "AcctAuthLimit On failures=1/h tries=off\n"
            . 'AcctAuthLimitTrusted 127.0.2.1',
        host => 'AcctAuthLimitTrusted 127.0.2.2',
        look => sub { join ' ', map { allowed(@_, $_) }
            '127.0.2.1', '127.0.2.2' },
        want => ['3 1', '3 3'],
    },
    AcctAuthMaxTokens => {
        main => "AcctAuthMaxTokens 1\n$guard", host => 'AcctAuthMaxTokens 2',
        look => sub {
            my @tokens = map { sign_in_as(@_, 'ann')->{json}{token} } 1, 2;
            return status_of(ask(@_, 'GET', '/app/x', token => $tokens[0]));
        },
        want => [401, 200],
    },
    # Whether a name that was given up is to be had again.
    AcctAuthNameHold => {
        main => qq{AcctAuthNameHold 0\nAcctAuthDialectDir "\${DIR}/spoken"\n}
            . qq{<Location "/leave/">\nAcctAuthAPI leave\n</Location>},
        host => 'AcctAuthNameHold 1d',
        look => sub {
            my ($s, $host) = @_;
            my ($r, $name) = sign_up($s, $host, 'tower bridge');
            my $leave = sub { ask($s, $host, 'DELETE', '/leave/me',
                token => $_[0]) };
            my $in = sub { ask($s, $host, 'POST', '/leave/in', json =>
                { name => $name, password => 'tower bridge' }) };
            status_of($leave->($in->()->{json}{token})) == 204
                or return 'not deleted';
            $joined--;
            return status_of((sign_up($s, $host, 'tower bridge'))[0]);
        },
        want => [200, 400],
    },
    # Not seen from outside on a database that is a file.
    AcctAuthDatabaseConnections => {
        main => 'AcctAuthDatabaseConnections 5',
        host => 'AcctAuthDatabaseConnections 6',
        look => sub { status_of(sign_in_as(@_, 'ann')) }, want => [200, 200],
    },
    (map { my ($name, $value) = @$_; $name => { global => $value } }
        ['AcctAuthHashConcurrency', 2], ['AcctAuthCache', 'Off'],
        ['AcctAuthRevocationBound', '1s'],
        ['AcctAuthLimitMemory', '2M']),
    # What configtest and the command are told: t/mail-config.t.
    (map { $_ => { noted => 1 } } qw(AcctAuthMail AcctAuthMailFrom
        AcctAuthMailLinkBase AcctAuthMailPassword
        AcctAuthMailTemplateDir AcctAuthMailLanguage
        AcctAuthMailLimit AcctAuthSiteName)),
    # Other modules' own, which we only note; t/closed-tree.t.
    AuthType => { noted => 1 }, Require => { noted => 1 },
);

# ------------------------------------------------------------ the directives

my @names = slurp(tree() . '/src/httpd/config/config.c')
    =~ /AP_INIT_[A-Z0-9_]+\(\s*"(\w+)"/g;
cmp_ok(scalar @names, '>=', 18, 'the directives were found');
is_deeply([grep { !$row{$_} } @names], [],
    'each directive has a row in this table');
is_deeply([grep { my $name = $_; !grep { $_ eq $name } @names }
           sort keys %row], [], 'and each row is of one');

# A directive of each kind that the host says something of in any case, so
# that its settings are merged and not taken over whole.
sub beside
{
    my ($name) = @_;
    my $server = $name eq 'AcctAuthMaxTokens' ? 'AcctAuthUnknownPath 404'
        : 'AcctAuthMaxTokens Off';
    my $location = $name eq 'AcctAuthMaxBody'
        ? 'AcctAuthIdentityHeaders Off' : 'AcctAuthMaxBody 2048';
    return $name eq 'AcctAuthMaxBody' ? "$server\n<Location \"/\">\n"
        . "$location\n</Location>"
        : "$server\n$location";
}

for my $name (grep { $row{$_}{look} } @names) {
    my $row = $row{$name};
    my $main = $row->{main} || '';
    my $s = AcctTest->start(api => 0, modules => ['proxy_http'],
        hash => $name eq 'AcctAuthPasswordHash' ? '' : 'argon2id m=8 t=1 p=1',
        conf => sub {
            my ($self) = @_;
            my $host = sub {
                my ($who, $text) = @_;
                return "<VirtualHost *:$self->{port}>\nServerName $who\n"
                    . "DocumentRoot \"$self->{dir}/htdocs\"\n"
                    . "ProxyPass \"/app/\" \"$url/\"\n" . beside($name)
                    . "\n$text\n</VirtualHost>\n";
            };
            mkdir "$self->{dir}/spoken";
            for my $file (glob tree() . '/conf/dialects/*.json') {
                my ($base) = $file =~ m{([^/]+)$};
                my $text = slurp($file);
                $text =~ s/Not found\./Nowhere./g;
                AcctTest::spew("$self->{dir}/spoken/$base", $text);
            }
            AcctTest::spew("$self->{dir}/spoken/leave.json", $LEAVE);
            return "$mount\n$main\n" . $host->('inherits.example', '')
                . $host->('overrides.example', $row->{host} || '');
        });
    $s->account(username => 'ann', email => 'ann@example.org',
        password => 'ann-secret');
    subtest $name => sub {
        is($row->{look}->($s, 'inherits.example'), $row->{want}[0],
            'a host that does not say it has the main server\'s');
        is($row->{look}->($s, 'overrides.example'), $row->{want}[1],
            'one that does has its own');
    };
    $s->stop;
}

subtest 'what is said for all servers is refused in one host' => sub {
    for my $name (grep { $row{$_}{global} } @names) {
        my ($ok, $text) = $second->configtest("<VirtualHost *:1>\n"
            . "$name $row{$name}{global}\n</VirtualHost>");
        ok(!$ok, $name);
        like($text, qr/$name cannot occur within/, 'and it is said why');
    }
};

subtest 'a second AcctAuthPasswordRules replaces the first as a whole'
    => sub {
    my $s = AcctTest->start(hash => 'argon2id m=8 t=1 p=1', conf =>
        "AcctAuthPasswordRules min-length=20 not-similar\n"
        . "AcctAuthPasswordRules min-length=4\n");
    my $try = sub { $s->post('/api/auth/register/', { username => $_[0],
        email => "$_[0]\@example.org", password => $_[1] })->{status} };
    is($try->('alice', 'short888'), 200, 'its length is not the first\'s');
    is($try->('bobby', 'bobby12'), 200, 'not-similar is gone');
    is($try->('carol', 'abc'), 400, 'its own rule holds');
};

done_testing();
