#include "src/model/filter.h"

#include <string.h>
#include <strings.h>

static bool contains(const char *text, const char *word, size_t n) {
    for (; *text; text++)
        if (strncasecmp(text, word, n) == 0)
            return true;
    return false;
}

bool filter_passes(const char *filter, const char *const *texts, size_t n) {
    for (const char *p = filter; *p;) {
        size_t length = strcspn(p, " ");
        bool found = length == 0;
        for (size_t i = 0; i < n && !found; i++)
            found = contains(texts[i], p, length);
        if (!found)
            return false;
        p += length + strspn(p + length, " ");
    }
    return true;
}
