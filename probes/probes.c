#include "probes/probes.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "probes/artifacts.h"
#include "probes/commands.h"
#include "probes/files.h"
#include "probes/net.h"
#include "probes/probe.h"
#include "src/base/mem.h"

enum {
    WORKER_SOURCES = 5000, /* a second worker begins where one comes near half of a core */
    WORKERS_MAX = 4,
    FDS_OF_OTHERS = 256, /* the store, logs, actions, lookups, libcurl's own */
};

struct probes {
    const struct clock *clock;
    struct net *nets[WORKERS_MAX];
    unsigned n_nets;
    struct files *files;
    struct commands *commands;
    struct artifacts *artifacts;
    struct probe_outlet outlet; /* where all samples go in the end */
    bool curl;
};

/* Room for one connection per source. Most systems begin with a soft limit of 1024 files and allow
 * more to whoever asks; it stays as it is while it is enough. Returns the connections there is room
 * for. */
static size_t make_room(size_t n) {
    struct rlimit limit;
    rlim_t wanted = (rlim_t)n + (rlim_t)n / 16 + FDS_OF_OTHERS; /* libcurl needs a few per CURLM */
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return n;
    if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < wanted) {
        struct rlimit more = limit;
        more.rlim_cur =
            limit.rlim_max == RLIM_INFINITY || limit.rlim_max > wanted ? wanted : limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &more) == 0)
            limit = more;
    }
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= wanted)
        return n + n / 16 + 8; /* and a few for redirects */
    size_t room = (size_t)limit.rlim_cur;
    return room > 2 * FDS_OF_OTHERS ? room - FDS_OF_OTHERS : room / 2;
}

static enum err_code check(const struct source_spec *spec, struct err *err) {
    const struct probe_kind *kind = probe_kind_find(spec->kind);
    if (!kind)
        return err_set(err, ERR_CONFIG, spec->id, "see `gonogo config options`",
                       "there is no probe kind \"%s\"", spec->kind);
    if (kind->takes_command && (!spec->run || !spec->run[0]))
        return err_set(err, ERR_CONFIG, spec->id, "give it a command", "there is nothing to run");
    if (kind->takes_claims && spec->n_claims == 0)
        return err_set(err, ERR_CONFIG, spec->id, "name its sources", "nobody says which artifact");
    if (!kind->takes_command && !kind->takes_claims &&
        (spec->url ? !kind->takes_url : !spec->file || !kind->takes_file))
        return err_set(err, ERR_CONFIG, spec->id,
                       kind->takes_url && kind->takes_file ? "give it a path, a url or a file"
                       : kind->takes_url                   ? "give it a path or a url"
                                                           : "give it a file",
                       "the kind %s cannot look there", kind->name);
    if (spec->every_ms <= 0 || spec->timeout_ms <= 0)
        return err_set(err, ERR_CONFIG, spec->id, "write 5s, 30s or 2m",
                       "`every` and `timeout` must be longer than nothing");
    return ERR_OK;
}

static unsigned workers_for(size_t n) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t workers = (n + WORKER_SOURCES - 1) / WORKER_SOURCES;
    if (cores > 0 && workers > (size_t)cores)
        workers = (size_t)cores;
    return workers > WORKERS_MAX ? WORKERS_MAX : (unsigned)workers;
}

static enum err_code start_nets(struct probes *probes, const struct policy *policy,
                                const unsigned *sources, size_t n, struct probe_outlet outlet,
                                struct err *err) {
    unsigned workers = workers_for(n);
    size_t connections = make_room(n), from = 0;
    for (unsigned i = 0; i < workers; i++) {
        size_t to = n * (i + 1) / workers;
        const struct net_share share = {.policy = policy,
                                        .sources = sources + from,
                                        .n = to - from,
                                        .connections = connections / workers,
                                        .clock = probes->clock,
                                        .outlet = outlet};
        probes->nets[i] = net_start(&share, err);
        if (!probes->nets[i])
            return err->code;
        probes->n_nets++;
        from = to;
    }
    return ERR_OK;
}

/* Samples pass the artifact worker, which listens to what they claim. */
static bool pass_on(void *self, struct sample *sample) {
    struct probes *probes = self;
    if (probes->artifacts)
        artifacts_hear(probes->artifacts, sample);
    return probes->outlet.send(probes->outlet.self, sample);
}

