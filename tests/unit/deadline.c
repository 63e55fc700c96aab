/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: everything that waits, when one of those who wait
 * moves or goes away while the others' time passes.
 */
#include <stdlib.h>
#include <string.h>

#include "broker/deadline.h"
#include "tests/unit/folder.h"

#define MANY 300

static sd_event *event;
static struct deadlines *deadlines;

/* One that notes when its turn came, and then does something. */
struct timed {
	struct deadline deadline;
	struct timed *other;
	bool clears, moves, again;
	unsigned passed; /* how often */
	unsigned turn;	 /* which it was, from 1 */
	uint64_t at_ms;
};

static struct timed timed[MANY];
static unsigned turns;

static void
set(struct timed *t, uint64_t at_ms)
{
	assert_int_equal(deadline_set(deadlines, &t->deadline, at_ms), 0);
}

static void
pass(void *arg)
{
	struct timed *t = arg;

	t->passed++;
	t->turn = ++turns;
	t->at_ms = now_ms();
	assert_int_equal(t->deadline.place, 0); /* it is out by now */
	if (t->clears)
		deadline_clear(deadlines, &t->other->deadline);
	if (t->moves)
		set(t->other, now_ms() + 60000);
	if (t->again) {
		t->again = false;
		set(t, now_ms() + 20);
	}
}

/* Run until so many passed, or for a while. */
static void
run(unsigned until)
{
	for (uint64_t end = now_ms() + 10000; turns < until;) {
		assert_true(sd_event_run(event, 50000) >= 0);
		assert_true(now_ms() < end);
	}
	while (sd_event_run(event, 30000) > 0) /* and nothing more comes */
		continue;
}

static void
they_pass_in_the_order_of_their_times(void **state)
{
	uint64_t now = now_ms();

	(void)state;
	/* 7 and MANY have no common factor. */
	for (unsigned i = 0; i < MANY; i++)
		set(&timed[i], now - MANY + i * 7 % MANY);
	run(MANY);
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(timed[i].passed, 1);
		assert_int_equal(timed[i].turn, i * 7 % MANY + 1);
	}
}

static void
none_passes_before_its_time(void **state)
{
	uint64_t now = now_ms();

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		set(&timed[i], now + 30 * (5 - i));
	run(5);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(timed[i].turn, 5 - i);
		assert_true(timed[i].at_ms >= now + 30 * (5 - i));
	}
}

static void
one_that_is_moved_passes_once_at_its_new_time(void **state)
{
	uint64_t now = now_ms();

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		set(&timed[i], now + 40 + i);
	set(&timed[9], now + 10); /* forwards */
	set(&timed[0], now + 90); /* and back */
	run(10);
	assert_int_equal(timed[9].turn, 1);
	assert_int_equal(timed[0].turn, 10);
	assert_true(timed[0].at_ms >= now + 90);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(timed[i].passed, 1);
}

static void
one_that_is_cleared_never_passes_and_disturbs_no_other(void **state)
{
	uint64_t now = now_ms();
	unsigned left = 0;

	(void)state;
	deadline_clear(deadlines, &timed[0].deadline); /* nothing is set yet */
	for (unsigned i = 0; i < MANY; i++)
		set(&timed[i], now + 20 + i * 7 % 50);
	for (unsigned i = 0; i < MANY; i++) {
		if (i % 3 != 0) {
			deadline_clear(deadlines, &timed[i].deadline);
			deadline_clear(deadlines, &timed[i].deadline);
		} else
			left++;
	}
	run(left);
	assert_int_equal(turns, left);
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(timed[i].passed, i % 3 == 0);
		if (timed[i].passed)
			assert_true(timed[i].at_ms >= now + 20 + i * 7 % 50);
	}
}

static void
a_callback_may_clear_or_move_one_that_is_due(void **state)
{
	uint64_t now = now_ms();

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		set(&timed[i], now - 10 + i);
	timed[0].clears = true;
	timed[0].other = &timed[1]; /* the very next */
	timed[2].clears = true;
	timed[2].other = &timed[0]; /* one that passed */
	timed[3].moves = true;
	timed[3].other = &timed[4];
	run(4);
	assert_int_equal(turns, 4);
	assert_int_equal(timed[1].passed, 0);
	assert_int_equal(timed[4].passed, 0);
	assert_int_equal(timed[5].turn, 4);
	deadline_clear(deadlines, &timed[4].deadline);
}

static void
a_callback_may_set_itself_anew(void **state)
{
	(void)state;
	timed[0].again = true;
	set(&timed[0], now_ms());
	run(2);
	assert_int_equal(timed[0].passed, 2);
}

/* One that is to pass long ago is passed, not waited for. */
static void
time_that_is_over_or_for_ever_is_no_trouble(void **state)
{
	(void)state;
	set(&timed[0], 0);
	set(&timed[1], UINT64_MAX);
	run(1);
	assert_int_equal(timed[0].passed, 1);
	assert_int_equal(timed[1].passed, 0);
	deadline_clear(deadlines, &timed[1].deadline);
}

static int
setup(void **state)
{
	(void)state;
	turns = 0;
	memset(timed, 0, sizeof(timed));
	for (unsigned i = 0; i < MANY; i++) {
		timed[i].deadline.pass = pass;
		timed[i].deadline.arg = &timed[i];
	}
	if (sd_event_new(&event) < 0)
		return -1;
	deadlines = deadlines_new(event);
	return deadlines == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	deadlines_free(deadlines);
	event = sd_event_unref(event);
	return 0;
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(they_pass_in_the_order_of_their_times),
		HERE(none_passes_before_its_time),
		HERE(one_that_is_moved_passes_once_at_its_new_time),
		HERE(one_that_is_cleared_never_passes_and_disturbs_no_other),
		HERE(a_callback_may_clear_or_move_one_that_is_due),
		HERE(a_callback_may_set_itself_anew),
		HERE(time_that_is_over_or_for_ever_is_no_trouble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
