/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "broker/courier/message.h"

#define LINE_MAX_BYTES 998 /* RFC 5322 section 2.1.1, without CR LF */
#define WORD_BYTES 45	   /* of a subject in one encoded word, RFC 2047 */
#define BASE64_BYTES 57	   /* of a body in one line of 76 */

/* The wire text being written; what does not fit is left out. */
struct wire {
	char *bytes;
	size_t len;
};

static void
put(struct wire *wire, const void *bytes, size_t len)
{
	if (len > MESSAGE_MAX - wire->len)
		return;
	memcpy(wire->bytes + wire->len, bytes, len);
	wire->len += len;
}

static void __attribute__((format(printf, 2, 3)))
put_text(struct wire *wire, const char *format, ...)
{
	char text[1200];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < sizeof(text))
		put(wire, text, (size_t)n);
}

static void
put_base64(struct wire *wire, const char *bytes, size_t len)
{
	char text[sodium_base64_ENCODED_LEN(BASE64_BYTES,
	    sodium_base64_VARIANT_ORIGINAL)];

	sodium_bin2base64(text, sizeof(text), (const unsigned char *)bytes, len,
	    sodium_base64_VARIANT_ORIGINAL);
	put(wire, text, strlen(text));
}

static bool
is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

/* Atoms between single dots; others are the bytes allowed besides. */
static bool
is_dotted(const char *text, size_t len, const char *others)
{
	bool dot = true;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.' && dot)
			return false;
		dot = text[i] == '.';
		if (!dot && !is_alphanumeric(text[i]) &&
		    (text[i] == '\0' || strchr(others, text[i]) == NULL))
			return false;
	}
	return !dot;
}

bool
message_is_address(const char *address)
{
	const char *at = strchr(address, '@');

	if (at == NULL || strlen(address) > ACCOUNT_MAX || at - address > 64)
		return false;
	return is_dotted(address, (size_t)(at - address),
		   "!#$%&'*+-/=?^_`{|}~") &&
	    is_dotted(at + 1, strlen(at + 1), "-");
}

static bool
is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((*text & 0x80) != 0)
			return false;
	return true;
}

/* One line without controls. */
static bool
is_line(const char *text)
{
	for (; *text != '\0'; text++)
		if ((*text >= 0 && *text < 0x20) || *text == 0x7f)
			return false;
	return true;
}

const char *
message_fault(const struct message *message)
{
	if (!message_is_address(message->from))
		return "from";
	if (!message_is_address(message->to))
		return "to";
	if (!is_line(message->subject) ||
	    strlen(message->subject) > SUBJECT_MAX)
		return "subject";
	if (strlen(message->body) > BODY_MAX)
		return "body";
	return NULL;
}

/* The most bytes of text, up to max, that do not cut a UTF-8 character. */
static size_t
whole_characters(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);

	if (len <= max)
		return len;
	len = max;
	while (len > 1 && (text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

static void
put_subject(struct wire *wire, const char *subject)
{
	if (is_ascii(subject) && strstr(subject, "=?") == NULL) {
		put_text(wire, "Subject: %s\r\n", subject);
		return;
	}
	put_text(wire, "Subject:");
	while (*subject != '\0') {
		size_t len = whole_characters(subject, WORD_BYTES);

		put_text(wire, " =?UTF-8?B?");
		put_base64(wire, subject, len);
		subject += len;
		put_text(wire, "?=\r\n");
	}
}

static void
put_headers(struct wire *wire, const struct message *message, time_t now,
    const char *id)
{
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu",
		"Fri", "Sat" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct tm tm = { 0 };

	(void)gmtime_r(&now, &tm);
	put_text(wire, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n",
	    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
	    tm.tm_hour, tm.tm_min, tm.tm_sec);
	put_text(wire, "From: <%s>\r\nTo: <%s>\r\n", message->from,
	    message->to);
	put_subject(wire, message->subject);
	put_text(wire, "Message-ID: <%s@%s>\r\nMIME-Version: 1.0\r\n", id,
	    strchr(message->from, '@') + 1);
	put_text(wire, "Content-Type: text/plain; charset=utf-8\r\n");
	put_text(wire, "Auto-Submitted: auto-generated\r\n"); /* RFC 3834 */
}

/* The length of the line at text, without its end. */
static size_t
line_length(const char *text)
{
	return strcspn(text, "\r\n");
}

/* Behind the end of a line: CR LF, LF, or CR. */
static const char *
skip_end(const char *text)
{
	if (text[0] == '\r' && text[1] == '\n')
		return text + 2;
	return *text == '\0' ? text : text + 1;
}

/* Whether the body can travel as it is. */
static bool
is_simple(const char *body)
{
	if (!is_ascii(body))
		return false;
	while (*body != '\0') {
		size_t len = line_length(body);

		if (len > LINE_MAX_BYTES - 1) /* one dot may be added */
			return false;
		body = skip_end(body + len);
	}
	return true;
}

static void
put_lines(struct wire *wire, const char *body)
{
	while (*body != '\0') {
		size_t len = line_length(body);

		if (*body == '.')
			put_text(wire, ".");
		put(wire, body, len);
		put_text(wire, "\r\n");
		body = skip_end(body + len);
	}
}

/* The body in base64, its lines ended by CR LF before that. */
static void
put_encoded(struct wire *wire, const char *body)
{
	char block[BASE64_BYTES];
	size_t len = 0;

	while (*body != '\0') {
		size_t width = *body == '\r' || *body == '\n' ? 2 : 1;

		for (size_t i = 0; i < width; i++) {
			block[len++] = width == 1 ? *body : "\r\n"[i];
			if (len == sizeof(block)) {
				put_base64(wire, block, len);
				put_text(wire, "\r\n");
				len = 0;
			}
		}
		body = width == 1 ? body + 1 : skip_end(body);
	}
	if (len > 0) {
		put_base64(wire, block, len);
		put_text(wire, "\r\n");
	}
}

size_t
message_write(const struct message *message, time_t now,
    const char id[MESSAGE_ID_LENGTH + 1], char *bytes)
{
	bool simple = is_simple(message->body);
	struct wire wire = { bytes, 0 };

	put_headers(&wire, message, now, id);
	put_text(&wire, "Content-Transfer-Encoding: %s\r\n\r\n",
	    simple ? "7bit" : "base64");
	if (simple)
		put_lines(&wire, message->body);
	else
		put_encoded(&wire, message->body);
	put_text(&wire, ".\r\n");
	return wire.len;
}
