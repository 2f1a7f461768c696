// SPDX-License-Identifier: LGPL-2.1-or-later
// Guests whose memory the host cannot read.
import type { LaunchSecuritySev, LaunchSecuritySevSnp } from '@virt/conf'
import type { Build } from '../command/build.js'
import type { Props } from '../command/props.js'

/** Name that the machine knows it by. */
const id = 'lsec0'

function sev(
  { cbitpos, reducedPhysBits, policy, dhCert, session, kernelHashes }: LaunchSecuritySev,
  lib: string,
): Props {
  return {
    'qom-type': 'sev-guest',
    id,
    cbitpos,
    'reduced-phys-bits': reducedPhysBits,
    policy,
    'dh-cert-file': dhCert === undefined ? undefined : `${lib}/dh_cert.base64`,
    'session-file': session === undefined ? undefined : `${lib}/session.base64`,
    'kernel-hashes': kernelHashes,
  }
}

function snp(security: LaunchSecuritySevSnp): Props {
  return {
    'qom-type': 'sev-snp-guest',
    id,
    cbitpos: security.cbitpos,
    'reduced-phys-bits': security.reducedPhysBits,
    policy: security.policy,
    'guest-visible-workarounds': security.guestVisibleWorkarounds,
    'id-block': security.idBlock,
    'id-auth': security.idAuth,
    'host-data': security.hostData,
    'kernel-hashes': security.kernelHashes,
    'author-key-enabled': security.authorKey,
    'vcek-disabled': security.vcek === undefined ? undefined : !security.vcek,
  }
}

export function launchSecurity(build: Build): void {
  const { launchSecurity: security } = build.domain
  switch (security?.type) {
    case 'sev':
      build.object(sev(security, build.context.paths.lib))
      return
    case 'sev-snp':
      build.object(snp(security))
      return
    case 's390-pv':
      build.object({ 'qom-type': 's390-pv-guest', id })
      return
    case undefined:
  }
}
