/* SPDX-License-Identifier: ISC */
/*
 * The first exchange of a sign-in: where the provider's endpoints are, and the
 * page that the person's browser goes to.
 */
#include <stdio.h>
#include <string.h>

#include "broker/module/oauth.h"
#include "proto/module.h"

/* An endpoint of the document or the settings, where it is https. */
static const char *
endpoint(const struct mailseal_items *items, const char *name)
{
	const char *url = oauth_text(items, name);

	return url != NULL && strncmp(url, "https://", 8) == 0 ? url : NULL;
}

/* Whether a browser can be sent there. */
static bool
is_page(const char *url)
{
	return url != NULL && strlen(url) <= MAILSEAL_URL_MAX;
}

void
discovery_refuse(const struct mailseal_host *host, struct mailseal_ask *ask,
    const char *what, const char *value)
{
	char detail[512];

	(void)snprintf(detail, sizeof(detail), "discovery document: %s%s", what,
	    value != NULL ? value : "");
	oauth_finish(host, ask, "config", "registration", detail);
}

bool
discovery_is_of_application(const struct mailseal_call *call)
{
	const char *flow = oauth_text(&call->settings, "flow");

	return flow != NULL && strcmp(flow, "application") == 0;
}

/* All that authorize fixes is there from then on but, without a document, the
   keys that an id_token would be verified by. */
bool
discovery_is_absent(const struct mailseal_call *call)
{
	return call->op == MAILSEAL_OP_AUTHORIZE ?
	    oauth_find(&call->settings, "token_endpoint") != NULL :
	    oauth_find(&call->settings, "jwks_uri") == NULL;
}

/* What the page needs, or the ask ends. */
static bool
has_settings(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask, const char *base)
{
	const char *id = oauth_text(&call->settings, "client_id");
	const char *scope = oauth_text(&call->settings, "scope");

	if (base == NULL || base[0] == '\0')
		oauth_finish(host, ask, "config", "registration",
		    "authority is not set");
	else if ((id == NULL || id[0] == '\0') &&
	    !discovery_is_of_application(call)) /* its key may name it */
		oauth_finish(host, ask, "config", "registration",
		    "client_id is not set");
	else if (scope != NULL && strlen(scope) > OAUTH_SCOPE_MAX / 2)
		oauth_finish(host, ask, "config", "registration",
		    "scope is too long");
	else
		return true;
	return false;
}

void
discovery_ask(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask,
    const char *base)
{
	static const char path[] = "/.well-known/openid-configuration";

	if (has_settings(call, host, ask, base) &&
	    !oauth_start(host, ask, base,
		base[strlen(base) - 1] == '/' ? path + 1 : path))
		oauth_finish(host, ask, "config", "registration",
		    "authority is too long");
}

void
discovery_do_without(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask)
{
	const struct mailseal_items *set = &call->settings;
	const struct discovery found = { .issuer = oauth_text(set, "authority"),
		.page = discovery_is_of_application(call) ?
		    NULL :
		    endpoint(set, "authorization_endpoint"),
		.token = endpoint(set, "token_endpoint"),
		.device = endpoint(set, "device_endpoint"),
		.revocation = endpoint(set, "revocation_endpoint") };

	if (!has_settings(call, host, ask, found.issuer))
		return;
	if (found.token == NULL)
		oauth_finish(host, ask, "config", "registration",
		    "token_endpoint is no https address");
	else if (!discovery_is_of_application(call) && !is_page(found.page))
		oauth_finish(host, ask, "config", "registration",
		    "authorization_endpoint is no https address");
	else
		discovery_finish(call, host, ask, &found);
}

bool
discovery_read(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask,
    struct discovery *found)
{
	struct judgement judgement;

