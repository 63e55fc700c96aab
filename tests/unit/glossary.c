/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the word of who must act and what to do, in the hour
 * when a mailbox does not work, or an afternoon with the wrong one.
 */
#include "proto/glossary.h"
#include "proto/error.h"
#include "tests/unit/vectors.h"

/* The command is no library: its files are part of this test. */
#include "client/mailseal/lookup.c"
#include "client/mailseal/ownword.c"

#define TWO_LINES (2 * 68) /* characters, as explain prints them */
#define ADVICE_MAX 512	   /* bytes that an answer has room for */
#define LONG_NAME "a.mailbox.with.a.rather.long.name@department.college.example"

static struct entries found;

static bool
is_class(const char *class)
{
	static const char *const classes[] = { "transient", "throttled",
		"reauth", "admin", "config", "denied", "pending", "slow_down",
		"expired" };

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strcmp(class, classes[i]) == 0)
			return true;
	return false;
}

static void
each_row_has_a_meaning_an_actor_and_where_somebody_acts_a_remedy(void **state)
{
	char text[ADVICE_MAX];

	(void)state;
	lookup_all(&found);
	assert_in_range(found.count, 250, LOOKUP_MAX - 1);
	for (size_t i = 0; i < found.count; i++) {
		const struct entry *e = &found.entry[i];

		if (e->note == NULL || e->note[0] == '\0' ||
		    strlen(e->note) > TWO_LINES)
			fail_msg("%s: its meaning is no sentence", e->name);
		if (e->actor != ACTOR_NOBODY &&
		    (e->remedy == NULL || e->remedy[0] == '\0'))
			fail_msg("%s: %s, and how?", e->name,
			    actor_words(e->actor));
		if (e->remedy == NULL)
			continue;
		glossary_fill(e->remedy, LONG_NAME, LONG_NAME, text,
		    sizeof(text));
		if (strlen(text) == sizeof(text) - 1 ||
		    strchr(text, '%') != NULL)
			fail_msg("%s: its remedy is cut or has a %%", e->name);
	}
}

static void
each_row_has_a_class_and_a_reason_that_there_are(void **state)
{
	const struct meaning *m;

	(void)state;
	for (size_t n = 0; (m = glossary_at(n)) != NULL; n++) {
		char name[MEANING_NAME_MAX];

		meaning_name(m, name);
		if (m->class != NULL && !is_class(m->class))
			fail_msg("%s: class %s", name, m->class);
		if (m->reason != NULL &&
		    mailseal_error_by_name(m->reason) == MAILSEAL_E_INTERNAL)
			fail_msg("%s: reason %s", name, m->reason);
		if (m->actor == ACTOR_NOBODY && m->class != NULL &&
		    strcmp(m->class, "transient") != 0 &&
		    strcmp(m->class, "throttled") != 0 &&
		    strcmp(m->class, "pending") != 0 &&
		    strcmp(m->class, "slow_down") != 0)
			fail_msg("%s passes by itself, being %s?", name,
			    m->class);
	}
}

static void
a_name_is_of_one_row_and_finds_it(void **state)
{
	const struct meaning *m;
	char name[MEANING_NAME_MAX];

	(void)state;
	for (size_t n = 0; (m = glossary_at(n)) != NULL; n++) {
		meaning_name(m, name);
		if (strlen(name) == sizeof(name) - 1)
			fail_msg("%s: cut", name);
		if (glossary_find(name) != m)
			fail_msg("%s is of another row", name);
	}
	assert_null(glossary_find("AADSTS1"));
	assert_null(glossary_find(""));
}

/* Whether what a text names has this class somewhere. */
static bool
explains(const char *text, const char *class)
{
	if (lookup(text, &found) == 0)
		return false;
	for (size_t i = 0; i < found.count; i++)
		if (class == NULL || strcmp(found.entry[i].class, class) == 0)
			return true;
	return false;
}

