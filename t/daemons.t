#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: own, each starts its children in its own way
# driver: any, no database takes part
#
# What other modules fork from httpd's parent (a daemon of mod_wsgi's, that
# of mod_cgid) inherits its memory, and may run foreign code as another
# user. The key, what is derived from it, the cache's secret and the cache
# itself are in the memory of the processes alone that answer requests.

use strict;
use warnings;
no warnings 'portable';         # addresses have 64 bits
use lib 't/lib';
use AcctTest;
use Digest::SHA qw(hmac_sha256);
use FaultKit;
use POSIX ();
use Test::More;

plan skip_all => 'needs /proc/PID/mem' if !-r '/proc/self/mem';
plan skip_all => 'a sanitizer has memory of its own' if $ENV{ACCT_PRELOAD};

my $LARGE = 2_000_000;          # bytes: the cache is, other memory is not

# What must not be found in a process, by name.
sub needles
{
    my ($s) = @_;
    my ($hex) = slurp($s->key) =~ /^([0-9a-f]{64})$/m;
    my $key = pack 'H*', $hex;
    my $check = hmac_sha256("acctauth token check v1\x01",
                            hmac_sha256($key, "\0" x 32));
    return ('the key' => $key, 'the key in hex' => $hex,
            'the key of the tokens\' check' => substr $check, 0, 16);
}

# The mappings of a process: start, end, flags, device and inode, name.
sub mappings
{
    my ($pid) = @_;
    return map {
        /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ (\S+ \d+)\s*(.*)/
            ? { from => hex $1, to => hex $2, flags => $3, what => $4,
                name => $5 } : ()
    } split /\n/, slurp("/proc/$pid/maps");
}

sub large_shared
{
    my ($pid) = @_;
    my %bytes;
    for my $m (mappings($pid)) {
        $bytes{ $m->{what} } += $m->{to} - $m->{from}
            if $m->{flags} =~ /s$/ && $m->{name} !~ m{^/(?!SYSV|dev/zero)};
    }
    return grep { $bytes{$_} >= $LARGE } sort keys %bytes;
}

