#include "probes/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "src/base/buf.h"
#include "src/base/mem.h"
#include "src/base/queue.h"
#include "src/base/thread.h"
#include "src/base/wake.h"

enum {
    ADDRESS_MAX = 8, /* addresses taken of one name: a connect tries no more in its time */
    TAKE_MAX = 64,   /* answers taken at once */
};

struct resolver_name {
    char *host;
    char *addresses;
    unsigned generation;
    bool asked;
    bool doubted;
    bool tried;
    int64_t tried_ms; /* the last question; valid when tried */
    int64_t known_ms; /* the last good answer */
    int trouble;      /* of getaddrinfo() */
};

/* A question on its way to a lookup thread, and back as the answer. */
struct lookup {
    struct resolver_name *name; /* never touched by the thread */
    char *host;
    char *addresses;
    int trouble;
};

/* What lookup threads share with the resolver; the last one to leave frees it. */
struct desk {
    _Atomic unsigned refs;
    struct queue *asked;
    struct queue *told;
    struct wake wake;
    _Atomic int threads;
};

struct resolver {
    struct desk *desk;
    struct resolver_name **names; /* open addressing by the host's hash */
    size_t n_names;
    size_t size;
};

static void lookup_free(void *item) {
    struct lookup *l = item;
    free(l->host);
    free(l->addresses);
    free(l);
}

static void desk_leave(struct desk *desk) {
    if (atomic_fetch_sub(&desk->refs, 1) != 1)
        return;
    queue_free(desk->asked);
    queue_free(desk->told);
    wake_fini(&desk->wake);
    free(desk);
}

static void look_up(struct lookup *l) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    hints.ai_flags = AI_ADDRCONFIG;
    struct addrinfo *list = NULL;
    struct buf text;
    char number[INET6_ADDRSTRLEN];
    unsigned n = 0;
    buf_init(&text, 0);
    l->trouble = getaddrinfo(l->host, NULL, &hints, &list);
    for (struct addrinfo *a = l->trouble ? NULL : list; a && n < ADDRESS_MAX; a = a->ai_next) {
        if (getnameinfo(a->ai_addr, a->ai_addrlen, number, sizeof(number), NULL, 0,
                        NI_NUMERICHOST) != 0)
            continue;
        const char *comma = n++ ? "," : "";
        buf_addf(&text, a->ai_family == AF_INET6 ? "%s[%s]" : "%s%s", comma, number);
    }
    if (l->trouble == 0 && n == 0)
        l->trouble = EAI_NONAME;
    if (list)
        freeaddrinfo(list);
    if (n)
        l->addresses = buf_steal(&text);
    buf_fini(&text);
}

/* Makes room for one more lookup thread; false when there are enough. */
static bool thread_enter(struct desk *desk) {
    int threads = atomic_load(&desk->threads);
    while (threads < RESOLVER_THREADS)
        if (atomic_compare_exchange_weak(&desk->threads, &threads, threads + 1))
            return true;
    return false;
}

static void *lookup_run(void *self) {
    struct desk *desk = self;
    void *item;
    do {
        while (queue_take(desk->asked, &item, 1, 0) == 1) {
            look_up(item);
            if (queue_try_push(desk->told, item) != QUEUE_OK)
                lookup_free(item);
        }
        atomic_fetch_sub(&desk->threads, 1);
        /* A question that came since then found too many threads, and this one ending. */
    } while (queue_len(desk->asked) > 0 && thread_enter(desk));
    desk_leave(desk);
    return NULL;
}

struct resolver *resolver_new(size_t names_max, struct err *err) {
    struct desk *desk = mem_zero(1, sizeof(*desk));
    atomic_init(&desk->refs, 1);
    if (wake_init(&desk->wake, err) != ERR_OK) {
        free(desk);
        return NULL;
    }
    desk->asked = queue_new(names_max, lookup_free, NULL);
    desk->told = queue_new(names_max, lookup_free, &desk->wake);
    struct resolver *r = mem_zero(1, sizeof(*r));
    r->desk = desk;
    return r;
}

void resolver_free(struct resolver *r) {
    if (!r)
        return;
    queue_close(r->desk->asked);
    queue_close(r->desk->told);
    desk_leave(r->desk);
    for (size_t i = 0; i < r->size; i++) {
        if (!r->names[i])
            continue;
        free(r->names[i]->host);
        free(r->names[i]->addresses);
        free(r->names[i]);
    }
    free(r->names);
    free(r);
}

