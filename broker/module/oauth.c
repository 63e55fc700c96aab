/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/module/oauth.h"
#include "proto/module.h"

#define VERIFIER_MIN 43
#define VERIFIER_MAX 128

const struct mailseal_item *
oauth_find(const struct mailseal_items *items, const char *name)
{
	for (size_t i = 0; i < items->count; i++)
		if (strcmp(items->item[i].name, name) == 0)
			return &items->item[i];
	return NULL;
}

const char *
oauth_text(const struct mailseal_items *items, const char *name)
{
	const struct mailseal_item *item = oauth_find(items, name);

	if (item == NULL || (item->flags & ~MAILSEAL_SECRET) != 0 ||
	    memchr(item->bytes, '\0', item->len) != NULL)
		return NULL;
	return item->bytes;
}

bool
oauth_has_word(const char *list, const char *word, size_t len)
{
	for (; *list != '\0'; list += strspn(list, " ")) {
		size_t size = strcspn(list, " ");

		if (size == len && memcmp(list, word, len) == 0)
			return true;
		list += size;
	}
	return false;
}

int
oauth_seconds(const struct mailseal_item *item, int absent, int max)
{
	double seconds;

	if (item == NULL)
		return absent;
	if (item->flags == 0 &&
	    (item->len == 0 || strspn(item->bytes, "0123456789") != item->len))
		return 0;
	if (item->flags != 0 && item->flags != MAILSEAL_NUMBER)
		return 0;
	seconds = strtod(item->bytes, NULL);
	if (!(seconds >= 1))
		return 0;
	return seconds > max ? max : (int)seconds;
}

void
oauth_put(const struct mailseal_host *host, struct mailseal_ask *ask,
    uint32_t where, const char *name, const char *text)
{
	if (text != NULL)
		(void)host->put(ask, where, name, text, strlen(text), 0);
}

void
oauth_put_item(const struct mailseal_host *host, struct mailseal_ask *ask,
    uint32_t where, const char *as, const struct mailseal_items *items,
    const char *name)
{
	const struct mailseal_item *item = oauth_find(items, name);

	if (item != NULL)
		(void)host->put(ask, where, as, item->bytes, item->len,
		    (item->flags & MAILSEAL_SECRET) != 0);
}

bool
oauth_start(const struct mailseal_host *host, struct mailseal_ask *ask,
    const char *url, const char *path)
{
	int n = snprintf(ask->url, sizeof(ask->url), "%s%s", url, path);

	if (n < 0 || (size_t)n >= sizeof(ask->url))
		return false;
	ask->want = MAILSEAL_WANT_HTTP;
	oauth_put(host, ask, MAILSEAL_IN_HEADER, "Accept", "application/json");
	return true;
}

void
oauth_finish(const struct mailseal_host *host, struct mailseal_ask *ask,
    const char *class, const char *reason, const char *detail)
{
	ask->want = MAILSEAL_WANT_DONE;
	ask->url[0] = '\0'; /* whatever was put before is no part of it */
	ask->count = 0;
	ask->used = 0;
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "class", class);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "reason", reason);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "detail", detail);
}

static bool
lack(const struct mailseal_host *host, struct mailseal_ask *ask,
    const char *what)
{
	oauth_finish(host, ask, "config", "registration", what);
	return false;
}

const char *
oauth_client_way(const struct mailseal_call *call)
{
	const char *way = oauth_text(&call->settings, "client_auth");
	bool has_key = oauth_find(&call->inputs, "client_key") != NULL;
	bool has_secret = oauth_find(&call->inputs, "client_secret") != NULL;

	if (way == NULL || strcmp(way, "none") == 0)
		return "none";
	if (has_key && !has_secret)
		return "private_key_jwt";
	if (has_secret && !has_key && strcmp(way, "private_key_jwt") == 0)
		return "post";
	return way;
}

