/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "broker/courier/smtp.h"
#include "broker/log.h"
#include "broker/sasl.h"
#include "proto/error.h"

#define LITERAL_MAX 64	 /* bytes of an address literal */
#define OFFERED_MAX 1024 /* bytes of an EHLO reply that are shown */

/* What a 334 with an error is answered with, so that the final reply comes. */
static const struct sasl {
	const char *name; /* on the wire */
	bool oauth;
	const char *answer;
} sasls[] = {
	[SASL_XOAUTH2] = { "XOAUTH2", true, "" },
	[SASL_OAUTHBEARER] = { "OAUTHBEARER", true, "AQ==" },
	[SASL_PLAIN] = { "PLAIN", false, "*" },
	[SASL_LOGIN] = { "LOGIN", false, "*" },
};

bool
smtp_fits(int mechanism, bool oauth)
{
	return mechanism >= 0 && mechanism <= SASL_LOGIN &&
	    sasls[mechanism].oauth == oauth;
}

static bool
offers(const struct talk *talk, enum sasl_mechanism mechanism)
{
	return reply_offers(talk_reply(talk)->text, "AUTH",
	    sasls[mechanism].name);
}

/* The mechanism to use after an EHLO, or -1 and the ending is decided. */
static int
choose(struct talk *talk, const struct smtp_login *login)
{
	char offered[OFFERED_MAX];

	for (int i = SASL_XOAUTH2; i <= SASL_LOGIN; i++) {
		if (login->mechanism != SMTP_BEST && login->mechanism != i)
			continue;
		if (smtp_fits(i, login->oauth) &&
		    offers(talk, (enum sasl_mechanism)i))
			return i;
	}
	reply_words(talk_reply(talk), offered, sizeof(offered));
	(void)talk_fail(talk, VERDICT_CONFIG, MAILSEAL_E_NOAUTH,
	    "the server does not offer %s; it said: %.900s",
	    login->mechanism != SMTP_BEST ? sasls[login->mechanism].name :
		login->oauth		  ? "XOAUTH2 or OAUTHBEARER" :
					    "PLAIN or LOGIN",
	    offered);
	return -1;
}

static bool
say_ehlo(struct talk *talk)
{
	char literal[LITERAL_MAX];

	talk_own_address(talk, literal, sizeof(literal));
	return talk_say(talk, "EHLO %s", literal);
}

/* The EHLO reply of a server that shall log us in. */
static bool
greet_securely(struct talk *talk)
{
	enum verdict verdict;
	char offered[OFFERED_MAX];

	if (!say_ehlo(talk) || !talk_listen(talk, PHASE_EHLO_TLS, &verdict))
		return false;
	if (verdict == VERDICT_OK)
		return true;
	if (talk_reply(talk)->code != 250)
		return talk_refuse(talk, PHASE_EHLO_TLS, verdict);
	reply_words(talk_reply(talk), offered, sizeof(offered));
	return talk_fail(talk, verdict, MAILSEAL_E_NOAUTH,
	    "the server offers no AUTH at all; it said: %.900s", offered);
}

/* From the greeting to TLS, or the ending is decided. */
static bool
start_tls(struct talk *talk, const struct smtp_login *login)
{
	enum verdict verdict;
	char offered[OFFERED_MAX];

	if (!talk_hear(talk, PHASE_GREETING, VERDICT_OK) || !say_ehlo(talk) ||
	    !talk_listen(talk, PHASE_EHLO, &verdict))
		return false;
	if (verdict != VERDICT_OK && talk_reply(talk)->code != 250)
		return talk_refuse(talk, PHASE_EHLO, verdict);
	if (verdict != VERDICT_OK) {
		reply_words(talk_reply(talk), offered, sizeof(offered));
		return talk_fail(talk, verdict, MAILSEAL_E_NOTLS,
		    "the server does not offer STARTTLS; it said: %.900s",
		    offered);
	}
	return talk_say(talk, "STARTTLS") &&
	    talk_hear(talk, PHASE_STARTTLS, VERDICT_OK) &&
	    talk_secure(talk, login->host, login->store);
}

static bool
open_session(struct talk *talk, const struct smtp_login *login)
{
	if (!talk_connect(talk, login->host, login->port))
		return false;
	if (!login->implicit)
		return start_tls(talk, login) && greet_securely(talk);
	return talk_secure(talk, login->host, login->store) &&
	    talk_hear(talk, PHASE_GREETING, VERDICT_OK) && greet_securely(talk);
}

/* The server asks for the next string; its own words do not matter. */
static bool
await_prompt(struct talk *talk)
{
	enum verdict verdict;

	if (!talk_listen(talk, PHASE_AUTH, &verdict))
		return false;
	if (verdict == VERDICT_CONTINUE)
		return true;
	/* No 235 or error challenge before anything was said. */
	if (verdict == VERDICT_OK || talk_reply(talk)->code == 334)
		verdict = VERDICT_MALFORMED;
	return talk_refuse(talk, PHASE_AUTH, verdict);
}

