/* SPDX-License-Identifier: ISC */
/*
 * A token is given back (RFC 7009), because an admin said so.
 */
#include <string.h>

#include "broker/module/oauth.h"
#include "proto/module.h"

static void
ask_revocation(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask)
{
	const char *url = oauth_text(&call->settings, "revocation_endpoint");

	if (oauth_find(&call->inputs, "refresh_token") == NULL)
		oauth_finish(host, ask, "config", "registration",
		    "there is no token to revoke");
	else if (url == NULL || !oauth_start(host, ask, url, ""))
		oauth_finish(host, ask, "config", "no_revocation",
		    "the provider told no revocation_endpoint when it was "
		    "enrolled");
	else if (oauth_put_client(call, host, ask)) {
		oauth_put_item(host, ask, MAILSEAL_IN_FORM, "token",
		    &call->inputs, "refresh_token");
		oauth_put(host, ask, MAILSEAL_IN_FORM, "token_type_hint",
		    "refresh_token");
	}
}

/* A token that the provider does not know opens nothing any more. */
static bool
is_gone(const struct mailseal_call *call)
{
	const char *error = oauth_text(&call->json, "error");

	return call->status == 200 ||
	    (call->status == 400 && error != NULL &&
		strcmp(error, "invalid_token") == 0);
}

void
revocation_step(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask)
{
	struct judgement judgement;

	if (call->step == 0) {
		ask_revocation(call, host, ask);
		return;
	}
	if (is_gone(call)) {
		oauth_finish(host, ask, "ok", NULL, NULL);
		return;
	}
	judgement = judgement_of_token(call);
	judgement_finish(call, host, ask, &judgement);
}

void
revocation_refuse_at_microsoft(const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	oauth_finish(host, ask, "config", "no_revocation",
	    "Microsoft takes no single one back; an admin of the tenant ends "
	    "all of a person's: Entra admin centre, Users, the person, Revoke "
	    "sessions");
}
