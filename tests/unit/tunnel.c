/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a password or token to a proxy; or a day, for a
 * proxy that says no and nobody tells.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/courier/http.h"
#include "broker/courier/steps.h"
#include "broker/courier/tunnel.h"
#include "tests/unit/stage.h"

#define TO_MAIL "CCONNECT localhost:2525 HTTP/1.1", "CHost: localhost:2525", "C"
#define YES "HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n"
#define PROXIED .password = "password", .proxied = true

/* The proxy plays the server, too, once it has said yes. */
static void
a_login_goes_through_a_proxy_which_hears_the_host_only(void **state)
{
	const struct how how = { PROXIED };
	const struct how implicit = { PROXIED, .tls = "implicit" };

	(void)state;
	/* The greeting comes in one piece with the proxy's yes. */
	meet(&how, "ok", "",
	    SCRIPT(TO_MAIL, "S" YES "220 mail.example ready\r\n", "C" EHLO,
		START, "S250-x\r\n250 AUTH PLAIN\r\n", "CAUTH PLAIN",
		"S334 \r\n", "C" P_LINE, "S235 ok\r\n", QUIT));
	meet(&how, "ok", "",
	    SCRIPT(TO_MAIL, "SHTTP/1.0 200\r\n\r\n", GREET, START,
		"S250-x\r\n250 AUTH PLAIN\r\n", "CAUTH PLAIN", "S334 \r\n",
		"C" P_LINE, "S235 ok\r\n", QUIT));
	meet(&implicit, "ok", "",
	    SCRIPT(TO_MAIL, "S" YES, TLS, GREET, "S250-x\r\n250 AUTH PLAIN\r\n",
		"CAUTH PLAIN", "S334 \r\n", "C" P_LINE, "S235 ok\r\n", QUIT));
}

static void
imap_goes_through_it_as_well(void **state)
{
	(void)state;
	meet(&(struct how){ PROXIED, .service = "imap", .tls = "implicit" },
	    "ok", "",
	    SCRIPT(TO_MAIL, "S" YES, TLS,
		"S* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n",
		"CA2 AUTHENTICATE PLAIN", "S+ \r\n", "C" P_LINE,
		"SA2 OK in\r\n", "CA3 LOGOUT", "S* BYE\r\nA3 OK\r\n", END));
}

/* A proxy that answers for the server is found out by its certificate. */
static void
a_proxy_that_plays_the_server_is_not_trusted(void **state)
{
	(void)state;
	meet(&(struct how){ PROXIED, .tls = "implicit", .store = empty },
	    "config", "certificate", SCRIPT(TO_MAIL, "S" YES, SHY, END));
}

static void
refuses(const char *answer, const char *told)
{
	struct how how = { PROXIED };

	meet(&how, "transient", "proxy", SCRIPT(TO_MAIL, answer, END));
	if (strstr(field("detail"), told) == NULL)
		fail_msg("%s lacks: %s", field("detail"), told);
	assert_true(strlen(field("detail")) < FAULT_DETAIL_MAX);
	assert_memory_equal(field("detail"), "the proxy 127.0.0.1:", 20);
	for (const char *c = field("detail"); *c != '\0'; c++)
		assert_in_range(*c, 0x20, 0x7e);
}

static void
a_proxy_that_says_no_is_quoted(void **state)
{
	(void)state;
	refuses("SHTTP/1.1 403 Forbidden\r\nA: b\r\n\r\n<html>",
	    "does not connect us to localhost:2525: HTTP/1.1 403 Forbidden "
	    "(many proxies let only port 443 through)");
	refuses("SHTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
	    "407 Proxy Authentication Required (it wants a password");
	refuses("SHTTP/1.1 503 \033[2Jno\r\n", "HTTP/1.1 503 \\x1b[2Jno");
	refuses("SHTTP/1.1 302 Found\r\nLocation: http://x/\r\n\r\n",
	    "HTTP/1.1 302 Found");
	refuses("SHTTP/1.1 100 Continue\r\n\r\n", "100 Continue");
}

