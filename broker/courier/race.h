/* SPDX-License-Identifier: ISC */
/*
 * race: connect to whichever of a host's addresses answers first, RFC 8305.
 *
 * An address that swallows packets costs a quarter of a second, not the time
 * that there is.  No name is looked up here, and nothing is read or written.
 */
#ifndef BROKER_COURIER_RACE_H
#define BROKER_COURIER_RACE_H

#include <netdb.h>
#include <stddef.h>
#include <stdint.h>

#define RACE_MAX 16	    /* addresses that are tried */
#define RACE_STAGGER_MS 250 /* that one has alone, RFC 8305 section 5 */

/*
 * In which order to try a list of getaddrinfo(): its own, but the two families
 * take turns, the first one's first.  How many there are in turn.
 */
size_t race_order(const struct addrinfo *list,
    const struct addrinfo *turn[RACE_MAX]);

/*
 * When the next attempt starts: at once, when none is under way, else so long
 * after the last one started.
 */
int64_t race_next_ms(size_t running, int64_t last_ms, int64_t now_ms);

/*
 * Connect: 0 and *fd is a non-blocking socket of the caller's, or the errno of
 * the attempt that failed last; ETIMEDOUT when nobody answered in time.
 */
int race_run(const struct addrinfo *list, int64_t until_ms, int *fd)
    __attribute__((warn_unused_result));

#endif
