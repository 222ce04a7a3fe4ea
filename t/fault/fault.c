/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library in front of httpd's others (LD_PRELOAD), that counts the calls of
 * one kind which the module makes for a request, and lets the n-th fail.
 *
 * A call counts when its stack has a frame of the module and, outside of it,
 * one of httpd itself, and none of mod_watchdog, whose threads read the feed
 * and do the upkeep meanwhile. So what httpd allocates for itself does not
 * fail; what the module asks of httpd, of APR and of all other libraries does. The
 * buckets that httpd makes of an answer are its own too, though a filter of
 * the module hands the answer on: without memory for one, httpd's filters end
 * the child by SIGSEGV, with the module or without.
 *
 * t/lib/FaultSweep.pm compiles it, writes to the block it maps, and has the
 * numbers of the kinds.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NOTHING, MEMORY, FILES, LIBPQ, LIBPQ_DONE, SOCKETS, OPENSSL, OTHERS
};

#define FRAMES 96
#define SHOWN 14

/* The test's and every child's. */
typedef struct control_t {
    _Atomic uint32_t kind;      /* 0: nothing is counted */
    _Atomic uint32_t which;     /* the call that fails, from 1; 0: none */
    _Atomic uint32_t count;
    _Atomic uint32_t failed;    /* how many did */
    char function[64];          /* the one that failed, and from where: */
    char where[1900];           /* FILE+OFFSET of each frame */
} control_t;

static control_t nothing;
static control_t *control = &nothing;

/* Where a library's code is, of this process. */
typedef struct range_t {
    const char *name;
    uintptr_t from, to;
} range_t;

enum { MODULE, WATCHDOG, PROGRAM, RANGES };
static range_t range[RANGES] = {
    { "mod_acctauth.so", 0, 0 }, { "mod_watchdog.so", 0, 0 }, { "", 0, 0 }
};
static pid_t ranges_of;

static __thread int inside __attribute__((tls_model("initial-exec")));

__attribute__((constructor)) static void start(void)
{
    const char *name = getenv("FAULT_CONTROL");
    int fd = name != NULL ? open(name, O_RDWR | O_CLOEXEC) : -1;
    void *frames[4];
    void *map = fd < 0 ? MAP_FAILED
        : mmap(NULL, sizeof(control_t), PROT_READ | PROT_WRITE, MAP_SHARED,
               fd, 0);

    /* loads what it needs the first time */
    (void)backtrace(frames, 4);
    if (map != MAP_FAILED) {
        control = map;
    }
}

/* ------------------------------------------------------------ whose call */

static int look(struct dl_phdr_info *info, size_t size, void *baton)
{
    int *count = baton;

    (void)size;
    for (int i = 0; i < RANGES; i++) {
        size_t length = strlen(info->dlpi_name);
        size_t tail = strlen(range[i].name);

        if (i == PROGRAM ? *count != 0
            : length < tail || strcmp(info->dlpi_name + length - tail,
                                      range[i].name) != 0) {
            continue;
        }
        for (int k = 0; k < info->dlpi_phnum; k++) {
            const ElfW(Phdr) *part = &info->dlpi_phdr[k];

            if (part->p_type == PT_LOAD && (part->p_flags & PF_X) != 0) {
                range[i].from = info->dlpi_addr + part->p_vaddr;
                range[i].to = range[i].from + part->p_memsz;
            }
        }
    }
    ++*count;
    return 0;
}

static int is_in(int which, const void *frame)
{
    return (uintptr_t)frame >= range[which].from
        && (uintptr_t)frame < range[which].to;
}

/* Innermost first: a bucket is made, by httpd, for the module or below it. */
static int is_a_bucket_of_httpds(void **frames, int count)
{
    int i = 0;
    Dl_info info;

    while (i < count && !is_in(PROGRAM, frames[i])
           && !is_in(MODULE, frames[i])) {
        i++;
    }
    if (i == count || is_in(MODULE, frames[i])) {
        return 0;
    }
    while (--i >= 0) {
        if (dladdr(frames[i], &info) != 0 && info.dli_sname != NULL
            && strcmp(info.dli_sname, "apr_bucket_alloc") == 0) {
            return 1;
        }
    }
    return 0;
}

