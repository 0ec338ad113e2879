#include "src/cmd/screen.h"

#include "src/base/clock.h"
#include "src/base/user.h"
#include "src/base/wake.h"
#include "src/cmd/cmd.h"
#include "src/cmd/crew.h"
#include "src/engine/reader.h"
#include "src/model/people.h"
#include "src/model/record.h"
#include "ui/ui.h"

int screen_run(const struct policy *policy, const struct screen_look *look) {
    struct err err = ERR_INIT;
    char user[RECORD_NAME_CAP];
    struct wake wake;
    if (wake_init(&wake, &err) != ERR_OK)
        return cmd_fail(&err);

    int signal = 0;
    user_name(user, sizeof user);
    bool acts = !look->read_only && policy->n_actions > 0;
    struct crew *crew = acts ? crew_start_acting(policy, clock_system(), &wake, &err)
                             : crew_start(policy, clock_system(), &wake, &err);
    struct reader *reader = NULL;
    if (crew && policy->ledger.file)
        reader = reader_start(policy, clock_system(), &wake, &err);
    if (crew && err.code == ERR_OK) {
        const struct ui_ports ports = {
            .policy = policy,
            .clock = clock_system(),
            .snapshots = crew_snapshots(crew),
            .wake = &wake,
            .send = crew_send,
            .probes_alive = crew_alive,
            .self = crew,
            .ask_page = reader ? reader_ask : NULL,
            .reader = reader,
            .pages = reader ? reader_pages(reader) : NULL,
            .who = look->as ? look->as : people_default(policy, user),
            .user = user,
            .read_only = look->read_only,
        };
        ui_run(&ports, &signal, &err);
    }
    reader_stop(reader);
    crew_stop(crew);
    wake_fini(&wake);
    if (err.code != ERR_OK)
        return cmd_fail(&err);
    return signal ? 128 + signal : EXIT_GO;
}
