/* SPDX-License-Identifier: ISC */
/*
 * op: the handlers of all requests, each family in a file of its own.
 *
 * dispatch calls them and nobody else does.
 */
#ifndef BROKER_OP_OP_H
#define BROKER_OP_OP_H

#include "broker/dispatch.h"
#include "broker/registration.h"

handler op_hello, op_whoami;			  /* hello.c */
handler op_get;					  /* get.c */
handler op_accounts;				  /* accounts.c */
handler op_init_begin, op_init_finish, op_unlock; /* init.c */
handler op_unlock_failed, op_slot_remove;	  /* keyslot.c */
handler op_status, op_list, op_show;		  /* status.c */
handler op_slot_list;				  /* status.c */
handler op_access;				  /* access.c */
handler op_provider_list, op_provider_show;	  /* providers.c */
handler op_provider_secret, op_provider_forget;	  /* clientsecret.c */
handler op_provider_new_cert, op_provider_key;	  /* clientkey.c */
handler op_provider_check;			  /* inspect.c */
handler op_enroll_begin, op_enroll_cancel;	  /* enroll.c */
handler op_enroll_finish;			  /* finish.c */
handler op_enroll_poll;				  /* poll.c */
handler op_enroll_confirm;			  /* confirm.c */
handler op_test;				  /* test.c */
handler op_verify;				  /* verify.c */
handler op_remove;				  /* remove.c */
handler op_reload;				  /* reload.c */
handler op_check, op_config;			  /* configuration.c */
handler op_disable, op_enable, op_set;		  /* change.c */
handler op_rebind_show, op_rebind;		  /* rebind.c */

/* State, reason and message of an account, as list and show tell them. */
void state_put(struct line_writer *w, const struct broker *broker,
    const struct account *account);

/*
 * The provider of a request that seals a proof of this kind for it; *why is
 * what was wrong.
 *
 * MAILSEAL_E_NOPROVIDER, MAILSEAL_E_CONFIG, MAILSEAL_E_KIND, MAILSEAL_E_LOCKED
 */
int provider_to_seal(const struct request *r, const char *name,
    enum proof_kind kind, const struct provider **provider, const char **why)
    __attribute__((warn_unused_result));

/* What a provider has to prove itself changed: what was refused may work. */
void provider_try_again(struct broker *broker, const char *provider);

/* What may be told of one that was just sealed, and a note if it is idle. */
void proof_put(struct line_writer *w, const struct provider *provider,
    const struct proof *proof);

/* Forget the keys that are being made, which nobody waits for any more. */
void forgings_clear(void);

/* Forget the providers that are being looked at. */
void inspections_clear(void);

/* Forget the sign-ins that are being given back: nothing is removed. */
void withdrawals_clear(void);

/* Forget the trials under way, whose answers nobody waits for any more. */
void trials_clear(void);

/* Forget the slot that is being made. */
void slots_clear(void);

#endif
