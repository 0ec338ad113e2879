#include "src/release/service.h"

#include <errno.h>
#include <fcntl.h>
#include <libxml/parser.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/base/wake.h"
#include "src/release/answer.h"

enum {
    POOL_THREADS = 4,
    CONNECTIONS_MAX = 512,            /* behind a proxy a few dozen are in use */
    CONNECTION_BYTES_MAX = 32 * 1024, /* request line, headers and buffers of one connection */
    /* Longer than the 15 s between two looks of a usual prober, so that keep-alive pays. */
    CONNECTION_TIMEOUT_S = 30,
    ADDRESS_CAP = 128,
};

/* Which paths an address answers. */
enum listener_kind {
    LISTENER_JOINED,  /* all, as the proxy in front of both services shows them */
    LISTENER_UPDATES, /* the update service as on the VM: with and without /updates */
    LISTENER_MAIN,
};

struct listener {
    const struct service *service;
    enum listener_kind kind;
    struct MHD_Daemon *daemon;
    char url[ADDRESS_CAP + 24];
};

struct service {
    struct answer_rules rules;
    struct layout layout;
    const struct service_fault *fault;
    char *root, *env_file;
    struct wake stopping; /* readable from the moment that the service is to stop */
    bool has_stopping;
    struct listener updates, main;
};

/* --- addresses --------------------------------------------------------------------------------- */

/* "127.0.0.1:8081", "[::1]:8081", "localhost:0" → host and port. */
static bool split_address(const char *address, char host[ADDRESS_CAP], char port[8]) {
    const char *colon = strrchr(address, ':');
    if (!colon || strlen(colon + 1) > 5 || strlen(colon + 1) == 0 ||
        colon[1 + strspn(colon + 1, "0123456789")] != '\0')
        return false;
    size_t n = (size_t)(colon - address);
    if (n >= 2 && address[0] == '[' && address[n - 1] == ']') {
        address++;
        n -= 2;
    } else if (memchr(address, ':', n)) {
        return false; /* an IPv6 address without brackets could mean two things */
    }
    if (n == 0 || n >= ADDRESS_CAP || strtol(colon + 1, NULL, 10) > 65535)
        return false;
    memcpy(host, address, n);
    host[n] = '\0';
    if (strcasecmp(host, "localhost") == 0) /* no resolver: this word only, and always IPv4 */
        memcpy(host, "127.0.0.1", sizeof "127.0.0.1");
    memcpy(port, colon + 1, strlen(colon + 1) + 1);
    return true;
}

