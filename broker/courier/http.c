/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <curl/curl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "broker/courier/breakdown.h"
#include "broker/courier/clock.h"
#include "broker/courier/http.h"
#include "broker/courier/origin.h"
#include "broker/courier/request.h"
#include "broker/courier/x509.h"
#include "broker/log.h"
#include "proto/error.h"

/* A request under way. */
struct flight {
	const struct http_way *way;
	struct http_reply *reply;
	size_t have;	    /* bytes of the body */
	size_t header_used; /* bytes of header_bytes */
	bool overflow;	    /* the reply is longer than we take */
	int left_ms;	    /* when it started */
	char origin[ORIGIN_MAX];
	char host[ORIGIN_MAX];
	const struct proxy *proxy; /* for this host; NULL: none */
	char proxy_url[PROXY_HOST_MAX + 32];
	char status_line[128]; /* the last one that came */
	char words[CURL_ERROR_SIZE];
	struct watch watch;
};

static void
curl_auto(CURL **curl)
{
	if (*curl != NULL)
		curl_easy_cleanup(*curl);
}

int
http_fail(struct http_fault *fault, int error, const char *format, ...)
{
	va_list ap;

	fault->error = error;
	va_start(ap, format);
	(void)vsnprintf(fault->detail, sizeof(fault->detail), format, ap);
	va_end(ap);
	return error;
}

void
http_reply_free(struct http_reply *reply)
{
	if (reply == NULL)
		return;
	secret_free(reply->content);
	secret_free(reply->header_bytes);
	free(reply);
}

static size_t
take_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct flight *flight = arg;
	size_t len = size * count;

	if (len > MAILSEAL_BODY_MAX - flight->have) {
		flight->overflow = true;
		return 0; /* ends the transfer */
	}
	memcpy(flight->reply->content->data + flight->have, bytes, len);
	flight->have += len;
	return len;
}

/* Keep text behind the others, with a NUL; NULL when there is no more room. */
static char *
keep(struct flight *flight, const char *text, size_t len)
{
	char *copy = (char *)flight->reply->header_bytes->data +
	    flight->header_used;

	if (len >= HTTP_HEADER_BYTES - flight->header_used)
		return NULL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	flight->header_used += len + 1;
	return copy;
}

static bool
keep_header(struct flight *flight, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	const char *value;
	size_t index = flight->reply->headers.count;
	struct mailseal_item *item;
	char *name;

	if (colon == NULL)
		return true; /* the status line, or none */
	while (len > 0 && isspace((unsigned char)line[len - 1]))
		len--;
	value = colon + 1;
	while (value < line + len && (*value == ' ' || *value == '\t'))
		value++;
	if (index == HTTP_HEADERS_MAX)
		return false;
	item = &flight->reply->header[index];
	name = keep(flight, line, (size_t)(colon - line));
	item->len = value < line + len ? (size_t)(line + len - value) : 0;
	item->bytes = name == NULL ? NULL : keep(flight, value, item->len);
	if (item->bytes == NULL)
		return false;
	for (char *c = name; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	item->name = name;
	flight->reply->headers.count++;
	return true;
}

static size_t
take_header(char *bytes, size_t size, size_t count, void *arg)
{
	struct flight *flight = arg;
	size_t len = size * count;

	if (len >= 5 && memcmp(bytes, "HTTP/", 5) == 0) {
		/* An interim reply came before: forget its headers. */
		flight->reply->headers.count = 0;
		flight->header_used = 0;
		(void)snprintf(flight->status_line, sizeof(flight->status_line),
		    "%.*s", (int)strcspn(bytes, "\r\n"), bytes);
		return len;
	}
	if (!keep_header(flight, bytes, len)) {
		flight->overflow = true;
		return 0;
	}
	return len;
}

static CURLcode
trust(CURL *curl, void *ctx, void *arg)
{
	struct flight *flight = arg;

	(void)curl;
	return x509_watch(ctx, &flight->watch) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

#define SET(option, value) (curl_easy_setopt(curl, option, value) == CURLE_OK)

/*
 * By a proxy, or by none: the environment never says.  The proxy hears CONNECT
 * and none of our headers.
 */
static bool
set_way(CURL *curl, struct flight *flight)
{
	const struct proxy *proxy = flight->proxy;
	bool six = proxy != NULL && strchr(proxy->host, ':') != NULL;

	if (proxy != NULL)
		(void)snprintf(flight->proxy_url, sizeof(flight->proxy_url),
		    "http://%s%s%s:%u", six ? "[" : "", proxy->host,
		    six ? "]" : "", proxy->port);
	return SET(CURLOPT_PROXY, flight->proxy_url) &&
	    SET(CURLOPT_NOPROXY, "") && SET(CURLOPT_HTTPPROXYTUNNEL, 1L) &&
	    SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
}

/* Everything that is the same for each request; true when all of it held. */
static bool
prepare(CURL *curl, struct flight *flight)
{
	return SET(CURLOPT_PROTOCOLS_STR, "https") &&
	    SET(CURLOPT_REDIR_PROTOCOLS_STR, "https") &&
	    SET(CURLOPT_FOLLOWLOCATION, 0L) && set_way(curl, flight) &&
	    SET(CURLOPT_NOSIGNAL, 1L) &&
	    /* A thread that waits for a name server is not waited for. */
	    SET(CURLOPT_QUICK_EXIT, 1L) &&
	    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	    SET(CURLOPT_SSL_VERIFYPEER, 1L) &&
	    SET(CURLOPT_SSL_VERIFYHOST, 2L) &&
	    SET(CURLOPT_CAINFO, (char *)NULL) &&
	    SET(CURLOPT_CAPATH, (char *)NULL) &&
	    SET(CURLOPT_SSL_CTX_FUNCTION, trust) &&
	    SET(CURLOPT_SSL_CTX_DATA, flight) &&
	    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)HTTP_CONNECT_MS) &&
	    SET(CURLOPT_TIMEOUT_MS, (long)flight->left_ms) &&
	    SET(CURLOPT_HEADERFUNCTION, take_header) &&
	    SET(CURLOPT_HEADERDATA, flight) &&
	    SET(CURLOPT_WRITEFUNCTION, take_body) &&
	    SET(CURLOPT_WRITEDATA, flight) &&
	    SET(CURLOPT_ERRORBUFFER, flight->words) &&
	    SET(CURLOPT_USERAGENT, "mailseal/" MAILSEAL_VERSION);
}

