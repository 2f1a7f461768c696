// SPDX-License-Identifier: LGPL-2.1-or-later
// Smart cards: what is in the host's reader, certificates as a card, a card that is sent by somebody else.
import type { Smartcard } from '@virt/conf'
import { addressProps } from '../command/address.js'
import type { Build } from '../command/build.js'
import type { Props } from '../command/props.js'
import { chardev } from './chardevs.js'

/** Certificates are looked for here where a document does not say. */
const defaultDatabase = '/etc/pki/nssdb'

function cardProps(build: Build, card: Smartcard): Props {
  switch (card.mode) {
    case 'host':
      return { driver: 'ccid-card-emulated', backend: 'nss-emulated' }
    case 'host-certificates': {
      const [cert1, cert2, cert3] = card.certificates
      return {
        driver: 'ccid-card-emulated',
        backend: 'certificates',
        cert1,
        cert2,
        cert3,
        db: card.database ?? defaultDatabase,
      }
    }
    case 'passthrough':
      return { driver: 'ccid-card-passthru', chardev: chardev(build, card, 'smartcard') }
  }
}

export function smartcards(build: Build): void {
  for (const card of build.domain.devices?.smartcards ?? [])
    build.device({ ...cardProps(build, card), id: card.alias, ...addressProps(build, card) }, card)
}
