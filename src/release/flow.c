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
    open->assets = assets_dir(tree);
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

/* Somebody may have decided something and been killed: say so, whether or not we may mend it. */
static enum err_code recover(const struct flow *flow, struct plan *plan, struct err *err) {
    enum change_recovery what = CHANGE_WAS_CLEAN;
    enum err_code code = change_recover(flow->tree, flow->options->hook, &what, err);
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
    enum err_code code = recover(flow, plan, err);
    if (code == ERR_OK)
        code = look(flow, work, plan, err);
    if (code == ERR_OK && !plan->skip)
        code = plan_run(plan, flow->tree, flow->assets, o->hook, err);
    lock_release(lock);
    return code;
}

static void note_journal(const struct flow *flow, struct plan *plan) {
    struct stat st;
    struct err ignored = ERR_INIT;
    int fd = tree_open_file(flow->tree, TREE_JOURNAL, &st, &ignored);
    if (fd < 0)
        return;
    close(fd);
    plan_note(plan, "An interrupted change would be finished first.");
}

enum err_code flow_run(const struct flow_options *options, const struct flow_work *work,
                       struct plan *plan, struct err *err) {
    struct err trouble = ERR_INIT;
    enum err_code code = ERR_OK;
    struct flow *flow = flow_open(options, &trouble);
    if (!flow) {
        code = trouble.code;
    } else if (options->dry_run) {
        note_journal(flow, plan);
        code = look(flow, work, plan, &trouble);
    } else {
        code = run_locked(flow, work, plan, &trouble);
    }
    flow_close(flow);
    return code == ERR_OK ? ERR_OK
                          : err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
}
