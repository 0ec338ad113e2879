/* How far a URL may be trusted to carry what a release rests on: https, or this machine itself. */
#ifndef GONOGO_MODEL_URL_H
#define GONOGO_MODEL_URL_H

#include <stdbool.h>

enum url_safety {
    URL_NONE,          /* no http or https URL with a host, or blanks and controls in it */
    URL_HTTP,          /* http:// to somewhere else: anybody on the way can change the bytes */
    URL_HTTP_LOOPBACK, /* http:// to localhost, 127.0.0.0/8 or [::1] */
    URL_HTTPS,
};

enum url_safety url_safety(const char *url);

/* Does it look like a URL at all ("scheme://…"), rather than the name of a file? */
bool url_has_scheme(const char *text);

/* `reference` as a reader of the feed at `base` sees it (RFC 3986): "Nexy.dmg" in
 * https://a.example/x/appcast.xml is https://a.example/x/Nexy.dmg. Blanks are written %20, as Sparkle
 * does. On the heap; NULL when there is nothing to make of it. */
char *url_resolve(const char *base, const char *reference);

/* The path ends in .xml: what an AppCast's URL looks like, and an artifact's never. */
bool url_names_feed(const char *url);

#endif
