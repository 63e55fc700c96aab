/* SPDX-License-Identifier: ISC */
/*
 * reserve: a written file beside the store, given up when the disk is full.
 *
 * It buys the one commit that must not be lost: a rotated refresh token.
 */
#ifndef BROKER_STORE_RESERVE_H
#define BROKER_STORE_RESERVE_H

#include <stdbool.h>

#define RESERVE_NAME "reserve"
#define RESERVE_LEN (1 << 20) /* bytes */

/* See that the file is there and whole; false when there is no room. */
bool reserve_make(int folder);

/* Write it again, but only where there is room for several. */
bool reserve_remake(int folder);

/* Give its room back; false when there was none to give. */
bool reserve_give_up(int folder);

#endif
