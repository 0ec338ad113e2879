#include "src/cmd/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "src/base/mem.h"
#include "src/base/program.h"
#include "src/base/text.h"
#include "src/cmd/kinds.h"
#include "src/model/version.h"

/* What every command on a release tree takes (flow_args.h). */
#define FLOW_HELP                                                                             \
    "  --root DIR         the tree with VERSION, config.env, server/ and assets/\n"           \
    "  -c FILE            a configuration: its section `release` names what is in the tree\n" \
    "  --dry-run          print exactly the steps, write nothing\n"                           \
    "  --json             one JSON document instead of lines\n"                               \
    "  --lock-timeout DUR how long to wait for whoever changes the tree (default 10s)\n"
#define URL_HELP \
    "  --url TEMPLATE     https://…/{tag}/{name}; without it as the manifests have it\n"
#define HTTP_HELP     "  --allow-http-loopback artifact URLs may be http:// to this machine\n"
#define ENV_FILE_HELP "  --env-file NAME    instead of config.env in the tree\n"

/* What everybody says who speaks (say.h). */
#define SAY_HELP                                                                              \
    "  --as NAME          who speaks; without it the person of this OS user in people:, or\n" \
    "                     the OS user\n"                                                      \
    "  --reason TEXT      why; at most 2047 bytes\n"                                          \
    "  --fingerprint HEX  of the candidate that it is about (gonogo check --json), without\n" \
    "                     asking the sources, with --target; without it they are\n"           \
    "  --wait DUR         for the sources (default 30s)\n"                                    \
    "  -c FILE            the configuration (see `gonogo dashboard --help`)\n"                \
    "  --target VERSION   judge this version, whatever the configuration says\n"              \
    "  --json             the entry as it was written, instead of words\n"

