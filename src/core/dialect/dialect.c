/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <apr_strings.h>
#include "dialect/draft.h"
#include "dialect/mailing.h"

#define BYTES_DEFAULT 20
#define BYTES_LEAST 16
#define BYTES_MOST 64
#define LIFETIME_LEAST 60               /* seconds */
/* Use is noted once a minute, and written within seconds. */
#define SLIDING_LEAST 120               /* seconds */
#define LIMIT_MOST 10000
#define LIFETIME_MOST APR_INT64_C(31622400)     /* 366 days */

/* ------------------------------------------------------- plain members */

static void read_identifier(acct_load_t *load, const acct_path_t *at,
                            const json_t *list, acct_dialect_t *dialect)
{
    static const char *const names[] = { "username", "email", NULL };
    apr_size_t i;

    if (!acct_check_type(load, at, list, JSON_ARRAY)) {
        return;
    }
    if (json_array_size(list) == 0) {
        acct_report(load, at, "is empty; write [\"username\"], [\"email\"] "
                    "or both in the order in which they are tried");
    }
    for (i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        acct_path_t place = acct_place_item(load, at, i);
        const char *name = json_string_value(item);
        int *turn;

        if (!acct_check_type(load, &place, item, JSON_STRING)) {
            continue;
        }
        turn = strcmp(name, "username") == 0 ? &dialect->by_username
             : strcmp(name, "email") == 0 ? &dialect->by_email : NULL;
        if (turn == NULL) {
            acct_report(load, &place, "nobody is known by \"%s\"; %s",
                        acct_shown(name, load->tmp),
                        acct_suggest(name, names, load->tmp));
        }
        else if (*turn != 0) {
            acct_report(load, &place, "\"%s\" stands twice; remove one",
                        name);
        }
        else {
            *turn = (int)i + 1;
        }
    }
}

apr_interval_time_t acct_lifetime_of(const char *text, apr_int64_t least)
{
    static const char units[] = "smhd";
    static const apr_int64_t seconds[] = { 1, 60, 3600, 86400 };
    const char *unit;
    apr_int64_t n = 0;

    while (*text >= '0' && *text <= '9' && n <= LIFETIME_MOST) {
        n = n * 10 + (*text++ - '0');
    }
    unit = *text != '\0' ? strchr(units, *text) : NULL;
    if (unit == NULL || text[1] != '\0' || n > LIFETIME_MOST) {
        return 0;
    }
    n *= seconds[unit - units];
    return n >= least && n <= LIFETIME_MOST
        ? apr_time_from_sec(n) : 0;
}

static void read_lifetime(acct_load_t *load, const acct_path_t *at,
                          const json_t *token, acct_token_policy_t *policy)
{
    acct_path_t place = acct_place_member(load, at, "lifetime");
    const char *lifetime = acct_text_member(load, at, token, "lifetime");

    if (lifetime == NULL) {
        return;
    }
    policy->lifetime = acct_lifetime_of(lifetime, LIFETIME_LEAST);
    if (policy->lifetime == 0) {
        acct_report(load, &place, "\"%s\" is no lifetime; write a whole "
                    "number and a unit, s, m, h or d, from \"60s\" to "
                    "\"366d\"", acct_shown(lifetime, load->tmp));
    }
    else if (policy->kind == ACCT_POLICY_REUSE) {
        acct_report(load, &place, "a token that is used again lives until "
                    "it is signed out; remove \"lifetime\" or write "
                    "\"policy\": \"many\"");
    }
}

