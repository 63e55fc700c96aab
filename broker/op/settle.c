/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "broker/answer.h"
#include "broker/application.h"
#include "broker/entrance.h"
#include "broker/gate.h"
#include "broker/log.h"
#include "broker/op/alone.h"
#include "broker/op/claim.h"
#include "broker/op/enrolled.h"
#include "broker/op/settle.h"
#include "proto/error.h"

#define REPLY_ROOM 32768

/* Since it began, another may have been enrolled, or allow lines changed. */
static const struct account *
find_other(const struct enrolment *e)
{
	const struct provider *p = config_provider(e->broker->config,
	    e->provider);

	return p == NULL || p->fault != NULL ?
	    NULL :
	    gate_other(e->broker->config, e->broker->accounts, p, e->name);
}

/*
 * What was so when the mailbox was tried, or the question asked: seconds or
 * minutes have passed, and another enrolment, a reload or a set may have ended.
 */
static int
look_once_more(const struct enrolment *e, char *detail, size_t size)
{
	if (!enrolment_is_bound(e))
		return MAILSEAL_E_REBIND;
	return e->type == ACCOUNT_OAUTH ? claim_check_pin(e, detail, size) :
					  MAILSEAL_OK;
}

/* Keep it; untested: which login failed, and is an admin's to cure. */
static void
keep(struct enrolment *e, const struct outcome *untested)
{
	struct conn *conn = enrolment_waits(e);
	const struct account *other = find_other(e);
	char replaced[IDENTITY_MAX + 1] = "";
	const char *old = claim_replaced(e);
	char detail[DETAIL_MAX + 1] = "";
	int error = look_once_more(e, detail, sizeof(detail));

	if (error != MAILSEAL_OK) {
		enrolment_fail(e, error, detail);
		return;
	}
	if (other != NULL) {
		enrolment_fail(e, MAILSEAL_E_REACH, other->spelled);
		return;
	}
	if (old != NULL)
		(void)snprintf(replaced, sizeof(replaced), "%s", old);
	error = enrolment_store(e, untested);
	if (error != MAILSEAL_OK) {
		enrolment_fail(e, error, store_why(e->broker->store));
		return;
	}
	enrolled_note(e, old != NULL ? replaced : NULL, untested == NULL);
	if (conn != NULL)
		enrolled_answer(e, conn, untested);
	enrolment_end(e);
}

/* All is well, but whose sign-in it is: an admin must say yes to that. */
static void
await_yes(struct enrolment *e)
{
	struct conn *conn = enrolment_waits(e);
	char bytes[REPLY_ROOM];
	struct line_writer w;
	int error = enrolment_await(e);

	if (error != MAILSEAL_OK) {
		enrolment_fail(e, error, NULL);
		return;
	}
	log_info("enrolment awaits a yes", "account=%s identity=%s", e->spelled,
	    printable(e->identity));
	if (conn == NULL)
		return; /* he may still come back, with its id */
	line_begin(&w, bytes, sizeof(bytes), "ok");
	claim_ask(e, &w);
	enrolled_put_greetings(e, &w);
	answer_line(conn, &w);
}

void
settle_confirmed(struct enrolment *e)
{
	keep(e, NULL);
}

static void try_mailbox(struct enrolment *e, enum service service);

/* Whether what is enrolled works, and would be lost for what does not. */
static bool
has_better(const struct enrolment *e)
{
	const struct account *a = accounts_find(e->broker->accounts, e->name);

	return a != NULL && !a->untested &&
	    (account_own_state(a) == GRANT_GOOD ||
		account_own_state(a) == GRANT_WAITING);
}

/* Said of a refusal of a token that was just got by the registration itself. */
static void
add_patience(const char *said, char *words, size_t size)
{
	(void)snprintf(words, size,
	    "%.*s%sa permission that the registration was given just now can "
	    "take two hours to act",
	    DETAIL_MAX / 2, said != NULL ? said : "", said != NULL ? "; " : "");
}

/*
 * What is in hand is kept where an admin at the provider must act, unless what
 * is enrolled works.  A token that the registration just got is fresh: then it
 * lacks the permission, or that is on its way.
 */
static void
keep_or_refuse(struct enrolment *e, struct outcome *outcome)
{
	char words[TEXT_MAX];
	bool alone = e->type == ACCOUNT_APPLICATION;

	if (alone)
		application_judge(outcome);
	if (e->type == ACCOUNT_PASSWORD || e->asks || has_better(e) ||
	    strcmp(outcome->class, "admin") != 0) {
		enrolment_refuse(e, outcome);
		return;
	}
	if (alone) {
		add_patience(outcome->detail, words, sizeof(words));
		outcome->detail = words;
	}
	keep(e, outcome);
}

/* A login failed: the wrong person, or an admin's to cure, or the end. */
static void
fail_probe(struct enrolment *e, const struct provider *p,
    const struct outcome *outcome)
{
	struct outcome named = *outcome;
	char own[TEXT_MAX], detail[TEXT_MAX];

	named.detail = probe_words(p, e->probed, outcome, own, sizeof(own));
	if (claim_is_refuted(e, &named, detail, sizeof(detail))) {
		log_info("no delegate", "account=%s: %s", e->spelled,
		    printable(named.detail));
		enrolment_fail(e, MAILSEAL_E_PERSON, detail);
		return;
	}
	keep_or_refuse(e, &named);
}

