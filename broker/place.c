/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "broker/pin.h"
#include "broker/place.h"
#include "broker/proxy.h"
#include "broker/safefile.h"
#include "proto/error.h"

#define PINS_MAX 1024 /* bytes of all fingerprints */
#define PEM_MAX 16384 /* bytes of a ca_file, so that a request holds two */

bool
place_is_host(const char *text)
{
	size_t len = strspn(text,
	    "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:_");

	return len > 0 && text[len] == '\0';
}

static int
take_place(struct provider *p, enum service service, enum setting host,
    unsigned standard, bool implicit, struct fault *fault)
{
	struct place *place = &p->place[service];
	const char *port = p->value[host + 1];
	char *end = NULL;
	unsigned long number = standard;

	place->host = p->value[host];
	place->tls = implicit ? TLS_IMPLICIT : TLS_STARTTLS;
	if (place->host != NULL && !place_is_host(place->host))
		return provider_refuse(p, host, "is no host name", fault);
	if (port != NULL)
		number = strtoul(port, &end, 10);
	if ((end != NULL && *end != '\0') || number < 1 || number > 65535)
		return provider_refuse(p, host + 1,
		    "is no port from 1 to 65535", fault);
	place->port = (unsigned)number;
	return MAILSEAL_OK;
}

static bool
is_set(const struct provider *p, enum setting setting)
{
	return p->origin[setting].file != NULL;
}

/* -1 where the value is no yes or no; absent is as given. */
static int
flag(const struct provider *p, enum setting setting, int absent)
{
	const char *value = p->value[setting];

	return value == NULL ? absent : ini_bool(value);
}

int
place_read(struct provider *p, struct fault *fault)
{
	/* An empty smtp_auth_tls is "off"; one that is not there is "on". */
	int tls = flag(p, SETTING_SMTP_TLS, !is_set(p, SETTING_SMTP_TLS));
	int ssl = flag(p, SETTING_SMTP_SSL, 0);
	int imap = flag(p, SETTING_IMAP_TLS, !is_set(p, SETTING_IMAP_TLS));
	const char *mode = p->value[SETTING_IMAP_TLS];
	bool starttls = mode != NULL && strcasecmp(mode, "starttls") == 0;
	int error;

	enum setting odd = tls < 0 ? SETTING_SMTP_TLS :
	    ssl < 0		   ? SETTING_SMTP_SSL :
				     SETTING_IMAP_TLS;

	if (tls < 0 || ssl < 0 || (imap < 0 && !starttls))
		return provider_refuse(p, odd,
		    odd == SETTING_IMAP_TLS ?
			"is neither Y nor N nor STARTTLS" :
			"is neither Y nor N",
		    fault);
	if (!tls && !ssl)
		return provider_refuse(p, SETTING_SMTP_TLS,
		    "and smtp_auth_ssl are both off: "
		    "a credential never travels in clear",
		    fault);
	if (!imap)
		return provider_refuse(p, SETTING_IMAP_TLS,
		    "is off: a credential never travels in clear", fault);
	error = take_place(p, SERVICE_SMTP, SETTING_SMTP_HOST, ssl ? 465 : 587,
	    ssl, fault);
	if (error != MAILSEAL_OK)
		return error;
	error = take_place(p, SERVICE_IMAP, SETTING_IMAP_HOST,
	    starttls ? 143 : 993, !starttls, fault);
	if (p->place[SERVICE_IMAP].port == 143)
		p->place[SERVICE_IMAP].tls = TLS_STARTTLS;
	return error;
}

static int
read_pem(const struct provider *p, enum setting setting, char **pem,
    struct fault *fault)
{
	const char *path = p->value[setting];
	char why[SAFEFILE_WHY_MAX] = "";
	size_t len = 0;

	if (path == NULL)
		return MAILSEAL_OK;
	if (strcmp(path, "*") == 0)
		return provider_refuse(p, setting,
		    "is *, which would trust every server; name the CA file",
		    fault);
	if (path[0] != '/')
		return provider_refuse(p, setting,
		    "is a file with certificates, its path starting with /",
		    fault);
	if (safefile_read(path, 0, PEM_MAX, pem, &len, why) != MAILSEAL_OK)
		return provider_refuse(p, setting, why, fault);
	if (strstr(*pem, "-----BEGIN CERTIFICATE-----") == NULL)
		return provider_refuse(p, setting,
		    "has no PEM certificate in it", fault);
	return MAILSEAL_OK;
}

/* Whether smtp_auth_ssl_trust names the mail server, which changes nothing. */
static bool
names_itself(const struct provider *p)
{
	const char *trust = p->value[SETTING_SMTP_TRUST];
	const char *host = p->place[SERVICE_SMTP].host;

	return trust != NULL && host != NULL && strcasecmp(trust, host) == 0;
}

/* What this setting of today's mail libraries may say: less than there. */
static int
read_smtp_trust(struct provider *p, struct fault *fault)
{
	const char *text = p->value[SETTING_SMTP_TRUST];
	char pins[PINS_MAX];

	if (text == NULL || names_itself(p))
		return MAILSEAL_OK;
	if (text[0] == '/' || strcmp(text, "*") == 0)
		return read_pem(p, SETTING_SMTP_TRUST, &p->smtp_trust, fault);
	if (!pin_is_meant(text))
		return provider_refuse(p, SETTING_SMTP_TRUST,
		    "is neither a file with certificates, its path starting "
		    "with /, nor sha256: and the fingerprint of the server's "
		    "certificate",
		    fault);
	if (!pin_read(text, pins, sizeof(pins)))
		return provider_refuse(p, SETTING_SMTP_TRUST,
		    "has a fingerprint that is not sha256: and 64 digits of "
		    "hex",
		    fault);
	p->smtp_pins = strdup(pins);
	return p->smtp_pins != NULL ? MAILSEAL_OK : MAILSEAL_E_NOMEM;
}

int
place_trust(struct provider *p, struct fault *fault)
{
	int error = read_pem(p, SETTING_CA_FILE, &p->ca, fault);

	return error == MAILSEAL_OK ? read_smtp_trust(p, fault) : error;
}

int
place_way(const struct provider *p, struct fault *fault)
{
	const char *proxy = p->value[SETTING_PROXY];
	const char *list = p->value[SETTING_NO_PROXY];
	struct proxy unused;
	const char *wrong = NULL;

	if (proxy != NULL)
		wrong = proxy_read(proxy, &unused);
	if (wrong != NULL)
		return provider_refuse(p, SETTING_PROXY, wrong, fault);
	if (list != NULL)
		wrong = proxy_list_fault(list);
	if (wrong != NULL)
		return provider_refuse(p, SETTING_NO_PROXY, wrong, fault);
	return MAILSEAL_OK;
}

bool
place_note(const struct provider *p, struct fault *fault)
{
	if (p->fault != NULL || !names_itself(p))
		return false;
	(void)provider_refuse(p, SETTING_SMTP_TRUST,
	    "is the mail server's own name and changes nothing: its "
	    "certificate is verified all the same",
	    fault);
	return true;
}
