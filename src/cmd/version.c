/* gonogo version A B: Sparkle's comparison for scripts and for the curious. */
#include <stdio.h>
#include <string.h>

#include "src/cmd/cmd.h"
#include "src/model/version.h"

int cmd_version(int argc, char **argv) {
    int first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;
    if (argc - first < 2)
        return cmd_usage("version", "two versions are needed");
    if (argc - first > 2)
        return cmd_usage("version", "\"%s\" is one argument too many", argv[first + 2]);
    int order = version_compare(argv[first], argv[first + 1]);
    printf("%c\n", order < 0 ? '<' : order > 0 ? '>' : '=');
    return cmd_close_stdout(EXIT_GO);
}
