#include "tests/support/certs.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void need(int ok, const char *what) {
    if (ok)
        return;
    fprintf(stderr, "certs: %s failed\n", what);
    abort();
}

static void extend(X509 *x509, X509 *issuer, int nid, const char *value) {
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    need(extension && X509_add_ext(x509, extension, -1), value);
    X509_EXTENSION_free(extension);
}

void cert_make(struct cert *cert, const char *common_name, const char *names, long from_s,
               long to_s, const struct cert *issuer) {
    static long serial = 1000;
    cert->key = EVP_EC_gen("P-256");
    cert->x509 = X509_new();
    need(cert->key && cert->x509, "a key");
    X509 *x509 = cert->x509, *by = issuer ? issuer->x509 : x509;
    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x509), from_s);
    X509_gmtime_adj(X509_getm_notAfter(x509), to_s);
    X509_set_pubkey(x509, cert->key);
    X509_NAME *subject = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)common_name, -1,
                               -1, 0);
    X509_set_issuer_name(x509, X509_get_subject_name(by));
    extend(x509, by, NID_basic_constraints, names ? "critical,CA:FALSE" : "critical,CA:TRUE");
    if (names)
        extend(x509, by, NID_subject_alt_name, names);
    need(X509_sign(x509, issuer ? issuer->key : cert->key, EVP_sha256()), "signing");
}

void cert_fini(struct cert *cert) {
    X509_free(cert->x509);
    EVP_PKEY_free(cert->key);
    cert->x509 = NULL;
    cert->key = NULL;
}

void cert_pin(const struct cert *cert, char *pin, size_t cap) {
    unsigned char *der = NULL, digest[32];
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert->x509), &der);
    need(n > 0 && cap >= 45, "a pin");
    need(EVP_Digest(der, (size_t)n, digest, NULL, EVP_sha256(), NULL), "a digest");
    EVP_EncodeBlock((unsigned char *)pin, digest, sizeof(digest));
    OPENSSL_free(der);
}

void cert_write(const struct cert *cert, const char *path) {
    FILE *f = fopen(path, "w");
    need(f && PEM_write_X509(f, cert->x509) && fclose(f) == 0, path);
}
