/* SPDX-License-Identifier: ISC */
/*
 * op: the handlers of all requests, each family in a file of its own.
 *
 * dispatch calls them and nobody else does.
 */
#ifndef BROKER_OP_OP_H
#define BROKER_OP_OP_H

#include "broker/dispatch.h"

handler op_hello, op_whoami;			  /* hello.c */
handler op_get;					  /* get.c */
handler op_accounts;				  /* accounts.c */
handler op_init_begin, op_init_finish, op_unlock; /* init.c */
handler op_unlock_failed, op_slot_remove;	  /* keyslot.c */
handler op_status, op_list, op_show;		  /* status.c */
handler op_slot_list;				  /* status.c */
handler op_access;				  /* access.c */
handler op_provider_list, op_provider_secret;	  /* providers.c */
handler op_enroll_begin, op_enroll_cancel;	  /* enroll.c */
handler op_enroll_finish;			  /* finish.c */
handler op_enroll_poll;				  /* poll.c */
handler op_test;				  /* test.c */
handler op_verify;				  /* verify.c */
handler op_remove;				  /* remove.c */
handler op_reload;				  /* reload.c */
handler op_check, op_config;			  /* configuration.c */
handler op_disable, op_enable, op_set;		  /* change.c */

/* State, reason and message of an account, as list and show tell them. */
void state_put(struct line_writer *w, const struct broker *broker,
    const struct account *account);

/* Forget the tests under way, whose answers nobody waits for any more. */
void trials_clear(void);

/* Forget the slot that is being made. */
void slots_clear(void);

#endif
