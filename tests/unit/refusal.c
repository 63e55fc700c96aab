/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the one alarm that matters, among two thousand of
 * mailboxes that share the registration; or all of them, for it was told once
 * last year.
 */
#include "broker/refusal.h"
#include "broker/log.h"
#include "tests/unit/alone.h"

#define REFUSED "ok class=config reason=client_refused detail=expired\n"

static unsigned told, of_mailbox;

static bool
listens(void *arg, int priority, const char *event, const char *text)
{
	(void)arg;
	(void)priority;
	if (strcmp(event, "registration refused") == 0) {
		assert_non_null(strstr(text, "provider=app "));
		told++;
	}
	if (strcmp(event, "refresh failed") == 0)
		of_mailbox++;
	return true;
}

/* Ask for a string, whose exchange ends so. */
static void
ask_in_vain(struct account *a, const char *answer)
{
	int client;

	for (int i = 0; i < ACCOUNT_LEASES; i++)
		lease_clear(&a->lease[i]);
	a->next_try_ms = 0;
	client = ask_for(a->name);
	(void)meets("client_credentials", answer);
	expect(client, strcmp(answer, TOKEN) == 0 ? "ok " : "error ");
	(void)close(client);
}

static void
what_is_refused_of_the_registration_is_told_once(void **state)
{
	struct account *a = enroll_alone("a@campus.edu", "app",
	    "client_credentials");
	struct account *b = enroll_alone("b@campus.edu", "app",
	    "client_credentials");

	(void)state;
	log_open("test", LOG_LEVEL_WARN);
	told = of_mailbox = 0;
	log_offer(listens, NULL);
	ask_in_vain(a, REFUSED);
	ask_in_vain(b, REFUSED);
	ask_in_vain(a, REFUSED);
	assert_int_equal(told, 1);
	assert_int_equal(of_mailbox, 0);
	assert_int_equal(a->state, GRANT_BLOCKED);
	assert_int_equal(b->state, GRANT_BLOCKED);
	/* Another reason is news. */
	ask_in_vain(a, "ok class=config reason=registration\n");
	assert_int_equal(told, 2);
	/* And so it is when it was over, though b was not asked for since. */
	ask_in_vain(a, TOKEN);
	ask_in_vain(a, REFUSED);
	assert_int_equal(told, 3);
	log_offer(NULL, NULL);
}

static void
trouble_of_one_mailbox_is_told_of_it(void **state)
{
	struct account *a = enroll_alone("a@campus.edu", "app",
	    "client_credentials");

	(void)state;
	log_open("test", LOG_LEVEL_WARN);
	told = of_mailbox = 0;
	log_offer(listens, NULL);
	ask_in_vain(a, "ok class=admin reason=provider_admin\n");
	ask_in_vain(a, "ok class=admin reason=provider_admin\n");
	assert_int_equal(told, 0);
	assert_int_equal(of_mailbox, 2);
	log_offer(NULL, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ALONE(what_is_refused_of_the_registration_is_told_once),
		ALONE(trouble_of_one_mailbox_is_told_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
