#include "src/release/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/json.h"
#include "src/base/mem.h"
#include "src/release/assets.h"

static const char *const words[] = {
    [PLAN_KEEP] = "keep",
    [PLAN_COPY] = "copy",
    [PLAN_WRITE] = "write",
    [PLAN_REMOVE] = "remove",
};

void plan_init(struct plan *plan) {
    *plan = (struct plan){0};
}

static void file_fini(struct plan_file *file) {
    free(file->tag);
    free(file->path);
}

void plan_fini(struct plan *plan) {
    for (size_t i = 0; i < plan->n_steps; i++) {
        file_fini(&plan->steps[i].from);
        file_fini(&plan->steps[i].to);
        free(plan->steps[i].bytes);
        free(plan->steps[i].why);
        free(plan->steps[i].text);
        json_decref(plan->steps[i].json);
    }
    for (size_t i = 0; i < plan->n_notes; i++)
        free(plan->notes[i]);
    free(plan->steps);
    free(plan->notes);
    free(plan->version);
    free(plan->done);
    free(plan->skip);
    plan_init(plan);
}

struct plan_file plan_tree(const char *path) {
    return (struct plan_file){.path = mem_copy_text(path)};
}

struct plan_file plan_store(const char *tag, const char *name) {
    return (struct plan_file){.tag = mem_copy_text(tag), .path = mem_copy_text(name)};
}

static struct plan_step *add(struct plan *plan, enum plan_kind kind, struct plan_file from,
                             struct plan_file to) {
    plan->steps = mem_resize(plan->steps, plan->n_steps + 1, sizeof *plan->steps);
    struct plan_step *step = &plan->steps[plan->n_steps++];
    *step = (struct plan_step){.kind = kind, .from = from, .to = to, .size = -1, .replace = true};
    return step;
}

struct plan_step *plan_keep(struct plan *plan, struct plan_file from, struct plan_file to,
                            int64_t size) {
    struct plan_step *step = add(plan, PLAN_KEEP, from, to);
    step->size = size;
    return step;
}

struct plan_step *plan_copy(struct plan *plan, struct plan_file from, struct plan_file to,
                            int64_t size, const char *sha256) {
    struct plan_step *step = add(plan, PLAN_COPY, from, to);
    step->size = size;
    snprintf(step->sha256, sizeof step->sha256, "%s", sha256 ? sha256 : "");
    return step;
}

struct plan_step *plan_write(struct plan *plan, const char *path, const void *bytes, size_t n,
                             const char *why) {
    struct plan_step *step = add(plan, PLAN_WRITE, (struct plan_file){0}, plan_tree(path));
    step->bytes = mem_copy_bytes(bytes, n);
    step->n_bytes = n;
    step->size = (int64_t)n;
    step->why = mem_copy_text(why);
    return step;
}

void plan_remove(struct plan *plan, const char *path) {
    add(plan, PLAN_REMOVE, (struct plan_file){0}, plan_tree(path));
}

void plan_note(struct plan *plan, const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    plan->notes = mem_resize(plan->notes, plan->n_notes + 1, sizeof *plan->notes);
    plan->notes[plan->n_notes++] = mem_copy_text(text);
}

static char *place(const struct plan_file *file, const struct assets *assets) {
    if (!file->tag)
        return mem_copy_text(file->path);
    return assets->ops->where(assets->self, file->tag, file->path);
}

static char *step_text(const struct plan_step *step, const struct assets *assets) {
    char *from = step->from.path ? place(&step->from, assets) : NULL;
    char *to = place(&step->to, assets);
    struct buf text;
    buf_init(&text, 0);
    const char *word = words[step->kind];
    if (from)
        buf_addf(&text, "%s %s %s %s", word, from, step->kind == PLAN_KEEP ? "as" : "to", to);
    else
        buf_addf(&text, "%s %s", word, to);
    if (step->why)
        buf_addf(&text, ": %s", step->why);
    else if (step->size >= 0 && step->sha256[0])
        buf_addf(&text, " (%lld bytes, sha256 %s)", (long long)step->size, step->sha256);
    else if (step->size >= 0)
        buf_addf(&text, " (%lld bytes)", (long long)step->size);
    free(from);
    free(to);
    return buf_steal(&text);
}

static void set_text(json_t *json, const char *key, char *text) {
    if (text)
        json_object_set_new(json, key, json_text(text));
    free(text);
}

