/* Time zones by their IANA names, from the system's TZif files (RFC 8536): read once, never changed
 * after, and so shared by threads without locks. Not localtime(): that knows one zone per process. */
#ifndef GONOGO_BASE_ZONE_H
#define GONOGO_BASE_ZONE_H

#include <stdint.h>

#include "src/base/err.h"

struct zone;

/* "America/Toronto"; "UTC" and "+03:00" need no file. NULL and `err` (ERR_MISSING, ERR_PARSE, ERR_IO;
 * where is the name). */
struct zone *zone_load(const char *name, struct err *err);
/* The same from a file's bytes. */
struct zone *zone_parse(const char *name, const void *bytes, size_t n, struct err *err);
void zone_free(struct zone *z); /* NULL is fine */
const char *zone_name(const struct zone *z);

/* Seconds east of Greenwich at this moment. */
int zone_offset_s(const struct zone *z, int64_t utc_s);
/* What the wall clock there shows, as ms since 1970-01-01 00:00 on that clock. */
int64_t zone_local_ms(const struct zone *z, int64_t utc_ms);
/* When a wall clock there showed `local_ms`. In the hour that comes twice: the first time unless that
 * is before `after_ms` (a log only goes on; INT64_MIN = not known). In the hour that is left out: as
 * if the clock had not been moved yet. */
int64_t zone_utc_ms(const struct zone *z, int64_t local_ms, int64_t after_ms);

#endif
