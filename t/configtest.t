#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: own
# driver: sqlite3
#
# A wrong or contradictory configuration is refused by configtest, which
# says which directive, where it stands and what to write instead; a right
# one is taken.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use File::Copy ();
use FaultKit;
use Test::More;

my $full = AcctTest->prepare(api => 0);       # database, key, dialects
my $bare = AcctTest->prepare(database => 0);  # the module alone
my $dir = $full->dir;
my $dialects = tree() . '/conf/dialects';

# ------------------------------------------------------------- the fixtures

# A copy of the database, changed by SQL; its path.
sub database_with
{
    my ($name, $sql) = @_;
    my $file = "$dir/db/$name.db";
    File::Copy::copy($full->db, $file) or die "copy: $!\n";
    chmod 0600, $file;
    if (defined $sql) {
        open my $fh, '|-', 'sqlite3', '-batch', '-bail', $file or die;
        print {$fh} $sql;
        close $fh or die "sqlite3 did not take: $sql\n";
        unlink "$file-wal", "$file-shm";
    }
    return $file;
}

sub key_with
{
    my ($name, $text, $mode) = @_;
    my $file = $full->write("keys/$name", $text);
    chmod defined $mode ? $mode : 0600, $file;
    return $file;
}

# A folder of dialects: those of the project, and files of our own.
sub dialects_with
{
    my ($name, %files) = @_;
    mkdir "$dir/dialects" if !-d "$dir/dialects";
    mkdir "$dir/dialects/$name";
    for my $file (glob "$dialects/*.json") {
        my ($base) = $file =~ m{([^/]+)$};
        symlink $file, "$dir/dialects/$name/$base";
    }
    for my $base (keys %files) {
        unlink "$dir/dialects/$name/$base";
        AcctTest::spew("$dir/dialects/$name/$base", $files{$base});
    }
    return "$dir/dialects/$name";
}

$full->sql('PRAGMA wal_checkpoint(TRUNCATE)');
my $key_text = slurp($full->key);
my $db = $full->db;
my $key = $full->key;

my $index_name = sub {
    my ($like) = @_;
    my ($row) = $full->sql("SELECT name FROM sqlite_master WHERE type = "
        . "'index' AND sql IS NOT NULL AND sql LIKE '%UNIQUE%$like%'");
    return $row ? $row->[0] : undef;
};
# An index that belongs to the table's own text cannot be dropped; the table
# is made again without it.
my $drop_unique = sub {
    my ($table, $column) = @_;
    my $index = $index_name->("$column");
    return "DROP INDEX $index;" if defined $index;
    my ($row) = $full->sql("SELECT sql FROM sqlite_master WHERE name = "
        . "'$table'");
    my $sql = $row->[0];
    $sql =~ s/(\b$column\b[^,]*?)\s+UNIQUE/$1/i or die "no UNIQUE in $sql";
    $sql =~ s/\b$table\b/${table}_new/;
    return "PRAGMA foreign_keys=OFF; $sql; DROP TABLE $table; "
        . "ALTER TABLE ${table}_new RENAME TO $table;";
};

my $good_json = slurp("$dialects/auth-signin.json");
my %made = (
    older => database_with('older', "UPDATE meta SET value = '0' WHERE "
        . "name = 'schema_version';"),
    newer => database_with('newer', "UPDATE meta SET value = '99' WHERE "
        . "name = 'schema_version';"),
    digest => database_with('digest', $drop_unique->('token', 'digest')),
    username => database_with('username',
        $drop_unique->('account', 'username_key')),
    tableless => database_with('tableless', 'DROP TABLE revocation;'),
    versionless => database_with('versionless', "DELETE FROM meta WHERE "
        . "name = 'schema_version';"),
    foreign => database_with('foreign', join(' ', map { "DROP TABLE $_;" }
        qw(known_network limited limit_clear link name_hold recovery_code mail
           mail_count import_run imported token revocation account
           meta))
        . ' CREATE TABLE other (x);'),
    mode644 => database_with('mode644'),
    mode660 => database_with('mode660'),
    served => database_with('served'),
);
chmod 0644, $made{mode644};
chmod 0660, $made{mode660};
AcctTest::spew("$dir/db/garbage.db", "this is no database\n" x 400);
AcctTest::spew("$dir/db/empty.db", '');
chmod 0600, "$dir/db/garbage.db", "$dir/db/empty.db";
mkdir "$dir/htdocs/data";
File::Copy::copy($db, "$dir/htdocs/data/accounts.db");
chmod 0600, "$dir/htdocs/data/accounts.db";
symlink $made{served}, "$dir/htdocs/linked.db";
mkdir "$dir/aliased";
File::Copy::copy($db, "$dir/aliased/accounts.db");
chmod 0600, "$dir/aliased/accounts.db";
mkdir "$dir/site2";
File::Copy::copy($db, "$dir/site2/accounts.db");
File::Copy::copy($key, "$dir/site2/key");
chmod 0600, "$dir/site2/accounts.db", "$dir/site2/key";
mkdir "$dir/keydir";
my %key = (
    readable => key_with('readable', $key_text, 0644),
    group => key_with('group', $key_text, 0640),
    short => key_with('short', substr($key_text, 0, 20)),
    empty => key_with('empty', ''),
    long => key_with('long', "$key_text$key_text"),
    letters => key_with('letters', ('z' x 64) . "\n"),
    other => key_with('other', ('0123456789abcdef' x 4) . "\n"),
);
my %list = (
    latin => $full->write('latin.txt', "pass\nmot de pass\xe9\n"),
    good => $full->write('good.txt', "password\nletmein\n"),
);

