/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a string that left without a trace; or his mail,
 * where the admin wants mail rather than traces.
 */
#include <fcntl.h>
#include <time.h>

#include "broker/audit.h"
#include "broker/deadline.h"
#include "broker/deed.h"
#include "broker/log.h"
#include "tests/unit/scribe.h"

static struct audit *audit;
static struct journal *journal;
static int err = -1;   /* what is logged is read here */
static int saved = -1; /* the real standard error */

static const struct rule rule = { "/etc/access.d/erp.conf", 4, false };
static const struct peer erp = { .fd = -1, .pid = 42, .uid = 54321 };

/* What is logged since the last call. */
static const char *
logged(void)
{
	static char bytes[8192];
	ssize_t n = read(err, bytes, sizeof(bytes) - 1);

	bytes[n > 0 ? n : 0] = '\0';
	return bytes;
}

static void
use(bool required, const char *file)
{
	const struct audit_wish wish = { .path = file != NULL ? path_of(file) :
								NULL,
		.journal = journal,
		.required = required };

	assert_int_equal(audit_change(audit, &wish), MAILSEAL_OK);
}

static int
serve(const char *string)
{
	AUTO(secret) token = secret_copy(string, strlen(string));

	return audit_served(audit, "a@b.c", &erp, &rule, token);
}

/* The journal is there, and takes nothing any more. */
static void
stop_the_journal(void)
{
	scribe_comes();
	scribe_is_flooded();
}

static void
a_required_line_that_nobody_takes_refuses_the_string(void **state)
{
	uint64_t begun;

	(void)state;
	use(true, NULL);
	stop_the_journal();
	assert_int_equal(serve("token"), MAILSEAL_E_BUSY);
	/* And the next ones do not even wait. */
	begun = now_ms();
	for (int i = 0; i < 50; i++)
		assert_int_equal(serve("token"), MAILSEAL_E_BUSY);
	assert_in_range(now_ms() - begun, 0, 1000);
	assert_int_equal(scribe_reads_all(), 0);
}

static void
the_file_helps_out_and_nobody_notices(void **state)
{
	char text[1024];
	int fd;
	ssize_t n;

	(void)state;
	use(true, "audit");
	stop_the_journal();
	assert_int_equal(serve("token"), MAILSEAL_OK);
	fd = open(path_of("audit"), O_RDONLY);
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	assert_true(n > 0);
	text[n] = '\0';
	assert_non_null(strstr(text, " audit event=served account=a@b.c "));
	assert_string_equal(logged(), "");
	/* Nothing is missed, so that nothing of the kind is told. */
	assert_int_equal(scribe_reads_all(), 0);
	assert_int_equal(serve("other"), MAILSEAL_OK);
	assert_int_equal(scribe_reads_all(), 1);
}

static void
without_any_journal_the_file_is_enough(void **state)
{
	(void)state;
	use(true, "audit");
	assert_int_equal(serve("token"), MAILSEAL_OK);
	assert_string_equal(logged(), "");
}

static void
best_effort_serves_and_counts(void **state)
{
	(void)state;
	use(false, NULL);
	stop_the_journal();
	for (int i = 0; i < 3; i++)
		assert_int_equal(serve("token"), MAILSEAL_OK);
	assert_int_equal(scribe_reads_all(), 0);
	assert_int_equal(serve("token"), MAILSEAL_OK);
	assert_true(scribe_reads());
	expect_field("MAILSEAL_MISSED", "3");
	expect_field("MAILSEAL_REFUSED", "0");
	/* It has no line yet, and now it gets one. */
	assert_true(scribe_reads());
	expect_field("MAILSEAL_EVENT", "served");
	expect_field("MAILSEAL_REPEATS_BEFORE", "0");
}

static void
what_was_missed_is_told_once_and_first(void **state)
{
	char since[DEED_STAMP_MAX], until[DEED_STAMP_MAX];

	(void)state;
	use(true, NULL);
	stop_the_journal();
	deed_stamp(time(NULL), since);
	assert_int_equal(serve("token"), MAILSEAL_E_BUSY);
	audit_note(audit, "enrolled", "a@b.c", &erp, "tested=%s", "yes");
	audit_denied(audit, "a@b.c", &erp, "get");
	assert_int_equal(serve("token"), MAILSEAL_E_BUSY);
	deed_stamp(time(NULL), until);
	assert_int_equal(scribe_reads_all(), 0);
	assert_int_equal(serve("token"), MAILSEAL_OK);
	assert_true(scribe_reads());
	expect_field("MAILSEAL_EVENT", "missed");
	expect_field("MESSAGE_ID", "05b3a1600443429f8f7b4ba9d94fce9a");
	expect_field("MAILSEAL_MISSED", "2");
	expect_field("MAILSEAL_REFUSED", "2");
	assert_true(strcmp(scribed_field("MAILSEAL_SINCE"), since) >= 0);
	assert_true(strcmp(scribed_field("MAILSEAL_SINCE"), until) <= 0);
	assert_true(scribe_reads());
	expect_field("MAILSEAL_EVENT", "served");
	assert_int_equal(serve("other"), MAILSEAL_OK);
	assert_true(scribe_reads());
	expect_field("MAILSEAL_EVENT", "served");
	assert_false(scribe_reads());
}

