/* SPDX-License-Identifier: ISC */
/*
 * kind: by what right we have an account's strings.
 *
 * A person signed in, or gave us the password, or nobody did and the
 * registration gets tokens of its own.
 */
#ifndef BROKER_VAULT_KIND_H
#define BROKER_VAULT_KIND_H

enum account_type {
	ACCOUNT_OAUTH,	     /* a person signed in: there is a refresh token */
	ACCOUNT_PASSWORD,    /* its password is kept */
	ACCOUNT_APPLICATION, /* the registration itself; no secret of its own */
	ACCOUNT_TYPES
};

/* A type's name on the wire and in the store, and back (-1: none). */
const char *kind_name(enum account_type type);
int kind_by_name(const char *name);

/* The kind of the record that says what an account of a type is bound to. */
const char *kind_record(enum account_type type);

#endif
