/* SPDX-License-Identifier: ISC */
#include <string.h>
#include <unistd.h>

#include "broker/answer.h"
#include "broker/binding.h"
#include "broker/clients.h"
#include "broker/condition.h"
#include "broker/entrance.h"
#include "broker/op/op.h"
#include "broker/reach.h"
#include "proto/error.h"

#define ITEM_ROOM 16384

static void
put_time(struct line_writer *w, const char *key, int64_t time)
{
	if (time > 0)
		line_put_number(w, key, (uint64_t)time);
}

static void
put_text(struct line_writer *w, const char *key, const char *text)
{
	if (text != NULL && text[0] != '\0')
		line_put(w, key, text);
}

/* The end of the lease that lives longest; 0 when there is none. */
static int64_t
expires(const struct account *a)
{
	int64_t end = 0;

	for (int i = 0; i < ACCOUNT_LEASES; i++)
		if (lease_is_alive(&a->lease[i], now_ms()) &&
		    a->lease[i].expires > end)
			end = a->lease[i].expires;
	return end;
}

/* With what the configuration makes of it. */
void
state_put(struct line_writer *w, const struct broker *broker,
    const struct account *a)
{
	char text[TEXT_MAX];
	struct condition c = condition_of(broker, a);

	line_put(w, "state", c.state);
	if (a->state == GRANT_DISABLED)
		line_put(w, "beneath", grant_state_name(a->beneath));
	if (c.plight.error != MAILSEAL_OK) {
		plight_text(&c.plight, text, sizeof(text));
		line_put(w, "reason", mailseal_error_name(c.plight.error));
		line_put(w, "message", text);
	}
	if (a->intent && (a->renewal == NULL || a->state != GRANT_GOOD))
		line_put(w, "interrupted", "yes");
	if (a->state == GRANT_WAITING)
		put_time(w, "next_try", a->next_try);
	else if (a->state == GRANT_BLOCKED && a->untested)
		put_time(w, "next_try", a->retest_at);
	put_time(w, "expires", expires(a));
}

static void
add_broker(struct request *r, struct list *list)
{
	char bytes[ITEM_ROOM];
	struct line_writer w;
	const struct broker *b = r->broker;

	line_begin(&w, bytes, sizeof(bytes), "item");
	line_put(&w, "kind", "broker");
	line_put(&w, "version", MAILSEAL_VERSION);
	line_put_number(&w, "pid", (uint64_t)getpid());
	line_put_number(&w, "started", (uint64_t)b->started);
	line_put(&w, "key",
	    keyring_is_open(b->keyring)	   ? "open" :
		keyring_exists(b->keyring) ? "locked" :
					     "none");
	line_put(&w, "memory",
	    secret_arena_is_locked() ? "locked" : "unlocked");
	if (b->config->off > 0)
		line_put_number(&w, "off", b->config->off);
	if (store_is_low(b->store))
		line_put(&w, "disk", "full");
	line_put_number(&w, "accounts", accounts_count(b->accounts));
	line_put_number(&w, "connections", clients_count(b->clients));
	list_add(list, &w);
}

struct slots {
	struct list *list;
	const struct opening *opening;
};

static const char *
slot_state(enum opening_end end)
{
	switch (end) {
	case OPENING_UNTRIED:
		return "untried";
	case OPENING_WORKED:
		return "ok";
	case OPENING_FAILED:
		break;
	}
	return "failed";
}

static int
add_slot(void *arg, int64_t id, const char *kind, const char *label)
{
	struct slots *slots = arg;
	char bytes[ITEM_ROOM];
	struct line_writer w;
	const char *why;
	enum opening_end end = opening_of(slots->opening, id, &why);

	line_begin(&w, bytes, sizeof(bytes), "item");
	line_put(&w, "kind", "slot");
	line_put_number(&w, "id", (uint64_t)id);
	line_put(&w, "type", kind);
	line_put(&w, "label", label);
	line_put(&w, "state", slot_state(end));
	put_text(&w, "message", why);
	list_add(slots->list, &w);
	return MAILSEAL_OK;
}

static void
add_slots(struct list *list, const struct broker *b)
{
	struct slots slots = { list, &b->opening };

	if (keyring_each_slot(b->keyring, add_slot, &slots) != MAILSEAL_OK)
		list->failed = true;
}

static void
add_provider(struct list *list, struct broker *b, const struct provider *p)
{
	char bytes[ITEM_ROOM], text[TEXT_MAX];
	const char *state = condition_of_provider(b, p, text);
	struct line_writer w;

	line_begin(&w, bytes, sizeof(bytes), "item");
	line_put(&w, "kind", "provider");
	line_put(&w, "name", p->name);
	line_put(&w, "state", state);
	put_text(&w, "message", text);
	list_add(list, &w);
}

