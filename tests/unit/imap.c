/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/stage.h"

#define CAN(words) "S* CAPABILITY IMAP4rev1 " words "\r\nA1 OK done\r\n"
#define OPEN TLS, "S* OK ready\r\n", "CA1 CAPABILITY"
#define OUT "CA3 LOGOUT", "S* BYE bye\r\n", END

/* dXNlcj...: OAUTHBEARER of a@b.c and token at localhost has its port. */
#define NO_TOKEN                                                              \
	"S+ eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRw" \
	"czovL21haWwuZ29vZ2xlLmNvbS8ifQ==\r\n"

/* The usual login over TLS from the first byte. */
static struct how
at_once(const char *password)
{
	return (struct how){ .service = "imap",
		.tls = "implicit",
		.password = password };
}

static void
a_token_is_said_in_a_step_of_its_own(void **state)
{
	struct how how = at_once(NULL);

	(void)state;
	meet(&how, "ok", "",
	    SCRIPT(OPEN, CAN("AUTH=PLAIN AUTH=XOAUTH2 SASL-IR"),
		"CA2 AUTHENTICATE XOAUTH2", "S+ \r\n", "C" X_LINE,
		"S* CAPABILITY IMAP4rev1 IDLE\r\nA2 OK welcome\r\n", OUT));
	assert_string_equal(field("mechanism"), "xoauth2");
	assert_non_null(strstr(field("detail"), "OK welcome"));
	meet(&how, "ok", "",
	    SCRIPT(OPEN, CAN("AUTH=OAUTHBEARER"),
		"CA2 AUTHENTICATE OAUTHBEARER", "S+\r\n", "C*", "SA2 OK\r\n",
		OUT));
	assert_string_equal(field("mechanism"), "oauthbearer");
}

static void
a_token_of_real_size_goes_through(void **state)
{
	static char token[9001];
	struct how how = at_once(NULL);

	(void)state;
	memset(token, 't', sizeof(token) - 1);
	how.token = token;
	meet(&how, "ok", "",
	    SCRIPT(OPEN, CAN("AUTH=XOAUTH2"), "CA2 AUTHENTICATE XOAUTH2",
		"S+ \r\n", "C*", "SA2 OK\r\n", OUT));
}

static void
capabilities_in_the_greeting_spare_a_question(void **state)
{
	struct how how = at_once("password");

	(void)state;
	meet(&how, "ok", "",
	    SCRIPT(TLS, "S* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n",
		"CA2 AUTHENTICATE PLAIN", "S+ \r\n", "C" P_LINE, "SA2 OK\r\n",
		OUT));
	/* What it lacks may come when it is asked for. */
	meet(&how, "ok", "",
	    SCRIPT(TLS, "S* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] ready\r\n",
		"CA1 CAPABILITY",
		"SA1 OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] done\r\n",
		"CA2 AUTHENTICATE PLAIN", "S+ \r\n", "C" P_LINE, "SA2 OK\r\n",
		OUT));
}

#define START_TLS \
	"S* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] x\r\n", "CS2 STARTTLS"

static void
what_was_offered_before_tls_is_forgotten(void **state)
{
	struct how how = { .service = "imap", .password = "password" };

	(void)state;
	meet(&how, "ok", "",
	    SCRIPT(START_TLS, "SS2 OK go on\r\n", TLS, "CA1 CAPABILITY",
		CAN("AUTH=PLAIN"), "CA2 AUTHENTICATE PLAIN", "S+ \r\n",
		"C" P_LINE, "SA2 OK in\r\n", OUT));
	meet(&how, "config", "no_auth",
	    SCRIPT(START_TLS, "SS2 OK go on\r\n", TLS, "CA1 CAPABILITY",
		CAN("LOGINDISABLED"), OUT));
	meet(&how, "ok", "",
	    SCRIPT("S* OK x\r\n", "CS1 CAPABILITY",
		"S* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n"
		"S1 OK\r\n",
		"CS2 STARTTLS", "SS2 OK\r\n", TLS, "CA1 CAPABILITY",
		CAN("AUTH=PLAIN"), "CA2 AUTHENTICATE PLAIN", "S+ \r\n",
		"C" P_LINE, "SA2 OK\r\n", OUT));
}

