# SPDX-License-Identifier: Apache-2.0
#
# A Chromium without a window, told what to do over two pipes (the DevTools
# protocol: JSON that ends in a NUL). It types and clicks as a person does, and
# notes what pages ask of servers and what they complain of. Core Perl only.

package Browser;

use strict;
use warnings;
use File::Path ();
use File::Temp ();
use Files qw(slurp);
use IO::Handle ();
use IO::Select;
use JSON::PP ();
use POSIX ':sys_wait_h';
use Time::HiRes ();

my $JSON = JSON::PP->new->utf8->allow_nonref;
my $PATIENCE = 30;      # seconds that an answer may take

# The program; nothing where there is none.
sub program
{
    for my $dir (split(/:/, $ENV{PATH} || ''), '/usr/bin') {
        for my $name (qw(chromium chromium-browser google-chrome)) {
            return "$dir/$name" if -x "$dir/$name";
        }
    }
    return;
}

# new(): a browser with one empty page.
sub new
{
    my ($class) = @_;
    my $self = bless { owner => $$, next => 1, requests => [],
                       complaints => [] }, $class;
    $self->{dir} = File::Temp::tempdir('acctauth-browser-XXXXXXXX',
        TMPDIR => 1);
    $self->_start;
    my $target = $self->tell('Target.createTarget', url => 'about:blank');
    $self->{page} = $self->tell('Target.attachToTarget',
        targetId => $target->{targetId}, flatten => JSON::PP::true
        )->{sessionId};
    $self->tell("$_.enable") for qw(Page Runtime Log Network);
    $self->window(1024, 768);
    return $self;
}

sub _start
{
    my ($self) = @_;
    pipe my $their_in, my $our_out or die "pipe: $!\n";
    pipe my $our_in, my $their_out or die "pipe: $!\n";
    my $pid = fork;
    die "cannot fork: $!\n" if !defined $pid;
    if ($pid == 0) {
        POSIX::setpgid(0, 0);
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
        $self->_exec(fileno $their_in, fileno $their_out);
    }
    POSIX::setpgid($pid, $pid);
    @$self{qw(pid in out bytes)} = ($pid, $our_in, $our_out, '');
    $our_out->autoflush(1);
}

# It reads from descriptor 3 and writes to 4.
sub _exec
{
    my ($self, @pipes) = @_;
    my $dir = $self->{dir};
    my @args = ('--headless=new', '--remote-debugging-pipe', '--disable-gpu',
        '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync', '--disable-extensions',
        '--disable-dev-shm-usage', "--user-data-dir=$dir/profile",
        "--crash-dumps-dir=$dir");
    push @args, '--no-sandbox' if $> == 0;
    for my $fd (@pipes) {
        $fd = POSIX::dup($fd) while $fd < 5;
    }
    POSIX::dup2($pipes[$_], 3 + $_) for 0, 1;
    open STDIN, '<', '/dev/null';
    open STDOUT, '>', "$dir/out";
    open STDERR, '>&', \*STDOUT;
    $ENV{HOME} = $dir;
    exec program(), @args, 'about:blank' or POSIX::_exit(127);
}

sub DESTROY
{
    my ($self) = @_;
    return if !$self->{pid} || $self->{owner} != $$;
    local ($?, $!, $@);
    my $pid = delete $self->{pid};
    close $self->{out};
    my $end = Time::HiRes::time() + 5;
    while (waitpid($pid, WNOHANG) == 0) {
        kill 'KILL', $pid if Time::HiRes::time() > $end;
        Time::HiRes::sleep(0.02);
    }
    # What is left of its group may still write.
    kill 'KILL', -$pid;
    while (-d $self->{dir} && Time::HiRes::time() < $end + 5) {
        File::Path::remove_tree($self->{dir}, { error => \my $ignored });
        Time::HiRes::sleep(0.02);
    }
}

# ------------------------------------------------------------- the protocol

# tell(METHOD, %params): a command to the page, once there is one, and its
# result.
sub tell
{
    my ($self, $method, %params) = @_;
    my $id = $self->{next}++;
    my %command = (id => $id, method => $method, params => \%params);
    $command{sessionId} = $self->{page} if $self->{page};
    print { $self->{out} } $JSON->encode(\%command), "\0";
    my $end = Time::HiRes::time() + $PATIENCE;
    while (1) {
        my $message = $self->_next($end) or die "$method: no answer\n"
            . slurp("$self->{dir}/out");
        if (!defined $message->{id}) {
            $self->_note($message);
            next;
        }
        next if $message->{id} != $id;
        die "$method: $message->{error}{message}\n" if $message->{error};
        return $message->{result};
    }
}

# The next message; nothing when the time is over.
sub _next
{
    my ($self, $end) = @_;
    until ($self->{bytes} =~ /\0/) {
        my $left = $end - Time::HiRes::time();
        return if $left <= 0
            || !IO::Select->new($self->{in})->can_read($left);
        sysread $self->{in}, $self->{bytes}, 65536, length $self->{bytes}
            or return;
    }
    $self->{bytes} =~ s/\A(.*?)\0//s;
    return $JSON->decode($1);
}

