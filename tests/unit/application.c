/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: mail that waits for a person who is not needed, or
 * the mailbox of somebody that nobody enrolled.
 */
#include "broker/registration.h"
#include "tests/unit/alone.h"

static void
spend(struct account *a)
{
	for (int i = 0; i < ACCOUNT_LEASES; i++)
		lease_clear(&a->lease[i]);
	a->next_try_ms = 0;
}

static void
nobody_signs_in_and_the_string_is_there_at_once(void **state)
{
	struct proof proof = { .value = secret_copy("s3cret", 6) };
	const struct provider *p = config_provider(broker->config, "app");
	struct account *a;
	int client;

	(void)state;
	assert_int_equal(registration_add(broker, p, &proof), 0);
	proof_clear(&proof);
	a = enroll_alone(ADDRESS, "app", "client_credentials");
	assert_int_equal(a->type, ACCOUNT_APPLICATION);
	assert_true(a->refreshed_at > 0);
	client = ask_for(ADDRESS);
	has(hear(client), " mechanism=xoauth2 ");
	spend(a);
	tell(client, "get account=" ADDRESS " wait=8\n");
	has(meets("client_credentials", TOKEN), " in_client_secret=s3cret");
	expect(client, "ok account=" ADDRESS " login=" ADDRESS);
	assert_int_equal(errand_comes(100), -1);
	(void)close(client);
}

static void
each_request_for_a_token_names_scope_and_mailbox(void **state)
{
	struct account *a = enroll_alone(ADDRESS, "app", "client_credentials");
	int client = -1, errand;
	const char *line;

	(void)state;
	spend(a);
	client = ask_for(ADDRESS);
	line = comes(&errand);
	has(line,
	    " op=client_credentials module=oidc "
	    "origins=https://login.example.edu:443 ");
	has(line, " set_scope=mail");
	has(line, " set_token_endpoint=https://login.example.edu/t");
	has(line, " in_mailbox=" ADDRESS);
	assert_null(strstr(line, "in_refresh_token"));
	/* There is nothing that an end could lose. */
	assert_false(a->intent);
	assert_false(renew_is_owed(a));
	/* Some give one all the same; it is no use. */
	tell(errand,
	    "ok class=ok access_token=access refresh_token=r expires_in=600\n");
	expect(client, "ok account=");
	assert_int_equal(a->state, GRANT_GOOD);
	(void)close(errand);
	(void)close(client);
}

static void
a_service_account_asks_for_the_mailbox_by_its_own_operation(void **state)
{
	(void)state;
	(void)enroll_alone(ADDRESS, "goog", "jwt_bearer");
}

static void
a_command_is_asked_without_looking_for_endpoints(void **state)
{
	(void)state;
	(void)enroll_alone(ADDRESS, "cmd", "client_credentials");
}

/* Else its enrolment fails at the one that it is not for. */
static void
each_service_is_tried_with_a_token_of_its_own_where_they_are_apart(void **state)
{
	int admin = enter(DOOR_ADMIN), client;

	(void)state;
	tell(admin, begin(admin, ADDRESS, "apart"));
	has(meets("client_credentials", TOKEN), " set_scope=send ");
	has(meets("login", LOGGED_IN), " in_access_token=access");
	has(meets("client_credentials",
		"ok class=ok access_token=other expires_in=600\n"),
	    " set_scope=read ");
	has(meets("login", LOGGED_IN), " in_access_token=other");
	has(hear(admin), " state=good ");
	client = ask_for(ADDRESS);
	has(hear(client), " mechanism=xoauth2 ");
	tell(client, "get account=" ADDRESS " for=imap mechanism=bearer\n");
	has(meets("client_credentials",
		"ok class=ok access_token=third expires_in=600\n"),
	    " set_scope=read ");
	has(hear(client), " access_token=third");
	(void)close(client);
	(void)close(admin);
}

/* Its scopes are alike, and it is told the service. */
static void
a_command_gets_a_token_for_each_service(void **state)
{
	struct account *a = enroll_alone(ADDRESS, "cmd", "client_credentials");
	int client = enter(DOOR_CONSUMER);

	(void)state;
	(void)a;
	tell(client, "get account=" ADDRESS " for=imap\n");
	has(meets("client_credentials", TOKEN), " set_service=imap");
	expect(client, "ok account=");
	(void)close(client);
}

/* Who enrols it, and who gives somebody the right, must know. */
static void
what_its_strings_open_besides_is_told_wherever_it_is_looked_at(void **state)
{
	static const char *const told = " reach=registration also_opens="
					"every%20mailbox%20";
	int admin = enter(DOOR_ADMIN);

	(void)state;
	tell(admin, begin(admin, ADDRESS, "app"));
	(void)meets("client_credentials", TOKEN);
	(void)meets("login", LOGGED_IN);
	has(hear(admin), told);
	tell(admin, "show account=" ADDRESS "\n");
	has(hear(admin), told);
	tell(admin, "access account=" ADDRESS " user=root for=smtp\n");
	(void)hear(admin);
	has(hear(admin), told);
	expect(admin, "ok count=2");
	(void)close(admin);
}

static void
what_the_provider_refuses_stores_nothing(void **state)
{
	int admin = enter(DOOR_ADMIN);

	(void)state;
	tell(admin, begin(admin, ADDRESS, "app"));
	(void)meets("client_credentials",
	    "ok class=config reason=client_refused detail=no\n");
	expect(admin, "error code=blocked reason=client_refused ");
	assert_null(accounts_find(broker->accounts, ADDRESS));
	(void)close(admin);
}

