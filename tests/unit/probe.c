/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "broker/probe.h"
#include "proto/error.h"

/* The errands of this test go nowhere; what they would say is kept. */
static char origins_asked[512];
static char host_asked[256];

struct errand *
errand_new(struct broker *broker, const char *op, const char *module,
    const char *origins)
{
	(void)op;
	(void)module;
	(void)snprintf(origins_asked, sizeof(origins_asked), "%s", origins);
	return (struct errand *)broker; /* any pointer that is not NULL */
}

void
errand_free(struct errand *errand)
{
	(void)errand;
}

void
errand_set(struct errand *errand, const char *key, const char *text)
{
	(void)errand;
	if (strcmp(key, "host") == 0)
		(void)snprintf(host_asked, sizeof(host_asked), "%s", text);
}

void
errand_in(struct errand *errand, const char *key, const char *text)
{
	(void)errand;
	(void)key;
	(void)text;
}

void
errand_in_secret(struct errand *errand, const char *key,
    const struct secret *secret)
{
	(void)errand;
	(void)key;
	(void)secret;
}

void
errand_trust(struct errand *errand, const char *pem)
{
	(void)errand;
	(void)pem;
}

int
errand_start(struct errand **errand, errand_done *done, void *arg,
    struct errand **handle)
{
	(void)done;
	(void)arg;
	*handle = *errand;
	*errand = NULL;
	return MAILSEAL_OK;
}

static void
expect(char *host, const char *origins)
{
	static char any;
	struct provider provider = { 0 };
	struct probe probe = { .account = "a@b.c",
		.provider = &provider,
		.login = "a@b.c" };
	struct errand *handle = NULL;

	provider.place[SERVICE_SMTP].host = host;
	provider.place[SERVICE_SMTP].port = 25;
	assert_int_equal(probe_start((struct broker *)(void *)&any, &probe,
			     NULL, NULL, &handle),
	    MAILSEAL_OK);
	assert_string_equal(origins_asked, origins);
	assert_string_equal(host_asked, host);
}

static void
a_mail_server_on_an_ipv6_address_can_be_tested(void **state)
{
	char address[] = "::1", name[] = "mail.example", old[] = "192.0.2.1";

	(void)state;
	expect(address, "smtp://[::1]:25");
	expect(name, "smtp://mail.example:25");
	expect(old, "smtp://192.0.2.1:25");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_mail_server_on_an_ipv6_address_can_be_tested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
