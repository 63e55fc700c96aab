/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: his mailbox, because he was made a minute after the
 * broker started; or everybody his, because a file was read half changed.
 */
#include <pwd.h>
#include <sys/stat.h>

#include "broker/takeover.h"
#include "tests/unit/doors.h"

#define LATE "[late@example.edu]\nallow = user:latecomer\n"
#define CURED "[late@example.edu]\nallow = user:root\n"

static bool latecomer_is_there;

/* The users of this program: root, and one who comes late with his uid. */
struct passwd *
getpwnam(const char *name)
{
	static struct passwd pw;

	pw = (struct passwd){ .pw_uid = geteuid() };
	return strcmp(name, "root") == 0 ||
		(latecomer_is_there && strcmp(name, "latecomer") == 0) ?
	    &pw :
	    NULL;
}

/* The rule of this process for late@. */
static bool
may_late(void)
{
	struct peer peer = { .fd = -1, .uid = geteuid() };
	struct caller caller;

	caller_start(&caller, &peer);
	return policy_match(broker->config->policy, &caller, "late@example.edu",
		   SERVICE_SMTP) != NULL;
}

static void
reload_is(const char *request, const char *start)
{
	int fd = enter(DOOR_ADMIN);

	ask(fd, request, start);
	(void)close(fd);
}

/* A minute passes. */
static void
minute(void)
{
	struct deadline *retry = &broker->retry;

	assert_true(retry->place != 0);
	assert_true(retry->at_ms > now_ms() + TAKEOVER_RETRY_MS - PATIENCE_MS);
	assert_true(retry->at_ms <= now_ms() + TAKEOVER_RETRY_MS);
	deadline_clear(broker->deadlines, retry);
	retry->pass(retry->arg);
}

static void
what_is_unknown_is_named_unless_it_may_be(void **state)
{
	(void)state;
	write_file("etc/access.d/late.conf", LATE);
	reload_is("reload\n", "error code=blocked reason=configuration ");
	assert_int_equal(broker->retry.place, 0);
	reload_is("reload allow_unresolved=no\n",
	    "error code=malformed reason=field_unknown ");
	reload_is("reload allow_unresolved=yes\n",
	    "ok providers=1 rules=1 off=1");
	assert_false(may_late());
	reload_is("reload\n", "error code=blocked reason=configuration ");
	assert_int_equal(broker->config->off, 1); /* what was in force stays */
	write_file("etc/access.d/late.conf", CURED);
	reload_is("reload\n", "ok providers=1 rules=2 off=0");
	assert_int_equal(broker->retry.place, 0);
	assert_true(may_late());
}

static void
a_user_who_comes_late_has_his_line_within_a_minute(void **state)
{
	(void)state;
	write_file("etc/access.d/late.conf", LATE);
	reload_is("reload allow_unresolved=yes\n", "ok ");
	minute();
	assert_false(may_late());
	latecomer_is_there = true;
	minute();
	assert_true(may_late());
	assert_int_equal(broker->config->off, 0);
	assert_int_equal(broker->retry.place, 0);
}

/* By the same strictness: this fault would have refused the reload, too. */
static void
a_file_that_got_another_fault_meanwhile_changes_nothing(void **state)
{
	const struct config *before;

	(void)state;
	write_file("etc/access.d/late.conf", LATE);
	reload_is("reload allow_unresolved=yes\n", "ok ");
	before = broker->config;
	latecomer_is_there = true;
	write_file("etc/access.d/more.conf", "[a@b.c]\nallow = everybody\n");
	minute();
	assert_ptr_equal(broker->config, before);
	write_file("etc/access.d/more.conf", "[a@b.c]\nallow = user:none\n");
	minute(); /* one is off as before: nothing is won */
	assert_ptr_equal(broker->config, before);
	write_file("etc/access.d/more.conf", "");
	minute();
	assert_true(may_late());
}

/* Start as the broker does, with whatever is wrong. */
static void
start_again(void)
{
	struct config *config = NULL;

	assert_int_equal(config_read(broker->config_folder,
			     broker->preset_folder, LENIENT, note_alarm,
			     &config, &fault),
	    0);
	config_free(broker->config);
	broker->config = config;
	takeover_watch(broker);
}

static void
what_was_off_at_start_is_cured_without_a_reload(void **state)
{
	(void)state;
	write_file("etc/access.d/late.conf", CURED "allow = everybody\n");
	write_file("etc/provider.d/more.conf", "[provider]\nmodule = x\n");
	write_file("etc/access.d/more.conf", "[a@b.c]\nallow = user:root\n");
	assert_int_equal(chmod(path_of("etc/access.d/more.conf"), 0666), 0);
	start_again();
	assert_int_equal(broker->config->off, 3);
	assert_true(may_late());
	assert_int_equal(chmod(path_of("etc/access.d/more.conf"), 0644), 0);
	minute();
	assert_int_equal(broker->config->off, 2);
	write_file("etc/access.d/late.conf", CURED);
	minute();
	assert_int_equal(broker->config->off, 1);
	assert_int_equal(unlink(path_of("etc/provider.d/more.conf")), 0);
	minute();
	assert_int_equal(broker->config->off, 0);
	assert_int_equal(broker->config->provider_count, 1);
	assert_int_equal(broker->retry.place, 0);
}

/* What the process writes to standard error, counted in bytes. */
static long
said(void (*act)(void))
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	long count;

	assert_non_null(file);
	assert_true(saved >= 0);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	log_open("test", LOG_LEVEL_DEBUG);
	act();
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	(void)close(saved);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	count = ftell(file);
	(void)fclose(file);
	return count;
}

static void
the_log_is_not_filled_minute_by_minute(void **state)
{
	(void)state;
	write_file("etc/access.d/late.conf", LATE);
	reload_is("reload allow_unresolved=yes\n", "ok ");
	assert_int_equal(said(minute), 0);
	write_file("etc/access.d/more.conf", "junk\n");
	assert_int_equal(said(minute), 0);
	assert_int_equal(unlink(path_of("etc/access.d/more.conf")), 0);
	latecomer_is_there = true;
	assert_true(said(minute) > 0); /* the control: a change is told */
}

static int
setup(void **state)
{
	latecomer_is_there = false;
	return doors_setup(state);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, doors_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(what_is_unknown_is_named_unless_it_may_be),
		HERE(a_user_who_comes_late_has_his_line_within_a_minute),
		HERE(a_file_that_got_another_fault_meanwhile_changes_nothing),
		HERE(what_was_off_at_start_is_cured_without_a_reload),
		HERE(the_log_is_not_filled_minute_by_minute),
	};

	return cmocka_run_group_tests_name("takeover", tests, NULL, NULL);
}
