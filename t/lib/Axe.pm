# SPDX-License-Identifier: Apache-2.0
#
# axe-core, which looks at a page for what keeps people out of it. It is a
# script of the npm registry's: where it is not there yet npm brings it, into
# a folder outside of the tree. Not with --check, which installs nothing.
#
#   ACCT_NPM_DIR   that folder (default ~/.cache/acctauth-tests)

package Axe;

use strict;
use warnings;
use File::Path ();
use Files qw(slurp);
use JSON::PP ();

my $VERSION = '4.14.1';
my @TAGS = qw(wcag2a wcag2aa wcag21a wcag21aa wcag22aa);

my $source;

# Why there is none; nothing where there is.
sub lacks
{
    my $file = _folder() . '/node_modules/axe-core/axe.min.js';
    if (!-e $file) {
        return 'axe-core is not there, and --check installs nothing'
            if $ENV{ACCT_CHECK};
        return 'no npm to bring axe-core' if !_has_npm();
        my $said = _install();
        return "npm could not bring axe-core: $said" if !-e $file;
    }
    $source = slurp($file);
    return;
}

sub _folder
{
    return $ENV{ACCT_NPM_DIR} if $ENV{ACCT_NPM_DIR};
    my $home = $ENV{XDG_CACHE_HOME}
        || ($ENV{HOME} || '/nonexistent') . '/.cache';
    return "$home/acctauth-tests";
}

sub _has_npm { return grep { -x "$_/npm" } split /:/, $ENV{PATH} || '' }

sub _install
{
    my $dir = _folder();
    File::Path::make_path($dir, { error => \my $why });
    my $said = qx(npm install --prefix '$dir' --no-save --no-audit --no-fund \\
        --ignore-scripts axe-core\@$VERSION 2>&1 </dev/null);
    return (split /\n/, $said)[-1] // 'it said nothing';
}

# violations(BROWSER): of WCAG 2.2, levels A and AA, in the page that is shown:
# texts. Nothing: there are none.
sub violations
{
    my ($browser) = @_;
    $browser->value("$source; 0") if !$browser->value('!!globalThis.axe');
    my $tags = JSON::PP->new->encode(\@TAGS);
    my $found = $browser->value(<<"JS");
axe.run(document, { runOnly: { type: "tag", values: $tags },
                    resultTypes: ["violations"] })
    .then((result) => result.violations.map((one) => one.id + ": "
        + one.nodes.map((node) => node.html).join(" ")))
JS
    return @$found;
}

1;
