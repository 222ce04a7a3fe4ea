# SPDX-License-Identifier: Apache-2.0
#
# httpd's own Basic authentication on one server: AuthUserFile, and
# mod_authn_dbd over sqlite, with and without mod_authn_socache; each with
# the cheapest stored hash there is ({SHA}, unsalted, which no site should
# use any more) and with what `htpasswd -B` makes (bcrypt, cost 5).
#
#   /file-HASH/  /dbd-HASH/  /socache-HASH/    HASH is sha or bcrypt

package Bench::Basic;

use strict;
use warnings;

use AcctTest;
use Bench::Options;
use Bench::Server;
use MIME::Base64 ();

our @MODULES = qw(auth_basic authn_file dbd authn_dbd socache_shmcb
                  authn_socache);

sub hashed
{
    my ($option) = @_;
    my $line = qx(htpasswd -nb$option user "$OPT{password}");
    die "htpasswd failed\n" if $? || $line !~ /^user:(\S+)/;
    return $1;
}

# credentials(HOW_MANY, OF)
sub credentials
{
    my ($n, $of) = @_;
    return map { 'Basic ' . MIME::Base64::encode_base64(
                     "user$_:$OPT{password}", '') }
        Bench::Fill::some($n, $of);
}

# One location for each provider and hash.
sub _conf
{
    my ($http) = @_;
    my $dir = $http->dir . '/db';
    my $conf = <<"CONF";
DBDriver sqlite3
DBDParams "$dir/basic.db"
DBDMin 1
DBDKeep $OPT{threads}
DBDMax $OPT{threads}
AuthnCacheSOCache shmcb
CONF
    for my $hash (qw(sha bcrypt)) {
        my $query = "AuthDBDUserPWQuery "
            . "\"SELECT $hash FROM users WHERE name = %s\"";
        my %provider = (
            file => "AuthBasicProvider file\nAuthUserFile \"$dir/$hash\"",
            dbd => "AuthBasicProvider dbd\n$query",
            socache => "AuthBasicProvider socache dbd\n$query\n"
                . "AuthnCacheProvideFor dbd\nAuthnCacheContext $hash");
        for my $name (sort keys %provider) {
            $conf .= <<"CONF";
<Location "/$name-$hash/">
    AuthType Basic
    AuthName bench
    Require valid-user
$provider{$name}
</Location>
CONF
        }
    }
    return $conf;
}

# prepare(accounts => N, conf => TEXT, modules => [...])
sub prepare
{
    my ($class, %opt) = @_;
    my $more = $opt{conf} || '';
    my $server = Bench::Server->prepare(use => 'none',
        modules => [@MODULES, @{ $opt{modules} || [] }],
        conf => sub { _conf($_[0]) . $more });
    my $http = $server->http;
    my %stored = (sha => hashed('s'), bcrypt => hashed('B'));
    my @names = map { "user$_" } 1 .. $opt{accounts};
    my $text = 'x' x ($OPT{file_size} - 1) . "\n";
    for my $hash (sort keys %stored) {
        $http->write("db/$hash",
            join '', map { "$_:$stored{$hash}\n" } @names);
        $http->write("htdocs/$_-$hash/file.txt", $text)
            for qw(file dbd socache);
    }
    my $db = $http->dir . '/db/basic.db';
    open my $sql, '|-', 'sqlite3', '-bail', $db or die "sqlite3: $!\n";
    print {$sql} 'CREATE TABLE users (name TEXT PRIMARY KEY, sha TEXT, '
        . "bcrypt TEXT);\nBEGIN;\n",
        (map { "INSERT INTO users VALUES "
               . "('$_', '$stored{sha}', '$stored{bcrypt}');\n" } @names),
        "COMMIT;\n";
    close $sql or die "sqlite3 failed\n";
    my $user = child_user();
    chown $user->{uid}, $user->{gid}, glob $http->dir . '/db/*' if $user;
    return $server;
}

1;
