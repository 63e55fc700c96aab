/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "client/mailseal/thumbprint.h"

const char *
thumbprint_hex(const char *text, char hex[THUMBPRINT_SIZE])
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned bits = 0, count = 0;
	size_t len = 0;

	hex[0] = '\0';
	for (; *text != '\0' && len + 2 < THUMBPRINT_SIZE; text++) {
		const char *at = strchr(digits, *text);

		if (at == NULL)
			break;
		bits = (bits << 6 | (unsigned)(at - digits)) & 0xffff;
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		len += (size_t)snprintf(hex + len, THUMBPRINT_SIZE - len,
		    "%02X", bits >> count & 0xff);
	}
	return hex;
}
