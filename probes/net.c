#include "probes/net.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "probes/events.h"
#include "probes/look.h"
#include "probes/trouble.h"
#include "src/base/mem.h"
#include "src/base/thread.h"
#include "src/base/wake.h"
#include "src/base/when.h"

enum {
    GROUP_TARGETS = 100, /* sources of one CURLM: measured, larger ones get slower */
    SPARE_CONNECTIONS = 8,
    CROWD_MAX = 64, /* looks that began a moment ago, under way at once */
    MOMENT_MS = 50, /* a look that takes longer no longer counts: hanging sources starve nobody */
    REST_MAX = 64,  /* handles kept for the next looks */
    EVENTS_MAX = 256,
    FIRST_SPREAD_MS = 300, /* the first looks: at once, yet not in the same instant */
    SECOND_SOONEST_MS = 1000,
    ALIVE_GRACE_MS = 3000, /* a turn of the loop that takes longer is trouble */
};

#define NEVER INT64_MAX

struct group {
    struct net *net;
    CURLM *multi;
    int64_t deadline_ms; /* when libcurl wants to be called though nothing happens */
    unsigned targets;
    unsigned trust;
};

/* A CA file and what was read from it. */
struct trust {
    const char *ca_file;
    struct tls_trust *certificates; /* NULL until a look needs it */
};

struct net {
    pthread_t thread;
    bool started;
    _Atomic bool stop;
    _Atomic bool hurry;
    _Atomic int64_t promise_ms; /* the thread said it would turn its loop again by then */
    struct wake wake;

    /* The rest is the thread's alone. */
    const struct policy *policy;
    const struct clock *clock;
    struct probe_outlet outlet;
    struct look_setup setup;
    struct events *events;
    struct resolver *resolver;
    struct group *groups;
    unsigned n_groups;
    struct trust *trusts;
    unsigned n_trusts;
    struct target *targets;
    size_t n_targets;
    size_t connections;

    int64_t now_ms;
    struct due_heap due;
    struct target **ready; /* a ring: due, and waits for its turn */
    size_t ready_head, n_ready;
    struct target **resolving;
    size_t n_resolving;
    struct look *oldest, *youngest; /* that count for CROWD_MAX */
    size_t n_crowd;
    struct look *flying;
    size_t n_flying;
    struct look *resting;
    size_t n_resting;
};

/* ---- lists of looks -------------------------------------------------------------------------- */

static void crowd_join(struct net *net, struct look *look) {
    look->young = true;
    look->older = net->youngest;
    look->younger = NULL;
    *(net->youngest ? &net->youngest->younger : &net->oldest) = look;
    net->youngest = look;
    net->n_crowd++;
}

static void crowd_leave(struct net *net, struct look *look) {
    if (!look->young)
        return;
    look->young = false;
    *(look->older ? &look->older->younger : &net->oldest) = look->younger;
    *(look->younger ? &look->younger->older : &net->youngest) = look->older;
    net->n_crowd--;
}

static void crowd_age(struct net *net) {
    while (net->oldest && net->oldest->hop_began_ms + MOMENT_MS <= net->now_ms)
        crowd_leave(net, net->oldest);
}

static struct look *take_rested(struct net *net) {
    struct look *look = net->resting;
    if (!look)
        return look_new(&net->setup);
    net->resting = look->next;
    net->n_resting--;
    return look;
}

static void lay_to_rest(struct net *net, struct look *look) {
    look_rest(look);
    if (net->n_resting == REST_MAX) {
        look_free(look);
        return;
    }
    look->next = net->resting;
    net->resting = look;
    net->n_resting++;
}

static void take_off(struct net *net, struct look *look) {
    look->prev = NULL;
    look->next = net->flying;
    if (net->flying)
        net->flying->prev = look;
    net->flying = look;
    net->n_flying++;
}

static void land(struct net *net, struct look *look) {
    *(look->prev ? &look->prev->next : &net->flying) = look->next;
    if (look->next)
        look->next->prev = look->prev;
    net->n_flying--;
}

/* ---- one look after the other ---------------------------------------------------------------- */

/* Sends what was seen, and plans the next look. */
static void deliver(struct net *net, struct target *target, struct sample *sample) {
    const char *id = target->spec->id;
    int64_t every = target->spec->every_ms, next = target->asked_ms + every;
    if (!target->seen && every > SECOND_SOONEST_MS) /* finds its own place in the interval */
        next = target->asked_ms + SECOND_SOONEST_MS + due_jitter(id, every - SECOND_SOONEST_MS);
    target->seen = true;
    target->state = TARGET_IDLE;
    due_put(&net->due, &target->due, next > net->now_ms ? next : net->now_ms);
    if (!net->outlet.send(net->outlet.self, sample))
        sample_drop(sample);
}

