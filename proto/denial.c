/* SPDX-License-Identifier: ISC */
/*
 * The values of error (RFC 6749, and what providers add), of Google's
 * error_subtype and of Microsoft's suberror, which refine it and no more.
 */
#include "proto/meaning.h"

#define SIGN_IN "sign in again: mailseal enroll %s"
#define TEST "; then run: mailseal test %s"
#define SETTINGS                                                      \
	"compare client_id, tenant, flow and scopes in the provider " \
	"file with the registration; then run \"mailseal reload\""
#define CLOUD "Google Cloud console > APIs & Services > OAuth consent screen > "
#define WORKSPACE                                            \
	"Google Admin console > Security > Access and data " \
	"control > API controls > "
#define SECRET                                                               \
	"see which one with \"mailseal provider check %p\", make a new one " \
	"at the registration, then run: mailseal provider secret %p"
#define TRUST                                                \
	WORKSPACE "Manage app access: set the client_id to " \
		  "Trusted; then run: mailseal enroll %s"

/* Where it is said, class, reason, and who must act. */
#define ERROR(error) SAID_ERROR, 0, error, NULL, 0, VERDICT_OK, VERDICT_OK
#define ERROR_AT(error, where) \
	SAID_ERROR, 0, error, where, 0, VERDICT_OK, VERDICT_OK
#define SUBTYPE(subtype) \
	SAID_SUBTYPE, 0, subtype, NULL, 0, VERDICT_OK, VERDICT_OK
#define THROTTLED "throttled", "throttled", ACTOR_NOBODY
#define TRANSIENT "transient", "provider_down", ACTOR_NOBODY
#define CONFIG "config", "registration", ACTOR_ADMIN
#define CLIENT "config", "client_refused", ACTOR_OWNER
#define OWNER "config", "registration", ACTOR_OWNER
#define TENANT "admin", "provider_admin", ACTOR_TENANT
#define REAUTH "reauth", "reauth", ACTOR_PERSON
#define PENDING "pending", "pending", ACTOR_PERSON
#define SLOWER "slow_down", "throttled", ACTOR_NOBODY
#define ENDS "reauth", "reauth", ACTOR_OWNER
#define EXPIRED "expired", "enrolment_over", ACTOR_PERSON
#define DECLINED "denied", "consent_denied", ACTOR_PERSON
/* The class is that of error. */
#define PERSON NULL, NULL, ACTOR_PERSON
#define ASKED NULL, NULL, ACTOR_TENANT
#define PLAIN true

