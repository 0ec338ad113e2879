/* Whose turn it is: which sources are due, which may begin, and what follows when a look ends.
 *
 * Only so many looks that began a moment ago run at once (a crowd, not a flood: answers are read while
 * they are in the cache). A look that takes longer than MOMENT_MS leaves the crowd, and a source that
 * was slow last time never joins it; so a thousand that hang neither wait nor make others wait. All
 * calls from the worker's thread. */
#ifndef GONOGO_PROBES_TURNS_H
#define GONOGO_PROBES_TURNS_H

#include "probes/net_inside.h"

void turns_plan(struct net *net);      /* at the start: every source at once, a little spread */
void turns_hurry(struct net *net);     /* all that are not under way are due now */
void turns_begin_due(struct net *net); /* begins what is due and may begin */
void turns_resolved(struct net *net);  /* the resolver has news */
void turns_reap(struct net *net, struct group *group); /* takes in the transfers that ended */
/* When turns_begin_due() has something to do (mono ms, NEVER = not before something happens). */
int64_t turns_next(const struct net *net);
/* For struct look_setup: reads the CA file when a look first needs it. */
bool turns_know_trust(void *self, struct target *target, struct err *err);
void turns_close(struct net *net); /* drops every look */

#endif