my %dd = (
    syntax => dialects_with('syntax', 'auth-signin.json' =>
        "{ \"extends\": \"base\",\n  \"routes\": [ { ]\n}\n"),
    member => dialects_with('member', 'auth-signin.json' =>
        do { (my $t = $good_json) =~ s/\{/{ "rutes": [], /; $t }),
    operation => dialects_with('operation', 'auth-signin.json' =>
        do { (my $t = $good_json) =~ s/"operation":\s*"login"/"operation": "log_in"/; $t }),
    status => dialects_with('status', 'auth-signin.json' =>
        do { (my $t = $good_json) =~ s/"status":\s*\d+/"status": 99/; $t }),
    placeholder => dialects_with('placeholder', 'auth-signin.json' =>
        do { (my $t = $good_json) =~ s/\{token\}/{tokn}/g; $t }),
    baseless => dialects_with('baseless'),
    badbase => dialects_with('badbase', 'base.json' => "{\n\"messages\": 1\n}\n"),
    empty => "$dir/keydir",
);
unlink "$dd{baseless}/base.json";
my $no_token = slurp("$dialects/auth-signin.json");

# ---------------------------------------------------------------- the table

# A wrong configuration: name, text, patterns that what is printed must
# match. The line at fault begins with "!"; where it is marked, the message
# must name this line. Where not, what is at fault stands in the base.
# What is outside of it, the state of databases and keys, is logged in the same
# words and stops nothing.
my (@wrong, @right, @warned);
sub wrong { my ($name, $conf, @like) = @_;
            push @wrong, [$full, $name, $conf, @like] }
sub wrong_bare { my ($name, $conf, @like) = @_;
                 push @wrong, [$bare, $name, $conf, @like] }
sub warned { my ($name, $conf, @like) = @_;
             push @warned, [$full, $name, $conf, @like] }
sub right { push @right, [$full, @_] }
sub right_bare { push @right, [$bare, @_] }
sub in { my ($section, $line) = @_;
         my ($tag) = $section =~ /^(\w+)/;
         return "<$section>\n$line\n</$tag>" }
my $loc = 'Location "/x/"';

# -- in the wrong place
for my $one (["AcctAuthDatabase sqlite3 $db"], ["AcctAuthKeyFile $key"],
             ["AcctAuthDialectDir $dialects"],
             ['AcctAuthPasswordHash argon2id'],
             ['AcctAuthPasswordRules Off'], ['AcctAuthHashConcurrency 2'],
             ['AcctAuthMaxTokens 5'], ['AcctAuthDatabaseConnections 5']) {
    my ($name) = $one->[0] =~ /^(\w+)/;
    wrong "$name in a Location", in($loc, "!$one->[0]"), qr/$name/,
        qr/not allowed|cannot occur/;
}
wrong 'AcctAuthHashConcurrency in a virtual host',
    in('VirtualHost *:1', '!AcctAuthHashConcurrency 2'),
    qr/AcctAuthHashConcurrency/, qr/VirtualHost|not allowed/;
wrong 'AcctAuthDatabase in a Directory',
    in("Directory \"$dir/htdocs\"", "!AcctAuthDatabase sqlite3 $db"),
    qr/AcctAuthDatabase/, qr/not allowed|cannot occur/;
my $api_remedy = qr/AcctAuthAPI.*(?:<Location|not allowed)/s;
wrong 'AcctAuthAPI outside of any section', '!AcctAuthAPI accounts',
    $api_remedy;
for my $section ("Directory \"$dir/htdocs\"", 'LocationMatch "^/x/"',
                 'Location ~ "^/x/"', 'Files "x"',
                 'If "%{HTTP_HOST} == \'x\'"') {
    my ($tag) = $section =~ /^(\w+)/;
    wrong "AcctAuthAPI in <$section>",
        in($section, '!AcctAuthAPI accounts'), $api_remedy;
}
wrong 'AcctAuthAPI in an If inside of a Location',
    "<Location \"/x/\">\n<If \"true\">\n!AcctAuthAPI accounts\n</If>\n"
    . '</Location>', qr/AcctAuthAPI/, qr/<Location/;
wrong 'AcctAuthAPI in a Limit',
    "<Location \"/x/\">\n<Limit GET>\n!AcctAuthAPI accounts\n</Limit>\n"
    . '</Location>', qr/AcctAuthAPI/;

# -- AcctAuthAPI
wrong 'AcctAuthAPI twice in a location',
    in($loc, "AcctAuthAPI auth-signin\n!AcctAuthAPI auth-register"),
    qr/AcctAuthAPI/, qr/in one line/;
wrong 'AcctAuthAPI without a name', in($loc, '!AcctAuthAPI'),
    qr/AcctAuthAPI/, qr/takes|argument|require/;
wrong 'an unknown dialect', in($loc, '!AcctAuthAPI nobody'),
    qr/AcctAuthAPI/, qr/nobody\.json/;
wrong 'a dialect by its file name', in($loc, '!AcctAuthAPI accounts.json'),
    qr/AcctAuthAPI/, qr/without its ending/;
wrong 'a dialect that climbs', in($loc, '!AcctAuthAPI ../accounts'),
    qr/AcctAuthAPI/, qr/NAME\.json/;
wrong 'an empty name', in($loc, '!AcctAuthAPI ""'),
    qr/AcctAuthAPI/, qr/name/;
wrong 'two dialects with one route',
    in($loc, '!AcctAuthAPI auth-signin accounts'), qr/AcctAuthAPI/,
    qr/signin/, qr/auth-signin/, qr/accounts/;
wrong 'one dialect twice', in($loc, '!AcctAuthAPI accounts accounts'),
    qr/AcctAuthAPI/, qr/accounts/;

# -- AcctAuthProtect
wrong 'AcctAuthProtect Yes', in($loc, '!AcctAuthProtect Yes'),
    qr/AcctAuthProtect.*"Yes".*On, Optional or Off/s;
wrong 'AcctAuthProtect alone', in($loc, '!AcctAuthProtect'),
    qr/AcctAuthProtect.*one argument/s;
wrong 'AcctAuthProtect with two words', in($loc, '!AcctAuthProtect On Off'),
    qr/AcctAuthProtect.*one argument/s;
wrong 'AcctAuthProtect outside of any section, like AuthType',
    '!AcctAuthProtect On', qr/AcctAuthProtect not allowed/;
my $fight = qr/AcctAuthProtect.*AuthType Token/s;
wrong 'AcctAuthProtect beside AuthType Basic',
    in($loc, "AuthType Basic\nAuthName x\n!AcctAuthProtect On"), $fight;
wrong 'AcctAuthProtect Optional beside AuthType Digest',
    in($loc, "!AcctAuthProtect Optional\nAuthType Digest"), $fight;
wrong 'the same in a Directory, in quotes',
    in("Directory \"$dir/htdocs\"",
       "AuthType \"basic\"\n!AcctAuthProtect \"on\""), $fight;
wrong 'the same in an IfModule inside of the location',
    in($loc, "AuthType Basic\n<IfModule core.c>\n!AcctAuthProtect On\n"
           . '</IfModule>'), $fight;
wrong 'AcctAuthProtect in an IfModule, AuthType Basic in another',
    in($loc, "<IfModule core.c>\nAuthType Basic\n</IfModule>\n"
           . '!AcctAuthProtect On'), $fight;

# -- AcctAuthScheme
wrong 'a scheme with a bad letter', in($loc, '!AcctAuthScheme "Tok en"'),
    qr/AcctAuthScheme.*one word/s;
wrong 'a scheme with a colon', in($loc, '!AcctAuthScheme Token:'),
    qr/AcctAuthScheme.*one word/s;
wrong 'an empty scheme', in($loc, '!AcctAuthScheme ""'),
    qr/AcctAuthScheme.*(?:one word|one argument)/s;
wrong 'the scheme Basic', in($loc, '!AcctAuthScheme Basic'),
    qr/AcctAuthScheme.*Token or Bearer/s;
wrong 'the scheme digest, anywhere', '!AcctAuthScheme digest',
    qr/AcctAuthScheme.*Token or Bearer/s;
wrong 'no scheme', '!AcctAuthScheme', qr/AcctAuthScheme.*one argument/s;

# -- flags
for my $name (qw(AcctAuthIdentityHeaders AcctAuthForwardToken)) {
    wrong "$name maybe", "!$name maybe", qr/$name must be On or Off/;
    wrong "$name alone", "!$name", qr/$name must be On or Off/;
}

# -- AcctAuthPasswordHash
for my $one (['another kind', 'bcrypt cost=12', qr/argon2id/],
             ['nothing', '', qr/argon2id/],
             ['m before the kind', 'm=19456', qr/argon2id/],
             ['too little memory', 'argon2id m=7', qr/m=/],
             ['too much memory', 'argon2id m=4194304', qr/m=/],
             ['no passes', 'argon2id t=0', qr/t=/],
             ['too many passes', 'argon2id t=11', qr/t=/],
             ['no lanes', 'argon2id p=0', qr/p=/],
             ['less memory than the lanes need', 'argon2id m=8 p=2', qr/m=/],
             ['letters for a number', 'argon2id m=19M', qr/m=/],
             ['a number too large for any type',
              'argon2id m=99999999999999999999', qr/m=/],
             ['a negative number', 'argon2id t=-1', qr/t=/],
             ['an unknown parameter', 'argon2id x=1', qr/x=1/],
             ['a parameter without value', 'argon2id m=', qr/m=/]) {
    my ($name, $args, $like) = @$one;
    wrong "AcctAuthPasswordHash: $name", "!AcctAuthPasswordHash $args",
        qr/AcctAuthPasswordHash/, $like;
}

# -- AcctAuthPasswordRules
my $rules = qr/AcctAuthPasswordRules/;
wrong 'rules: none', '!AcctAuthPasswordRules', $rules, qr/min-length=/;
wrong 'rules: an unknown one', '!AcctAuthPasswordRules strong', $rules,
    qr/"strong".*not-similar/s;
wrong 'rules: min-length=0', '!AcctAuthPasswordRules min-length=0', $rules,
    qr/1 to 128/;
wrong 'rules: min-length=129', '!AcctAuthPasswordRules min-length=129',
    $rules, qr/1 to 128/;
wrong 'rules: min-length=x', '!AcctAuthPasswordRules min-length=eight',
    $rules, qr/min-length=12/;
wrong 'rules: a list that is not there',
    "!AcctAuthPasswordRules block-list=$dir/none.txt", $rules, qr/none\.txt/;
wrong 'rules: a list that is a folder',
    "!AcctAuthPasswordRules block-list=$dir/keydir", $rules, qr/keydir/;
wrong 'rules: a list without a name', '!AcctAuthPasswordRules block-list=',
    $rules, qr/block-list=FILE/;
wrong 'rules: a list that is not UTF-8',
    "!AcctAuthPasswordRules block-list=$list{latin}", $rules,
    qr/line 2/, qr/UTF-8/;
wrong 'rules: Off and something else',
    '!AcctAuthPasswordRules Off min-length=8', $rules, qr/Off/;

# -- numbers
for my $n (qw(0 65 -1 two 1.5 0x1)) {
    wrong "AcctAuthHashConcurrency $n", "!AcctAuthHashConcurrency $n",
        qr/AcctAuthHashConcurrency.*1 to 64/s;
}
for my $n (qw(0 65 -1 two 1.5 0x1)) {
    wrong "AcctAuthDatabaseConnections $n",
        "!AcctAuthDatabaseConnections $n",
        qr/AcctAuthDatabaseConnections.*1 to 64/s;
}
right 'AcctAuthDatabaseConnections in a virtual host',
    in('VirtualHost *:1', 'AcctAuthDatabaseConnections 64');
wrong 'AcctAuthHashConcurrency alone', '!AcctAuthHashConcurrency',
    qr/AcctAuthHashConcurrency.*one argument/s;
for my $n (qw(0 255 1048577 -1 16k 9223372036854775808)) {
    wrong "AcctAuthMaxBody $n", in($loc, "!AcctAuthMaxBody $n"),
        qr/AcctAuthMaxBody.*256 to 1048576/s;
}
for my $n (qw(0 100001 -1 few 2.0)) {
    wrong "AcctAuthMaxTokens $n", "!AcctAuthMaxTokens $n",
        qr/AcctAuthMaxTokens.*1 to 100000/s;
}
right "AcctAuthMaxTokens $_", "AcctAuthMaxTokens $_" for qw(1 100000 off);
right 'AcctAuthMaxTokens in a virtual host',
    in('VirtualHost *:1', 'AcctAuthMaxTokens 5');
wrong 'AcctAuthMaxBody alone', '!AcctAuthMaxBody',
    qr/AcctAuthMaxBody.*one argument/s;
wrong 'AcctAuthRequireTLS Maybe', '!AcctAuthRequireTLS Maybe',
    qr/AcctAuthRequireTLS.*"Maybe".*Remote/s;
wrong 'AcctAuthRequireTLS alone', '!AcctAuthRequireTLS',
    qr/AcctAuthRequireTLS.*one argument/s;

# -- no database
my $add_db = qr/add\s+AcctAuthDatabase sqlite3/;
wrong_bare 'an API without a database',
    "AcctAuthDialectDir $dialects\n" . in($loc, '!AcctAuthAPI accounts'),
    qr/AcctAuthAPI/, $add_db;
wrong_bare 'AcctAuthProtect without a database',
    in($loc, '!AcctAuthProtect On'), qr/AcctAuthProtect/, $add_db;
wrong_bare 'AcctAuthProtect Optional without a database',
    in("Directory \"$dir/htdocs\"", '!AcctAuthProtect Optional'),
    qr/AcctAuthProtect/, $add_db;
wrong_bare 'AuthType Token without a database',
    in($loc, "!AuthType Token\nRequire valid-user"), qr/AuthType Token/,
    $add_db;
wrong_bare 'AuthType token, in other letters, deep inside',
    in("Directory \"$dir/htdocs\"",
       "<IfModule core.c>\n!AuthType \"tOkEn\"\n</IfModule>"),
    qr/AuthType Token/, $add_db;
wrong_bare 'of several AuthType Token the first is named',
    in($loc, "<IfModule core.c>\n!AuthType Token\n</IfModule>\n"
       . "<Limit GET>\nRequire valid-user\n</Limit>")
    . "\n" . in('Location "/second/"', "AuthType Token\nRequire valid-user")
    . "\n" . in('Location "/third/"', "AuthType Token\nRequire valid-user"),
    qr/AuthType Token/, $add_db;
wrong 'of several that fight the first is named',
    in($loc, "<If \"true\">\nAuthType Basic\n!AcctAuthProtect On\n</If>")
    . "\n" . in('Location "/second/"', "AuthType Basic\nAcctAuthProtect On")
    . "\n" . in('Location "/third/"', "AcctAuthProtect On\nAuthType Basic"),
    qr/AcctAuthProtect/, qr/AuthType Token/;
wrong 'of several folders that serve it the first is named',
    "Alias \"/files/\" \"$dir/aliased/\"\nAlias \"/all/\" \"$dir/\"\n"
    . "!AcctAuthDatabase sqlite3 \"$dir/aliased/accounts.db\"",
    qr/AcctAuthDatabase/, qr{lies in \Q$dir\E/aliased/?, which};
wrong_bare 'an API in a virtual host, the database in another',
    in('VirtualHost *:1', "ServerName a\nAcctAuthDatabase sqlite3 $db\n"
       . "AcctAuthKeyFile $key\nAcctAuthDialectDir $dialects")
    . "\n" . in('VirtualHost *:1', "ServerName b\n"
       . "AcctAuthDialectDir $dialects\n" . in($loc, '!AcctAuthAPI accounts')),
    qr/AcctAuthAPI/, $add_db;
wrong_bare 'AcctAuthProtect in a virtual host, the database in another',
    in('VirtualHost *:1', "ServerName a\nAcctAuthDatabase sqlite3 $db\n"
       . "AcctAuthKeyFile $key\nAcctAuthDialectDir $dialects")
    . "\n" . in('VirtualHost *:1', "ServerName b\n"
       . in($loc, '!AcctAuthProtect On')),
    qr/AcctAuthProtect/, $add_db;
wrong_bare 'AuthType Token in a virtual host, the database in another',
    in('VirtualHost *:1', "ServerName a\nAcctAuthDatabase sqlite3 $db\n"
       . "AcctAuthKeyFile $key\nAcctAuthDialectDir $dialects")
    . "\n" . in('VirtualHost *:1', "ServerName b\n"
       . in($loc, "!AuthType Token\nRequire valid-user")),
    qr/AuthType Token/, $add_db;
wrong_bare 'AcctAuthProtect of the main server, the database in a vhost',
    in($loc, '!AcctAuthProtect On') . "\n"
    . in('VirtualHost *:1', "AcctAuthDatabase sqlite3 $db\n"
       . "AcctAuthKeyFile $key\nAcctAuthDialectDir $dialects"),
    qr/AcctAuthProtect/, $add_db;

# -- AcctAuthDatabase
sub database { my ($name, $file, @like) = @_;
               warned $name, "!AcctAuthDatabase sqlite3 \"$file\"",
                   qr/AcctAuthDatabase/, @like }
wrong 'another driver', '!AcctAuthDatabase mysql "host=localhost"',
    qr/AcctAuthDatabase.*"mysql".*sqlite3/s;
wrong 'a driver alone', '!AcctAuthDatabase sqlite3',
    qr/AcctAuthDatabase.*two arguments/s;
wrong 'too many words', "!AcctAuthDatabase sqlite3 $db more",
    qr/AcctAuthDatabase.*two arguments/s;
wrong 'no path', '!AcctAuthDatabase sqlite3 ""',
    qr/AcctAuthDatabase.*(?:acctauth init|two arguments)/s;
wrong 'a database in memory', '!AcctAuthDatabase sqlite3 ":memory:"',
    qr/AcctAuthDatabase/;
database 'a database that is not there', "$dir/db/none.db", qr/none\.db/,
    qr/No such file/, qr/acctauth init/;
database 'a database that is a folder', "$dir/keydir", qr/keydir/,
    qr/plain file/;
database 'a database that is none', "$dir/db/garbage.db", qr/garbage\.db/,
    qr/not a database/, qr/acctauth init|backup/;
database 'an empty file', "$dir/db/empty.db", qr/empty\.db/,
    qr/acctauth init/;
database 'a database of another program', $made{foreign}, qr/foreign\.db/,
    qr/acctauth init/;
database 'an older schema', $made{older}, qr/older\.db/, qr/acctauth|backup/;
database 'a newer schema', $made{newer}, qr/newer\.db/, qr/99/,
    qr/newer mod_acctauth/;
database 'no schema version', $made{versionless}, qr/schema_version/;
database 'the unique index on digests dropped', $made{digest},
    qr/unique index on token\.digest/, qr/backup|sql/;
database 'the unique index on names dropped', $made{username},
    qr/unique index on account\.username_key/, qr/backup|sql/;
database 'a table dropped', $made{tableless}, qr/revocation/, qr/backup|sql/;
database 'a database that all can read', $made{mode644}, qr/644/,
    qr/chmod 600/;
SKIP: {
    # An ordinary user's group often has this user alone, and is trusted.
    skip 'only root can have a group of others', 1 if $> != 0;
    database 'a database that its group can write', $made{mode660}, qr/660/,
        qr/chmod 600/;
}
wrong 'a database below the DocumentRoot',
    "!AcctAuthDatabase sqlite3 \"$dir/htdocs/data/accounts.db\"",
    qr/fetch|serves/, qr/move it/;
wrong 'a database below an Alias',
    "Alias \"/files/\" \"$dir/aliased/\"\n"
    . "!AcctAuthDatabase sqlite3 \"$dir/aliased/accounts.db\"",
    qr/AcctAuthDatabase/, qr/move it/;
wrong 'a database below an Alias whose folder is a symbolic link',
    do { symlink "$dir/aliased", "$dir/by-link";
         "Alias \"/files/\" \"$dir/by-link/\"\n"
         . "!AcctAuthDatabase sqlite3 \"$dir/aliased/accounts.db\"" },
    qr/AcctAuthDatabase/, qr/move it/;
wrong 'a database named through a symbolic link, below an Alias',
    do { symlink "$dir/aliased/accounts.db", "$dir/db/link.db";
         "Alias \"/files/\" \"$dir/aliased/\"\n"
         . "!AcctAuthDatabase sqlite3 \"$dir/db/link.db\"" },
    qr/AcctAuthDatabase/, qr/move it/;
wrong 'a database below the DocumentRoot of a virtual host',
    "!AcctAuthDatabase sqlite3 \"$dir/site2/accounts.db\"\n"
    . in('VirtualHost *:1', "DocumentRoot \"$dir/site2\""),
    qr/AcctAuthDatabase/, qr/move it/;
wrong 'a database below an AliasMatch',
    "AliasMatch \"^/files/(.*)\" \"$dir/aliased/\$1\"\n"
    . "!AcctAuthDatabase sqlite3 \"$dir/aliased/accounts.db\"",
    qr/AcctAuthDatabase/, qr/move it/;
wrong 'a database that an Alias names itself',
    "Alias \"/files\" \"$dir/aliased/accounts.db\"\n"
    . "!AcctAuthDatabase sqlite3 \"$dir/aliased/accounts.db\"",
    qr/AcctAuthDatabase/, qr/move it/;
wrong 'a database below an Alias inside of a Location',
    in('Location "/files/"', "Alias \"$dir/aliased/\"")
    . "\n!AcctAuthDatabase sqlite3 \"$dir/aliased/accounts.db\"",
    qr/AcctAuthDatabase/, qr/move it/;

# -- AcctAuthKeyFile
sub key_file { my ($name, $file, @like) = @_;
               warned "key: $name", "!AcctAuthKeyFile \"$file\"",
                   qr/AcctAuthKeyFile/, @like }
key_file 'not there', "$dir/none", qr/none/, qr/No such file|acctauth init/;
key_file 'a folder', "$dir/keydir", qr/keydir/;
key_file 'others can read it', $key{readable}, qr/readable/, qr/chmod/;
key_file 'its group can read it', $key{group}, qr/group/, qr/chmod/;
key_file 'short', $key{short}, qr/short/, qr/acctauth|64|32/;
key_file 'empty', $key{empty}, qr/empty/, qr/acctauth|64|32/;
key_file 'long', $key{long}, qr/long/, qr/acctauth|64|32/;
key_file 'no hex digits', $key{letters}, qr/letters/, qr/acctauth|64|32/;
key_file 'that of another database', $key{other}, qr/other/,
    qr/key file that was made with/;
wrong 'key: no name', '!AcctAuthKeyFile', qr/AcctAuthKeyFile.*one argument/s;
wrong 'key: below the DocumentRoot of a virtual host',
    "!AcctAuthKeyFile \"$dir/site2/key\"\n"
    . in('VirtualHost *:1', "DocumentRoot \"$dir/site2\""),
    qr/AcctAuthKeyFile/, qr/move it/;
wrong_bare 'a dialect that needs a key and there is none',
    "AcctAuthDatabase sqlite3 $db\nAcctAuthDialectDir $dialects\n"
    . in($loc, '!AcctAuthAPI accounts'), qr/AcctAuthAPI/, qr/accounts/,
    qr/AcctAuthKeyFile FILE/;
wrong_bare 'the second of two dialects needs a key',
    "AcctAuthDatabase sqlite3 $db\nAcctAuthDialectDir $dialects\n"
    . in($loc, '!AcctAuthAPI auth-signin account-register'), qr/AcctAuthAPI/,
    qr/account-register/, qr/AcctAuthKeyFile FILE/;
wrong_bare 'a dialect in a virtual host needs a key',
    "AcctAuthDatabase sqlite3 $db\nAcctAuthDialectDir $dialects\n"
    . in('VirtualHost *:1', in($loc, '!AcctAuthAPI accounts')),
    qr/AcctAuthAPI/, qr/AcctAuthKeyFile FILE/;

# -- dialects
my $mount = in($loc, '!AcctAuthAPI auth-signin');
wrong 'a folder of dialects that is not there',
    "!AcctAuthDialectDir \"$dir/none\"", qr/AcctAuthDialectDir/,
    qr/not a directory/;
wrong 'a folder of dialects that is a file', "!AcctAuthDialectDir \"$key\"",
    qr/AcctAuthDialectDir/, qr/not a directory/;
wrong 'a folder without base.json',
    "AcctAuthDialectDir \"$dd{empty}\"", qr/AcctAuth/, qr/base\.json/;
wrong 'a base.json with a mistake', "AcctAuthDialectDir \"$dd{badbase}\"",
    qr/AcctAuth/, qr/base\.json/, qr/messages/;
wrong 'a dialect whose base is gone',
    "AcctAuthDialectDir \"$dd{baseless}\"\n$mount", qr/AcctAuthAPI/,
    qr/base\.json/;
wrong 'a dialect with a slip of syntax',
    "AcctAuthDialectDir \"$dd{syntax}\"\n$mount", qr/AcctAuthAPI/,
    qr/auth-signin\.json/, qr/2:\d+|line 2/;
wrong 'a dialect with an unknown member',
    "AcctAuthDialectDir \"$dd{member}\"\n$mount", qr/AcctAuthAPI/,
    qr/auth-signin\.json/, qr/rutes/, qr/routes/;
wrong 'a dialect with an unknown operation',
    "AcctAuthDialectDir \"$dd{operation}\"\n$mount", qr/AcctAuthAPI/,
    qr/log_in/, qr/login/;
wrong 'a dialect with a wrong status',
    "AcctAuthDialectDir \"$dd{status}\"\n$mount", qr/AcctAuthAPI/,
    qr/99/, qr/200/;
wrong 'a dialect with an unknown placeholder',
    "AcctAuthDialectDir \"$dd{placeholder}\"\n$mount", qr/AcctAuthAPI/,
    qr/tokn/, qr/token/;

# -- what is right
right 'nothing more than database, key and dialects', '';
right_bare 'the module alone', '';
right_bare 'the module alone, with settings that nothing uses',
    "AcctAuthScheme Bearer\nAcctAuthMaxBody 256\nAcctAuthRequireTLS On\n"
    . "AcctAuthIdentityHeaders On\nAcctAuthForwardToken Off\n"
    . "AcctAuthHashConcurrency 64\nAcctAuthPasswordHash argon2id\n"
    . 'AcctAuthPasswordRules Off';
right_bare 'AcctAuthProtect Off without a database',
    in($loc, 'AcctAuthProtect Off');
right_bare 'AuthType Basic without a database is none of ours',
    in($loc, 'AuthType Basic');
right 'all five APIs', join "\n", map { in("Location \"$_->[0]\"",
    "AcctAuthAPI $_->[1]") } ['/accounts/', 'accounts'],
    ['/auth/', 'auth-signin'], ['/api/auth/', 'auth-signin auth-register'],
    ['/account/', 'account-register'], ['/api/v1/users/', 'users-v1'];
right 'an API at a location without a final slash',
    in('Location "/x"', 'AcctAuthAPI accounts');
right_bare 'a dialect that needs no key, and no key',
    "AcctAuthDatabase sqlite3 $db\nAcctAuthDialectDir $dialects\n"
    . in($loc, 'AcctAuthAPI auth-signin auth-register');
right 'AcctAuthProtect and AuthType Token together',
    in($loc, "AuthType Token\nAcctAuthProtect On\nRequire valid-user");
right 'AcctAuthProtect and AuthType None',
    in($loc, "AuthType None\nAcctAuthProtect On");
right 'AcctAuthProtect Off beside AuthType Basic',
    in($loc, "AuthType Basic\nAuthName x\nAcctAuthProtect Off");
right 'words in any letters',
    in($loc, "AcctAuthProtect oPTIONAL\nAcctAuthRequireTLS remote\n"
           . "AcctAuthIdentityHeaders on\nAcctAuthForwardToken OFF");
right 'AcctAuthProtect for all of the site',
    in('Location "/"', 'AcctAuthProtect On');
right 'all parameters of the hash, in another order',
    'AcctAuthPasswordHash argon2id p=4 m=65536 t=3';
right 'all password rules together',
    "AcctAuthPasswordRules min-length=128 block-list=$list{good} not-similar "
    . 'not-numeric';
right 'the bounds of numbers', "AcctAuthHashConcurrency 1\n"
    . in($loc, 'AcctAuthMaxBody 1048576');
right 'a database for each virtual host',
    in('VirtualHost *:1', "AcctAuthDatabase sqlite3 \"$db\"\n"
       . "AcctAuthKeyFile \"$key\"\n" . in($loc, 'AcctAuthAPI accounts'));
right 'a relative path is below ServerRoot',
    'AcctAuthDatabase sqlite3 db/accounts.db';
right 'an Alias to another folder', "Alias \"/k/\" \"$dir/keydir/\"";
right 'a key that only its owner can read, read-only',
    do { my $k = key_with('readonly', $key_text, 0400);
         "AcctAuthKeyFile \"$k\"" };

# ----------------------------------------------------------------- the runs

# What configtest says of a case, and why that is not what it should say.
sub look
{
    my ($case) = @_;
    my ($server, $name, $conf, @like) = @$case;
    my @lines = split /\n/, $conf;
    my ($at) = grep { $lines[$_] =~ s/^!// } 0 .. $#lines;
    my ($ok, $text) = $server->configtest(join "\n", @lines);
    my $file = $server->dir . '/configtest.conf';
    my @why = map { "no $_" } grep { $text !~ $_ } @like;
    if (defined $at) {
        my $number = (slurp($file) =~ tr/\n//) - @lines + $at + 1;
        push @why, "line $number of the file is not named"
            if $text !~ /\bline $number of \Q$file\E/;
    }
    push @why, 'the key is in the message'
        if index($text, substr($key_text, 0, 32)) >= 0;
    return ($ok, $text, @why);
}

my $count = 0;
for my $case (@wrong) {
    my ($ok, $text, @why) = look($case);
    push @why, 'it was taken' if $ok;
    $count++;
    ok(!@why, "refused: $case->[1]")
        or diag(join "\n", @why, "it said:", $text);
}
for my $case (@warned) {
    my ($ok, $text, @why) = look($case);
    push @why, 'it was refused' if !$ok;
    ok(!@why, "taken, and told: $case->[1]")
        or diag(join "\n", @why, "it said:", $text);
}
for my $case (@right) {
    my ($server, $name, $conf) = @$case;
    my ($ok, $text) = $server->configtest($conf);
    ok($ok, "taken: $name") or diag($text);
}
{
    my ($ok, $text) = $full->configtest('AcctAuthDatabaseConnections 5');
    ok($ok, 'a number of connections to a file is taken');
    like($text, qr/ACCT0125: AcctAuthDatabaseConnections .* has no effect/,
        'with a warning');
}
cmp_ok($count, '>=', 60, "$count wrong configurations were refused");

# What configtest refuses does not start; a reload of it ends with the old
# server's own files intact.
my $s = AcctTest->start(api => 0, expect_fail => 1,
    conf => in($loc, "AuthType Basic\nAcctAuthProtect On"));
like($s->{config_error}, qr/AcctAuthProtect/, 'start refuses it as well');

# The check leaves nothing behind in the database's folder.
is_deeply([sort map { m{([^/]+)$} } glob $full->db . '*'], ['accounts.db'],
    'configtest leaves no files beside the database');

done_testing;
