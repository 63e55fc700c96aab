/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "broker/answer.h"
#include "broker/application.h"
#include "broker/binding.h"
#include "broker/gate.h"
#include "broker/log.h"
#include "broker/op/alone.h"
#include "broker/op/settle.h"
#include "broker/reach.h"
#include "proto/error.h"

#define REPLY_ROOM 32768

/* What is stored and not served, and why. */
static void
put_unserved(struct line_writer *w, const char *state,
    const struct plight *plight)
{
	char text[TEXT_MAX];

	plight_text(plight, text, sizeof(text));
	line_put(w, "state", state);
	line_put(w, "reason", mailseal_error_name(plight->error));
	line_put(w, "note", text);
}

static void
put_reach(const struct enrolment *e, struct line_writer *w)
{
	const struct provider *p = config_provider(e->broker->config,
	    e->provider);
	struct reach reach;

	if (p == NULL || p->fault != NULL)
		return;
	reach = reach_of_account(p);
	reach_put(&reach, w);
}

static void
answer_enrolled(struct enrolment *e, struct conn *conn,
    const struct outcome *untested)
{
	const struct account *a = accounts_find(e->broker->accounts, e->name);
	struct plight plight = { .account = e->spelled };
	char bytes[REPLY_ROOM];
	struct line_writer w;

	line_begin(&w, bytes, sizeof(bytes), "ok");
	line_put(&w, "account", e->spelled);
	line_put(&w, "login", e->login);
	if (e->identity[0] != '\0')
		line_put(&w, "identity", e->identity);
	line_put(&w, "provider", e->provider);
	if (e->warning[0] != '\0')
		line_put(&w, "warning", e->warning);
	if (a != NULL && a->state == GRANT_DISABLED) {
		plight.error = MAILSEAL_E_DISABLED;
		put_unserved(&w, "disabled", &plight);
	} else if (untested != NULL) {
		plight.error = untested->reason;
		plight.detail = untested->detail;
		plight.meaning = untested->meaning;
		put_unserved(&w, "blocked", &plight);
	} else {
		line_put(&w, "state", "good");
		if (e->to[0] != '\0')
			line_put(&w, "sent_to", e->to);
	}
	for (enum service s = SERVICE_SMTP; s <= e->probed; s++)
		probe_put(&e->greeting[s], s, &w);
	put_reach(e, &w);
	answer_line(conn, &w);
}

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

/* Keep it; untested: which login failed, and is an admin's to cure. */
static void
keep(struct enrolment *e, const struct outcome *untested)
{
	struct conn *conn = enrolment_waits(e);
	bool good = untested == NULL;
	bool renamed = strcmp(e->login, e->spelled) != 0;
	const struct account *other = find_other(e);
	int error;

	if (other != NULL) {
		enrolment_fail(e, MAILSEAL_E_REACH, other->spelled);
		return;
	}
	error = enrolment_store(e, untested);
	if (error != MAILSEAL_OK) {
		enrolment_fail(e, error, store_why(e->broker->store));
		return;
	}
	log_info("enrolled",
	    "account=%s provider=%s by=%s identity=%s "
	    "tested=%s",
	    e->spelled, e->provider, printable_word(e->by),
	    printable(e->identity), good ? "yes" : "no");
	audit_note(e->broker->audit, "enrolled", e->name, &e->admin,
	    "provider=%s%s%s tested=%s", printable_word(e->provider),
	    renamed ? " signs_in_as=" : "",
	    renamed ? printable_word(e->login) : "", good ? "yes" : "no");
	if (e->warning[0] != '\0')
		log_warn("sign-in will end", "account=%s: %s", e->spelled,
		    printable(e->warning));
	if (conn != NULL)
		answer_enrolled(e, conn, untested);
	enrolment_end(e);
}

static void try_mailbox(struct enrolment *e, enum service service);

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
 * A login failed.  Where an admin at the provider must act, what is in hand is
 * kept.  A token that the registration just got is fresh: then it lacks the
 * permission, or that is on its way.
 */