/* A permission takes its time; then all is well without another enrolment. */
static void
a_login_that_is_not_allowed_yet_is_kept_and_tested_with_a_new_token(
    void **state)
{
	int admin = enter(DOOR_ADMIN), client;
	const char *line;
	struct account *a;

	(void)state;
	tell(admin, begin(admin, ADDRESS, "app"));
	(void)meets("client_credentials", TOKEN);
	(void)meets("login",
	    "ok class=reauth reason=login_refused detail=535%205.7.3\n");
	line = hear(admin);
	has(line, " state=blocked reason=login_refused ");
	has(line, "535%205.7.3");
	has(line, "two%20hours");
	a = accounts_find(broker->accounts, ADDRESS);
	assert_non_null(a);
	assert_true(a->untested);
	client = ask_for(ADDRESS);
	expect(client, "error code=blocked reason=login_refused ");
	for (int i = 0; i < 2; i++) {
		tell(admin, "test account=" ADDRESS "\n");
		(void)meets("client_credentials", TOKEN);
		(void)meets("login",
		    i == 1 ? LOGGED_IN :
			     "ok class=reauth "
			     "reason=login_refused\n");
		expect(admin, i == 1 ? "ok account=" : "error code=blocked ");
		assert_int_equal(a->untested, i == 0);
	}
	tell(client, "get account=" ADDRESS " wait=8\n");
	expect(client, "ok account=");
	(void)close(client);
	(void)close(admin);
}

/* What an admin is told to do must be what helps. */
static void
nobody_is_ever_told_to_sign_in_again(void **state)
{
	struct account *a = enroll_alone(ADDRESS, "app", "client_credentials");
	int client;

	(void)state;
	spend(a);
	client = ask_for(ADDRESS);
	(void)meets("client_credentials", "ok class=reauth reason=reauth\n");
	expect(client, "error code=blocked reason=provider_admin ");
	assert_int_equal(a->state, GRANT_BLOCKED);
	(void)close(client);
}

static void
trouble_that_passes_is_waited_for(void **state)
{
	struct account *a = enroll_alone(ADDRESS, "app", "client_credentials");
	int client;

	(void)state;
	spend(a);
	client = ask_for(ADDRESS);
	(void)meets("client_credentials",
	    "ok class=transient reason=provider_down\n");
	(void)meets("client_credentials", TOKEN);
	expect(client, "ok account=");
	assert_int_equal(a->state, GRANT_GOOD);
	(void)close(client);
}

static void
a_changed_line_of_the_store_sends_nothing(void **state)
{
	struct account *a = enroll_alone(ADDRESS, "app", "client_credentials");
	const struct provider *p = config_provider(broker->config, "app");
	struct endpoints other = { .issuer = "https://login.example.edu",
		.token = "https://thief.example/t",
		.origins = "https://thief.example:443" };
	int client;

	(void)state;
	spend(a);
	free(a->bound);
	a->bound = NULL;
	assert_int_equal(binding_make(p, &other, &a->bound), 0);
	client = ask_for(ADDRESS);
	expect(client, "error code=blocked reason=unseal ");
	assert_int_equal(errand_comes(100), -1);
	(void)close(client);
}

static int
count_record(void *arg, const struct store_record *record)
{
	(void)record;
	++*(unsigned *)arg;
	return MAILSEAL_OK;
}

static void
one_that_is_removed_leaves_nothing_behind(void **state)
{
	int admin = enter(DOOR_ADMIN);
	unsigned count = 0;

	(void)state;
	(void)enroll_alone(ADDRESS, "app", "client_credentials");
	assert_int_equal(store_record_each(broker->store, "application",
			     count_record, &count),
	    0);
	assert_int_equal(count, 1);
	ask(admin, "verify\n", "item kind=store records=2 failed=0");
	expect(admin, "ok count=1");
	ask(admin, "disable account=" ADDRESS "\n", "ok account=");
	ask(admin, "enable account=" ADDRESS "\n", "ok account=");
	ask(admin, "remove account=" ADDRESS "\n", "ok account=");
	count = 0;
	assert_int_equal(store_record_each(broker->store, NULL, count_record,
			     &count),
	    0);
	assert_int_equal(count, 0);
	(void)close(admin);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ALONE(nobody_signs_in_and_the_string_is_there_at_once),
		ALONE(each_request_for_a_token_names_scope_and_mailbox),
		ALONE(
		    a_service_account_asks_for_the_mailbox_by_its_own_operation),
		ALONE(a_command_is_asked_without_looking_for_endpoints),
		ALONE(
		    what_its_strings_open_besides_is_told_wherever_it_is_looked_at),
		ALONE(
		    each_service_is_tried_with_a_token_of_its_own_where_they_are_apart),
		ALONE(a_command_gets_a_token_for_each_service),
		ALONE(what_the_provider_refuses_stores_nothing),
		ALONE(
		    a_login_that_is_not_allowed_yet_is_kept_and_tested_with_a_new_token),
		ALONE(nobody_is_ever_told_to_sign_in_again),
		ALONE(trouble_that_passes_is_waited_for),
		ALONE(a_changed_line_of_the_store_sends_nothing),
		ALONE(one_that_is_removed_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
