/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/answer.h"
#include "broker/entrance.h"
#include "broker/log.h"
#include "broker/op/op.h"
#include "broker/rebinding.h"
#include "proto/error.h"

#define ITEM_ROOM 32768

/* Look at the provider that a request names; *why says what is wrong. */
static int
look(struct request *r, const char *name, struct rebinding **rebinding,
    const char **why)
{
	const struct provider *p;
	int error = line_end(r->in);

	*why = r->in->culprit;
	if (error == MAILSEAL_OK)
		error = keyring_check(r->broker->keyring);
	if (error != MAILSEAL_OK)
		return error;
	p = config_provider(r->broker->config, name);
	*why = name;
	if (p == NULL)
		return MAILSEAL_E_NOPROVIDER;
	*why = p->fault;
	if (p->fault != NULL)
		return MAILSEAL_E_CONFIG;
	*why = NULL;
	return rebinding_make(r->broker, p, rebinding);
}

static void
put_place(struct line_writer *w, const char *service, const struct place *place)
{
	char port[8];

	if (place->host == NULL)
		return;
	(void)snprintf(port, sizeof(port), "%u", place->port);
	line_put_prefixed(w, service, "_host", place->host,
	    strlen(place->host));
	line_put_prefixed(w, service, "_port", port, strlen(port));
	line_put_prefixed(w, service, "_tls", tls_name(place->tls),
	    strlen(tls_name(place->tls)));
}

/* Where its strings may be sent from then on. */
static void
put_places(struct line_writer *w, const struct provider *p,
    const struct account *a)
{
	struct place smtp = entrance_place(p, a->host, SERVICE_SMTP);
	struct place imap = entrance_place(p, a->host, SERVICE_IMAP);

	put_place(w, "smtp", &smtp);
	put_place(w, "imap", &imap);
}

static void
put_name(struct line_writer *w, const struct astray *a)
{
	if (a->account != NULL) {
		line_put(w, "kind", "account");
		line_put(w, "account", a->account->spelled);
	} else {
		line_put(w, "kind", "secret");
		line_put(w, "label", a->label);
	}
	line_put(w, "type", a->kind);
}

static void
add_astray(struct list *list, const struct provider *p, const struct astray *a)
{
	struct plight plight = { .error = a->error,
		.account = a->account != NULL ? a->account->spelled : NULL,
		.detail = a->kind,
		.provider = p->name };
	char bytes[ITEM_ROOM], text[TEXT_MAX];
	struct line_writer w;

	line_begin(&w, bytes, sizeof(bytes), "item");
	put_name(&w, a);
	if (a->error != MAILSEAL_OK) {
		plight_text(&plight, text, sizeof(text));
		line_put(&w, "action", "none");
		line_put(&w, "reason", mailseal_error_name(a->error));
		line_put(&w, "message", text);
	} else if (rebinding_reseals(a)) {
		line_put(&w, "action", "reseal");
		line_put(&w, "keys", a->keys);
		if (a->account != NULL)
			put_places(&w, p, a->account);
	} else {
		line_put(&w, "action", "renew");
		line_put(&w, "keys", a->keys);
	}
	list_add(list, &w);
}

static int
add_differences(struct list *list, const struct astray *a)
{
	struct differences *d = malloc(sizeof(*d));
	char bytes[ITEM_ROOM];
	struct line_writer w;
	int error;

	if (d == NULL)
		return MAILSEAL_E_NOMEM;
	error = differences_find(a->old, a->new, a->account != NULL, d);
	for (size_t i = 0; error == MAILSEAL_OK && i < d->count; i++) {
		line_begin(&w, bytes, sizeof(bytes), "item");
		line_put(&w, "kind", "difference");
		line_put(&w, "key", d->difference[i].key);
		line_put(&w, "old", d->difference[i].old);
		line_put(&w, "new", d->difference[i].new);
		list_add_once(list, &w);
	}
	free(d);
	return error;
}

static int
fill(struct list *list, const struct rebinding *rebinding)
{
	int error = MAILSEAL_OK;

	for (size_t i = 0; error == MAILSEAL_OK && i < rebinding->count; i++)
		if (rebinding->astray[i].error == MAILSEAL_OK)
			error = add_differences(list, &rebinding->astray[i]);
	for (size_t i = 0; i < rebinding->count; i++)
		add_astray(list, rebinding->provider, &rebinding->astray[i]);
	return error;
}

void
op_rebind_show(struct request *r)
{
	const char *name = line_need(r->in, "provider", PROVIDER_MAX);
	AUTO(rebinding) rebinding = NULL;
	struct list list = { 0 };
	const char *why;
	int error = look(r, name, &rebinding, &why);

	if (error == MAILSEAL_OK)
		error = fill(&list, rebinding);
	if (error != MAILSEAL_OK) {
		list_free(&list);
		answer_error(r->conn, error, NULL, why);
		return;
	}
	list_answer_as(&list, "digest", rebinding->digest, r->conn);
}

static void
note_rebound(struct request *r, const struct rebinding *rebinding)
{
	for (size_t i = 0; i < rebinding->count; i++) {
		const struct astray *a = &rebinding->astray[i];

		if (!rebinding_reseals(a))
			continue;
		audit_note(r->broker->audit, "rebound",
		    a->account != NULL ? a->account->name : NULL,
		    conn_peer(r->conn), "provider=%s kind=%s%s%s keys=%s",
		    printable_word(rebinding->provider->name), a->kind,
		    a->account != NULL ? "" : " label=",
		    a->account != NULL ? "" : printable_word(a->label),
		    printable_word(a->keys));
	}
}

static void
answer_rebound(struct request *r, const struct rebinding *rebinding)
{
	uint64_t accounts = rebinding_count(rebinding, true);
	uint64_t secrets = rebinding_count(rebinding, false);
	char bytes[1024];
	struct line_writer w;

	line_begin(&w, bytes, sizeof(bytes), "ok");
	line_put(&w, "provider", rebinding->provider->name);
	line_put_number(&w, "accounts", accounts);
	line_put_number(&w, "secrets", secrets);
	line_put_number(&w, "left", rebinding->count - accounts - secrets);
	answer_line(r->conn, &w);
}

void
op_rebind(struct request *r)
{
	const char *name = line_need(r->in, "provider", PROVIDER_MAX);
	const char *digest = line_need(r->in, "digest", REBINDING_DIGEST_LEN);
	AUTO(rebinding) rebinding = NULL;
	const char *why;
	int error = look(r, name, &rebinding, &why);

	if (error == MAILSEAL_OK && strcmp(rebinding->digest, digest) != 0)
		error = MAILSEAL_E_CHANGED;
	if (error == MAILSEAL_OK)
		error = rebinding_apply(r->broker, rebinding);
	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, NULL, why);
		return;
	}
	note_rebound(r, rebinding);
	answer_rebound(r, rebinding);
}
