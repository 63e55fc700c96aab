/* SPDX-License-Identifier: ISC */
/*
 * google: Gmail and Workspace.
 *
 * A refresh token comes with access_type=offline and prompt=consent, once; no
 * reply to a refresh has one, so the one that is stored stays.  To revoke one
 * ends every token of the person for the client, the newest too.
 *
 * A service account with domain-wide delegation needs no person: it signs for
 * which mailbox it asks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/module/oauth.h"
#include "proto/module.h"

#define OLDER_ISSUER "accounts.google.com"
#define ISSUER "https://" OLDER_ISSUER
#define DAY_S 86400.0
#define ASSERTION_LIFE_S 3600
#define SCOPE_MAX 1024

static void
authorize(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	const char *authority = oauth_text(&call->settings, "authority");
	struct discovery found;

	if (call->step == 0) {
		discovery_ask(call, host, ask, authority);
		return;
	}
	if (!discovery_read(call, host, ask, &found))
		return;
	if (strcmp(found.issuer, authority) != 0) {
		discovery_refuse(host, ask,
		    "its issuer is not the authority that is set, but ",
		    found.issuer);
		return;
	}
	discovery_finish(call, host, ask, &found);
	discovery_put_query(host, ask, "access_type", "offline");
	/* Without it the second sign-in of a person brings no refresh token. */
	if (oauth_text(&call->settings, "prompt") == NULL)
		discovery_put_query(host, ask, "prompt",
		    "consent select_account");
	discovery_put_query(host, ask, "hd", oauth_text(&call->settings, "hd"));
}

static void
read_code(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	struct judgement judgement = judgement_of_token(call);

	if (!trade_read_code(call, host, ask, &judgement)) {
		if (strcmp(judgement.class, "ok") == 0 &&
		    judgement.refresh_token == NULL)
			oauth_finish(host, ask, "config", "no_refresh_token",
			    "prompt must hold consent, as in: "
			    "prompt = consent select_account");
		return;
	}
	trade_ask_id_token(call, host, ask,
	    oauth_text(&call->settings, "issuer"));
}

/* A consent that ends, as all do of an app in publishing status Testing. */
static void
put_end(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	const struct mailseal_item *item = oauth_find(&call->json,
	    "refresh_token_expires_in");
	char text[256];
	double days;

	if (item == NULL || item->flags != MAILSEAL_NUMBER)
		return;
	days = strtod(item->bytes, NULL) / DAY_S;
	if (!(days >= 0 && days < 3660))
		return;
	(void)snprintf(text, sizeof(text), "this sign-in ends in %.0f days%s",
	    days,
	    days > 6.5 && days < 7.5 ?
		": the app is in publishing status Testing; publish it, or "
		"make it Internal, and sign in again" :
		", as the person allowed it for that long");
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "warning", text);
}

/*
 * Older id_tokens name the issuer without https.  The call still holds the
 * reply with the tokens, so that another look at the id_token costs a request
 * for the keys only.
 */
static bool
is_older_issuer(const struct mailseal_call *call)
{
	const char *issuer = oauth_text(&call->settings, "issuer");

	return call->step == 2 && call->claims_error != NULL &&
	    strcmp(call->claims_error, "issuer") == 0 && issuer != NULL &&
	    strcmp(issuer, ISSUER) == 0;
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
	} else if (is_older_issuer(call)) {
		trade_ask_id_token(call, host, ask, OLDER_ISSUER);
	} else {
		identity = identity_of_google(call);
		trade_finish(call, host, ask, &identity);
		if (identity.fault == NULL)
			put_end(call, host, ask);
	}
}

/*
 * A sign-in that died a week old: so end those of an app in publishing status
 * Testing, and nothing in the reply says so.
 */
static bool
died_at_seven_days(const struct mailseal_call *call)
{
	const char *text = oauth_text(&call->inputs, "enrolled_at");
	double days = text != NULL ?
	    ((double)call->now - strtod(text, NULL)) / DAY_S :
	    0;

	return days >= 6.9 && days < 8;
}

static void
refresh(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	struct judgement judgement;

	if (call->step == 0) {
		oauth_ask_refresh(call, host, ask,
		    oauth_text(&call->settings, "scope"));
		return;
	}
	judgement = judgement_of_token(call);
	if (strcmp(judgement.class, "ok") == 0) {
		judgement_finish_tokens(host, ask, &judgement);
		return;
	}
	if (strcmp(judgement.class, "reauth") == 0 && judgement.note == NULL &&
	    died_at_seven_days(call)) {
		judgement.meaning = meaning_of_error("invalid_grant",
		    WHERE_TESTING);
		judgement.note = judgement.meaning->note;
		judgement.actor = judgement.meaning->actor;
	}
	judgement_finish(call, host, ask, &judgement);
}

