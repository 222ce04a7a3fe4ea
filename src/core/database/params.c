/* SPDX-License-Identifier: Apache-2.0 */
#include "database/params.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/secret_text.h"

#define FILE_MAX 4096           /* bytes */

/* What libpq knows, up to version 18, for where there is none that can be
 * asked. */
static const acct_pg_name_t known[] = {
    { "host", 0 }, { "hostaddr", 0 }, { "port", 0 }, { "dbname", 0 },
    { "user", 0 }, { "password", 1 }, { "passfile", 0 }, { "service", 0 },
    { "application_name", 0 }, { "fallback_application_name", 0 },
    { "connect_timeout", 0 }, { "client_encoding", 0 }, { "options", 0 },
    { "keepalives", 0 }, { "keepalives_idle", 0 },
    { "keepalives_interval", 0 }, { "keepalives_count", 0 },
    { "tcp_user_timeout", 0 }, { "sslmode", 0 }, { "sslcompression", 0 },
    { "sslcert", 0 }, { "sslkey", 0 }, { "sslpassword", 1 },
    { "sslrootcert", 0 }, { "sslcrl", 0 }, { "sslcrldir", 0 },
    { "sslsni", 0 }, { "sslcertmode", 0 }, { "sslnegotiation", 0 },
    { "ssl_min_protocol_version", 0 }, { "ssl_max_protocol_version", 0 },
    { "min_protocol_version", 0 }, { "max_protocol_version", 0 },
    { "requirepeer", 0 }, { "require_auth", 0 }, { "channel_binding", 0 },
    { "krbsrvname", 0 }, { "gsslib", 0 }, { "gssencmode", 0 },
    { "gssdelegation", 0 }, { "target_session_attrs", 0 },
    { "load_balance_hosts", 0 }, { "scram_client_key", 1 },
    { "scram_server_key", 1 }, { "oauth_issuer", 0 },
    { "oauth_client_id", 0 }, { "oauth_client_secret", 1 },
    { "oauth_scope", 0 }
};

static const char *const shown[] = {
    "service", "host", "hostaddr", "port", "dbname", "user"
};

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static int is_one_of(const char *name, const char *const *list,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, list[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

static const acct_pg_name_t *find_name(const char *name,
                                       const acct_pg_name_t *list,
                                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, list[i].name) == 0) {
            return &list[i];
        }
    }
    return NULL;
}

static const char *skip_space(const char *at)
{
    while (apr_isspace(*at)) {
        at++;
    }
    return at;
}

/* A value, quoted or not; NULL when its quote does not end. As libpq reads
 * it: a backslash that nothing follows is no part of it. */
static const char *take_value(const char *at, const char **value,
                              apr_pool_t *pool)
{
    char *to = apr_palloc(pool, strlen(at) + 1);
    int quoted = *at == '\'';

    *value = to;
    at += quoted;
    while (*at && (quoted ? *at != '\'' : !apr_isspace(*at))) {
        if (*at == '\\' && !*++at) {
            break;
        }
        *to++ = *at++;
    }
    *to = '\0';
    if (!quoted) {
        return at;
    }
    return *at == '\'' ? at + 1 : NULL;
}

static int is_uri(const char *text)
{
    return strncmp(text, "postgresql://", 13) == 0
        || strncmp(text, "postgres://", 11) == 0;
}

apr_status_t acct_pg_parse(const char *text, apr_array_header_t **options,
                           apr_pool_t *pool, const char **error)
{
    const char *at = skip_space(text);

    *options = apr_array_make(pool, 12, sizeof(acct_pg_option_t));
    if (!*at) {
        *error = "the connection string is empty";
        return APR_EINVAL;
    }
    if (is_uri(at)) {
        *error = "a connection string in the form of a URI is not "
                 "understood; write host=... dbname=... user=...";
        return APR_EINVAL;
    }
    for (; *at; at = skip_space(at)) {
        const char *word = at;
        acct_pg_option_t option;

        while (*at && *at != '=' && !apr_isspace(*at)) {
            at++;
        }
        option.name = apr_pstrmemdup(pool, word, (apr_size_t)(at - word));
        at = skip_space(at);
        if (*at != '=') {
            *error = apr_psprintf(pool, "the connection string has no '=' "
                                  "after word %d (a value with a space "
                                  "needs quotes: name='a value')",
                                  (*options)->nelts + 1);
            return APR_EINVAL;
        }
        at = take_value(skip_space(at + 1), &option.value, pool);
        if (!at) {
            *error = apr_psprintf(pool, "a quote in option %d of the "
                                  "connection string does not end",
                                  (*options)->nelts + 1);
            return APR_EINVAL;
        }
        APR_ARRAY_PUSH(*options, acct_pg_option_t) = option;
    }
    return APR_SUCCESS;
}

const char *acct_pg_unknown(const apr_array_header_t *options,
                            const apr_array_header_t *names,
                            apr_pool_t *pool)
{
    for (int i = 0; i < options->nelts; i++) {
        const char *name = APR_ARRAY_IDX(options, i, acct_pg_option_t).name;

        if (names && !find_name(name, (const acct_pg_name_t *)names->elts,
                                (size_t)names->nelts)) {
            return apr_psprintf(pool, "option %d of the connection string "
                                "is none that the libpq of this machine "
                                "has", i + 1);
        }
        if (!names && !find_name(name, known, COUNT(known))) {
            return apr_psprintf(pool, "option %d of the connection string "
                                "is none that libpq is known to have",
                                i + 1);
        }
    }
    return NULL;
}

