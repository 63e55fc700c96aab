/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "broker/courier/login.h"
#include "proto/error.h"

/* What an error challenge is answered with, so that the final reply comes. */
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
login_fits(int mechanism, bool oauth)
{
	return mechanism >= 0 && mechanism <= SASL_LOGIN &&
	    sasls[mechanism].oauth == oauth;
}

bool
login_takes(const struct login *login, enum sasl_mechanism mechanism)
{
	return login_fits((int)mechanism, login->oauth) &&
	    (login->mechanism == LOGIN_BEST ||
		login->mechanism == (int)mechanism);
}

const char *
login_wire_name(enum sasl_mechanism mechanism)
{
	return sasls[mechanism].name;
}

const char *
login_wanted(const struct login *login)
{
	if (login->mechanism != LOGIN_BEST)
		return sasls[login->mechanism].name;
	return login->oauth ? "XOAUTH2 or OAUTHBEARER" : "PLAIN or LOGIN";
}

bool
login_fail(struct talk *talk, enum sasl_mechanism mechanism, int error)
{
	return talk_fail(talk,
	    error == MAILSEAL_E_NOMEM ? VERDICT_TRANSIENT : VERDICT_CONFIG,
	    error, "%s cannot carry this user name or credential: %s",
	    sasls[mechanism].name, mailseal_error_text(error));
}

bool
login_await(struct talk *talk, unsigned phase)
{
	enum verdict verdict;

	if (!talk_listen(talk, phase, &verdict))
		return false;
	if (verdict == VERDICT_CONTINUE)
		return true;
	/* No success or error challenge before anything was said. */
	if (verdict == VERDICT_OK || reply_is_prompt(talk_reply(talk)))
		verdict = VERDICT_MALFORMED;
	return talk_refuse(talk, phase, verdict);
}

/* The error challenge was read: answer it and judge the final reply. */
static bool
answer_challenge(struct talk *talk, unsigned phase, const char *answer,
    enum verdict challenge)
{
	enum verdict verdict;

	if (!talk_say(talk, "%s", answer) ||
	    !talk_listen(talk, phase, &verdict))
		return false;
	if (verdict == VERDICT_OK || reply_is_prompt(talk_reply(talk)))
		challenge = VERDICT_MALFORMED;
	/* The final reply knows more than "the token is refused". */
	return talk_refuse(talk, phase,
	    challenge == VERDICT_REFRESH ? verdict : challenge);
}

/* Read the end of the exchange. */
static bool
finish(struct talk *talk, unsigned phase, const struct sasl *sasl)
{
	enum verdict verdict;

	if (!talk_listen(talk, phase, &verdict))
		return false;
	if (verdict == VERDICT_OK)
		return true;
	if (!reply_is_prompt(talk_reply(talk)))
		return talk_refuse(talk, phase, verdict);
	if (verdict == VERDICT_CONTINUE)
		verdict = VERDICT_MALFORMED; /* there is no more to say */
	return answer_challenge(talk, phase, sasl->answer, verdict);
}

/* One answer of the LOGIN exchange. */
static bool
say_part(struct talk *talk, unsigned phase, struct span part)
{
	AUTO(secret) line = NULL;
	int error = sasl_login_line(part, &line);

	if (error != MAILSEAL_OK)
		return login_fail(talk, SASL_LOGIN, error);
	return login_await(talk, phase) && talk_say_secret(talk, &line);
}

static bool
say_both_parts(struct talk *talk, const struct login *login,
    const char *command, unsigned phase)
{
	struct span user = { (const unsigned char *)login->user,
		strlen(login->user) };

	return talk_say(talk, "%s LOGIN", command) &&
	    say_part(talk, phase, user) &&
	    say_part(talk, phase, secret_span(login->credential));
}

static bool
say_response(struct talk *talk, const struct login *login,
    enum sasl_mechanism mechanism, const char *command, unsigned phase)
{
	AUTO(secret) response = NULL;
	int error = sasl_initial_response(mechanism, login->user,
	    login->credential, login->host, login->port, &response);

	if (error != MAILSEAL_OK)
		return login_fail(talk, mechanism, error);
	return talk_say(talk, "%s %s", command, sasls[mechanism].name) &&
	    login_await(talk, phase) && talk_say_secret(talk, &response);
}

bool
login_run(struct talk *talk, const struct login *login,
    enum sasl_mechanism mechanism, const char *command, unsigned phase)
{
	bool said = mechanism == SASL_LOGIN ?
	    say_both_parts(talk, login, command, phase) :
	    say_response(talk, login, mechanism, command, phase);

	return said && finish(talk, phase, &sasls[mechanism]);
}