static void
fail_probe(struct enrolment *e, const struct provider *p,
    const struct outcome *outcome)
{
	struct outcome named = *outcome;
	char own[TEXT_MAX], words[TEXT_MAX];
	bool alone = e->type == ACCOUNT_APPLICATION;

	named.detail = probe_words(p, e->probed, outcome, own, sizeof(own));
	if (alone)
		application_judge(&named);
	if (e->type == ACCOUNT_PASSWORD || strcmp(named.class, "admin") != 0) {
		enrolment_refuse(e, &named);
		return;
	}
	if (alone) {
		add_patience(named.detail, words, sizeof(words));
		named.detail = words;
	}
	keep(e, &named);
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
	if (strcmp(outcome->class, "ok") != 0) {
		fail_probe(e, p, outcome);
		return;
	}
	probe_note(outcome, &e->greeting[e->probed]);
	if (e->probed == SERVICE_SMTP && probe_is_wanted(p, SERVICE_IMAP))
		try_reading(e, p);
	else
		keep(e, NULL);
}

static void
try_mailbox(struct enrolment *e, enum service service)
{
	const struct provider *p = config_provider(e->broker->config,
	    e->provider);
	struct probe probe = { .provider = p,
		.service = service,
		.account = e->spelled,
		.login = e->login,
		.token = service == SERVICE_IMAP && e->reading.access != NULL ?
		    e->reading.access :
		    e->tokens.access,
		.password = e->password,
		.to = e->to[0] != '\0' ? e->to : NULL };
	int error;

	if (p == NULL || p->fault != NULL || !binding_agrees(e->binding, p)) {
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

/* Whoever signed in must be the mailbox, and who it was the last time. */
static int
check_identity(const struct enrolment *e, const char *match, char *detail,
    size_t size)
{
	const struct account *a = accounts_find(e->broker->accounts, e->name);
	bool fits = match == NULL || strcmp(match, "same") == 0;

	(void)snprintf(detail, size, "%.400s signed in%s",
	    e->identity[0] != '\0' ? e->identity : "nobody we know of",
	    match != NULL && strcmp(match, "probable") == 0 ?
		", who has the address, but not as the user name" :
		"");
	if (!fits || strcasecmp(e->identity, e->spelled) != 0)
		return MAILSEAL_E_PERSON;
	if (a != NULL && a->type == ACCOUNT_OAUTH && a->sub[0] != '\0' &&
	    (strcmp(a->iss, e->iss) != 0 || strcmp(a->sub, e->sub) != 0))
		return MAILSEAL_E_IDENTITY;
	return MAILSEAL_OK;
}

/* Who signed in, where somebody did. */
static int
check_person(struct enrolment *e, const char *match, char *detail, size_t size)
{
	if (e->type == ACCOUNT_APPLICATION)
		return MAILSEAL_OK;
	if (e->tokens.refresh == NULL)
		return MAILSEAL_E_NOREFRESH;
	return check_identity(e, match, detail, size);
}

void
settle_grant(void *arg, const struct outcome *outcome)
{
	struct enrolment *e = arg;
	char detail[DETAIL_MAX + 1] = "";
	const char *match;
	int error;

	e->errand = NULL;
	if (strcmp(outcome->class, "ok") != 0) {
		refuse_grant(e, outcome);
		return;
	}
	match = line_get(outcome->fields, "id_match", LINE_KEY_MAX);
	copy(outcome->fields, "warning", e->warning, sizeof(e->warning));
	copy(outcome->fields, "id_iss", e->iss, sizeof(e->iss));
	copy(outcome->fields, "id_sub", e->sub, sizeof(e->sub));
	copy(outcome->fields, "id_name", e->identity, sizeof(e->identity));
	copy(outcome->fields, "scope", e->scope, sizeof(e->scope));
	error = tokens_from_line(outcome->fields, &e->tokens);
	if (error == MAILSEAL_OK)
		error = check_person(e, match, detail, sizeof(detail));
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
