#include "probes/net.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "probes/net_inside.h"
#include "probes/turns.h"
#include "src/base/mem.h"
#include "src/base/thread.h"

enum {
    GROUP_TARGETS = 100, /* sources of one CURLM: measured, larger ones get slower */
    SPARE_CONNECTIONS = 8,
    EVENTS_MAX = 256,
    ALIVE_GRACE_MS = 3000, /* a turn of the loop that takes longer is trouble */
};

/* ---- the event loop -------------------------------------------------------------------------- */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *self, void *socket) {
    struct group *group = self;
    (void)easy;
    (void)socket;
    unsigned wanted = (what & CURL_POLL_IN ? (unsigned)EVENT_READ : 0u) |
                      (what & CURL_POLL_OUT ? (unsigned)EVENT_WRITE : 0u);
    if (what == CURL_POLL_REMOVE)
        wanted = 0;
    return events_want(group->net->events, fd, wanted, (unsigned)(group - group->net->groups)) ==
                   ERR_OK
               ? 0
               : -1;
}

static int on_timer(CURLM *multi, long timeout_ms, void *self) {
    struct group *group = self;
    (void)multi;
    group->deadline_ms = timeout_ms < 0 ? NEVER : clock_mono_ms(clock_system()) + timeout_ms;
    return 0;
}

static int close_socket(void *self, curl_socket_t fd) {
    struct net *net = self;
    events_forget(net->events, fd);
    return close(fd);
}

