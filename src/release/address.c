#include "src/release/address.h"

#include <stdlib.h>
#include <string.h>

#include "src/base/buf.h"
#include "src/base/mem.h"

/* A URL cut into "https://…/", "TAG" and what follows it, "/NAME" and a query. */
struct parts {
    size_t tag, tag_n;
    bool fits; /* ends in a segment and /NAME */
};

static struct parts cut(const char *url, const char *name) {
    struct parts p = {0};
    const size_t n = strcspn(url, "?#"), tail = strlen(name);
    if (n < tail + 2 || memcmp(url + n - tail, name, tail) != 0 || url[n - tail - 1] != '/')
        return p;
    const size_t end = n - tail - 1;
    size_t start = end;
    while (start > 0 && url[start - 1] != '/')
        start--;
    if (start == 0 || start == end)
        return p;
    return (struct parts){.tag = start, .tag_n = end - start, .fits = true};
}

char *address_version_tag(const char *version) {
    return mem_format("v%s", version);
}

bool address_is_versioned(const char *url, const char *version) {
    const char *name = url + strcspn(url, "?#");
    while (name > url && name[-1] != '/')
        name--;
    char *last = mem_copy_bytes(name, strcspn(name, "?#"));
    char *tag = address_version_tag(version);
    struct parts p = cut(url, last);
    const bool is = p.fits && strlen(tag) == p.tag_n && memcmp(url + p.tag, tag, p.tag_n) == 0;
    free(last);
    free(tag);
    return is;
}

bool address_is_tag(const struct layout *layout, const char *tag) {
    if (tag[0] == 'v' && tag[1] >= '0' && tag[1] <= '9')
        return true;
    for (size_t c = 0; c < LAYOUT_CHANNELS; c++)
        for (size_t i = 0; i < 2; i++)
            if (strcmp(layout->channels[c].tags[i], tag) == 0)
                return true;
    return false;
}

static void fill(struct buf *out, const char *template, const char *tag, const char *name) {
    static const char tag_mark[] = "{tag}", name_mark[] = "{name}";
    for (const char *at = template; *at;) {
        if (strncmp(at, tag_mark, strlen(tag_mark)) == 0) {
            buf_add_text(out, tag);
            at += strlen(tag_mark);
        } else if (strncmp(at, name_mark, strlen(name_mark)) == 0) {
            buf_add_text(out, name);
            at += strlen(name_mark);
        } else {
            buf_add(out, at++, 1);
        }
    }
}

/* `url` with its tag replaced; NULL when it has none of ours. */
static char *retag(const struct layout *layout, const char *url, const char *tag,
                   const char *name) {
    struct parts p = cut(url, name);
    if (!p.fits)
        return NULL;
    char *old = mem_copy_bytes(url + p.tag, p.tag_n);
    const bool known = address_is_tag(layout, old);
    free(old);
    return known ? mem_format("%.*s%s%s", (int)p.tag, url, tag, url + p.tag + p.tag_n) : NULL;
}

char *address_make(const struct layout *layout, const char *tag, const char *name,
                   const char *existing, const char *other, struct err *err) {
    if (layout->url) {
        struct buf out;
        buf_init(&out, 0);
        fill(&out, layout->url, tag, name);
        return buf_steal(&out);
    }
    /* What both channels say belongs to neither, unless the tag says to whom. */
    char *url = existing ? retag(layout, existing, tag, name) : NULL;
    if (!url && existing && cut(existing, name).fits && !(other && strcmp(existing, other) == 0))
        url = mem_copy_text(existing);
    if (!url && other)
        url = retag(layout, other, tag, name);
    if (!url)
        err_set(err, ERR_REFUSED, tag, "give --url \"https://…/{tag}/{name}\"",
                "no manifest tells where %s of this tag is served", name);
    return url;
}
