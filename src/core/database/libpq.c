/* SPDX-License-Identifier: Apache-2.0 */
#include "database/libpq.h"

#include <dlfcn.h>

#include <apr_strings.h>

#include "database/params.h"

#define LIBRARY "libpq.so.5"

/* ISO C has no cast from what dlsym returns to a function. */
#define LOOK_UP(function, library, name) \
    (*(void **)&(function) = dlsym((library), (name)))

static int look_up(acct_libpq_t *libpq, void *library)
{
    return LOOK_UP(libpq->status, library, "PQstatus")
        && LOOK_UP(libpq->socket, library, "PQsocket")
        && LOOK_UP(libpq->server_version, library, "PQserverVersion")
        && LOOK_UP(libpq->lib_version, library, "PQlibVersion")
        && LOOK_UP(libpq->set_error_verbosity, library,
                   "PQsetErrorVerbosity")
        && LOOK_UP(libpq->parameter_status, library, "PQparameterStatus");
}

/* apr loads its drivers for all to see, and libpq with them; where it does
 * not, the library is asked for by name. It is loaded already. */
int acct_libpq_find(acct_libpq_t *libpq)
{
    void *library;

    if (look_up(libpq, RTLD_DEFAULT)) {
        return 1;
    }
    library = dlopen(LIBRARY, RTLD_NOW | RTLD_NOLOAD);
    return library && look_up(libpq, library);
}

/* An option as PQconndefaults() has it. */
typedef struct option_t {
    char *keyword;              /* NULL: the end */
    char *envvar;
    char *compiled;
    char *val;
    char *label;
    char *dispchar;             /* "*" for a password */
    int dispsize;
} option_t;

typedef struct options_t {
    option_t *(*defaults)(void);
    void (*release)(option_t *options);
} options_t;

static int look_up_options(options_t *libpq, void *library)
{
    return LOOK_UP(libpq->defaults, library, "PQconndefaults")
        && LOOK_UP(libpq->release, library, "PQconninfoFree");
}

static int find_options(options_t *libpq)
{
    void *library;

    if (look_up_options(libpq, RTLD_DEFAULT)) {
        return 1;
    }
    library = dlopen(LIBRARY, RTLD_NOW);
    return library && look_up_options(libpq, library);
}

apr_array_header_t *acct_libpq_names(apr_pool_t *pool)
{
    apr_array_header_t *names;
    option_t *options;
    options_t libpq;

    if (!find_options(&libpq)) {
        return NULL;
    }
    options = libpq.defaults();
    if (!options) {
        return NULL;            /* the service of $PGSERVICE is not there */
    }
    names = apr_array_make(pool, 60, sizeof(acct_pg_name_t));
    for (const option_t *one = options; one->keyword; one++) {
        acct_pg_name_t *name = apr_array_push(names);

        name->name = apr_pstrdup(pool, one->keyword);
        name->is_secret = one->dispchar && one->dispchar[0] == '*';
    }
    libpq.release(options);
    return names;
}
