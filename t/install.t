#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# make install puts each file where apxs says, below DESTDIR; what it
# installs works; make uninstall leaves nothing.
# mpm: own
# driver: sqlite3

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use File::Find ();
use File::Path ();
use File::Temp ();
use Test::More;

plan skip_all => 'runs without the sanitizers' if $ENV{ACCT_PRELOAD};

my $tree = tree();
my $top = File::Temp->newdir('acctinst-XXXXXXXX', TMPDIR => 1);
chmod 0755, $top;

my $apxs = $ENV{APXS} || 'apxs';
sub apxs { my $v = qx("$apxs" -q $_[0]); chomp $v; return $v }

delete @ENV{grep { /^(?:MAKE|MFLAGS|MAKEFLAGS|MAKELEVEL)/ } keys %ENV};

sub run_make
{
    my (@args) = @_;
    my $build = $ENV{ACCT_BUILD} || 'build';
    open my $fh, '-|', "cd '$tree' && make BUILD='$build' @args 2>&1" or die;
    local $/;
    my $out = <$fh>;
    close $fh;
    return ($? == 0, $out);
}

sub files
{
    my ($dir) = @_;
    my @found;
    File::Find::find({ no_chdir => 1, wanted => sub {
        push @found, substr $_, length $dir if !-d $_ || -l $_;
    } }, $dir) if -d $dir;
    return sort @found;
}

my %place = (module => apxs('LIBEXECDIR') . '/mod_acctauth.so',
             command => apxs('SBINDIR') . '/acctauth',
             data => apxs('DATADIR') . '/acctauth',
             doc => apxs('MANDIR') =~ s{/[^/]+$}{/doc/mod_acctauth}r);
my $etc = apxs('SYSCONFDIR');
# It is built where libcurl is.
my @smtp = -e build_dir() . '/acctauth-smtp' ? ('acctauth-smtp') : ();

subtest 'a compiler may have arguments' => sub {
    my $cc = $ENV{CC} || 'gcc';
    my ($ok, $out) = run_make('have', "CC='env $cc'");
    ok($ok, 'one that is there') or diag($out);
    ($ok, $out) = run_make('have', "CC='env $top/no-compiler'");
    ok(!$ok, 'one that is not');
    like($out, qr/^install-deps: missing: .*stdlib\.h/m, 'is told');
};

# A command in place of install that notes how it is called.
my $noting = "$top/noting";
spew($noting, <<'SH');
#!/bin/sh
echo "$*" >>"${0%/*}/noted"
exec install "$@"
SH
chmod 0755, $noting;

subtest 'INSTALL may be several words' => sub {
    my ($ok, $out) = run_make("DESTDIR='$top/words of it'",
        "INSTALL='$noting -p'", 'install');
    ok($ok, 'make install') or diag($out);
    my @calls = split /\n/, slurp("$top/noted");
    unlink "$top/noted";
    is(scalar(@calls), scalar(my @there = files("$top/words of it")),
        'installs each file');
    is_deeply([grep { !/^-p / } @calls], [], 'with all of them');
    for my $file ('sql/sqlite3.sql', 'conf/dialects/base.json') {
        my ($there) = grep { m{/\Q@{[ $file =~ s{.*/}{}r ]}\E$} }
            files("$top/words of it");
        is((stat "$top/words of it$there")[9], (stat "$tree/$file")[9],
            "-p keeps the time of $file");
    }
    ($ok, $out) = run_make("DESTDIR='$top/words of it'",
        "INSTALL='install --strip-program=true'", 'install');
    ok($ok, 'as debhelper says it') or diag($out);
};

subtest 'programs and data are installed by commands of their own' => sub {
    my ($ok, $out) = run_make("DESTDIR='$top/own'",
        "INSTALL_PROGRAM='$noting -c'", "INSTALL_DATA='install -m 640'",
        'install');
    ok($ok, 'make install') or diag($out);
    my @programs = map { m{([^/]+)$} } split /\n/, slurp("$top/noted");
    unlink "$top/noted";
    is_deeply([sort @programs], ['acctauth', @smtp, 'mod_acctauth.so'],
        'INSTALL_PROGRAM: the command, the module, and what speaks SMTP');
    my %modes = map { sprintf('%o', (stat "$top/own$_")[2] & 0777) => 1 }
        grep { $_ ne $place{command} && $_ ne $place{module}
            && !m{/acctauth-smtp$} }
        files("$top/own");
    is_deeply(\%modes, { 640 => 1 }, 'INSTALL_DATA: the rest');
    is((stat "$top/own$place{command}")[2] & 0777, 0755,
        'mode of the command');
    is((stat "$top/own$place{module}")[2] & 0777, 0644,
        'mode of the module');
};

subtest 'install-strip strips what is run and loaded' => sub {
    my ($ok, $out) = run_make("DESTDIR='$top/own'",
        "INSTALL='install -p'", 'install-strip');
    ok($ok, 'make install-strip') or diag($out);
    for my $what (qw(command module)) {
        my $built = build_dir() . '/' . ($place{$what} =~ s{.*/}{}r);
        cmp_ok(-s "$top/own$place{$what}", '<', -s $built, "the $what");
    }
    ok(-x "$top/own$place{command}", 'the command runs')
        && is(system("'$top/own$place{command}' --version >/dev/null"), 0,
              'still');
};

