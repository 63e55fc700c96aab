/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a string that left without a trace, or his mail,
 * while the audit waits for a journal that is stopped.
 */
#include "broker/binding.h"
#include "broker/herald.h"
#include "broker/renew.h"
#include "broker/vault/record.h"
#include "tests/unit/doors.h"
#include "tests/unit/scribe.h"

#define GET "get account=billing@example.edu\n"
#define LEASE "get account=a@campus.edu\n"
#define CAMPUS                                            \
	"[provider]\nmodule = oidc\nclient_id = broker\n" \
	"authority = https://login.example.edu\n"         \
	"smtp_auth_host = mail.example.edu\n"

static struct account *
make_account(const char *name, const char *provider)
{
	struct endpoints told = { .issuer = "https://login.example.edu",
		.authorization = "https://login.example.edu/a",
		.token = "https://login.example.edu/t",
		.origins = "https://login.example.edu:443" };
	struct account *a = account_new();

	assert_non_null(a);
	(void)snprintf(a->name, sizeof(a->name), "%s", name);
	memcpy(a->spelled, a->name, sizeof(a->spelled));
	memcpy(a->login, a->name, sizeof(a->login));
	(void)snprintf(a->provider, sizeof(a->provider), "%s", provider);
	assert_int_equal(binding_make(config_provider(broker->config, provider),
			     &told, &a->bound),
	    0);
	assert_int_equal(renew_adopt(broker, a), 0);
	return a;
}

/* billing@ has a password. */
static void
enroll_password(void)
{
	struct account *a = make_account("billing@example.edu", "old");
	AUTO(secret) password = secret_copy("hunter2", 7);

	a->type = ACCOUNT_PASSWORD;
	assert_int_equal(store_begin(broker->store), 0);
	assert_int_equal(account_save(broker->store, a), 0);
	assert_int_equal(record_save(broker->store, broker->keyring, "password",
			     a->name, "", "old", a->bound, password),
	    0);
	assert_int_equal(store_commit(broker->store), 0);
	assert_int_equal(accounts_add(broker->accounts, &a), 0);
}

/* a@campus has a lease that is good for long. */
static void
enroll_lease(void)
{
	struct account *a = make_account("a@campus.edu", "campus");
	struct lease *lease = renew_lease(broker, a, SERVICE_SMTP);
	AUTO(secret) token = secret_copy("access", 6);

	lease_issue(lease, &token, now_ms(), now_wall(), 3600);
	lease->state = LEASE_FRESH;
	assert_int_equal(accounts_add(broker->accounts, &a), 0);
}

static void
change_audit(bool required, const char *file)
{
	const struct audit_wish wish = { .path = file != NULL ? path_of(file) :
								NULL,
		.journal = broker->journal,
		.required = required };

	assert_int_equal(audit_change(broker->audit, &wish), MAILSEAL_OK);
}

static void
is_refused(int fd, const char *request)
{
	const char *line;

	tell(fd, request);
	line = hear(fd);
	assert_true(begins(line, "error code=busy reason=busy message="));
	assert_null(strstr(line, "initial_response"));
	assert_null(strstr(line, "aHVudGVyM")); /* hunter2, in base64 */
}

static void
a_string_whose_line_nobody_takes_is_not_handed_out(void **state)
{
	int fd = enter(DOOR_CONSUMER);

	(void)state;
	change_audit(true, NULL);
	scribe_comes();
	scribe_is_flooded();
	is_refused(fd, GET);
	is_refused(fd, LEASE);
	is_refused(fd, GET);
	assert_int_equal(scribe_reads_all(), 0);
	/* As soon as there is room, with the gap and their own lines. */
	ask(fd, GET, "ok account=billing@example.edu ");
	ask(fd, LEASE, "ok account=a@campus.edu ");
	assert_true(scribe_reads());
	expect_field("MAILSEAL_EVENT", "missed");
	expect_field("MAILSEAL_REFUSED", "3");
	assert_true(scribe_reads());
	expect_field("MAILSEAL_ACCOUNT", "billing@example.edu");
	expect_field("MAILSEAL_USER", "root");
	assert_true(scribe_reads());
	expect_field("MAILSEAL_ACCOUNT", "a@campus.edu");
	assert_false(scribe_reads());
	(void)close(fd);
}

