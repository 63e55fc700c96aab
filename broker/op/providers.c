/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "broker/answer.h"
#include "broker/flow.h"
#include "broker/log.h"
#include "broker/op/op.h"
#include "broker/registration.h"
#include "proto/error.h"

#define ITEM_ROOM 16384

/* How many client secrets of a provider are sealed in the store. */
struct count {
	const char *provider;
	uint64_t secrets;
};

static int
count_secret(void *arg, const struct store_record *record)
{
	struct count *count = arg;

	if (strcmp(record->owner, count->provider) == 0)
		count->secrets++;
	return MAILSEAL_OK;
}

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
		struct count count = { p->name, 0 };
		char bytes[ITEM_ROOM];
		struct line_writer w;

		if (store_record_each(b->store, "client_secret", count_secret,
			&count) != MAILSEAL_OK)
			list.failed = true;
		line_begin(&w, bytes, sizeof(bytes), "item");
		line_put(&w, "name", p->name);
		if (p->fault == NULL)
			put_settings(&w, p);
		line_put_number(&w, "secrets", count.secrets);
		line_put_number(&w, "accounts", count_accounts(b, p->name));
		line_put(&w, "file", p->file);
		line_put(&w, "error", p->fault);
		list_add(&list, &w);
	}
	list_answer(&list, r->conn);
}

/* A new secret may cure what was refused: try soon. */
static void
try_again(struct broker *broker, const char *provider)
{
	for (size_t i = 0; i < accounts_count(broker->accounts); i++) {
		struct account *a = accounts_at(broker->accounts, i);

		if (strcmp(a->provider, provider) != 0)
			continue;
		a->next_try = 0;
		a->next_try_ms = 0;
	}
}

static int
take_secret(struct request *r, const struct provider **p,
    struct secret **secret, const char **why)
{
	const char *name = line_need(r->in, "provider", PROVIDER_MAX);
	int error = secret_from_line(r->in, "secret", SECRET_MAX, secret);

	*why = NULL;
	if (error == MAILSEAL_OK && *secret == NULL)
		line_fail(r->in, MAILSEAL_E_MISSING, "secret");
	if (error == MAILSEAL_OK)
		error = line_end(r->in);
	*why = r->in->culprit;
	if (error != MAILSEAL_OK)
		return error;
	*p = config_provider(r->broker->config, name);
	*why = name;
	if (*p == NULL)
		return MAILSEAL_E_NOPROVIDER;
	*why = (*p)->fault;
	if ((*p)->fault != NULL)
		return MAILSEAL_E_CONFIG;
	*why = "its accounts have passwords, it has no client secret";
	if (provider_has_passwords(*p))
		return MAILSEAL_E_KIND;
	*why = NULL;
	return keyring_check(r->broker->keyring);
}

void
op_provider_secret(struct request *r)
{
	AUTO(secret) secret = NULL;
	const struct provider *p = NULL;
	const char *why;
	char bytes[ITEM_ROOM];
	struct line_writer w;
	int error = take_secret(r, &p, &secret, &why);

	if (error == MAILSEAL_OK)
		error = registration_save(r->broker, p, secret);
	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, NULL, why);
		return;
	}
	try_again(r->broker, p->name);
	audit_note(r->broker->audit, "client_secret", NULL, conn_peer(r->conn),
	    "provider=%s", printable_word(p->name));
	line_begin(&w, bytes, sizeof(bytes), "ok");
	line_put(&w, "provider", p->name);
	answer_line(r->conn, &w);
}