my $dest = "$top/dest";
subtest 'install' => sub {
    my ($ok, $out) = run_make("DESTDIR='$dest'", 'install');
    ok($ok, 'make install') or diag($out);
    my %have = map { $_ => 1 } files($dest);
    ok($have{ $place{$_} }, "$_: $place{$_}") for qw(module command);
    my @dialects = map { s{.*/}{}r } glob "$tree/conf/dialects/*.json";
    ok($have{"$place{data}/dialects/$_"}, "dialect $_") for @dialects;
    my @sql = map { s{.*/}{}r } glob "$tree/sql/*.sql";
    ok($have{"$place{data}/sql/$_"}, "sql $_") for @sql;
    ok($have{ apxs('MANDIR') . '/man8/acctauth.8' }, 'man page')
        if -e "$tree/man/acctauth.8";
    is_deeply([sort map { m{^\Q$place{doc}\E/examples/(.*)} ? $1 : () }
               keys %have], [grep { !m{^pages/} } map { s{^/}{}r }
               files("$tree/contrib")], 'examples: contrib without the pages');
    is_deeply([sort map { m{^\Q$place{data}\E/pages(/.*)} ? $1 : () }
               keys %have], [files("$tree/contrib/pages")],
        'which are where they are served from');
    is((stat "$dest$place{command}")[2] & 0777, 0755, 'mode of the command');
    is((stat "$dest$place{module}")[2] & 0777, 0644, 'mode of the module');
    if (-d "$etc/mods-available") {
        ok($have{"$etc/mods-available/acctauth.$_"}, "acctauth.$_")
            for qw(load conf);
        is_deeply([slurp("$dest$etc/mods-available/acctauth.load")
                   =~ /^LoadModule (\S+) (\S+)$/mg],
            ['acctauth_module', $place{module}], 'with the path of the module');
    }
    my ($again) = run_make("DESTDIR='$dest'", 'install');
    ok($again, 'installing twice');
};

subtest 'a2enmod' => sub {
    my ($a2enmod) = grep { -x } map { "$_/a2enmod" }
        (split(/:/, $ENV{PATH}), '/usr/sbin');
    plan skip_all => 'no a2enmod here'
        if !$a2enmod || !-d "$dest$etc/mods-available";
    my $conf = "$dest$etc";
    for my $name (qw(authn_core authz_core authz_user)) {
        spew("$conf/mods-available/$name.load", "# stand-in\n");
    }
    mkdir "$conf/mods-enabled";
    # Below DESTDIR there is no systemd that could reload its units.
    my $out = qx(APACHE_CONFDIR='$conf' '$a2enmod' acctauth 2>&1);
    is($?, 0, 'enables the module') or diag($out);
    ok(-l "$conf/mods-enabled/acctauth.$_", "acctauth.$_ is enabled")
        for qw(load conf);
    ok(-e "$conf/mods-enabled/$_.load", "with $_")
        for qw(authn_core authz_core authz_user);
    unlink glob "$conf/mods-enabled/auth*.load";
    unlink "$conf/mods-available/$_.load"
        for qw(authn_core authz_core authz_user);
};

subtest 'folders that a strict umask would close' => sub {
    my $umask = umask 077;
    my ($ok, $out) = run_make("DESTDIR='$top/strict'", 'install');
    umask $umask;
    ok($ok, 'make install') or diag($out);
    my @closed;
    File::Find::find({ no_chdir => 1, wanted => sub {
        push @closed, $_ if !-l $_ && ((stat $_)[2] & 0555) != 0555 && -d _
            || -f _ && ((stat _)[2] & 0444) != 0444;
    } }, "$top/strict");
    is_deeply(\@closed, [], 'are for everybody to enter, and their files');
};

subtest 'uninstall while the configuration speaks of it' => sub {
    my $site = "$dest$etc/sites-enabled";
    File::Path::make_path($site, "$top/elsewhere");
    my @lines = ('    AcctAuthDatabase sqlite3 "/x"', 'AuthType Token',
        '<IfModule mod_acctauth.c>', '<IfModule !acctauth_module>',
        "\tacctauthprotect on", 'LoadModule acctauth_module x.so',
        'Include extra/httpd-acctauth.conf', 'AuthType "Token" ');
    my @before = files($dest);
    for my $i (0 .. $#lines) {
        spew("$top/elsewhere/$i.conf", "# a site\n$lines[$i]\n");
        symlink "$top/elsewhere/$i.conf", "$site/$i.conf";
    }
    spew("$site/other.conf", "# AcctAuthProtect On\nAuthType Basic\n"
        . "AuthName \"Token\"\n");
    my ($ok, $out) = run_make("DESTDIR='$dest'", 'uninstall');
    ok(!$ok, 'is refused');
    like($out, qr{^  \Q$site\E/$_\.conf$}m, "and names: $lines[$_]")
        for 0 .. $#lines;
    unlike($out, qr/other\.conf|mods-available/,
        'but no comments, nor its own files');
    like($out, qr/FORCE=1/, 'and says how to do it all the same');
    unlink glob "$site/*.conf";
    is_deeply([files($dest)], \@before, 'nothing was removed');
    symlink "$top/elsewhere/0.conf", "$site/0.conf";
    ($ok, $out) = run_make("DESTDIR='$dest'", 'FORCE=1', 'uninstall');
    ok($ok, 'FORCE=1 goes on') or diag($out);
    like($out, qr{^  \Q$site\E/0\.conf$}m, 'and names them');
    ok(!-e "$dest$place{module}", 'the module is gone');
    unlink "$site/0.conf";
    rmdir $site;
    run_make("DESTDIR='$dest'", 'install');
};

