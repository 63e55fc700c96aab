/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the afternoon in which a wrong secret, scope or mail
 * server is looked for by signing in again and again.
 */
#include "broker/op/op.h"
#include "broker/standing.h"
#include "tests/unit/courier.h"

#define PAGE                                                  \
	"ok class=ok url=https://login.example.edu/a "        \
	"issuer=https://login.example.edu "                   \
	"authorization_endpoint=https://login.example.edu/a " \
	"token_endpoint=https://login.example.edu/t "         \
	"origins=https://login.example.edu:443\n"
#define TAKEN "ok class=reauth reason=reauth detail=AADSTS70000\n"
#define REFUSED "ok class=config reason=client_refused detail=AADSTS7000215\n"
#define OFFERS "ok class=ok mechanisms=xoauth2%20plain\n"

/* The next errand begins so and says that, and is answered. */
static void
meets(const char *start, const char *says, const char *answer)
{
	int fd = errand_comes(2000);
	const char *line;

	assert_true(fd >= 0);
	line = hear(fd);
	if (!begins(line, start) || strstr(line, says) == NULL)
		fail_msg("it was: %s", line);
	tell(fd, answer);
	(void)close(fd);
}

/* The answer has an item with both texts; it is read to its end. */
static const char *
find(const char *const *lines, size_t count, const char *what,
    const char *result)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(lines[i], what) != NULL &&
		    strstr(lines[i], result) != NULL)
			return lines[i];
	for (size_t i = 0; i < count; i++)
		print_message("%s\n", lines[i]);
	fail_msg("no finding of %s is %s", what, result);
	return NULL;
}

#define FINDINGS_MAX 16
static char *found[FINDINGS_MAX];
static size_t count;

static void
read_findings(int fd)
{
	const char *line;

	count = 0;
	while (
	    (line = hear(fd)) != NULL && begins(line, "item kind=finding ")) {
		assert_true(count < FINDINGS_MAX);
		found[count++] = strdup(line);
	}
	assert_true(begins(line, "ok count="));
}

static void
finds(const char *what, const char *result)
{
	(void)find((const char *const *)found, count, what, result);
}

static int
forget(void **state)
{
	while (count > 0)
		free(found[--count]);
	return close_with_courier(state);
}

static struct provider *
campus(void)
{
	return broker->config->providers[0];
}

static void
set(enum setting setting, const char *value)
{
	free(campus()->value[setting]);
	campus()->value[setting] = value != NULL ? strdup(value) : NULL;
}

static int
begin(void)
{
	int fd = enter(DOOR_ADMIN);

	tell(fd, "provider_check provider=campus\n");
	return fd;
}

static void
each_secret_is_tried_with_a_token_that_is_nobodys(void **state)
{
	int fd = enter(DOOR_ADMIN);

	(void)state;
	(void)adopt("a@campus.edu"); /* whose token is "first" */
	set(SETTING_SCOPE, "openid offline_access");
	ask(fd, "provider_secret provider=campus secret=right\n", "ok ");
	ask(fd, "provider_secret provider=campus secret=wrong\n", "ok ");
	tell(fd, "provider_check provider=campus\n");
	meets("exchange op=authorize ", " in_state=", PAGE);
	meets("exchange op=refresh ", " in_refresh_token=mailseal-check-",
	    REFUSED);
	meets("exchange op=refresh ", " in_client_secret=right", TAKEN);
	meets("exchange op=look ", " set_host=mail.example.edu", OFFERS);
	read_findings(fd);
	finds("what=discovery", "result=ok");
	finds("what=client%20secret%202", "result=fault");
	finds("what=client%20secret%202", "who=owner");
	finds("what=client%20secret%202", "AADSTS7000215");
	finds("what=client%20secret%201", "result=ok");
	finds("what=SMTP%20mail.example.edu:587", "result=ok");
	finds("what=scope", "result=ok");
	/* It is as if a mailbox had found it. */
	assert_true(
	    standing_is_refused(standing_of(&broker->standings, "campus"),
		"2"));
	assert_string_equal(stored_refresh("a@campus.edu"), "first");
	(void)close(fd);
}

static void
a_provider_that_is_not_found_gets_no_secret(void **state)
{
	int fd = enter(DOOR_ADMIN);

	(void)state;
	ask(fd, "provider_secret provider=campus secret=right\n", "ok ");
	tell(fd, "provider_check provider=campus\n");
	meets("exchange op=authorize ", "",
	    "ok class=config reason=certificate detail=self-signed\n");
	meets("exchange op=look ", "",
	    "ok class=transient reason=network detail=refused\n");
	assert_int_equal(errand_comes(100), -1);
	read_findings(fd);
	finds("what=discovery", "result=fault");
	finds("what=discovery", "self-signed");
	finds("what=SMTP", "result=fault");
	(void)close(fd);
}

static void
a_secret_that_is_lacking_is_told_and_not_tried_without(void **state)
{
	int fd = begin();

	(void)state;
	meets("exchange op=authorize ", "", PAGE);
	meets("exchange op=look ", "", "ok class=ok mechanisms=plain\n");
	read_findings(fd);
	finds("what=client_auth", "result=fault");
	finds("what=client_auth", "mailseal%20provider%20secret%20campus");
	finds("what=SMTP", "result=fault"); /* no token can be said there */
	finds("what=SMTP", "who=mail_admin");
	(void)close(fd);
}

static void
a_public_registration_is_tried_as_it_is(void **state)
{
	int fd;

	(void)state;
	set(SETTING_CLIENT_AUTH, NULL);
	fd = begin();
	meets("exchange op=authorize ", "", PAGE);
	meets("exchange op=refresh ", " in_refresh_token=mailseal-check-",
	    TAKEN);
	meets("exchange op=look ", "", OFFERS);
	read_findings(fd);
	finds("what=registration", "result=ok");
	(void)close(fd);
}

