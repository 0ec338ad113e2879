#include "src/release/flow.h"

#include <stdlib.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/release/lock.h"

/* A flow and what it owns. */
struct open_flow {
    struct flow flow; /* first: it is what the caller holds */
    struct tree *tree;
    struct assets assets;
};

void flow_init(struct flow_options *options, const char *root) {
    *options = (struct flow_options){
        .root = root,
        .lock_timeout_ms = FLOW_LOCK_TIMEOUT_MS,
        .clock = clock_system(),
    };
    layout_init(&options->layout);
}

struct flow *flow_open(const struct flow_options *options, struct err *err) {
    struct tree *tree = tree_open(options->root, err);
    if (!tree)
        return NULL;
    struct open_flow *open = mem_zero(1, sizeof *open);
    open->tree = tree;
    open->assets = options->github
                       ? assets_github(tree, &options->layout, options->github, options->hook, err)
                       : assets_dir(tree);
    if (!open->assets.ops) {
        tree_close(tree);
        free(open);
        return NULL;
    }
    open->flow = (struct flow){
        .options = options,
        .layout = &options->layout,
        .tree = tree,
        .assets = &open->assets,
    };
    return &open->flow;
}

void flow_close(struct flow *flow) {
    if (!flow)
        return;
    struct open_flow *open = (struct open_flow *)(void *)flow;
    assets_fini(&open->assets);
    tree_close(open->tree);
    free(open);
}

static bool is_there(const struct flow *flow, const char *path) {
    struct stat st;
    struct err ignored = ERR_INIT;
    int fd = tree_open_file(flow->tree, path, &st, &ignored);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* What a store outside the tree has begun. */
static enum err_code recover_assets(const struct flow *flow, enum change_recovery *what,
                                    struct err *err) {
    const struct assets *assets = flow->assets;
    if (assets->ops->recover)
        return assets->ops->recover(assets->self, what, err);
    if (is_there(flow, ASSETS_DECIDED) || is_there(flow, ASSETS_PREPARED))
        return err_set(err, ERR_REFUSED, "assets",
                       "give the configuration that names the repository: -c FILE",
                       "a change whose files are uploaded to a repository is unfinished");
    return ERR_OK;
}

/* Somebody may have decided something and been killed: say so, whether or not we may mend it. */
static enum err_code recover(const struct flow *flow, const struct flow_work *work,
                             struct plan *plan, struct err *err) {
    enum change_recovery what = CHANGE_WAS_CLEAN, theirs = CHANGE_WAS_CLEAN;
    enum err_code code = change_recover(flow->tree, flow->options->hook, &what, err);
    if (code == ERR_OK && work->assets)
        code = recover_assets(flow, &theirs, err);
    what = theirs != CHANGE_WAS_CLEAN ? theirs : what;
    if (what == CHANGE_FINISHED && code == ERR_OK)
        plan_note(plan, "An interrupted change was finished first.");
    else if (what == CHANGE_UNDONE && code == ERR_OK)
        plan_note(plan, "An interrupted change was undone first.");
    return code;
}

static enum err_code look(const struct flow *flow, const struct flow_work *work, struct plan *plan,
                          struct err *err) {
    enum err_code code = work->look(flow, work->request, plan, err);
    plan_describe(plan, flow->assets);
    return code;
}

static enum err_code run_locked(const struct flow *flow, const struct flow_work *work,
                                struct plan *plan, struct err *err) {
    const struct flow_options *o = flow->options;
    struct lock *lock =
        lock_take(flow->tree, o->clock, o->lock_timeout_ms, work->name, o->hook, err);
    if (!lock)
        return err->code;
    enum err_code code = recover(flow, work, plan, err);
    if (code == ERR_OK)
        code = look(flow, work, plan, err);
    if (code == ERR_OK && !plan->skip)
        code = plan_run(plan, flow->tree, flow->assets, o->hook, err);
    lock_release(lock);
    return code;
}

static void note_unfinished(const struct flow *flow, struct plan *plan) {
    if (is_there(flow, TREE_JOURNAL) || is_there(flow, ASSETS_DECIDED))
        plan_note(plan, "An interrupted change would be finished first.");
    else if (is_there(flow, ASSETS_PREPARED))
        plan_note(plan, "An interrupted change would be undone first.");
}

enum err_code flow_run(const struct flow_options *options, const struct flow_work *work,
                       struct plan *plan, struct err *err) {
    struct err trouble = ERR_INIT;
    enum err_code code = ERR_OK;
    struct flow *flow = flow_open(options, &trouble);
    if (!flow) {
        code = trouble.code;
    } else if (options->dry_run) {
        note_unfinished(flow, plan);
        code = look(flow, work, plan, &trouble);
    } else {
        code = run_locked(flow, work, plan, &trouble);
    }
    flow_close(flow);
    return code == ERR_OK ? ERR_OK
                          : err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
}