static const struct cmd commands[] = {
    {.name = "dashboard",
     .args = "[-c FILE] [--target VERSION] [--as NAME] [--read-only]",
     .help = "the screen; what `gonogo` without a command shows",
     .more =
         "  -c FILE            the configuration; without it $GONOGO_CONFIG, ./gonogo.yaml,\n"
         "                     $XDG_CONFIG_HOME/gonogo/gonogo.yaml, /etc/gonogo/gonogo.yaml\n"
         "  --target VERSION   judge this version, whatever the configuration says\n"
         "  --as NAME          who sits here; without it the person of this OS user in people:,\n"
         "                     or the OS user\n"
         "  --read-only        show everything, do nothing\n",
     .run = cmd_dashboard},
    {.name = "check",
     .args = "[-c FILE] [--target VERSION] [--json] [--wait DUR]",
     .help = "one judgement: exit 0 GO, 1 NO-GO, 3 HOLD",
     .more =
         "  -c FILE            the configuration (see `gonogo dashboard --help`)\n"
         "  --target VERSION   judge this version, whatever the configuration says\n"
         "  --json             one JSON document instead of lines\n"
         "  --wait DUR         answer at the latest after DUR (default 30s); it answers as soon\n"
         "                     as no source is pending any more\n",
     .run = cmd_check},
    {.name = "vote",
     .args = "ROLE go|no-go|abstain [--as NAME] [--reason TEXT] [OPTION…]",
     .help = "a role speaks about the candidate: exit 0 written down, 1 refused",
     .more =
         "  ROLE               one that a gate of kind votes waits for. Its last vote counts, for\n"
         "                     the bytes it was given for: when they change it is void\n"
         "  no-go              needs a reason\n" SAY_HELP,
     .run = cmd_vote},
    {.name = "tick",
     .args = "GATE [--item NAME] [--link URL] [--as NAME] [OPTION…]",
     .help = "a person ticks a checklist off for this version: exit 0 written down, 1 refused",
     .more = "  GATE               a gate of kind checklist\n"
             "  --item NAME        one of its items, when it has some\n"
             "  --link URL         where the proof is\n"
             "  --undo             take the tick back\n" SAY_HELP,
     .run = cmd_tick},
    {.name = "waive",
     .args = "GATE --reason TEXT --for DUR|--until TIME | --approve | --withdraw [OPTION…]",
     .help = "override a gate by name, for a time: exit 0 written down, 1 refused",
     .more = "  --for DUR          how long it counts (30m, 2h, 1d), or\n"
             "  --until TIME       until when (2026-02-26T20:00:00Z)\n"
             "  --approve          agree with what somebody else asked for; it counts when\n"
             "                     approvals: people have\n"
             "  --withdraw         it counts no more\n" SAY_HELP,
     .run = cmd_waive},
    {.name = "ledger",
     .args = "show|verify|export [FILE] [OPTION…] | keygen FILE",
     .help = "who said and did what, and whether that is still what was written",
     .more =
         "  show               the last 50 entries; --last N, 0 = all; --kind vote|tick|waiver|…;\n"
         "                     --json: one JSON document a line\n"
         "  verify             every entry holds the hash of the one before it: names what was\n"
         "                     changed, removed, moved or put in; exit 0 sound, 1 not\n"
         "    --head HASH      a head noted elsewhere, which must be in it. Without one nobody "
         "can\n"
         "                     see that the end was cut off, or that somebody who may write the\n"
         "                     file made all of it anew\n"
         "    --public-key KEY whose signatures count (base64, or a file), besides those of the\n"
         "                     configuration; without any, a signature only has to fit its entry\n"
         "    --every-signature check each; else the last of each key, which vouches for all\n"
         "                     entries and signatures before it\n"
         "  export             JSON lines on stdout, which `gonogo ledger verify FILE` checks\n"
         "                     elsewhere\n"
         "  keygen FILE        a new private Ed25519 key into FILE (0600), for ledger: {key: …};\n"
         "                     prints the public one\n"
         "  -c FILE            the configuration that names the ledger; FILE is a ledger itself, "
         "or\n"
         "                     what export wrote\n",
     .run = cmd_ledger},
    {.name = "report",
     .args = "[-c FILE] [--target VERSION] [--format md|html|json] [--wait DUR]",
     .help = "the decision packet: verdict, gates, feeds, levels, people, ledger",
     .more = "  -c FILE            the configuration (see `gonogo dashboard --help`)\n"
             "  --target VERSION   about this version, whatever the configuration says\n"
             "  --format FORMAT    md (default), html (one file, charts inside) or json: what\n"
             "                     check --json says, and feed_diff and entries besides\n"
             "  --wait DUR         judge at the latest after DUR (default 30s)\n"
             "  exit 0 whatever the verdict is: ask gonogo check for that\n",
     .run = cmd_report},
    {.name = "run",
     .args = "ACTION --confirm TEXT [--dry-run] [--resume|--undo|--abandon] [OPTION…] | --list | "
             "--output RUN",
     .help = "carries an action of the configuration out: promote, roll back, …",
     .more =
         "  -c FILE            the configuration (see `gonogo dashboard --help`)\n"
         "  --target VERSION   judge this version, whatever the configuration says\n"
         "  --dry-run          print the plan: steps as they would be run, and what holds them up\n"
         "  --confirm TEXT     the version that it is about, or the action's name: as the plan "
         "says\n"
         "  --as NAME          who does it; without it the OS user\n"
         "  --reason TEXT      why; protected environments want it\n"
         "  --wait DUR         the longest that the sources are waited for (default 30s)\n"
         "  --resume           go on with the run that failed or was interrupted\n"
         "  --undo             take its steps back, the last first\n"
         "  --approve          approve it for somebody else to start, where it wants approvals\n"
         "  --abandon          leave it as it is, and be done with it\n"
         "  --list             the last runs; of one that is not done, where it stands\n"
         "  --output RUN       what its steps said, as far as it is kept\n"
         "  --json             one JSON document instead of lines\n"
         "Exit codes: 0 done, 1 refused or failed, 3 HOLD. Ctrl-C stops the run at its step.\n",
     .run = cmd_run},
    {.name = "demo",
     .args = "[--scenario NAME] [--keep DIR] [--headless]",
     .help = "a release lab on this machine, and the screen on it",
     .more =
         "  --scenario NAME    happy, drift, closed-beta, staging-down, slow, bad-feed or\n"
         "                     slo-regression (default happy)\n"
         "  --keep DIR         make the lab in DIR (new or empty) and leave it behind\n"
         "  --headless         no screen: print the URLs and the configuration's path, and run\n"
         "                     until Ctrl-C or SIGTERM\n",
     .run = cmd_demo},
    {.name = "feed",
     .args = "show|lint|offer|phase|diff|rules [OPTION…] FILE|URL|-",
     .help = "what an AppCast offers, to whom, and what is wrong with it",
     .more =
         "  show               every item, and the newest for a reader on no extra channel\n"
         "  lint               what is wrong, why it hurts, how to mend it; exit 1 on an error\n"
         "                     or a warning\n"
         "    --at TIME        judge dates as of then (2026-02-26T12:00:00Z) instead of now\n"
         "    --online         ask for the first 100 enclosures: are they there, is length right\n"
         "    --public-key KEY verify the signature with SUPublicEDKey, or a file that holds it,\n"
         "                     over the artifact of the highest item, or of --item VERSION:\n"
         "    --artifact FILE  which is this file\n"
         "    --deep           which is downloaded\n"
         "  rules              what lint looks for\n"
         "  offer              what one client would be offered, and what drops the others\n"
         "    --host-version V what the client has\n"
         "    --channels A,B   which channels it asks for besides the default one\n"
         "    --group 0-6      its phased group (default 0, the first to come in)\n"
         "    --os VERSION     its macOS; without it system versions drop nothing\n"
         "    --hardware NAME  arm64 or x86_64; without it hardware requirements drop nothing\n"
         "    --skipped V      a version that its user skipped, if it was no major upgrade\n"
         "    --manual         the user asks; --auto (the default): by itself\n"
         "    --at TIME        as of then instead of now\n"
         "  phase pause FILE   stop the phased rollout of the highest item, or of --item VERSION\n"
         "  phase resume FILE  go on where it was; --elapsed DUR says where if it was not paused\n"
         "                     by gonogo\n"
         "  phase interval DUR FILE   another speed; who has it keeps it\n"
         "    --dry-run        show the change and write nothing\n"
         "    --at TIME        as if it were then\n"
         "  diff OLD NEW       items added, removed and changed, in words; exit 0\n"
         "  --json             one JSON document instead of lines (not for phase)\n",
     .run = cmd_feed},
    {.name = "version",
     .args = "A B",
     .help = "compares as Sparkle does: prints <, = or >",
     .run = cmd_version},
    {.name = "publish",
     .args = "--channel beta [--version V] [--tag-style fixed|version] --root DIR [OPTION…]",
     .help = "the inbox to beta: files and manifest; stable is refused",
     .more = "  --channel beta     stable is reached by `gonogo promote` alone\n"
             "  --version V        of these bytes; without it that of the same bytes, or VERSION\n"
             "  --tag-style STYLE  fixed: UpdateBeta and AppBeta, replaced (the default);\n"
             "                     version: vX.Y.Z.W for all three, never overwritten\n"
             "  --signature BASE64 the Ed25519 signature of the disk image\n" URL_HELP FLOW_HELP
                 HTTP_HELP,
     .run = cmd_publish},
    {.name = "promote",
     .args = "--from beta --to stable --root DIR [OPTION…]",
     .help = "beta to stable, the same bytes; what stable had becomes a rollback point",
     .more = "  --from, --to       beta and stable: there is no other way to stable\n" URL_HELP
         FLOW_HELP HTTP_HELP,
     .run = cmd_promote},
    {.name = "pull",
     .args = "--channel stable|beta [--to VERSION] --root DIR [OPTION…]",
     .help = "the current version out of a feed, the one before it back",
     .more = "  --channel NAME     whose feed\n"
             "  --to VERSION       the rollback point to bring back; without it the newest that\n"
             "                     is older than the current version\n" FLOW_HELP HTTP_HELP,
     .run = cmd_pull},
    {.name = "killswitch",
     .args = "list|set|clear [NAME] [--to true|false] --root DIR [OPTION…]",
     .help = "turns a behaviour off at once, or shows what is off",
     .more = "  list               registry, YAML, config.env and environment side by side\n"
             "  set NAME           to true, or what --to says: NEXY_KS_X and UPDATE_BETA_ENABLED\n"
             "                     in config.env, any other name in unified_config.yaml\n"
             "  clear NAME         to false\n" FLOW_HELP ENV_FILE_HELP,
     .run = cmd_killswitch},
    {.name = "set-version",
     .args = "VERSION [--check] --root DIR [OPTION…]",
     .help = "one version in VERSION, unified_config.yaml, manifest.json and its pair",
     .more = "  --check            only say whether all of them have it: exit 0 or 1\n" FLOW_HELP,
     .run = cmd_set_version},
    {.name = "verify",
     .args = "[--deep] [--deny NAME,…] --root DIR [OPTION…]",
     .help = "every rule over a release tree, a line each: exit 0, or 1 when one fails",
     .more = "  --deep             read whatever has a known SHA-256, rollback points too\n"
             "  --deny NAME,…      hosts, resource groups and VMs of old that no file may mention\n"
             "  --root DIR         the tree with VERSION, config.env, server/ and assets/\n"
             "  --json             one JSON document instead of lines\n" ENV_FILE_HELP HTTP_HELP,
     .run = cmd_verify},
    {.name = "slo",
     .args = "[--profile NAME] [--since T] [--until T] [--zone NAME] [--json] FILE…|-",
     .help = "judges logs by their service levels: exit 0 pass, 1 fail, 3 unknown",
     .more = "  --profile NAME     tray (default), warm, cold, server or all. Only who asks knows\n"
             "                     whether starts were warm; tray asks what every start must keep\n"
             "  --since T          lines at T and later, by their own time (2026-02-26T12:00:00Z;\n"
             "                     a line whose time names no zone is taken as UTC)\n"
             "  --until T          lines before T\n"
             "  --zone NAME        the zone of lines, and of T, that name none: America/Toronto\n"
             "  --min-samples N    fewer are unknown, never pass (default 50)\n"
             "  --baseline RATIO   of retries and aborts; without it they are not judged\n"
             "  --every-line       parse every line, not only those with a word that matters\n"
             "  --json             one JSON document instead of lines\n",
     .run = cmd_slo},
    {.name = "serve",
     .args = "--root DIR [--listen ADDR:PORT] [--health-listen ADDR:PORT] [OPTION…]",
     .help = "the update service on a release tree",
     .more =
         "  --root DIR            the tree with VERSION, config.env, server/ and assets/\n"
         "  --listen ADDR:PORT    where (default 127.0.0.1:8081; port 0: any free one). Alone it\n"
         "                        answers all paths, as behind the proxy\n"
         "  --health-listen A:P   the main service's /health and /status there; --listen then\n"
         "                        answers as the update service does, with and without /updates\n"
         "  -c FILE               a configuration: its section `release` names what is in the "
         "tree\n"
         "  --env-file NAME       instead of config.env in the tree\n"
         "  --candidate           run the beta: versions come from manifest_beta.json\n"
         "  --allow-http-loopback artifact URLs may be http:// to this machine\n",
     .run = cmd_serve},
    {.name = "config",
     .args = "check|show|options [-c FILE]",
     .help = "is the configuration right, what is in force, what can be said",
     .more =
         "  check              exit 0, or the first mistake with its line and remedy and exit 2\n"
         "  show               everything in force, defaults filled in, secrets masked\n"
         "  options            the whole reference\n",
     .run = cmd_config},
};

