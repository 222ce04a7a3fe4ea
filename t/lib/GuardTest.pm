# SPDX-License-Identifier: Apache-2.0
#
# What the tests of the guard share: accounts in every state with their
# tokens, what a refusal looks like, and a small HTTP server that stands for
# a proxied application.

package GuardTest;

use strict;
use warnings;

use Exporter 'import';
use IO::Select;
use IO::Socket::INET;
use Test::More ();

our @EXPORT = qw(backend backend_scgi sign_in credentials refusal_faults detail_of
                 hup_quietly
                 env_script @CREDENTIALS %SENTENCE);

our %SENTENCE = (
    none    => 'Authentication credentials were not provided.',
    revoked => 'Invalid token.',
    garbage => 'Invalid token.',
    blocked => 'Invalid token.',
    expired => 'Invalid token.',
    two     => 'Invalid token header. Token string should not contain '
             . 'spaces.',
    absent  => 'Invalid token header. No credentials provided.',
    require => 'You do not have permission to perform this action.',
    outage  => 'Service temporarily unavailable.',
);
our @CREDENTIALS = qw(none good revoked garbage blocked two);

sub detail_of { return qq({"detail":"$SENTENCE{$_[0]}"}) }

# sign_in($s, NAME, PASSWORD, %opt): a new token of an account.
sub sign_in
{
    my ($s, $name, $password, %opt) = @_;
    my $r = $s->post('/api/auth/login/',
        { username => $name, password => $password }, %opt);
    die "sign-in of $name failed: $r->{status} $r->{body}\n"
        if $r->{status} != 200;
    return $r->{json}{token};
}

# credentials($s): makes the accounts alice, bob and mallory and returns
# what to send as: a hash of lists of headers.
sub credentials
{
    my ($s) = @_;
    $s->account(username => 'alice', email => 'alice@example.org',
                password => 'alice-secret', staff => 1);
    $s->account(username => 'bob', email => 'bob@example.org',
                password => 'bob-secret');
    $s->account(username => 'mallory', email => 'mallory@example.org',
                password => 'mallory-secret');
    my $good = sign_in($s, 'alice', 'alice-secret');
    my $bob = sign_in($s, 'bob', 'bob-secret');
    my $revoked = sign_in($s, 'alice', 'alice-secret');
    my $expired = sign_in($s, 'bob', 'bob-secret');
    my $blocked = sign_in($s, 'mallory', 'mallory-secret');
    my $r = $s->post('/api/auth/logout/', undef, token => $revoked);
    die "sign-out failed: $r->{status} $r->{body}\n" if $r->{status} != 204;
    # Blocked by hand: the token itself is still there.
    $s->sql("UPDATE account SET is_active = 0 WHERE username = 'mallory'");
    $s->sql('UPDATE token SET expires_at = created_at + 1 WHERE id ='
        . ' (SELECT id FROM token WHERE account_id ='
        . " (SELECT id FROM account WHERE username = 'bob')"
        . ' ORDER BY created_at DESC LIMIT 1)');
    my @auth = map { [['Authorization', "Token $_"]] }
        $good, $bob, $revoked, $expired, $blocked, $s->unknown_token;
    my %c = (none => [], two => [@{ $auth[0] }, @{ $auth[0] }],
             two_people => [@{ $auth[0] }, @{ $auth[1] }]);
    @c{qw(good bob revoked expired blocked garbage)} = @auth;
    $c{token} = $good;
    $c{bob_token} = $bob;
    return \%c;
}

# refusal_faults($r, CREDENTIAL, %opt): what is wrong with a refusal, as
# text; '' when nothing is. Options: challenge, head, status, secret (a
# pattern that may nowhere be seen).
sub refusal_faults
{
    my ($r, $credential, %opt) = @_;
    my $status = $opt{status} || 401;
    my %h = %{ $r->{headers} };
    my $get = sub { defined $h{ $_[0] } ? $h{ $_[0] } : '' };
    my @bad;
    push @bad, "status $r->{status} ($r->{reason})"
        if $r->{status} != $status;
    my $body = detail_of($credential);
    push @bad, "body $r->{body}"
        if $r->{body} ne ($opt{head} ? '' : $body);
    push @bad, 'Content-Type ' . $get->('content-type')
        if $get->('content-type') ne 'application/json';
    push @bad, 'Content-Length ' . $get->('content-length')
        if !$opt{h2} && $get->('content-length') ne length $body;
    my $challenge = $status == 401
        ? defined $opt{challenge} ? $opt{challenge} : 'Token' : '';
    push @bad, 'WWW-Authenticate ' . $get->('www-authenticate')
        if $get->('www-authenticate') ne $challenge;
    push @bad, 'Cache-Control ' . $get->('cache-control')
        if $get->('cache-control') ne 'no-store';
    push @bad, 'Vary ' . $get->('vary')
        if $get->('vary') !~ /\bAuthorization\b/;
    push @bad, 'Retry-After ' . $get->('retry-after')
        if ($status == 503) != ($get->('retry-after') =~ /\A[1-9]\d*\z/);
    push @bad, map { "it has $_" }
        grep { exists $h{$_} } qw(etag last-modified content-range location);
    my $secret = $opt{secret} || qr/SECRET/;
    push @bad, 'the secret shows'
        if join("\n", $r->{body}, %h) =~ $secret;
    return join '; ', @bad;
}

