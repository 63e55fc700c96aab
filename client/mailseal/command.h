/* SPDX-License-Identifier: ISC */
/*
 * command: what can be typed behind "mailseal", and what all of it shares.
 *
 * Each command returns its exit status and has said on stderr what failed.
 */
#ifndef CLIENT_MAILSEAL_COMMAND_H
#define CLIENT_MAILSEAL_COMMAND_H

#include "client/ask.h"
#include "client/mailseal/options.h"

#define ADMIN_SOCKET "/run/mailseal/admin.sock"
#define EXIT_ATTENTION 1 /* of status: somebody must act */

#define SHORT_S 15	/* seconds, where nothing outside is asked */
#define EXCHANGE_S 45	/* where one exchange may be made */
#define ENROLMENT_S 120 /* where several are made */

/* Consumers. */
int command_token(const struct options *options);
int command_xoauth2(const struct options *options);
int command_get(const struct options *options);
int command_accounts(const struct options *options);
int command_whoami(const struct options *options);

/* Admins. */
int command_init(const struct options *options);
int command_unlock(const struct options *options);
int command_slot_list(const struct options *options);
int command_slot_add(const struct options *options);
int command_slot_remove(const struct options *options);
int command_provider_list(const struct options *options);
int command_provider_secret(const struct options *options);
int command_provider_show(const struct options *options);
int command_provider_new_cert(const struct options *options);
int command_provider_key(const struct options *options);
int command_provider_forget(const struct options *options);
int command_provider_check(const struct options *options);
int command_enroll(const struct options *options);
int command_test(const struct options *options);
int command_list(const struct options *options);
int command_show(const struct options *options);
int command_access(const struct options *options);
int command_status(const struct options *options);
int command_remove(const struct options *options);
int command_reload(const struct options *options);
int command_disable(const struct options *options);
int command_enable(const struct options *options);
int command_set(const struct options *options);
int command_rebind(const struct options *options);
int command_verify(const struct options *options);
int command_check(const struct options *options);
int command_config(const struct options *options);

/* Anybody, without a broker. */
int command_explain(const struct options *options);

/* Say "mailseal: ..." on stderr and return status. */
int complain(int status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Say what the broker said, and return the exit status of its code. */
int complain_failure(const struct failure *failure);

/* Start a question on the admin socket; NULL after having complained. */
struct ask *ask_admin(const struct options *options)
    __attribute__((warn_unused_result));

/* The same on the consumers' socket. */
struct ask *ask_consumer(const struct options *options)
    __attribute__((warn_unused_result));

/* Flush what was printed on stdout; EX_IOERR after having complained. */
int finish_output(int status);

#endif
