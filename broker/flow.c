/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "broker/flow.h"
#include "proto/error.h"

#define GMAIL_SCOPE "https://mail.google.com/"

static bool
has_module(const struct provider *p, const char *module)
{
	const char *own = p->value[SETTING_MODULE];

	return own != NULL && strcmp(own, module) == 0;
}

bool
flow_is_application(const struct provider *p)
{
	const char *flow = p->value[SETTING_FLOW];

	return has_module(p, "command") ||
	    (flow != NULL && strcmp(flow, "application") == 0);
}

bool
flow_is_service_account(const struct provider *p)
{
	return flow_is_application(p) && has_module(p, "google");
}

enum account_type
flow_account_type(const struct provider *p)
{
	if (provider_has_passwords(p))
		return ACCOUNT_PASSWORD;
	return flow_is_application(p) ? ACCOUNT_APPLICATION : ACCOUNT_OAUTH;
}

const char *
flow_grant_op(const struct provider *p)
{
	switch (flow_account_type(p)) {
	case ACCOUNT_OAUTH:
		return "refresh";
	case ACCOUNT_APPLICATION:
		return flow_is_service_account(p) ? "jwt_bearer" :
						    "client_credentials";
	case ACCOUNT_PASSWORD:
	case ACCOUNT_TYPES:
		break;
	}
	return NULL;
}

/* What a preset says of a person's sign-in. */
static void
drop_preset(struct provider *p)
{
	static const enum setting persons[] = { SETTING_SCOPE,
		SETTING_SCOPE_SMTP, SETTING_SCOPE_IMAP, SETTING_PROMPT,
		SETTING_REDIRECT_URI, SETTING_AUTHORIZATION, SETTING_DEVICE,
		SETTING_CLIENT_AUTH };

	for (size_t i = 0; i < sizeof(persons) / sizeof(persons[0]); i++) {
		enum setting s = persons[i];

		if (p->origin[s].file == NULL ||
		    p->origin[s].file != p->preset_file)
			continue;
		free(p->value[s]);
		p->value[s] = NULL;
		p->origin[s] = (struct origin){ NULL, 0 };
	}
}

/* The first setting of these that has a value, refused; MAILSEAL_OK: none. */
static int
refuse_any(const struct provider *p, const enum setting *settings, size_t count,
    const char *what, struct fault *fault)
{
	for (size_t i = 0; i < count; i++)
		if (p->value[settings[i]] != NULL)
			return provider_refuse(p, settings[i], what, fault);
	return MAILSEAL_OK;
}

/* A service account is named by its key, which is its proof as well. */
static int
read_service_account(struct provider *p, struct fault *fault)
{
	static const enum setting none[] = { SETTING_CLIENT_ID,
		SETTING_CLIENT_AUTH };
	int error = refuse_any(p, none, 2,
	    "is not looked at: the key of the service account is all it needs",
	    fault);

	if (error != MAILSEAL_OK || p->value[SETTING_SCOPE] != NULL)
		return error;
	p->value[SETTING_SCOPE] = strdup(GMAIL_SCOPE);
	p->origin[SETTING_SCOPE] = p->origin[SETTING_FLOW];
	return p->value[SETTING_SCOPE] != NULL ? MAILSEAL_OK : MAILSEAL_E_NOMEM;
}

/* The registration proves itself, or anybody could be it. */
static int
check_proof(const struct provider *p, struct fault *fault)
{
	const char *auth = p->value[SETTING_CLIENT_AUTH];
	bool is_microsoft = has_module(p, "microsoft");

	if (auth != NULL && strcmp(auth, "none") != 0 &&
	    (strcmp(auth, "basic") != 0 || !is_microsoft))
		return MAILSEAL_OK;
	return provider_refuse(p, SETTING_CLIENT_AUTH,
	    is_microsoft ?
		"is post or private_key_jwt, where nobody signs in" :
		"is post, basic or private_key_jwt, where nobody signs in",
	    fault);
}

/* One token is for all that the registration may do. */
static int
check_scope(const struct provider *p, struct fault *fault)
{
	static const enum setting apart[] = { SETTING_SCOPE_SMTP,
		SETTING_SCOPE_IMAP };

	if (!has_module(p, "microsoft") && !has_module(p, "google"))
		return MAILSEAL_OK;
	return refuse_any(p, apart, 2,
	    "is for a person's sign-in: here a token is always for sending "
	    "and reading; scope names what is asked for",
	    fault);
}

static int
read_application(struct provider *p, struct fault *fault)
{
	static const enum setting persons[] = { SETTING_PROMPT,
		SETTING_REDIRECT_URI, SETTING_AUTHORIZATION, SETTING_DEVICE };
	int error;

	if (provider_has_passwords(p))
		return provider_refuse(p, SETTING_FLOW,
		    "is application, and module password has passwords", fault);
	/* A preset that says application itself says what that needs. */
	if (!has_module(p, "command") &&
	    p->origin[SETTING_FLOW].file != p->preset_file)
		drop_preset(p);
	error = refuse_any(p, persons, sizeof(persons) / sizeof(persons[0]),
	    "is for a person's sign-in, and here nobody signs in", fault);
	if (error == MAILSEAL_OK)
		error = check_scope(p, fault);
	if (error != MAILSEAL_OK || has_module(p, "command"))
		return error;
	return flow_is_service_account(p) ? read_service_account(p, fault) :
					    check_proof(p, fault);
}

int
flow_read(struct provider *p, struct fault *fault)
{
	const char *flow = p->value[SETTING_FLOW];
	const char *accepts = p->value[SETTING_ACCEPT_REACH];
	bool is_delegated = flow != NULL && strcmp(flow, "delegated") == 0;

	if (flow != NULL && !is_delegated && strcmp(flow, "application") != 0)
		return provider_refuse(p, SETTING_FLOW,
		    "is delegated, where a person signs in for each mailbox, "
		    "or application, where nobody does",
		    fault);
	if (is_delegated && has_module(p, "command"))
		return provider_refuse(p, SETTING_FLOW,
		    "is application: a command has no page to sign in at",
		    fault);
	if (accepts != NULL && ini_bool(accepts) < 0)
		return provider_refuse(p, SETTING_ACCEPT_REACH, "is yes or no",
		    fault);
	if (flow_is_application(p))
		return read_application(p, fault);
	return accepts == NULL ? MAILSEAL_OK :
				 provider_refuse(p, SETTING_ACCEPT_REACH,
				     "is for flow = application", fault);
}
