/* SPDX-License-Identifier: ISC */
#include <stdbool.h>
#include <string.h>

#include "broker/courier/breakdown.h"
#include "broker/courier/tunnel.h"
#include "broker/log.h"
#include "proto/error.h"

/* Whether the request came to the end of that step. */
static bool
did(CURL *curl, CURLINFO step)
{
	curl_off_t us = 0;

	return curl_easy_getinfo(curl, step, &us) == CURLE_OK && us > 0;
}

static int
seconds(int ms)
{
	return (ms + 999) / 1000;
}

/* How long connecting may have taken. */
static int
connect_s(const struct breakdown *known)
{
	return seconds(known->left_ms < HTTP_CONNECT_MS ? known->left_ms :
							  HTTP_CONNECT_MS);
}

/* Nobody answered: who, and how long was that? */
static int
tell_silence(CURL *curl, const struct breakdown *known,
    struct http_fault *fault)
{
	if (!did(curl, CURLINFO_NAMELOOKUP_TIME_T))
		return http_fail(fault, MAILSEAL_E_SILENT,
		    "no name server told the address of %s within %d s",
		    known->origin, connect_s(known));
	if (!did(curl, CURLINFO_CONNECT_TIME_T))
		return http_fail(fault, MAILSEAL_E_SILENT,
		    "%s did not answer within %d s", known->origin,
		    connect_s(known));
	if (!did(curl, CURLINFO_APPCONNECT_TIME_T))
		return http_fail(fault, MAILSEAL_E_SILENT,
		    "%s did not answer within %d s: it took the connection, "
		    "and did not finish the TLS handshake",
		    known->origin, connect_s(known));
	return http_fail(fault, MAILSEAL_E_SILENT,
	    "%s did not answer the request within %d s", known->origin,
	    seconds(known->left_ms));
}

/*
 * Whether the proxy, where there is one, had not connected us yet.  There was
 * no answer of the origin, so headers that we did not take are the proxy's.
 */
static bool
is_at_proxy(CURL *curl, CURLcode code, const struct breakdown *known)
{
	long status = 0;

	(void)curl_easy_getinfo(curl, CURLINFO_HTTP_CONNECTCODE, &status);
	return known->proxy != NULL &&
	    (status / 100 != 2 || code == CURLE_WRITE_ERROR);
}

static int
tell_proxy(CURLcode code, const char *words, const struct breakdown *known,
    struct http_fault *fault)
{
	const char *server = known->origin + strlen("https://");
	const struct proxy *proxy = known->proxy;
	char why[TUNNEL_WHY_MAX];

	if (code == CURLE_OPERATION_TIMEDOUT)
		return http_fail(fault, MAILSEAL_E_PROXY,
		    "the proxy %s:%u did not connect us to %s within %d s",
		    proxy->host, proxy->port, server, connect_s(known));
	if (code == CURLE_WRITE_ERROR)
		return http_fail(fault, MAILSEAL_E_PROXY,
		    "the proxy %s:%u gave what is no answer of a proxy",
		    proxy->host, proxy->port);
	if (known->status[0] == '\0')
		return http_fail(fault, MAILSEAL_E_PROXY, "the proxy %s:%u: %s",
		    proxy->host, proxy->port, printable(words));
	tunnel_tell(proxy, server, known->status, why);
	return http_fail(fault, MAILSEAL_E_PROXY, "%s", why);
}

int
breakdown_tell(CURL *curl, CURLcode code, const struct breakdown *known,
    struct http_fault *fault)
{
	const char *words = known->words[0] != '\0' ? known->words :
						      curl_easy_strerror(code);

	if (code != CURLE_OUT_OF_MEMORY && is_at_proxy(curl, code, known))
		return tell_proxy(code, words, known, fault);
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return tell_silence(curl, known, fault);
	case CURLE_PEER_FAILED_VERIFICATION:
		return http_fail(fault, MAILSEAL_E_TRUST, "%s: %s",
		    known->origin,
		    known->blemish[0] != '\0' ? known->blemish :
						printable(words));
	case CURLE_OUT_OF_MEMORY:
		return http_fail(fault, MAILSEAL_E_NOMEM, "out of memory");
	default:
		return http_fail(fault, MAILSEAL_E_NETWORK, "%s: %s",
		    known->origin, printable(words));
	}
}
