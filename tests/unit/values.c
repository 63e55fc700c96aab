/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: an evening, looking for the file that a value comes
 * from; or a mailbox, because the value shown is not the one in force.
 */
#include "broker/values.h"
#include "tests/unit/doors.h"

#define SHOWN_MAX 128

static struct config *config;

static struct shown {
	char key[VALUE_KEY_MAX + 1];
	char text[256];
	char file[64]; /* without its folders; "" for a default */
	unsigned line;
	bool of_preset;
} shown[SHOWN_MAX];

static size_t count;

static void
show(void *arg, const struct value *value)
{
	struct shown *s = &shown[count++];
	const char *base = NULL;

	assert_ptr_equal(arg, shown);
	assert_true(count < SHOWN_MAX);
	if (value->origin.file != NULL)
		base = strrchr(value->origin.file, '/') + 1;
	(void)snprintf(s->key, sizeof(s->key), "%s", value->key);
	(void)snprintf(s->text, sizeof(s->text), "%s", value->text);
	(void)snprintf(s->file, sizeof(s->file), "%s",
	    base != NULL ? base : "");
	s->line = value->origin.line;
	s->of_preset = value->of_preset;
}

static void
read_values(enum strictness strictness)
{
	char conf[PATH_LEN], preset[PATH_LEN];

	(void)snprintf(conf, sizeof(conf), "%s/etc", folder);
	(void)snprintf(preset, sizeof(preset), "%s/preset", folder);
	if (config_read(conf, preset, strictness, note_alarm, &config,
		&fault) != MAILSEAL_OK)
		fail_msg("%s:%u: %s", fault.file, fault.line, fault.text);
	count = 0;
	values_each(config, show, shown);
}

/* The place of the next value of this key, from a place on; -1: none. */
static int
find(const char *key, int from)
{
	for (size_t i = (size_t)from; i < count; i++)
		if (strcmp(shown[i].key, key) == 0)
			return (int)i;
	return -1;
}

static void
is_shown(const char *key, const char *text, const char *file, unsigned line)
{
	int at = find(key, 0);
	const struct shown *s = &shown[at < 0 ? 0 : at];

	if (at < 0)
		fail_msg("%s is not shown", key);
	if (strcmp(s->text, text) != 0 || strcmp(s->file, file) != 0 ||
	    s->line != line)
		fail_msg("%s is \"%s\" of %s:%u", key, s->text, s->file,
		    s->line);
}

static void
what_is_set_nowhere_shows_its_default(void **state)
{
	(void)state;
	read_values(STRICT);
	is_shown("mailseald.log_level", "info", "", 0);
	is_shown("mailseald.audit_file", "", "", 0);
	is_shown("mailseald.connections", "1024", "", 0);
	is_shown("mailseald.connections_per_user", "128", "", 0);
	assert_int_equal(config->connections, 1024); /* what is in force */
	assert_memory_equal(shown[find("role.admin", 0)].text, "user:root", 9);
	assert_string_equal(shown[find("role.admin", 0)].file, "");
	assert_int_equal(find("role.monitor", 0), -1);
	is_shown("provider.old.smtp_auth_port", "587", "", 0);
	is_shown("provider.old.smtp_auth_tls", "Y", "", 0);
	is_shown("provider.old.smtp_auth_ssl", "N", "", 0);
	assert_int_equal(find("provider.old.imap_port", 0), -1);
	assert_int_equal(find("provider.old.client_auth", 0), -1);
}

static void
what_is_set_shows_the_line_that_set_it(void **state)
{
	(void)state;
	write_file("etc/mailseald.conf",
	    "# head\n[mailseald]\nLog_Level = warn # quiet\n"
	    "audit_file = /var/audit\nconnections = 007\n");
	write_file("etc/admin.conf",
	    "[roles]\nmonitor = user:daemon\nadmin = group:staff\n"
	    "monitor = user:bin  group:staff\n");
	write_file("etc/access.d/more.conf",
	    "[*@Campus.edu]\n\nallow = user:daemon   for:imap # his own\n"
	    "allow = user:bin\n");
	read_values(STRICT);
	is_shown("mailseald.log_level", "warn", "mailseald.conf", 3);
	is_shown("mailseald.audit_file", "/var/audit", "mailseald.conf", 4);
	is_shown("mailseald.connections", "007", "mailseald.conf", 5);
	is_shown("mailseald.connections_per_user", "128", "", 0);
	is_shown("role.monitor", "user:daemon", "admin.conf", 2);
	assert_int_equal(shown[find("role.monitor",
				   find("role.monitor", 0) + 1)]
			     .line,
	    4);
	assert_string_equal(shown[find("role.admin", 0)].file, "");
	assert_int_equal(shown[find("role.admin", find("role.admin", 0) + 1)]
			     .line,
	    3);
	is_shown("access.billing@example.edu",
	    "user:root for:smtp may-have-password", "all.conf", 2);
	is_shown("access.*@campus.edu", "user:daemon   for:imap", "more.conf",
	    3);
	assert_int_equal(shown[find("access.*@campus.edu",
				   find("access.*@campus.edu", 0) + 1)]
			     .line,
	    4);
}

