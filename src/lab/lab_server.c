#include "src/lab/lab_server.h"

#include <string.h>

#include "src/base/when.h"

/* A stream: it starts, gets its place, and ends in one of these ways. */
static const struct ending {
    const char *decision, *level, *code, *msg;
    unsigned odds, bad_odds; /* of 1000; the first takes what is left */
} endings[] = {
    {"complete", "INFO", "OK", "\"ответ отправлен 👋\"", 0, 0},
    {"retry", "WARNING", "UNAVAILABLE", "\"upstream is busy, trying again\"", 12, 90},
    {"degrade", "WARNING", "OK", "lower sample rate for this stream", 6, 40},
    {"abort", "WARNING", "CANCELLED", "client hung up", 8, 50},
    {"error", "ERROR", "RESOURCE_EXHAUSTED", "\"no stream is free\"", 3, 90},
};

static const struct ending *draw_ending(struct lab_server *s) {
    unsigned at = lab_random_below(&s->random, 1000);
    for (size_t i = 1; i < sizeof endings / sizeof *endings; i++) {
        unsigned odds = s->bad ? endings[i].bad_odds : endings[i].odds;
        if (at < odds)
            return &endings[i];
        at -= odds;
    }
    return &endings[0];
}

static void add_head(struct lab_server *s, struct buf *out, const char *level) {
    static const char *const methods[] = {"StreamAudio", "/streaming.StreamingService/StreamAudio"};
    char when[40];
    when_rfc3339(s->next_ms, when, sizeof when);
    /* UTC with microseconds and no zone. */
    buf_addf(out, "ts=%.*s%03u level=%s scope=grpc method=%s", (int)strcspn(when, "Z"), when,
             lab_random_below(&s->random, 1000), level, methods[s->stream % 2]);
}

static void do_step(struct lab_server *s, struct buf *out) {
    unsigned id = s->stream * 2654435761U;
    switch (s->step++) {
    case 0:
        add_head(s, out, "INFO");
        buf_addf(out,
                 " decision=start ctx={\"session\": \"%08x\", \"lang\": \"ru\"} dur_ms=0 "
                 "msg=\"stream opens\"\n",
                 id);
        s->next_ms += 40;
        return;
    case 1:
        add_head(s, out, "INFO");
        buf_addf(out,
                 " decision=stream_acquired ctx={\"session\": \"%08x\", \"active\": %u} dur_ms=%u "
                 "msg=\"got a place\"\n",
                 id, 1 + lab_random_below(&s->random, 12), 2 + lab_random_below(&s->random, 20));
        s->next_ms += 300 + lab_random_below(&s->random, 400);
        return;
    default:
        break;
    }
    const struct ending *e = draw_ending(s);
    unsigned dur_ms =
        s->bad ? 700 + lab_random_below(&s->random, 1400) : 180 + lab_random_below(&s->random, 640);
    add_head(s, out, e->level);
    buf_addf(out,
             " decision=%s ctx={\"session\": \"%08x\", \"code\": \"%s\", \"text\": \"открой "
             "почту {%u}\"} dur_ms=%u msg=%s\n",
             e->decision, id, e->code, s->stream, dur_ms, e->msg);
    s->step = 0;
    s->stream++;
    s->next_ms += 100 + lab_random_below(&s->random, 500);
}

void lab_server_init(struct lab_server *s, int64_t wall_ms) {
    *s = (struct lab_server){.random = {0x6a09e667f3bcc909ULL}, .next_ms = wall_ms, .stream = 1};
}

void lab_server_run(struct lab_server *s, int64_t wall_ms, struct buf *out) {
    while (s->next_ms <= wall_ms)
        do_step(s, out);
}