/* The error challenge was read: answer it and judge the final reply. */
static bool
answer_challenge(struct talk *talk, const char *answer, enum verdict challenge)
{
	enum verdict verdict;

	if (!talk_say(talk, "%s", answer) ||
	    !talk_listen(talk, PHASE_AUTH, &verdict))
		return false;
	if (verdict == VERDICT_OK || talk_reply(talk)->code == 334)
		challenge = VERDICT_MALFORMED;
	/* The final reply knows more than "the token is refused". */
	return talk_refuse(talk, PHASE_AUTH,
	    challenge == VERDICT_REFRESH ? verdict : challenge);
}

/* Read the end of AUTH. */
static bool
finish_auth(struct talk *talk, const struct sasl *sasl)
{
	enum verdict verdict;

	if (!talk_listen(talk, PHASE_AUTH, &verdict))
		return false;
	if (verdict == VERDICT_OK)
		return true;
	if (talk_reply(talk)->code != 334)
		return talk_refuse(talk, PHASE_AUTH, verdict);
	if (verdict == VERDICT_CONTINUE)
		verdict = VERDICT_MALFORMED; /* there is no more to say */
	return answer_challenge(talk, sasl->answer, verdict);
}

static bool
fail_string(struct talk *talk, const struct sasl *sasl, int error)
{
	return talk_fail(talk,
	    error == MAILSEAL_E_NOMEM ? VERDICT_TRANSIENT : VERDICT_CONFIG,
	    error, "%s cannot carry this user name or credential: %s",
	    sasl->name, mailseal_error_text(error));
}

/* One answer of the LOGIN exchange. */
static bool
say_login_line(struct talk *talk, struct span part)
{
	AUTO(secret) line = NULL;
	int error = sasl_login_line(part, &line);

	if (error != MAILSEAL_OK)
		return fail_string(talk, &sasls[SASL_LOGIN], error);
	return await_prompt(talk) && talk_say_secret(talk, &line);
}

static bool
say_response(struct talk *talk, const struct smtp_login *login,
    enum sasl_mechanism mechanism)
{
	AUTO(secret) response = NULL;
	int error = sasl_initial_response(mechanism, login->user,
	    login->credential, login->host, login->port, &response);

	if (error != MAILSEAL_OK)
		return fail_string(talk, &sasls[mechanism], error);
	return talk_say(talk, "AUTH %s", sasls[mechanism].name) &&
	    await_prompt(talk) && talk_say_secret(talk, &response);
}

static bool
sign_in(struct talk *talk, const struct smtp_login *login,
    enum sasl_mechanism mechanism)
{
	struct span user = { (const unsigned char *)login->user,
		strlen(login->user) };

	if (mechanism != SASL_LOGIN)
		return say_response(talk, login, mechanism) &&
		    finish_auth(talk, &sasls[mechanism]);
	return talk_say(talk, "AUTH LOGIN") && say_login_line(talk, user) &&
	    say_login_line(talk, secret_span(login->credential)) &&
	    finish_auth(talk, &sasls[mechanism]);
}

/* Send the message; its final 250 has been seen when this is true. */
static bool
send_mail(struct talk *talk, const struct message *mail)
{
	unsigned char random[MESSAGE_ID_LENGTH / 2];
	char id[MESSAGE_ID_LENGTH + 1];
	char *bytes = malloc(MESSAGE_MAX);
	bool sent;

	if (bytes == NULL)
		return talk_fail(talk, VERDICT_TRANSIENT, MAILSEAL_E_NOMEM,
		    "out of memory");
	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(id, sizeof(id), random, sizeof(random));
	sent = talk_say(talk, "MAIL FROM:<%s>", mail->from) &&
	    talk_hear(talk, PHASE_MAIL, VERDICT_OK) &&
	    talk_say(talk, "RCPT TO:<%s>", mail->to) &&
	    talk_hear(talk, PHASE_RCPT, VERDICT_OK) && talk_say(talk, "DATA") &&
	    talk_hear(talk, PHASE_DATA, VERDICT_CONTINUE) &&
	    talk_say_bytes(talk, bytes,
		message_write(mail, time(NULL), id, bytes)) &&
	    talk_hear(talk, PHASE_DATA, VERDICT_OK);
	free(bytes);
	return sent;
}

int
smtp_run(struct talk *talk, const struct smtp_login *login,
    const struct message *mail)
{
	int mechanism = -1;

	if (open_session(talk, login))
		mechanism = choose(talk, login);
	if (mechanism >= 0 &&
	    sign_in(talk, login, (enum sasl_mechanism)mechanism) &&
	    (mail == NULL || send_mail(talk, mail)))
		talk_succeed(talk);
	talk_quit(talk);
	return mechanism;
}
