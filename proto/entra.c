/* SPDX-License-Identifier: ISC */
/*
 * The AADSTS numbers of Microsoft Entra ID (2026).  Of several in one reply the
 * one that stands first here counts: those of the service before those of
 * settings, these before policy, and persons last.
 */
#include "proto/meaning.h"

/* The next steps that several rows share. */
#define RELOAD "; then run \"mailseal reload\""
#define TEST "; then run: mailseal test %s"
#define APP "Entra admin center > App registrations > the app > "
#define SCOPE                                                      \
	"correct scope_smtp and scope_imap in the provider file, " \
	"or take the lines out for the usual ones" RELOAD
#define REDIRECT                                                        \
	APP "Authentication: add the platform Mobile and desktop with " \
	    "http://localhost/callback; or set redirect_uri in the "    \
	    "provider file to one that is there"
#define CLIENT_ID                                                     \
	"set client_id and tenant in the provider file as the app's " \
	"Overview in App registrations shows them" RELOAD
#define TENANT_ID                                                    \
	"set tenant in the provider file to the Directory (tenant) " \
	"ID that the Entra admin center's Overview shows" RELOAD
#define PERMISSION                                                      \
	APP "API permissions: add those of Office 365 Exchange Online " \
	    "and grant admin consent" TEST
#define SECRET                                                            \
	APP "Certificates & secrets: New client secret, copy its Value; " \
	    "then run: mailseal provider secret %p"
#define CERTIFICATE                                                           \
	APP "Certificates & secrets: upload the certificate that \"mailseal " \
	    "provider show %p\" names, or give it a client secret: mailseal " \
	    "provider secret %p"
#define ENDPOINT                                                     \
	"take authority out of the provider file, or set it to the " \
	"cloud's sign-in host" RELOAD
#define REPORT "please report it, with the line of mailseald's log"
#define SIGN_IN "sign in again: mailseal enroll %s"
#define ENTERPRISE "Entra admin center > Enterprise applications > the app > "
#define POLICY                                                              \
	"Entra admin center > Users > %s > Sign-in logs names the policy: " \
	"leave the account out of it (Protection > Conditional Access)" TEST
#define DEFAULTS                                                        \
	"Entra admin center > Overview > Properties > Manage security " \
	"defaults: put Conditional Access policies in their place" TEST
#define USER                                                                \
	"Entra admin center > Users: see that %s is there, or is restored " \
	"from Deleted users" TEST
#define RESTRICTED                                                         \
	"have the network's admin allow the tenant (tenant restrictions, " \
	"header sec-Restrict-Tenant-Access-Policy)" TEST
#define CROSS                                                             \
	"Entra admin center > External Identities > Cross-tenant access " \
	"settings: allow the other tenant" TEST
#define SWITCH_ON ENTERPRISE "Properties: Enabled for users to sign-in" TEST
#define CONSENT                                                   \
	"let an admin of the tenant consent for all: " ENTERPRISE \
	"Permissions: Grant admin consent; then run: mailseal enroll %s"

/* Class, reason, and who must act. */
#define NUMBER(number) \
	SAID_NUMBER, number, NULL, NULL, 0, VERDICT_OK, VERDICT_OK
#define THROTTLED "throttled", "throttled", ACTOR_NOBODY, false
#define TRANSIENT "transient", "provider_down", ACTOR_NOBODY, false
#define CONFIG "config", "registration", ACTOR_ADMIN, false
#define OWNER "config", "registration", ACTOR_OWNER, false
#define CLIENT "config", "client_refused", ACTOR_OWNER, false
#define CLOCK "config", "client_refused", ACTOR_ADMIN, false
#define TENANT "admin", "provider_admin", ACTOR_TENANT, false
#define REAUTH "reauth", "reauth", ACTOR_PERSON, false
/* The class is that of error. */
#define PERSON NULL, NULL, ACTOR_PERSON, false
#define ASKED NULL, NULL, ACTOR_TENANT, false

