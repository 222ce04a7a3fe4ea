/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/audit.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <mpm_common.h>

#include "audit/log.h"
#include "audit/lost.h"
#include "limit/network.h"

/* ---- who and where ---- */

/* The client's address as mod_remoteip has it; none of a client that comes by
 * a Unix socket. */
static const char *address_of(request_rec *r, acct_audit_ip_e how)
{
    const apr_sockaddr_t *from = r->useragent_addr;
    acct_network_t network;

    if (from == NULL || (from->family != APR_INET
#if APR_HAVE_IPV6
                         && from->family != APR_INET6
#endif
                         )) {
        return NULL;
    }
    if (how == ACCT_AUDIT_ADDRESS) {
        return r->useragent_ip;
    }
    network = acct_network_of(from->ipaddr_ptr, (size_t)from->ipaddr_len);
    if (how == ACCT_AUDIT_WIDE) {
        network = acct_network_wider(&network);
    }
    return acct_network_text(&network, r->pool);
}

/* What the access log and the error log know the request by. */
static const char *id_of(request_rec *r)
{
    const char *id = apr_table_get(r->subprocess_env, "UNIQUE_ID");

    return id != NULL ? id : r->log_id;
}

static void take(request_rec *r, acct_audit_place_t *place)
{
    const acct_audit_conf_t *audit = acct_server_conf(r->server)->audit;

    place->when = apr_time_now();
    place->ip = address_of(r, audit->ip);
    /* A part of an address says little, its port who it was. */
    place->port = audit->ip == ACCT_AUDIT_ADDRESS && place->ip != NULL
        ? r->useragent_addr->port : 0;
    place->vhost = r->server->server_hostname;
    place->method = r->method;
    if (place->path == NULL) {
        place->path = r->uri;
    }
    place->user_agent = apr_table_get(r->headers_in, "User-Agent");
    place->request = id_of(r);
    place->by = "http";
}

/* ---- telling ---- */

static void write_line(server_rec *s, request_rec *r,
                       const acct_event_t *event,
                       const acct_audit_place_t *place)
{
    char line[ACCT_AUDIT_LINE_MAX];
    size_t length = acct_audit_line(event, place, line);
    apr_status_t status = acct_audit_write(acct_server_conf(s)->audit, line,
                                           length, acct_audit_torn(s));

    if (status != APR_SUCCESS) {
        acct_audit_lost(s, r, status);
    }
}

void acct_audit_request(request_rec *r, const acct_event_t *event,
                        const acct_audit_place_t *place)
{
    acct_audit_place_t whole = *place;

    if (acct_audit_wants(r->server, event->kind, event->outcome)) {
        take(r, &whole);
        write_line(r->server, r, event, &whole);
    }
}

void acct_audit_server(server_rec *s, const acct_event_t *event)
{
    acct_audit_place_t place = {
        .when = apr_time_now(), .vhost = s->server_hostname, .by = "server"
    };

    if (acct_audit_wants(s, event->kind, event->outcome)) {
        write_line(s, NULL, event, &place);
    }
}

/* httpd reads its configuration twice at the start; the first time is for
 * finding mistakes. */
static int open_logs(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                     server_rec *main_server)
{
    (void)plog;
    (void)ptemp;
    if (ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG) {
        acct_audit_open(main_server, pconf);
    }
    return OK;
}

void acct_audit_hooks(void)
{
    ap_hook_open_logs(open_logs, NULL, NULL, APR_HOOK_MIDDLE);
    acct_audit_lost_hooks();
    acct_audit_keys_hooks();
}
