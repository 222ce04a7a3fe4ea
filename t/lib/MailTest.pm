# SPDX-License-Identifier: Apache-2.0
#
# A server that mails, and a program in the place of sendmail: each mail it is
# given is a folder with what it was called with and what it read. A file
# `behave' beside it says what it does: a line of a shell, after it has read
# all.

package MailTest;

use strict;
use warnings;
use AcctTest;
use MIME::Base64 ();
use Time::HiRes ();

# new(%opt of AcctTest->start): the server, with three accounts.
sub new
{
    my ($class, %opt) = @_;
    my $self = bless {}, $class;
    my $conf = delete $opt{conf} || '';
    my $s = AcctTest->prepare(%opt, conf => sub { return $self->conf($_[0])
        . (ref $conf ? $conf->($_[0]) : $conf) });
    $self->{s} = $s;
    $self->{box} = $s->dir . '/box';
    mkdir $self->{box} or die "cannot make a folder: $!\n";
    chmod 0777, $self->{box};
    $s->write('sendmail', $self->program, 0755);
    $s->_write_conf;
    return $self;
}

sub conf
{
    my ($self, $s) = @_;
    return <<"CONF";
AcctAuthMail sendmail:${\ $s->dir}/sendmail
AcctAuthMailFrom "Example <accounts\@example.org>"
AcctAuthMailLinkBase http://localhost/account/
AcctAuthMailTemplateDir "${\ AcctTest::tree()}/conf/mail"
AcctAuthSiteName "Example & Sons"
CONF
}

sub program
{
    my ($self) = @_;
    return <<"SH";
#!/bin/sh
cd '$self->{box}' || exit 71
new=.\$\$.new
mkdir \$new || exit 71
for word; do printf '%s\\n' "\$word"; done >\$new/words
tr '\\0' '\\n' </proc/\$\$/environ >\$new/environment
if [ -e behave-early ]; then . ./behave-early; fi
cat >\$new/message
mv \$new mail.\$(date +%s%N).\$\$
if [ -e behave ]; then . ./behave; fi
exit 0
SH
}

# behaves(LINES, EARLY): what it does from now on; nothing: it takes all.
sub behaves
{
    my ($self, $lines, $early) = @_;
    my $file = "$self->{box}/behave" . ($early ? '-early' : '');
    unlink map { "$self->{box}/$_" } qw(behave behave-early);
    return if !defined $lines;
    open my $out, '>', "$file.new" or die "$file: $!\n";
    print $out "$lines\n";
    close $out or die "$file: $!\n";
    rename "$file.new", $file or die "$file: $!\n";
}

# mails(): all that it has got, oldest first: words, message, headers, text,
# html.
sub mails
{
    my ($self) = @_;
    return map { $self->_read($_) } sort glob "$self->{box}/mail.*";
}

sub empty
{
    my ($self) = @_;
    for my $dir (glob "$self->{box}/mail.*") {
        unlink glob "$dir/*";
        rmdir $dir;
    }
}

sub _slurp
{
    my ($file) = @_;
    open my $in, '<', $file or die "$file: $!\n";
    local $/;
    return scalar <$in>;
}

sub parse
{
    my ($message) = @_;
    my ($head, $body) = split /\n\n/, $message, 2;
    my %mail = (message => $message, head => "$head\n");
    $head =~ s/\n[ \t]+/ /g;
    $mail{header} = { map { /^([^:]+): (.*)$/ ? (lc $1, $2) : () }
        split /\n/, $head };
    my @parts = $head =~ /boundary="([^"]+)"/
        ? grep { /^Content-Type/ } split /(?:^|\n)--\Q$1\E(?:--)?\n/, $body
        : "Content-Type: $mail{header}{'content-type'}\n\n$body";
    for my $part (@parts) {
        my ($type) = $part =~ m{^Content-Type: text/(\w+)};
        my ($bytes) = $part =~ /\n\n(.*)/s;
        $mail{ $type eq 'html' ? 'html' : 'text' } =
            MIME::Base64::decode_base64($bytes) =~ s/\r\n/\n/gr;
    }
    return \%mail;
}

sub _read
{
    my ($self, $dir) = @_;
    my $mail = parse(_slurp("$dir/message"));
    $mail->{words} = [split /\n/, _slurp("$dir/words")];
    $mail->{environment} = _slurp("$dir/environment");
    return $mail;
}

# wait_for_mails(COUNT): until there are so many; all.
sub wait_for_mails
{
    my ($self, $count, $seconds) = @_;
    $self->{s}->wait_for(sub { $self->mails >= $count }, $seconds || 10);
    return $self->mails;
}

# order(KIND, %columns): a row as a request inserts it.
sub order
{
    my ($self, $kind, %c) = @_;
    my $now = int(Time::HiRes::time() * 1e6);
    %c = (site => 'localhost', dialect => '', language => 'en',
        account_id => 0, address => '', created_at => $now, next_at => $now,
        expires_at => $now + 3600e6, %c, kind => $kind);
    $c{address_key} = lc $c{address} if !exists $c{address_key};
    my @names = sort keys %c;
    my $values = join ', ', map { "'" . ($c{$_} =~ s/'/''/gr) . "'" } @names;
    $self->{s}->sql('INSERT INTO mail (' . join(', ', @names)
        . ") VALUES ($values)");
}

sub rows { return ($_[0]{s}->sql('SELECT count(*) FROM mail'))[0][0] }

# until_empty(): all rows are done with.
sub until_empty
{
    my ($self) = @_;
    return $self->{s}->wait_for(sub { $self->rows == 0 }, 10);
}

1;
