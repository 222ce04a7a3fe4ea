/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/segment.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/shm.h>
#endif

struct acct_segment_t {
    apr_size_t bytes;           /* with the first page */
    /* cppcheck-suppress unusedStructMember ; on Linux it is used */
    int id;
    pid_t holder;               /* the process that hold and is_open are of */
    char *hold;                 /* the first page; NULL: let go of */
    int is_open;
};

apr_size_t acct_segment_page(void)
{
    return (apr_size_t)sysconf(_SC_PAGESIZE);
}

static apr_size_t whole_pages(apr_size_t bytes)
{
    apr_size_t page = acct_segment_page();

    return (bytes + page - 1) / page * page;
}

void acct_segment_shut(acct_segment_t *segment, apr_size_t bytes)
{
    mprotect(segment->hold + acct_segment_page(), whole_pages(bytes),
             PROT_NONE);
}

void acct_segment_release(acct_segment_t *segment)
{
    if (segment->hold != NULL && segment->holder == getpid()) {
        munmap(segment->hold, segment->is_open ? segment->bytes
                                               : acct_segment_page());
    }
    segment->hold = NULL;
    segment->is_open = 0;
}

#ifdef __linux__

/* Attached as the user that made it: the first page stays. */
static apr_status_t attach(acct_segment_t *segment)
{
    char *start = shmat(segment->id, NULL, 0);

    if (start == (char *)-1) {
        return errno;
    }
    segment->holder = getpid();
    segment->hold = start;
    segment->is_open = 1;
    acct_segment_close(segment);
    if (segment->is_open) {
        acct_segment_release(segment);
        return APR_ENOMEM;
    }
    return APR_SUCCESS;
}

apr_status_t acct_segment_make(acct_segment_t **segment, apr_size_t bytes,
                               apr_pool_t *pool)
{
    acct_segment_t *made = apr_pcalloc(pool, sizeof(*made));
    apr_status_t status;

    made->bytes = acct_segment_page() + whole_pages(bytes);
    made->id = shmget(IPC_PRIVATE, made->bytes, IPC_CREAT | 0600);
    if (made->id < 0) {
        return errno;
    }
    status = attach(made);
    if (status == APR_SUCCESS
        && madvise(made->hold, acct_segment_page(), MADV_DONTFORK) != 0) {
        status = errno;
        acct_segment_release(made);
    }
    /* Linux goes on to attach it by its number while any process has it. */
    if (shmctl(made->id, IPC_RMID, NULL) != 0 && status == APR_SUCCESS) {
        status = errno;
        acct_segment_release(made);
    }
    if (status == APR_SUCCESS) {
        *segment = made;
    }
    return status;
}

apr_status_t acct_segment_enter(acct_segment_t *segment)
{
    return segment->hold != NULL && segment->holder == getpid()
        ? APR_SUCCESS : attach(segment);
}

/* mremap() does not check again which user this is. */
apr_status_t acct_segment_open(acct_segment_t *segment, void **start)
{
    apr_size_t page = acct_segment_page();
    char *all;

    if (segment->hold == NULL || segment->holder != getpid()) {
        return APR_EINVAL;
    }
    if (!segment->is_open) {
        all = mremap(segment->hold, page, segment->bytes, MREMAP_MAYMOVE);
        if (all == MAP_FAILED) {
            return errno;
        }
        segment->hold = all;
        segment->is_open = 1;
    }
    if (mprotect(segment->hold, segment->bytes, PROT_READ | PROT_WRITE)
        != 0) {
        return errno;
    }
    *start = segment->hold + page;
    return APR_SUCCESS;
}

void acct_segment_close(acct_segment_t *segment)
{
    apr_size_t page = acct_segment_page();

    if (segment->is_open
        && munmap(segment->hold + page, segment->bytes - page) == 0) {
        segment->is_open = 0;
        mprotect(segment->hold, page, PROT_NONE);
    }
}

#else

apr_status_t acct_segment_make(acct_segment_t **segment, apr_size_t bytes,
                               apr_pool_t *pool)
{
    acct_segment_t *made = apr_pcalloc(pool, sizeof(*made));

    made->bytes = acct_segment_page() + whole_pages(bytes);
    made->hold = mmap(NULL, made->bytes, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANON, -1, 0);
    if (made->hold == MAP_FAILED) {
        return errno;
    }
    made->holder = getpid();
    made->is_open = 1;
    *segment = made;
    return APR_SUCCESS;
}

apr_status_t acct_segment_enter(acct_segment_t *segment)
{
    segment->holder = getpid();
    return APR_SUCCESS;
}

apr_status_t acct_segment_open(acct_segment_t *segment, void **start)
{
    *start = segment->hold + acct_segment_page();
    return APR_SUCCESS;
}

void acct_segment_close(acct_segment_t *segment)
{
    (void)segment;
}

#endif
