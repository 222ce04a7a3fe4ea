#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, configtest is the same with any
# driver: sqlite3
#
# Guards that do not hold what they seem to: configtest warns of them and
# takes them, since httpd's own rules are as they are; of those that it cannot
# see, the first request that meets one writes a line to the log.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use GuardTest;
use Test::More;

my $s = AcctTest->prepare(modules => [qw(access_compat proxy_http rewrite
    auth_basic authn_file)]);
my $docs = "$s->{dir}/htdocs";

sub in { my ($where, @lines) = @_; my ($name) = $where =~ /^(\w+)/;
         return join "\n", "<$where>", @lines, "</$name>" }

my $token = "AuthType Token\nAuthName x";
my $guard = "$token\nRequire valid-user";
my $api = in('Location "/api/"', 'AcctAuthAPI auth-register');
my $basic = "AuthType Basic\nAuthName x\nAuthBasicProvider file\n"
    . "AuthUserFile \"$s->{dir}/users\"\nRequire valid-user";
my $proxy = 'ProxyPass "/" "http://127.0.0.1:9/"';

# warned(NAME, ID, CONF, LIKE...): taken, with that warning and the line
# that is marked with "!"; quiet(NAME, CONF): taken with no warning.
sub warned
{
    my ($name, $id, $conf, @like) = @_;
    my @lines = split /\n/, $conf;
    my ($at) = grep { $lines[$_] =~ s/^!// } 0 .. $#lines;
    my ($ok, $text) = $s->configtest(join "\n", @lines);
    my $file = "$s->{dir}/configtest.conf";
    my $number = (slurp($file) =~ tr/\n//) - @lines + $at + 1;
    my ($said) = $text =~ /^(.*$id: .*)$/m;
    my @why;
    push @why, 'it was refused' if !$ok;
    push @why, "no $id" if !defined $said;
    push @why, "line $number is not named"
        if defined $said && $said !~ /on line $number of \Q$file\E/;
    push @why, "no $_" for grep { !defined $said || $said !~ $_ } @like;
    ok(!@why, $name) or diag(join "\n", @why, $text);
}

sub quiet
{
    my ($name, $conf) = @_;
    my ($ok, $text) = $s->configtest($conf);
    ok($ok && $text !~ /ACCT014/, $name) or diag($text);
}

subtest 'AuthType Token with nothing required' => sub {
    my $id = 'ACCT0140';
    my @like = (qr/Require valid-user/, qr/AcctAuthProtect On/);
    warned('in a location', $id, in('Location "/x/"', "!$token"), @like);
    warned('in a folder', $id, in("Directory \"$docs/x\"", "!$token"), @like);
    warned('in a host', $id, in('VirtualHost *:1',
        in('Location "/x/"', "!$token")), @like);
    warned('in an <If>', $id, in('Location "/x/"', '<If "true">', "!$token",
        '</If>'), @like);
    warned('a Require elsewhere', $id, in('Location "/x/"', "!$token") . "\n"
        . in('Location "/y/"', 'Require valid-user'), @like);
    warned('all granted above', $id, in('Location "/"',
        'Require all granted') . "\n" . in('Location "/x/"', "!$token"),
        @like);
    warned('a Require of another host', $id, in('VirtualHost *:1',
        'ServerName a', in('Location "/"', 'Require valid-user')) . "\n"
        . in('VirtualHost *:1', 'ServerName b',
            in('Location "/x/"', "!$token")), @like);
    quiet('a Require beside it', in('Location "/x/"', $guard));
    quiet('in a <RequireAny>', in('Location "/x/"', $token, '<RequireAny>',
        'Require valid-user', 'Require ip 10', '</RequireAny>'));
    quiet('in a <LimitExcept>', in('Location "/x/"', $token,
        '<LimitExcept OPTIONS>', 'Require valid-user', '</LimitExcept>'));
    quiet('above', in('Location "/"', 'Require valid-user') . "\n"
        . in('Location "/x/"', $token));
    quiet('below', in('Location "/"', $token) . "\n"
        . in('Location "/x/"', 'Require valid-user'));
    quiet('of the main server, for a host', in('Location "/"',
        'Require valid-user') . "\n" . in('VirtualHost *:1',
        in('Location "/x/"', $token)));
    quiet('AcctAuthProtect beside it', in('Location "/x/"', $token,
        'AcctAuthProtect On'));
    quiet('AcctAuthProtect above', in('Location "/"', 'AcctAuthProtect On')
        . "\n" . in('Location "/x/"', $token));
    quiet('all granted, in so many words', in('Location "/x/"', $token,
        'Require all granted'));
};

subtest 'AuthType Token that another section opens' => sub {
    my $id = 'ACCT0141';
    my $hold = qr/AcctAuthProtect On/;
    my $x = in('Location "/x/"', "!$guard");
    my $open = 'Require all granted';
    warned('a later one further up', $id, "$x\n" . in('Location "/"', $open),
        qr/Require on line \d+ .*later.*everybody/, $hold);
    warned('a later one of the same path', $id, "$x\n"
        . in('Location "/x"', $open), $hold);
    warned('a later pattern', $id, "$x\n" . in('LocationMatch "^/x"', $open),
        $hold);
    warned('a host\'s, which is later than the server\'s', $id, in(
        'VirtualHost *:1', in('Location "/"', $open)) . "\n$x", $hold);
    warned('a location, over a folder', $id,
        in("Directory \"$docs/x\"", "!$guard") . "\n"
        . in('Location "/"', $open), $hold);
    warned('a later AuthType Basic', $id, "$x\n"
        . in('Location "/"', $basic), qr/AuthType on line.*another kind/,
        $hold);
    warned('Satisfy Any above', $id, "$x\n"
        . in('Location "/"', 'Satisfy Any'), qr/Satisfy on line.*Any/, $hold);
    warned('Satisfy Any in the same section', $id,
        in('Location "/x/"', "!$guard", 'Satisfy any'), $hold);
    warned('Satisfy Any in a folder', $id,
        in("Directory \"$docs\"", 'Satisfy Any') . "\n$x", $hold);
    warned('AuthMerging Or', $id, in('Location "/x/"', $guard) . "\n"
        . in('Location "/x/in/"', '!AuthMerging Or', 'Require user bob'),
        qr/AuthMerging And/, $hold);
    quiet('AuthMerging And', in('Location "/x/"', $guard) . "\n"
        . in('Location "/x/in/"', 'AuthMerging And', 'Require user bob'));
    quiet('one before it', in('Location "/"', $open) . "\n"
        . in('Location "/x/"', $guard));
    quiet('one further down', in('Location "/x/"', $guard) . "\n"
        . in('Location "/x/public/"', $open));
    quiet('one beside it', in('Location "/x/"', $guard) . "\n"
        . in('Location "/xy/"', $open));
    quiet('one of another host', in('VirtualHost *:1', 'ServerName a',
        in('Location "/x/"', $guard)) . "\n" . in('VirtualHost *:1',
        'ServerName b', in('Location "/"', $open)));
    quiet('Satisfy All', in('Location "/x/"', $guard, 'Satisfy All'));
    quiet('AcctAuthProtect beside it', in('Location "/x/"', $guard,
        'AcctAuthProtect On') . "\n" . in('Location "/"', $open,
        'Satisfy Any'));
};

subtest 'a location of an application that gets more than it' => sub {
    my $id = 'ACCT0142';
    my $on = '!AcctAuthProtect On';
    warned('a path of what is handed on', $id, "$proxy\n"
        . in('Location "/private/"', $on), qr/ProxyPass on line/,
        qr{"/private" may}, qr{<LocationMatch "\^/private\(\?:\[/;\]\|\$\)">},
        qr/AcctAuthProtect Off/);
    warned('without a slash', $id, "$proxy\n" . in('Location "/a.b"', $on),
        qr{"/a\.b;x" may}, qr{"\^/a\[\.\]b\(});
    warned('by AuthType Token', $id, "$proxy\n"
        . in('Location "/private/"', "!$guard"), qr/LocationMatch/);
    warned('Optional', $id, "$proxy\n" . in('Location "/private/"',
        '!AcctAuthProtect Optional'), qr/LocationMatch/);
    warned('ProxyPass without a slash', $id,
        'ProxyPass "/app" "http://127.0.0.1:9"' . "\n"
        . in('Location "/app/"', $on), qr{"/app" may});
    warned('ProxyPass of a location', $id, in('Location "/app/"',
        'ProxyPass "http://127.0.0.1:9/"') . "\n"
        . in('Location "/app/in/"', $on), qr{"/app/in" may});
    warned('ProxyPassMatch', $id,
        'ProxyPassMatch "^/(.*)$" "http://127.0.0.1:9/$1"' . "\n"
        . in('Location "/private/"', $on), qr/ProxyPassMatch on line/);
    warned('RewriteRule', $id, "RewriteEngine On\n"
        . 'RewriteRule "^/(.*)" "http://127.0.0.1:9/$1" [L,P]' . "\n"
        . in('Location "/private/"', $on), qr/RewriteRule on line/);
    quiet('the pattern that it says', "$proxy\n"
        . in('LocationMatch "^/private(?:[/;]|$)"', 'AcctAuthProtect On'));
    quiet('all of it guarded, and a part open', "$proxy\n"
        . in('Location "/"', 'AcctAuthProtect On') . "\n"
        . in('Location "/public/"', 'AcctAuthProtect Off') . "\n"
        . in('Location "/staff/"', 'AcctAuthProtect On'));
    quiet('just what is handed on', 'ProxyPass "/app/" '
        . "\"http://127.0.0.1:9/\"\n"
        . in('Location "/app/"', 'AcctAuthProtect On'));
    quiet('in one section', in('Location "/app/"',
        'ProxyPass "http://127.0.0.1:9/"', 'AcctAuthProtect On'));
    quiet('what is not handed on', 'ProxyPass "/private" "!"' . "\n$proxy\n"
        . in('Location "/private/"', 'AcctAuthProtect On'));
    quiet('of another host', in('VirtualHost *:1', 'ServerName a', $proxy)
        . "\n" . in('VirtualHost *:1', 'ServerName b',
        in('Location "/private/"', 'AcctAuthProtect On')));
    quiet('a path of an API', "$proxy\n$api\n"
        . in('Location "/api/register"', 'AcctAuthProtect On'));
};

subtest 'where an API is mounted' => sub {
    warned('on all of a site', 'ACCT0143', in('Location "/"',
        '!AcctAuthAPI auth-register'), qr{a path of its own},
        qr/AcctAuthUnknownPath Pass/);
    quiet('on all of it, with Pass', in('Location "/"',
        'AcctAuthAPI auth-register', 'AcctAuthUnknownPath Pass'));
    warned('in a tree that asks for a password', 'ACCT0144',
        in('Location "/"', "!$basic") . "\n$api", qr{API at /api/auth/|/api/},
        qr/Require all granted/);
    my $granted = in('Location "/api/"', 'AcctAuthAPI auth-register',
        'Require all granted');
    my $five = join "\n", map { in("Location \"$_\"",
        'Require all granted') } qw(/accounts /auth /account /api);
    quiet('opened, after it', in('Location "/"', $basic)
        . "\n$granted\n$five");
    warned('opened before it, which is too early', 'ACCT0144',
        "$granted\n$five\n" . in('Location "/"', "!$basic"),
        qr/after this one/);
};

# ------------------------------------------------------- what is on a request

subtest 'what opens AuthType Token on a request is told once' => sub {
    my $w = AcctTest->start(modules => ['access_compat'], conf => sub {
        my ($self) = @_;
        my $host = sub {
            my ($name, @more) = @_;
            return in("VirtualHost *:$self->{port}",
                "ServerName $name.example",
                "DocumentRoot \"$self->{dir}/htdocs\"", @more);
        };
        return join "\n",
            "<Directory \"$self->{dir}/htdocs\">\nAllowOverride All\n"
            . '</Directory>',
            $host->('satisfy', in('Location "/any/"', $guard)),
            $host->('granted', in('Location "/if/"', $guard)),
            $host->('fine', in('Location "/both/"', $token,
                'Require valid-user', 'Require all granted'),
                in('Location "/if/"', $guard, '<If "true">',
                    'Require all granted', '</If>'),
                in('Location "/tree/"', $guard),
                in('Location "/tree/open/"', 'Require all granted')),
            $host->('held', in('Location "/any/"', $guard,
                'AcctAuthProtect On')),
            $host->('closed', in('Location "/"', $guard)) . "\n";
    });
    $w->write('htdocs/any/.htaccess', "Satisfy Any\n");
    $w->write('htdocs/if/.htaccess',
        "<If \"true\">\nRequire all granted\n</If>\n");
    $w->write("htdocs/$_/a.txt", "PAGE\n") for 'any', 'if', 'both', 'tree/open';
    my $ask = sub { $w->get($_[1], headers =>
        [['Host', "$_[0].example"]])->{status} };
    my $told = sub { my @all = $w->log =~ /ACCT0303: .*/g; return @all };

    is($ask->('fine', $_), 200, "$_: open on purpose")
        for qw(/both/a.txt /if/a.txt /tree/open/a.txt);
    is($ask->('held', '/any/a.txt'), 401, 'AcctAuthProtect On holds');
    is($ask->('closed', '/api/auth/none/'), 401, 'a closed tree');
    is($w->request('OPTIONS', '/api/auth/login/', headers =>
        [['Host', 'closed.example']])->{status}, 200, 'and an API in it');
    is(scalar $told->(), 0, 'none of which is told');
    is($ask->('satisfy', '/any/a.txt'), 200, 'Satisfy Any of a .htaccess')
        for 1 .. 20;
    my @all = $told->();
    is(scalar @all, 1, 'is told once');
    like($all[0], qr{/any/a\.txt.*"Satisfy Any".*AcctAuthProtect On},
        'with what did it and what to write');
    is($ask->('granted', '/if/a.txt'), 200, 'Require all granted of a '
        . '.htaccess') for 1 .. 3;
    @all = $told->();
    is(scalar @all, 2, 'is told once, for its own server');
    like($all[1], qr{/if/a\.txt.*"Require all granted"}, 'with what did it');
};

done_testing();
