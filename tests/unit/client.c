/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/mailseal.h"
#include "tests/unit/pretender.h"

static struct mailseal_request
request(void)
{
	return (
	    struct mailseal_request){ .size = sizeof(struct mailseal_request),
		.account = "billing@college.test",
		.wait_s = 1 };
}

/* Ask once; the exit status. */
static int
ask(struct mailseal *handle)
{
	struct mailseal_request wish = request();
	struct mailseal_reply *reply = NULL;
	int status = mailseal_get(handle, &wish, &reply);

	assert_int_equal(reply != NULL, status == EX_OK);
	mailseal_reply_free(reply);
	return status;
}

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
a_string_comes_with_all_that_belongs_to_it(void **state)
{
	struct mailseal_request wish = request();
	struct mailseal_reply *reply = NULL;
	struct mailseal *handle;

	(void)state;
	start(answer_well);
	handle = mailseal_open(broker.path);
	assert_int_equal(mailseal_get(handle, &wish, &reply), EX_OK);
	mailseal_close(handle); /* replies live on */
	assert_string_equal(reply->account, "billing@college.test");
	assert_string_equal(reply->mechanism, "xoauth2");
	assert_string_equal(reply->secret, "dXNlcj1iaWxsaW5n");
	assert_int_equal(reply->secret_len, strlen(reply->secret));
	assert_string_equal(reply->host, "localhost");
	assert_int_equal(reply->port, 2587);
	assert_string_equal(reply->tls, "starttls");
	assert_int_equal(reply->expires, 1795456789);
	assert_null(reply->username);
	mailseal_reply_free(reply);
}

static void
a_reply_in_single_bytes_is_whole_at_the_end(void **state)
{
	struct mailseal *handle;

	(void)state;
	start(answer_in_bytes);
	handle = mailseal_open(broker.path);
	assert_int_equal(ask(handle), EX_OK);
	assert_int_equal(ask(handle), EX_OK);
	mailseal_close(handle);
}

static void
a_broker_that_dies_at_any_byte_means_try_later(void **state)
{
	struct mailseal *handle;

	(void)state;
	start(die_at_byte);
	handle = mailseal_open(broker.path);
	for (size_t n = 0; n < strlen(GOOD); n++) {
		assert_int_equal(ask(handle), EX_TEMPFAIL);
		assert_string_equal(mailseal_reason(handle), "no_broker");
	}
	mailseal_close(handle);
}

static void
junk_is_an_error_and_never_a_string(void **state)
{
	struct mailseal *handle;

	(void)state;
	start(answer_junk);
	handle = mailseal_open(broker.path);
	for (int i = 0; i < JUNK; i++) {
		assert_int_equal(ask(handle), EX_PROTOCOL);
		assert_true(strlen(mailseal_message(handle)) > 0);
	}
	mailseal_close(handle);
}

static void
a_line_without_end_is_refused(void **state)
{
	struct mailseal *handle;

	(void)state;
	start(flood);
	handle = mailseal_open(broker.path);
	assert_int_equal(ask(handle), EX_PROTOCOL);
	mailseal_close(handle);
}

static void
the_deadline_holds_whatever_the_broker_does(void **state)
{
	static behave *const slow[] = { be_silent, drip };

	for (int i = 0; i < 2; i++) {
		struct mailseal *handle;
		double began;

		start(slow[i]);
		handle = mailseal_open(broker.path);
		began = now();
		assert_int_equal(ask(handle), EX_TEMPFAIL);
		assert_string_equal(mailseal_reason(handle), "deadline");
		assert_true(now() - began < 2.5);
		mailseal_close(handle);
		(void)stop(state);
	}
}

static void
a_kept_connection_that_was_closed_is_made_again(void **state)
{
	static behave *const fickle[] = { answer_once, leave_at_second };

	for (int i = 0; i < 2; i++) {
		struct mailseal *handle;

		start(fickle[i]);
		handle = mailseal_open(broker.path);
		for (int n = 0; n < 3; n++)
			assert_int_equal(ask(handle), EX_OK);
		mailseal_close(handle);
		(void)stop(state);
	}
}

static void
an_answer_nobody_asked_for_is_not_taken_for_the_next(void **state)
{
	struct mailseal *handle;

	(void)state;
	start(speak_first);
	handle = mailseal_open(broker.path);
	for (int n = 0; n < 3; n++)
		assert_int_equal(ask(handle), EX_OK);
	mailseal_close(handle);
}

