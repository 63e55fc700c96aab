/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the running configuration, when a reload takes half
 * of a new one; or every mailbox, when one faulty file stops the rest.
 */
#include <unistd.h>

#include "broker/config.h"
#include "tests/unit/conf.h"

#define PASSWORD \
	"[provider]\nmodule = password\nsmtp_auth_host = mail.example\n"

static struct config *config;

static int
read_config(enum strictness strictness)
{
	struct config *read = NULL;
	char conf[PATH_LEN], preset[PATH_LEN];
	int error;

	(void)snprintf(conf, sizeof(conf), "%s", folder);
	(void)snprintf(preset, sizeof(preset), "%s", path_of("preset"));
	memset(&fault, 0, sizeof(fault));
	error = config_read(conf, preset, strictness, note_alarm, &read,
	    &fault);
	assert_int_equal(error == MAILSEAL_OK, read != NULL);
	if (read != NULL) {
		config_free(config);
		config = read;
	}
	return error;
}

static void
accepts(const char *own)
{
	write_file("mailseald.conf", own);
	if (read_config(STRICT) != MAILSEAL_OK)
		fail_msg("%s:%u: %s", fault.file, fault.line, fault.text);
}

/* At start what is wrong is off, and told. */
static void
refuses(const char *own, unsigned line, const char *why)
{
	write_file("mailseald.conf", own);
	for (int i = STRICT; i <= STRICT_BUT_NAMES; i++) {
		assert_int_equal(read_config((enum strictness)i),
		    MAILSEAL_E_CONFIG);
		is_about(&fault, "mailseald.conf", line, why);
	}
	alarms = 0;
	assert_int_equal(read_config(LENIENT), MAILSEAL_OK);
	assert_int_equal(alarms, 1);
	assert_int_equal(config->off, 1);
	is_about(&alarmed, "mailseald.conf", line, why);
}

static void
a_typing_error_stops_no_mail_at_start(void **state)
{
	(void)state;
	write_file("mailseald.conf",
	    "[mailseald]\naudit = requird\nlog_level = loud\n"
	    "connections = many\nconnections_per_user = 7\nx = y\n");
	alarms = 0;
	assert_int_equal(read_config(LENIENT), MAILSEAL_OK);
	assert_int_equal(alarms, 4);
	assert_int_equal(config->off, 4);
	assert_true(config->audit_required); /* nothing is looser for it */
	assert_int_equal(config->log_level, LOG_LEVEL_INFO);
	assert_int_equal(config->connections, 1024);
	assert_int_equal(config->connections_per_user, 7);
	assert_string_equal(config_text(config, CONFIG_AUDIT), "required");
	assert_null(config->origin[CONFIG_AUDIT].file);
}

static void
everything_has_a_default(void **state)
{
	(void)state;
	assert_int_equal(read_config(STRICT), MAILSEAL_OK);
	assert_int_equal(config->log_level, LOG_LEVEL_INFO);
	assert_null(config->audit_file);
	assert_true(config->audit_required);
	assert_null(config->key_file);
	assert_int_equal(config->connections, 1024);
	assert_int_equal(config->connections_per_user, 128);
	assert_int_equal(config->provider_count, 0);
	assert_int_equal(policy_count(config->policy), 0);
	assert_int_equal(config->off, 0);
	assert_int_equal(roles_count(config->roles), 0);
	assert_null(config_provider(config, "none"));
	accepts("");
}

static void
what_is_set_is_taken(void **state)
{
	(void)state;
	accepts("[mailseald]\nLog_Level = debug\naudit_file = /a # x\n"
		"key_file = /k\nconnections = 5\nconnections_per_user = 65536\n"
		"audit = best-effort\n");
	assert_false(config->audit_required);
	assert_int_equal(config->log_level, LOG_LEVEL_DEBUG);
	assert_string_equal(config->audit_file, "/a");
	assert_string_equal(config->key_file, "/k");
	assert_int_equal(config->connections, 5);
	assert_int_equal(config->connections_per_user, 65536);
	accepts("[mailseald]\naudit = required\n");
	assert_true(config->audit_required);
}

