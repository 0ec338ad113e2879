/* Writes a client's log of at least SIZE MiB on stdout: the same bytes at every run.
 * `make_log --size 1024 > client.log` is the gigabyte of the benchmark. Some 3 % of the lines speak of the
 * tray, one of them in three written twice; 4 % are measures; the rest is what an app says all day. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t seed = 20260226;
static uint64_t written, now_ms = UINT64_C(40785389);

static uint32_t roll(uint32_t below) {
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 8) % below;
}

static void say(const char *logger, const char *message) {
    now_ms += roll(400);
    uint64_t day_ms = now_ms % 86400000;
    int n = printf("2026-01-%02u %02u:%02u:%02u,%03u - %s - INFO - %s\n",
                   (unsigned)(1 + now_ms / 86400000 % 28), (unsigned)(day_ms / 3600000),
                   (unsigned)(day_ms / 60000 % 60), (unsigned)(day_ms / 1000 % 60),
                   (unsigned)(day_ms % 1000), logger, message);
    written += n > 0 ? (uint64_t)n : 0;
}

static void tray(const char *message) {
    say("modules.tray_controller.macos.menu_handler", message);
    if (roll(3) == 0)
        written += (uint64_t)printf("%s\n", message);
}

static void session(uint32_t id) {
    char text[160];
    unsigned ms = 400 + roll(1500), ready = ms + 120 + roll(50);
    snprintf(text, sizeof text, "CC_READY ts=%u.49", id);
    tray(text);
    snprintf(text, sizeof text, "TAL=hold (ts=%u.10)", id);
    tray(text);
    snprintf(text, sizeof text, "TRAY_SERIES_ID=%08" PRIx32, id);
    tray(text);
    snprintf(text, sizeof text, "TRAY_ATTEMPT1 start (series_id=%08" PRIx32 ")", id);
    tray(text);
    snprintf(text, sizeof text, "TRAY_ATTEMPT1 result=ok (series_id=%08" PRIx32 ", duration=%ums)",
             id, ms);
    tray(text);
    snprintf(text, sizeof text, "tray.ready %ums", ready);
    tray(text);
    snprintf(text, sizeof text, "TAL=released (ts=%u.90, duration=122.8s)", id);
    tray(text);
    snprintf(text, sizeof text, "RESTART_FLAG seen_ts=%u.1, age_ms=4200, pid=812, reason=update",
             id);
    tray(text);
}

static void chat(void) {
    static const char *const lines[] = {
        "Пользователь нажал «Говорить» 🎙️",
        "Распознано: «открой почту и прочитай последнее письмо»",
        "Menu opened with ⌥Space, VoiceOver is on, focus=AXButton, window=Nexy",
        "grpc channel state READY, keepalive ping 18 ms, 3 streams idle, backlog=0",
        "Ответ готов: 3 предложения, язык ru ✅",
        "default_audio: device=BuiltInSpeaker, rate=48000, frames=512, latency below target",
        "TRAY: menu item «Пауза» highlighted",
    };
    char text[160];
    if (roll(25) != 0) {
        say("modules.voice.session", lines[roll(sizeof lines / sizeof *lines)]);
        return;
    }
    snprintf(text, sizeof text, "start_listening_latency_ms=%u", 200 + roll(300));
    say("modules.metrics.reporter", text);
}

int main(int argc, char **argv) {
    uint64_t size = 64;
    if (argc == 3 && strcmp(argv[1], "--size") == 0)
        size = strtoull(argv[2], NULL, 10);
    else if (argc != 1)
        return fputs("usage: make_log [--size MIB]\n", stderr), 2;
    for (uint32_t id = 0x10000000; written < size << 20; id += 1 + roll(9)) {
        session(id);
        for (int i = 0; i < 300; i++)
            chat();
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
