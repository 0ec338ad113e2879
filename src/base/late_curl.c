/* libcurl, loaded when it is first called (late.h).
 *
 * lint: allow global in this file, because a process has one libcurl. */

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the header's names are its own,
 * and change from version to version. */

/* Seen by nobody but this program: the real library goes on calling itself. */
#pragma GCC visibility push(hidden)
#define CURL_DISABLE_TYPECHECK
#define curl_url_get curl_url_get_of_the_header /* newer ones take a const CURLU: declared below */
#include <curl/curl.h>
#undef curl_url_get
CURLUcode curl_url_get(const CURLU *url, CURLUPart part, char **text, unsigned flags);
#pragma GCC visibility pop

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdarg.h>

#include "src/base/late.h"

#ifdef __APPLE__
#define CURL_FILE "libcurl.4.dylib"
#else
#define CURL_FILE "libcurl.so.4"
#endif

/* The header's macros of these names only count arguments. */
#undef curl_easy_getinfo
#undef curl_easy_setopt
#undef curl_multi_setopt

/* X(what it returns, its name, its parameters, their names) */
#define FUNCTIONS(X)                                                                             \
    X(char *, curl_easy_escape, (CURL * easy, const char *text, int n), (easy, text, n))         \
    X(CURL *, curl_easy_init, (void), ())                                                        \
    X(CURLcode, curl_easy_pause, (CURL * easy, int what), (easy, what))                          \
    X(CURLcode, curl_easy_perform, (CURL * easy), (easy))                                        \
    X(const char *, curl_easy_strerror, (CURLcode code), (code))                                 \
    X(time_t, curl_getdate, (const char *text, const time_t *now), (text, now))                  \
    X(CURLcode, curl_global_init, (long flags), (flags))                                         \
    X(CURLMcode, curl_multi_add_handle, (CURLM * multi, CURL * easy), (multi, easy))             \
    X(CURLMcode, curl_multi_cleanup, (CURLM * multi), (multi))                                   \
    X(CURLMsg *, curl_multi_info_read, (CURLM * multi, int *left), (multi, left))                \
    X(CURLM *, curl_multi_init, (void), ())                                                      \
    X(CURLMcode, curl_multi_perform, (CURLM * multi, int *running), (multi, running))            \
    X(CURLMcode, curl_multi_poll,                                                                \
      (CURLM * multi, struct curl_waitfd * more, unsigned n, int timeout_ms, int *ready),        \
      (multi, more, n, timeout_ms, ready))                                                       \
    X(CURLMcode, curl_multi_remove_handle, (CURLM * multi, CURL * easy), (multi, easy))          \
    X(CURLMcode, curl_multi_socket_action,                                                       \
      (CURLM * multi, curl_socket_t fd, int events, int *running), (multi, fd, events, running)) \
    X(struct curl_slist *, curl_slist_append, (struct curl_slist * list, const char *s),         \
      (list, s))                                                                                 \
    X(CURLU *, curl_url, (void), ())                                                             \
    X(CURLUcode, curl_url_get, (const CURLU *url, CURLUPart part, char **text, unsigned flags),  \
      (url, part, text, flags))                                                                  \
    X(CURLUcode, curl_url_set, (CURLU * url, CURLUPart part, const char *text, unsigned flags),  \
      (url, part, text, flags))                                                                  \
    X(curl_version_info_data *, curl_version_info, (CURLversion age), (age))

/* The same for those that return nothing. */
#define PROCEDURES(X)                                          \
    X(curl_easy_cleanup, (CURL * easy), (easy))                \
    X(curl_easy_reset, (CURL * easy), (easy))                  \
    X(curl_free, (void *bytes), (bytes))                       \
    X(curl_global_cleanup, (void), ())                         \
    X(curl_slist_free_all, (struct curl_slist * list), (list)) \
    X(curl_url_cleanup, (CURLU * url), (url))

/* What takes one argument more, of a type that the option tells. */
#define VARIADICS(X)     \
    X(curl_easy_getinfo) \
    X(curl_easy_setopt)  \
    X(curl_multi_setopt)

#define SLOT(name)                           __typeof__(name) *name;
#define FUNCTION_SLOT(type, name, list, use) SLOT(name)
#define PROCEDURE_SLOT(name, list, use)      SLOT(name)
#define ROW(name)                            {#name, &real.name},
#define FUNCTION_ROW(type, name, list, use)  ROW(name)
#define PROCEDURE_ROW(name, list, use)       ROW(name)

/* Written once, before anybody reads it. */
static struct {
    FUNCTIONS(FUNCTION_SLOT)
    PROCEDURES(PROCEDURE_SLOT)
    VARIADICS(SLOT)
} real;

/* GnuTLS, which libcurl brings along for RTMP, sets itself up when it is loaded: 0.7 MB for what nobody
 * here speaks. A program with this function is asked first (GNUTLS_SKIP_GLOBAL_INIT in its header; the
 * Makefile exports it). Who needs GnuTLS, as libmicrohttpd may, sets it up by a call.
 * NOLINTBEGIN(bugprone-reserved-identifier): the name is theirs. */
int _gnutls_global_init_skip(void);
int _gnutls_global_init_skip(void) {
    return 1;
}
/* NOLINTEND(bugprone-reserved-identifier) */

static void load(void) {
    static const struct late_symbol symbols[] = {FUNCTIONS(FUNCTION_ROW) PROCEDURES(PROCEDURE_ROW)
                                                     VARIADICS(ROW)};
    /* Before libcurl sets OpenSSL up: its table of errors in every algorithm is 0.7 MB. Those of TLS
     * have words all the same, from libssl. */
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS, NULL);
    late_load(CURL_FILE, symbols, sizeof symbols / sizeof *symbols);
}

static void need(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
}

#define FUNCTION(type, name, list, use) \
    type name list {                    \
        need();                         \
        return real.name use;           \
    }
#define PROCEDURE(name, list, use) \
    void name list {               \
        need();                    \
        real.name use;             \
    }
FUNCTIONS(FUNCTION)
PROCEDURES(PROCEDURE)

/* One argument of the type that CURLOPTTYPE_… says; objects, functions and blobs are pointers.
 * NOLINTBEGIN(bugprone-branch-clone): where a long has 64 bits two of them are the same. */
#define PASS(function, handle, option)                                                \
    do {                                                                              \
        va_list args;                                                                 \
        va_start(args, option);                                                       \
        if ((long)(option) >= CURLOPTTYPE_OFF_T && (long)(option) < CURLOPTTYPE_BLOB) \
            code = function(handle, option, va_arg(args, curl_off_t));                \
        else if ((long)(option) < CURLOPTTYPE_OBJECTPOINT)                            \
            code = function(handle, option, va_arg(args, long));                      \
        else                                                                          \
            code = function(handle, option, va_arg(args, void *));                    \
        va_end(args);                                                                 \
    } while (0)

CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...) {
    CURLcode code;
    need();
    PASS(real.curl_easy_setopt, easy, option);
    return code;
}

CURLMcode curl_multi_setopt(CURLM *multi, CURLMoption option, ...) {
    CURLMcode code;
    need();
    PASS(real.curl_multi_setopt, multi, option);
    return code;
}

CURLcode curl_easy_getinfo(CURL *easy, CURLINFO info, ...) {
    va_list args;
    need();
    va_start(args, info);
    CURLcode code = real.curl_easy_getinfo(easy, info, va_arg(args, void *));
    va_end(args);
    return code;
}
/* NOLINTEND(bugprone-branch-clone)
 * NOLINTEND(readability-inconsistent-declaration-parameter-name) */
