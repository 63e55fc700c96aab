/* SPDX-License-Identifier: ISC */
/*
 * heap: memory for the libraries that a token passes through, wiped.
 *
 * OpenSSL, libcurl and jansson get allocators that overwrite a whole block
 * before it is freed or moved.  Nothing else uses them.
 */
#ifndef BROKER_COURIER_HEAP_H
#define BROKER_COURIER_HEAP_H

/*
 * Install the allocators and start libcurl.  The first thing main does: a
 * library that has allocated already keeps what it has.
 *
 * MAILSEAL_E_INTERNAL  it was too late for OpenSSL
 * MAILSEAL_E_NOMEM     libcurl does not start
 */
int heap_install(void) __attribute__((warn_unused_result));

#endif
