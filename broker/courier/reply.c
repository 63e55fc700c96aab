/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "broker/courier/reply.h"
#include "proto/error.h"

#define PIECE_MIN 12 /* bytes of a secret that are no coincidence */

/* The first byte of a TLS record: an alert, or a handshake. */
#define TLS_ALERT 0x15
#define TLS_HANDSHAKE 0x16

void
reply_start(struct reply *reply)
{
	memset(reply, 0, sizeof(*reply));
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The digits at text, at most three; how many. */
static size_t
digits(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && n < 4 && is_digit(text[n]))
		n++;
	return n > 3 ? 0 : n;
}

/* The length of an enhanced code of that class, "5.7.8", or 0. */
static size_t
enhanced_length(char class, const char *text, size_t len)
{
	size_t subject, detail, at = 2;

	if (len < 5 || text[0] != class || text[1] != '.')
		return 0;
	subject = digits(text + at, len - at);
	at += subject;
	if (subject == 0 || at == len || text[at] != '.')
		return 0;
	at++;
	detail = digits(text + at, len - at);
	at += detail;
	if (detail == 0 || (at < len && text[at] != ' '))
		return 0;
	return at;
}

/* The code at the start of a line, or -1. */
static int
code_of(const char *line, size_t len)
{
	if (len < 3 || line[0] < '2' || line[0] > '5' || line[1] < '0' ||
	    line[1] > '5' || !is_digit(line[2]))
		return -1;
	if (len > 3 && line[3] != ' ' && line[3] != '-')
		return -1;
	return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

/* Keep the text of a line that has passed code_of(). */
static int
keep(struct reply *reply, const char *text, size_t len)
{
	size_t n = enhanced_length(reply->line[0], text, len);

	if (n > 0 && n < sizeof(reply->enhanced)) {
		memcpy(reply->enhanced, text, n);
		reply->enhanced[n] = '\0';
		text += n;
		len -= n;
	}
	while (n > 0 && len > 0 && *text == ' ') {
		text++;
		len--;
	}
	if (len + 1 > REPLY_TEXT_MAX - reply->text_len)
		return MAILSEAL_E_MALFORMED;
	if (reply->lines > 0)
		reply->text[reply->text_len++] = '\n';
	memcpy(reply->text + reply->text_len, text, len);
	reply->text_len += len;
	reply->text[reply->text_len] = '\0';
	return MAILSEAL_OK;
}

/* A line is complete. */
static int
take_line(struct reply *reply)
{
	int code = code_of(reply->line, reply->line_len);
	size_t start = reply->line_len > 3 ? 4 : 3;
	int error;

	if (code < 0 || reply->lines == REPLY_LINES_MAX ||
	    (reply->lines > 0 && code != reply->code))
		return MAILSEAL_E_MALFORMED;
	reply->code = code;
	error = keep(reply, reply->line + start, reply->line_len - start);
	if (error != MAILSEAL_OK)
		return error;
	reply->whole = reply->line_len == 3 || reply->line[3] == ' ';
	reply->lines++;
	reply->line_len = 0;
	return MAILSEAL_OK;
}

static int
take_byte(struct reply *reply, char c)
{
	if (reply->after_cr) {
		reply->after_cr = false;
		return c == '\n' ? take_line(reply) : MAILSEAL_E_MALFORMED;
	}
	if (c == '\r') {
		reply->after_cr = true;
		return MAILSEAL_OK;
	}
	if (reply->lines == 0 && reply->line_len == 0 &&
	    (c == TLS_ALERT || c == TLS_HANDSHAKE))
		return MAILSEAL_E_NOTLS;
	if (c == '\0' || c == '\n' || reply->line_len == REPLY_LINE_MAX)
		return MAILSEAL_E_MALFORMED;
	reply->line[reply->line_len++] = c;
	return MAILSEAL_OK;
}

int
reply_feed(struct reply *reply, const void *bytes, size_t len, size_t *used)
{
	const char *at = bytes;
	size_t i = 0;

	while (i < len && !reply->whole) {
		int error = take_byte(reply, at[i++]);

		if (error != MAILSEAL_OK)
			return error;
	}
	*used = i;
	return MAILSEAL_OK;
}

/* Whether the word at *at is this one; *at moves behind it and its spaces. */
static bool
next_is(const char **at, const char *word)
{
	size_t len = strcspn(*at, " \n");
	bool same = len == strlen(word) && strncasecmp(*at, word, len) == 0;

	*at += len;
	*at += strspn(*at, " ");
	return same;
}

bool
reply_offers(const char *text, const char *keyword, const char *word)
{
	/* The first line is the server's name. */
	const char *line = strchr(text, '\n');

	for (; line != NULL; line = strchr(line, '\n')) {
		line++;
		if (!next_is(&line, keyword))
			continue;
		if (word == NULL)
			return true;
		while (*line != '\0' && *line != '\n')
			if (next_is(&line, word))
				return true;
	}
	return false;
}

bool
reply_is_prompt(const struct reply *reply)
{
	return reply->code == 334 || reply->status == REPLY_PROMPT;
}

void
reply_words(const struct reply *reply, char *words, size_t size)
{
	size_t at = 0;

	words[0] = '\0';
	if (reply->code != 0)
		at = (size_t)snprintf(words, size, "%03d%s%s", reply->code,
		    reply->enhanced[0] == '\0' ? "" : " ", reply->enhanced);
	if (at > 0 && at + 1 < size && reply->text_len > 0)
		words[at++] = ' ';
	for (size_t i = 0; i < reply->text_len && at + 1 < size; i++) {
		char c = reply->text[i];

		if (c == '\n' || c == '\t')
			c = ' ';
		words[at++] = c < 0x20 || c > 0x7e ? '?' : c;
	}
	if (at < size)
		words[at] = '\0';
}

bool
reply_repeats(const struct reply *reply, const char *words, struct span secret)
{
	if (secret.len == 0)
		return false;
	if (memmem(reply->text, reply->text_len, secret.data, secret.len) !=
	    NULL)
		return true;
	for (size_t left = strlen(words); left >= PIECE_MIN; left--, words++)
		if (memmem(secret.data, secret.len, words, PIECE_MIN) != NULL)
			return true;
	return false;
}
