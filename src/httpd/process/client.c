/* SPDX-License-Identifier: Apache-2.0 */
#include "process/client.h"

#include <apr_network_io.h>
#include <http_log.h>

#include "base/ticks.h"
#include "cache/repeat.h"
#include "config/config.h"
#include "process/services.h"

APLOG_USE_MODULE(acctauth);

static int is_internet(const apr_sockaddr_t *address)
{
#if APR_HAVE_IPV6
    if (address->family == APR_INET6) {
        return 1;
    }
#endif
    return address->family == APR_INET;
}

static acct_network_t network_of(const apr_sockaddr_t *address)
{
    return is_internet(address)
        ? acct_network_of(address->ipaddr_ptr, (size_t)address->ipaddr_len)
        : acct_network_of(NULL, 0);
}

static int is_private(const apr_sockaddr_t *address)
{
    return !is_internet(address)
        || acct_address_is_private(address->ipaddr_ptr,
                                   (size_t)address->ipaddr_len);
}

static int is_trusted(request_rec *r)
{
    const apr_array_header_t *trusted = acct_server_conf(r->server)
        ->limit.trusted;

    for (int i = 0; i < trusted->nelts; i++) {
        if (apr_ipsubnet_test(APR_ARRAY_IDX(trusted, i, apr_ipsubnet_t *),
                              r->useragent_addr)) {
            return 1;
        }
    }
    return 0;
}

/* A proxy's address in the place of its clients': mod_remoteip puts another
 * in its place. */
static int is_proxy(request_rec *r)
{
    return r->useragent_addr == r->connection->client_addr
        && (apr_table_get(r->headers_in, "X-Forwarded-For") != NULL
            || apr_table_get(r->headers_in, "Forwarded") != NULL)
        && is_private(r->connection->client_addr);
}

/* Lines of a log are counted as tries are. */
static int may_tell(request_rec *r, const char *kind, const char *whose,
                    const acct_budget_t *budget)
{
    const acct_runtime_t *runtime = acct_server_conf(r->server)->runtime;
    acct_subject_t subject = {
        .key = acct_repeat_key(kind, whose, NULL) | 1
    };
    apr_interval_time_t wait = 0;

    return runtime != NULL && runtime->limits.counters != NULL
        && acct_bucket_take(runtime->limits.counters, &subject, budget,
                            acct_ticks(), &wait) == APR_SUCCESS
        && wait == 0;
}

int acct_client_may_tell(request_rec *r)
{
    static const acct_budget_t refusals = { 10, apr_time_from_sec(60) };
    acct_network_t network = network_of(r->useragent_addr);

    return may_tell(r, "refused", acct_network_text(&network, r->pool),
                    &refusals);
}

static void tell_proxy(request_rec *r)
{
    static const acct_budget_t hourly = { 1, apr_time_from_sec(60 * 60) };
    const char *host = r->server->server_hostname;

    if (!may_tell(r, "proxy", host, &hourly)) {
        return;
    }
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                  "ACCT0251: requests to %s come from a proxy at %s, and "
                  "which client they are from is not known: AcctAuthLimit "
                  "holds for names, and not for clients' addresses. Load "
                  "mod_remoteip, with RemoteIPHeader X-Forwarded-For and "
                  "RemoteIPInternalProxy %s", host,
                  r->connection->client_ip, r->connection->client_ip);
}

acct_client_t acct_client_of(request_rec *r)
{
    acct_client_t client = {
        .network = network_of(r->useragent_addr),
        .is_exempt = is_trusted(r)
    };

    if (!client.is_exempt && is_proxy(r)) {
        /* Nor is it a network that an account is known from: whatever guesses
         * comes from there too. */
        client.network = acct_network_of(NULL, 0);
        client.is_exempt = 1;
        tell_proxy(r);
    }
    return client;
}
