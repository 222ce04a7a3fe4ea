/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of domains as they are compared: by what they name, not by how
 * they are spelled. A browser's field for addresses sends a domain of
 * "dömäin.com" as xn--dmin-moa0i.com, an application as it was typed.
 *
 * No state; safe from any thread. Strings are UTF-8, results in the pool.
 */
#ifndef ACCT_DOMAIN_H
#define ACCT_DOMAIN_H

#include <apr_pools.h>
#include <apr_errno.h>

/**
 * A domain as its A-labels (RFC 5890, 2.3.2.1), made by UTS 46,
 * non-transitional: "straße.de" and "strasse.de" are two domains.
 *
 * What UTS 46 or this version of libidn2 refuses is folded (acct_fold()),
 * and its labels outside ASCII are encoded all the same (RFC 3492). So a
 * label that only a later Unicode has, or one of signs that IDNA 2008 does
 * not take though some registries sell them, is what its encoded form is,
 * and stays that when the library learns of it.
 * @param domain any text, NFKC (Unicode TR 15)
 * @return APR_EINVAL when it is not UTF-8, APR_ENOMEM
 */
apr_status_t acct_domain_key(const char *domain, const char **key,
                             apr_pool_t *pool);

/** Folded (acct_fold()), and with the dot that IDNA takes for one (RFC
 *  3490, 3.1); in Unicode. @return APR_EINVAL when it is not UTF-8 */
apr_status_t acct_domain_fold(const char *domain, const char **folded,
                              apr_pool_t *pool);

#endif
