/* SPDX-License-Identifier: Apache-2.0 */
#include "base/shared_mutex.h"

apr_status_t acct_shared_mutex_make(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attr;
    int rv = pthread_mutexattr_init(&attr);

    if (rv != 0) {
        return rv;
    }
    rv = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    if (rv == 0) {
        rv = pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    }
    if (rv == 0) {
        rv = pthread_mutex_init(mutex, &attr);
    }
    pthread_mutexattr_destroy(&attr);
    return rv;
}