static bool name_socket(int fd, char *url, size_t cap) {
    struct sockaddr_storage bound = {0};
    socklen_t n = sizeof bound;
    char host[ADDRESS_CAP], port[8];
    if (getsockname(fd, (struct sockaddr *)&bound, &n) != 0 ||
        getnameinfo((struct sockaddr *)&bound, n, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return false;
    bool v6 = bound.ss_family == AF_INET6;
    snprintf(url, cap, "http://%s%s%s:%s", v6 ? "[" : "", host, v6 ? "]" : "", port);
    return true;
}

static int bind_socket(const struct addrinfo *info) {
    int on = 1;
    int fd = socket(info->ai_family, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

/* A listening socket; `option` is what the user wrote the address behind. */
static int listen_on(const char *address, const char *option, char *url, size_t cap,
                     struct err *err) {
    char host[ADDRESS_CAP], port[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *info = NULL;
    if (!split_address(address, host, port) || getaddrinfo(host, port, &hints, &info) != 0) {
        err_set(err, ERR_USAGE, option, "write ADDRESS:PORT, as in 127.0.0.1:8081 or [::1]:8081",
                "\"%s\" is no address to listen on", address);
        return -1;
    }
    int fd = bind_socket(info);
    if (fd < 0)
        err_errno(err, ERR_IO, address,
                  errno == EADDRINUSE ? "stop who listens there, or choose another port"
                                      : "choose an address of this machine and a free port",
                  "cannot listen");
    freeaddrinfo(info);
    if (fd >= 0 && !name_socket(fd, url, cap)) {
        err_errno(err, ERR_IO, address, NULL, "cannot be named");
        close(fd);
        return -1;
    }
    return fd;
}

/* --- one request ------------------------------------------------------------------------------- */

static bool is_under_updates(const char *path) {
    return strncmp(path, "/updates/", 9) == 0;
}

static void route_request(enum listener_kind kind, const char *path,
                          struct answer_request *request) {
    bool under = is_under_updates(path);
    request->side = kind == LISTENER_UPDATES || (kind == LISTENER_JOINED && under) ? ANSWER_UPDATES
                                                                                   : ANSWER_MAIN;
    request->path = under && request->side == ANSWER_UPDATES ? path + 8 : path;
}

/* Waits as long as the fault says, but no longer than the service lives. */
static void wait_delay(const struct service *service, int delay_ms) {
    struct pollfd stop = {.fd = service->stopping.read_fd, .events = POLLIN};
    while (poll(&stop, 1, delay_ms) < 0 && errno == EINTR)
        ;
}

static void apply_fault(const struct service *service, const char *path, struct answer *answer) {
    const struct service_fault *fault = service->fault;
    if (!fault || strncmp(path, fault->path_prefix, strlen(fault->path_prefix)) != 0)
        return;
    if (fault->delay_ms > 0)
        wait_delay(service, fault->delay_ms);
    if (!fault->status && !fault->body)
        return;
    if (answer->fd >= 0)
        close(answer->fd);
    answer->fd = -1;
    answer->status = fault->status ? fault->status : 200;
    answer->etag[0] = answer->last_modified[0] = answer->content_range[0] = '\0';
    if (fault->body) {
        buf_clear(&answer->body);
        buf_add_text(&answer->body, fault->body);
    }
}

static void add_header(struct MHD_Response *response, const char *name, const char *value) {
    if (value && *value)
        MHD_add_response_header(response, name, value);
}

/* Takes the descriptor or copies the body. */
static enum MHD_Result send_answer(struct MHD_Connection *connection, struct answer *answer) {
    struct MHD_Response *response;
    if (answer->fd >= 0)
        response =
            MHD_create_response_from_fd_at_offset64(answer->length, answer->fd, answer->offset);
    else
        response = MHD_create_response_from_buffer(answer->body.len, answer->body.data,
                                                   MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    answer->fd = -1;
    add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, answer->cache);
    add_header(response, MHD_HTTP_HEADER_ETAG, answer->etag);
    add_header(response, MHD_HTTP_HEADER_LAST_MODIFIED, answer->last_modified);
    add_header(response, MHD_HTTP_HEADER_CONTENT_RANGE, answer->content_range);
    add_header(response, MHD_HTTP_HEADER_SERVER, "gonogo/" GONOGO_VERSION);
    if (answer->ranges)
        add_header(response, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes");
    if (answer->status != MHD_HTTP_NOT_MODIFIED) {
        add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
        add_header(response, "X-Content-Type-Options", "nosniff");
    }
    if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        add_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static const char *header(struct MHD_Connection *connection, const char *name) {
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static bool brings_body(struct MHD_Connection *connection) {
    const char *length = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return header(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING) ||
           (length && length[strspn(length, "0")] != '\0');
}

static enum MHD_Result refuse(struct MHD_Connection *connection, int status, const char *what) {
    struct answer answer = {.fd = -1};
    buf_init(&answer.body, 0);
    answer_refuse(&answer, status, what);
    enum MHD_Result result = send_answer(connection, &answer);
    answer_fini(&answer);
    return result;
}

/* microhttpd calls this once when the headers are in and once when the whole request is. */
static enum MHD_Result handle(void *self, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_bytes, void **seen) {
    const struct listener *listener = self;
    const struct service *service = listener->service;
    (void)version;
    (void)upload;
    bool head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    if (!*seen) {
        *seen = connection;
        /* An answer at this point also closes the connection: nothing of a body is read. */
        if (!head && strcmp(method, MHD_HTTP_METHOD_GET) != 0)
            return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                          "only GET and HEAD are answered");
        if (brings_body(connection))
            return refuse(connection, MHD_HTTP_CONTENT_TOO_LARGE, "a request may have no body");
        return MHD_YES;
    }
    if (*upload_bytes)
        return MHD_NO;

    struct answer_request request = {
        .head = head,
        .if_none_match = header(connection, MHD_HTTP_HEADER_IF_NONE_MATCH),
        .if_modified_since = header(connection, MHD_HTTP_HEADER_IF_MODIFIED_SINCE),
        .if_range = header(connection, MHD_HTTP_HEADER_IF_RANGE),
        .range = header(connection, MHD_HTTP_HEADER_RANGE),
    };
    route_request(listener->kind, path, &request);
    struct answer answer;
    answer_make(&service->rules, &request, &answer);
    apply_fault(service, path, &answer);
    enum MHD_Result result = send_answer(connection, &answer);
    answer_fini(&answer);
    return result;
}

/* Leaves the path as it came: answer_make() decodes it, and refuses what microhttpd would cut. */
static size_t keep_escapes(void *self, struct MHD_Connection *connection, char *text) {
    (void)self;
    (void)connection;
    return strlen(text);
}

/* --- life -------------------------------------------------------------------------------------- */

static struct MHD_Daemon *start_daemon(struct listener *listener, int fd) {
    const struct service_fault *fault = listener->service->fault;
    /* A delayed answer holds its thread: then each connection gets one of its own. */
    bool delays = fault && fault->delay_ms > 0;
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC |
                     (delays ? MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL : MHD_USE_AUTO);
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_LISTEN_SOCKET, fd, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES_MAX, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_TIMEOUT_S, NULL},
        {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)keep_escapes, NULL},
        {delays ? MHD_OPTION_END : MHD_OPTION_THREAD_POOL_SIZE, POOL_THREADS, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    /* Only the main thread takes signals: threads inherit this mask. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    struct MHD_Daemon *daemon = MHD_start_daemon(flags, 0, NULL, NULL, handle, listener,
                                                 MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return daemon;
}

static enum err_code listener_start(struct listener *listener, struct service *service,
                                    enum listener_kind kind, const char *address,
                                    const char *option, struct err *err) {
    listener->service = service;
    listener->kind = kind;
    int fd = listen_on(address, option, listener->url, sizeof listener->url, err);
    if (fd < 0)
        return err ? err->code : ERR_IO;
    listener->daemon = start_daemon(listener, fd);
    if (listener->daemon)
        return ERR_OK; /* which owns the socket now */
    close(fd);
    return err_set(err, ERR_IO, address, NULL, "the HTTP server does not start");
}

/* /health says whether the voice service would find ffmpeg. */
static bool is_on_path(const char *program) {
    const char *path = getenv("PATH");
    for (const char *at = path ? path : ""; *at;) {
        size_t n = strcspn(at, ":");
        char *file = mem_format("%.*s/%s", (int)n, at, program);
        bool found = n > 0 && access(file, X_OK) == 0;
        free(file);
        if (found)
            return true;
        at += n + (at[n] == ':');
    }
    return false;
}

struct service *service_start(const struct service_options *options, struct err *err) {
    xmlInitParser(); /* feeds are written by several threads: it has to be done before they are */
    struct service *service = mem_zero(1, sizeof *service);
    service->root = mem_copy_text(options->root);
    layout_init(&service->layout);
    if (options->layout)
        service->layout = *options->layout;
    service->env_file = mem_copy_text(options->env_file ? options->env_file : service->layout.env);
    service->layout.env = service->env_file;
    service->fault = options->fault;
    service->rules = (struct answer_rules){
        .root = service->root,
        .layout = &service->layout,
        .candidate = options->candidate,
        .allow_http_loopback = options->allow_http_loopback,
        .has_ffmpeg = is_on_path("ffmpeg"),
    };
    if (wake_init(&service->stopping, err))
        goto out;
    service->has_stopping = true;
    bool split = options->health_listen != NULL;
    if (listener_start(&service->updates, service, split ? LISTENER_UPDATES : LISTENER_JOINED,
                       options->listen, "--listen", err))
        goto out;
    if (split && listener_start(&service->main, service, LISTENER_MAIN, options->health_listen,
                                "--health-listen", err))
        goto out;
    return service;
out:
    service_stop(service);
    return NULL;
}

enum err_code service_check(const struct service *service, struct err *err) {
    return answer_check(&service->rules, err);
}

const char *service_url(const struct service *service) {
    return service->updates.url;
}

const char *service_health_url(const struct service *service) {
    return service->main.daemon ? service->main.url : service->updates.url;
}

void service_stop(struct service *service) {
    if (!service)
        return;
    if (service->has_stopping)
        wake_signal(&service->stopping);
    if (service->updates.daemon)
        MHD_stop_daemon(service->updates.daemon);
    if (service->main.daemon)
        MHD_stop_daemon(service->main.daemon);
    if (service->has_stopping)
        wake_fini(&service->stopping);
    free(service->root);
    free(service->env_file);
    free(service);
}
