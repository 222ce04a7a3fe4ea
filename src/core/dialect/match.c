/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <apr_strings.h>
#include "dialect/draft.h"

const char *const acct_route_methods[] = {
    "GET", "POST", "PUT", "PATCH", "DELETE", NULL
};
#define METHODS \
    ((int)(sizeof(acct_route_methods) / sizeof(*acct_route_methods)) - 1)

static apr_size_t without_slash(const char *path)
{
    apr_size_t length = strlen(path);

    return length > 0 && path[length - 1] == '/' ? length - 1 : length;
}

/* Whether its path has a place for an id. */
static int has_place(const acct_route_t *route)
{
    return route->names_account || route->names_token;
}

void acct_route_prepare(acct_route_t *route, apr_pool_t *pool)
{
    struct acct_route_private_t *p = route->p;
    const char *id;

    p->key = apr_pstrmemdup(pool, route->path, without_slash(route->path));
    id = has_place(route) ? strchr(p->key, '{') : NULL;
    p->before = id != NULL ? (apr_size_t)(id - p->key) : 0;
    p->after = id != NULL ? strchr(id, '}') + 1 : "";
}

int acct_route_same_path(const acct_route_t *a, const acct_route_t *b)
{
    if (has_place(a) && has_place(b)) {     /* whatever stands there */
        return a->p->before == b->p->before
            && memcmp(a->p->key, b->p->key, a->p->before) == 0
            && strcmp(a->p->after, b->p->after) == 0;
    }
    return strcmp(a->p->key, b->p->key) == 0;
}

int acct_route_matches(const acct_route_t *route, const char *path,
                       apr_size_t length, const char **id,
                       apr_size_t *id_length)
{
    const struct acct_route_private_t *p = route->p;
    apr_size_t after = strlen(p->after);

    *id = NULL;
    *id_length = 0;
    if (!has_place(route)) {
        return strlen(p->key) == length && memcmp(p->key, path, length) == 0;
    }
    if (length <= p->before + after
        || memcmp(path, p->key, p->before) != 0
        || memcmp(path + length - after, p->after, after) != 0) {
        return 0;
    }
    *id = path + p->before;
    *id_length = length - p->before - after;
    return memchr(*id, '/', *id_length) == NULL;
}

/* -------------------------------------------------------------- matching */

/* What is gathered over the dialects of a location. */
typedef struct search_t {
    const char *method;         /* HEAD is looked for as GET */
    const char *path;
    apr_size_t length;
    unsigned int allowed;       /* set of methods that Allow names */
    const acct_route_t *route;  /* has path and method */
    const acct_route_t *other;  /* has the path */
    const acct_route_t *needing;    /* has it, and needs credentials in the
                                     * header */
    const char *id;
    apr_size_t id_length;
} search_t;

/* One kind of a dialect's routes: literal ones, or those with a place for
 * an id. @return whether any has the path */
static int search_routes(search_t *search, const acct_dialect_t *dialect,
                         int with_place)
{
    const acct_route_t *route = dialect->routes;
    const acct_route_t *end = route + dialect->nroutes;
    const char *id;
    apr_size_t id_length;
    int found = 0, i;

    for (; route < end; route++) {
        if (has_place(route) != with_place
            || !acct_route_matches(route, search->path, search->length, &id,
                                   &id_length)) {
            continue;
        }
        found = 1;
        search->allowed |= route->p->named;
        for (i = 0; i < METHODS; i++) {
            if (strcmp(acct_route_methods[i], route->method) == 0) {
                search->allowed |= 1u << i;
            }
        }
        if (search->other == NULL) {
            search->other = route;
        }
        if (search->needing == NULL
            && (route->token == ACCT_TOKEN_NEEDED || route->takes_basic
                || route->guards_methods)) {
            search->needing = route;
        }
        if (search->route == NULL
            && strcmp(route->method, search->method) == 0) {
            search->route = route;
            search->id = id;
            search->id_length = id_length;
        }
    }
    return found;
}

/* "GET, POST, HEAD, OPTIONS" */
static const char *allow(unsigned int allowed, apr_pool_t *pool)
{
    const char *list = "";
    int i;

    for (i = 0; i < METHODS; i++) {
        if ((allowed & (1u << i)) != 0) {
            list = apr_pstrcat(pool, list, acct_route_methods[i], ", ", NULL);
        }
    }
    return apr_pstrcat(pool, list,
                       (allowed & (1u | ACCT_ROUTE_HEAD)) != 0 ? "HEAD, "
                                                               : "",
                       "OPTIONS", NULL);
}

