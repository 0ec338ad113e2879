/* The thread that plays the lab's clients and server, and stops staging when the scenario says so. */
#ifndef GONOGO_LAB_LAB_WRITER_H
#define GONOGO_LAB_LAB_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/err.h"
#include "src/lab/folder.h"

struct lab_writer;

enum { LAB_CLIENTS = 3 };

struct lab_writer_options {
    const struct folder *folder; /* logs/client-N.log and logs/server.log are written here */
    bool bad;                    /* clients are slow and failing from the start on */
    int64_t history_ms;          /* how much of the past, all of it good, is written at the start */
    int64_t after_ms; /* > 0: `then` is called once, in the thread, so long after the start */
    void (*then)(void *self);
    void *self;
};

/* When it returns, the history is in the files. */
struct lab_writer *lab_writer_start(const struct lab_writer_options *options, struct err *err);
void lab_writer_stop(struct lab_writer *writer); /* NULL is fine */

#endif
