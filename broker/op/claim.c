/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "broker/op/claim.h"
#include "proto/error.h"

/* The account that it takes the place of, when that is pinned; else NULL. */
static const struct account *
pinned(const struct enrolment *e)
{
	const struct account *a = accounts_find(e->broker->accounts, e->name);

	return a != NULL && a->type == ACCOUNT_OAUTH && a->sub[0] != '\0' ?
	    a :
	    NULL;
}

static bool
is_pinned_one(const struct enrolment *e)
{
	const struct account *a = pinned(e);

	return a != NULL && strcmp(a->iss, e->iss) == 0 &&
	    strcmp(a->sub, e->sub) == 0;
}

static const char *
name_of(const char *identity)
{
	return identity[0] != '\0' ? identity : "nobody we know of";
}

static void
say_who(const struct enrolment *e, const char *more, char *detail, size_t size)
{
	(void)snprintf(detail, size, "%.254s signed in%s", name_of(e->identity),
	    more);
}

static enum claim
claim_of(const struct enrolment *e, const char *match)
{
	if (match != NULL && strcmp(match, "probable") == 0)
		return CLAIM_PROBABLE;
	if (e->identity[0] == '\0' ||
	    (match != NULL && strcmp(match, "unknown") == 0))
		return CLAIM_UNKNOWN;
	if (match != NULL && strcmp(match, "same") != 0)
		return CLAIM_DELEGATE;
	return strcasecmp(e->identity, e->spelled) == 0 ? CLAIM_SAME :
							  CLAIM_DELEGATE;
}

/*
 * Submission takes anybody by his own name: whether he may use the mailbox is
 * seen where it is read, or by a mail that is sent from it.
 */
static bool
can_be_seen(const struct enrolment *e)
{
	return e->to[0] != '\0' ||
	    probe_is_wanted(config_provider(e->broker->config, e->provider),
		SERVICE_IMAP);
}

/*
 * By which name it signs in: its own, the mailbox's, unless another one was
 * said, now or with "set".  One that just was the identity's goes with that.
 */
static void
choose_login(struct enrolment *e)
{
	const struct account *a = pinned(e);
	bool same = e->claim == CLAIM_SAME, known = is_pinned_one(e);
	bool set = a == NULL || (known && strcasecmp(a->login, a->identity));
	const char *login = same ? e->spelled : e->identity;

	if (!same && (a == NULL || strcmp(e->login, e->spelled) == 0))
		set = false;
	if (!e->login_given && !set && account_is_login(login))
		(void)snprintf(e->login, sizeof(e->login), "%.*s", ACCOUNT_MAX,
		    login);
}

int
claim_check_pin(const struct enrolment *e, char *detail, size_t size)
{
	const struct account *a = pinned(e);

	if (a == NULL || e->replaces || is_pinned_one(e))
		return MAILSEAL_OK;
	(void)snprintf(detail, size, "%.200s signed in, %.200s is enrolled",
	    name_of(e->identity), name_of(a->identity));
	return MAILSEAL_E_IDENTITY;
}

int
claim_judge(struct enrolment *e, const struct claimed *claimed, char *detail,
    size_t size)
{
	if (claimed->guest) {
		say_who(e, ", who is a guest of the tenant", detail, size);
		return MAILSEAL_E_PERSON;
	}
	e->claim = claim_of(e, claimed->match);
	if (claim_check_pin(e, detail, size) != MAILSEAL_OK)
		return MAILSEAL_E_IDENTITY;
	/* Whom an admin said yes to once signs in again without asking. */
	e->asks = e->claim != CLAIM_SAME && !is_pinned_one(e);
	if (e->asks && !can_be_seen(e)) {
		say_who(e,
		    "; whether that is a delegate is seen with imap_host in "
		    "the provider file, or by a test mail with --send",
		    detail, size);
		return MAILSEAL_E_PERSON;
	}
	choose_login(e);
	return MAILSEAL_OK;
}

bool
claim_is_refuted(const struct enrolment *e, const struct outcome *outcome,
    char *detail, size_t size)
{
	bool admin = strcmp(outcome->class, "admin") == 0;
	char more[DETAIL_MAX + 1] = "";

	if (!e->asks ||
	    (outcome->reason != MAILSEAL_E_LOGIN &&
		outcome->reason != MAILSEAL_E_MAIL))
		return false;
	if (e->claim == CLAIM_PROBABLE && admin)
		return false; /* what its admin must allow stands in the way */
	if (admin && outcome->detail != NULL)
		(void)snprintf(more, sizeof(more), "; %.240s", outcome->detail);
	else if (e->claim == CLAIM_PROBABLE)
		(void)snprintf(more, sizeof(more),
		    ", who has the address, but not as the user name");
	say_who(e, more, detail, size);
	return true;
}

static const char *
claim_name(enum claim claim)
{
	switch (claim) {
	case CLAIM_SAME:
		return "same";
	case CLAIM_DELEGATE:
		return "delegate";
	case CLAIM_PROBABLE:
		return "probable";
	case CLAIM_UNKNOWN:
		return "unknown";
	}
	return "unknown";
}

static void
put_question(const struct enrolment *e, struct line_writer *w)
{
	char text[TEXT_MAX];

	if (e->claim == CLAIM_DELEGATE)
		(void)snprintf(text, sizeof(text),
		    "%s signed in, who can open %s as a delegate", e->identity,
		    e->spelled);
	else if (e->claim == CLAIM_PROBABLE)
		(void)snprintf(text, sizeof(text),
		    "%s signed in, who can open %s and has its address, which "
		    "the provider did not verify",
		    name_of(e->identity), e->spelled);
	else
		(void)snprintf(text, sizeof(text),
		    "the provider does not say for sure who signed in, but "
		    "the sign-in can open %s",
		    e->spelled);
	line_put(w, "question", text);
}

void
claim_ask(const struct enrolment *e, struct line_writer *w)
{
	line_put(w, "confirm", claim_name(e->claim));
	line_put(w, "id", e->id);
	line_put(w, "account", e->spelled);
	line_put(w, "identity", e->identity);
	line_put(w, "login", e->login);
	line_put(w, "provider", e->provider);
	put_question(e, w);
	line_put_number(w, "expires_in", ENROLMENT_S);
}

const char *
claim_replaced(const struct enrolment *e)
{
	const struct account *a = pinned(e);

	return a == NULL || is_pinned_one(e) ? NULL : name_of(a->identity);
}