static void
what_is_not_known_is_named_with_its_line(void **state)
{
	(void)state;
	refuses("[mailseald]\nloglevel = debug\n", 2, "loglevel is not known");
	refuses("[broker]\nlog_level = info\n", 2, "[broker] is not known");
	refuses("[mailseald]\nlog_level = loud\n", 2, "error, warn, info");
	refuses("[mailseald]\naudit_file = audit\n", 2, "starts with /");
	refuses("[mailseald]\nkey_file =\n", 2, "starts with /");
	refuses("[mailseald]\n\nconnections = 0\n", 3, "from 1 to 65536");
	refuses("[mailseald]\nconnections = 65537\n", 2, "from 1 to 65536");
	refuses("[mailseald]\nconnections = -1\n", 2, "from 1 to 65536");
	refuses("[mailseald]\nconnections_per_user = 5 per user\n", 2,
	    "from 1 to 65536");
	refuses("[mailseald]\nconnections =\n", 2, "from 1 to 65536");
	refuses("[mailseald]\njunk\n", 2, "qual sign");
	refuses("[mailseald]\naudit = best\n", 2, "required or best-effort");
	refuses("[mailseald]\naudit =\n", 2, "required or best-effort");
}

/* Which of the two was meant nobody can know. */
static void
a_key_that_stands_twice_is_refused(void **state)
{
	(void)state;
	refuses("[mailseald]\naudit_file = /a\naudit_file = /b\n", 3, "twice");
}

static void
providers_are_found_by_the_name_of_their_file(void **state)
{
	(void)state;
	write_file("provider.d/b.conf", PASSWORD);
	write_file("provider.d/a.conf", PASSWORD "smtp_auth_port = 1\n");
	write_file("provider.d/c.conf.off", "junk");
	assert_int_equal(read_config(STRICT), MAILSEAL_OK);
	assert_int_equal(config->provider_count, 2);
	assert_string_equal(config->providers[0]->name, "a");
	assert_ptr_equal(config_provider(config, "b"), config->providers[1]);
	assert_non_null(strstr(config_provider(config, "b")->binding,
	    "smtp_host=mail.example smtp_port=587"));
	assert_int_equal(config_provider(config, "a")->place[0].port, 1);
	assert_null(config_provider(config, "c"));
	assert_null(config_provider(config, "A"));
}

static void
a_reload_is_all_or_nothing(void **state)
{
	(void)state;
	write_file("provider.d/a.conf", PASSWORD);
	write_file("access.d/a.conf", "[a@b.c]\nallow = user:root\n");
	assert_int_equal(read_config(STRICT), MAILSEAL_OK);
	write_file("provider.d/b.conf", PASSWORD "x = 1\n");
	assert_int_equal(read_config(STRICT), MAILSEAL_E_CONFIG);
	is_about(&fault, "b.conf", 4, "x is not known");
	assert_int_equal(unlink(path_of("provider.d/b.conf")), 0);
	write_file("access.d/b.conf", "[a@b.c]\nallow = user:erpp\n");
	assert_int_equal(read_config(STRICT), MAILSEAL_E_CONFIG);
	is_about(&fault, "b.conf", 2, "user:erpp");
	assert_int_equal(unlink(path_of("access.d/b.conf")), 0);
	write_file("admin.conf", "[roles]\nadmin = user:erpp\n");
	assert_int_equal(read_config(STRICT), MAILSEAL_E_CONFIG);
	is_about(&fault, "admin.conf", 2, "user:erpp");
	assert_int_equal(alarms, 0);
}

