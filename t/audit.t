#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, a line is written by whichever child answers
#
# The audit log: which requests have a line, which members it has and what is
# never in it; files, programs, syslog, virtual hosts; lines that cannot be
# written.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Encode ();
use JSON::PP ();
use Test::More;

my @MEMBERS = qw(ts v event outcome ip port vhost dialect route account token
                 method path status ua req by);

my $s = AcctTest->start(modules => ['status', 'remoteip', 'unique_id'],
    hash => 'argon2id m=8 t=1 p=1', rules => 'min-length=8',
    log_format => '%{Host}i %m %U %>s %{ACCTAUTH_EVENT}e '
        . '%{ACCTAUTH_OUTCOME}e %{ACCTAUTH_ID}e %{UNIQUE_ID}e',
    conf => sub {
        my ($self) = @_;
        my $logs = "$self->{dir}/logs";
        my $host = sub {
            my ($name, $lines) = @_;
            return "<VirtualHost *:$self->{port}>\nServerName $name\n"
                . "DocumentRoot \"$self->{dir}/htdocs\"\n$lines\n"
                . "</VirtualHost>\n";
        };
        return <<"CONF" . join '',
AcctAuthMaxBody 2048
AcctAuthLimit Off
AcctAuthAuditLog "logs/audit.log"
<Location "/private/">
    AcctAuthProtect On
</Location>
<Location "/staff/">
    AuthType Token
    Require env ACCTAUTH_STAFF
</Location>
<Location "/tls/">
    AcctAuthAPI account-register
    AcctAuthRequireTLS On
</Location>
<Location "/server-status">
    SetHandler server-status
</Location>
CONF
            $host->('127.0.0.1', ''),
            $host->('all', qq(AcctAuthAuditLog "$logs/all.log" )
                    . 'login guard=all current=all ip=wide'),
            $host->('few', qq(AcctAuthAuditLog "$logs/few.log" )
                    . 'login ip=network'),
            $host->('off', 'AcctAuthAuditLog Off'),
            $host->('full', 'AcctAuthAuditLog /dev/full'),
            $host->('piped', qq(AcctAuthAuditLog "|\$cat >>$logs/piped.log")),
            $host->('dead', qq(AcctAuthAuditLog "|\$exec sleep 600")),
            $host->('system', 'AcctAuthAuditLog syslog:local3'),
            $host->('limited', qq(AcctAuthAuditLog "$logs/limited.log"\n)
                    . 'AcctAuthLimit On'),
            $host->('proxied', qq(AcctAuthAuditLog "$logs/proxied.log"\n)
                    . "RemoteIPHeader X-Forwarded-For\n"
                    . "RemoteIPInternalProxy 127.0.0.1");
    });
$s->write("htdocs/$_/a.txt", "page\n") for 'private', 'staff';

my $password = 'tower bridge 9';
my %id = map { $_ => $s->account(username => $_, password => $password) }
    qw(ann bob);

my %read;       # bytes of a log that were looked at

# The lines that came since the last look.
sub lines
{
    my ($log) = @_;
    my $path = $s->dir . '/logs/' . ($log || 'audit.log');
    my $text = -e $path ? substr slurp($path), $read{$path} || 0 : '';
    $read{$path} += length $text;
    return split /(?<=\n)/, $text;
}

# The events that came since the last look.
sub events
{
    return map { JSON::PP->new->utf8->decode($_) } lines(@_);
}

# The events that waited for the end of a request.
sub events_of_guards
{
    my ($count, @log) = @_;
    my @events;
    await(sub { push @events, events(@log); @events >= $count },
          "$count events");
    return @events;
}

# "event/outcome/status/account", with - for null.
sub shown
{
    return [map { my $e = $_;
        join '/', map { defined $e->{$_} ? $e->{$_} : '-' }
            qw(event outcome status account) } @_];
}

sub sign_in
{
    my ($name, $word, %opt) = @_;
    return $s->post('/account/login/',
                    { username => $name, password => $word }, %opt);
}

events();

