/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the configuration share (config/config.h lists them): the
 * setters of directives. A setter returns NULL, or a sentence for the person
 * who wrote the directive.
 */
#ifndef ACCT_DIRECTIVES_H
#define ACCT_DIRECTIVES_H

#include "config/config.h"

/** The place of the directive that is being read. */
acct_place_t acct_place_of(const cmd_parms *cmd);

/** A whole number within bounds, digits alone; -1 when it is not. */
apr_int64_t acct_parse_number(const char *text, apr_int64_t least,
                              apr_int64_t most);

/** A size in bytes: digits, then K, M or nothing; -1 when it is none. */
apr_int64_t acct_parse_size(const char *text, apr_pool_t *pool);

/* config/limits.c */

void acct_limit_conf_init(acct_limit_conf_t *conf, apr_pool_t *pool);
acct_limit_conf_t acct_limit_conf_merge(const acct_limit_conf_t *base,
                                        const acct_limit_conf_t *add,
                                        apr_pool_t *pool);
const char *acct_set_limit(cmd_parms *cmd, void *dir, const char *word);
const char *acct_add_limit_trusted(cmd_parms *cmd, void *dir,
                                   const char *network);
const char *acct_set_limit_memory(cmd_parms *cmd, void *dir,
                                  const char *text);

/* config/mail.c */

void acct_mail_conf_init(acct_mail_conf_t *conf);
acct_mail_conf_t acct_mail_conf_merge(const acct_mail_conf_t *base,
                                      const acct_mail_conf_t *add);
const char *acct_set_mail(cmd_parms *cmd, void *dir, int argc,
                          char *const argv[]);
const char *acct_set_mail_password(cmd_parms *cmd, void *dir,
                                   const char *text);
const char *acct_set_mail_from(cmd_parms *cmd, void *dir, const char *text);
const char *acct_set_mail_link_base(cmd_parms *cmd, void *dir,
                                    const char *text);
const char *acct_set_mail_template_dir(cmd_parms *cmd, void *dir,
                                       const char *path);
const char *acct_set_mail_language(cmd_parms *cmd, void *dir,
                                   const char *text);
const char *acct_set_mail_limit(cmd_parms *cmd, void *dir, const char *word);
const char *acct_set_site_name(cmd_parms *cmd, void *dir, const char *text);

/* config/server.c */

const char *acct_set_database(cmd_parms *cmd, void *dir,
                              const char *driver, const char *params);
const char *acct_set_db_connections(cmd_parms *cmd, void *dir,
                                    const char *text);
const char *acct_set_key_file(cmd_parms *cmd, void *dir, const char *path);
const char *acct_set_dialect_dir(cmd_parms *cmd, void *dir,
                                 const char *path);
const char *acct_set_hash_concurrency(cmd_parms *cmd, void *dir,
                                      const char *text);
const char *acct_set_cache(cmd_parms *cmd, void *dir, const char *word);
const char *acct_set_revocation_bound(cmd_parms *cmd, void *dir,
                                      const char *text);
const char *acct_set_max_tokens(cmd_parms *cmd, void *dir,
                                const char *text);
const char *acct_set_name_hold(cmd_parms *cmd, void *dir, const char *text);
const char *acct_set_password_hash(cmd_parms *cmd, void *dir, int argc,
                                   char *const argv[]);
const char *acct_set_password_rules(cmd_parms *cmd, void *dir, int argc,
                                    char *const argv[]);

/* config/audit_log.c */

const char *acct_set_audit_log(cmd_parms *cmd, void *dir, int argc,
                               char *const argv[]);

/* config/section.c */

/** The length of a path without the slashes at its end: how deep in the
 *  tree of paths a section lies, compared with others on the same way. */
apr_size_t acct_section_depth(const char *path);

/** The path or pattern of a section, without quotes: of <Location "/path">
 *  and its like, from the directive's own text. */
const char *acct_section_path(const ap_directive_t *node, int *is_pattern,
                              apr_pool_t *pool);

/** Where the section lies that a directive is in. Lives as long as the
 *  settings do. */
const acct_section_t *acct_section_of(cmd_parms *cmd);

/** What the arguments of one Require ask for. */
acct_requires_e acct_requires_of(const char *args, apr_pool_t *pool);

/** Note that a section says something about access. */
void acct_section_note(cmd_parms *cmd, acct_dir_conf_t *dir);

/* Setters of other modules' directives, called beside theirs: they only
 * note. */
const char *acct_note_auth_type(cmd_parms *cmd, void *dirv,
                                const char *args);
const char *acct_note_require(cmd_parms *cmd, void *dirv, const char *args);

/* config/location.c */

const char *acct_add_api(cmd_parms *cmd, void *dirv, const char *name);
const char *acct_set_protect(cmd_parms *cmd, void *dirv, const char *word);
const char *acct_set_unknown_path(cmd_parms *cmd, void *dirv,
                                  const char *word);
const char *acct_set_scheme(cmd_parms *cmd, void *dirv, const char *word);
const char *acct_set_identity_headers(cmd_parms *cmd, void *dir, int on);
const char *acct_set_forward_token(cmd_parms *cmd, void *dir, int on);
const char *acct_set_shared_cache(cmd_parms *cmd, void *dir, int on);
const char *acct_set_require_tls(cmd_parms *cmd, void *dirv,
                                 const char *word);
const char *acct_set_max_body(cmd_parms *cmd, void *dirv,
                              const char *text);

#endif
