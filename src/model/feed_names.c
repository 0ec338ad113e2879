#include "src/model/feed_names.h"

static const char sparkle_uri[] = "http://www.andymatuschak.org/xml-namespaces/sparkle";

const struct feed_name feed_texts[FEED_TEXTS] = {
    [FIELD_TITLE] = {"title", false},
    [FIELD_VERSION] = {"version", true},
    [FIELD_SHORT_VERSION] = {"shortVersionString", true},
    [FIELD_CHANNEL] = {"channel", true},
    [FIELD_PUB_DATE] = {"pubDate", false},
    [FIELD_PHASED] = {"phasedRolloutInterval", true},
    [FIELD_MINIMUM_SYSTEM] = {"minimumSystemVersion", true},
    [FIELD_MAXIMUM_SYSTEM] = {"maximumSystemVersion", true},
    [FIELD_MINIMUM_AUTOUPDATE] = {"minimumAutoupdateVersion", true},
    [FIELD_IGNORE_SKIPPED] = {"ignoreSkippedUpgradesBelowVersion", true},
    [FIELD_LINK] = {"link", false},
    [FIELD_FULL_NOTES] = {"fullReleaseNotesLink", true},
    [FIELD_MINIMUM_UPDATE] = {"minimumUpdateVersion", true},
    [FIELD_HARDWARE] = {"hardwareRequirements", true},
};

const struct feed_name feed_enclosure_texts[FEED_ENCLOSURE_TEXTS] = {
    {"url", false},
    [FIELD_LENGTH - FIELD_URL] = {"length", false},
    [FIELD_TYPE - FIELD_URL] = {"type", false},
    [FIELD_ED_SIGNATURE - FIELD_URL] = {"edSignature", true},
    [FIELD_DSA_SIGNATURE - FIELD_URL] = {"dsaSignature", true},
    [FIELD_OS - FIELD_URL] = {"os", true},
    [FIELD_ENCLOSURE_VERSION - FIELD_URL] = {"version", true},
    [FIELD_ENCLOSURE_SHORT_VERSION - FIELD_URL] = {"shortVersionString", true},
    [FIELD_ENCLOSURE_MINIMUM_SYSTEM - FIELD_URL] = {"minimumSystemVersion", true},
    [FIELD_DELTA_FROM - FIELD_URL] = {"deltaFrom", true},
    [FIELD_INSTALLATION_TYPE - FIELD_URL] = {"installationType", true},
};

const struct feed_name feed_elements[ELEMENTS] = {
    [ELEMENT_ENCLOSURE] = {"enclosure", false},
    [ELEMENT_CRITICAL] = {"criticalUpdate", true},
    [ELEMENT_INFORMATIONAL] = {"informationalUpdate", true},
    [ELEMENT_DELTAS] = {"deltas", true},
    [ELEMENT_TAGS] = {"tags", true},
    [ELEMENT_RSS] = {"rss", false},
    [ELEMENT_CHANNEL] = {"channel", false},
    [ELEMENT_ITEM] = {"item", false},
    [ELEMENT_NOTES] = {"releaseNotesLink", true},
    [ELEMENT_VERSION] = {"version", true},
    [ELEMENT_BELOW] = {"belowVersion", true},
};

static const char *const quiet[FEED_QUIET_TEXTS] = {
    "deltaFromSparkleExecutableSize",
    "deltaFromSparkleLocales",
};

const struct feed_delta_text feed_delta_texts[FEED_DELTA_TEXTS] = {
    {{"url", false}, PART_TEXT},
    {{"length", false}, PART_LENGTH},
    {{"deltaFrom", true}, PART_DETAIL},
    {{"edSignature", true}, PART_ED_SIGNATURE},
};

static const xmlChar *intern(xmlDict *dict, const char *name) {
    return xmlDictLookup(dict, (const xmlChar *)name, -1);
}

void feed_names_intern(struct feed_names *names, xmlDict *dict) {
    for (size_t i = 0; i < FEED_TEXTS; i++)
        names->text[i] = intern(dict, feed_texts[i].text);
    for (size_t i = 0; i < FEED_ENCLOSURE_TEXTS; i++)
        names->enclosure[i] = intern(dict, feed_enclosure_texts[i].text);
    for (size_t i = 0; i < ELEMENTS; i++)
        names->element[i] = intern(dict, feed_elements[i].text);
    for (size_t i = 0; i < FEED_QUIET_TEXTS; i++)
        names->quiet[i] = intern(dict, quiet[i]);
    for (size_t i = 0; i < FEED_DELTA_TEXTS; i++)
        names->delta[i] = intern(dict, feed_delta_texts[i].name.text);
    names->version = intern(dict, "version");
    names->lang = intern(dict, "lang");
    names->xml_prefix = intern(dict, "xml");
    names->sparkle_prefix = intern(dict, "sparkle");
    names->sparkle_uri = intern(dict, sparkle_uri);
}
