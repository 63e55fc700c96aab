/* SPDX-License-Identifier: ISC */
/*
 * retiring: mail servers that will not take passwords for much longer.
 *
 * A table of what their owners announced: broker/module/PROVIDERS.md 2.9, 3.5.
 */
#ifndef BROKER_RETIRING_H
#define BROKER_RETIRING_H

/*
 * What a person should know who enrols a password for this submission host,
 * and the way out; NULL where nothing is known.
 */
const char *retiring_words(const char *host);

#endif