subtest 'a sign-in is a line, its members in their order' => sub {
    my $token = sign_in('ann', $password)->{json}{token};
    my @lines = lines();
    is(scalar @lines, 2, 'and the token that was made another');
    my @events = map { JSON::PP->new->utf8->decode($_) } @lines;
    is_deeply(shown(@events), ["token_issued/ok/-/$id{ann}",
                               "login/ok/200/$id{ann}"], 'what they say');
    for my $line (@lines) {
        my @keys = $line =~ /"(\w+)":/g;
        is_deeply(\@keys, \@MEMBERS, 'the members');
    }
    my ($issued, $login) = @events;
    like($login->{ts}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/, 'ts');
    is($login->{v}, 1, 'v');
    is($login->{ip}, '127.0.0.1', 'ip, alone');
    like($login->{port}, qr/^\d+$/, 'port');
    is_deeply([@$login{qw(vhost dialect route method path by)}],
              ['127.0.0.1', 'account-register', 'login/', 'POST',
               '/account/login/', 'http'], 'where');
    my ($row) = $s->sql("SELECT id FROM token WHERE account_id = $id{ann}");
    is($login->{token}, $row->[0], 'token: its public id');
    is($issued->{token}, $row->[0], 'in both');
    is((split ' ', $s->access_log)[-1], $login->{req},
       'req: as the access log knows it');
};

