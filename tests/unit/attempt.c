/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: all mail of all mailboxes, the day one of two client
 * secrets ends or is withdrawn.
 */
#include "broker/attempt.h"
#include "broker/standing.h"
#include "tests/unit/courier.h"

#define REFUSED                                               \
	"ok class=config reason=client_refused detail=AADSTS" \
	"7000222%20expired\n"

static unsigned refusals, ends_of_all; /* told to the log */

static bool
count_alarms(void *arg, int priority, const char *event, const char *text)
{
	(void)arg;
	(void)priority;
	(void)text;
	if (strcmp(event, "client credential refused") == 0)
		refusals++;
	if (strcmp(event, "registration refused") == 0)
		ends_of_all++;
	return true;
}

static void
seal_secret(const char *value)
{
	char line[128];
	int fd = enter(DOOR_ADMIN);

	(void)snprintf(line, sizeof(line),
	    "provider_secret provider=campus secret=%s\n", value);
	ask(fd, line, "ok provider=campus ");
	(void)close(fd);
	refusals = ends_of_all = 0;
	log_open("test", LOG_LEVEL_WARN);
	log_offer(count_alarms, NULL);
}

/* The next errand carries this secret, or none, and is answered so. */
static void
meets(const char *secret, const char *answer)
{
	char field[128] = "";
	int fd = errand_comes(2000);
	const char *line;

	assert_true(fd >= 0);
	line = hear(fd);
	assert_true(begins(line, "exchange op=refresh "));
	assert_non_null(strstr(line, " in_refresh_token=first"));
	assert_non_null(strstr(line, " in_jti="));
	if (secret != NULL)
		(void)snprintf(field, sizeof(field), " in_client_secret=%s",
		    secret);
	if (secret != NULL ? strstr(line, field) == NULL :
			     strstr(line, " in_client_secret=") != NULL)
		fail_msg("not with %s: %s", secret != NULL ? secret : "none",
		    line);
	tell(fd, answer);
	(void)close(fd);
}

static const char good[] = "ok class=ok access_token=access expires_in=600\n";

static void
a_refused_secret_is_followed_by_the_next_and_mail_goes_on(void **state)
{
	int fd;

	(void)state;
	seal_secret("right");
	seal_secret("wrong");
	(void)adopt("a@campus.edu");
	(void)adopt("b@campus.edu");
	fd = ask_for("a@campus.edu");
	meets("wrong", REFUSED);
	meets("right", good);
	expect(fd, "ok account=a@campus.edu ");
	(void)close(fd);
	assert_int_equal(refusals, 1);
	/* The next mailbox need not find out for itself. */
	fd = ask_for("b@campus.edu");
	meets("right", good);
	expect(fd, "ok account=b@campus.edu ");
	(void)close(fd);
	assert_int_equal(refusals, 1);
	assert_int_equal(ends_of_all, 0);
}

static void
the_status_names_the_refused_and_the_used_one(void **state)
{
	int fd;
	const char *line;

	(void)state;
	seal_secret("right");
	seal_secret("wrong");
	(void)adopt("a@campus.edu");
	fd = ask_for("a@campus.edu");
	meets("wrong", REFUSED);
	meets("right", good);
	expect(fd, "ok account=a@campus.edu ");
	(void)close(fd);
	fd = enter(DOOR_ADMIN);
	tell(fd, "status\n");
	while ((line = hear(fd)) != NULL &&
	    !begins(line, "item kind=provider name=campus "))
		assert_true(begins(line, "item "));
	assert_non_null(strstr(line, " state=attention "));
	assert_non_null(strstr(line,
	    "client%20secret%202%20of%20provider%20campus%20is%20refused;"
	    "%20client%20secret%201%20is%20used;"));
	(void)close(fd);
}

static void
when_all_are_refused_it_is_told_once_and_each_account_is_blocked(void **state)
{
	struct account *a, *b;
	int fd;

	(void)state;
	seal_secret("bad1");
	seal_secret("bad2");
	a = adopt("a@campus.edu");
	b = adopt("b@campus.edu");
	fd = ask_for(a->name);
	meets("bad2", REFUSED);
	meets("bad1", REFUSED);
	expect(fd, "error code=blocked reason=client_refused ");
	(void)close(fd);
	assert_int_equal(a->state, GRANT_BLOCKED);
	assert_non_null(strstr(a->detail, "2 were tried"));
	assert_non_null(strstr(a->detail, "AADSTS7000222"));
	fd = ask_for(b->name);
	meets("bad2", REFUSED);
	meets("bad1", REFUSED);
	expect(fd, "error code=blocked reason=client_refused ");
	(void)close(fd);
	assert_int_equal(refusals, 0);
	assert_int_equal(ends_of_all, 1);
	/* A new one cures all at once, and is tried first. */
	seal_secret("right");
	fd = ask_for(a->name);
	meets("right", good);
	expect(fd, "ok account=a@campus.edu ");
	(void)close(fd);
}

static void
what_is_no_refusal_of_the_client_tries_no_other(void **state)
{
	static const char *const answers[] = {
		"ok class=transient reason=provider_down\n",
		"ok class=reauth reason=reauth\n",
		"ok class=config reason=registration\n"
	};

	(void)state;
	seal_secret("one");
	seal_secret("two");
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		char name[32];
		int fd;

		(void)snprintf(name, sizeof(name), "u%zu@campus.edu", i);
		(void)adopt(name);
		fd = ask_for(name);
		meets("two", answers[i]);
		assert_int_equal(errand_comes(200), -1);
		(void)close(fd);
	}
	assert_int_equal(refusals, 0);
}

