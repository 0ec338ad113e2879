#include "config/schema_rows.h"

static const char *const formats[] = {"tray", "logfmt", NULL};

static const struct option listen_rows[] = {
    {.key = "metrics",
     .type = OPTION_ADDRESS,
     .help = "address and port of /metrics",
     .example = "\"127.0.0.1:9464\""},
};
const struct section schema_listen =
    SECTION("listen", listen_rows, 0, "what gonogo itself answers");

static const struct option log_rows[] = {
    {.key = "name",
     .type = OPTION_NAME,
     .flags = OPTION_REQUIRED,
     .help = "its name",
     .example = "client"},
    {.key = "format",
     .type = OPTION_CHOICE,
     .flags = OPTION_REQUIRED,
     .words = formats,
     .help = "how its lines are written",
     .example = "logfmt"},
    {.key = "paths",
     .type = OPTION_LIST,
     .item = OPTION_FILE,
     .flags = OPTION_REQUIRED,
     .min = 1,
     .max = LIST_MAX,
     .help = "files, * matches",
     .example = "[\"/var/log/nexy/*.log\"]"},
    {.key = "zone",
     .type = OPTION_TEXT,
     .help = "the time zone of its times",
     .example = "America/Toronto"},
    {.key = "backfill",
     .type = OPTION_DURATION,
     .min = SECOND,
     .max = 365 * DAY,
     .help = "how far back to read at the start",
     .example = "24h"},
};
const struct section schema_logs = SECTION("logs[]", log_rows, 0, "logs to judge");

static const struct option slo_rows[] = {
    {.key = "name",
     .type = OPTION_NAME,
     .flags = OPTION_REQUIRED,
     .help = "its name",
     .example = "start listening p95"},
    {.key = "metric",
     .type = OPTION_TEXT,
     .flags = OPTION_REQUIRED,
     .help = "what is measured",
     .example = "start_listening_latency_ms"},
    {.key = "quantile",
     .type = OPTION_NUMBER,
     .help = "the part of samples to hold for",
     .example = "0.95"},
    {.key = "max", .type = OPTION_NUMBER, .help = "the most it may be", .example = "600"},
    {.key = "min", .type = OPTION_NUMBER, .help = "the least it may be", .example = "0.98"},
    {.key = "window",
     .type = OPTION_DURATION,
     .min = SECOND,
     .max = 365 * DAY,
     .help = "the time judged",
     .example = "1h"},
    {.key = "burn",
     .type = OPTION_SWITCH,
     .help = "judge how fast its error budget burns",
     .example = "true"},
};
const struct section schema_slos = SECTION("slos[]", slo_rows, 0, "service levels");

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
