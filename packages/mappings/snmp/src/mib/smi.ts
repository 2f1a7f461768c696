// SPDX-License-Identifier: LGPL-2.1-or-later
// The text of a MIB module, SMIv2, from its data.
import type { Oid } from '../wire/oid.js'
import type { Access, Identity, Module, Table } from './module.js'

/** Where the names come from that a module may use without declaring them. */
const imports: Readonly<Record<string, readonly string[]>> = {
  'SNMPv2-SMI': [
    'MODULE-IDENTITY',
    'OBJECT-TYPE',
    'NOTIFICATION-TYPE',
    'Integer32',
    'Unsigned32',
    'Gauge32',
    'Counter64',
    'enterprises',
  ],
  'SNMPv2-TC': ['TEXTUAL-CONVENTION', 'RowStatus', 'TruthValue', 'MacAddress', 'DateAndTime', 'TimeStamp'],
  'SNMPv2-CONF': ['MODULE-COMPLIANCE', 'OBJECT-GROUP', 'NOTIFICATION-GROUP'],
  'NET-SNMP-MIB': ['netSnmpPlaypen'],
}

/** The text of a module: what managers load to show names. */
export function moduleText(module: Module): string {
  const { identity, tables, scalars, notifications } = module
  const names = nodeNames(identity)
  const parts = [
    moduleIdentity(identity),
    ...identity.conventions.map(
      ({ name, hint, doc, syntax }) =>
        `${name} ::= TEXTUAL-CONVENTION\n${hint === undefined ? '' : `    DISPLAY-HINT "${hint}"\n`}    STATUS current\n    DESCRIPTION\n        "${doc}"\n    SYNTAX ${syntax}\n`,
    ),
    ...identity.nodes.map(({ name, oid }) => `${name} OBJECT IDENTIFIER ::= { ${placeOf(oid, names)} }\n`),
    ...scalars.map(({ name, oid, syntax, access, doc }) => objectType(name, syntax, access, doc, placeOf(oid, names))),
    ...tables.map((table) => tableText(table, names)),
    ...notifications.map(
      ({ name, oid, objects, doc }) =>
        `${name} NOTIFICATION-TYPE\n    OBJECTS {\n${list(objects)}\n    }\n    STATUS current\n    DESCRIPTION\n        "${doc}"\n    ::= { ${placeOf(oid, names)} }\n`,
    ),
    groupsText(module, names),
  ]
  const body = parts.join('\n')
  return `-- Written from the agent's own tables. Do not edit.\n\n${module.name} DEFINITIONS ::= BEGIN\n\n${importsOf(body)}\n${body}\nEND\n`
}

/** Names of nodes by their place below the root. */
function nodeNames(identity: Identity): ReadonlyMap<string, string> {
  return new Map([['', identity.name], ...identity.nodes.map(({ name, oid }) => [oid.join('.'), name] as const)])
}

function placeOf(oid: Oid, names: ReadonlyMap<string, string>): string {
  const parent = names.get(oid.slice(0, -1).join('.'))
  if (parent === undefined) throw new TypeError(`nothing is declared above ${oid.join('.')}`)
  return `${parent} ${oid.at(-1)}`
}

const list = (names: readonly string[]): string => names.map((name) => `        ${name}`).join(',\n')

function importsOf(body: string): string {
  const lines = Object.entries(imports).flatMap(([from, offered]) => {
    const used = offered.filter((name) => new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(body))
    return used.length === 0 ? [] : [`    ${used.join(', ')}\n        FROM ${from}`]
  })
  return `IMPORTS\n${lines.join('\n')};\n`
}

function moduleIdentity({ name, parent, revisions, organization, contact, doc }: Identity): string {
  const history = revisions.map((r) => `    REVISION "${r.date}"\n    DESCRIPTION\n        "${r.doc}"\n`).join('')
  return `${name} MODULE-IDENTITY
    LAST-UPDATED "${revisions[0]?.date}"
    ORGANIZATION
        "${organization}"
    CONTACT-INFO
        "${contact}"
    DESCRIPTION
        "${doc}"
${history}    ::= { ${parent} }
`
}

function objectType(name: string, syntax: string, access: Access, doc: string, place: string, index = ''): string {
  return `${name} OBJECT-TYPE\n    SYNTAX ${syntax}\n    MAX-ACCESS ${access}\n    STATUS current\n    DESCRIPTION\n        "${doc}"\n${index}    ::= { ${place} }\n`
}

function tableText(table: Table<unknown>, names: ReadonlyMap<string, string>): string {
  const entry = table.name.replace(/Table$/, 'Entry')
  const type = `${entry[0]?.toUpperCase()}${entry.slice(1)}`
  const members = table.columns.map(({ name, syntax }) => `    ${name} ${bare(syntax)}`).join(',\n')
  const index = `    INDEX { ${table.index.join(', ')} }\n`
  return [
    objectType(table.name, `SEQUENCE OF ${type}`, 'not-accessible', table.doc, placeOf(table.oid, names)),
    objectType(entry, type, 'not-accessible', 'A row of the table.', `${table.name} 1`, index),
    `${type} ::= SEQUENCE {\n${members}\n}\n`,
    ...table.columns.map(({ name, syntax, access, doc, number }) =>
      objectType(name, syntax, access, doc, `${entry} ${number}`),
    ),
  ].join('\n')
}

/** A type without what narrows it, as SEQUENCE wants it. */
const bare = (syntax: string): string => syntax.replace(/\s*[({].*$/s, '')

function groupsText({ identity, scalars, tables, notifications }: Module, names: ReadonlyMap<string, string>): string {
  const { compliance, objectGroup, notificationGroup } = identity
  const objects = [
    ...scalars.map(({ name }) => name),
    ...tables.flatMap((table) =>
      table.columns.filter(({ access }) => access !== 'not-accessible').map(({ name }) => name),
    ),
  ]
  return `${compliance.name} MODULE-COMPLIANCE
    STATUS current
    DESCRIPTION
        "What an agent of this module has."
    MODULE
    MANDATORY-GROUPS { ${objectGroup.name}, ${notificationGroup.name} }
    ::= { ${placeOf(compliance.oid, names)} }

${objectGroup.name} OBJECT-GROUP
    OBJECTS {
${list(objects)}
    }
    STATUS current
    DESCRIPTION
        "All objects."
    ::= { ${placeOf(objectGroup.oid, names)} }

${notificationGroup.name} NOTIFICATION-GROUP
    NOTIFICATIONS {
${list(notifications.map(({ name }) => name))}
    }
    STATUS current
    DESCRIPTION
        "All notifications."
    ::= { ${placeOf(notificationGroup.oid, names)} }
`
}