static void
what_is_no_proxy_is_told_so(void **state)
{
	(void)state;
	refuses("SSSH-2.0-OpenSSH_9.2\r\n",
	    "gave what is no answer of a proxy: SSH-2.0-OpenSSH_9.2");
	refuses("S220 mail.example ESMTP\r\n", "220 mail.example ESMTP");
	refuses("SHTTP/1.1 2000 ok\r\n", "no answer of a proxy");
	refuses("SHTTP/2 200 ok\r\n\r\n", "no answer of a proxy");
	refuses("S\r\n", "no answer of a proxy");
}

static void
a_proxy_that_talks_without_end_is_left(void **state)
{
	const struct how how = { PROXIED };

	(void)state;
	meet(&how, "transient", "proxy", SCRIPT(TO_MAIL, "Rx"));
	assert_non_null(strstr(field("detail"), "no answer of a proxy: xxx"));
	meet(&how, "transient", "proxy",
	    SCRIPT(TO_MAIL, "SHTTP/1.1 200 ok\r\n", "RA: bcdefghijkl\r\n"));
	assert_non_null(strstr(field("detail"), "no answer of a proxy"));
}

static void
a_proxy_that_hangs_or_closes_holds_nobody(void **state)
{
	const struct how how = { PROXIED, .timeout_ms = 700 };

	(void)state;
	meet(&how, "transient", "proxy", SCRIPT(TO_MAIL, WAIT));
	assert_non_null(strstr(field("detail"),
	    "did not connect us to localhost:2525 within 1 s"));
	meet(&how, "transient", "proxy",
	    SCRIPT(TO_MAIL, "SHTTP/1.1 200 ok\r\n", "DA: b"));
	meet(&how, "transient", "proxy", SCRIPT(TO_MAIL, SHUT));
	assert_non_null(strstr(field("detail"), "it closed the connection"));
}

static void
a_proxy_that_is_not_there_is_the_one_that_is_named(void **state)
{
	uint16_t port;
	int listener = stage_listen(&port);

	(void)state;
	close(listener);
	run(&(struct how){ PROXIED }, port);
	expect("transient", "proxy");
	assert_memory_equal(field("detail"), "the proxy: 127.0.0.1:", 21);
	assert_non_null(strstr(field("detail"), "refused"));
}

static void
a_host_of_no_proxy_is_reached_without_it(void **state)
{
	uint16_t port;
	int listener = stage_listen(&port);

	(void)state;
	run(&(struct how){ PROXIED, .no_proxy = "x.example, localhost" }, port);
	expect("transient", "network"); /* nobody is at BEYOND */
	assert_int_equal(close(listener), 0);
}

/* ---- HTTPS, by libcurl */

static struct http_fault fault;

/* Ask for https://localhost:1 by a proxy that plays this. */
static int
ask_by(const char *const *script, X509_STORE *store, const char *no_proxy,
    int64_t timeout_ms)
{
	struct mailseal_ask ask = { .url = "https://localhost:1/token" };
	struct proxy proxy = { "127.0.0.1", 0 };
	struct http_way way = { .origins = "https://localhost:1",
		.trust = { store, "/ca.pem", NULL },
		.deadline_ms = clock_ms() + timeout_ms,
		.proxy = &proxy,
		.no_proxy = no_proxy };
	AUTO(http_reply) got = NULL;
	int listener = stage_listen(&proxy.port), status = -1, error;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		(void)alarm(15); /* it may be passed by */
	if (pid == 0)
		_exit(script == NULL ? 0 : stage_serve(listener, script));
	(void)close(listener);
	fault = (struct http_fault){ 0 };
	assert_int_equal(steps_put(&ask, MAILSEAL_IN_BASIC, "client", "secret",
			     6, MAILSEAL_SECRET),
	    0);
	error = http_ask(&ask, &way, &got, &fault);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("the proxy stumbled at step %d; %s",
		    WEXITSTATUS(status), fault.detail);
	return error;
}

#define TO_WEB                                                 \
	"CCONNECT localhost:1 HTTP/1.1", "CHost: localhost:1", \
	    "CUser-Agent: mailseal/" MAILSEAL_VERSION,         \
	    "CProxy-Connection: Keep-Alive", "C"

/* No header of the request is among what the proxy hears. */
static void
a_request_goes_through_a_proxy_which_hears_the_host_only(void **state)
{
	(void)state;
	assert_int_equal(ask_by(SCRIPT(TO_WEB, "S" YES, TLS, HEAR,
				    "SHTTP/1.1 200 OK\r\nContent-Length: 2"
				    "\r\n\r\n{}",
				    WAIT),
			     trusting, NULL, 10000),
	    MAILSEAL_OK);
	assert_int_equal(ask_by(SCRIPT(TO_WEB, "S" YES, SHY, END), empty, NULL,
			     10000),
	    MAILSEAL_E_TRUST);
}

