/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "broker/proxy.h"

#define SCHEME "http://"
#define BETWEEN ", \t"
#define NAME_CHARACTERS                                        \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"0123456789.-_"

/* An IP address as bytes, 4 or 16 of them; 0: it is none. */
struct address {
	unsigned char bytes[16];
	unsigned len;
};

static struct address
read_address(const char *text)
{
	struct address a = { .len = 0 };

	if (inet_pton(AF_INET, text, a.bytes) == 1)
		a.len = 4;
	else if (inet_pton(AF_INET6, text, a.bytes) == 1)
		a.len = 16;
	return a;
}

/* A whole number without a sign; -1: it is none, or over max. */
static long
read_number(const char *text, long max)
{
	size_t len = strspn(text, "0123456789");
	long number = strtol(text, NULL, 10);

	return len == 0 || len > 5 || text[len] != '\0' || number > max ?
	    -1 :
	    number;
}

static bool
is_name(const char *text)
{
	return text[0] != '\0' && text[strspn(text, NAME_CHARACTERS)] == '\0';
}

/* The host of "HOST:PORT" into proxy; where the port begins, or NULL. */
static const char *
take_host(const char *text, struct proxy *proxy)
{
	bool bracketed = text[0] == '[';
	const char *start = bracketed ? text + 1 : text;
	size_t len = strcspn(start, bracketed ? "]" : ":");
	const char *rest = start + len;

	if (len == 0 || len >= sizeof(proxy->host))
		return NULL;
	(void)snprintf(proxy->host, sizeof(proxy->host), "%.*s", (int)len,
	    start);
	if (bracketed ? read_address(proxy->host).len != 16 :
			!is_name(proxy->host))
		return NULL;
	if (bracketed && *rest++ != ']')
		return NULL;
	return *rest == ':' ? rest + 1 : NULL;
}

const char *
proxy_read(const char *text, struct proxy *proxy)
{
	struct proxy read = { .port = 0 };
	char port[8];
	const char *at;
	size_t len;
	long number;

	if (strchr(text, '@') != NULL)
		return "has a user or password in it; a password is a secret, "
		       "and no file holds one: let the proxy know this host "
		       "by its address";
	if (strncasecmp(text, "https://", 8) == 0)
		return "is https://: TLS to the proxy itself is not spoken; "
		       "write http://HOST:PORT, what goes through it is TLS "
		       "from end to end";
	if (strncasecmp(text, SCHEME, strlen(SCHEME)) != 0)
		return "is http://HOST:PORT";
	at = take_host(text + strlen(SCHEME), &read);
	if (at == NULL)
		return "is http://HOST:PORT, both of them written";
	len = strcspn(at, "/");
	(void)snprintf(port, sizeof(port), "%.*s", (int)len, at);
	number = len < sizeof(port) ? read_number(port, UINT16_MAX) : -1;
	if (number < 1 || (at[len] == '/' && at[len + 1] != '\0'))
		return "is http://HOST:PORT, with a port from 1 to 65535 and "
		       "nothing behind it";
	read.port = (uint16_t)number;
	*proxy = read;
	return NULL;
}

/* Take the next entry of a list; false at its end, or when it is too long. */
static bool
next(const char **list, char entry[PROXY_HOST_MAX])
{
	size_t len;

	*list += strspn(*list, BETWEEN);
	len = strcspn(*list, BETWEEN);
	if (len == 0 || len >= PROXY_HOST_MAX)
		return false;
	(void)snprintf(entry, PROXY_HOST_MAX, "%.*s", (int)len, *list);
	*list += len;
	return true;
}

/* An entry's address and how many bits of it count; bits is -1: none. */
static struct address
read_block(const char *entry, long *bits)
{
	char text[PROXY_HOST_MAX];
	char *slash, *start = text;
	size_t len;
	struct address a;

	(void)snprintf(text, sizeof(text), "%s", entry);
	slash = strchr(text, '/');
	if (slash != NULL)
		*slash++ = '\0';
	len = strlen(text);
	if (text[0] == '[' && text[len - 1] == ']') {
		text[len - 1] = '\0';
		start++;
	}
	a = read_address(start);
	*bits = a.len * 8;
	if (slash != NULL)
		*bits = read_number(slash, *bits);
	if (a.len == 0)
		*bits = -1;
	return a;
}

const char *
proxy_list_fault(const char *list)
{
	char entry[PROXY_HOST_MAX];
	long bits;

	if (strcmp(list, "*") == 0)
		return NULL;
	while (next(&list, entry)) {
		(void)read_block(entry, &bits);
		if (bits < 0 && !is_name(entry))
			return "has an entry that is neither a host, a "
			       "domain, an address nor ADDRESS/BITS";
	}
	return *list != '\0' ? "has an entry that is too long" : NULL;
}

/* Whether an address is in a block. */
static bool
is_within(const struct address *a, const struct address *block, long bits)
{
	size_t whole = (size_t)bits / 8;
	unsigned rest = (unsigned)bits % 8;

	if (a->len != block->len || memcmp(a->bytes, block->bytes, whole) != 0)
		return false;
	return rest == 0 ||
	    (a->bytes[whole] ^ block->bytes[whole]) >> (8 - rest) == 0;
}

/* The length of a name without the dot that may end it. */
static size_t
name_length(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && name[len - 1] == '.' ? len - 1 : len;
}

/* Whether a host is a domain or below it; ".example" is "example". */
static bool
is_below(const char *host, const char *domain)
{
	size_t host_len = name_length(host), len;

	if (domain[0] == '.')
		domain++;
	len = name_length(domain);
	if (len == 0 || len > host_len ||
	    strncasecmp(host + host_len - len, domain, len) != 0)
		return false;
	return len == host_len || host[host_len - len - 1] == '.';
}

bool
proxy_is_passed(const char *list, const char *host)
{
	struct address address = read_address(host);
	char entry[PROXY_HOST_MAX];

	if (list == NULL)
		return false;
	if (strcmp(list, "*") == 0)
		return true;
	while (next(&list, entry)) {
		long bits;
		struct address block = read_block(entry, &bits);

		if (address.len != 0 ?
			bits >= 0 && is_within(&address, &block, bits) :
			is_below(host, entry))
			return true;
	}
	return false;
}
