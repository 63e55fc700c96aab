/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/courier/clock.h"
#include "broker/courier/http.h"
#include "broker/courier/steps.h"
#include "broker/secret.h"
#include "proto/error.h"
#include "tests/unit/actor.h"

#define PATIENCE_MS 700
#define GRACE_MS 2000
#define OK_HEAD "HTTP/1.1 200 OK\r\n"

static struct mailseal_ask ask;
static struct http_reply *reply;
static struct http_fault fault;

static int
prepare(void **state)
{
	(void)state;
	return stage_open() ? secret_arena_open(1 << 20) : -1;
}

static int
clear(void **state)
{
	(void)state;
	stage_close();
	secret_arena_close();
	return 0;
}

/* A POST to the server of that port on localhost. */
static void
build(uint16_t port)
{
	memset(&ask, 0, sizeof(ask));
	memset(&fault, 0, sizeof(fault));
	(void)snprintf(ask.url, sizeof(ask.url), "https://localhost:%u/token",
	    port);
	assert_int_equal(steps_put(&ask, MAILSEAL_IN_FORM, "grant_type",
			     "refresh_token", 13, 0),
	    0);
	http_reply_free(reply);
	reply = NULL;
}

/* Ask a server that follows the script; how long that took. */
static int64_t
meet(const char *const *script, int64_t timeout_ms, int wanted)
{
	char origins[64];
	struct http_way way = { .origins = origins,
		.trust = { trusting, "/ca.pem", NULL } };
	uint16_t port;
	int listener = stage_listen(&port), error, status = -1;
	pid_t pid = fork();
	int64_t start = clock_ms();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(stage_serve(listener, script));
	close(listener);
	build(port);
	(void)snprintf(origins, sizeof(origins), "https://localhost:%u", port);
	way.deadline_ms = start + timeout_ms;
	error = http_ask(&ask, &way, &reply, &fault);
	start = clock_ms() - start;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (error != wanted || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("error=%d detail=%s server=%x", error, fault.detail,
		    status);
	return start;
}

/* Whatever the server does, it is over in time, and we are told why. */
static void
expect_silence(const char *const *script)
{
	int64_t took = meet(script, PATIENCE_MS, MAILSEAL_E_SILENT);

	print_message("silent after %d ms of %d\n", (int)took, PATIENCE_MS);
	assert_true(took >= PATIENCE_MS - 50);
	assert_true(took < PATIENCE_MS + GRACE_MS);
	assert_string_equal(mailseal_error_name(fault.error), "silent");
	assert_memory_equal(fault.detail, "https://localhost:", 18);
	assert_non_null(strstr(fault.detail, " did not answer "));
	assert_non_null(strstr(fault.detail, " within 1 s"));
	assert_null(reply);
}

static void
a_server_that_accepts_and_says_nothing_holds_nobody(void **state)
{
	(void)state;
	expect_silence(SCRIPT(WAIT));
}

static void
a_server_that_answers_no_request_holds_nobody(void **state)
{
	(void)state;
	expect_silence(SCRIPT(TLS, HEAR, WAIT));
}

static void
a_handshake_that_drips_holds_nobody(void **state)
{
	(void)state;
	expect_silence(SCRIPT("D\x16\x03\x03\x40\x40\x02"));
}

static void
headers_that_drip_hold_nobody(void **state)
{
	(void)state;
	expect_silence(SCRIPT(TLS, HEAR, "S" OK_HEAD, "DX-Slow: x\r\n"));
}

static void
a_body_that_drips_holds_nobody(void **state)
{
	(void)state;
	expect_silence(SCRIPT(TLS, HEAR,
	    "S" OK_HEAD "Content-Length: 60000\r\n\r\n", "D "));
}

static void
tls_that_stirs_itself_holds_nobody(void **state)
{
	(void)state;
	expect_silence(SCRIPT(TLS, HEAR, STIR));
}

static void
interim_replies_without_end_are_no_answer(void **state)
{
	(void)state;
	(void)meet(SCRIPT(TLS, HEAR, "RHTTP/1.1 100 Continue\r\nA: b\r\n\r\n"),
	    10000, MAILSEAL_OK);
	assert_int_equal(reply->body, MAILSEAL_BODY_CUT);
}

static void
a_body_beyond_the_limit_is_not_taken(void **state)
{
	(void)state;
	(void)meet(SCRIPT(TLS, HEAR, "S" OK_HEAD "\r\n",
		       "R01234567890123456789"),
	    10000, MAILSEAL_OK);
	assert_int_equal(reply->body, MAILSEAL_BODY_TOOLONG);
	assert_true(reply->content->len <= MAILSEAL_BODY_MAX);
}

static void
chunks_beyond_the_limit_are_not_taken(void **state)
{
	(void)state;
	(void)meet(SCRIPT(TLS, HEAR,
		       "S" OK_HEAD "Transfer-Encoding: chunked\r\n\r\n",
		       "R10\r\n0123456789abcdef\r\n"),
	    10000, MAILSEAL_OK);
	assert_int_equal(reply->body, MAILSEAL_BODY_TOOLONG);
	assert_true(reply->content->len <= MAILSEAL_BODY_MAX);
}

static void
headers_without_end_are_not_taken(void **state)
{
	(void)state;
	(void)meet(SCRIPT(TLS, HEAR, "S" OK_HEAD, "RX-Flood: 0123456789\r\n"),
	    10000, MAILSEAL_OK);
	assert_int_equal(reply->body, MAILSEAL_BODY_TOOLONG);
	assert_true(reply->headers.count <= HTTP_HEADERS_MAX);
}

static void
one_header_without_end_is_not_taken(void **state)
{
	(void)state;
	(void)meet(SCRIPT(TLS, HEAR, "S" OK_HEAD "X-Flood: ",
		       "R0123456789012345678901234567890123456789"),
	    10000, MAILSEAL_OK);
	assert_int_equal(reply->body, MAILSEAL_BODY_TOOLONG);
}

static void
a_redirect_is_shown_and_not_followed(void **state)
{
	(void)state;
	(void)meet(SCRIPT(TLS, HEAR,
		       "SHTTP/1.1 307 Moved\r\n"
		       "Location: https://localhost:1/\r\n"
		       "Content-Length: 0\r\n\r\n",
		       WAIT),
	    10000, MAILSEAL_OK);
	assert_int_equal(reply->status, 307);
}

static void
a_body_that_is_cut_off_is_no_answer(void **state)
{
	(void)state;
	(void)meet(SCRIPT(TLS, HEAR,
		       "S" OK_HEAD "Content-Length: 60\r\n\r\n{\"a\":", SHUT),
	    10000, MAILSEAL_OK);
	assert_int_equal(reply->body, MAILSEAL_BODY_CUT);
}

/* Where nobody takes the connection, ten seconds are enough. */
static void
a_host_that_swallows_packets_is_told_by_name_and_time(void **state)
{
	uint16_t port;
	int listener = stage_listen(&port), held[3];
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char origins[64], wanted[128];
	struct http_way way = { .origins = origins,
		.trust = { trusting, "/ca.pem", NULL },
		.deadline_ms = clock_ms() + PATIENCE_MS };

	(void)state;
	for (int i = 0; i < 3; i++) { /* its queue is full */
		held[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(held[i], (struct sockaddr *)&sin, sizeof(sin));
	}
	build(port);
	(void)snprintf(origins, sizeof(origins), "https://localhost:%u", port);
	assert_int_equal(http_ask(&ask, &way, &reply, &fault),
	    MAILSEAL_E_SILENT);
	(void)snprintf(wanted, sizeof(wanted), "%s did not answer within 1 s",
	    origins);
	assert_string_equal(fault.detail, wanted);
	for (int i = 0; i < 3; i++)
		assert_int_equal(close(held[i]), 0);
	assert_int_equal(close(listener), 0);
}

static void
a_server_without_our_trust_hears_nothing(void **state)
{
	X509_STORE *kept = trusting;

	(void)state;
	trusting = empty;
	(void)meet(SCRIPT(SHY), 10000, MAILSEAL_E_TRUST);
	trusting = kept;
	assert_non_null(strstr(fault.detail, "localhost"));
	assert_non_null(strstr(fault.detail, "Test CA"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_server_that_accepts_and_says_nothing_holds_nobody),
		cmocka_unit_test(a_server_that_answers_no_request_holds_nobody),
		cmocka_unit_test(a_handshake_that_drips_holds_nobody),
		cmocka_unit_test(headers_that_drip_hold_nobody),
		cmocka_unit_test(a_body_that_drips_holds_nobody),
		cmocka_unit_test(tls_that_stirs_itself_holds_nobody),
		cmocka_unit_test(interim_replies_without_end_are_no_answer),
		cmocka_unit_test(a_body_beyond_the_limit_is_not_taken),
		cmocka_unit_test(chunks_beyond_the_limit_are_not_taken),
		cmocka_unit_test(headers_without_end_are_not_taken),
		cmocka_unit_test(one_header_without_end_is_not_taken),
		cmocka_unit_test(a_redirect_is_shown_and_not_followed),
		cmocka_unit_test(a_body_that_is_cut_off_is_no_answer),
		cmocka_unit_test(
		    a_host_that_swallows_packets_is_told_by_name_and_time),
		cmocka_unit_test(a_server_without_our_trust_hears_nothing),
	};

	return cmocka_run_group_tests(tests, prepare, clear);
}