int resolver_fd(const struct resolver *r) {
    return r->desk->wake.read_fd;
}

static size_t hash_of(const char *host) {
    size_t hash = 5381;
    for (const char *c = host; *c; c++)
        hash = hash * 33 + (unsigned char)*c;
    return hash;
}

/* The place of a host: its entry, or the free one where it belongs. The table is never full. */
static struct resolver_name **place_of(const struct resolver *r, const char *host) {
    size_t at = hash_of(host) & (r->size - 1);
    while (r->names[at] && strcmp(r->names[at]->host, host) != 0)
        at = (at + 1) & (r->size - 1);
    return &r->names[at];
}

static void grow(struct resolver *r) {
    struct resolver_name **old = r->names;
    size_t old_size = r->size;
    r->size = old_size ? old_size * 2 : 16;
    r->names = mem_zero(r->size, sizeof(struct resolver_name *));
    for (size_t i = 0; i < old_size; i++)
        if (old[i])
            *place_of(r, old[i]->host) = old[i];
    free(old);
}

struct resolver_name *resolver_name(struct resolver *r, const char *host) {
    if (r->n_names * 2 >= r->size)
        grow(r);
    struct resolver_name **place = place_of(r, host);
    if (!*place) {
        *place = mem_zero(1, sizeof(**place));
        (*place)->host = mem_copy_text(host);
        r->n_names++;
    }
    return *place;
}

/* One more thread for the questions that wait, when there may be one. */
static void help(struct resolver *r) {
    if (queue_len(r->desk->asked) == 0 || !thread_enter(r->desk))
        return;
    pthread_t thread;
    struct err quiet = ERR_INIT; /* without a thread the question waits until the next look */
    atomic_fetch_add(&r->desk->refs, 1);
    if (thread_start(&thread, THREAD_STACK_LOOKUP, "gonogo-dns", lookup_run, r->desk, &quiet) ==
        ERR_OK) {
        pthread_detach(thread);
        return;
    }
    atomic_fetch_sub(&r->desk->threads, 1);
    desk_leave(r->desk);
}

static void ask(struct resolver *r, struct resolver_name *name, int64_t now_ms) {
    struct lookup *l = mem_zero(1, sizeof(*l));
    name->tried = true;
    name->tried_ms = now_ms;
    name->doubted = false;
    l->name = name;
    l->host = mem_copy_text(name->host);
    name->asked = queue_try_push(r->desk->asked, l) == QUEUE_OK;
    if (!name->asked)
        lookup_free(l);
}

enum resolver_state resolver_look_up(struct resolver *r, struct resolver_name *name,
                                     int64_t now_ms) {
    bool fresh = name->addresses && !name->doubted && now_ms - name->known_ms < RESOLVER_FRESH_MS;
    bool may = !name->tried || now_ms - name->tried_ms >= RESOLVER_RETRY_MS;
    if (!fresh && !name->asked && may)
        ask(r, name, now_ms);
    if (name->asked)
        help(r);
    if (name->addresses)
        return RESOLVER_READY;
    return name->asked ? RESOLVER_WAITS : RESOLVER_FAILED;
}

void resolver_doubt(struct resolver_name *name) {
    name->doubted = true;
}

static void learn(struct resolver_name *name, struct lookup *l, int64_t now_ms) {
    name->asked = false;
    name->trouble = l->trouble;
    if (l->addresses) {
        name->known_ms = now_ms;
        if (!name->addresses || strcmp(name->addresses, l->addresses) != 0) {
            char *old = name->addresses;
            name->addresses = l->addresses;
            l->addresses = old;
            name->generation++;
        }
    } else if (l->trouble == EAI_NONAME) { /* said to be gone, not merely unheard */
        free(name->addresses);
        name->addresses = NULL;
    }
}

void resolver_collect(struct resolver *r, int64_t now_ms) {
    void *items[TAKE_MAX];
    size_t n;
    wake_drain(&r->desk->wake);
    while ((n = queue_take(r->desk->told, items, TAKE_MAX, 0)) > 0) {
        for (size_t i = 0; i < n; i++) {
            struct lookup *l = items[i];
            learn(l->name, l, now_ms);
            lookup_free(l);
        }
    }
}

const char *resolver_addresses(const struct resolver_name *name) {
    return name->addresses;
}

unsigned resolver_generation(const struct resolver_name *name) {
    return name->generation;
}

const char *resolver_trouble(const struct resolver_name *name) {
    return name->trouble ? gai_strerror(name->trouble) : "it was not asked for yet";
}
