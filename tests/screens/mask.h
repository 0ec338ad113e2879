/* What changes from run to run on a screen of the lab, made the same. */
#ifndef GONOGO_TESTS_MASK_H
#define GONOGO_TESTS_MASK_H

/* In place. Times, latencies, ages, sparklines, ports and HTTP codes become one `~` with the blanks
 * around them; columns are lost on such lines, words are not. What the gates `fresh`, `soak`, `SLOs`
 * and `tray rules` say after their names, and what the boxes SLOs and Latest hold, is left out. */
void mask_lab(char *text);

#endif
