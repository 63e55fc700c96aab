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

static void
a_token_goes_in_a_step_of_its_own(void **state)
{
	(void)state;
	meet(&(struct how){ 0 }, "ok", "",
	    SCRIPT(GREET, START, "S250-x\r\n250 AUTH LOGIN XOAUTH2\r\n",
		"CAUTH XOAUTH2", "S334 \r\n", "C" X_LINE,
		"S235-2.7.0 well\r\n235 2.7.0 done\r\n", QUIT));
	assert_string_equal(field("mechanism"), "xoauth2");
	assert_string_equal(field("code"), "235");
	assert_string_equal(field("enhanced"), "2.7.0");
	assert_string_equal(field("detail"), "235 2.7.0 well done");
}

static void
login_does_not_care_for_the_words_of_the_prompts(void **state)
{
	(void)state;
	meet(&(struct how){ .password = "password" }, "ok", "",
	    SCRIPT(GREET, START, "S250-x\r\n250 AUTH LOGIN\r\n", "CAUTH LOGIN",
		"S334 who?\r\n", "CYUBiLmM=", "S334\r\n",
		"CcGFzc3dvcmQ=", "S235 ok\r\n", QUIT));
	assert_string_equal(field("mechanism"), "login");
}

static void
a_refused_token_is_told_by_the_final_reply(void **state)
{
#define CHALLENGE "S334 eyJzdGF0dXMiOiI0MDEifQ==\r\n"
	(void)state;
	meet(&(struct how){ 0 }, "reauth", "login_refused",
	    SCRIPT(GREET, START, "S250-x\r\n250 AUTH XOAUTH2\r\n",
		"CAUTH XOAUTH2", "S334 \r\n", "C" X_LINE, CHALLENGE, "C",
		DENIED, QUIT));
	assert_string_equal(field("code"), "535");
	assert_string_equal(field("detail"), "535 5.7.8 no");
	meet(&(struct how){ .mechanism = "oauthbearer" }, "reauth",
	    "login_refused",
	    SCRIPT(GREET, START, "S250-x\r\n250 AUTH XOAUTH2 OAUTHBEARER\r\n",
		"CAUTH OAUTHBEARER", "S334 \r\n", "C*", CHALLENGE,
		"CAQ==", DENIED, QUIT));
	assert_string_equal(field("mechanism"), "oauthbearer");
	/* {"status":"insufficient_scope"} */
	meet(&(struct how){ 0 }, "reauth", "reauth",
	    SCRIPT(GREET, START, "S250-x\r\n250 AUTH XOAUTH2\r\n",
		"CAUTH XOAUTH2", "S334 \r\n", "C" X_LINE,
		"S334 eyJzdGF0dXMiOiJpbnN1ZmZpY2llbnRfc2NvcGUifQ==\r\n", "C",
		DENIED, QUIT));
	/* An empty one is no challenge; and what follows is no success. */
	meet(&(struct how){ 0 }, "malformed", "malformed",
	    SCRIPT(GREET, START, "S250-x\r\n250 AUTH XOAUTH2\r\n",
		"CAUTH XOAUTH2", "S334 \r\n", "C" X_LINE, "S334 \r\n", "C",
		"S235 ok\r\n", QUIT));
}

static void
a_wrong_password_is_not_a_wrong_token(void **state)
{
	(void)state;
	meet(&(struct how){ .password = "password" }, "reauth",
	    "wrong_password",
	    SCRIPT(GREET, START, "S250-x\r\n250 AUTH PLAIN\r\n", "CAUTH PLAIN",
		"S334 \r\n", "C" P_LINE, DENIED, QUIT));
	meet(&(struct how){ .password = "password" }, "admin", "login_refused",
	    SCRIPT(GREET, START, "S250-x\r\n250 AUTH PLAIN\r\n", "CAUTH PLAIN",
		"S334 \r\n", "C" P_LINE,
		"S535 5.7.139 SmtpClientAuthentication is disabled\r\n", QUIT));
}

static void
only_what_is_offered_under_tls_counts(void **state)
{
	(void)state;
	meet(&(struct how){ 0 }, "config", "no_auth",
	    SCRIPT(GREET, "S250-x\r\n250-STARTTLS\r\n250 AUTH XOAUTH2\r\n",
		"CSTARTTLS", "S220 go on\r\n", TLS, "C" EHLO,
		"S250-x\r\n250-SIZE 9\r\n250 8BITMIME\r\n", QUIT));
	assert_non_null(strstr(field("detail"), "SIZE 9 8BITMIME"));
	meet(&(struct how){ 0 }, "config", "no_auth",
	    SCRIPT(GREET, START, "S250-x\r\n250 AUTH XOAUTH PLAIN\r\n", QUIT));
	assert_non_null(strstr(field("detail"), "AUTH XOAUTH PLAIN"));
	meet(&(struct how){ .mechanism = "oauthbearer" }, "config", "no_auth",
	    SCRIPT(GREET, START, "S250-x\r\n250 AUTH XOAUTH2\r\n", QUIT));
}

static void
success_before_the_credential_is_none(void **state)
{
	(void)state;
	meet(&(struct how){ 0 }, "malformed", "malformed",
	    SCRIPT(GREET, START, "S250-x\r\n250 AUTH XOAUTH2\r\n",
		"CAUTH XOAUTH2", "S235 ok\r\n", QUIT));
	meet(&(struct how){ 0 }, "malformed", "malformed",
	    SCRIPT(GREET, START, "S250-x\r\n250 AUTH XOAUTH2\r\n",
		"CAUTH XOAUTH2", "S334 \r\n", "C" X_LINE, "S250 ok\r\n", QUIT));
}

static void
a_server_that_is_silent_or_gone_is_tried_later(void **state)
{
	struct how hasty = { .timeout_ms = 200 };

	(void)state;
	meet(&hasty, "transient", "silent", SCRIPT(WAIT));
	meet(&hasty, "transient", "silent", SCRIPT("S220-x\r\n", WAIT));
	meet(&hasty, "transient", "silent", SCRIPT("D220-mail.example\r\n"));
	meet(&(struct how){ .tls = "implicit", .timeout_ms = 200 }, "transient",
	    "silent", SCRIPT(WAIT));
	meet(&(struct how){ .tls = "implicit", .timeout_ms = 700 }, "transient",
	    "silent", SCRIPT(TLS, STIR));
	meet(&(struct how){ 0 }, "transient", "network", SCRIPT(SHUT));
	meet(&(struct how){ 0 }, "transient", "network",
	    SCRIPT(GREET, START, "S250-x\r\n250 AUTH XOAUTH2\r\n",
		"CAUTH XOAUTH2", "S334 \r\n", "C" X_LINE, "S535-cut", SHUT));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_goes_in_a_step_of_its_own),
		cmocka_unit_test(
		    login_does_not_care_for_the_words_of_the_prompts),
		cmocka_unit_test(a_refused_token_is_told_by_the_final_reply),
		cmocka_unit_test(a_wrong_password_is_not_a_wrong_token),
		cmocka_unit_test(only_what_is_offered_under_tls_counts),
		cmocka_unit_test(success_before_the_credential_is_none),
		cmocka_unit_test(
		    a_server_that_is_silent_or_gone_is_tried_later),
	};

	return cmocka_run_group_tests_name("talk", tests, stage_prepare,
	    stage_clean_up);
}
