/* SPDX-License-Identifier: ISC */
/*
 * notify: what systemd hears of us (sd_notify(3)): ready, reloading, stopping,
 * one line of status, and that we are alive (watchdog).
 *
 * Where systemd did not start us nothing of it happens.
 */
#ifndef BROKER_NOTIFY_H
#define BROKER_NOTIFY_H

#include "broker/broker.h"

/*
 * Keep the watchdog fed and the line of status true from now on.
 *
 * MAILSEAL_E_NOMEM, MAILSEAL_E_IO
 */
int notify_open(struct broker *broker) __attribute__((warn_unused_result));

/* All is up, or is again after notify_reloading(). */
void notify_ready(struct broker *broker);
void notify_reloading(void);
void notify_stopping(void);

#endif
