/* SPDX-License-Identifier: ISC */
/*
 * sockets: where clients come in: by what systemd holds for us, or outside
 * systemd by the paths of the command line.
 */
#ifndef BROKER_SOCKETS_H
#define BROKER_SOCKETS_H

#include "broker/broker.h"

/*
 * Take the sockets that systemd passes; where there is none, bind the paths.
 * From then on clients are accepted.  What went wrong was logged.
 *
 * MAILSEAL_E_CONFIG, MAILSEAL_E_IO, MAILSEAL_E_EXISTS, MAILSEAL_E_TOOLONG,
 * MAILSEAL_E_NOMEM
 */
int sockets_open(struct broker *broker, const struct broker_options *options)
    __attribute__((warn_unused_result));

#endif
