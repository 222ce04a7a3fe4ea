/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of dialects share (dialect/dialect.h lists them): the
 * finished form that dialect/render.c and dialect/match.c read, and what is
 * passed around while a file is loaded.
 */
#ifndef ACCT_DRAFT_H
#define ACCT_DRAFT_H

#include <jansson.h>
#include "dialect/dialect.h"
#include "template/suggest.h"
#include "template/template.h"

/* ---------------------------------------------------- the finished form */

/* A response header. */
typedef struct acct_header_t {
    const char *name;
    const acct_template_t *value;
} acct_header_t;

/* How an outcome or a problem is answered. */
struct acct_response_t {
    int status;
    const acct_template_t *body;    /* NULL: none */
    const char *content_type;       /* NULL: there is no body */
    const acct_header_t *headers;
    int nheaders;
    uint64_t uses;                  /* values of body and headers */
};

/* How a problem with a field is answered. */
typedef struct acct_problem_answer_t {
    const acct_response_t *response;    /* NULL: gathered in {errors} */
    const acct_template_t *message;     /* NULL where nothing shows it */
    int turn;                   /* place of the response in its route */
} acct_problem_answer_t;

struct acct_route_private_t {
    const acct_response_t *response[ACCT_OUTCOME__COUNT];
    const acct_template_t *message[ACCT_OUTCOME__COUNT];
    acct_problem_answer_t (*problem)[ACCT_PROBLEM__COUNT];  /* by field */
    const char *key;            /* path without the final slash */
    unsigned int named;         /* set of methods that Allow names besides
                                 * those that are served */
    apr_size_t before;          /* of {account.id}: bytes of key in front */
    const char *after;          /* rest of key behind it */
};

struct acct_dialect_private_t {
    const acct_response_t *response[ACCT_OUTCOME__COUNT];
    const acct_template_t *message[ACCT_OUTCOME__COUNT];
    const char *attribute[ACCT_ROLE__COUNT];    /* what {attribute} is; NULL
                                                 * for roles that it is not */
};

/* ------------------------------------------------------- while it loads */

/* Where something stands in a file. */
typedef struct acct_path_t {
    const char *file;
    const char *path;           /* "routes[0].path"; "" for the whole */
} acct_path_t;

/* One file of those that extend one another. */
typedef struct acct_source_t {
    const char *name;
    const char *file;
    json_t *root;
} acct_source_t;

/* A member of "responses". */
typedef struct acct_entry_t {
    const char *key;
    acct_path_t at;
    const char *same_as;        /* answer as under this key; or */
    acct_response_t *response;  /* … so; NULL when it is wrong */
    int is_builtin;             /* of the module's own base */
    int has_body;               /* a "body" stands there, right or wrong */
    int is_broken;              /* its body or headers: what they show is
                                 * not known */
    apr_array_header_t *uses;   /* acct_use_t, with the whole path */
} acct_entry_t;

/* A member of "messages". */
typedef struct acct_message_t {
    const char *key;
    acct_path_t at;
    const acct_template_t *text;    /* NULL when it is wrong */
} acct_message_t;

/* A route while it is read. */
typedef struct acct_draft_t {
    acct_path_t at;
    acct_route_t route;
    apr_array_header_t *entries;    /* acct_entry_t */
    apr_array_header_t *messages;   /* acct_message_t */
    int broken;                 /* its operation or fields: what hangs on
                                 * them cannot be checked */
    int nowhere;                /* its method or path */
} acct_draft_t;

