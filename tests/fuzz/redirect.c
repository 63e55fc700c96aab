/* SPDX-License-Identifier: ISC */
/*
 * What a browser brings back: whatever it is, nobody is believed who does not
 * know the state, and nothing that was decoded grew.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "broker/courier/redirect.h"
#include "proto/error.h"
#include "proto/line.h"

#define STATE "st4te"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
insist(bool holds)
{
	if (!holds)
		abort();
}

/* Decoding makes nothing longer. */
static void
check_text(const char *text, size_t size)
{
	insist(text != NULL && strlen(text) <= size);
}

/* Without the state, plain or encoded, there is no code. */
static void
check_believed(const uint8_t *data, size_t size)
{
	insist(memmem(data, size, STATE, strlen(STATE)) != NULL ||
	    memchr(data, '%', size) != NULL);
}

static void
try_reader(const uint8_t *data, size_t size,
    const struct redirect_wanted *wanted)
{
	char *target = malloc(size + 1);
	struct redirect redirect;

	insist(target != NULL);
	memcpy(target, data, size);
	redirect = redirect_read(target, size, wanted);
	switch (redirect.kind) {
	case REDIRECT_IGNORE:
		break;
	case REDIRECT_CODE:
		check_believed(data, size);
		check_text(redirect.code, size);
		break;
	case REDIRECT_ERROR:
		check_believed(data, size);
		check_text(redirect.error, size);
		check_text(redirect.description, size);
		break;
	case REDIRECT_REFUSE:
		insist(redirect.why != NULL);
		break;
	}
	free(target);
}

/* The same as an exchange: a line in, a line out. */
static void
try_exchange(const uint8_t *data, size_t size,
    const struct redirect_wanted *wanted, bool lacks)
{
	static char in[LINE_LONG_MAX], out[LINE_LONG_MAX];
	struct line_writer w;
	struct line line;
	size_t len;
	int error;

	line_begin(&w, in, sizeof(in), "exchange");
	if (!lacks)
		line_put_bytes(&w, "in_request", data, size);
	line_put(&w, "in_path", wanted->path);
	line_put(&w, "in_state", wanted->state);
	line_put(&w, "in_issuer", wanted->issuer);
	line_put_number(&w, "in_iss_required", wanted->issuer_is_sent);
	if (line_finish(&w, &len) != MAILSEAL_OK)
		return;
	line_start(&line, in, len - 1);
	line_begin(&w, out, sizeof(out), "ok");
	error = redirect_answer(&line, &w);
	insist((error == MAILSEAL_E_MISSING) == lacks);
	insist(error != MAILSEAL_OK || line_finish(&w, &len) == MAILSEAL_OK);
}

/* The first octet chooses what is known of the issuer. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct redirect_wanted wanted = { "/callback", STATE,
		"https://idp.example", true };

	if (size < 1)
		return 0;
	wanted.issuer_is_sent = (data[0] & 1) != 0;
	if ((data[0] & 2) != 0)
		wanted.issuer = NULL;
	try_reader(data + 1, size - 1, &wanted);
	try_exchange(data + 1, size - 1, &wanted, (data[0] & 12) == 12);
	return 0;
}
