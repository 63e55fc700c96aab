/* SPDX-License-Identifier: ISC */
/*
 * command: tokens from a program of the host, for ways to sign in that nobody
 * can foresee.
 *
 * The provider file names it.  It is told in one line for which mailbox and
 * service a token is wanted, and answers with one line.
 */
#include <stdio.h>
#include <string.h>

#include "broker/module/oauth.h"
#include "proto/module.h"

#define NAME_SHOWN 200 /* bytes of the program's path, in words for people */

/* What the registration has; each is there or not. */
static const char *const inputs[] = { "client_secret", "client_key", "key_id",
	"x5t", "x5t_s256", "service_account" };

static void
put_words(const struct mailseal_host *host, struct mailseal_ask *ask,
    const char *command)
{
	while (*command != '\0') {
		size_t len = strcspn(command, " ");

		if (len > 0)
			(void)host->put(ask, MAILSEAL_IN_ARGV, "", command, len,
			    0);
		command += len + strspn(command + len, " ");
	}
}

static void
put_setting(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask, const char *as, const char *name)
{
	oauth_put_item(host, ask, MAILSEAL_IN_STDIN, as, &call->settings, name);
}

static void
run(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	const char *command = oauth_text(&call->settings, "command");

	if (command == NULL) {
		oauth_finish(host, ask, "config", "configuration",
		    "the provider file names no command");
		return;
	}
	ask->want = MAILSEAL_WANT_COMMAND;
	put_words(host, ask, command);
	oauth_put(host, ask, MAILSEAL_IN_STDIN, "", "token");
	oauth_put_item(host, ask, MAILSEAL_IN_STDIN, "account", &call->inputs,
	    "mailbox");
	put_setting(call, host, ask, "for", "service");
	put_setting(call, host, ask, "scope", "scope");
	put_setting(call, host, ask, "client_id", "client_id");
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
		oauth_put_item(host, ask, MAILSEAL_IN_STDIN, inputs[i],
		    &call->inputs, inputs[i]);
	oauth_put(host, ask, MAILSEAL_IN_STDIN, "", "\n");
}

/* End it: the program, what is to be said of it, and its own words. */
static void
fail(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask, const char *class, const char *what)
{
	const char *command = oauth_text(&call->settings, "command");
	const struct mailseal_item *said = oauth_find(&call->headers, "stderr");
	char detail[1024];

	(void)snprintf(detail, sizeof(detail), "%.*s %s%s%.*s",
	    command != NULL && strcspn(command, " ") < NAME_SHOWN ?
		(int)strcspn(command, " ") :
		NAME_SHOWN,
	    command != NULL ? command : "", what, said != NULL ? ": " : "",
	    said != NULL ? (int)said->len : 0, said != NULL ? said->bytes : "");
	oauth_finish(host, ask, class, "command", detail);
}

static bool
is_token(const struct mailseal_item *item)
{
	if (item == NULL || item->len == 0 || item->len > MAILSEAL_TOKEN_MAX)
		return false;
	for (size_t i = 0; i < item->len; i++)
		if (item->bytes[i] < '!' || item->bytes[i] > '~')
			return false;
	return true;
}

/* Seconds in decimal, at most max; -1: there are none, -2: not such ones. */
static long
seconds(const struct mailseal_call *call, const char *name, long max)
{
	const struct mailseal_item *item = oauth_find(&call->json, name);
	long number = 0;

	if (item == NULL)
		return -1;
	if (item->len == 0)
		return -2;
	for (size_t i = 0; i < item->len; i++) {
		if (item->bytes[i] < '0' || item->bytes[i] > '9')
			return -2;
		number = number * 10 + (item->bytes[i] - '0');
		if (number > max)
			number = max;
	}
	return number;
}

static void
put_seconds(const struct mailseal_host *host, struct mailseal_ask *ask,
    const char *name, long number)
{
	char text[24];

	if (number < 0)
		return;
	(void)snprintf(text, sizeof(text), "%ld", number);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, name, text);
}

static void
succeed(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	const struct mailseal_item *token = oauth_find(&call->json,
	    "access_token");
	long life = seconds(call, "expires_in", OAUTH_LIFE_MAX);

	if (!is_token(token)) {
		fail(call, host, ask, "malformed",
		    "says ok, and no access_token of 1 to 9000 visible "
		    "characters of ASCII");
		return;
	}
	if (life == -2 || life == 0) {
		fail(call, host, ask, "malformed",
		    "says an expires_in that is no number of seconds");
		return;
	}
	oauth_finish(host, ask, "ok", NULL, NULL);
	(void)host->put(ask, MAILSEAL_IN_OUTCOME, "access_token", token->bytes,
	    token->len, 1);
	put_seconds(host, ask, "expires_in",
	    life < 0 ? OAUTH_LIFE_ABSENT : life);
}

/* What it may say with the word error. */
static const struct {
	const char *code;
	const char *class;
	const char *reason;
} codes[] = {
	{ "reauth", "reauth", "reauth" },
	{ "unavailable", "transient", "provider_down" },
	{ "blocked", "admin", "provider_admin" },
};

static void
refuse(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	const char *code = oauth_text(&call->json, "code");

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (code == NULL || strcmp(code, codes[i].code) != 0)
			continue;
		oauth_finish(host, ask, codes[i].class, codes[i].reason, NULL);
		oauth_put_item(host, ask, MAILSEAL_IN_OUTCOME, "detail",
		    &call->json, "message");
		put_seconds(host, ask, "retry_after",
		    seconds(call, "retry_after", OAUTH_RETRY_MAX));
		return;
	}
	fail(call, host, ask, "malformed",
	    "says error, and no code that is reauth, unavailable or blocked");
}

/* It did not answer, or not so that it could be believed. */
static void
fail_status(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	char what[64];

	if (call->status == 126 || call->status == 127) {
		fail(call, host, ask, "config", "does not run");
		return;
	}
	if (call->status > 128)
		(void)snprintf(what, sizeof(what), "died of signal %d",
		    (int)call->status - 128);
	else
		(void)snprintf(what, sizeof(what), "ended with status %d",
		    (int)call->status);
	fail(call, host, ask, "transient", what);
}

static void
read_answer(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	const char *word = oauth_text(&call->json, "");
	bool is_line = call->body == MAILSEAL_BODY_JSON && word != NULL;

	if (is_line && strcmp(word, "error") == 0)
		refuse(call, host, ask);
	else if (call->status != 0 && call->body != MAILSEAL_BODY_TOOLONG)
		fail_status(call, host, ask);
	else if (is_line && strcmp(word, "ok") == 0)
		succeed(call, host, ask);
	else
		fail(call, host, ask, "malformed",
		    "does not answer with one line that begins with ok or "
		    "error");
}

static int
step(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	if (call->op != MAILSEAL_OP_CLIENT_CREDENTIALS)
		return -1;
	if (call->step == 0)
		run(call, host, ask);
	else
		read_answer(call, host, ask);
	return 0;
}

MAILSEAL_EXPORT extern const struct mailseal_module mailseal_module;

const struct mailseal_module mailseal_module = {
	.magic = MAILSEAL_MODULE_MAGIC,
	.major = MAILSEAL_MODULE_MAJOR,
	.minor = MAILSEAL_MODULE_MINOR,
	.size = sizeof(struct mailseal_module),
	.name = "command",
	.operations = MAILSEAL_OP_CLIENT_CREDENTIALS,
	.step = step,
};
