/* SPDX-License-Identifier: ISC */
/*
 * pin: the fingerprint of a server's certificate, as an admin writes it.
 */
#ifndef BROKER_PIN_H
#define BROKER_PIN_H

#include <stdbool.h>
#include <stddef.h>

#define PIN_DIGITS 64 /* of SHA-256, in hex */

/* Whether a text is meant as pins: it starts with "sha256:", in any case. */
bool pin_is_meant(const char *text);

/*
 * Read words such as "sha256:AB:CD:..." or "sha256:abcd...", with blanks
 * between two; write them as digits of lower-case hex, with a blank between
 * two.  False when one is no fingerprint, or they do not fit.
 */
bool pin_read(const char *text, char *pins, size_t size);

#endif
