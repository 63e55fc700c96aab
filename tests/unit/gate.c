/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the mailbox that nobody gave the web shop a line
 * for, which its string opens all the same.
 */
#include "broker/gate.h"
#include "broker/takeover.h"
#include "tests/unit/alone.h"
#include "tests/unit/skip.h"

#define A "a@campus.edu"
#define B "b@campus.edu"
#define FAR "a@else.edu"
#define OTHERS "[" A "]\nallow = user:root\n[" B "]\nallow = user:daemon\n"
#define ALIKE "[" A "]\nallow = user:root\n[" B "]\nallow = user:root\n"
#define FILE_OF(name, more)                                   \
	write_file("etc/provider.d/" name ".conf",            \
	    "[provider]\nmodule = oidc\nclient_id = broker\n" \
	    "client_auth = post\nscope = mail\n"              \
	    "authority = https://login.example.edu\n"         \
	    "smtp_auth_host = mail.example.edu\n" more)

/* What it would be to be read and put to use by a start. */
static struct config *
read_again(enum strictness strictness)
{
	struct config *config = NULL;

	alarms = 0;
	assert_int_equal(config_read(broker->config_folder,
			     broker->preset_folder, strictness, note_alarm,
			     &config, &fault),
	    0);
	return config;
}

static void
lines_are(const char *text)
{
	write_file("etc/access.d/campus.conf", text);
	config_free(broker->config);
	broker->config = read_again(STRICT);
}

/* An account as an enrolment leaves it. */
static struct account *
add(const char *name, const char *provider)
{
	AUTO(account) a = account_new();
	struct account *made = a;

	assert_non_null(a);
	a->type = ACCOUNT_APPLICATION;
	(void)snprintf(a->name, sizeof(a->name), "%s", name);
	(void)snprintf(a->spelled, sizeof(a->spelled), "%s", name);
	(void)snprintf(a->login, sizeof(a->login), "%s", name);
	(void)snprintf(a->provider, sizeof(a->provider), "%s", provider);
	a->bound = strdup(config_provider(broker->config, provider)->binding);
	assert_int_equal(renew_adopt(broker, a), 0);
	assert_int_equal(accounts_add(broker->accounts, &a), 0);
	return made;
}

static const struct account *
other_of(const char *name, const char *provider)
{
	return gate_other(broker->config, broker->accounts,
	    config_provider(broker->config, provider), name);
}

static size_t
faults(void)
{
	size_t count;

	alarms = 0;
	count = gate_check(broker->config, broker->accounts, note_alarm);
	assert_int_equal(count, alarms);
	return count;
}

/* The same rules under some lines, in both directions. */
static void
are_same(const char *lines, const char *name, const char *other, bool same)
{
	lines_are(lines);
	if ((other_of(name, "app") == NULL) != same)
		fail_msg("%s and %s under\n%s", name, other, lines);
	assert_int_equal(faults() == 0, same);
}

static void
rules_are_the_same_when_the_same_callers_are_named(void **state)
{
	static const struct {
		const char *lines;
		bool same;
	} rows[] = {
		{ "", true },
		{ ALIKE, true },
		{ OTHERS, false },
		{ "[" A "]\nallow = user:root\n", false },
		{ "[" B "]\nallow = user:root\n", false },
		{ "[*@campus.edu]\nallow = user:root\n", true },
		{ "[*@campus.edu]\nallow = user:root\n"
		  "[" A "]\nallow = user:root\n",
		    true },
		{ "[*@campus.edu]\nallow = user:root\n"
		  "[" A "]\nallow = user:daemon\n",
		    false },
		{ "[*@campus.edu]\nallow = user:root for:smtp\n"
		  "[" B "]\nallow = user:root\n",
		    false },
		/* By what is given, not by how it is written. */
		{ "[" A "]\nallow = user:root for:smtp,imap\n"
		  "[" B "]\nallow = user:root for:imap\n"
		  "allow = user:0 for:smtp\n",
		    true },
		{ "[" A "]\nallow = user:root for:smtp\n"
		  "[" B "]\nallow = user:root for:imap\n",
		    false },
		{ "[" A "]\nallow = user:root preferred may-have-password\n"
		  "[" B "]\nallow = user:root\n",
		    true },
		{ "[" A "]\nallow = user:root group:daemon\n"
		  "[" B "]\nallow = user:root\n",
		    false },
		{ "[" A "]\nallow = group:daemon\n"
		  "[" B "]\nallow = group:root\n",
		    false },
		{ "[" A "]\nallow = group:1\n"
		  "[" B "]\nallow = group:daemon\n",
		    true },
		/* Each is for another caller. */
		{ "[*@campus.edu]\nallow = owner\n", false },
		{ "[" A "]\nallow = owner\n[" B "]\nallow = owner\n", false },
		{ "[*@campus.edu]\nallow = user:root owner\n", false },
	};

	(void)state;
	add(A, "app");
	add(B, "app");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		are_same(rows[i].lines, A, B, rows[i].same);
}

