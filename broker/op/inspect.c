/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/appraisal.h"
#include "broker/binding.h"
#include "broker/clients.h"
#include "broker/inquiry.h"
#include "broker/op/op.h"
#include "broker/probe.h"
#include "proto/error.h"

/* What is asked outside, in this order, one after the other. */
enum stage { STAGE_PAGE, STAGE_PROOFS, STAGE_SMTP, STAGE_IMAP, STAGE_END };

/* A provider that is being looked at. */
struct inspection {
	struct broker *broker;
	struct conn_ref ref;
	char provider[PROVIDER_MAX + 1];
	char *binding; /* of its file as it was at the beginning */
	struct list list;
	struct errand *errand;
	enum stage stage;
	struct inquiry inquiry;
	size_t count; /* of the labels */
	size_t at;    /* which is tried */
	char label[PROOFS_MAX][PROOF_LABEL_MAX + 1];
	struct inspection *next;
};

static struct inspection *under_way;

static void
inspection_free(struct inspection *n)
{
	for (struct inspection **at = &under_way; *at != NULL;
	     at = &(*at)->next)
		if (*at == n) {
			*at = n->next;
			break;
		}
	errand_cancel(n->errand);
	list_free(&n->list);
	inquiry_clear(&n->inquiry);
	free(n->binding);
	free(n);
}

void
inspections_clear(void)
{
	while (under_way != NULL)
		inspection_free(under_way);
}

/*
 * The provider file as it is now; NULL when it is gone or broken, or another
 * one: its secrets must not go to where the one before had tokens.
 */
static const struct provider *
provider_of(const struct inspection *n)
{
	const struct provider *p = config_provider(n->broker->config,
	    n->provider);

	return p != NULL && p->fault == NULL && binding_agrees(n->binding, p) ?
	    p :
	    NULL;
}

static void
fail(struct inspection *n, const char *what, int error)
{
	struct outcome outcome = { .class = "config", .reason = error };

	finding_add_failure(&n->list, n->provider, what, &outcome, "admin");
}

/* ---- the sign-in page */

static void advance(struct inspection *n);

static void
page_ends(void *arg, const struct outcome *outcome)
{
	struct inspection *n = arg;
	const struct provider *p = provider_of(n);
	char text[TEXT_MAX];

	n->errand = NULL;
	if (strcmp(outcome->class, "ok") != 0) {
		finding_add_failure(&n->list, n->provider, "discovery", outcome,
		    "admin");
		n->stage = STAGE_SMTP; /* where tokens are had is not known */
		advance(n);
		return;
	}
	n->stage = inquiry_take(&n->inquiry, outcome->fields) ? STAGE_PROOFS :
								STAGE_SMTP;
	if (p != NULL && p->value[SETTING_TOKEN] != NULL)
		(void)snprintf(text, sizeof(text),
		    "not asked: the provider file says where to sign in");
	else
		(void)snprintf(text, sizeof(text), "the provider is %.512s",
		    n->inquiry.issuer != NULL ? n->inquiry.issuer : "reached");
	finding_add(&n->list,
	    &(struct finding){ FINDING_OK, "discovery", text, NULL, NULL });
	advance(n);
}

/* ---- client secrets and keys */

/* The one of a label; NULL when it is gone. */
static const struct proof *
find(const struct proofs *proofs, const char *label)
{
	for (size_t i = 0; i < proofs->count; i++)
		if (strcmp(proofs->proof[i].label, label) == 0)
			return &proofs->proof[i];
	return NULL;
}

static void
proof_ends(void *arg, const struct outcome *outcome)
{
	struct inspection *n = arg;
	const struct provider *p = provider_of(n);
	AUTO(proofs) proofs = NULL;
	const struct proof *proof = NULL;

	n->errand = NULL;
	if (p != NULL && registration_load(n->broker, p, &proofs) == 0) {
		if (n->count > 0)
			proof = find(proofs, n->label[n->at]);
		if (n->count == 0 || proof != NULL)
			inspect_proof(n->broker, p, proof, outcome, &n->list);
	}
	n->at++;
	advance(n);
}

/* Try the one at hand; false: it is not to be tried, or cannot be. */
static bool
try_proof(struct inspection *n, const struct provider *p)
{
	AUTO(proofs) proofs = NULL;
	const struct proof *proof = NULL;
	char what[64] = "registration";
	int error = registration_load(n->broker, p, &proofs);

	/* That there is none, where one is needed, was said already. */
	if (n->count == 0 && registration_uses(p, PROOF_KEY))
		return false;
	if (error == MAILSEAL_OK && n->count > 0) {
		proof = find(proofs, n->label[n->at]);
		if (proof == NULL || !registration_uses(p, proof->kind))
			return false;
		(void)snprintf(what, sizeof(what), "%s %s",
		    proof_noun(proof->kind), proof->label);
		error = proof->error;
	}
	if (error == MAILSEAL_OK && inquiry_needs_mailbox(p)) {
		finding_add(&n->list,
		    &(struct finding){ FINDING_OK, what,
			"it is there; whether it is taken shows when a "
			"mailbox is enrolled or tested",
			NULL, NULL });
		return false;
	}
	if (error == MAILSEAL_OK)
		error = inquiry_proof(n->broker, p, &n->inquiry, proof,
		    proof_ends, n, &n->errand);
	if (error != MAILSEAL_OK)
		fail(n, what, error);
	return error == MAILSEAL_OK;
}

