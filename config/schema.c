#include "config/schema.h"

#include <string.h>

#include "config/raw.h"

#define SECOND  INT64_C(1000)
#define MINUTE  (60 * SECOND)
#define HOUR    (60 * MINUTE)
#define DAY     (24 * HOUR)
#define AT(s, m) .offset = offsetof(struct s, m)
#define LIST_AT(s, m) .offset = offsetof(struct s, m), .count_offset = offsetof(struct s, m##_count)
#define SECTION(t, rows, s, h) \
    {.title = t, .help = h, .options = rows, .n_options = sizeof rows / sizeof *rows, .size = s}

/* A source asked more often than ten times a second is an attack, not a look. */
enum { EVERY_MIN_MS = 100, TIMEOUT_MIN_MS = 10 };
enum { LIST_MAX = 10000 };   /* patterns, words and arguments: more is a mistake */
enum { GATES_MAX = 1000 };   /* nobody reads more on a board */
enum { THINGS_MAX = 100000 }; /* environments, probes: as many as sources */

static const char *const roles[] = {"none", "stable", "candidate", NULL}; /* enum env_role */
static const char *const whens[] = {"always", "before", "after", NULL};   /* enum gate_when */
static const char *const wants[] = {"target", "stable", "same", NULL};    /* enum gate_want */
static const char *const unknowns[] = {"hold", "fail", NULL};             /* enum gate_on_unknown */
static const char *const formats[] = {"tray", "logfmt", NULL};
static const char *const confirms[] = {"word", "version", NULL};
static const char *const requirements[] = {"go", "any", NULL};

static const struct option poll_rows[] = {
    {.key = "every", .type = OPTION_DURATION, AT(raw_poll, every), .min = EVERY_MIN_MS, .max = DAY,
     .fallback = SCHEMA_EVERY, .help = "time from one look at a source to the next",
     .example = "5s"},
    {.key = "timeout", .type = OPTION_DURATION, AT(raw_poll, timeout), .min = TIMEOUT_MIN_MS,
     .max = 5 * MINUTE, .fallback = SCHEMA_TIMEOUT, .help = "the longest that one look may take",
     .example = "4s"},
    {.key = "connect_timeout", .type = OPTION_DURATION, AT(raw_poll, connect_timeout),
     .min = TIMEOUT_MIN_MS, .max = 5 * MINUTE, .fallback = SCHEMA_CONNECT_TIMEOUT,
     .help = "the longest that connecting may take; never more than timeout", .example = "2s"},
    {.key = "fail_after", .type = OPTION_COUNT, AT(raw_poll, fail_after), .min = 1, .max = 100,
     .fallback = "3", .help = "failures in a row that make a source down", .example = "3"},
    {.key = "recover_after", .type = OPTION_COUNT, AT(raw_poll, recover_after), .min = 1,
     .max = 100, .fallback = "2", .help = "good answers in a row that bring it back",
     .example = "2"},
};
static const struct section poll_section =
    SECTION("poll", poll_rows, sizeof(struct raw_poll), "how often and how patiently to look");

