#include "src/release/killswitch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/yaml.h"
#include "src/model/registry.h"
#include "src/release/env.h"

#define YAML_MAPPING "kill_switches"
#define ENV_PREFIX   "NEXY_KS_"

static char change_case(char c, bool up) {
    if (up)
        return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static void copy_case(char *dst, size_t cap, const char *prefix, const char *text, bool up) {
    size_t n = (size_t)snprintf(dst, cap, "%s", prefix);
    for (; *text && n + 1 < cap; text++)
        dst[n++] = change_case(*text, up);
    dst[n] = '\0';
}

static bool is_beta_gate(const char *name) {
    return strcmp(name, ENV_BETA_ENABLED) == 0;
}

static bool is_env_name(const char *name) {
    return strncmp(name, ENV_PREFIX, strlen(ENV_PREFIX)) == 0 || is_beta_gate(name);
}

/* Both spellings of what somebody wrote; false when it can be the name of no switch. */
static bool spell(const char *written, struct killswitch *out) {
    static const char prefix[] = YAML_MAPPING ".";
    *out = (struct killswitch){0};
    const char *name = written;
    if (strncmp(name, prefix, strlen(prefix)) == 0)
        name += strlen(prefix);
    const size_t n = strlen(name);
    if (n == 0 || n + sizeof ENV_PREFIX > KILLSWITCH_NAME_CAP ||
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != n)
        return false;
    if (is_beta_gate(name)) {
        snprintf(out->name, sizeof out->name, "%s", name);
        snprintf(out->env_name, sizeof out->env_name, "%s", name);
    } else if (is_env_name(name)) {
        snprintf(out->env_name, sizeof out->env_name, "%s", name);
        copy_case(out->name, sizeof out->name, "", name + strlen(ENV_PREFIX), false);
    } else {
        snprintf(out->name, sizeof out->name, "%s", name);
        copy_case(out->env_name, sizeof out->env_name, ENV_PREFIX, name, true);
    }
    return out->name[0] != '\0';
}

/* What is read of the tree. */
struct sources {
    struct buf yaml, env, flags; /* without data = not there */
    struct registry registry;
};

static enum err_code read_optional(const struct tree *tree, const char *path, size_t cap,
                                   struct buf *out, struct err *err) {
    struct err trouble = ERR_INIT;
    buf_init(out, cap);
    enum err_code code = tree_read(tree, path, cap, out, &trouble);
    if (code == ERR_OK)
        buf_add_text(out, ""); /* an empty file is there all the same */
    if (code == ERR_OK || code == ERR_MISSING)
        return ERR_OK;
    return err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
}

static enum err_code sources_read(const struct flow *flow, struct sources *s, struct err *err) {
    const struct layout *l = flow->layout;
    *s = (struct sources){0};
    enum err_code code = read_optional(flow->tree, l->config, TREE_CONFIG_BYTES_MAX, &s->yaml, err);
    if (code == ERR_OK)
        code = read_optional(flow->tree, l->env, TREE_ENV_BYTES_MAX, &s->env, err);
    if (code == ERR_OK)
        code = read_optional(flow->tree, l->flags, TREE_CONFIG_BYTES_MAX, &s->flags, err);
    if (code == ERR_OK && s->flags.data)
        registry_read(s->flags.data, s->flags.len, &s->registry);
    return code;
}

static void sources_fini(struct sources *s) {
    buf_fini(&s->yaml);
    if (s->env.data)
        mem_wipe(s->env.data, s->env.len); /* keys of other services stand there too */
    buf_fini(&s->env);
    buf_fini(&s->flags);
    registry_fini(&s->registry);
}

/* ---- the list ---------------------------------------------------------------------------------- */

static struct killswitch *list_find(struct killswitch_list *list, const char *name) {
    for (size_t i = 0; i < list->n; i++)
        if (strcasecmp(list->items[i].name, name) == 0)
            return &list->items[i];
    return NULL;
}

/* The switch of this name, added when it is new; NULL when it can be none. */
static struct killswitch *list_add(struct killswitch_list *list, const char *written) {
    struct killswitch spelled;
    if (!spell(written, &spelled))
        return NULL;
    struct killswitch *found = list_find(list, spelled.name);
    if (found || list->n == KILLSWITCH_MAX)
        return found;
    list->items = mem_resize(list->items, list->n + 1, sizeof *list->items);
    list->items[list->n] = spelled;
    return &list->items[list->n++];
}

static void list_registry(struct killswitch_list *list, const struct registry *registry) {
    for (size_t i = 0; i < registry->n; i++) {
        char name[KILLSWITCH_NAME_CAP];
        const char *at = NULL;
        while (registry_next_switch(&registry->flags[i], &at, name, sizeof name)) {
            struct killswitch *k = list_add(list, name);
            if (!k || k->flag)
                continue;
            k->flag = mem_copy_text(registry->flags[i].cells[REGISTRY_NAME]);
            k->owner = mem_copy_text(registry->flags[i].cells[REGISTRY_OWNER]);
        }
    }
}

static void set_value(struct killswitch *k, enum killswitch_place place, const char *value) {
    if (!k)
        return;
    free(k->values[place]);
    k->values[place] = mem_copy_text(value);
}

static void take_yaml(void *self, const char *key, const char *value) {
    set_value(list_add(self, key), KILLSWITCH_YAML, value);
}

static void take_env_name(void *self, const char *name, size_t n) {
    char text[KILLSWITCH_NAME_CAP];
    if (n >= sizeof text)
        return;
    memcpy(text, name, n);
    text[n] = '\0';
    if (is_env_name(text))
        list_add(self, text);
}

static void take_env_values(struct killswitch_list *list, const struct buf *env) {
    for (size_t i = 0; i < list->n; i++) {
        char value[KILLSWITCH_VALUE_CAP];
        if (env->data && env_get(env->data, env->len, list->items[i].env_name, value, sizeof value))
            set_value(&list->items[i], KILLSWITCH_ENV_FILE, value);
    }
}

/* 1 true, 0 false, -1 neither: a YAML reader takes more words than an environment file's does. */
static int truth(const char *value, bool yaml) {
    static const struct {
        const char *word;
        int truth;
        bool yaml_only;
    } list[] = {
        {"true", 1, false}, {"false", 0, false}, {"yes", 1, true},
        {"no", 0, true},    {"on", 1, true},     {"off", 0, true},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if ((yaml || !list[i].yaml_only) && strcasecmp(value, list[i].word) == 0)
            return list[i].truth;
    return -1;
}

static void judge(struct killswitch *k) {
    static const char *const places[] = {"YAML", "config.env", "the environment"};
    struct buf wrong, said;
    bool heard[2] = {false, false};
    buf_init(&wrong, 0);
    buf_init(&said, 0);
    if (!k->flag && !is_beta_gate(k->name))
        buf_add_text(&wrong, "not in the registry");
    for (int p = 0; p < KILLSWITCH_PLACES; p++) {
        const int here = k->values[p] ? truth(k->values[p], p == KILLSWITCH_YAML) : 0;
        if (!k->values[p])
            continue;
        if (here < 0) {
            buf_addf(&wrong, "%s%s says neither true nor false", wrong.len ? "; " : "", places[p]);
        } else {
            heard[here] = true;
            buf_addf(&said, "%s%s%s %s", said.len ? ", " : "", places[p], said.len ? "" : " says",
                     here ? "true" : "false");
        }
    }
    if (heard[0] && heard[1])
        buf_addf(&wrong, "%s%s", wrong.len ? "; " : "", said.data);
    k->disagrees = wrong.len ? buf_steal(&wrong) : NULL;
    buf_fini(&wrong);
    buf_fini(&said);
}

enum err_code killswitch_list(const struct flow_options *options,
                              char *(*environment)(const char *name), struct killswitch_list *out,
                              struct err *err) {
    struct sources s = {0};
    struct err missing = ERR_INIT;
    *out = (struct killswitch_list){0};
    struct flow *flow = flow_open(options, err);
    if (!flow)
        return err ? err->code : ERR_IO;
    enum err_code code = sources_read(flow, &s, err);
    if (code != ERR_OK)
        goto out;
    list_registry(out, &s.registry);
    if (s.yaml.data) {
        code = yaml_each(s.yaml.data, s.yaml.len, YAML_MAPPING, flow->layout->config, take_yaml,
                         out, &missing);
        if (code == ERR_MISSING)
            code = ERR_OK;
        if (code != ERR_OK) {
            code = err_set(err, code, missing.where, missing.todo, "%s", missing.what);
            goto out;
        }
    }
    list_add(out, ENV_BETA_ENABLED);
    env_each(s.env.data, s.env.len, take_env_name, out);
    take_env_values(out, &s.env);
    for (size_t i = 0; i < out->n; i++) {
        const char *value = environment(out->items[i].env_name);
        if (value)
            set_value(&out->items[i], KILLSWITCH_ENVIRONMENT, value);
        judge(&out->items[i]);
    }
out:
    sources_fini(&s);
    flow_close(flow);
    if (code != ERR_OK)
        killswitch_list_fini(out);
    return code;
}

void killswitch_list_fini(struct killswitch_list *list) {
    for (size_t i = 0; i < list->n; i++) {
        free(list->items[i].flag);
        free(list->items[i].owner);
        for (int p = 0; p < KILLSWITCH_PLACES; p++)
            free(list->items[i].values[p]);
        free(list->items[i].disagrees);
    }
    free(list->items);
    *list = (struct killswitch_list){0};
}

/* ---- set --------------------------------------------------------------------------------------- */

/* A name that no file has yet may be added when the registry knows it. */
static enum err_code allow_new(const struct sources *s, const struct flow *flow,
                               const struct killswitch *k, const char *written, struct err *err) {
    struct killswitch_list known = {0};
    list_registry(&known, &s->registry);
    enum err_code code = ERR_OK;
    if (!is_beta_gate(k->name) && !list_find(&known, k->name)) {
        const char **names = mem_zero(known.n + 1, sizeof *names);
        for (size_t i = 0; i < known.n; i++)
            names[i] = is_env_name(written) ? known.items[i].env_name : known.items[i].name;
        const char *nearest = text_nearest(written, names);
        char todo[256];
        if (nearest)
            snprintf(todo, sizeof todo, "did you mean %s? Else add it to %s first", nearest,
                     flow->layout->flags);
        else
            snprintf(todo, sizeof todo, "add it to %s first", flow->layout->flags);
        code = err_set(err, ERR_REFUSED, written, todo,
                       "there is no such kill switch, neither in its file nor in the registry");
        free(names);
    }
    killswitch_list_fini(&known);
    return code;
}

static enum err_code edit_yaml(const struct flow *flow, const struct sources *s,
                               const struct killswitch *k, const struct killswitch_request *request,
                               struct buf *out, struct err *err) {
    const char *where = flow->layout->config, *value = request->to ? "true" : "false";
    struct yaml_scalar old;
    struct err trouble = ERR_INIT;
    char path[KILLSWITCH_NAME_CAP + sizeof YAML_MAPPING + 1];
    snprintf(path, sizeof path, "%s.%s", YAML_MAPPING, k->name);
    enum err_code code = yaml_find(s->yaml.data, s->yaml.len, path, where, &old, &trouble);
    if (code == ERR_MISSING) {
        code = allow_new(s, flow, k, request->name, err);
        return code == ERR_OK
                   ? yaml_add(s->yaml.data, s->yaml.len, path, value, false, where, out, err)
                   : code;
    }
    if (code != ERR_OK)
        return err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
    if (truth(old.value, true) == (request->to ? 1 : 0) && !old.quoted)
        buf_add(out, s->yaml.data, s->yaml.len); /* `yes` is true already */
    else
        code = yaml_set(s->yaml.data, s->yaml.len, path, value, false, where, out, err);
    yaml_scalar_fini(&old);
    return code;
}

static enum err_code edit_env(const struct flow *flow, const struct sources *s,
                              const struct killswitch *k, const struct killswitch_request *request,
                              struct buf *out, struct plan *plan, struct err *err) {
    const char *where = flow->layout->env, *value = request->to ? "true" : "false";
    char there[KILLSWITCH_VALUE_CAP];
    enum err_code code = ERR_OK;
    if (!env_get(s->env.data, s->env.len, k->env_name, there, sizeof there))
        code = allow_new(s, flow, k, request->name, err);
    else if (truth(there, false) == (request->to ? 1 : 0)) {
        buf_add(out, s->env.data, s->env.len);
        return ERR_OK;
    }
    if (code == ERR_OK)
        code = env_set(s->env.data, s->env.len, k->env_name, value, where, out, err);
    if (code == ERR_OK && (!env_get(out->data, out->len, k->env_name, there, sizeof there) ||
                           strcmp(there, value) != 0))
        plan_note(plan,
                  "%s: systemd takes what stands behind the value of %s for a part of it, and "
                  "reads neither true nor false: move the comment to a line of its own.",
                  where, k->env_name);
    return code;
}

static enum err_code need_file(const struct buf *file, const char *path, struct err *err) {
    if (file->data)
        return ERR_OK;
    return err_set(err, ERR_MISSING, path, "is --root the release tree? Else create the file",
                   "is not there");
}

enum err_code killswitch_look(const struct flow *flow, void *asked, struct plan *plan,
                              struct err *err) {
    const struct killswitch_request *request = asked;
    const bool in_env = is_env_name(request->name);
    const char *path = in_env ? flow->layout->env : flow->layout->config;
    const char *value = request->to ? "true" : "false";
    struct killswitch k;
    struct sources s = {0};
    struct buf out;
    buf_init(&out, 0);
    if (!spell(request->name, &k))
        return err_set(err, ERR_REFUSED, "killswitch",
                       "name it as in the registry, for example NEXY_KS_DISABLE_TRAY",
                       "\"%.96s\" is no name of a kill switch", request->name);
    enum err_code code = sources_read(flow, &s, err);
    const struct buf *old = in_env ? &s.env : &s.yaml;
    if (code == ERR_OK)
        code = need_file(old, path, err);
    if (code == ERR_OK)
        code = in_env ? edit_env(flow, &s, &k, request, &out, plan, err)
                      : edit_yaml(flow, &s, &k, request, &out, err);
    if (code == ERR_OK && out.len == old->len && memcmp(out.data, old->data, out.len) == 0) {
        plan->skip = mem_format("%s is %s already", request->name, value);
    } else if (code == ERR_OK) {
        char *why = mem_format("%s = %s", request->name, value);
        plan_write(plan, path, out.data, out.len, why);
        free(why);
        plan->done = mem_format("%s is %s now", request->name, value);
        plan_note(plan, "What has read %s at its start needs a restart to see it.", path);
    }
    if (out.data)
        mem_wipe(out.data, out.len);
    buf_fini(&out);
    sources_fini(&s);
    return code;
}
