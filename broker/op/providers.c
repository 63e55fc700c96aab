/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "broker/answer.h"
#include "broker/binding.h"
#include "broker/flow.h"
#include "broker/op/op.h"
#include "broker/standing.h"
#include "proto/error.h"

#define ITEM_ROOM 40960

static uint64_t
count_accounts(const struct broker *broker, const char *provider)
{
	uint64_t count = 0;

	for (size_t i = 0; i < accounts_count(broker->accounts); i++)
		if (strcmp(accounts_at(broker->accounts, i)->provider,
			provider) == 0)
			count++;
	return count;
}

static void
put_settings(struct line_writer *w, const struct provider *p)
{
	const struct place *smtp = &p->place[SERVICE_SMTP];

	line_put(w, "module", p->value[SETTING_MODULE]);
	line_put(w, "type", kind_name(flow_account_type(p)));
	line_put(w, "authority", p->value[SETTING_AUTHORITY]);
	line_put(w, "client_id", p->value[SETTING_CLIENT_ID]);
	line_put(w, "client_auth", p->value[SETTING_CLIENT_AUTH]);
	line_put(w, "smtp_host", smtp->host);
	line_put_number(w, "smtp_port", smtp->port);
	line_put(w, "smtp_tls", tls_name(smtp->tls));
}

void
op_provider_list(struct request *r)
{
	struct broker *b = r->broker;
	struct list list = { 0 };

	if (line_end(r->in) != MAILSEAL_OK) {
		answer_error(r->conn, r->in->error, NULL, r->in->culprit);
		return;
	}
	for (size_t i = 0; i < b->config->provider_count; i++) {
		const struct provider *p = b->config->providers[i];
		char bytes[ITEM_ROOM];
		struct line_writer w;

		line_begin(&w, bytes, sizeof(bytes), "item");
		line_put(&w, "name", p->name);
		if (p->fault == NULL)
			put_settings(&w, p);
		line_put_number(&w, "secrets", registration_count(b, p->name));
		line_put_number(&w, "accounts", count_accounts(b, p->name));
		line_put(&w, "file", p->file);
		line_put(&w, "error", p->fault);
		list_add(&list, &w);
	}
	list_answer(&list, r->conn);
}

/* The first account of a provider that was enrolled by a page, or NULL. */
static const struct account *
enrolled_at(const struct broker *broker, const struct provider *p)
{
	for (size_t i = 0; i < accounts_count(broker->accounts); i++) {
		const struct account *a = accounts_at(broker->accounts, i);

		if (strcmp(a->provider, p->name) == 0 && a->bound != NULL &&
		    a->type == ACCOUNT_OAUTH)
			return a;
	}
	return NULL;
}

/* What was fixed when an account was enrolled; else what the file says. */
static void
put_endpoints(struct line_writer *w, const struct provider *p,
    const struct account *a)
{
	struct bound bound;

	if (a == NULL || binding_read(a->bound, &bound) != MAILSEAL_OK) {
		line_put(w, "authorization_endpoint",
		    p->value[SETTING_AUTHORIZATION]);
		line_put(w, "token_endpoint", p->value[SETTING_TOKEN]);
		return;
	}
	line_put(w, "issuer", bound.endpoints.issuer);
	line_put(w, "authorization_endpoint", bound.endpoints.authorization);
	line_put(w, "token_endpoint", bound.endpoints.token);
	line_put(w, "jwks_uri", bound.endpoints.jwks);
	line_put(w, "origins", bound.endpoints.origins);
}

static void
put_more_settings(struct line_writer *w, const struct provider *p)
{
	static const enum setting told[] = { SETTING_TENANT, SETTING_CLOUD,
		SETTING_FLOW, SETTING_HD, SETTING_SCOPE, SETTING_SCOPE_SMTP,
		SETTING_SCOPE_IMAP, SETTING_PROMPT, SETTING_REDIRECT_URI,
		SETTING_MECHANISM };
	const struct place *imap = &p->place[SERVICE_IMAP];

	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		line_put(w, provider_key(told[i]), p->value[told[i]]);
	if (imap->host == NULL)
		return;
	line_put(w, "imap_host", imap->host);
	line_put_number(w, "imap_port", imap->port);
	line_put(w, "imap_tls", tls_name(imap->tls));
}

static void
add_settings(struct list *list, struct broker *b, const struct provider *p)
{
	char bytes[ITEM_ROOM];
	struct line_writer w;

	line_begin(&w, bytes, sizeof(bytes), "item");
	line_put(&w, "kind", "provider");
	line_put(&w, "name", p->name);
	if (p->fault == NULL) {
		put_settings(&w, p);
		put_more_settings(&w, p);
		put_endpoints(&w, p, enrolled_at(b, p));
	}
	line_put_number(&w, "accounts", count_accounts(b, p->name));
	line_put(&w, "file", p->file);
	line_put(&w, "preset", p->preset);
	line_put(&w, "error", p->fault);
	list_add(list, &w);
}

/* How one of them is; used is NULL until the one that is tried first. */
static const char *
proof_state(const struct broker *b, const struct provider *p,
    const struct proof *proof, const struct proof **used)
{
	const struct standing *s = b->standings;

	while (s != NULL && strcmp(s->provider, p->name) != 0)
		s = s->next;
	if (proof->error != MAILSEAL_OK)
		return mailseal_error_name(proof->error);
	if (!registration_uses(p, proof->kind))
		return "unused";
	if (standing_is_refused(s, proof->label))
		return "refused";
	if (proof_has_ended(proof, now_wall()))
		return "ended";
	if (*used != NULL)
		return "spare";
	*used = proof;
	return "used";
}

static void
add_proof(struct list *list, const struct proof *proof, const char *state)
{
	char bytes[ITEM_ROOM];
	struct line_writer w;

	line_begin(&w, bytes, sizeof(bytes), "item");
	line_put(&w, "kind", "credential");
	line_put(&w, "type", proof_kind_name(proof->kind));
	line_put(&w, "label", proof->label);
	line_put(&w, "state", state);
	if (proof->added > 0)
		line_put_number(&w, "added", (uint64_t)proof->added);
	if (proof->ends > 0)
		line_put_number(&w, "ends", (uint64_t)proof->ends);
	for (int i = 0; i < PROOF_TEXTS; i++)
		if (proof->text[i][0] != '\0')
			line_put(&w, proof_text_name((enum proof_text)i),
			    proof->text[i]);
	if (proof->certificate != NULL)
		line_put_bytes(&w, "certificate", proof->certificate->data,
		    proof->certificate->len);
	list_add(list, &w);
}

void
op_provider_show(struct request *r)
{
	const char *name = line_need(r->in, "provider", PROVIDER_MAX);
	const struct proof *used = NULL;
	const struct provider *p;
	struct list list = { 0 };
	AUTO(proofs) proofs = NULL;
	int error = line_end(r->in);

	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, NULL, r->in->culprit);
		return;
	}
	p = config_provider(r->broker->config, name);
	error = p == NULL ? MAILSEAL_E_NOPROVIDER :
			    registration_load(r->broker, p, &proofs);
	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, NULL, name);
		return;
	}
	add_settings(&list, r->broker, p);
	for (size_t i = 0; i < proofs->count; i++)
		add_proof(&list, &proofs->proof[i],
		    proof_state(r->broker, p, &proofs->proof[i], &used));
	list_answer(&list, r->conn);
}
