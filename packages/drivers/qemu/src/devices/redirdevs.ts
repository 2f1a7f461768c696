// SPDX-License-Identifier: LGPL-2.1-or-later
// USB devices that are plugged in somewhere else.
import type { Domain } from '@virt/conf'
import { addressProps } from '../command/address.js'
import type { Build } from '../command/build.js'
import { chardev } from './chardevs.js'

type Filter = NonNullable<NonNullable<Domain['devices']>['redirfilter']>['usbdevs'][number]

/** A number of USB as filters have it: any where there is none. */
function usbNumber(value: number | undefined, digits: number): string {
  return value === undefined || value < 0 ? '-1' : `0x${value.toString(16).toUpperCase().padStart(digits, '0')}`
}

/** `1.10` as USB writes versions. */
function usbVersion(version: string | undefined): string {
  const match = /^(\d+)\.(\d)(\d)$/.exec(version ?? '')
  if (match === null) return '-1'
  const [, major = '0', minor = '0', sub = '0'] = match
  return `0x${major.padStart(2, '0')}${minor}${sub}`
}

/** `CLASS:VENDOR:PRODUCT:VERSION:ALLOWED` */
function ruleText({ class: kind, vendor, product, version, allow }: Filter): string {
  const parts = [usbNumber(kind, 2), usbNumber(vendor, 4), usbNumber(product, 4), usbVersion(version), allow ? 1 : 0]
  return parts.join(':')
}

export function redirdevs(build: Build): void {
  const { devices } = build.domain
  const rules = devices?.redirfilter?.usbdevs ?? []
  for (const device of devices?.redirdevs ?? []) {
    const id = chardev(build, device, 'redirdev')
    build.device(
      {
        driver: 'usb-redir',
        chardev: id,
        id: device.alias,
        filter: rules.length === 0 ? undefined : rules.map(ruleText).join('|'),
        bootindex: device.boot?.order,
        ...addressProps(build, device),
      },
      device,
    )
  }
}
