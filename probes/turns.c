#include "probes/turns.h"

#include "probes/trouble.h"
#include "src/base/when.h"

enum {
    CROWD_MAX = 64,        /* looks that began a moment ago, under way at once */
    REST_MAX = 64,         /* handles kept for the next looks */
    FIRST_SPREAD_MS = 300, /* the first looks: at once, yet not in the same instant */
    SECOND_SOONEST_MS = 1000,
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

bool turns_know_trust(void *self, struct target *target, struct err *err) {
    struct net *net = self;
    if (!net->setup.tls_shared)
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
    else if ((!target->secure || turns_know_trust(net, target, &err)) && target->name)
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
void turns_resolved(struct net *net) {
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
void turns_begin_due(struct net *net) {
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

void turns_hurry(struct net *net) {
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

void turns_reap(struct net *net, struct group *group) {
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

void turns_plan(struct net *net) {
    for (size_t i = 0; i < net->n_targets; i++) {
        struct target *target = &net->targets[i];
        int64_t every = target->spec->every_ms;
        int64_t spread = every < FIRST_SPREAD_MS ? every : FIRST_SPREAD_MS;
        due_put(&net->due, &target->due, net->now_ms + due_jitter(target->spec->id, spread));
    }
}

int64_t turns_next(const struct net *net) {
    const struct due *first = due_first(&net->due);
    int64_t next = first ? first->at_ms : NEVER;
    if (net->n_ready == 0)
        return next;
    if (may_fly(net, net->ready[net->ready_head]))
        return net->now_ms;
    if (net->oldest && net->oldest->hop_began_ms + MOMENT_MS < next)
        next = net->oldest->hop_began_ms + MOMENT_MS;
    return next;
}

void turns_close(struct net *net) {
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
}
