/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: his mail, while mailseald waits for a journal that
 * is stopped; or the trace of what was done, when an entry that nobody took
 * is counted as written.
 */
#include <signal.h>
#include <sys/time.h>

#include "broker/deadline.h"
#include "broker/journal.h"
#include "tests/unit/scribe.h"

static struct journal *journal;

static int
tell(bool patient, const char *value)
{
	struct journal_entry entry = { .len = 0 };

	journal_put(&entry, "MESSAGE", value);
	return journal_send(journal, &entry, patient);
}

/* How long it takes to be told so often that the queue is full. */
static uint64_t
refusal_ms(bool patient, int times)
{
	uint64_t begun = now_ms();

	while (times-- > 0)
		assert_int_equal(tell(patient, "x"), MAILSEAL_E_BUSY);
	return now_ms() - begun;
}

static void
an_entry_is_one_datagram_of_fields(void **state)
{
	struct journal_entry entry = { .len = 0 };

	(void)state;
	scribe_comes();
	journal_put(&entry, "MESSAGE", "a = b");
	journal_print(&entry, "PRIORITY", "%d", 6);
	journal_put(&entry, "EMPTY", "");
	assert_int_equal(journal_send(journal, &entry, true), MAILSEAL_OK);
	assert_true(scribe_reads());
	assert_string_equal(scribed, "MESSAGE=a = b\nPRIORITY=6\nEMPTY=\n");
	assert_false(scribe_reads());
}

/* Else a value could bring fields of its own. */
static void
a_value_with_a_newline_is_sent_with_its_length(void **state)
{
	static const char wanted[] =
	    "MESSAGE\n\x0b\0\0\0\0\0\0\0one\nUID=two\nPRIORITY=6\n";
	struct journal_entry entry = { .len = 0 }, longer = { .len = 0 };
	char value[301] = "";

	(void)state;
	scribe_comes();
	journal_put(&entry, "MESSAGE", "one\nUID=two");
	journal_put(&entry, "PRIORITY", "6");
	assert_int_equal(journal_send(journal, &entry, true), MAILSEAL_OK);
	assert_true(scribe_reads());
	assert_int_equal(scribed_len, sizeof(wanted) - 1);
	assert_memory_equal(scribed, wanted, sizeof(wanted) - 1);
	/* 300 bytes: the second byte of the length counts, too. */
	memset(value, '\n', 300);
	journal_put(&longer, "M", value);
	assert_int_equal(longer.len, 2 + 8 + 300 + 1);
	assert_memory_equal(longer.bytes, "M\n\x2c\x01\0\0\0\0\0\0\n", 11);
}

static void
an_entry_that_does_not_fit_is_not_sent_in_part(void **state)
{
	struct journal_entry entry = { .len = 0 };
	char value[JOURNAL_ENTRY_MAX];

	(void)state;
	scribe_comes();
	memset(value, 'x', sizeof(value));
	value[JOURNAL_ENTRY_MAX - 3] = '\0'; /* "M=", the value, LF */
	journal_put(&entry, "M", value);
	assert_int_equal(entry.len, JOURNAL_ENTRY_MAX);
	assert_int_equal(journal_send(journal, &entry, true), MAILSEAL_OK);
	assert_true(scribe_reads());
	assert_int_equal(scribed_len, JOURNAL_ENTRY_MAX);
	journal_put(&entry, "N", "");
	assert_int_equal(journal_send(journal, &entry, true),
	    MAILSEAL_E_TOOLONG);
	assert_false(scribe_reads());
	/* What would fit afterwards does not make it whole. */
	entry.len = 0;
	journal_put(&entry, "N", "");
	assert_int_equal(journal_send(journal, &entry, true),
	    MAILSEAL_E_TOOLONG);
}

static void
without_a_journal_it_is_told_at_once(void **state)
{
	uint64_t begun = now_ms();

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(tell(true, "x"), MAILSEAL_E_IO);
	assert_in_range(now_ms() - begun, 0, JOURNAL_PATIENCE_MS - 1);
	assert_false(journal_is_known(journal));
}

static void
a_journal_that_comes_is_found_and_known_from_then_on(void **state)
{
	(void)state;
	assert_int_equal(tell(true, "x"), MAILSEAL_E_IO);
	scribe_comes();
	assert_int_equal(tell(true, "y"), MAILSEAL_OK);
	assert_int_equal(scribe_reads_all(), 1);
	scribe_goes();
	assert_int_equal(tell(true, "z"), MAILSEAL_E_IO);
	assert_true(journal_is_known(journal));
}