static void
the_refusal_comes_at_once_and_slows_nobody_down(void **state)
{
	int fd = enter(DOOR_CONSUMER), other = enter(DOOR_CONSUMER);
	const struct peer nobody = { .fd = -1, .uid = 54321 };
	uint64_t begun, best = UINT64_MAX;

	(void)state;
	change_audit(true, NULL);
	scribe_comes();
	for (int outage = 0; outage < 3; outage++) {
		scribe_is_flooded();
		begun = now_ms();
		is_refused(fd, outage % 2 == 0 ? GET : LEASE);
		if (now_ms() - begun < best)
			best = now_ms() - begun;
		begun = now_ms();
		for (int i = 0; i < 20; i++) {
			is_refused(fd, outage % 2 == 0 ? GET : LEASE);
			ask(other, "whoami\n", "ok user=root ");
		}
		assert_in_range(now_ms() - begun, 0, 1000);
		assert_int_equal(scribe_reads_all(), 0);
		audit_denied(broker->audit, NULL, &nobody, "test");
		assert_int_equal(scribe_reads_all(), 2); /* and the gap */
	}
	assert_in_range(best, 0, 199);
	(void)close(fd);
	(void)close(other);
}

static void
the_file_takes_what_the_journal_does_not(void **state)
{
	int fd = enter(DOOR_CONSUMER);

	(void)state;
	change_audit(true, "audit");
	scribe_comes();
	scribe_is_flooded();
	ask(fd, GET, "ok account=billing@example.edu ");
	ask(fd, LEASE, "ok account=a@campus.edu ");
	assert_int_equal(scribe_reads_all(), 0);
	(void)close(fd);
}

static void
best_effort_hands_out_all_the_same(void **state)
{
	int fd = enter(DOOR_CONSUMER);

	(void)state;
	change_audit(false, NULL);
	scribe_comes();
	scribe_is_flooded();
	ask(fd, GET, "ok account=billing@example.edu ");
	ask(fd, LEASE, "ok account=a@campus.edu ");
	assert_int_equal(scribe_reads_all(), 0);
	(void)close(fd);
}

/* Else an admin learns of it when the next mail is sent, days later. */
static void
a_gap_is_told_when_there_is_room_though_nobody_asks(void **state)
{
	int fd = enter(DOOR_CONSUMER);
	uint64_t until = now_ms() + PATIENCE_MS;

	(void)state;
	assert_int_equal(herald_watch(broker), MAILSEAL_OK);
	change_audit(true, NULL);
	scribe_comes();
	scribe_is_flooded();
	is_refused(fd, GET);
	is_refused(fd, GET);
	settle();
	assert_int_equal(scribe_reads_all(), 0);
	while (!scribe_reads()) {
		assert_true(now_ms() < until);
		(void)turn(100);
	}
	expect_field("MAILSEAL_EVENT", "missed");
	expect_field("MAILSEAL_REFUSED", "2");
	settle(); /* and then there is nothing to do any more */
	assert_int_equal(broker->behind.place, 0);
	assert_false(scribe_reads());
	(void)close(fd);
}

