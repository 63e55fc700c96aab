/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "broker/answer.h"
#include "broker/enrolment.h"
#include "broker/op/alone.h"
#include "broker/op/op.h"
#include "broker/op/pinned.h"
#include "broker/op/settle.h"
#include "broker/sasl.h"
#include "proto/error.h"

/* Of each attempt. */
static int
build(void *arg, struct errand **built)
{
	struct enrolment *e = arg;
	struct errand *errand;
	struct bound bound;
	int error = pinned_ask(e, "code", &bound, &errand);

	if (error != MAILSEAL_OK)
		return error;
	errand_in(errand, "redirect_uri", e->redirect_uri);
	errand_in(errand, "nonce", e->nonce);
	errand_in_secret(errand, "code", e->code);
	errand_in_secret(errand, "verifier", e->verifier);
	*built = errand;
	return MAILSEAL_OK;
}

/* The page said no.  Where an admin there can change that, he is told. */
static void
refuse_consent(struct enrolment *e, const struct outcome *outcome)
{
	char detail[DETAIL_MAX + PATH_LENGTH_MAX + 64];
	struct outcome named = *outcome;

	if (outcome->reason != MAILSEAL_E_ADMIN || e->consent[0] == '\0') {
		enrolment_refuse(e, outcome);
		return;
	}
	(void)snprintf(detail, sizeof(detail),
	    "%.*s; an admin of the tenant consents at %s", DETAIL_MAX,
	    outcome->detail != NULL ? outcome->detail : "", e->consent);
	named.detail = detail;
	enrolment_refuse(e, &named);
}

static void
redirect_ends(void *arg, const struct outcome *outcome)
{
	struct enrolment *e = arg;
	struct conn *conn = enrolment_waits(e);
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
	secret_free(e->code);
	e->code = NULL;
	error = secret_from_line(outcome->fields, "code", URL_MAX, &e->code);
	if (error == MAILSEAL_OK && e->code == NULL)
		error = MAILSEAL_E_COURIER;
	if (error == MAILSEAL_OK)
		error = pinned_start(e, build, settle_grant);
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
take_password(struct enrolment *e, struct secret **password)
{
	if (*password == NULL)
		return MAILSEAL_E_MISSING;
	secret_free(e->password);
	e->password = secret_move(password);
	settle_password(e);
	return MAILSEAL_OK;
}

static int
finish(struct enrolment *e, struct secret **target, struct secret **password)
{
	if (e->errand != NULL)
		return MAILSEAL_E_BUSY;
	if (e->by_code)
		return MAILSEAL_E_KIND;
	if (e->awaits)
		return MAILSEAL_E_UNSUPPORTED; /* it is finished already */
	if (!keyring_is_open(e->broker->keyring))
		return MAILSEAL_E_LOCKED;
	switch (e->type) {
	case ACCOUNT_OAUTH:
		return *target != NULL ? read_redirect(e, *target) :
					 MAILSEAL_E_MISSING;
	case ACCOUNT_PASSWORD:
		return take_password(e, password);
	case ACCOUNT_APPLICATION:
		return alone_ask(e, SERVICE_SMTP, settle_grant);
	case ACCOUNT_TYPES:
		break;
	}
	return MAILSEAL_E_INTERNAL;
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
	/* Else it is another's, who still waits. */
	if (e->errand == NULL && !e->by_code && !e->awaits) {
		(void)snprintf(e->to, sizeof(e->to), "%s",
		    to != NULL ? to : "");
		enrolment_go_on(e, r->conn);
	}
	error = finish(e, &target, &password);
	if (error != MAILSEAL_OK)
		answer_error(r->conn, error, e->spelled, NULL);
}
