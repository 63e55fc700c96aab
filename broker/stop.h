/* SPDX-License-Identifier: ISC */
/*
 * stop: the end of mailseald, so that nothing is lost by it.
 *
 * An exchange under way may bring a rotated refresh token that is not asked
 * for twice: its end is waited for.  Clients that asked are answered, nobody
 * new is accepted; who comes meanwhile waits at the socket.
 */
#ifndef BROKER_STOP_H
#define BROKER_STOP_H

#include "broker/broker.h"

/* Longer than an exchange takes; TimeoutStopSec= is longer than both. */
#define STOP_CLIENTS_MS 5000 /* that clients may take to go */

/*
 * Begin to stop: the event loop ends when nothing is owed any more.  Asked a
 * second time it ends at once.
 */
int stop_begin(struct broker *broker);

#endif
