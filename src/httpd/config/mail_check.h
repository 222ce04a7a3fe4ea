/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What configtest says of mails; while the configuration is checked, in its
 * thread.
 */
#ifndef ACCT_MAIL_CHECK_H
#define ACCT_MAIL_CHECK_H

#include <httpd.h>

#include "config/config.h"

/**
 * Check a server's mails, and make what its worker and its requests need:
 * mail_site of its settings. After its mounts were loaded.
 * @return how many mistakes there are, which the log has
 */
int acct_mail_conf_check(server_rec *s, apr_pool_t *pconf);

#endif
