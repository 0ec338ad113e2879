/* What the files of probes/tail share; nobody else includes it. */
#ifndef GONOGO_PROBES_TAIL_INSIDE_H
#define GONOGO_PROBES_TAIL_INSIDE_H

#include <sys/stat.h>

#include "probes/tail.h"
#include "src/base/gunzip.h"
#include "src/base/words.h"

enum {
    MARK_BYTES = 64,       /* before a place in a file: with the head they tell its content */
    TURN_BYTES = 32 << 20, /* read of one file in one turn */
    PASTS = 4,             /* contents of a file that was cut off, and may be found in a copy */
    KNOWN = 64,            /* siblings that are none of our business */
    HUNT_TURNS = 3,        /* names move while a folder is read: look more than once */
    OVERLAP_MS = 10000, /* what an earlier hunt missed is found by the next; < TAIL_LEAVE_MS / 2 */
    SUSPECT_MS = 3000,  /* so long a file may be a copy that is being made */
};

/* What tells one content from another, whatever it is called. */
struct print {
    int64_t at; /* the mark lies before this */
    uint32_t head_bytes;
    uint32_t head, mark; /* hashes */
};

/* How a file is to be begun. */
enum birth {
    BIRTH_WHOLE, /* it appeared while we looked, or its history is wanted */
    BIRTH_END,   /* it was there at the start: at the line that was unfinished at `offset` */
    BIRTH_RESUMED,
    BIRTH_DONE,
};

struct place;

/* A content. */
struct tail_file {
    struct place *place;
    char *path; /* its name now, or the last it had */
    uint64_t dev, inode;
    int fd;                /* -1 = not open */
    struct gunzip *gunzip; /* history that is packed; read once */
    enum birth birth;
    int64_t offset;  /* of the first line that was not taken */
    int64_t skim;    /* behind it: bytes of an overlong line that does not end yet */
    int64_t hole;    /* NULs at the beginning that are no line */
    uint64_t number; /* lines before `offset` */
    int64_t counted; /* BIRTH_END: so far lines were counted */
    int64_t history; /* up to here its lines were there before us: nobody knows when they came */
    struct print print;
    int64_t size, mtime_ns; /* as seen when it was read last */
    int64_t written_ns;     /* as seen last: contents are read in this order */
    int64_t active_ms;      /* mono: it grew */
    int64_t leave_ms; /* mono: no longer at a name of ours, and given up then; 0 = it is there */
    bool seen;        /* by this turn's look */
    bool copy;        /* of what we read before: its unfinished last line is no line */
    bool changed;     /* since it was read last */
    bool caught_up;   /* it was at its end once */
    bool blank;       /* nothing was in it yet: who comes next may not be the first */
    bool lost;        /* it was gone before it could be opened */
    bool moved;       /* its cursor is to be told */
};

/* A content that was cut off. */
struct past {
    bool is;
    struct print print;
    int64_t offset;
    uint64_t number;
};

/* What was looked at already, as it was then. */

struct known {
    uint64_t dev, inode;
    int64_t size, mtime_ns;
};

struct knowns { /* the newest */
    struct known at[KNOWN];
    unsigned n; /* ever */
};

struct place {
    unsigned log;
    char *path;
    int handle;               /* the outlet's; LOGBOOK_NO_FILE = it has too many */
    int64_t turn_ms;          /* mono: the last of these turns that counted */
    unsigned hunt;            /* turns in which to look for what was rotated between two looks */
    bool hunt_packed;         /* also in gzip files: after a restart */
    int64_t hunt_ms, next_ms; /* mono: since when the next two hold */
    int64_t hunt_after_ns,
        next_after_ns; /* contents that were written last before this are none of ours */
    bool behind;       /* within a turn: an older content is not read to its end yet */
    struct past past[PASTS];
    struct knowns known;
    bool seen;
    char trouble[192]; /* raw; "" = none */
};

/* A path and what stands there. */
struct entry {
    char *path;
    uint64_t dev, inode;
    int64_t size, mtime_ns;
};

struct entries {
    struct entry *at;
    size_t n, room;
};

struct tail_command;

/* One log. */
struct follow {
    const struct log_spec *spec;
    unsigned log;
    bool began;   /* the first look is behind us */
    bool resumed; /* it has cursors from the run before */
    char **names; /* files that the paths stood for when they were last expanded */
    size_t n_names, names_room;
    int64_t expand_ms; /* mono: when to do so again */
    int64_t looked_ms; /* wall: when this was done last */
    struct place **places;
    size_t n_places, places_room;
    struct tail_file **files; /* of one place: the oldest content first */
    size_t n_files, files_room;
    size_t hint; /* where the next file is likely to be found */
    struct known
        *copies; /* of what was read, or older: files at names of ours that are none to follow */
    size_t n_copies, copies_room;
    size_t copies_hint;   /* where the next of them is likely to be found */
    char trouble[192];    /* raw */
    unsigned passed_over; /* files beyond the limits */
    struct tail_command *command;
};

