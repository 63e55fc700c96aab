/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the use of a mailbox for as long as an admin goes
 * round after round, a fault each.
 */
#include <unistd.h>

#include "broker/check.h"
#include "tests/unit/conf.h"

#define PASSWORD \
	"[provider]\nmodule = password\nsmtp_auth_host = mail.example\n"

static size_t
check_as(enum strictness strictness)
{
	struct config *checked = NULL;
	char conf[PATH_LEN], preset[PATH_LEN];
	size_t faults;

	(void)snprintf(conf, sizeof(conf), "%s", folder);
	(void)snprintf(preset, sizeof(preset), "%s", path_of("preset"));
	alarms = 0;
	faults = check_run(conf, preset, strictness, note_alarm, &checked);
	assert_int_equal(faults == 0, checked != NULL);
	assert_true(alarms >= faults);
	config_free(checked);
	return faults;
}

static size_t
check(void)
{
	size_t faults = check_as(STRICT);

	assert_int_equal(alarms, faults); /* each is told, and once */
	return faults;
}

/* One at a time they would cost an admin a round each. */
static void
a_check_tells_every_fault_of_every_file(void **state)
{
	(void)state;
	assert_int_equal(check(), 0);
	write_file("mailseald.conf", "[mailseald]\nlog_level = loud\n");
	assert_int_equal(check(), 1);
	is_about(&alarmed, "mailseald.conf", 2, "error, warn");
	write_file("admin.conf",
	    "[roles]\nadmin = user:erpp\nmonitor = root\nenroll = user:root\n");
	assert_int_equal(check(), 3);
	write_file("provider.d/a.conf", PASSWORD);
	write_file("provider.d/b.conf", PASSWORD "x = 1\n");
	write_file("provider.d/c.conf", "[provider]\n");
	assert_int_equal(check(), 5);
	write_file("access.d/a.conf",
	    "[a@b.c]\nallow = user:erpp\nallow = user:root\n"
	    "allow = group:erpp\n");
	write_file("access.d/b.conf", "junk\n");
	assert_int_equal(check(), 8);
	is_about(&alarmed, "b.conf", 1, "before the first");
	assert_int_equal(chmod(path_of("provider.d"), 0775), 0);
	assert_int_equal(check(), 7); /* one for two */
	assert_int_equal(unlink(path_of("access.d/b.conf")), 0);
	assert_int_equal(unlink(path_of("access.d/a.conf")), 0);
	assert_int_equal(check(), 4);
	assert_int_equal(chmod(path_of("provider.d"), 0755), 0);
	assert_int_equal(unlink(path_of("provider.d/b.conf")), 0);
	assert_int_equal(unlink(path_of("provider.d/c.conf")), 0);
	write_file("admin.conf", "");
	write_file("mailseald.conf", "");
	assert_int_equal(check(), 0);
}

/* Else a path that is mistyped, or a folder that is lost, were all well. */
static void
a_folder_that_is_not_there_is_a_fault(void **state)
{
	struct config *config = NULL;
	static const char presets[] = "/nowhere";

	(void)state;
	alarms = 0;
	assert_int_equal(check_run(path_of("mistyped"), presets, STRICT,
			     note_alarm, &config),
	    1);
	assert_null(config);
	assert_int_equal(alarms, 1);
	is_about(&alarmed, "mistyped", 0, "No such file");
}

static void
a_check_may_let_names_pass_that_are_not_known(void **state)
{
	(void)state;
	write_file("admin.conf", "[roles]\nadmin = user:erpp\n");
	write_file("access.d/a.conf",
	    "[a@b.c]\nallow = user:erpp\nallow = user:root\n");
	assert_int_equal(check(), 2);
	assert_int_equal(check_as(STRICT_BUT_NAMES), 0);
	assert_int_equal(alarms, 2);
	assert_true(alarmed.unresolved);
	write_file("access.d/a.conf",
	    "[a@b.c]\nallow = user:erpp\nallow = user:erpp junk\n");
	assert_int_equal(check_as(STRICT_BUT_NAMES), 1);
	assert_int_equal(alarms, 3);
	assert_false(alarmed.unresolved);
	is_about(&alarmed, "a.conf", 3, "junk");
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

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, remove_folder)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(a_check_tells_every_fault_of_every_file),
		HERE(a_folder_that_is_not_there_is_a_fault),
		HERE(a_check_may_let_names_pass_that_are_not_known),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
