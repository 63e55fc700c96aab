/* SPDX-License-Identifier: ISC */
/*
 * What providers answer, in one table.  The class comes from the number or
 * from error; sub-errors only say more.  Texts of providers choose nothing.
 */
#include <string.h>

#include "broker/module/oauth.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Class, reason, and who must act. */
#define THROTTLED "throttled", "throttled", ACTOR_NOBODY
#define TRANSIENT "transient", "provider_down", ACTOR_NOBODY
#define CONFIG "config", "registration", ACTOR_ADMIN
#define OWNER "config", "registration", ACTOR_OWNER
#define CLIENT "config", "client_refused", ACTOR_OWNER
#define TENANT "admin", "provider_admin", ACTOR_TENANT
#define REAUTH "reauth", "reauth", ACTOR_PERSON
#define PERSON NULL, NULL, ACTOR_PERSON /* the class is that of error */
#define CONSENT NULL, NULL, ACTOR_TENANT

/*
 * Microsoft's AADSTS numbers (2026).  Of several in one reply the one that
 * stands first here counts: those of the service before those of settings,
 * these before policy, and persons last.
 */
static const struct meaning numbers[] = {
	{ NULL, 50088, THROTTLED, "a limit of the tenant was reached" },
	{ NULL, 50166, THROTTLED, "the request to the directory failed" },
	{ NULL, 50196, THROTTLED, "it was asked in a loop" },
	{ NULL, 90055, THROTTLED, "the tenant is throttled" },

	{ NULL, 40010, TRANSIENT, NULL },
	{ NULL, 50033, TRANSIENT, NULL },
	{ NULL, 50087, TRANSIENT, NULL },
	{ NULL, 70012, TRANSIENT, NULL },
	{ NULL, 80002, TRANSIENT, "the campus directory was too slow" },
	{ NULL, 80005, TRANSIENT, NULL },
	{ NULL, 80014, TRANSIENT, NULL },
	{ NULL, 90006, TRANSIENT, NULL },
	{ NULL, 90012, TRANSIENT, NULL },
	{ NULL, 90024, TRANSIENT, NULL },
	{ NULL, 90033, TRANSIENT, NULL },
	{ NULL, 90090, TRANSIENT, NULL },

	{ NULL, 28002, CONFIG, "the scope is not known" },
	{ NULL, 28003, CONFIG, "the scope is empty" },
	{ NULL, 50001, CONFIG, "the resource is not known in the tenant" },
	{ NULL, 50011, OWNER, "the redirect URI is not registered" },
	{ NULL, 50012, CLIENT, "the client's assertion is refused" },
	{ NULL, 50013, CLIENT, "the assertion's signature is refused" },
	{ NULL, 500133, CLIENT, "the assertion is not of now: see the clock" },
	{ NULL, 50048, CONFIG, "the assertion is of another client" },
	{ NULL, 50194, CONFIG,
	    "the registration is of one tenant: set tenant" },
	{ NULL, 500011, CONFIG, "the scope's resource is not in the tenant" },
	{ NULL, 65005, OWNER, "the registration lacks a permission" },
	{ NULL, 650056, OWNER, "the registration is incomplete" },
	{ NULL, 650057, OWNER, "the scope is not one of the registration" },
	{ NULL, 70002, CLIENT, "the client secret is refused" },
	{ NULL, 70003, CONFIG, "this way to sign in is not offered" },
	{ NULL, 70004, CONFIG, "the redirect URI is refused" },
	{ NULL, 70005, CONFIG, NULL },
	{ NULL, 70007, CONFIG, NULL },
	{ NULL, 70011, CONFIG, "the scope is wrong" },
	{ NULL, 700011, CONFIG, "there is no such client_id in the tenant" },
	{ NULL, 700016, CONFIG, "there is no such client_id in the tenant" },
	{ NULL, 700022, CONFIG, "the scopes are of several resources" },
	{ NULL, 700023, CLIENT, "the client's assertion is refused" },
	{ NULL, 700025, CONFIG,
	    "the registration is public: set client_auth to none" },
	{ NULL, 700027, CLIENT, "the certificate is not registered" },
	{ NULL, 700030, CLIENT, "the certificate is refused" },
	{ NULL, 7000215, CLIENT,
	    "the client secret is wrong; its value is meant, not its id" },
	{ NULL, 7000218, CONFIG, "the registration wants a client secret" },
	{ NULL, 7000222, CLIENT, "the client secret has expired" },
	{ NULL, 90002, CONFIG, "there is no such tenant" },
	{ NULL, 90014, CONFIG, NULL },
	{ NULL, 90019, CONFIG, "the tenant is not named" },
	{ NULL, 90023, CONFIG, NULL },
	{ NULL, 900144, CONFIG, NULL },
	{ NULL, 900561, CONFIG, NULL },
	{ NULL, 9001023, CONFIG, "a real tenant must be named" },
	{ NULL, 9002313, CONFIG, NULL },
	{ NULL, 9002332, CONFIG, "the registration is not for such accounts" },
	{ NULL, 90124, CONFIG, NULL },
	{ NULL, 90130, CONFIG, NULL },

	{ NULL, 50005, TENANT, "a policy wants another kind of device" },
	{ NULL, 50014, TENANT, "the guest's invitation is not accepted" },
	{ NULL, 50034, TENANT, "there is no such account in the tenant" },
	{ NULL, 50057, TENANT, "the account is switched off" },
	{ NULL, 50105, TENANT, "the account is not assigned to the app" },
	{ NULL, 50131, TENANT, "Conditional Access forbids it" },
	{ NULL, 51004, TENANT, "there is no such account in the tenant" },
	{ NULL, 53000, TENANT, "Conditional Access wants a managed device" },
	{ NULL, 53001, TENANT, "Conditional Access wants a joined device" },
	{ NULL, 53002, TENANT, "Conditional Access wants an approved app" },
	{ NULL, 53003, TENANT, "Conditional Access forbids it" },
	{ NULL, 530032, TENANT, "a security policy forbids it" },
	{ NULL, 530034, TENANT, "a security policy forbids it" },
	{ NULL, 530035, TENANT, "the security defaults forbid it" },
	{ NULL, 500021, TENANT, "the tenant is not allowed here" },
	{ NULL, 500022, TENANT, "the tenant is not allowed here" },
	{ NULL, 500212, TENANT, "the other tenant's policy forbids it" },
	{ NULL, 500213, TENANT, "the other tenant's policy forbids it" },
	{ NULL, 70001, TENANT, "the app is switched off, or not there" },
	{ NULL, 7000112, TENANT, "the app is switched off" },
	{ NULL, 90072, TENANT, "the account is of another tenant" },
	{ NULL, 90094, TENANT, "an admin of the tenant must consent" },
	{ NULL, 90095, TENANT, "an admin of the tenant must consent" },
	{ NULL, 90099, TENANT, "an admin of the tenant must consent" },
	{ NULL, 650052, TENANT, "the tenant has no such service" },
	{ NULL, 1000031, TENANT, "the app may not be used in the tenant" },

	{ NULL, 65004, REAUTH, "consent was declined" },

	{ NULL, 65001, CONSENT, "nobody has consented to the app" },
	{ NULL, 50055, PERSON, "the password has expired" },
	{ NULL, 50144, PERSON, "the password has expired" },
	{ NULL, 50074, PERSON, "a second factor is wanted" },
	{ NULL, 50076, PERSON, "a second factor is wanted" },
	{ NULL, 50078, PERSON, "the second factor has expired" },
	{ NULL, 50079, PERSON, "a second factor must be set up" },
	{ NULL, 50089, PERSON, "the sign-in has expired" },
	{ NULL, 50132, PERSON, "the session was revoked" },
	{ NULL, 50133, PERSON, "the password was changed" },
	{ NULL, 50173, PERSON, "the sign-in was revoked" },
	{ NULL, 70000, PERSON, "the sign-in was revoked, or is of others" },
	{ NULL, 70008, PERSON, "the sign-in has expired" },
	{ NULL, 70043, PERSON,
	    "a policy on the frequency of sign-ins ended it" },
	{ NULL, 700082, PERSON, "the sign-in was not used for 90 days" },
	{ NULL, 700084, PERSON,
	    "it is registered as a web page (spa): its sign-ins end each day" },
};

