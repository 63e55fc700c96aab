/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a night, because SMTP AUTH was turned on at six and
 * nobody who could type "mailseal test" was there; or the mailbox, locked by its
 * provider after a login each second.
 */
#include "broker/retest.h"
#include "broker/stop.h"
#include "proto/glossary.h"
#include "tests/unit/courier.h"

#define NAME "a@campus.edu"
#define MAILBOX_OFF                                             \
	"ok class=admin reason=login_refused detail=535%20off " \
	"meaning=535%205.7.139%20disabled%20for%20the%20Mailbox\n"
#define SMTP_IN "ok class=ok mechanism=xoauth2 code=235 detail=hi\n"
#define TOKEN                                                   \
	"ok class=ok access_token=access refresh_token=second " \
	"expires_in=600\n"

static struct account *a;

/* Kept at an enrolment just now, as its mailbox let nobody in. */
static int
open_here(void **state)
{
	if (open_with_courier(state) != 0)
		return -1;
	write_file("etc/provider.d/campus.conf",
	    "[provider]\nmodule = oidc\nclient_id = broker\n"
	    "authority = https://login.example.edu\n"
	    "smtp_auth_host = mail.example.edu\n"
	    "imap_host = imap.example.edu\n");
	config_free(broker->config);
	read_config();
	a = adopt(NAME);
	a->untested = true;
	a->state = GRANT_BLOCKED;
	a->reason = MAILSEAL_E_LOGIN;
	a->enrolled_at = now_wall();
	retest_plan(a, 0);
	return 0;
}

static int
close_here(void **state)
{
	return close_with_courier(state);
}

/* Its time has come. */
static void
due(void)
{
	a->retest_ms = 1;
	retest_arrange(broker);
}

/* The next errand has these words, and is answered so. */
static void
meets(const char *words, const char *answer)
{
	int fd = errand_comes(2000);
	const char *line;

	assert_true(fd >= 0);
	line = hear(fd);
	if (line == NULL || strstr(line, words) == NULL)
		fail_msg("\"%s\" has no \"%s\"", line != NULL ? line : "",
		    words);
	tell(fd, answer);
	(void)close(fd);
	settle();
}

/* What the store has of it. */
static struct account
stored(void)
{
	AUTO(accounts) all = NULL;
	struct account copy;

	assert_int_equal(accounts_load(broker->store, &all), 0);
	copy = *accounts_find(all, NAME);
	copy.bound = NULL;
	return copy;
}

static void
the_tries_become_rare_and_never_stop(void **state)
{
	(void)state;
	assert_int_equal(retest_wait_s(0), 60);
	assert_int_equal(retest_wait_s(61), 120);
	assert_int_equal(retest_wait_s(185), 300);
	assert_int_equal(retest_wait_s(500), 900);
	assert_int_equal(retest_wait_s(86399), 900);
	assert_int_equal(retest_wait_s(86400), 3600);
	assert_int_equal(retest_wait_s(INT64_MAX), 3600);
	assert_int_equal(retest_wait_s(-1), 900);
	for (int i = 0; i < 1000; i++) {
		uint64_t now = now_ms();

		a->enrolled_at = now_wall();
		retest_plan(a, 0);
		assert_in_range(a->retest_ms - now, 60000, 66100);
		retest_plan(a, 1800);
		assert_in_range(a->retest_ms - now, 1800000, 1800100);
		assert_in_range(a->retest_at - now_wall(), 1798, 1800);
	}
}

static void
an_allowed_mailbox_is_served_without_any_command(void **state)
{
	int fd;

	(void)state;
	due();
	meets("op=refresh", TOKEN);
	meets("set_service=smtp", SMTP_IN);
	assert_int_equal(a->state, GRANT_BLOCKED); /* half of it */
	meets("set_service=imap", SMTP_IN);
	assert_false(a->untested);
	assert_int_equal(a->state, GRANT_GOOD);
	assert_int_equal(a->retest_at, 0);
	assert_int_equal(stored().state, GRANT_GOOD);
	assert_false(stored().untested);
	fd = ask_for(NAME);
	expect(fd, "ok account=" NAME);
	(void)close(fd);
}

