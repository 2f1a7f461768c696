// SPDX-License-Identifier: GPL-2.0-or-later
// Command lines for virsh, good and bad, over everything the test driver serves. Each starts from fresh objects.

const xml = {
  domain: "<domain type='test'><name>d1</name><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>",
  network: "<network><name>n1</name><bridge name='virbr7'/><ip address='10.1.1.1' netmask='255.255.255.0'/></network>",
  pool: "<pool type='dir'><name>p1</name><target><path>/p1</path></target></pool>",
  volume: "<volume><name>v1</name><capacity unit='M'>10</capacity></volume>",
  iface: "<interface type='ethernet' name='eth7'><mac address='aa:bb:cc:dd:ee:07'/></interface>",
  snapshot: '<domainsnapshot><name>s1</name><description>first</description></domainsnapshot>',
  broken: '<domain><oops',
  empty: '',
  wrong: '<network/>',
  device:
    "<device><parent>scsi_host1</parent><capability type='scsi_host'><capability type='fc_host'><wwnn>2000000012340000</wwnn><wwpn>1000000012340000</wwpn></capability></capability></device>",
}
const host = (...parts) => `<cpu><arch>x86_64</arch>${parts.join('')}</cpu>`
const [penryn, nehalem] = ['<model>Penryn</model>', '<model>Nehalem</model>']
const [intel, amd] = ['<vendor>Intel</vendor>', '<vendor>AMD</vendor>']
const vmx = "<feature name='vmx'/>"
const power = (model) => `<cpu><arch>ppc64</arch><model>${model}</model><vendor>IBM</vendor></cpu>`
const cpus = {
  cpu: host(penryn, intel),
  cpuMore: host(
    penryn,
    intel,
    "<topology sockets='1' cores='2' threads='1'/>",
    vmx,
    "<feature name='invtsc' policy='force'/>",
  ),
  cpuTwo: host(penryn, intel, vmx) + host(nehalem, intel, "<feature name='xtpr'/>"),
  cpuNoVendor: host(nehalem, vmx) + host(penryn, intel, vmx),
  cpuVendors: host(penryn) + host('<model>phenom</model>'),
  cpuOtherVendor: host(penryn, intel) + host(penryn, amd),
  cpuBadVendor: host(penryn, '<vendor>Acme</vendor>'),
  cpuBadModel: host('<model>Moon</model>'),
  cpuBadFeature: host(penryn, "<feature name='moon'/>"),
  cpuTwice: host(penryn, vmx, vmx),
  cpuNoFeature: host(penryn, '<feature/>'),
  cpuNoModel: host(intel),
  cpuEmptyModel: host('<model/>'),
  cpuNoArch: `<cpu>${penryn}</cpu>`,
  cpuGuest: `<cpu mode='custom'>${penryn}</cpu>`,
  cpuBadArch: `<cpu><arch>moon</arch>${penryn}</cpu>`,
  cpuOddArch: `<cpu><arch>sparc</arch>${penryn}</cpu>`,
  cpuMixed: host(penryn) + power('POWER8'),
  cpuTopology: host(penryn, "<topology sockets='0' cores='1' threads='1'/>"),
  cpuMicrocode: host(penryn, "<microcode version='x'/>"),
  cpuSignature: host(penryn, "<signature family='x' model='1' stepping='1'/>"),
  cpuCounter: host(penryn, "<counter name='tsc' frequency='x'/>"),
  cpuPower: power('POWER8') + power('POWER8'),
  cpuPowers: power('POWER7') + power('POWER8'),
  cpuPowerBad: power('POWER8E'),
  cpuArm: '<cpu><arch>aarch64</arch><model>cortex-a57</model></cpu>',
  cpuS390: '<cpu><arch>s390x</arch><model>z15</model></cpu>',
}
/** Files that lines may name as `@key`. */
export const files = { ...xml, ...cpus }

const plain = (text) =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

