/* SPDX-License-Identifier: Apache-2.0 */
#include "request/request_service.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_log.h>

#include "audit/audit.h"
#include "base/ticks.h"
#include "base/told_status.h"
#include "config/config.h"
#include "process/client.h"
#include "process/repeat_log.h"
#include "process/services.h"
#include "request/request.h"

APLOG_USE_MODULE(acctauth);

/* A database's lines: another fault is other words. */
static void tell_fault(const acct_request_service_t *self,
                       apr_status_t status, const char *id,
                       const char *message)
{
    acct_repeat_log(self->r, APLOG_ERR, acct_told_status(status), id,
                    acct_db_describe(&acct_server_conf(self->r->server)->db),
                    message, 1);
}

/* All units of work of what a client has asked share the time it has: those
 * that look the token up, and those of the operation. */
static apr_interval_time_t *spent_by(const acct_request_service_t *self)
{
    return &acct_request(acct_initial_request(self->r))->spent;
}

/* More work than there are connections is no outage: it is logged for as long
 * as it lasts. */
static void not_acquired(const acct_request_service_t *self,
                         apr_status_t status, const char *error,
                         apr_pool_t *pool)
{
    if (acct_pool_is_crowded(error)) {
        tell_fault(self, status, "ACCT0201: store_unavailable", error);
        return;
    }
    if (acct_pool_is_news(status, error)) {
        acct_outage_begin(&self->runtime->database->outage, ACCT_UNIT_READ,
                          self->r->server, "ACCT0201", status, error, pool);
    }
}

static apr_status_t acquire(void *context, acct_unit_e unit,
                            acct_db_t **db, apr_pool_t *pool)
{
    acct_request_service_t *self = context;
    apr_interval_time_t *spent = spent_by(self);
    const char *error = NULL;
    apr_status_t status;

    self->since = acct_ticks();
    status = acct_pool_acquire_within(self->runtime->database->pool, unit,
                                      ACCT_POOL_WITHIN - *spent, db,
                                      &error, pool);
    if (status != APR_SUCCESS) {
        *spent += acct_ticks() - self->since;
        not_acquired(self, status, error != NULL ? error : "no connection",
                     pool);
    }
    return status;
}

static void release(void *context, acct_unit_e unit, acct_db_t *db)
{
    acct_request_service_t *self = context;
    acct_database_t *database = self->runtime->database;

    /* A database that was asked before it began says nothing about now. */
    if (acct_outage_is(&database->outage) && acct_db_error(db)[0] == '\0'
        && !acct_db_is_broken(db) && acct_pool_trusts(database->pool, db)) {
        acct_outage_over(&database->outage, ACCT_UNIT_READ, self->r->server);
    }
    acct_pool_release(database->pool, unit, db);
    *spent_by(self) += acct_ticks() - self->since;
}

/* A lock that another holds is none either. */
static void failed(void *context, acct_unit_e unit, acct_db_t *db,
                   apr_status_t status, int is_final, apr_pool_t *pool)
{
    acct_request_service_t *self = context;
    const char *text = apr_psprintf(pool, "the database did not do as "
                                    "asked: %s", acct_db_error(db));

    if (!is_final) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, status, self->r,
                      "ACCT0206: %s", text);
    }
    else if (acct_db_is_busy(db) || acct_db_is_conflict(db)) {
        tell_fault(self, status, "ACCT0203", text);
    }
    else {
        acct_outage_begin(&self->runtime->database->outage, unit,
                          self->r->server, "ACCT0203", status,
                          acct_db_error(db), pool);
    }
}

static void waited(void *context, apr_interval_time_t time)
{
    *spent_by(context) += time;
}

/* A virtual host's number is the address of what httpd knows of it: virtual
 * hosts without directives of ours share all else. All children have it there
 * until the next reload, and what they wait for then has other numbers, which
 * makes a few turns come in another order. A client of a Unix socket has no
 * network; all of these are one. */
static acct_asker_t asker_of(const acct_request_service_t *self, int is_known)
{
    const apr_sockaddr_t *client = self->r->useragent_addr;
    acct_network_t network = acct_network_of(client->ipaddr_ptr,
                                             (size_t)client->ipaddr_len);
    acct_asker_t asker = {
        .host = (uint64_t)(uintptr_t)self->r->server,
        .network = acct_asker_network(&network), .is_known = is_known
    };

    return asker;
}

