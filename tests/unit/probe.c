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
static char host_asked[256], service_asked[16], trust_asked[16], op_asked[16];

struct errand *
errand_new(struct broker *broker, const char *op, const char *module,
    const char *origins)
{
	(void)snprintf(op_asked, sizeof(op_asked), "%s", op);
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
	if (strcmp(key, "service") == 0)
		(void)snprintf(service_asked, sizeof(service_asked), "%s",
		    text);
	if (strcmp(key, "trust") == 0 && text != NULL)
		(void)snprintf(trust_asked, sizeof(trust_asked), "%s", text);
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
errand_way(struct errand *errand, const struct provider *provider)
{
	(void)errand;
	(void)provider;
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
expect(enum service service, char *host, const char *origins)
{
	static char any;
	struct provider provider = { 0 };
	struct probe probe = { .account = "a@b.c",
		.service = service,
		.provider = &provider,
		.login = "a@b.c" };
	struct errand *handle = NULL;

	provider.place[service].host = host;
	provider.place[service].port = 25;
	assert_int_equal(probe_start((struct broker *)(void *)&any, &probe,
			     NULL, NULL, &handle),
	    MAILSEAL_OK);
	assert_string_equal(origins_asked, origins);
	assert_string_equal(host_asked, host);
	assert_string_equal(service_asked, service_name(service));
}

static void
a_mail_server_on_an_ipv6_address_can_be_tested(void **state)
{
	char address[] = "::1", name[] = "mail.example", old[] = "192.0.2.1";

	(void)state;
	expect(SERVICE_SMTP, address, "smtp://[::1]:25");
	expect(SERVICE_SMTP, name, "smtp://mail.example:25");
	expect(SERVICE_SMTP, old, "smtp://192.0.2.1:25");
	expect(SERVICE_IMAP, address, "imap://[::1]:25");
	expect(SERVICE_IMAP, name, "imap://mail.example:25");
}

/* The trust of one server is not another's; a mail goes by SMTP only. */
static void
an_imap_server_gets_neither_the_trust_of_smtp_nor_a_mail(void **state)
{
	static char any, host[] = "mail.example", pem[] = "PEM";
	struct provider provider = { .smtp_trust = pem };
	struct probe probe = { .account = "a@b.c",
		.provider = &provider,
		.login = "a@b.c",
		.to = "x@y.z" };
	struct errand *handle = NULL;

	(void)state;
	provider.place[SERVICE_SMTP].host = host;
	provider.place[SERVICE_IMAP].host = host;
	for (int i = 0; i < 2; i++) {
		trust_asked[0] = '\0';
		probe.service = i == 0 ? SERVICE_SMTP : SERVICE_IMAP;
		assert_int_equal(probe_start((struct broker *)(void *)&any,
				     &probe, NULL, NULL, &handle),
		    MAILSEAL_OK);
		assert_string_equal(trust_asked, i == 0 ? pem : "");
		assert_string_equal(op_asked, i == 0 ? "mail" : "login");
	}
}

static void
a_failure_names_its_service_where_there_are_two(void **state)
{
	static char host[] = "mail.example";
	struct provider provider = { 0 };
	struct outcome outcome = { .class = "person", .detail = "no" };
	char text[64];

	(void)state;
	provider.place[SERVICE_SMTP].host = host;
	assert_string_equal(probe_words(&provider, SERVICE_SMTP, &outcome, text,
				sizeof(text)),
	    "no");
	provider.place[SERVICE_IMAP].host = host;
	assert_string_equal(probe_words(&provider, SERVICE_SMTP, &outcome, text,
				sizeof(text)),
	    "SMTP: no");
	assert_string_equal(probe_words(&provider, SERVICE_IMAP, &outcome, text,
				sizeof(text)),
	    "IMAP: no");
	outcome.detail = NULL;
	assert_null(
	    probe_words(&provider, SERVICE_IMAP, &outcome, text, sizeof(text)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_mail_server_on_an_ipv6_address_can_be_tested),
		cmocka_unit_test(
		    an_imap_server_gets_neither_the_trust_of_smtp_nor_a_mail),
		cmocka_unit_test(
		    a_failure_names_its_service_where_there_are_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
