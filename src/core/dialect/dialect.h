/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of dialects: the spelling of one API, read from a JSON file
 * (docs/dialects.md). Loading checks everything and parses the templates;
 * after that a dialect is constant and safe from any thread. It may use the
 * rooms below (form … base); it knows operations by their rows alone
 * (base/operation.h).
 *
 * A dialect lives in the pool it was loaded into. jansson's objects do not
 * outlive loading.
 *
 * The files, in the way of a dialect's file:
 *   read.c            the file and what it extends
 *   dialect.c         its plain members; loading as a whole
 *   demands.c         "register" and "login": what accounts have to be;
 *                     "revoke": which tokens end; what an answer has to show
 *   route.c           its routes: path, method, operation
 *   fields.c          "fields" of a route, and their stages
 *   one_field.c       one of them, and what can be wrong with it
 *   credentials.c     which credentials a route takes, and what can come of
 *                     it
 *   response.c        "responses" of a route or general
 *   message.c         "messages" of a route or general, and how a field's
 *                     problems are told
 *   mailing.c         "mails" and "link": subjects and links of what its
 *                     routes order
 *   define.c          "define": parts of bodies that have a name
 *   attribute.c       "attributes": what a password is like
 *   overlay.c         lays route, dialect and what it extends over one
 *                     another
 *   check.c           checks that nothing is missing, and writes down the
 *                     answer to everything
 *   builtin.c         base.json of this version, for files that are older
 *   since.c           the version that each outcome and problem came with
 *   report.c          how mistakes in a file are reported
 * and of a request:
 *   match.c           which route it has
 *   render.c          an outcome to status, headers and body
 * draft.h is what the files of loading share.
 */
#ifndef ACCT_DIALECT_H
#define ACCT_DIALECT_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>
#include "form/field.h"

typedef struct acct_dialect_t acct_dialect_t;
typedef struct acct_response_t acct_response_t;     /* dialect/draft.h */

typedef enum {
    ACCT_POLICY_REUSE,          /* one token per account, handed out again
                                 * until it is signed out */
    ACCT_POLICY_MANY            /* each login makes a token */
} acct_policy_e;

typedef struct acct_token_policy_t {
    acct_policy_e kind;
    int bytes;                  /* of randomness; the text has twice as
                                 * many hex digits */
    apr_interval_time_t lifetime;   /* microseconds; 0: until signed out */
    apr_interval_time_t sliding;    /* microseconds that a token lives on
                                     * after a use; 0: use prolongs nothing;
                                     * less than lifetime where both are */
    int limit;                  /* so many live tokens of an account, and a
                                 * login is refused; 0: none is */
} acct_token_policy_t;

typedef struct acct_route_t {
    const acct_dialect_t *dialect;
    const char *path;           /* as in the file: "signin/" */
    const char *method;         /* "POST" */
    acct_fields_t fields;       /* and its operation */
    int reads_fields;           /* of the body; else it is read and
                                 * dropped */
    acct_token_need_e token;    /* as its operation, or it does without */
    int takes_basic;            /* identifier and password are those of HTTP
                                 * Basic */
    int guards_methods;         /* a method that no route of its path has is
                                 * refused without a token first, although
                                 * its own needs none */
    const char *challenge;      /* value of WWW-Authenticate of its 401s, in
                                 * place of the server's; or NULL */
    const char *code_header;    /* where credentials are those of HTTP Basic:
                                 * the request's header that a second factor
                                 * comes in; NULL: none does */
    int mints_token;            /* its ok response shows {token} */
    int shows_codes;            /* … {recovery_codes} */
    int shows_codes_left;       /* … {recovery_codes.left} */
    int names_account;          /* its path holds {account.id} */
    int names_token;            /* its path holds {token.id} */
    /* private to dialect/dialect.c and dialect/render.c */
    struct acct_route_private_t *p;
} acct_route_t;

struct acct_dialect_t {
    const char *name;           /* "auth-signin" */
    const char *file;           /* path it was read from */
    apr_array_header_t *warnings;   /* const char *: what works, but should
                                     * be looked at; "FILE: …" */
    int by_username;            /* identifier: 0 no, else its turn (1, 2) */
    int by_email;
    acct_token_policy_t policy;
    int registers_pending;      /* an account is activated by a mailed link
                                 * before it can be signed in to */
    int demands_verified;       /* none is signed in to before its address
                                 * is verified */
    int takes_zeros;            /* an id in a path may have them in front */
    int change_ends_all;        /* a change of the password ends the token
                                 * that was presented, too */
    struct acct_dialect_mails_t *mails; /* dialect/mailing.h; constant after
                                         * loading */
    const acct_route_t *routes;
    int nroutes;
    /* private to dialect/dialect.c and dialect/render.c */
    struct acct_dialect_private_t *p;
};

/**
 * Load a dialect file with all it extends, and check it.
 * @param path   the file; "extends" names a file NAME.json beside it
 * @param operations that a route can name (account/operations.h); lives as
 *               long as the dialect
 * @param pool   the dialect lives here
 * @param errors what is wrong, one string (const char *) each: "FILE: JSON
 *               path or line:column: what is wrong; what to write". As many as
 *               can be found, not only the first. In @a pool.
 * @return APR_EINVAL when there are errors, APR_ENOENT and the like (with
 *         one error) when a file cannot be read
 */
apr_status_t acct_dialect_load(const char *path,
                               const acct_operations_t *operations,
                               const acct_dialect_t **dialect,
                               apr_array_header_t **errors,
                               apr_pool_t *pool);

/** Whether anything in the dialect needs the key file (policy reuse). */
int acct_dialect_needs_key(const acct_dialect_t *dialect);

/**
 * Routes of two dialects mounted on one location that can never be
 * reached (same path and method), or a dialect without any route.
 * @return a sentence about the first such pair, or NULL
 */
const char *acct_dialect_conflict(const acct_dialect_t *const *dialects,
                                  int count, apr_pool_t *pool);

typedef struct acct_match_t {
    const acct_dialect_t *dialect;  /* whose answers to use; never NULL */
    const acct_route_t *route;      /* NULL when no route has the path; on
                                     * METHOD_NOT_ALLOWED and OPTIONS one
                                     * that has the path */
    const char *account_id;         /* what stands for {account.id} in the
                                     * path, without zeros in front that the
                                     * dialect takes; or NULL; any text */
    const char *token_id;           /* the same of {token.id} */
    const char *allow;              /* value of Allow: "POST, OPTIONS"; NULL
                                     * when no route has the path */
} acct_match_t;

/** Whether a route of any of the dialects has a path, whatever its method;
 *  what acct_dialect_match() answers with other than ACCT_NOT_FOUND.
 *  Allocates nothing. */
int acct_dialect_has_path(const acct_dialect_t *const *dialects, int count,
                          const char *path);

/**
 * Find the route of a request among the dialects mounted on a location. The
 * route of a method that none has is one that needs credentials in the
 * header, where the path has one: such a request is refused for these first.
 * The first dialect with a route for path and method answers. Within a
 * dialect a literal path goes before one with {account.id}. Both
 * spellings of a path match, with and without the final slash.
 * @param path   below the mount, decoded, with no leading slash
 * @param method as in the request; HEAD matches GET
 * @return ACCT_OK, ACCT_NOT_FOUND, ACCT_METHOD_NOT_ALLOWED, ACCT_OPTIONS
 */
acct_outcome_e acct_dialect_match(const acct_dialect_t *const *dialects,
                                  int count, const char *method,
                                  const char *path, acct_match_t *match,
                                  apr_pool_t *pool);

#endif
