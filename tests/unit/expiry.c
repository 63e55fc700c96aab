/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: all mail of a registration on the morning its last
 * secret ends, of which nobody was told.
 */
#include "broker/expiry.h"
#include "tests/unit/courier.h"

#define DAY 86400

static unsigned ends, ended; /* told to the log */

static bool
count_alarms(void *arg, int priority, const char *event, const char *text)
{
	(void)arg;
	(void)priority;
	(void)text;
	if (strcmp(event, "client credential ends") == 0)
		ends++;
	if (strcmp(event, "client credential ended") == 0)
		ended++;
	return true;
}

static void
seal_until(const char *value, int64_t when)
{
	struct proof proof = { .kind = PROOF_SECRET, .ends = when };

	proof.value = secret_copy(value, strlen(value));
	assert_non_null(proof.value);
	assert_int_equal(registration_add(broker, broker->config->providers[0],
			     &proof),
	    0);
	proof_clear(&proof);
}

static void
told(unsigned wanted_ends, unsigned wanted_ended)
{
	log_open("test", LOG_LEVEL_WARN);
	log_offer(count_alarms, NULL);
	ends = ended = 0;
	expiry_look(broker);
	assert_int_equal(ends, wanted_ends);
	assert_int_equal(ended, wanted_ended);
}

static void
an_end_comes_nearer_by_stages(void **state)
{
	const int64_t end = 1000 * DAY;

	(void)state;
	assert_int_equal(expiry_stage(0, end), EXPIRY_FAR);
	assert_int_equal(expiry_stage(end, end - 30 * DAY - 1), EXPIRY_FAR);
	assert_int_equal(expiry_stage(end, end - 30 * DAY), EXPIRY_MONTH);
	assert_int_equal(expiry_stage(end, end - 7 * DAY - 1), EXPIRY_MONTH);
	assert_int_equal(expiry_stage(end, end - 7 * DAY), EXPIRY_WEEK);
	assert_int_equal(expiry_stage(end, end - DAY), EXPIRY_DAY);
	assert_int_equal(expiry_stage(end, end - 1), EXPIRY_DAY);
	assert_int_equal(expiry_stage(end, end), EXPIRY_OVER);
	assert_int_equal(expiry_stage(end, end + DAY), EXPIRY_OVER);
}

/* Each wait leads to the next stage, and there are four of them. */
static void
the_next_look_is_when_the_stage_changes(void **state)
{
	const int64_t end = 1000 * DAY;
	int64_t now = 0, left;
	unsigned stages = 0;

	(void)state;
	while ((left = expiry_left(end, now)) > 0) {
		enum expiry_stage was = expiry_stage(end, now);

		assert_int_equal(expiry_stage(end, now + left - 1), was);
		now += left;
		assert_int_equal(expiry_stage(end, now), was + 1);
		stages++;
	}
	assert_int_equal(stages, 4);
	assert_int_equal(now, end);
	assert_int_equal(expiry_left(0, 5), 0);
}

static void
only_the_end_of_the_last_one_is_told_and_once(void **state)
{
	(void)state;
	seal_until("soon", now_wall() + 3 * DAY);
	seal_until("later", now_wall() + 90 * DAY);
	told(0, 0);
	seal_until("later", now_wall() + 20 * DAY);
	told(1, 0);
	told(0, 0);
	seal_until("later", now_wall() + 6 * DAY);
	told(1, 0);
	seal_until("forever", 0);
	told(0, 0);
}

static void
one_that_the_provider_refuses_does_not_count(void **state)
{
	struct standing *s = standing_of(&broker->standings, "campus");

	(void)state;
	seal_until("soon", now_wall() + 3 * DAY);
	seal_until("forever", 0);
	told(0, 0);
	(void)standing_refuses(s, "2");
	told(1, 0);
}

static void
what_has_ended_is_told_when_the_key_is_opened(void **state)
{
	int64_t slot;

	(void)state;
	seal_until("over", now_wall() - 5);
	keyring_lock(broker->keyring);
	told(0, 0);
	assert_int_equal(keyring_unlock(broker->keyring, slot_secret, &slot),
	    0);
	told(0, 1);
	told(0, 0);
}

static void
the_day_comes_by_itself(void **state)
{
	uint64_t begun = now_ms();

	(void)state;
	seal_until("short", now_wall() + 2);
	told(1, 0); /* within a day */
	while (ended == 0 && now_ms() - begun < 8000)
		(void)turn(100);
	assert_int_equal(ended, 1);
	assert_int_equal(ends, 1);
}

/* Else a clock that is set far ahead, or back, tells it every second. */
static void
a_far_end_is_looked_at_again_within_a_day(void **state)
{
	(void)state;
	seal_until("far", PROOF_TIME_MAX);
	told(0, 0);
	assert_in_range(broker->expiry.at_ms, now_ms(),
	    now_ms() + (uint64_t)DAY * 1000);
	assert_true(broker->expiry.at_ms > now_ms() + 3600 * 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_end_comes_nearer_by_stages),
		cmocka_unit_test(the_next_look_is_when_the_stage_changes),
		WITH_COURIER(only_the_end_of_the_last_one_is_told_and_once),
		WITH_COURIER(one_that_the_provider_refuses_does_not_count),
		WITH_COURIER(what_has_ended_is_told_when_the_key_is_opened),
		WITH_COURIER(the_day_comes_by_itself),
		WITH_COURIER(a_far_end_is_looked_at_again_within_a_day),
	};

	return cmocka_run_group_tests_name("expiry", tests, NULL, NULL);
}
