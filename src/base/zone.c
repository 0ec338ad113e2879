#include "src/base/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/base/zone_rule.h"

enum {
    FILE_CAP = 64 << 10, /* the largest of the IANA's is under 4 KiB, in its fat form */
    NAME_MAX_LEN = 64,
    HEADER = 44,
    TYPE_BYTES = 6,
};

struct zone {
    char name[NAME_MAX_LEN + 1];
    size_t n; /* transitions */
    int64_t *at;
    int *offset; /* from `at` on */
    int first_s; /* before the first */
    struct zone_rule rule;
};

/* ---- TZif ---- */

static int64_t big_endian(const unsigned char *p, size_t n) {
    uint64_t value = p[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | p[i];
    return (int64_t)value;
}

/* The counts of a header, in the order of the file. */
struct header {
    size_t utc_flags, standard_flags, leaps, times, types, letters;
};

static bool read_header(const unsigned char *p, size_t left, struct header *h) {
    if (left < HEADER || memcmp(p, "TZif", 4) != 0)
        return false;
    size_t *counts[] = {&h->utc_flags, &h->standard_flags, &h->leaps,
                        &h->times,     &h->types,          &h->letters};
    for (size_t i = 0; i < 6; i++) {
        int64_t n = big_endian(p + 20 + 4 * i, 4);
        if (n < 0 || n > FILE_CAP)
            return false;
        *counts[i] = (size_t)n;
    }
    return h->types > 0;
}

static size_t block_size(const struct header *h, size_t time) {
    return h->times * (time + 1) + h->types * TYPE_BYTES + h->letters + h->leaps * (time + 4) +
           h->standard_flags + h->utc_flags;
}

static bool read_block(struct zone *z, const unsigned char *p, const struct header *h,
                       size_t time) {
    const unsigned char *index = p + h->times * time, *types = index + h->times;
    z->n = h->times;
    z->at = mem_zero(z->n + 1, sizeof *z->at);
    z->offset = mem_zero(z->n + 1, sizeof *z->offset);
    z->first_s = (int)big_endian(types, 4);
    for (size_t i = 0; i < z->n; i++) {
        if (index[i] >= h->types)
            return false;
        z->at[i] = big_endian(p + i * time, time);
        z->offset[i] = (int)big_endian(types + TYPE_BYTES * index[i], 4);
        if (i > 0 && z->at[i] <= z->at[i - 1])
            return false;
    }
    for (size_t i = 0; i < h->types;
         i++) { /* before the first transition: the first standard one */
        if (types[TYPE_BYTES * i + 4] == 0) {
            z->first_s = (int)big_endian(types + TYPE_BYTES * i, 4);
            break;
        }
    }
    return true;
}

static bool read_file(struct zone *z, const unsigned char *p, size_t n) {
    struct header h;
    if (!read_header(p, n, &h) || n - HEADER < block_size(&h, 4))
        return false;
    if (p[4] < '2') /* version 1: 32 bits, and no rule */
        return read_block(z, p + HEADER, &h, 4);
    size_t at = HEADER + block_size(&h, 4);
    if (!read_header(p + at, n - at, &h) || n - at - HEADER < block_size(&h, 8))
        return false;
    at += HEADER;
    if (!read_block(z, p + at, &h, 8))
        return false;
    at += block_size(&h, 8);
    const unsigned char *end =
        at < n && p[at] == '\n' ? memchr(p + at + 1, '\n', n - at - 1) : NULL;
    if (!end)
        return false;
    size_t length = (size_t)(end - p) - at - 1;
    return length == 0 || zone_rule_parse((const char *)p + at + 1, length, &z->rule);
}

struct zone *zone_parse(const char *name, const void *bytes, size_t n, struct err *err) {
    struct zone *z = mem_zero(1, sizeof *z);
    snprintf(z->name, sizeof z->name, "%s", name);
    if (read_file(z, bytes, n))
        return z;
    zone_free(z);
    err_set(err, ERR_PARSE, name, "install the system's time zones (tzdata) again",
            "its file is no TZif file");
    return NULL;
}

void zone_free(struct zone *z) {
    if (!z)
        return;
    free(z->at);
    free(z->offset);
    free(z);
}

/* ---- files ---- */

/* "+03:00", "UTC", "Z". */
static bool fixed_offset(const char *name, int *offset_s) {
    int digit[4] = {0}, n = 0;
    *offset_s = 0;
    if (strcmp(name, "UTC") == 0 || strcmp(name, "Z") == 0)
        return true;
    if (strlen(name) != 6 || (name[0] != '+' && name[0] != '-') || name[3] != ':')
        return false;
    for (const char *c = name + 1; *c; c++) {
        if (c == name + 3)
            continue;
        if (*c < '0' || *c > '9')
            return false;
        digit[n++] = *c - '0';
    }
    int hours = digit[0] * 10 + digit[1], minutes = digit[2] * 10 + digit[3];
    *offset_s = (hours * 3600 + minutes * 60) * (name[0] == '-' ? -1 : 1);
    return hours <= 23 && minutes <= 59;
}

/* A name may not lead out of the folder of zones. */
static bool sound_name(const char *name) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t n = strlen(name);
    if (n == 0 || n > NAME_MAX_LEN || !strchr(letters, name[0]) || strstr(name, "//"))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!strchr(letters, name[i]) && !strchr("0123456789_+-/", name[i]))
            return false;
    return true;
}

