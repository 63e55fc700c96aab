/* SPDX-License-Identifier: ISC */
/*
 * breakdown: why an HTTPS request got no reply, in words that help.
 */
#ifndef BROKER_COURIER_BREAKDOWN_H
#define BROKER_COURIER_BREAKDOWN_H

#include <curl/curl.h>

#include "broker/courier/http.h"

/* What is known of a request that libcurl gave up. */
struct breakdown {
	const char *origin;	   /* where it was to go */
	const char *words;	   /* libcurl's, or "" */
	const char *blemish;	   /* the certificate's, or "" */
	int left_ms;		   /* what there was for all of it */
	const struct proxy *proxy; /* by which it went; NULL: none */
	const char *status;	   /* the last status line, or "" */
};

/* Say it; the error, as of http_ask(). */
int breakdown_tell(CURL *curl, CURLcode code, const struct breakdown *known,
    struct http_fault *fault);

#endif
