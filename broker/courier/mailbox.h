/* SPDX-License-Identifier: ISC */
/*
 * mailbox: the courier's own operations login, mail and look.
 *
 * They take their fields out of the request, see that the server is one of the
 * request's origins, and answer with what the server said.  Nothing is kept.
 */
#ifndef BROKER_COURIER_MAILBOX_H
#define BROKER_COURIER_MAILBOX_H

#include <stdbool.h>

#include "broker/courier/http.h"
#include "proto/line.h"

/*
 * Log in at the mail server of a request, by IMAP where set_service says so,
 * else by SMTP; with send, by SMTP only, also send its mail.
 * Whatever comes of it, the fields of the answer (class, reason, detail, code,
 * enhanced, mechanism, server) are added to reply.  The server's certificate
 * is judged by the way's trust, or where the request has that by set_trust,
 * which is PEM of the file set_trust_name, or by the digests of set_pins.
 *
 * The errors are those of a request that cannot be understood, remembered by
 * it too; nothing was sent and nothing is added to reply then:
 * MAILSEAL_E_MISSING, MAILSEAL_E_MALFORMED, MAILSEAL_E_TOOLONG,
 * MAILSEAL_E_UNKNOWN, and MAILSEAL_E_NOMEM.
 */
int mailbox_run(struct line *request, bool send, const struct http_way *way,
    struct line_writer *reply) __attribute__((warn_unused_result));

/*
 * Look at the mail server of a request without a login: it is reached, secured
 * and asked what it offers.  The answer has class, reason, detail, server, and
 * mechanisms (names with blanks between).  Else as mailbox_run().
 */
int mailbox_look(struct line *request, const struct http_way *way,
    struct line_writer *reply) __attribute__((warn_unused_result));

#endif
