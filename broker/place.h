/* SPDX-License-Identifier: ISC */
/*
 * place: where the mail servers of a provider file are, how they are
 * reached, and by what they are trusted.
 */
#ifndef BROKER_PLACE_H
#define BROKER_PLACE_H

#include "broker/provider.h"

/* Whether text can be the name or address of a host. */
bool place_is_host(const char *text);

/*
 * Take hosts, ports and TLS modes from the settings.
 *
 * MAILSEAL_E_CONFIG  the fault says more
 */
int place_read(struct provider *provider, struct fault *fault)
    __attribute__((warn_unused_result));

/* Read the files with the certificates, and fingerprints; likewise. */
int place_trust(struct provider *provider, struct fault *fault)
    __attribute__((warn_unused_result));

/* See that proxy and no_proxy can be used; likewise. */
int place_way(const struct provider *provider, struct fault *fault)
    __attribute__((warn_unused_result));

/* Whether there is something to tell that is no fault; it is in fault then. */
bool place_note(const struct provider *provider, struct fault *fault);

#endif
