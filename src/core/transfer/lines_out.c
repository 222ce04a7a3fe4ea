/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/lines_out.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "store/drivers.h"
#include "store/foreign_tokens.h"
#include "transfer/put_in_sql.h"
#include "transfer/transfer.h"

#define PAGE 250

typedef apr_status_t write_fn(acct_lines_out_t *out,
                              const acct_account_t *account,
                              apr_pool_t *pool);

/* An account that was not activated is nobody's yet. */
static apr_status_t each_account(acct_lines_out_t *out, write_fn *write)
{
    apr_int64_t after = 0;
    apr_array_header_t *list;
    apr_pool_t *pool;
    apr_status_t status = apr_pool_create(&pool, out->pool);

    do {
        list = NULL;
        if (status == APR_SUCCESS) {
            status = acct_store_account_list(out->db, after, PAGE, &list,
                                             pool);
        }
        for (int i = 0; status == APR_SUCCESS && i < list->nelts; i++) {
            const acct_account_t *account = &APR_ARRAY_IDX(list, i,
                                                           acct_account_t);

            after = account->id;
            out->factors += account->has_totp;
            if (acct_account_state(account) == ACCT_STATE_PENDING) {
                out->left_out++;
            }
            else {
                status = write(out, account, pool);
            }
        }
        if (list != NULL && list->nelts < PAGE) {
            break;
        }
        apr_pool_clear(pool);
    } while (status == APR_SUCCESS);
    return status;
}

static void put(json_t *object, const char *name, const char *text)
{
    if (text != NULL && *text != '\0') {
        json_object_set_new(object, name, json_string(text));
    }
}

static const char *any_time(apr_time_t when, apr_pool_t *pool)
{
    apr_time_exp_t at;

    apr_time_exp_gmt(&at, when);
    return apr_psprintf(pool, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
                        at.tm_year + 1900, at.tm_mon + 1, at.tm_mday,
                        at.tm_hour, at.tm_min, at.tm_sec, at.tm_usec);
}

static apr_status_t put_line(acct_lines_out_t *out, json_t *object,
                             const char *behind)
{
    int good = json_dumpf(object, out->file, JSON_COMPACT) == 0
        && fputs(behind, out->file) != EOF;

    json_decref(object);
    return good ? APR_SUCCESS : APR_EGENERAL;
}

static const char *time_text(apr_time_t when, apr_pool_t *pool)
{
    return when != 0 ? any_time(when, pool) : NULL;
}

/* ---- tokens ---- */

enum { DIGEST, SEALED, LABEL, CREATED, EXPIRES, ENDS, SLIDING, USED, FORM,
       FDIGEST, SALT, FKEY };

/* What is there of the token itself: its text, or a digest. */
static void put_value(acct_lines_out_t *out, const acct_account_t *account,
                      const char **cell, json_t *token, apr_pool_t *pool)
{
    static const acct_source_form_e forms[ACCT_FORM__COUNT] = {
        ACCT_SOURCE_SHA256, ACCT_SOURCE_KNOX41, ACCT_SOURCE_KNOX42,
        ACCT_SOURCE_KNOX50, ACCT_SOURCE_SANCTUM
    };
    acct_source_form_e form = forms[apr_atoi64(cell[FORM])];
    const char *value = cell[FDIGEST] != NULL ? cell[FDIGEST] : cell[DIGEST];
    const char *text;

    if (cell[SEALED] != NULL && out->key != NULL) {
        if (acct_token_unseal(out->key, account->id, cell[SEALED], &text,
                              pool) == APR_SUCCESS) {
            form = ACCT_SOURCE_PLAIN;
            value = text;
        }
        else {
            out->closed++;
        }
    }
    put(token, "form", acct_source_form_name(form));
    put(token, "value", value);
    put(token, "salt", cell[SALT]);
    put(token, "key", cell[FKEY]);
}

