#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, no server runs
# driver: sqlite3
#
# Each example of a location in the documents is taken by configtest, which
# finds nothing to warn of in it. Links lead somewhere, commands are ones that
# there are, root's begin with sudo, and one file is named in one way.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Test::More;

my $s = AcctTest->prepare(api => 0, modules => [qw(proxy_http headers
    rewrite)]);
my $count = 0;

for my $file ('README.md', 'conf/acctauth.conf', glob 'docs/*.md') {
    my $text = slurp(tree() . "/$file");
    $text =~ s/^#(?=[A-Z<]| )/    /gm if $file =~ /\.conf$/;
    # Blocks that are indented by four, with the lines between.
    while ($text =~ /^((?:    .*\n|\n(?=    ))+)/gm) {
        my $block = $1;
        my $line = 1 + (substr($text, 0, $-[1]) =~ tr/\n//);
        next if $block !~ /^\s*<Location/m || $block !~ /AcctAuth|Token/
            || $block =~ /SecRule|use AcctTest|^\s*\$ /m;
        my @words = $file =~ /\.conf$/
            ? ($block =~ /^\s*(<Location.*?<\/Location>)/gms) : ($block);
        for my $conf (@words) {
            # What is not of httpd's: the shell's lines beside it.
            $conf =~ s/^\s*sudo .*\n//gm;
            $conf =~ s/^\s*AcctAuth(?:Database|KeyFile)\b.*\n//gm;
            my ($ok, $said) = $s->configtest($conf);
            # The one directive that is always warned of.
            $said =~ s/ACCT0150.*\n// if $conf =~ /AcctAuthSharedCache On/;
            $count++;
            ok($ok && $said !~ /ACCT0\d+/, "$file, the block of line $line")
                or diag("$conf\n$said");
        }
    }
}
cmp_ok($count, '>=', 20, "$count examples were tried");

my @pages = ('README.md', map { s{^\Q@{[tree()]}/}{}r }
             glob tree() . '/docs/*.md');
cmp_ok(scalar @pages, '>=', 10, @pages . ' pages');

# What stands in the indented and fenced blocks of a page; the lines that go
# on are put together.
sub block_lines
{
    my ($text) = @_;
    my $in_fence = 0;
    my @lines;
    for my $line (split /\n/, $text =~ s/\\\n\s*(?:> *)?//gr) {
        $in_fence = !$in_fence if $line =~ /^```/;
        push @lines, $1 if $line =~ /^(?: {4,}|\t)\s*(.*)/
            || ($in_fence && $line =~ /^(?!```)(.*)/);
    }
    return @lines;
}

sub anchors
{
    my ($text) = @_;
    my %anchors;
    while ($text =~ /^#+ (.*)$/mg) {
        my $anchor = lc $1;
        $anchor =~ s/[^\w\- ]//g;
        $anchor =~ tr/ /-/;
        $anchors{$anchor} = 1;
    }
    return \%anchors;
}

subtest 'each link leads to a file, and a heading of it' => sub {
    for my $page (@pages) {
        my $text = slurp(tree() . "/$page");
        my ($folder) = $page =~ m{^(.*/)};
        my @lost;
        while ($text =~ /\]\((?!https?:)([^)\s#]*)(?:#([^)\s]*))?\)/g) {
            my ($file, $anchor) = ($1, $2);
            my $path = tree() . '/' . ($file eq '' ? $page
                                       : ($folder // '') . $file);
            push @lost, "$file#" . ($anchor // '') if !-e $path
                || (defined $anchor && !anchors(slurp($path))->{$anchor});
        }
        is_deeply(\@lost, [], $page);
    }
};

# What only root may do on a machine as it is installed. (The command may
# also be the database's owner's; on these pages it is root's.)
my $ROOTS = qr{(?:acctauth\ (?:init|upgrade|user|token|dialect\ check\ /etc)
    |a2enmod|a2dismod|a2ensite|apachectl|systemctl|sysctl|semanage|restorecon
    |setsebool|make\ (?:un)?install|apt-get|install\ -|chown|chmod
    |(?:createuser|createdb|dropdb|pg_dump|pg_restore|psql)\b)}x;

subtest 'what only root may do begins with sudo' => sub {
    my $tried = 0;
    for my $page (@pages) {
        next if $page =~ m{development|performance|clients};
        for my $line (block_lines(slurp(tree() . "/$page"))) {
            $tried++ if $line =~ /^sudo .*?$ROOTS/;
            ok(0, "$page: $line") if $line =~ /^$ROOTS/;
        }
    }
    cmp_ok($tried, '>=', 20, "$tried do");
};

subtest 'the key has one path, and a page that makes it makes its folder'
    => sub {
    my $named = 0;
    for my $page (@pages, 'conf/acctauth.conf', 'man/acctauth.8') {
        my $text = slurp(tree() . "/$page");
        my @paths = map { s/^"|"$//gr } $text =~
            m{(?:--key|AcctAuthKeyFile)\s+("[^"\n]+"|/[^\s`]+)}g;
        $named += @paths;
        is_deeply([grep { $_ ne '/etc/acctauth/key' } @paths], [],
                  "$page: its path");
        ok($text =~ m{install -d -m 0700\s+/etc/acctauth\b},
           "$page: its folder") if $text =~ m{init\b.*--key /};
        my @others = grep { !m{^/var/lib/acctauth/(?:accounts\.db|copy\.db)} }
            $text =~ m{(/var/lib/acctauth/[\w./-]*\w)}g;
        is_deeply(\@others, [], "$page: the database's path");
    }
    cmp_ok($named, '>=', 6, "$named times");
};

subtest 'the command has the verbs and options that it is given' => sub {
    my %help;
    my $tried = 0;
    for my $page (@pages) {
        my $text = slurp(tree() . "/$page");
        for my $line (block_lines($text), $text =~ /`([^`\n]+)`/g) {
            next if $line !~ m{(?:^|[|\$ ]|build/)acctauth\ ((?:user|token|dialect)
                               \ [a-z]+|init|upgrade)(.*)}x;
            my ($verb, $rest) = ($1, $2);
            my ($exit, $out) = @{ $help{$verb} //= [AcctTest::_run_command(
                undef, {}, build_dir() . '/acctauth', split(/ /, $verb),
                '--help')] };
            $tried++;
            my @unknown = grep { $out !~ /\Q$_\E\b/ }
                $rest =~ /(?<=\s)(--?[a-z][a-z-]*)/g;
            ok($exit == 0 && !@unknown, "$page: acctauth $verb $rest")
                or diag("@unknown\n$out");
        }
    }
    cmp_ok($tried, '>=', 20, "$tried commands");
};

# On Debian, where they are not loaded as httpd comes.
subtest 'a page says which of httpd\'s modules its examples want' => sub {
    my %module = (Header => 'headers', RequestHeader => 'headers',
                  ProxyPass => 'proxy_http', RewriteRule => 'rewrite');
    my $tried = 0;
    for my $page (@pages) {
        my $text = slurp(tree() . "/$page");
        my %wanted;
        for my $line (block_lines($text)) {
            $wanted{ $module{$1} } = 1 if $line =~ /^(\w+) / && $module{$1};
        }
        for my $module (sort keys %wanted) {
            $tried++;
            ok($text =~ /a2enmod [\w ]*\b$module\b/, "$page: $module");
        }
    }
    cmp_ok($tried, '>=', 5, "$tried times");
};

done_testing();