/* The last trace of what an admin did is in the log; a flood is not. */
static void
the_log_tells_what_stands_and_that_strings_are_refused_once(void **state)
{
	const char *text;

	(void)state;
	use(true, NULL);
	stop_the_journal();
	for (int i = 0; i < 10; i++)
		assert_int_equal(serve("token"), MAILSEAL_E_BUSY);
	assert_string_equal(logged(),
	    "test: audit lost: event=served account=a@b.c uid=54321: no string "
	    "is handed out until lines are taken\n");
	audit_note(audit, "removed", "a@b.c", &erp, "%s", "");
	audit_note(audit, "removed", "b@b.c", &erp, "%s", "");
	text = logged();
	assert_non_null(strstr(text, "event=removed account=a@b.c "));
	assert_non_null(strstr(text, "event=removed account=b@b.c "));
}

/* Ten of a minute are told; what is damped was never to be told. */
static void
denials_are_damped_in_a_gap_as_well(void **state)
{
	(void)state;
	use(true, NULL);
	stop_the_journal();
	for (int i = 0; i < 100; i++)
		audit_denied(audit, NULL, &erp, "get");
	assert_int_equal(scribe_reads_all(), 0);
	assert_int_equal(serve("token"), MAILSEAL_OK);
	assert_true(scribe_reads());
	expect_field("MAILSEAL_MISSED", "10");
}

static void
repeats_that_were_to_be_told_are_not_lost(void **state)
{
	(void)state;
	use(true, NULL);
	scribe_comes();
	assert_int_equal(serve("token-1"), MAILSEAL_OK);
	for (int i = 0; i < 7; i++)
		assert_int_equal(serve("token-1"), MAILSEAL_OK);
	scribe_is_flooded();
	assert_int_equal(serve("token-2"), MAILSEAL_E_BUSY);
	assert_int_equal(serve("token-1"), MAILSEAL_OK); /* it has its line */
	assert_int_equal(scribe_reads_all(), 1);
	assert_int_equal(serve("token-2"), MAILSEAL_OK);
	assert_true(scribe_reads());
	assert_true(scribe_reads());
	expect_field("MAILSEAL_REPEATS_BEFORE", "8");
}

static void
a_gap_at_the_end_is_told_at_the_end(void **state)
{
	(void)state;
	use(true, NULL);
	stop_the_journal();
	assert_int_equal(serve("token"), MAILSEAL_E_BUSY);
	(void)logged();
	assert_int_equal(scribe_reads_all(), 0);
	audit_free(audit);
	audit = NULL;
	assert_true(scribe_reads());
	expect_field("MAILSEAL_EVENT", "missed");
	assert_false(scribe_reads());
}

static int
setup(void **state)
{
	int ends[2];

	log_open("test", LOG_LEVEL_WARN);
	saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (saved < 0 || make_folder(state) != 0 ||
	    secret_arena_open(1 << 18) != 0 ||
	    pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0 ||
	    dup2(ends[1], STDERR_FILENO) < 0)
		return -1;
	(void)close(ends[1]);
	err = ends[0];
	journal = journal_new(path_of("journal"));
	return journal == NULL ? -1 : audit_open(path_of("first"), &audit);
}

static int
teardown(void **state)
{
	audit_free(audit);
	audit = NULL;
	journal_free(journal);
	scribe_goes();
	secret_arena_close();
	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	(void)close(err);
	return remove_folder(state);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(a_required_line_that_nobody_takes_refuses_the_string),
		HERE(the_file_helps_out_and_nobody_notices),
		HERE(without_any_journal_the_file_is_enough),
		HERE(best_effort_serves_and_counts),
		HERE(what_was_missed_is_told_once_and_first),
		HERE(
		    the_log_tells_what_stands_and_that_strings_are_refused_once),
		HERE(denials_are_damped_in_a_gap_as_well),
		HERE(repeats_that_were_to_be_told_are_not_lost),
		HERE(a_gap_at_the_end_is_told_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
