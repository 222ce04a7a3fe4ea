#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, what is logged is the same
#
# With everything logged that can be logged, no password, token, digest,
# hash, sealed token or key stands in any log; and no file that holds them
# can be read by others.
# driver: sqlite3

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use MIME::Base64 ();
use Test::More;

# A umask that keeps nothing shut: the module must not lean on it.
umask 0;
my $s = AcctTest->start(log_level => 'warn acctauth:trace8',
    hash => cheap_hash(),
    log_format => '%h %l %u \"%r\" %>s %b %{ACCTAUTH_ID}e '
        . '%{ACCTAUTH_USERNAME}e %{ACCTAUTH_TOKEN_ID}e',
    conf => <<'CONF');
AcctAuthPasswordRules min-length=8 not-similar
<Location "/private/">
    AcctAuthProtect On
    AcctAuthIdentityHeaders On
</Location>
<Location "/typed/">
    AuthType Token
    Require valid-user
</Location>
<Location "/optional/">
    AcctAuthProtect Optional
</Location>
CONF
$s->write('htdocs/open.txt', "open\n");
$s->write("htdocs/$_/a.txt", "secret\n") for qw(private typed optional);

# Everything that must not be found: text by what it is.
my %secret;
my @passwords = ('Canary-Tower-Bridge-7', 'Canary Zwei \"Straße\" 8',
                 'CanaryWrongPassword9', 'canary1');
$secret{"password $_"} = $passwords[$_] for 0 .. $#passwords;
my $n = 0;

sub keep_token
{
    my ($token) = @_;
    return if !defined $token;
    $n++;
    $secret{"token $n"} = $token;
    $secret{"digest $n"} = digest($token);
    return $token;
}

sub keep_rows
{
    my $i = 0;
    for my $row ($s->sql('SELECT password FROM account')) {
        next if !defined $row->[0];
        $i++;
        $secret{"hash $i"} = $row->[0];
        $secret{"salt and hash $i " . ++$n} = $1
            if $row->[0] =~ /\$([^\$]+)\$[^\$]+$/;
        $secret{"end of hash " . ++$n} = $1 if $row->[0] =~ /\$([^\$]+)$/;
    }
    for my $row ($s->sql('SELECT digest, sealed FROM token')) {
        $secret{'a digest ' . ++$n} = $row->[0];
        next if !defined $row->[1];
        $secret{'a sealed token ' . ++$n} = $row->[1];
        $secret{'a sealed blob ' . $n} = $1
            if $row->[1] =~ /([A-Za-z0-9+\/]{24,})=*$/;
    }
}

# ------------------------------------------------ all that can happen, once

my %seen;
my $do = sub { my ($what, $r) = @_; $seen{$what} = $r->{status}; $r };
my $foreign = keep_token('c0ffee' . 'a' x 34);
my $upper = keep_token('C0FFEE' . 'B' x 34);
my $many = keep_token('beef' x 16);

$do->('sign-up' => $s->post('/api/auth/register/', { username => 'ada',
    email => 'ada@example.org', password => $passwords[0] }));
my $ada = keep_token($s->post('/api/auth/login/', { username => 'ada',
    password => $passwords[0] })->{json}{token});
my $reuse = keep_token($s->post('/accounts/signin/', { username => 'ada',
    password => $passwords[0] })->{json}{data}{token});
my $bob = keep_token($do->('other sign-up' => $s->post('/account/register/',
    { username => 'bob', email => 'bob@example.org',
      password => $passwords[1], password2 => $passwords[1] }))
    ->{json}{token});
ok(defined $ada && defined $reuse && defined $bob, 'people are signed in');
$do->('taken' => $s->post('/api/auth/register/', { username => 'ada',
    password => $passwords[0] }));
$do->('too short' => $s->post('/api/auth/register/', { username => 'eve',
    password => $passwords[3] }));
$do->('too similar' => $s->post('/api/auth/register/', {
    username => 'CanaryWrong', password => $passwords[2] }));
$do->('mismatch' => $s->post('/account/register/', { username => 'eve',
    email => 'eve@example.org', password => $passwords[0],
    password2 => $passwords[2] }));
$do->('wrong' => $s->post($_->[0], $_->[1])) for
    ['/accounts/signin/', { username => 'ada', password => $passwords[2] }],
    ['/api/auth/login/', { username => $passwords[2],
                           password => $passwords[0] }],
    ['/api/v1/users/login/', { email => 'ada@example.org',
                               password => $passwords[2] }];
