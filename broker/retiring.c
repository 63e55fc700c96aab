/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <strings.h>

#include "broker/retiring.h"

/* Message center MC786329, as of January 2026. */
#define MICROSOFT                                                        \
	"Microsoft takes passwords for sending mail off: by default at " \
	"the end of December 2026, and in newer tenants from the "       \
	"start; enrol it with a sign-in instead, by a provider file "    \
	"with preset = microsoft"
#define GOOGLE                                                        \
	"Google takes no account passwords, only app passwords, and " \
	"these end when the password of the account is changed; "     \
	"enrol it with a sign-in instead, by a provider file with "   \
	"preset = google"

static const struct row {
	const char *host;
	const char *words;
} rows[] = {
	{ "smtp.office365.com", MICROSOFT },
	{ "outlook.office365.com", MICROSOFT },
	{ "smtp-mail.outlook.com", MICROSOFT },
	{ "smtp.office365.us", MICROSOFT },
	{ "outlook.office365.us", MICROSOFT },
	{ "smtp.partner.outlook.cn", MICROSOFT },
	{ "smtp.gmail.com", GOOGLE },
	{ "smtp.googlemail.com", GOOGLE },
};

const char *
retiring_words(const char *host)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcasecmp(rows[i].host, host) == 0)
			return rows[i].words;
	return NULL;
}
