/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "broker/answer.h"
#include "broker/binding.h"
#include "broker/enrolment.h"
#include "broker/log.h"
#include "broker/op/op.h"
#include "broker/registration.h"
#include "broker/sasl.h"
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
		put_unserved(&w, "blocked", &plight);
	} else {
		line_put(&w, "state", "good");
		if (e->to[0] != '\0')
			line_put(&w, "sent_to", e->to);
	}
	for (enum service s = SERVICE_SMTP; s <= e->probed; s++)
		probe_put(&e->greeting[s], s, &w);
	answer_line(conn, &w);
}

/* Keep it; untested: which login failed, and is an admin's to cure. */
static void
keep(struct enrolment *e, const struct outcome *untested)
{
	struct conn *conn = enrolment_waits(e);
	bool good = untested == NULL;
	bool renamed = strcmp(e->login, e->spelled) != 0;
	int error = enrolment_store(e, untested);

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

/* A login was tried; now it is decided what is tried next, or kept. */
static void
probe_ends(void *arg, const struct outcome *outcome)
{
	struct enrolment *e = arg;
	const struct provider *p = config_provider(e->broker->config,
	    e->provider);
	struct outcome named = *outcome;
	char words[TEXT_MAX];

	e->errand = NULL;
	if (strcmp(outcome->class, "ok") == 0) {
		probe_note(outcome, &e->greeting[e->probed]);
		if (e->probed == SERVICE_SMTP &&
		    probe_is_wanted(p, SERVICE_IMAP))
			try_mailbox(e, SERVICE_IMAP);
		else
			keep(e, NULL);
		return;
	}
	named.detail = probe_words(p, e->probed, outcome, words, sizeof(words));
	if (e->type == ACCOUNT_OAUTH && strcmp(outcome->class, "admin") == 0)
		keep(e, &named);
	else
		enrolment_refuse(e, &named);
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
		.token = e->tokens.access,
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

static void
code_ends(void *arg, const struct outcome *outcome)
{
	struct enrolment *e = arg;
	char detail[DETAIL_MAX + 1] = "";
	const char *match;
	int error;

	e->errand = NULL;
	if (strcmp(outcome->class, "ok") != 0) {
		enrolment_refuse(e, outcome);
		return;
	}
	match = line_get(outcome->fields, "id_match", LINE_KEY_MAX);
	copy(outcome->fields, "warning", e->warning, sizeof(e->warning));
	copy(outcome->fields, "id_iss", e->iss, sizeof(e->iss));
	copy(outcome->fields, "id_sub", e->sub, sizeof(e->sub));
	copy(outcome->fields, "id_name", e->identity, sizeof(e->identity));
	copy(outcome->fields, "scope", e->scope, sizeof(e->scope));
	error = tokens_from_line(outcome->fields, &e->tokens);
	if (error == MAILSEAL_OK && e->tokens.refresh == NULL)
		error = MAILSEAL_E_NOREFRESH;
	if (error == MAILSEAL_OK)
		error = check_identity(e, match, detail, sizeof(detail));
	if (error != MAILSEAL_OK)
		enrolment_fail(e, error, detail);
	else
		try_mailbox(e, SERVICE_SMTP);
}

static int
trade_code(struct enrolment *e, const struct secret *code)
{
	const struct provider *p = config_provider(e->broker->config,
	    e->provider);
	AUTO(secret) client_secret = NULL;
	AUTO(errand) errand = NULL;
	struct bound bound;
	char scope[SCOPE_MAX * 3];
	int error;

	if (p == NULL || p->fault != NULL)
		return MAILSEAL_E_NOPROVIDER;
	if (!binding_agrees(e->binding, p))
		return MAILSEAL_E_REBIND;
	error = binding_read(e->binding, &bound);
	if (error == MAILSEAL_OK)
		error = provider_scopes(p, scope, sizeof(scope));
	if (error == MAILSEAL_OK)
		error = registration_secret(e->broker, p, &client_secret);
	if (error != MAILSEAL_OK)
		return error;
	errand = errand_new(e->broker, "code", p->value[SETTING_MODULE],
	    bound.endpoints.origins);
	if (errand == NULL)
		return MAILSEAL_E_NOMEM;
	errand_registration(errand, p);
	errand_set(errand, "scope", scope);
	errand_set(errand, "issuer", bound.endpoints.issuer);
	errand_set(errand, "token_endpoint", bound.endpoints.token);
	errand_set(errand, "jwks_uri", bound.endpoints.jwks);
	errand_in(errand, "redirect_uri", e->redirect_uri);
	errand_in(errand, "nonce", e->nonce);
	errand_in(errand, "mailbox", e->spelled);
	errand_in_secret(errand, "code", code);
	errand_in_secret(errand, "verifier", e->verifier);
	errand_in_secret(errand, "client_secret", client_secret);
	return errand_start(&errand, code_ends, e, &e->errand);
}

/* The page said no.  Where an admin there can change that, he is told. */
static void
refuse_consent(struct enrolment *e, const struct outcome *outcome)
{
	char detail[DETAIL_MAX + PATH_LENGTH_MAX + 64];

	if (outcome->reason != MAILSEAL_E_ADMIN || e->consent[0] == '\0') {
		enrolment_refuse(e, outcome);
		return;
	}
	(void)snprintf(detail, sizeof(detail),
	    "%.*s; an admin of the tenant consents at %s", DETAIL_MAX,
	    outcome->detail != NULL ? outcome->detail : "", e->consent);
	enrolment_fail(e, outcome->reason, detail);
}

static void
redirect_ends(void *arg, const struct outcome *outcome)
{
	struct enrolment *e = arg;
	struct conn *conn = enrolment_waits(e);
	AUTO(secret) code = NULL;
	int error;

	e->errand = NULL;
	if (strcmp(outcome->class, "ignore") == 0 ||
	    strcmp(outcome->class, "malformed") == 0) {
		/* Not the provider's answer: that may still come. */
		static const char ignored[] = "ok ignored=yes\n";

		if (conn == NULL)
			return;
		if (strcmp(outcome->class, "ignore") == 0)
			conn_answer(conn, ignored, sizeof(ignored) - 1, false);
		else
			answer_error(conn, outcome->reason, e->spelled,
			    outcome->detail);
		return;
	}
	if (strcmp(outcome->class, "ok") != 0) {
		refuse_consent(e, outcome);
		return;
	}
	error = secret_from_line(outcome->fields, "code", URL_MAX, &code);
	if (error == MAILSEAL_OK && code == NULL)
		error = MAILSEAL_E_COURIER;
	if (error == MAILSEAL_OK)
		error = trade_code(e, code);
	if (error != MAILSEAL_OK)
		enrolment_fail(e, error, NULL);
}

/* The path of a redirect URI, where the provider's answer arrives. */
static const char *
path_of(const char *uri)
{
	const char *host = strstr(uri, "://");
	const char *path = host != NULL ? strchr(host + 3, '/') : NULL;

	return path != NULL ? path : "/";
}

static int
read_redirect(struct enrolment *e, const struct secret *target)
{
	AUTO(errand) errand = errand_new(e->broker, "redirect", "-", "-");

	if (errand == NULL)
		return MAILSEAL_E_NOMEM;
	errand_in_secret(errand, "request", target);
	errand_in(errand, "path", path_of(e->redirect_uri));
	errand_in(errand, "state", e->state);
	errand_in(errand, "issuer", e->issuer);
	errand_in(errand, "iss_required", e->iss_required ? "1" : "0");
	return errand_start(&errand, redirect_ends, e, &e->errand);
}

static int
finish(struct enrolment *e, struct secret **target, struct secret **password)
{
	if (e->errand != NULL)
		return MAILSEAL_E_BUSY;
	if (!keyring_is_open(e->broker->keyring))
		return MAILSEAL_E_LOCKED;
	if (e->type == ACCOUNT_OAUTH)
		return *target != NULL ? read_redirect(e, *target) :
					 MAILSEAL_E_MISSING;
	if (*password == NULL)
		return MAILSEAL_E_MISSING;
	secret_free(e->password);
	e->password = secret_move(password);
	try_mailbox(e, SERVICE_SMTP);
	return MAILSEAL_OK;
}

void
op_enroll_finish(struct request *r)
{
	const char *id = line_need(r->in, "id", ENROLMENT_ID_LEN);
	const char *to = line_get(r->in, "to", ACCOUNT_MAX);
	AUTO(secret) target = NULL;
	AUTO(secret) password = NULL;
	char fold[ACCOUNT_MAX + 1];
	struct enrolment *e;
	int error = secret_from_line(r->in, "redirect", URL_MAX * 2, &target);

	if (error == MAILSEAL_OK)
		error = secret_from_line(r->in, "password", SASL_PASSWORD_MAX,
		    &password);
	if (line_end(r->in) != MAILSEAL_OK)
		error = r->in->error;
	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, NULL, r->in->culprit);
		return;
	}
	e = enrolment_find(id, conn_peer(r->conn));
	if (e == NULL) {
		answer_error(r->conn, MAILSEAL_E_EXPIRED, NULL, NULL);
		return;
	}
	/* Before anything is tried: it would fail at the very end. */
	error = to != NULL ? account_fold(to, fold) : MAILSEAL_OK;
	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, e->spelled, to);
		return;
	}
	if (e->errand == NULL) { /* else it is another's, who still waits */
		(void)snprintf(e->to, sizeof(e->to), "%s",
		    to != NULL ? to : "");
		enrolment_go_on(e, r->conn);
	}
	error = finish(e, &target, &password);
	if (error != MAILSEAL_OK)
		answer_error(r->conn, error, e->spelled, NULL);
}
