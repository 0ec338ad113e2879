#include "src/cmd/webhook.h"

#include "src/cmd/request.h"

enum { WEBHOOK_MS = 10 * 1000 };

static void ignore(void *self, const char *bytes, size_t n) {
    (void)self;
    (void)bytes;
    (void)n;
}

enum err_code webhook_post(void *self, const struct notify_spec *to, const char *json,
                           bool (*go_on)(void *go_on_self), void *go_on_self, struct err *err) {
    char method[] = "POST", name[] = "Content-Type", type[] = "application/json";
    struct header_spec header = {.name = name, .value = type};
    const struct step_spec spec = {
        .method = method, .headers = &header, .n_headers = 1, .timeout_ms = WEBHOOK_MS};
    const struct request request = {.spec = &spec,
                                    .url = to->webhook,
                                    .body = json,
                                    .go_on = go_on,
                                    .say = ignore,
                                    .self = go_on_self};
    int status = 0;
    struct err own = ERR_INIT;
    if (request_send(self, &request, &status, &own) == ERR_OK)
        return ERR_OK;
    return err_set(err, own.code, to->name, own.todo, "%s", own.what);
}
