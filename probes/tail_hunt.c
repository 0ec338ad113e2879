/* What was rotated between two looks, or while we were not there: the rest of a content that is found
 * under another name, in a copy or packed, and whole contents that came and went in between. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/tail_inside.h"
#include "src/base/mem.h"
enum {
    NS_PER_MS = 1000000,
    RESUME_TURNS = 4, /* names move while a folder is read */
    RESUME_WAIT_MS = 10,
};

enum kinship { KIN_NONE, KIN_SHORTER, KIN_COPY };

/* Does it hold what was read of a content? What only begins alike has another mark. */
static enum kinship kinship(const struct entry *e, const struct print *of) {
    struct print print;
    if (!tail_print_head(e, of))
        return KIN_NONE;
    if (!tail_print_entry(e, of->at, of->head_bytes, &print))
        return KIN_SHORTER;
    return tail_print_is(&print, of) ? KIN_COPY : KIN_NONE;
}

bool tail_is_copy(const struct follow *f, const struct place *place, const struct entry *e) {
    for (size_t i = 0; i < f->n_files; i++)
        if (f->files[i]->place == place && kinship(e, &f->files[i]->print) != KIN_NONE)
            return true;
    for (size_t i = 0; i < PASTS; i++)
        if (place->past[i].is && kinship(e, &place->past[i].print) != KIN_NONE)
            return true;
    return false;
}

static struct tail_file *take_over(struct follow *f, struct place *place, const struct entry *e) {
    struct tail_file *file = tail_add(f, place, e, false);
    file->history = e->size;
    return file;
}

enum decision { TAKE, LEAVE, NOT_NOW, WAIT };

/* May it be a copy of what is still read, complete or being made? Compared with what stands there now:
 * it may not have been read yet. */
static enum decision compare(struct tail *t, struct tail_file *file, const struct entry *e) {
    struct print theirs, ours;
    struct stat st;
    if (tail_packed(e->path) || tail_packed(file->path) || !tail_open(t, file) ||
        fstat(file->fd, &st) != 0)
        return TAKE;
    int64_t n = e->size < (int64_t)st.st_size ? e->size : (int64_t)st.st_size;
    if (n == 0) /* just cut off, perhaps: that is noticed when it is read */
        return e->size > 0 && file->offset == 0 ? TAKE : WAIT;
    if (!tail_print(file->fd, n, 0, &ours) || !tail_print_entry(e, n, 0, &theirs) ||
        !tail_print_is(&ours, &theirs)) /* logs may begin alike: each with the same banner */
        return TAKE;
    return n < DIGEST_HEAD_MAX || e->size > (int64_t)st.st_size ? WAIT : NOT_NOW;
}

static enum decision decide(struct tail *t, const struct follow *f, const struct place *place,
                            const struct entry *e) {
    if (e->mtime_ns <= place->hunt_after_ns)
        return LEAVE;
    enum decision all = e->size == 0 ? WAIT : TAKE;
    for (size_t i = 0; i < f->n_files; i++) {
        enum decision one = f->files[i]->place == place ? compare(t, f->files[i], e) : TAKE;
        if (one == NOT_NOW)
            return NOT_NOW;
        all = one == WAIT ? WAIT : all;
    }
    return all == WAIT && t->wall_ms - e->mtime_ns / NS_PER_MS > SUSPECT_MS ? TAKE : all;
}

/* It is as it was when it was listed, and what is read here too: else nothing holds that was decided. */
static bool still(struct tail *t, struct follow *f, const struct place *place,
                  const struct entry *e) {
    struct entry now;
    if (!tail_stat(e->path, &now))
        return false;
    free(now.path);
    for (size_t i = 0; i < f->n_files; i++)
        if (f->files[i]->place == place && tail_check(t, f, f->files[i]))
            return false;
    return now.inode == e->inode && now.size == e->size && now.mtime_ns == e->mtime_ns;
}

