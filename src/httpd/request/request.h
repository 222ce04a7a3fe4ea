/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of one request: its hooks, from its headers to the end of its
 * answer. It may use every room of src/httpd and src/core. In this header:
 * what the module remembers about one request_rec.
 *
 * The files, in the order of a request:
 *   forged.c          request headers that only this module may set
 *   trace.c           TRACE is refused
 *   guard.c           authentication of a location
 *   access.c          which guards hold for a request
 *   opened.c          warns of a guard that another line has opened
 *   verdict.c         what the presented token is worth
 *   presented.c       the Authorization header: remembered and taken out
 *   hand_over.c       what the handler is told, and a redirected request
 *   remote_user.c     r->user and the environment
 *   endpoint.c        the handler of the locations that have an API
 *   body.c            reading a body
 *   answer.c          from an outcome to the answer of an endpoint
 *   request_service.c what the core asks for during a request
 *   asked.c           which module is being asked, and so refuses
 *   refusal.c         the bodies of refusals
 *   told.c            what logs learn of a request
 *   privacy.c         Cache-Control and Vary, behind mod_headers
 *   request.c         what is remembered
 *   table.c           entries of an apr_table_t struck in one pass
 */
#ifndef ACCT_REQUEST_H
#define ACCT_REQUEST_H

#include <httpd.h>
#include <http_config.h>

#include "base/outcome.h"
#include "config/config.h"

struct acct_verdict_t;

/* What is asked about a request now, and so what refuses it if it is
 * refused. */
typedef enum {
    ACCT_ASKED_HTTPD = 0,       /* httpd itself: it reads the request and
                                 * finds the place it is for */
    ACCT_ASKED_OTHERS,          /* whatever modules there are */
    ACCT_ASKED_REQUIRE,         /* httpd's access control: Require, Deny */
    ACCT_ASKED_ENDPOINT         /* an endpoint, or what it reads from */
} acct_asked_e;

/* What the guard said of a sub-request, kept with the request that made
 * it: modules such as mod_dir and mod_negotiation become what they looked
 * at (ap_internal_fast_redirect copies its configuration, but neither the
 * user nor what we remember), or refuse with its status. */
typedef struct acct_part_t {
    const void *config;         /* the sub-request's per_dir_config; NULL
                                 * when it is gone */
    const struct acct_verdict_t *admitted;
    acct_outcome_e refusal;
    int status;                 /* of the refusal */
    int late;                   /* the request that made it had passed its
                                 * own guards by then */
    const char *challenge;      /* value of WWW-Authenticate, or NULL */
    struct acct_part_t *next;
} acct_part_t;

typedef struct acct_request_t {
    struct acct_verdict_t *verdict; /* initial request only */
    const char *presented;      /* presented.h: value of Authorization, "" when
                                 * there is none, NULL when no guard has
                                 * looked; initial request only */
    int refusal_told;           /* the log has its line; initial request
                                 * only */
    const char *refused_path;   /* for the audit log, which is told at the end:
                                 * what was refused, and why; initial request
                                 * only */
    acct_outcome_e refused_why;
    apr_interval_time_t spent;  /* with connections that were put back;
                                 * initial request only */
    int required;               /* let in by the guard, and Require asked */
    int in_fixups;              /* past its access checks */
    int guarded;                /* a location's guard had its say */
    const struct acct_verdict_t *admitted;  /* let in as this identity;
                                 * NULL: refused, or anonymous */
    const void *config;         /* per_dir_config it was let in under */
    acct_switch_e identity_headers; /* of the location that let it in: what a
                                     * request's handler learns holds for the
                                     * one it is redirected to */
    acct_switch_e forward_token;    /* likewise */
    acct_outcome_e refusal;     /* why the guard refused; ACCT_OK: it
                                 * did not */
    int unknown;                /* a token came, but its identity could not be
                                 * found out before Require was asked */
    acct_asked_e asked;         /* what can refuse it now (asked.h) */
    int rehearsed;              /* its Require is asked once more, to see
                                 * whether it depends on the identity
                                 * (request/asked.h) */
    int names_account;          /* in that, an expression looked at the
                                 * identity */
    int depends;                /* its answer does on the token, or on
                                 * there being none (request/privacy.h) */
    int no_store;               /* no cache may keep its answer */
    const char *allow;          /* endpoint: value of Allow, or NULL */
    acct_part_t *parts;         /* newest first */
} acct_request_t;

/** The memory of a request, made when first asked for. */
acct_request_t *acct_request(request_rec *r);

/** The memory of a request, or NULL when none was made. */
static inline acct_request_t *acct_request_if_any(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &acctauth_module);
}

/**
 * Keep what the guard said of a sub-request with the request that made it.
 * Does nothing for others.
 * @param status    of a refusal, else 0
 * @param challenge of a refusal, or NULL
 */
void acct_request_inform_parent(request_rec *r, int status,
                              const char *challenge);

/** The part that the request has become by a fast redirect, or NULL. */
const acct_part_t *acct_request_became(const request_rec *r);

/** The newest part that was refused with @a status after the request had
 *  passed its own access checks, or NULL: only then can the refusal of the
 *  whole be the part's. */
const acct_part_t *acct_request_refused_part(const request_rec *r,
                                             int status);

/** The request the client sent: the top of sub-requests and redirects. */
request_rec *acct_initial_request(request_rec *r);

#endif
