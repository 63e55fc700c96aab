/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "broker/courier/response.h"
#include "proto/error.h"

/* The first byte of a TLS record: an alert, or a handshake. */
#define TLS_ALERT 0x15
#define TLS_HANDSHAKE 0x16

#define LISTING "CAPABILITY"
#define ALL_PHASES (PHASE_IMAP_LOGOUT * 2 - PHASE_IMAP_GREETING)

static const struct {
	const char *name;
	enum reply_status status;
	bool tagged;
} statuses[] = {
	{ "OK", REPLY_OK, true },
	{ "NO", REPLY_NO, true },
	{ "BAD", REPLY_BAD, true },
	{ "PREAUTH", REPLY_PREAUTH, false },
	{ "BYE", REPLY_BYE, false },
};

#define STATUS_COUNT (sizeof(statuses) / sizeof(statuses[0]))

bool
response_is_of(unsigned phase)
{
	return (phase & ALL_PHASES) != 0;
}

/* Each command is said once in a session, so that its tag can be its own. */
const char *
response_tag(unsigned phase)
{
	switch (phase) {
	case PHASE_IMAP_OFFER:
		return "S1";
	case PHASE_IMAP_STARTTLS:
		return "S2";
	case PHASE_IMAP_CAPABILITY:
		return "A1";
	case PHASE_IMAP_LOGIN:
		return "A2";
	case PHASE_IMAP_LOGOUT:
		return "A3";
	}
	return NULL;
}

void
response_start(struct reply *reply, unsigned phase)
{
	reply_start(reply);
	reply->tag = response_tag(phase);
	reply->listing = phase == PHASE_IMAP_GREETING ||
	    phase == PHASE_IMAP_OFFER || phase == PHASE_IMAP_CAPABILITY;
}

/* The length of the word at text, and whether it is this one. */
static bool
word_is(struct span text, const char *word)
{
	size_t len = strlen(word);

	return text.len >= len &&
	    strncasecmp((const char *)text.data, word, len) == 0 &&
	    (text.len == len || text.data[len] == ' ');
}

/* Drop a word and its space. */
static struct span
behind(struct span text, size_t len)
{
	if (len < text.len)
		len++;
	return (struct span){ text.data + len, text.len - len };
}

static int
keep(struct reply *reply, struct span text)
{
	if (text.len + 1 > REPLY_TEXT_MAX - reply->text_len)
		return MAILSEAL_E_MALFORMED;
	if (reply->text_len > 0)
		reply->text[reply->text_len++] = '\n';
	memcpy(reply->text + reply->text_len, text.data, text.len);
	reply->text_len += text.len;
	reply->text[reply->text_len] = '\0';
	return MAILSEAL_OK;
}

/* The atom of "[ATOM ...]" at the start of the text, in upper case. */
static void
keep_code(struct reply *reply, struct span text)
{
	size_t len = 0;

	if (text.len == 0 || text.data[0] != '[' ||
	    memchr(text.data, ']', text.len) == NULL)
		return;
	text.data++;
	text.len--;
	while (text.data[len] != ']' && text.data[len] != ' ')
		len++;
	if (len >= sizeof(reply->enhanced))
		return;
	for (size_t i = 0; i < len; i++) {
		if (text.data[i] <= 0x20 || text.data[i] > 0x7e)
			return;
		reply->enhanced[i] = (char)toupper(text.data[i]);
	}
	reply->enhanced[len] = '\0';
}

/* Keep "OK [CAPABILITY ...] text" as "OK text". */
static int
keep_without_list(struct reply *reply, struct span text)
{
	const unsigned char *end = memchr(text.data, ']', text.len);
	char line[REPLY_LINE_MAX];
	size_t len = 0, at = (size_t)(end - text.data) + 1;

	while (text.data[len] != '[') {
		line[len] = (char)text.data[len];
		len++;
	}
	if (at < text.len && text.data[at] == ' ')
		at++;
	memcpy(line + len, text.data + at, text.len - at);
	len += text.len - at;
	return keep(reply, (struct span){ (const unsigned char *)line, len });
}

/* The line that ends the response. */
static int
finish(struct reply *reply, size_t index, struct span text)
{
	reply->status = statuses[index].status;
	reply->whole = true;
	keep_code(reply, behind(text, strlen(statuses[index].name)));
	if (!reply->listing && strcmp(reply->enhanced, LISTING) == 0)
		return keep_without_list(reply, text);
	return keep(reply, text);
}

static size_t
status_of(struct span text)
{
	size_t i = 0;

	while (i < STATUS_COUNT && !word_is(text, statuses[i].name))
		i++;
	return i;
}

static int
take_tagged(struct reply *reply, struct span text)
{
	size_t i = status_of(text);

	if (i == STATUS_COUNT || !statuses[i].tagged)
		return MAILSEAL_E_MALFORMED;
	return finish(reply, i, text);
}