static void fail(struct net *net, struct target *target, const struct err *err) {
    deliver(net, target, look_failed(target, net->clock, err));
}

static bool know_trust(struct net *net, struct target *target, struct err *err) {
    if (!target->secure || !net->setup.tls_shared)
        return true;
    const struct environment *environment = target->environment;
    if (environment->pin_sha256 && !environment->ca_file)
        return true; /* the key alone is trusted */
    struct trust *trust = &net->trusts[net->groups[target->group].trust];
    if (!trust->certificates)
        trust->certificates = tls_trust_new(trust->ca_file, err);
    target->tls.trust = trust->certificates;
    return trust->certificates != NULL;
}

static void fly(struct net *net, struct target *target) {
    struct err err = ERR_INIT;
    struct look *look = take_rested(net);
    if (look) {
        look_aim(look, target);
        if (curl_multi_add_handle(net->groups[target->group].multi, look->easy) == CURLM_OK) {
            target->state = TARGET_FLIES;
            take_off(net, look);
            if (!target->slow)
                crowd_join(net, look);
            return;
        }
        look_free(look);
    }
    err_set(&err, ERR_IO, target->spec->id, "free memory on this machine",
            "libcurl cannot begin a transfer");
    fail(net, target, &err);
}

static void say_unresolved(const struct target *target, bool waited, struct err *err) {
    char span[24];
    if (!waited) {
        err_set(err, ERR_NET, target->spec->id, "check the url's spelling and the name server",
                "DNS has no address for the host (%s)", resolver_trouble(target->name));
        return;
    }
    duration_text(target->spec->timeout_ms, span, sizeof(span));
    err_set(err, ERR_NET, target->spec->id, "is the name server up, is the network?",
            "no answer from DNS within %s", span);
}

static void begin(struct net *net, struct target *target) {
    struct err err = ERR_INIT;
    enum resolver_state known = RESOLVER_READY;
    target->asked_ms = net->now_ms;
    if (target->forbidden)
        err_set(&err, ERR_REFUSED, target->spec->id,
                "use https, or set `insecure: true` for the environment", "the url %s",
                target->forbidden);
    else if (know_trust(net, target, &err) && target->name)
        known = resolver_look_up(net->resolver, target->name, net->now_ms);
    if (known == RESOLVER_FAILED)
        say_unresolved(target, false, &err);
    if (err.code != ERR_OK) {
        fail(net, target, &err);
    } else if (known == RESOLVER_WAITS) {
        target->state = TARGET_RESOLVES;
        net->resolving[net->n_resolving++] = target;
        due_put(&net->due, &target->due, net->now_ms + target->spec->timeout_ms);
    } else {
        fly(net, target);
    }
}

/* The lookups that ended may let waiting looks go on. */
static void resolved(struct net *net) {
    size_t kept = 0, n = net->n_resolving;
    resolver_collect(net->resolver, net->now_ms);
    for (size_t i = 0; i < n; i++) {
        struct target *target = net->resolving[i];
        struct err err = ERR_INIT;
        if (target->state != TARGET_RESOLVES)
            continue;
        switch (resolver_look_up(net->resolver, target->name, net->now_ms)) {
        case RESOLVER_WAITS:
            net->resolving[kept++] = target;
            break;
        case RESOLVER_READY:
            due_drop(&net->due, &target->due);
            fly(net, target);
            break;
        case RESOLVER_FAILED:
            say_unresolved(target, false, &err);
            fail(net, target, &err);
            break;
        }
    }
    net->n_resolving = kept;
}

static void resolve_timeout(struct net *net, struct target *target) {
    struct err err = ERR_INIT;
    for (size_t i = 0; i < net->n_resolving; i++)
        if (net->resolving[i] == target) {
            net->resolving[i] = net->resolving[--net->n_resolving];
            break;
        }
    say_unresolved(target, true, &err);
    fail(net, target, &err);
}

static void make_ready(struct net *net, struct target *target) {
    target->state = TARGET_READY;
    net->ready[(net->ready_head + net->n_ready++) % net->n_targets] = target;
}

static bool may_fly(const struct net *net, const struct target *target) {
    return net->n_flying < net->connections && (target->slow || net->n_crowd < CROWD_MAX);
}

