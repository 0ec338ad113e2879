/* What config/ has to know of probes/ and may not see: the registry's kinds, as names. */
#ifndef GONOGO_CMD_KINDS_H
#define GONOGO_CMD_KINDS_H

#include "config/config.h"

const struct config_kinds *cmd_kinds(void);

#endif
