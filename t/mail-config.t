#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# Directives about mails: what configtest says of them, how they merge, and
# what httpd tells the command of them.
# mpm: any, no server is started
# driver: sqlite3, no database is asked

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use JSON::PP ();
use Test::More;

my $s = AcctTest->prepare;
my $tree = tree();
my $good = <<"CONF";
AcctAuthMail sendmail
AcctAuthMailFrom accounts\@example.org
AcctAuthMailLinkBase https://www.example.org/account
AcctAuthMailTemplateDir "$tree/conf/mail"
CONF

sub refused
{
    my ($extra, $like, $name) = @_;
    my ($ok, $text) = $s->configtest($extra);
    ok(!$ok, $name);
    like($text, $like, 'and says what to write');
}

sub taken
{
    my ($extra, $name) = @_;
    my ($ok, $text) = $s->configtest($extra);
    ok($ok, $name) or diag($text);
    return $text;
}

# without(LINE): what is right, but for one directive.
sub without { return $good =~ s/^\Q$_[0]\E .*\n//mr }

subtest 'what mails need' => sub {
    unlike(taken($good, 'all of it is right'), qr/ACCT016/, 'and not warned of');
    refused(without('AcctAuthMailFrom'),
        qr/ACCT0160: AcctAuthMail on line \d+ of \S+: .*AcctAuthMailFrom /,
        'a sender');
    refused(without('AcctAuthMailLinkBase'),
        qr/ACCT0160: AcctAuthMail on line .*AcctAuthMailLinkBase https/,
        'the beginning of links');
    like(taken($good =~ s/https:/http:/r, 'http:// is let through'),
        qr/ACCT0163: AcctAuthMailLinkBase on line \d+ of /, 'with a warning');
    unlike(taken($good =~ s{https://www.example.org}{http://localhost:8080}r,
        'http:// to this machine'), qr/ACCT0163/, 'is not warned of');
    taken('AcctAuthMail Off', 'Off needs nothing');
};

subtest 'words that are none' => sub {
    refused("$good\n$_->[0]", $_->[1], $_->[0]) for
        ['AcctAuthMail mail', qr/"mail" is not known; write sendmail/],
        ['AcctAuthMail sendmail:sendmail', qr/is not known/],
        ['AcctAuthMailFrom nobody', qr/AcctAuthMailFrom: it holds no address/],
        ['AcctAuthMailFrom "A <a@example.org"', qr/does not end with ">"/],
        ['AcctAuthMailLinkBase www.example.org', qr/is no address of a page/],
        ['AcctAuthMailLinkBase "https://a b/"', qr/is no address of a page/],
        ['AcctAuthMailTemplateDir /nonexistent', qr/is not a directory/],
        ['AcctAuthMailLanguage english-text', qr/is no language tag|is missing/],
        ['AcctAuthMailLanguage e', qr/is no language tag/],
        ['AcctAuthMailLimit 3/h', qr/write address=3\/h,10\/d/],
        ['AcctAuthMailLimit address=3/m', qr/write address=/],
        ['AcctAuthMailLimit address=0/h', qr/write address=/],
        ['AcctAuthMailLimit address=', qr/write address=/],
        ['AcctAuthMailLimit address=,', qr/write address=/],
        ['AcctAuthMailLimit address=3/h,', qr/write address=/],
        ['AcctAuthMailLimit address=,10/d', qr/write address=/],
        ['AcctAuthMailLimit address=3/h,,10/d', qr/write address=/],
        ['AcctAuthMailLimit server=10/d', qr/server=1000\/h/],
        ["AcctAuthSiteName \"a\tb\"", qr/holds a control character/],
        ["<Location \"/x/\">\nAcctAuthMail Off\n</Location>", qr/not allowed/];
};

subtest 'templates' => sub {
    $s->write('mail/activation.en.txt', "Hello\n");
    my $conf = $good =~ s/^AcctAuthMailTemplateDir .*$/AcctAuthMailTemplateDir "${\ $s->dir}\/mail"/mr;
    refused($conf, qr/ACCT0161: AcctAuthMail on line .*activation\.en\.txt: the first line is no subject/,
        'one without a subject');
    $s->write('mail/activation.en.txt', "Subject: x\n\n{links}\n");
    refused($conf, qr/unknown placeholder "\{links\}"/, 'a misspelt placeholder');
    $s->write('mail/activation.en.txt', "Subject: x\n\n{link}\n");
    refused("$conf\nAcctAuthMailLanguage de\n",
        qr/password-reset\.de\.txt: is missing/,
        'none in the default language');
};

# dump(EXTRA): what httpd tells the command, by server.
sub dump_of
{
    my ($extra) = @_;
    my $file = $s->dir . '/dump.conf';
    AcctTest::spew($file, $s->_base_conf($extra));
    my ($exit, $out, $err) = AcctTest::_run_command(undef, $s->{env},
        AcctTest::layout()->{HTTPD}, '-t', '-D', 'ACCTAUTH_DUMP', '-d',
        $s->dir, '-f', $file);
    is($exit, 0, 'httpd is content') or diag($err);
    return map { $_->{server} => $_ }
        map { JSON::PP->new->utf8->decode($_) } grep { /^\{/ }
        split /\n/, $out;
}

subtest 'a virtual host has the main server\'s, and its own instead' => sub {
    my %of = dump_of(<<"CONF");
$good
AcctAuthSiteName Main
AcctAuthMailLimit address=5/h
<VirtualHost *:1>
ServerName inherits.example
AcctAuthMaxTokens 3
</VirtualHost>
<VirtualHost *:1>
ServerName overrides.example
AcctAuthMail spool
AcctAuthMailFrom "Other <other\@example.org>"
AcctAuthMailLinkBase https://other.example/
AcctAuthMailTemplateDir "$tree/conf/mail"
AcctAuthMailLanguage EN
AcctAuthMailLimit address=6/d server=7/h
AcctAuthSiteName Other
</VirtualHost>
<VirtualHost *:1>
ServerName off.example
AcctAuthMail Off
</VirtualHost>
CONF
    my %main = (transport => 'sendmail', program => '/usr/sbin/sendmail',
        from => 'accounts@example.org',
        link_base => 'https://www.example.org/account/', site_name => 'Main',
        template_dir => "$tree/conf/mail", address_hour => 5,
        address_day => 10, server_hour => 1000);
    is_deeply($of{localhost}{mail}, \%main, 'the main server');
    is_deeply($of{'inherits.example'}{mail}, \%main, 'one that inherits');
    is_deeply($of{'overrides.example'}{mail}, { transport => 'spool',
        from_name => 'Other', from => 'other@example.org',
        link_base => 'https://other.example/', site_name => 'Other',
        template_dir => "$tree/conf/mail", language => 'en',
        address_hour => 5, address_day => 6, server_hour => 7 },
        'one that has its own');
    ok(!exists $of{'off.example'}{mail}, 'and one that does not mail');
    is($of{localhost}{driver}, 'sqlite3', 'the driver');
    is($of{localhost}{params}, $s->db, 'the database');
    is($of{localhost}{dialect_dir}, "$tree/conf/dialects", 'the dialects');
    ok((grep { $_->{path} eq '/api/auth/' } @{ $of{localhost}{mounts} }),
        'the mounts');
};

subtest 'a dialect\'s subjects and links are checked' => sub {
    my $write = sub { $s->write('spoken/mails.json', JSON::PP->new->encode({
        extends => 'auth-register', %{ $_[0] } })) };
    for my $name (glob "$tree/conf/dialects/*.json") {
        $s->write('spoken/' . ($name =~ s{.*/}{}r), slurp($name));
    }
    my $conf = "$good\nAcctAuthDialectDir \"${\ $s->dir}/spoken\"\n"
        . "<Location \"/mails/\">\nAcctAuthAPI mails\n</Location>\n";
    $write->({ link => { uid => 'base36' }, mails => { 'password-reset' =>
        { subject => '[{site.name}] Reset', lifetime => '2h',
          link => 'password-reset/{link.uid}/{link.token}/' } } });
    taken($conf, 'right ones are taken');
    for (
        [{ mails => { 'pasword-reset' => {} } }, qr/mails.*pasword-reset/],
        [{ mails => { activation => { subject => '{account.username}' } } },
            qr/mails\.activation\.subject: .*what can stand here is \{site\.name\}/],
        [{ mails => { activation => { link => '#/a/{link.uid}' } } },
            qr/holds neither \{link\.token\} nor \{link\.key\}/],
        [{ mails => { activation => { link => '/a/{link.token}' } } },
            qr/is added to AcctAuthMailLinkBase/],
        [{ mails => { 'password-changed' => { link => '{link.token}' } } },
            qr/a mail of this kind has no link/],
        [{ mails => { activation => { lifetime => 'long' } } },
            qr/"long" is no lifetime/],
        [{ mails => { activation => { template => 'A B' } } },
            qr/names no template/],
        [{ mails => { activation => { template => 'other' } } },
            qr/other\.en\.txt: is missing/],
        [{ link => { uid => 'base64' } }, qr/no spelling of an id/],
    ) {
        my ($what, $like) = @$_;
        $write->($what);
        refused($conf, $like, JSON::PP->new->canonical->encode($what));
    }
};

done_testing();
