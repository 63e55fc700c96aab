/* SPDX-License-Identifier: ISC */
/*
 * courier: a whole broker, accounts of a provider with pages, and the socket
 * at which its errands arrive, to be answered by the test.
 */
#ifndef TESTS_UNIT_COURIER_H
#define TESTS_UNIT_COURIER_H

#include "broker/binding.h"
#include "broker/renew.h"
#include "broker/vault/record.h"
#include "tests/unit/doors.h"

#define GET "get account=%s wait=8\n"

static int courier; /* where the broker's errands arrive */

/* Write an account and its refresh token as an enrolment does. */
static inline struct account *
enroll(const char *name)
{
	const struct provider *p = config_provider(broker->config, "campus");
	struct endpoints told = { .issuer = "https://login.example.edu",
		.authorization = "https://login.example.edu/a",
		.token = "https://login.example.edu/t",
		.origins = "https://login.example.edu:443",
		.revocation = "https://login.example.edu/r" };
	AUTO(secret) token = secret_copy("first", 5);
	AUTO(account) a = account_new();
	struct account *made = a;

	assert_non_null(a);
	(void)snprintf(a->name, sizeof(a->name), "%s", name);
	memcpy(a->spelled, a->name, sizeof(a->spelled));
	memcpy(a->login, a->name, sizeof(a->login));
	(void)snprintf(a->provider, sizeof(a->provider), "campus");
	assert_int_equal(binding_make(p, &told, &a->bound), 0);
	assert_int_equal(store_begin(broker->store), 0);
	assert_int_equal(account_save(broker->store, a), 0);
	assert_int_equal(record_save(broker->store, broker->keyring, "refresh",
			     name, "", "campus", a->bound, token),
	    0);
	assert_int_equal(store_commit(broker->store), 0);
	assert_int_equal(accounts_add(broker->accounts, &a), 0);
	return made;
}

static inline struct account *
adopt(const char *name)
{
	struct account *a = enroll(name);

	assert_int_equal(renew_adopt(broker, a), 0);
	return a;
}

static inline int
open_with_courier(void **state)
{
	static char path[PATH_LEN];

	if (doors_prepare(state) != 0)
		return -1;
	write_file("etc/provider.d/campus.conf",
	    "[provider]\nmodule = oidc\nclient_id = broker\n"
	    "authority = https://login.example.edu\nclient_auth = post\n"
	    "smtp_auth_host = mail.example.edu\n");
	write_file("etc/access.d/campus.conf",
	    "[*@campus.edu]\nallow = user:root for:smtp\n");
	if (doors_open(state) != 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/courier.sock", folder);
	broker->courier_path = path;
	return listen_unix(path, 0600, &courier);
}

static inline int
close_with_courier(void **state)
{
	(void)close(courier);
	return doors_teardown(state);
}

/* An errand that has come; -1 when none does. */
static inline int
errand_comes(uint64_t wait_ms)
{
	uint64_t until = now_ms() + wait_ms;
	int fd;

	while ((fd = accept4(courier, NULL, NULL,
		    SOCK_CLOEXEC | SOCK_NONBLOCK)) < 0 &&
	    now_ms() < until)
		(void)turn(10);
	return fd;
}

/* Read an errand's request, and answer it well. */
static inline void
answer_errand(int fd)
{
	assert_true(fd >= 0);
	assert_true(begins(hear(fd), "exchange op="));
	tell(fd,
	    "ok class=ok access_token=access refresh_token=second "
	    "expires_in=600\n");
	(void)close(fd);
}

static inline int
ask_for(const char *name)
{
	char line[2048];
	int fd = enter(DOOR_CONSUMER);

	(void)snprintf(line, sizeof(line), GET, name);
	tell(fd, line);
	return fd;
}

static inline const char *
stored_refresh(const char *name)
{
	static char text[64];
	AUTO(secret) plain = NULL;

	assert_int_equal(record_open(broker->store, broker->keyring, "refresh",
			     name, "", &plain, NULL),
	    0);
	(void)snprintf(text, sizeof(text), "%.*s", (int)plain->len,
	    (const char *)plain->data);
	return text;
}

/* Be served by an exchange whose token lives so long. */
static inline void
serve(const char *name, unsigned life_s)
{
	char answer[128];
	int fd = ask_for(name), errand = errand_comes(2000);

	assert_true(errand >= 0);
	assert_true(begins(hear(errand), "exchange op=refresh "));
	(void)snprintf(answer, sizeof(answer),
	    "ok class=ok access_token=access refresh_token=second "
	    "expires_in=%u\n",
	    life_s);
	tell(errand, answer);
	expect(fd, "ok account=");
	(void)close(errand);
	(void)close(fd);
}

/*
 * Enrol by password: who is the address and more fields, login_name what the
 * mail server must be told, where the login then works.
 */
static inline void
enroll_password(int admin, const char *who, const char *login_name,
    const char *expected)
{
	char username[300], begin[300], finish[128];
	const char *line;
	int login;

	(void)snprintf(begin, sizeof(begin),
	    "enroll_begin provider=old without_recovery=yes account=%s\n", who);
	tell(admin, begin);
	(void)snprintf(username, sizeof(username), " in_username=%s ",
	    login_name);
	line = hear(admin);
	assert_true(begins(line, "ok id="));
	(void)snprintf(finish, sizeof(finish),
	    "enroll_finish id=%.32s password=pw\n", line + strlen("ok id="));
	tell(admin, finish);
	login = errand_comes(2000);
	assert_true(login >= 0);
	line = hear(login);
	assert_true(begins(line, "exchange op=login "));
	assert_non_null(strstr(line, username));
	tell(login, "ok class=ok mechanism=plain code=235 detail=hi\n");
	(void)close(login);
	line = hear(admin);
	if (line == NULL || strstr(line, expected) == NULL)
		fail_msg("%s", line != NULL ? line : "(closed)");
}

#define WITH_COURIER(test)                                       \
	cmocka_unit_test_setup_teardown(test, open_with_courier, \
	    close_with_courier)

#endif