/* True: it cannot be said yet. */
static bool weigh(struct tail *t, struct follow *f, struct place *place, const struct entry *e) {
    for (size_t i = 0; i < PASTS; i++) {
        struct past *past = &place->past[i];
        enum kinship kin = past->is ? kinship(e, &past->print) : KIN_NONE;
        if (kin == KIN_SHORTER)
            return true;
        if (kin == KIN_NONE)
            continue;
        struct tail_file *file = take_over(f, place, e);
        file->offset = past->offset;
        file->number = past->number;
        file->print = past->print;
        file->copy = true;
        past->is = false;
        return false;
    }
    if (tail_knows(&place->known, e)) /* that is no news; what was cut off since may be in it */
        return false;
    enum decision decision = decide(t, f, place, e);
    if (decision == TAKE && !still(t, f, place, e))
        return true;
    if (decision == TAKE)
        take_over(f, place, e);
    else if (decision == LEAVE)
        tail_know(&place->known, e);
    return decision == WAIT;
}

/* One that was renamed before it could be opened. */
static void found_again(struct tail_file *file, const struct entry *e) {
    if (file->seen || file->fd >= 0 || file->caught_up)
        return;
    free(file->path);
    file->path = mem_copy_text(e->path);
    file->changed = true;
    file->lost = false;
}

/* When rotations follow each other quickly a hunt does not end before the next begins: what it has not
 * found yet must not become too old for it. What was read is known for longer than that. */
void tail_start_hunt(const struct tail *t, struct place *place, int64_t after_ns) {
    if (place->hunt == 0) {
        place->hunt_after_ns = place->next_after_ns = after_ns;
        place->hunt_ms = place->next_ms = t->mono_ms;
    } else if (t->mono_ms - place->next_ms > OVERLAP_MS) {
        place->hunt_after_ns = place->next_after_ns;
        place->hunt_ms = place->next_ms;
        place->next_after_ns = after_ns;
        place->next_ms = t->mono_ms;
    }
    place->hunt = HUNT_TURNS;
}

/* What was cut off is found, or is not to be found: the next run need not look for it. */
static void end_hunt(struct follow *f, struct place *place) {
    memset(place->past, 0, sizeof place->past);
    for (size_t i = 0; i < f->n_files; i++)
        if (f->files[i]->place == place && f->files[i]->offset == 0)
            f->files[i]->moved = true;
}

void tail_hunt(struct tail *t, struct follow *f, struct place *place) {
    struct entries list = {0};
    bool open = false;
    tail_siblings(place->path, &list);
    for (size_t i = 0; i < list.n; i++) {
        struct tail_file *file = tail_find(f, list.at[i].dev, list.at[i].inode);
        if (file)
            file->written_ns = list.at[i].mtime_ns;
    }
    for (size_t i = 0; i < list.n && !tail_stopped(t); i++) {
        const struct entry *e = &list.at[i];
        struct tail_file *file = tail_find(f, e->dev, e->inode);
        if (file)
            found_again(file, e);
        else if (place->hunt_packed || !tail_packed(e->path))
            open = weigh(t, f, place, e) || open;
    }
    tail_entries_fini(&list);
    place->hunt_packed = false;
    if (open && t->mono_ms - place->hunt_ms < 2 * SUSPECT_MS) {
        place->behind = true; /* what stands at its path now comes later */
        return;
    }
    if (t->mono_ms - place->turn_ms < TAIL_POLL_MS)
        return;
    place->turn_ms = t->mono_ms;
    if (place->hunt > 0 && --place->hunt == 0)
        end_hunt(f, place);
}

/* ---- the start ---- */

/* Is it what the cursor speaks of? */
static bool is_meant(const struct entry *e, const struct digest_cursor *c, bool same_inode) {
    struct print print, wanted = tail_print_of(c);
    if (c->offset == 0)
        return same_inode;
    return tail_print_entry(e, c->offset, c->head_bytes, &print) && tail_print_is(&print, &wanted);
}

