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
tls_from_the_first_byte_works_as_well(void **state)
{
	(void)state;
	meet(&(struct how){ .tls = "implicit", .password = "password" }, "ok",
	    "",
	    SCRIPT(TLS, GREET, "S250-x\r\n250 AUTH LOGIN PLAIN\r\n",
		"CAUTH PLAIN", "S334 \r\n", "C" P_LINE, "S235 ok\r\n", QUIT));
	assert_string_equal(field("mechanism"), "plain");
}

static void
without_tls_nothing_is_said(void **state)
{
	(void)state;
	meet(&(struct how){ 0 }, "config", "no_tls",
	    SCRIPT(GREET, "S250-x\r\n250 AUTH XOAUTH2\r\n", QUIT));
	meet(&(struct how){ 0 }, "config", "no_tls",
	    SCRIPT(GREET, "S250-x\r\n250 STARTTLS\r\n", "CSTARTTLS",
		"S502 5.5.1 no\r\n", QUIT));
	meet(&(struct how){ 0 }, "transient", "mail_server",
	    SCRIPT(GREET, "S250-x\r\n250 STARTTLS\r\n", "CSTARTTLS",
		"S454 4.7.0 not now\r\n", QUIT));
	meet(&(struct how){ .tls = "implicit" }, "config", "no_tls",
	    SCRIPT("S220 plain\r\n", WAIT));
	meet(&(struct how){ 0 }, "config", "no_tls",
	    SCRIPT("S\x15\x03\x01", END));
}

/* Nobody listens on that port, but the way there is open. */
static void
a_server_on_an_ipv6_address_is_bound_in_brackets(void **state)
{
	struct how how = { .host = "::1", .origins = "smtp://[::1]:1" };

	(void)state;
	run(&how, 1);
	expect("transient", "network");
	assert_string_equal(field("server"), "[::1]:1");
	how.origins = "smtp://::1:1";
	run(&how, 1);
	expect("config", "origin");
}

static void
octets_ahead_of_the_handshake_end_the_connection(void **state)
{
	(void)state;
	meet(&(struct how){ 0 }, "config", "no_tls",
	    SCRIPT(GREET, "S250-x\r\n250 STARTTLS\r\n", "CSTARTTLS",
		"S220 go on\r\n250 injected\r\n", END));
}

static void
a_certificate_must_be_trusted_and_name_the_host(void **state)
{
	const char *const *script = SCRIPT(GREET, "S250-x\r\n250 STARTTLS\r\n",
	    "CSTARTTLS", "S220 x\r\n", SHY);

	(void)state;
	meet(&(struct how){ .host = "127.0.0.1" }, "config", "certificate",
	    script);
	assert_non_null(strstr(field("detail"), "IP address mismatch"));
	meet(&(struct how){ .store = empty }, "config", "certificate", script);
	assert_memory_equal(field("detail"), "localhost:", 10);
	assert_non_null(strstr(field("detail"), "issued by /CN=Test CA"));
	assert_non_null(strstr(field("detail"), "self-signed certificate"));
}

static void
trust_of_the_request_replaces_the_store(void **state)
{
	(void)state;
	meet(&(struct how){ .store = empty, .trust = pem }, "ok", "",
	    SCRIPT(GREET, START, "S250-x\r\n250 AUTH XOAUTH2\r\n",
		"CAUTH XOAUTH2", "S334 \r\n", "C" X_LINE, "S235 ok\r\n", QUIT));
}

static void
an_origin_that_is_not_bound_is_not_visited(void **state)
{
	uint16_t port;
	int listener = stage_listen(&port);

	(void)state;
	run(&(struct how){ .origins = "smtp://other:25 https://localhost:1" },
	    port);
	expect("config", "origin");
	close(listener);
	run(&(struct how){ 0 }, port);
	expect("transient", "network");
	assert_non_null(strstr(field("detail"), "refused"));
}