$do->('broken' => $s->request('POST', '/api/auth/login/',
    type => 'application/json',
    body => "{\"username\":\"ada\",\"password\":\"$passwords[0]\""));
$do->('twice' => $s->request('POST', '/api/auth/login/',
    type => 'application/json', body => "{\"password\":\"$passwords[0]\","
        . "\"password\":\"$passwords[2]\"}"));
$do->('form' => $s->request('POST', '/api/auth/login/',
    type => 'application/x-www-form-urlencoded',
    body => "username=ada&password=$passwords[0]%00"));
$do->('media type' => $s->request('POST', '/api/auth/login/',
    type => 'text/plain', body => "password=$passwords[0]"));
$do->('too large' => $s->request('POST', '/api/auth/login/',
    type => 'application/json', body => '{"password":"' . $passwords[0] x 900
        . '"}'));
for my $path (qw(/private/a.txt /typed/a.txt /optional/a.txt)) {
    $do->("good $path" => $s->get($path, token => $ada));
    $do->("reused $path" => $s->get($path, token => $reuse));
    $do->("foreign $path" => $s->get($path, token => $foreign));
    $do->("upper $path" => $s->get($path, token => $upper));
    $do->("two words $path" => $s->get($path, token => "$ada $many"));
    $do->("two headers $path" => $s->get($path, headers =>
        [['Authorization', "Token $ada"], ['Authorization', "Token $many"]]));
    $do->("other scheme $path" => $s->get($path, scheme => 'Bearer',
                                          token => $ada));
    $do->("none $path" => $s->get($path));
    $do->("trace $path" => $s->request('TRACE', $path, token => $ada));
}
$do->('current' => $s->get('/api/v1/users/1/', token => $reuse));
$do->('sign-out' => $s->request('POST', '/accounts/signout/',
                                token => $reuse));
$do->('sign-out again' => $s->request('POST', '/accounts/signout/',
                                      token => $reuse));
$do->('blocked' => do { $s->cli('user', 'block', 'bob');
    $s->get('/private/a.txt', token => $bob) });
my $extra = keep_token($s->post('/api/auth/login/', { username => 'ada',
    password => $passwords[0] })->{json}{token});
keep_rows();
$do->('sign-out of all' => $s->request('POST', '/api/auth/logoutall/',
                                       token => $extra));
keep_token($s->post('/api/auth/login/', { username => 'ada',
    password => $passwords[0] })->{json}{token});
my $live = keep_token($s->post('/accounts/signin/', { username => 'ada',
    password => $passwords[0] })->{json}{data}{token});
keep_rows();

# Faults of the database: errors are where values like to leak.
{
    my $unlock = lock_database($s, 'BEGIN EXCLUSIVE;');
    $do->('locked sign-in' => $s->post('/accounts/signin/',
        { username => 'ada', password => $passwords[0] }));
    $unlock->();
    $s->sql('ALTER TABLE token RENAME TO token_away');
    $do->('table gone' => $s->get('/private/a.txt', token => $live));
    $do->('table gone, sign-in' => $s->post('/accounts/signin/',
        { username => 'ada', password => $passwords[0] }));
    $do->('table gone, sign-up' => $s->post('/api/auth/register/',
        { username => 'carl', password => $passwords[0] }));
    $s->sql('ALTER TABLE token_away RENAME TO token');
    $s->sql("UPDATE token SET sealed = substr(sealed, 1, 40) "
        . "WHERE sealed IS NOT NULL");
    $do->('a seal is damaged' => $s->post('/accounts/signin/',
        { username => 'ada', password => $passwords[0] }));
    my ($password) = map { $_->[0] }
        $s->sql("SELECT password FROM account WHERE username = 'ada'");
    $s->sql("UPDATE account SET password = 'md5\$' || password "
        . "WHERE username = 'ada'");
    $do->('an unknown hash' => $s->post('/accounts/signin/',
        { username => 'ada', password => $passwords[0] }));
    $s->sql("UPDATE account SET password = '$password' "
        . "WHERE username = 'ada'");
    $s->sql("CREATE TRIGGER no_more BEFORE INSERT ON token BEGIN "
        . "SELECT RAISE(ABORT, 'no more ' || NEW.digest); END")
        if $ENV{ACCT_TRIGGER};      # an operator's own message is his own
    rename $s->db, $s->db . '.away';
    $do->('missing' => $s->get('/private/a.txt', token => $live));
    $do->('missing, sign-in' => $s->post('/accounts/signin/',
        { username => 'ada', password => $passwords[0] }));
    $do->('missing, sign-up' => $s->post('/api/auth/register/',
        { username => 'dora', password => $passwords[0] }));
    rename $s->db . '.away', $s->db;
}
$s->graceful;
$s->get('/private/a.txt', token => $live);