/* Under any name: with the same inode, or else a copy, packed ones last. */
static const struct entry *find_meant(struct follow *f, const struct entries *list,
                                      const struct digest_cursor *c, bool copies) {
    for (int pass = copies; pass < (copies ? 3 : 1); pass++)
        for (size_t i = 0; i < list->n; i++) {
            const struct entry *e = &list->at[i];
            bool same = e->dev == c->dev && e->inode == c->inode;
            if (same == (pass == 0) && (same || tail_packed(e->path) == (pass == 2)) &&
                !tail_find(f, e->dev, e->inode) && is_meant(e, c, same))
                return e;
        }
    return NULL;
}

static void go_on(struct tail *t, struct follow *f, const struct entry *e,
                  const struct digest_cursor *c) {
    struct place *place = tail_place(f, c->path);
    bool at_path = strcmp(e->path, c->path) == 0;
    if (!place)
        place = tail_make_place(t, f, c->path);
    struct tail_file *file = tail_add(f, place, e, at_path);
    file->birth = BIRTH_RESUMED;
    file->offset = c->offset;
    file->number = c->line;
    file->print = tail_print_of(c);
    file->history = e->size;
    file->seen = at_path;
    file->copy = e->dev != c->dev || e->inode != c->inode;
    place->hunt_packed = true;
}

/* First what is still itself, then what may only be found in a copy: the copy may have been read, too. */
static void resume(struct tail *t, struct follow *f, struct digest_cursor *c, bool copies) {
    for (int turn = 0; turn < RESUME_TURNS && !c->gone; turn++) {
        struct entries list = {0};
        struct entry e;
        if (turn > 0)
            poll(NULL, 0, RESUME_WAIT_MS); /* names may be moving */
        tail_siblings(c->path, &list);
        if (tail_stat(c->path, &e))
            tail_entries_add(&list, e);
        const struct entry *meant = find_meant(f, &list, c, copies);
        if (meant) {
            go_on(t, f, meant, c);
            c->gone = true;
        }
        tail_entries_fini(&list);
    }
    if (copies)
        tail_forget_cursor(t, f->log, c->path, c->dev, c->inode);
}

/* Of two that speak of the same content (one from before it was cut off) the one that is further. */
static int by_offset(const void *a, const void *b) {
    const struct digest_cursor *x = a, *y = b;
    return x->offset != y->offset ? (x->offset > y->offset ? -1 : 1) : 0;
}

/* Nothing was read of what stands there now: other contents may have come and gone before it. */
static void resume_hunt(const struct tail *t, const struct follow *f, struct place *place) {
    const struct tail_file *newest = NULL, *read = NULL;
    for (size_t i = 0; i < f->n_files; i++) {
        if (f->files[i]->place != place)
            continue;
        newest = f->files[i];
        read = newest->offset > 0 ? newest : read;
    }
    if (read && read != newest)
        tail_start_hunt(t, place, read->mtime_ns);
}

void tail_resume(struct tail *t, struct follow *f) {
    if (t->n_recalled > 1)
        qsort(t->recalled, t->n_recalled, sizeof *t->recalled, by_offset);
    for (int copies = 0; copies < 2 && !f->spec->whole; copies++)
        for (size_t i = 0; i < t->n_recalled && !tail_stopped(t); i++) {
            if (t->recalled[i].log != f->log || t->recalled[i].gone)
                continue;
            f->resumed = true;
            resume(t, f, &t->recalled[i], copies);
        }
    for (size_t i = 0; i < f->n_places; i++)
        resume_hunt(t, f, f->places[i]);
}

void tail_history(struct tail *t, struct follow *f, struct place *place, int64_t after_ns) {
    struct entries list = {0};
    tail_siblings(place->path, &list);
    for (size_t i = 0; i < list.n && !tail_stopped(t); i++) {
        const struct entry *e = &list.at[i];
        if (e->mtime_ns >= after_ns && !tail_find(f, e->dev, e->inode))
            take_over(f, place, e);
    }
    tail_entries_fini(&list);
}
