/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the knowledge that a string for one mailbox opens
 * others as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "broker/reach.h"

/* No scopes, one for all, one for each, one for sending only. */
enum scopes { NONE, ALIKE, APART, HALF, SCOPES };

static char modules[][12] = { "microsoft", "google", "oidc", "password",
	"command", "campus" };
static char flows[][12] = { "delegated", "application" };
static char smtp[] = "send", imap[] = "read", all[] = "send";

#define MODULES (sizeof(modules) / sizeof(modules[0]))
#define FLOWS (sizeof(flows) / sizeof(flows[0]))

/* The extent that is expected of a module and flow, and whether narrow ones. */
static const struct {
	enum reach_extent extent;
	bool apart;
} expected[MODULES][FLOWS] = {
	{ { REACH_LOGIN, true }, { REACH_REGISTRATION, false } },
	{ { REACH_MAILBOX, false }, { REACH_MAILBOX, false } },
	{ { REACH_LOGIN, true }, { REACH_REGISTRATION, true } },
	{ { REACH_PASSWORD, false }, { REACH_PASSWORD, false } },
	{ { REACH_UNKNOWN, false }, { REACH_UNKNOWN, false } },
	{ { REACH_UNKNOWN, false }, { REACH_UNKNOWN, false } },
};

static struct provider
make(size_t module, size_t flow, enum scopes scopes)
{
	struct provider p = { .name = "campus" };

	p.value[SETTING_MODULE] = modules[module];
	p.value[SETTING_FLOW] = flows[flow];
	p.place[SERVICE_SMTP].host = smtp;
	p.place[SERVICE_IMAP].host = imap;
	if (scopes != NONE)
		p.value[SETTING_SCOPE_SMTP] = smtp;
	if (scopes == ALIKE || scopes == APART)
		p.value[SETTING_SCOPE_IMAP] = scopes == ALIKE ? all : imap;
	return p;
}

static void
is_as_expected(size_t module, size_t flow, enum scopes scopes)
{
	struct provider p = make(module, flow, scopes);
	struct reach sending = reach_of(&p, SERVICE_SMTP);
	struct reach reading = reach_of(&p, SERVICE_IMAP);
	struct reach widest = reach_of_account(&p);
	bool apart = expected[module][flow].apart;

	assert_int_equal(sending.extent, expected[module][flow].extent);
	assert_int_equal(reading.extent, sending.extent);
	assert_int_equal(widest.extent, sending.extent);
	assert_int_equal(sending.is_narrow,
	    apart && (scopes == APART || scopes == HALF));
	assert_int_equal(reading.is_narrow, apart && scopes == APART);
	/* What is told of an account is never less than one of its strings. */
	assert_int_equal(widest.is_narrow,
	    sending.is_narrow && reading.is_narrow);
	assert_non_null(sending.also);
	assert_non_null(reading.also);
	assert_int_equal(strstr(sending.also, "its own service only") != NULL,
	    sending.is_narrow);
}

static void
each_module_flow_and_scope_has_its_reach(void **state)
{
	(void)state;
	for (size_t module = 0; module < MODULES; module++)
		for (size_t flow = 0; flow < FLOWS; flow++)
			for (int scopes = 0; scopes < SCOPES; scopes++)
				is_as_expected(module, flow,
				    (enum scopes)scopes);
}

static void
a_service_that_the_provider_has_not_widens_nothing(void **state)
{
	struct provider p = make(0, 0, HALF);

	(void)state;
	assert_false(reach_of_account(&p).is_narrow);
	p.place[SERVICE_IMAP].host = NULL;
	assert_true(reach_of_account(&p).is_narrow);
}

/* No scope of Microsoft's names one mailbox, or one service. */
static void
an_applications_one_scope_is_for_everything(void **state)
{
	struct provider p = make(2, 1, NONE);

	(void)state;
	p.value[SETTING_SCOPE] = all;
	assert_false(reach_of(&p, SERVICE_SMTP).is_narrow);
	assert_false(reach_of(&p, SERVICE_IMAP).is_narrow);
	p.value[SETTING_SCOPE_IMAP] = imap;
	assert_true(reach_of(&p, SERVICE_SMTP).is_narrow);
	assert_true(reach_of(&p, SERVICE_IMAP).is_narrow);
}

static void
every_extent_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < REACH_EXTENTS; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(reach_name(
						    (enum reach_extent)i),
			    reach_name((enum reach_extent)j));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_module_flow_and_scope_has_its_reach),
		cmocka_unit_test(
		    a_service_that_the_provider_has_not_widens_nothing),
		cmocka_unit_test(an_applications_one_scope_is_for_everything),
		cmocka_unit_test(every_extent_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
