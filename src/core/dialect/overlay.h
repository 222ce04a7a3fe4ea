/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which response and which message hold where a route, its dialect, those that
 * it extends and the module each may have one. @a draft NULL: the dialect's
 * own alone.
 */
#ifndef ACCT_OVERLAY_H
#define ACCT_OVERLAY_H

#include "dialect/draft.h"

/** The response under a key in one list, and its place there. */
const acct_entry_t *acct_overlay_entry(const apr_array_header_t *list,
                                       const char *key, int *turn);

/** The response under a key: the route's, else the dialect's. */
const acct_entry_t *acct_overlay_find(const acct_load_t *load,
                                      const acct_draft_t *draft,
                                      const char *key);

/** The response to an outcome; the module's own where the outcome is newer
 *  than the file. */
const acct_entry_t *acct_overlay_answer(acct_load_t *load,
                                        const acct_draft_t *draft,
                                        acct_outcome_e outcome);

/** The response itself where it is shared by its key; NULL after
 *  reporting. */
const acct_entry_t *acct_overlay_resolve(acct_load_t *load,
                                         const acct_draft_t *draft,
                                         const acct_entry_t *entry);

/** The message of an outcome whose response @a entry was resolved; else
 *  that of the response it shares. */
const acct_message_t *acct_overlay_message(acct_load_t *load,
                                           const acct_draft_t *draft,
                                           const acct_entry_t *entry,
                                           acct_outcome_e outcome);

/** "field.problem", or in its place "field.*" or the like: of a field inside
 *  an object by its whole name, and by its last name alone. Ends with NULL;
 *  in load->tmp. */
const char *const *acct_problem_keys(acct_load_t *load,
                                     const acct_field_t *field,
                                     const char *code);

/** The message of a problem with a field: by one of its keys, else its
 *  name. */
const acct_message_t *acct_overlay_problem(acct_load_t *load,
                                           const acct_draft_t *draft,
                                           const acct_field_t *field,
                                           acct_problem_e problem);

#endif
