/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "broker/answer.h"
#include "broker/log.h"
#include "broker/op/op.h"
#include "broker/renew.h"
#include "broker/vault/slot.h"
#include "proto/error.h"

#define REPLY_ROOM 4096
#define PENDING_MS 900000 /* for the admin to put the secret away */

/* The one slot that is being made. */
static struct {
	char id[33];
	char label[PATH_LENGTH_MAX + 1];
	struct secret *secret; /* NULL: none */
	uint64_t until_ms;
} pending;

static void
forget(void)
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

static void
answer_begun(struct request *r)
{
	AUTO(secret) reply = secret_new(REPLY_ROOM);
	AUTO(secret) hex = secret_new(SLOT_SECRET_LEN * 2);
	struct line_writer w;

	if (reply == NULL || hex == NULL) {
		forget();
		answer_error(r->conn, MAILSEAL_E_NOMEM, NULL, NULL);
		return;
	}
	(void)sodium_bin2hex((char *)hex->data, hex->len + 1,
	    pending.secret->data, pending.secret->len);
	line_begin(&w, (char *)reply->data, reply->len, "ok");
	line_put(&w, "id", pending.id);
	line_put_bytes(&w, "secret", hex->data, hex->len);
	answer_line(r->conn, &w);
}

void
op_init_begin(struct request *r)
{
	const char *kind = line_need(r->in, "kind", LINE_KEY_MAX);
	const char *label = line_need(r->in, "label", PATH_LENGTH_MAX);
	unsigned char id[16];
	int error = line_end(r->in);

	if (error == MAILSEAL_OK && strcmp(kind, "file") != 0)
		error = MAILSEAL_E_UNSUPPORTED;
	if (error == MAILSEAL_OK) {
		forget();
		error = keyring_init_begin(r->broker->keyring, &pending.secret);
	}
	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, NULL, r->in->culprit);
		return;
	}
	randombytes_buf(id, sizeof(id));
	(void)sodium_bin2hex(pending.id, sizeof(pending.id), id, sizeof(id));
	(void)snprintf(pending.label, sizeof(pending.label), "%s", label);
	pending.until_ms = now_ms() + PENDING_MS;
	answer_begun(r);
}

static void
note(struct request *r, const char *event, int64_t slot)
{
	opening_worked(&r->broker->opening, slot);
	log_info("key open", "slot=%lld", (long long)slot);
	audit_note(r->broker->audit, event, NULL, conn_peer(r->conn),
	    "slot=%lld", (long long)slot);
	renew_unlocked(r->broker);
}

static void
answer_slot(struct request *r, int64_t slot, const char *label)
{
	char bytes[REPLY_ROOM];
	struct line_writer w;

	line_begin(&w, bytes, sizeof(bytes), "ok");
	line_put_number(&w, "slot", (uint64_t)slot);
	line_put(&w, "label", label);
	answer_line(r->conn, &w);
}

void
op_init_finish(struct request *r)
{
	const char *id = line_need(r->in, "id", 32);
	AUTO(secret) secret = NULL;
	int64_t slot = 0;
	int error = take_secret(r->in, &secret);

	if (line_end(r->in) != MAILSEAL_OK)
		error = r->in->error;
	if (error == MAILSEAL_OK &&
	    (pending.secret == NULL || strcmp(id, pending.id) != 0 ||
		now_ms() > pending.until_ms))
		error = MAILSEAL_E_EXPIRED;
	if (error == MAILSEAL_OK && !secret_equal(secret, pending.secret))
		error = MAILSEAL_E_WRONGKEY; /* what was put away is not it */
	if (error == MAILSEAL_OK)
		error = keyring_init_finish(r->broker->keyring, "file",
		    pending.label, secret, &slot);
	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, NULL, r->in->culprit);
		return;
	}
	note(r, "init", slot);
	answer_slot(r, slot, pending.label);
	forget();
}

void
op_unlock(struct request *r)
{
	AUTO(secret) secret = NULL;
	int64_t slot = 0;
	int error = take_secret(r->in, &secret);

	if (line_end(r->in) != MAILSEAL_OK)
		error = r->in->error;
	if (error == MAILSEAL_OK)
		error = keyring_unlock(r->broker->keyring, secret, &slot);
	if (error == MAILSEAL_E_WRONGKEY)
		audit_denied(r->broker->audit, NULL, conn_peer(r->conn),
		    "unlock");
	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, NULL, r->in->culprit);
		return;
	}
	note(r, "unlock", slot);
	answer_slot(r, slot, NULL);
}