/* ---- mail servers */

static void
server_ends(void *arg, const struct outcome *outcome)
{
	struct inspection *n = arg;
	const struct provider *p = provider_of(n);
	bool imap = n->stage == STAGE_IMAP;

	n->errand = NULL;
	if (p != NULL)
		inspect_server(p, imap ? SERVICE_IMAP : SERVICE_SMTP, outcome,
		    &n->list);
	n->stage = imap ? STAGE_END : STAGE_IMAP;
	advance(n);
}

static bool
try_server(struct inspection *n, const struct provider *p, enum service service)
{
	int error;

	if (!probe_is_wanted(p, service))
		return false;
	error = probe_look(n->broker, p, service, server_ends, n, &n->errand);
	if (error != MAILSEAL_OK)
		fail(n, service == SERVICE_IMAP ? "IMAP" : "SMTP", error);
	return error == MAILSEAL_OK;
}

/* ---- one after the other */

/* One step of a stage that is not over; true: an errand is under way. */
static bool
step(struct inspection *n, const struct provider *p)
{
	int error;

	switch (n->stage) {
	case STAGE_PAGE:
		error = inquiry_page(n->broker, p, page_ends, n, &n->errand);
		if (error != MAILSEAL_OK) {
			fail(n, "discovery", error);
			n->stage = STAGE_SMTP;
		}
		return error == MAILSEAL_OK;
	case STAGE_PROOFS:
		/* Without any, the registration is tried as it is, once. */
		if (n->at >= n->count && (n->count > 0 || n->at > 0)) {
			n->stage = STAGE_SMTP;
			return false;
		}
		if (try_proof(n, p))
			return true;
		n->at++;
		return false;
	case STAGE_SMTP:
		if (try_server(n, p, SERVICE_SMTP))
			return true;
		n->stage = STAGE_IMAP;
		return false;
	case STAGE_IMAP:
		if (try_server(n, p, SERVICE_IMAP))
			return true;
		n->stage = STAGE_END;
		return false;
	case STAGE_END:
		break;
	}
	return false;
}

static void
finish(struct inspection *n)
{
	struct conn *conn = clients_find(n->broker->clients, n->ref);

	if (conn != NULL)
		list_answer(&n->list, conn);
	/* What was refused and is taken again may cure accounts. */
	provider_try_again(n->broker, n->provider);
	inspection_free(n);
}

static void
advance(struct inspection *n)
{
	while (n->stage != STAGE_END) {
		const struct provider *p = provider_of(n);

		if (p == NULL || n->broker->stopping) {
			fail(n, "provider file",
			    p == NULL ? MAILSEAL_E_CHANGED : MAILSEAL_E_BUSY);
			break;
		}
		if (step(n, p))
			return;
	}
	finish(n);
}

/* Note the labels that have a use, the one that is tried first in front. */
static void
note_labels(struct inspection *n, const struct provider *p,
    const struct proofs *proofs)
{
	for (size_t i = 0; i < proofs->count; i++)
		if (registration_uses(p, proofs->proof[i].kind))
			memcpy(n->label[n->count++], proofs->proof[i].label,
			    sizeof(n->label[0]));
}

static bool
is_under_way(const char *provider)
{
	for (const struct inspection *n = under_way; n != NULL; n = n->next)
		if (strcmp(n->provider, provider) == 0)
			return true;
	return false;
}

static int
begin(struct request *r, const struct provider *p)
{
	AUTO(proofs) proofs = NULL;
	struct inspection *n;
	char *binding = NULL;
	int error = registration_load(r->broker, p, &proofs);

	if (error == MAILSEAL_OK && is_under_way(p->name))
		error = MAILSEAL_E_BUSY;
	if (error == MAILSEAL_OK)
		error = binding_make(p, NULL, &binding);
	if (error != MAILSEAL_OK)
		return error;
	n = calloc(1, sizeof(*n));
	if (n == NULL) {
		free(binding);
		return MAILSEAL_E_NOMEM;
	}
	n->binding = binding;
	n->broker = r->broker;
	n->ref = conn_ref(r->conn);
	(void)snprintf(n->provider, sizeof(n->provider), "%s", p->name);
	n->stage = p->value[SETTING_AUTHORITY] == NULL ? STAGE_SMTP :
							 STAGE_PAGE;
	n->next = under_way;
	under_way = n;
	note_labels(n, p, proofs);
	appraise(r->broker, p, proofs, &n->list);
	advance(n);
	return MAILSEAL_OK;
}

static int
find_provider(const struct request *r, const char *name,
    const struct provider **provider, const char **why)
{
	const struct provider *p = config_provider(r->broker->config, name);

	*why = name;
	if (p == NULL)
		return MAILSEAL_E_NOPROVIDER;
	*why = p->fault;
	if (p->fault != NULL)
		return MAILSEAL_E_CONFIG;
	*provider = p;
	return keyring_check(r->broker->keyring);
}

void
op_provider_check(struct request *r)
{
	const char *name = line_need(r->in, "provider", PROVIDER_MAX);
	const struct provider *p = NULL;
	const char *why;
	int error = line_end(r->in);

	why = r->in->culprit;
	if (error == MAILSEAL_OK)
		error = find_provider(r, name, &p, &why);
	if (error == MAILSEAL_OK)
		error = begin(r, p);
	if (error != MAILSEAL_OK)
		answer_error(r->conn, error, NULL, why);
}