/* What the path has in the place of an id. */
static void take_id(acct_match_t *match, const search_t *search,
                    apr_pool_t *pool)
{
    const char *id = apr_pstrmemdup(pool, search->id, search->id_length);

    if (search->route->names_token) {
        match->token_id = id;
        return;
    }
    if (search->route->dialect->takes_zeros) {
        id += strspn(id, "0");
    }
    match->account_id = id;
}

acct_outcome_e acct_dialect_match(const acct_dialect_t *const *dialects,
                                  int count, const char *method,
                                  const char *path, acct_match_t *match,
                                  apr_pool_t *pool)
{
    search_t search;
    int is_options, i;

    memset(match, 0, sizeof(*match));
    memset(&search, 0, sizeof(search));
    search.method = strcmp(method, "HEAD") == 0 ? "GET" : method;
    search.path = path;
    search.length = without_slash(path);
    for (i = 0; i < count; i++) {
        if (!search_routes(&search, dialects[i], 0)) {
            (void)search_routes(&search, dialects[i], 1);
        }
    }
    match->dialect = dialects[0];
    if (search.other == NULL) {
        return ACCT_NOT_FOUND;
    }
    match->allow = allow(search.allowed, pool);
    is_options = search.route == NULL && strcmp(method, "OPTIONS") == 0;
    match->route = search.route != NULL ? search.route
        : search.needing != NULL && !is_options ? search.needing
        : search.other;
    match->dialect = match->route->dialect;
    if (search.route != NULL) {
        if (search.id != NULL) {
            take_id(match, &search, pool);
        }
        return ACCT_OK;
    }
    return is_options ? ACCT_OPTIONS : ACCT_METHOD_NOT_ALLOWED;
}

int acct_dialect_has_path(const acct_dialect_t *const *dialects, int count,
                          const char *path)
{
    apr_size_t length = without_slash(path);
    const char *id;
    apr_size_t id_length;
    int i, j;

    for (i = 0; i < count; i++) {
        for (j = 0; j < dialects[i]->nroutes; j++) {
            if (acct_route_matches(&dialects[i]->routes[j], path, length,
                                   &id, &id_length)) {
                return 1;
            }
        }
    }
    return 0;
}

/* ------------------------------------------------------------- conflicts */

/* Whether a dialect has a literal route with the path of another route. */
static int has_literal(const acct_dialect_t *dialect,
                       const acct_route_t *other)
{
    int i;

    for (i = 0; i < dialect->nroutes; i++) {
        if (!has_place(&dialect->routes[i])
            && acct_route_same_path(&dialect->routes[i], other)) {
            return 1;
        }
    }
    return 0;
}

/* Whether @a first answers all that @a second could. */
static int hides(const acct_route_t *first, const acct_route_t *second)
{
    const char *id;
    apr_size_t id_length;

    if (strcmp(first->method, second->method) != 0) {
        return 0;
    }
    if (acct_route_same_path(first, second)) {
        return 1;
    }
    return has_place(first) && !has_place(second)
        && !has_literal(first->dialect, second)
        && acct_route_matches(first, second->p->key, strlen(second->p->key),
                              &id, &id_length);
}

static const char *conflict_of(const acct_dialect_t *a,
                               const acct_dialect_t *b, apr_pool_t *pool)
{
    int i, j;

    for (i = 0; i < a->nroutes; i++) {
        for (j = 0; j < b->nroutes; j++) {
            const acct_route_t *first = &a->routes[i];
            const acct_route_t *second = &b->routes[j];

            if (hides(first, second)) {
                return apr_psprintf(pool, "\"%s %s\" of the dialect \"%s\" "
                                    "can never be reached: \"%s %s\" of "
                                    "\"%s\" comes first; mount the two at "
                                    "different places, or give one of them "
                                    "another path", second->method,
                                    second->path, b->name, first->method,
                                    first->path, a->name);
            }
        }
    }
    return NULL;
}

const char *acct_dialect_conflict(const acct_dialect_t *const *dialects,
                                  int count, apr_pool_t *pool)
{
    const char *conflict = NULL;
    int i, j;

    for (j = 0; j < count && conflict == NULL; j++) {
        if (dialects[j]->nroutes == 0) {
            return apr_psprintf(pool, "the dialect \"%s\" has no routes and "
                                "answers nothing; mount one that extends it",
                                dialects[j]->name);
        }
        for (i = 0; i < j && conflict == NULL; i++) {
            conflict = conflict_of(dialects[i], dialects[j], pool);
        }
    }
    return conflict;
}
