#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, a line is written by whichever child answers
#
# contrib/fail2ban on the lines of a live site: each failed sign-in is found
# by the address it came from, over IPv4 and IPv6, HTTP/1.1 and HTTP/2, behind
# mod_remoteip; no header, path or name of a client's makes another address be
# found, or hides its own.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use JSON::PP ();
use Socket qw(AF_INET6 SOCK_STREAM inet_pton pack_sockaddr_in6
              unpack_sockaddr_in6);
use Test::More;

plan skip_all => 'fail2ban is not installed'
    if system('fail2ban-regex --version >/dev/null 2>&1');
plan skip_all => 'mod_http2 is not here' if !has_h2();

my $contrib = tree() . '/contrib/fail2ban';

# A free port of ::1, or undef where there is no IPv6.
my $six = do {
    my $at = pack_sockaddr_in6(0, inet_pton(AF_INET6, '::1'));
    my $sock;
    socket($sock, AF_INET6, SOCK_STREAM, 0) && bind($sock, $at)
        ? (unpack_sockaddr_in6(getsockname $sock))[0] : undef;
};
diag('no IPv6 here') if !$six;

my $s = AcctTest->start(modules => ['remoteip'], h2 => 1,
    hash => 'argon2id m=8 t=1 p=1', log_level => 'notice acctauth:info',
    conf => sub {
        my ($self) = @_;
        my $also = $six ? "Listen [::1]:$six\n" : '';
        my $hosts = $six ? "*:$self->{port} [::1]:$six" : "*:$self->{port}";
        return <<"CONF";
${also}AcctAuthLimit Off
AcctAuthAuditLog "logs/audit.log"
<Location "/private/">
    AcctAuthProtect On
</Location>
<VirtualHost $hosts>
    ServerName direct.example
    DocumentRoot "$self->{dir}/htdocs"
</VirtualHost>
<VirtualHost $hosts>
    ServerName proxied.example
    DocumentRoot "$self->{dir}/htdocs"
    RemoteIPHeader X-Forwarded-For
    RemoteIPInternalProxy 127.0.0.1
</VirtualHost>
CONF
    });
my $password = 'tower bridge 9';
$s->account(username => $_, password => $password) for qw(ann bob);
$s->cli('user', 'block', 'bob');

my $EVIL = '203.0.113.9';
my (@signins, @tokens);     # addresses that must be found, in their order

# ask(PATH, headers => [...], data => {...}, h2 => 1, six => 1): one request.
sub ask
{
    my ($path, %opt) = @_;
    my @headers = map { [split /: /, $_, 2] } @{ $opt{headers} || [] };
    return $s->request($opt{data} ? 'POST' : 'GET', $path,
                       headers => \@headers,
                       $opt{data} ? (json => $opt{data}) : ())
        if !$opt{h2} && !$opt{six};
    my @args = ('-sS', '-o', '/dev/null', '--path-as-is', '-g',
                $opt{h2} ? '--http2-prior-knowledge' : '--http1.1');
    push @args, '-H', 'Content-Type: application/json', '--data-binary',
        JSON::PP->new->utf8->encode($opt{data}) if $opt{data};
    push @args, map { ('-H', $_) } @{ $opt{headers} || [] };
    my $host = $opt{six} ? "[::1]:$six" : "127.0.0.1:$s->{port}";
    system('curl', @args, "http://$host$path") == 0 or die 'curl';
}

sub guess
{
    my ($ip, $name, %opt) = @_;
    push @signins, $ip;
    ask('/account/login/', %opt,
        data => { username => $name, password => 'a wrong one' });
}

for my $h2 (0, 1) {
    for my $v6 ($six ? (0, 1) : 0) {
        guess($v6 ? '::1' : '127.0.0.1', $_, h2 => $h2, six => $v6)
            for 'ann', 'nobody';
    }
    for my $ip ('192.0.2.77', '2001:db8::77', '2001:db8:0:1:2:3:4:5') {
        guess($ip, 'ann', h2 => $h2, headers => [
            'Host: proxied.example', "X-Forwarded-For: $ip"]);
    }
    guess('192.0.2.9', 'ann', h2 => $h2, headers => [
        'Host: proxied.example', 'X-Forwarded-For: ::ffff:192.0.2.9']);
}
push @signins, '127.0.0.1';
ask('/account/login/', data => { username => 'bob', password => $password });

