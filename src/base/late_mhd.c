/* libmicrohttpd, loaded when it is first called (late.h).
 *
 * lint: allow global in this file, because a process has one libmicrohttpd. */

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the header's names are its own,
 * and change from version to version. */

/* Seen by nobody but this program: the real library goes on calling itself. */
#pragma GCC visibility push(hidden)
#include <microhttpd.h>
#pragma GCC visibility pop

#include <pthread.h>
#include <stdarg.h>

#include "src/base/late.h"

#ifdef __APPLE__
#define MHD_FILE "libmicrohttpd.12.dylib"
#else
#define MHD_FILE "libmicrohttpd.so.12"
#endif

/* Written once, before anybody reads it. */
static struct {
    __typeof__(MHD_add_response_header) *add_response_header;
    __typeof__(MHD_create_response_from_buffer) *create_response_from_buffer;
    __typeof__(MHD_create_response_from_fd_at_offset64) *create_response_from_fd_at_offset64;
    __typeof__(MHD_destroy_response) *destroy_response;
    __typeof__(MHD_lookup_connection_value) *lookup_connection_value;
    __typeof__(MHD_queue_response) *queue_response;
    __typeof__(MHD_start_daemon_va) *start_daemon_va;
    __typeof__(MHD_stop_daemon) *stop_daemon;
} real;

static void load(void) {
    static const struct late_symbol symbols[] = {
        {"MHD_add_response_header", &real.add_response_header},
        {"MHD_create_response_from_buffer", &real.create_response_from_buffer},
        {"MHD_create_response_from_fd_at_offset64", &real.create_response_from_fd_at_offset64},
        {"MHD_destroy_response", &real.destroy_response},
        {"MHD_lookup_connection_value", &real.lookup_connection_value},
        {"MHD_queue_response", &real.queue_response},
        {"MHD_start_daemon_va", &real.start_daemon_va},
        {"MHD_stop_daemon", &real.stop_daemon},
    };
    late_load(MHD_FILE, symbols, sizeof symbols / sizeof *symbols);
}

/* All others need a daemon's connection or a response first. */
static void need(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
}

struct MHD_Daemon *MHD_start_daemon(unsigned flags, uint16_t port, MHD_AcceptPolicyCallback accept,
                                    void *accept_self, MHD_AccessHandlerCallback handle,
                                    void *handle_self, ...) {
    va_list args;
    need();
    va_start(args, handle_self);
    struct MHD_Daemon *daemon =
        real.start_daemon_va(flags, port, accept, accept_self, handle, handle_self, args);
    va_end(args);
    return daemon;
}

void MHD_stop_daemon(struct MHD_Daemon *daemon) {
    real.stop_daemon(daemon);
}

const char *MHD_lookup_connection_value(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                                        const char *key) {
    return real.lookup_connection_value(connection, kind, key);
}

struct MHD_Response *MHD_create_response_from_buffer(size_t n, void *bytes,
                                                     enum MHD_ResponseMemoryMode mode) {
    need();
    return real.create_response_from_buffer(n, bytes, mode);
}

struct MHD_Response *MHD_create_response_from_fd_at_offset64(uint64_t n, int fd, uint64_t offset) {
    need();
    return real.create_response_from_fd_at_offset64(n, fd, offset);
}

enum MHD_Result MHD_add_response_header(struct MHD_Response *response, const char *header,
                                        const char *content) {
    return real.add_response_header(response, header, content);
}

enum MHD_Result MHD_queue_response(struct MHD_Connection *connection, unsigned status,
                                   struct MHD_Response *response) {
    return real.queue_response(connection, status, response);
}

void MHD_destroy_response(struct MHD_Response *response) {
    real.destroy_response(response);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
