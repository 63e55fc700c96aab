/* SPDX-License-Identifier: ISC */
/*
 * What is given for an authorization code or a refresh token.
 */
#include <string.h>

#include "broker/module/oauth.h"
#include "proto/module.h"

/* A refresh token is what enrolment is about. */
bool
trade_read_code(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask,
    struct judgement *judgement)
{
	if (strcmp(judgement->class, "ok") != 0) {
		judgement_finish(call, host, ask, judgement);
		return false;
	}
	if (judgement->refresh_token == NULL) {
		oauth_finish(host, ask, "config", "no_refresh_token",
		    "the reply holds an access token only");
		return false;
	}
	return true;
}

void
trade_ask_id_token(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask,
    const char *issuer)
{
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
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "issuer", issuer);
	oauth_put_item(host, ask, MAILSEAL_IN_OUTCOME, "audience",
	    &call->settings, "client_id");
	oauth_put_item(host, ask, MAILSEAL_IN_OUTCOME, "nonce", &call->inputs,
	    "nonce");
}

void
trade_finish(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask, const struct identity *identity)
{
	struct judgement judgement = judgement_of_token(call);

	if (identity->fault != NULL) {
		oauth_finish(host, ask, "malformed", "id_token",
		    identity->fault);
		return;
	}
	judgement_finish_tokens(host, ask, &judgement);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "id_match", identity->match);
	if (identity->sub[0] == '\0')
		return; /* there is nobody to pin */
	/* As it is pinned; Google's older spelling is the same one. */
	oauth_put_item(host, ask, MAILSEAL_IN_OUTCOME, "id_iss",
	    &call->settings, "issuer");
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "id_sub", identity->sub);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "id_name", identity->name);
	if (identity->guest)
		oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "id_guest", "1");
}

void
trade_finish_application(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask,
    struct judgement *judgement)
{
	judgement->refresh_token = NULL;
	if (strcmp(judgement->class, "ok") == 0)
		judgement_finish_tokens(host, ask, judgement);
	else
		judgement_finish(call, host, ask, judgement);
}

/*
 * An id_token that comes with a refresh is not looked at: fetching keys for
 * it could fail, and the rotated refresh token would be lost with the reply.
 */
void
trade_read_refresh(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask)
{
	struct judgement judgement = judgement_of_token(call);

	if (strcmp(judgement.class, "ok") == 0)
		judgement_finish_tokens(host, ask, &judgement);
	else
		judgement_finish(call, host, ask, &judgement);
}
