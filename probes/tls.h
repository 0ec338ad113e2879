/* What the probes add to libcurl's TLS: one set of trusted certificates per CA file for the whole
 * worker (a copy per connection costs megabytes and most of a handshake's time), the days that a
 * certificate has left, and what exactly was wrong with one that was refused.
 *
 * Works where libcurl uses the same OpenSSL as gonogo. Elsewhere tls_shared() is false, libcurl reads
 * the CA file itself, and days are not known. */
#ifndef GONOGO_PROBES_TLS_H
#define GONOGO_PROBES_TLS_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "src/base/err.h"

bool tls_shared(void);

/* The PEM file of the system's certificates as libcurl was built with it; NULL = not known. */
const char *tls_system_file(void);

struct tls_trust; /* the certificates that are trusted */

/* Of the PEM file, or with NULL those of the system. NULL and `err` when it cannot be read. */
struct tls_trust *tls_trust_new(const char *ca_file, struct err *err);
void tls_trust_free(struct tls_trust *trust); /* connections may still use it; NULL is fine */

/* The last certificate that was refused on a source's connections. */
struct tls_refusal {
    int code;        /* X509_V_ERR_…; 0 = none */
    int64_t ended_s; /* notAfter and notBefore, since 1970 */
    int64_t begins_s;
    char subject[96]; /* raw bytes from outside */
};

/* For one source, behind CURLOPT_SSL_CTX_FUNCTION (tls_arm) and _DATA. */
struct tls_setup {
    const struct tls_trust *trust; /* NULL = what libcurl has read */
    struct tls_refusal refusal;
};
CURLcode tls_arm(CURL *easy, void *ssl_ctx, void *setup);

/* Days until the certificate of the transfer's connection ends (negative: since), rounded down.
 * Only while the transfer runs. False when it is not known. */
bool tls_days_left(CURL *easy, int64_t wall_ms, int *days);

#endif
