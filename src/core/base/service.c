/* SPDX-License-Identifier: Apache-2.0 */
#include "base/service.h"

#include <apr_strings.h>
#include <stdarg.h>

void acct_log(const acct_service_t *service, acct_log_e level,
              apr_status_t status, apr_pool_t *pool, const char *format, ...)
{
    va_list args;

    if (service->log == NULL) {
        return;
    }
    va_start(args, format);
    service->log(service->context, level, status,
                 apr_pvsprintf(pool, format, args));
    va_end(args);
}

apr_status_t acct_gate_run(const acct_service_t *service, int is_known,
                           void (*work)(void *baton), void *baton)
{
    apr_status_t status;

    if (service->enter == NULL) {
        work(baton);
        return APR_SUCCESS;
    }
    status = service->enter(service->context, is_known);
    if (status != APR_SUCCESS) {
        return status;
    }
    work(baton);
    service->leave(service->context);
    return APR_SUCCESS;
}
