/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: his mail, because another client of the same host
 * floods, stalls, sends junk or hands its connection on.
 */
#include <sys/wait.h>

#include "broker/renew.h"
#include "tests/unit/doors.h"

#define GET "get account=billing@example.edu"

/* Another client is served as if nothing had happened. */
static void
others_are_served(void)
{
	int fd = enter(DOOR_CONSUMER);

	ask(fd, "whoami\n", "ok user=");
	(void)close(fd);
	settle();
}

static void
junk_is_answered_and_the_next_request_too(void **state)
{
	static const char *const junk[] = { "\n", " \n", "GET\n", "get \n",
		"get  account=a@b.c\n", "get account\n", "get =x\n",
		"get Account=a@b.c\n", "hello x=%41\n", "hello x=%0a\n",
		"hello x=%4\n", "hello x=%zz\n", "hello x=\xc3\xa4\n",
		"hello x=a\tb\n", "whoami\r\n", "hello x=1 x=1\n",
		"\x16\x03\x01\n", "{\"get\":1}\n" };
	int fd = enter(DOOR_CONSUMER);

	(void)state;
	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
		ask(fd, junk[i], "error code=malformed ");
		ask(fd, "whoami\n", "ok user=");
	}
	tell_bytes(fd, "who\0ami\n", 8);
	expect(fd, "error code=malformed ");
	tell_bytes(fd, "whoami\0\n", 8);
	expect(fd, "error code=malformed ");
	ask(fd, "whoami\n", "ok user=");
	(void)close(fd);
}

static void
a_line_too_long_is_told_and_then_closed(void **state)
{
	char bytes[5000];
	int fd = enter(DOOR_CONSUMER);

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	tell_bytes(fd, bytes, sizeof(bytes));
	expect(fd, "error code=malformed reason=too_long ");
	assert_null(hear(fd));
	(void)close(fd);
	others_are_served();
}

static void
a_line_of_just_the_limit_is_read(void **state)
{
	char bytes[LINE_CONSUMER_MAX];
	int fd = enter(DOOR_CONSUMER);

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, "hello a=", 8);
	bytes[sizeof(bytes) - 1] = '\n';
	tell_bytes(fd, bytes, sizeof(bytes) - 1);
	settle();
	tell(fd, "\n");
	expect(fd, "error code=malformed reason=field_unknown ");
	ask(fd, "whoami\n", "ok user=");
	(void)close(fd);
}

static void
requests_sent_at_once_are_answered_in_order(void **state)
{
	int fd = enter(DOOR_CONSUMER);

	(void)state;
	tell(fd, "whoami\nhello\nnonsense\nwhoami\nwho");
	expect(fd, "ok user=");
	expect(fd, "ok name=mailseald ");
	expect(fd, "error code=unsupported ");
	expect(fd, "ok user=");
	ask(fd, "ami\n", "ok user=");
	(void)close(fd);
}

static void
more_requests_than_fit_the_buffer_are_all_answered(void **state)
{
	static char bytes[2000 * 7];
	int fd = enter(DOOR_CONSUMER);

	(void)state;
	for (int i = 0; i < 2000; i++)
		memcpy(bytes + (size_t)i * 7, "whoami\n", 7);
	tell_bytes(fd, bytes, sizeof(bytes));
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	for (int i = 0; i < 2000; i++)
		expect(fd, "ok user=");
	assert_null(hear(fd));
	(void)close(fd);
}

static void
a_line_that_comes_in_pieces_is_one_line(void **state)
{
	int fd = enter(DOOR_CONSUMER);

	(void)state;
	for (const char *c = "whoami\n"; *c != '\0'; c++) {
		tell_bytes(fd, c, 1);
		settle();
	}
	expect(fd, "ok user=");
	(void)close(fd);
}

static void
a_client_that_only_stopped_writing_gets_its_answers(void **state)
{
	int fd = enter(DOOR_CONSUMER);

	(void)state;
	tell(fd, "whoami\nhello\nwhoami\n");
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	expect(fd, "ok user=");
	expect(fd, "ok name=mailseald ");
	expect(fd, "ok user=");
	assert_null(hear(fd));
	(void)close(fd);
	assert_int_equal(clients_count(broker->clients), 0);
}

/* A client whose request waits for the master key. */
static int
enter_waiting(void)
{
	int fd = enter(DOOR_CONSUMER);

	keyring_lock(broker->keyring);
	tell(fd, GET " wait=300\n");
	settle();
	assert_non_null(broker->waiters_for_key);
	return fd;
}

static void
open_key_again(void)
{
	int64_t slot;

	assert_int_equal(keyring_unlock(broker->keyring, slot_secret, &slot),
	    0);
	renew_unlocked(broker);
}

static void
what_is_sent_while_a_request_waits_is_answered_after_it(void **state)
{
	int fd = enter_waiting();

	(void)state;
	tell(fd, "whoami\n");
	settle(); /* and it costs no turn of the loop meanwhile */
	open_key_again();
	expect(fd, "error code=denied "); /* there is no such account */
	expect(fd, "ok user=");
	(void)close(fd);
}

