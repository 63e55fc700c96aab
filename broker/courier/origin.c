/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/courier/origin.h"
#include "proto/error.h"

#define SCHEME "https://"
#define HOST_MAX 255

static bool
is_visible(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 0x21 || *text > 0x7e ||
		    strchr("\"#<>\\^`{|}", *text) != NULL)
			return false;
	return true;
}

/* The length of the host at text: a name, an IPv4 or a bracketed address. */
static size_t
host_length(const char *text)
{
	static const char name[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz0123456789.-_";
	size_t len;

	if (*text != '[')
		return strspn(text, name);
	len = 1 + strspn(text + 1, "0123456789abcdefABCDEF:.");
	return text[len] == ']' ? len + 1 : 0;
}

/* The port that ends the authority, 443 when none is written, or 0. */
static unsigned
port_of(const char *text)
{
	unsigned long port;
	size_t len;

	if (*text == '\0' || *text == '/' || *text == '?')
		return 443;
	if (*text++ != ':')
		return 0;
	len = strspn(text, "0123456789");
	if (len == 0 || len > 5 || text[0] == '0')
		return 0;
	if (text[len] != '\0' && text[len] != '/' && text[len] != '?')
		return 0;
	port = strtoul(text, NULL, 10);
	return port <= 65535 ? (unsigned)port : 0;
}

int
origin_of(const char *url, char origin[ORIGIN_MAX])
{
	char host[HOST_MAX + 1];
	size_t len;
	unsigned port;

	if (strncmp(url, SCHEME, strlen(SCHEME)) != 0 || !is_visible(url))
		return MAILSEAL_E_MALFORMED;
	url += strlen(SCHEME);
	len = host_length(url);
	if (len == 0 || len > HOST_MAX)
		return MAILSEAL_E_MALFORMED;
	port = port_of(url + len);
	if (port == 0)
		return MAILSEAL_E_MALFORMED;
	for (size_t i = 0; i < len; i++)
		host[i] = (char)tolower((unsigned char)url[i]);
	host[len] = '\0';
	(void)snprintf(origin, ORIGIN_MAX, SCHEME "%s:%u", host, port);
	return MAILSEAL_OK;
}

void
origin_host(const char *origin, char host[ORIGIN_MAX])
{
	const char *text = strstr(origin, "://") + strlen("://");
	const char *port = strrchr(text, ':');

	if (*text == '[') {
		text++;
		port--;
	}
	(void)snprintf(host, ORIGIN_MAX, "%.*s", (int)(port - text), text);
}

bool
origin_is_bound(const char *origins, const char *origin)
{
	size_t len = strlen(origin);

	if (len == 0 || strchr(origin, ' ') != NULL)
		return false;
	while (*origins != '\0') {
		size_t word = strcspn(origins, " ");

		if (word == len && memcmp(origins, origin, len) == 0)
			return true;
		origins += word;
		origins += strspn(origins, " ");
	}
	return false;
}

bool
origin_add(char *origins, size_t size, const char *origin)
{
	size_t len = strlen(origins);
	int n;

	if (origin_is_bound(origins, origin))
		return true;
	n = snprintf(origins + len, size - len, "%s%s", len > 0 ? " " : "",
	    origin);
	if (n >= 0 && (size_t)n < size - len)
		return true;
	origins[len] = '\0';
	return false;
}