/* After the lifetime, which it must be shorter than. */
static void read_sliding(acct_load_t *load, const acct_path_t *at,
                         const json_t *token, acct_token_policy_t *policy)
{
    acct_path_t place = acct_place_member(load, at, "sliding");
    const char *sliding = acct_text_member(load, at, token, "sliding");

    if (sliding == NULL) {
        return;
    }
    policy->sliding = acct_lifetime_of(sliding, SLIDING_LEAST);
    if (policy->sliding == 0) {
        acct_report(load, &place, "\"%s\" is no time that a token can live "
                    "on after each use; write a whole number and a unit, s, "
                    "m, h or d, from \"2m\" to \"366d\"",
                    acct_shown(sliding, load->tmp));
    }
    else if (policy->kind == ACCT_POLICY_REUSE) {
        acct_report(load, &place, "a token that is used again lives until "
                    "it is signed out; remove \"sliding\" or write "
                    "\"policy\": \"many\"");
    }
    else if (policy->lifetime != 0 && policy->sliding >= policy->lifetime) {
        acct_report(load, &place, "must be shorter than \"lifetime\", the "
                    "longest that a token lives however much it is used; "
                    "write less, or a longer \"lifetime\", or none");
    }
}

static void read_limit(acct_load_t *load, const acct_path_t *at,
                       const json_t *token, acct_token_policy_t *policy)
{
    acct_path_t place = acct_place_member(load, at, "limit");
    const json_t *limit = json_object_get(token, "limit");

    if (limit == NULL
        || !acct_check_type(load, &place, limit, JSON_INTEGER)) {
        return;
    }
    if (json_integer_value(limit) < 1
        || json_integer_value(limit) > LIMIT_MOST) {
        acct_report(load, &place, "an account cannot have that many tokens; "
                    "write 1 to %d, or nothing, and a login is never "
                    "refused for it", LIMIT_MOST);
    }
    else if (policy->kind == ACCT_POLICY_REUSE) {
        acct_report(load, &place, "an account has one token; remove "
                    "\"limit\" or write \"policy\": \"many\"");
    }
    else {
        policy->limit = (int)json_integer_value(limit);
    }
}

static void read_token(acct_load_t *load, const acct_path_t *at,
                       const json_t *token, acct_token_policy_t *policy)
{
    static const char *const members[] = {
        "policy", "bytes", "lifetime", "sliding", "limit", NULL
    };
    static const char *const policies[] = { "reuse", "many", NULL };
    const json_t *bytes;
    acct_path_t place;
    const char *kind;

    if (!acct_check_type(load, at, token, JSON_OBJECT)) {
        return;
    }
    acct_check_members(load, at, token, members);
    place = acct_place_member(load, at, "policy");
    kind = acct_text_member(load, at, token, "policy");
    policy->kind = kind != NULL && strcmp(kind, "many") == 0
                   ? ACCT_POLICY_MANY : ACCT_POLICY_REUSE;
    if (json_object_get(token, "policy") == NULL) {
        acct_report(load, &place, "is missing; write \"reuse\" (an account "
                    "has one token) or \"many\" (each login makes one)");
    }
    else if (kind != NULL && policy->kind == ACCT_POLICY_REUSE
             && strcmp(kind, "reuse") != 0) {
        acct_report(load, &place, "unknown policy \"%s\"; %s",
                    acct_shown(kind, load->tmp),
                    acct_suggest(kind, policies, load->tmp));
    }
    policy->bytes = BYTES_DEFAULT;
    place = acct_place_member(load, at, "bytes");
    bytes = json_object_get(token, "bytes");
    if (bytes != NULL && acct_check_type(load, &place, bytes, JSON_INTEGER)) {
        json_int_t n = json_integer_value(bytes);

        if (n < BYTES_LEAST || n > BYTES_MOST) {
            acct_report(load, &place, "a token of %" APR_INT64_T_FMT
                        " bytes is not made; write %d to %d (20 is a text "
                        "of 40 digits)", (apr_int64_t)n, BYTES_LEAST,
                        BYTES_MOST);
        }
        else {
            policy->bytes = (int)n;
        }
    }
    read_lifetime(load, at, token, policy);
    read_sliding(load, at, token, policy);
    read_limit(load, at, token, policy);
}