static const char *
class_of_label(const char *label)
{
	static const char *const labels[][2] = {
		{ "reauth-needed", "reauth" },
		{ "refresh-once", "reauth" },
		{ "admin-needed", "admin" },
		{ "config-error", "config" },
		{ "message", "config" },
		{ "transient", "transient" },
		{ "throttled", "throttled" },
	};

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (strcmp(label, labels[i][0]) == 0)
			return labels[i][1];
	return NULL; /* ok, continue, malformed */
}

/* The text behind "key":" up to the next quote; false where there is none. */
static bool
member(const char *body, const char *key, char *text, size_t size)
{
	const char *at = strstr(body, key);

	if (at == NULL)
		return false;
	at += strlen(key);
	(void)snprintf(text, size, "%.*s", (int)strcspn(at, "\",]"), at);
	return true;
}

static size_t looked_at;

static void
check_token(char *column[VECTOR_COLUMNS])
{
	const char *class = class_of_label(column[3]);
	char name[128], text[128];
	size_t len;
	char *body;

	/* Not known on purpose; by status alone; a broken body. */
	if (class == NULL || strstr(column[0], "error-case") != NULL ||
	    strstr(column[0], "error-unknown") != NULL ||
	    strcmp(column[2], "429") == 0 || column[2][0] == '5')
		return;
	(void)snprintf(name, sizeof(name), "token/%s.body", column[0]);
	body = vector_read(name, &len);
	if (member(body, "\"error_codes\":[", text, sizeof(text))) {
		looked_at++;
		if (!explains(text, class))
			fail_msg("%s: number %s", column[0], text);
	}
	if (member(body, "\"error\":\"", text, sizeof(text))) {
		looked_at++;
		if (!explains(text, NULL))
			fail_msg("%s: error %s", column[0], text);
	}
	free(body);
}

static void
check_reply(const char *folder, char *column[VECTOR_COLUMNS])
{
	const char *password = class_of_label(column[2]);
	const char *oauth = class_of_label(column[3]);
	char name[128];
	size_t len;
	char *text;

	(void)snprintf(name, sizeof(name), "%s/%s.txt", folder, column[0]);
	text = vector_read(name, &len);
	/* What says OK, or is cut, is refused for what is not in it. */
	if (password != NULL && oauth != NULL && len > 6 && text[0] != '2' &&
	    strstr(text, "OK") == NULL && strstr(text, "CAPA") == NULL &&
	    text[0] >= ' ' && strstr(column[0], "no-final") == NULL) {
		looked_at++;
		text[strcspn(text, "\r")] = '\0';
		if (!explains(text, password) && !explains(text, oauth))
			fail_msg("%s: %s", column[0], text);
	}
	free(text);
}

static void
check_smtp(char *column[VECTOR_COLUMNS])
{
	check_reply("smtp", column);
}

static void
check_imap(char *column[VECTOR_COLUMNS])
{
	check_reply("imap", column);
}

static void
every_refusal_of_the_vectors_is_explained_with_its_class(void **state)
{
	(void)state;
	looked_at = 0;
	(void)vector_rows("token/index.tsv", check_token);
	assert_in_range(looked_at, 100, 1000);
	looked_at = 0;
	(void)vector_rows("smtp/index.tsv", check_smtp);
	assert_in_range(looked_at, 45, 1000);
	looked_at = 0;
	(void)vector_rows("imap/index.tsv", check_imap);
	assert_in_range(looked_at, 15, 1000);
}

/* The names of what a text names, with a bar between them. */
static const char *
names_in(const char *text)
{
	static char names[4096];
	size_t len = 0;

	names[0] = '\0';
	(void)lookup(text, &found);
	for (size_t i = 0; i < found.count; i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len,
		    "%s%s", i > 0 ? "|" : "", found.entry[i].name);
	return names;
}