static void
an_error_is_told_as_the_broker_said_it(void **state)
{
	struct mailseal *handle;

	(void)state;
	start(refuse);
	handle = mailseal_open(broker.path);
	assert_string_equal(mailseal_code(handle), "ok");
	assert_int_equal(ask(handle), EX_TEMPFAIL);
	assert_string_equal(mailseal_code(handle), "unavailable");
	assert_string_equal(mailseal_reason(handle), "throttled");
	assert_string_equal(mailseal_message(handle), "wait a bit");
	assert_int_equal(mailseal_retry_after(handle), 90);
	mailseal_close(handle);
}

/* The number of the connection that answers. */
static int
number(struct mailseal *handle)
{
	struct mailseal_request wish = request();
	struct mailseal_reply *reply = NULL;
	int n;

	if (mailseal_get(handle, &wish, &reply) != EX_OK)
		return -1;
	n = atoi(reply->login + 1);
	mailseal_reply_free(reply);
	return n;
}

static void
a_child_of_fork_does_not_talk_on_its_parents_connection(void **state)
{
	struct mailseal *handle;
	int status = 0;
	pid_t child;

	(void)state;
	start(tell_number);
	handle = mailseal_open(broker.path);
	assert_int_equal(number(handle), 0);
	child = fork();
	if (child == 0)
		_exit(number(handle) == 1 ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(number(handle), 0);
	mailseal_close(handle);
}

static void *
ask_often(void *arg)
{
	struct mailseal *handle = mailseal_open(broker.path);

	(void)arg;
	for (int i = 0; i < 50; i++)
		if (ask(handle) != EX_OK)
			abort();
	mailseal_close(handle);
	return NULL;
}

static void
threads_with_their_own_handles_do_not_meet(void **state)
{
	pthread_t thread[4];

	(void)state;
	start(answer_well);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, ask_often,
				     NULL),
		    0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
}

static void
a_wish_of_a_newer_version_is_not_passed_over(void **state)
{
	struct {
		struct mailseal_request known;
		long more; /* as wide as it is aligned */
	} wish = { request(), 0 };
	struct mailseal_reply *reply = NULL;
	struct mailseal *handle;

	(void)state;
	start(answer_well);
	handle = mailseal_open(broker.path);
	wish.known.size = sizeof(wish);
	assert_int_equal(mailseal_get(handle, &wish.known, &reply), EX_OK);
	mailseal_reply_free(reply);
	wish.more = 1;
	assert_int_equal(mailseal_get(handle, &wish.known, &reply),
	    EX_PROTOCOL);
	wish.known.size = 8;
	assert_int_equal(mailseal_get(handle, &wish.known, &reply),
	    EX_PROTOCOL);
	mailseal_close(handle);
}

static void
what_was_not_asked_for_is_refused(void **state)
{
	struct mailseal_request wish = request();
	struct mailseal_reply *reply = NULL;
	struct mailseal *handle;

	(void)state;
	start(answer_well);
	handle = mailseal_open(broker.path);
	wish.mechanism = "bearer";
	assert_int_equal(mailseal_get(handle, &wish, &reply), EX_PROTOCOL);
	mailseal_close(handle);
}

static void
without_a_broker_a_queue_waits_and_no_descriptor_is_lost(void **state)
{
	struct mailseal *handle = mailseal_open("/nonexistent/sock");
	int before = open("/dev/null", O_RDONLY | O_CLOEXEC), after;

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(ask(handle), EX_TEMPFAIL);
	after = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(after, before + 1);
	(void)close(after);
	(void)close(before);
	mailseal_close(handle);
	assert_null(mailseal_open("")); /* and errno tells */
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, stop)
	const struct CMUnitTest tests[] = {
		TEST(a_string_comes_with_all_that_belongs_to_it),
		TEST(a_reply_in_single_bytes_is_whole_at_the_end),
		TEST(a_broker_that_dies_at_any_byte_means_try_later),
		TEST(junk_is_an_error_and_never_a_string),
		TEST(a_line_without_end_is_refused),
		TEST(the_deadline_holds_whatever_the_broker_does),
		TEST(a_kept_connection_that_was_closed_is_made_again),
		TEST(an_answer_nobody_asked_for_is_not_taken_for_the_next),
		TEST(an_error_is_told_as_the_broker_said_it),
		TEST(a_child_of_fork_does_not_talk_on_its_parents_connection),
		TEST(threads_with_their_own_handles_do_not_meet),
		TEST(a_wish_of_a_newer_version_is_not_passed_over),
		TEST(what_was_not_asked_for_is_refused),
		TEST(without_a_broker_a_queue_waits_and_no_descriptor_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
