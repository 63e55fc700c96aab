/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/courier/redirect.h"
#include "broker/log.h"
#include "proto/error.h"
#include "proto/meaning.h"

/* The parameters that mean something, each at most once. */
enum { CODE, STATE, ISS, ERROR, DESCRIPTION, URI, PARAMETERS };
static const char *const names[PARAMETERS] = {
	[CODE] = "code",
	[STATE] = "state",
	[ISS] = "iss",
	[ERROR] = "error",
	[DESCRIPTION] = "error_description",
	[URI] = "error_uri",
};

static struct redirect
refuse(const char *why)
{
	return (struct redirect){ .kind = REDIRECT_REFUSE, .why = why };
}

/* Visible ASCII and spaces: what codes, states and error names are made of. */
static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
		return (c | 0x20) - 'a' + 10;
	return -1;
}

/* Decode form encoding in place; false for a bad escape or a NUL. */
static bool
decode(char *text)
{
	char *out = text;

	while (*text != '\0') {
		int high, low;

		if (*text != '%') {
			*out++ = *text == '+' ? ' ' : *text;
			text++;
			continue;
		}
		high = hex_digit(text[1]);
		low = high < 0 ? -1 : hex_digit(text[2]);
		if (low < 0 || (high == 0 && low == 0))
			return false;
		*out++ = (char)(high << 4 | low);
		text += 3;
	}
	*out = '\0';
	return true;
}

/* Take the parameters out of a query; what is wrong with it, or NULL. */
static const char *
read_query(char *query, const char *value[PARAMETERS])
{
	char *pair;

	while ((pair = strsep(&query, "&")) != NULL) {
		char *text = strchr(pair, '=');

		if (text != NULL)
			*text++ = '\0';
		if (!decode(pair) || (text != NULL && !decode(text)))
			return "it is not encoded as a URL is";
		for (size_t i = 0; i < PARAMETERS; i++) {
			if (strcmp(pair, names[i]) != 0)
				continue;
			if (value[i] != NULL)
				return "a parameter stands in it twice";
			value[i] = text != NULL ? text : "";
			if (i != DESCRIPTION && !is_plain(value[i]))
				return "a control character is in it";
		}
	}
	return NULL;
}

/* Where the path starts: after the authority of a whole URL. */
static char *
path_of(char *target)
{
	char *authority = strstr(target, "://");

	if (target[0] == '/' || authority == NULL)
		return target;
	authority += 3;
	return authority + strcspn(authority, "/?");
}

static bool
is_state(const char *text, const char *wanted)
{
	size_t len = strlen(wanted);

	return len > 0 && strlen(text) == len &&
	    sodium_memcmp(text, wanted, len) == 0;
}

/* The answer that the parameters make. */
static struct redirect
judge(const char *value[PARAMETERS], const struct redirect_wanted *wanted)
{
	if (value[STATE] == NULL || !is_state(value[STATE], wanted->state))
		return refuse("its state is not the one that was sent");
	if (value[ISS] == NULL && wanted->issuer_is_sent)
		return refuse("it does not name its issuer");
	if (value[ISS] != NULL && wanted->issuer != NULL &&
	    strcmp(value[ISS], wanted->issuer) != 0)
		return refuse("it names another issuer");
	if ((value[CODE] != NULL) == (value[ERROR] != NULL))
		return refuse("it has neither code nor error, or both");
	if (value[ERROR] != NULL)
		return (struct redirect){ .kind = REDIRECT_ERROR,
			.error = value[ERROR],
			.description = value[DESCRIPTION] != NULL ?
			    value[DESCRIPTION] :
			    "" };
	if (value[CODE][0] == '\0' || strlen(value[CODE]) > REDIRECT_CODE_MAX)
		return refuse("its code is empty or too long");
	return (struct redirect){ .kind = REDIRECT_CODE, .code = value[CODE] };
}