	if (judgement_of_status(call, &judgement)) {
		judgement_finish(call, host, ask, &judgement);
		return false;
	}
	if (call->status != 200) {
		judgement.class = "config";
		judgement.reason = "registration";
		judgement.actor = ACTOR_ADMIN;
		judgement_finish(call, host, ask, &judgement);
		return false;
	}
	found->issuer = oauth_text(&call->json, "issuer");
	found->page = discovery_is_of_application(call) ?
	    NULL :
	    endpoint(&call->json, "authorization_endpoint");
	found->token = endpoint(&call->json, "token_endpoint");
	found->keys = endpoint(&call->json, "jwks_uri");
	found->device = endpoint(&call->json, "device_authorization_endpoint");
	found->revocation = endpoint(&call->json, "revocation_endpoint");
	if (found->issuer == NULL)
		discovery_refuse(host, ask, "no issuer", NULL);
	else if (!discovery_is_of_application(call) && !is_page(found->page))
		discovery_refuse(host, ask, "no authorization_endpoint", NULL);
	else if (found->token == NULL)
		discovery_refuse(host, ask, "no token_endpoint", NULL);
	else if (found->keys == NULL)
		discovery_refuse(host, ask, "no jwks_uri", NULL);
	else
		return true;
	return false;
}

void
discovery_put_query(const struct mailseal_host *host, struct mailseal_ask *ask,
    const char *name, const char *text)
{
	if (ask->url[0] != '\0' && text != NULL && text[0] != '\0')
		oauth_put(host, ask, MAILSEAL_IN_QUERY, name, text);
}

void
discovery_write_scope(const struct mailseal_call *call, bool tells,
    char scope[OAUTH_SCOPE_MAX])
{
	const char *set = oauth_text(&call->settings, "scope");

	if (set == NULL)
		set = "";
	(void)snprintf(scope, OAUTH_SCOPE_MAX, "%s%s%s",
	    tells && !oauth_has_word(set, "openid", 6) ? "openid " : "",
	    tells && !oauth_has_word(set, "email", 5) ? "email " : "", set);
}

/* What the person's browser takes to the page. */
static void
put_request(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask, const struct discovery *found)
{
	static const char *const inputs[][2] = {
		{ "redirect_uri", "redirect_uri" },
		{ "state", "state" },
		{ "code_challenge", "challenge" },
		{ "login_hint", "login_hint" },
	};
	char whole[OAUTH_SCOPE_MAX];

	discovery_write_scope(call, found->keys != NULL, whole);
	discovery_put_query(host, ask, "response_type", "code");
	discovery_put_query(host, ask, "client_id",
	    oauth_text(&call->settings, "client_id"));
	discovery_put_query(host, ask, "scope", whole);
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
		discovery_put_query(host, ask, inputs[i][0],
		    oauth_text(&call->inputs, inputs[i][1]));
	discovery_put_query(host, ask, "code_challenge_method", "S256");
	if (found->keys != NULL) /* it comes back in an id_token */
		discovery_put_query(host, ask, "nonce",
		    oauth_text(&call->inputs, "nonce"));
	discovery_put_query(host, ask, "prompt",
	    oauth_text(&call->settings, "prompt"));
}

void
discovery_finish(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask,
    const struct discovery *found)
{
	const struct mailseal_item *says_iss = oauth_find(&call->json,
	    "authorization_response_iss_parameter_supported");

	oauth_finish(host, ask, "ok", NULL, NULL);
	if (found->page != NULL)
		(void)snprintf(ask->url, sizeof(ask->url), "%s", found->page);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "issuer", found->issuer);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "authorization_endpoint",
	    found->page);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "token_endpoint",
	    found->token);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "jwks_uri", found->keys);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "revocation_endpoint",
	    found->revocation);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "device_endpoint",
	    found->device);
	if (says_iss != NULL && (says_iss->flags & MAILSEAL_BOOL) != 0 &&
	    strcmp(says_iss->bytes, "true") == 0)
		oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "iss_required", "1");
	if (found->page != NULL)
		put_request(call, host, ask, found);
}
