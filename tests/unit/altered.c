/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: her token, when somebody who can write to the store
 * has it sent elsewhere; or her mail, when it is another's record that was
 * altered.
 */
#include <sqlite3.h>

#include "tests/unit/courier.h"

#define ONE "a@campus.edu"
#define OTHER "b@campus.edu"
#define OF_ONE " WHERE owner = '" ONE "' AND kind = 'refresh'"

/* End mailseald, do this to its store, and start it again. */
static void
alter(const char *words)
{
	char store[PATH_LEN];
	sqlite3 *db = NULL;
	int64_t slot = 0;

	for (size_t i = 0; i < accounts_count(broker->accounts); i++)
		renew_drop(accounts_at(broker->accounts, i));
	accounts_free(broker->accounts);
	keyring_free(broker->keyring);
	store_free(broker->store);
	broker->accounts = NULL;
	broker->keyring = NULL;
	broker->store = NULL;
	assert_int_equal(sqlite3_open(path_of("state/mailseal.db"), &db),
	    SQLITE_OK);
	if (sqlite3_exec(db, words, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", words, sqlite3_errmsg(db));
	assert_true(sqlite3_total_changes(db) > 0);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	(void)snprintf(store, sizeof(store), "%s/state", folder);
	assert_int_equal(store_open(store, &broker->store), 0);
	assert_int_equal(accounts_load(broker->store, &broker->accounts), 0);
	for (size_t i = 0; i < accounts_count(broker->accounts); i++)
		assert_int_equal(renew_adopt(broker,
				     accounts_at(broker->accounts, i)),
		    0);
	broker->keyring = keyring_new(broker->store);
	assert_int_equal(keyring_unlock(broker->keyring, slot_secret, &slot),
	    0);
	renew_unlocked(broker);
}

/* No exchange is begun for it, and the answer begins so. */
static void
is_refused(const char *name, const char *answer)
{
	int fd = ask_for(name);

	expect(fd, answer);
	assert_int_equal(errand_comes(0), -1);
	(void)close(fd);
}

/* Whether verify names this. */
static void
verify_names(const char *text)
{
	int fd = enter(DOOR_ADMIN);
	bool found = false;
	const char *line;

	tell(fd, "verify\n");
	do {
		line = hear(fd);
		assert_non_null(line);
		found |= begins(line, text);
	} while (begins(line, "item "));
	if (!found)
		fail_msg("verify does not say \"%s\"", text);
	(void)close(fd);
}

/* What can be done to the record of one account, and undone. */
static const struct {
	const char *words, *back;
	const char *owner, *kind; /* what it is called afterwards */
	const char *reason;
} deeds[] = {
	{ "UPDATE record SET sealed = CAST(substr(sealed, 1, 44) || x'beef'"
	  " || substr(sealed, 47) AS BLOB)" OF_ONE,
	    NULL, ONE, "refresh", "unseal" },
	{ "UPDATE record SET sealed = substr(sealed, 1, length(sealed) - 1)" OF_ONE,
	    NULL, ONE, "refresh", "unseal" },
	{ "UPDATE record SET sealed = substr(sealed, 1, 39)" OF_ONE, NULL, ONE,
	    "refresh", "truncated" },
	{ "UPDATE record SET sealed = x''" OF_ONE, NULL, ONE, "refresh",
	    "truncated" },
	{ "UPDATE record SET owner = 'c@campus.edu'" OF_ONE,
	    "UPDATE record SET owner = '" ONE "' WHERE owner = 'c@campus.edu'",
	    "c@campus.edu", "refresh", "unseal" },
	{ "UPDATE record SET kind = 'password'" OF_ONE,
	    "UPDATE record SET kind = 'refresh' WHERE owner = '" ONE "'", ONE,
	    "password", "unseal" },
	{ "UPDATE record SET kind = 'previous'" OF_ONE,
	    "UPDATE record SET kind = 'refresh' WHERE owner = '" ONE "'", ONE,
	    "previous", "unseal" },
	{ "UPDATE record SET provider = 'old'" OF_ONE,
	    "UPDATE record SET provider = 'campus'" OF_ONE, ONE, "refresh",
	    "unseal" },
	{ "UPDATE record SET generation = generation + 1" OF_ONE,
	    "UPDATE record SET generation = generation - 1" OF_ONE, ONE,
	    "refresh", "unseal" },
	{ "UPDATE record SET epoch = epoch + 1" OF_ONE,
	    "UPDATE record SET epoch = epoch - 1" OF_ONE, ONE, "refresh",
	    "unseal" },
	{ "UPDATE record SET id = id + 1000" OF_ONE,
	    "UPDATE record SET id = id - 1000" OF_ONE, ONE, "refresh",
	    "unseal" },
	{ "UPDATE record SET bound = replace(bound, 'mail.example', 'evil')" OF_ONE,
	    "UPDATE record SET bound = replace(bound, 'evil', 'mail.example')" OF_ONE,
	    ONE, "refresh", "unseal" },
	/* The provider's file says nothing of this part of it. */
	{ "UPDATE record SET bound = replace(bound, 'login.example.edu/t',"
	  " 'evil.test/t')" OF_ONE,
	    "UPDATE record SET bound = replace(bound, 'evil.test/t',"
	    " 'login.example.edu/t')" OF_ONE,
	    ONE, "refresh", "unseal" },
};

static void
whatever_is_done_to_a_record_it_stays_shut_and_is_named(void **state)
{
	char text[256];

	(void)state;
	(void)adopt(OTHER);
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
		(void)adopt(ONE);
		alter(deeds[i].words);
		(void)snprintf(text, sizeof(text),
		    "error code=blocked reason=%s message=" ONE,
		    deeds[i].reason);
		is_refused(ONE, text);
		(void)snprintf(text, sizeof(text),
		    "item kind=record type=%s account=%s reason=%s ",
		    deeds[i].kind, deeds[i].owner, deeds[i].reason);
		verify_names(text);
		serve(OTHER, 1); /* nothing befell the others */
		if (deeds[i].back != NULL) {
			/* The control: it was that and nothing else. */
			alter(deeds[i].back);
			serve(ONE, 1);
		}
		alter("DELETE FROM record WHERE owner IN ('" ONE
		      "', 'c@campus.edu');"
		      "DELETE FROM account WHERE name = '" ONE "'");
	}
}

static void
two_records_that_were_exchanged_open_for_nobody(void **state)
{
	(void)state;
	(void)adopt(ONE);
	(void)adopt(OTHER);
	(void)adopt("c@campus.edu");
	alter("CREATE TEMP TABLE was AS SELECT owner, sealed FROM record;"
	      "UPDATE record SET sealed = (SELECT sealed FROM was WHERE"
	      " was.owner <> record.owner AND was.owner <> 'c@campus.edu')"
	      " WHERE owner <> 'c@campus.edu'");
	is_refused(ONE, "error code=blocked reason=unseal ");
	is_refused(OTHER, "error code=blocked reason=unseal ");
	verify_names(
	    "item kind=record type=refresh account=" ONE " reason=unseal ");
	verify_names(
	    "item kind=record type=refresh account=" OTHER " reason=unseal ");
	serve("c@campus.edu", 1);
}

/* The line of an account is not sealed: it must not say where to. */
static void
an_altered_line_of_an_account_leads_nowhere_new(void **state)
{
	static const struct {
		const char *was, *is, *answer;
	} lines[] = {
		{ "provider=campus", "provider=old",
		    "error code=blocked reason=rebind " },
		{ "provider=campus", "provider=campus host=evil.test",
		    "error code=blocked reason=rebind " },
		{ "type=oauth", "type=password",
		    "error code=blocked reason=unseal " },
	};
	char words[256];

	(void)state;
	(void)adopt(ONE);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		(void)snprintf(words, sizeof(words),
		    "UPDATE account SET line = replace(line, '%s', '%s')",
		    lines[i].was, lines[i].is);
		alter(words);
		is_refused(ONE, lines[i].answer);
		(void)snprintf(words, sizeof(words),
		    "UPDATE account SET line = replace(line, '%s', '%s')",
		    lines[i].is, lines[i].was);
		alter(words);
	}
	serve(ONE, 1);
}