/* Before all others: nothing that they see is missed. What is remembered stands beside the store. */
static enum err_code start_artifacts(struct probes *probes, const struct policy *policy,
                                     const unsigned *sources, size_t n, struct err *err) {
    const char *store = policy->store_path;
    size_t stem = store ? strlen(store) : 0;
    if (n == 0)
        return ERR_OK;
    if (stem > 3 && strcmp(store + stem - 3, ".db") == 0)
        stem -= 3;
    char *memory = store ? mem_format("%.*s-artifacts.json", (int)stem, store) : NULL;
    probes->artifacts =
        artifacts_start(policy, sources, n, memory, probes->clock, probes->outlet, err);
    free(memory);
    return probes->artifacts ? ERR_OK : err->code;
}

static enum err_code start_all(struct probes *probes, const struct policy *policy,
                               struct err *err) {
    const struct probe_outlet outlet = {.send = pass_on, .self = probes};
    enum err_code code = ERR_OK;
    size_t n_urls = 0, n_files = 0, n_commands = 0, n_artifacts = 0;
    unsigned *artifacts = mem_zero(policy->n_sources + 1, sizeof(unsigned));
    unsigned *urls = mem_zero(policy->n_sources + 1, sizeof(unsigned));
    unsigned *files = mem_zero(policy->n_sources + 1, sizeof(unsigned));
    unsigned *commands = mem_zero(policy->n_sources + 1, sizeof(unsigned));
    for (unsigned i = 0; code == ERR_OK && i < policy->n_sources; i++) {
        code = check(&policy->sources[i], err);
        if (policy->sources[i].run)
            commands[n_commands++] = i;
        else if (policy->sources[i].n_claims > 0)
            artifacts[n_artifacts++] = i;
        else if (policy->sources[i].url)
            urls[n_urls++] = i;
        else
            files[n_files++] = i;
    }
    probes->curl = code == ERR_OK && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    if (code == ERR_OK && !probes->curl)
        code = err_set(err, ERR_IO, "libcurl", "look at its installation", "cannot be set up");
    if (code == ERR_OK)
        code = start_artifacts(probes, policy, artifacts, n_artifacts, err);
    if (code == ERR_OK)
        code = start_nets(probes, policy, urls, n_urls, outlet, err);
    if (code == ERR_OK && n_files > 0) {
        probes->files = files_start(policy, files, n_files, probes->clock, outlet, err);
        code = probes->files ? ERR_OK : err->code;
    }
    if (code == ERR_OK && n_commands > 0) {
        probes->commands = commands_start(policy, commands, n_commands, probes->clock, outlet, err);
        code = probes->commands ? ERR_OK : err->code;
    }
    free(urls);
    free(files);
    free(commands);
    free(artifacts);
    return code;
}

struct probes *probes_start(const struct policy *policy, const struct clock *clock,
                            struct probe_outlet outlet, struct err *err) {
    struct err own = ERR_INIT;
    struct probes *probes = mem_zero(1, sizeof(*probes));
    probes->clock = clock;
    probes->outlet = outlet;
    if (start_all(probes, policy, err ? err : &own) == ERR_OK)
        return probes;
    probes_stop(probes);
    return NULL;
}

void probes_poll_now(struct probes *probes) {
    for (unsigned i = 0; i < probes->n_nets; i++)
        net_poll_now(probes->nets[i]);
    if (probes->files)
        files_poll_now(probes->files);
    if (probes->commands)
        commands_poll_now(probes->commands);
    if (probes->artifacts)
        artifacts_poll_now(probes->artifacts);
}

void probes_alive(const struct probes *probes, unsigned *alive, unsigned *all) {
    int64_t now = clock_mono_ms(probes->clock);
    *all = probes->n_nets + (probes->files ? 1 : 0) + (probes->commands ? 1 : 0) +
           (probes->artifacts ? 1 : 0);
    *alive = probes->files && files_alive(probes->files, now) ? 1 : 0;
    *alive += probes->commands && commands_alive(probes->commands, now) ? 1 : 0;
    *alive += probes->artifacts && artifacts_alive(probes->artifacts, now) ? 1 : 0;
    for (unsigned i = 0; i < probes->n_nets; i++)
        *alive += net_alive(probes->nets[i], now) ? 1 : 0;
}

void probes_stop(struct probes *probes) {
    if (!probes)
        return;
    for (unsigned i = 0; i < probes->n_nets; i++) /* all of them first: they end side by side */
        net_ask_stop(probes->nets[i]);
    if (probes->files)
        files_ask_stop(probes->files);
    if (probes->commands)
        commands_ask_stop(probes->commands);
    if (probes->artifacts)
        artifacts_ask_stop(probes->artifacts);
    for (unsigned i = 0; i < probes->n_nets; i++)
        net_stop(probes->nets[i]);
    files_stop(probes->files);
    commands_stop(probes->commands);
    artifacts_stop(probes->artifacts); /* the last: the others' samples pass it */
    if (probes->curl)
        curl_global_cleanup();
    free(probes);
}
