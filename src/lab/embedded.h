/* Files of the repository that are part of the program: made at build time from config/samples/. */
#ifndef GONOGO_LAB_EMBEDDED_H
#define GONOGO_LAB_EMBEDDED_H

#include <stddef.h>

struct embedded {
    const char *name;  /* "demo.yaml" */
    const char *bytes; /* a NUL stands behind them */
    size_t n;
};

extern const struct embedded embedded_samples[]; /* the last has a NULL name */

#endif
