/* SPDX-License-Identifier: ISC */
/*
 * oidc: any OpenID Connect provider, found by discovery.
 *
 * authorize reads the discovery document; all others use the endpoints that
 * were pinned then.  Who signed in is told by the id_token of the code.  Of a
 * provider of OAuth 2.0 alone the settings name the endpoints, and an id_token
 * that comes all the same is not looked at: nothing says whose keys hold.
 */
#include <string.h>

#include "broker/module/oauth.h"
#include "proto/module.h"

static void
authorize(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	const char *authority = oauth_text(&call->settings, "authority");
	struct discovery found;

	if (discovery_is_absent(call)) {
		discovery_do_without(call, host, ask);
		return;
	}
	if (call->step == 0) {
		discovery_ask(call, host, ask, authority);
		return;
	}
	if (!discovery_read(call, host, ask, &found))
		return;
	if (strcmp(found.issuer, authority) != 0)
		discovery_refuse(host, ask,
		    "its issuer is not the authority that is set, but ",
		    found.issuer);
	else
		discovery_finish(call, host, ask, &found);
}

static void
read_code(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	struct judgement judgement = judgement_of_token(call);
	struct identity nobody = identity_of_nobody();

	if (!trade_read_code(call, host, ask, &judgement))
		return;
	if (discovery_is_absent(call))
		trade_finish(call, host, ask, &nobody);
	else
		trade_ask_id_token(call, host, ask,
		    oauth_text(&call->settings, "issuer"));
}

static void
code(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	struct identity identity;

	if (call->step == 0) {
		oauth_ask_code(call, host, ask);
	} else if (call->last == MAILSEAL_WANT_HTTP) {
		read_code(call, host, ask);
	} else {
		identity = identity_of_oidc(call);
		trade_finish(call, host, ask, &identity);
	}
}

static void
application(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	struct judgement judgement;

	if (call->step == 0) {
		oauth_ask_application(call, host, ask);
		return;
	}
	judgement = judgement_of_token(call);
	trade_finish_application(call, host, ask, &judgement);
}

static int
run(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	switch (call->op) {
	case MAILSEAL_OP_AUTHORIZE:
		authorize(call, host, ask);
		return 0;
	case MAILSEAL_OP_DEVICE_BEGIN:
		device_begin(call, host, ask);
		return 0;
	case MAILSEAL_OP_CODE:
	case MAILSEAL_OP_DEVICE_POLL:
		code(call, host, ask);
		return 0;
	case MAILSEAL_OP_REFRESH:
		if (call->step == 0)
			oauth_ask_refresh(call, host, ask,
			    oauth_text(&call->settings, "scope"));
		else
			trade_read_refresh(call, host, ask);
		return 0;
	case MAILSEAL_OP_CLIENT_CREDENTIALS:
		application(call, host, ask);
		return 0;
	case MAILSEAL_OP_REVOKE:
		revocation_step(call, host, ask);
		return 0;
	default:
		return -1;
	}
}

static int
step(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	const struct mailseal_call behind = assertion_behind(call);

	if (!assertion_is_due(call))
		return run(&behind, host, ask);
	assertion_prove_by_key(call, host, ask);
	return 0;
}

MAILSEAL_EXPORT extern const struct mailseal_module mailseal_module;

const struct mailseal_module mailseal_module = {
	.magic = MAILSEAL_MODULE_MAGIC,
	.major = MAILSEAL_MODULE_MAJOR,
	.minor = MAILSEAL_MODULE_MINOR,
	.size = sizeof(struct mailseal_module),
	.name = "oidc",
	.operations = MAILSEAL_OP_AUTHORIZE | MAILSEAL_OP_CODE |
	    MAILSEAL_OP_DEVICE_BEGIN | MAILSEAL_OP_DEVICE_POLL |
	    MAILSEAL_OP_REFRESH | MAILSEAL_OP_CLIENT_CREDENTIALS |
	    MAILSEAL_OP_REVOKE,
	.flags = MAILSEAL_REUSE_KILLS,
	.step = step,
};