static void
refuse_grant(struct enrolment *e, const struct outcome *outcome)
{
	struct outcome judged = *outcome;

	if (e->type == ACCOUNT_APPLICATION)
		application_judge(&judged);
	enrolment_refuse(e, &judged);
}

static void
reading_comes(void *arg, const struct outcome *outcome)
{
	struct enrolment *e = arg;
	int error;

	e->errand = NULL;
	if (strcmp(outcome->class, "ok") != 0) {
		refuse_grant(e, outcome);
		return;
	}
	error = tokens_from_line(outcome->fields, &e->reading);
	if (error != MAILSEAL_OK)
		enrolment_fail(e, error, NULL);
	else
		try_mailbox(e, SERVICE_IMAP);
}

/* What a person's sign-in brought is good for both services. */
static void
try_reading(struct enrolment *e, const struct provider *p)
{
	int error;

	if (e->type != ACCOUNT_APPLICATION ||
	    provider_lender(p, SERVICE_IMAP) == SERVICE_SMTP) {
		try_mailbox(e, SERVICE_IMAP);
		return;
	}
	error = alone_ask(e, SERVICE_IMAP, reading_comes);
	if (error != MAILSEAL_OK)
		enrolment_fail(e, error, NULL);
}

/* A login was tried; now it is decided what is tried next, or kept. */
static void
probe_ends(void *arg, const struct outcome *outcome)
{
	struct enrolment *e = arg;
	const struct provider *p = config_provider(e->broker->config,
	    e->provider);

	e->errand = NULL;
	if (!enrolment_is_bound(e)) { /* what was tried is not what there is */
		enrolment_fail(e, MAILSEAL_E_REBIND, NULL);
		return;
	}
	if (strcmp(outcome->class, "ok") != 0) {
		fail_probe(e, p, outcome);
		return;
	}
	probe_note(outcome, &e->greeting[e->probed]);
	if (e->probed == SERVICE_SMTP && probe_is_wanted(p, SERVICE_IMAP))
		try_reading(e, p);
	else if (e->asks)
		await_yes(e);
	else
		keep(e, NULL);
}

static void
try_mailbox(struct enrolment *e, enum service service)
{
	const struct provider *p = config_provider(e->broker->config,
	    e->provider);
	const struct account *old = accounts_find(e->broker->accounts, e->name);
	struct probe probe = { .provider = p,
		.service = service,
		.account = e->spelled,
		.host = e->host,
		.login = entrance_user(e->type, e->spelled, e->login, service),
		/* A delegate shows that he may send from the mailbox. */
		.from = old != NULL && !e->asks ? old->send_as : NULL,
		.token = service == SERVICE_IMAP && e->reading.access != NULL ?
		    e->reading.access :
		    e->tokens.access,
		.password = e->password,
		.to = e->to[0] != '\0' ? e->to : NULL };
	int error;

	if (!enrolment_is_bound(e)) {
		enrolment_fail(e, MAILSEAL_E_REBIND, NULL);
		return;
	}
	e->probed = service;
	error = probe_start(e->broker, &probe, probe_ends, e, &e->errand);
	if (error != MAILSEAL_OK)
		enrolment_fail(e, error, NULL);
}

static void
copy(struct line *fields, const char *key, char *out, size_t size)
{
	const char *text = line_get(fields, key, size - 1);

	(void)snprintf(out, size, "%s", text != NULL ? text : "");
}

/* Who signed in, where somebody did. */
static int
check_person(struct enrolment *e, const struct claimed *claimed, char *detail,
    size_t size)
{
	if (e->type == ACCOUNT_APPLICATION)
		return MAILSEAL_OK;
	if (e->tokens.refresh == NULL)
		return MAILSEAL_E_NOREFRESH;
	return claim_judge(e, claimed, detail, size);
}

void
settle_grant(void *arg, const struct outcome *outcome)
{
	struct enrolment *e = arg;
	struct line *fields = outcome->fields;
	char detail[DETAIL_MAX + 1] = "";
	struct claimed claimed;
	int error;

	e->errand = NULL;
	if (strcmp(outcome->class, "ok") != 0) {
		refuse_grant(e, outcome);
		return;
	}
	claimed.match = line_get(fields, "id_match", LINE_KEY_MAX);
	claimed.guest = line_get_number(fields, "id_guest", 0, 1) == 1;
	copy(fields, "warning", e->warning, sizeof(e->warning));
	copy(fields, "id_iss", e->iss, sizeof(e->iss));
	copy(fields, "id_sub", e->sub, sizeof(e->sub));
	copy(fields, "id_name", e->identity, sizeof(e->identity));
	copy(fields, "scope", e->scope, sizeof(e->scope));
	error = tokens_from_line(fields, &e->tokens);
	e->issued_ms = now_ms();
	if (error == MAILSEAL_OK)
		error = check_person(e, &claimed, detail, sizeof(detail));
	if (error != MAILSEAL_OK)
		enrolment_fail(e, error, detail);
	else
		try_mailbox(e, SERVICE_SMTP);
}

void
settle_password(struct enrolment *e)
{
	try_mailbox(e, SERVICE_SMTP);
}
