/* SPDX-License-Identifier: ISC */
/*
 * What SMTP servers refuse with: the first row that fits decides.  Codes are
 * those of RFC 5321, 4954 and 3463, of Exchange Online and of Gmail.
 */
#include "proto/meaning.h"

#define TEST "; then run: mailseal test %s"
#define NEW_PASSWORD "enter the right one: mailseal enroll --password %s"
#define SMTP_ON \
	"Set-CASMailbox -Identity %s -SmtpClientAuthenticationDisabled $false"
#define EXCHANGE "in Exchange Online PowerShell: "
#define SERVER "compare smtp_auth_host and smtp_auth_port in the provider file "
#define NOT_YET "wait; sending on prolongs it"

/* Code, enhanced code and words: a NULL fits all, a digit all codes of it. */
#define SMTP(phases, code, enhanced, words) \
	SAID_SMTP, code, enhanced, words, phases
#define ALWAYS PHASES_ALL
#define SENDING PHASES_SENDING
#define LOGIN PHASE_AUTH

/* For a password and for a token, class, and who must act. */
#define TRANSIENT                                                              \
	VERDICT_TRANSIENT, VERDICT_TRANSIENT, "transient", NULL, ACTOR_NOBODY, \
	    false
#define THROTTLED                                                              \
	VERDICT_THROTTLED, VERDICT_THROTTLED, "throttled", NULL, ACTOR_NOBODY, \
	    false
#define REAUTH \
	VERDICT_REAUTH, VERDICT_REAUTH, "reauth", NULL, ACTOR_PERSON, false
#define REFRESH \
	VERDICT_REAUTH, VERDICT_REFRESH, "reauth", NULL, ACTOR_PERSON, false
#define ADMIN VERDICT_ADMIN, VERDICT_ADMIN, "admin", NULL, ACTOR_TENANT, false
#define CONFIG \
	VERDICT_CONFIG, VERDICT_CONFIG, "config", NULL, ACTOR_ADMIN, false
#define MESSAGE \
	VERDICT_MESSAGE, VERDICT_MESSAGE, "config", NULL, ACTOR_SENDER, false