/* Calls libcurl where it asked for it. */
static void run_timers(struct net *net) {
    int running;
    int64_t now = clock_mono_ms(clock_system());
    for (unsigned i = 0; i < net->n_groups; i++) {
        struct group *group = &net->groups[i];
        if (group->deadline_ms > now)
            continue;
        group->deadline_ms = NEVER; /* libcurl sets the next one */
        curl_multi_socket_action(group->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        turns_reap(net, group);
    }
}

/* Milliseconds until something has to be done; -1 = not before something happens. */
static int time_to_sleep(const struct net *net) {
    int64_t sleep = NEVER, now = clock_mono_ms(clock_system());
    for (unsigned i = 0; i < net->n_groups; i++)
        if (net->groups[i].deadline_ms != NEVER && net->groups[i].deadline_ms - now < sleep)
            sleep = net->groups[i].deadline_ms - now;
    int64_t turn = turns_next(net);
    if (turn != NEVER && turn - net->now_ms < sleep)
        sleep = turn - net->now_ms;
    if (sleep == NEVER)
        return -1;
    return sleep < 0 ? 0 : sleep > INT_MAX ? INT_MAX : (int)sleep;
}

static void wait(struct net *net) {
    struct event events[EVENTS_MAX];
    int running, sleep = time_to_sleep(net);
    atomic_store(&net->promise_ms, sleep < 0 ? NEVER : net->now_ms + sleep);
    size_t n = events_wait(net->events, events, EVENTS_MAX, sleep);
    net->now_ms = clock_mono_ms(net->clock);
    atomic_store(&net->promise_ms, net->now_ms);
    for (size_t i = 0; i < n; i++) {
        const struct event *event = &events[i];
        if (event->fd == net->wake.read_fd) {
            wake_drain(&net->wake);
        } else if (event->fd == resolver_fd(net->resolver)) {
            turns_resolved(net);
        } else if (event->owner < net->n_groups) {
            struct group *group = &net->groups[event->owner];
            int what = (event->what & EVENT_READ ? CURL_CSELECT_IN : 0) |
                       (event->what & EVENT_WRITE ? CURL_CSELECT_OUT : 0) |
                       (event->what & EVENT_ERROR ? CURL_CSELECT_ERR : 0);
            curl_multi_socket_action(group->multi, event->fd, what, &running);
            turns_reap(net, group);
        }
    }
}

static void *net_run(void *self) {
    struct net *net = self;
    net->now_ms = clock_mono_ms(net->clock);
    turns_plan(net);
    while (!atomic_load(&net->stop)) {
        if (atomic_exchange(&net->hurry, false))
            turns_hurry(net);
        turns_begin_due(net);
        run_timers(net);
        wait(net);
    }
    return NULL;
}

/* ---- making and ending ----------------------------------------------------------------------- */

/* Where the url leads: its port, and its name when somebody has to be asked for the address. */
static void find_host(struct net *net, struct target *target) {
    char *host = NULL, *port = NULL;
    struct in_addr address;
    CURLU *parts = curl_url();
    if (parts && curl_url_set(parts, CURLUPART_URL, target->spec->url, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK) {
        size_t n = strlen(host);
        bool local = strcasecmp(host, "localhost") == 0 ||
                     (n > 10 && strcasecmp(host + n - 10, ".localhost") == 0);
        bool ascii = true; /* else libcurl knows the name's other form, and asks itself */
        for (size_t i = 0; i < n; i++)
            ascii = ascii && (unsigned char)host[i] < 0x80;
        target->port = (int)strtol(port, NULL, 10);
        if (host[0] != '[' && inet_pton(AF_INET, host, &address) != 1 && !local && ascii)
            target->name = resolver_name(net->resolver, host);
    }
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parts);
}

static unsigned find_trust(struct net *net, const char *ca_file) {
    unsigned i = 0;
    while (i < net->n_trusts &&
           !(net->trusts[i].ca_file && ca_file ? strcmp(net->trusts[i].ca_file, ca_file) == 0
                                               : net->trusts[i].ca_file == ca_file))
        i++;
    if (i == net->n_trusts) {
        net->trusts = mem_resize(net->trusts, ++net->n_trusts, sizeof(*net->trusts));
        net->trusts[i] = (struct trust){.ca_file = ca_file};
    }
    return i;
}

/* A group holds sources of one trust only: connections are shared inside it, and one that was
 * verified against one CA file must not serve a source that trusts another. */
static unsigned find_group(struct net *net, unsigned trust) {
    for (unsigned i = net->n_groups; i-- > 0;)
        if (net->groups[i].trust == trust && net->groups[i].targets < GROUP_TARGETS)
            return i;
    net->groups = mem_resize(net->groups, net->n_groups + 1, sizeof(*net->groups));
    net->groups[net->n_groups] = (struct group){.trust = trust, .deadline_ms = NEVER};
    return net->n_groups++;
}

static void add_target(struct net *net, unsigned source) {
    const struct source_spec *spec = &net->policy->sources[source];
    struct target *target = &net->targets[net->n_targets++];
    target->spec = spec;
    target->source = source;
    target->environment = policy_trust(net->policy, spec);
    target->kind = probe_kind_find(spec->kind);
    target->secure = strncasecmp(spec->url, "https:", 6) == 0;
    target->forbidden = look_url_forbidden(spec->url, NULL, target->environment->insecure);
    target->group = find_group(net, find_trust(net, target->environment->ca_file));
    net->groups[target->group].targets++;
    find_host(net, target);
}

static enum err_code open_groups(struct net *net, struct err *err) {
    size_t share = net->connections / (net->n_groups ? net->n_groups : 1);
    for (unsigned i = 0; i < net->n_groups; i++) {
        struct group *group = &net->groups[i];
        size_t wanted = group->targets + SPARE_CONNECTIONS;
        group->net = net;
        group->multi = curl_multi_init();
        if (!group->multi)
            return err_set(err, ERR_IO, "network worker",
                           "free memory, or raise the limit of open files", "libcurl cannot begin");
        curl_multi_setopt(group->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
        curl_multi_setopt(group->multi, CURLMOPT_SOCKETDATA, group);
        curl_multi_setopt(group->multi, CURLMOPT_TIMERFUNCTION, on_timer);
        curl_multi_setopt(group->multi, CURLMOPT_TIMERDATA, group);
        curl_multi_setopt(group->multi, CURLMOPT_MAXCONNECTS,
                          (long)(wanted < share ? wanted
                                 : share > 0    ? share
                                                : 1));
    }
    return ERR_OK;
}

static void close_all(struct net *net) {
    turns_close(net);
    for (unsigned i = 0; i < net->n_groups; i++)
        curl_multi_cleanup(net->groups[i].multi);
    for (size_t i = 0; i < net->n_targets; i++)
        target_forget(&net->targets[i]);
    for (unsigned i = 0; i < net->n_trusts; i++)
        tls_trust_free(net->trusts[i].certificates);
    resolver_free(net->resolver);
    events_free(net->events);
    due_fini(&net->due);
    free(net->groups);
    free(net->trusts);
    free(net->targets);
    free(net->ready);
    free(net->resolving);
    wake_fini(&net->wake);
}

static enum err_code open_all(struct net *net, const struct net_share *share, struct err *err) {
    if (wake_init(&net->wake, err) != ERR_OK)
        return err->code;
    net->events = events_new(err);
    net->resolver = net->events ? resolver_new(share->n, err) : NULL;
    if (!net->resolver)
        return err->code;
    for (size_t i = 0; i < share->n; i++)
        add_target(net, share->sources[i]);
    if (open_groups(net, err) != ERR_OK)
        return err->code;
    if (events_want(net->events, net->wake.read_fd, EVENT_READ, UINT_MAX) != ERR_OK ||
        events_want(net->events, resolver_fd(net->resolver), EVENT_READ, UINT_MAX) != ERR_OK)
        return err_errno(err, ERR_IO, "network worker", NULL, "cannot wait for events");
    return ERR_OK;
}

struct net *net_start(const struct net_share *share, struct err *err) {
    struct err own = ERR_INIT;
    struct net *net = mem_zero(1, sizeof(*net));
    if (!err)
        err = &own;
    net->policy = share->policy;
    net->clock = share->clock;
    net->outlet = share->outlet;
    net->connections = share->connections > 0 ? share->connections : 1;
    net->setup = (struct look_setup){.clock = share->clock,
                                     .close_socket = close_socket,
                                     .know_trust = turns_know_trust,
                                     .self = net,
                                     .tls_shared = tls_shared()};
    net->targets = mem_zero(share->n ? share->n : 1, sizeof(*net->targets));
    net->ready = mem_zero(share->n ? share->n : 1, sizeof(struct target *));
    net->resolving = mem_zero(share->n ? share->n : 1, sizeof(struct target *));
    atomic_init(&net->promise_ms, clock_mono_ms(share->clock));
    if (open_all(net, share, err) == ERR_OK &&
        thread_start(&net->thread, THREAD_STACK_WORKER, "gonogo-net", net_run, net, err) == ERR_OK)
        return net;
    close_all(net);
    free(net);
    return NULL;
}

void net_poll_now(struct net *net) {
    atomic_store(&net->hurry, true);
    wake_signal(&net->wake);
}

bool net_alive(const struct net *net, int64_t mono_ms) {
    int64_t promise = atomic_load(&net->promise_ms);
    return promise == NEVER || mono_ms <= promise + ALIVE_GRACE_MS;
}

void net_ask_stop(struct net *net) {
    atomic_store(&net->stop, true);
    wake_signal(&net->wake);
}

void net_stop(struct net *net) {
    if (!net)
        return;
    net_ask_stop(net);
    pthread_join(net->thread, NULL);
    close_all(net);
    free(net);
}
