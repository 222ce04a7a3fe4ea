/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies of refusals: JSON in the words of the base dialect where the
 * guard or httpd itself turns a request away on a location of ours, in
 * place of httpd's HTML. An operator's ErrorDocument wins.
 */
#ifndef ACCT_REFUSAL_H
#define ACCT_REFUSAL_H

/** Hook insert_error_filter, and the filter. */
void acct_refusal_hooks(void);

#endif