struct redirect
redirect_read(char *target, size_t len, const struct redirect_wanted *wanted)
{
	const char *value[PARAMETERS] = { NULL };
	const char *broken;
	char *path, *query;

	if (len > REDIRECT_MAX)
		return refuse("it is too long");
	/* A pasted line brings spaces and line ends. */
	while (len > 0 && strchr(" \t\r\n", target[len - 1]) != NULL)
		len--;
	target[len] = '\0';
	if (strlen(target) != len)
		return refuse("a NUL is in it");
	target += strspn(target, " \t\r\n");
	target[strcspn(target, "#")] = '\0';

	path = path_of(target);
	query = path + strcspn(path, "?");
	if (*query != '\0')
		*query++ = '\0';
	if (strcmp(path, wanted->path) != 0)
		return (struct redirect){ .kind = REDIRECT_IGNORE };
	if (!is_plain(query))
		return refuse("a control character is in it");
	broken = read_query(query, value);
	return broken != NULL ? refuse(broken) : judge(value, wanted);
}

/*
 * What it means.  A redirect has Microsoft's number in the description only;
 * there a person's own no has one as well, and is no grant that died.
 */
static const struct meaning *
meaning_of(const struct redirect *redirect)
{
	const struct meaning *number = NULL;

	if (strncmp(redirect->description, "AADSTS", 6) == 0)
		number = meaning_of_number(
		    (double)strtoul(redirect->description + 6, NULL, 10));
	return number != NULL ? number :
				meaning_of_error(redirect->error, WHERE_PAGE);
}

/* No grant is there yet: what would end one is a no of the person. */
static int
reason_of(const struct meaning *meaning)
{
	if (meaning_is_unknown(meaning) || meaning->class == NULL ||
	    strcmp(meaning->class, "reauth") == 0)
		return MAILSEAL_E_CONSENT;
	return mailseal_error_by_name(meaning->reason);
}

static void
put_error(const struct redirect *redirect, struct line_writer *reply)
{
	const struct meaning *meaning = meaning_of(redirect);
	char detail[512], name[MEANING_NAME_MAX];

	(void)snprintf(detail, sizeof(detail), "%s%s%s",
	    printable(redirect->error), redirect->description[0] ? ": " : "",
	    printable(redirect->description));
	line_put(reply, "class", "denied");
	line_put(reply, "reason", mailseal_error_name(reason_of(meaning)));
	line_put(reply, "detail", detail);
	meaning_name(meaning, name);
	line_put(reply, "meaning", name);
}

int
redirect_answer(struct line *request, struct line_writer *reply)
{
	struct span target = line_get_bytes(request, "in_request",
	    LINE_LONG_MAX);
	struct redirect_wanted wanted = {
		.path = line_need(request, "in_path", 256),
		.state = line_need(request, "in_state", 256),
		.issuer = line_get(request, "in_issuer", 2048),
		.issuer_is_sent = line_get_number(request, "in_iss_required", 0,
				      1) == 1,
	};
	struct redirect redirect;
	int error;

	(void)line_get(request, "origins", LINE_LONG_MAX); /* of no use here */
	if (target.data == NULL)
		line_fail(request, MAILSEAL_E_MISSING, "in_request");
	error = line_end(request);
	if (error != MAILSEAL_OK)
		return error;
	/* The bytes are the line's own buffer: writable, with a NUL behind. */
	redirect = redirect_read((char *)(uintptr_t)target.data, target.len,
	    &wanted);
	switch (redirect.kind) {
	case REDIRECT_IGNORE:
		line_put(reply, "class", "ignore");
		break;
	case REDIRECT_CODE:
		line_put(reply, "class", "ok");
		line_put(reply, "code", redirect.code);
		break;
	case REDIRECT_ERROR:
		put_error(&redirect, reply);
		break;
	case REDIRECT_REFUSE:
		line_put(reply, "class", "malformed");
		line_put(reply, "reason",
		    mailseal_error_name(MAILSEAL_E_STATE));
		line_put(reply, "detail", redirect.why);
		break;
	}
	return MAILSEAL_OK;
}
