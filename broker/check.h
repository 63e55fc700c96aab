/* SPDX-License-Identifier: ISC */
/*
 * check: every fault of the configuration, for who asks before a reload.
 *
 * Nothing of it is put to use.
 */
#ifndef BROKER_CHECK_H
#define BROKER_CHECK_H

#include "broker/config.h"

/*
 * Find every fault, one for a line or a file; alarm hears each.
 *
 * How many there are; with none, *config is what a reload of this strictness
 * would take over.  With STRICT_BUT_NAMES, alarm hears also of lines that are
 * off because a name is not known, which are no faults then.
 */
size_t check_run(const char *folder, const char *preset_folder,
    enum strictness strictness, const struct alarm *alarm,
    struct config **config);

/* Have alarm hear what is no fault, and perhaps not what was meant. */
void check_notes(const struct config *config, const struct alarm *alarm);

#endif
