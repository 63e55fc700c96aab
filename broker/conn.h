/* SPDX-License-Identifier: ISC */
/*
 * conn: one client of the consumer or the admin socket.
 *
 * It has a buffer of its own for one request line and is judged by the
 * kernel's word on who it is.  A client that floods, sends junk or
 * descriptors, does not read or does not finish its line loses its own
 * connection only.  What a line means is dispatch's.
 */
#ifndef BROKER_CONN_H
#define BROKER_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/broker.h"
#include "broker/peer.h"
#include "broker/waiter.h"
#include "proto/verb.h"

#define CONN_LINE_MS 2000    /* a line is whole within */
#define CONN_SILENT_MS 60000 /* a silent connection is closed after */

struct conn;
struct clients;

/* Names a connection that may be gone by the time it is looked for. */
struct conn_ref {
	uint32_t place;
	uint32_t generation;
};

/*
 * Take over a client's descriptor and *peer; NULL, and nothing is taken over,
 * when memory or the arena is short.
 */
struct conn *conn_new(struct clients *clients, int fd, enum door door,
    struct conn_ref ref, struct peer *peer) __attribute__((warn_unused_result));

/* Close and free it, and take it out of its table. */
void conn_close(struct conn *conn);

/*
 * The broker is about to end: answer what is asked by now, then close.  One
 * that came just now may still ask, within CONN_LINE_MS.  May close it.
 */
void conn_drain(struct conn *conn);

/* Something happened on its descriptor (epoll_ctl(2)). */
void conn_event(struct conn *conn, uint32_t events);

/* Run the next line that lies in its buffer, if it may be run by now. */
void conn_run(struct conn *conn);

struct broker *conn_broker(const struct conn *conn);
const struct peer *conn_peer(const struct conn *conn);
enum door conn_door(const struct conn *conn);
struct conn_ref conn_ref(const struct conn *conn);

/*
 * This hanging waiter is to answer, or none (NULL).  It is dismissed when the
 * connection closes first, so that who comes and goes leaves nothing behind.
 */
void conn_waits(struct conn *conn, struct waiter *waiter);

/* Whether a request waits for its answer. */
bool conn_is_busy(const struct conn *conn);

/* The line in its buffer is whole. */
bool conn_has_line(const struct conn *conn);

/*
 * Answer the request at hand, wholly: the bytes are sent, what the client does
 * not take at once is kept (in the arena where secret is set), and the next
 * request may be read.  May close the connection.
 */
void conn_answer(struct conn *conn, const void *bytes, size_t len, bool secret);

#endif