/* Begins what is due. Sources that were slow do not wait for the crowd, nor it for them. */
static void begin_due(struct net *net) {
    struct due *first;
    crowd_age(net);
    while (net->n_ready > 0 && may_fly(net, net->ready[net->ready_head])) {
        struct target *target = net->ready[net->ready_head];
        net->ready_head = (net->ready_head + 1) % net->n_targets;
        net->n_ready--;
        begin(net, target);
    }
    while ((first = due_first(&net->due)) && first->at_ms <= net->now_ms) {
        struct target *target = (struct target *)first;
        due_drop(&net->due, first);
        if (target->state == TARGET_RESOLVES)
            resolve_timeout(net, target);
        else if (may_fly(net, target) && (target->slow || net->n_ready == 0))
            begin(net, target);
        else
            make_ready(net, target);
    }
}

static void hurry(struct net *net) {
    for (size_t i = 0; i < net->n_targets; i++)
        if (net->targets[i].state == TARGET_IDLE)
            due_put(&net->due, &net->targets[i].due, net->now_ms);
}

/* A name may have moved when nobody answers at its addresses, or somebody else does. */
static bool is_doubtful(CURLcode code) {
    return code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT ||
           code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_PINNEDPUBKEYNOTMATCH;
}

static void ended(struct net *net, struct group *group, struct look *look, CURLcode code) {
    struct target *target = look->target;
    struct sample *sample = NULL;
    if (target->name && is_doubtful(code))
        resolver_doubt(target->name);
    bool goes_on = look_done(look, code, &sample);
    curl_multi_remove_handle(group->multi, look->easy);
    if (goes_on && curl_multi_add_handle(group->multi, look->easy) == CURLM_OK)
        return;
    if (goes_on) {
        struct err err = ERR_INIT;
        err_set(&err, ERR_IO, target->spec->id, NULL, "libcurl cannot follow a redirect");
        sample = look_failed(target, net->clock, &err);
    }
    target->slow = net->now_ms - look->hop_began_ms > MOMENT_MS;
    crowd_leave(net, look);
    land(net, look);
    lay_to_rest(net, look);
    deliver(net, target, sample);
}

static void reap(struct net *net, struct group *group) {
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(group->multi, &left))) {
        struct look *look = NULL;
        CURLcode code = message->data.result;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&look);
        ended(net, group, look, code);
    }
}

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
        reap(net, group);
    }
}

/* Milliseconds until something has to be done; -1 = not before something happens. */
static int time_to_sleep(const struct net *net) {
    int64_t sleep = NEVER, now = clock_mono_ms(clock_system());
    for (unsigned i = 0; i < net->n_groups; i++)
        if (net->groups[i].deadline_ms != NEVER && net->groups[i].deadline_ms - now < sleep)
            sleep = net->groups[i].deadline_ms - now;
    const struct due *first = due_first(&net->due);
    if (first && first->at_ms - net->now_ms < sleep)
        sleep = first->at_ms - net->now_ms;
    if (net->n_ready > 0 && may_fly(net, net->ready[net->ready_head]))
        sleep = 0;
    else if (net->n_ready > 0 && net->oldest &&
             net->oldest->hop_began_ms + MOMENT_MS - net->now_ms < sleep)
        sleep = net->oldest->hop_began_ms + MOMENT_MS - net->now_ms;
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
            resolved(net);
        } else if (event->owner < net->n_groups) {
            struct group *group = &net->groups[event->owner];
            int what = (event->what & EVENT_READ ? CURL_CSELECT_IN : 0) |
                       (event->what & EVENT_WRITE ? CURL_CSELECT_OUT : 0) |
                       (event->what & EVENT_ERROR ? CURL_CSELECT_ERR : 0);
            curl_multi_socket_action(group->multi, event->fd, what, &running);
            reap(net, group);
        }
    }
}

static void *net_run(void *self) {
    struct net *net = self;
    net->now_ms = clock_mono_ms(net->clock);
    for (size_t i = 0; i < net->n_targets; i++) {
        struct target *target = &net->targets[i];
        int64_t every = target->spec->every_ms;
        int64_t spread = every < FIRST_SPREAD_MS ? every : FIRST_SPREAD_MS;
        due_put(&net->due, &target->due, net->now_ms + due_jitter(target->spec->id, spread));
    }
    while (!atomic_load(&net->stop)) {
        if (atomic_exchange(&net->hurry, false))
            hurry(net);
        begin_due(net);
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
    target->environment = &net->policy->environments[spec->environment];
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
    while (net->flying) {
        struct look *look = net->flying;
        land(net, look);
        curl_multi_remove_handle(net->groups[look->target->group].multi, look->easy);
        look_free(look);
    }
    while (net->resting) {
        struct look *look = net->resting;
        net->resting = look->next;
        look_free(look);
    }
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