typedef struct acct_load_t {
    apr_pool_t *pool;           /* the dialect's */
    apr_pool_t *tmp;            /* gone when loading has ended */
    const acct_operations_t *operations;
    apr_array_header_t *errors; /* const char *, in pool */
    apr_array_header_t *sources;    /* acct_source_t, the file itself first,
                                     * then what it extends */
    apr_array_header_t *defines;    /* dialect/define.c; the nearest of a
                                     * name */
    apr_array_header_t *entries;    /* general ones, the nearest of a key */
    apr_array_header_t *messages;
    apr_array_header_t *drafts;     /* acct_draft_t */
    const struct acct_builtin_t *builtin;   /* NULL: not asked for yet */
    const char *newer;              /* what it answers, for a warning */
    acct_dialect_t *dialect;
    int is_incomplete;          /* a map of a file is none: what it would
                                 * have said is not missing */
    int tells_all;              /* "problems" of the nearest file that says */
    int takes_multipart;        /* "multipart", the same */
    int refuses_blanks;         /* "refuse_blanks", the same */
    int fields_known;           /* the drafts are the routes that messages
                                 * being read are for */
    int identifier_seen;
    int token_seen;
    int pending_seen;
    int verified_seen;
    int revoke_seen, zeros_seen;
    int uid_seen;               /* how links spell an id */
} acct_load_t;

/* dialect/report.c */