static void
without_tls_nothing_is_said(void **state)
{
	struct how how = { .service = "imap", .password = "password" };

	(void)state;
	meet(&how, "config", "no_tls",
	    SCRIPT("S* OK x\r\n", "CS1 CAPABILITY",
		"S* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nS1 OK\r\n", OUT));
	meet(&how, "config", "no_tls",
	    SCRIPT(START_TLS, "SS2 BAD no\r\n", OUT));
	meet(&how, "transient", "mail_server",
	    SCRIPT(START_TLS, "SS2 NO [UNAVAILABLE] later\r\n", OUT));
	meet(&how, "config", "mail_server",
	    SCRIPT("S* PREAUTH you are in\r\n", OUT));
	meet(&how, "config", "no_tls", SCRIPT("S\x15\x03\x01", END));
	how.tls = "implicit";
	meet(&how, "config", "no_tls", SCRIPT("S* OK plain\r\n", WAIT));
}

static void
octets_ahead_of_the_handshake_end_the_connection(void **state)
{
	(void)state;
	meet(&(struct how){ .service = "imap" }, "config", "no_tls",
	    SCRIPT(START_TLS,
		"SS2 OK go on\r\n* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n",
		END));
}

static void
the_command_login_is_taken_where_there_is_no_other(void **state)
{
	struct how how = at_once("pass \"w\\d");

	(void)state;
	meet(&how, "ok", "",
	    SCRIPT(OPEN, CAN("IDLE"), "CA2 LOGIN \"a@b.c\" \"pass \\\"w\\\\d\"",
		"SA2 OK\r\n", OUT));
	assert_string_equal(field("mechanism"), "login");
	how.password = "p\xc3\xa4ss";
	meet(&how, "ok", "",
	    SCRIPT(OPEN, CAN("IDLE"), "CA2 LOGIN \"a@b.c\" {5}", "S+ go\r\n",
		"Cp\xc3\xa4ss", "SA2 OK\r\n", OUT));
	how.user = "\xc3\xa4@b.c";
	meet(&how, "reauth", "wrong_password",
	    SCRIPT(OPEN, CAN("IDLE"), "CA2 LOGIN {6}", "S+ go\r\n",
		"C\xc3\xa4@b.c {5}", "S+ go\r\n", "Cp\xc3\xa4ss",
		"SA2 NO LOGIN failed.\r\n", OUT));
	meet(&how, "config", "no_auth",
	    SCRIPT(OPEN, CAN("LOGINDISABLED AUTH=GSSAPI"), OUT));
	assert_non_null(strstr(field("detail"), "PLAIN or LOGIN"));
	assert_non_null(strstr(field("detail"), "AUTH=GSSAPI"));
}

/* A server may say no as soon as it has heard who. */
static void
a_no_instead_of_a_prompt_ends_the_login(void **state)
{
	struct how how = at_once("p\xc3\xa4ss");

	(void)state;
	meet(&how, "throttled", "throttled",
	    SCRIPT(OPEN, CAN("IDLE"), "CA2 LOGIN \"a@b.c\" {5}",
		"SA2 NO [LIMIT] slowly\r\n", OUT));
	meet(&how, "config", "no_auth",
	    SCRIPT(OPEN, CAN("AUTH=PLAIN"), "CA2 AUTHENTICATE PLAIN",
		"SA2 NO [CANNOT] not this\r\n", OUT));
	meet(&how, "malformed", "malformed",
	    SCRIPT(OPEN, CAN("AUTH=PLAIN"), "CA2 AUTHENTICATE PLAIN",
		"SA2 OK so soon\r\n", OUT));
}

static void
a_refused_token_is_answered_so_that_the_final_no_comes(void **state)
{
	struct how how = at_once(NULL);

	(void)state;
	meet(&how, "reauth", "login_refused",
	    SCRIPT(OPEN, CAN("AUTH=XOAUTH2"), "CA2 AUTHENTICATE XOAUTH2",
		"S+ \r\n", "C" X_LINE, NO_TOKEN, "C",
		"SA2 NO [AUTHENTICATIONFAILED] Invalid credentials\r\n", OUT));
	assert_string_equal(field("enhanced"), "AUTHENTICATIONFAILED");
	meet(&how, "admin", "login_refused",
	    SCRIPT(OPEN, CAN("AUTH=OAUTHBEARER"),
		"CA2 AUTHENTICATE OAUTHBEARER", "S+ \r\n", "C*", NO_TOKEN,
		"CAQ==", "SA2 NO [AUTHORIZATIONFAILED] not this mailbox\r\n",
		OUT));
	meet(&how, "malformed", "malformed",
	    SCRIPT(OPEN, CAN("AUTH=XOAUTH2"), "CA2 AUTHENTICATE XOAUTH2",
		"S+ \r\n", "C" X_LINE, NO_TOKEN, "C", "SA2 OK after all\r\n",
		OUT));
}

