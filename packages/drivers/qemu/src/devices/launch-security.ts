// SPDX-License-Identifier: LGPL-2.1-or-later
// Guests whose memory the host cannot read.
import type { LaunchSecuritySev, LaunchSecuritySevSnp } from '@virt/conf'
import type { Build } from '../command/build.js'
import type { Props } from '../command/props.js'

/** Name that the machine knows it by. */
const id = 'lsec0'

/** Which bit of addresses tells of encrypted memory: as the document says, or as the host has it. */
function encryptionBits(
  { context }: Build,
  { cbitpos, reducedPhysBits }: { cbitpos?: number | undefined; reducedPhysBits?: number | undefined },
): Props {
  const { sev: host } = context.caps
  return { cbitpos: cbitpos ?? host?.cbitpos, 'reduced-phys-bits': reducedPhysBits ?? host?.reducedPhysBits }
}

function sev(build: Build, security: LaunchSecuritySev): Props {
  const { policy, dhCert, session, kernelHashes } = security
  const { lib } = build.context.paths
  return {
    'qom-type': 'sev-guest',
    id,
    ...encryptionBits(build, security),
    policy,
    'dh-cert-file': dhCert === undefined ? undefined : `${lib}/dh_cert.base64`,
    'session-file': session === undefined ? undefined : `${lib}/session.base64`,
    'kernel-hashes': kernelHashes,
  }
}

function snp(build: Build, security: LaunchSecuritySevSnp): Props {
  return {
    'qom-type': 'sev-snp-guest',
    id,
    ...encryptionBits(build, security),
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
      build.object(sev(build, security))
      return
    case 'sev-snp':
      build.object(snp(build, security))
      return
    case 's390-pv':
      build.object({ 'qom-type': 's390-pv-guest', id })
      return
    case undefined:
  }
}
