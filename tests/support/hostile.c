#include "tests/support/hostile.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/base/clock.h"
#include "src/base/mem.h"
#include "src/base/wake.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* signals are blocked in the server's thread */
#endif

enum { REQUEST_MAX = 16 << 10, CONNECTIONS_MAX = 4096 };

struct connection {
    int fd;
    SSL *ssl;
    char request[REQUEST_MAX];
    size_t got;
    bool answering, wants_write;
    struct hostile_reply reply;
    size_t sent;
    int64_t next_ms; /* when the next byte may go */
};

struct hostile {
    pthread_t thread;
    struct wake wake;
    _Atomic bool stop;
    _Atomic unsigned requests;
    _Atomic unsigned accepted;
    int listener;
    int port;
    SSL_CTX *tls;
    hostile_script *script;
    void *self;
    struct connection *connections[CONNECTIONS_MAX];
    size_t n;
    struct pollfd polls[CONNECTIONS_MAX + 2];
};

static int64_t now_ms(void) {
    return clock_mono_ms(clock_system());
}

static void need(bool ok, const char *what) {
    if (ok)
        return;
    perror(what);
    abort();
}

static void drop(struct hostile *h, size_t i, bool reset) {
    struct connection *c = h->connections[i];
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    if (reset)
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    SSL_free(c->ssl);
    close(c->fd);
    free(c->reply.bytes);
    free(c);
    h->connections[i] = h->connections[--h->n];
}