subtest 'without apxs make is quiet but for what is missing' => sub {
    my ($ok, $out) = run_make('-n', 'APXS=/nonexistent', 'all');
    unlike($out, qr/Illegal option|not found/, 'no noise');
    ($ok, $out) = run_make('APXS=/nonexistent', 'all');
    ok(!$ok, 'it stops');
    is(scalar(my @lines = grep { !/^make/ } split /\n/, $out), 1,
        'with one line') or diag($out);
};

subtest 'uninstall' => sub {
    my ($ok, $out) = run_make("DESTDIR='$dest'", 'uninstall');
    ok($ok, 'make uninstall') or diag($out);
    is_deeply([files($dest)], [], 'leaves no file, and no enabled link');
    rmdir "$dest$etc/mods-enabled";
    rmdir "$dest$etc";
    ok(!-d "$dest$place{$_}", "nor a folder of its own: $place{$_}")
        for qw(data doc);
};

# The rest calls what make calls, with folders of its own, so that a path
# that was installed is a path that exists.
sub install_files
{
    my ($action, $layout, %over) = @_;
    local %ENV = (%ENV, LIBEXECDIR => "$top/$layout/modules",
        SYSCONFDIR => "$top/$layout/conf", SBINDIR => "$top/$layout/sbin",
        MANDIR => "$top/$layout/man", ACCT_DATADIR => "$top/$layout/data",
        DOCDIR => "$top/$layout/doc of it",
        CONF_LAYOUT => $layout, DESTDIR => '', %over);
    my $build = build_dir();
    my $out = qx('$tree/scripts/install-files' $action '$build' 2>&1);
    return ($? == 0, $out);
}

my %LOAD = (
    debian => ['conf/mods-available/acctauth.load',
               'conf/mods-available/acctauth.conf'],
    redhat => ['conf.modules.d/20-acctauth.conf', 'conf.d/acctauth.conf'],
    confd  => ['conf/conf.d/00-acctauth-load.conf',
               'conf/conf.d/acctauth.conf'],
    plain  => ['conf/extra/httpd-acctauth-load.conf',
               'conf/extra/httpd-acctauth.conf'],
);

for my $layout (sort keys %LOAD) {
    subtest "layout $layout" => sub {
        my ($ok, $out) = install_files('install', $layout);
        ok($ok, 'install') or diag($out);
        my ($load, $conf) = map { "$top/$layout/$_" } @{ $LOAD{$layout} };
        ok(-e $_, $_) for $load, $conf;
        my $s = AcctTest->start(load => 0, database => 0,
            conf => "Include \"$load\"\nInclude \"$conf\"\n");
        is($s->get('/')->{status}, 200, 'httpd starts with both files');
        $s->stop;

        # An operator's changes survive both.
        my $theirs = slurp($conf) . "# ours\n";
        spew($conf, $theirs);
        ($ok, $out) = install_files('install', $layout);
        is(slurp($conf), $theirs, 'a changed file is kept');
        like($out, qr/is kept/, 'and told');
        ok(-e "$conf.new", 'the new one lies beside it');
        install_files('uninstall', $layout);
        is_deeply([files("$top/$layout")], [substr $conf,
            length "$top/$layout"], 'uninstall keeps that file alone');
        spew($conf, slurp("$tree/conf/acctauth.conf"));
        install_files('uninstall', $layout);
        is_deeply([files("$top/$layout")], [], 'then nothing is left');
    };
}

# Every line of the example works once its mark is taken away.
subtest 'the example configuration' => sub {
    my $first = AcctTest->prepare(api => 0);
    my $text = slurp("$tree/conf/acctauth.conf");
    unlike($text, qr/^\s*[^#\s]/m, 'nothing is on');
    $text =~ s/^#(?=\S)//mg;
    my ($db, $key) = ($first->db, $first->key);
    $text =~ s{^AcctAuthDatabase.*}{AcctAuthDatabase sqlite3 "$db"}m;
    $text =~ s{^AcctAuthKeyFile.*}{AcctAuthKeyFile "$key"}m;
    $text =~ s{^(AcctAuthAuditLog).*}{$1 "logs/acctauth.log"}m;
    $text =~ s{^(AcctAuthDialectDir).*}{$1 "$tree/conf/dialects"}m;
    my $s = AcctTest->prepare(database => 0);
    my ($ok, $said) = $s->configtest($text);
    ok($ok, 'all of it on') or diag($said);
};

done_testing();
