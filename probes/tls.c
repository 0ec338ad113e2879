#include "probes/tls.h"

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"

enum { DAY_S = 86400 };

struct tls_trust {
    X509_STORE *store;
};

bool tls_shared(void) {
    /* "OpenSSL/3.0.15" on libcurl's side, "OpenSSL 3.0.15 3 Sep 2024" on ours: the major and minor
     * version must be the same, or the pointers that libcurl hands out are somebody else's. */
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    const char *theirs = info->ssl_version ? strstr(info->ssl_version, "OpenSSL/") : NULL;
    const char *ours = OpenSSL_version(OPENSSL_VERSION);
    if (!theirs || strncmp(ours, "OpenSSL ", 8) != 0)
        return false;
    theirs += 8;
    ours += 8;
    size_t n = strcspn(ours, ".");
    n += ours[n] == '.' ? 1 + strcspn(ours + n + 1, ".") : 0;
    return strncmp(theirs, ours, n) == 0;
}

const char *tls_system_file(void) {
#if LIBCURL_VERSION_NUM >= 0x074600
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    if (info->age >= CURLVERSION_SEVENTH && info->cainfo)
        return info->cainfo;
#endif
    return NULL;
}

static const char *system_folder(void) {
#if LIBCURL_VERSION_NUM >= 0x074600
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    if (info->age >= CURLVERSION_SEVENTH && info->capath)
        return info->capath;
#endif
    return NULL;
}

/* Does the folder name certificates by their subjects' hashes ("3513523f.0")? */
static bool is_hashed(const char *folder) {
    DIR *dir = folder ? opendir(folder) : NULL;
    bool found = false;
    for (const struct dirent *entry; dir && !found && (entry = readdir(dir));)
        found = strspn(entry->d_name, "0123456789abcdef") == 8 && entry->d_name[8] == '.';
    if (dir)
        closedir(dir);
    return found;
}

/* The system's certificates. From a hashed folder OpenSSL reads the one it needs when it needs it; the
 * one big file costs 4 MB and 17 ms whatever is asked for. */
static int load_system(X509_STORE *store) {
    const char *folder = system_folder(), *file = tls_system_file();
    if (is_hashed(folder)) {
        X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_hash_dir());
        return lookup && X509_LOOKUP_add_dir(lookup, folder, X509_FILETYPE_PEM);
    }
    return file ? X509_STORE_load_locations(store, file, NULL)
                : X509_STORE_set_default_paths(store);
}

struct tls_trust *tls_trust_new(const char *ca_file, struct err *err) {
    X509_STORE *store = X509_STORE_new();
    int ok = store != NULL;
    if (ok)
        ok = ca_file ? X509_STORE_load_locations(store, ca_file, NULL) : load_system(store);
    ERR_clear_error();
    if (!ok) {
        X509_STORE_free(store);
        err_set(err, ERR_IO, ca_file ? ca_file : "tls",
                "give a readable PEM file as tls.ca_file, or install the system's certificates",
                "cannot read the trusted certificates in %s",
                ca_file ? ca_file : "the system's place");
        return NULL;
    }
    /* As libcurl does: a certificate that is in the file is trusted, be it a root or not. */
    X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
    struct tls_trust *trust = mem_zero(1, sizeof(*trust));
    trust->store = store;
    return trust;
}

void tls_trust_free(struct tls_trust *trust) {
    if (!trust)
        return;
    X509_STORE_free(trust->store);
    free(trust);
}

static int64_t seconds_of(const ASN1_TIME *time) {
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0, seconds = 0;
    if (!epoch || !time || !ASN1_TIME_diff(&days, &seconds, epoch, time))
        days = seconds = 0;
    ASN1_TIME_free(epoch);
    return (int64_t)days * DAY_S + seconds;
}

/* OpenSSL's own judgement, and a note of what was wrong. */
static int judge(X509_STORE_CTX *ctx, void *self) {
    struct tls_refusal *refusal = &((struct tls_setup *)self)->refusal;
    int good = X509_verify_cert(ctx);
    if (good > 0)
        return good;
    const X509 *cert = X509_STORE_CTX_get_current_cert(ctx);
    *refusal = (struct tls_refusal){.code = X509_STORE_CTX_get_error(ctx)};
    if (!cert)
        return good;
    refusal->ended_s = seconds_of(X509_get0_notAfter(cert));
    refusal->begins_s = seconds_of(X509_get0_notBefore(cert));
    X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, refusal->subject,
                              sizeof(refusal->subject));
    return good;
}

CURLcode tls_arm(CURL *easy, void *ssl_ctx, void *setup) {
    (void)easy;
    SSL_CTX *ctx = ssl_ctx;
    const struct tls_trust *trust = ((struct tls_setup *)setup)->trust;
    if (trust) {
        if (!X509_STORE_up_ref(trust->store))
            return CURLE_SSL_CERTPROBLEM;
        SSL_CTX_set_cert_store(ctx, trust->store);
    }
    SSL_CTX_set_cert_verify_callback(ctx, judge, setup);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS); /* an idle connection needs no 34 KB */
    return CURLE_OK;
}

bool tls_days_left(CURL *easy, int64_t wall_ms, int *days) {
    const struct curl_tlssessioninfo *session = NULL;
    if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || !session ||
        session->backend != CURLSSLBACKEND_OPENSSL || !session->internals)
        return false;
    SSL *ssl = session->internals;
    const X509 *cert = SSL_get0_peer_certificate(ssl);
    if (!cert)
        return false;
    int64_t left_s = seconds_of(X509_get0_notAfter(cert)) - wall_ms / 1000;
    *days = (int)(left_s >= 0 ? left_s / DAY_S : -((-left_s + DAY_S - 1) / DAY_S));
    return true;
}
