/* SPDX-License-Identifier: ISC */
/*
 * rebinding: a broker whose provider file changes, and what an admin is shown
 * and says then.
 */
#ifndef TESTS_UNIT_REBINDING_H
#define TESTS_UNIT_REBINDING_H

#include "tests/unit/courier.h"

#define NAME "a@campus.edu"
#define SHOW "rebind_show provider=campus\n"
#define HEAD "[provider]\nmodule = oidc\n"
#define TAIL "authority = https://login.example.edu\n"
#define FILE_IS(client, host) \
	HEAD "client_id = " client "\n" TAIL "smtp_auth_host = " host "\n"

static int admin;

static inline int
open_here(void **state)
{
	if (open_with_courier(state) != 0)
		return -1;
	admin = enter(DOOR_ADMIN);
	return 0;
}

static inline int
close_here(void **state)
{
	(void)close(admin);
	return close_with_courier(state);
}

static inline void
file_becomes(const char *text)
{
	write_file("etc/provider.d/campus.conf", text);
	ask(admin, "reload\n", "ok providers=");
}

/* What rebind_show tells, all its lines with an LF; its digest. */
static char shown[HEARD_MAX], digest[80];

static inline void
show(void)
{
	const char *line;
	size_t len = 0;

	tell(admin, SHOW);
	do {
		line = hear(admin);
		len += (size_t)snprintf(shown + len, sizeof(shown) - len,
		    "%s\n", line != NULL ? line : "(closed)");
		assert_true(len < sizeof(shown));
	} while (begins(line, "item "));
	if (!begins(line, "ok digest="))
		fail_msg("%s", line);
	(void)snprintf(digest, sizeof(digest), "%.64s",
	    line + strlen("ok digest="));
}

static inline void
says(const char *text)
{
	if (strstr(shown, text) == NULL)
		fail_msg("no \"%s\" in:\n%s", text, shown);
}

static inline void
rebind(const char *answer)
{
	char line[160];

	(void)snprintf(line, sizeof(line), "rebind provider=campus digest=%s\n",
	    digest);
	ask(admin, line, answer);
}

/* A client secret of the registration, as it is sealed. */
static inline void
keep_secret(const char *kind, const char *text)
{
	AUTO(secret) plain = secret_copy(text, strlen(text));
	char *bound = NULL;

	assert_int_equal(binding_make(config_provider(broker->config, "campus"),
			     NULL, &bound),
	    0);
	assert_int_equal(store_begin(broker->store), 0);
	assert_int_equal(record_save(broker->store, broker->keyring, kind,
			     "campus", "1", "campus", bound, plain),
	    0);
	assert_int_equal(store_commit(broker->store), 0);
	free(bound);
}

/* Whether a record is sealed for the file as it is now. */
static inline bool
is_sealed_for_now(const char *kind, const char *owner, const char *label)
{
	AUTO(secret) plain = NULL;
	char *bound = NULL;
	bool agrees;

	assert_int_equal(record_open(broker->store, broker->keyring, kind,
			     owner, label, &plain, &bound),
	    0);
	agrees = binding_agrees(bound,
	    config_provider(broker->config, "campus"));
	free(bound);
	return agrees;
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, open_here, close_here)

#endif
