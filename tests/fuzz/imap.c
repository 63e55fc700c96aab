/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "broker/courier/response.h"
#include "broker/courier/ruling.h"
#include "broker/secret.h"
#include "proto/error.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return secret_arena_open(1 << 20);
}

/* Read a response in pieces of step bytes; the error, and what it used. */
static int
read_response(struct reply *reply, unsigned phase, const uint8_t *data,
    size_t size, size_t step, size_t *total)
{
	int error = MAILSEAL_OK;

	response_start(reply, phase);
	*total = 0;
	while (error == MAILSEAL_OK && !reply->whole && *total < size) {
		size_t len = size - *total < step ? size - *total : step;
		size_t used = 0;

		error = response_feed(reply, data + *total, len, &used);
		*total += used;
	}
	return error;
}

/* Whether a line of the input starts with the phase's tag. */
static bool
has_tag(unsigned phase, const uint8_t *data, size_t size)
{
	const char *tag = response_tag(phase);
	size_t len;

	if (tag == NULL)
		return true;
	len = strlen(tag);
	for (size_t i = 0; i + len <= size; i++)
		if ((i == 0 || data[i - 1] == '\n') &&
		    strncasecmp((const char *)data + i, tag, len) == 0)
			return true;
	return false;
}

/* A whole response has a shape, whatever it says. */
static void
check(unsigned phase, const struct reply *reply, const uint8_t *data,
    size_t size)
{
	char words[200];
	enum verdict verdict;

	if (reply->code != 0 || reply->status == 0 ||
	    reply->lines > REPLY_LINES_MAX ||
	    reply->text_len != strlen(reply->text) ||
	    reply->text_len > REPLY_TEXT_MAX ||
	    reply->skipped > REPLY_TEXT_MAX || reply->literal != 0 ||
	    strlen(reply->enhanced) >= REPLY_ENHANCED_MAX)
		abort();
	reply_words(reply, words, sizeof(words));
	for (const char *c = words; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e)
			abort();
	if (response_offers(reply->text, "STARTTLS") &&
	    !response_lists(reply->text))
		abort();
	for (int oauth = 0; oauth < 2; oauth++) {
		verdict = ruling_of((enum imap_phase)phase, reply, oauth);
		/* Only an OK with our own tag is a success. */
		if (verdict == VERDICT_OK &&
		    (reply->status != REPLY_OK || !has_tag(phase, data, size)))
			abort();
		(void)ruling_error(verdict, (enum imap_phase)phase, reply,
		    oauth);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reply whole, pieces;
	size_t all, sum, step;
	unsigned phase;
	int error;

	if (size < 3)
		return 0;
	phase = (unsigned)PHASE_IMAP_GREETING << data[0] % 6;
	step = (size_t)data[1] + 1;
	data += 2;
	size -= 2;
	error = read_response(&whole, phase, data, size, size, &all);
	if (read_response(&pieces, phase, data, size, step, &sum) != error)
		abort();
	if (error != MAILSEAL_OK)
		return 0;
	if (all != sum || memcmp(&whole, &pieces, sizeof(whole)) != 0)
		abort();
	if (whole.whole)
		check(phase, &whole, data, size);
	return 0;
}