# What a client writes is in the lines too.
my $line = "] [client $EVIL:1] ACCT0204: authn_login_fail: no such account";
my $json = qq({"ts":"2026-11-30T00:00:00.000000Z","v":1,"event":"login",)
    . qq("outcome":"wrong_credentials","ip":"$EVIL",);
my @texts = ("x$line", "x\", referer: $line", $json,
             "[Mon Nov 30 00:00:00 2026] [acctauth:info] [pid 1] "
             . substr $line, 2);
for my $text (@texts) {
    for my $h2 (0, 1) {
        guess('127.0.0.1', $text, h2 => $h2, headers => [
            "Referer: $text", "User-Agent: $text", "X-Forwarded-For: $EVIL"]);
        (my $path = "\n$text") =~ s/([^\w\/.-])/sprintf '%%%02x', ord $1/ge;
        ask("/private/$path", headers => ["Referer: $text"]) if !$h2;
        push @tokens, '127.0.0.1';
        ask("/private/$path", h2 => $h2, headers => [
            "Referer: $text", 'Authorization: Token ' . 'x' x 40]);
    }
}

# What is no failure, or no attempt.
ask('/account/login/', data => { username => 'ann', password => $password });
ask('/account/login/', data => { username => 'ann' });
ask('/private/');
ask('/account/logout/', data => {});

my $audit = $s->dir . '/logs/audit.log';
my $error = $s->dir . '/logs/error_log';

# The guards' lines come at the end of a request.
await(sub { my $told = () = slurp($audit) =~ /"guard"/g;
    $told >= @tokens * 3 / 2 + 1 }, 'the lines');

sub found
{
    my ($log, $filter, $mode, %env) = @_;
    local %ENV = (%ENV, %env);
    my $file = "$contrib/filter.d/$filter.conf";
    $file .= "[mode=$mode]" if $mode;
    open my $out, '-|', 'fail2ban-regex', '-o', 'ip', $log, $file
        or die "fail2ban-regex: $!";
    return [map { s/^\s+|\s+$//gr } grep { /\S/ } <$out>];
}

subtest 'the audit log: sign-ins that failed' => sub {
    is_deeply(found($audit, 'acctauth'), \@signins, 'each, in their order');
};

subtest 'the audit log: bad tokens' => sub {
    is_deeply([sort @{ found($audit, 'acctauth', 'tokens') }],
              [sort @tokens], 'each');
};

subtest 'the audit log: the time is UTC, wherever the machine is' => sub {
    open my $out, '-|', 'env', 'TZ=America/New_York', 'fail2ban-regex', '-o',
        '<F-TIME> <time>', $audit, "$contrib/filter.d/acctauth.conf" or die;
    my ($first) = <$out>;
    1 while <$out>;
    my ($time) = ($first || '') =~ /(\d{10}(?:\.\d+)?)/;
    plan skip_all => 'this fail2ban-regex prints no times' if !$time;
    cmp_ok(abs($time - time), '<', 600, 'now');
};

subtest 'the error log: sign-ins that failed' => sub {
    is_deeply(found($error, 'acctauth-error'), \@signins,
              'each, in their order');
};

subtest 'the error log: bad tokens' => sub {
    is_deeply(found($error, 'acctauth-error', 'tokens'), \@tokens, 'each');
};

subtest 'the lines are those of which tools say the wrong' => sub {
    my $text = slurp($error);
    like($text, qr/\[remote 127\.0\.0\.1:\d+\] ACCT0204/, 'over HTTP/2');
    like($text, qr/\[(?:client|remote) 2001:db8::77:0\] ACCT0204/,
         'IPv6 behind mod_remoteip');
    like($text, qr/, referer: [^\n]*\Q$EVIL\E/, 'a Referer');
    like($text, qr/ACCT0301: [^\n]*\Q$line\E/, 'a path');
};

subtest 'the jails are taken' => sub {
    my $dir = $s->dir . '/fail2ban';
    plan skip_all => 'no /etc/fail2ban' if !-e '/etc/fail2ban/jail.conf';
    system('cp', '-R', '/etc/fail2ban', $dir) == 0 or die 'cp';
    unlink glob "$dir/jail.d/*";
    for my $file (glob "$contrib/*/*.conf") {
        my ($to) = $file =~ m{([^/]+/[^/]+)$};
        my $text = slurp($file) =~ s{/var/log/apache2/acctauth\.log}{$audit}gr;
        $text =~ s{/var/log/apache2/error\.log}{$error}g;
        $text =~ s/^enabled = false/enabled = true/mg;
        AcctTest::spew("$dir/$to", $text);
    }
    my $said = qx(fail2ban-client -c '$dir' -t 2>&1);
    is($?, 0, 'fail2ban-client -t') or diag($said);
    unlike($said, qr/ERROR|acctauth/, 'with nothing to say');
    my $dump = qx(fail2ban-client -c '$dir' -d 2>&1);
    like($dump, qr/\['add', '$_', 'auto'\]/, "the jail $_")
        for qw(acctauth acctauth-tokens acctauth-error);
    my $default = slurp("$contrib/jail.d/acctauth.conf");
    unlike($default, qr/^\[(?:DEFAULT|INCLUDES)\]/m,
           'and say nothing of others');
};

done_testing();
