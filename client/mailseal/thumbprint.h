/* SPDX-License-Identifier: ISC */
/*
 * thumbprint: of a certificate, as portals show it.
 */
#ifndef CLIENT_MAILSEAL_THUMBPRINT_H
#define CLIENT_MAILSEAL_THUMBPRINT_H

#define THUMBPRINT_SIZE 65 /* hexadecimal digits of SHA-256, with NUL */

/* From base64url to hexadecimal; what is none ends it. */
const char *thumbprint_hex(const char *text, char hex[THUMBPRINT_SIZE]);

#endif
