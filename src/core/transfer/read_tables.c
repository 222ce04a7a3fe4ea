/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of Django and of Laravel; see transfer/transfer.h. */
#include "transfer/transfer.h"

#include <apr_strings.h>
#include <string.h>

#include "transfer/source_tables.h"

typedef struct reading_t {
    acct_import_t *import;
    acct_tables_t *tables;
    int has_salt;               /* knox: the table has the column */
} reading_t;

static apr_time_t time_of(acct_import_t *import, const char *text)
{
    apr_time_t when = 0;
    int is_bare = 0;

    if (text != NULL && acct_source_time(text, &when, &is_bare)) {
        import->seen.bare_times += is_bare;
        if (when == 0) {
            import->seen.early_times++;
            return -1;
        }
    }
    return when;
}

static apr_status_t each(reading_t *reading, const char *table,
                         const char *const *columns,
                         acct_tables_row_fn *show)
{
    return acct_tables_each(reading->tables, table, columns, show, reading,
                            &reading->import->error);
}

static int is_wanted(const acct_import_t *import, const char *kind)
{
    return strcmp(import->options->tokens, "auto") == 0
        || strcmp(import->options->tokens, kind) == 0;
}

/* ---- Django ---- */

static const char *const user_columns[] = {
    "id", "username", "email", "first_name", "last_name", "password",
    "is_active", "is_staff", "is_superuser", "date_joined", "last_login",
    NULL
};

static apr_status_t django_user(void *baton, const char *const *cell)
{
    reading_t *reading = baton;
    acct_import_t *import = reading->import;
    acct_source_account_t source = {
        .key = cell[0], .id = acct_source_id(cell[0]), .username = cell[1],
        .email = cell[2], .first_name = cell[3], .last_name = cell[4],
        .password = cell[5],
        .is_active = cell[6] == NULL || acct_source_truth(cell[6]),
        .is_staff = acct_import_staff(import, acct_source_truth(cell[7]),
                             acct_source_truth(cell[8])),
        .created_at = time_of(import, cell[9]),
        .last_login = time_of(import, cell[10])
    };
    apr_status_t status = acct_import_account(import, &source);

    apr_pool_clear(import->row);
    return status;
}

static apr_status_t django_token(void *baton, const char *const *cell)
{
    reading_t *reading = baton;
    acct_import_t *import = reading->import;
    acct_source_token_t token = {
        .form = ACCT_SOURCE_PLAIN, .value = cell[0], .account = cell[1],
        .created_at = time_of(import, cell[2]), .label = "drf"
    };
    apr_status_t status = acct_import_token(import, &token);

    apr_pool_clear(import->row);
    return status;
}

static apr_status_t knox_token(void *baton, const char *const *cell)
{
    reading_t *reading = baton;
    acct_import_t *import = reading->import;
    acct_source_token_t token = {
        .value = cell[0], .account = cell[1],
        .created_at = time_of(import, cell[2]),
        .expires_at = time_of(import, cell[3]), .label = "knox"
    };
    apr_status_t status;

    token.form = reading->has_salt ? ACCT_SOURCE_KNOX41
        : cell[4] != NULL && strlen(cell[4]) == 8 ? ACCT_SOURCE_KNOX42
        : ACCT_SOURCE_KNOX50;
    if (reading->has_salt) {
        token.key = cell[4];
        token.salt = cell[5];
    }
    status = acct_import_token(import, &token);
    apr_pool_clear(import->row);
    return status;
}

static apr_status_t django_verified(void *baton, const char *const *cell)
{
    reading_t *reading = baton;
    apr_status_t status = APR_SUCCESS;

    if (acct_source_truth(cell[2])) {
        status = acct_import_verified(reading->import, cell[0], NULL,
                                      cell[1]);
    }
    apr_pool_clear(reading->import->row);
    return status;
}

static apr_status_t django_factor(void *baton, const char *const *cell)
{
    reading_t *reading = baton;
    apr_status_t status = APR_SUCCESS;

    if (cell[1] == NULL || acct_source_truth(cell[1])) {
        status = acct_import_second_factor(reading->import, cell[0], NULL);
    }
    apr_pool_clear(reading->import->row);
    return status;
}

