/* SPDX-License-Identifier: Apache-2.0 */
#include "base/plain_file.h"

#include <apr_file_info.h>

/* Not to wait where a FIFO is put there after the first look. */
#ifdef APR_FOPEN_NONBLOCK
#define AT_ONCE APR_FOPEN_NONBLOCK
#else
#define AT_ONCE 0
#endif

apr_status_t acct_plain_file_open(apr_file_t **file, const char *path,
                                  apr_int32_t flags, apr_pool_t *pool)
{
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, path, APR_FINFO_TYPE, pool);

    if (status != APR_SUCCESS) {
        return status;
    }
    if (info.filetype != APR_REG) {
        return APR_EINVAL;
    }
    status = apr_file_open(file, path, APR_FOPEN_READ | AT_ONCE | flags,
                           APR_FPROT_OS_DEFAULT, pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    status = apr_file_info_get(&info, APR_FINFO_TYPE, *file);
    if (status == APR_SUCCESS && info.filetype != APR_REG) {
        status = APR_EINVAL;
    }
    if (status != APR_SUCCESS) {
        apr_file_close(*file);  /* only looked at: nothing can be lost */
    }
    return status;
}
