/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a mailbox whose rotated refresh token went with a
 * full disk, a restart or a crowd, and the half minute that a mail waits for
 * a string that is there already.
 */
#include "broker/errand.h"
#include "broker/stop.h"
#include "tests/unit/courier.h"

#define CROWD (ERRANDS_MAX * 2)

/* An exchange that brought a token which the disk did not take. */
static struct account *
leave_unsaved(void)
{
	struct account *a = adopt("a@campus.edu");
	int client = ask_for(a->name), errand = errand_comes(2000);
	int64_t slot;

	assert_true(errand >= 0);
	keyring_lock(broker->keyring); /* as good as a disk that is full */
	answer_errand(errand);
	settle();
	assert_int_equal(keyring_unlock(broker->keyring, slot_secret, &slot),
	    0);
	(void)close(client);
	settle();
	assert_string_equal(stored_refresh(a->name), "first");
	assert_true(renew_is_owed(a));
	return a;
}

static void
what_is_saved_late_is_served_at_once(void **state)
{
	struct account *a = leave_unsaved();
	uint64_t begun = now_ms();
	int fd;

	(void)state;
	a->next_try_ms = 0; /* an admin asks */
	fd = ask_for(a->name);
	expect(fd, "ok account=a@campus.edu ");
	assert_in_range(now_ms() - begun, 0, 3000);
	assert_string_equal(stored_refresh(a->name), "second");
	assert_false(renew_is_owed(a));
	(void)close(fd);
}

static void
a_token_that_is_not_saved_yet_is_saved_before_the_end(void **state)
{
	struct account *a = leave_unsaved();

	(void)state;
	renew_settle(a);
	assert_false(renew_is_owed(a));
	assert_string_equal(stored_refresh(a->name), "second");
}

static void
an_exchange_under_way_is_owed_and_none_begins_at_the_end(void **state)
{
	struct account *a = adopt("a@campus.edu");
	int fd = ask_for(a->name), other, errand = errand_comes(2000);

	(void)state;
	(void)adopt("b@campus.edu");
	assert_true(renew_is_owed(a));
	broker->stopping = true;
	other = ask_for("b@campus.edu");
	expect(other, "error code=busy ");
	assert_true(renew_is_owed(a));
	answer_errand(errand);
	expect(fd, "ok account=a@campus.edu ");
	assert_false(renew_is_owed(a));
	(void)close(fd);
	(void)close(other);
}

/* Else a restart takes its answer away, after five seconds for everybody. */
static void
who_waits_for_a_retry_is_told_at_the_end(void **state)
{
	struct account *a = adopt("a@campus.edu");
	uint64_t begun = now_ms();
	int fd;

	(void)state;
	a->state = GRANT_WAITING;
	a->next_try_ms = now_ms() + 5000;
	fd = ask_for(a->name);
	assert_int_equal(stop_begin(broker), 0);
	expect(fd, "error code=busy ");
	assert_null(hear(fd));
	assert_in_range(now_ms() - begun, 0, 3000);
	(void)close(fd);
}

static void
a_retry_of_before_a_restart_comes_at_its_time(void **state)
{
	struct account *a = enroll("a@campus.edu");
	int fd;

	(void)state;
	a->state = GRANT_WAITING;
	a->next_try = now_wall() + 2;
	assert_int_equal(renew_adopt(broker, a), 0);
	fd = ask_for(a->name);
	assert_int_equal(errand_comes(200), -1);
	answer_errand(errand_comes(4000));
	expect(fd, "ok account=a@campus.edu ");
	(void)close(fd);
}

/* Else a mail waits, and may bounce, although there is a string for it. */
static void
a_short_lease_is_served_while_the_provider_is_ill(void **state)
{
	struct account *a = adopt("a@campus.edu");
	struct lease *lease = renew_lease(broker, a, SERVICE_SMTP);
	AUTO(secret) token = secret_copy("access", 6);
	int client;
	char byte;

	(void)state;
	lease_issue(lease, &token, now_ms(), now_wall(), 600);
	lease->issued_ms = 0;
	lease->end_ms = now_ms() + 20000; /* less than is asked for */
	a->state = GRANT_WAITING;
	a->next_try_ms = now_ms() + 3000;
	client = ask_for(a->name);
	assert_int_equal(errand_comes(500), -1);
	/* It is here by now, and not at the time of the next try. */
	assert_int_equal(recv(client, &byte, 1, MSG_PEEK | MSG_DONTWAIT), 1);
	assert_true(begins(hear(client), "ok account="));
	(void)close(client);
}

static void
a_clock_that_jumped_does_not_put_a_retry_off_for_years(void **state)
{
	struct account *a = enroll("a@campus.edu");
	int fd;

	(void)state;
	a->state = GRANT_WAITING;
	a->next_try = INT64_MAX;
	assert_int_equal(renew_adopt(broker, a), 0);
	fd = ask_for(a->name);
	answer_errand(errand_comes(2000));
	expect(fd, "ok account=a@campus.edu ");
	(void)close(fd);
}