static apr_status_t enter(void *context, int is_known)
{
    acct_request_service_t *self = context;
    acct_asker_t asker = asker_of(self, is_known);
    apr_status_t status = acct_gate_enter_for(self->runtime->gate, &asker,
                                              &self->slot);

    if (status != APR_SUCCESS) {
        acct_repeat_log(self->r, APLOG_WARNING, 0,
                        "ACCT0202: authn_hash_gate_full",
                        self->r->server->server_hostname,
                        APR_STATUS_IS_TIMEUP(status)
                        ? "waited 2 s for a password to be hashed"
                        : "too many wait for a password to be hashed", 0);
    }
    return status;
}

static void leave(void *context)
{
    acct_request_service_t *self = context;

    acct_gate_leave(self->runtime->gate, self->slot);
}

static void tell(void *context, acct_log_e level, apr_status_t status,
                 const char *message)
{
    acct_request_service_t *self = context;

    switch (level) {
    case ACCT_LOG_ERROR:
        tell_fault(self, status, "ACCT0203", message);
        break;
    case ACCT_LOG_WARNING:
        acct_repeat_log(self->r, APLOG_WARNING, acct_told_status(status),
                        "ACCT0205",
                        acct_db_describe(
                            &acct_server_conf(self->r->server)->db),
                        message, 1);
        break;
    case ACCT_LOG_INFO:
        /* What happened to accounts: one line each, with the client's address,
         * for tools that bar addresses by them. */
        ap_log_rerror(APLOG_MARK, APLOG_INFO, acct_told_status(status),
                      self->r, "ACCT0204: %s", message);
        break;
    case ACCT_LOG_DEBUG:
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, acct_told_status(status),
                      self->r, "ACCT0206: %s", message);
        break;
    }
}

/* One line a minute for each limit; the audit log tells whose it was. */
static void tell_limit(const acct_request_service_t *self,
                       const acct_event_t *event)
{
    const char *text = apr_psprintf(
        self->r->pool, "the limit \"%s\" of %s is reached: requests are %s "
        "(acctauth limit list)", event->limit, event->network == NULL
        ? "a name" : "a network", event->detail == NULL
        ? "refused with 429 for a while"
        : "let in all the same (AcctAuthLimit Observe)");

    acct_repeat_log(self->r, APLOG_WARNING, 0, "ACCT0252: limit_reached",
                    self->r->server->server_hostname, text, 1);
}

static void raise_event(void *context, const acct_event_t *event)
{
    acct_request_service_t *self = context;
    acct_audit_place_t place = { .status = 0 };

    if (event->kind == ACCT_EVENT_LIMIT_REACHED) {
        tell_limit(self, event);
    }
    if (!acct_audit_wants(self->r->server, event->kind, event->outcome)) {
        return;
    }
    if (self->route != NULL) {
        place.dialect = self->route->dialect->name;
        place.route = self->route->path;
    }
    acct_audit_request(self->r, event, &place);
}

static void set_functions(acct_service_t *service)
{
    service->acquire = acquire;
    service->release = release;
    service->failed = failed;
    service->waited = waited;
    service->enter = enter;
    service->leave = leave;
    service->log = tell;
    service->event = raise_event;
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog,
                       apr_pool_t *ptemp, server_rec *main_server)
{
    server_rec *s;

    (void)pconf;
    (void)plog;
    (void)ptemp;
    for (s = main_server; s != NULL; s = s->next) {
        acct_runtime_t *runtime = acct_server_conf(s)->runtime;

        if (runtime != NULL) {
            set_functions(&runtime->service);
        }
    }
    return OK;
}

void acct_request_service_hooks(void)
{
    /* after acct_runtime_hooks(), which makes the services */
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_LAST);
}

int acct_request_service(acct_request_service_t *self, request_rec *r)
{
    acct_runtime_t *runtime = acct_server_conf(r->server)->runtime;

    if (runtime == NULL) {
        return 0;
    }
    self->service = runtime->service;
    self->service.context = self;
    self->r = r;
    self->runtime = runtime;
    self->route = NULL;
    self->slot = -1;
    self->since = 0;
    return 1;
}

int acct_request_service_for(acct_request_service_t *self, request_rec *r,
                             const acct_route_t *route, acct_client_t *client)
{
    if (!acct_request_service(self, r)) {
        return 0;
    }
    *client = acct_client_of(r);
    self->service.client = client;
    self->service.accept_language = apr_table_get(r->headers_in,
                                                  "Accept-Language");
    self->service.site_name = acct_site_name(r->server);
    self->route = route;
    return 1;
}