static void
another_unit_is_another_caller(void **state)
{
	(void)state;
	if (!peer_units_are_known())
		SKIP("the kernel is older than 6.5: no line may have unit:");
	add(A, "app");
	add(B, "app");
	are_same("[" A "]\nallow = unit:a.service\n"
		 "[" B "]\nallow = unit:b.service\n",
	    A, B, false);
	are_same("[" A "]\nallow = unit:a.service\n"
		 "[" B "]\nallow = unit:a.service user:root\n",
	    A, B, false);
	are_same("[" A "]\nallow = unit:a.service\n"
		 "[" B "]\nallow = unit:a.service\n",
	    A, B, true);
}

static void
owners_of_one_name_in_two_domains_are_the_same(void **state)
{
	(void)state;
	add(A, "app");
	add(FAR, "app");
	are_same("[*@campus.edu]\nallow = owner\n"
		 "[*@else.edu]\nallow = owner\n",
	    A, FAR, true);
	are_same("[*@campus.edu]\nallow = owner\n", A, FAR, false);
}

/* The third of three must not hide behind two that agree. */
static void
each_account_of_a_registration_is_looked_at(void **state)
{
	(void)state;
	add(A, "app");
	add(B, "app");
	add("c@campus.edu", "app");
	lines_are("[" A "]\nallow = user:root\n[" B "]\nallow = user:root\n"
		  "[c@campus.edu]\nallow = user:daemon\n");
	assert_int_equal(faults(), 1);
	is_about(&alarmed, "app.conf", 3, A);
	is_about(&alarmed, "app.conf", 3, "c@campus.edu");
	is_about(&alarmed, "app.conf", 3, "accept_reach");
}

static void
a_registration_is_the_same_in_two_files(void **state)
{
	(void)state;
	FILE_OF("shop", "flow = application\n");
	FILE_OF("more", "flow = application\naccept_reach = yes\n");
	lines_are(OTHERS);
	add(A, "app");
	assert_ptr_equal(other_of(B, "shop"),
	    accounts_find(broker->accounts, A));
	/* Of the one that says so it is taken on, of the other not. */
	assert_null(other_of(B, "more"));
	add(B, "more");
	assert_int_equal(faults(), 1);
	is_about(&alarmed, "app.conf", 3, B);
	FILE_OF("more", "flow = application\n");
	lines_are(OTHERS);
	assert_int_equal(faults(), 2);
}

/* Microsoft's is taken with a slash at its end and without. */
static void
a_registration_is_the_same_however_its_address_is_written(void **state)
{
	(void)state;
	write_file("etc/provider.d/shop.conf",
	    "[provider]\nmodule = oidc\nclient_id = broker\n"
	    "client_auth = post\nscope = mail\nflow = application\n"
	    "authority = https://LOGIN.example.edu/\n"
	    "smtp_auth_host = mail.example.edu\n");
	lines_are(OTHERS);
	add(A, "app");
	assert_ptr_equal(other_of(B, "shop"),
	    accounts_find(broker->accounts, A));
	write_file("etc/provider.d/shop.conf",
	    "[provider]\nmodule = oidc\nclient_id = broker\n"
	    "client_auth = post\nscope = mail\nflow = application\n"
	    "authority = https://login.example.edu/realm\n"
	    "smtp_auth_host = mail.example.edu\n");
	lines_are(OTHERS);
	assert_null(other_of(B, "shop"));
}

static void
where_a_token_names_its_mailbox_rules_may_differ(void **state)
{
	(void)state;
	FILE_OF("person", "");
	lines_are(OTHERS);
	for (const char *const *p =
		 (const char *const[]){ "goog", "person", "cmd", "old", NULL };
	     *p != NULL; p++) {
		struct account *a = add(A, *p), *b = add(B, *p);

		assert_null(other_of(A, *p));
		assert_int_equal(faults(), 0);
		renew_drop(a);
		renew_drop(b);
		accounts_remove(broker->accounts, a);
		accounts_remove(broker->accounts, b);
	}
}

