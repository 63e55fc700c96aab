/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "broker/courier/reply.h"
#include "broker/courier/verdict.h"
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

/* Read a reply in pieces of step bytes; the error, and what it used. */
static int
read_reply(struct reply *reply, const uint8_t *data, size_t size, size_t step,
    size_t *total)
{
	int error = MAILSEAL_OK;

	reply_start(reply);
	*total = 0;
	while (error == MAILSEAL_OK && !reply->whole && *total < size) {
		size_t len = size - *total < step ? size - *total : step;
		size_t used = 0;

		error = reply_feed(reply, data + *total, len, &used);
		*total += used;
	}
	return error;
}

/* What is offered stands in it, and nothing is offered that does not. */
static void
check_offers(const struct reply *reply)
{
	static const char *const words[] = { "XOAUTH2", "PLAIN", NULL };

	for (size_t i = 0; i < 3; i++)
		if (reply_offers(reply->text, "AUTH", words[i]) &&
		    (strcasestr(reply->text, "AUTH") == NULL ||
			(words[i] != NULL &&
			    strcasestr(reply->text, words[i]) == NULL)))
			abort();
	if (reply_is_prompt(reply) != (reply->code == 334))
		abort();
}

/* A secret that the server repeats is never told on, nor a piece of it. */
static void
check_words(const struct reply *reply)
{
	static const unsigned char secret[] = "hunter2-hunter3-hunter4";
	char words[200];

	for (size_t size = 1; size <= sizeof(words); size += 199 / 3) {
		reply_words(reply, words, size);
		if (strlen(words) >= size)
			abort();
		for (const char *c = words; *c != '\0'; c++)
			if (*c < 0x20 || *c > 0x7e)
				abort();
		if (!reply_repeats(reply, words, (struct span){ secret, 23 }) &&
		    strstr(words, "hunter2-hunter3") != NULL)
			abort();
	}
	if (reply_repeats(reply, words, (struct span){ secret, 0 }))
		abort();
}

/* A whole reply has a shape, whatever it says. */
static void
check(const struct reply *reply)
{
	if (reply->code < 200 || reply->code > 599 ||
	    reply->lines > REPLY_LINES_MAX ||
	    reply->text_len != strlen(reply->text) ||
	    reply->text_len > REPLY_TEXT_MAX ||
	    strlen(reply->enhanced) >= REPLY_ENHANCED_MAX)
		abort();
	check_offers(reply);
	check_words(reply);
	for (unsigned phase = PHASE_GREETING; phase <= PHASE_QUIT; phase <<= 1)
		for (int oauth = 0; oauth < 2; oauth++) {
			enum verdict verdict = verdict_of(phase, reply->code,
			    reply->enhanced, reply->text, oauth);

			/* Only a code of its own is a success. */
			if (verdict == VERDICT_OK && reply->code >= 300)
				abort();
			if (phase == PHASE_AUTH && verdict == VERDICT_OK &&
			    reply->code != 235)
				abort();
			(void)verdict_error(verdict, phase, reply->code, oauth);
		}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reply whole, pieces;
	size_t all, sum, step;
	int error;

	if (size < 2)
		return 0;
	step = (size_t)data[0] + 1;
	data++;
	size--;
	error = read_reply(&whole, data, size, size, &all);
	if (read_reply(&pieces, data, size, step, &sum) != error)
		abort();
	if (error != MAILSEAL_OK)
		return 0;
	if (all != sum || memcmp(&whole, &pieces, sizeof(whole)) != 0)
		abort();
	if (whole.whole)
		check(&whole);
	return 0;
}
