# SPDX-License-Identifier: Apache-2.0
#
# What the tests of states share: an httpd with several virtual hosts, each
# with a database and a key of its own that go wrong and are mended at once;
# httpd's command line; and what is asked of a host in a state.

package StateKit;

use strict;
use warnings;

use Exporter 'import';
use File::Copy ();
use POSIX ();
use Test::More ();
use Time::HiRes qw(time sleep);

use AcctTest;
use FaultKit;

our @EXPORT = qw(prepared with_token hosts_of main_host control reload
                 ended sign_up sign_in reuse page statuses is_closed are_open
                 lines_of $WITHIN $PASSWORD);

# A server comes back from a state within so many seconds of its end.
our $WITHIN = 5;
our $PASSWORD = 'tower bridge';

my $CONF = <<'CONF';
<Location "/private/">
    AcctAuthProtect On
</Location>
CONF

# ---------------------------------------------------------------- servers

sub _is_file { $_[0]->driver eq 'sqlite3' }

# The parameters as they stand in the configuration: a connection string is
# in a file.
sub _database
{
    my ($h) = @_;
    return sprintf 'AcctAuthDatabase %s "%s"', $h->driver, _is_file($h)
        ? $h->db : 'file:' . $h->dir . '/connection';
}

# A folder with database and key, and a configuration for it.
sub prepared
{
    my (%opt) = @_;
    my $s = AcctTest->prepare(hash => cheap_hash(), log_level => 'notice',
        %opt, conf => sub { $CONF . _database($_[0]) . "\n"
                            . ($_[0]{more} || '') });
    if (!_is_file($s)) {
        AcctTest::spew($s->dir . '/connection', $s->db . "\n");
        chmod 0600, $s->dir . '/connection';
    }
    $s->write('htdocs/open.txt', "open\n");
    $s->write('htdocs/private/a.txt', "secret\n");
    return $s;
}

# A server that does not run, as a host with a token.
sub with_token
{
    my ($s) = @_;
    my $h = main_host($s);
    my $why = $s->run;
    die "httpd did not start: $why\n" if defined $why;
    sign_up($h);
    $s->stop;
    $s->sql('PRAGMA wal_checkpoint(TRUNCATE)');
    return $h;
}

# With a database of its own: on a server a copy of the other's, which is
# made faster than a new one.
sub _one_like
{
    my ($s) = @_;
    return prepared() if _is_file($s);
    my $name = $s->{pg}->copy_of($s->{dbname});
    return prepared(pg => $s->{pg}, dbname => $name, made => $name,
                    params => $s->{pg}->params($name), key_from => $s);
}

# hosts_of(SERVER, NAME...): virtual hosts of a server that does not run yet,
# each with a folder, a database and a key of its own; beside the server's.
sub hosts_of
{
    my ($s, @names) = @_;
    my $n = 0;
    my @hosts = map { { name => 'host' . ++$n . '.example', of => $s,
                        at => _one_like($s) } } @names;
    $s->{more} = join '', "<VirtualHost 127.0.0.1:*>\n"
        . "ServerName localhost\n</VirtualHost>\n", map { <<"CONF" } @hosts;
<VirtualHost 127.0.0.1:*>
    ServerName $_->{name}
    @{[ _database($_->{at}) ]}
    AcctAuthKeyFile "@{[ $_->{at}->key ]}"
</VirtualHost>
CONF
    $s->_write_conf;
    return @hosts;
}

# The server's own database as a host.
sub main_host { return { name => 'localhost', of => $_[0], at => $_[0] } }

# httpd with the server's own configuration, as apachectl calls it.
sub control
{
    my ($s, @args) = @_;
    my $httpd = AcctTest::layout()->{HTTPD};
    my $begun = time;
    my ($exit, $out, $err) = AcctTest::_run_command(undef, $s->{env}, $httpd,
        '-d', $s->dir, '-f', $s->dir . '/httpd.conf', @args);
    return ($exit, $out . $err, time - $begun);
}

# "httpd -k graceful", and until the new generation is there.
sub reload
{
    my ($s) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $up = sub { scalar(() = $s->log =~ /resuming normal operations/g) };
    my $before = $up->();
    my ($exit, $said) = control($s, '-k', 'graceful');
    Test::More::is($exit, 0, 'graceful is taken')
        or Test::More::diag($said);
    Test::More::ok($s->wait_for(sub { $up->() > $before }, 10)
        && kill(0, $s->pid), 'and the server lives');
}