static void
without_any_the_client_says_nothing_of_itself(void **state)
{
	int fd;

	(void)state;
	log_open("test", LOG_LEVEL_WARN);
	log_offer(count_alarms, NULL);
	refusals = ends_of_all = 0;
	(void)adopt("a@campus.edu");
	fd = ask_for("a@campus.edu");
	meets(NULL, REFUSED);
	expect(fd, "error code=blocked reason=client_refused ");
	(void)close(fd);
	assert_int_equal(errand_comes(200), -1);
}

/* Else the provider is asked without end, and locks the registration. */
static void
one_that_takes_the_place_of_the_last_refused_is_not_tried_for_ever(void **state)
{
	int fd, errand, admin;

	(void)state;
	for (char n = '1'; n <= '0' + PROOFS_MAX; n++)
		seal_secret((char[]){ 'n', 'o', n, '\0' });
	(void)adopt("a@campus.edu");
	fd = ask_for("a@campus.edu");
	for (char n = '0' + PROOFS_MAX; n > '1'; n--)
		meets((char[]){ 'n', 'o', n, '\0' }, REFUSED);
	errand = errand_comes(2000);
	assert_non_null(strstr(hear(errand), " in_client_secret=no1"));
	admin = enter(DOOR_ADMIN);
	ask(admin, "provider_forget provider=campus label=1\n", "ok ");
	(void)close(admin);
	seal_secret("no9");
	tell(errand, REFUSED);
	expect(fd, "error code=blocked reason=client_refused ");
	assert_int_equal(errand_comes(200), -1);
	(void)close(errand);
	(void)close(fd);
}

/* An answer that never comes must not hold a freed account. */
static void
an_account_that_goes_ends_its_attempt(void **state)
{
	struct account *a;
	int fd, errand;

	(void)state;
	seal_secret("one");
	seal_secret("two");
	a = adopt("a@campus.edu");
	fd = ask_for(a->name);
	meets("two", REFUSED);
	errand = errand_comes(2000);
	assert_true(errand >= 0);
	renew_drop(a);
	(void)hear(errand);
	assert_null(hear(errand));
	(void)close(errand);
	(void)close(fd);
}

static void
a_provider_file_that_changes_in_between_sends_nothing_more(void **state)
{
	struct provider *p = broker->config->providers[0];
	int fd, errand;

	(void)state;
	seal_secret("one");
	seal_secret("two");
	(void)adopt("a@campus.edu");
	fd = ask_for("a@campus.edu");
	errand = errand_comes(2000);
	assert_true(begins(hear(errand), "exchange op=refresh "));
	free(p->value[SETTING_CLIENT_ID]);
	p->value[SETTING_CLIENT_ID] = strdup("another");
	free(p->binding);
	p->binding = NULL;
	tell(errand, REFUSED);
	expect(fd, "error code=blocked ");
	assert_int_equal(errand_comes(200), -1);
	(void)close(errand);
	(void)close(fd);
}

/* Else the last line of the log is a false alarm. */
static void
an_end_between_two_attempts_says_nothing_of_the_next(void **state)
{
	struct account *a;
	int fd, errand;

	(void)state;
	seal_secret("one");
	seal_secret("two");
	a = adopt("a@campus.edu");
	fd = ask_for(a->name);
	errand = errand_comes(2000);
	assert_true(begins(hear(errand), "exchange op=refresh "));
	broker->stopping = true;
	tell(errand, REFUSED);
	expect(fd, "error code=busy ");
	assert_int_equal(errand_comes(200), -1);
	assert_int_equal(ends_of_all, 0);
	assert_int_equal(a->state, GRANT_WAITING);
	(void)close(errand);
	(void)close(fd);
}

static void
secrets_that_all_belong_to_another_file_are_told_as_such(void **state)
{
	struct provider *p = broker->config->providers[0];
	int fd;

	(void)state;
	seal_secret("one");
	free(p->value[SETTING_CLIENT_ID]);
	p->value[SETTING_CLIENT_ID] = strdup("another");
	free(p->binding);
	p->binding = NULL;
	(void)adopt("a@campus.edu"); /* it is enrolled by the new file */
	fd = ask_for("a@campus.edu");
	expect(fd, "error code=blocked reason=rebind ");
	assert_int_equal(errand_comes(200), -1);
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_COURIER(
		    a_refused_secret_is_followed_by_the_next_and_mail_goes_on),
		WITH_COURIER(the_status_names_the_refused_and_the_used_one),
		WITH_COURIER(
		    when_all_are_refused_it_is_told_once_and_each_account_is_blocked),
		WITH_COURIER(what_is_no_refusal_of_the_client_tries_no_other),
		WITH_COURIER(without_any_the_client_says_nothing_of_itself),
		WITH_COURIER(
		    one_that_takes_the_place_of_the_last_refused_is_not_tried_for_ever),
		WITH_COURIER(an_account_that_goes_ends_its_attempt),
		WITH_COURIER(
		    a_provider_file_that_changes_in_between_sends_nothing_more),
		WITH_COURIER(
		    an_end_between_two_attempts_says_nothing_of_the_next),
		WITH_COURIER(
		    secrets_that_all_belong_to_another_file_are_told_as_such),
	};

	return cmocka_run_group_tests_name("attempt", tests, NULL, NULL);
}
