/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the certainty that a mailbox that was switched off
 * is off, and the mailbox itself when it is switched on again.
 */
#include "tests/unit/courier.h"

#define NAME "a@campus.edu"

static int admin;

static int
open_here(void **state)
{
	if (open_with_courier(state) != 0)
		return -1;
	admin = enter(DOOR_ADMIN);
	return 0;
}

static int
close_here(void **state)
{
	(void)close(admin);
	return close_with_courier(state);
}

static void
is_refused(const char *name, const char *start)
{
	int fd = ask_for(name);

	expect(fd, start);
	(void)close(fd);
}

static size_t
leases_in_memory(const struct account *a)
{
	size_t count = 0;

	for (int i = 0; i < ACCOUNT_LEASES; i++)
		count += a->lease[i].token != NULL;
	return count;
}

static void
a_disabled_account_serves_nothing_though_there_is_a_lease(void **state)
{
	struct account *a = adopt(NAME);
	int fd;

	(void)state;
	serve(NAME, 600);
	ask(admin, "disable account=A@Campus.edu\n",
	    "ok account=a@campus.edu login=a@campus.edu state=disabled "
	    "beneath=good reason=disabled message=a@campus.edu:%20");
	assert_int_equal(leases_in_memory(a), 0);
	is_refused(NAME,
	    "error code=disabled reason=disabled message=a@campus.edu:%20");
	ask(admin, "test account=" NAME "\n", "error code=disabled ");
	/* Nobody needs the provider to put it back. */
	ask(admin, "enable account=" NAME "\n",
	    "ok account=a@campus.edu login=a@campus.edu state=good expires=");
	expect(fd = ask_for(NAME), "ok account=a@campus.edu ");
	assert_int_equal(errand_comes(100), -1);
	(void)close(fd);
}

/* Its answer may bring a rotation, and the token before it is worth nothing. */
static void
an_exchange_under_way_is_saved_and_serves_nobody(void **state)
{
	struct account *a = adopt(NAME);
	int fd = ask_for(NAME), errand = errand_comes(2000);
	uint64_t begun = now_ms();

	(void)state;
	ask(admin, "disable account=" NAME "\n", "ok account=");
	expect(fd, "error code=disabled ");
	assert_in_range(now_ms() - begun, 0, 3000); /* he would wait for 8 s */
	assert_int_equal(renew_want(broker, a, SERVICE_SMTP),
	    MAILSEAL_E_DISABLED);
	answer_errand(errand);
	settle();
	assert_string_equal(stored_refresh(NAME), "second");
	assert_int_equal(leases_in_memory(a), 0);
	assert_int_equal(a->state, GRANT_DISABLED);
	is_refused(NAME, "error code=disabled ");
	(void)close(fd);
	ask(admin, "enable account=" NAME "\n", "ok account=");
	expect(fd = ask_for(NAME), "ok account=a@campus.edu ");
	assert_int_equal(errand_comes(100), -1); /* that lease was sealed */
	(void)close(fd);
}

static void
an_exchange_that_fails_meanwhile_shows_when_it_is_enabled(void **state)
{
	int fd, errand;

	(void)state;
	(void)adopt(NAME);
	fd = ask_for(NAME);
	errand = errand_comes(2000);
	ask(admin, "disable account=" NAME "\n", "ok account=");
	assert_true(begins(hear(errand), "exchange op=refresh "));
	tell(errand, "ok class=reauth reason=reauth detail=gone\n");
	(void)close(errand);
	settle();
	is_refused(NAME, "error code=disabled ");
	ask(admin, "enable account=" NAME "\n",
	    "ok account=a@campus.edu login=a@campus.edu state=reauth "
	    "reason=reauth message=");
	is_refused(NAME, "error code=reauth ");
	(void)close(fd);
}

/* The other account is the control: its lease is renewed. */
static void
no_lease_of_a_disabled_account_is_renewed_ahead(void **state)
{
	int errand;

	(void)state;
	(void)adopt(NAME);
	(void)adopt("b@campus.edu");
	serve(NAME, 2);
	serve("b@campus.edu", 2);
	ask(admin, "disable account=" NAME "\n", "ok account=");
	errand = errand_comes(3000);
	assert_true(errand >= 0);
	answer_errand(errand);
	assert_string_equal(stored_refresh("b@campus.edu"), "second");
	assert_int_equal(errand_comes(500), -1);
}

/* The next errand is of this account, and fails in a way that passes. */
static void
fail_one(void)
{
	int errand = errand_comes(3000);

	assert_true(errand >= 0);
	assert_true(begins(hear(errand), "exchange op=refresh "));
	tell(errand, "ok class=transient reason=network detail=down\n");
	(void)close(errand);
	settle();
}