/* The values of error; one that is not here is a fault of our settings. */
static const struct meaning errors[] = {
	{ "slow_down", 0, THROTTLED, NULL },
	{ "rate_limit_exceeded", 0, THROTTLED, NULL },
	{ "temporarily_unavailable", 0, TRANSIENT, NULL },
	{ "server_error", 0, TRANSIENT, NULL },
	{ "internal_failure", 0, TRANSIENT, NULL },
	{ "access_denied", 0, TENANT, NULL },
	{ "admin_policy_enforced", 0, TENANT,
	    "the organisation's admin does not allow the app" },
	{ "restricted_client", 0, TENANT, NULL },
	{ "org_internal", 0, TENANT,
	    "the app is for its own organisation only" },
	{ "invalid_grant", 0, REAUTH, NULL },
	{ "interaction_required", 0, REAUTH, NULL },
	{ "login_required", 0, REAUTH, NULL },
	{ "consent_required", 0, REAUTH, NULL },
	{ "invalid_code", 0, REAUTH, NULL },
	{ "INVALID_REFRESH_TOKEN", 0, REAUTH, NULL },
	{ "invalid_client", 0, CLIENT, NULL },
	{ "deleted_client", 0, OWNER, "the client_id was deleted" },
	{ "disabled_client", 0, OWNER, "the client_id is switched off" },
	{ "unauthorized_client", 0, OWNER, NULL },
	{ "invalid_scope", 0, CONFIG, NULL },
};

