/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a mailbox that he gave up, to who finds its old
 * token; or one that he did not, because the provider could not be asked.
 */
#include "tests/unit/courier.h"

#define NAME "gone@campus.edu"
#define REMOVE "remove account=" NAME " revoke=yes\n"

/* The revocation that has come, of this token; its descriptor. */
static int
revocation_of(const char *token)
{
	char field[64];
	const char *line;
	int fd = errand_comes(PATIENCE_MS);

	assert_true(fd >= 0);
	line = hear(fd);
	if (!begins(line, "exchange op=revoke module=oidc "))
		fail_msg("%s", line);
	(void)snprintf(field, sizeof(field), " in_refresh_token=%s ", token);
	assert_non_null(strstr(line, field));
	assert_non_null(strstr(line,
	    " set_revocation_endpoint=https://login."
	    "example.edu/r "));
	return fd;
}

static void
answer(int fd, const char *text)
{
	tell(fd, text);
	(void)close(fd);
}

static bool
audit_has(const char *text)
{
	static char bytes[65536];
	FILE *file = fopen(broker->audit_file, "r");
	size_t len;

	assert_non_null(file);
	len = fread(bytes, 1, sizeof(bytes) - 1, file);
	(void)fclose(file);
	bytes[len] = '\0';
	return strstr(bytes, text) != NULL;
}

static bool
is_stored(void)
{
	AUTO(secret) plain = NULL;
	int error = record_open(broker->store, broker->keyring, "refresh", NAME,
	    "", &plain, NULL);

	if (error != MAILSEAL_OK)
		assert_int_equal(error, MAILSEAL_E_NOACCOUNT);
	return error == MAILSEAL_OK;
}

static void
it_is_forgotten_once_the_provider_took_it_back(void **state)
{
	int admin = enter(DOOR_ADMIN), fd;

	(void)state;
	(void)adopt(NAME);
	tell(admin, REMOVE);
	fd = revocation_of("first");
	assert_true(is_stored());
	answer(fd, "ok class=ok\n");
	expect(admin, "ok account=" NAME " revoked=yes");
	assert_null(accounts_find(broker->accounts, NAME));
	assert_false(is_stored());
	assert_true(audit_has(" event=removed account=" NAME));
	assert_true(audit_has(" revoked=yes"));
	(void)close(admin);
}

static void
nothing_is_removed_when_the_provider_does_not_take_it(void **state)
{
	static const struct {
		const char *answer, *told;
	} cases[] = {
		{ "ok class=transient reason=provider_down detail=503\n",
		    "error code=unavailable reason=provider_down " },
		{ "ok class=config reason=no_revocation detail=no%20way\n",
		    "error code=unsupported reason=no_revocation " },
		{ "", "error code=unavailable reason=courier " },
	};
	int admin = enter(DOOR_ADMIN), fd;

	(void)state;
	(void)adopt(NAME);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *line;

		tell(admin, REMOVE);
		fd = revocation_of("first");
		answer(fd, cases[i].answer);
		line = hear(admin);
		if (!begins(line, cases[i].told))
			fail_msg("%s", line);
		assert_non_null(strstr(line, "nothing%20was%20removed"));
		assert_non_null(accounts_find(broker->accounts, NAME));
		assert_true(is_stored());
	}
	assert_true(audit_has(" event=revocation_failed account=" NAME));
	assert_false(audit_has(" event=removed "));
	serve(NAME, 600); /* it is as it was */
	(void)close(admin);
}

static void
without_the_word_nobody_is_asked(void **state)
{
	int admin = enter(DOOR_ADMIN);

	(void)state;
	(void)adopt(NAME);
	ask(admin, "remove account=" NAME " revoke=no\n",
	    "error code=malformed ");
	assert_true(is_stored());
	ask(admin, "remove account=" NAME "\n", "ok account=" NAME);
	assert_false(is_stored());
	assert_true(audit_has(" revoked=no"));
	assert_true(errand_comes(50) < 0);
	ask(admin, REMOVE, "error code=");
	assert_true(errand_comes(50) < 0);
	(void)close(admin);
}

static void
a_token_that_came_meanwhile_is_given_back_as_well(void **state)
{
	int admin = enter(DOOR_ADMIN), fd, client, refresh;

	(void)state;
	(void)adopt(NAME);
	tell(admin, REMOVE);
	fd = revocation_of("first");
	client = ask_for(NAME);
	refresh = errand_comes(PATIENCE_MS);
	answer_errand(refresh); /* it brings "second" */
	expect(client, "ok account=");
	assert_string_equal(stored_refresh(NAME), "second");
	answer(fd, "ok class=ok\n");
	fd = revocation_of("second");
	answer(fd, "ok class=ok\n");
	expect(admin, "ok account=" NAME " revoked=yes");
	assert_false(is_stored());
	(void)close(client);
	(void)close(admin);
}

static void
an_exchange_under_way_is_waited_for(void **state)
{
	int admin = enter(DOOR_ADMIN), fd, client, refresh;

	(void)state;
	(void)adopt(NAME);
	client = ask_for(NAME);
	refresh = errand_comes(PATIENCE_MS);
	tell(admin, REMOVE);
	settle();
	assert_true(errand_comes(50) < 0);
	answer_errand(refresh);
	expect(client, "ok account=");
	fd = revocation_of("second");
	answer(fd, "ok class=ok\n");
	expect(admin, "ok account=" NAME " revoked=yes");
	(void)close(client);
	(void)close(admin);
}

static void
a_sign_in_that_came_later_is_not_removed(void **state)
{
	int admin = enter(DOOR_ADMIN), fd;
	struct account *a;

	(void)state;
	a = adopt(NAME);
	tell(admin, REMOVE);
	fd = revocation_of("first");
	a->enrolled_at++; /* as an enrolment does */
	answer(fd, "ok class=ok\n");
	expect(admin, "error code=blocked reason=no_account ");
	assert_true(is_stored());
	(void)close(admin);
}

static void
what_nobody_signed_in_for_is_not_given_back(void **state)
{
	int admin = enter(DOOR_ADMIN);

	(void)state;
	enroll_password(admin, "old@example.edu", "old@example.edu", "ok ");
	ask(admin, "remove account=old@example.edu revoke=yes\n",
	    "error code=unsupported reason=no_revocation ");
	assert_non_null(accounts_find(broker->accounts, "old@example.edu"));
	(void)close(admin);
}

static void
one_under_way_ends_with_the_broker(void **state)
{
	int admin = enter(DOOR_ADMIN), other = enter(DOOR_ADMIN), client;

	(void)state;
	(void)adopt(NAME);
	(void)adopt("two@campus.edu");
	client = ask_for("two@campus.edu");
	(void)errand_comes(PATIENCE_MS);
	tell(other, "remove account=two@campus.edu revoke=yes\n");
	tell(admin, REMOVE);
	(void)revocation_of("first");
	settle();
	(void)close(client);
	(void)close(other);
	(void)close(admin); /* and the teardown finds no leak */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_COURIER(it_is_forgotten_once_the_provider_took_it_back),
		WITH_COURIER(
		    nothing_is_removed_when_the_provider_does_not_take_it),
		WITH_COURIER(without_the_word_nobody_is_asked),
		WITH_COURIER(a_token_that_came_meanwhile_is_given_back_as_well),
		WITH_COURIER(an_exchange_under_way_is_waited_for),
		WITH_COURIER(a_sign_in_that_came_later_is_not_removed),
		WITH_COURIER(what_nobody_signed_in_for_is_not_given_back),
		WITH_COURIER(one_under_way_ends_with_the_broker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