const char *acct_pg_value(const apr_array_header_t *options,
                          const char *name)
{
    for (int i = options->nelts - 1; i >= 0; i--) {
        const acct_pg_option_t *option =
            &APR_ARRAY_IDX(options, i, acct_pg_option_t);

        if (strcmp(option->name, name) == 0) {
            return option->value;
        }
    }
    return NULL;
}

void acct_pg_default(apr_array_header_t *options, const char *name,
                     const char *value)
{
    if (!acct_pg_value(options, name)) {
        acct_pg_option_t *option = apr_array_push(options);

        option->name = name;
        option->value = value;
    }
}

static const char *quote(const char *value, apr_pool_t *pool)
{
    char *quoted = apr_palloc(pool, 2 * strlen(value) + 1);
    char *to = quoted;

    for (; *value; value++) {
        if (*value == '\'' || *value == '\\') {
            *to++ = '\\';
        }
        *to++ = *value;
    }
    *to = '\0';
    return quoted;
}

const char *acct_pg_join(const apr_array_header_t *options,
                         apr_pool_t *pool)
{
    const char *text = "";

    for (int i = 0; i < options->nelts; i++) {
        const acct_pg_option_t *option =
            &APR_ARRAY_IDX(options, i, acct_pg_option_t);

        text = apr_pstrcat(pool, text, *text ? " " : "", option->name, "='",
                           quote(option->value, pool), "'", NULL);
    }
    return text;
}

const char *acct_pg_describe(const apr_array_header_t *options,
                             apr_pool_t *pool)
{
    const char *text = "";

    for (size_t i = 0; i < COUNT(shown); i++) {
        const char *value = acct_pg_value(options, shown[i]);

        if (value) {
            text = apr_pstrcat(pool, text, *text ? " " : "", shown[i], "=",
                               value, NULL);
        }
    }
    return *text ? text : "(libpq's default)";
}

static int count_pieces(const char *list)
{
    int count = 1;

    for (; list && *list; list++) {
        count += *list == ',';
    }
    return count;
}

int acct_pg_addresses(const apr_array_header_t *options)
{
    const char *attrs = acct_pg_value(options, "target_session_attrs");
    const char *host = acct_pg_value(options, "host");
    const char *hostaddr = acct_pg_value(options, "hostaddr");
    int count = count_pieces(hostaddr && *hostaddr ? hostaddr : host);
    int ports = count_pieces(acct_pg_value(options, "port"));

    /* where libpq has to know them all, or has to say what is wrong */
    if (acct_pg_value(options, "load_balance_hosts")
        || (attrs && strcmp(attrs, "prefer-standby") == 0)
        || (ports != 1 && ports != count)
        || (host && hostaddr && *hostaddr && count_pieces(host) != count)) {
        return 1;
    }
    return count;
}

/* One of a list; the only one for all. */
static const char *take_piece(const char *list, int at, apr_pool_t *pool)
{
    if (count_pieces(list) == 1) {
        return list;
    }
    for (; at > 0; at--) {
        list += strcspn(list, ",") + 1;
    }
    return apr_pstrmemdup(pool, list, strcspn(list, ","));
}

apr_array_header_t *acct_pg_address(const apr_array_header_t *options,
                                    int at, apr_pool_t *pool)
{
    static const char *const lists[] = { "host", "hostaddr", "port" };
    apr_array_header_t *one = apr_array_copy(pool, options);

    for (int i = 0; i < one->nelts; i++) {
        acct_pg_option_t *option = &APR_ARRAY_IDX(one, i, acct_pg_option_t);

        /* one that stands twice is overruled by the last, whose pieces
         * are those that were counted */
        if (is_one_of(option->name, lists, COUNT(lists))
            && option->value == acct_pg_value(options, option->name)) {
            option->value = take_piece(option->value, at, pool);
        }
    }
    return one;
}

int acct_pg_holds_secret(const apr_array_header_t *options,
                         const apr_array_header_t *names)
{
    for (int i = 0; i < options->nelts; i++) {
        const char *name = APR_ARRAY_IDX(options, i, acct_pg_option_t).name;
        const acct_pg_name_t *ours = find_name(name, known, COUNT(known));
        const acct_pg_name_t *libpqs = !names ? NULL
            : find_name(name, (const acct_pg_name_t *)names->elts,
                        (size_t)names->nelts);

        if ((ours && ours->is_secret) || (libpqs && libpqs->is_secret)) {
            return 1;
        }
    }
    return 0;
}

/*
 * The file
 */

/* Comments become blanks: to libpq a line's end is one like any other. */
static void blank_comments(char *text)
{
    for (char *line = text; *line; ) {
        char *end = line + strcspn(line, "\n");

        if (line[strspn(line, " \t\r")] == '#') {
            memset(line, ' ', (size_t)(end - line));
        }
        line = *end ? end + 1 : end;
    }
}

apr_status_t acct_pg_read_file(const char *path, const char **text,
                               apr_pool_t *pool, const char **error)
{
    char *bytes = NULL;
    apr_status_t rv;

    *text = NULL;
    if (path[0] != '/') {
        *error = "the path behind " ACCT_PG_FILE " must be absolute";
        return APR_EINVAL;
    }
    rv = acct_secret_text_read(path, FILE_MAX, &bytes, error, pool);
    if (rv == APR_SUCCESS) {
        blank_comments(bytes);
        *text = bytes;
    }
    return rv;
}
