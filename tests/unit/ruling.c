/* SPDX-License-Identifier: ISC */
#include <sys/socket.h>
#include <unistd.h>

#include "broker/courier/clock.h"
#include "broker/courier/response.h"
#include "broker/courier/talk.h"
#include "broker/secret.h"
#include "proto/error.h"
#include "tests/unit/vectors.h"

static int
open_arena(void **state)
{
	(void)state;
	return secret_arena_open(1 << 20);
}

static int
close_arena(void **state)
{
	(void)state;
	secret_arena_close();
	return 0;
}

/* The vectors' name of a verdict. */
static const char *
label_of(enum verdict verdict)
{
	static const char *const labels[] = { "ok", "continue", "transient",
		"throttled", "reauth-needed", "refresh-once", "admin-needed",
		"config-error", "malformed", "message" };

	return labels[verdict];
}

static unsigned
phase_of(const char *name)
{
	if (strcmp(name, "greeting") == 0)
		return PHASE_IMAP_GREETING;
	if (strcmp(name, "capability") == 0)
		return PHASE_IMAP_CAPABILITY;
	if (strcmp(name, "starttls") == 0)
		return PHASE_IMAP_STARTTLS;
	/* auth and login */
	return PHASE_IMAP_LOGIN;
}

/* A talk with a server that says just these bytes and closes. */
static struct talk *
talk_with(const void *bytes, size_t len, bool oauth)
{
	struct tls *tls = tls_new(clock_ms() + 5000);
	int ends[2];

	assert_non_null(tls);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(write(ends[1], bytes, len), len);
	close(ends[1]);
	tls_adopt(tls, ends[0]);
	return talk_new(tls, NULL, oauth);
}

/* What a server's bytes come to. */
static const char *
judge(unsigned phase, const void *bytes, size_t len, bool oauth)
{
	AUTO(talk) talk = talk_with(bytes, len, oauth);
	enum verdict verdict;

	assert_non_null(talk);
	if (talk_listen(talk, phase, &verdict))
		return label_of(verdict);
	for (int v = 0; v <= VERDICT_MESSAGE; v++)
		if (strcmp(verdict_class((enum verdict)v),
			talk_ending(talk)->class) == 0)
			return label_of((enum verdict)v);
	return "none";
}

static void
check_row(char *column[VECTOR_COLUMNS])
{
	char name[128];
	const char *got;
	size_t len;
	char *bytes;

	assert_non_null(column[3]);
	(void)snprintf(name, sizeof(name), "imap/%s.txt", column[0]);
	bytes = vector_read(name, &len);
	for (int oauth = 0; oauth < 2; oauth++) {
		got = judge(phase_of(column[1]), bytes, len, oauth);
		if (strcmp(got, column[2 + oauth]) != 0)
			fail_msg("%s with a %s is %s", column[0],
			    oauth ? "token" : "password", got);
	}
	free(bytes);
}

static void
every_response_of_the_vectors_has_its_class(void **state)
{
	(void)state;
	assert_true(vector_rows("imap/index.tsv", check_row) >= 32);
}

/* What the vectors do not show, RFC 5530 and our providers' pages say. */
static void
every_response_code_has_its_class_and_reason(void **state)
{
	static const struct {
		unsigned phase;
		const char *text;
		const char *password, *oauth;
		int reason;
	} cases[] = {
		{ PHASE_IMAP_LOGIN, "A2 NO [CONTACTADMIN] x\r\n",
		    "admin-needed", "admin-needed", MAILSEAL_E_LOGIN },
		{ PHASE_IMAP_LOGIN, "A2 NO [INUSE] x\r\n", "transient",
		    "transient", MAILSEAL_E_MAILHOST },
		{ PHASE_IMAP_LOGIN, "A2 BAD [SERVERBUG] x\r\n", "transient",
		    "transient", MAILSEAL_E_MAILHOST },
		{ PHASE_IMAP_LOGIN, "A2 NO [authorizationfailed] x\r\n",
		    "admin-needed", "admin-needed", MAILSEAL_E_LOGIN },
		{ PHASE_IMAP_LOGIN, "A2 NO [PRIVACYREQUIRED] x\r\n",
		    "config-error", "config-error", MAILSEAL_E_NOTLS },
		{ PHASE_IMAP_LOGIN, "A2 NO [CANNOT] x\r\n", "config-error",
		    "config-error", MAILSEAL_E_NOAUTH },
		/* The text of another code chooses nothing. */
		{ PHASE_IMAP_LOGIN,
		    "A2 NO [AUTHENTICATIONFAILED] too many simultaneous\r\n",
		    "reauth-needed", "refresh-once", MAILSEAL_E_LOGIN },
		{ PHASE_IMAP_LOGIN, "A2 NO access is disabled\r\n",
		    "reauth-needed", "refresh-once", MAILSEAL_E_LOGIN },
		{ PHASE_IMAP_LOGIN,
		    "A2 BAD Session invalidated - "
		    "AccessTokenExpired\r\n",
		    "transient", "refresh-once", MAILSEAL_E_LOGIN },
		{ PHASE_IMAP_GREETING, "* BYE [UNAVAILABLE] too many\r\n",
		    "transient", "transient", MAILSEAL_E_MAILHOST },
		{ PHASE_IMAP_GREETING, "* BYE go away\r\n", "transient",
		    "transient", MAILSEAL_E_MAILHOST },
		{ PHASE_IMAP_STARTTLS, "S2 NO x\r\n", "config-error",
		    "config-error", MAILSEAL_E_NOTLS },
		{ PHASE_IMAP_OFFER, "S1 OK\r\n", "config-error", "config-error",
		    MAILSEAL_E_NOTLS },
		{ PHASE_IMAP_CAPABILITY, "* CAPABILITY IMAP4rev1\r\nA1 OK\r\n",
		    "ok", "config-error", MAILSEAL_E_NOAUTH },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].text);
		AUTO(talk) talk = talk_with(cases[i].text, len, true);
		enum verdict verdict;

		assert_string_equal(cases[i].password,
		    judge(cases[i].phase, cases[i].text, len, false));
		assert_true(talk_listen(talk, cases[i].phase, &verdict));
		assert_string_equal(label_of(verdict), cases[i].oauth);
		assert_false(talk_refuse(talk, cases[i].phase, verdict));
		assert_int_equal(talk_ending(talk)->error, cases[i].reason);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_response_of_the_vectors_has_its_class),
		cmocka_unit_test(every_response_code_has_its_class_and_reason),
	};

	return cmocka_run_group_tests_name("ruling", tests, open_arena,
	    close_arena);
}
