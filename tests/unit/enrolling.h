/* SPDX-License-Identifier: ISC */
/*
 * enrolling: a mailbox that is enrolled by a sign-in, with a courier that says
 * who it was.
 */
#ifndef TESTS_UNIT_ENROLLING_H
#define TESTS_UNIT_ENROLLING_H

#include "broker/enrolment.h"
#include "tests/unit/courier.h"

#define BOX "box@campus.edu"
#define JANE "jane@campus.edu"
#define TOKENS "ok class=ok access_token=access refresh_token=first "
#define LIFE "expires_in=600 "
#define SMTP_IN "ok class=ok server=s:587 mechanism=xoauth2 code=235\n"
#define IMAP_IN "ok class=ok server=i:993 mechanism=xoauth2\n"
#define NO "ok class=reauth reason=login_refused detail=NO%20x\n"

static int admin;
static char id[ENROLMENT_ID_LEN + 1];

static inline void
write_provider(const char *more)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
	    "[provider]\nmodule = oidc\nclient_id = broker\n"
	    "authority = https://login.example.edu\n"
	    "smtp_auth_host = mail.example.edu\n%s",
	    more);
	write_file("etc/provider.d/campus.conf", text);
	config_free(broker->config);
	read_config();
}

static inline int
open_here(void **state)
{
	if (open_with_courier(state) != 0)
		return -1;
	write_provider("imap_host = imap.example.edu\n");
	admin = enter(DOOR_ADMIN);
	return 0;
}

static inline int
close_here(void **state)
{
	(void)close(admin);
	return close_with_courier(state);
}

/* The next errand has these words, and is answered so. */
static inline void
meets(const char *words, const char *answer)
{
	int fd = errand_comes(2000);
	const char *line;

	assert_true(fd >= 0);
	line = hear(fd);
	if (line == NULL || strstr(line, words) == NULL)
		fail_msg("\"%s\" has no \"%s\"", line != NULL ? line : "",
		    words);
	tell(fd, answer);
	(void)close(fd);
}

/* As far as the tokens, which come with these claims. */
static inline void
sign_in(const char *terms, const char *claims)
{
	char text[512];
	const char *line;

	(void)snprintf(text, sizeof(text),
	    "enroll_begin account=" BOX " provider=campus "
	    "without_recovery=yes%s\n",
	    terms);
	tell(admin, text);
	meets("op=authorize",
	    "ok class=ok url=https://login.example.edu/a "
	    "issuer=https://login.example.edu "
	    "authorization_endpoint=https://login.example.edu/a "
	    "token_endpoint=https://login.example.edu/t "
	    "origins=https://login.example.edu:443\n");
	line = hear(admin);
	assert_true(begins(line, "ok id="));
	(void)snprintf(id, sizeof(id), "%.32s", line + strlen("ok id="));
	(void)snprintf(text, sizeof(text), "enroll_finish id=%s redirect=x\n",
	    id);
	tell(admin, text);
	meets("op=redirect", "ok class=ok code=abc\n");
	(void)snprintf(text, sizeof(text), TOKENS LIFE "%s\n", claims);
	meets("op=code", text);
}

#define AS(who, match) \
	"id_iss=i id_sub=" who " id_name=" who "@campus.edu id_match=" match

static inline void
confirm(const char *expected)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "enroll_confirm id=%s\n", id);
	ask(admin, text, expected);
}

/* An enrolment by jane that works, up to the question. */
static inline void
ask_for_jane(const char *terms)
{
	sign_in(terms, AS("jane", "other"));
	meets(" in_username=" JANE " ", SMTP_IN);
	meets(" in_username=" BOX " ", IMAP_IN);
	expect(admin, "ok confirm=delegate id=");
}

static inline void
enroll_jane(void)
{
	ask_for_jane("");
	confirm("ok account=" BOX " login=" JANE " identity=" JANE);
}

static inline const struct account *
box(void)
{
	return accounts_find(broker->accounts, BOX);
}

static inline bool
audit_has(const char *text)
{
	static char bytes[16384];
	FILE *file = fopen(path_of("audit"), "r");

	assert_non_null(file);
	bytes[fread(bytes, 1, sizeof(bytes) - 1, file)] = '\0';
	(void)fclose(file);
	return strstr(bytes, text) != NULL;
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, open_here, close_here)

#endif