/*
 * The scopes without those of a person's identity, which no admin delegates:
 * one that is not would have all refused.
 */
static void
write_scope(const struct mailseal_call *call, char scope[SCOPE_MAX + 1])
{
	const char *rest = oauth_text(&call->settings, "scope");
	size_t len = 0;

	scope[0] = '\0';
	for (; rest != NULL && *rest != '\0'; rest += strspn(rest, " ")) {
		size_t size = strcspn(rest, " ");
		bool is_kept = !oauth_has_word("openid email profile", rest,
		    size);

		if (is_kept && len + 1 + size <= SCOPE_MAX)
			len += (size_t)snprintf(scope + len,
			    SCOPE_MAX + 1 - len, "%s%.*s", len > 0 ? " " : "",
			    (int)size, rest);
		rest += size;
	}
	if (len == 0)
		(void)snprintf(scope, SCOPE_MAX + 1,
		    "https://mail.google.com/");
}

/* Want signed for which mailbox it is; what is missing is told. */
static void
ask_grant(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	char scope[SCOPE_MAX + 1];
	const struct assertion assertion = { .alg = "RS256",
		.issuer = oauth_text(&call->inputs, "service_account"),
		.subject = oauth_text(&call->inputs, "mailbox"),
		.audience = oauth_text(&call->settings, "token_endpoint"),
		.scope = scope,
		.claims = "iss scope aud sub iat exp",
		.life_s = ASSERTION_LIFE_S };

	write_scope(call, scope);
	if (assertion.issuer == NULL ||
	    oauth_find(&call->inputs, "client_key") == NULL)
		oauth_finish(host, ask, "config", "registration",
		    "there is no key of a service account");
	else if (assertion.subject == NULL || assertion.audience == NULL)
		oauth_finish(host, ask, "config", "registration",
		    "mailbox or token_endpoint is not set");
	else {
		assertion_ask(call, host, ask, &assertion);
		oauth_put_item(host, ask, MAILSEAL_IN_JWT_HEADER, "kid",
		    &call->inputs, "key_id");
	}
}

static void
give_grant(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	const char *url = oauth_text(&call->settings, "token_endpoint");

	if (url == NULL || !oauth_start(host, ask, url, "")) {
		oauth_finish(host, ask, "config", "registration",
		    "token_endpoint is too long");
		return;
	}
	oauth_put(host, ask, MAILSEAL_IN_FORM, "grant_type",
	    "urn:ietf:params:oauth:grant-type:jwt-bearer");
	(void)host->put(ask, MAILSEAL_IN_FORM, "assertion", call->jwt->bytes,
	    call->jwt->len, 1);
}

static void
delegated(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	struct judgement judgement;

	if (call->last == MAILSEAL_WANT_NOTHING) {
		ask_grant(call, host, ask);
	} else if (call->last == MAILSEAL_WANT_JWT) {
		give_grant(call, host, ask);
	} else {
		judgement = judgement_of_token(call);
		trade_finish_application(call, host, ask, &judgement);
	}
}

static int
step(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	switch (call->op) {
	case MAILSEAL_OP_AUTHORIZE:
		authorize(call, host, ask);
		return 0;
	case MAILSEAL_OP_DEVICE_BEGIN:
		/* Asked for just so that the reason can be told. */
		oauth_finish(host, ask, "config", "other_kind",
		    "Google gives device codes no access to mail; enrol "
		    "without --device");
		return 0;
	case MAILSEAL_OP_CODE:
		code(call, host, ask);
		return 0;
	case MAILSEAL_OP_REFRESH:
		refresh(call, host, ask);
		return 0;
	case MAILSEAL_OP_JWT_BEARER:
		delegated(call, host, ask);
		return 0;
	case MAILSEAL_OP_REVOKE:
		revocation_step(call, host, ask);
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
	.name = "google",
	.operations = MAILSEAL_OP_AUTHORIZE | MAILSEAL_OP_CODE |
	    MAILSEAL_OP_DEVICE_BEGIN | MAILSEAL_OP_REFRESH |
	    MAILSEAL_OP_JWT_BEARER | MAILSEAL_OP_REVOKE,
	.step = step,
};