static void
is_told(const char *const *script, int64_t timeout_ms, const char *told)
{
	assert_int_equal(ask_by(script, trusting, NULL, timeout_ms),
	    MAILSEAL_E_PROXY);
	if (strstr(fault.detail, told) == NULL)
		fail_msg("%s lacks: %s", fault.detail, told);
}

static void
a_proxy_that_says_no_to_a_request_is_quoted(void **state)
{
	(void)state;
	is_told(SCRIPT(TO_WEB, "SHTTP/1.1 403 Forbidden\r\n\r\n", END), 10000,
	    "does not connect us to localhost:1: HTTP/1.1 403 Forbidden");
	is_told(SCRIPT(TO_WEB,
		    "SHTTP/1.1 407 Auth\r\n"
		    "Proxy-Authenticate: Basic realm=\"x\"\r\n\r\n",
		    END),
	    10000, "it wants a password");
	is_told(SCRIPT(TO_WEB, "SSSH-2.0-OpenSSH_9.2\r\n", SHUT), 10000,
	    "the proxy 127.0.0.1:");
	is_told(SCRIPT(TO_WEB, SHUT), 10000, "the proxy 127.0.0.1:");
	is_told(SCRIPT(TO_WEB, WAIT), 700,
	    "did not connect us to localhost:1 within 1 s");
	is_told(SCRIPT(TO_WEB, "SHTTP/1.1 200 ok\r\n", "RA: b\r\n"), 10000,
	    "the proxy 127.0.0.1:");
	is_told(NULL, 10000, "the proxy 127.0.0.1:");
}

static void
a_request_to_a_host_of_no_proxy_goes_without_it(void **state)
{
	(void)state;
	assert_int_equal(ask_by(NULL, trusting, "localhost", 10000),
	    MAILSEAL_E_NETWORK);
	assert_null(strstr(fault.detail, "proxy"));
}

/* Whoever sets the environment could read along at every name. */
static void
the_environment_decides_nothing(void **state)
{
	uint16_t port;
	int listener = stage_listen(&port);
	char other[64];

	(void)state;
	(void)snprintf(other, sizeof(other), "http://127.0.0.1:%u", port);
	assert_int_equal(setenv("https_proxy", other, 1), 0);
	assert_int_equal(setenv("ALL_PROXY", other, 1), 0);
	assert_int_equal(ask_by(NULL, trusting, "localhost", 1000),
	    MAILSEAL_E_NETWORK);
	assert_int_equal(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(accept(listener, NULL, NULL), -1);
	assert_int_equal(close(listener), 0);
	assert_int_equal(setenv("no_proxy", "*", 1), 0);
	is_told(SCRIPT(TO_WEB, "SHTTP/1.1 403 Forbidden\r\n\r\n", END), 10000,
	    "403 Forbidden");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_login_goes_through_a_proxy_which_hears_the_host_only),
		cmocka_unit_test(imap_goes_through_it_as_well),
		cmocka_unit_test(a_proxy_that_plays_the_server_is_not_trusted),
		cmocka_unit_test(a_proxy_that_says_no_is_quoted),
		cmocka_unit_test(what_is_no_proxy_is_told_so),
		cmocka_unit_test(a_proxy_that_talks_without_end_is_left),
		cmocka_unit_test(a_proxy_that_hangs_or_closes_holds_nobody),
		cmocka_unit_test(
		    a_proxy_that_is_not_there_is_the_one_that_is_named),
		cmocka_unit_test(a_host_of_no_proxy_is_reached_without_it),
		cmocka_unit_test(
		    a_request_goes_through_a_proxy_which_hears_the_host_only),
		cmocka_unit_test(a_proxy_that_says_no_to_a_request_is_quoted),
		cmocka_unit_test(
		    a_request_to_a_host_of_no_proxy_goes_without_it),
		cmocka_unit_test(the_environment_decides_nothing),
	};

	return cmocka_run_group_tests_name("tunnel", tests, stage_prepare,
	    stage_clean_up);
}