subtest 'each outcome of each operation is told' => sub {
    my $post = sub { $s->post("/account/$_[0]/", @_[1 .. $#_]) };
    my $is = sub {
        my ($name, @expected) = @_;
        is_deeply(shown(events()), \@expected, $name);
    };
    sign_in('ann', 'wrong');
    $is->('a wrong password', "login/wrong_credentials/400/$id{ann}");
    sign_in('nobody', 'wrong');
    $is->('an unknown name', 'login/wrong_credentials/400/-');
    $post->('login', { username => 'ann' });
    $is->('a field that is missing', 'login/invalid/400/-');
    $post->('login', undef, body => '{', type => 'application/json');
    $is->('no JSON', 'login/parse_error/400/-');
    $post->('login', undef, body => 'x', type => 'text/plain');
    $is->('another type', 'login/unsupported_media_type/415/-');
    $post->('login', { username => 'x' x 3000, password => 'x' });
    $is->('a body too large', 'login/too_large/413/-');
    $s->cli('user', 'block', 'bob');
    sign_in('bob', $password);
    $is->('a blocked account', "login/blocked/400/$id{bob}");
    sign_in('bob', 'wrong');
    $is->('nor more than that with a wrong password',
          "login/wrong_credentials/400/$id{bob}");

    my $new = { username => 'cid', email => 'cid@example.org',
                password => $password, password2 => $password };
    $post->('register', $new);
    my @events = events();
    $id{cid} = $events[-1]{account};
    like($id{cid}, qr/^\d+$/, 'the new account');
    is_deeply(shown(@events)->[-1], "register/ok/200/$id{cid}", 'a sign-up');
    $post->('register', $new);
    $is->('a name that is taken', 'register/invalid/400/-');

    my $token = sign_in('ann', $password)->{json}{token};
    events();
    $post->('logout', undef, token => 'x' x 40);
    $is->('a bad token', 'logout/invalid_token/401/-');
    $post->('logout', undef, token => '');
    $is->('none behind the scheme', 'logout/token_absent/401/-');
    $post->('logout', undef, token => 'a b');
    $is->('two words', 'logout/token_spaces/401/-');
    $s->request('GET', '/account/logout/', token => 'x' x 40);
    $is->('a bad token and a wrong method', 'logout/invalid_token/401/-');
    $post->('logout', undef, token => $token);
    @events = events();
    is_deeply(shown(@events), ["logout/ok/200/$id{ann}"], 'a sign-out');
    like($events[0]{token}, qr/^\w+$/, 'of which token');
    $post->('logout', undef, token => $token);
    $is->('once more', 'logout/invalid_token/401/-');

    $s->post('/tls/login/', { username => 'ann', password => $password });
    $is->('over plain HTTP', 'login/tls_required/403/-');
};

subtest 'a path or method that no route has is no event' => sub {
    $s->get('/account/nothing/');
    $s->get('/account/login/');
    $s->request('OPTIONS', '/account/login/');
    $s->get('/');
    is_deeply([events()], [], 'none');
};

subtest 'signing out everywhere, and the current account' => sub {
    my $token = sign_in('cid', $password)->{json}{token};
    my $me = "/api/v1/users/$id{cid}/";
    events();
    $s->get($me, token => $token);
    is_deeply([events()], [], 'a look is told only where asked for');
    $s->get($me, token => 'x' x 40);
    is_deeply(shown(events()), ['current/invalid_token/401/-'],
              'a bad token always');
    $s->get("/api/v1/users/$id{ann}/", token => $token);
    my ($event) = events();
    is_deeply([@$event{qw(event outcome account)}],
              ['current', 'not_owner', $id{cid}], "another's account, too");
    $s->get($me, token => $token, headers => { Host => 'all' });
    is_deeply(shown(events('all.log')), ["current/ok/200/$id{cid}"],
              'here it was asked for');
    $s->post('/api/auth/logoutall/', undef, token => $token);
    is_deeply(shown(events()), ["logout_all/ok/204/$id{cid}"], 'everywhere');
};

subtest 'a guard that refuses is told, once, and how it was answered' => sub {
    my $token = sign_in('cid', $password)->{json}{token};
    events();
    my %case = ('private/not_authenticated/401' => {},
                'private/invalid_token/401' => { token => 'x' x 40 },
                'private/token_spaces/401' => { token => 'a b' });
    for my $case (sort keys %case) {
        my ($where, $outcome, $status) = split m{/}, $case;
        $s->get("/$where/a.txt", %{ $case{$case} });
        my ($event) = events_of_guards(1);
        is_deeply(shown($event), ["guard/$outcome/$status/-"], $case);
        is($event->{path}, "/$where/a.txt", 'its path');
        is($event->{dialect}, undef, 'no dialect');
    }
    $s->get('/staff/a.txt', token => $token);
    my ($event) = events_of_guards(1);
    is_deeply(shown($event), ["guard/permission_denied/403/$id{cid}"],
              'a Require that is not met');
    $s->get('/private/a.txt', token => $token);
    $s->get('/private/a.txt', token => $token, headers => { Host => 'all' });
    my @told = grep { $_->{event} eq 'guard' }
        events_of_guards(1, 'all.log');
    is_deeply(shown(@told), ["guard/ok/200/$id{cid}"],
              'who is let in only with guard=all');
    like($told[0]{token}, qr/^\w+$/, 'by which token');
    is_deeply([events()], [], 'and not without');
};

subtest 'tokens that the server ends' => sub {
    $s->account(username => 'dot', password => $password);
    my $many = sub { $s->post('/api/auth/login/', {
        username => 'dot', password => $password }) };
    $many->() for 1 .. 20;
    events();
    $many->();
    my @events = events();
    is_deeply([map { $_->{event} } @events],
              ['token_evicted', 'token_issued', 'login'], 'too many');
    is_deeply([@{ $events[0] }{qw(tokens detail)}], [1, 'excess'],
              'how many, and why');
};

subtest 'a LogFormat can tell who signed in' => sub {
    my $of = sub {
        my ($request) = @_;
        my $before = () = $s->access_log =~ /\n/g;
        $request->();
        my @lines;
        await(sub { @lines = split /\n/, $s->access_log; @lines > $before },
              'a line');
        return [(split ' ', $lines[-1])[4 .. 6]];
    };
    is_deeply($of->(sub { sign_in('ann', $password) }),
              ['login', 'ok', $id{ann}], 'one who did');
    is_deeply($of->(sub { sign_in('ann', 'wrong') }),
              ['login', 'wrong_credentials', '-'],
              'no account where none did');
    is_deeply($of->(sub { $s->get('/account/nothing') }),
              ['-', 'not_found', '-'], 'where there is no route');
    is_deeply($of->(sub { $s->get('/private/a.txt') }), ['-', '-', '-'],
              'nothing on a page');
    events();
};

subtest 'invalid UTF-8, quotes and controls stay in their member' => sub {
    $s->get("/private/%ff%C3%BC%22,%22ip%22:%22203.0.113.9%0a%1b%5b2J",
            headers => { 'User-Agent' => "a\xffb\"\\\tc\xc3\xbc" });
    my @lines;
    await(sub { push @lines, lines(); @lines }, 'a line');
    my $event = JSON::PP->new->utf8->decode($lines[0]);
    is($event->{ip}, '127.0.0.1', 'the address');
    is($event->{path},
       "/private/\x{fffd}\x{fc}\",\"ip\":\"203.0.113.9\n\e[2J", 'the path');
    is($event->{ua}, "a\x{fffd}b\"\\\tc\x{fc}", 'the User-Agent');
    unlike($lines[0], qr/[\x00-\x09\x0b-\x1f\x7f]/, 'no control in the line');
};

subtest 'what is long is cut, and the line has at most 2048 bytes' => sub {
    for my $with ('x', '%22', '%ff', '%C3%BC') {
        $s->get('/private/none/' . $with x (3500 / length $with),
                headers => { 'User-Agent' => '"' x 7000 });
        my @lines;
        await(sub { push @lines, lines(); @lines }, 'a line');
        cmp_ok(length $lines[0], '<=', 2048, "a path of $with");
        my $event = eval { JSON::PP->new->utf8->decode($lines[0]) };
        ok($event && $event->{cut}, 'it says so');
        is($event->{by}, 'http', 'and has all of its members');
    }
};

subtest 'a virtual host has its own log, events and address' => sub {
    sign_in('ann', $password);
    events();
    sign_in('ann', $password, headers => { Host => 'few' });
    $s->get('/private/a.txt', headers => { Host => 'few' });
    sign_in('ann', $password, headers => { Host => 'off' });
    sign_in('ann', $password, headers => { Host => 'all' });
    my @few = events('few.log');
    is_deeply(shown(@few), ["login/ok/200/$id{ann}"], 'only what it wants');
    is($few[0]{vhost}, 'few', 'its name');
    is_deeply([@{ $few[0] }{qw(ip port)}], ['127.0.0.1', undef],
              'the network of an IPv4 address is itself');
    my ($all) = grep { $_->{event} eq 'login' } events('all.log');
    is($all->{ip}, '127.0.0.0/24', 'the wider one is not');
    is_deeply([events()], [], 'none in the main one, nor with Off');
};

subtest 'mod_remoteip decides about the address' => sub {
    for my $ip ('192.0.2.77', '2001:db8::77') {
        sign_in('ann', 'wrong', headers => { Host => 'proxied',
                                             'X-Forwarded-For' => $ip });
        my ($event) = events('proxied.log');
        is_deeply([@$event{qw(ip port)}], [$ip, undef], $ip);
    }
    sign_in('ann', 'wrong', headers => { 'X-Forwarded-For' => '192.0.2.77' });
    my ($event) = events();
    is($event->{ip}, '127.0.0.1', 'a header alone says nothing');
};

sub lost
{
    my ($count) = $s->get('/server-status?auto')->{body}
        =~ /^AcctAuthAuditLost: (\d+)$/m;
    return $count;
}

subtest 'a full disk loses lines, counts them, and no request' => sub {
    is(lost(), 0, 'none was lost before');
    is(sign_in('ann', $password, headers => { Host => 'full' })->{status},
       200, 'a sign-in') for 1 .. 3;
    is(lost(), 3, 'three lines are missing');
    my @told = $s->log =~ /(ACCT0261: .*)/g;
    is(scalar @told, 1, 'told once a minute');
    like($told[0], qr{ a line of the audit log /dev/full is lost }, 'which');
    like($s->log, qr/\(28\)No space left on device: \[client [^\n]*ACCT0261/,
         'and why');
};

subtest 'a program is told, and one that does not read keeps nobody' => sub {
    sign_in('ann', $password, headers => { Host => 'piped' });
    my @events = events_of_guards(1, 'piped.log');
    is_deeply(shown(@events), ["login/ok/200/$id{ann}"], 'as a file is');
    my $before = lost();
    my $long = 'x' x 2000;
    my $tries = 0;
    while ($tries++ < 200 && lost() == $before) {
        $s->post('/account/logout/', undef, token => 'x' x 40,
                 headers => { Host => 'dead', 'User-Agent' => $long })
            for 1 .. 5;
    }
    cmp_ok(lost(), '>', $before, 'its pipe is full');
    is(sign_in('ann', $password, headers => { Host => 'dead' })->{status},
       200, 'and a sign-in goes on');
};

subtest "the system's log is told, or the line is counted as lost" => sub {
    plan skip_all => 'something listens to /dev/log' if -e '/dev/log';
    my $before = lost();
    is(sign_in('ann', $password, headers => { Host => 'system' })->{status},
       200, 'a sign-in');
    is(lost(), $before + 1, 'without a daemon its line is lost');
    like($s->log, qr{ACCT0261: a line of the audit log local3 is lost},
         'and that is told');
};

subtest "the system's log has the line as RFC 3164 says" => sub {
    plan skip_all => 'the sanitizers trace' if $ENV{ACCT_PRELOAD};
    plan skip_all => 'strace is not here, or may not trace'
        if system('strace -o /dev/null true 2>/dev/null');
    my $trace = $s->dir . '/logs/trace';
    my $pid = fork;
    if (!$pid) {
        open STDERR, '>', '/dev/null';
        exec 'strace', '-f', '-q', '-s', '4096', '-e', 'trace=sendmsg',
            '-o', $trace, map { ('-p', $_) } $s->children or exit 1;
    }
    my $text = '';
    my $end = time + 20;
    while ($text !~ /sun_path="\/dev\/log"/ && time < $end) {
        sign_in('ann', 'wrong', headers => { Host => 'system' });
        $text = -e $trace ? slurp($trace) : '';
    }
    kill 'INT', $pid;
    waitpid $pid, 0;
    my ($line) = $text =~ /"<158>(\w{3} [ \d]\d \d\d:\d\d:\d\d [^\n]*)/;
    ok($line, 'at local3.info') or return;
    like($line, qr/^\S+ +\d+ \S+ acctauth\[\d+\]: ", /, 'as acctauth');
    like($line, qr/\{\\"ts\\":[^\n]*\\"event\\":\\"login\\"[^\n]*\}"/,
         'a line without its end');
    events();
};

subtest 'a limit is told: that it was reached, and what it refused' => sub {
    my @answers = map { sign_in('no-such-name', 'wrong',
        headers => { Host => 'limited' })->{status} } 1 .. 8;
    is($answers[-1], 429, 'at last it refuses');
    my @lines = lines('limited.log');
    my @events = map { JSON::PP->new->utf8->decode($_) } @lines;
    my ($reached) = grep { $_->{event} eq 'limit_reached' } @events;
    ok($reached, 'the limit') or return;
    is_deeply([@$reached{qw(outcome limit account)}],
              ['throttled', 'tries', undef], 'which');
    like($reached->{name}, qr/^[0-9a-f]+$/, 'of which name: a keyed hash');
    like($reached->{until}, qr/^\d{4}-.*Z$/, 'until when');
    ok((grep { $_->{event} eq 'login' && $_->{outcome} eq 'throttled'
               && $_->{status} == 429 } @events), 'the sign-in');
    is(scalar(grep { /no-such-name/ } @lines), 0, 'never the name');
};

subtest 'a graceful reload opens a log that was renamed' => sub {
    my $path = $s->dir . '/logs/audit.log';
    rename $path, "$path.1" or die $!;
    sign_in('ann', 'wrong');
    ok(!-e $path, 'until then lines go where they went');
    $s->graceful;
    sign_in('ann', 'wrong');
    delete $read{$path};
    is_deeply(shown(events()), ["login/wrong_credentials/400/$id{ann}"],
              'then into a new one');
    my $mode = sub { sprintf '%04o', (stat $_[0])[2] & 07777 };
    is($mode->($path), $mode->($s->dir . '/logs/access_log'),
       'of the same mode as the access log');
    is((stat $path)[4], (stat $s->dir . '/logs/access_log')[4],
       'and the same owner');
};

subtest 'a reload after which the key is another is told' => sub {
    my $key = $s->key;
    my ($id) = $s->sql("SELECT value FROM meta WHERE name = 'key_id'")
        or plan skip_all => 'no id of the key';
    events();
    rename $key, "$key.away" or die $!;
    $s->graceful;
    my @events = grep { $_->{event} eq 'key_changed' } events();
    is_deeply(shown(@events), ['key_changed/unavailable/-/-'],
              'none can be used');
    is($events[0]{by}, 'server', 'no request did it');
    rename "$key.away", $key or die $!;
    await(sub { @events = grep { $_->{event} eq 'key_changed' } events() },
          'a reload by itself');
    is_deeply(shown(@events), ['key_changed/ok/-/-'], 'it is back');
    is($events[0]{detail}, $id->[0], 'its id');
    $s->graceful;
    is_deeply([grep { $_->{event} eq 'key_changed' } events()], [],
              'a reload that changes nothing is not');
};

subtest 'what cannot be right stops configtest, with a remedy' => sub {
    my $dir = $s->dir;
    my @wrong = (
        ['syslog:lokal0', '"lokal0" is no facility of syslog; write '
            . 'syslog:authpriv'],
        ['logs/none/a.log', "there is no folder $dir/logs/none/ for "
            . "$dir/logs/none/a.log; make it"],
        ['logs', "$dir/logs is a folder; write the path of a file in it"],
        ['""', 'write Off, or a file, "|program" or syslog:facility'],
        ['|/no/such/program', '"/no/such/program" is no program; write'],
        ['"|"', 'there is no program behind the |; write'],
        ['logs/a.log logins', '"logins" is no event; write none for all of '
            . 'them, or any of login, register, logout'],
        ['logs/a.log login=all', '"login=all" is no event'],
        ['logs/a.log ip=half', '"ip=half" is not known; write ip=full'],
        ['Off login', 'nothing can follow Off'],
    );
    for my $case (@wrong) {
        my ($directive, $said) = @$case;
        my ($ok, $text) = $s->configtest("AcctAuthAuditLog $directive");
        ok(!$ok, $directive);
        like($text, qr/AcctAuthAuditLog: \Q$said\E/, 'what it says');
        like($text, qr/on line \d+ of \S+configtest\.conf/, 'and where');
    }
    my @right = ('syslog:local7 login', 'syslog', '"|/bin/cat -" guard=all',
                 '"||/bin/cat"', 'logs/a.log ip=network token_evicted',
                 'Off');
    for my $directive (@right) {
        my ($ok, $text) = $s->configtest("AcctAuthAuditLog $directive");
        ok($ok, $directive) or diag($text);
    }
    ok(!-e "$dir/logs/a.log", 'configtest makes no file');
};

subtest 'when the database is away that is the outcome' => sub {
    $s->lose_database;
    sign_in('ann', $password);
    $s->find_database;
    my ($event) = grep { $_->{event} eq 'login' } events();
    is_deeply(shown($event), ['login/unavailable/503/-'], 'unavailable');
};

subtest 'no line has a secret, or what was typed as a name' => sub {
    my @names = ('hunter2 secret', 'S3cret-Name', 'who@secret.example');
    my $token = sign_in('ann', $password)->{json}{token};
    sign_in($_, 'another-secret') for @names;
    $s->post('/account/register/', { username => 'S3cret-Name',
        email => 'who@secret.example', password => 'another-secret' });
    $s->get('/private/a.txt', token => "unknown-$token");
    $s->get("/private/a.txt?password=another-secret", token => "a $token");
    $s->post('/account/logout/', undef, token => $token);
    my ($digest) = map { $_->[0] } $s->sql('SELECT digest FROM token');
    $s->stop;
    my $all = join '', map { slurp($_) } glob $s->dir . '/logs/*.log*';
    cmp_ok(length $all, '>', 10000, 'there are lines');
    for my $secret (@names, 'another-secret', $password, $token,
                    'unknown-', $digest, 'ann"', '"ann', 'cid@example.org') {
        ok(index($all, $secret) < 0, "no \"$secret\"");
    }
};

done_testing();
