/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "broker/courier/imap.h"
#include "broker/courier/response.h"
#include "proto/error.h"

#define OFFERED_MAX 1024 /* bytes of a response that are shown */
#define QUOTED_MAX (2 * SASL_PASSWORD_MAX + 2)

/* Whether the server offers a mechanism, or the command LOGIN for it. */
static bool
offers(const char *text, enum sasl_mechanism mechanism)
{
	char word[32];

	if (mechanism == SASL_LOGIN)
		return !response_offers(text, "LOGINDISABLED");
	(void)snprintf(word, sizeof(word), "AUTH=%s",
	    login_wire_name(mechanism));
	return response_offers(text, word);
}

/* The mechanism to use by the capabilities in the last response, or -1. */
static int
pick(const struct talk *talk, const struct login *login)
{
	const char *text = talk_reply(talk)->text;

	if (!response_lists(text))
		return -1;
	for (enum sasl_mechanism m = SASL_XOAUTH2; m <= SASL_LOGIN; m++)
		if (login_takes(login, m) && offers(text, m))
			return (int)m;
	return -1;
}

static bool
ask(struct talk *talk, const char *command, unsigned phase,
    enum verdict *verdict)
{
	return talk_say(talk, "%s %s", response_tag(phase), command) &&
	    talk_listen(talk, phase, verdict);
}

/* What the server offers is not enough; it is quoted.  False always. */
static bool
fail_offer(struct talk *talk, int error, const char *lack)
{
	char offered[OFFERED_MAX];

	reply_words(talk_reply(talk), offered, sizeof(offered));
	return talk_fail(talk, VERDICT_CONFIG, error,
	    "the server does not offer %s; it said: %.900s", lack, offered);
}

/* The mechanism to use, or -1 and the ending is decided. */
static int
choose(struct talk *talk, const struct login *login)
{
	enum verdict verdict;
	int mechanism = -1;

	if (login->implicit) /* then the greeting came over TLS */
		mechanism = pick(talk, login);
	if (mechanism >= 0)
		return mechanism;
	if (!ask(talk, "CAPABILITY", PHASE_IMAP_CAPABILITY, &verdict))
		return -1;
	if (talk_reply(talk)->status != REPLY_OK) {
		(void)talk_refuse(talk, PHASE_IMAP_CAPABILITY, verdict);
		return -1;
	}
	mechanism = pick(talk, login);
	if (mechanism < 0)
		(void)fail_offer(talk, MAILSEAL_E_NOAUTH, login_wanted(login));
	return mechanism;
}

/* From the greeting to TLS, or the ending is decided. */
static bool
start_tls(struct talk *talk, const struct login *login)
{
	enum verdict verdict;

	if (!talk_hear(talk, PHASE_IMAP_GREETING, VERDICT_OK))
		return false;
	if (!response_offers(talk_reply(talk)->text, "STARTTLS")) {
		if (!ask(talk, "CAPABILITY", PHASE_IMAP_OFFER, &verdict))
			return false;
		if (talk_reply(talk)->status != REPLY_OK)
			return talk_refuse(talk, PHASE_IMAP_OFFER, verdict);
		if (verdict != VERDICT_OK)
			return fail_offer(talk, MAILSEAL_E_NOTLS, "STARTTLS");
	}
	return talk_say(talk, "%s STARTTLS",
		   response_tag(PHASE_IMAP_STARTTLS)) &&
	    talk_hear(talk, PHASE_IMAP_STARTTLS, VERDICT_OK) &&
	    talk_secure(talk, login->host, &login->trust);
}

static bool
open_session(struct talk *talk, const struct login *login)
{
	if (!talk_connect(talk, login->host, login->port, login->proxy))
		return false;
	if (!login->implicit)
		return start_tls(talk, login);
	return talk_secure(talk, login->host, &login->trust) &&
	    talk_hear(talk, PHASE_IMAP_GREETING, VERDICT_OK);
}

/* Whether it can stand between quotes: ASCII without controls. */
static bool
is_quotable(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < 0x20 || text.data[i] > 0x7e)
			return false;
	return true;
}

