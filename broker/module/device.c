/* SPDX-License-Identifier: ISC */
/*
 * Signing in by a code that a person types on another machine (RFC 8628).
 *
 * What goes to a person's terminal is visible ASCII, and a page is https.
 */
#include <stdio.h>
#include <string.h>

#include "broker/module/oauth.h"
#include "proto/module.h"

#define INTERVAL_S 5	     /* where the reply names none, or no pause */
#define INTERVAL_MAX 300     /* seconds */
#define USER_CODE_MAX 64     /* bytes */
#define DEVICE_CODE_MAX 4096 /* bytes */
#define MESSAGE_MAX 1000     /* bytes; a longer one is left out */

/* Text of 1 to max visible characters, or NULL. */
static const struct mailseal_item *
find_visible(const struct mailseal_call *call, const char *name, size_t max)
{
	const struct mailseal_item *item = oauth_find(&call->json, name);

	if (item == NULL || item->flags != 0 || item->len == 0 ||
	    item->len > max)
		return NULL;
	for (size_t i = 0; i < item->len; i++)
		if (item->bytes[i] <= 0x20 || item->bytes[i] > 0x7e)
			return NULL;
	return item;
}

/* A page that a person can be sent to, or NULL. */
static const struct mailseal_item *
find_page(const struct mailseal_call *call, const char *name)
{
	const struct mailseal_item *item = find_visible(call, name,
	    MAILSEAL_URL_MAX);

	return item != NULL && item->len > strlen("https://") &&
		strncmp(item->bytes, "https://", strlen("https://")) == 0 ?
	    item :
	    NULL;
}

static void
ask_code(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	const char *url = oauth_text(&call->settings, "device_endpoint");
	char scope[OAUTH_SCOPE_MAX];

	if (url == NULL || !oauth_start(host, ask, url, "")) {
		oauth_finish(host, ask, "config", "registration",
		    "device_endpoint is not set");
		return;
	}
	discovery_write_scope(call, !discovery_is_absent(call), scope);
	oauth_put(host, ask, MAILSEAL_IN_FORM, "scope", scope);
	(void)oauth_put_client(call, host, ask);
}

/* Whether the reply is one of those that hold no code; then the ask ends. */
static bool
is_refused(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	struct judgement judgement;

	if (!judgement_of_status(call, &judgement)) {
		if (oauth_find(&call->json, "error") == NULL &&
		    call->status == 200)
			return false;
		judgement = judgement_of_token(call);
	}
	judgement_finish(call, host, ask, &judgement);
	return true;
}

static void
put_seconds(const struct mailseal_host *host, struct mailseal_ask *ask,
    const char *name, int seconds)
{
	char number[16];

	(void)snprintf(number, sizeof(number), "%d", seconds);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, name, number);
}

static void
put_item(const struct mailseal_host *host, struct mailseal_ask *ask,
    const char *name, const struct mailseal_item *item, uint32_t secret)
{
	if (item != NULL)
		(void)host->put(ask, MAILSEAL_IN_OUTCOME, name, item->bytes,
		    item->len, secret);
}

static void
read_code(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	const struct mailseal_item *device, *user, *page, *message;
	int life, interval;

	if (is_refused(call, host, ask))
		return;
	device = find_visible(call, "device_code", DEVICE_CODE_MAX);
	user = find_visible(call, "user_code", USER_CODE_MAX);
	page = find_page(call, "verification_uri");
	if (page == NULL) /* an older spelling, Google's */
		page = find_page(call, "verification_url");
	message = oauth_find(&call->json, "message");
	life = oauth_seconds(oauth_find(&call->json, "expires_in"), 0,
	    OAUTH_LIFE_MAX);
	interval = oauth_seconds(oauth_find(&call->json, "interval"),
	    INTERVAL_S, INTERVAL_MAX);
	if (device == NULL || user == NULL || page == NULL || life == 0) {
		oauth_finish(host, ask, "malformed", "malformed",
		    "the reply lacks a device code, a user code, an https "
		    "page, or its time");
		return;
	}
	oauth_finish(host, ask, "ok", NULL, NULL);
	put_item(host, ask, "device_code", device, 1);
	put_item(host, ask, "user_code", user, 0);
	put_item(host, ask, "verification_uri", page, 0);
	put_item(host, ask, "verification_uri_complete",
	    find_page(call, "verification_uri_complete"), 0);
	put_seconds(host, ask, "expires_in", life);
	put_seconds(host, ask, "interval",
	    interval > 0 ? interval : INTERVAL_S);
	if (message != NULL && message->flags == 0 &&
	    message->len <= MESSAGE_MAX &&
	    memchr(message->bytes, '\0', message->len) == NULL)
		put_item(host, ask, "message", message, 0);
}

void
device_begin(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	if (call->last == MAILSEAL_WANT_HTTP)
		read_code(call, host, ask);
	else
		ask_code(call, host, ask);
}
