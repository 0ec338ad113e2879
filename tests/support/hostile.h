/* An HTTP server on 127.0.0.1 that does exactly what a test wants, good or bad: exact bytes, resets,
 * drips, silence, TLS with any certificate. One thread of its own, any number of connections. */
#ifndef GONOGO_TESTS_HOSTILE_H
#define GONOGO_TESTS_HOSTILE_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/support/certs.h"

struct hostile_reply {
    char *bytes; /* on the heap; the server frees them; NULL = says nothing, and keeps the line */
    size_t n;
    bool reset;   /* RST behind the bytes */
    bool close;   /* FIN behind the bytes */
    int drip_ms;  /* one byte in so many ms; 0 = at once */
    int delay_ms; /* before the first byte */
};

/* Called in the server's thread for each request: its bytes up to the blank line, and how many
 * there were before. */
typedef void hostile_script(void *self, const char *request, unsigned number,
                            struct hostile_reply *reply);

struct hostile;

/* `cert` NULL = plain HTTP; else it and its key must outlive the server. Ends the program when it
 * cannot begin. */
struct hostile *hostile_start(hostile_script *script, void *self, const struct cert *cert);
void hostile_stop(struct hostile *h);
int hostile_port(const struct hostile *h);
unsigned hostile_requests(const struct hostile *h);    /* so far */
unsigned hostile_connections(const struct hostile *h); /* accepted so far */

/* Fills the reply with the text, formatted. */
void hostile_say(struct hostile_reply *reply, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A 200 with this type and body, and Content-Length; `extra` are header lines with their CRLF. */
void hostile_ok(struct hostile_reply *reply, const char *type, const char *body, const char *extra);

#endif