static const struct meaning rows[] = {
	{ SMTP(PHASE_GREETING, 554, NULL, NULL), CONFIG,
	    "the server does not talk to this host",
	    SERVER "with what the mail server's admin says" TEST },
	{ SMTP(PHASE_STARTTLS | PHASE_AUTH, 502, NULL, NULL), CONFIG,
	    "the server does not know this command",
	    SERVER "with what the mail server's admin says" TEST },

	{ SMTP(LOGIN, 432, "4.7.12", NULL), REAUTH,
	    "the password must be set anew first (RFC 4954)",
	    "change the password at the mail server, then run: "
	    "mailseal enroll --password %s" },
	{ SMTP(ALWAYS, 432, NULL, NULL), THROTTLED,
	    "there are more than three connections of this mailbox at once",
	    NULL },
	{ SMTP(ALWAYS, 421, "4.7.66", NULL), CONFIG,
	    "the server wants newer TLS than this host speaks",
	    "let OpenSSL of this host speak TLS 1.2 and newer (openssl.cnf: "
	    "MinProtocol, MaxProtocol)" TEST },
	/* Gmail has one code for this and for trouble of its own. */
	{ SMTP(LOGIN, 454, "4.7.0", "too many login attempts"), THROTTLED,
	    "there were too many logins in a short time", NULL },

	{ SMTP(LOGIN, 500, NULL, NULL), CONFIG,
	    "the server takes no line of that length",
	    "have the client say AUTH and the string in two steps; if it was "
	    "mailseal, please report it" },
	{ SMTP(LOGIN, 501, NULL, NULL), CONFIG,
	    "the server cannot decode the string",
	    "send the string as it is, in base64; if it was mailseal, please "
	    "report it" },
	{ SMTP(LOGIN, 503, NULL, NULL), CONFIG,
	    "the server wants the commands in another order",
	    SERVER "with what the mail server's admin says" TEST },
	{ SMTP(LOGIN, 504, NULL, NULL), CONFIG,
	    "the server does not offer this way to log in",
	    SERVER "with what the mail server's admin says: submission is "
		   "587 or 465" TEST },
	{ SMTP(LOGIN, 530, NULL, NULL), CONFIG,
	    "the server wants TLS before the login",
	    "set smtp_auth_tls = Y, or smtp_auth_ssl = Y for port 465, in the "
	    "provider file; then run \"mailseal reload\"" },
	{ SMTP(LOGIN, 538, NULL, NULL), CONFIG,
	    "the server wants TLS for this way to log in",
	    "set smtp_auth_tls = Y, or smtp_auth_ssl = Y for port 465, in the "
	    "provider file; then run \"mailseal reload\"" },

	{ SMTP(LOGIN, 525, NULL, NULL), ADMIN,
	    "the account is switched off at the mail server",
	    "have the mail server's admin enable %s" TEST },
	{ SMTP(LOGIN, 534, "5.7.14", NULL), REAUTH,
	    "Google wants the person to look at a web page first",
	    "sign in as %s at "
	    "https://accounts.google.com/signin/continue" TEST },
	{ SMTP(LOGIN, 534, "5.7.9", NULL), REFRESH,
	    "Google takes an app password or OAuth, not the usual password",
	    "sign in with OAuth: mailseal enroll %s; or make an app password "
	    "(https://myaccount.google.com/apppasswords): mailseal enroll "
	    "--password %s" },
	{ SMTP(LOGIN, 534, NULL, NULL), REFRESH,
	    "the server does not take a login of this kind",
	    "sign in with OAuth: mailseal enroll %s; or ask the mail server's "
	    "admin which way it takes" },

	/* Exchange Online: 5.7.139 is a policy, but for one of its texts. */
	{ SMTP(LOGIN, 535, "5.7.139", "credentials were incorrect"), REFRESH,
	    "the user name or the password is wrong", NEW_PASSWORD },
	{ SMTP(LOGIN, 535, "5.7.139", "disabled for the Mailbox"), ADMIN,
	    "SMTP AUTH is switched off for this mailbox", EXCHANGE SMTP_ON },
	{ SMTP(LOGIN, 535, "5.7.139", "disabled for the Tenant"), ADMIN,
	    "SMTP AUTH is switched off in the whole tenant",
	    EXCHANGE SMTP_ON
	    ", which beats the tenant's setting; or for all: "
	    "Set-TransportConfig -SmtpClientAuthenticationDisabled "
	    "$false" },
	{ SMTP(LOGIN, 535, "5.7.139", "basic authentication is disabled"),
	    ADMIN, "passwords are not taken any more",
	    "sign in with OAuth: mailseal enroll %s, at a provider with "
	    "module = microsoft" },
	{ SMTP(LOGIN, 535, "5.7.139", "security defaults"), ADMIN,
	    "the tenant's security defaults forbid SMTP AUTH",
	    "Entra admin center > Overview > Properties > Manage security "
	    "defaults: put Conditional Access policies in their place" TEST },
	{ SMTP(LOGIN, 535, "5.7.139", "did not meet the criteria"), ADMIN,
	    "an authentication or Conditional Access policy forbids it",
	    EXCHANGE "Get-User -Identity %s | fl AuthenticationPolicy; allow "
		     "SMTP there, or leave %s out of the policy" TEST },
	{ SMTP(LOGIN, 535, "5.7.139", NULL), ADMIN,
	    "a policy of the tenant forbids the login",
	    EXCHANGE SMTP_ON "; and look at security defaults and Conditional "
			     "Access" TEST },
	{ SMTP(LOGIN, 535, "5.7.3", NULL), REFRESH,
	    "Exchange Online does not take the password, or the token",
	    NEW_PASSWORD "; with OAuth: grant the app SMTP.Send, and " SMTP_ON
			 "; application only: see mailseal-providers(7)" },
	{ SMTP(LOGIN, 535, NULL, NULL), REFRESH,
	    "the user name, the password or the token is refused",
	    NEW_PASSWORD "; with OAuth: have the mail server's admin let %s "
			 "use SMTP AUTH" TEST },
	{ SMTP(LOGIN, 550, "5.7.30", NULL), ADMIN,
	    "Exchange Online takes no passwords for sending any more",
	    "sign in with OAuth: mailseal enroll %s, at a provider with "
	    "module = microsoft" },

	{ SMTP(SENDING, 530, NULL, NULL), CONFIG,
	    "there was no login before the message",
	    "let the client log in (AUTH) before MAIL FROM" },
	{ SMTP(SENDING, 550, "5.7.60", NULL), ADMIN,
	    "it may not send as the address in From",
	    "send with From: %s; or " EXCHANGE
	    "Add-RecipientPermission SENDER -Trustee %s -AccessRights "
	    "SendAs" },
	{ SMTP(SENDING, 554, "5.2.252", NULL), ADMIN,
	    "it may not send as the address in From",
	    "send with From: %s; or " EXCHANGE
	    "Add-RecipientPermission SENDER -Trustee %s -AccessRights "
	    "SendAs" },
	/* The same code behind 550: the mailbox is throttled for that. */
	{ SMTP(SENDING, 550, "5.2.251", NULL), THROTTLED,
	    "throttled after many errors that its mailbox is full", NOT_YET },
	{ SMTP(SENDING, 550, "5.2.252", NULL), THROTTLED,
	    "throttled after many tries to send as others", NOT_YET },
	{ SMTP(SENDING, 550, "5.2.253", NULL), THROTTLED,
	    "throttled after many errors for a missing licence", NOT_YET },
	{ SMTP(SENDING, 550, "5.2.254", NULL), THROTTLED,
	    "throttled after many messages with too many recipients", NOT_YET },
	{ SMTP(SENDING, 550, "5.2.255", NULL), THROTTLED,
	    "throttled after many recipients that do not exist", NOT_YET },
	{ SMTP(SENDING, 554, "5.2.0", "SubmissionQuotaExceeded"), THROTTLED,
	    "the mailbox had its recipients of a day (10,000)", NULL },
	{ SMTP(SENDING, 550, "5.1.90", NULL), THROTTLED,
	    "the mailbox had its recipients of a day", NULL },
	{ SMTP(PHASE_DATA, 554, "5.2.2", NULL), ADMIN,
	    "the mailbox is full, so that nothing more fits Sent Items",
	    "make room in the mailbox of %s, or " EXCHANGE
	    "Set-Mailbox -Identity %s -MessageCopyForSMTPClientSubmission"
	    "Enabled $false" },
	{ SMTP(SENDING, 550, "5.1.8", NULL), ADMIN,
	    "Microsoft has barred the mailbox for sending spam",
	    "find who had its credential, then security.microsoft.com > "
	    "Review > Restricted entities: unblock %s" },
	{ SMTP(SENDING, 550, "5.4.5", NULL), THROTTLED,
	    "the mailbox had its messages of a day at Gmail", NULL },
	{ SMTP(SENDING, 450, "4.2.1", "relay limit"), THROTTLED,
	    "the organisation sends too fast through Gmail's relay", NULL },
	{ SMTP(SENDING, 550, "5.7.1", "relay limit"), THROTTLED,
	    "the organisation had its messages of a day at Gmail's relay",
	    NULL },
	{ SMTP(SENDING, 550, "5.7.1", "credentials for relay"), ADMIN,
	    "Gmail's relay does not know this host or its domain",
	    "Google Admin console > Apps > Google Workspace > Gmail > "
	    "Routing > SMTP relay service: add this host" TEST },

	{ SMTP(SENDING, 452, "4.5.3", NULL), MESSAGE,
	    "the message has too many recipients",
	    "send it in several with fewer recipients" },
	{ SMTP(SENDING, 550, "5.1.1", NULL), MESSAGE,
	    "there is no such recipient", "correct the recipient's address" },
	{ SMTP(SENDING, 552, "5.3.4", NULL), MESSAGE,
	    "the message is larger than the server takes",
	    "send less at once, or a link" },
	{ SMTP(SENDING, 552, "5.7.0", NULL), MESSAGE,
	    "the message was blocked for its content",
	    "take the attachment out that looks dangerous" },
	{ SMTP(SENDING, 5, NULL, NULL), MESSAGE,
	    "the server refuses this message; the credential is fine",
	    "read the server's words, and change the message" },

	{ SMTP(ALWAYS, 421, NULL, NULL), TRANSIENT,
	    "the server closes the connection for now", NULL },
	{ SMTP(ALWAYS, 451, NULL, NULL), TRANSIENT,
	    "the server has trouble of its own", NULL },
	{ SMTP(ALWAYS, 454, NULL, NULL), TRANSIENT,
	    "the login cannot be checked, or TLS not begun, for now", NULL },
	{ SMTP(ALWAYS, 4, NULL, NULL), TRANSIENT, "later it may work", NULL },
	{ SMTP(ALWAYS, 5, NULL, NULL), CONFIG,
	    "the server refuses what it was told",
	    SERVER "with what the mail server's admin says" TEST },
};

const struct meanings meanings_smtp = { rows, sizeof(rows) / sizeof(rows[0]) };
