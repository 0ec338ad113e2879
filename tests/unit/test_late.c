#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <curl/curl.h>
#include <dlfcn.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/base/late.h"

#ifdef __APPLE__
#define ZLIB "libz.1.dylib"
#else
#define ZLIB "libz.so.1"
#endif

/* What a process that loads this says on stderr before it ends with exit code 4. */
static void last_words(const char *library, const char *symbol, char *said, size_t cap) {
    int out[2], status = 0;
    assert_int_equal(pipe(out), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        void *slot = NULL;
        const struct late_symbol wanted = {symbol, &slot};
        dup2(out[1], STDERR_FILENO);
        late_load(library, &wanted, 1);
        _exit(0);
    }
    close(out[1]);
    ssize_t n = read(out[0], said, cap - 1);
    said[n > 0 ? n : 0] = '\0';
    close(out[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 4);
}

static void a_library_that_is_not_there_ends_the_process_with_its_name(void **state) {
    char said[2048];
    (void)state;
    last_words("libgonogo-nothere.so.9", "f", said, sizeof said);
    assert_non_null(strstr(said, "gonogo: libgonogo-nothere.so.9: cannot be loaded ("));
    assert_non_null(strstr(said, "): install it"));
}

static void a_library_without_the_function_ends_the_process(void **state) {
    char said[2048];
    (void)state;
    last_words(ZLIB, "gonogo_no_such_function", said, sizeof said);
    assert_non_null(strstr(said, "gonogo: " ZLIB ": cannot be loaded ("));
    assert_non_null(strstr(said, "gonogo_no_such_function"));
}

static void slots_hold_the_functions_of_the_library(void **state) {
    const char *(*version)(void) = NULL;
    const struct late_symbol wanted = {"zlibVersion", &version};
    (void)state;
    late_load(ZLIB, &wanted, 1);
    assert_non_null(strchr(version(), '.'));
}

/* Options of all types arrive: a wrong one is refused, and what was set is told back. */
static void options_reach_the_real_library_in_their_own_type(void **state) {
    const char *url = NULL;
    curl_off_t length = 0;
    (void)state;
    assert_int_equal(curl_global_init(CURL_GLOBAL_DEFAULT), CURLE_OK);
    CURL *easy = curl_easy_init();
    assert_non_null(easy);
    assert_int_equal(curl_easy_setopt(easy, CURLOPT_URL, "https://example.net/feed"), CURLE_OK);
    assert_int_equal(curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url), CURLE_OK);
    assert_string_equal(url, "https://example.net/feed");
    assert_int_equal(curl_easy_setopt(easy, CURLOPT_TIMEOUT, -1L), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(curl_easy_setopt(easy, CURLOPT_TIMEOUT, 5L), CURLE_OK);
    assert_int_equal(curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)-2),
                     CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)1 << 40),
                     CURLE_OK);
    assert_int_equal(curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &length), CURLE_OK);
    assert_int_equal(length, 0);
    curl_easy_cleanup(easy);
    curl_global_cleanup();
}

/* libcurl's messages are made of these words. */
static void a_failed_handshake_has_words_without_the_table_of_all_errors(void **state) {
    (void)state;
    assert_int_equal(curl_global_init(CURL_GLOBAL_DEFAULT), CURLE_OK);
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method()); /* as for the first https address */
    assert_non_null(ctx);
    unsigned long failed = ERR_PACK(ERR_LIB_SSL, 0, SSL_R_CERTIFICATE_VERIFY_FAILED);
    assert_string_equal(ERR_lib_error_string(failed), "SSL routines");
    assert_string_equal(ERR_reason_error_string(failed), "certificate verify failed");
    /* And the table is not there, or nothing was saved. */
    assert_null(ERR_reason_error_string(ERR_PACK(ERR_LIB_PEM, 0, 108)));
    SSL_CTX_free(ctx);
    curl_global_cleanup();
}

#ifndef __APPLE__
static void gnutls_is_told_not_to_set_itself_up(void **state) {
    int (*wants_to)(void) = NULL;
    void *at = dlsym(RTLD_DEFAULT, "_gnutls_global_init_skip");
    (void)state;
    assert_non_null(at);
    memcpy(&wants_to, &at, sizeof wants_to);
    assert_int_equal(wants_to(), 1);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_library_that_is_not_there_ends_the_process_with_its_name),
        cmocka_unit_test(a_library_without_the_function_ends_the_process),
        cmocka_unit_test(slots_hold_the_functions_of_the_library),
        cmocka_unit_test(options_reach_the_real_library_in_their_own_type),
        cmocka_unit_test(a_failed_handshake_has_words_without_the_table_of_all_errors),
#ifndef __APPLE__
        cmocka_unit_test(gnutls_is_told_not_to_set_itself_up),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
