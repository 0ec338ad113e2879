/* For fuzz targets: what must hold, or the input is a finding. */
#ifndef GONOGO_FUZZ_MUST_H
#define GONOGO_FUZZ_MUST_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)   \
    do {                  \
        if (!(condition)) \
            abort();      \
    } while (0)

#endif
