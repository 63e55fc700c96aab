/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "broker/answer.h"
#include "broker/expiry.h"
#include "broker/log.h"
#include "broker/op/op.h"
#include "broker/renew.h"
#include "broker/retest.h"
#include "broker/vault/recovery.h"
#include "broker/vault/slot.h"
#include "proto/error.h"

#define REPLY_ROOM 4096
#define PENDING_MS 900000 /* for the admin to put the secret away */
#define WHY_MAX 64
#define USUAL_LABEL "paper" /* of a recovery code */

/* The one slot that is being made. */
static struct {
	char id[33];
	char kind[SLOT_KIND_MAX + 1];
	char label[SLOT_LABEL_MAX + 1];
	struct secret *secret; /* NULL: none */
	uint64_t until_ms;
} pending;

void
slots_clear(void)
{
	secret_free(pending.secret);
	pending.secret = NULL;
}

/* Secrets travel as 64 hex digits, so that a file of one is a line of text. */
static int
take_secret(struct line *in, struct secret **secret)
{
	AUTO(secret) hex = NULL;
	AUTO(secret) bytes = secret_new(SLOT_SECRET_LEN);
	int error = secret_from_line(in, "secret", SLOT_SECRET_LEN * 2, &hex);

	if (error != MAILSEAL_OK)
		return error;
	if (hex == NULL) {
		line_fail(in, MAILSEAL_E_MISSING, "secret");
		return MAILSEAL_E_MISSING;
	}
	if (bytes == NULL)
		return MAILSEAL_E_NOMEM;
	if (!secret_from_hex(hex, bytes))
		return MAILSEAL_E_WRONGKEY;
	*secret = secret_move(&bytes);
	return MAILSEAL_OK;
}

/* A recovery code as somebody typed it; why says where it is mistyped. */
static int
take_code(struct line *in, struct secret **secret, char why[WHY_MAX])
{
	AUTO(secret) typed = NULL;
	unsigned group = 0;
	int error = secret_from_line(in, "code", RECOVERY_TYPED_MAX, &typed);

	if (error != MAILSEAL_OK)
		return error;
	error = recovery_read(typed, secret, &group);
	if (error == MAILSEAL_E_MISTYPED && group > 0)
		(void)snprintf(why, WHY_MAX, "group %u of %d", group,
		    RECOVERY_GROUPS);
	return error;
}

/* What opens a slot, as secret= or as code=. */
static int
take_either(struct line *in, struct secret **secret, char why[WHY_MAX])
{
	return line_has(in, "code") ? take_code(in, secret, why) :
				      take_secret(in, secret);
}

/* What was wrong with a request: a field, or the caller's own words. */
static void
answer_why(struct request *r, int error, const char *why)
{
	answer_error(r->conn, error, NULL,
	    r->in->culprit != NULL ? r->in->culprit : why);
}

/* A secret, or for a recovery slot the code that it is made of. */
static int
draw(struct keyring *keyring, const char *kind, struct secret **secret,
    struct secret **text)
{
	AUTO(secret) drawn = NULL;
	AUTO(secret) shown = NULL;
	unsigned group;
	int error;

	if (strcmp(kind, SLOT_RECOVERY) == 0) {
		error = recovery_draw(&shown);
		if (error == MAILSEAL_OK)
			error = recovery_read(shown, &drawn, &group);
		if (error != MAILSEAL_OK)
			return error;
	} else {
		error = keyring_init_begin(keyring, &drawn);
		if (error != MAILSEAL_OK)
			return error;
		shown = secret_new(SLOT_SECRET_LEN * 2);
		if (shown == NULL)
			return MAILSEAL_E_NOMEM;
		(void)sodium_bin2hex((char *)shown->data, shown->len + 1,
		    drawn->data, drawn->len);
	}
	*secret = secret_move(&drawn);
	*text = secret_move(&shown);
	return MAILSEAL_OK;
}

static void
answer_begun(struct request *r, const struct secret *text)
{
	AUTO(secret) reply = secret_new(REPLY_ROOM);
	struct line_writer w;

	if (reply == NULL) {
		slots_clear();
		answer_error(r->conn, MAILSEAL_E_NOMEM, NULL, NULL);
		return;
	}
	line_begin(&w, (char *)reply->data, reply->len, "ok");
	line_put(&w, "id", pending.id);
	line_put_bytes(&w,
	    strcmp(pending.kind, SLOT_RECOVERY) == 0 ? "code" : "secret",
	    text->data, text->len);
	/* Whose a file must be: the socket may be systemd's. */
	line_put_number(&w, "uid", geteuid());
	line_put_number(&w, "gid", getegid());
	answer_line(r->conn, &w);
}