/** Add an error: "FILE: PATH: what is wrong; what to write". */
void acct_report(acct_load_t *load, const acct_path_t *at,
                 const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** The place of a member, of an item. */
acct_path_t acct_place_member(acct_load_t *load, const acct_path_t *at,
                               const char *name);
acct_path_t acct_place_item(acct_load_t *load, const acct_path_t *at,
                             apr_size_t index);

/** Add to "a", "b": another name in quotation marks; @a list NULL: the
 *  first. In load->tmp. */
const char *acct_listed(acct_load_t *load, const char *list,
                        const char *name);

/** Report every member of @a object that is not in @a names. */
void acct_check_members(acct_load_t *load, const acct_path_t *at,
                        const json_t *object, const char *const *names);

/** Report unless @a value is of this type. @return whether it is */
int acct_check_type(acct_load_t *load, const acct_path_t *at,
                    const json_t *value, json_type type);

/** The member's text, NULL when it is absent or (reported) no text. */
const char *acct_text_member(acct_load_t *load, const acct_path_t *at,
                             const json_t *object, const char *name);

/* Of a member that holds something else. */
#define ACCT_MUST_BE_BOOLEAN "must be true or false; write one of the two, " \
                             "without quotation marks"

/** The member, 1 or 0; -1 when it is absent or (reported) no boolean. */
int acct_boolean_member(acct_load_t *load, const acct_path_t *at,
                        const json_t *object, const char *name);

/* All names of operations, outcomes, problems; NULL-terminated. */
const char *const *acct_op_names(acct_load_t *load);
const char *const *acct_outcome_names(acct_load_t *load);
const char *const *acct_problem_names(acct_load_t *load);

/* A template's errors, at a place. Baton of acct_place_report. */
typedef struct acct_place_baton_t {
    acct_load_t *load;
    acct_path_t at;
} acct_place_baton_t;
void acct_place_report(void *baton, const char *path, const char *what);

/* dialect/attribute.c */

/** Read "attributes" of a file: the word of a nearer one stands. */
void acct_read_attributes(acct_load_t *load, const acct_path_t *at,
                          const json_t *words);

/* What of an account a password can be like; ends with ACCT_ROLE__COUNT. */
extern const acct_role_e acct_attribute_roles[];

/* dialect/read.c */

/** The JSON of a source's text, freed with load->tmp.
 *  @return NULL: it is none, or no object; reported at @a at */
json_t *acct_parse_source(acct_load_t *load, const acct_path_t *at,
                          const char *bytes, apr_size_t length);

/** Read a file and those it extends into load->sources.
 *  @return a failure when not all could be read; reported */
apr_status_t acct_read_sources(acct_load_t *load, const char *path);

/** "users-v1" of "…/users-v1.json". */
const char *acct_base_name(apr_pool_t *pool, const char *file);

/* dialect/define.c */

/** Read "define" of all files, before any body is read; and, after all bodies,
 *  report what is wrong with those that none shows. */
void acct_read_defines(acct_load_t *load);
void acct_check_defines(acct_load_t *load);

/** A body with what is defined in place of "{define.NAME}".
 *  @return gone with load->tmp; NULL after reporting at @a at or below */
const json_t *acct_expand(acct_load_t *load, const acct_path_t *at,
                          const json_t *body);

/* dialect/match.c */

/* What a route's method can be, in the order in which Allow lists them; ends
 * with NULL. A set has a bit for each place, and one more for HEAD. */
extern const char *const acct_route_methods[];

#define ACCT_ROUTE_HEAD (1u << 31)

/** Fill in what matching needs of a path that was checked. */
void acct_route_prepare(acct_route_t *route, apr_pool_t *pool);

/** Whether a path of @a length bytes, without its final slash, is the
 *  route's. @param id what stands for {account.id} in it, else NULL */
int acct_route_matches(const acct_route_t *route, const char *path,
                       apr_size_t length, const char **id,
                       apr_size_t *id_length);

/** Whether two paths (with no regard to the final slash) are one. */
int acct_route_same_path(const acct_route_t *a, const acct_route_t *b);

/* dialect/mailing.c */

/** Read "mails" and "link" of one file; what a nearer one has said stands. */
void acct_read_mails(acct_load_t *load, const acct_source_t *source);

/* dialect/dialect.c */

/** "10h" in microseconds; 0 when it is nothing of the kind, or less than so
 *  many seconds. */
apr_interval_time_t acct_lifetime_of(const char *text, apr_int64_t least);

/* dialect/demands.c */

/** Read "register", "login", "revoke" and "leading_zeros" of one file. */
void acct_read_demands(acct_load_t *load, const acct_source_t *source);

/** Report unless what a route hands out agrees with them, once it is known
 *  whether it makes a token. @param at its "ok" */
void acct_check_demands(acct_load_t *load, const acct_path_t *at,
                        const acct_route_t *route);

/** Report unless a route's "ok", which shows @a uses, shows the secrets that
 *  it is there for; and write down which it shows. @param at its "ok" */
void acct_check_codes(acct_load_t *load, const acct_path_t *at,
                      acct_route_t *route, uint64_t uses);

/* dialect/route.c */

/** Read "routes" or "add_routes" into the drafts. One takes the place of
 *  another file's with its method and path. */
void acct_read_routes(acct_load_t *load, const acct_path_t *at,
                      const json_t *routes);

/* dialect/credentials.c */

/** Read "recent" of a field whose role is known. */
void acct_read_recent(acct_load_t *load, const acct_path_t *at,
                      const json_t *value, acct_field_t *field);

/** Read "token", "credentials", "second_factor_header" and "challenge" of a
 *  route whose operation is known. */
void acct_read_credentials(acct_load_t *load, const json_t *route,
                           acct_draft_t *draft);

/** Whether a route can end in @a outcome, so that it needs a response for it
 *  (its own or the dialect's). */
int acct_route_can(const acct_route_t *route, acct_outcome_e outcome);

/* dialect/fields.c */

/** Read "fields" of a route whose operation is known; marks the draft
 *  broken when they cannot be used. */
void acct_read_fields(acct_load_t *load, const json_t *route,
                      acct_draft_t *draft);

/** Read what holds for the fields of all routes ("multipart", …), from the
 *  nearest file that says it; before any route. */
void acct_read_for_fields(acct_load_t *load);

/** Whether a route has a field of this role. */
int acct_route_has_role(const acct_route_t *route, acct_role_e role);

/** What is behind the last dot of a field's name: its own in the object that
 *  it is in. */
const char *acct_field_last_name(const acct_field_t *field);

/** The field called so, or, where none is, the first of that last name; NULL
 *  when there is none. */
const acct_field_t *acct_field_find(const acct_route_t *route,
                                    const char *name, apr_size_t length);

/* dialect/one_field.c */

/** Read "problems" of a dialect or a field: whether all is told, or the
 *  first. @return what @a otherwise is where it is absent, or reported */
int acct_read_problems(acct_load_t *load, const acct_path_t *at,
                       const json_t *object, int otherwise);

/** One member of "fields": @a field has its name and is zero else.
 *  @return whether it can be used; else reported */
int acct_read_field(acct_load_t *load, const acct_path_t *at,
                    const acct_operation_t *operation, const json_t *value,
                    acct_field_t *field);

/** Whether @a problem can come of @a field of @a route, if perhaps told as
 *  another; and whether it is told. */
int acct_field_may_have(const acct_route_t *route, const acct_field_t *field,
                        acct_problem_e problem);
int acct_field_can(const acct_route_t *route, const acct_field_t *field,
                   acct_problem_e problem);

/* dialect/response.c */

/** Read "responses" of a route, or general ones (@a draft NULL).
 *  @return 0: they are no object at all; reported */
int acct_read_responses(acct_load_t *load, const acct_path_t *at,
                         const json_t *responses, const acct_draft_t *draft,
                         apr_array_header_t *entries);

/** Report unless "field.code" (@a dot points to its last dot) can come of
 *  a route. @return whether it can */
int acct_check_problem_key(acct_load_t *load, const acct_path_t *at,
                           const acct_draft_t *draft, const char *key,
                           const char *dot);

/** Report unless an outcome can come of a route; @a draft NULL: any can.
 *  @return whether it can */
int acct_check_outcome_key(acct_load_t *load, const acct_path_t *at,
                           const acct_draft_t *draft, acct_outcome_e outcome);

/* dialect/message.c */

/** Read "messages" of a route, or general ones (@a draft NULL).
 *  @return 0: they are no object at all; reported */
int acct_read_messages(acct_load_t *load, const acct_path_t *at,
                        const json_t *messages, const acct_draft_t *draft,
                        apr_array_header_t *list);

/** Read "report" and "tell" of a field. Then, of all fields of a route: report
 *  where one names a problem that cannot be; @a at is that of "fields". */
void acct_read_telling(acct_load_t *load, const acct_path_t *at,
                       const json_t *value, acct_field_t *field);
void acct_check_telling(acct_load_t *load, const acct_path_t *at,
                        const acct_route_t *route);

/** Values that are known of a problem (of whatever number) besides. */
uint64_t acct_values_of_problem(int problem);

/** Values that are known in an outcome; @a operation NULL for a general
 *  response, which holds for any. */
uint64_t acct_values_known(const acct_operation_t *operation,
                               acct_outcome_e outcome);

/* dialect/builtin.c */

/** The module's own response to an outcome that came with a later version
 *  of the format than the first, for files that were written before it;
 *  noted in load->newer. @return NULL: it did not, or there is none */
const acct_entry_t *acct_builtin_entry(acct_load_t *load,
                                       acct_outcome_e outcome);

/** The module's own response under a key, whatever came when: what those of
 *  acct_builtin_entry() share. @return NULL: none */
const acct_entry_t *acct_builtin_shared(acct_load_t *load, const char *key);

/** The message to that response. @return NULL: none */
const acct_message_t *acct_builtin_shared_message(acct_load_t *load,
                                                  const char *key);

/** The module's own message for an outcome or a problem, as
 *  acct_builtin_entry(). */
const acct_message_t *acct_builtin_outcome_message(acct_load_t *load,
                                                   acct_outcome_e outcome);
const acct_message_t *acct_builtin_problem_message(acct_load_t *load,
                                                   acct_problem_e problem);

/** Add to the dialect's warnings what the above answered. */
void acct_builtin_warn(acct_load_t *load);

/* dialect/since.c */

/** The version of the dialect format, from 1, that an outcome or a problem
 *  came with. A file need not know those that came after version 1: so a
 *  folder of dialects that was valid once stays valid. */
int acct_outcome_since(acct_outcome_e outcome);
int acct_problem_since(acct_problem_e problem);

/* dialect/check.c */

/** Check the whole and write the finished form into load->dialect. */
void acct_check_dialect(acct_load_t *load);

#endif