/* Tables that not every site has. */
static apr_status_t django_more(reading_t *reading)
{
    static const struct {
        const char *table;
        const char *columns[7];
        acct_tables_row_fn *show;
        const char *tokens;
    } more[] = {
        { "authtoken_token", { "key", "user_id", "created", NULL },
          django_token, "drf" },
        { "knox_authtoken", { "digest", "user_id", "created", "expiry",
                              "token_key", "salt", NULL },
          knox_token, "knox" },
        { "account_emailaddress", { "user_id", "email", "verified", NULL },
          django_verified, NULL },
        { "otp_totp_totpdevice", { "user_id", "confirmed", NULL },
          django_factor, NULL },
        { "mfa_authenticator", { "user_id", NULL }, django_factor, NULL }
    };
    apr_status_t status = APR_SUCCESS;

    for (size_t i = 0; status == APR_SUCCESS
                       && i < sizeof(more) / sizeof(*more); i++) {
        if (acct_tables_has(reading->tables, more[i].table, NULL)
            && (more[i].tokens == NULL
                || is_wanted(reading->import, more[i].tokens))) {
            status = each(reading, more[i].table, more[i].columns,
                          more[i].show);
        }
    }
    return status;
}

static apr_status_t open_source(reading_t *reading, acct_import_t *import,
                                const char *path, const char *table)
{
    apr_status_t status;

    reading->import = import;
    status = acct_tables_open(&reading->tables, path, import->pool,
                              &import->error);
    if (status == APR_SUCCESS
        && (!acct_tables_has(reading->tables, table, "id")
            || !acct_tables_has(reading->tables, table, "password"))) {
        import->error = apr_psprintf(import->pool, "it has no table \"%s\" "
                                     "with the columns id and password; say "
                                     "--user-table", table);
        return APR_EINVAL;
    }
    return status;
}

apr_status_t acct_import_read_django(acct_import_t *import, const char *path)
{
    const char *table = import->options->user_table != NULL
        ? import->options->user_table : "auth_user";
    reading_t reading = { NULL, NULL, 0 };
    apr_status_t status = open_source(&reading, import, path, table);

    if (status == APR_SUCCESS) {
        reading.has_salt = acct_tables_has(reading.tables, "knox_authtoken",
                                           "salt");
        status = each(&reading, table, user_columns, django_user);
    }
    return status == APR_SUCCESS ? django_more(&reading) : status;
}

/* ---- Laravel ---- */

static apr_status_t laravel_user(void *baton, const char *const *cell)
{
    reading_t *reading = baton;
    acct_import_t *import = reading->import;
    acct_source_account_t source = {
        .key = cell[0], .id = acct_source_id(cell[0]), .email = cell[1],
        .first_name = cell[2], .password = cell[3], .is_active = 1,
        .is_verified = cell[4] != NULL,
        .created_at = time_of(import, cell[5]), .username = cell[6],
        .has_totp = cell[7] != NULL && *cell[7] != '\0'
    };
    apr_status_t status = acct_import_account(import, &source);

    apr_pool_clear(import->row);
    return status;
}

/* "App\Models\User": the last word. */
static int is_users(const acct_import_t *import, const char *type)
{
    const char *wanted = import->options->user_model;
    const char *last = type != NULL ? strrchr(type, '\\') : NULL;

    return type != NULL
        && (wanted != NULL ? strcmp(type, wanted) == 0
            : strcmp(last != NULL ? last + 1 : type, "User") == 0);
}

static apr_status_t sanctum_token(void *baton, const char *const *cell)
{
    reading_t *reading = baton;
    acct_import_t *import = reading->import;
    acct_source_token_t token = {
        .form = ACCT_SOURCE_SANCTUM, .key = cell[0], .account = cell[1],
        .value = cell[2], .label = cell[3],
        .created_at = time_of(import, cell[4]),
        .expires_at = time_of(import, cell[5]),
        .last_used = time_of(import, cell[6])
    };
    apr_status_t status;

    if (!is_users(import, cell[7])) {
        token.dead = "skipped not-a-user";
    }
    else if (!import->options->all_abilities
             && (cell[8] == NULL || strcmp(cell[8], "[\"*\"]") != 0)) {
        token.dead = "skipped abilities";
    }
    status = acct_import_token(import, &token);
    apr_pool_clear(import->row);
    return status;
}

apr_status_t acct_import_read_laravel(acct_import_t *import,
                                      const char *path)
{
    static const char *const users[] = {
        "id", "email", "name", "password", "email_verified_at", "created_at",
        "username", "two_factor_secret", NULL
    };
    static const char *const tokens[] = {
        "id", "tokenable_id", "token", "name", "created_at", "expires_at",
        "last_used_at", "tokenable_type", "abilities", NULL
    };
    const char *table = import->options->user_table != NULL
        ? import->options->user_table : "users";
    reading_t reading = { NULL, NULL, 0 };
    apr_status_t status = open_source(&reading, import, path, table);

    if (status == APR_SUCCESS) {
        status = each(&reading, table, users, laravel_user);
    }
    return status == APR_SUCCESS && is_wanted(import, "sanctum")
        && acct_tables_has(reading.tables, "personal_access_tokens", NULL)
        ? each(&reading, "personal_access_tokens", tokens, sanctum_token)
        : status;
}
