/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: his turn, because another one who waits for the
 * same mailbox came later, gave up or waits on.
 */
#include <string.h>

#include "broker/waiter.h"
#include "tests/unit/folder.h"

#define MANY 20

/* One who notes how it was woken. */
struct guest {
	struct waiter waiter; /* first: the waiter is the guest */
	unsigned woken, passed;
	unsigned turn;
	bool stays; /* hangs itself on anew, once */
	bool wakes; /* wakes all others, as the end of an exchange may */
	bool goes;  /* is freed when it is woken */
};

static sd_event *event;
static struct deadlines *deadlines;
static struct waiter *list;
static struct guest guests[MANY];
static unsigned turns;

static void
hang(struct guest *guest, uint64_t wait_ms)
{
	assert_int_equal(waiter_hang(&guest->waiter, &list, now_ms() + wait_ms),
	    0);
}

static void
wake(struct waiter *waiter, bool passed)
{
	struct guest *guest = (struct guest *)waiter;

	assert_null(waiter->list); /* it hangs nowhere by now */
	assert_int_equal(waiter->deadline.place, 0);
	guest->turn = ++turns;
	if (passed)
		guest->passed++;
	else
		guest->woken++;
	if (guest->stays) {
		guest->stays = false;
		hang(guest, 60000);
	}
	if (guest->wakes)
		waiters_wake(&list);
	if (guest->goes)
		free(guest);
}

/* Run until so many were woken, and then until nothing more comes. */
static void
run(unsigned until)
{
	for (uint64_t end = now_ms() + 10000; turns < until;) {
		assert_true(sd_event_run(event, 50000) >= 0);
		assert_true(now_ms() < end);
	}
	while (sd_event_run(event, 30000) > 0)
		continue;
}

static unsigned
count(void)
{
	unsigned number = 0;

	for (struct waiter *w = list; w != NULL; w = w->next)
		number++;
	return number;
}

static void
who_came_first_is_woken_first_and_each_once(void **state)
{
	(void)state;
	waiters_wake(&list); /* nobody is there */
	for (unsigned i = 0; i < MANY; i++)
		hang(&guests[i], 60000);
	waiters_wake(&list);
	assert_null(list);
	waiters_wake(&list);
	run(MANY);
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(guests[i].turn, i + 1);
		assert_int_equal(guests[i].woken, 1);
		assert_int_equal(guests[i].passed, 0);
	}
}

/* The first, the last and one between give up; the others stay in order. */
static void
one_whose_time_passes_disturbs_no_other(void **state)
{
	unsigned turn = 3;

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		hang(&guests[i], i == 0 || i == 3 || i == 5 ? 20 : 60000);
	run(3);
	assert_int_equal(turns, 3);
	assert_int_equal(count(), 3);
	waiters_wake(&list);
	for (unsigned i = 0; i < 6; i++) {
		bool late = i == 0 || i == 3 || i == 5;

		assert_int_equal(guests[i].passed, late);
		assert_int_equal(guests[i].woken, !late);
		if (!late)
			assert_int_equal(guests[i].turn, ++turn);
	}
}

static void
one_that_waits_on_stays_and_the_others_go(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++)
		hang(&guests[i], 60000);
	guests[1].stays = guests[3].stays = true;
	waiters_wake(&list);
	assert_int_equal(turns, 5); /* and no more: it wakes those of before */
	assert_int_equal(count(), 2);
	waiters_wake(&list);
	assert_int_equal(turns, 7);
	assert_int_equal(guests[1].woken, 2);
	assert_int_equal(guests[1].turn, 6);
	assert_int_equal(guests[3].turn, 7);
	assert_null(list);
}

static void
one_that_goes_away_when_it_is_woken_disturbs_no_other(void **state)
{
	(void)state;
	hang(&guests[0], 60000);
	for (unsigned i = 0; i < 3; i++) {
		struct guest *guest = calloc(1, sizeof(*guest));

		assert_non_null(guest);
		guest->goes = true;
		guest->waiter.deadlines = deadlines;
		guest->waiter.wake = wake;
		hang(guest, i == 1 ? 10 : 60000);
	}
	hang(&guests[1], 60000);
	run(1); /* the time of one passes, and it is gone */
	assert_int_equal(count(), 4);
	waiters_wake(&list);
	assert_int_equal(turns, 5);
	assert_int_equal(guests[0].turn, 2);
	assert_int_equal(guests[1].turn, 5);
}

static void
one_may_wake_the_list_while_it_is_woken(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++)
		hang(&guests[i], 60000);
	guests[0].stays = true; /* and is woken again by the next */
	guests[1].wakes = true;
	waiters_wake(&list);
	assert_int_equal(guests[0].woken, 2);
	for (unsigned i = 1; i < 4; i++)
		assert_int_equal(guests[i].woken, 1);
	assert_null(list);
}

/* Nothing of one who was woken is left behind that may pass later. */
static void
one_who_was_woken_is_not_woken_by_its_deadline_too(void **state)
{
	(void)state;
	hang(&guests[0], 20);
	hang(&guests[1], 20);
	waiters_wake(&list);
	run(2);
	assert_int_equal(turns, 2);
	assert_int_equal(guests[0].passed + guests[1].passed, 0);
}

static int
setup(void **state)
{
	(void)state;
	turns = 0;
	list = NULL;
	memset(guests, 0, sizeof(guests));
	if (sd_event_new(&event) < 0)
		return -1;
	deadlines = deadlines_new(event);
	for (unsigned i = 0; i < MANY; i++) {
		guests[i].waiter.deadlines = deadlines;
		guests[i].waiter.wake = wake;
	}
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
		HERE(who_came_first_is_woken_first_and_each_once),
		HERE(one_whose_time_passes_disturbs_no_other),
		HERE(one_that_waits_on_stays_and_the_others_go),
		HERE(one_that_goes_away_when_it_is_woken_disturbs_no_other),
		HERE(one_may_wake_the_list_while_it_is_woken),
		HERE(one_who_was_woken_is_not_woken_by_its_deadline_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