static bool
put_assertion(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask)
{
	if (call->jwt == NULL)
		return lack(host, ask,
		    "client_auth: this module signs no assertion");
	oauth_put(host, ask, MAILSEAL_IN_FORM, "client_assertion_type",
	    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
	(void)host->put(ask, MAILSEAL_IN_FORM, "client_assertion",
	    call->jwt->bytes, call->jwt->len, 1);
	return true;
}

bool
oauth_put_client(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask)
{
	const char *way = oauth_client_way(call);
	const char *id = oauth_text(&call->settings, "client_id");
	const struct mailseal_item *secret = oauth_find(&call->inputs,
	    "client_secret");
	bool is_shown = strcmp(way, "none") != 0 &&
	    strcmp(way, "private_key_jwt") != 0;

	if (id == NULL || id[0] == '\0')
		return lack(host, ask, "client_id is not set");
	if (is_shown && secret == NULL)
		return lack(host, ask, "there is no client secret");
	if (strcmp(way, "basic") == 0) {
		(void)host->put(ask, MAILSEAL_IN_BASIC, id, secret->bytes,
		    secret->len, 1);
		return true;
	}
	oauth_put(host, ask, MAILSEAL_IN_FORM, "client_id", id);
	if (strcmp(way, "private_key_jwt") == 0)
		return put_assertion(call, host, ask);
	if (!is_shown)
		return true;
	if (strcmp(way, "post") != 0)
		return lack(host, ask,
		    "client_auth is not none, post, basic or private_key_jwt");
	(void)host->put(ask, MAILSEAL_IN_FORM, "client_secret", secret->bytes,
	    secret->len, 1);
	return true;
}

/* Start a request to the token endpoint, of a client that says who it is. */
static bool
start_token(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask, const char *grant_type)
{
	const char *url = oauth_text(&call->settings, "token_endpoint");

	if (url == NULL || !oauth_start(host, ask, url, ""))
		return lack(host, ask, "token_endpoint is not set");
	oauth_put(host, ask, MAILSEAL_IN_FORM, "grant_type", grant_type);
	return oauth_put_client(call, host, ask);
}

/* RFC 8628 section 3.4. */
static void
ask_device_code(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask)
{
	if (!start_token(call, host, ask,
		"urn:ietf:params:oauth:grant-type:device_code"))
		return;
	oauth_put_item(host, ask, MAILSEAL_IN_FORM, "device_code",
	    &call->inputs, "device_code");
}

/* RFC 7636 section 4.1; a provider would keep the code and say no. */
static bool
is_verifier(const struct mailseal_item *item)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "abcdefghijklmnopqrstuvwxyz"
					 "0123456789-._~";

	return item->len >= VERIFIER_MIN && item->len <= VERIFIER_MAX &&
	    strspn(item->bytes, unreserved) == item->len;
}

void
oauth_ask_code(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask)
{
	const struct mailseal_item *verifier;

	if (call->op == MAILSEAL_OP_DEVICE_POLL) {
		ask_device_code(call, host, ask);
		return;
	}
	verifier = oauth_find(&call->inputs, "verifier");
	if (verifier != NULL && !is_verifier(verifier)) {
		(void)lack(host, ask,
		    "the verifier is not 43 to 128 unreserved characters");
		return;
	}
	if (!start_token(call, host, ask, "authorization_code"))
		return;
	oauth_put_item(host, ask, MAILSEAL_IN_FORM, "code", &call->inputs,
	    "code");
	oauth_put_item(host, ask, MAILSEAL_IN_FORM, "redirect_uri",
	    &call->inputs, "redirect_uri");
	oauth_put_item(host, ask, MAILSEAL_IN_FORM, "code_verifier",
	    &call->inputs, "verifier");
}

void
oauth_ask_refresh(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask,
    const char *scope)
{
	if (!start_token(call, host, ask, "refresh_token"))
		return;
	oauth_put_item(host, ask, MAILSEAL_IN_FORM, "refresh_token",
	    &call->inputs, "refresh_token");
	oauth_put(host, ask, MAILSEAL_IN_FORM, "scope", scope);
}

void
oauth_ask_application(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask)
{
	if (strcmp(oauth_client_way(call), "none") == 0) {
		(void)lack(host, ask,
		    "client_auth is none: an application proves itself by a "
		    "secret or a key");
		return;
	}
	if (!start_token(call, host, ask, "client_credentials"))
		return;
	oauth_put(host, ask, MAILSEAL_IN_FORM, "scope",
	    oauth_text(&call->settings, "scope"));
}