static void
a_mail_is_sent_when_its_last_reply_says_so(void **state)
{
#define LOGGED_IN                                                        \
	GREET, START, "S250-x\r\n250 AUTH XOAUTH2\r\n", "CAUTH XOAUTH2", \
	    "S334 \r\n", "C" X_LINE, "S235 ok\r\n"
#define HEADERS "C*", "C*", "C*", "C*", "C*", "C*", "C*", "C*", "C*"
	struct how mail = { .body = "Hello\n.\n" };

	(void)state;
	meet(&mail, "ok", "",
	    SCRIPT(LOGGED_IN, "CMAIL FROM:<a@b.c>", "S250 ok\r\n",
		"CRCPT TO:<x@y.z>", "S250 ok\r\n", "CDATA", "S354 go\r\n",
		HEADERS, "C", "CHello", "C..", "C.", "S250 2.0.0 queued\r\n",
		QUIT));
	assert_string_equal(field("detail"), "250 2.0.0 queued");
	meet(&mail, "config", "mail_refused",
	    SCRIPT(LOGGED_IN, "C*", "S250 ok\r\n", "C*", "S550 5.1.1 who\r\n",
		QUIT));
	meet(&mail, "admin", "mail_refused",
	    SCRIPT(LOGGED_IN, "C*", "S550 5.7.60 not you\r\n", QUIT));
	meet(&mail, "throttled", "throttled",
	    SCRIPT(LOGGED_IN, "C*", "S250 ok\r\n", "C*", "S250 ok\r\n", "C*",
		"S354 go\r\n", HEADERS, "C", "C*", "C*", "C.",
		"S550 5.2.252 Sender throttled\r\n", QUIT));
	meet(&mail, "malformed", "malformed",
	    SCRIPT(LOGGED_IN, "C*", "S250 ok\r\n", "C*", "S250 ok\r\n", "C*",
		"S250 too early\r\n", QUIT));
}

/* Its scripts end with the goodbye: not a word of AUTH is said. */
static void
a_look_tells_what_is_offered_and_logs_in_nowhere(void **state)
{
	struct how smtp = { .look = true };
	struct how imap = { .look = true,
		.service = "imap",
		.tls = "implicit" };

	(void)state;
	meet(&smtp, "ok", "",
	    SCRIPT(GREET, START, "S250-x\r\n250 AUTH PLAIN XOAUTH2 X-NEW\r\n",
		QUIT));
	assert_string_equal(field("mechanisms"), "xoauth2 plain");
	assert_memory_equal(field("server"), "localhost:", 10);
	meet(&smtp, "config", "no_auth",
	    SCRIPT(GREET, START, "S250 x\r\n", QUIT));
	assert_string_equal(field("mechanisms"), "");
	smtp.store = empty;
	meet(&smtp, "config", "certificate",
	    SCRIPT(GREET, "S250-x\r\n250 STARTTLS\r\n", "CSTARTTLS",
		"S220 x\r\n", SHY));
	meet(&imap, "ok", "",
	    SCRIPT(TLS, "S* OK ready\r\n", "CA1 CAPABILITY",
		"S* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 LOGINDISABLED\r\n"
		"A1 OK done\r\n",
		"CA3 LOGOUT", "S* BYE bye\r\n", END));
	assert_string_equal(field("mechanisms"), "xoauth2");
	meet(&imap, "ok", "",
	    SCRIPT(TLS, "S* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n",
		"CA3 LOGOUT", "S* BYE bye\r\n", END));
	assert_string_equal(field("mechanisms"), "plain login");
}

