/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/answer.h"
#include "broker/binding.h"
#include "broker/enrolment.h"
#include "broker/entrance.h"
#include "broker/op/choice.h"
#include "broker/op/enroll.h"
#include "broker/op/op.h"
#include "broker/op/poll.h"
#include "broker/retiring.h"
#include "proto/error.h"

#define REPLY_ROOM 32768
#define REDIRECT_URI "http://localhost/callback" /* where nobody listens */

void
enroll_put_begun(const struct enrolment *e, struct line_writer *w, char *bytes,
    size_t size)
{
	const struct provider *p = config_provider(e->broker->config,
	    e->provider);
	char server[512];

	line_begin(w, bytes, size, "ok");
	line_put(w, "id", e->id);
	line_put(w, "type", e->by_code ? "device" : kind_name(e->type));
	line_put(w, "account", e->spelled);
	line_put(w, "provider", e->provider);
	if (p != NULL && p->fault == NULL) {
		(void)snprintf(server, sizeof(server), "%s:%u",
		    entrance_place(p, e->host, SERVICE_SMTP).host,
		    p->place[SERVICE_SMTP].port);
		line_put(w, "server", server);
	}
	if (e->warning[0] != '\0')
		line_put(w, "warning", e->warning);
}

static void
answer_begun(struct enrolment *e, struct conn *conn, const char *url)
{
	char bytes[REPLY_ROOM];
	struct line_writer w;

	enroll_put_begun(e, &w, bytes, sizeof(bytes));
	line_put(&w, "url", url);
	if (url != NULL)
		line_put(&w, "redirect_uri", e->redirect_uri);
	line_put_number(&w, "expires_in", ENROLMENT_S);
	answer_line(conn, &w);
}

/* What a person needs to sign in. */
static const char *
read_page(const struct enrolment *e, struct line *fields,
    struct endpoints *told)
{
	if (e->type == ACCOUNT_APPLICATION)
		return NULL;
	told->authorization = line_need(fields, "authorization_endpoint",
	    URL_MAX);
	return line_need(fields, "url", URL_MAX);
}

/* Pin what discovery told, before any secret goes there. */
static int
pin(struct enrolment *e, struct line *fields, const char **url)
{
	const struct provider *p = config_provider(e->broker->config,
	    e->provider);
	struct endpoints told = { 0 };
	const char *consent;
	int error;

	*url = read_page(e, fields, &told);
	told.issuer = line_need(fields, "issuer", IDENTITY_MAX);
	told.token = line_need(fields, "token_endpoint", URL_MAX);
	told.jwks = line_get(fields, "jwks_uri", URL_MAX);
	told.origins = line_need(fields, "origins", URL_MAX);
	told.device = line_get(fields, "device_endpoint", URL_MAX);
	told.revocation = line_get(fields, "revocation_endpoint", URL_MAX);
	e->iss_required = line_get_number(fields, "iss_required", 0, 1) == 1;
	consent = line_get(fields, "consent_url", PATH_LENGTH_MAX);
	error = line_end_reply(fields);
	if (error != MAILSEAL_OK)
		return MAILSEAL_E_COURIER;
	if (p == NULL || p->fault != NULL)
		return MAILSEAL_E_NOPROVIDER;
	if (!enrolment_is_bound(e))
		return MAILSEAL_E_REBIND; /* discovery was of another file */
	(void)snprintf(e->consent, sizeof(e->consent), "%s",
	    consent != NULL ? consent : "");
	(void)snprintf(e->issuer, sizeof(e->issuer), "%s", told.issuer);
	free(e->binding);
	e->binding = NULL;
	return binding_make_at(p, e->host, &told, &e->binding);
}

static void
authorize_ends(void *arg, const struct outcome *outcome)
{
	struct enrolment *e = arg;
	struct conn *conn = enrolment_waits(e);
	const char *url = NULL;
	int error;

	e->errand = NULL;
	if (strcmp(outcome->class, "ok") != 0) {
		enrolment_refuse(e, outcome);
		return;
	}
	error = pin(e, outcome->fields, &url);
	if (error == MAILSEAL_OK && e->by_code)
		error = poll_begin(e);
	if (error != MAILSEAL_OK)
		enrolment_fail(e, error,
		    error == MAILSEAL_E_KIND ?
			"the provider offers no device codes" :
			NULL);
	else if (e->by_code)
		return; /* the code comes */
	else if (conn != NULL)
		answer_begun(e, conn, url);
	else
		enrolment_end(e); /* nobody knows its id */
}

/* What the page is to know, for a person to sign in. */
static void
put_person(const struct enrolment *e, struct errand *errand)
{
	char challenge[44];

	enrolment_challenge(e, challenge);
	errand_in(errand, "redirect_uri", e->redirect_uri);
	errand_in(errand, "state", e->state);
	errand_in(errand, "nonce", e->nonce);
	errand_in(errand, "challenge", challenge);
	errand_in(errand, "login_hint", e->spelled);
}

static int
authorize(struct enrolment *e, const struct provider *p)
{
	char origin[URL_MAX], scope[SCOPE_MAX * 3];
	AUTO(errand) errand = NULL;
	int error = provider_origin(p, origin, sizeof(origin));

	if (error == MAILSEAL_OK)
		error = provider_scopes(p, scope, sizeof(scope));
	if (error != MAILSEAL_OK)
		return error;
	errand = errand_new(e->broker, "authorize", p->value[SETTING_MODULE],
	    origin);
	if (errand == NULL)
		return MAILSEAL_E_NOMEM;
	errand_registration(errand, p);
	errand_set(errand, "scope", scope);
	errand_endpoints(errand, p);
	if (e->type == ACCOUNT_OAUTH)
		put_person(e, errand);
	return errand_start(&errand, authorize_ends, e, &e->errand);
}

