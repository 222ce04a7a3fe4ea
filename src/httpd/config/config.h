/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of directives: settings of servers and locations, how they merge,
 * and what configtest says of them. It may use connections, memory and every
 * room of src/core.
 *
 * Everything here lives in pconf (or, for .htaccess, in the request's
 * pool), is written while the configuration is read and checked, and is
 * constant afterwards.
 *
 * The files:
 *   config.c          settings are made and merged; the list of directives
 *   server.c          what is set for a server, or for all
 *   limits.c          the limits on tries
 *   mail.c            who takes mails, and what is in them
 *   audit_log.c       which events are written, and to what log
 *   location.c        what is set for a location
 *   section.c         where a section lies, and what it says of users
 *   mounts.c          the APIs of a server, where they begin
 *   mount.c           which of them a request is for
 *   configtest.c      what only shows when everything is read
 *   mail_check.c      the same of mails: templates, dialects that mail
 *   dump.c            what the command is told of all of it
 *   guards.c          guards that do not hold what they seem to
 *   proxied.c         what is handed to applications
 *   tree.c            what stands in the tree of directives
 *   tree_sections.c   what its sections say about access
 *   remedy.c          commands that a message tells an operator to use
 * directives.h is what the setters share. What lies outside of the
 * configuration (a file's state) is looked at by process/state_check.c.
 */
#ifndef ACCT_CONFIG_H
#define ACCT_CONFIG_H

#include <httpd.h>
#include <http_config.h>

#include "account/account.h"
#include "base/event.h"
#include "dialect/dialect.h"
#include "limit/limit.h"
#include "mail/site.h"
#include "password/password.h"
#include "token/token.h"

#define ACCT_CACHE_BYTES_ON 16711680    /* with the gates, 16 MiB at the
                                         * most */
#define ACCT_CACHE_BYTES_OFF 1048576    /* what is there all the same */
#define ACCT_REVOCATION_BOUND_DEFAULT 2000      /* milliseconds */
#define ACCT_MAX_TOKENS_DEFAULT 20
#define ACCT_MAX_BODY_DEFAULT 16384     /* bytes */

/* A directive's place, for messages: file and line. */
typedef struct acct_place_t {
    const char *file;           /* NULL: the directive was not given */
    int line;
} acct_place_t;

/* A switch that may not have been set. */
typedef enum { ACCT_UNSET = 0, ACCT_OFF, ACCT_ON } acct_switch_e;

typedef enum {
    ACCT_PROTECT_UNSET = 0,
    ACCT_PROTECT_OFF,
    ACCT_PROTECT_OPTIONAL,      /* no token: anonymous; a bad one: refused */
    ACCT_PROTECT_ON
} acct_protect_e;

typedef enum {
    ACCT_TLS_UNSET = 0,
    ACCT_TLS_OFF,
    ACCT_TLS_REMOTE,            /* needed unless the client is on loopback */
    ACCT_TLS_ON
} acct_tls_e;

/* What becomes of a path below a mount that no route has. */
typedef enum {
    ACCT_UNKNOWN_UNSET = 0,
    ACCT_UNKNOWN_404,
    ACCT_UNKNOWN_PASS           /* as if the mount were not there */
} acct_unknown_e;

/* One AcctAuthAPI: dialects mounted on a location. What is served of it
 * is a server's own matter (mount.h): each has its own dialect files. */
typedef struct acct_api_t {
    const char *mount;          /* path of the <Location>, ends in '/' */
    int bare;                   /* written without it: "/x" is below, too */
    apr_array_header_t *names;  /* of dialects, const char * */
    acct_place_t place;
    const struct acct_dir_conf_t *section;  /* of the <Location> */
} acct_api_t;

/* What the Require lines of one section come to. */
typedef enum {
    ACCT_REQUIRES_NOTHING = 0,  /* there is none */
    ACCT_REQUIRES_NO_USER,      /* addresses, expressions, all denied ... */
    ACCT_REQUIRES_GRANTED,      /* all granted */
    ACCT_REQUIRES_USER          /* some line cannot be met without a user */
} acct_requires_e;

/* Where a section of the configuration lies, as far as that decides which
 * of an API's routes it is about. */
typedef enum {
    ACCT_SECTION_SERVER,        /* the whole server: <If> in none of these */
    ACCT_SECTION_PATH,          /* <Location "/path"> */
    ACCT_SECTION_PATTERN,       /* <LocationMatch> */
    ACCT_SECTION_WILDCARD,      /* <Location> with wildcards */
    ACCT_SECTION_FOLDER         /* <Directory>, <Files>, <Proxy>, .htaccess:
                                 * never about a route */
} acct_section_e;

typedef struct acct_section_t {
    acct_section_e kind;
    apr_size_t depth;           /* PATH: its length without slashes at the
                                 * end; "/" is 0 */
    const ap_regex_t *pattern;  /* PATTERN */
} acct_section_t;

/* What is set about limits; see config/limits.c. */
typedef struct acct_limit_conf_t {
    int mode;                   /* acct_limits_mode_e; -1: not set */
    apr_array_header_t *words;  /* const char *, numbers that are changed,
                                 * the later over the earlier */
    apr_array_header_t *trusted;    /* apr_ipsubnet_t * */
} acct_limit_conf_t;

#define ACCT_LIMIT_BYTES_DEFAULT 1048576

/* What is set about mails; see config/mail.c. */
typedef struct acct_mail_conf_t {
    int transport;              /* acct_mail_transport_e; -1: not set */
    const char *program;
    acct_smtp_t *smtp;          /* NULL: none; user and password come with the
                                 * check of what is outside */
    int smtp_is_plain;          /* written so */
    acct_place_t place;
    const char *password_file;
    acct_place_t password_place;
    acct_mail_from_t from;      /* address NULL: not set */
    const char *link_base;      /* ends in '/' */
    acct_place_t link_base_place;
    const char *template_dir;
    const char *language;
    const char *site_name;
    acct_mail_limits_t limits;  /* each 0: not set */
} acct_mail_conf_t;

/* What an audit log says of a client's address. */
typedef enum {
    ACCT_AUDIT_ADDRESS,         /* all of it */
    ACCT_AUDIT_NETWORK,         /* the network that limits go by */
    ACCT_AUDIT_WIDE             /* the wider one, /24 or /48 */
} acct_audit_ip_e;

typedef enum {
    ACCT_AUDIT_OFF,
    ACCT_AUDIT_FILE,
    ACCT_AUDIT_PROGRAM,
    ACCT_AUDIT_SYSLOG
} acct_audit_to_e;

struct acct_audit_log_t;
struct acct_audit_lost_t;

/* One AcctAuthAuditLog. A virtual host that inherits it has the same one. */
typedef struct acct_audit_conf_t {
    acct_audit_to_e to;
    const char *target;         /* absolute path, program, or facility */
    int facility;
    apr_uint64_t done;          /* bits of events: told with the outcome ok */
    apr_uint64_t refused;       /* told with another outcome */
    acct_audit_ip_e ip;
    acct_place_t place;
    struct acct_audit_log_t *log;   /* audit/audit.h: opened by the parent;
                                     * NULL: it is not open */
} acct_audit_conf_t;

_Static_assert(ACCT_EVENT__COUNT <= 64, "a bit for each kind of event");

struct acct_runtime_t;
struct acct_never_served_t;
struct acct_rounds_t;
struct acct_secrets_t;
struct acct_trusted_t;
struct acct_estate_t;
struct acct_privacy_filters_t;
struct acct_repeat_t;
struct acct_postman_t;

typedef struct acct_server_conf_t {
    acct_db_config_t db;        /* driver NULL: not set */
    acct_place_t db_place;
    int db_connections;         /* most of a child; 0: not set */
    acct_place_t db_connections_place;  /* not inherited */
    acct_place_t db_password_place;     /* of a password that stands in the
                                         * configuration; not inherited */
    const char *key_file;
    acct_place_t key_place;
    const char *dialect_dir;
    acct_password_params_t params;
    int params_set;
    acct_password_rules_t rules;
    int rules_set;
    int max_tokens;             /* 0: any number; -1: not set */
    apr_interval_time_t name_hold;  /* 0: none; -1: not set */
    acct_audit_conf_t *audit;   /* NULL: not set */
    acct_mail_conf_t mail;
    apr_array_header_t *apis;       /* acct_api_t *, of this server only */
    const apr_array_header_t *base_apis;    /* the main server's, in the
                                             * settings of another; else
                                             * NULL */
    apr_array_header_t *unknown_paths;  /* acct_unknown_path_t, of this
                                         * server only */
    acct_unknown_e unknown_path;    /* where the mount does not say */
    apr_array_header_t *protects;   /* acct_place_t, AcctAuthProtect
                                     * other than Off, of this server only */
    apr_array_header_t *shares;     /* acct_place_t, AcctAuthSharedCache
                                     * On, of this server only */
    acct_limit_conf_t limit;
    apr_size_t limit_bytes;         /* global; 0: not set */
    int hash_concurrency;           /* global; 0: not set */
    apr_off_t cache_bytes;          /* global; 0: off; -1: not set */
    int revocation_bound;           /* global; milliseconds; -1: not set */

    /* filled in by the check */
    const apr_array_header_t *mounts;   /* const acct_mount_t *, the deepest
                                         * first; NULL: there are none */
    const acct_dialect_t *base; /* dialect of the guard's refusals */
    const acct_mail_site_t *mail_site;  /* NULL: nothing is mailed */
    const acct_key_t *key;
    const char *closed;         /* why the database may not be used before the
                                 * next reload; NULL: it may */
    const char *created_at;     /* of the database, now or when it was read
                                 * last (database_facts.h); NULL: not known */
    struct acct_never_served_t *never_served;   /* never_served.h; the main
                                                 * server's */
    struct acct_secrets_t *secrets;     /* process/secret_watch.h; the main
                                         * server's */
    const struct acct_trusted_t *trusted;   /* connections/trusted.h; the main
                                             * server's */
    struct acct_runtime_t *runtime;     /* runtime.h; NULL: no database */
    struct acct_rounds_t *rounds;       /* upkeep.h; the main server's */
    struct acct_estate_t *estate;       /* process/services.h; the same */
    struct acct_postman_t *postman;     /* post/worker.c; the main server's;
                                         * NULL: it sends no mails */
    struct acct_repeat_t *repeat;       /* process/repeat_log.h; one for all */
    struct acct_audit_lost_t *audit_lost;   /* audit/lost.h; one for all, in a
                                             * child; NULL: there is none */

    const struct acct_privacy_filters_t *filters;   /* privacy.c; one for
                                                     * all */
} acct_server_conf_t;

typedef struct acct_dir_conf_t {
    int is_set;                 /* anything of the following is */
    const acct_api_t *api;      /* some API is mounted here or above */
    acct_unknown_e unknown_path;    /* of a mount's section; not merged */
    acct_protect_e protect;     /* what the server's own files say */
    acct_protect_e htaccess;    /* what .htaccess files say: they can only
                                 * add to it */
    const char *scheme;         /* NULL: Token */
    acct_switch_e identity_headers;
    acct_switch_e forward_token;
    acct_switch_e shared_cache;
    acct_tls_e require_tls;
    apr_off_t max_body;         /* 0: not set */

    /* Access, section by section: one that says anything about it has
     * `section', merged settings have what they were merged of, the later of
     * the two having the last word (request/access.h). */
    const acct_section_t *section;
    const struct acct_dir_conf_t *later;    /* NULL: says nothing */
    const struct acct_dir_conf_t *earlier;  /* NULL: says nothing */
    acct_requires_e requires;   /* of this section alone */
    int authenticates;          /* this section alone: AuthType, not None */
} acct_dir_conf_t;

/* One AcctAuthUnknownPath in a section. */
typedef struct acct_unknown_path_t {
    const acct_dir_conf_t *section;
    acct_place_t place;
} acct_unknown_path_t;

/** The module's hooks into configuration (mod_acctauth.c). */
extern const command_rec acct_directives[];
void *acct_create_dir_conf(apr_pool_t *pool, char *path);
void *acct_merge_dir_conf(apr_pool_t *pool, void *base, void *add);
void *acct_create_server_conf(apr_pool_t *pool, server_rec *server);
void *acct_merge_server_conf(apr_pool_t *pool, void *base, void *add);

/* The one symbol that httpd looks for; everything else is hidden. */
extern module AP_MODULE_DECLARE_DATA acctauth_module
    __attribute__((visibility("default")));

/* The getters are inline: hooks that have nothing to do on a request are
 * called for it all the same. */

/** Settings of a server. */
static inline acct_server_conf_t *acct_server_conf(const server_rec *server)
{
    return ap_get_module_config(server->module_config, &acctauth_module);
}

/** How a server calls itself to people. */
static inline const char *acct_site_name(const server_rec *server)
{
    const char *name = acct_server_conf(server)->mail.site_name;

    return name != NULL ? name : server->server_hostname;
}

/** Settings of a request's location. */
static inline const acct_dir_conf_t *acct_dir_conf(const request_rec *r)
{
    return ap_get_module_config(r->per_dir_config, &acctauth_module);
}

/** Whether a request's server has accounts at all. */
static inline int acct_is_used(const request_rec *r)
{
    return acct_server_conf(r->server)->db.driver != NULL;
}

/* config/limits.c */

/** The numbers that are set, and the defaults of the others. */
acct_limit_numbers_t acct_limit_conf_numbers(const acct_limit_conf_t *conf,
                                             apr_pool_t *pool);

/** The mode that is set; ACCT_LIMITS_ON where none is. */
acct_limits_mode_e acct_limit_conf_mode(const acct_limit_conf_t *conf);

/** The scheme word of a location: "Token" unless set. */
const char *acct_scheme(const acct_dir_conf_t *conf);

#endif
