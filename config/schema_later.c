#include "config/schema_rows.h"

static const struct option listen_rows[] = {
    {.key = "metrics",
     .type = OPTION_ADDRESS,
     .help = "address and port of /metrics",
     .example = "\"127.0.0.1:9464\""},
};
const struct section schema_listen =
    SECTION("listen", listen_rows, 0, "what gonogo itself answers");

static const struct option person_rows[] = {
    {.key = "name",
     .type = OPTION_NAME,
     .flags = OPTION_REQUIRED,
     .help = "who",
     .example = "ops-lead"},
    {.key = "roles",
     .type = OPTION_LIST,
     .item = OPTION_TEXT,
     .flags = OPTION_REQUIRED,
     .min = 1,
     .max = LIST_MAX,
     .help = "what they speak for",
     .example = "[ops]"},
};
const struct section schema_people = SECTION("people[]", person_rows, 0, "who votes");
