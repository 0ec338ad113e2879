/* Writes a feed of N items, some 800 bytes each, on stdout: the same bytes at every run.
 * `make_feed 100000 > feed.xml` is the 80 MB of the benchmark. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint32_t seed = 20260226;

static uint32_t roll(uint32_t below) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static void signature(char dst[89]) {
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < 86; i++)
        dst[i] = base64[roll(64)];
    dst[86] = dst[87] = '=';
    dst[88] = '\0';
}

static const char *const notes[] = {
    ("Голосовой помощник отвечает быстрее, когда сеть медленная. "
     "🎙️"),
    "The tray icon comes back after the display sleeps; it took up to 30 s before.",
    "Push-to-talk no longer loses the first word. Fewer wake-ups while idle.",
    "Permissions are asked for once, in one window, and can be changed later.",
};

static void item(unsigned number, unsigned of) {
    unsigned build = of - number;
    char sig[89];
    signature(sig);
    printf("    <item>\n      <title>Nexy 2.%u.%u</title>\n", build / 1000, build % 1000);
    printf("      <pubDate>Thu, %02u Feb 2026 %02u:%02u:%02u +0000</pubDate>\n", 1 + roll(28),
           roll(24), roll(60), roll(60));
    printf("      <sparkle:version>2.%u.%u.%u</sparkle:version>\n", build / 1000, build % 1000,
           roll(100));
    printf("      <sparkle:shortVersionString>2.%u.%u</sparkle:shortVersionString>\n", build / 1000,
           build % 1000);
    if (number % 4 == 3)
        printf("      <sparkle:channel>beta</sparkle:channel>\n");
    if (number % 10 == 1)
        printf("      <sparkle:phasedRolloutInterval>86400</sparkle:phasedRolloutInterval>\n");
    if (number % 50 == 7)
        printf("      <sparkle:criticalUpdate></sparkle:criticalUpdate>\n");
    printf("      <sparkle:minimumSystemVersion>11.0</sparkle:minimumSystemVersion>\n");
    printf("      <description><![CDATA[<h2>What is new</h2><ul><li>%s</li><li>%s</li></ul>]]>"
           "</description>\n",
           notes[roll(4)], notes[roll(4)]);
    printf("      <enclosure url=\"https://updates.example.net/releases/download/Update/"
           "Nexy-2.%u.%u.dmg?a=1&amp;b=2\"\n"
           "                 length=\"%" PRIu32 "\" type=\"application/octet-stream\"\n"
           "                 sparkle:edSignature=\"%s\"/>\n",
           build / 1000, build % 1000, 275000000 + roll(1000000), sig);
    printf("    </item>\n");
}

int main(int argc, char **argv) {
    unsigned n = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100000;
    printf(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
        "<rss version=\"2.0\" xmlns:sparkle=\"http://www.andymatuschak.org/xml-namespaces/sparkle\""
        " xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n  <channel>\n"
        "    <title>Nexy</title>\n    <link>https://updates.example.net/appcast.xml</link>\n"
        "    <description>Updates of Nexy</description>\n    <language>en</language>\n");
    for (unsigned i = 0; i < n; i++)
        item(i, n);
    printf("  </channel>\n</rss>\n");
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