/* The same of a poll with a device code (RFC 8628 section 3.5). */
static const struct meaning device_errors[] = {
	{ "authorization_pending", 0, "pending", "pending", ACTOR_PERSON,
	    NULL },
	{ "slow_down", 0, "slow_down", "throttled", ACTOR_NOBODY, NULL },
	{ "access_denied", 0, "denied", "consent_denied", ACTOR_PERSON, NULL },
	{ "authorization_declined", 0, "denied", "consent_denied", ACTOR_PERSON,
	    NULL }, /* Microsoft's */
	{ "expired_token", 0, "expired", "enrolment_over", ACTOR_PERSON,
	    "the code was not used in time" },
	{ "bad_verification_code", 0, CONFIG, "the device code is not known" },
};

/* Google's error_subtype, Microsoft's suberror: they refine, no more. */
static const struct meaning subtypes[] = {
	{ "invalid_rapt", 0, PERSON,
	    "the organisation limits how long a sign-in lasts" },
	{ "bad_token", 0, PERSON, "the sign-in is no longer valid" },
	{ "token_expired", 0, PERSON, "the sign-in has expired" },
	{ "consent_required", 0, CONSENT, "nobody has consented to the app" },
	{ "protection_policy_required", 0, CONSENT,
	    "a policy wants a protected app" },
};

static const struct meaning unknown = { NULL, 0, CONFIG, NULL };

static const struct meaning *
find(const struct meaning *table, size_t count, const char *error)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(table[i].error, error) == 0)
			return &table[i];
	return NULL;
}

const struct meaning *
meaning_of_number(double number)
{
	for (size_t i = 0; i < COUNT(numbers); i++)
		if (number == numbers[i].number)
			return &numbers[i];
	return NULL;
}

const struct meaning *
meaning_of_error(const char *error)
{
	const struct meaning *meaning = find(errors, COUNT(errors), error);

	return meaning != NULL ? meaning : &unknown;
}

const struct meaning *
meaning_of_device(const char *error)
{
	return find(device_errors, COUNT(device_errors), error);
}

const struct meaning *
meaning_of_subtype(const char *subtype)
{
	return find(subtypes, COUNT(subtypes), subtype);
}

const char *
actor_name(enum actor actor)
{
	static const char *const names[] = { "nobody", "person", "tenant_admin",
		"owner", "admin" };

	return names[actor];
}

const char *
actor_words(enum actor actor)
{
	static const char *const words[] = { "nobody must act",
		"the person must sign in again",
		"an admin of the tenant must act",
		"the owner of the registration must act",
		"the provider file must be corrected" };

	return words[actor];
}