# "httpd -k stop" or graceful-stop, and until it has ended.
sub ended
{
    my ($s, $how) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($exit, $said) = control($s, '-k', $how);
    Test::More::is($exit, 0, "$how is taken in that state")
        or Test::More::diag($said);
    my $pid = $s->pid;
    Test::More::ok($s->wait_for(sub { waitpid($pid, POSIX::WNOHANG()) != 0 },
        10), 'and the server ends') or return;
    delete $s->{pid};
}

# ------------------------------------------------- what is asked of a host

sub _post
{
    my ($h, $path, $data) = @_;
    return $h->{of}->post($path, $data, headers => { Host => $h->{name} });
}

sub _get
{
    my ($h, $path, %opt) = @_;
    return $h->{of}->get($path, %opt, headers => { Host => $h->{name} });
}

my %ANN = (username => 'ann', password => $PASSWORD);

sub sign_in { _post($_[0], '/api/auth/login/', \%ANN) }
# A token that is there already: nothing is written.
sub reuse   { _post($_[0], '/accounts/signin/', \%ANN) }
sub page    { _get($_[0], '/private/a.txt', token => $_[0]{token}) }

# sign_up(HOST...): an account and a token at each.
sub sign_up
{
    for my $h (@_) {
        _post($h, '/api/auth/register/', \%ANN);
        $h->{token} = sign_in($h)->{json}{token}
            or die "no token at $h->{name}:\n" . $h->{of}->log;
    }
}

# "PAGE SIGN-IN", as a host answers them now.
sub statuses
{
    my ($h) = @_;
    return page($h)->{status} . ' ' . reuse($h)->{status};
}

# A request that needs the database is answered with 503 soon: a token that is
# in the cache is let in for as long as the bound. With reads => 1 the database
# can still be read, so that pages are answered.
sub is_closed
{
    my ($h, $state, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $want = $state->{reads} ? '200 503' : '503 503';
    my $s = $h->{of};
    Test::More::ok($s->wait_for(sub { statuses($h) eq $want }, 5),
        "$what: what needs it is 503")
        or Test::More::diag('a page and a sign-in are ' . statuses($h));
    Test::More::is(_get($h, '/open.txt')->{status}, 200,
        "$what: the rest is served");
    Test::More::is(_get($h, '/private/a.txt')->{status}, 401,
        "$what: and without a token it is 401");
}

# When hosts answer as ever, four times in a row, since there are several
# children: each host's {back}, and all that it answered, {seen}.
sub come_back
{
    my (@hosts) = @_;
    my ($s, @left) = ($hosts[0]{of}, @hosts);
    @$_{qw(back seen row)} = (undef, {}, 0) for @hosts;
    $s->wait_for(sub {
        for my $h (@left) {
            my $asked = time;
            my $now = statuses($h);
            $h->{seen}{$now}++;
            $h->{row} = $now eq '200 200' ? $h->{row} + 1 : 0;
            $h->{back} = $asked if $h->{row} == 1;
        }
        @left = grep { $_->{row} < 4 } @left;
        return !@left }, $WITHIN + 2);
    delete $_->{back} for @left;
}

# Each is back within the bound after all were {mended}.
sub are_open
{
    my ($what, @hosts) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    come_back(@hosts) if @hosts;
    for my $h (@hosts) {
        my $took = ($h->{back} || time) - $h->{mended};
        my $name = $h->{state} ? "$what: $h->{state}{name}" : $what;
        Test::More::ok($h->{back} && $took < $WITHIN, sprintf '%s: it comes '
            . 'back by itself, after %.1f s', $name, $took)
            or Test::More::diag(join(', ', %{ $h->{seen} }) . "\n"
                                . substr $h->{of}->log, -3000);
        Test::More::ok(!grep({ /401/ } keys %{ $h->{seen} }),
            "$name: nobody was called wrong");
    }
}

# The lines of a text that are about a host's database or key.
sub lines_of
{
    my ($h, $text) = @_;
    my $at = $h->{at};
    my $dir = qr/\Q@{[ $at->dir ]}\E\b/;
    my $of = $at->{dbname} ? qr/$dir|\b\Q$at->{dbname}\E\b/ : qr/$dir/;
    return join '', map { "$_\n" } grep { /$of/ } split /\n/, $text;
}

1;
