/* SPDX-License-Identifier: ISC */
/*
 * dispatch: the only door from a request line to its handler.
 */
#ifndef BROKER_DISPATCH_H
#define BROKER_DISPATCH_H

#include "broker/caller.h"
#include "broker/conn.h"
#include "proto/line.h"

/* A request that passed the door. */
struct request {
	struct broker *broker;
	struct conn *conn;
	struct line *in;
	struct caller caller;
	/* What RIGHT_USE was found by, NULL for other verbs. */
	const struct rule *rule;
	char account[ACCOUNT_MAX + 1]; /* in lower case */
	enum service service;
};

/*
 * A handler answers the connection, or leaves a waiter or an errand behind
 * that will; the connection reads no further until it is answered.
 */
typedef void handler(struct request *request);

/* Read one line, without its LF and with room for a NUL, and run it. */
void dispatch(struct conn *conn, char *bytes, size_t len);

#endif