static void
add_account(struct list *list, const struct broker *broker,
    const struct account *a, bool in_status)
{
	char bytes[ITEM_ROOM];
	struct line_writer w;

	line_begin(&w, bytes, sizeof(bytes), "item");
	if (in_status)
		line_put(&w, "kind", "account");
	line_put(&w, "account", a->spelled);
	line_put(&w, "login", a->login);
	put_text(&w, "send_as", a->send_as);
	line_put(&w, "provider", a->provider);
	line_put(&w, "type", kind_name(a->type));
	state_put(&w, broker, a);
	put_time(&w, "refreshed_at", a->refreshed_at);
	put_time(&w, "used_at", a->used_at);
	list_add(list, &w);
}

void
op_status(struct request *r)
{
	struct broker *b = r->broker;
	struct list list = { 0 };

	if (line_end(r->in) != MAILSEAL_OK) {
		answer_error(r->conn, r->in->error, NULL, r->in->culprit);
		return;
	}
	add_broker(r, &list);
	add_slots(&list, b);
	for (size_t i = 0; i < b->config->provider_count; i++)
		add_provider(&list, b, b->config->providers[i]);
	for (size_t i = 0; i < accounts_count(b->accounts); i++)
		add_account(&list, b, accounts_at(b->accounts, i), true);
	list_answer(&list, r->conn);
}

void
op_slot_list(struct request *r)
{
	struct list list = { 0 };

	if (line_end(r->in) != MAILSEAL_OK) {
		answer_error(r->conn, r->in->error, NULL, r->in->culprit);
		return;
	}
	add_slots(&list, r->broker);
	list_answer(&list, r->conn);
}

void
op_list(struct request *r)
{
	struct broker *b = r->broker;
	struct list list = { 0 };

	if (line_end(r->in) != MAILSEAL_OK) {
		answer_error(r->conn, r->in->error, NULL, r->in->culprit);
		return;
	}
	for (size_t i = 0; i < accounts_count(b->accounts); i++)
		add_account(&list, b, accounts_at(b->accounts, i), false);
	list_answer(&list, r->conn);
}

static void
put_place(struct line_writer *w, const char *service, const struct place *place)
{
	if (place->host == NULL)
		return;
	line_put_prefixed(w, service, "_host", place->host,
	    strlen(place->host));
	if (strcmp(service, "smtp") == 0) {
		line_put_number(w, "smtp_port", place->port);
		line_put(w, "smtp_tls", tls_name(place->tls));
	} else {
		line_put_number(w, "imap_port", place->port);
		line_put(w, "imap_tls", tls_name(place->tls));
	}
}

/* Where its strings go: what it is bound to, whatever the file says by now. */
static void
put_places(struct line_writer *w, const struct account *a,
    const struct provider *p)
{
	const struct place *place = NULL;
	struct bound bound;

	if (a->bound != NULL && binding_read(a->bound, &bound) == MAILSEAL_OK)
		place = bound.place;
	else if (p != NULL && p->fault == NULL)
		place = p->place;
	if (place == NULL)
		return;
	put_place(w, "smtp", &place[SERVICE_SMTP]);
	put_place(w, "imap", &place[SERVICE_IMAP]);
}

static void
answer_account(struct request *r, const struct account *a)
{
	const struct provider *p = config_provider(r->broker->config,
	    a->provider);
	char bytes[ITEM_ROOM];
	struct line_writer w;
	struct reach reach;

	line_begin(&w, bytes, sizeof(bytes), "ok");
	line_put(&w, "account", a->spelled);
	line_put(&w, "login", a->login);
	if (strcmp(account_user(a, SERVICE_IMAP), a->login) != 0)
		line_put(&w, "imap_login", account_user(a, SERVICE_IMAP));
	put_text(&w, "send_as", a->send_as);
	put_text(&w, "host", a->host);
	line_put(&w, "provider", a->provider);
	if (p != NULL && p->fault == NULL)
		line_put(&w, "module", p->value[SETTING_MODULE]);
	line_put(&w, "type", kind_name(a->type));
	state_put(&w, r->broker, a);
	put_text(&w, "identity", a->identity);
	put_text(&w, "issuer", a->iss);
	put_text(&w, "scope", a->scope);
	put_time(&w, "enrolled_at", a->enrolled_at);
	put_text(&w, "enrolled_by", a->enrolled_by);
	put_time(&w, "refreshed_at", a->refreshed_at);
	put_time(&w, "used_at", a->used_at);
	put_places(&w, a, p);
	if (p != NULL && p->fault == NULL) {
		reach = reach_of_account(p);
		reach_put(&reach, &w);
	}
	answer_line(r->conn, &w);
}

void
op_show(struct request *r)
{
	const char *address = line_need(r->in, "account", ACCOUNT_MAX);
	char name[ACCOUNT_MAX + 1];
	struct account *a;
	int error = line_end(r->in);

	if (error == MAILSEAL_OK)
		error = account_fold(address, name);
	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, NULL,
		    r->in->culprit != NULL ? r->in->culprit : address);
		return;
	}
	a = accounts_find(r->broker->accounts, name);
	if (a == NULL)
		answer_error(r->conn, MAILSEAL_E_NOACCOUNT, address, NULL);
	else
		answer_account(r, a);
}