static json_t *token_object(acct_lines_out_t *out,
                            const acct_account_t *account, const char **cell,
                            apr_pool_t *pool)
{
    apr_int64_t sliding = apr_atoi64(cell[SLIDING]) / APR_USEC_PER_SEC;
    apr_time_t expires = apr_atoi64(cell[EXPIRES]);
    apr_time_t ends = apr_atoi64(cell[ENDS]);
    json_t *token = json_object();

    put_value(out, account, cell, token, pool);
    put(token, "label", cell[LABEL]);
    put(token, "created_at", time_text(apr_atoi64(cell[CREATED]), pool));
    put(token, "expires_at", time_text(expires, pool));
    if (sliding > 0) {
        json_object_set_new(token, "sliding", json_integer(sliding));
    }
    if (ends != expires) {
        put(token, "ends_at", time_text(ends, pool));
    }
    put(token, "last_used", time_text(apr_atoi64(cell[USED]), pool));
    return token;
}

static apr_status_t tokens_of(acct_lines_out_t *out,
                              const acct_account_t *account,
                              acct_rows_t *rows, apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(account->id) };

    rows->count = 0;
    return account->is_active
        ? ACCT_SELECT(out->db, acct_put_number(out->db, ACCT_PUT_TOKENS_OF),
                      args, rows, pool) : APR_SUCCESS;
}

static int is_over(const char **cell)
{
    apr_time_t expires = apr_atoi64(cell[EXPIRES]);

    return expires != 0 && expires <= apr_time_now();
}

/* ---- our own lines ---- */

static apr_status_t write_own(acct_lines_out_t *out,
                              const acct_account_t *account, apr_pool_t *pool)
{
    json_t *line = json_object();
    json_t *list = json_array();
    acct_rows_t rows;
    apr_status_t status = tokens_of(out, account, &rows, pool);

    json_object_set_new(line, "id", json_integer(account->id));
    put(line, "username", account->username);
    put(line, "email", account->email);
    put(line, "password", account->password);
    put(line, "first_name", account->first_name);
    put(line, "last_name", account->last_name);
    json_object_set_new(line, "is_active", json_boolean(account->is_active));
    json_object_set_new(line, "is_staff", json_boolean(account->is_staff));
    json_object_set_new(line, "email_verified",
                        json_boolean(account->email_verified_at != 0));
    put(line, "created_at", any_time(account->created_at, pool));
    put(line, "last_login", time_text(account->last_login, pool));
    for (int i = 0; status == APR_SUCCESS && i < rows.count; i++) {
        if (!is_over(rows.cell[i])) {
            json_array_append_new(list, token_object(out, account,
                                                     rows.cell[i], pool));
            out->tokens++;
        }
    }
    json_object_set_new(line, "tokens", list);
    out->accounts++;
    return status == APR_SUCCESS ? put_line(out, line, "\n") : status;
}

apr_status_t acct_export_jsonl(acct_lines_out_t *out)
{
    return each_account(out, write_own);
}

/* ---- Django ---- */

/* Django names the library before what it makes. */
static const char *django_hash(const char *stored, apr_pool_t *pool)
{
    if (strncmp(stored, "$argon2", 7) == 0) {
        return apr_pstrcat(pool, "argon2", stored, NULL);
    }
    return strncmp(stored, "$2", 2) == 0
        ? apr_pstrcat(pool, "bcrypt$", stored, NULL) : stored;
}

static json_t *django_time(apr_time_t when, apr_pool_t *pool)
{
    const char *text = time_text(when, pool);

    return text != NULL ? json_string(text) : json_null();
}

