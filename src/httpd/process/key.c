/* SPDX-License-Identifier: Apache-2.0 */
#include "process/key.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <string.h>

#include "memory/segment.h"

/* Of pconf; of the process's pool, those of configurations before. */
#define USERDATA "acctauth:keys"
#define BEFORE "acctauth:keys:before"

/* How many of those are kept. A child that httpd had just begun to make when
 * it was reloaded has the old configuration, and may answer a request by it
 * before the MPM ends it; it attaches the old keys while the parent is at the
 * new ones already. */
#define KEPT 4

/* How much there is place for: each file is read once, and takes memory
 * once it was. */
#define BYTES (1024 * 1024)
#define MOST ((int)(BYTES / sizeof(acct_key_t)))

typedef struct keys_t {
    acct_segment_t *segment;    /* acct_key_t[MOST] */
    apr_array_header_t *key;    /* acct_key_t *, in the same order */
    apr_hash_t *of_path;
    apr_pool_t *process;        /* of the segment's few bytes, too */
} keys_t;

typedef struct before_t {
    acct_segment_t *segment[KEPT];
    int oldest;
} before_t;

static before_t *before_of(apr_pool_t *process)
{
    void *found = NULL;
    before_t *before;

    apr_pool_userdata_get(&found, BEFORE, process);
    if (found != NULL) {
        return found;
    }
    before = apr_pcalloc(process, sizeof(*before));
    return apr_pool_userdata_set(before, BEFORE, NULL, process)
        == APR_SUCCESS ? before : NULL;
}

/* With its configuration's pool: keep the segment for a while, and let go
 * of the one that was kept the longest. */
static apr_status_t retire(void *data)
{
    keys_t *keys = data;
    before_t *before = before_of(keys->process);
    int at;

    if (before == NULL) {
        acct_segment_release(keys->segment);
        return APR_SUCCESS;
    }
    at = before->oldest;
    before->oldest = (at + 1) % KEPT;
    if (before->segment[at] != NULL) {
        acct_segment_release(before->segment[at]);
    }
    before->segment[at] = keys->segment;
    return APR_SUCCESS;
}

static keys_t *find(apr_pool_t *pconf)
{
    void *found = NULL;

    apr_pool_userdata_get(&found, USERDATA, pconf);
    return found;
}

static apr_status_t make(keys_t **keys, apr_pool_t *pconf)
{
    keys_t *made = apr_pcalloc(pconf, sizeof(*made));
    apr_status_t status;

    /* pconf is made of the process's pool */
    made->process = apr_pool_parent_get(pconf);
    status = acct_segment_make(&made->segment, BYTES, made->process);
    if (status != APR_SUCCESS) {
        return status;
    }
    apr_pool_cleanup_register(pconf, made, retire, apr_pool_cleanup_null);
    made->key = apr_array_make(pconf, 4, sizeof(acct_key_t *));
    made->of_path = apr_hash_make(pconf);
    *keys = made;
    return apr_pool_userdata_setn(made, USERDATA, NULL, pconf);
}

/* Put a key away; what is left of it says which one it is. */
static apr_status_t put(keys_t *keys, const char *path,
                        const acct_key_t *key, const acct_key_t **left,
                        apr_pool_t *pconf)
{
    acct_key_t *ids = apr_pcalloc(pconf, sizeof(*ids));
    apr_status_t status;
    void *start;

    if (keys->key->nelts == MOST) {
        return APR_ENOSPC;
    }
    status = acct_segment_open(keys->segment, &start);
    if (status != APR_SUCCESS) {
        return status;
    }
    ((acct_key_t *)start)[keys->key->nelts] = *key;
    acct_segment_close(keys->segment);
    memcpy(ids->id, key->id, sizeof(ids->id));
    ids->check.id = key->check.id;
    APR_ARRAY_PUSH(keys->key, acct_key_t *) = ids;
    apr_hash_set(keys->of_path, apr_pstrdup(pconf, path),
                 APR_HASH_KEY_STRING, ids);
    *left = ids;
    return APR_SUCCESS;
}

static apr_status_t read_and_put(keys_t *keys, const char *path,
                                 const acct_key_t **left, apr_pool_t *pconf,
                                 apr_pool_t *own, const char **error)
{
    char why[120];
    const acct_key_t *key;
    apr_status_t status = acct_key_read(path, &key, own, error);

    if (status != APR_SUCCESS) {
        return status;
    }
    status = put(keys, path, key, left, pconf);
    if (status != APR_SUCCESS) {
        *error = apr_psprintf(own, "%s: there is no shared memory to keep "
                              "the key in: %s", path,
                              apr_strerror(status, why, sizeof(why)));
    }
    return status;
}

apr_status_t acct_keys_read(const char *path, const acct_key_t **key,
                            apr_pool_t *pconf, apr_pool_t *ptemp,
                            const char **error)
{
    keys_t *keys = find(pconf);
    apr_pool_t *own;
    apr_status_t status;

    if (keys != NULL) {
        *key = apr_hash_get(keys->of_path, path, APR_HASH_KEY_STRING);
        if (*key != NULL) {
            return APR_SUCCESS;
        }
    }
    else if ((status = make(&keys, pconf)) != APR_SUCCESS) {
        *error = "there is no shared memory to keep keys in";
        return status;
    }
    status = apr_pool_create(&own, ptemp);
    if (status != APR_SUCCESS) {
        *error = "no memory to read it";
        return status;
    }
    status = read_and_put(keys, path, key, pconf, own, error);
    if (status != APR_SUCCESS) {
        *error = apr_pstrdup(ptemp, *error);
    }
    apr_pool_destroy(own);      /* wipes the key */
    return status;
}

apr_status_t acct_keys_enter(server_rec *main_server)
{
    keys_t *keys = find(main_server->process->pconf);

    return keys != NULL ? acct_segment_enter(keys->segment) : APR_SUCCESS;
}

apr_status_t acct_keys_child_init(server_rec *main_server)
{
    keys_t *keys = find(main_server->process->pconf);
    apr_status_t status;
    void *start;
    int i;

    if (keys == NULL) {
        return APR_SUCCESS;
    }
    status = acct_segment_open(keys->segment, &start);
    for (i = 0; status == APR_SUCCESS && i < keys->key->nelts; i++) {
        *APR_ARRAY_IDX(keys->key, i, acct_key_t *) =
            ((acct_key_t *)start)[i];
    }
    acct_segment_release(keys->segment);
    return status;
}
