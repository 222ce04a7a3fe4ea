/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of verbs; the command line and its help go by it.
 */
#include "verbs/verbs.h"

#include "import/import.h"
#include "init/init.h"
#include "upgrade/upgrade.h"

#define NAME_HELP "NAME is a username, an email address, or an id as '#12'."

const acct_cli_verb_t acct_cli_verbs[] = {
    { "init", "-p PARAMS --key FILE [--owner USER]",
      "make a new database and key file",
      "Refuses when either is there already. Both belong to who runs it,\n"
      "with mode 0600. Root gives the database to the user that httpd's\n"
      "children run as, or to that of --owner; the key stays root's.\n"
      "With -d pgsql the database is there, and its tables are made.\n",
      ACCT_OPT_CHANGES | ACCT_OPT_KEY | ACCT_OPT_OWNER, 0, 0,
      acct_cli_init },
    { "upgrade", "[-p PARAMS] [--dry-run] [--keep-oldest] [--no-copy]",
      "bring a database to this version's schema",
      "All of it or nothing, in one transaction. Does nothing where the\n"
      "schema is current already. Stop the servers that use the database\n"
      "first. A file is copied beside itself before; keep a copy of what is\n"
      "on a server. Ends with 1, and changes nothing, where by the rules of\n"
      "this version several accounts have one name or address.\n",
      ACCT_OPT_CHANGES | ACCT_OPT_DRY_RUN | ACCT_OPT_KEEP_OLDEST
      | ACCT_OPT_NO_COPY, 0, 0, acct_cli_upgrade },
    { "user add", "NAME [--email E] [--first-name F] [--last-name L]\n"
      "           [--staff] [--unverified] [--password-stdin]\n"
      "       acctauth user add --no-username --email E ...",
      "make an account",
      "With --no-username the account has an email address alone; it may be\n"
      "given as NAME too. The address is verified, but with --unverified.\n",
      ACCT_OPT_CHANGES | ACCT_OPT_EMAIL | ACCT_OPT_FIRST_NAME
      | ACCT_OPT_LAST_NAME | ACCT_OPT_STAFF | ACCT_OPT_NO_USERNAME
      | ACCT_OPT_UNVERIFIED
      | ACCT_OPT_PASSWORD_STDIN, 0, 1, acct_cli_user_add },
    { "user list", "[--json]", "list all accounts", NULL,
      ACCT_OPT_DATABASE | ACCT_OPT_JSON, 0, 0, acct_cli_user_list },
    { "user show", "NAME [--json]", "show an account", NAME_HELP "\n",
      ACCT_OPT_DATABASE | ACCT_OPT_JSON, 1, 1, acct_cli_user_show },
    { "user set", "NAME [--email E] [--username U] [--first-name F]\n"
      "           [--last-name L] [--staff | --no-staff]\n"
      "           [--verified | --unverified]\n"
      "       acctauth user set --all --verified",
      "change an account",
      NAME_HELP "\n"
      "A new address is verified, but with --unverified; an empty one, or an\n"
      "empty username, takes it away. Tokens live on. The old name is held.\n"
      "With --all the addresses of all accounts are verified.\n",
      ACCT_OPT_CHANGES | ACCT_OPT_EMAIL | ACCT_OPT_USERNAME
      | ACCT_OPT_FIRST_NAME | ACCT_OPT_LAST_NAME | ACCT_OPT_STAFF
      | ACCT_OPT_NO_STAFF | ACCT_OPT_VERIFIED | ACCT_OPT_UNVERIFIED
      | ACCT_OPT_ALL, 0, 1, acct_cli_user_set },
    { "user activate", "NAME",
      "activate an account that waits for its owner to do so",
      NAME_HELP "\n", ACCT_OPT_CHANGES, 1, 1, acct_cli_user_activate },
    { "user block", "NAME [--wait[=SECONDS]]",
      "block an account and end its tokens and links",
      NAME_HELP "\n", ACCT_OPT_CHANGES | ACCT_OPT_WAIT, 1, 1,
      acct_cli_user_block },
    { "user unblock", "NAME", "unblock an account", NAME_HELP "\n",
      ACCT_OPT_CHANGES, 1, 1, acct_cli_user_unblock },
    { "user passwd", "NAME [--password-stdin] [--wait[=SECONDS]]",
      "set an account's password and end its tokens", NAME_HELP "\n",
      ACCT_OPT_CHANGES | ACCT_OPT_PASSWORD_STDIN | ACCT_OPT_WAIT, 1, 1,
      acct_cli_user_passwd },
    { "user totp-reset", "NAME [--wait[=SECONDS]]",
      "end an account's second factor and its tokens", NAME_HELP "\n"
      "For an owner who has lost the application and the recovery codes. Be\n"
      "sure whom you speak to: from then on the password alone lets in.\n"
      "Tokens and links end too, since a lost telephone may have some.\n",
      ACCT_OPT_CHANGES | ACCT_OPT_WAIT, 1, 1, acct_cli_user_totp_reset },
    { "user delete", "NAME [--wait[=SECONDS]]",
      "delete an account and its tokens",
      NAME_HELP "\n"
      "No other account can have its name for 30 days; see user release.\n",
      ACCT_OPT_CHANGES | ACCT_OPT_WAIT, 1, 1,
      acct_cli_user_delete },
    { "user release", "NAME",
      "let other accounts have a name that was given up", NULL,
      ACCT_OPT_CHANGES, 1, 1, acct_cli_user_release },
    { "user verify", "NAME --password-stdin",
      "say whether a password is an account's", NAME_HELP "\n"
      "Ends with 0 where it is, and with 1 where it is not. Nothing is\n"
      "counted or changed.\n",
      ACCT_OPT_DATABASE | ACCT_OPT_PASSWORD_STDIN, 1, 1,
      acct_cli_user_verify },
    { "token list", "NAME [--json]",
      "list an account's tokens (their ids, not the tokens)",
      NAME_HELP "\n", ACCT_OPT_DATABASE | ACCT_OPT_JSON, 1, 1,
      acct_cli_token_list },
    { "token revoke", "NAME TOKEN_ID | NAME --all | --everyone\n"
      "           [--wait[=SECONDS]]",
      "end one token of an account, all, or everyone's",
      NAME_HELP "\n"
      "Say --everyone when a backup was restored: tokens that were ended\n"
      "since it was made are good again in it.\n",
      ACCT_OPT_CHANGES | ACCT_OPT_ALL | ACCT_OPT_EVERYONE | ACCT_OPT_WAIT,
      0, 2, acct_cli_token_revoke },
    { "token check", "[on | off | status]",
      "whether unknown tokens are refused without a look-up",
      "Say off before tokens are put into the database by other means than\n"
      "the server's; it waits until no server refuses them. Say on when they\n"
      "are gone.\n",
      ACCT_OPT_CHANGES, 0, 1, acct_cli_token_check },
    { "limit list", "[--json]",
      "what is refused now after too many tries",
      "Names stand there by their account, where they have one. A refusal of\n"
      "a few seconds may be over before it is listed.\n",
      ACCT_OPT_DATABASE | ACCT_OPT_JSON, 0, 0, acct_cli_limit_list },
    { "limit clear", "NAME | NETWORK",
      "let a name or a network try again",
      "NETWORK is an address, or as limit list shows it. Servers read it\n"
      "within two seconds.\n",
      ACCT_OPT_CHANGES, 1, 1, acct_cli_limit_clear },
    { "mail list", "[--json]", "list the mails that wait",
      "Each with the tries so far, the time of the next, and what came of\n"
      "the last.\n", ACCT_OPT_DATABASE | ACCT_OPT_JSON, 0, 0,
      acct_cli_mail_list },
    { "mail run", "", "send the mails that wait (AcctAuthMail spool)",
      "For cron or a timer, as the user that httpd runs as. The directives\n"
      "are those of httpd's configuration. Ends with 1 where a mail was not\n"
      "taken.\n", ACCT_OPT_CHANGES, 0, 0, acct_cli_mail_run },
    { "mail test", "ADDRESS", "send a mail, and say whether it was taken",
      "As httpd's configuration says: its sender, its program, its user.\n",
      ACCT_OPT_CONFIGURATION, 1, 1, acct_cli_mail_test },
    { "link make", "NAME --purpose PURPOSE [--dialect FILE] [--base URL]",
      "make a link as a mail would have it, and print it",
      NAME_HELP "\n"
      "For an owner who gets no mail. It ends older links of its purpose.\n"
      "What it begins with and looks like is as httpd's configuration says.\n",
      ACCT_OPT_CHANGES | ACCT_OPT_PURPOSE | ACCT_OPT_DIALECT
      | ACCT_OPT_BASE, 1, 1, acct_cli_link_make },
    { "dialect check", "FILE...", "check dialect files",
      "Says what `apachectl configtest` would say.\n", 0, 1, -1,
      acct_cli_dialect_check },
    { "import jsonl", "FILE [--dry-run] [--report FILE] ...",
      "take accounts over: lines of JSON, one an account",
      "Each needs \"username\" or \"email\"; \"password\" is a stored hash.\n"
      "FILE is - for standard input. Nothing is written before all was read\n"
      "and conflicts were looked for. See docs/migrating.md.\n",
      ACCT_OPT_IMPORT | ACCT_OPT_IMPORT_TOKENS, 1, 1,
      acct_cli_import_jsonl },
    { "import django", "SOURCE [--dry-run] [--report FILE] ...",
      "take accounts over from Django, with authtoken or knox",
      "SOURCE is its SQLite database, or the output of dumpdata (an array\n"
      "or JSON lines; - for standard input). See docs/migrating.md.\n",
      ACCT_OPT_IMPORT | ACCT_OPT_IMPORT_TOKENS | ACCT_OPT_STAFF_FROM
      | ACCT_OPT_REVIVE | ACCT_OPT_TOTP | ACCT_OPT_USER_TABLE
      | ACCT_OPT_USER_MODEL, 1, 1, acct_cli_import_django },
    { "import htpasswd", "FILE [--dry-run] [--report FILE] ...",
      "take accounts over from an htpasswd file", "See docs/migrating.md.\n",
      ACCT_OPT_IMPORT, 1, 1, acct_cli_import_htpasswd },
    { "import laravel", "SOURCE [--dry-run] [--report FILE] ...",
      "take accounts over from Laravel, with Sanctum",
      "SOURCE is its SQLite database; another becomes lines of JSON, for\n"
      "import jsonl. See docs/migrating.md.\n",
      ACCT_OPT_IMPORT | ACCT_OPT_IMPORT_TOKENS | ACCT_OPT_ALL_ABILITIES
      | ACCT_OPT_TOTP | ACCT_OPT_USER_TABLE | ACCT_OPT_USER_MODEL, 1, 1,
      acct_cli_import_laravel },
    { "import status", "[NAME] [--json]",
      "what was imported, and what is left of the old world",
      "How many hashes and tokens of which form there are, and when one was\n"
      "last used.\n", ACCT_OPT_CHANGES | ACCT_OPT_JSON, 0, 1,
      acct_cli_import_status },
    { "import forget", "NAME", "forget what came by an import",
      "The accounts stay. The same import would make them anew.\n",
      ACCT_OPT_CHANGES, 1, 1, acct_cli_import_forget },
    { "export jsonl", "FILE [--key FILE]",
      "write all accounts out, as lines of JSON",
      "With stored hashes: keep it as the database. With --key tokens that\n"
      "are sealed are written as text. FILE is - for standard output.\n",
      ACCT_OPT_DATABASE | ACCT_OPT_KEY, 1, 1, acct_cli_export_jsonl },
    { "export django", "FILE [--key FILE]",
      "write all accounts out, as a fixture for Django's loaddata", NULL,
      ACCT_OPT_DATABASE | ACCT_OPT_KEY, 1, 1, acct_cli_export_django },
    { "export htpasswd", "FILE",
      "write out the accounts that an htpasswd file can hold", NULL,
      ACCT_OPT_DATABASE, 1, 1, acct_cli_export_htpasswd },
    { NULL, NULL, NULL, NULL, 0, 0, 0, NULL }
};