# Which of the needles a process has in its memory.
sub found_in
{
    my ($pid, %needle) = @_;
    my %found;
    open my $mem, '<:raw', "/proc/$pid/mem" or die "$pid: $!\n";
    for my $m (mappings($pid)) {
        next if $m->{name} =~ /^\[v/;
        my $tail = '';
        for (my $at = $m->{from}; $at < $m->{to}; $at += 1 << 20) {
            my $want = $m->{to} - $at < 1 << 20 ? $m->{to} - $at : 1 << 20;
            sysseek $mem, $at, 0 or last;
            my $bytes;
            my $got = sysread $mem, $bytes, $want;
            last if !$got;
            $bytes = $tail . $bytes;
            $found{$_} = 1 for grep { index($bytes, $needle{$_}) >= 0 }
                               keys %needle;
            $tail = substr $bytes, -64;
        }
    }
    return sort keys %found;
}

# The first bytes of the segment that has the cache: its secret.
sub secret_of
{
    my ($child) = @_;
    my ($id) = map { /(\d+)$/ ? $1 : () } large_shared($child);
    my $bytes = '';
    shmread $id || 0, $bytes, POSIX::sysconf(POSIX::_SC_PAGESIZE()), 16
        or return;
    return $bytes;
}

my $WSGI = AcctTest::layout()->{LIBEXECDIR} . '/mod_wsgi.so';
my $wsgi = -e $WSGI;
my $nobody = $> == 0 && getpwnam 'nobody'
    ? 'user=nobody group=' . getgrgid((getpwnam 'nobody')[3]) : '';

sub conf
{
    my ($s) = @_;
    my $text = <<'CONF';
AcctAuthCache 4M
ScriptAlias "/cgi/" "${DIR}/cgi/"
<Directory "${DIR}/cgi">
    Require all granted
</Directory>
<Directory "${DIR}/wsgi">
    Require all granted
</Directory>
<Location "/private/">
    AcctAuthProtect On
</Location>
CONF
    $text .= <<"CONF" if $wsgi;
LoadModule wsgi_module "$WSGI"
WSGISocketPrefix "$s->{dir}/logs/wsgi"
WSGIDaemonProcess other $nobody threads=1 home=/tmp
WSGIProcessGroup other
WSGIApplicationGroup %{GLOBAL}
WSGIScriptAlias "/wsgi" "$s->{dir}/wsgi/app.py"
CONF
    return $text;
}

my $s = AcctTest->prepare(modules => ['cgi'], conf => \&conf,
    log_format => '%P %U%q', api => 1);
$s->write('htdocs/private/a.txt', "private\n");
$s->write('cgi/parent', "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\n"
    . "echo \$PPID\n", 0755);
# Tries each segment of shared memory there is, as an application could; one
# of the same user can, and detaches it: what the fork left is looked at.
$s->write('wsgi/app.py', <<'PYTHON');
import ctypes, os

libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p

def application(environ, start_response):
    with open('/proc/sysvipc/shm') as f:
        ids = [int(line.split()[1]) for line in f.readlines()[1:]]
    had = []
    for n in ids:
        at = libc.shmat(n, None, 0)
        if at != ctypes.c_void_p(-1).value:
            had.append(n)
            libc.shmdt(ctypes.c_void_p(at))
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [('%d %s' % (os.getpid(), ','.join(map(str, had)))).encode()]
PYTHON
my $why = $s->run;
is($why, undef, 'a server with daemons of other modules') or BAIL_OUT($why);
my %needle = needles($s);

my $account = $s->post('/api/auth/register/', { username => 'ann',
    password => 'tower bridge' })->{json};
my @auth = (headers => { Authorization => "Token $account->{token}" });

# A sign-in that hands the same token out, which is sealed under the key.
sub same_token
{
    my $r = $s->post('/accounts/signin/', { username => 'ann',
        password => 'tower bridge' });
    return $r->{body} =~ /"token":"(\w+)"/ ? $1 : undef;
}
my $same = same_token();
ok($same, 'a sign-in seals a token');

# The process that answered.
my $asked = 0;
sub answering
{
    my $path = '/private/a.txt?' . ++$asked;
    my $r = $s->get($path, @auth);
    is($r->{status}, 200, 'a request with a token is answered');
    return $s->wait_for(sub { $s->access_log =~ /^(\d+) \Q$path\E$/m
        ? $1 : undef });
}

sub pid_of { my ($path) = @_; return $s->get($path)->{body} =~ /^(\d+)/
    ? $1 : undef }

# has_none(PID, WHO, CHILD): that a process has nothing of what a child has.
sub has_none
{
    my ($pid, $who, $child) = @_;
    ok($pid && $pid != $child, "$who is another process") or return;
    is_deeply([found_in($pid, %needle)], [], "$who has no secret in its "
        . 'memory');
    my %of_child = map { $_ => 1 } large_shared($child);
    is_deeply([grep { $of_child{$_} } large_shared($pid)], [],
              "$who does not have the cache mapped");
}

sub look
{
    my ($when) = @_;
    subtest $when => sub {
        my $child = answering();
        my $cgid = $s->{mpm} eq 'prefork' ? undef : pid_of('/cgi/parent');
        my $daemon = $wsgi ? pid_of('/wsgi') : undef;

        $needle{'the cache\'s secret'} = secret_of($child)
            || "\xff" x 64 if !exists $needle{'the cache\'s secret'};
        is_deeply([found_in($child, %needle)],
                  [grep { $_ ne 'the key in hex' } sort keys %needle],
                  'a child that answers requests has them all');
        is(scalar(large_shared($child)), 1, '... and the cache');
        has_none($s->pid, 'the parent', $child);
        SKIP: {
            skip 'prefork has no mod_cgid', 3 if $s->{mpm} eq 'prefork';
            has_none($cgid, 'mod_cgid\'s daemon', $child);
        }
        SKIP: {
            skip 'there is no mod_wsgi here', 4 if !$wsgi;
            has_none($daemon, 'mod_wsgi\'s daemon', $child);
            my ($had) = $s->get('/wsgi')->{body} =~ /^\d+ (.*)/;
            SKIP: {
                skip 'it is the same user as ours', 1 if !$nobody;
                is($had, '', '... and cannot attach it, as user nobody');
            }
        }
    };
}

look('at the start');

$s->graceful;
look('after a graceful reload');

SKIP: {
    my @daemons = grep { $_ } $s->{mpm} eq 'prefork' ? ()
        : pid_of('/cgi/parent'), $wsgi ? pid_of('/wsgi') : ();
    skip 'there is no daemon here', 1 if !@daemons;
    kill 'KILL', @daemons;
    $s->wait_for(sub { !grep { kill 0, $_ } @daemons });
    $s->wait_for(sub { $s->get('/cgi/parent')->{status} == 200
        && (!$wsgi || $s->get('/wsgi')->{status} == 200) }, 20);
    look('when the daemons died and were started anew');
}

subtest 'the memory is gone with the server, however that ends' => sub {
    my ($id) = map { /(\d+)$/ ? $1 : () } large_shared(answering());
    my @all = ($s->pid, $s->children);
    kill 'KILL', @all;
    waitpid $all[0], 0;
    my $gone = $s->wait_for(sub { slurp('/proc/sysvipc/shm')
        !~ /^\s*\d+\s+\Q$id\E\s/m });
    ok($gone, 'nothing is left of it');
};

# start_as(CODE, ARGUMENTS): httpd started in another way than usual.
sub start_as
{
    my ($code, @arguments) = @_;
    my $pid = fork;
    die "cannot fork: $!\n" if !defined $pid;
    if ($pid == 0) {
        POSIX::setpgid(0, 0);
        $code->();
        open STDOUT, '>>', "$s->{dir}/logs/start.out";
        open STDERR, '>&', \*STDOUT;
        exec AcctTest::layout()->{HTTPD}, '-d', $s->{dir}, '-f',
            "$s->{dir}/httpd.conf", @arguments or POSIX::_exit(127);
    }
    POSIX::setpgid($pid, $pid);
    $s->{pid} = $pid;
    return $s->wait_for(sub { $s->_answers }, 20)
        || diag(slurp("$s->{dir}/logs/start.out")) && 0;
}

sub answers_and_ends
{
    is($s->get('/private/a.txt', @auth)->{status}, 200,
       'a token lets its owner in');
    is(same_token(), $same, 'a sign-in opens the sealed token');
    unlike($s->log, qr/ACCT0219|ACCT0214/, 'all shared memory was had');
    $s->_end_process;
}

$s->{pid} = undef;
$wsgi = 0;                      # in one process it does not end
$s->_write_conf;
subtest 'httpd as one process (-X) has them too' => sub {
    ok(start_as(sub { }, '-X'), 'it starts');
    answers_and_ends();
};

SKIP: {
    skip 'only root can become another user', 1 if $> != 0;
    my $user = child_user();
    for my $path ("$s->{dir}/logs", glob("$s->{dir}/logs/*"), $s->key) {
        chown $user->{uid}, $user->{gid}, $path;
    }
    subtest 'so does an httpd that was never root' => sub {
        ok(start_as(sub { $( = $) = "$user->{gid} $user->{gid}";
                          $< = $> = $user->{uid};
                          POSIX::setuid($user->{uid}); },
                    '-DFOREGROUND'), 'it starts');
        answers_and_ends();
    };
}

done_testing;