static int is_of_a_request(void **frames, int count)
{
    int module = 0;

    for (int i = 0; i < count; i++) {
        if (is_in(WATCHDOG, frames[i])) {
            return 0;
        }
        module |= is_in(MODULE, frames[i]);
        if (module && is_in(PROGRAM, frames[i])) {
            return 1;
        }
    }
    return 0;
}

static void note(const char *function, void **frames, int count)
{
    size_t at = 0;

    snprintf(control->function, sizeof(control->function), "%s", function);
    for (int i = 2; i < count && i < SHOWN + 2; i++) {
        Dl_info info;
        const char *file = "?";

        if (dladdr(frames[i], &info) == 0) {
            continue;
        }
        if (info.dli_fname != NULL) {
            file = strrchr(info.dli_fname, '/');
            file = file != NULL ? file + 1 : info.dli_fname;
        }
        at += (size_t)snprintf(control->where + at,
                               sizeof(control->where) - at, "%s+0x%tx ", file,
                               (char *)frames[i] - (char *)info.dli_fbase);
        if (at >= sizeof(control->where)) {
            break;
        }
    }
}

/* Whether this call is the one that fails. */
static int fails(uint32_t kind, const char *function)
{
    void *frames[FRAMES];
    int count, failed = 0, error = errno;

    if (atomic_load(&control->kind) != kind || inside) {
        return 0;
    }
    inside = 1;
    if (ranges_of != getpid()) {
        int first = 0;

        dl_iterate_phdr(look, &first);
        ranges_of = getpid();
    }
    count = backtrace(frames, FRAMES);
    if (is_of_a_request(frames, count)
        && !(kind == MEMORY && is_a_bucket_of_httpds(frames, count))
        && atomic_fetch_add(&control->count, 1) + 1
           == atomic_load(&control->which)) {
        note(function, frames, count);
        atomic_fetch_add(&control->failed, 1);
        failed = 1;
    }
    inside = 0;
    errno = error;
    return failed;
}

#define REAL(type, name, args) \
    static type (*real) args; \
    if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, name)

/* ---------------------------------------------------------------- memory */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static void *none(void)
{
    errno = ENOMEM;
    return NULL;
}

void *malloc(size_t size)
{
    return fails(MEMORY, "malloc") ? none() : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(MEMORY, "calloc") ? none() : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    return fails(MEMORY, "realloc") ? none() : __libc_realloc(block, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    *block = fails(MEMORY, "posix_memalign")
        ? NULL : __libc_memalign(alignment, size);
    return *block != NULL ? 0 : ENOMEM;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails(MEMORY, "aligned_alloc")
        ? none() : __libc_memalign(alignment, size);
}

/* ------------------------------------------------------ files of a database */

static int is_named(const char *path)
{
    return path != NULL && strstr(path, "accounts.db") != NULL;
}

static int is_database(int fd)
{
    char link[64], path[4096];
    ssize_t length;

    if (atomic_load(&control->kind) != FILES || inside) {
        return 0;
    }
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof(path) - 1);
    if (length < 0) {
        return 0;
    }
    path[length] = '\0';
    return is_named(path);
}

/* Or the folder it is in. */
static int is_near(const char *path)
{
    size_t length = path != NULL ? strlen(path) : 0;

    return is_named(path) || (length > 3
                              && strcmp(path + length - 3, "/db") == 0);
}