static apr_status_t write_django_user(acct_lines_out_t *out,
                                      const acct_account_t *account,
                                      apr_pool_t *pool)
{
    json_t *fields = json_object();
    json_t *object = json_object();
    const char *email = account->email != NULL ? account->email : "";

    json_object_set_new(fields, "username", json_string(account->username));
    json_object_set_new(fields, "email", json_string(email));
    json_object_set_new(fields, "password", json_string(
        django_hash(account->password, pool)));
    json_object_set_new(fields, "first_name",
                        json_string(account->first_name));
    json_object_set_new(fields, "last_name", json_string(account->last_name));
    json_object_set_new(fields, "is_active",
                        json_boolean(account->is_active));
    json_object_set_new(fields, "is_staff", json_boolean(account->is_staff));
    json_object_set_new(fields, "is_superuser", json_false());
    json_object_set_new(fields, "date_joined",
                        json_string(any_time(account->created_at, pool)));
    json_object_set_new(fields, "last_login",
                        django_time(account->last_login, pool));
    json_object_set_new(object, "model", json_string("auth.user"));
    json_object_set_new(object, "pk", json_integer(account->id));
    json_object_set_new(object, "fields", fields);
    if (out->accounts++ > 0 && fputs(",\n", out->file) == EOF) {
        json_decref(object);
        return APR_EGENERAL;
    }
    return put_line(out, object, "");
}

static apr_status_t write_django_token(acct_lines_out_t *out,
                                       const acct_account_t *account,
                                       const char **cell, apr_pool_t *pool)
{
    const char *text;
    json_t *object = json_object();
    json_t *fields = json_object();

    json_object_set_new(fields, "user", json_integer(account->id));
    json_object_set_new(fields, "created", django_time(
        apr_atoi64(cell[CREATED]), pool));
    json_object_set_new(object, "model", json_string("authtoken.token"));
    if (acct_token_unseal(out->key, account->id, cell[SEALED], &text, pool)
        != APR_SUCCESS) {
        out->closed++;
        json_decref(fields);
        json_decref(object);
        return APR_SUCCESS;
    }
    json_object_set_new(object, "pk", json_string(text));
    json_object_set_new(object, "fields", fields);
    out->tokens++;
    if (fputs(",\n", out->file) == EOF) {
        json_decref(object);
        return APR_EGENERAL;
    }
    return put_line(out, object, "");
}

static apr_status_t write_django(acct_lines_out_t *out,
                                 const acct_account_t *account,
                                 apr_pool_t *pool)
{
    acct_rows_t rows;
    apr_status_t status = tokens_of(out, account, &rows, pool);

    if (account->username == NULL) {
        out->left_out++;
        return status;
    }
    if (status == APR_SUCCESS) {
        status = write_django_user(out, account, pool);
    }
    for (int i = 0; status == APR_SUCCESS && i < rows.count; i++) {
        if (rows.cell[i][SEALED] != NULL && out->key != NULL
            && !is_over(rows.cell[i])) {
            status = write_django_token(out, account, rows.cell[i], pool);
        }
        else {
            out->closed++;      /* of a digest Django makes no token */
        }
    }
    return status;
}

apr_status_t acct_export_django(acct_lines_out_t *out)
{
    apr_status_t status = fputs("[", out->file) == EOF
        ? APR_EGENERAL : each_account(out, write_django);

    return status == APR_SUCCESS && fputs("]\n", out->file) == EOF
        ? APR_EGENERAL : status;
}

/* ---- htpasswd ---- */

/* What mod_authn_file verifies, without a prefix of ours. */
static const char *htpasswd_hash(const char *stored)
{
    static const char *const good[] = {
        "$apr1$", "$2a$", "$2b$", "$2y$", "$1$", "$5$", "$6$", "$y$",
        "{SHA}", "crypt$$"
    };

    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        if (strncmp(stored, good[i], strlen(good[i])) == 0) {
            return strcmp(good[i], "crypt$$") == 0 ? stored + 7 : stored;
        }
    }
    return NULL;
}

static apr_status_t write_htpasswd(acct_lines_out_t *out,
                                   const acct_account_t *account,
                                   apr_pool_t *pool)
{
    const char *hash = htpasswd_hash(account->password);

    (void)pool;
    if (hash == NULL || account->username == NULL || !account->is_active
        || strpbrk(account->username, ":\n") != NULL) {
        out->left_out++;
        return APR_SUCCESS;
    }
    out->accounts++;
    return fprintf(out->file, "%s:%s\n", account->username, hash) > 0
        ? APR_SUCCESS : APR_EGENERAL;
}

apr_status_t acct_export_htpasswd(acct_lines_out_t *out)
{
    return each_account(out, write_htpasswd);
}
