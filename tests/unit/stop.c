/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the answer to a question that was asked just when
 * the broker was restarted.
 */
#include "broker/stop.h"
#include "tests/unit/doors.h"

/* Run until the loop is told to end; fails when it never is. */
static void
run_out(void)
{
	uint64_t until = now_ms() + PATIENCE_MS;

	while (sd_event_get_state(broker->event) != SD_EVENT_FINISHED) {
		if (now_ms() > until)
			fail_msg("it never stopped");
		if (sd_event_run(broker->event, 20000) < 0)
			break;
	}
}

/* Turns enough for whatever would happen to happen. */
static void
look_around(void)
{
	for (int turns = 0; turns < 10; turns++)
		(void)turn(10);
}

static void
who_has_been_answered_is_let_go_at_once(void **state)
{
	int kept = enter(DOOR_CONSUMER);
	uint64_t begun = now_ms();

	(void)state;
	ask(kept, "whoami\n", "ok user=");
	assert_int_equal(stop_begin(broker), 0);
	assert_null(hear(kept)); /* without a byte: it may ask again */
	run_out();
	assert_in_range(now_ms() - begun, 0, CONN_LINE_MS / 2);
	(void)close(kept);
}

static void
who_was_let_in_may_still_ask(void **state)
{
	int fresh = enter(DOOR_CONSUMER);

	(void)state;
	assert_int_equal(stop_begin(broker), 0);
	look_around();
	ask(fresh, "whoami\n", "ok user=");
	assert_null(hear(fresh));
	run_out();
	(void)close(fresh);
}

static void
what_was_sent_before_the_end_is_answered(void **state)
{
	int kept = enter(DOOR_CONSUMER);

	(void)state;
	ask(kept, "whoami\n", "ok user=");
	tell(kept, "whoami\nhello\n");
	assert_int_equal(stop_begin(broker), 0);
	expect(kept, "ok user=");
	expect(kept, "ok name=mailseald ");
	assert_null(hear(kept));
	run_out();
	(void)close(kept);
}

static void
who_comes_meanwhile_waits_for_the_next_broker(void **state)
{
	int held = enter(DOOR_CONSUMER), late = plug();
	char byte;

	(void)state;
	assert_int_equal(stop_begin(broker), 0);
	assert_true(connects(late, DOOR_CONSUMER)); /* the socket lives */
	tell(late, "whoami\n");
	look_around();
	assert_int_equal(recv(late, &byte, 1, 0), -1);
	assert_int_equal(errno, EAGAIN); /* neither answered nor closed */
	assert_int_equal(clients_count(broker->clients), 1);
	(void)close(held);
	run_out();
	(void)close(late);
}

static void
who_never_asks_does_not_keep_it_from_ending(void **state)
{
	int silent = enter(DOOR_CONSUMER), half = enter(DOOR_CONSUMER);
	uint64_t begun = now_ms();

	(void)state;
	tell(half, "who");
	settle();
	assert_int_equal(stop_begin(broker), 0);
	run_out();
	assert_in_range(now_ms() - begun, 0, CONN_LINE_MS + 1000);
	(void)close(silent);
	(void)close(half);
}

static void
who_waits_for_the_key_is_told_that_it_is_locked(void **state)
{
	int fd;

	(void)state;
	keyring_lock(broker->keyring);
	fd = enter(DOOR_CONSUMER);
	tell(fd, "get account=billing@example.edu wait=30\n");
	settle();
	assert_int_equal(stop_begin(broker), 0);
	expect(fd, "error code=locked ");
	run_out();
	(void)close(fd);
}

static void
a_second_signal_does_not_wait(void **state)
{
	int silent = enter(DOOR_CONSUMER);
	uint64_t begun = now_ms();

	(void)state;
	assert_int_equal(stop_begin(broker), 0);
	assert_true(stop_begin(broker) >= 0);
	run_out();
	assert_in_range(now_ms() - begun, 0, CONN_LINE_MS / 2);
	(void)close(silent);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AT_THE_DOORS(who_has_been_answered_is_let_go_at_once),
		AT_THE_DOORS(who_was_let_in_may_still_ask),
		AT_THE_DOORS(what_was_sent_before_the_end_is_answered),
		AT_THE_DOORS(who_comes_meanwhile_waits_for_the_next_broker),
		AT_THE_DOORS(who_never_asks_does_not_keep_it_from_ending),
		AT_THE_DOORS(who_waits_for_the_key_is_told_that_it_is_locked),
		AT_THE_DOORS(a_second_signal_does_not_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
