/* SPDX-License-Identifier: ISC */
/*
 * oidc: any OpenID Connect provider, found by discovery.
 *
 * authorize reads the discovery document; code and refresh use the endpoints
 * that were pinned then.  Who signed in is told by the id_token of the code.
 */
#include <stdio.h>
#include <string.h>

#include "broker/module/oauth.h"
#include "proto/module.h"

#define SCOPE_MAX 2048 /* bytes of a scope */

/* Refuse what the discovery document says. */
static void
refuse(const struct mailseal_host *host, struct mailseal_ask *ask,
    const char *what, const char *value)
{
	char detail[512];

	(void)snprintf(detail, sizeof(detail), "discovery document: %s%s", what,
	    value != NULL ? value : "");
	oauth_finish(host, ask, "config", "registration", detail);
}

/* An endpoint of the document, where it is an https address. */
static const char *
endpoint(const struct mailseal_call *call, const char *name)
{
	const char *url = oauth_text(&call->json, name);

	return url != NULL && strncmp(url, "https://", 8) == 0 ? url : NULL;
}

static void
put_query(const struct mailseal_host *host, struct mailseal_ask *ask,
    const char *name, const char *text)
{
	if (text != NULL && text[0] != '\0')
		oauth_put(host, ask, MAILSEAL_IN_QUERY, name, text);
}

/* Whether a list separated by spaces has this word. */
static bool
has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (list != NULL && *list != '\0') {
		size_t n = strcspn(list, " ");

		if (n == len && strncmp(list, word, len) == 0)
			return true;
		list += n;
		list += strspn(list, " ");
	}
	return false;
}

/* What the person's browser takes to the page. */
static void
put_request(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	const char *scope = oauth_text(&call->settings, "scope");
	char whole[SCOPE_MAX];

	(void)snprintf(whole, sizeof(whole), "%s%s%s",
	    has_word(scope, "openid") ? "" : "openid ",
	    has_word(scope, "email") ? "" : "email ",
	    scope != NULL ? scope : "");
	put_query(host, ask, "response_type", "code");
	put_query(host, ask, "client_id",
	    oauth_text(&call->settings, "client_id"));
	put_query(host, ask, "redirect_uri",
	    oauth_text(&call->inputs, "redirect_uri"));
	put_query(host, ask, "scope", whole);
	put_query(host, ask, "state", oauth_text(&call->inputs, "state"));
	put_query(host, ask, "nonce", oauth_text(&call->inputs, "nonce"));
	put_query(host, ask, "code_challenge",
	    oauth_text(&call->inputs, "challenge"));
	put_query(host, ask, "code_challenge_method", "S256");
	put_query(host, ask, "login_hint",
	    oauth_text(&call->inputs, "login_hint"));
	put_query(host, ask, "prompt", oauth_text(&call->settings, "prompt"));
}

/* The outcome of authorize: the page, and all that may be talked to later. */
static void
answer_page(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask, const char *page)
{
	const struct mailseal_item *says_iss = oauth_find(&call->json,
	    "authorization_response_iss_parameter_supported");

	oauth_finish(host, ask, "ok", NULL, NULL);
	(void)snprintf(ask->url, sizeof(ask->url), "%s", page);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "issuer",
	    oauth_text(&call->json, "issuer"));
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "authorization_endpoint",
	    page);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "token_endpoint",
	    endpoint(call, "token_endpoint"));
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "jwks_uri",
	    endpoint(call, "jwks_uri"));
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "revocation_endpoint",
	    endpoint(call, "revocation_endpoint"));
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "device_endpoint",
	    endpoint(call, "device_authorization_endpoint"));
	if (says_iss != NULL && (says_iss->flags & MAILSEAL_BOOL) != 0 &&
	    strcmp(says_iss->bytes, "true") == 0)
		oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "iss_required", "1");
	put_request(call, host, ask);
}

static void
read_discovery(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask)
{
	const char *authority = oauth_text(&call->settings, "authority");
	const char *issuer = oauth_text(&call->json, "issuer");
	const char *page = endpoint(call, "authorization_endpoint");
	struct judgement judgement;

	if (judgement_of_status(call, &judgement)) {
		judgement_finish(call, host, ask, &judgement);
		return;
	}
	if (call->status != 200) {
		judgement.class = "config";
		judgement.reason = "registration";
		judgement_finish(call, host, ask, &judgement);
		return;
	}
	if (issuer == NULL || strcmp(issuer, authority) != 0)
		refuse(host, ask,
		    "its issuer is not the authority that is "
		    "set, but ",
		    issuer != NULL ? issuer : "absent");
	else if (page == NULL || strlen(page) > MAILSEAL_URL_MAX)
		refuse(host, ask, "no authorization_endpoint", NULL);
	else if (endpoint(call, "token_endpoint") == NULL)
		refuse(host, ask, "no token_endpoint", NULL);
	else if (endpoint(call, "jwks_uri") == NULL)
		refuse(host, ask, "no jwks_uri", NULL);
	else
		answer_page(call, host, ask, page);
}

