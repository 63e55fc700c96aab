/* SPDX-License-Identifier: ISC */
#include <stdbool.h>

#include "broker/courier/breakdown.h"
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

/* Nobody answered: who, and how long was that? */
static int
tell_silence(CURL *curl, const struct breakdown *known,
    struct http_fault *fault)
{
	int connect_ms = known->left_ms < HTTP_CONNECT_MS ? known->left_ms :
							    HTTP_CONNECT_MS;

	if (!did(curl, CURLINFO_NAMELOOKUP_TIME_T))
		return http_fail(fault, MAILSEAL_E_SILENT,
		    "no name server told the address of %s within %d s",
		    known->origin, seconds(connect_ms));
	if (!did(curl, CURLINFO_CONNECT_TIME_T))
		return http_fail(fault, MAILSEAL_E_SILENT,
		    "%s did not answer within %d s", known->origin,
		    seconds(connect_ms));
	if (!did(curl, CURLINFO_APPCONNECT_TIME_T))
		return http_fail(fault, MAILSEAL_E_SILENT,
		    "%s did not answer within %d s: it took the connection, "
		    "and did not finish the TLS handshake",
		    known->origin, seconds(connect_ms));
	return http_fail(fault, MAILSEAL_E_SILENT,
	    "%s did not answer the request within %d s", known->origin,
	    seconds(known->left_ms));
}

int
breakdown_tell(CURL *curl, CURLcode code, const struct breakdown *known,
    struct http_fault *fault)
{
	const char *words = known->words[0] != '\0' ? known->words :
						      curl_easy_strerror(code);

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