static void
a_reload_changes_what_the_audit_is_worth(void **state)
{
	int fd = enter(DOOR_CONSUMER), admin = enter(DOOR_ADMIN);

	(void)state;
	ask(admin, "reload\n", "ok "); /* the file of the command line */
	scribe_comes();
	scribe_is_flooded();
	ask(fd, GET, "ok account=billing@example.edu ");
	broker->audit_file = NULL;
	ask(admin, "reload\n", "ok ");
	is_refused(fd, LEASE);
	write_file("etc/mailseald.conf", "[mailseald]\naudit = best-effort\n");
	ask(admin, "reload\n", "ok ");
	ask(fd, LEASE, "ok account=a@campus.edu ");
	/* One that cannot be opened is a fault, and nothing changes. */
	write_file("etc/mailseald.conf",
	    "[mailseald]\naudit_file = /nowhere/audit\n");
	ask(admin, "reload\n",
	    "error code=internal reason=io message=/nowhere/audit:%20the%20");
	ask(fd, LEASE, "ok account=a@campus.edu ");
	(void)close(fd);
	(void)close(admin);
}

/* What the account's line goes by is not what the password was sealed for. */
static void
a_password_that_is_sealed_for_another_place_stays_here(void **state)
{
	AUTO(secret) password = secret_copy("hunter2", 7);
	int fd = enter(DOOR_CONSUMER);
	const char *line;

	(void)state;
	ask(fd, GET, "ok account=billing@example.edu ");
	assert_int_equal(store_begin(broker->store), 0);
	assert_int_equal(record_save(broker->store, broker->keyring, "password",
			     "billing@example.edu", "", "old",
			     "binding provider=old smtp_host=other.example.edu",
			     password),
	    0);
	assert_int_equal(store_commit(broker->store), 0);
	tell(fd, GET);
	line = hear(fd);
	assert_true(begins(line, "error code=blocked reason=unseal "));
	assert_null(strstr(line, "aHVudGVyM")); /* hunter2, in base64 */
	(void)close(fd);
}

/* The lease is the same one; what was asked for by name stays that. */
static void
a_string_is_for_the_mechanism_that_the_provider_file_names(void **state)
{
	int fd = enter(DOOR_CONSUMER), admin = enter(DOOR_ADMIN);
	static const char bearer[] = "get account=a@campus.edu "
				     "mechanism=bearer\n",
			  named[] = "get account=a@campus.edu "
				    "mechanism=xoauth2\n";
	static const char head[] = "ok account=a@campus.edu "
				   "login=a@campus.edu mechanism=";
	char wanted[128];

	(void)state;
	(void)snprintf(wanted, sizeof(wanted), "%sxoauth2 ", head);
	ask(fd, LEASE, wanted);
	write_file("etc/provider.d/campus.conf",
	    CAMPUS "mechanism = oauthbearer\n");
	ask(admin, "reload\n", "ok ");
	ask(fd, named, wanted);
	(void)snprintf(wanted, sizeof(wanted), "%soauthbearer ", head);
	ask(fd, LEASE, wanted);
	(void)snprintf(wanted, sizeof(wanted), "%sbearer ", head);
	ask(fd, bearer, wanted);
	(void)snprintf(wanted, sizeof(wanted),
	    "ok account=billing@example.edu "
	    "login=billing@example.edu mechanism=plain ");
	ask(fd, GET, wanted);
	(void)close(fd);
	(void)close(admin);
}

static int
setup(void **state)
{
	if (doors_prepare(state) != 0)
		return -1;
	write_file("etc/provider.d/campus.conf", CAMPUS);
	write_file("etc/access.d/campus.conf",
	    "[*@campus.edu]\nallow = user:root for:smtp\n");
	if (doors_open(state) != 0)
		return -1;
	broker->journal = journal_new(path_of("journal"));
	enroll_password();
	enroll_lease();
	return broker->journal != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	scribe_goes();
	return doors_teardown(state);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(a_string_whose_line_nobody_takes_is_not_handed_out),
		HERE(the_refusal_comes_at_once_and_slows_nobody_down),
		HERE(the_file_takes_what_the_journal_does_not),
		HERE(best_effort_hands_out_all_the_same),
		HERE(a_gap_is_told_when_there_is_room_though_nobody_asks),
		HERE(
		    a_string_is_for_the_mechanism_that_the_provider_file_names),
		HERE(a_reload_changes_what_the_audit_is_worth),
		HERE(a_password_that_is_sealed_for_another_place_stays_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