struct tail {
    const struct policy *policy;
    struct tail_outlet outlet;
    const _Atomic bool *stop;
    struct follow *follows;
    size_t n_follows;
    struct digest_cursor *recalled; /* of the run before; consumed by the first look */
    size_t n_recalled;
    struct digest_cursor *cursors; /* to be told */
    size_t n_cursors, cursors_room;
    struct words counter; /* no words: it only counts lines */
    char *block;          /* TAIL_LINE + 1 + TAIL_BLOCK bytes */
    size_t n_open;
    bool more; /* this turn left something unread */
    int64_t wall_ms, mono_ms;
};

bool tail_stopped(const struct tail *t);

/* tail_look.c: what stands where */
void tail_look(struct tail *t, struct follow *f);
struct tail_file *tail_find(struct follow *f, uint64_t dev, uint64_t inode);
struct place *tail_place(const struct follow *f, const char *path); /* NULL = there is none */
struct place *tail_make_place(struct tail *t, struct follow *f, const char *path);
/* `newest`: behind all others; else by its time, and before what stands at the place's own path. */
struct tail_file *tail_add(struct follow *f, struct place *place, const struct entry *e,
                           bool newest);
void tail_file_free(struct tail *t, struct tail_file *file);

/* tail_names.c: paths and folders */
/* The names that the log's paths stand for now. */
void tail_expand(struct follow *f);
/* Is `path` what a rotation makes of `base`? Both absolute. */
bool tail_rotated(const char *base, const char *path);
bool tail_packed(const char *path);
/* A regular file; copies the path. */
bool tail_stat(const char *path, struct entry *e);
bool tail_fstat(int fd, struct entry *e); /* without the path */
/* What a rotation made of `path`, the oldest first. */
void tail_siblings(const char *path, struct entries *list);
void tail_entries_add(struct entries *list, struct entry e); /* takes its path */
void tail_entries_fini(struct entries *list);
bool tail_knows(const struct knowns *k, const struct entry *e);
void tail_know(struct knowns *k, const struct entry *e);
bool tail_knows_copy(struct follow *f, const struct entry *e);
void tail_know_copy(struct follow *f, const struct entry *e);

/* tail_hunt.c: what was rotated between two looks, or while we were not there */
/* For what was written last after `after_ns`. */
void tail_start_hunt(const struct tail *t, struct place *place, int64_t after_ns);
void tail_hunt(struct tail *t, struct follow *f, struct place *place);
void tail_resume(struct tail *t, struct follow *f);
void tail_history(struct tail *t, struct follow *f, struct place *place, int64_t after_ns);
/* Is this a copy of what is read (or was read) at this place? */
bool tail_is_copy(const struct follow *f, const struct place *place, const struct entry *e);

/* tail_read.c */
void tail_read(struct tail *t, struct follow *f, struct tail_file *file);
void tail_finish(struct tail *t, struct tail_file *file); /* its unfinished last line is one */
/* True when its content was cut off since it was read, and is another one now. */
bool tail_check(struct tail *t, struct follow *f, struct tail_file *file);
/* `have` bytes stand in `block`, what comes at the file's offset. Whole lines go to the outlet. Returns
 * how many bytes are the beginning of a line that goes on; they stand at the block's front then. */
size_t tail_take(struct tail *t, struct tail_file *file, char *block, size_t have);
void tail_give(struct tail *t, struct tail_file *file, const char *from, const char *end);
bool tail_open(struct tail *t, struct tail_file *file);
void tail_shut(struct tail *t, struct tail_file *file);
void tail_tell_cursors(struct tail *t); /* those that moved */
void tail_forget_cursor(struct tail *t, unsigned log, const char *path, uint64_t dev,
                        uint64_t inode);

/* tail_print.c */
/* Of what stands in the file now; false: it is shorter, or cannot be read. `head_bytes` 0: as many as
 * there are. */
bool tail_print(int fd, int64_t at, uint32_t head_bytes, struct print *print);
/* The same from bytes that were read at `offset`, up to the end of the last line in them, without another
 * look: the file may be another one by now. False: they are too few to tell. */
bool tail_print_block(const struct print *before, int64_t offset, const char *bytes, size_t n,
                      struct print *print);
/* The same for a path; false also when another file stands there by now. */
bool tail_print_entry(const struct entry *e, int64_t at, uint32_t head_bytes, struct print *print);
bool tail_print_head(const struct entry *e, const struct print *like); /* is its head the same? */
bool tail_print_is(const struct print *a, const struct print *b);
uint64_t tail_print_hash(const struct print *print); /* as cursors have it */
struct print tail_print_of(const struct digest_cursor *cursor);
ssize_t tail_pread(int fd, void *bytes, size_t n, int64_t at); /* as much as there is */

/* tail_command.c */
void tail_command_free(struct tail_command *c); /* NULL is fine */
void tail_command_turn(struct tail *t, struct follow *f);
int tail_command_fd(const struct tail_command *c, int which); /* 0 its output, 1 its errors; -1 */
int64_t tail_command_wait_ms(const struct tail_command *c, int64_t mono_ms);
void tail_command_stop(struct tail_command *c, int64_t mono_ms); /* asks it to end */
bool tail_command_ends(struct tail_command *c, int64_t mono_ms); /* asked: does it still run? */
bool tail_command_runs(const struct tail_command *c);

#endif