enum { N_COMMANDS = sizeof commands / sizeof *commands };

const struct cmd *cmd_at(size_t i) {
    return i < N_COMMANDS ? &commands[i] : NULL;
}

const struct cmd *cmd_find(const char *name) {
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

const struct cmd *cmd_nearest(const char *name) {
    const char *names[N_COMMANDS + 1] = {NULL};
    for (size_t i = 0; i < N_COMMANDS; i++)
        names[i] = commands[i].name;
    const char *nearest = text_nearest(name, names);
    return nearest ? cmd_find(nearest) : NULL;
}

int cmd_usage(const char *name, const char *what, ...) {
    char text[512];
    va_list args;
    va_start(args, what);
    vsnprintf(text, sizeof text, what, args);
    va_end(args);
    char todo[128];
    snprintf(todo, sizeof todo, "see 'gonogo %s --help'", name);
    struct err err = ERR_INIT;
    err_set(&err, ERR_USAGE, name, todo, "%s", text);
    err_print(stderr, &err);
    return EXIT_USAGE;
}

int cmd_bad_option(const char *name, int argc, char **argv, int answer) {
    const char *word = optind > 0 && optind <= argc ? argv[optind - 1] : "";
    if (answer == ':')
        return cmd_usage(name, "%s needs a value", word);
    return cmd_usage(name, "there is no option \"%s\"", word);
}

int cmd_fail(const struct err *err) {
    err_print(stderr, err);
    return err_exit_code(err);
}

int cmd_close_stdout(int code) {
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    if (errno != EPIPE) {
        struct err err = ERR_INIT;
        err_errno(&err, ERR_IO, "stdout", "nothing that was printed can be relied on",
                  "not everything could be written");
        err_print(stderr, &err);
    }
    return EXIT_MACHINE;
}

struct policy *cmd_policy(const char *config, const char *target, struct err *err) {
    if (target && !version_plausible(target)) {
        err_set(err, ERR_USAGE, "--target", "write it as released, for example 2.0.0.20",
                "\"%.64s\" is no version", target);
        return NULL;
    }
    char *path = config_find(config, err);
    if (!path)
        return NULL;
    struct policy *policy = config_load(path, cmd_kinds(), err);
    free(path);
    if (policy)
        policy->program = program_path();
    if (policy && target) {
        free(policy->target);
        policy->target = mem_copy_text(target);
    }
    return policy;
}
