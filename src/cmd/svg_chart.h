/* A service level over its window as an SVG picture: the curve, an earlier one
 * below it, the threshold, what is beyond it. */
#ifndef GONOGO_CMD_SVG_CHART_H
#define GONOGO_CMD_SVG_CHART_H

#include "src/base/buf.h"
#include "src/model/snapshot.h"

void svg_chart(const struct snapshot *s, size_t slo, struct buf *out);

#endif
