/* Any bytes: config_parse() gives a policy that can be shown, loaded and shown the same, or an error
 * with a place and words that no terminal minds; never both. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "src/base/text.h"
#include "tests/fuzz/must.h"

static bool kind_at(size_t i, const char **name, const char **help, bool *takes_url,
                    bool *takes_file) {
    static const char *const names[] = {"health", "feed", "http", "manifest", "file-version"};
    if (i >= sizeof names / sizeof *names)
        return false;
    *name = names[i];
    *help = "a kind";
    *takes_url = i < 4;
    *takes_file = i == 1 || i > 2;
    return true;
}

static const struct config_kinds kinds = {.probe_at = kind_at};

static char *printed(const struct policy *policy, size_t *n) {
    char *text = NULL;
    FILE *out = open_memstream(&text, n);
    MUST(out != NULL);
    config_print(out, policy);
    MUST(fclose(out) == 0);
    return text;
}

static bool has_secrets(const struct policy *policy) {
    for (size_t i = 0; i < policy->n_sources; i++)
        for (size_t k = 0; k < policy->sources[i].n_headers; k++)
            if (policy->sources[i].headers[k].secret)
                return true;
    return false;
}

static void must_say_the_same_again(const struct policy *policy) {
    size_t n, m;
    struct err err = ERR_INIT;
    char *first = printed(policy, &n);
    struct policy *again = config_parse(first, n, "fuzz.yaml", &kinds, &err);
    if (again == NULL)
        (void)fprintf(stderr, "%s: %s\n%s", err.where, err.what, first);
    MUST(again != NULL);
    char *second = printed(again, &m);
    MUST(n == m && memcmp(first, second, n) == 0);
    policy_free(again);
    free(second);
    free(first);
}

static void must_be_safe(const char *text) {
    char *safe = text_safe_copy(text, strlen(text));
    MUST(strcmp(safe, text) == 0);
    free(safe);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct err err = ERR_INIT;
    struct policy *policy = config_parse((const char *)data, size, "fuzz.yaml", &kinds, &err);
    MUST((policy != NULL) == (err.code == ERR_OK));
    if (policy != NULL) {
        MUST(policy->n_gates > 0 && policy->n_sources > 0 && policy->product[0] != '\0');
        if (!has_secrets(policy))
            must_say_the_same_again(policy);
    } else {
        MUST(err.code == ERR_CONFIG && err.what[0] != '\0' && err.todo[0] != '\0');
        /* What libcyaml refuses has no place: it must have been found before. */
        MUST(strncmp(err.where, "fuzz.yaml:", 10) == 0 || size > 1 << 20);
        must_be_safe(err.what);
        must_be_safe(err.todo);
    }
    policy_free(policy);
    return 0;
}
