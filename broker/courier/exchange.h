/* SPDX-License-Identifier: ISC */
/*
 * exchange: the courier's one door: a request line in, a reply line out.
 *
 * It decides who does the work: a module, the mailbox, or the reader of
 * redirects.  It runs in a process of its own that ends afterwards.
 */
#ifndef BROKER_COURIER_EXCHANGE_H
#define BROKER_COURIER_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/courier/origin.h"
#include "broker/courier/trust.h"
#include "broker/proxy.h"
#include "proto/line.h"
#include "proto/module.h"

#define EXCHANGE_MS_MAX 60000 /* an exchange ends by then */
#define EXCHANGE_MS_ABSENT 25000

/* A request that has been read; it points into its line. */
struct exchange {
	struct line *line;
	const char *op;
	const char *module;
	const char *origins;
	struct span ca;	     /* PEM; .data is NULL when there is none */
	const char *ca_name; /* the file that it is from, or NULL */
	bool by_proxy;
	struct proxy proxy;
	const char *no_proxy; /* or NULL */
	int64_t timeout_ms;
	size_t set_count, in_count;
	struct mailseal_item set[LINE_FIELDS_MAX]; /* settings */
	struct mailseal_item in[LINE_FIELDS_MAX];  /* inputs */
};

/*
 * Read what all requests have.  The line outlives the exchange.
 *
 * MAILSEAL_E_UNSUPPORTED  another word than "exchange", or no such op
 * the failures of line_end()
 */
int exchange_read(struct exchange *exchange, struct line *line)
    __attribute__((warn_unused_result));

/*
 * Do it, and write the reply into bytes[size].  *len is its length with LF.
 * usual is trusted where the request brings no certificates of its own;
 * folder is where modules are.
 *
 * MAILSEAL_E_TOOLONG  the reply does not fit
 * the failures of line_end()
 */
int exchange_run(struct exchange *exchange, const struct trust *usual,
    const char *folder, char *bytes, size_t size, size_t *len)
    __attribute__((warn_unused_result));

/* Write the reply to a request that is none. */
int exchange_refuse(const struct line *line, int error, char *bytes,
    size_t size, size_t *len) __attribute__((warn_unused_result));

#endif
