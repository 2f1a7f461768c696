# SPDX-License-Identifier: GPL-2.0-or-later
# The C library as a client that says how it went: a line of JSON in for each connection, a line out.
import json
import sys

import libvirt

libvirt.registerErrorHandler(lambda _context, _error: None, None)


def credentials(questions, answers):
    for question in questions:
        question[4] = answers.get(str(question[0]))
    return 0 if all(question[4] is not None for question in questions) else -1


kinds = [libvirt.VIR_CRED_AUTHNAME, libvirt.VIR_CRED_PASSPHRASE, libvirt.VIR_CRED_REALM]
for line in sys.stdin:
    wish = json.loads(line)
    flags = libvirt.VIR_CONNECT_RO if wish["readOnly"] else 0
    try:
        conn = libvirt.openAuth(wish["uri"], [kinds, credentials, wish["answers"]], flags)
        outcome = {
            "domains": [dom.name() for dom in conn.listAllDomains()],
            "secure": conn.isSecure() == 1,
            "encrypted": conn.isEncrypted() == 1,
        }
        conn.close()
    except libvirt.libvirtError as error:
        outcome = {
            "code": error.get_error_code(),
            "domain": error.get_error_domain(),
            "message": error.get_error_message(),
        }
    print(json.dumps(outcome), flush=True)
