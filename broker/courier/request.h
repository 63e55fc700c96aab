/* SPDX-License-Identifier: ISC */
/*
 * request: what a module asks for, written as an HTTP request.
 *
 * Fields are encoded here and nowhere else, so a value cannot become a field
 * or a header of its own.  Nothing is sent.
 */
#ifndef BROKER_COURIER_REQUEST_H
#define BROKER_COURIER_REQUEST_H

#include <curl/curl.h>
#include <stdbool.h>

#include "broker/courier/form.h"
#include "broker/own.h"
#include "proto/module.h"

struct request {
	struct form url; /* with its query */
	struct form body;
	bool is_post; /* some field was IN_FORM */
	struct curl_slist *headers;
};

void request_free(struct request *request);
AUTO_DEFINE(request, struct request)

/*
 * Write the request of an ask.  *request is the caller's.
 *
 * MAILSEAL_E_MODULE  a header that is none, or too much of something
 * MAILSEAL_E_NOMEM   out of memory
 */
int request_write(const struct mailseal_ask *ask, struct request **request)
    __attribute__((warn_unused_result));

/*
 * Write a URL and the fields IN_QUERY of an ask behind it.
 *
 * MAILSEAL_E_NOMEM  it does not fit
 */
int request_write_url(const struct mailseal_ask *ask, struct form *url)
    __attribute__((warn_unused_result));

/* The bytes of a field. */
struct span request_field(const struct mailseal_ask *ask, uint32_t i);

#endif