static json_t *step_json(const struct plan_step *step, const struct assets *assets) {
    json_t *json = json_object();
    json_object_set_new(json, "do", json_string(words[step->kind]));
    set_text(json, "from", step->from.path ? place(&step->from, assets) : NULL);
    set_text(json, "to", place(&step->to, assets));
    if (step->size >= 0)
        json_object_set_new(json, "size", json_integer((json_int_t)step->size));
    if (step->sha256[0])
        json_object_set_new(json, "sha256", json_string(step->sha256));
    set_text(json, "why", mem_copy_text(step->why));
    return json;
}

void plan_describe(struct plan *plan, const struct assets *assets) {
    for (size_t i = 0; i < plan->n_steps; i++) {
        struct plan_step *step = &plan->steps[i];
        if (step->text)
            continue;
        step->text = step_text(step, assets);
        step->json = step_json(step, assets);
    }
}

static enum err_code run_keep(const struct plan_step *step, const struct assets *assets,
                              struct change *change, struct err *err) {
    if (!step->from.tag)
        return change_keep(change, step->from.path, step->to.path, err);
    return assets->ops->keep(assets->self, change, step->from.tag, step->from.path, step->to.path,
                             err);
}

static enum err_code run_copy(const struct plan_step *step, const struct tree *tree,
                              const struct assets *assets, struct change *change, struct err *err) {
    struct stat st;
    struct asset want = {.size = step->size};
    memcpy(want.sha256, step->sha256, sizeof want.sha256);
    int fd = step->from.tag ? assets->ops->fetch(assets->self, step->from.tag, step->from.path, err)
                            : tree_open_file(tree, step->from.path, &st, err);
    if (fd < 0)
        return err ? err->code : ERR_IO;
    enum err_code code = assets->ops->put(assets->self, change, step->to.tag, step->to.path, fd,
                                          &want, step->replace, err);
    close(fd);
    return code;
}

static enum err_code run_step(const struct plan_step *step, const struct tree *tree,
                              const struct assets *assets, struct change *change, struct err *err) {
    switch (step->kind) {
    case PLAN_KEEP:
        return run_keep(step, assets, change, err);
    case PLAN_COPY:
        return run_copy(step, tree, assets, change, err);
    case PLAN_WRITE:
        return change_put(change, step->to.path, step->bytes, step->n_bytes, err);
    case PLAN_REMOVE:
        return change_remove(change, step->to.path, err);
    }
    return err_set(err, ERR_REFUSED, "plan", NULL, "there is no such step");
}

/* A store outside the tree is told beforehand what it will be given. *puts: it will be given something. */
static enum err_code prepare(const struct plan *plan, const struct assets *assets, bool *puts,
                             struct err *err) {
    struct asset_place *places = mem_zero(plan->n_steps + 1, sizeof *places);
    enum err_code code = ERR_OK;
    size_t n = 0;
    for (size_t i = 0; i < plan->n_steps; i++)
        if (plan->steps[i].kind == PLAN_COPY && plan->steps[i].to.tag)
            places[n++] = (struct asset_place){plan->steps[i].to.tag, plan->steps[i].to.path};
    *puts = n > 0;
    if (n > 0 && assets->ops->prepare)
        code = assets->ops->prepare(assets->self, places, n, err);
    free(places);
    return code;
}

/* Behind the commit, or instead of it. What went wrong first is what is told. */
static enum err_code settle(const struct assets *assets, enum err_code code, struct err *err) {
    enum change_recovery what;
    struct err later = ERR_INIT;
    if (!assets->ops->recover)
        return code;
    const enum err_code settled = assets->ops->recover(assets->self, &what, &later);
    if (code != ERR_OK || settled == ERR_OK)
        return code;
    return err_set(err, settled, later.where, later.todo, "%s", later.what);
}

enum err_code plan_run(const struct plan *plan, const struct tree *tree,
                       const struct assets *assets, const struct change_hook *hook,
                       struct err *err) {
    struct err trouble = ERR_INIT; /* whoever passes no err must be told the code all the same */
    bool puts = false;
    enum err_code code = prepare(plan, assets, &puts, &trouble);
    struct change *change = code == ERR_OK ? change_begin(tree, hook, &trouble) : NULL;
    if (code == ERR_OK && !change)
        code = trouble.code;
    for (size_t i = 0; code == ERR_OK && i < plan->n_steps; i++)
        code = run_step(&plan->steps[i], tree, assets, change, &trouble);
    if (code == ERR_OK && puts && assets->ops->decide)
        code = assets->ops->decide(assets->self, change, &trouble);
    if (code == ERR_OK)
        code = change_commit(change, &trouble);
    change_end(change);
    if (puts)
        code = settle(assets, code, &trouble);
    return code == ERR_OK ? ERR_OK
                          : err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
}
