/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "broker/courier/smtp.h"
#include "broker/log.h"
#include "proto/error.h"

#define LITERAL_MAX 64	 /* bytes of an address literal */
#define OFFERED_MAX 1024 /* bytes of an EHLO reply that are shown */

static bool
offers(const struct talk *talk, enum sasl_mechanism mechanism)
{
	return reply_offers(talk_reply(talk)->text, "AUTH",
	    login_wire_name(mechanism));
}

/* The mechanism to use after an EHLO, or -1 and the ending is decided. */
static int
choose(struct talk *talk, const struct login *login)
{
	char offered[OFFERED_MAX];

	for (enum sasl_mechanism m = SASL_XOAUTH2; m <= SASL_LOGIN; m++)
		if (login_takes(login, m) && offers(talk, m))
			return (int)m;
	reply_words(talk_reply(talk), offered, sizeof(offered));
	(void)talk_fail(talk, VERDICT_CONFIG, MAILSEAL_E_NOAUTH,
	    "the server does not offer %s; it said: %.900s",
	    login_wanted(login), offered);
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
start_tls(struct talk *talk, const struct login *login)
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
	    talk_secure(talk, login->host, &login->trust);
}

static bool
open_session(struct talk *talk, const struct login *login)
{
	if (!talk_connect(talk, login->host, login->port, login->proxy))
		return false;
	if (!login->implicit)
		return start_tls(talk, login) && greet_securely(talk);
	return talk_secure(talk, login->host, &login->trust) &&
	    talk_hear(talk, PHASE_GREETING, VERDICT_OK) && greet_securely(talk);
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
smtp_run(struct talk *talk, const struct login *login,
    const struct message *mail)
{
	int mechanism = -1;

	if (open_session(talk, login))
		mechanism = choose(talk, login);
	if (mechanism >= 0 &&
	    login_run(talk, login, (enum sasl_mechanism)mechanism, "AUTH",
		PHASE_AUTH) &&
	    (mail == NULL || send_mail(talk, mail)))
		talk_succeed(talk);
	talk_quit(talk, "QUIT", PHASE_QUIT);
	return mechanism;
}

unsigned
smtp_look(struct talk *talk, const struct login *login)
{
	unsigned offered = 0;

	if (open_session(talk, login)) {
		for (enum sasl_mechanism m = SASL_XOAUTH2; m <= SASL_LOGIN; m++)
			if (offers(talk, m))
				offered |= 1u << m;
		talk_succeed(talk);
	}
	talk_quit(talk, "QUIT", PHASE_QUIT);
	return offered;
}