static void
a_code_is_found_however_it_is_written(void **state)
{
	static const char *const cases[][2] = {
		{ "AADSTS70043", "AADSTS70043" },
		{ "70043", "AADSTS70043" },
		{ "invalid_scope", "invalid_scope" },
		{ "INVALID_SCOPE", "invalid_scope" },
		{ "550 5.7.30", "550 5.7.30" },
		{ "550-5.7.30", "550 5.7.30" },
		{ "5.7.30", "550 5.7.30" },
		{ "454 4.7.0", "454 4.7.0 too many login attempts|454" },
		{ "535 5.7.8", "535" },
		{ "authenticationfailed", "NO [AUTHENTICATIONFAILED]" },
		{ "[LIMIT]", "[LIMIT]" },
		{ "BYE", "BYE" },
		{ "5.2.252", "554 5.2.252|550 5.2.252" },
		{ "571", "5xx after the login|5xx" },
		{ "rebind", "rebind" },
		{ "no_refresh_token", "no_refresh_token" },
		{ "reauth blocked", "blocked|reauth" },
		{ "access_denied",
		    "access_denied at the sign-in page|"
		    "access_denied at a device code|access_denied" },
		{ "70044", "" },
		{ "AADSTS", "" },
		{ "5.7", "" },
		{ "10.5.7.30", "" },
		{ "99", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(names_in(cases[i][0]), cases[i][1]);
}

static void
in_a_line_of_a_log_only_codes_count(void **state)
{
	static const char *const cases[][2] = {
		{ "AADSTS700082: The refresh token has expired due to "
		  "inactivity. Trace ID: 50034a11-50034-50057 and was inactive "
		  "for 90.00:00:00.",
		    "AADSTS700082" },
		{ "the network is locked, the store denied: blocked, disabled",
		    "" },
		{ "refresh failed: account=a@b.c state=blocked "
		  "reason=registration next_try_ms=300000 detail=x",
		    "blocked|registration" },
		{ "535 5.7.139 Authentication unsuccessful, "
		  "SmtpClientAuthentication is disabled for the Mailbox.",
		    "535 5.7.139 disabled for the Mailbox" },
		{ "535-5.7.8 Username and Password not accepted. 535 5.7.8 go",
		    "535" },
		{ "A2 NO AUTHENTICATE failed. Try again", "NO|NO, BAD" },
		{ "(IMAP: BAD User is authenticated but not connected.)",
		    "BAD authenticated but not connected" },
		{ "A2 NO [ALERT] Too many simultaneous connections. (Failure)",
		    "NO [ALERT] too many" },
		{ "said login_required (error_subtype: invalid_rapt) to us",
		    "login_required|invalid_rapt (subtype)" },
		{ "there is no limit to what 300 people can do in 70043s", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(names_in(cases[i][0]), cases[i][1]);
}

static void
account_and_provider_stand_wherever_a_remedy_names_them(void **state)
{
	char text[64];

	(void)state;
	glossary_fill("do %s, then %s", "a@b.c", NULL, text, sizeof(text));
	assert_string_equal(text, "do a@b.c, then a@b.c");
	glossary_fill("%s with %p", NULL, NULL, text, sizeof(text));
	assert_string_equal(text, "ADDRESS with NAME");
	glossary_fill("see %p, 90 % of it", NULL, "campus", text, sizeof(text));
	assert_string_equal(text, "see campus, 90 % of it");
	glossary_fill("", NULL, NULL, text, sizeof(text));
	assert_string_equal(text, "");
	glossary_fill("do %s now", "abcdef", NULL, text, 8);
	assert_string_equal(text, "do abcd");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    each_row_has_a_meaning_an_actor_and_where_somebody_acts_a_remedy),
		cmocka_unit_test(
		    each_row_has_a_class_and_a_reason_that_there_are),
		cmocka_unit_test(a_name_is_of_one_row_and_finds_it),
		cmocka_unit_test(
		    every_refusal_of_the_vectors_is_explained_with_its_class),
		cmocka_unit_test(a_code_is_found_however_it_is_written),
		cmocka_unit_test(in_a_line_of_a_log_only_codes_count),
		cmocka_unit_test(
		    account_and_provider_stand_wherever_a_remedy_names_them),
	};

	return cmocka_run_group_tests_name("glossary", tests, NULL, NULL);
}
