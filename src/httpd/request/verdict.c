/* SPDX-License-Identifier: Apache-2.0 */
#include "request/verdict.h"

#include <apr_optional.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_log.h>
#include <http_protocol.h>
#include <openssl/crypto.h>

#include "process/repeat_log.h"
#include "request/presented.h"
#include "request/request.h"
#include "request/request_service.h"
#include "token/identity.h"

APLOG_USE_MODULE(acctauth);

/* As mod_ssl.h declares it; that header is not installed everywhere. */
APR_DECLARE_OPTIONAL_FN(int, ssl_is_https, (conn_rec *));

static int is_tls(conn_rec *c)
{
    APR_OPTIONAL_FN_TYPE(ssl_is_https) *is_https =
        APR_RETRIEVE_OPTIONAL_FN(ssl_is_https);

    return is_https != NULL && is_https(c);
}

static int is_loopback(const apr_sockaddr_t *address)
{
    const unsigned char *ip = address->ipaddr_ptr;

    if (address->family == APR_INET) {
        return ip[0] == 127;
    }
#if APR_HAVE_IPV6
    if (address->family == APR_INET6) {
        static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0,
                                                  0, 0, 0xff, 0xff };

        return IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)ip)
            || (memcmp(ip, mapped, sizeof(mapped)) == 0 && ip[12] == 127);
    }
#endif
    return 0;
}

int acct_transport_allowed(request_rec *r)
{
    /* The peer of the connection itself, not what a header says of it. */
    switch (acct_dir_conf(r)->require_tls) {
    case ACCT_TLS_OFF:
        return 1;
    case ACCT_TLS_ON:
        return is_tls(r->connection);
    case ACCT_TLS_UNSET:
    case ACCT_TLS_REMOTE:
        break;
    }
    return is_loopback(r->connection->client_addr)
        || is_tls(r->connection);
}

void acct_transport_log(request_rec *r)
{
    acct_repeat_log(r, APLOG_WARNING, 0, "ACCT0404",
                    r->server->server_hostname,
                    apr_psprintf(r->pool, "a request is refused, since "
                                 "AcctAuthRequireTLS is %s and it came over "
                                 "plain HTTP from %s; if a proxy there ends "
                                 "TLS write AcctAuthRequireTLS Off, and let "
                                 "nobody reach this server past it",
                                 acct_dir_conf(r)->require_tls == ACCT_TLS_ON
                                 ? "On" : "Remote",
                                 r->connection->client_ip), 0);
}

static apr_status_t wipe_memo(void *data)
{
    OPENSSL_cleanse(data, sizeof(acct_memo_t));
    return APR_SUCCESS;
}

/* The memo of a connection that more than one request has come by. Not of
 * HTTP/2's streams, which are connections for one request each. */
static acct_memo_t *memo_of(conn_rec *c)
{
    acct_memo_t *memo;

    if (c->keepalives == 0 || c->master != NULL) {
        return NULL;
    }
    memo = ap_get_module_config(c->conn_config, &acctauth_module);
    if (memo == NULL) {
        memo = apr_pcalloc(c->pool, sizeof(*memo));
        apr_pool_cleanup_register(c->pool, memo, wipe_memo,
                                  apr_pool_cleanup_null);
        ap_set_module_config(c->conn_config, &acctauth_module, memo);
    }
    return memo;
}

static acct_outcome_e without_database(request_rec *r)
{
    acct_repeat_log(r, APLOG_ERR, 0, "ACCT0220", r->server->server_hostname,
                    acct_server_conf(r->server)->db.driver == NULL
                    ? "a token cannot be checked: this server has no "
                      "AcctAuthDatabase"
                    : "a token cannot be checked: this child has no "
                      "database connections", 1);
    return ACCT_UNAVAILABLE;
}

static void judge(acct_verdict_t *verdict, request_rec *initial,
                  request_rec *r)
{
    const char *at = acct_token_after_scheme(acct_presented(initial),
                                             verdict->scheme);
    acct_request_service_t service;
    int is_there = at != NULL && acct_request_service(&service, r);

    /* Into the initial request's pool: the identity outlives sub-requests.
     * A memo was made of what is a token, so this one need not be read. */
    if (is_there) {
        service.service.memo = memo_of(r->connection);
        if (acct_memo_recall(&service.service, at, &verdict->identity,
                             initial->pool)) {
            verdict->token = at;
            verdict->outcome = ACCT_OK;
            return;
        }
    }
    verdict->outcome = acct_token_parse(at, &verdict->token, initial->pool);
    if (verdict->outcome != ACCT_OK) {
        return;
    }
    verdict->outcome = is_there
        ? acct_authenticate(&service.service, verdict->token,
                            &verdict->identity, initial->pool)
        : without_database(r);
}

const acct_verdict_t *acct_verdict(request_rec *r)
{
    request_rec *initial = acct_initial_request(r);
    acct_request_t *mine = acct_request(initial);
    const char *scheme = acct_scheme(acct_dir_conf(r));
    acct_verdict_t *verdict = mine->verdict;

    /* Another location may go by another scheme; that is another header
     * then, as far as the grammar goes. */
    if (verdict == NULL || strcmp(verdict->scheme, scheme) != 0) {
        verdict = apr_pcalloc(initial->pool, sizeof(*verdict));
        verdict->scheme = scheme;
        judge(verdict, initial, r);
        mine->verdict = verdict;
    }
    return verdict;
}

/* By the text that was found then: the header may be gone. */
const acct_verdict_t *acct_verdict_again(request_rec *r,
                                         const acct_verdict_t *verdict)
{
    request_rec *initial = acct_initial_request(r);
    acct_verdict_t *again = apr_pcalloc(initial->pool, sizeof(*again));
    acct_request_service_t service;

    again->scheme = verdict->scheme;
    again->token = verdict->token;
    again->outcome = acct_request_service(&service, r)
        ? acct_authenticate(&service.service, again->token,
                            &again->identity, initial->pool)
        : without_database(r);
    acct_request(initial)->verdict = again;
    return again;
}