static int open_zone(const char *name) {
    static const char *const folders[] = {"/usr/share/zoneinfo", "/usr/lib/zoneinfo",
                                          "/usr/share/lib/zoneinfo", "/etc/zoneinfo",
                                          "/var/db/timezone/zoneinfo"};
    char path[NAME_MAX_LEN + 40];
    int fd = -1;
    for (size_t i = 0; i < sizeof folders / sizeof *folders && fd < 0; i++) {
        snprintf(path, sizeof path, "%s/%s", folders[i], name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    return fd;
}

struct zone *zone_load(const char *name, struct err *err) {
    int offset_s;
    if (fixed_offset(name, &offset_s)) {
        struct zone *z = mem_zero(1, sizeof *z);
        snprintf(z->name, sizeof z->name, "%s", name);
        z->first_s = offset_s;
        return z;
    }
    int fd = sound_name(name) ? open_zone(name) : -1;
    if (fd < 0) {
        err_set(
            err, ERR_MISSING, name,
            "write one like America/Toronto, UTC or +03:00 (names come from the system's tzdata)",
            "there is no such time zone");
        return NULL;
    }
    char *bytes = mem_alloc(FILE_CAP);
    size_t have = 0;
    ssize_t got;
    while (have < FILE_CAP &&
           ((got = read(fd, bytes + have, FILE_CAP - have)) > 0 || (got < 0 && errno == EINTR)))
        have += got > 0 ? (size_t)got : 0;
    close(fd);
    struct zone *z = zone_parse(name, bytes, have, err);
    free(bytes);
    return z;
}

const char *zone_name(const struct zone *z) {
    return z->name;
}

/* ---- moments ---- */

int zone_offset_s(const struct zone *z, int64_t utc_s) {
    if (z->n == 0 || utc_s < z->at[0])
        return z->n == 0 && z->rule.known ? zone_rule_offset_s(&z->rule, utc_s) : z->first_s;
    if (utc_s >= z->at[z->n - 1])
        return z->rule.known ? zone_rule_offset_s(&z->rule, utc_s) : z->offset[z->n - 1];
    size_t low = 0, high = z->n - 1;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (z->at[middle] <= utc_s)
            low = middle;
        else
            high = middle;
    }
    return z->offset[low];
}

static int64_t to_seconds(int64_t ms) {
    return ms / 1000 - (ms % 1000 < 0);
}

int64_t zone_local_ms(const struct zone *z, int64_t utc_ms) {
    return utc_ms + (int64_t)zone_offset_s(z, to_seconds(utc_ms)) * 1000;
}

/* No zone moves its clock twice within two days: the offsets on both sides of the moment are all that
 * can hold. */
int64_t zone_utc_ms(const struct zone *z, int64_t local_ms, int64_t after_ms) {
    const int64_t day_ms = INT64_C(86400) * 1000;
    if (local_ms < INT64_MIN / 2 || local_ms > INT64_MAX / 2)
        return local_ms;
    int64_t before = (int64_t)zone_offset_s(z, to_seconds(local_ms - day_ms)) * 1000;
    int64_t behind = (int64_t)zone_offset_s(z, to_seconds(local_ms + day_ms)) * 1000;
    int64_t first = local_ms - before, second = local_ms - behind;
    bool first_holds = zone_local_ms(z, first) == local_ms;
    bool second_holds = zone_local_ms(z, second) == local_ms;
    if (first_holds && second_holds)
        return first >= after_ms || second < after_ms ? first : second;
    return second_holds ? second : first;
}
