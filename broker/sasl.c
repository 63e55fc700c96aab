/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "broker/sasl.h"
#include "proto/error.h"

#define HOST_LENGTH_MAX 255

static const char *const names[] = {
	[SASL_XOAUTH2] = "xoauth2",
	[SASL_OAUTHBEARER] = "oauthbearer",
	[SASL_PLAIN] = "plain",
	[SASL_LOGIN] = "login",
	[SASL_BEARER] = "bearer",
};

int
sasl_mechanism_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return -1;
}

const char *
sasl_mechanism_name(enum sasl_mechanism mechanism)
{
	return names[mechanism];
}

/* The bytes that the UTF-8 character at p has, of at most left; 0: bad. */
static size_t
utf8_length(const unsigned char *p, size_t left)
{
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if (len == 1)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4 || len > left)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, and what is beyond U+10FFFF. */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

static bool
is_utf8(struct span text)
{
	for (size_t i = 0; i < text.len;) {
		size_t len = utf8_length(text.data + i, text.len - i);

		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

static bool
has_control(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < 0x20 || text.data[i] == 0x7f)
			return true;
	return false;
}

static bool
is_token_byte(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("-._~+/", c) != NULL);
}

/* A b64token, RFC 6750 section 2.1. */
static bool
is_token(struct span token)
{
	size_t i = 0;

	while (i < token.len && is_token_byte(token.data[i]))
		i++;
	if (i == 0)
		return false;
	while (i < token.len && token.data[i] == '=')
		i++;
	return i == token.len;
}

static struct span
span_of(const char *text)
{
	return (struct span){ (const unsigned char *)text, strlen(text) };
}

static int
check_user(struct span user)
{
	if (user.len > SASL_USER_MAX)
		return MAILSEAL_E_TOOLONG;
	if (has_control(user) || !is_utf8(user))
		return MAILSEAL_E_MALFORMED;
	return MAILSEAL_OK;
}

static int
check_token(struct span token)
{
	if (token.len > SASL_TOKEN_MAX)
		return MAILSEAL_E_TOOLONG;
	return is_token(token) ? MAILSEAL_OK : MAILSEAL_E_MALFORMED;
}

static int
check_password(struct span password)
{
	if (password.len > SASL_PASSWORD_MAX)
		return MAILSEAL_E_TOOLONG;
	if (password.len == 0 || memchr(password.data, 0, password.len) != NULL)
		return MAILSEAL_E_MALFORMED;
	return MAILSEAL_OK;
}

/* The parts one after the other, in base64. */
static int
encode(const struct span *parts, size_t count, struct secret **response)
{
	AUTO(secret) plain = NULL;
	AUTO(secret) coded = NULL;
	size_t len = 0;

	for (size_t i = 0; i < count; i++)
		len += parts[i].len;
	plain = secret_new(len);
	coded = secret_new(
	    sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_ORIGINAL) - 1);
	if (plain == NULL || coded == NULL)
		return MAILSEAL_E_NOMEM;

	len = 0;
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len > 0)
			memcpy(plain->data + len, parts[i].data, parts[i].len);
		len += parts[i].len;
	}
	sodium_bin2base64((char *)coded->data, coded->len + 1, plain->data, len,
	    sodium_base64_VARIANT_ORIGINAL);

	*response = secret_move(&coded);
	return MAILSEAL_OK;
}

static int
xoauth2(struct span user, struct span token, struct secret **response)
{
	const struct span parts[] = { span_of("user="), user,
		span_of("\001auth=Bearer "), token, span_of("\001\001") };

	if (user.len == 0)
		return MAILSEAL_E_MALFORMED;
	return encode(parts, sizeof(parts) / sizeof(parts[0]), response);
}

/* A saslname of RFC 5801 section 4; out has room for three bytes each. */
static struct span
escape(struct span user, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < user.len; i++) {
		if (user.data[i] != '=' && user.data[i] != ',') {
			out[n++] = (char)user.data[i];
			continue;
		}
		memcpy(out + n, user.data[i] == '=' ? "=3D" : "=2C", 3);
		n += 3;
	}
	return (struct span){ (unsigned char *)out, n };
}

static int
oauthbearer(struct span user, struct span token, const char *host,
    uint16_t port, struct secret **response)
{
	char name[SASL_USER_MAX * 3];
	char number[sizeof("\001port=65535")] = "";
	struct span where = span_of(host == NULL ? "" : host);
	struct span parts[] = { span_of(user.len > 0 ? "n,a=" : "n,"),
		escape(user, name), span_of(","),
		span_of(host == NULL ? "" : "\001host="), where, { NULL, 0 },
		span_of("\001auth=Bearer "), token, span_of("\001\001") };

	if (where.len > HOST_LENGTH_MAX)
		return MAILSEAL_E_TOOLONG;
	if (has_control(where) || !is_utf8(where))
		return MAILSEAL_E_MALFORMED;
	if (port != 0)
		(void)snprintf(number, sizeof(number), "\001port=%u", port);
	parts[5] = span_of(number);
	return encode(parts, sizeof(parts) / sizeof(parts[0]), response);
}

int
sasl_plain(const char *authzid, const char *user, const struct secret *password,
    struct secret **response)
{
	struct span nul = { (const unsigned char *)"", 1 };
	const struct span parts[] = { span_of(authzid), nul, span_of(user), nul,
		secret_span(password) };
	int error = check_user(parts[0]);

	if (error == MAILSEAL_OK)
		error = check_user(parts[2]);
	if (error == MAILSEAL_OK)
		error = check_password(parts[4]);
	if (error != MAILSEAL_OK)
		return error;
	if (parts[2].len == 0 || !is_utf8(parts[4]))
		return MAILSEAL_E_MALFORMED;
	return encode(parts, sizeof(parts) / sizeof(parts[0]), response);
}

int
sasl_initial_response(enum sasl_mechanism mechanism, const char *user,
    const struct secret *token, const char *host, uint16_t port,
    struct secret **response)
{
	int error;

	if (mechanism == SASL_PLAIN)
		return sasl_plain("", user, token, response);
	if (mechanism != SASL_XOAUTH2 && mechanism != SASL_OAUTHBEARER)
		return MAILSEAL_E_UNSUPPORTED;

	error = check_user(span_of(user));
	if (error == MAILSEAL_OK)
		error = check_token(secret_span(token));
	if (error != MAILSEAL_OK)
		return error;
	if (mechanism == SASL_XOAUTH2)
		return xoauth2(span_of(user), secret_span(token), response);
	return oauthbearer(span_of(user), secret_span(token), host, port,
	    response);
}

int
sasl_login_line(struct span part, struct secret **line)
{
	int error = check_password(part);

	if (error != MAILSEAL_OK)
		return error;
	return encode(&part, 1, line);
}