static const struct meaning rows[] = {
	{ NUMBER(50088), THROTTLED, "a limit of the tenant was reached", NULL },
	{ NUMBER(50166), THROTTLED, "the request to the directory failed",
	    NULL },
	{ NUMBER(50196), THROTTLED,
	    "it was asked in a loop; the sign-in is not dead", NULL },
	{ NUMBER(90055), THROTTLED, "the tenant is throttled", NULL },

	{ NUMBER(40010), TRANSIENT, "the directory asks to try again", NULL },
	{ NUMBER(50033), TRANSIENT, "a passing failure of the directory",
	    NULL },
	{ NUMBER(50087), TRANSIENT, "a passing failure while signing in",
	    NULL },
	{ NUMBER(70012), TRANSIENT, "a failure of Microsoft's own", NULL },
	{ NUMBER(80002), TRANSIENT, "the campus directory was too slow", NULL },
	{ NUMBER(80005), TRANSIENT,
	    "the campus directory gave no usable answer", NULL },
	{ NUMBER(80014), TRANSIENT,
	    "the check at the campus directory took too long", NULL },
	{ NUMBER(90006), TRANSIENT, "a server behind the directory failed",
	    NULL },
	{ NUMBER(90012), TRANSIENT, "the request took the directory too long",
	    NULL },
	{ NUMBER(90024), TRANSIENT, "the directory is overloaded", NULL },
	{ NUMBER(90033), TRANSIENT,
	    "the directory is not to be had for a while", NULL },
	{ NUMBER(90090), TRANSIENT,
	    "a passing failure while reading the directory", NULL },

	{ NUMBER(28002), CONFIG, "the scope is not known", SCOPE },
	{ NUMBER(28003), CONFIG, "the scope is empty", SCOPE },
	{ NUMBER(50001), CONFIG, "the resource is not known in the tenant",
	    SCOPE },
	{ NUMBER(50011), OWNER, "the redirect URI is not registered",
	    REDIRECT },
	{ NUMBER(50012), CLIENT, "the client's assertion is refused",
	    CERTIFICATE },
	{ NUMBER(50013), CLIENT, "the assertion's signature is refused",
	    CERTIFICATE },
	{ NUMBER(500133), CLOCK, "the assertion is not of now: see the clock",
	    "set the clock of this host (timedatectl)" TEST },
	{ NUMBER(50048), CONFIG, "the assertion is of another client",
	    CLIENT_ID },
	{ NUMBER(50194), CONFIG,
	    "the registration is of one tenant: set tenant", TENANT_ID },
	{ NUMBER(500011), CONFIG, "the scope's resource is not in the tenant",
	    SCOPE },
	{ NUMBER(65005), OWNER, "the registration lacks a permission",
	    PERMISSION },
	{ NUMBER(650056), OWNER, "the registration is incomplete", PERMISSION },
	{ NUMBER(650057), OWNER, "the scope is not one of the registration",
	    PERMISSION },
	{ NUMBER(70002), CLIENT, "the client secret is refused", SECRET },
	{ NUMBER(70003), CONFIG, "this way to sign in is not offered",
	    "set flow in the provider file to one that the tenant "
	    "offers" RELOAD },
	{ NUMBER(70004), CONFIG, "the redirect URI is refused", REDIRECT },
	{ NUMBER(70005), CONFIG, "this way to answer is not switched on",
	    REPORT },
	{ NUMBER(70007), CONFIG, "this way to answer is not offered", REPORT },
	{ NUMBER(70011), CONFIG, "the scope is wrong", SCOPE },
	{ NUMBER(700011), CONFIG, "there is no such client_id in the tenant",
	    CLIENT_ID },
	{ NUMBER(700016), CONFIG, "there is no such client_id in the tenant",
	    CLIENT_ID },
	{ NUMBER(700022), CONFIG, "the scopes are of several resources",
	    SCOPE },
	{ NUMBER(700023), CLIENT, "the client's assertion is refused",
	    CERTIFICATE },
	{ NUMBER(700025), CONFIG,
	    "the registration is public: set client_auth to none",
	    "set client_auth = none in the provider file" RELOAD },
	{ NUMBER(700027), CLIENT, "the certificate is not registered",
	    CERTIFICATE },
	{ NUMBER(700030), CLIENT, "the certificate is refused", CERTIFICATE },
	{ NUMBER(7000215), CLIENT,
	    "the client secret is wrong; its value is meant, not its id",
	    SECRET },
	{ NUMBER(7000218), CONFIG, "the registration wants a client secret",
	    "set client_auth = post in the provider file, then \"mailseal "
	    "reload\" and \"mailseal provider secret %p\"" },
	{ NUMBER(7000222), CLIENT, "the client secret has expired", SECRET },
	{ NUMBER(90002), CONFIG, "there is no such tenant", TENANT_ID },
	{ NUMBER(90014), CONFIG, "a parameter of the request is missing",
	    REPORT },
	{ NUMBER(90019), CONFIG, "the tenant is not named", TENANT_ID },
	{ NUMBER(90023), CONFIG, "the request is not valid", REPORT },
	{ NUMBER(900144), CONFIG, "a parameter of the request is missing",
	    REPORT },
	{ NUMBER(900561), CONFIG, "the address takes another kind of request",
	    ENDPOINT },
	{ NUMBER(9001023), CONFIG, "a real tenant must be named", TENANT_ID },
	{ NUMBER(9002313), CONFIG, "the request is not valid", REPORT },
	{ NUMBER(9002332), CONFIG, "the registration is not for such accounts",
	    TENANT_ID },
	{ NUMBER(90124), CONFIG, "the address takes no such tenant",
	    TENANT_ID },
	{ NUMBER(90130), CONFIG, "the address takes no such application",
	    ENDPOINT },

	{ NUMBER(50005), TENANT, "a policy wants another kind of device",
	    POLICY },
	{ NUMBER(50014), TENANT, "the guest's invitation is not accepted",
	    "have the guest accept the invitation, or use an account of the "
	    "tenant" TEST },
	{ NUMBER(50034), TENANT, "there is no such account in the tenant",
	    USER },
	{ NUMBER(50057), TENANT, "the account is switched off",
	    "Entra admin center > Users > %s > Edit properties: Account "
	    "enabled" TEST },
	{ NUMBER(50105), TENANT, "the account is not assigned to the app",
	    ENTERPRISE
	    "Users and groups: add %s; or Properties: Assignment required = "
	    "No" TEST },
	{ NUMBER(50131), TENANT, "Conditional Access forbids it", POLICY },
	{ NUMBER(51004), TENANT, "there is no such account in the tenant",
	    USER },
	{ NUMBER(53000), TENANT, "Conditional Access wants a managed device",
	    POLICY },
	{ NUMBER(53001), TENANT, "Conditional Access wants a joined device",
	    POLICY },
	{ NUMBER(53002), TENANT, "Conditional Access wants an approved app",
	    POLICY },
	{ NUMBER(53003), TENANT, "Conditional Access forbids it", POLICY },
	{ NUMBER(530032), TENANT, "a security policy forbids it", POLICY },
	{ NUMBER(530034), TENANT, "a security policy forbids it", POLICY },
	{ NUMBER(530035), TENANT, "the security defaults forbid it", DEFAULTS },
	{ NUMBER(500021), TENANT, "the tenant is not allowed here",
	    RESTRICTED },
	{ NUMBER(500022), TENANT, "the tenant is not allowed here",
	    RESTRICTED },
	{ NUMBER(500212), TENANT, "the other tenant's policy forbids it",
	    CROSS },
	{ NUMBER(500213), TENANT, "the other tenant's policy forbids it",
	    CROSS },
	{ NUMBER(70001), TENANT, "the app is switched off, or not there",
	    SWITCH_ON },
	{ NUMBER(7000112), TENANT, "the app is switched off", SWITCH_ON },
	{ NUMBER(90072), TENANT, "the account is of another tenant",
	    "sign in with an account of the tenant, or set tenant in the "
	    "provider file to that of %s" TEST },
	{ NUMBER(90094), TENANT, "an admin of the tenant must consent",
	    CONSENT },
	{ NUMBER(90095), TENANT, "an admin of the tenant must consent",
	    CONSENT },
	{ NUMBER(90099), TENANT, "an admin of the tenant must consent",
	    CONSENT },
	{ NUMBER(650052), TENANT, "the tenant has no such service",
	    "give the tenant Exchange Online: Microsoft 365 admin center > "
	    "Billing > Licenses" TEST },
	{ NUMBER(1000031), TENANT, "the app may not be used in the tenant",
	    ENTERPRISE
	    "Properties: Enabled for users to sign-in, and look at app "
	    "management policies" TEST },

	{ NUMBER(65004), REAUTH, "consent was declined",
	    "accept at the sign-in page: mailseal enroll %s" },

	{ NUMBER(65001), ASKED, "nobody has consented to the app", CONSENT },
	{ NUMBER(50055), PERSON, "the password has expired",
	    "change the password at https://aka.ms/sspr, then " SIGN_IN },
	{ NUMBER(50144), PERSON, "the password has expired",
	    "change the password in the campus directory, then " SIGN_IN },
	{ NUMBER(50074), PERSON, "a second factor is wanted", SIGN_IN },
	{ NUMBER(50076), PERSON, "a second factor is wanted", SIGN_IN },
	{ NUMBER(50078), PERSON, "the second factor has expired", SIGN_IN },
	{ NUMBER(50079), PERSON, "a second factor must be set up",
	    "set it up at https://aka.ms/mfasetup, then " SIGN_IN },
	{ NUMBER(50089), PERSON, "the sign-in has expired", SIGN_IN },
	{ NUMBER(50132), PERSON, "the session was revoked", SIGN_IN },
	{ NUMBER(50133), PERSON, "the password was changed", SIGN_IN },
	{ NUMBER(50173), PERSON, "the sign-in was revoked", SIGN_IN },
	{ NUMBER(70000), PERSON, "the sign-in was revoked, or is of others",
	    SIGN_IN },
	{ NUMBER(70008), PERSON, "the sign-in has expired", SIGN_IN },
	{ NUMBER(70043), PERSON,
	    "a policy on the frequency of sign-ins ended it",
	    SIGN_IN
	    "; to have it last, leave %s out of that policy (Entra admin "
	    "center > Conditional Access > Session)" },
	{ NUMBER(700082), PERSON, "the sign-in was not used for 90 days",
	    SIGN_IN },
	{ NUMBER(700084), PERSON,
	    "it is registered as a web page (spa): its sign-ins end each day",
	    APP "Authentication: register the redirect URI as Web or as Mobile "
		"and desktop; then " SIGN_IN },
	{ NUMBER(501481), PERSON, "the code is not of this sign-in (PKCE)",
	    "start again: mailseal enroll %s" },
	{ NUMBER(54005), PERSON, "the code was used already",
	    "start again: mailseal enroll %s" },
};

const struct meanings meanings_number = { rows,
	sizeof(rows) / sizeof(rows[0]) };
