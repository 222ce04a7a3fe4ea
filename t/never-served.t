#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, what a file is does not depend on it
# driver: sqlite3
#
# A database, its journals and its key are never handed out, whatever way
# leads to them; everything else is.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use Test::More;
use Time::HiRes qw(sleep);

my $s = AcctTest->prepare(modules => ['rewrite', 'userdir', 'vhost_alias',
    'include', 'dav', 'dav_fs'], api => 1, hash => cheap_hash(),
    conf => <<'CONF');
RewriteEngine On
RewriteRule "^/rewritten/(.*)" "${DIR}/db/$1"
UserDir "${DIR}/*/www"
<Directory "${DIR}">
    Options FollowSymLinks Includes
    Require all granted
</Directory>
AddOutputFilter INCLUDES .shtml
<Location "/dav/">
    Dav On
</Location>
<VirtualHost 127.0.0.1:*>
    ServerName main.example
    RewriteEngine On
    RewriteOptions Inherit
</VirtualHost>
<VirtualHost 127.0.0.1:*>
    ServerName mass.example
    VirtualDocumentRoot "${DIR}/users/%1"
</VirtualHost>
CONF
my $dir = $s->dir;
my $user = $s->{user};
mkdir "$dir/$_" for qw(users users/mass someone someone/www htdocs/dav);
chmod 0755, "$dir/users", "$dir/users/mass", "$dir/someone",
    "$dir/someone/www";
$s->_chown("$dir/htdocs/dav");
# Whoever runs the children could read all of these.
my %file = (database => $s->db, journal => $s->db . '-wal',
            index => $s->db . '-shm', key => $s->key);
symlink $file{$_}, "$dir/htdocs/$_" for keys %file;
symlink "$dir/db", "$dir/htdocs/folder";
symlink $s->db, "$dir/someone/www/a.db";
symlink $s->db, "$dir/users/mass/a.db";
symlink $s->db, "$dir/htdocs/dav/a.db";
link $s->db, "$dir/htdocs/hard" or die "link: $!\n";
$s->write('htdocs/page.shtml', "before\n<!--#include virtual=\"/database\" "
    . "-->\nafter\n");
$s->write('htdocs/index.html', "front\n");
$s->write('htdocs/dav/b.txt', "text\n");
$s->account(username => 'ann', password => 'tower bridge');
$s->_chown(glob $s->db . '*');
is($s->run, undef, 'httpd starts');
# a connection, so that there are journals
$s->post('/api/auth/login/', { username => 'ann',
                               password => 'tower bridge' });
ok(-e $file{$_}, "there is the $_") for qw(journal index);

sub is_refused
{
    my ($name, $r) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($r->{status}, 403, "$name: 403");
    unlike($r->{body}, qr/SQLite format|CREATE TABLE|ann/, '  nothing of it');
}

is_refused("a link to the $_", $s->get("/$_")) for qw(database journal index);
is_refused('a link to its folder', $s->get('/folder/accounts.db'));
is_refused('a hard link', $s->get('/hard'));
is_refused('a rewrite rule', $s->get('/rewritten/accounts.db'));
is_refused('a user\'s folder', $s->get('/~someone/a.db'));
is_refused('a virtual root', $s->get('/a.db',
    headers => { Host => 'mass.example' }));
is_refused('a part of the file', $s->get('/database',
    headers => { Range => 'bytes=0-15' }));
is_refused('WebDAV', $s->get('/dav/a.db'));
is_refused('WebDAV, a copy of it', $s->request('COPY', '/dav/a.db',
    headers => { Destination => $s->url('/dav/c.db') }));
ok(!-e "$dir/htdocs/dav/c.db", '  which is not made');
my $page = $s->get('/page.shtml');
is($page->{status}, 200, 'a page that includes it');
unlike($page->{body}, qr/SQLite format/, '  does so without');
isnt($s->get('/key')->{status}, 200, 'nor is the key served');
is($s->get('/')->{body}, "front\n", 'other files are');
is($s->get('/dav/b.txt')->{body}, "text\n", 'and by WebDAV');

subtest 'a file that has come since is known at once' => sub {
    unlink "$dir/htdocs/hard";
    $s->sql("VACUUM INTO '$dir/db/new'");
    chmod 0600, "$dir/db/new";
    $s->_chown("$dir/db/new");
    unlink map { $s->db . $_ } '-wal', '-shm';
    rename "$dir/db/new", $s->db or die $!;
    is_refused('a link to the new one', $s->get('/database'));
};

done_testing;