static const struct option tls_rows[] = {
    {.key = "ca_file", .type = OPTION_FILE, AT(raw_tls, ca_file),
     .help = "PEM file of the certificates to trust here, instead of the system's",
     .example = "staging-ca.pem"},
    {.key = "pin_sha256", .type = OPTION_PIN, AT(raw_tls, pin_sha256),
     .help = "base64 of the SHA-256 of the server's public key (SubjectPublicKeyInfo)",
     .example = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
};
static const struct section tls_section =
    SECTION("environments[].tls", tls_rows, sizeof(struct raw_tls),
            "trust for a self-signed server; verification itself cannot be turned off");

static const struct option probe_rows[] = {
    {.key = "name", .type = OPTION_NAME, .flags = OPTION_REQUIRED, AT(raw_probe, name),
     .help = "its name on the board; environment/name is the source's id", .example = "beta feed"},
    {.key = "kind", .type = OPTION_TEXT, .flags = OPTION_REQUIRED, AT(raw_probe, kind),
     .help = "what reads the answer, see the kinds of probes below", .example = "feed"},
    {.key = "path", .type = OPTION_PATH, AT(raw_probe, path),
     .help = "where to look, behind the environment's url", .example = "/updates/appcast-beta.xml"},
    {.key = "url", .type = OPTION_URL, AT(raw_probe, url),
     .help = "where to look, when it is elsewhere; the environment's headers go only to its own "
             "host",
     .example = "https://cdn.example.net/appcast.xml"},
    {.key = "file", .type = OPTION_FILE, AT(raw_probe, file),
     .help = "a file to look at; relative to the folder of this configuration",
     .example = "server/updates/manifests/manifest.json"},
    {.key = "every", .type = OPTION_DURATION, AT(raw_probe, every), .min = EVERY_MIN_MS, .max = DAY,
     .fallback = "poll.every", .help = "time from one look to the next", .example = "15s"},
    {.key = "timeout", .type = OPTION_DURATION, AT(raw_probe, timeout), .min = TIMEOUT_MIN_MS,
     .max = 5 * MINUTE, .fallback = "poll.timeout", .help = "the longest that one look may take",
     .example = "4s"},
    {.key = "fail_after", .type = OPTION_COUNT, AT(raw_probe, fail_after), .min = 1, .max = 100,
     .fallback = "poll.fail_after", .help = "failures in a row that make it down", .example = "3"},
    {.key = "recover_after", .type = OPTION_COUNT, AT(raw_probe, recover_after), .min = 1,
     .max = 100, .fallback = "poll.recover_after",
     .help = "good answers in a row that bring it back", .example = "2"},
    {.key = "version", .type = OPTION_POINTER, .flags = OPTION_MAY_BE_EMPTY,
     AT(raw_probe, version), .only = "health", .fallback = SCHEMA_VERSION,
     .help = "JSON pointer to the version; \"\" = there is none", .example = "/latest_version"},
    {.key = "build", .type = OPTION_POINTER, .flags = OPTION_MAY_BE_EMPTY, AT(raw_probe, build),
     .only = "health", .fallback = SCHEMA_BUILD,
     .help = "JSON pointer to the build; \"\" = there is none", .example = "/latest_build"},
    {.key = "status", .type = OPTION_TEXT, .flags = OPTION_MAY_BE_EMPTY, AT(raw_probe, status),
     .only = "health http", .fallback = SCHEMA_STATUS,
     .help = "health: JSON pointer to the status word; http: the status code to expect",
     .example = "200"},
    {.key = "ok", .type = OPTION_LIST, .item = OPTION_TEXT, LIST_AT(raw_probe, ok), .min = 1,
     .max = LIST_MAX, .only = "health", .fallback = "[OK, ok, healthy, running]",
     .help = "the status words that mean well", .example = "[running]"},
    {.key = "closed_on", .type = OPTION_COUNT, AT(raw_probe, closed_on), .min = 100, .max = 599,
     .only = "feed", .help = "the HTTP status that means closed on purpose, not broken",
     .example = "404"},
    {.key = "channels", .type = OPTION_LIST, .item = OPTION_TEXT, LIST_AT(raw_probe, channels),
     .flags = OPTION_MAY_BE_EMPTY, .min = 0, .max = LIST_MAX, .only = "feed",
     .fallback = "[beta] in a candidate environment, else []",
     .help = "the channels that the feed's readers asked for", .example = "[beta]"},
    {.key = "headers_contain", .type = OPTION_HEADERS, .only = "http",
     .help = "headers that must be there, each containing this text",
     .example = "{Content-Type: text/html}"},
    {.key = "body_contains", .type = OPTION_ARGUMENT, AT(raw_probe, body_contains), .only = "http",
     .help = "text that must be in the body", .example = "Welcome"},
    {.key = "body_lacks", .type = OPTION_ARGUMENT, AT(raw_probe, body_lacks), .only = "http",
     .help = "text that must not be in the body", .example = "Traceback"},
    {.key = "key", .type = OPTION_TEXT, AT(raw_probe, key), .only = "file-version",
     .fallback = "the file's only line",
     .help = "path of the scalar in a YAML file that holds the version",
     .example = "update.default_version"},
};
static const struct section probe_section =
    SECTION("environments[].probes[]", probe_rows, sizeof(struct raw_probe),
            "one source each; path, url or file says where it is");

static const struct option environment_rows[] = {
    {.key = "name", .type = OPTION_NAME, .flags = OPTION_REQUIRED, AT(raw_environment, name),
     .help = "its name on the board", .example = "production"},
    {.key = "role", .type = OPTION_CHOICE, .words = roles, AT(raw_environment, role),
     .help = "stable: what everybody gets; candidate: the version under test",
     .example = "candidate"},
    {.key = "url", .type = OPTION_URL, AT(raw_environment, url),
     .help = "where it answers; the paths of its probes go behind it",
     .example = "https://prod.example.net:4443"},
    {.key = "protected", .type = OPTION_SWITCH, AT(raw_environment, protected),
     .fallback = "false", .help = "actions on it ask for more", .example = "true"},
    {.key = "insecure", .type = OPTION_SWITCH, AT(raw_environment, insecure), .fallback = "false",
     .help = "allow http:// beyond this machine; the board says so", .example = "true"},
    {.key = "tls", .type = OPTION_MAP, .section = &tls_section, AT(raw_environment, tls),
     .help = "trust for a self-signed server", .example = "{ca_file: staging-ca.pem}"},
    {.key = "headers", .type = OPTION_HEADERS,
     .help = "sent with every request; secrets as env:NAME or file:PATH, never here",
     .example = "{Authorization: env:NEXY_TOKEN}"},
    {.key = "probes", .type = OPTION_MAPS, .section = &probe_section,
     LIST_AT(raw_environment, probes), .min = 1, .max = THINGS_MAX,
     .fallback = "by role: health, updates and the stable or beta feed",
     .help = "its sources", .example = "[{name: health, kind: health, path: /health}]"},
};
static const struct section environment_section =
    SECTION("environments[]", environment_rows, sizeof(struct raw_environment),
            "what is watched");

static const struct option gate_rows[] = {
    {.key = "name", .type = OPTION_NAME, .flags = OPTION_REQUIRED, AT(raw_gate, name),
     .help = "its name on the board", .example = "versions agree"},
    {.key = "kind", .type = OPTION_TEXT, .flags = OPTION_REQUIRED, AT(raw_gate, kind),
     .help = "what it judges, see the kinds of gates below", .example = "versions-agree"},
    {.key = "sources", .type = OPTION_LIST, .item = OPTION_TEXT, LIST_AT(raw_gate, sources),
     .min = 1, .max = LIST_MAX,
     .help = "environment/probe, * matches any run of characters, a leading ! takes out",
     .example = "[\"staging/*\", \"!staging/stable feed\"]"},
    {.key = "want", .type = OPTION_CHOICE, .words = wants, AT(raw_gate, want),
     .only = "versions-agree",
     .help = "what its sources must show: the target, the stable version, or all the same",
     .example = "stable"},
    {.key = "when", .type = OPTION_CHOICE, .words = whens, AT(raw_gate, when),
     .help = "counts before the promote, after it, or always", .example = "before"},
    {.key = "on_unknown", .type = OPTION_CHOICE, .words = unknowns, AT(raw_gate, on_unknown),
     .help = "what a source that is down means: hold, or fail (NO-GO)", .example = "fail"},
    {.key = "within", .type = OPTION_DURATION, AT(raw_gate, within), .min = EVERY_MIN_MS,
     .max = DAY, .only = "fresh", .fallback = "three times the source's own interval",
     .help = "how old the last good answer may be", .example = "30s"},
    {.key = "of", .type = OPTION_LIST, .item = OPTION_TEXT, LIST_AT(raw_gate, of), .min = 1,
     .max = GATES_MAX, .only = "soak",
     .fallback = "every versions-agree and feed-at-target gate that counts before or always",
     .help = "the gates that must hold all the time", .example = "[versions agree]"},
    {.key = "for", .type = OPTION_DURATION, AT(raw_gate, for_), .min = SECOND, .max = 365 * DAY,
     .only = "soak", .fallback = SCHEMA_SOAK_FOR, .help = "how long they must hold, observed",
     .example = "24h"},
    {.key = "max_gap", .type = OPTION_DURATION, AT(raw_gate, max_gap), .min = SECOND, .max = DAY,
     .only = "soak", .fallback = SCHEMA_SOAK_MAX_GAP,
     .help = "silence longer than this is not counted", .example = "10m"},
    {.key = "slos", .type = OPTION_LIST, .item = OPTION_TEXT, .flags = OPTION_UNREAD, .min = 1,
     .max = LIST_MAX, .only = "slo", .help = "names of slos, * matches", .example = "[\"*\"]"},
    {.key = "min_samples", .type = OPTION_COUNT, .flags = OPTION_UNREAD, .min = 1,
     .max = 1000000000, .only = "slo", .help = "fewer samples than this are unknown, not good",
     .example = "50"},
    {.key = "roles", .type = OPTION_LIST, .item = OPTION_TEXT, .flags = OPTION_UNREAD, .min = 1,
     .max = LIST_MAX, .only = "votes", .help = "who must say GO", .example = "[ops, support]"},
    {.key = "veto", .type = OPTION_LIST, .item = OPTION_TEXT, .flags = OPTION_UNREAD, .min = 1,
     .max = LIST_MAX, .only = "votes", .help = "whose NO-GO cannot be waived", .example = "[ops]"},
    {.key = "expires", .type = OPTION_DURATION, .flags = OPTION_UNREAD, .min = SECOND,
     .max = 365 * DAY, .only = "votes", .help = "how long a vote holds", .example = "12h"},
    {.key = "run", .type = OPTION_LIST, .item = OPTION_ARGUMENT, .flags = OPTION_UNREAD, .min = 1,
     .max = LIST_MAX, .only = "command", .help = "the command, word by word; no shell reads it",
     .example = "[python3, scripts/run_release_suite.py]"},
    {.key = "every", .type = OPTION_DURATION, .flags = OPTION_UNREAD, .min = SECOND,
     .max = 365 * DAY, .only = "command", .help = "how often the command is run", .example = "1h"},
    {.key = "timeout", .type = OPTION_DURATION, .flags = OPTION_UNREAD, .min = SECOND, .max = DAY,
     .only = "command", .help = "when the command is stopped", .example = "15m"},
    {.key = "allow", .type = OPTION_LIST, .item = OPTION_TEXT, .flags = OPTION_UNREAD, .min = 1,
     .max = LIST_MAX, .only = "window", .help = "days and hours that are open",
     .example = "[\"Mon-Thu 09:00-16:00\"]"},
    {.key = "zone", .type = OPTION_TEXT, .flags = OPTION_UNREAD, .only = "window",
     .help = "the time zone of allow", .example = "America/Toronto"},
};
static const struct section gate_section =
    SECTION("gates[]", gate_rows, sizeof(struct raw_gate), "the conditions for GO");

static const struct option listen_rows[] = {
    {.key = "metrics", .type = OPTION_ADDRESS, .help = "address and port of /metrics",
     .example = "\"127.0.0.1:9464\""},
};
static const struct section listen_section =
    SECTION("listen", listen_rows, 0, "what gonogo itself answers");

static const struct option log_rows[] = {
    {.key = "name", .type = OPTION_NAME, .flags = OPTION_REQUIRED, .help = "its name",
     .example = "client"},
    {.key = "format", .type = OPTION_CHOICE, .flags = OPTION_REQUIRED, .words = formats,
     .help = "how its lines are written", .example = "logfmt"},
    {.key = "paths", .type = OPTION_LIST, .item = OPTION_FILE, .flags = OPTION_REQUIRED, .min = 1,
     .max = LIST_MAX, .help = "files, * matches", .example = "[\"/var/log/nexy/*.log\"]"},
    {.key = "zone", .type = OPTION_TEXT, .help = "the time zone of its times",
     .example = "America/Toronto"},
    {.key = "backfill", .type = OPTION_DURATION, .min = SECOND, .max = 365 * DAY,
     .help = "how far back to read at the start", .example = "24h"},
};
static const struct section log_section = SECTION("logs[]", log_rows, 0, "logs to judge");

static const struct option slo_rows[] = {
    {.key = "name", .type = OPTION_NAME, .flags = OPTION_REQUIRED, .help = "its name",
     .example = "start listening p95"},
    {.key = "metric", .type = OPTION_TEXT, .flags = OPTION_REQUIRED, .help = "what is measured",
     .example = "start_listening_latency_ms"},
    {.key = "quantile", .type = OPTION_NUMBER, .help = "the part of samples to hold for",
     .example = "0.95"},
    {.key = "max", .type = OPTION_NUMBER, .help = "the most it may be", .example = "600"},
    {.key = "min", .type = OPTION_NUMBER, .help = "the least it may be", .example = "0.98"},
    {.key = "window", .type = OPTION_DURATION, .min = SECOND, .max = 365 * DAY,
     .help = "the time judged", .example = "1h"},
    {.key = "burn", .type = OPTION_SWITCH, .help = "judge how fast its error budget burns",
     .example = "true"},
};
static const struct section slo_section = SECTION("slos[]", slo_rows, 0, "service levels");

static const struct option person_rows[] = {
    {.key = "name", .type = OPTION_NAME, .flags = OPTION_REQUIRED, .help = "who",
     .example = "ops-lead"},
    {.key = "roles", .type = OPTION_LIST, .item = OPTION_TEXT, .flags = OPTION_REQUIRED, .min = 1,
     .max = LIST_MAX, .help = "what they speak for", .example = "[ops]"},
};
static const struct section person_section = SECTION("people[]", person_rows, 0, "who votes");

static const struct option step_rows[] = {
    {.key = "name", .type = OPTION_NAME, .flags = OPTION_REQUIRED, .help = "its name in the plan",
     .example = "copy the assets"},
    {.key = "run", .type = OPTION_LIST, .item = OPTION_ARGUMENT, .min = 1, .max = LIST_MAX,
     .help = "the command, word by word; no shell reads it", .example = "[echo, \"{target}\"]"},
    {.key = "timeout", .type = OPTION_DURATION, .min = SECOND, .max = DAY,
     .help = "when the command is stopped", .example = "10m"},
    {.key = "expect", .type = OPTION_LIST, .item = OPTION_TEXT, .min = 1, .max = GATES_MAX,
     .help = "gates that must pass for the step to count", .example = "[production agrees]"},
    {.key = "within", .type = OPTION_DURATION, .min = SECOND, .max = DAY,
     .help = "how long to wait for them", .example = "10m"},
};
static const struct section step_section =
    SECTION("actions[].steps[]", step_rows, 0, "what an action does, in this order");

static const struct option action_rows[] = {
    {.key = "name", .type = OPTION_NAME, .flags = OPTION_REQUIRED, .help = "its name",
     .example = "promote"},
    {.key = "key", .type = OPTION_TEXT, .help = "the key that opens its plan", .example = "p"},
    {.key = "confirm", .type = OPTION_CHOICE, .words = confirms,
     .help = "what is typed to start it: its name, or the target version", .example = "version"},
    {.key = "requires", .type = OPTION_CHOICE, .words = requirements,
     .help = "the verdict that it needs", .example = "go"},
    {.key = "steps", .type = OPTION_MAPS, .section = &step_section, .flags = OPTION_REQUIRED,
     .min = 1, .max = LIST_MAX, .help = "what it does",
     .example = "[{name: close beta, run: [gonogo, killswitch]}]"},
};
static const struct section action_section =
    SECTION("actions[]", action_rows, 0, "what people can start from the board");

static const struct option root_rows[] = {
    {.key = "product", .type = OPTION_TEXT, .flags = OPTION_REQUIRED, AT(raw_config, product),
     .help = "the product being released", .example = "Nexy"},
    {.key = "target", .type = OPTION_VERSION, AT(raw_config, target), .fallback = "auto",
     .help = "the version to judge; auto = the newest item of target_from",
     .example = "\"2.0.0.20\""},
    {.key = "target_from", .type = OPTION_TEXT, AT(raw_config, target_from),
     .fallback = "the first feed of the first candidate environment",
     .help = "the source whose newest item is the target", .example = "staging/beta feed"},
    {.key = "stable_from", .type = OPTION_TEXT, AT(raw_config, stable_from),
     .fallback = "the first feed of the first stable environment",
     .help = "the source that shows what everybody gets", .example = "production/stable feed"},
    {.key = "poll", .type = OPTION_MAP, .section = &poll_section, AT(raw_config, poll),
     .help = "how often and how patiently to look", .example = "{every: 5s, timeout: 4s}"},
    {.key = "store", .type = OPTION_TEXT, AT(raw_config, store), .fallback = "sqlite",
     .help = "where history and soak are kept: sqlite ($XDG_STATE_HOME/gonogo/), sqlite:PATH or "
             "none",
     .example = "sqlite:state/gonogo.db"},
    {.key = "listen", .type = OPTION_MAP, .section = &listen_section, .flags = OPTION_UNREAD,
     .help = "what gonogo itself answers", .example = "{metrics: \"127.0.0.1:9464\"}",
     .later = "not served"},
    {.key = "environments", .type = OPTION_MAPS, .section = &environment_section,
     .flags = OPTION_REQUIRED, LIST_AT(raw_config, environments), .min = 1, .max = THINGS_MAX,
     .help = "what is watched", .example = "[{name: production, role: stable, url: …}]"},
    {.key = "logs", .type = OPTION_MAPS, .section = &log_section, .flags = OPTION_UNREAD, .min = 1,
     .max = LIST_MAX, .help = "logs to judge", .example = "[{name: server, format: logfmt, …}]",
     .later = "not read"},
    {.key = "slos", .type = OPTION_MAPS, .section = &slo_section, .flags = OPTION_UNREAD, .min = 1,
     .max = LIST_MAX, .help = "service levels", .example = "[{name: start, metric: …, max: 600}]",
     .later = "not judged"},
    {.key = "gates", .type = OPTION_MAPS, .section = &gate_section, .flags = OPTION_REQUIRED,
     LIST_AT(raw_config, gates), .min = 1, .max = GATES_MAX, .help = "the conditions for GO",
     .example = "[{name: versions agree, kind: versions-agree, sources: [\"staging/*\"]}]"},
    {.key = "people", .type = OPTION_MAPS, .section = &person_section, .flags = OPTION_UNREAD,
     .min = 1, .max = LIST_MAX, .help = "who votes", .example = "[{name: ops-lead, roles: [ops]}]",
     .later = "not asked"},
    {.key = "actions", .type = OPTION_MAPS, .section = &action_section, .flags = OPTION_UNREAD,
     .min = 1, .max = LIST_MAX, .help = "what people can start from the board",
     .example = "[{name: promote, steps: […]}]", .later = "not offered"},
};
static const struct section root_section =
    SECTION("", root_rows, sizeof(struct raw_config), "the file itself");

const struct section *schema_root(void) {
    return &root_section;
}

const struct option *schema_option(const struct section *section, const char *key) {
    for (size_t i = 0; i < section->n_options; i++) {
        if (strcmp(section->options[i].key, key) == 0) {
            return &section->options[i];
        }
    }
    return NULL;
}

bool schema_is_for(const struct option *option, const char *kind) {
    size_t len = strlen(kind);
    for (const char *at = option->only; at != NULL; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (strncmp(at, kind, len) == 0 && (at[len] == ' ' || at[len] == '\0')) {
            return true;
        }
    }
    return option->only == NULL;
}
