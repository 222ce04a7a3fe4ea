# SPDX-License-Identifier: Apache-2.0
#
# The httpds that are compared: all with the same configuration but for the
# options below.
#
#   /open/    a file of 1 KiB without protection
#   /line/    the same with AcctAuthProtect On
#   /type/    the same with AuthType Token and Require valid-user
#
# Those that do not use the module have sections for the same locations with
# nothing of ours in them: what a section costs every request is httpd's.

package Bench::Server;

use strict;
use warnings;

use AcctTest;
use Bench::Fill;
use Bench::Options;
use PgServer;

my $LOCATIONS = <<'CONF';
<Location "/line/">
    AcctAuthProtect On
</Location>
<Location "/type/">
    AuthType Token
    Require valid-user
</Location>
CONF

# Five APIs and the two above.
my $BARE_LOCATIONS = join '', map { <<"CONF" }
<Location "/$_/">
    Require all granted
</Location>
CONF
    qw(accounts auth api/auth account api/v1/users line type);

sub _event
{
    my ($t) = @_;
    return { StartServers => 1, ServerLimit => 1, ThreadLimit => $t,
             ThreadsPerChild => $t, MinSpareThreads => $t,
             MaxSpareThreads => $t, MaxRequestWorkers => $t };
}

# prepare(%opt): not started. Options:
#   use      'module' (default), 'idle' (loaded, nothing configured) or
#            'none'
#   cache    On, Off, or undef for no AcctAuthCache at all
#   driver   sqlite3 (default), pgsql
#   pg       the PgServer
#   of       another Bench::Server, whose database is this one's too
#   tokens   how many to fill the database with
#   threads  of its one child (default 64). Of two loads at once each should
#            find enough: where threads are short, event closes connections
#            that wait for their next request
#   conf     text, or sub of the AcctTest; modules, mpm: as AcctTest has them
sub prepare
{
    my ($class, %opt) = @_;
    my $use = $opt{use} || 'module';
    my $mpm = $opt{mpm} || 'event';
    my @conf = ('MaxKeepAliveRequests 0');
    if ($use eq 'module') {
        push @conf, $LOCATIONS;
        push @conf, "AcctAuthCache $opt{cache}" if defined $opt{cache};
    }
    else {
        push @conf, $BARE_LOCATIONS;
    }
    my $more = $opt{conf} || '';
    my %args = (
        mpm => $mpm, workers => $mpm eq 'event'
            ? _event($opt{threads} || $OPT{threads}) : {},
        log_level => 'notice', modules => $opt{modules} || [],
        load => $use ne 'none', api => $use eq 'module',
        database => $use eq 'module', driver => $opt{driver} || 'sqlite3',
        h2 => $opt{h2} || 0,
        conf => sub {
            join "\n", @conf, ref $more ? $more->($_[0]) : $more;
        });
    $args{pg} = $opt{pg} if $opt{pg};
    if (my $other = $opt{of}) {
        my $http = $other->{http};
        %args = (%args, key_from => $http, params => $http->db,
                 driver => $http->driver, pg => $http->{pg},
                 dbname => $http->{dbname});
        delete $args{pg} if !$args{pg};
    }
    my $http = AcctTest->prepare(%args);
    my $text = 'x' x ($OPT{file_size} - 1) . "\n";
    $http->write("htdocs/$_/file.txt", $text) for qw(open line type);
    my $self = bless { http => $http, of => $opt{of}, pg => $opt{pg} },
        $class;
    Bench::Fill::fill($http, $opt{tokens}) if $opt{tokens};
    return $self;
}

# pair(OPTIONS): one with the cache, and one without on its database.
sub pair
{
    my ($class, %opt) = @_;
    my $on = $class->prepare(%opt, cache => 'On');
    return ($on, $class->prepare(of => $on, cache => 'Off'));
}

sub run
{
    my ($self) = @_;
    my $why = $self->{http}->run;
    die "httpd did not start:\n$why\n" if defined $why;
    return $self;
}

sub start { my ($class, @opt) = @_; return $class->prepare(@opt)->run }

# postgres(): a PostgreSQL with room for the threads of several servers.
sub postgres
{
    return PgServer->new(settings => {
        max_connections => 600, shared_buffers => '1GB',
        max_wal_size => '4GB' });
}

sub http { $_[0]{http} }
sub url  { $_[0]{http}->url($_[1]) }
sub tail { substr $_[0]{http}->log, -2000 }
sub stop { $_[0]{http}->stop }

# What does this server's work: processes whose families count.
sub processes
{
    my ($self) = @_;
    my $pg = $self->{pg} || $self->{http}{pg};
    return ($self->{http}->pid, $pg ? $pg->pid : (),
            @{ $self->{helpers} || [] });
}

# help(PID): a process that works for this server.
sub help { push @{ $_[0]{helpers} }, $_[1] }

# signed_in(NAME): a new account, and a token from signing it in.
sub signed_in
{
    my ($self, $name) = @_;
    my $http = $self->{http};
    $http->account(username => $name, email => "$name\@example.com",
                   password => $OPT{password});
    Bench::Fill::give_to_children($http) if $http->driver eq 'sqlite3';
    return $self->sign_in($name);
}

sub sign_in
{
    my ($self, $name) = @_;
    my $r = $self->{http}->post('/api/auth/login/',
        { username => $name, password => $OPT{password} });
    my ($token) = $r->{body} =~ /"(?:auth_)?token":\s*"([0-9a-f]+)"/
        or die "signing $name in: $r->{status} $r->{body}\n";
    return $token;
}

1;
