/* SPDX-License-Identifier: Apache-2.0 */
#include "console/cli.h"

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
INCLUDE_TEXT(acct_cli_upgrade_3_sqlite3_sql, "sql/upgrade-3-sqlite3.sql");
INCLUDE_TEXT(acct_cli_upgrade_3_pgsql_sql, "sql/upgrade-3-pgsql.sql");
INCLUDE_TEXT(acct_cli_upgrade_4_sqlite3_sql, "sql/upgrade-4-sqlite3.sql");
INCLUDE_TEXT(acct_cli_upgrade_4_pgsql_sql, "sql/upgrade-4-pgsql.sql");
INCLUDE_TEXT(acct_cli_upgrade_5_sqlite3_sql, "sql/upgrade-5-sqlite3.sql");
INCLUDE_TEXT(acct_cli_upgrade_5_pgsql_sql, "sql/upgrade-5-pgsql.sql");
INCLUDE_TEXT(acct_cli_upgrade_6_sqlite3_sql, "sql/upgrade-6-sqlite3.sql");
INCLUDE_TEXT(acct_cli_upgrade_6_pgsql_sql, "sql/upgrade-6-pgsql.sql");

#define TEXT(symbol) \
    extern const char symbol[] __attribute__((visibility("hidden")))

TEXT(acct_cli_sqlite3_sql);
TEXT(acct_cli_pgsql_sql);
TEXT(acct_cli_upgrade_2_sqlite3_sql);
TEXT(acct_cli_upgrade_2_pgsql_sql);
TEXT(acct_cli_upgrade_3_sqlite3_sql);
TEXT(acct_cli_upgrade_3_pgsql_sql);
TEXT(acct_cli_upgrade_4_sqlite3_sql);
TEXT(acct_cli_upgrade_4_pgsql_sql);
TEXT(acct_cli_upgrade_5_sqlite3_sql);
TEXT(acct_cli_upgrade_5_pgsql_sql);
TEXT(acct_cli_upgrade_6_sqlite3_sql);
TEXT(acct_cli_upgrade_6_pgsql_sql);

/* What makes a version from the one before. A step that was released never
 * changes. */
static const struct {
    const char *driver;
    int version;
    const char *sql;
} steps[] = {
    { "sqlite3", 2, acct_cli_upgrade_2_sqlite3_sql },
    { "pgsql", 2, acct_cli_upgrade_2_pgsql_sql },
    { "sqlite3", 3, acct_cli_upgrade_3_sqlite3_sql },
    { "pgsql", 3, acct_cli_upgrade_3_pgsql_sql },
    { "sqlite3", 4, acct_cli_upgrade_4_sqlite3_sql },
    { "pgsql", 4, acct_cli_upgrade_4_pgsql_sql },
    { "sqlite3", 5, acct_cli_upgrade_5_sqlite3_sql },
    { "pgsql", 5, acct_cli_upgrade_5_pgsql_sql },
    { "sqlite3", 6, acct_cli_upgrade_6_sqlite3_sql },
    { "pgsql", 6, acct_cli_upgrade_6_pgsql_sql }
};

const char *acct_cli_schema(const char *driver)
{
    if (strcmp(driver, "sqlite3") == 0) {
        return acct_cli_sqlite3_sql;
    }
    return strcmp(driver, "pgsql") == 0 ? acct_cli_pgsql_sql : NULL;
}

const char *acct_cli_upgrade_schema(const char *driver, int version)
{
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (steps[i].version == version
            && strcmp(steps[i].driver, driver) == 0) {
            return steps[i].sql;
        }
    }
    return NULL;
}