static void
at_start_what_is_faulty_is_off_and_the_rest_works(void **state)
{
	const struct provider *p;

	(void)state;
	write_file("provider.d/good.conf", PASSWORD);
	write_file("provider.d/bad.conf", PASSWORD "x = 1\n");
	write_file("provider.d/open.conf", PASSWORD);
	assert_int_equal(chmod(path_of("provider.d/open.conf"), 0666), 0);
	write_file("access.d/a.conf",
	    "[a@b.c]\nallow = user:erpp\n"
	    "allow = user:root\n");
	write_file("admin.conf",
	    "[roles]\nadmin = user:erpp\nmonitor = user:daemon\n");
	assert_int_equal(read_config(LENIENT), MAILSEAL_OK);
	assert_int_equal(alarms, 4);
	assert_int_equal(config->off, 4);
	assert_int_equal(config->strictness, LENIENT);
	assert_int_equal(roles_count(config->roles), 1);
	assert_int_equal(policy_count(config->policy), 1);
	assert_int_equal(config->provider_count, 3);
	assert_null(config_provider(config, "good")->fault);
	p = config_provider(config, "bad");
	assert_non_null(strstr(p->fault, "bad.conf:4: key x is not known"));
	assert_string_equal(p->file, path_of("provider.d/bad.conf"));
	p = config_provider(config, "open");
	assert_non_null(strstr(p->fault, "open.conf"));
	assert_null(p->place[SERVICE_SMTP].host);
}

static void
names_may_be_unknown_where_that_is_wanted_and_nothing_else(void **state)
{
	(void)state;
	write_file("access.d/a.conf",
	    "[a@b.c]\nallow = user:erpp\nallow = user:root\n"
	    "allow = group:erpp\n");
	assert_int_equal(read_config(STRICT_BUT_NAMES), MAILSEAL_OK);
	assert_int_equal(config->off, 2);
	assert_int_equal(config->strictness, STRICT_BUT_NAMES);
	assert_int_equal(alarms, 2);
	write_file("provider.d/b.conf", PASSWORD "x = 1\n");
	assert_int_equal(read_config(STRICT_BUT_NAMES), MAILSEAL_E_CONFIG);
	is_about(&fault, "b.conf", 4, "x is not known");
}

static void
what_others_could_have_changed_is_refused(void **state)
{
	(void)state;
	write_file("mailseald.conf", "[mailseald]\n");
	assert_int_equal(chmod(path_of("mailseald.conf"), 0664), 0);
	assert_int_equal(read_config(STRICT), MAILSEAL_E_UNSAFE);
	is_about(&fault, "mailseald.conf", 0, "mailseald.conf");
	assert_int_equal(read_config(LENIENT), MAILSEAL_OK);
	assert_int_equal(config->off, 1);
	assert_int_equal(chmod(path_of("mailseald.conf"), 0644), 0);
	assert_int_equal(chmod(path_of("provider.d"), 0775), 0);
	assert_int_equal(read_config(STRICT), MAILSEAL_E_UNSAFE);
	is_about(&fault, "provider.d", 0, "provider.d");
	assert_int_equal(chmod(path_of("provider.d"), 0755), 0);
	assert_int_equal(read_config(STRICT), MAILSEAL_OK);
	assert_int_equal(chmod(folder, 0775), 0);
	assert_int_equal(read_config(STRICT), MAILSEAL_E_UNSAFE);
	assert_int_equal(chmod(folder, 0700), 0);
}

static void
a_path_too_long_is_refused(void **state)
{
	struct config *none = NULL;
	char path[2048];

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(config_read(path, "", STRICT, note_alarm, &none,
			     &fault),
	    MAILSEAL_E_CONFIG);
	assert_null(none);
	config_look(path, "", note_alarm);
	assert_int_equal(alarms, 1);
}

static int
setup(void **state)
{
	if (fresh_folder(state) != 0)
		return -1;
	make_subfolder("provider.d");
	make_subfolder("access.d");
	return 0;
}

static int
teardown(void **state)
{
	config_free(config);
	config = NULL;
	return remove_folder(state);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(everything_has_a_default),
		HERE(what_is_set_is_taken),
		HERE(a_typing_error_stops_no_mail_at_start),
		HERE(what_is_not_known_is_named_with_its_line),
		HERE(a_key_that_stands_twice_is_refused),
		HERE(providers_are_found_by_the_name_of_their_file),
		HERE(a_reload_is_all_or_nothing),
		HERE(at_start_what_is_faulty_is_off_and_the_rest_works),
		HERE(
		    names_may_be_unknown_where_that_is_wanted_and_nothing_else),
		HERE(what_others_could_have_changed_is_refused),
		HERE(a_path_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