static void
a_request_that_is_not_one_is_refused(void **state)
{
#define DIGEST \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SERVER "exchange origins=smtp://h:25 set_host=h set_port=25 "
#define LOGIN SERVER "set_tls=starttls in_username=a "
#define MAIL LOGIN "in_password=p in_from=a@b in_to=c@d in_subject=s in_body=b"
	static const struct {
		const char *text;
		bool send;
		int error;
	} cases[] = { { SERVER "in_username=a in_password=p", false,
			  MAILSEAL_E_MISSING },
		{ SERVER "set_tls=none in_username=a in_password=p", false,
		    MAILSEAL_E_UNKNOWN },
		{ LOGIN, false, MAILSEAL_E_MALFORMED },
		{ LOGIN "in_mechanism=best", false, MAILSEAL_E_MISSING },
		{ LOGIN "in_access_token=t in_password=p", false,
		    MAILSEAL_E_UNKNOWN },
		{ LOGIN "in_password=p in_mechanism=xoauth2", false,
		    MAILSEAL_E_UNKNOWN },
		{ LOGIN "in_access_token=t in_mechanism=plain", false,
		    MAILSEAL_E_UNKNOWN },
		{ LOGIN "in_access_token=t in_mechanism=bearer", false,
		    MAILSEAL_E_UNKNOWN },
		{ LOGIN "in_password=p set_trust=nonsense", false,
		    MAILSEAL_E_MALFORMED },
		{ LOGIN "in_password=p set_pins=ab", false,
		    MAILSEAL_E_MALFORMED },
		{ LOGIN "in_password=p set_pins=" DIGEST "%20", false,
		    MAILSEAL_E_MALFORMED },
		{ LOGIN "in_password=p set_pins=" DIGEST DIGEST, false,
		    MAILSEAL_E_MALFORMED },
		{ LOGIN "in_password=p other=1", false, MAILSEAL_E_UNKNOWN },
		{ MAIL, false, MAILSEAL_E_UNKNOWN },
		{ MAIL "%0D%0A%00", true, MAILSEAL_E_MALFORMED },
		{ LOGIN "in_password=p in_from=a@b in_to=c@d%3E in_subject=s "
			"in_body=b",
		    true, MAILSEAL_E_MALFORMED },
		{ LOGIN "in_password=p in_from=a@b in_to=c@d "
			"in_subject=s%0D%0ABcc:x in_body=b",
		    true, MAILSEAL_E_MALFORMED },
		{ "exchange origins=smtp://h:0 set_host=h set_port=0 "
		  "set_tls=implicit in_username=a in_password=p",
		    false, MAILSEAL_E_MALFORMED },
		{ "exchange origins=smtp://h:25 set_host=h/x set_port=25 "
		  "set_tls=implicit in_username=a in_password=p",
		    false, MAILSEAL_E_MALFORMED } };

	struct http_way way = { .trust = { trusting, NULL, NULL },
		.deadline_ms = clock_ms() + 1000 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].text);
		struct line_writer w;

		memcpy(request_bytes, cases[i].text, len);
		line_start(&request, request_bytes, len);
		line_begin(&w, reply_bytes, sizeof(reply_bytes), "ok");
		assert_int_equal(mailbox_run(&request, cases[i].send, &way, &w),
		    cases[i].error);
		assert_int_equal(w.len, 2);
		assert_int_equal(secret_arena_used(), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_server_on_an_ipv6_address_is_bound_in_brackets),
		cmocka_unit_test(tls_from_the_first_byte_works_as_well),
		cmocka_unit_test(without_tls_nothing_is_said),
		cmocka_unit_test(
		    octets_ahead_of_the_handshake_end_the_connection),
		cmocka_unit_test(
		    a_certificate_must_be_trusted_and_name_the_host),
		cmocka_unit_test(trust_of_the_request_replaces_the_store),
		cmocka_unit_test(an_origin_that_is_not_bound_is_not_visited),
		cmocka_unit_test(a_mail_is_sent_when_its_last_reply_says_so),
		cmocka_unit_test(
		    a_look_tells_what_is_offered_and_logs_in_nowhere),
		cmocka_unit_test(a_request_that_is_not_one_is_refused),
	};

	return cmocka_run_group_tests_name("mailbox", tests, stage_prepare,
	    stage_clean_up);
}