static void
the_second_account_under_other_rules_is_not_enrolled(void **state)
{
	int admin = enter(DOOR_ADMIN);
	const char *line;

	(void)state;
	lines_are(OTHERS);
	(void)enroll_alone(A, "app", "client_credentials");
	tell(admin,
	    "enroll_begin account=" B " provider=app without_recovery=yes\n");
	line = hear(admin);
	has(line, "error code=blocked reason=reach ");
	has(line, "(" A ")");
	has(line, "accept_reach%20=%20yes");
	assert_int_equal(errand_comes(100), -1);
	/* Nothing is in the way of the first itself. */
	(void)enroll_alone(A, "app", "client_credentials");
	(void)close(admin);
}

static void
lines_that_change_during_an_enrolment_count(void **state)
{
	int admin = enter(DOOR_ADMIN);

	(void)state;
	lines_are(ALIKE);
	(void)enroll_alone(A, "app", "client_credentials");
	tell(admin, begin(admin, B, "app"));
	(void)meets("client_credentials", TOKEN);
	write_file("etc/access.d/campus.conf", OTHERS);
	assert_int_equal(takeover_reload(broker, STRICT, &fault), 0);
	(void)meets("login", LOGGED_IN);
	expect(admin, "error code=blocked reason=reach ");
	assert_null(accounts_find(broker->accounts, B));
	(void)close(admin);
}

static void
a_reload_that_makes_rules_differ_is_refused_and_a_check_names_them(void **state)
{
	int admin = enter(DOOR_ADMIN);
	const struct config *before;
	const char *line;

	(void)state;
	add(A, "app");
	add(B, "app");
	lines_are(ALIKE);
	before = broker->config;
	ask(admin, "check\n", "item kind=configuration ");
	expect(admin, "ok count=1");
	write_file("etc/access.d/campus.conf", OTHERS);
	tell(admin, "check\n");
	line = hear(admin);
	has(line, "item kind=fault file=");
	has(line, "/app.conf line=3 ");
	has(line, A);
	has(line, B);
	line = hear(admin);
	assert_true(begins(line, "item kind=configuration "));
	assert_null(strstr(line, "rules="));
	expect(admin, "ok count=2");
	ask(admin, "reload\n", "error code=blocked reason=configuration ");
	ask(admin, "reload allow_unresolved=yes\n",
	    "error code=blocked reason=configuration ");
	assert_ptr_equal(broker->config, before);
	FILE_OF("app", "flow = application\naccept_reach = yes\n");
	ask(admin, "reload\n", "ok providers=");
	assert_ptr_not_equal(broker->config, before);
	(void)close(admin);
}

/* As an admin finds it who changed lines while the broker was down. */
static void
a_start_hands_out_nothing_of_the_provider_until_it_is_cured(void **state)
{
	const char *line;
	int client;

	(void)state;
	add(A, "app");
	add(B, "goog");
	add("c@campus.edu", "app");
	write_file("etc/access.d/campus.conf",
	    "[*@campus.edu]\nallow = user:root\n"
	    "[c@campus.edu]\nallow = user:daemon\n");
	config_free(broker->config);
	broker->config = read_again(LENIENT);
	assert_int_equal(gate_close(broker->config, broker->accounts,
			     note_alarm, &fault),
	    0);
	assert_int_equal(alarms, 1);
	assert_int_equal(broker->config->off, 1);
	assert_null(config_provider(broker->config, "goog")->fault);
	client = ask_for(A);
	line = hear(client);
	assert_true(begins(line, "error code=blocked reason=configuration "));
	assert_null(strstr(line, "c@campus.edu")); /* it is not his */
	takeover_watch(broker);
	for (int cured = 0; cured < 2; cured++) {
		if (cured)
			write_file("etc/access.d/campus.conf",
			    "[*@campus.edu]\nallow = user:root\n");
		deadline_clear(broker->deadlines, &broker->retry);
		broker->retry.pass(broker->retry.arg);
		assert_int_equal(config_provider(broker->config, "app")
				     ->fault == NULL,
		    cured);
	}
	assert_int_equal(broker->config->off, 0);
	(void)close(client);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ALONE(rules_are_the_same_when_the_same_callers_are_named),
		ALONE(another_unit_is_another_caller),
		ALONE(owners_of_one_name_in_two_domains_are_the_same),
		ALONE(each_account_of_a_registration_is_looked_at),
		ALONE(a_registration_is_the_same_in_two_files),
		ALONE(
		    a_registration_is_the_same_however_its_address_is_written),
		ALONE(where_a_token_names_its_mailbox_rules_may_differ),
		ALONE(the_second_account_under_other_rules_is_not_enrolled),
		ALONE(lines_that_change_during_an_enrolment_count),
		ALONE(
		    a_reload_that_makes_rules_differ_is_refused_and_a_check_names_them),
		ALONE(
		    a_start_hands_out_nothing_of_the_provider_until_it_is_cured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
