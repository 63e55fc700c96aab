/* SPDX-License-Identifier: ISC */
/*
 * cloud: where Microsoft's clouds are, and what is needed to sign in there.
 *
 * A provider file names one of them; login and mail hosts and scopes follow
 * from that, unless the file says otherwise.  Google's own key is looked at
 * here, too.
 */
#ifndef BROKER_CLOUD_H
#define BROKER_CLOUD_H

#include "broker/provider.h"

/*
 * Check the keys that only one module knows, and fill in what the cloud says
 * and neither file nor preset.
 *
 * MAILSEAL_E_CONFIG  the fault says more
 * MAILSEAL_E_NOMEM
 */
int cloud_fill(struct provider *provider, struct fault *fault)
    __attribute__((warn_unused_result));

#endif