/** Lines in which each semicolon part works on what the one before has left. */
export const lines = [
  ...plain(`
    list
    list --all
    list --inactive
    list --all --name
    list --all --uuid
    list --id
    list --all --title
    list --state-running
    list --state-paused
    list --persistent
    list --transient
    list --autostart
    list --with-snapshot
    list --with-managed-save
    list --all --bogus
    dominfo test
    dominfo 1
    dominfo 6695eb01-f6a4-8304-79aa-97f2502e193f
    dominfo nosuch
    dominfo
    domstate test
    domstate test --reason
    domstate nosuch
    domid test
    domid nosuch
    domuuid test
    domname 1
    domname 6695eb01-f6a4-8304-79aa-97f2502e193f
    domname 99
    dumpxml test
    dumpxml test --inactive
    dumpxml test --security-info
    dumpxml test --migratable
    dumpxml nosuch
    domxml-to-native foo --domain test
    suspend test; domstate test --reason; resume test; domstate test --reason
    suspend nosuch
    suspend test; suspend test
    resume test
    shutdown test; domstate test --reason; list --all
    shutdown test --mode acpi
    shutdown test --mode bogus
    shutdown test; shutdown test
    reboot test; domstate test --reason
    reboot test --mode agent
    reset test
    destroy test; domstate test --reason; list --all
    destroy test --graceful
    destroy test; destroy test
    destroy test; start test; list; domstate test --reason
    destroy test; start test --paused; domstate test --reason; resume test; domstate test
    destroy test; start test --autodestroy; domstate test
    start test
    start nosuch
    define @domain; list --all; dominfo d1; start d1; list --all; destroy d1; undefine d1; list --all
    define @broken
    define @wrong
    define @empty
    define /nonexistent/file.xml
    define @domain --validate
    create @domain; list; dominfo d1; destroy d1; list --all
    create @domain --paused; domstate d1 --reason
    create @broken
    create @domain; undefine d1
    undefine test
    undefine test; list --all; dominfo test; destroy test; list --all
    destroy test; undefine test; list --all
    undefine nosuch
    destroy test; undefine test --snapshots-metadata
    destroy test; undefine test --managed-save
    destroy test; undefine test --nvram
    define @domain; domrename d1 d2; list --all
    domrename test test2
    define @domain; domrename d1 test
    define @domain; domrename d1 d1
    autostart test; dominfo test
    autostart test; autostart test --disable; dominfo test
    autostart nosuch
    vcpucount test
    vcpucount test --maximum
    vcpucount test --current --live
    vcpucount test --current --config
    vcpucount test --guest
    vcpucount test --maximum --live
    vcpuinfo test
    vcpuinfo test --pretty
    vcpupin test
    vcpupin test 0
    vcpupin test 0 0-1; vcpupin test
    vcpupin test 9 0
    vcpupin test 0 99
    emulatorpin test
    emulatorpin test 0-1; emulatorpin test
    setvcpus test 1; vcpucount test
    setvcpus test 4
    setvcpus test 0
    setvcpus test 1 --config; vcpucount test
    setvcpus test 4 --maximum --config; vcpucount test
    setmem test 1048576; dominfo test
    setmem test 1G; dominfo test
    setmem test 99999999999
    setmem test 1048576 --config; dominfo test
    setmaxmem test 4G; dominfo test
    destroy test; setmaxmem test 4G; dominfo test
    dommemstat test
    schedinfo test
    schedinfo test --set weight=77; schedinfo test
    schedinfo test --set bogus=1
    memtune test
    memtune test --hard-limit 1000000; memtune test
    blkiotune test
    numatune test
    numatune test --nodeset 0
    numatune test --mode strict
    blkdeviotune test vda
    blkdeviotune test vda --total-bytes-sec 1000; blkdeviotune test vda
    blkdeviotune test vda --total-bytes-sec 1000 --read-bytes-sec 1
    blkdeviotune test nosuch
    domiftune test testnet0
    domiftune test testnet0 --inbound 1000; domiftune test testnet0
    iothreadinfo test
    iothreadadd test 5; iothreadinfo test
    iothreadadd test 5; iothreadadd test 5
    iothreadadd test 5; iothreadpin test 5 0-1; iothreadinfo test
    iothreadadd test 5; iothreadset test 5 --poll-max-ns 1000
    iothreadadd test 5; iothreaddel test 5; iothreadinfo test
    iothreaddel test 7
    desc test
    desc test --title
    desc test hello; desc test
    desc test --title --config heading; desc test --title --config
    metadata test http://a
    metadata test http://a --key k --set '<a/>'; metadata test http://a; dumpxml test
    metadata test http://a --key k --set '<a/>'; metadata test http://a --remove; metadata test http://a
    metadata test http://a --set '<a/>'
    domblklist test
    domblklist test --details
    domblkstat test vda
    domblkstat test nosuch
    domblkinfo test vda
    domblkerror test
    domiflist test
    domifstat test testnet0
    domifstat test nosuch
    domifaddr test
    domif-getlink test testnet0
    domcontrol test
    domjobinfo test
    domjobabort test
    domstats test --state
    domstats test --vcpu
    domstats --state --balloon
    domstats --list-active --state
    domstats test --iothread
    domstats nosuch
    domfsinfo test
    domfsfreeze test; domfsfreeze test; domfsthaw test
    domfsthaw test
    domfsfreeze test --mountpoint /nosuch
    domfstrim test
    domhostname test
    domhostname test --source agent
    domtime test
    guestinfo test
    guestinfo test --user
    guestvcpus test
    set-user-password test bruce secret
    domlaunchsecinfo test
    domdisplay test
    vncdisplay test
    ttyconsole test
    inject-nmi test
    send-key test KEY_A
    send-key test BOGUS
    send-process-signal test 1 sigterm
    send-process-signal test 1 sigkill
    send-process-signal test 99 sigterm
    perf test
    dompmsuspend test mem
    dompmwakeup test
    domdirtyrate-calc test
    set-lifecycle-action test poweroff destroy
    managedsave test; list --all --managed-save; start test; domstate test --reason
    managedsave-remove test
    managedsave test; managedsave-remove test; list --all --with-managed-save
    managedsave nosuch
    managedsave test; managedsave-dumpxml test
    save-image-dumpxml /nonexistent
    restore /nonexistent
    snapshot-list test
    snapshot-create test @snapshot; snapshot-list test; snapshot-info test s1; snapshot-current test --name
    snapshot-create-as test s1; snapshot-create-as test s2; snapshot-list test --tree; snapshot-parent test s2; snapshot-delete test s1; snapshot-list test
    snapshot-create-as test s1; snapshot-create-as test s2; snapshot-delete test s1 --children; snapshot-list test
    snapshot-create-as test s1; snapshot-create-as test s2; snapshot-delete test s1 --children-only; snapshot-list test --name
    snapshot-create-as test s1; snapshot-revert test s1; domstate test --reason
    snapshot-create-as test s1; destroy test; snapshot-revert test s1; domstate test --reason
    snapshot-create-as test s1 --disk-only
    snapshot-create-as test s1 --halt; domstate test
    snapshot-create-as test s1; snapshot-create-as test s1
    snapshot-create-as test s1; snapshot-list test --roots --name; snapshot-list test --leaves --name; snapshot-list test --metadata --name
    snapshot-current test
    snapshot-info test nosuch
    snapshot-dumpxml test nosuch
    snapshot-revert test nosuch
    snapshot-delete test nosuch
    checkpoint-list test
    checkpoint-create-as test c1; checkpoint-list test; checkpoint-info test c1
    checkpoint-create-as test c1; checkpoint-create-as test c2; checkpoint-list test --tree; checkpoint-parent test c2; checkpoint-delete test c1; checkpoint-list test --name
    checkpoint-info test nosuch
    checkpoint-delete test nosuch
    attach-disk test /tmp/x vdb
    attach-interface test network default
    detach-disk test vda
    detach-device test @domain
    update-device test @domain
    change-media test vda --eject
    blockresize test vda 10M
    blockjob test vda
    blockcommit test vda
    blockpull test vda
    domblkthreshold test vda 5
    migrate test test:///nosuch
    migrate-getspeed test
    migrate-setspeed test 10
    migrate-getmaxdowntime test
    console test
    qemu-monitor-command test x
    qemu-agent-command test x
  `),
  ...plain(`
    net-list
    net-list --all
    net-list --inactive --name
    net-list --table --uuid
    net-list --persistent --name
    net-list --transient
    net-list --autostart
    net-info default
    net-info nosuch
    net-name dd8fe884-6c02-601e-7551-cca97df1c5df
    net-name default
    net-uuid default
    net-uuid nosuch
    net-dumpxml default
    net-dumpxml default --inactive
    net-define @network; net-list --all; net-start n1; net-info n1; net-destroy n1; net-undefine n1; net-list --all
    net-define @broken
    net-define @domain
    net-create @network; net-list; net-info n1; net-undefine n1; net-destroy n1; net-list --all
    net-create @network; net-create @network
    net-start default
    net-destroy default; net-list --all; net-destroy default; net-start default; net-list
    net-undefine default
    net-destroy default; net-undefine default; net-list --all
    net-autostart default; net-info default; net-autostart default --disable
    net-update default add dns-host "<host ip='192.168.122.9'><hostname>h</hostname></host>"
    net-dhcp-leases default
    net-port-list default
    net-desc default
    net-metadata default http://a
    pool-list
    pool-list --all
    pool-list --details
    pool-list --inactive
    pool-list --type dir
    pool-list --type bogus
    pool-list --type dir,fs --name
    pool-info default-pool
    pool-info nosuch
    pool-info default-pool --bytes
    pool-name dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566
    pool-uuid default-pool
    pool-dumpxml default-pool
    pool-define @pool; pool-list --all; pool-build p1; pool-start p1; pool-info p1; pool-destroy p1; pool-delete p1; pool-undefine p1
    pool-define @broken
    pool-define @network
    pool-create @pool; pool-list; pool-undefine p1; pool-destroy p1; pool-list --all
    pool-define-as px dir --target /px; pool-dumpxml px
    pool-create-as py dir --target /py; vol-list py
    pool-create-as pz netfs
    pool-start default-pool
    pool-destroy default-pool; pool-list --all; pool-destroy default-pool; pool-refresh default-pool; pool-start default-pool
    pool-delete default-pool
    pool-undefine default-pool
    pool-refresh default-pool
    pool-autostart default-pool; pool-info default-pool
    pool-capabilities
    find-storage-pool-sources logical
    find-storage-pool-sources-as netfs host
    find-storage-pool-sources iscsi
    find-storage-pool-sources-as netfs
    vol-list default-pool
    vol-list nosuch
    vol-create default-pool @volume; vol-list default-pool; vol-info v1 default-pool; vol-dumpxml v1 default-pool; vol-path v1 default-pool; vol-key v1 --pool default-pool; vol-delete v1 default-pool; vol-list default-pool
    vol-create default-pool @broken
    vol-create-as default-pool v2 10M --format qcow2; vol-dumpxml v2 default-pool; vol-list default-pool --details; pool-info default-pool
    vol-create-as default-pool v2 10M; vol-create-as default-pool v2 10M
    vol-create-as default-pool v2 999P
    vol-create-as default-pool v2 10M; vol-clone v2 v3 default-pool; vol-list default-pool
    vol-create-as default-pool v2 10M; vol-resize v2 20M default-pool
    vol-create-as default-pool v2 10M; vol-wipe v2 default-pool
    vol-create-as default-pool v2 10M; vol-pool /default-pool/v2; vol-name /default-pool/v2
    vol-info nosuch default-pool
    vol-info /nosuch
    vol-delete nosuch default-pool
    vol-download nosuch /dev/null default-pool
    iface-list
    iface-list --all
    iface-list --inactive
    iface-dumpxml eth1
    iface-dumpxml nosuch
    iface-mac eth1
    iface-name aa:bb:cc:dd:ee:ff
    iface-name 00:00:00:00:00:00
    iface-define @iface; iface-list --all; iface-start eth7; iface-list; iface-destroy eth7; iface-undefine eth7; iface-list --all
    iface-define @broken
    iface-start eth1
    iface-destroy eth1; iface-destroy eth1; iface-start eth1
    iface-begin; iface-define @iface; iface-rollback; iface-list --all
    iface-begin; iface-define @iface; iface-commit; iface-list --all
    iface-begin; iface-begin
    iface-commit
    iface-rollback
    nodedev-list
    nodedev-list --tree
    nodedev-list --cap scsi_host
    nodedev-list --cap fc_host
    nodedev-list --cap bogus
    nodedev-dumpxml computer
    nodedev-dumpxml scsi_host1
    nodedev-dumpxml nosuch
    nodedev-info scsi_host2
    nodedev-create @device; nodedev-list; nodedev-destroy scsi_host12; nodedev-list
    nodedev-create @broken
    nodedev-destroy nosuch
    nodedev-detach scsi_host1
    nodedev-reset scsi_host1
    secret-list
    secret-get-value 00000000-0000-0000-0000-000000000000
    nwfilter-list
    nwfilter-dumpxml nosuch
    nwfilter-binding-list
    capabilities
    domcapabilities
    nodeinfo
    nodecpumap
    nodecpustats
    nodecpustats --percent
    nodememstats
    node-memory-tune
    nodesuspend mem 60
    freecell
    freecell --all
    freepages --all
    freepages --cellno 0 --pagesize 4
    allocpages 4 10
    maxvcpus
    hostname
    sysinfo
    cpu-compare @domain
    cpu-baseline @domain
    ${Object.keys(cpus)
      .map((name) => `cpu-baseline @${name}`)
      .join('\n')}
    ${['cpu', 'cpuMore', 'cpuTwo', 'cpuPower', 'cpuArm'].map((name) => `cpu-baseline @${name} --features`).join('\n')}
    cpu-baseline @cpu --migratable
    cpu-compare @cpu
    hypervisor-cpu-compare @cpu
    hypervisor-cpu-baseline @cpu
    cpu-models x86_64
    cpu-models i686
    cpu-models ppc64
    cpu-models ppc64le
    cpu-models aarch64
    cpu-models armv7l
    cpu-models s390x
    cpu-models riscv64
    cpu-models sparc
    cpu-models moon
    cpu-models
    hypervisor-cpu-compare @domain
    version
    domxml-from-native foo @domain
    iface-bridge eth1 br0
    bogus-command
    list extra arguments
    help list
    echo hello
    net-port-list nosuch
    net-port-info default 00000000-0000-0000-0000-000000000000
    net-port-delete default 00000000-0000-0000-0000-000000000000
    net-destroy default; net-dumpxml default; net-update default add ip-dhcp-host "<host mac='52:54:00:00:00:07' ip='192.168.122.7'/>" --config
    net-update default add ip-dhcp-range "<host mac='52:54:00:00:00:07'/>"
    secret-define @volume
    secret-dumpxml 00000000-0000-0000-0000-000000000000
    secret-event --event lifecycle --timeout 1
    iothreadinfo test --config
    iothreadadd test 1; iothreadadd test 1; iothreadinfo test; iothreaddel test 1; iothreaddel test 1
    iothreadadd test 2 --config; iothreadinfo test --config; dumpxml test --inactive
    iothreadpin test 1 0
    checkpoint-create-as test c1; snapshot-create-as test s1
    checkpoint-create-as test c1; checkpoint-create-as test c1
    checkpoint-create-as test c1; checkpoint-dumpxml test c1 --no-domain
    event --all --timeout 1
    event test --event lifecycle --timeout 1
    event --event bogus
    net-event --event lifecycle --timeout 1
    pool-event --event refresh --timeout 1
    nodedev-event --event lifecycle --timeout 1
    screenshot test /dev/null
    screenshot nosuch /dev/null
  `),
]

/** Lines for a read-only connection. */
export const readOnlyLines = plain(`
  net-define @network
  secret-define @volume
  iothreadadd test 1
  checkpoint-create-as test c1
  screenshot test /dev/null
  event --all --timeout 1
  list --all
  cpu-models ppc64
  cpu-baseline @cpu
  dominfo test
  destroy test
  dumpxml test
  dumpxml test --security-info
  define @domain
  net-destroy default
  pool-destroy default-pool
  vol-create default-pool @volume
  nodedev-create @device
  iface-destroy eth1
  snapshot-create-as test s1
  setmem test 1048576
`)