/* Whether what is enrolled now can be had again when the host is lost. */
static int
check_key(const struct keyring *keyring, bool without_recovery)
{
	int error = keyring_check(keyring);

	if (error == MAILSEAL_OK && !without_recovery &&
	    !keyring_has(keyring, SLOT_RECOVERY))
		error = MAILSEAL_E_NORECOVERY;
	return error;
}

/* What an admin said beside the address and the provider. */
struct terms {
	const char *login;
	const char *redirect;
	int type; /* enum account_type; -1: whichever */
	bool by_code;
	bool replaces;
	bool without_recovery;
};

static void
read_terms(struct line *in, struct terms *terms)
{
	const char *way = line_get(in, "type", LINE_KEY_MAX);
	const char *without = line_get(in, "without_recovery", LINE_KEY_MAX);
	const char *replace = line_get(in, "replace_identity", LINE_KEY_MAX);

	terms->redirect = line_get(in, "redirect_uri", PATH_LENGTH_MAX);
	terms->login = line_get(in, "login", ACCOUNT_MAX);
	terms->by_code = way != NULL && strcmp(way, "device") == 0;
	terms->type = terms->by_code ? ACCOUNT_OAUTH :
	    way != NULL		     ? kind_by_name(way) :
				       -1;
	terms->replaces = replace != NULL;
	terms->without_recovery = without != NULL;
	if (way != NULL && terms->type < 0)
		line_fail(in, MAILSEAL_E_UNKNOWN, "type");
	if (without != NULL && strcmp(without, "yes") != 0)
		line_fail(in, MAILSEAL_E_UNKNOWN, "without_recovery");
	if (replace != NULL && strcmp(replace, "yes") != 0)
		line_fail(in, MAILSEAL_E_UNKNOWN, "replace_identity");
	if (terms->login != NULL && !account_is_login(terms->login))
		line_fail(in, MAILSEAL_E_UNKNOWN, "login");
}

static void
note_terms(struct enrolment *e, const struct provider *p,
    const struct terms *terms)
{
	const char *redirect = p->value[SETTING_REDIRECT_URI];
	const char *warning = NULL;

	if (redirect == NULL)
		redirect = terms->redirect;
	if (terms->login != NULL)
		(void)snprintf(e->login, sizeof(e->login), "%s", terms->login);
	e->login_given = terms->login != NULL;
	e->by_code = terms->by_code;
	e->replaces = terms->replaces;
	(void)snprintf(e->redirect_uri, sizeof(e->redirect_uri), "%s",
	    redirect != NULL ? redirect : REDIRECT_URI);
	if (e->type == ACCOUNT_PASSWORD)
		warning = retiring_words(
		    entrance_place(p, e->host, SERVICE_SMTP).host);
	(void)snprintf(e->warning, sizeof(e->warning), "%s",
	    warning != NULL ? warning : "");
}

static int
begin(struct request *r, const struct provider *p, const char *spelled,
    const char *name, const struct terms *terms)
{
	/* Where the endpoints are: a mail server, or a command, has none. */
	bool asks_first = p->value[SETTING_AUTHORITY] != NULL &&
	    !provider_has_passwords(p);
	struct enrolment *e = NULL;
	int error;

	error = enrolment_begin(r->broker, conn_peer(r->conn), p, spelled, name,
	    &e);
	if (error != MAILSEAL_OK)
		return error;
	e->ref = conn_ref(r->conn);
	note_terms(e, p, terms);
	error = binding_make_at(p, e->host, NULL, &e->binding);
	if (error == MAILSEAL_OK && asks_first)
		error = authorize(e, p);
	if (error != MAILSEAL_OK) {
		enrolment_end(e);
		return error;
	}
	if (!asks_first)
		answer_begun(e, r->conn, NULL);
	return MAILSEAL_OK;
}

void
op_enroll_begin(struct request *r)
{
	const char *address = line_need(r->in, "account", ACCOUNT_MAX);
	const char *wanted = line_get(r->in, "provider", PROVIDER_MAX);
	const struct provider *p = NULL;
	const char *why = NULL;
	char name[ACCOUNT_MAX + 1];
	struct choice choice = { .name = name, .provider = wanted };
	struct terms terms;
	int error;

	read_terms(r->in, &terms);
	choice.login = terms.login;
	choice.type = terms.type;
	error = line_end(r->in);
	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, NULL, r->in->culprit);
		return;
	}
	error = account_fold(address, name);
	if (error == MAILSEAL_OK)
		error = choice_make(r->broker, &choice, &p, &why);
	if (error == MAILSEAL_OK)
		error = check_key(r->broker->keyring, terms.without_recovery);
	if (error == MAILSEAL_OK)
		error = begin(r, p, address, name, &terms);
	if (error != MAILSEAL_OK)
		answer_error(r->conn, error, address, why);
}

void
op_enroll_cancel(struct request *r)
{
	const char *id = line_need(r->in, "id", ENROLMENT_ID_LEN);
	struct enrolment *e = NULL;
	int error = line_end(r->in);
	static const char ok[] = "ok\n";

	if (error == MAILSEAL_OK) {
		e = enrolment_find(id, conn_peer(r->conn));
		error = e != NULL ? MAILSEAL_OK : MAILSEAL_E_EXPIRED;
	}
	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, NULL, r->in->culprit);
		return;
	}
	if ((e->errand != NULL || enrolment_has_turn(e)) &&
	    enrolment_waits(e) != NULL)
		answer_error(enrolment_waits(e), MAILSEAL_E_EXPIRED, e->spelled,
		    "cancelled");
	enrolment_end(e);
	conn_answer(r->conn, ok, sizeof(ok) - 1, false);
}