static void
a_crowd_of_accounts_stands_in_line_and_all_are_served(void **state)
{
	char name[CROWD][32];
	int client[CROWD], errand[CROWD], begun = 0;

	(void)state;
	for (int i = 0; i < CROWD; i++) {
		(void)snprintf(name[i], sizeof(name[i]), "u%d@campus.edu", i);
		(void)adopt(name[i]);
		client[i] = ask_for(name[i]);
	}
	while (begun < CROWD && (errand[begun] = errand_comes(200)) >= 0)
		begun++;
	assert_in_range(begun, ERRANDS_MAX / 2, ERRANDS_MAX);
	for (int i = 0; i < begun; i++)
		answer_errand(errand[i]);
	for (; begun < CROWD; begun++)
		answer_errand(errand_comes(4000));
	for (int i = 0; i < CROWD; i++) {
		expect(client[i], "ok account=u");
		assert_string_equal(stored_refresh(name[i]), "second");
		(void)close(client[i]);
	}
}

/* The tokens of an answer have room, whatever took the arena meanwhile. */
static void
a_rotation_is_not_lost_to_a_full_arena(void **state)
{
	struct account *a = adopt("a@campus.edu");
	struct secret *hog[65536];
	int fd = ask_for(a->name), errand = errand_comes(2000);
	size_t count = 0;

	(void)state;
	while (count < 65536 && (hog[count] = secret_new(1)) != NULL)
		count++;
	answer_errand(errand);
	settle();
	while (count > 0)
		secret_free(hog[--count]);
	assert_string_equal(stored_refresh(a->name), "second");
	(void)close(fd);
}

static void
a_token_goes_nowhere_but_where_its_own_record_says(void **state)
{
	struct account *a = adopt("a@campus.edu");
	char *at = strstr(a->bound, "example.edu/t");
	int fd;

	(void)state;
	assert_non_null(at);
	*at = 'x'; /* as another line of an altered store would have it */
	fd = ask_for(a->name);
	expect(fd, "error code=blocked reason=unseal ");
	assert_int_equal(errand_comes(100), -1);
	(void)close(fd);
}

static void
a_mailbox_test_under_way_is_given_up_at_shutdown(void **state)
{
	unsigned before = count_fds();
	int fd = enter(DOOR_ADMIN), login;

	(void)state;
	(void)adopt("a@campus.edu");
	tell(fd, "test account=a@campus.edu\n");
	answer_errand(errand_comes(2000)); /* of the access token */
	login = errand_comes(2000);
	assert_true(login >= 0);
	(void)close(fd);
	(void)close(login);
	broker_free(broker); /* with the login under way */
	broker = NULL;
	slot_secret = NULL; /* it went with the arena */
	assert_true(count_fds() < before);
}

/* Else its status says good, and nobody is served. */
static void
a_mailbox_that_refuses_stays_blocked_though_its_token_works(void **state)
{
	struct account *a = adopt("a@campus.edu");
	int fd = enter(DOOR_ADMIN), login;

	(void)state;
	a->untested = true;
	a->state = GRANT_BLOCKED;
	a->reason = MAILSEAL_E_LOGIN;
	tell(fd, "test account=a@campus.edu\n");
	answer_errand(errand_comes(2000)); /* of the access token */
	login = errand_comes(2000);
	assert_true(begins(hear(login), "exchange op=login "));
	tell(login, "ok class=admin reason=no_auth detail=none\n");
	expect(fd, "error code=blocked reason=no_auth ");
	assert_int_equal(a->state, GRANT_BLOCKED);
	assert_int_equal(a->reason, MAILSEAL_E_NOAUTH);
	assert_string_equal(stored_refresh(a->name), "second");
	(void)close(login);
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_COURIER(what_is_saved_late_is_served_at_once),
		WITH_COURIER(
		    a_token_that_is_not_saved_yet_is_saved_before_the_end),
		WITH_COURIER(
		    an_exchange_under_way_is_owed_and_none_begins_at_the_end),
		WITH_COURIER(who_waits_for_a_retry_is_told_at_the_end),
		WITH_COURIER(a_retry_of_before_a_restart_comes_at_its_time),
		WITH_COURIER(a_short_lease_is_served_while_the_provider_is_ill),
		WITH_COURIER(
		    a_clock_that_jumped_does_not_put_a_retry_off_for_years),
		WITH_COURIER(
		    a_crowd_of_accounts_stands_in_line_and_all_are_served),
		WITH_COURIER(a_rotation_is_not_lost_to_a_full_arena),
		WITH_COURIER(
		    a_token_goes_nowhere_but_where_its_own_record_says),
		WITH_COURIER(
		    a_mailbox_that_refuses_stays_blocked_though_its_token_works),
		WITH_COURIER(a_mailbox_test_under_way_is_given_up_at_shutdown),
	};

	return cmocka_run_group_tests_name("renew", tests, NULL, NULL);
}
