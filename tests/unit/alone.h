/* SPDX-License-Identifier: ISC */
/*
 * alone: a whole broker with providers where nobody signs in, and the socket
 * at which its errands arrive, to be answered by the test.
 */
#ifndef TESTS_UNIT_ALONE_H
#define TESTS_UNIT_ALONE_H

#include "tests/unit/courier.h"

#define ADDRESS "billing@campus.edu"
#define FOUND                                           \
	"ok class=ok issuer=https://login.example.edu " \
	"token_endpoint=https://login.example.edu/t "   \
	"jwks_uri=https://login.example.edu/k "         \
	"origins=https://login.example.edu:443\n"
#define TOKEN "ok class=ok access_token=access expires_in=600\n"
#define LOGGED_IN "ok class=ok mechanism=xoauth2 code=235 detail=hi\n"

/* The next errand's request. */
static inline const char *
comes(int *errand)
{
	const char *line;

	*errand = errand_comes(2000);
	assert_true(*errand >= 0);
	line = hear(*errand);
	assert_non_null(line);
	return line;
}

static inline void
has(const char *line, const char *text)
{
	if (line == NULL || strstr(line, text) == NULL)
		fail_msg("\"%s\" has no %s", line != NULL ? line : "(closed)",
		    text);
}

/* The next errand is of this operation; it is answered so. */
static inline const char *
meets(const char *op, const char *answer)
{
	char start[64];
	const char *line;
	int errand;

	line = comes(&errand);
	(void)snprintf(start, sizeof(start), "exchange op=%s ", op);
	if (!begins(line, start))
		fail_msg("\"%s\" came, not %s", line, op);
	tell(errand, answer);
	(void)close(errand);
	return line;
}

/* As far as its endpoints are known; the request that finishes it. */
static inline const char *
begin(int admin, const char *account, const char *provider)
{
	static char request[128];
	const char *line, *id;

	(void)snprintf(request, sizeof(request),
	    "enroll_begin account=%s provider=%s without_recovery=yes\n",
	    account, provider);
	tell(admin, request);
	if (strcmp(provider, "cmd") != 0) {
		line = meets("authorize", FOUND);
		has(line, " set_flow=application");
		assert_null(strstr(line, " in_redirect_uri="));
		assert_null(strstr(line, " in_state="));
		assert_null(strstr(line, " in_login_hint="));
	}
	line = hear(admin);
	has(line, " type=application ");
	assert_null(strstr(line, " url="));
	id = strstr(line, " id=");
	assert_non_null(id);
	(void)snprintf(request, sizeof(request), "enroll_finish%.36s\n", id);
	return request;
}

/* Enrol without anybody, and well. */
static inline struct account *
enroll_alone(const char *account, const char *provider, const char *op)
{
	int admin = enter(DOOR_ADMIN);
	char mailbox[300];
	struct account *a;

	tell(admin, begin(admin, account, provider));
	(void)snprintf(mailbox, sizeof(mailbox), " in_mailbox=%s", account);
	has(meets(op, TOKEN), mailbox);
	has(meets("login", LOGGED_IN), " in_access_token=access");
	has(hear(admin), " state=good ");
	(void)close(admin);
	a = accounts_find(broker->accounts, account);
	assert_non_null(a);
	return a;
}

static inline int
open_alone(void **state)
{
	static char path[PATH_LEN];

	if (doors_prepare(state) != 0)
		return -1;
	write_file("etc/provider.d/app.conf",
	    "[provider]\nmodule = oidc\nflow = application\n"
	    "client_id = broker\nclient_auth = post\nscope = mail\n"
	    "authority = https://login.example.edu\n"
	    "smtp_auth_host = mail.example.edu\n");
	write_file("etc/provider.d/goog.conf",
	    "[provider]\nmodule = google\nflow = application\n"
	    "hd = campus.edu\nauthority = https://login.example.edu\n"
	    "smtp_auth_host = mail.example.edu\n");
	write_file("etc/provider.d/cmd.conf",
	    "[provider]\nmodule = command\ncommand = /bin/tokens\n"
	    "smtp_auth_host = mail.example.edu\n");
	write_file("etc/provider.d/apart.conf",
	    "[provider]\nmodule = oidc\nflow = application\n"
	    "client_id = apart\nclient_auth = post\n"
	    "scope_smtp = send\nscope_imap = read\n"
	    "authority = https://login.example.edu\n"
	    "smtp_auth_host = mail.example.edu\n"
	    "imap_host = imap.example.edu\n");
	write_file("etc/access.d/campus.conf",
	    "[*@campus.edu]\nallow = user:root for:smtp,imap\n");
	if (doors_open(state) != 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/courier.sock", folder);
	broker->courier_path = path;
	return listen_unix(path, 0600, &courier);
}

#define ALONE(test) \
	cmocka_unit_test_setup_teardown(test, open_alone, close_with_courier)

#endif
