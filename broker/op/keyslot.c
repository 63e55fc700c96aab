/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "broker/answer.h"
#include "broker/log.h"
#include "broker/op/op.h"
#include "broker/vault/slot.h"
#include "proto/error.h"

#define REPLY_ROOM 4096

/* A slot that is looked for, by its number or by kind and label. */
struct quest {
	int64_t id; /* 0: by the others; then 0 is not found */
	char kind[SLOT_KIND_MAX + 1];
	char label[SLOT_LABEL_MAX + 1];
};

static int
look(void *arg, int64_t id, const char *kind, const char *label)
{
	struct quest *quest = arg;

	if (quest->id == 0 && strcmp(kind, quest->kind) == 0 &&
	    strcmp(label, quest->label) == 0)
		quest->id = id;
	if (quest->id != id)
		return MAILSEAL_OK;
	(void)snprintf(quest->kind, sizeof(quest->kind), "%s", kind);
	(void)snprintf(quest->label, sizeof(quest->label), "%s", label);
	return MAILSEAL_OK;
}

static void
answer_slot(struct request *r, const struct quest *quest)
{
	char bytes[REPLY_ROOM];
	struct line_writer w;

	line_begin(&w, bytes, sizeof(bytes), "ok");
	line_put_number(&w, "slot", (uint64_t)quest->id);
	line_put(&w, "kind", quest->kind);
	line_put(&w, "label", quest->label);
	answer_line(r->conn, &w);
}

void
op_slot_remove(struct request *r)
{
	struct quest quest = { .id = (int64_t)line_get_number(r->in, "slot", 0,
				   INT64_MAX) };
	int error;

	if (!line_has(r->in, "slot"))
		line_fail(r->in, MAILSEAL_E_MISSING, "slot");
	error = line_end(r->in);
	if (error == MAILSEAL_OK && quest.id == 0)
		error = MAILSEAL_E_NOSLOT;
	if (error == MAILSEAL_OK)
		error = keyring_each_slot(r->broker->keyring, look, &quest);
	if (error == MAILSEAL_OK)
		error = keyring_remove(r->broker->keyring, quest.id);
	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, NULL, r->in->culprit);
		return;
	}
	opening_forget(&r->broker->opening, quest.id);
	log_info("slot removed", "slot=%lld kind=%s label=%s",
	    (long long)quest.id, quest.kind, printable(quest.label));
	audit_note(r->broker->audit, "slot_removed", NULL, conn_peer(r->conn),
	    "slot=%lld kind=%s label=%s", (long long)quest.id, quest.kind,
	    printable_word(quest.label));
	answer_slot(r, &quest);
}

/* Told by who would have brought the credential, had it opened. */
void
op_unlock_failed(struct request *r)
{
	struct quest quest = { .kind = SLOT_CREDENTIAL };
	const char *label = line_need(r->in, "label", SLOT_LABEL_MAX);
	const char *message = line_need(r->in, "message", TEXT_MAX);
	int error = line_end(r->in);

	if (error == MAILSEAL_OK) {
		(void)snprintf(quest.label, sizeof(quest.label), "%s", label);
		error = keyring_each_slot(r->broker->keyring, look, &quest);
	}
	if (error == MAILSEAL_OK && quest.id == 0)
		error = MAILSEAL_E_NOSLOT;
	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, NULL,
		    error == MAILSEAL_E_NOSLOT ? label : r->in->culprit);
		return;
	}
	opening_failed(&r->broker->opening, quest.id, message);
	log_warn("slot failed", "slot=%lld label=%s: %s", (long long)quest.id,
	    printable(label), printable(message));
	audit_note(r->broker->audit, "unlock_failed", NULL, conn_peer(r->conn),
	    "slot=%lld label=%s", (long long)quest.id, printable_word(label));
	answer_slot(r, &quest);
}