static void
a_journal_that_was_replaced_is_found_again(void **state)
{
	(void)state;
	scribe_comes();
	assert_int_equal(tell(true, "1"), MAILSEAL_OK);
	scribe_dies(); /* the path is there, and refuses */
	assert_int_equal(tell(true, "2"), MAILSEAL_E_IO);
	scribe_goes();
	scribe_comes();
	assert_int_equal(tell(true, "3"), MAILSEAL_OK);
	assert_true(scribe_reads());
	assert_string_equal(scribed, "MESSAGE=3\n");
	/* Without a send in between that could have noticed. */
	scribe_goes();
	scribe_comes();
	assert_int_equal(tell(true, "4"), MAILSEAL_OK);
	assert_true(scribe_reads());
	assert_string_equal(scribed, "MESSAGE=4\n");
}

/* A journal that is stopped must not make each request slow. */
static void
a_full_queue_is_waited_for_once_and_not_again(void **state)
{
	uint64_t best = UINT64_MAX;

	(void)state;
	scribe_comes();
	for (int outage = 0; outage < 3; outage++) {
		uint64_t took;

		scribe_is_flooded();
		took = refusal_ms(true, 1);
		assert_true(took >= JOURNAL_PATIENCE_MS - 1);
		if (took < best)
			best = took;
		assert_in_range(refusal_ms(true, 50), 0,
		    5 * JOURNAL_PATIENCE_MS);
		/* One that is taken ends the outage. */
		assert_int_equal(scribe_reads_all(), 0);
		assert_int_equal(tell(true, "x"), MAILSEAL_OK);
		assert_int_equal(scribe_reads_all(), 1);
	}
	assert_in_range(best, 0, 199);
}

static void
the_impatient_never_wait_and_take_nobodys_turn(void **state)
{
	(void)state;
	scribe_comes();
	scribe_is_flooded();
	assert_in_range(refusal_ms(false, 50), 0, 5 * JOURNAL_PATIENCE_MS);
	assert_true(refusal_ms(true, 1) >= JOURNAL_PATIENCE_MS - 1);
}

/* The alarm reads one entry while the only thread waits. */
static void
read_one(int number)
{
	char bytes[64];

	(void)number;
	(void)!recv(scribe, bytes, sizeof(bytes), 0);
}

static void
room_that_comes_in_time_is_used(void **state)
{
	struct sigaction act = { .sa_handler = read_one,
		.sa_flags = SA_RESTART };
	struct itimerval soon = { .it_value.tv_usec = 20000 };

	(void)state;
	scribe_comes();
	scribe_is_flooded();
	assert_int_equal(sigaction(SIGALRM, &act, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	assert_int_equal(tell(true, "in time"), MAILSEAL_OK);
	assert_int_equal(scribe_reads_all(), 1);
}

/* One that hangs for ever while its path has a new owner is left. */
static void
a_dead_end_is_left_for_who_has_the_path_now(void **state)
{
	int old;

	(void)state;
	scribe_comes();
	assert_int_equal(tell(true, "x"), MAILSEAL_OK);
	scribe_is_flooded();
	old = scribe;
	scribe = -1;
	scribe_goes();
	scribe_comes();
	assert_int_equal(tell(true, "y"), MAILSEAL_E_BUSY);
	assert_int_equal(tell(true, "z"), MAILSEAL_OK);
	assert_true(scribe_reads());
	assert_string_equal(scribed, "MESSAGE=z\n");
	(void)close(old);
}

static void
a_path_that_is_none_is_no_journal(void **state)
{
	char path[300];

	(void)state;
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	for (int i = 0; i < 2; i++) {
		AUTO(journal) none = journal_new(i == 0 ? "" : path);
		struct journal_entry entry = { .len = 0 };

		assert_non_null(none);
		journal_put(&entry, "M", "x");
		assert_int_equal(journal_send(none, &entry, true),
		    MAILSEAL_E_IO);
	}
}

static int
setup(void **state)
{
	if (make_folder(state) != 0)
		return -1;
	journal = journal_new(path_of("journal"));
	return journal != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	journal_free(journal);
	scribe_goes();
	return remove_folder(state);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(an_entry_is_one_datagram_of_fields),
		HERE(a_value_with_a_newline_is_sent_with_its_length),
		HERE(an_entry_that_does_not_fit_is_not_sent_in_part),
		HERE(without_a_journal_it_is_told_at_once),
		HERE(a_journal_that_comes_is_found_and_known_from_then_on),
		HERE(a_journal_that_was_replaced_is_found_again),
		HERE(a_full_queue_is_waited_for_once_and_not_again),
		HERE(the_impatient_never_wait_and_take_nobodys_turn),
		HERE(room_that_comes_in_time_is_used),
		HERE(a_dead_end_is_left_for_who_has_the_path_now),
		HERE(a_path_that_is_none_is_no_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