/* One that is not here is a fault of our settings. */
static const struct meaning errors[] = {
	{ ERROR_AT("access_denied", WHERE_PAGE), DECLINED, PLAIN,
	    "the person, or a policy, said no at the sign-in page",
	    "accept there: mailseal enroll %s; or have the provider's admin "
	    "allow the app" },
	{ ERROR_AT("invalid_request", WHERE_PAGE), CONFIG, PLAIN,
	    "the sign-in page does not take our request", SETTINGS },
	{ ERROR_AT("invalid_resource", WHERE_PAGE), CONFIG, PLAIN,
	    "the scope's resource is not known", SETTINGS },
	{ ERROR_AT("unsupported_response_type", WHERE_PAGE), CONFIG, PLAIN,
	    "the registration may not use authorization codes", SETTINGS },
	{ ERROR_AT("invalid_grant", WHERE_SERVICE), CLIENT, false,
	    "the key, the clock or the mailbox is refused",
	    "set the clock (timedatectl); see that %s is a user of the domain; "
	    "or make a new key (Google Cloud console > IAM & Admin > Service "
	    "Accounts > Keys): mailseal provider key %p --file FILE" },
	{ ERROR_AT("unauthorized_client", WHERE_SERVICE), TENANT, PLAIN,
	    "the service account may not act for mailboxes with this scope",
	    WORKSPACE "Domain-wide delegation: add its numeric client ID "
		      "with the scope https://mail.google.com/" TEST },
	{ ERROR_AT("invalid_grant", WHERE_TESTING), ENDS, false,
	    "it died a week after the sign-in, as all do of an app in "
	    "publishing status Testing",
	    CLOUD "Audience: Internal, or Publish app; "
		  "then " SIGN_IN },
	{ ERROR_AT("authorization_pending", WHERE_DEVICE), PENDING, PLAIN,
	    "the person has not signed in at the page yet",
	    "sign in at the page that was shown, with its code" },
	{ ERROR_AT("slow_down", WHERE_DEVICE), SLOWER, PLAIN,
	    "the provider wants to be asked less often", NULL },
	{ ERROR_AT("expired_token", WHERE_DEVICE), EXPIRED, false,
	    "the code was not used in time",
	    "start again: mailseal enroll %s" },
	{ ERROR_AT("access_denied", WHERE_DEVICE), DECLINED, PLAIN,
	    "the person, or a policy, said no at the sign-in page",
	    "accept there: mailseal enroll %s" },
	{ ERROR_AT("authorization_declined", WHERE_DEVICE), DECLINED, PLAIN,
	    "the person said no at the sign-in page",
	    "accept there: mailseal enroll %s" },
	{ ERROR_AT("bad_verification_code", WHERE_DEVICE), CONFIG, false,
	    "the device code is not known", SETTINGS },

	{ ERROR("slow_down"), THROTTLED, PLAIN,
	    "the provider asks to go slower", NULL },
	{ ERROR("rate_limit_exceeded"), THROTTLED, PLAIN,
	    "the provider asks to go slower", NULL },
	{ ERROR("temporarily_unavailable"), TRANSIENT, PLAIN,
	    "the provider has trouble of its own", NULL },
	{ ERROR("server_error"), TRANSIENT, PLAIN,
	    "the provider has trouble of its own", NULL },
	{ ERROR("internal_failure"), TRANSIENT, PLAIN,
	    "the provider has trouble of its own", NULL },

	{ ERROR("access_denied"), TENANT, PLAIN,
	    "a policy of the organisation forbids it",
	    "have the provider's admin allow the app for %s" TEST },
	{ ERROR("admin_policy_enforced"), TENANT, false,
	    "the organisation's admin does not allow the app", TRUST },
	{ ERROR("restricted_client"), TENANT, PLAIN,
	    "the organisation limits what the app may ask for", TRUST },
	{ ERROR("org_internal"), TENANT, false,
	    "the app is for its own organisation only",
	    CLOUD "Audience: External; or sign in with "
		  "a mailbox of that organisation: mailseal enroll %s" },

	{ ERROR("invalid_grant"), REAUTH, PLAIN,
	    "the sign-in has expired, or was revoked", SIGN_IN },
	{ ERROR("interaction_required"), REAUTH, PLAIN,
	    "the provider wants to ask the person something", SIGN_IN },
	{ ERROR("login_required"), REAUTH, PLAIN,
	    "the person's session at the provider is over", SIGN_IN },
	{ ERROR("consent_required"), REAUTH, PLAIN,
	    "the person must consent to the app again", SIGN_IN },
	{ ERROR("invalid_code"), REAUTH, PLAIN,
	    "the code of the sign-in is no longer valid", SIGN_IN },
	{ ERROR("INVALID_REFRESH_TOKEN"), REAUTH, PLAIN,
	    "the sign-in has expired, or was revoked", SIGN_IN },

	{ ERROR("invalid_client"), CLIENT, PLAIN,
	    "client_id, client secret or certificate is refused", SECRET },
	{ ERROR("deleted_client"), OWNER, false, "the client_id was deleted",
	    CLOUD "Clients: make a new one, set its client_id "
		  "in the provider file, then enrol again" },
	{ ERROR("disabled_client"), OWNER, false,
	    "the client_id is switched off",
	    CLOUD "Clients: look why, and switch it on" TEST },
	{ ERROR("unauthorized_client"), OWNER, PLAIN,
	    "the registration may not sign in this way",
	    "let it use authorization codes and refresh tokens, at the "
	    "provider's page of the registration" TEST },
	{ ERROR("invalid_scope"), CONFIG, PLAIN,
	    "the scope is not known, or not for this registration", SETTINGS },
	{ ERROR("invalid_request"), CONFIG, PLAIN,
	    "the provider does not take our request", SETTINGS },
	{ ERROR("unsupported_grant_type"), CONFIG, PLAIN,
	    "the provider does not offer this way to get tokens", SETTINGS },
};

static const struct meaning subtypes[] = {
	{ SUBTYPE("invalid_rapt"), PERSON, false,
	    "the organisation limits how long a sign-in lasts",
	    SIGN_IN "; to have it last: Google Admin console > Security > "
		    "Google Cloud session control: exempt trusted apps" },
	{ SUBTYPE("bad_token"), PERSON, false, "the sign-in is no longer valid",
	    SIGN_IN },
	{ SUBTYPE("token_expired"), PERSON, false, "the sign-in has expired",
	    SIGN_IN },
	{ SUBTYPE("consent_required"), ASKED, false,
	    "nobody has consented to the app",
	    "let an admin of the tenant consent for all: Entra admin center > "
	    "Enterprise applications > the app > Permissions; then run: "
	    "mailseal enroll %s" },
	{ SUBTYPE("protection_policy_required"), ASKED, false,
	    "a policy wants a protected app",
	    "Entra admin center > Conditional Access: leave the app or %s out "
	    "of the policy that requires app protection; then run: mailseal "
	    "enroll %s" },
};

const struct meanings meanings_error = { errors,
	sizeof(errors) / sizeof(errors[0]) };
const struct meanings meanings_subtype = { subtypes,
	sizeof(subtypes) / sizeof(subtypes[0]) };
