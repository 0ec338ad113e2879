/* Keys and certificates made while a test runs. Failures end the program: a test cannot go on. */
#ifndef GONOGO_TESTS_CERTS_H
#define GONOGO_TESTS_CERTS_H

#include <openssl/evp.h>
#include <openssl/x509.h>

struct cert {
    EVP_PKEY *key;
    X509 *x509;
};

/* `names` as in X.509's subjectAltName: "IP:127.0.0.1,DNS:localhost"; NULL = a CA. Valid from and to
 * so many seconds from now. `issuer` NULL = signed by itself. */
void cert_make(struct cert *cert, const char *common_name, const char *names, long from_s,
               long to_s, const struct cert *issuer);
void cert_fini(struct cert *cert);

/* base64 of the SHA-256 of the SubjectPublicKeyInfo; `cap` ≥ 45. */
void cert_pin(const struct cert *cert, char *pin, size_t cap);
void cert_write(const struct cert *cert, const char *path); /* PEM, without the key */

#endif
