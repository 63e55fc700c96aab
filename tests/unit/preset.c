/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a provider of his, to a preset that was shipped with
 * a fault, or that needs more than it says.
 */
#include <dirent.h>
#include <unistd.h>

#include "tests/unit/provided.h"

static void
says(enum setting setting, const char *value)
{
	assert_non_null(provider->value[setting]);
	assert_string_equal(provider->value[setting], value);
}

/* Each that is shipped, with the least that an admin adds. */
static const struct {
	const char *name;
	const char *least;
	const char *smtp_host;
	enum sasl_mechanism mechanism;
} presets[] = {
	{ "microsoft", "tenant = college.edu\nclient_id = c\n",
	    "smtp.office365.com", SASL_XOAUTH2 },
	{ "google", "client_id = c\n", "smtp.gmail.com", SASL_XOAUTH2 },
	{ "oidc",
	    "authority = https://a.example\nclient_id = c\n"
	    "smtp_auth_host = h\n",
	    "h", SASL_XOAUTH2 },
	{ "password", "smtp_auth_host = h\n", "h", SASL_PLAIN },
	{ "yahoo", "client_id = c\n", "smtp.mail.yahoo.com", SASL_OAUTHBEARER },
	{ "aol", "client_id = c\n", "smtp.aol.com", SASL_OAUTHBEARER },
	{ "fastmail", "client_id = c\n", "smtp.fastmail.com", SASL_XOAUTH2 },
	{ "comcast", "client_id = c\n", "smtp.comcast.net", SASL_XOAUTH2 },
	{ "yandex", "client_id = c\n", "smtp.yandex.com", SASL_XOAUTH2 },
	{ "mailru", "client_id = c\n", "smtp.mail.ru", SASL_XOAUTH2 },
};

#define PRESETS (sizeof(presets) / sizeof(presets[0]))

/* A preset as it is shipped, in a folder that nobody else can write to. */
static void
ship(const char *preset)
{
	static char text[4096];
	char path[64], name[48];
	FILE *file;
	size_t len;

	(void)snprintf(name, sizeof(name), "preset.d/%.30s.conf", preset);
	(void)snprintf(path, sizeof(path), "units/%s", name);
	file = fopen(path, "r");
	assert_non_null(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	text[len] = '\0';
	write_file(name, text);
}

/* As a file of the admin's that takes it over. */
static const char *
with(const char *name, const char *more)
{
	static char text[512];

	(void)snprintf(text, sizeof(text), "[provider]\npreset = %s\n%s", name,
	    more);
	return text;
}

static void
each_preset_needs_what_its_first_lines_say_and_no_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < PRESETS; i++) {
		ship(presets[i].name);
		accepts(with(presets[i].name, presets[i].least));
		says(SETTING_SMTP_HOST, presets[i].smtp_host);
		assert_int_equal(provider_mechanism(provider),
		    presets[i].mechanism);
		/* It names no registration of ours, or of anybody's. */
		assert_int_equal(read_provider(with(presets[i].name, "")),
		    MAILSEAL_E_CONFIG);
	}
}

static void
no_preset_is_shipped_untried(void **state)
{
	DIR *shipped = opendir("units/preset.d");
	struct dirent *entry;
	size_t found = 0;

	(void)state;
	assert_non_null(shipped);
	while ((entry = readdir(shipped)) != NULL) {
		size_t i = 0;

		if (entry->d_name[0] == '.')
			continue;
		entry->d_name[strcspn(entry->d_name, ".")] = '\0';
		while (
		    i < PRESETS && strcmp(presets[i].name, entry->d_name) != 0)
			i++;
		if (i == PRESETS)
			fail_msg("%s is shipped and not tried", entry->d_name);
		found++;
	}
	(void)closedir(shipped);
	assert_int_equal(found, PRESETS);
}

/* What is found by discovery is not said twice, and the other way round. */
static void
who_signed_in_is_told_by_those_with_discovery_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < PRESETS; i++) {
		const char *asks;

		ship(presets[i].name);
		accepts(with(presets[i].name, presets[i].least));
		asks = provider->value[SETTING_AUTHORIZATION];
		if (asks == NULL)
			continue;
		assert_string_equal(provider->value[SETTING_MODULE], "oidc");
		/* Whether it is right is seen where mail is read. */
		assert_non_null(provider->place[SERVICE_IMAP].host);
		assert_non_null(provider->value[SETTING_SCOPE]);
	}
}

static void
the_presets_follow_the_cloud_and_the_domain(void **state)
{
	(void)state;
	ship("microsoft");
	ship("google");
	accepts("[provider]\npreset = microsoft\ntenant = college.edu\n"
		"client_id = abc\n");
	says(SETTING_PROMPT, "login");
	accepts("[provider]\npreset = microsoft\ntenant = college.edu\n"
		"client_id = abc\ncloud = usgov\n");
	says(SETTING_SMTP_HOST, "smtp.office365.us");
	accepts("[provider]\npreset = google\nclient_id = abc\n"
		"hd = college.edu\n");
	says(SETTING_AUTHORITY, "https://accounts.google.com");
	says(SETTING_PROMPT, "consent select_account");
	refuses("[provider]\npreset = google\nclient_id = abc\nhd = college\n",
	    4, "hd is a domain");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(each_preset_needs_what_its_first_lines_say_and_no_more),
		HERE(no_preset_is_shipped_untried),
		HERE(who_signed_in_is_told_by_those_with_discovery_only),
		HERE(the_presets_follow_the_cloud_and_the_domain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