/* Put it between quotes; out has room for QUOTED_MAX bytes.  The length. */
static size_t
quote(struct span text, unsigned char *out)
{
	size_t len = 0;

	out[len++] = '"';
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '"' || text.data[i] == '\\')
			out[len++] = '\\';
		out[len++] = text.data[i];
	}
	out[len++] = '"';
	return len;
}

/* Announce a literal, and wait until the server wants it. */
static bool
announce(struct talk *talk, const char *before, size_t len)
{
	return talk_say(talk, "%s{%zu}", before, len) &&
	    login_await(talk, PHASE_IMAP_LOGIN);
}

static bool
say_user(struct talk *talk, struct span user)
{
	unsigned char line[16 + QUOTED_MAX] = "A2 LOGIN ";
	size_t len = strlen((char *)line);

	if (!is_quotable(user))
		return announce(talk, (char *)line, user.len) &&
		    talk_say_bytes(talk, user.data, user.len) &&
		    talk_say_bytes(talk, " ", 1);
	len += quote(user, line + len);
	line[len++] = ' ';
	return talk_say_bytes(talk, line, len);
}

static bool
say_password(struct talk *talk, struct span password)
{
	AUTO(secret) line = secret_new(QUOTED_MAX);

	if (line == NULL)
		return login_fail(talk, SASL_LOGIN, MAILSEAL_E_NOMEM);
	if (is_quotable(password)) {
		secret_cut(line, quote(password, line->data));
	} else {
		memcpy(line->data, password.data, password.len);
		secret_cut(line, password.len);
		if (!announce(talk, "", password.len))
			return false;
	}
	return talk_say_secret(talk, &line);
}

/* The LOGIN command, RFC 9051 section 6.2.3. */
static bool
say_login(struct talk *talk, const struct login *login)
{
	struct span user = { (const unsigned char *)login->user,
		strlen(login->user) };
	struct span password = secret_span(login->credential);

	if (password.len > SASL_PASSWORD_MAX || user.len > SASL_USER_MAX)
		return login_fail(talk, SASL_LOGIN, MAILSEAL_E_TOOLONG);
	if (password.len == 0 ||
	    memchr(password.data, '\0', password.len) != NULL)
		return login_fail(talk, SASL_LOGIN, MAILSEAL_E_MALFORMED);
	return say_user(talk, user) && say_password(talk, password) &&
	    talk_hear(talk, PHASE_IMAP_LOGIN, VERDICT_OK);
}

static bool
sign_in(struct talk *talk, const struct login *login,
    enum sasl_mechanism mechanism)
{
	if (mechanism == SASL_LOGIN)
		return say_login(talk, login);
	return login_run(talk, login, mechanism, "A2 AUTHENTICATE",
	    PHASE_IMAP_LOGIN);
}

int
imap_run(struct talk *talk, const struct login *login)
{
	int mechanism = -1;

	if (open_session(talk, login))
		mechanism = choose(talk, login);
	if (mechanism >= 0 &&
	    sign_in(talk, login, (enum sasl_mechanism)mechanism))
		talk_succeed(talk);
	talk_quit(talk, "A3 LOGOUT", PHASE_IMAP_LOGOUT);
	return mechanism;
}

/* Have the capabilities in the last response. */
static bool
list_capabilities(struct talk *talk, const struct login *login)
{
	enum verdict verdict;

	if (login->implicit && response_lists(talk_reply(talk)->text))
		return true;
	return ask(talk, "CAPABILITY", PHASE_IMAP_CAPABILITY, &verdict) &&
	    (talk_reply(talk)->status == REPLY_OK ||
		talk_refuse(talk, PHASE_IMAP_CAPABILITY, verdict));
}

unsigned
imap_look(struct talk *talk, const struct login *login)
{
	unsigned offered = 0;

	if (open_session(talk, login) && list_capabilities(talk, login)) {
		for (enum sasl_mechanism m = SASL_XOAUTH2; m <= SASL_LOGIN; m++)
			if (offers(talk_reply(talk)->text, m))
				offered |= 1u << m;
		talk_succeed(talk);
	}
	talk_quit(talk, "A3 LOGOUT", PHASE_IMAP_LOGOUT);
	return offered;
}