static void
a_value_of_a_preset_shows_that_file_until_it_is_set(void **state)
{
	(void)state;
	write_file("preset/camp.conf",
	    "[provider]\nmodule = oidc\nscope = openid\nprompt = login\n"
	    "imap_port = 993\nsmtp_auth_tls = Y\n");
	write_file("etc/provider.d/campus.conf",
	    "[provider]\npreset = camp\nauthority = https://sign.example\n"
	    "client_id = abc\nSMTP_AUTH_HOST = mail.example\n"
	    "imap_host = imap.example\nscope = mail\nprompt =\n"
	    "smtp_auth_ssl = yes\n");
	read_values(STRICT);
	is_shown("provider.campus.preset", "camp", "campus.conf", 2);
	is_shown("provider.campus.module", "oidc", "camp.conf", 2);
	assert_true(shown[find("provider.campus.module", 0)].of_preset);
	is_shown("provider.campus.imap_port", "993", "camp.conf", 5);
	is_shown("provider.campus.scope", "mail", "campus.conf", 7);
	assert_false(shown[find("provider.campus.scope", 0)].of_preset);
	is_shown("provider.campus.prompt", "", "campus.conf",
	    8); /* taken away */
	is_shown("provider.campus.smtp_auth_host", "mail.example",
	    "campus.conf", 5);
	is_shown("provider.campus.smtp_auth_port", "465", "", 0);
	is_shown("provider.campus.client_auth", "none", "", 0);
	is_shown("provider.campus.imap_tls", "Y", "", 0);
	assert_int_equal(find("provider.campus.ca_file", 0), -1);
}

/* What does not hold must not look as if it did. */
static void
what_is_off_for_a_fault_shows_no_values(void **state)
{
	(void)state;
	write_file("etc/provider.d/old.conf",
	    "[provider]\nmodule = password\nx = 1\n");
	write_file("etc/admin.conf", "[roles]\nadmin = user:nobodyy\n");
	write_file("etc/access.d/all.conf",
	    "[a@b.c]\nallow = user:nobodyy\nallow = user:bin\n");
	read_values(LENIENT);
	assert_int_equal(find("provider.old.module", 0), -1);
	assert_non_null(strstr(shown[find("provider.old.fault", 0)].text,
	    "old.conf:3: key x is not known"));
	assert_int_equal(find("role.admin", find("role.admin", 0) + 1), -1);
	is_shown("access.a@b.c", "user:bin", "all.conf", 3);
}

static void
a_pattern_is_a_glob_or_a_word_inside(void **state)
{
	static const char key[] = "provider.campus.smtp_auth_host";

	(void)state;
	assert_true(values_match("smtp", key));
	assert_true(values_match("SMTP_AUTH", key));
	assert_true(values_match("provider.*.smtp_auth_*", key));
	assert_true(values_match("*host", key));
	assert_true(values_match("*HOST", key));
	assert_true(values_match(key, key));
	assert_true(values_match("", key));
	assert_false(values_match("*smtp", key));
	assert_false(values_match("provider.?.smtp_auth_host", key));
	assert_false(values_match("imap", key));
	assert_true(values_match("*@college.edu", "access.*@college.edu"));
}

static void
whoever_may_look_is_told_by_key(void **state)
{
	int fd = enter(DOOR_ADMIN);

	(void)state;
	ask(fd, "config pattern=provider.old.s*host\n",
	    "item key=provider.old.smtp_auth_host value=mail.example.edu "
	    "from=file file=/tmp/");
	expect(fd, "ok count=1");
	ask(fd, "config pattern=per_user\n",
	    "item key=mailseald.connections_per_user value=128 from=default");
	expect(fd, "ok count=1");
	ask(fd, "config pattern=nothing_such\n", "ok count=0");
	ask(fd, "provider_secret provider=old secret=hush\n", "");
	tell(fd, "config\n");
	for (const char *line = hear(fd); !begins(line, "ok count=");
	     line = hear(fd)) {
		assert_true(begins(line, "item key="));
		assert_null(strstr(line, "hush"));
	}
	(void)close(fd);
}

static int
forget(void **state)
{
	config_free(config);
	config = NULL;
	return remove_folder(state);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, doors_prepare, forget)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(what_is_set_nowhere_shows_its_default),
		HERE(what_is_set_shows_the_line_that_set_it),
		HERE(a_value_of_a_preset_shows_that_file_until_it_is_set),
		HERE(what_is_off_for_a_fault_shows_no_values),
		cmocka_unit_test(a_pattern_is_a_glob_or_a_word_inside),
		AT_THE_DOORS(whoever_may_look_is_told_by_key),
	};

	return cmocka_run_group_tests_name("values", tests, NULL, NULL);
}
