#include "src/cmd/screen.h"

#include "src/base/clock.h"
#include "src/base/wake.h"
#include "src/cmd/cmd.h"
#include "src/cmd/crew.h"
#include "ui/ui.h"

int screen_run(const struct policy *policy) {
    struct err err = ERR_INIT;
    struct wake wake;
    if (wake_init(&wake, &err) != ERR_OK)
        return cmd_fail(&err);

    int signal = 0;
    struct crew *crew = crew_start(policy, clock_system(), &wake, &err);
    if (crew) {
        const struct ui_ports ports = {
            .policy = policy,
            .clock = clock_system(),
            .snapshots = crew_snapshots(crew),
            .wake = &wake,
            .send = crew_send,
            .probes_alive = crew_alive,
            .self = crew,
        };
        ui_run(&ports, &signal, &err);
        crew_stop(crew);
    }
    wake_fini(&wake);
    if (err.code != ERR_OK)
        return cmd_fail(&err);
    return signal ? 128 + signal : EXIT_GO;
}