/* Add to @a all what no nearer file has said already. */
static void merge_entries(apr_array_header_t *all,
                          const apr_array_header_t *more)
{
    int i, j, had = all->nelts;

    for (i = 0; i < more->nelts; i++) {
        const acct_entry_t *entry = &APR_ARRAY_IDX(more, i, acct_entry_t);

        for (j = 0; j < had; j++) {
            if (strcmp(APR_ARRAY_IDX(all, j, acct_entry_t).key, entry->key)
                == 0) {
                break;
            }
        }
        if (j == had) {
            APR_ARRAY_PUSH(all, acct_entry_t) = *entry;
        }
    }
}

static void merge_messages(apr_array_header_t *all,
                           const apr_array_header_t *more)
{
    int i, j, had = all->nelts;

    for (i = 0; i < more->nelts; i++) {
        const acct_message_t *message = &APR_ARRAY_IDX(more, i,
                                                       acct_message_t);

        for (j = 0; j < had; j++) {
            if (strcmp(APR_ARRAY_IDX(all, j, acct_message_t).key,
                       message->key) == 0) {
                break;
            }
        }
        if (j == had) {
            APR_ARRAY_PUSH(all, acct_message_t) = *message;
        }
    }
}

/* "messages" and "responses" of one file. */
static void read_maps(acct_load_t *load, const acct_source_t *source)
{
    acct_path_t top = { source->file, "" };
    acct_path_t at = acct_place_member(load, &top, "messages");
    const json_t *value = json_object_get(source->root, "messages");
    apr_array_header_t *list;

    if (value != NULL) {
        list = apr_array_make(load->tmp, 8, sizeof(acct_message_t));
        load->is_incomplete |= !acct_read_messages(load, &at, value, NULL,
                                                   list);
        merge_messages(load->messages, list);
    }
    at = acct_place_member(load, &top, "responses");
    value = json_object_get(source->root, "responses");
    if (value != NULL) {
        list = apr_array_make(load->tmp, 8, sizeof(acct_entry_t));
        load->is_incomplete |= !acct_read_responses(load, &at, value, NULL,
                                                    list);
        merge_entries(load->entries, list);
    }
}

/* One file: what a nearer one has said stands, but is checked all the
 * same. */
static void read_members(acct_load_t *load, const acct_source_t *source)
{
    static const char *const members[] = {
        "extends", "description", "identifier", "token", "register",
        "login", "revoke", "link", "mails", "problems", "multipart",
        "refuse_blanks", "leading_zeros", "attributes", "define", "messages",
        "responses", "routes", "add_routes", NULL
    };
    acct_path_t top = { source->file, "" };
    acct_path_t at;
    acct_dialect_t spare;
    const json_t *value;

    memset(&spare, 0, sizeof(spare));
    acct_check_members(load, &top, source->root, members);
    (void)acct_text_member(load, &top, source->root, "description");
    value = json_object_get(source->root, "identifier");
    if (value != NULL) {
        at = acct_place_member(load, &top, "identifier");
        read_identifier(load, &at, value,
                        load->identifier_seen ? &spare : load->dialect);
        load->identifier_seen = 1;
    }
    value = json_object_get(source->root, "token");
    if (value != NULL) {
        at = acct_place_member(load, &top, "token");
        read_token(load, &at, value, load->token_seen
                   ? &spare.policy : &load->dialect->policy);
        load->token_seen = 1;
    }
    acct_read_mails(load, source);
    value = json_object_get(source->root, "attributes");
    if (value != NULL) {
        at = acct_place_member(load, &top, "attributes");
        acct_read_attributes(load, &at, value);
    }
    acct_read_demands(load, source);
    read_maps(load, source);
}

/* @return whether the file has such a member */
static int read_routes_as(acct_load_t *load, int i, const char *name)
{
    const acct_source_t *source = &APR_ARRAY_IDX(load->sources, i,
                                                 acct_source_t);
    const json_t *value = json_object_get(source->root, name);
    acct_path_t top = { source->file, "" };
    acct_path_t at = acct_place_member(load, &top, name);

    if (value != NULL) {
        acct_read_routes(load, &at, value);
    }
    return value != NULL;
}