static void
another_login_changes_no_place(void **state)
{
	const char *line;
	int fd, errand;

	(void)state;
	(void)adopt(ONE);
	alter("UPDATE account SET line = replace(line, 'login=" ONE
	      "', 'login=evil@campus.edu')");
	fd = ask_for(ONE);
	errand = errand_comes(2000);
	line = hear(errand);
	assert_non_null(
	    strstr(line, " origins=https://login.example.edu:443 "));
	assert_non_null(
	    strstr(line, " set_token_endpoint=https://login.example.edu/t "));
	tell(errand, "ok class=ok access_token=access expires_in=600\n");
	line = hear(fd);
	assert_true(begins(line, "ok account=" ONE " login=evil@campus.edu "));
	assert_non_null(strstr(line, " host=mail.example.edu port=587 "));
	(void)close(errand);
	(void)close(fd);
}

/* It was got for one server and would be sent to the other. */
static void
a_lease_is_not_served_where_it_was_not_sealed_for(void **state)
{
	int admin = enter(DOOR_ADMIN), fd;

	(void)state;
	(void)adopt(ONE);
	serve(ONE, 600);
	alter("UPDATE account SET name = name"); /* the control */
	fd = ask_for(ONE);
	expect(fd, "ok account=" ONE);
	(void)close(fd);
	write_file("etc/provider.d/campus.conf",
	    "[provider]\nmodule = oidc\nclient_id = broker\n"
	    "authority = https://login.example.edu\n"
	    "smtp_auth_host = mail.example.org\n");
	ask(admin, "reload\n", "ok providers=");
	alter("UPDATE record SET bound ="
	      " replace(bound, 'mail.example.edu', 'mail.example.org')" OF_ONE);
	assert_true(
	    renew_is_bound(broker, accounts_find(broker->accounts, ONE)));
	is_refused(ONE, "error code=blocked reason=unseal ");
	(void)close(admin);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_COURIER(
		    whatever_is_done_to_a_record_it_stays_shut_and_is_named),
		WITH_COURIER(two_records_that_were_exchanged_open_for_nobody),
		WITH_COURIER(an_altered_line_of_an_account_leads_nowhere_new),
		WITH_COURIER(another_login_changes_no_place),
		WITH_COURIER(a_lease_is_not_served_where_it_was_not_sealed_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