static void
a_mailbox_that_is_still_closed_has_its_next_try_and_says_why(void **state)
{
	int64_t before = now_wall();

	(void)state;
	due();
	meets("op=refresh", TOKEN);
	meets("set_service=smtp", SMTP_IN);
	meets("set_service=imap", MAILBOX_OFF);
	assert_int_equal(a->state, GRANT_BLOCKED);
	assert_string_equal(a->detail, "IMAP: 535 off");
	assert_non_null(a->meaning);
	assert_in_range(a->retest_at - before, 60, 68);
	assert_int_equal(stored().retest_at, a->retest_at);
	assert_int_equal(errand_comes(300), -1);
	/* What was allowed meanwhile may be in a new token only. */
	due();
	meets("op=refresh", TOKEN);
	meets("set_service=smtp", SMTP_IN);
	meets("set_service=imap", SMTP_IN);
	assert_int_equal(a->state, GRANT_GOOD);
}

static void
trouble_on_the_way_is_waited_for_and_hides_no_reason(void **state)
{
	(void)state;
	due();
	meets("op=refresh", TOKEN);
	meets("set_service=smtp",
	    "ok class=throttled reason=throttled detail=432 "
	    "retry_after=1800\n");
	assert_int_equal(a->reason, MAILSEAL_E_LOGIN);
	assert_int_equal(a->state, GRANT_BLOCKED);
	assert_in_range(a->retest_at - now_wall(), 1795, 1800);
}

static void
a_sign_in_that_died_meanwhile_is_told_and_tried_no_more(void **state)
{
	(void)state;
	due();
	meets("op=refresh", "ok class=reauth reason=reauth detail=gone\n");
	assert_int_equal(a->state, GRANT_REAUTH);
	due();
	assert_int_equal(errand_comes(300), -1);
}

/* A token that is refused may be the mailbox's fault; a person's no is not. */
static void
what_a_refusal_says_moves_the_state(void **state)
{
	(void)state;
	due();
	meets("op=refresh", TOKEN);
	meets("set_service=smtp",
	    "ok class=reauth reason=login_refused detail=535\n");
	assert_int_equal(a->state, GRANT_BLOCKED);
	due();
	meets("op=refresh", TOKEN);
	meets("set_service=smtp",
	    "ok class=reauth reason=reauth detail=534%205.7.14\n");
	assert_int_equal(a->state, GRANT_REAUTH);
	assert_int_equal(a->reason, MAILSEAL_E_REAUTH);
}

/* Else a broker that is killed again and again locks the mailbox out. */
static void
when_the_next_may_be_is_on_disk_before_the_login(void **state)
{
	int errand;

	(void)state;
	due();
	errand = errand_comes(2000);
	assert_true(errand >= 0);
	assert_in_range(stored().retest_at - now_wall(), 58, 67);
	(void)close(errand);
}

static void
a_try_of_before_a_restart_comes_at_its_time_and_a_wild_one_soon(void **state)
{
	uint64_t now = now_ms();

	(void)state;
	a->retest_ms = 0; /* as it is just loaded */
	a->retest_at = now_wall() + 600;
	retest_arrange(broker);
	assert_in_range(a->retest_ms - now, 598000, 601000);
	assert_int_equal(errand_comes(100), -1);
	a->retest_ms = 0;
	a->retest_at = INT64_MAX;
	retest_arrange(broker);
	assert_in_range(a->retest_ms - now, 0, 5000);
	a->retest_ms = 0;
	a->retest_at = 1; /* it passed while nothing ran */
	retest_arrange(broker);
	meets("op=refresh", TOKEN);
	meets("set_service=smtp", MAILBOX_OFF);
}

