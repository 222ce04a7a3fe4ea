/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources of JSON, an object at a time: our own lines ({"username": …}, one
 * a line), and Django's dumpdata, an array or lines of {"model": …}.
 */
#include "transfer/transfer.h"

#include <apr_cstr.h>
#include <apr_strings.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* A number or a text, as text; NULL for null and what is not there. */
static const char *key_of(const acct_import_t *import, const json_t *value)
{
    if (json_is_integer(value)) {
        return apr_psprintf(import->row, "%" APR_INT64_T_FMT,
                            (apr_int64_t)json_integer_value(value));
    }
    return json_string_value(value);
}

static int truth_of(const json_t *object, const char *name, int otherwise)
{
    const json_t *value = json_object_get(object, name);

    return value == NULL ? otherwise
        : json_is_integer(value) ? json_integer_value(value) != 0
        : json_is_true(value);
}

/* 0 where there is none, -1 of one before 1970. */
static apr_time_t time_of(acct_import_t *import, const json_t *object,
                          const char *name)
{
    const char *text = text_of(object, name);
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

/* ---- our own lines ---- */

static int bad(acct_import_t *import, const char *what)
{
    import->error = what;
    return 0;
}

static int own_token(acct_import_t *import, const json_t *object,
                     const char *account)
{
    const char *form = text_of(object, "form");
    acct_source_token_t token = {
        .account = account,
        .value = text_of(object, "value"), .salt = text_of(object, "salt"),
        .key = key_of(import, json_object_get(object, "key")),
        .label = text_of(object, "label")
    };
    int found = form != NULL ? acct_source_form_find(form) : -1;

    if (found < 0 || token.value == NULL) {
        return bad(import, "a token needs \"form\" (plain, sha256, knox41, "
                   "knox42, knox50, sanctum) and \"value\"");
    }
    token.form = (acct_source_form_e)found;
    token.created_at = time_of(import, object, "created_at");
    token.expires_at = time_of(import, object, "expires_at");
    token.ends_at = time_of(import, object, "ends_at");
    token.last_used = time_of(import, object, "last_used");
    token.sliding = (apr_interval_time_t)
        json_integer_value(json_object_get(object, "sliding"))
        * APR_USEC_PER_SEC;
    if (strcmp(import->options->tokens, "none") == 0) {
        return 1;
    }
    return acct_import_token(import, &token) == APR_SUCCESS
        || bad(import, "the temporary database failed");
}

static int own_tokens(acct_import_t *import, const json_t *list,
                      const acct_source_account_t *source)
{
    const char *key = source->key != NULL ? source->key
        : source->username != NULL ? source->username : source->email;
    const json_t *token;
    size_t i;

    if (list != NULL && !json_is_array(list)) {
        return bad(import, "\"tokens\" is not an array");
    }
    json_array_foreach(list, i, token) {
        if (!own_token(import, token, key)) {
            return 0;
        }
    }
    return 1;
}

static int own_account(acct_import_t *import, const json_t *object)
{
    const json_t *id = json_object_get(object, "id");
    acct_source_account_t source = {
        .key = key_of(import, id),
        .id = json_is_integer(id) ? json_integer_value(id) : 0,
        .username = text_of(object, "username"),
        .email = text_of(object, "email"),
        .first_name = text_of(object, "first_name"),
        .last_name = text_of(object, "last_name"),
        .password = text_of(object, "password"),
        .is_active = truth_of(object, "is_active", 1),
        .is_staff = truth_of(object, "is_staff", 0),
        .is_verified = truth_of(object, "email_verified", 0)
    };

    if ((source.username == NULL || *source.username == '\0')
        && (source.email == NULL || *source.email == '\0')) {
        return bad(import, "an account needs \"username\" or \"email\"");
    }
    source.created_at = time_of(import, object, "created_at");
    source.last_login = time_of(import, object, "last_login");
    if (acct_import_account(import, &source) != APR_SUCCESS) {
        return bad(import, "the temporary database failed");
    }
    return own_tokens(import, json_object_get(object, "tokens"), &source);
}

/* ---- dumpdata ---- */

/* Whose it is: an id, or ["name"] with --natural-foreign. */
static const char *user_of(acct_import_t *import, const json_t *fields,
                           const char **username)
{
    const json_t *user = json_object_get(fields, "user");

    *username = json_is_array(user)
        ? json_string_value(json_array_get(user, 0)) : NULL;
    return key_of(import, user);
}

static int is_user_model(const acct_import_t *import, const char *model)
{
    const char *wanted = import->options->user_model;

    return apr_cstr_casecmp(model, wanted != NULL ? wanted : "auth.user")
        == 0;
}

static int django_user(acct_import_t *import, const json_t *object,
                       const json_t *fields)
{
    const json_t *pk = json_object_get(object, "pk");
    acct_source_account_t source = {
        .key = key_of(import, pk),
        .id = json_is_integer(pk) ? json_integer_value(pk) : 0,
        .username = text_of(fields, "username"),
        .email = text_of(fields, "email"),
        .first_name = text_of(fields, "first_name"),
        .last_name = text_of(fields, "last_name"),
        .password = text_of(fields, "password"),
        .is_active = truth_of(fields, "is_active", 1)
    };

    if (source.key == NULL) {
        return bad(import, "users have no \"pk\": leave out "
                   "--natural-primary of dumpdata, so that their ids are "
                   "in it");
    }
    source.is_staff = acct_import_staff(import,
                                        truth_of(fields, "is_staff", 0),
                                        truth_of(fields, "is_superuser", 0));
    source.created_at = time_of(import, fields, "date_joined");
    source.last_login = time_of(import, fields, "last_login");
    return acct_import_account(import, &source) == APR_SUCCESS
        || bad(import, "the temporary database failed");
}

static int django_token(acct_import_t *import, const json_t *object,
                        const json_t *fields, int is_knox)
{
    const char *key = text_of(fields, "token_key");
    acct_source_token_t token = {
        .value = key_of(import, json_object_get(object, "pk")),
        .salt = text_of(fields, "salt"), .label = is_knox ? "knox" : "drf"
    };

    token.account = user_of(import, fields, &token.username);
    if (token.value == NULL
        || (token.account == NULL && token.username == NULL)) {
        return bad(import, "a token has no \"pk\" or no \"user\"");
    }
    token.form = !is_knox ? ACCT_SOURCE_PLAIN
        : token.salt != NULL ? ACCT_SOURCE_KNOX41
        : key != NULL && strlen(key) == 8 ? ACCT_SOURCE_KNOX42
        : ACCT_SOURCE_KNOX50;
    token.key = token.form == ACCT_SOURCE_KNOX41 ? key : NULL;
    token.created_at = time_of(import, fields, "created");
    token.expires_at = time_of(import, fields, "expiry");
    return acct_import_token(import, &token) == APR_SUCCESS
        || bad(import, "the temporary database failed");
}

static int django_mark(acct_import_t *import, const json_t *fields,
                       const char *model)
{
    const char *username;
    const char *account = user_of(import, fields, &username);
    int is_email = strcmp(model, "account.emailaddress") == 0;
    apr_status_t status = APR_SUCCESS;

    if (is_email && truth_of(fields, "verified", 0)) {
        status = acct_import_verified(import, account, username,
                                      text_of(fields, "email"));
    }
    else if (!is_email && truth_of(fields, "confirmed", 1)) {
        status = acct_import_second_factor(import, account, username);
    }
    return status == APR_SUCCESS
        || bad(import, "the temporary database failed");
}

static int wants(const acct_import_t *import, const char *kind)
{
    return strcmp(import->options->tokens, "auto") == 0
        || strcmp(import->options->tokens, kind) == 0;
}

static int django_object(acct_import_t *import, const json_t *object,
                         const char *model)
{
    const json_t *fields = json_object_get(object, "fields");

    if (!json_is_object(fields)) {
        return bad(import, "an object of dumpdata has no \"fields\"");
    }
    if (is_user_model(import, model)) {
        return django_user(import, object, fields);
    }
    if (strcmp(model, "authtoken.token") == 0) {
        return !wants(import, "drf")
            || django_token(import, object, fields, 0);
    }
    if (strcmp(model, "knox.authtoken") == 0) {
        return !wants(import, "knox")
            || django_token(import, object, fields, 1);
    }
    if (strcmp(model, "account.emailaddress") == 0
        || strcmp(model, "otp_totp.totpdevice") == 0
        || strcmp(model, "mfa.authenticator") == 0) {
        return django_mark(import, fields, model);
    }
    return 1;                   /* groups, sessions, the site's own */
}

/* ---- the file ---- */

static int take_object(acct_import_t *import, const json_t *object)
{
    const char *model = text_of(object, "model");
    int is_django = strcmp(import->options->kind, "django") == 0;

    if (!json_is_object(object)) {
        return bad(import, "it is not an object");
    }
    if (is_django && model == NULL) {
        return bad(import, "it has no \"model\": this is no output of "
                   "dumpdata");
    }
    return is_django ? django_object(import, object, model)
                     : own_account(import, object);
}

/* Blanks, and the commas and the bracket around objects of an array. */
static int next_char(FILE *file)
{
    int c;

    do {
        c = getc(file);
    } while (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',');
    return c;
}

static apr_status_t fail(acct_import_t *import, apr_int64_t number)
{
    import->error = apr_psprintf(import->pool, "object %" APR_INT64_T_FMT
                                 ": %s", number, import->error);
    return APR_EINVAL;
}

/* Password hashes and tokens go with what holds them. */
apr_status_t acct_import_read_json(acct_import_t *import, void *stream)
{
    FILE *file = stream;
    int c = next_char(file);
    int is_array = c == '[';
    apr_int64_t number = 0;
    json_error_t error;

    if (is_array) {
        c = next_char(file);
    }
    for (; c != EOF && !(is_array && c == ']'); c = next_char(file)) {
        json_t *object;
        int good;

        number++;
        if (c != '{' || ungetc(c, file) == EOF) {
            import->error = "no JSON object begins there";
            return fail(import, number);
        }
        object = json_loadf(file, JSON_DISABLE_EOF_CHECK
                                  | JSON_REJECT_DUPLICATES, &error);
        if (object == NULL) {
            /* its words may quote what stands there */
            import->error = "it is no JSON, or is cut short";
            return fail(import, number);
        }
        good = take_object(import, object);
        json_decref(object);
        apr_pool_clear(import->row);
        if (!good) {
            return fail(import, number);
        }
    }
    if (is_array && c == EOF) {
        import->error = "the array has no end: the file is cut short";
        return APR_EINVAL;
    }
    return APR_SUCCESS;
}
