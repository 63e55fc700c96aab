/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "broker/answer.h"
#include "broker/expiry.h"
#include "broker/flow.h"
#include "broker/op/op.h"
#include "proto/error.h"

#define REPLY_ROOM 16384

int
provider_to_seal(const struct request *r, const char *name,
    enum proof_kind kind, const struct provider **provider, const char **why)
{
	const struct provider *p = config_provider(r->broker->config, name);

	*why = name;
	if (p == NULL)
		return MAILSEAL_E_NOPROVIDER;
	*why = p->fault;
	if (p->fault != NULL)
		return MAILSEAL_E_CONFIG;
	*why = "its accounts have passwords, it has no client secret";
	if (provider_has_passwords(p))
		return MAILSEAL_E_KIND;
	*why = "a command is told a client secret, and no key";
	if (kind == PROOF_KEY && p->value[SETTING_COMMAND] != NULL)
		return MAILSEAL_E_KIND;
	*why = NULL;
	*provider = p;
	return keyring_check(r->broker->keyring);
}

void
provider_try_again(struct broker *broker, const char *provider)
{
	for (size_t i = 0; i < accounts_count(broker->accounts); i++) {
		struct account *a = accounts_at(broker->accounts, i);

		if (strcmp(a->provider, provider) != 0)
			continue;
		a->next_try = 0;
		a->next_try_ms = 0;
	}
	expiry_look(broker);
}

/* Why what is sealed serves nothing as long as the provider file is so. */
static void
tell_unused(const struct provider *p, const struct proof *proof,
    char note[TEXT_MAX])
{
	const char *way = p->value[SETTING_CLIENT_AUTH];
	bool is_key = proof->kind == PROOF_KEY;

	if (strcmp(p->value[SETTING_MODULE], "google") == 0 &&
	    (is_key || flow_is_service_account(p)))
		(void)snprintf(note, TEXT_MAX,
		    "it is not used: at Google a %s; forget it: \"mailseal "
		    "provider forget %s %s\"",
		    is_key ? "key is for a service account, with flow = "
			     "application" :
			     "service account has a key and no client secret",
		    p->name, proof->label);
	else
		(void)snprintf(note, TEXT_MAX,
		    "it is not used as long as the provider file says "
		    "client_auth = %s; write client_auth = %s there, and run "
		    "\"mailseal reload\"",
		    way != NULL ? way : "none, or nothing",
		    is_key ? "private_key_jwt" : "post");
}

void
proof_put(struct line_writer *w, const struct provider *p,
    const struct proof *proof)
{
	char note[TEXT_MAX];

	line_put(w, "provider", p->name);
	line_put(w, "label", proof->label);
	if (proof->ends > 0)
		line_put_number(w, "ends", (uint64_t)proof->ends);
	for (int i = 0; i < PROOF_TEXTS; i++)
		if (proof->text[i][0] != '\0')
			line_put(w, proof_text_name((enum proof_text)i),
			    proof->text[i]);
	if (registration_uses(p, proof->kind))
		return;
	tell_unused(p, proof, note);
	line_put(w, "note", note);
}

/*
 * The portal of Microsoft shows an id beside each secret, and it is the id that
 * stays in sight.  A secret there never has the form of one.
 */
static bool
is_id(const struct provider *p, const struct secret *secret)
{
	return strcmp(p->value[SETTING_MODULE], "microsoft") == 0 &&
	    proof_is_guid(secret);
}

static int
take_secret(struct request *r, const struct provider **p, struct proof *proof,
    const char **why)
{
	const char *name = line_need(r->in, "provider", PROVIDER_MAX);
	int error = secret_from_line(r->in, "secret", SECRET_MAX,
	    &proof->value);

	proof->ends = (int64_t)line_get_number(r->in, "ends", 0,
	    PROOF_TIME_MAX);
	if (error == MAILSEAL_OK &&
	    (proof->value == NULL || proof->value->len == 0))
		line_fail(r->in, MAILSEAL_E_MISSING, "secret");
	if (error == MAILSEAL_OK)
		error = line_end(r->in);
	*why = r->in->culprit;
	if (error == MAILSEAL_OK)
		error = provider_to_seal(r, name, PROOF_SECRET, p, why);
	if (error == MAILSEAL_OK && is_id(*p, proof->value))
		error = MAILSEAL_E_SECRETID;
	return error;
}

void
op_provider_secret(struct request *r)
{
	const struct provider *p = NULL;
	struct proof proof = { .kind = PROOF_SECRET };
	const char *why;
	char bytes[REPLY_ROOM];
	struct line_writer w;
	int error = take_secret(r, &p, &proof, &why);

	if (error == MAILSEAL_OK)
		error = registration_add(r->broker, p, &proof);
	if (error != MAILSEAL_OK) {
		proof_clear(&proof);
		answer_plight(r->conn,
		    &(struct plight){ .error = error,
			.detail = why,
			.provider = p != NULL ? p->name : NULL });
		return;
	}
	provider_try_again(r->broker, p->name);
	audit_note(r->broker->audit, "client_secret", NULL, conn_peer(r->conn),
	    "provider=%s label=%s", printable_word(p->name), proof.label);
	line_begin(&w, bytes, sizeof(bytes), "ok");
	proof_put(&w, p, &proof);
	proof_clear(&proof);
	answer_line(r->conn, &w);
}

void
op_provider_forget(struct request *r)
{
	const char *name = line_need(r->in, "provider", PROVIDER_MAX);
	const char *label = line_need(r->in, "label", PROOF_LABEL_MAX);
	enum proof_kind kind = PROOF_SECRET;
	const char *why;
	char bytes[REPLY_ROOM];
	struct line_writer w;
	int error = line_end(r->in);

	why = r->in->culprit;
	if (error == MAILSEAL_OK) {
		why = label;
		error = registration_forget(r->broker, name, label, &kind);
	}
	if (error == MAILSEAL_E_NOSECRET &&
	    config_provider(r->broker->config, name) == NULL) {
		why = name;
		error = MAILSEAL_E_NOPROVIDER;
	}
	if (error != MAILSEAL_OK) {
		answer_plight(r->conn,
		    &(struct plight){ .error = error,
			.detail = why,
			.provider = name });
		return;
	}
	expiry_look(r->broker);
	audit_note(r->broker->audit, "client_forgotten", NULL,
	    conn_peer(r->conn), "provider=%s kind=%s label=%s",
	    printable_word(name), proof_kind_name(kind), printable_word(label));
	line_begin(&w, bytes, sizeof(bytes), "ok");
	line_put(&w, "provider", name);
	line_put(&w, "type", proof_kind_name(kind));
	line_put(&w, "label", label);
	line_put_number(&w, "left", registration_count(r->broker, name));
	answer_line(r->conn, &w);
}
