/* SPDX-License-Identifier: ISC */
/*
 * stage: a login that meets a mail server that follows a script.
 */
#ifndef TESTS_UNIT_STAGE_H
#define TESTS_UNIT_STAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/courier/clock.h"
#include "broker/courier/mailbox.h"
#include "broker/secret.h"
#include "proto/error.h"
#include "tests/unit/actor.h"

/* What a good server and a good client say. */
#define GREET "S220 mail.example ready\r\n", "C" EHLO
#define EHLO "EHLO [127.0.0.1]"
#define START                                                 \
	"S250-mail.example\r\n250 STARTTLS\r\n", "CSTARTTLS", \
	    "S220 go on\r\n", TLS, "C" EHLO
#define QUIT "CQUIT", "S221 bye\r\n", END

/* dXNlcj... of a@b.c and token, or password */
#define X_LINE "dXNlcj1hQGIuYwFhdXRoPUJlYXJlciB0b2tlbgEB"
#define P_LINE "AGFAYi5jAHBhc3N3b3Jk"
#define DENIED "S535 5.7.8 no\r\n"

/* The last request and its reply. */
static char request_bytes[LINE_LONG_MAX], reply_bytes[LINE_LONG_MAX];
static struct line request, reply;

#define BEYOND 2525 /* a port at which nobody is */

/* What differs from one login to the next; NULL: the usual. */
struct how {
	const char *service;
	const char *host;
	const char *tls;
	const char *user;
	const char *mechanism;
	const char *token;
	const char *password;
	const char *origins;
	const char *trust;
	const char *pins;
	const char *body; /* of a mail to send */
	bool look;	  /* and log in nowhere */
	X509_STORE *store;
	bool proxied; /* the server is a proxy, by which BEYOND is reached */
	const char *no_proxy;
	int timeout_ms;
};

static const char * or (const char *text, const char *usual)
{
	return text == NULL ? usual : text;
}

static void
build_request(const struct how *how, uint16_t port)
{
	struct line_writer w;
	char origins[64];
	size_t len;

	(void)snprintf(origins, sizeof(origins), "%s://%s:%u",
	    or (how->service, "smtp"), or (how->host, "localhost"), port);
	line_begin(&w, request_bytes, sizeof(request_bytes), "exchange");
	line_put(&w, "op",
	    how->look		  ? "look" :
		how->body == NULL ? "login" :
				    "mail");
	line_put(&w, "origins", or (how->origins, origins));
	line_put(&w, "set_service", how->service);
	line_put(&w, "set_host", or (how->host, "localhost"));
	line_put_number(&w, "set_port", port);
	line_put(&w, "set_tls", or (how->tls, "starttls"));
	line_put(&w, "set_trust", how->trust);
	line_put(&w, "set_pins", how->pins);
	if (how->look) {
		assert_int_equal(line_finish(&w, &len), MAILSEAL_OK);
		line_start(&request, request_bytes, len - 1);
		return;
	}
	line_put(&w, "in_username", or (how->user, "a@b.c"));
	line_put(&w, "in_mechanism", or (how->mechanism, "best"));
	line_put(&w, "in_password", how->password);
	if (how->password == NULL)
		line_put(&w, "in_access_token", or (how->token, "token"));
	if (how->body != NULL) {
		line_put(&w, "in_from", "a@b.c");
		line_put(&w, "in_to", "x@y.z");
		line_put(&w, "in_subject", "Test");
		line_put(&w, "in_body", how->body);
	}
	assert_int_equal(line_finish(&w, &len), MAILSEAL_OK);
	line_start(&request, request_bytes, len - 1);
}

static void
run(const struct how *how, uint16_t port)
{
	const struct proxy proxy = { "127.0.0.1", port };
	struct http_way way = { .trust = { how->store == NULL ? trusting :
								how->store,
				    "/ca.pem", NULL } };
	struct line_writer w;
	size_t len;

	build_request(how, how->proxied ? BEYOND : port);
	line_begin(&w, reply_bytes, sizeof(reply_bytes), "ok");
	if (how->proxied)
		way.proxy = &proxy;
	way.no_proxy = how->no_proxy;
	way.deadline_ms = clock_ms() +
	    (how->timeout_ms == 0 ? 10000 : how->timeout_ms);
	assert_int_equal(how->look ?
		mailbox_look(&request, &way, &w) :
		mailbox_run(&request, how->body != NULL, &way, &w),
	    MAILSEAL_OK);
	assert_int_equal(line_finish(&w, &len), MAILSEAL_OK);
	assert_int_equal(secret_arena_used(), 0);
	for (size_t i = 0; i < request.count; i++)
		if (strcmp(request.field[i].key, "in_password") == 0 ||
		    strcmp(request.field[i].key, "in_access_token") == 0)
			assert_int_equal(request.field[i].value[0], 0);
	line_start(&reply, reply_bytes, len - 1);
}

static const char *
field(const char *key)
{
	return or (line_get(&reply, key, 4096), "");
}

static void
expect(const char *class, const char *reason)
{
	if (strcmp(field("class"), class) != 0 ||
	    strcmp(field("reason"), reason) != 0)
		fail_msg("class=%s reason=%s detail=%s", field("class"),
		    field("reason"), field("detail"));
	assert_null(strstr(field("detail"), X_LINE));
	assert_null(strstr(field("detail"), P_LINE));
}

/* Log in at a server that follows the script to its end. */
static void
meet(const struct how *how, const char *class, const char *reason,
    const char *const *script)
{
	int status = -1;
	uint16_t port;
	int listener = stage_listen(&port);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(stage_serve(listener, script));
	close(listener);
	run(how, port);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("the server stumbled at step %d (\"%s\"); detail=%s",
		    WEXITSTATUS(status),
		    WIFEXITED(status) ? script[WEXITSTATUS(status) - 1] :
					"signal",
		    field("detail"));
	expect(class, reason);
}

/* A group's setup and teardown: the certificates, and an arena. */
static inline int
stage_prepare(void **state)
{
	(void)state;
	return stage_open() ? secret_arena_open(1 << 20) : -1;
}

static inline int
stage_clean_up(void **state)
{
	(void)state;
	stage_close();
	secret_arena_close();
	return 0;
}

#endif