static void
nothing_is_tried_while_it_is_disabled_and_soon_when_it_is_not(void **state)
{
	int admin = enter(DOOR_ADMIN);

	(void)state;
	ask(admin, "disable account=" NAME "\n", "ok account=" NAME);
	due();
	assert_int_equal(errand_comes(300), -1);
	ask(admin, "enable account=" NAME "\n", "ok account=" NAME);
	meets("op=refresh", TOKEN);
	meets("set_service=smtp", MAILBOX_OFF);
	(void)close(admin);
}

static void
nothing_is_tried_while_the_key_is_locked(void **state)
{
	int64_t slot;

	(void)state;
	keyring_lock(broker->keyring);
	due();
	assert_int_equal(errand_comes(300), -1);
	assert_int_equal(keyring_unlock(broker->keyring, slot_secret, &slot),
	    0);
	retest_arrange(broker);
	meets("op=refresh", TOKEN);
	meets("set_service=smtp", MAILBOX_OFF);
}

static void
nothing_is_begun_at_the_end_and_what_is_under_way_is_given_up(void **state)
{
	int errand;

	(void)state;
	due();
	errand = errand_comes(2000);
	assert_true(errand >= 0); /* it waits for a lease */
	broker->stopping = true;
	answer_errand(errand);
	settle();
	assert_int_equal(errand_comes(300), -1);
	due();
	assert_int_equal(errand_comes(300), -1);
}

static void
an_account_that_was_enrolled_anew_is_not_judged_by_the_old_one(void **state)
{
	int login;

	(void)state;
	due();
	meets("op=refresh", TOKEN);
	login = errand_comes(2000);
	assert_true(login >= 0);
	a->enrolled_at++;
	assert_true(begins(hear(login), "exchange op=login "));
	tell(login, "ok class=reauth reason=reauth detail=x\n");
	settle();
	assert_int_equal(a->state, GRANT_BLOCKED);
	(void)close(login);
}

static void
one_that_is_removed_while_it_is_tried_takes_nobody_along(void **state)
{
	int admin = enter(DOOR_ADMIN), errand;

	(void)state;
	due();
	errand = errand_comes(2000);
	assert_true(errand >= 0);
	ask(admin, "remove account=" NAME "\n", "ok account=" NAME);
	settle();
	assert_null(accounts_find(broker->accounts, NAME));
	(void)close(errand);
	(void)close(admin);
}

static void
the_status_says_when_it_is_tried_next(void **state)
{
	int admin = enter(DOOR_ADMIN);
	char wanted[64];

	(void)state;
	(void)snprintf(wanted, sizeof(wanted), " next_try=%lld",
	    (long long)a->retest_at);
	tell(admin, "show account=" NAME "\n");
	assert_non_null(strstr(hear(admin), wanted));
	(void)close(admin);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, open_here, close_here)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(the_tries_become_rare_and_never_stop),
		HERE(an_allowed_mailbox_is_served_without_any_command),
		HERE(
		    a_mailbox_that_is_still_closed_has_its_next_try_and_says_why),
		HERE(trouble_on_the_way_is_waited_for_and_hides_no_reason),
		HERE(a_sign_in_that_died_meanwhile_is_told_and_tried_no_more),
		HERE(what_a_refusal_says_moves_the_state),
		HERE(when_the_next_may_be_is_on_disk_before_the_login),
		HERE(
		    a_try_of_before_a_restart_comes_at_its_time_and_a_wild_one_soon),
		HERE(
		    nothing_is_tried_while_it_is_disabled_and_soon_when_it_is_not),
		HERE(nothing_is_tried_while_the_key_is_locked),
		HERE(
		    nothing_is_begun_at_the_end_and_what_is_under_way_is_given_up),
		HERE(
		    an_account_that_was_enrolled_anew_is_not_judged_by_the_old_one),
		HERE(one_that_is_removed_while_it_is_tried_takes_nobody_along),
		HERE(the_status_says_when_it_is_tried_next),
	};

	return cmocka_run_group_tests_name("retest", tests, NULL, NULL);
}
