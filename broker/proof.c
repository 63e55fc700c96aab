/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "broker/proof.h"
#include "proto/error.h"

static const char *const kinds[] = {
	[PROOF_SECRET] = "client_secret",
	[PROOF_KEY] = "client_key",
};

static const char *const nouns[] = {
	[PROOF_SECRET] = "client secret",
	[PROOF_KEY] = "key",
};

static const char *const texts[PROOF_TEXTS] = {
	[PROOF_X5T] = "x5t",
	[PROOF_X5T_S256] = "x5t_s256",
	[PROOF_KEY_ID] = "key_id",
	[PROOF_SERVICE_ACCOUNT] = "service_account",
	[PROOF_SUBJECT] = "subject",
};

void
proof_clear(struct proof *proof)
{
	secret_free(proof->value);
	secret_free(proof->certificate);
	*proof = (struct proof){ 0 };
}

const char *
proof_kind_name(enum proof_kind kind)
{
	return kinds[kind];
}

const char *
proof_noun(enum proof_kind kind)
{
	return nouns[kind];
}

const char *
proof_text_name(enum proof_text text)
{
	return texts[text];
}

bool
proof_has_ended(const struct proof *proof, int64_t now)
{
	return proof->ends > 0 && proof->ends <= now;
}

/* Bytes that a line needs for it at most: any byte may become three. */
static size_t
room_for(const struct proof *proof)
{
	size_t room = 256 + PROOF_TEXTS * (PROOF_TEXT_MAX * 3 + 32);

	room += proof->value->len * 3;
	if (proof->certificate != NULL)
		room += proof->certificate->len * 3;
	return room;
}

int
proof_write(const struct proof *proof, struct secret **plain)
{
	AUTO(secret) bytes = secret_new(room_for(proof));
	struct line_writer w;
	size_t len;
	int error;

	if (bytes == NULL)
		return MAILSEAL_E_NOMEM;
	line_begin(&w, (char *)bytes->data, bytes->len, kinds[proof->kind]);
	line_put_bytes(&w, "value", proof->value->data, proof->value->len);
	line_put_number(&w, "added", (uint64_t)proof->added);
	if (proof->ends > 0)
		line_put_number(&w, "ends", (uint64_t)proof->ends);
	if (proof->certificate != NULL)
		line_put_bytes(&w, "certificate", proof->certificate->data,
		    proof->certificate->len);
	for (int i = 0; i < PROOF_TEXTS; i++)
		if (proof->text[i][0] != '\0')
			line_put(&w, texts[i], proof->text[i]);
	error = line_finish(&w, &len);
	if (error != MAILSEAL_OK)
		return error;
	secret_cut(bytes, len);
	*plain = secret_move(&bytes);
	return MAILSEAL_OK;
}

/*
 * Whether it is one of our lines.  The commands never took a secret with an LF
 * at its end, so that an older store has none that looks like this.
 */
static bool
is_line(const struct secret *plain, enum proof_kind kind)
{
	size_t len = strlen(kinds[kind]);

	return plain->len > len + 1 && plain->data[plain->len - 1] == '\n' &&
	    memcmp(plain->data, kinds[kind], len) == 0 &&
	    plain->data[len] == ' ';
}

static void
take_texts(struct line *line, struct proof *proof)
{
	for (int i = 0; i < PROOF_TEXTS; i++) {
		const char *text = line_get(line, texts[i], PROOF_TEXT_MAX);

		(void)snprintf(proof->text[i], sizeof(proof->text[i]), "%s",
		    text != NULL ? text : "");
	}
}

static int
read_line(struct secret *plain, struct proof *proof)
{
	struct line line;
	int error;

	line_start(&line, (char *)plain->data, plain->len - 1);
	proof->added = (int64_t)line_get_number(&line, "added", 0,
	    PROOF_TIME_MAX);
	proof->ends = (int64_t)line_get_number(&line, "ends", 0,
	    PROOF_TIME_MAX);
	take_texts(&line, proof);
	error = secret_from_line(&line, "value", PROOF_PEM_MAX, &proof->value);
	if (error == MAILSEAL_OK)
		error = secret_from_line(&line, "certificate", PROOF_PEM_MAX,
		    &proof->certificate);
	if (error == MAILSEAL_OK &&
	    (line_end(&line) != MAILSEAL_OK || proof->value == NULL))
		error = MAILSEAL_E_UNSEAL;
	return error == MAILSEAL_E_TOOLONG ? MAILSEAL_E_UNSEAL : error;
}

int
proof_read(struct secret *plain, enum proof_kind kind, struct proof *proof)
{
	struct proof p = { .kind = kind };
	int error = MAILSEAL_OK;

	if (is_line(plain, kind)) {
		error = read_line(plain, &p);
	} else if (kind == PROOF_SECRET) {
		p.value = secret_copy(plain->data, plain->len);
		if (p.value == NULL)
			error = MAILSEAL_E_NOMEM;
	} else {
		error = MAILSEAL_E_UNSEAL;
	}
	if (error != MAILSEAL_OK) {
		proof_clear(&p);
		return error;
	}
	*proof = p;
	return MAILSEAL_OK;
}

int
proof_take(struct line *fields, struct proof *proof)
{
	struct proof p = { .kind = PROOF_KEY };
	int error;

	p.ends = (int64_t)line_get_number(fields, "not_after", 0,
	    PROOF_TIME_MAX);
	take_texts(fields, &p);
	error = secret_from_line(fields, "client_key", PROOF_PEM_MAX, &p.value);
	if (error == MAILSEAL_OK)
		error = secret_from_line(fields, "certificate", PROOF_PEM_MAX,
		    &p.certificate);
	if (error == MAILSEAL_OK &&
	    (line_end_reply(fields) != MAILSEAL_OK || p.value == NULL))
		error = MAILSEAL_E_COURIER;
	if (error != MAILSEAL_OK) {
		proof_clear(&p);
		return error == MAILSEAL_E_NOMEM ? error : MAILSEAL_E_COURIER;
	}
	*proof = p;
	return MAILSEAL_OK;
}

bool
proof_is_guid(const struct secret *secret)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (secret->len != sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < secret->len; i++) {
		unsigned char c = secret->data[i];
		bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
		    (c >= 'A' && c <= 'F');

		if (form[i] == '-' ? c != '-' : !digit)
			return false;
	}
	return true;
}