static void
authorize(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	static const char path[] = "/.well-known/openid-configuration";
	const char *authority = oauth_text(&call->settings, "authority");
	const char *id = oauth_text(&call->settings, "client_id");
	const char *scope = oauth_text(&call->settings, "scope");
	size_t len = authority != NULL ? strlen(authority) : 0;

	if (call->step > 0)
		read_discovery(call, host, ask);
	else if (len == 0)
		oauth_finish(host, ask, "config", "registration",
		    "authority is not set");
	else if (id == NULL || id[0] == '\0')
		oauth_finish(host, ask, "config", "registration",
		    "client_id is not set");
	else if (scope != NULL && strlen(scope) > SCOPE_MAX / 2)
		oauth_finish(host, ask, "config", "registration",
		    "scope is too long");
	else if (!oauth_start(host, ask, authority,
		     authority[len - 1] == '/' ? path + 1 : path))
		oauth_finish(host, ask, "config", "registration",
		    "authority is too long");
}

/* A refresh token is what enrolment is about; an id_token says whose it is. */
static void
read_code(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	struct judgement judgement = judgement_of_token(call);

	if (strcmp(judgement.class, "ok") != 0) {
		judgement_finish(call, host, ask, &judgement);
		return;
	}
	if (judgement.refresh_token == NULL) {
		oauth_finish(host, ask, "config", "no_refresh_token",
		    "the reply holds an access token only");
		return;
	}
	if (oauth_text(&call->json, "id_token") == NULL) {
		oauth_finish(host, ask, "malformed", "id_token",
		    "the reply holds no id_token");
		return;
	}
	ask->want = MAILSEAL_WANT_ID_TOKEN;
	oauth_put_item(host, ask, MAILSEAL_IN_OUTCOME, "id_token", &call->json,
	    "id_token");
	oauth_put_item(host, ask, MAILSEAL_IN_OUTCOME, "jwks_uri",
	    &call->settings, "jwks_uri");
	oauth_put_item(host, ask, MAILSEAL_IN_OUTCOME, "issuer",
	    &call->settings, "issuer");
	oauth_put_item(host, ask, MAILSEAL_IN_OUTCOME, "audience",
	    &call->settings, "client_id");
	oauth_put_item(host, ask, MAILSEAL_IN_OUTCOME, "nonce", &call->inputs,
	    "nonce");
}

/* An address that the provider does not vouch for is nobody's name. */
static bool
is_unverified(const struct mailseal_call *call)
{
	const struct mailseal_item *item = oauth_find(&call->claims,
	    "email_verified");

	return item != NULL && strcmp(item->bytes, "true") != 0;
}

static void
read_identity(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask)
{
	struct judgement judgement = judgement_of_token(call);
	const char *name = oauth_text(&call->claims, "email");
	const char *sub = oauth_text(&call->claims, "sub");

	if (call->claims_error != NULL || sub == NULL || sub[0] == '\0') {
		oauth_finish(host, ask, "malformed", "id_token",
		    call->claims_error != NULL ? call->claims_error : "sub");
		return;
	}
	if (name == NULL || name[0] == '\0' || is_unverified(call))
		name = oauth_text(&call->claims, "preferred_username");
	judgement_finish_tokens(host, ask, &judgement);
	oauth_put_item(host, ask, MAILSEAL_IN_OUTCOME, "id_iss", &call->claims,
	    "iss");
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "id_sub", sub);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "id_name", name);
}

static void
code(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	if (call->step == 0)
		oauth_ask_code(call, host, ask);
	else if (call->last == MAILSEAL_WANT_HTTP)
		read_code(call, host, ask);
	else
		read_identity(call, host, ask);
}

/*
 * An id_token that comes with a refresh is not looked at: fetching keys for
 * it could fail, and the rotated refresh token would be lost with the reply.
 */
static void
refresh(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	struct judgement judgement;

	if (call->step == 0) {
		oauth_ask_refresh(call, host, ask);
		return;
	}
	judgement = judgement_of_token(call);
	if (strcmp(judgement.class, "ok") == 0)
		judgement_finish_tokens(host, ask, &judgement);
	else
		judgement_finish(call, host, ask, &judgement);
}

static int
step(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	switch (call->op) {
	case MAILSEAL_OP_AUTHORIZE:
		authorize(call, host, ask);
		return 0;
	case MAILSEAL_OP_CODE:
		code(call, host, ask);
		return 0;
	case MAILSEAL_OP_REFRESH:
		refresh(call, host, ask);
		return 0;
	default:
		return -1;
	}
}

MAILSEAL_EXPORT extern const struct mailseal_module mailseal_module;

const struct mailseal_module mailseal_module = {
	.magic = MAILSEAL_MODULE_MAGIC,
	.major = MAILSEAL_MODULE_MAJOR,
	.minor = MAILSEAL_MODULE_MINOR,
	.size = sizeof(struct mailseal_module),
	.name = "oidc",
	.operations = MAILSEAL_OP_AUTHORIZE | MAILSEAL_OP_CODE |
	    MAILSEAL_OP_REFRESH,
	.flags = MAILSEAL_REUSE_KILLS,
	.step = step,
};
