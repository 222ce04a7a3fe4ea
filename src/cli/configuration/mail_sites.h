/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCT_CLI_MAIL_SITES_H
#define ACCT_CLI_MAIL_SITES_H

#include "console/cli.h"
#include "mail/site.h"

/**
 * The virtual hosts of httpd's configuration that mail, as the module makes
 * them; their program is sendmail's where they have none of their own.
 * @param transport those of this one, and of the database that is open;
 *                  ACCT_TRANSPORT_OFF: of any that mails
 * @param sites     out: array of const acct_mail_site_t *, one or more
 * @return ACCT_EXIT_OK, or another after saying what is wrong
 */
int acct_cli_mail_sites(acct_cli_t *cli, acct_mail_transport_e transport,
                        apr_array_header_t **sites);

#endif