static void
trouble_of_the_providers_own_is_a_warning_and_no_refusal(void **state)
{
	int fd = enter(DOOR_ADMIN);

	(void)state;
	ask(fd, "provider_secret provider=campus secret=one\n", "ok ");
	tell(fd, "provider_check provider=campus\n");
	meets("exchange op=authorize ", "", PAGE);
	meets("exchange op=refresh ", "",
	    "ok class=transient reason=provider_down\n");
	meets("exchange op=look ", "", OFFERS);
	read_findings(fd);
	finds("what=client%20secret%201", "result=warning");
	assert_false(
	    standing_is_refused(standing_of(&broker->standings, "campus"),
		"1"));
	(void)close(fd);
}

static void
what_the_file_says_is_judged(void **state)
{
	static const struct {
		enum setting setting;
		const char *value;
		const char *what;
		const char *result;
	} cases[] = {
		{ SETTING_SCOPE, "email offline_access", "what=scope",
		    "result=fault" },
		{ SETTING_SCOPE, "openid", "what=scope", "result=warning" },
		{ SETTING_REDIRECT_URI, "http://evil.example/x",
		    "what=redirect_uri", "result=fault" },
		{ SETTING_REDIRECT_URI, "http://localhost.evil.example/x",
		    "what=redirect_uri", "result=fault" },
		{ SETTING_REDIRECT_URI, "https://example.edu/x#frag",
		    "what=redirect_uri", "result=fault" },
		{ SETTING_REDIRECT_URI, "https://example.edu/x",
		    "what=redirect_uri", "result=ok" },
		{ SETTING_REDIRECT_URI, "http://localhost", "what=redirect_uri",
		    "result=ok" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int fd;

		set(cases[i].setting, cases[i].value);
		fd = begin();
		meets("exchange op=authorize ", "", PAGE);
		meets("exchange op=look ", "", OFFERS);
		read_findings(fd);
		finds(cases[i].what, cases[i].result);
		while (count > 0)
			free(found[--count]);
		(void)close(fd);
	}
}

/* A secret of the new issuer would be told to the old one. */
static void
a_file_that_changes_during_a_check_ends_it(void **state)
{
	int fd = enter(DOOR_ADMIN), admin = enter(DOOR_ADMIN), errand;

	(void)state;
	ask(admin, "provider_secret provider=campus secret=old\n", "ok ");
	tell(fd, "provider_check provider=campus\n");
	errand = errand_comes(2000);
	assert_true(begins(hear(errand), "exchange op=authorize "));
	set(SETTING_AUTHORITY, "https://login.example.org");
	free(campus()->binding);
	campus()->binding = NULL;
	ask(admin, "provider_forget provider=campus label=1\n", "ok ");
	ask(admin, "provider_secret provider=campus secret=new\n",
	    "ok provider=campus label=1");
	tell(errand, PAGE);
	assert_int_equal(errand_comes(200), -1);
	read_findings(fd);
	finds("what=provider%20file", "result=fault");
	(void)close(errand);
	(void)close(admin);
	(void)close(fd);
}

static void
a_mail_server_without_the_mechanism_that_strings_are_for_is_told(void **state)
{
	static const struct {
		const char *mechanism, *offers, *result;
	} cases[] = {
		{ NULL, OFFERS, "result=ok" },
		{ "xoauth2", OFFERS, "result=ok" },
		{ "oauthbearer", OFFERS, "result=warning" },
		{ NULL, "ok class=ok mechanisms=oauthbearer\n",
		    "result=warning" },
		{ "oauthbearer", "ok class=ok mechanisms=oauthbearer\n",
		    "result=ok" },
		{ NULL, "ok class=ok mechanisms=plain\n", "result=fault" },
	};

	(void)state;
	set(SETTING_SCOPE, "mail-w"); /* of one that tells no identity */
	set(SETTING_AUTHORIZATION, "https://login.example.edu/a");
	set(SETTING_TOKEN, "https://login.example.edu/t");
	free(campus()->binding);
	campus()->binding = NULL; /* it is made anew */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int fd;

		set(SETTING_MECHANISM, cases[i].mechanism);
		fd = begin();
		meets("exchange op=authorize ",
		    " set_token_endpoint=https://login.example.edu/t ", PAGE);
		meets("exchange op=look ", "", cases[i].offers);
		read_findings(fd);
		finds("what=SMTP", cases[i].result);
		finds("what=scope", "result=ok");
		while (count > 0)
			free(found[--count]);
		(void)close(fd);
	}
}

static void
one_check_runs_at_a_time_and_ends_with_the_broker(void **state)
{
	int fd = begin(), other, errand = errand_comes(2000);

	(void)state;
	assert_true(errand >= 0);
	other = begin();
	expect(other, "error code=busy ");
	(void)close(other);
	(void)close(fd);
	inspections_clear();
	(void)hear(errand);
	assert_null(hear(errand));
	(void)close(errand);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_with_courier, forget)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_secret_is_tried_with_a_token_that_is_nobodys),
		TEST(a_provider_that_is_not_found_gets_no_secret),
		TEST(a_secret_that_is_lacking_is_told_and_not_tried_without),
		TEST(a_public_registration_is_tried_as_it_is),
		TEST(trouble_of_the_providers_own_is_a_warning_and_no_refusal),
		TEST(what_the_file_says_is_judged),
		TEST(a_file_that_changes_during_a_check_ends_it),
		TEST(
		    a_mail_server_without_the_mechanism_that_strings_are_for_is_told),
		TEST(one_check_runs_at_a_time_and_ends_with_the_broker),
	};

	return cmocka_run_group_tests_name("inspect", tests, NULL, NULL);
}
