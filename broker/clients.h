/* SPDX-License-Identifier: ISC */
/*
 * clients: who is connected, and the sockets they come in by.
 *
 * All client descriptors sit in one epoll below the event loop.  Limits are
 * per user and in all; who comes over them is told busy and turned away.
 */
#ifndef BROKER_CLIENTS_H
#define BROKER_CLIENTS_H

#include <stdint.h>

#include "broker/broker.h"
#include "broker/conn.h"
#include "broker/own.h"

#define CLIENTS_RESERVE 64 /* descriptors kept for everything else */
#define CLIENTS_ADMINS 8   /* connections of the admin socket */
#define CLIENTS_KEPT 2	   /* of them for those who may do everything */

void clients_free(struct clients *clients);
AUTO_DEFINE(clients, struct clients)

/* MAILSEAL_E_NOMEM, MAILSEAL_E_IO */
int clients_open(struct broker *broker, struct clients **clients)
    __attribute__((warn_unused_result));

/*
 * Accept on a listening descriptor, which clients_free() closes.
 *
 * MAILSEAL_E_IO, MAILSEAL_E_NOMEM
 */
int clients_listen(struct clients *clients, int fd, enum door door)
    __attribute__((warn_unused_result));

/*
 * Accept no more, and close each connection as soon as it is owed nothing:
 * who comes from now on waits at the socket for whoever listens there next.
 */
void clients_drain(struct clients *clients);

/* How many are connected. */
unsigned clients_count(const struct clients *clients);

/* The connection, when it still waits for its answer; else NULL. */
struct conn *clients_find(struct clients *clients, struct conn_ref ref);

struct broker *clients_broker(struct clients *clients);

/* For conn: what to hear of, a line waits in a buffer, it is gone. */
void clients_watch(struct clients *clients, int fd, struct conn_ref ref,
    uint32_t events);
void clients_have_line(struct clients *clients);
void clients_forget(struct clients *clients, struct conn_ref ref,
    enum door door);

#endif