static void
a_success_has_our_tag(void **state)
{
	struct how how = at_once(NULL);

	(void)state;
	meet(&how, "malformed", "malformed",
	    SCRIPT(OPEN, CAN("AUTH=XOAUTH2"), "CA2 AUTHENTICATE XOAUTH2",
		"S+ \r\n", "C" X_LINE, "SA1 OK done\r\n", END));
	meet(&how, "transient", "network",
	    SCRIPT(OPEN, CAN("AUTH=XOAUTH2"), "CA2 AUTHENTICATE XOAUTH2",
		"S+ \r\n", "C" X_LINE, "S* OK done\r\n", SHUT));
}

static void
a_server_that_quotes_the_credential_is_not_quoted(void **state)
{
	struct how how = at_once("s3cret-s3cret");

	(void)state;
	meet(&how, "config", "mail_server",
	    SCRIPT(OPEN, CAN("IDLE"), "C*",
		"SA2 BAD what is \"s3cret-s3cret\"\r\n", OUT));
	assert_null(strstr(field("detail"), "s3cret"));
	assert_non_null(strstr(field("detail"), "left out"));
	/* A user name is no secret. */
	how.user = "admissions@college.example";
	meet(&how, "reauth", "wrong_password",
	    SCRIPT(OPEN, CAN("IDLE"), "C*",
		"SA2 NO admissions@college.example unknown\r\n", OUT));
	assert_non_null(strstr(field("detail"), "admissions@college.example"));
}

static void
a_silent_server_has_a_deadline(void **state)
{
	struct how how = at_once(NULL);

	(void)state;
	how.timeout_ms = 300;
	meet(&how, "transient", "silent", SCRIPT(TLS, WAIT));
	meet(&how, "transient", "silent", SCRIPT(TLS, "D* OK forever"));
	meet(&how, "malformed", "malformed",
	    SCRIPT(OPEN, "R* OK still here\r\n"));
}

static void
a_certificate_must_be_trusted_and_name_the_host(void **state)
{
	struct how how = at_once(NULL);

	(void)state;
	how.store = empty;
	meet(&how, "config", "certificate", SCRIPT(SHY));
	assert_non_null(strstr(field("detail"), "issued by /CN=Test CA"));
	how.tls = NULL;
	meet(&how, "config", "certificate",
	    SCRIPT(START_TLS, "SS2 OK\r\n", SHY));
	how.trust = pem;
	how.tls = "implicit";
	meet(&how, "ok", "",
	    SCRIPT(OPEN, CAN("AUTH=XOAUTH2"), "C*", "S+ \r\n", "C*",
		"SA2 OK\r\n", OUT));
}

static void
an_origin_of_the_other_service_is_not_visited(void **state)
{
	struct how how = at_once(NULL);

	(void)state;
	how.origins = "smtp://localhost:1";
	run(&how, 1);
	expect("config", "origin");
	how.origins = "imap://localhost:1";
	run(&how, 1);
	expect("transient", "network");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_is_said_in_a_step_of_its_own),
		cmocka_unit_test(a_token_of_real_size_goes_through),
		cmocka_unit_test(capabilities_in_the_greeting_spare_a_question),
		cmocka_unit_test(what_was_offered_before_tls_is_forgotten),
		cmocka_unit_test(without_tls_nothing_is_said),
		cmocka_unit_test(
		    octets_ahead_of_the_handshake_end_the_connection),
		cmocka_unit_test(
		    the_command_login_is_taken_where_there_is_no_other),
		cmocka_unit_test(a_no_instead_of_a_prompt_ends_the_login),
		cmocka_unit_test(
		    a_refused_token_is_answered_so_that_the_final_no_comes),
		cmocka_unit_test(a_success_has_our_tag),
		cmocka_unit_test(
		    a_server_that_quotes_the_credential_is_not_quoted),
		cmocka_unit_test(a_silent_server_has_a_deadline),
		cmocka_unit_test(
		    a_certificate_must_be_trusted_and_name_the_host),
		cmocka_unit_test(an_origin_of_the_other_service_is_not_visited),
	};

	return cmocka_run_group_tests_name("imap", tests, stage_prepare,
	    stage_clean_up);
}