sub _note
{
    my ($self, $message) = @_;
    my ($method, $params) = @$message{qw(method params)};
    if ($method eq 'Network.requestWillBeSent') {
        push @{ $self->{requests} }, $params->{request};
    }
    elsif ($method eq 'Page.loadEventFired') {
        $self->{loaded} = 1;
    }
    elsif ($method eq 'Log.entryAdded') {
        push @{ $self->{complaints} }, $params->{entry}{text};
    }
    elsif ($method eq 'Runtime.exceptionThrown') {
        my $details = $params->{exceptionDetails};
        push @{ $self->{complaints} }, $details->{exception}{description}
            || $details->{text};
    }
    elsif ($method eq 'Runtime.consoleAPICalled'
           && $params->{type} =~ /^(?:error|warning)$/) {
        push @{ $self->{complaints} },
            join ' ', map { $_->{value} // '' } @{ $params->{args} };
    }
}

# What was asked of servers since the last call: url, method, headers.
sub requests
{
    my ($self) = @_;
    $self->value('1');      # what has come so far
    return splice @{ $self->{requests} };
}

# What pages complained of since the last call: texts of the console. That an
# answer had a status of 400 and more is one of them.
sub complaints
{
    my ($self) = @_;
    $self->value('1');
    return grep { !/status of (?:4|5)\d\d/ } splice @{ $self->{complaints} };
}

# --------------------------------------------------------------- the page

# window(WIDTH, HEIGHT): in CSS pixels.
sub window
{
    my ($self, $width, $height) = @_;
    $self->tell('Emulation.setDeviceMetricsOverride', width => $width,
        height => $height, deviceScaleFactor => 1, mobile => JSON::PP::false);
}

# media(NAME => VALUE): of a media feature, prefers-color-scheme.
sub media
{
    my ($self, %features) = @_;
    $self->tell('Emulation.setEmulatedMedia', features =>
        [map { { name => $_, value => $features{$_} } } sort keys %features]);
}

# visit(URL): as if typed into the address bar of a new document.
sub visit
{
    my ($self, $url) = @_;
    $self->_load('Page.navigate', url => 'about:blank');
    $self->_load('Page.navigate', url => $url);
}

sub reload { $_[0]->_load('Page.reload') }

sub _load
{
    my ($self, $method, %params) = @_;
    my $end = Time::HiRes::time() + $PATIENCE;
    delete $self->{loaded};
    my $result = $self->tell($method, %params);
    die "$params{url}: $result->{errorText}\n" if $result->{errorText};
    until ($self->{loaded}) {
        my $message = $self->_next($end) or die "$method: not loaded\n";
        $self->_note($message);
    }
}

# value(SCRIPT): what an expression comes to; a promise is waited for.
sub value
{
    my ($self, $script) = @_;
    my $result = $self->tell('Runtime.evaluate', expression => $script,
        returnByValue => JSON::PP::true, awaitPromise => JSON::PP::true);
    if (my $details = $result->{exceptionDetails}) {
        die "$script: " . ($details->{exception}{description}
            || $details->{text}) . "\n";
    }
    return $result->{result}{value};
}

# wait_for(SCRIPT, WHAT): until it is true; its value.
sub wait_for
{
    my ($self, $script, $what) = @_;
    my $end = Time::HiRes::time() + $PATIENCE;
    while (1) {
        my $value = $self->value($script);
        return $value if $value;
        die 'waited in vain: ' . ($what || $script) . "\nthe page has: "
            . $self->value('document.body.innerText') . "\n"
            if Time::HiRes::time() > $end;
        Time::HiRes::sleep(0.02);
    }
}

sub text { return $_[0]->value('document.body.innerText') }

# As a script writes it.
sub _quoted { return JSON::PP->new->ascii->allow_nonref->encode("$_[0]") }

# click(SELECTOR): in its middle, with the mouse.
sub click
{
    my ($self, $selector) = @_;
    my $q = _quoted($selector);
    my $at = $self->value(<<"JS") or die "there is no $selector to click\n";
(() => {
    const one = document.querySelector($q);
    if (!one) { return null; }
    one.scrollIntoView({ block: "center" });
    const box = one.getClientRects()[0];
    return box ? [box.x + box.width / 2, box.y + box.height / 2] : null;
})()
JS
    for my $type (qw(mousePressed mouseReleased)) {
        $self->tell('Input.dispatchMouseEvent', type => $type,
            x => $at->[0], y => $at->[1], button => 'left', clickCount => 1);
    }
}

# type(SELECTOR, TEXT): in the place of what is there.
sub type
{
    my ($self, $selector, $text) = @_;
    my $q = _quoted($selector);
    $self->value("(() => { const one = document.querySelector($q);"
        . ' one.focus(); one.select(); })()');
    if (length $text) {
        $self->tell('Input.insertText', text => $text);
    }
    else {
        $self->press('Delete');
    }
}

my %KEY = (Tab => 9, Enter => 13, Space => 32, Delete => 46);

# press(KEY): where the focus is.
sub press
{
    my ($self, $key) = @_;
    my %event = (key => $key eq 'Space' ? ' ' : $key, code => $key,
        windowsVirtualKeyCode => $KEY{$key});
    $event{text} = "\r" if $key eq 'Enter';
    $event{text} = ' ' if $key eq 'Space';
    $self->tell('Input.dispatchKeyEvent', type => 'keyDown', %event);
    delete $event{text};
    $self->tell('Input.dispatchKeyEvent', type => 'keyUp', %event);
}

# focused(): the id of what has the focus, else its tag and text.
sub focused
{
    my ($self) = @_;
    return $self->value('(() => { const one = document.activeElement;'
        . ' return one.id || `${one.localName} ${one.textContent.trim()}`; })()');
}

1;
