#include "config/schema_rows.h"

static const struct option listen_rows[] = {
    {.key = "metrics",
     .type = OPTION_ADDRESS,
     .help = "address and port of /metrics",
     .example = "\"127.0.0.1:9464\""},
};
const struct section schema_listen =
    SECTION("listen", listen_rows, 0, "what gonogo itself answers");