#define BY_FD(type, name, error, parameters, arguments) \
type name parameters \
{ \
    REAL(type, #name, parameters); \
    if (is_database(fd) && fails(FILES, #name)) { \
        errno = error; \
        return -1; \
    } \
    return real arguments; \
}

BY_FD(ssize_t, read, EIO, (int fd, void *to, size_t size), (fd, to, size))
BY_FD(ssize_t, pread, EIO, (int fd, void *to, size_t size, off_t at),
      (fd, to, size, at))
BY_FD(ssize_t, pread64, EIO, (int fd, void *to, size_t size, off64_t at),
      (fd, to, size, at))
BY_FD(ssize_t, write, ENOSPC, (int fd, const void *from, size_t size),
      (fd, from, size))
BY_FD(ssize_t, pwrite, ENOSPC,
      (int fd, const void *from, size_t size, off_t at),
      (fd, from, size, at))
BY_FD(ssize_t, pwrite64, EIO,
      (int fd, const void *from, size_t size, off64_t at),
      (fd, from, size, at))
BY_FD(int, ftruncate, EIO, (int fd, off_t size), (fd, size))
BY_FD(int, ftruncate64, EIO, (int fd, off64_t size), (fd, size))
BY_FD(int, fsync, EIO, (int fd), (fd))
BY_FD(int, fdatasync, EIO, (int fd), (fd))
BY_FD(int, fstat, EIO, (int fd, struct stat *info), (fd, info))
BY_FD(int, fstat64, EIO, (int fd, struct stat64 *info), (fd, info))
BY_FD(int, fchmod, EPERM, (int fd, mode_t mode), (fd, mode))
BY_FD(int, fchown, EPERM, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))

#define BY_PATH(name, error, parameters, arguments) \
int name parameters \
{ \
    REAL(int, #name, parameters); \
    if (is_near(path) && fails(FILES, #name)) { \
        errno = error; \
        return -1; \
    } \
    return real arguments; \
}

BY_PATH(access, EIO, (const char *path, int mode), (path, mode))
BY_PATH(unlink, EIO, (const char *path), (path))
BY_PATH(stat, EIO, (const char *path, struct stat *info), (path, info))
BY_PATH(stat64, EIO, (const char *path, struct stat64 *info), (path, info))
BY_PATH(lstat, EIO, (const char *path, struct stat *info), (path, info))
BY_PATH(lstat64, EIO, (const char *path, struct stat64 *info), (path, info))

/* It is closed, and something was wrong: as Linux does. */
int close(int fd)
{
    REAL(int, "close", (int));
    int bad = is_database(fd) && fails(FILES, "close");
    int result = real(fd);

    if (bad) {
        errno = EIO;
        return -1;
    }
    return result;
}

#define OPENS(name) \
int name(const char *path, int flags, ...) \
{ \
    REAL(int, #name, (const char *, int, ...)); \
    va_list more; \
    mode_t mode; \
    va_start(more, flags); \
    mode = (flags & (O_CREAT | O_TMPFILE)) != 0 \
        ? va_arg(more, mode_t) : 0; \
    va_end(more); \
    if (is_near(path) && fails(FILES, #name)) { \
        errno = EIO; \
        return -1; \
    } \
    return real(path, flags, mode); \
}
OPENS(open)
OPENS(open64)

/* ------------------------------------------------- the way to a server */

static int is_unix(int fd)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);

    return atomic_load(&control->kind) == SOCKETS && !inside
        && getsockname(fd, (struct sockaddr *)&address, &length) == 0
        && address.ss_family == AF_UNIX;
}

/* A lock is let go by closing what it is of, too, and Linux has no reason to
 * refuse that; sqlite, which does not look, would wait for itself. */
static int lets_go(int command, const void *argument)
{
    return (command == F_SETLK || command == F_SETLKW)
        && ((const struct flock *)argument)->l_type == F_UNLCK;
}

#define LOCKS(name) \
int name(int fd, int command, ...) \
{ \
    REAL(int, #name, (int, int, ...)); \
    va_list more; \
    void *argument; \
    va_start(more, command); \
    argument = va_arg(more, void *); \
    va_end(more); \
    if (is_database(fd) && !lets_go(command, argument) \
        && fails(FILES, #name)) { \
        errno = EIO; \
        return -1; \
    } \
    if (is_unix(fd) && fails(SOCKETS, #name)) { \
        errno = EBADF; \
        return -1; \
    } \
    return real(fd, command, argument); \
}
LOCKS(fcntl)
LOCKS(fcntl64)

#define BY_SOCKET(type, name, error, parameters, arguments) \
type name parameters \
{ \
    REAL(type, #name, parameters); \
    if (is_unix(fd) && fails(SOCKETS, #name)) { \
        errno = error; \
        return -1; \
    } \
    return real arguments; \
}

BY_SOCKET(ssize_t, send, ECONNRESET,
          (int fd, const void *from, size_t size, int flags),
          (fd, from, size, flags))
BY_SOCKET(ssize_t, recv, ECONNRESET,
          (int fd, void *to, size_t size, int flags), (fd, to, size, flags))
BY_SOCKET(int, connect, ECONNREFUSED,
          (int fd, const struct sockaddr *to, socklen_t length),
          (fd, to, length))
BY_SOCKET(int, setsockopt, ENOMEM,
          (int fd, int level, int name, const void *value, socklen_t length),
          (fd, level, name, value, length))
BY_SOCKET(int, getsockopt, ENOMEM,
          (int fd, int level, int name, void *value, socklen_t *length),
          (fd, level, name, value, length))

int socket(int family, int type, int protocol)
{
    REAL(int, "socket", (int, int, int));
    if (family == AF_UNIX && fails(SOCKETS, "socket")) {
        errno = EMFILE;
        return -1;
    }
    return real(family, type, protocol);
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    REAL(int, "poll", (struct pollfd *, nfds_t, int));
    if (count > 0 && is_unix(fds[0].fd) && fails(SOCKETS, "poll")) {
        errno = ENOMEM;
        return -1;
    }
    return real(fds, count, timeout);
}

/* Memory of the system; of a database's file, where it is one. */
#define MAPS(name, offset_type) \
void *name(void *address, size_t size, int protection, int flags, int fd, \
           offset_type at) \
{ \
    REAL(void *, #name, (void *, size_t, int, int, int, offset_type)); \
    if (fd < 0 ? fails(MEMORY, #name) \
        : is_database(fd) && fails(FILES, #name)) { \
        errno = ENOMEM; \
        return MAP_FAILED; \
    } \
    return real(address, size, protection, flags, fd, at); \
}
MAPS(mmap, off_t)
MAPS(mmap64, off64_t)

/* -------------------------------------------------------------- libraries */

/* Looked for each time: httpd unloads its modules once, and what they are
 * linked to, when it has read its configuration the first time. */
#define REAL_NOW(type, name, args) \
    type (*real) args; \
    *(void **)&real = dlsym(RTLD_NEXT, name)

#define SAYS(kind, type, value, name, parameters, arguments) \
type name parameters \
{ \
    REAL_NOW(type, #name, parameters); \
    return fails(kind, #name) ? (value) : real arguments; \
}

/* libpq: without memory it returns no result, or no connection. */
#define RESULT(name, parameters, arguments) \
void *name parameters \
{ \
    REAL_NOW(void *, #name, parameters); \
    void *result; \
    if (fails(LIBPQ, #name)) return NULL; \
    result = real arguments; \
    if (result != NULL && fails(LIBPQ_DONE, #name)) { \
        void (*clear)(void *); \
        *(void **)&clear = dlsym(RTLD_DEFAULT, "PQclear"); \
        if (clear != NULL) clear(result); \
        return NULL; \
    } \
    return result; \
}

RESULT(PQexec, (void *conn, const char *query), (conn, query))
RESULT(PQexecParams, (void *conn, const char *query, int count,
                      const void *types, const char *const *values,
                      const int *lengths, const int *formats, int format),
       (conn, query, count, types, values, lengths, formats, format))
RESULT(PQexecPrepared, (void *conn, const char *name, int count,
                        const char *const *values, const int *lengths,
                        const int *formats, int format),
       (conn, name, count, values, lengths, formats, format))
RESULT(PQprepare, (void *conn, const char *name, const char *query,
                   int count, const void *types),
       (conn, name, query, count, types))

/* NULL is the end of results, and no failure: what failed is one. */
void *PQgetResult(void *conn)
{
    REAL_NOW(void *, "PQgetResult", (void *));
    void *result = real(conn);
    void (*clear)(void *);
    void *(*make)(void *, int);

    if (result == NULL || !(fails(LIBPQ, "PQgetResult")
                            || fails(LIBPQ_DONE, "PQgetResult"))) {
        return result;
    }
    *(void **)&clear = dlsym(RTLD_DEFAULT, "PQclear");
    *(void **)&make = dlsym(RTLD_DEFAULT, "PQmakeEmptyPGresult");
    clear(result);
    return make(conn, 7);
}

SAYS(LIBPQ, void *, NULL, PQconnectdb, (const char *info), (info))
SAYS(LIBPQ, int, 1, PQstatus, (const void *conn), (conn))
SAYS(LIBPQ, int, 7, PQresultStatus, (const void *result), (result))
SAYS(LIBPQ, int, 0, PQsendQuery, (void *conn, const char *query),
     (conn, query))
SAYS(LIBPQ, int, 0, PQsendQueryPrepared,
     (void *conn, const char *name, int count, const char *const *values,
      const int *lengths, const int *formats, int format),
     (conn, name, count, values, lengths, formats, format))
SAYS(LIBPQ, int, 0, PQsendQueryParams,
     (void *conn, const char *query, int count, const void *types,
      const char *const *values, const int *lengths, const int *formats,
      int format),
     (conn, query, count, types, values, lengths, formats, format))
SAYS(LIBPQ, int, -1, PQsocket, (const void *conn), (conn))
SAYS(LIBPQ, const char *, NULL, PQparameterStatus,
     (const void *conn, const char *name), (conn, name))
SAYS(LIBPQ, int, 0, PQserverVersion, (const void *conn), (conn))

/* OpenSSL */
SAYS(OPENSSL, int, 0, RAND_bytes, (unsigned char *to, int size), (to, size))
SAYS(OPENSSL, int, 0, RAND_priv_bytes, (unsigned char *to, int size),
     (to, size))
SAYS(OPENSSL, int, 0, EVP_Digest,
     (const void *data, size_t size, unsigned char *to, unsigned int *length,
      const void *type, void *engine),
     (data, size, to, length, type, engine))
SAYS(OPENSSL, void *, NULL, EVP_MD_fetch,
     (void *context, const char *name, const char *query),
     (context, name, query))
SAYS(OPENSSL, void *, NULL, EVP_CIPHER_CTX_new, (void), ())
SAYS(OPENSSL, int, 0, EVP_CIPHER_CTX_ctrl,
     (void *context, int type, int number, void *data),
     (context, type, number, data))
#define STARTS(name) \
SAYS(OPENSSL, int, 0, name, \
     (void *context, const void *type, void *engine, \
      const unsigned char *key, const unsigned char *iv), \
     (context, type, engine, key, iv))
STARTS(EVP_EncryptInit_ex)
STARTS(EVP_DecryptInit_ex)
#define UPDATES(name) \
SAYS(OPENSSL, int, 0, name, \
     (void *context, unsigned char *to, int *length, \
      const unsigned char *from, int size), \
     (context, to, length, from, size))
UPDATES(EVP_EncryptUpdate)
UPDATES(EVP_DecryptUpdate)
#define ENDS(name) \
SAYS(OPENSSL, int, 0, name, \
     (void *context, unsigned char *to, int *length), \
     (context, to, length))
ENDS(EVP_EncryptFinal_ex)
ENDS(EVP_DecryptFinal_ex)
SAYS(OPENSSL, int, -1, EVP_DecodeBlock,
     (unsigned char *to, const unsigned char *from, int size),
     (to, from, size))
SAYS(OPENSSL, unsigned char *, NULL, HMAC,
     (const void *type, const void *key, int key_length,
      const unsigned char *data, size_t size, unsigned char *to,
      unsigned int *length),
     (type, key, key_length, data, size, to, length))

/* libargon2, libidn2 without memory (-22, -100); and jansson, whose error
 * then has no line and no text. */
SAYS(OTHERS, int, -22, argon2_ctx, (void *context, int type),
     (context, type))
SAYS(OTHERS, int, -100, idn2_lookup_u8,
     (const uint8_t *from, uint8_t **to, int flags), (from, to, flags))

typedef struct json_error {
    int line, column, position;
    char source[80], text[160];
} json_error;

void *json_loadb(const char *text, size_t size, size_t flags,
                 json_error *error)
{
    REAL_NOW(void *, "json_loadb", (const char *, size_t, size_t, json_error *));
    if (fails(OTHERS, "json_loadb")) {
        memset(error, 0, sizeof(*error));
        error->line = error->column = -1;
        return NULL;
    }
    return real(text, size, flags, error);
}