/* What passes by itself is not put off as what an admin must change. */
static void
an_exchange_that_fails_a_little_meanwhile_is_tried_again_soon(void **state)
{
	int fd, errand;

	(void)state;
	(void)adopt(NAME);
	fd = ask_for(NAME);
	errand = errand_comes(2000);
	ask(admin, "disable account=" NAME "\n", "ok account=");
	assert_true(begins(hear(errand), "exchange op=refresh "));
	tell(errand, "ok class=transient reason=network detail=down\n");
	(void)close(errand);
	settle();
	ask(admin, "enable account=" NAME "\n",
	    "ok account=a@campus.edu login=a@campus.edu state=waiting ");
	(void)close(fd);
	fd = ask_for(NAME);
	answer_errand(errand_comes(3000));
	expect(fd, "ok account=");
	(void)close(fd);
}

/* The first retry is the control: a lease that is in use is tried for again. */
static void
a_retry_waits_until_it_is_enabled(void **state)
{
	struct account *a = adopt(NAME);
	int fd;

	(void)state;
	serve(NAME, 2);
	fail_one(); /* the renewal ahead */
	fail_one(); /* and its retry */
	assert_int_equal(a->state, GRANT_WAITING);
	ask(admin, "disable account=" NAME "\n", "ok account=");
	assert_int_equal(errand_comes(2500), -1); /* due within 2 s */
	ask(admin, "enable account=" NAME "\n",
	    "ok account=a@campus.edu login=a@campus.edu state=waiting ");
	fd = ask_for(NAME);
	answer_errand(errand_comes(2000));
	expect(fd, "ok account=");
	(void)close(fd);
}

/* As a start does: from the store alone, then the key is opened. */
static void
it_is_off_after_a_restart_and_its_leases_stay_sealed(void **state)
{
	struct account *a = adopt(NAME);
	struct accounts *again = NULL;

	(void)state;
	(void)adopt("b@campus.edu");
	serve(NAME, 600);
	serve("b@campus.edu", 600);
	ask(admin, "disable account=" NAME "\n", "ok account=");
	for (size_t i = 0; i < accounts_count(broker->accounts); i++)
		renew_drop(accounts_at(broker->accounts, i));
	assert_int_equal(accounts_load(broker->store, &again), 0);
	accounts_free(broker->accounts);
	broker->accounts = again;
	for (size_t i = 0; i < accounts_count(again); i++)
		assert_int_equal(renew_adopt(broker, accounts_at(again, i)), 0);
	renew_unlocked(broker);
	a = accounts_find(again, NAME);
	assert_int_equal(a->state, GRANT_DISABLED);
	assert_int_equal(leases_in_memory(a), 0);
	assert_int_equal(leases_in_memory(accounts_find(again, "b@campus.edu")),
	    1); /* the control */
	is_refused(NAME, "error code=disabled ");
	ask(admin, "enable account=" NAME "\n", "ok account=");
	assert_int_equal(leases_in_memory(a), 1);
}

/* Who may enrol could switch on what an admin switched off. */
static void
to_enroll_anew_does_not_enable(void **state)
{
	(void)state;
	write_file("etc/access.d/p.conf",
	    "[p@campus.edu]\nallow = user:root may-have-password\n");
	ask(admin, "reload\n", "ok providers=");
	enroll_password(admin, "p@campus.edu", "p@campus.edu", " state=good ");
	ask(admin, "disable account=p@campus.edu\n", "ok account=");
	enroll_password(admin, "p@campus.edu", "p@campus.edu",
	    " state=disabled reason=disabled note=");
	is_refused("p@campus.edu", "error code=disabled ");
	ask(admin, "enable account=p@campus.edu\n",
	    "ok account=p@campus.edu login=p@campus.edu state=good");
	is_refused("p@campus.edu", "ok account=p@campus.edu ");
}

static void
what_cannot_be_written_is_not_done(void **state)
{
	struct account *a = adopt(NAME);
	int fd;

	(void)state;
	serve(NAME, 600);
	assert_int_equal(store_begin(broker->store), 0); /* it is taken */
	ask(admin, "disable account=" NAME "\n", "error code=");
	assert_int_equal(a->state, GRANT_GOOD);
	expect(fd = ask_for(NAME), "ok account=");
	(void)close(fd);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, open_here, close_here)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(a_disabled_account_serves_nothing_though_there_is_a_lease),
		HERE(an_exchange_under_way_is_saved_and_serves_nobody),
		HERE(an_exchange_that_fails_meanwhile_shows_when_it_is_enabled),
		HERE(no_lease_of_a_disabled_account_is_renewed_ahead),
		HERE(
		    an_exchange_that_fails_a_little_meanwhile_is_tried_again_soon),
		HERE(a_retry_waits_until_it_is_enabled),
		HERE(it_is_off_after_a_restart_and_its_leases_stay_sealed),
		HERE(to_enroll_anew_does_not_enable),
		HERE(what_cannot_be_written_is_not_done),
	};

	return cmocka_run_group_tests_name("disable", tests, NULL, NULL);
}