static bool
load(CURL *curl, const struct request *request)
{
	if (!SET(CURLOPT_URL, (const char *)request->url.text->data) ||
	    !SET(CURLOPT_HTTPHEADER, request->headers))
		return false;
	if (!request->is_post)
		return true;
	/* libcurl sends the body from where it is and makes no copy. */
	return SET(CURLOPT_POST, 1L) &&
	    SET(CURLOPT_POSTFIELDS, (const char *)request->body.text->data) &&
	    SET(CURLOPT_POSTFIELDSIZE, (long)request->body.len);
#undef SET
}

static bool
is_encoded(const struct http_reply *reply)
{
	for (size_t i = 0; i < reply->headers.count; i++)
		if (strcmp(reply->header[i].name, "content-encoding") == 0 &&
		    strcasecmp(reply->header[i].bytes, "identity") != 0)
			return true;
	return false;
}

/* Say why nothing came. */
static int
explain(CURL *curl, const struct flight *flight, CURLcode code,
    struct http_fault *fault)
{
	const struct breakdown known = { flight->origin, flight->words,
		flight->watch.detail, flight->left_ms, flight->proxy,
		flight->status_line };

	return breakdown_tell(curl, code, &known, fault);
}

/* What the end of the transfer means, once a status has been read. */
static int
conclude(CURL *curl, struct flight *flight, CURLcode code,
    struct http_fault *fault)
{
	struct http_reply *reply = flight->reply;

	secret_cut(reply->content, flight->have);
	/* libcurl runs out of memory at a header line of 100 kB. */
	if (flight->overflow || code == CURLE_OUT_OF_MEMORY)
		reply->body = MAILSEAL_BODY_TOOLONG;
	else if (code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR)
		reply->body = MAILSEAL_BODY_CUT;
	else if (code != CURLE_OK)
		return explain(curl, flight, code, fault);
	else if (flight->have == 0)
		reply->body = MAILSEAL_BODY_NONE;
	else
		reply->body = is_encoded(reply) ? MAILSEAL_BODY_ENCODED :
						  MAILSEAL_BODY_OTHER;
	reply->headers.item = reply->header;
	return MAILSEAL_OK;
}

static int
fly(struct flight *flight, const struct request *request,
    struct http_fault *fault)
{
	__attribute__((cleanup(curl_auto))) CURL *curl = curl_easy_init();
	CURLcode code;
	long status = 0;

	if (curl == NULL)
		return http_fail(fault, MAILSEAL_E_NOMEM, "out of memory");
	flight->left_ms = clock_left_ms(flight->way->deadline_ms);
	if (flight->left_ms == 0)
		return http_fail(fault, MAILSEAL_E_SILENT, "%s: no time left",
		    flight->origin);
	if (!prepare(curl, flight) || !load(curl, request))
		return http_fail(fault, MAILSEAL_E_NOMEM,
		    "libcurl cannot be prepared");
	code = curl_easy_perform(curl);
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	flight->reply->status = (int)status;
	if (status == 0)
		return explain(curl, flight, code, fault);
	return conclude(curl, flight, code, fault);
}

static struct http_reply *
new_reply(void)
{
	struct http_reply *reply = calloc(1, sizeof(*reply));

	if (reply == NULL)
		return NULL;
	reply->content = secret_new(MAILSEAL_BODY_MAX);
	reply->header_bytes = secret_new(HTTP_HEADER_BYTES);
	if (reply->content != NULL && reply->header_bytes != NULL)
		return reply;
	http_reply_free(reply);
	return NULL;
}

int
http_ask(const struct mailseal_ask *ask, const struct http_way *way,
    struct http_reply **reply, struct http_fault *fault)
{
	AUTO(http_reply) got = NULL;
	AUTO(request) request = NULL;
	struct flight flight = { .way = way };
	const char *origin = flight.origin;
	int error;

	if (origin_of(ask->url, flight.origin) != MAILSEAL_OK)
		return http_fail(fault, MAILSEAL_E_ORIGIN,
		    "\"%s\" is no https address", printable(ask->url));
	if (!origin_is_bound(way->origins, origin))
		return http_fail(fault, MAILSEAL_E_ORIGIN,
		    "%s is not one of: %s", origin, printable(way->origins));
	error = request_write(ask, &request);
	if (error != MAILSEAL_OK)
		return http_fail(fault, error, "%s: the request is no request",
		    origin);
	got = new_reply();
	if (got == NULL)
		return http_fail(fault, MAILSEAL_E_NOMEM, "out of memory");

	flight.reply = got;
	origin_host(origin, flight.host);
	if (!proxy_is_passed(way->no_proxy, flight.host))
		flight.proxy = way->proxy;
	flight.watch.trust = &way->trust;
	flight.watch.host = flight.host;
	error = fly(&flight, request, fault);
	if (error != MAILSEAL_OK)
		return error;
	*reply = got;
	got = NULL;
	return MAILSEAL_OK;
}
