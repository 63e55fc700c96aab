/* SPDX-License-Identifier: ISC */
/*
 * What IMAP servers refuse with: status and response code (RFC 9051, RFC 5530),
 * and words of Exchange Online and Gmail.  The first row that fits decides.
 */
#include "proto/meaning.h"

#define TEST "; then run: mailseal test %s"
#define NEW_PASSWORD "enter the right one: mailseal enroll --password %s"
#define EXCHANGE "in Exchange Online PowerShell: "
#define SERVER "compare imap_host and imap_port in the provider file "

/* Status, response code and words: a NULL fits all. */
#define IMAP(phases, status, code, words) SAID_IMAP, status, code, words, phases
#define ALWAYS PHASES_ALL
#define LOGIN PHASE_IMAP_LOGIN
#define REFUSED (REPLY_NO | REPLY_BAD | REPLY_BYE)
#define ASKED                                                             \
	(PHASE_IMAP_OFFER | PHASE_IMAP_STARTTLS | PHASE_IMAP_CAPABILITY | \
	    PHASE_IMAP_LOGIN | PHASE_IMAP_LOGOUT)

/* For a password and for a token, class, and who must act. */
#define TRANSIENT                                                              \
	VERDICT_TRANSIENT, VERDICT_TRANSIENT, "transient", NULL, ACTOR_NOBODY, \
	    false
#define RENEW                                                                \
	VERDICT_TRANSIENT, VERDICT_REFRESH, "transient", NULL, ACTOR_NOBODY, \
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

static const struct meaning rows[] = {
	/* Logged in, but not by us: nothing would be tested. */
	{ IMAP(PHASE_IMAP_GREETING, REPLY_PREAUTH, NULL, NULL), CONFIG,
	    "the server takes this host as logged in already",
	    SERVER "with what the mail server's admin says" TEST },

	/* RFC 5530: what these say holds wherever they are said. */
	{ IMAP(ALWAYS, REFUSED, "UNAVAILABLE", NULL), TRANSIENT,
	    "a server behind it is not to be had for a while", NULL },
	{ IMAP(ALWAYS, REFUSED, "SERVERBUG", NULL), TRANSIENT,
	    "the server made a mistake", NULL },
	{ IMAP(ALWAYS, REFUSED, "INUSE", NULL), TRANSIENT,
	    "somebody else has the mailbox locked", NULL },
	{ IMAP(ALWAYS, REFUSED, "LIMIT", NULL), THROTTLED,
	    "a limit of the server was reached", NULL },
	{ IMAP(ALWAYS, REFUSED, "AUTHORIZATIONFAILED", NULL), ADMIN,
	    "the login is right, and may not open this mailbox",
	    "have the mail server's admin give the login access to %s" TEST },
	{ IMAP(ALWAYS, REFUSED, "CONTACTADMIN", NULL), ADMIN,
	    "the mail server's admin must be asked",
	    "ask the mail server's admin about %s" TEST },
	{ IMAP(ALWAYS, REFUSED, "NOPERM", NULL), ADMIN,
	    "the login lacks a permission",
	    "have the mail server's admin give the login access to %s" TEST },
	{ IMAP(ALWAYS, REFUSED, "EXPIRED", NULL), REAUTH,
	    "the password, or the sign-in, has expired",
	    "with a password, set a new one and run: mailseal enroll "
	    "--password %s; with OAuth: mailseal enroll %s" },
	{ IMAP(ALWAYS, REFUSED, "PRIVACYREQUIRED", NULL), CONFIG,
	    "the server wants TLS before the login",
	    "set imap_tls = Y for port 993, or STARTTLS for 143, in the "
	    "provider file; then run \"mailseal reload\"" },
	{ IMAP(ALWAYS, REFUSED, "CANNOT", NULL), CONFIG,
	    "the server does not offer this way to log in",
	    SERVER "with what the mail server's admin says" TEST },
	{ IMAP(ALWAYS, REFUSED, "CLIENTBUG", NULL), CONFIG,
	    "the server takes what it was told for a mistake",
	    "please report it, with the server's words" },
	{ IMAP(LOGIN, REPLY_NO, "AUTHENTICATIONFAILED", NULL), REFRESH,
	    "the user name, the password or the token is refused",
	    NEW_PASSWORD "; with OAuth: have the mail server's admin let %s "
			 "use IMAP" TEST },

	/* Gmail: the person must look at a web page. */
	{ IMAP(LOGIN, REPLY_NO, NULL, "[WEBALERT"), REAUTH,
	    "Google wants the person to look at a web page first",
	    "sign in as %s at "
	    "https://accounts.google.com/signin/continue" TEST },
	{ IMAP(LOGIN, REPLY_NO, "ALERT", "via your web browser"), REAUTH,
	    "Google wants the person to look at a web page first",
	    "sign in as %s at "
	    "https://accounts.google.com/signin/continue" TEST },
	/* Gmail has one code for these as well. */
	{ IMAP(LOGIN, REPLY_NO, "ALERT", "too many"), THROTTLED,
	    "there are too many connections of this mailbox at once", NULL },
	{ IMAP(LOGIN, REPLY_NO, "ALERT", "access is disabled"), ADMIN,
	    "IMAP is switched off",
	    "Google Admin console > Apps > Google Workspace > Gmail > End "
	    "User Access > POP and IMAP access: enable IMAP" TEST },
	{ IMAP(LOGIN, REPLY_NO, "ALERT", "application-specific password"),
	    REFRESH,
	    "Google takes an app password or OAuth, not the usual password",
	    "sign in with OAuth: mailseal enroll %s; or make an app password "
	    "(https://myaccount.google.com/apppasswords): mailseal enroll "
	    "--password %s" },
	{ IMAP(LOGIN, REPLY_NO, NULL, NULL), REFRESH, "the login is refused",
	    NEW_PASSWORD "; with OAuth: " EXCHANGE
			 "Set-CASMailbox -Identity %s -ImapEnabled $true; "
			 "Exchange Online takes no passwords" },

	/* Exchange Online: the token is good, and there is no mailbox. */
	{ IMAP(LOGIN, REPLY_BAD, NULL, "authenticated but not connected"),
	    ADMIN,
	    "the token is right, and opens no mailbox: no licence, IMAP off, "
	    "or no permission",
	    EXCHANGE "Set-CASMailbox -Identity %s -ImapEnabled $true; a "
		     "delegate needs Add-MailboxPermission %s -User LOGIN "
		     "-AccessRights FullAccess" },
	/* Exchange Online: the token's life ended. */
	{ IMAP(LOGIN, REPLY_BAD | REPLY_BYE, NULL, "AccessTokenExpired"), RENEW,
	    "the token's life ended; a fresh one is got", NULL },
	{ IMAP(ALWAYS, REPLY_BYE, NULL, "too many"), THROTTLED,
	    "there are too many connections", NULL },
	{ IMAP(ALWAYS, REPLY_BYE, NULL, NULL), TRANSIENT,
	    "the server closes the connection for now", NULL },
	{ IMAP(ASKED, REPLY_NO | REPLY_BAD, NULL, NULL), CONFIG,
	    "the server refuses what it was told",
	    SERVER "with what the mail server's admin says" TEST },
};

const struct meanings meanings_imap = { rows, sizeof(rows) / sizeof(rows[0]) };