/* The number of "{number}" at the end of a line of data, or 0. */
static size_t
literal_of(const struct reply *reply)
{
	size_t at = reply->line_len, number = 0, unit = 1;

	if (at < 3 || reply->line[--at] != '}')
		return 0;
	while (at > 0 && isdigit((unsigned char)reply->line[at - 1])) {
		if (unit > REPLY_TEXT_MAX * 10)
			return SIZE_MAX;
		number += unit * (size_t)(reply->line[--at] - '0');
		unit *= 10;
	}
	return unit > 1 && at > 0 && reply->line[at - 1] == '{' ? number : 0;
}

/* Data: a list of capabilities is kept, and no literal stands in one. */
static int
take_data(struct reply *reply, struct span text)
{
	size_t literal = literal_of(reply);

	if (literal > REPLY_TEXT_MAX - reply->skipped)
		return MAILSEAL_E_MALFORMED;
	if (literal > 0) {
		reply->literal = literal;
		reply->skipped += literal;
		reply->in_data = true;
		return MAILSEAL_OK;
	}
	if (!reply->in_data && reply->listing && word_is(text, LISTING))
		return keep(reply, text);
	reply->in_data = false;
	return MAILSEAL_OK;
}

static int
take_untagged(struct reply *reply, struct span text)
{
	size_t i = status_of(text);

	if (reply->tag == NULL) {
		if (i == STATUS_COUNT || statuses[i].status == REPLY_NO ||
		    statuses[i].status == REPLY_BAD)
			return MAILSEAL_E_MALFORMED;
		return finish(reply, i, text);
	}
	if (i == STATUS_COUNT)
		return take_data(reply, text);
	if (statuses[i].status == REPLY_BYE)
		return finish(reply, i, text);
	return statuses[i].tagged ? keep(reply, text) : MAILSEAL_E_MALFORMED;
}

/* What is asked for stands alone: it may be a challenge in base64. */
static int
take_prompt(struct reply *reply, struct span text)
{
	reply->status = REPLY_PROMPT;
	reply->whole = true;
	reply->text_len = 0;
	return keep(reply, text);
}

/* A line is complete. */
static int
take_line(struct reply *reply)
{
	struct span line = { (const unsigned char *)reply->line,
		reply->line_len };
	int error = MAILSEAL_E_MALFORMED;

	if (reply->lines++ == REPLY_LINES_MAX)
		return MAILSEAL_E_MALFORMED;
	if (reply->in_data)
		error = take_data(reply, line);
	else if (word_is(line, "+"))
		error = take_prompt(reply, behind(line, 1));
	else if (word_is(line, "*"))
		error = take_untagged(reply, behind(line, 1));
	else if (reply->tag != NULL && word_is(line, reply->tag))
		error = take_tagged(reply, behind(line, strlen(reply->tag)));
	if (error == MAILSEAL_OK)
		reply->line_len = 0;
	return error;
}

static int
take_byte(struct reply *reply, char c)
{
	if (c == '\0')
		return MAILSEAL_E_MALFORMED;
	if (reply->literal > 0) {
		reply->literal--;
		return MAILSEAL_OK;
	}
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
	if (c == '\n' || reply->line_len == REPLY_LINE_MAX)
		return MAILSEAL_E_MALFORMED;
	reply->line[reply->line_len++] = c;
	return MAILSEAL_OK;
}

int
response_feed(struct reply *reply, const void *bytes, size_t len, size_t *used)
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

/* The list in this line, behind its first word; NULL when it has none. */
static const char *
list_of(const char *line)
{
	size_t word = strlen(LISTING);
	const char *code = line + strcspn(line, " \n");

	if (strncasecmp(line, LISTING, word) == 0)
		return line + word;
	if (strncmp(code, " [", 2) != 0 ||
	    strncasecmp(code + 2, LISTING, word) != 0)
		return NULL;
	return code + 2 + word;
}

static bool
list_has(const char *list, const char *word)
{
	while (*list == ' ') {
		size_t len;

		list += strspn(list, " ");
		len = strcspn(list, " ]\n");
		if (len == strlen(word) && strncasecmp(list, word, len) == 0)
			return true;
		list += len;
	}
	return false;
}

/* With word NULL: whether there is a list at all. */
static bool
search(const char *text, const char *word)
{
	while (text != NULL && *text != '\0') {
		const char *list = list_of(text);

		if (list != NULL && (word == NULL || list_has(list, word)))
			return true;
		text = strchr(text, '\n');
		if (text != NULL)
			text++;
	}
	return false;
}

bool
response_lists(const char *text)
{
	return search(text, NULL);
}

bool
response_offers(const char *text, const char *word)
{
	return search(text, word);
}

const char *
response_status(const struct reply *reply)
{
	for (size_t i = 0; i < STATUS_COUNT; i++)
		if (statuses[i].status == reply->status)
			return statuses[i].name;
	return "+";
}