note(join ', ', map { "$_ $seen{$_}" } sort keys %seen);
is(scalar(grep { !$seen{$_} } keys %seen), 0,
    'all of ' . keys(%seen) . ' things were answered');
is($seen{'missing'}, 503, 'a missing database is 503');
like($seen{'locked sign-in'}, qr/^503$/, 'a locked one is 503');

# ------------------------------------------------------------------ the logs

my $key = slurp($s->key);
$key =~ s/\s+$//;
$secret{key} = $key;
$secret{'key, raw'} = pack 'H*', $key if $key =~ /^[0-9a-f]{64}$/;
$secret{'key in base64'} = MIME::Base64::encode_base64(pack('H*', $key), '')
    if $key =~ /^[0-9a-f]{64}$/;

my %log = map { $_ => slurp($_) } grep { -f } glob $s->dir . '/logs/*';
cmp_ok(scalar keys %log, '>=', 2, 'there are logs');
like($s->log, qr/\bacctauth:/, 'and they say something of ours');
like($s->log, qr/store_unavailable/, 'also about the faults');

my @found;
for my $what (sort keys %secret) {
    my $text = $secret{$what};
    my %forms = (plain => $text);
    $forms{base64} = MIME::Base64::encode_base64($text, '');
    $forms{hex} = unpack 'H*', $text;
    # The first half is too much as well; a password may be short.
    $forms{half} = substr $text, 0, int(length($text) / 2)
        if length $text >= 32;
    for my $form (sort keys %forms) {
        my $needle = $forms{$form};
        $needle =~ s/=+$//;
        for my $file (sort keys %log) {
            push @found, "$what ($form) in $file: " . line_with($log{$file},
                $needle) if index($log{$file}, $needle) >= 0;
        }
    }
}
sub line_with
{
    my ($text, $needle) = @_;
    my ($line) = grep { index($_, $needle) >= 0 } split /\n/, $text;
    return substr $line, 0, 200;
}
ok(!@found, keys(%secret) . ' secrets are in none of the logs')
    or diag(join "\n", @found[0 .. ($#found > 9 ? 9 : $#found)]);
unlike(join('', values %log), qr/"?password"?\s*[:=]\s*"?Canary/i,
    'nor a body that held one');
unlike($s->log, qr/\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM)\b/,
    'no SQL is logged');

# Even the host's own lines, which print every header when told to.
SKIP: {
    $s->{log_level} = 'trace8';
    $s->restart;
    skip 'did not answer', 1
        if $s->get('/private/a.txt', token => $live)->{status} != 200;
    $s->post('/api/auth/login/', { username => 'ada',
        password => $passwords[0] });
    my @ours = grep { /\[acctauth:/ } split /\n/, $s->log;
    my @leak = grep { my $line = $_;
                      grep { index($line, $_) >= 0 } values %secret } @ours;
    is_deeply(\@leak, [], 'at LogLevel trace8 of the whole server none of '
        . 'the ' . @ours . ' lines of ours holds one');
    my @others = grep { my $line = $_; $line !~ /\[acctauth:/
                        && grep { index($line, $_) >= 0 } values %secret }
        split /\n/, $s->log;
    note(scalar(@others) . ' lines of httpd itself do, for example: '
        . substr($others[0], 0, 160)) if @others;
}

# --------------------------------------------------------------- other places

for my $file ($s->db, $s->db . '-wal', $s->db . '-shm', $s->key) {
    my ($name) = $file =~ m{([^/]+)$};
    ok(-e $file, "$name is there") if $file !~ /-/;
    next if !-e $file;
    is(sprintf('%03o', (stat $file)[2] & 0777), '600',
        "only its owner can read $name");
}
for my $pid ($s->pid, $s->children) {
    my $environment = slurp("/proc/$pid/environ") . slurp("/proc/$pid/cmdline");
    my @leak = grep { index($environment, $secret{$_}) >= 0 } keys %secret;
    is_deeply(\@leak, [], "none in environment or arguments of $pid");
}
# What is stored is no token.
my $stored = join "\n", map { slurp($_) } glob $s->db . '*';
my @clear = grep { /^(?:token|password) / && $secret{$_} ne 'ada'
                   && index($stored, $secret{$_}) >= 0 } keys %secret;
is_deeply(\@clear, [], 'the database and its journal hold none in clear');

done_testing;