static void
begin(struct request *r, const char *kind, const char *label)
{
	AUTO(secret) text = NULL;
	unsigned char id[16];
	int error = draw(r->broker->keyring, kind, &pending.secret, &text);

	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, NULL, NULL);
		return;
	}
	randombytes_buf(id, sizeof(id));
	(void)sodium_bin2hex(pending.id, sizeof(pending.id), id, sizeof(id));
	(void)snprintf(pending.kind, sizeof(pending.kind), "%s", kind);
	(void)snprintf(pending.label, sizeof(pending.label), "%s", label);
	pending.until_ms = now_ms() + PENDING_MS;
	answer_begun(r, text);
}

void
op_init_begin(struct request *r)
{
	const char *kind = line_need(r->in, "kind", SLOT_KIND_MAX);
	const char *label = line_get(r->in, "label", SLOT_LABEL_MAX);
	int error = r->in->error;

	if (error == MAILSEAL_OK && label == NULL) {
		label = USUAL_LABEL;
		if (strcmp(kind, SLOT_RECOVERY) != 0)
			line_fail(r->in, MAILSEAL_E_MISSING, "label");
	}
	error = line_end(r->in);
	if (error == MAILSEAL_OK)
		error = keyring_may_add(r->broker->keyring, kind, label);
	if (error != MAILSEAL_OK) {
		answer_why(r, error,
		    error == MAILSEAL_E_EXISTS	    ? label :
			error == MAILSEAL_E_UNKNOWN ? "kind" :
						      NULL);
		return;
	}
	slots_clear();
	begin(r, kind, label);
}

/* A slot opened the key, or was made. */
static void
note(struct request *r, const char *event, int64_t slot, const char *by,
    bool was_open)
{
	opening_worked(&r->broker->opening, slot);
	audit_note(r->broker->audit, event, NULL, conn_peer(r->conn),
	    "slot=%lld by=%s", (long long)slot, by);
	if (was_open)
		return;
	log_info("key open", "slot=%lld", (long long)slot);
	renew_unlocked(r->broker);
	expiry_look(r->broker);
	retest_arrange(r->broker);
}

static void
answer_slot(struct request *r, int64_t slot, const char *label)
{
	char bytes[REPLY_ROOM];
	struct line_writer w;
	const char *why;

	line_begin(&w, bytes, sizeof(bytes), "ok");
	line_put_number(&w, "slot", (uint64_t)slot);
	line_put(&w, "label", label);
	if (opening_of(&r->broker->opening, slot, &why) == OPENING_FAILED)
		line_put(&w, "message", why);
	answer_line(r->conn, &w);
}

/* Whoever made a file could read it; at the next start we must. */
static void
try_file(struct broker *b, int64_t slot)
{
	if (strcmp(pending.kind, SLOT_FILE) == 0 && b->config->key_file == NULL)
		opening_try_file(&b->opening, b->keyring, slot, pending.label);
}

/* What was put away, or typed back, is what was handed out. */
static int
compare(const char *id, const struct secret *secret, const char **why)
{
	if (pending.secret == NULL || strcmp(id, pending.id) != 0 ||
	    now_ms() > pending.until_ms)
		return MAILSEAL_E_SLOTOVER;
	if (secret_equal(secret, pending.secret))
		return MAILSEAL_OK;
	*why = "it is not the one just made";
	return MAILSEAL_E_WRONGKEY;
}

void
op_init_finish(struct request *r)
{
	const char *id = line_need(r->in, "id", 32);
	bool was_open = keyring_is_open(r->broker->keyring);
	AUTO(secret) secret = NULL;
	char where[WHY_MAX] = "";
	const char *why = where;
	int64_t slot = 0;
	int error = take_either(r->in, &secret, where);

	if (line_end(r->in) != MAILSEAL_OK)
		error = r->in->error;
	if (error == MAILSEAL_OK)
		error = compare(id, secret, &why);
	if (error == MAILSEAL_OK)
		error = keyring_init_finish(r->broker->keyring, pending.kind,
		    pending.label, secret, &slot);
	if (error != MAILSEAL_OK) {
		answer_why(r, error, why);
		return;
	}
	note(r, "init", slot, pending.kind, was_open);
	try_file(r->broker, slot);
	answer_slot(r, slot, pending.label);
	slots_clear();
}

void
op_unlock(struct request *r)
{
	bool was_open = keyring_is_open(r->broker->keyring);
	const char *by = line_has(r->in, "code") ? "code" : "secret";
	AUTO(secret) secret = NULL;
	char why[WHY_MAX] = "";
	int64_t slot = 0;
	int error = take_either(r->in, &secret, why);

	if (line_end(r->in) != MAILSEAL_OK)
		error = r->in->error;
	if (error == MAILSEAL_OK)
		error = keyring_unlock(r->broker->keyring, secret, &slot);
	if (error == MAILSEAL_E_WRONGKEY)
		audit_denied(r->broker->audit, NULL, conn_peer(r->conn),
		    "unlock");
	if (error != MAILSEAL_OK) {
		answer_why(r, error, why);
		return;
	}
	note(r, "unlock", slot, by, was_open);
	answer_slot(r, slot, NULL);
}