static void take(struct hostile *h) {
    int one = 1, fd = accept(h->listener, NULL, NULL);
    if (fd < 0)
        return;
    if (h->n == CONNECTIONS_MAX) {
        close(fd);
        return;
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    struct connection *c = mem_zero(1, sizeof(*c));
    c->fd = fd;
    if (h->tls) {
        c->ssl = SSL_new(h->tls);
        SSL_set_fd(c->ssl, fd);
        SSL_set_accept_state(c->ssl);
    }
    h->connections[h->n++] = c;
    atomic_fetch_add(&h->accepted, 1);
}

/* > 0 bytes, 0 = later, < 0 = the end. */
static int transfer(struct connection *c, char *into, const char *from, size_t n) {
    c->wants_write = false;
    if (c->ssl) {
        int rc = into ? SSL_read(c->ssl, into, (int)n) : SSL_write(c->ssl, from, (int)n);
        int why = rc > 0 ? SSL_ERROR_NONE : SSL_get_error(c->ssl, rc);
        c->wants_write = why == SSL_ERROR_WANT_WRITE;
        return rc > 0 ? rc : why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
    ssize_t rc = into ? recv(c->fd, into, n, 0) : send(c->fd, from, n, MSG_NOSIGNAL);
    bool later = rc < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    c->wants_write = later && !into;
    return rc > 0 ? (int)rc : later ? 0 : -1;
}

/* False: the connection is gone. */
static bool hear(struct hostile *h, size_t i) {
    struct connection *c = h->connections[i];
    int n = transfer(c, c->request + c->got, NULL, REQUEST_MAX - 1 - c->got);
    if (n < 0) {
        drop(h, i, false);
        return false;
    }
    c->got += (size_t)n;
    c->request[c->got] = '\0';
    if (c->request[0] == 0x16 && !c->answering) { /* TLS on a plain port: as servers do */
        hostile_say(&c->reply, "HTTP/1.1 400 Bad Request\r\n\r\n");
        c->reply.close = c->answering = true;
    }
    char *end = strstr(c->request, "\r\n\r\n");
    if (!end || c->answering)
        return true;
    end[2] = '\0';
    h->script(h->self, c->request, atomic_fetch_add(&h->requests, 1), &c->reply);
    c->answering = true;
    c->sent = 0;
    c->next_ms = now_ms() + c->reply.delay_ms;
    size_t used = (size_t)(end + 4 - c->request);
    memmove(c->request, end + 4, c->got - used + 1);
    c->got -= used;
    return true;
}

static bool answer(struct hostile *h, size_t i) {
    struct connection *c = h->connections[i];
    while (c->reply.bytes && c->sent < c->reply.n && c->next_ms <= now_ms()) {
        size_t n = c->reply.drip_ms ? 1 : c->reply.n - c->sent;
        int sent = transfer(c, NULL, c->reply.bytes + c->sent, n);
        if (sent < 0) {
            drop(h, i, false);
            return false;
        }
        if (sent == 0)
            return true;
        c->sent += (size_t)sent;
        if (c->reply.drip_ms)
            c->next_ms = now_ms() + c->reply.drip_ms;
    }
    if (!c->reply.bytes || c->sent < c->reply.n || c->next_ms > now_ms())
        return true;
    if (c->reply.reset || c->reply.close) {
        drop(h, i, c->reply.reset);
        return false;
    }
    free(c->reply.bytes);
    c->reply = (struct hostile_reply){0};
    c->answering = false;
    return true;
}

static int sleep_ms(const struct hostile *h) {
    int64_t sleep = 1000, now = now_ms();
    for (size_t i = 0; i < h->n; i++) {
        const struct connection *c = h->connections[i];
        if (c->answering && c->reply.bytes && c->next_ms - now < sleep && !c->wants_write)
            sleep = c->next_ms - now;
    }
    return sleep < 0 ? 0 : (int)sleep;
}

static void turn(struct hostile *h) {
    h->polls[0] = (struct pollfd){.fd = h->listener, .events = POLLIN};
    h->polls[1] = (struct pollfd){.fd = h->wake.read_fd, .events = POLLIN};
    for (size_t i = 0; i < h->n; i++)
        h->polls[i + 2] = (struct pollfd){
            .fd = h->connections[i]->fd,
            .events = (short)(POLLIN | (h->connections[i]->wants_write ? POLLOUT : 0))};
    poll(h->polls, h->n + 2, sleep_ms(h));
    for (size_t i = h->n; i-- > 0;) { /* from behind: drop() moves the last one down */
        bool there = true;
        if (h->polls[i + 2].revents)
            there = hear(h, i);
        if (there && h->connections[i]->answering)
            answer(h, i);
    }
    if (h->polls[0].revents)
        take(h);
}

static void *run(void *self) {
    struct hostile *h = self;
    while (!atomic_load(&h->stop))
        turn(h);
    while (h->n > 0)
        drop(h, 0, false);
    return NULL;
}

/* Takes what libcurl offers: h2 is for tests that want it, and none does here. */
static SSL_CTX *make_tls(const struct cert *cert) {
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    need(tls && SSL_CTX_use_certificate(tls, cert->x509) == 1 &&
             SSL_CTX_use_PrivateKey(tls, cert->key) == 1,
         "TLS");
    return tls;
}

struct hostile *hostile_start(hostile_script *script, void *self, const struct cert *cert) {
    struct hostile *h = mem_zero(1, sizeof(*h));
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    sigset_t all, before;
    h->script = script;
    h->self = self;
    h->tls = cert ? make_tls(cert) : NULL;
    h->listener = socket(AF_INET, SOCK_STREAM, 0);
    need(h->listener >= 0 && bind(h->listener, (struct sockaddr *)&at, n) == 0 &&
             listen(h->listener, 1024) == 0 &&
             getsockname(h->listener, (struct sockaddr *)&at, &n) == 0,
         "a listener");
    fcntl(h->listener, F_SETFL, O_NONBLOCK);
    fcntl(h->listener, F_SETFD, FD_CLOEXEC);
    h->port = ntohs(at.sin_port);
    need(wake_init(&h->wake, NULL) == ERR_OK, "a wake");
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    need(pthread_create(&h->thread, NULL, run, h) == 0, "a thread");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return h;
}

void hostile_stop(struct hostile *h) {
    if (!h)
        return;
    atomic_store(&h->stop, true);
    wake_signal(&h->wake);
    pthread_join(h->thread, NULL);
    close(h->listener);
    SSL_CTX_free(h->tls);
    wake_fini(&h->wake);
    free(h);
}

int hostile_port(const struct hostile *h) {
    return h->port;
}

unsigned hostile_requests(const struct hostile *h) {
    return atomic_load(&h->requests);
}

unsigned hostile_connections(const struct hostile *h) {
    return atomic_load(&h->accepted);
}

void hostile_say(struct hostile_reply *reply, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    need(n >= 0, "a format");
    reply->bytes = mem_alloc((size_t)n + 1);
    va_start(args, format);
    vsnprintf(reply->bytes, (size_t)n + 1, format, args);
    va_end(args);
    reply->n = (size_t)n;
}

void hostile_ok(struct hostile_reply *reply, const char *type, const char *body,
                const char *extra) {
    hostile_say(reply, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n%sContent-Length: %zu\r\n\r\n%s",
                type, extra ? extra : "", strlen(body), body);
}