static void
a_waiting_client_that_stopped_writing_is_answered(void **state)
{
	int fd = enter_waiting();

	(void)state;
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	settle();
	open_key_again();
	expect(fd, "error code=denied ");
	assert_null(hear(fd));
	(void)close(fd);
}

static void
a_client_that_hangs_up_while_it_waits_is_gone_at_once(void **state)
{
	int fd = enter_waiting();

	(void)state;
	(void)close(fd);
	settle();
	assert_int_equal(clients_count(broker->clients), 0);
	/* Nor is its waiter kept: who comes and goes would fill the memory. */
	assert_null(broker->waiters_for_key);
	open_key_again();
	others_are_served();
}

/* Send bytes with some descriptors beside them. */
static void
hand_over(int fd, const char *text, int count)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(16 * sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec iov = { (void *)(uintptr_t)text, strlen(text) };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
	for (int i = 0; i < count; i++) {
		int null = STDERR_FILENO;

		memcpy(CMSG_DATA(c) + (size_t)i * sizeof(int), &null,
		    sizeof(null));
	}
	assert_int_equal(sendmsg(fd, &msg, MSG_NOSIGNAL), strlen(text));
}

static void
a_descriptor_costs_its_sender_the_connection_and_us_nothing(void **state)
{
	unsigned before = count_fds();

	(void)state;
	for (int count = 1; count <= 16; count *= 4) {
		int fd = enter(DOOR_CONSUMER);

		hand_over(fd, "whoami\n", count);
		assert_null(hear(fd));
		(void)close(fd);
		settle();
		assert_int_equal(count_fds(), before);
	}
	others_are_served();
}

static void
whoever_inherits_a_connection_cannot_use_it(void **state)
{
	int fd = enter(DOOR_CONSUMER), status = -1;
	pid_t child;

	(void)state;
	ask(fd, "whoami\n", "ok user=");
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(send(fd, "whoami\n", 7, MSG_NOSIGNAL) == 7 ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_null(hear(fd));
	(void)close(fd);
	others_are_served();
}

static void
an_unfinished_line_is_closed_after_two_seconds(void **state)
{
	int fd = enter(DOOR_CONSUMER), silent = enter(DOOR_CONSUMER);
	uint64_t begun = now_ms();

	(void)state;
	tell(fd, "who");
	settle();
	while (now_ms() < begun + 1200)
		(void)turn(20);
	tell(fd, "a"); /* another byte buys no more time */
	assert_null(hear(fd));
	assert_in_range(now_ms() - begun, CONN_LINE_MS - 100,
	    CONN_LINE_MS + 1000);
	ask(silent, "whoami\n", "ok user="); /* it owed nothing */
	(void)close(fd);
	(void)close(silent);
}

static void
a_client_that_does_not_read_disturbs_nobody(void **state)
{
	int deaf = enter(DOOR_CONSUMER), fd = enter(DOOR_CONSUMER);
	const char *line;
	int asked = 0, answers = 0;

	(void)state;
	/* Until no more is read from it, because it does not read itself. */
	while (send(deaf, "hello\n", 6, MSG_NOSIGNAL) == 6) {
		assert_true(++asked < 1000000);
		if (asked % 100 == 0)
			settle();
	}
	ask(fd, "whoami\n", "ok user=");
	others_are_served();
	/* And when it reads after all, nothing is lost or cut. */
	assert_int_equal(shutdown(deaf, SHUT_WR), 0);
	while ((line = hear(deaf)) != NULL) {
		assert_true(begins(line, "ok name=mailseald "));
		answers++;
	}
	assert_int_equal(answers, asked);
	(void)close(deaf);
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AT_THE_DOORS(junk_is_answered_and_the_next_request_too),
		AT_THE_DOORS(a_line_too_long_is_told_and_then_closed),
		AT_THE_DOORS(a_line_of_just_the_limit_is_read),
		AT_THE_DOORS(requests_sent_at_once_are_answered_in_order),
		AT_THE_DOORS(
		    more_requests_than_fit_the_buffer_are_all_answered),
		AT_THE_DOORS(a_line_that_comes_in_pieces_is_one_line),
		AT_THE_DOORS(
		    a_client_that_only_stopped_writing_gets_its_answers),
		AT_THE_DOORS(
		    what_is_sent_while_a_request_waits_is_answered_after_it),
		AT_THE_DOORS(a_waiting_client_that_stopped_writing_is_answered),
		AT_THE_DOORS(
		    a_client_that_hangs_up_while_it_waits_is_gone_at_once),
		AT_THE_DOORS(
		    a_descriptor_costs_its_sender_the_connection_and_us_nothing),
		AT_THE_DOORS(whoever_inherits_a_connection_cannot_use_it),
		AT_THE_DOORS(an_unfinished_line_is_closed_after_two_seconds),
		AT_THE_DOORS(a_client_that_does_not_read_disturbs_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
