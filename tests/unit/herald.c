/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the explanation of what went wrong, which the
 * journal finds by the id of the message; or the line itself.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "broker/catalogue.h"
#include "broker/herald.h"
#include "broker/log.h"
#include "tests/unit/scribe.h"

static struct journal *journal;
static int saved = -1; /* the real standard error */
static int reader = -1;

/* What was printed since the last call. */
static const char *
printed(void)
{
	static char bytes[4096];
	ssize_t n = read(reader, bytes, sizeof(bytes) - 1);

	bytes[n > 0 ? n : 0] = '\0';
	return bytes;
}

static void
an_event_of_the_catalogue_goes_to_the_journal_with_its_id(void **state)
{
	char id[64];

	(void)state;
	scribe_comes();
	log_error("rotation not saved", "account=%s: %s", "a@b.c", "disk full");
	assert_true(scribe_reads());
	(void)snprintf(id, sizeof(id), "%s",
	    catalogue_log("rotation not saved"));
	assert_int_equal(strlen(id), 32);
	expect_field("MESSAGE", "rotation not saved: account=a@b.c: disk full");
	expect_field("PRIORITY", "3");
	expect_field("SYSLOG_IDENTIFIER", "mailseald");
	expect_field("MESSAGE_ID", id);
	expect_field("MAILSEAL_EVENT", "rotation not saved");
	expect_field("MAILSEAL_ACCOUNT", "a@b.c");
	assert_false(scribe_reads());
	assert_string_equal(printed(), ""); /* not a second time */
	log_warn("refresh failed", "account=%s state=waiting", "b@b.c");
	assert_true(scribe_reads());
	expect_field("MAILSEAL_ACCOUNT", "b@b.c");
	expect_field("PRIORITY", "4");
	log_error("reload refused", "%s", "/etc/x.conf:3: account=?");
	assert_true(scribe_reads());
	assert_null(scribed_field("MAILSEAL_ACCOUNT"));
}

static void
all_other_events_are_printed(void **state)
{
	(void)state;
	scribe_comes();
	log_info("ready", "accounts=%d", 0);
	assert_false(scribe_reads());
	assert_string_equal(printed(), "<6>ready: accounts=0\n");
}

static void
what_the_journal_does_not_take_is_printed(void **state)
{
	(void)state;
	log_warn("locked", "x=%d", 1);
	assert_string_equal(printed(), "<4>locked: x=1\n");
	scribe_comes();
	scribe_is_flooded();
	log_warn("locked", "x=%d", 2);
	assert_string_equal(printed(), "<4>locked: x=2\n");
	assert_int_equal(scribe_reads_all(), 0);
	log_warn("locked", "x=%d", 3);
	assert_int_equal(scribe_reads_all(), 1);
	assert_string_equal(printed(), "");
}

/* Who runs it by hand sees what it says. */
static void
at_a_terminal_everything_is_printed(void **state)
{
	(void)state;
	scribe_comes();
	(void)unsetenv("JOURNAL_STREAM");
	log_warn("locked", "x=%d", 1);
	assert_false(scribe_reads());
	assert_string_equal(printed(), "mailseald: locked: x=1\n");
}

static void
the_level_holds_for_both_ways(void **state)
{
	(void)state;
	scribe_comes();
	log_open("mailseald", LOG_LEVEL_ERROR);
	log_warn("locked", "x=%d", 1);
	log_warn("other", "x=%d", 1);
	assert_false(scribe_reads());
	assert_string_equal(printed(), "");
	log_error("reload refused", "x=%d", 1);
	assert_true(scribe_reads());
}

static int
setup(void **state)
{
	char stream[64];
	struct stat st;
	int ends[2];

	if (make_folder(state) != 0 || pipe2(ends, O_NONBLOCK) != 0)
		return -1;
	reader = ends[0];
	saved = dup(STDERR_FILENO);
	if (dup2(ends[1], STDERR_FILENO) < 0 || fstat(STDERR_FILENO, &st) != 0)
		return -1;
	(void)close(ends[1]);
	(void)snprintf(stream, sizeof(stream), "%llu:%llu",
	    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	(void)setenv("JOURNAL_STREAM", stream, 1);
	log_open("mailseald", LOG_LEVEL_INFO);
	journal = journal_new(path_of("journal"));
	herald_to(journal);
	return journal != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	herald_to(NULL);
	journal_free(journal);
	scribe_goes();
	(void)unsetenv("JOURNAL_STREAM");
	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	(void)close(reader);
	return remove_folder(state);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(an_event_of_the_catalogue_goes_to_the_journal_with_its_id),
		HERE(all_other_events_are_printed),
		HERE(what_the_journal_does_not_take_is_printed),
		HERE(at_a_terminal_everything_is_printed),
		HERE(the_level_holds_for_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
