/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <string.h>

/* The files of sql/ are part of the command, so that it needs none of them
 * where it runs. Paths are relative to the top of the source. */
#define INCLUDE_TEXT(symbol, file)      \
    __asm__(".pushsection .rodata\n"    \
            ".balign 16\n"              \
            ".globl " #symbol "\n"      \
            ".hidden " #symbol "\n"     \
            #symbol ":\n"               \
            ".incbin \"" file "\"\n"    \
            ".byte 0\n"                 \
            ".popsection\n")

INCLUDE_TEXT(acct_cli_sqlite3_sql, "sql/sqlite3.sql");
INCLUDE_TEXT(acct_cli_pgsql_sql, "sql/pgsql.sql");
INCLUDE_TEXT(acct_cli_upgrade_2_sqlite3_sql, "sql/upgrade-2-sqlite3.sql");
INCLUDE_TEXT(acct_cli_upgrade_2_pgsql_sql, "sql/upgrade-2-pgsql.sql");

extern const char acct_cli_sqlite3_sql[]
    __attribute__((visibility("hidden")));
extern const char acct_cli_pgsql_sql[]
    __attribute__((visibility("hidden")));
extern const char acct_cli_upgrade_2_sqlite3_sql[]
    __attribute__((visibility("hidden")));
extern const char acct_cli_upgrade_2_pgsql_sql[]
    __attribute__((visibility("hidden")));

const char *acct_cli_schema(const char *driver)
{
    if (strcmp(driver, "sqlite3") == 0) {
        return acct_cli_sqlite3_sql;
    }
    return strcmp(driver, "pgsql") == 0 ? acct_cli_pgsql_sql : NULL;
}

const char *acct_cli_upgrade_schema(const char *driver, int version)
{
    if (version != 2) {
        return NULL;
    }
    if (strcmp(driver, "sqlite3") == 0) {
        return acct_cli_upgrade_2_sqlite3_sql;
    }
    return strcmp(driver, "pgsql") == 0 ? acct_cli_upgrade_2_pgsql_sql
                                        : NULL;
}