# hup_quietly($s, CONF): SIGHUP when the last connections are gone. A child
# of mpm_event that gets the signal to end closes its threads' sockets under
# them, and now and then crashes of it, with or without this module.
sub hup_quietly
{
    my ($s, $conf) = @_;
    delete $s->{sock};
    select undef, undef, undef, 0.2;
    $s->hup($conf);
}

# A CGI that prints its environment. It reads its body: mod_cgid resets the
# connection of a script that leaves some.
sub env_script
{
    return "#!/bin/sh\ncat >/dev/null\n"
        . "printf 'Content-Type: text/plain\\r\\n\\r\\nSECRET cgi\\n'\n"
        . "env\n";
}

# --------------------------------------------------------- the application

# backend(CODE): a server on a free port in a process of its own. CODE is
# given {method, path, query, headers (list of [name, value]), body} and
# returns (status, [[name, value]...], body). Ended when the object goes.
sub backend
{
    my ($code) = @_;
    return _server(sub { _serve($_[0], $code) });
}

# backend_scgi(): the same for SCGI; it answers with its environment.
sub backend_scgi
{
    return _server(sub {
        my ($sock) = @_;
        my $buf = '';
        until ($buf =~ /\A(\d+):/ && length $buf > $1 + length($1) + 1) {
            _more($sock, \$buf) or return;
        }
        my ($length, $rest) = $buf =~ /\A(\d+):(.*)\z/s;
        my @env = split /\0/, substr($rest, 0, $length), -1;
        my $text = '';
        while (@env > 1) {
            my ($name, $value) = splice @env, 0, 2;
            $text .= "$name=$value\n";
        }
        syswrite $sock, "Status: 200 OK\r\nContent-Type: text/plain\r\n"
            . "\r\n$text";
    });
}

sub _server
{
    my ($serve) = @_;
    my $listener = IO::Socket::INET->new(Listen => 64,
        LocalAddr => '127.0.0.1', LocalPort => 0, ReuseAddr => 1)
        or die "no free port: $@\n";
    my $port = $listener->sockport;
    my $parent = $$;
    my $pid = fork;
    die "cannot fork: $!\n" if !defined $pid;
    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        $SIG{PIPE} = 'IGNORE';
        $SIG{ALRM} = 'DEFAULT';
        while (getppid() == $parent) {
            next if !IO::Select->new($listener)->can_read(1);
            my $sock = $listener->accept or next;
            alarm 60;
            $serve->($sock);
            alarm 0;
            close $sock;
        }
        require POSIX;
        POSIX::_exit(0);
    }
    return bless { port => $port, pid => $pid, owner => $parent },
        'GuardTest::Backend';
}

sub _more
{
    my ($sock, $buf) = @_;
    return if !IO::Select->new($sock)->can_read(5);
    return sysread $sock, $$buf, 65536, length $$buf;
}

sub _serve
{
    my ($sock, $code) = @_;
    my $buf = '';
    until ($buf =~ /\r\n\r\n/) {
        _more($sock, \$buf) or return;
    }
    my ($head, $body) = split /\r\n\r\n/, $buf, 2;
    my ($line, @lines) = split /\r\n/, $head;
    my ($method, $target) = split / /, $line;
    my @headers = map { /^([^:]*):\s*(.*?)\s*$/ ? [$1, $2] : () } @lines;
    my %h = map { lc $_->[0] => $_->[1] } @headers;
    if (($h{'transfer-encoding'} || '') =~ /chunked/i) {
        until ($body =~ /(?:\A|\r\n)0\r\n(?:.*\r\n)?\r\n\z/s) {
            _more($sock, \$body) or return;
        }
    }
    while (length $body < ($h{'content-length'} || 0)) {
        _more($sock, \$body) or return;
    }
    my ($path, $query) = split /\?/, $target, 2;
    my ($status, $out, $text) = $code->({
        method => $method, path => $path, body => $body,
        query => defined $query ? $query : '', headers => \@headers });
    my $answer = "HTTP/1.1 $status X\r\n"
        . join('', map { "$_->[0]: $_->[1]\r\n" } @$out)
        . 'Content-Length: ' . length($text) . "\r\nConnection: close\r\n\r\n"
        . ($method eq 'HEAD' ? '' : $text);
    while (length $answer) {
        my $n = syswrite $sock, $answer;
        return if !defined $n;
        substr $answer, 0, $n, '';
    }
}

package GuardTest::Backend;

sub port { return $_[0]{port} }

sub DESTROY
{
    my ($self) = @_;
    return if $self->{owner} != $$;
    local ($?, $!);
    kill 'TERM', $self->{pid};
    waitpid $self->{pid}, 0;
}

1;