static int has_member(const acct_load_t *load, int i, const char *name)
{
    return json_object_get(APR_ARRAY_IDX(load->sources, i,
                                         acct_source_t).root, name) != NULL;
}

/* The routes of the nearest file that says which there are, and those that
 * nearer files add. First of all, because the messages of these files name
 * their fields.
 * @return the farthest file that counts, or -1 */
static int read_routes(acct_load_t *load)
{
    int i, farthest = -1;

    for (i = 0; i < load->sources->nelts; i++) {
        if (has_member(load, i, "routes")) {
            farthest = i;
            break;
        }
        if (has_member(load, i, "add_routes")) {
            farthest = i;
        }
    }
    for (i = farthest; i >= 0; i--) {
        if (read_routes_as(load, i, "routes")
            && has_member(load, i, "add_routes")) {
            acct_path_t at = { APR_ARRAY_IDX(load->sources, i,
                                             acct_source_t).file,
                               "add_routes" };

            acct_report(load, &at, "stands beside \"routes\", which are all "
                        "there are; write its routes there");
        }
        else {
            (void)read_routes_as(load, i, "add_routes");
        }
    }
    return farthest;
}

/* --------------------------------------------------------------- loading */

apr_status_t acct_dialect_load(const char *path,
                               const acct_operations_t *operations,
                               const acct_dialect_t **dialect,
                               apr_array_header_t **errors,
                               apr_pool_t *pool)
{
    acct_load_t load;
    apr_status_t status;
    int i, routes;

    memset(&load, 0, sizeof(load));
    *dialect = NULL;
    status = apr_pool_create(&load.tmp, pool);
    if (status != APR_SUCCESS) {
        *errors = apr_array_make(pool, 1, sizeof(const char *));
        APR_ARRAY_PUSH(*errors, const char *) = "out of memory; try again";
        return status;
    }
    load.pool = pool;
    load.operations = operations;
    load.errors = *errors = apr_array_make(pool, 4, sizeof(const char *));
    load.sources = apr_array_make(load.tmp, 4, sizeof(acct_source_t));
    load.entries = apr_array_make(load.tmp, 32, sizeof(acct_entry_t));
    load.messages = apr_array_make(load.tmp, 32, sizeof(acct_message_t));
    load.drafts = apr_array_make(load.tmp, 8, sizeof(acct_draft_t));
    load.dialect = apr_pcalloc(pool, sizeof(*load.dialect));
    load.dialect->p = apr_pcalloc(pool, sizeof(*load.dialect->p));
    load.dialect->mails = apr_pcalloc(pool, sizeof(*load.dialect->mails));
    load.dialect->file = apr_pstrdup(pool, path);
    load.dialect->name = acct_base_name(pool, path);
    load.dialect->warnings = apr_array_make(pool, 1, sizeof(const char *));

    status = acct_read_sources(&load, load.dialect->file);
    acct_read_defines(&load);
    acct_read_for_fields(&load);
    routes = read_routes(&load);
    for (i = 0; i < load.sources->nelts; i++) {
        load.fields_known = i <= routes;
        read_members(&load, &APR_ARRAY_IDX(load.sources, i, acct_source_t));
    }
    if (status == APR_SUCCESS) {
        acct_check_defines(&load);
    }
    /* What a file that cannot be read would have said is not missing. */
    if (status == APR_SUCCESS && !load.is_incomplete) {
        acct_check_dialect(&load);
    }
    if (status == APR_SUCCESS && load.errors->nelts > 0) {
        status = APR_EINVAL;
    }
    if (status == APR_SUCCESS) {
        *dialect = load.dialect;
    }
    apr_pool_destroy(load.tmp);
    return status;
}

int acct_dialect_needs_key(const acct_dialect_t *dialect)
{
    int i;

    for (i = 0; i < dialect->nroutes; i++) {
        if (dialect->routes[i].mints_token
            && dialect->policy.kind == ACCT_POLICY_REUSE) {
            return 1;
        }
    }
    return 0;
}
