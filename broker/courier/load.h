/* SPDX-License-Identifier: ISC */
/*
 * load: a provider module, from the one folder that root keeps for them.
 *
 * What is checked is the descriptor that is then loaded.  A module is never
 * unloaded: the process ends after one exchange.
 */
#ifndef BROKER_COURIER_LOAD_H
#define BROKER_COURIER_LOAD_H

#include "broker/safefile.h"
#include "proto/module.h"

#define LOAD_NAME_MAX 32

/*
 * Load FOLDER/NAME.so.  why receives a sentence about it when
 * it fails.
 *
 * MAILSEAL_E_MODULE  no such name, a file that others could change, or not a
 *                    module of this ABI
 */
int load_module(const char *folder, const char *name,
    const struct mailseal_module **module, char why[SAFEFILE_WHY_MAX])
    __attribute__((warn_unused_result));

#endif
