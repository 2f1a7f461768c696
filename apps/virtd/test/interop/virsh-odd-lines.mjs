// SPDX-License-Identifier: GPL-2.0-or-later
// Command lines for virsh with flags and arguments that few people use.

/** Each starts from fresh objects. */
export const oddLines = `
  define @oddDomain; snapshot-create d1 @oddRedefined --redefine; snapshot-dumpxml d1 r1; snapshot-info d1 r1
  define @oddDomain; snapshot-create d1 @oddRedefined --redefine; snapshot-create d1 @oddRedefinedMore --redefine; snapshot-dumpxml d1 r1
  define @oddDomain; snapshot-create d1 @oddRedefined --redefine; snapshot-create d1 @oddRedefinedNone --redefine; snapshot-dumpxml d1 r1
  define @oddDomain; snapshot-create d1 @oddRedefined --redefine; snapshot-create d1 @oddRedefinedOff --redefine
  define @oddDomain; snapshot-create d1 @oddRedefined --redefine; snapshot-create d1 @oddRedefinedDisk --redefine
  define @oddDomain; snapshot-create d1 @oddRedefined --redefine --current; snapshot-current d1 --name; snapshot-list d1
  define @oddDomain; snapshot-create d1 @oddRedefinedOther --redefine
  define @oddDomain; snapshot-create d1 @oddRedefinedNone --redefine
  define @oddDomain; snapshot-create d1 @oddRedefinedParent --redefine; snapshot-list d1 --tree
  define @oddDomain; snapshot-create d1 @oddRedefinedSelf --redefine
  define @oddDomain; snapshot-create d1 @oddRedefinedCrashed --redefine
  define @oddDomain; snapshot-create d1 @oddRedefinedTimeless --redefine
  define @oddDomain; snapshot-create d1 @oddRedefined --redefine --disk-only
  define @oddDomain; snapshot-create d1 @oddRedefinedDisk --redefine --disk-only; snapshot-list d1
  define @oddDomain; snapshot-create d1 @oddRedefined --redefine --validate
  define @oddDomain; snapshot-create d1 @oddRedefined --current
  define @oddDomain; snapshot-create d1 @oddRedefined --redefine; snapshot-revert d1 r1; domstate d1 --reason
  define @oddDomain; start d1; snapshot-create d1 @oddRedefined --redefine; snapshot-revert d1 r1; snapshot-revert d1 r1 --force; domstate d1 --reason
  define @oddDomain; start d1; snapshot-create d1 @oddRedefinedMore --redefine; snapshot-revert d1 r1; domstate d1
  snapshot-create test @oddSnapshotNameless; snapshot-list test --name
  snapshot-create test @oddSnapshotSlash
  snapshot-create test @oddSnapshotMemory; snapshot-dumpxml test s
  snapshot-create test @oddSnapshotMemoryBad
  snapshot-create test @oddSnapshotMemoryNo
  snapshot-create test @oddSnapshotDisk; snapshot-dumpxml test s
  snapshot-create test @oddSnapshotNoDisk
  snapshot-create test @oddSnapshotTwice
  snapshot-create test @oddSnapshotManual
  snapshot-create test @oddSnapshotNameless --no-metadata
  snapshot-create test @oddSnapshotNameless --quiesce
  snapshot-create test @oddSnapshotNameless --atomic; snapshot-list test --name
  snapshot-create test @oddSnapshotNameless --live
  snapshot-create test @oddSnapshotNameless --reuse-external
  snapshot-create test @oddSnapshotNameless --disk-only --quiesce
  snapshot-create test @oddElement
  snapshot-create test @oddElement --validate
  snapshot-create-as test a; snapshot-create-as test b; snapshot-list test --parent; snapshot-list test --current; snapshot-list test --from a; snapshot-list test --from a --descendants
  snapshot-create-as test a; snapshot-create-as test b; snapshot-list test --no-leaves --name; snapshot-list test --topological --name; snapshot-list test --leaves --tree
  snapshot-create-as test a; snapshot-list test --active; snapshot-list test --inactive; snapshot-list test --disk-only; snapshot-list test --internal; snapshot-list test --external
  snapshot-create-as test a; snapshot-list test --no-metadata
  snapshot-create-as test a; snapshot-list test --from nosuch
  snapshot-create-as test a; snapshot-list test --tree --roots
  snapshot-create-as test a; snapshot-current test a; snapshot-current test --name; snapshot-current test nosuch
  snapshot-create-as test a; snapshot-current test --security-info
  snapshot-create-as test a; snapshot-delete test --current; snapshot-delete test --current
  snapshot-create-as test a; snapshot-delete test a --metadata; snapshot-list test
  snapshot-create-as test a; snapshot-delete test a --children --children-only
  snapshot-create-as test a; snapshot-revert test --current --running; domstate test --reason; snapshot-revert test a --paused; domstate test --reason
  snapshot-create-as test a; snapshot-revert test a --running --paused
  snapshot-create-as test a; snapshot-revert test a --reset-nvram
  destroy test; snapshot-create-as test a; snapshot-revert test a --running; domstate test --reason; snapshot-revert test a; domstate test --reason
  snapshot-create-as test a --memspec file=/x,snapshot=external; snapshot-list test --external
  snapshot-create-as test a --diskspec vda,snapshot=no; snapshot-dumpxml test a
  snapshot-create-as test a --diskspec vda,snapshot=external,file=/y --disk-only; snapshot-dumpxml test a
  snapshot-create-as test --print-xml a --diskspec vda
  snapshot-create-as test a; snapshot-info test --current; snapshot-parent test a; snapshot-parent test --current
  snapshot-create-as test a; destroy test; undefine test; undefine test --snapshots-metadata; list --all
  snapshot-create-as test a; domrename test b
  snapshot-create-as test a; destroy test; domrename test b; snapshot-list b
  checkpoint-create test @oddCheckpoint; checkpoint-dumpxml test c; checkpoint-info test c
  checkpoint-create test @oddCheckpointNone
  checkpoint-create test @oddCheckpointNoDisk
  checkpoint-create test @oddCheckpointBitmap; checkpoint-list test --name
  checkpoint-create test @oddCheckpoint --quiesce
  define @oddDomain; checkpoint-create d1 @oddCheckpointOld --redefine; checkpoint-dumpxml d1 c
  define @oddDomain; checkpoint-create d1 @oddCheckpointOld --redefine; checkpoint-create d1 @oddCheckpointOld --redefine; checkpoint-list d1
  define @oddDomain; checkpoint-create d1 @oddCheckpointOld --redefine --redefine-validate
  checkpoint-create test @oddCheckpointOld --redefine
  define @oddDomain; checkpoint-create-as d1 c
  destroy test; checkpoint-create-as test c
  checkpoint-create-as test c; checkpoint-dumpxml test c --size
  checkpoint-create-as test c; checkpoint-dumpxml test c --security-info --no-domain
  checkpoint-create-as test a; checkpoint-create-as test b; checkpoint-list test --parent; checkpoint-list test --roots --name; checkpoint-list test --leaves --name; checkpoint-list test --no-leaves --name; checkpoint-list test --topological --name; checkpoint-list test --from a --name; checkpoint-list test --from a --descendants --name
  checkpoint-create-as test a; checkpoint-create-as test b; checkpoint-delete test a --children; checkpoint-list test --name
  checkpoint-create-as test a; checkpoint-create-as test b; checkpoint-delete test a --children-only; checkpoint-list test --name
  checkpoint-create-as test a; checkpoint-delete test a --metadata; checkpoint-list test --name
  checkpoint-create-as test a --diskspec vda,checkpoint=bitmap,bitmap=x; checkpoint-dumpxml test a --no-domain
  checkpoint-create-as test a --description why --print-xml
  checkpoint-create-as test a; destroy test; undefine test; undefine test --checkpoints-metadata
  checkpoint-parent test nosuch
  snapshot-create-as test s; checkpoint-create-as test c
  attach-device test @oddDisk; domblklist test; detach-device test @oddDisk; domblklist test
  attach-device test @oddDisk --config; domblklist test --inactive; domblklist test
  attach-device test @oddDisk --persistent; domblklist test --inactive; domblklist test
  attach-device test @oddDisk --live --config; domblklist test; attach-device test @oddDisk
  attach-device test @oddNic; domiflist test; detach-device test @oddNic; domiflist test
  attach-device test @oddHostdev; dumpxml test --xpath //hostdev; detach-device test @oddHostdev
  attach-device test @oddHostdev; attach-device test @oddHostdev
  attach-device test @oddLease; attach-device test @oddLease; detach-device test @oddLease
  attach-device test @oddSound
  attach-device test @oddSound --config; dumpxml test --inactive --xpath //sound
  attach-device test @oddBalloon
  attach-device test @oddElement
  attach-device test @broken
  attach-device test @oddCdrom
  detach-device test @oddNic
  detach-device test @oddSound
  destroy test; attach-device test @oddDisk; domblklist test
  destroy test; attach-device test @oddDisk --live
  destroy test; attach-device test @oddDisk --current; domblklist test
  create @oddDomain; attach-device d1 @oddDisk --config
  detach-device-alias test moon
  detach-device-alias test ua-moon --config
  detach-interface test network --mac 00:00:00:00:00:01
  detach-interface test network; domiflist test
  detach-interface test bridge
  detach-disk test vda --print-xml
  detach-disk test vdz
  attach-disk test /tmp/x vdb --targetbus virtio --serial s --wwn 5000c50015ea71aa --mode readonly; dumpxml test --xpath //disk[2]
  attach-disk test /tmp/x vdb --print-xml --type cdrom --sourcetype block --cache none --io native
  attach-disk test /tmp/x vda
  attach-interface test bridge br0 --mac 52:54:00:00:00:78 --model e1000 --target t9; domiflist test
  attach-interface test moon x
  attach-interface test network default --inbound 100,200,300 --outbound 100 --print-xml
  update-device test @oddDisk
  update-device test @oddNic
  update-device test @oddCdrom --force
  define @oddDisks; start d1; change-media d1 hda --eject; domblklist d1; change-media d1 hda /new --insert; domblklist d1; change-media d1 hda /newer --update; domblklist d1
  define @oddDisks; change-media d1 hda /x --config; domblklist d1 --inactive
  define @oddDisks; change-media d1 vda --eject
  define @oddDisks; change-media d1 hda --eject --print-xml
  domif-setlink test testnet0 down; domif-getlink test testnet0
  domif-setlink test testnet0 down --config; domif-getlink test testnet0 --config; domif-getlink test testnet0
  domif-setlink test testnet0 moon
  domif-setlink test nosuch down
  domif-setlink test testnet0 down --print-xml
  domif-getlink test nosuch
  cpu-stats test
  cpu-stats test --total
  cpu-stats test --start 1 --count 1
  cpu-stats test --start 99
  cpu-stats test --start -1
  destroy test; cpu-stats test
  dump test /tmp/virsh-dump-none/x
  dump test /tmp/virsh-dump-none/x --memory-only --format elf
  dump test /tmp/virsh-dump-none/x --memory-only --format moon
  dump test /tmp/virsh-dump-none/x --live --crash
  dump test /tmp/virsh-dump-none/x --reset --bypass-cache
  destroy test; dump test /tmp/virsh-dump-none/x
  save test /tmp/virsh-dump-none/x
  save test /tmp/virsh-dump-none/x --running --paused
  destroy test; save test /tmp/virsh-dump-none/x
  save test @scratch; save-image-dumpxml @scratch; restore @scratch; domstate test --reason
  save test @scratch --paused; restore @scratch; domstate test --reason
  save test @scratch; restore @scratch --paused; domstate test --reason
  save test @scratch; restore @scratch --running --paused
  save test @scratch; restore @scratch --reset-nvram
  save test @scratch; save-image-define @scratch @oddDomain; save-image-define @scratch @oddDomain --paused
  save test @scratch; restore @scratch; restore @scratch
  save test @scratch --bypass-cache; start test; restore @scratch
  save-image-dumpxml @oddDomain
  restore @oddDomain
  managedsave test --running; start test; domstate test --reason
  managedsave test --paused; dominfo test; start test; domstate test --reason
  managedsave test --running --paused
  managedsave test --bypass-cache; managedsave-dumpxml test
  managedsave test; start test --force-boot; domstate test --reason
  managedsave test; managedsave-define test @oddDomain; managedsave test
  managedsave test; undefine test; undefine test --managed-save
  destroy test; managedsave test
  create @oddDomain; managedsave d1
  destroy test; start test --bypass-cache; domstate test
  destroy test; start test --reset-nvram
  destroy test; start test --console
  destroy test; start test --pass-fds 3
  create @oddDomain --validate; destroy d1
  create @oddDomain --autodestroy; list
  create @oddDomain --reset-nvram
  define @oddDomain; create @oddDomain; list --all
  create @oddDomain; create @oddDomain
  create @oddDomain; define @oddDomain; list --persistent --all; dominfo d1; destroy d1; list --all
  define @oddElement --validate
  undefine test --nvram --keep-nvram
  undefine test --tpm
  undefine test --keep-tpm
  undefine test --storage vda
  undefine test --remove-all-storage
  destroy test; undefine test --remove-all-storage
  destroy test; undefine test --wipe-storage
  destroy test --remove-logs
  shutdown test --mode acpi,agent,initctl,signal,paravirt
  shutdown test --mode guest
  reboot test --mode acpi,moon
  destroy test; reboot test
  destroy test; reset test
  list --all --with-checkpoint; list --all --without-checkpoint; list --all --without-snapshot --name; list --all --without-managed-save --name
  checkpoint-create-as test c; list --with-checkpoint --name; list --without-checkpoint --name
  list --state-other; list --all --state-shutoff; list --no-autostart --name
  list --all --uuid --name; list --table --name; list --all --id --uuid
  domstate test --reason --moon
  dominfo --domain test
  domname 6695EB01-F6A4-8304-79AA-97F2502E193F
  dumpxml test --update-cpu
  dumpxml test --xpath //disk; dumpxml test --xpath //disk --wrap; dumpxml test --xpath //moon; dumpxml test --xpath ///
  destroy test; dumpxml test --migratable --security-info
  setvcpus test 1 --live; vcpucount test --active --live; vcpucount test --active --config
  setvcpus test 1 --live --config; vcpucount test
  setvcpus test 1 --guest
  setvcpus test 1 --guest --config
  setvcpus test 3 --live
  setvcpus test 3 --config
  setvcpus test 3 --maximum
  setvcpus test 3 --maximum --live
  setvcpus test 1 --maximum --config; vcpucount test
  setvcpus test 1 --hotpluggable --config
  setvcpus test 99999 --maximum --config
  destroy test; setvcpus test 1; vcpucount test; setvcpus test 1 --live
  setvcpu test 1 --disable
  setvcpu test 1 --enable --disable
  setvcpu test 0 --disable --config
  define @oddThreads; vcpucount d1; vcpucount d1 --maximum --config; vcpucount d1 --active --config; vcpupin d1; vcpuinfo d1
  define @oddThreads; start d1; vcpuinfo d1; vcpucount d1 --active --live; vcpucount d1 --guest
  vcpupin test 0 0-3 --config; vcpupin test --config; vcpupin test --live
  vcpupin test 0 ^0
  vcpupin test 0 r; vcpupin test 0
  vcpupin test 0 1,3,5-7 --live; vcpupin test
  vcpupin test -1 0
  destroy test; vcpupin test 0 0; vcpupin test; vcpupin test --live
  destroy test; vcpuinfo test
  emulatorpin test 0-1 --config; emulatorpin test --config
  emulatorpin test 99
  destroy test; emulatorpin test --live
  iothreadinfo test --live --config
  define @oddThreads; iothreadinfo d1; start d1; iothreadinfo d1; iothreadadd d1 7; iothreadinfo d1; iothreaddel d1 1; iothreadinfo d1
  iothreadadd test 0
  iothreadadd test -1
  iothreadadd test 3 --live --config; iothreadinfo test --config; iothreaddel test 3 --config; iothreadinfo test --config; iothreadinfo test
  iothreadset test 1
  iothreadadd test 1; iothreadset test 1 --poll-grow 4 --poll-shrink 2; domstats test --iothread
  iothreadadd test 1; iothreadset test 1 --poll-max-ns 99999999999
  iothreadadd test 1; iothreadset test 1 --thread-pool-min 1 --thread-pool-max 4
  iothreadadd test 1; iothreadset test 1 --poll-max-ns 5 --config
  iothreadadd test 1; iothreadset test 1 --poll-max-ns 5 --live; domstats test --iothread
  iothreadadd test 1 --config; iothreadpin test 1 0 --config; iothreadinfo test --config
  iothreadpin test 9 0
  destroy test; iothreadadd test 1; iothreadinfo test
  destroy test; iothreadadd test 1 --live
  setmem test 0
  setmem test 5G
  setmem test 1G --live --config; dominfo test; dumpxml test --inactive --xpath //currentMemory
  setmem test 1G --current
  destroy test; setmem test 1G; dominfo test; setmem test 1G --live
  setmaxmem test 1G --live
  setmaxmem test 16G --config; dumpxml test --inactive --xpath //memory
  setmaxmem test 0 --config
  destroy test; setmaxmem test 1G --config; dominfo test
  dommemstat test --period 5
  dommemstat test --period 5 --config; dumpxml test --inactive --xpath //memballoon
  dommemstat test --period -1
  destroy test; dommemstat test
  memtune test --hard-limit 2000000 --soft-limit 1000000 --swap-hard-limit 3000000; memtune test
  memtune test --swap-hard-limit 1; memtune test
  memtune test --hard-limit -1; memtune test
  memtune test --hard-limit 1000000 --config; memtune test --config; memtune test
  memtune test --min-guarantee 1
  destroy test; memtune test --hard-limit 1000000; memtune test; memtune test --live
  blkiotune test --weight 500; blkiotune test
  blkiotune test --device-weights /dev/sda,500
  blkiotune test --device-weights /dev/sda,500 --device-read-iops-sec /dev/sda,100 --config; blkiotune test --config
  blkiotune test --device-weights /dev/sda,5
  blkiotune test --weight 5
  numatune test --mode interleave --config; numatune test --config
  numatune test --mode moon
  numatune test --nodeset 99
  numatune test --mode 1 --nodeset 0 --config; numatune test --config
  destroy test; numatune test --mode strict --nodeset 0; numatune test
  schedinfo test --weight 50; schedinfo test
  schedinfo test --cap 5
  schedinfo test --set weight=50 --config
  schedinfo test --live; schedinfo test --config; schedinfo test --current
  schedinfo test --set weight=x
  destroy test; schedinfo test
  blkdeviotune test vda --read-iops-sec 10 --write-iops-sec 20; blkdeviotune test vda
  blkdeviotune test vda --total-iops-sec 10 --total-iops-sec-max 20 --size-iops-sec 4; blkdeviotune test vda
  blkdeviotune test vda --total-iops-sec-max 20
  blkdeviotune test vda --total-iops-sec 20 --total-iops-sec-max 10
  blkdeviotune test vda --group-name g --total-bytes-sec 10 --config; blkdeviotune test vda --config
  blkdeviotune test vda --total-iops-sec 10 --total-iops-sec-max-length 5 --total-iops-sec-max 30; blkdeviotune test vda
  blkdeviotune test vda --total-bytes-sec 10; blkdeviotune test vda --read-bytes-sec 5
  blkdeviotune test /guest/diskimage1
  blkdeviotune test vda --live; blkdeviotune test vda --config; blkdeviotune test vda --live --config
  destroy test; blkdeviotune test vda; blkdeviotune test vda --total-bytes-sec 10; blkdeviotune test vda
  domiftune test testnet0 --inbound 100,200,300 --outbound 10,20,30; domiftune test testnet0; dumpxml test --xpath //bandwidth
  domiftune test testnet0 --inbound 100,50,50,20; domiftune test testnet0
  domiftune test testnet0 --inbound 0; domiftune test testnet0
  domiftune test aa:bb:cc:dd:ee:ff --inbound 5 --config; domiftune test aa:bb:cc:dd:ee:ff --config; domiftune test testnet0
  domiftune test nosuch
  domiftune test testnet0 --inbound x
  destroy test; domiftune test testnet0; domiftune test testnet0 --live
  desc test a b c; desc test; desc test --config
  desc test x --live; desc test --live; desc test --config
  desc test --title "two lines" --live; list --title
  destroy test; desc test x; desc test; desc test --live
  metadata test http://a --key k --set '<a/>' --config; metadata test http://a --config; metadata test http://a
  metadata test http://a --key k --set '<broken'
  metadata test http://a --remove
  metadata test '' --key k --set '<a/>'
  metadata test http://a --key k --set '<a xmlns="http://b"><b/></a>'; metadata test http://a
  metadata test http://a --key k --set '<k:a xmlns:k="http://a"/>'; metadata test http://a
  metadata test http://a --key 'not good' --set '<a/>'
  domblkinfo test --all; domblkinfo test vda --human; domblkinfo test /guest/diskimage1; domblkinfo test nosuch
  domblkstat test vda --human; domblkstat test; domblkstat test /guest/diskimage1
  destroy test; domblkstat test vda; domblkinfo test vda; domifstat test testnet0; domblkerror test
  domblklist test --inactive --details; domiflist test --inactive
  domifaddr test --full; domifaddr test --source arp; domifaddr test --source agent; domifaddr test --interface testnet0; domifaddr test --interface nosuch; domifaddr test --source moon
  destroy test; domifaddr test
  domifstat test aa:bb:cc:dd:ee:ff
  domjobinfo test --completed; domjobinfo test --anystats; domjobinfo test --rawstats; domjobinfo test --completed --keep-completed
  destroy test; domjobinfo test; domjobabort test
  domjobabort test --postcopy
  domstats; domstats test --cpu-total; domstats test --balloon; domstats test --interface; domstats test --block; domstats test --perf; domstats test --memory; domstats test --dirtyrate; domstats test --vm
  domstats test --block --backing; domstats --state --enforce; domstats test --cpu-total --enforce; domstats --list-inactive; domstats --list-persistent --state; domstats --list-running --list-paused --state; domstats --raw --state; domstats --nowait --state
  domfsfreeze test --mountpoint / /boot; domfsinfo test; domfsthaw test --mountpoint /; domfsthaw test; domfstrim test --minimum 10 --mountpoint /; domfstrim test --mountpoint /nosuch
  domfsfreeze test / /; domfsthaw test / / /nosuch
  destroy test; domfsfreeze test; domfsinfo test; domfstrim test; domhostname test; domtime test; guestinfo test; guestvcpus test
  domtime test --time 5; domtime test; domtime test --pretty; domtime test --sync; domtime test --time -5
  domtime test --time 5 --sync
  domhostname test --source lease; domhostname test --source moon
  guestinfo test --os --timezone --hostname --filesystem --disk --interface
  guestvcpus test 0 --disable; guestvcpus test; guestvcpus test 1 --disable; guestvcpus test 0-1 --enable; guestvcpus test 99 --enable; guestvcpus test --enable; guestvcpus test 0 --enable --disable
  guest-agent-timeout test; guest-agent-timeout test --timeout 5; guest-agent-timeout test --timeout -5
  get-user-sshkeys test me; set-user-sshkeys test me --file @oddKeys; set-user-sshkeys test me --remove --file @oddKeys; set-user-sshkeys test me --reset
  set-user-password test bruce MehMeh --encrypted; set-user-password test bruce MehMeh; destroy test; set-user-password test bruce x
  domsetlaunchsecstate test; domlaunchsecinfo test
  domdisplay test --all; domdisplay test --type vnc; domdisplay test --include-password; destroy test; domdisplay test; vncdisplay test; ttyconsole test
  send-key test --codeset xt 1 2 3; send-key test --codeset moon 1; send-key test --holdtime 5 KEY_A; send-key test 999999; send-key test KEY_A KEY_A KEY_A KEY_A KEY_A KEY_A KEY_A KEY_A KEY_A KEY_A KEY_A KEY_A KEY_A KEY_A KEY_A KEY_A KEY_A; destroy test; send-key test KEY_A
  send-process-signal test 1 9; send-process-signal test 0 sigterm; send-process-signal test -1 sigterm; send-process-signal test 1 moon; send-process-signal test 1 sighup; destroy test; send-process-signal test 1 sigterm
  inject-nmi test; destroy test; inject-nmi test
  perf test --enable cmt --config; perf test --config; perf test --enable moon; perf test --enable cmt --live; perf test --disable cmt --config; destroy test; perf test --enable cmt; perf test
  dompmsuspend test disk; domstate test --reason; dompmwakeup test
  dompmsuspend test hybrid; domstate test --reason
  dompmsuspend test mem --duration 5; dompmsuspend test moon
  dompmsuspend test mem; domstate test --reason; dompmwakeup test; domstate test --reason; resume test
  domdirtyrate-calc test --seconds 1; domdirtyrate-calc test --mode dirty-bitmap; domdirtyrate-calc test --seconds 100
  set-lifecycle-action test reboot destroy --config; dumpxml test --inactive --xpath //on_reboot; set-lifecycle-action test crash coredump-restart; set-lifecycle-action test poweroff coredump-destroy; set-lifecycle-action test moon destroy; set-lifecycle-action test poweroff moon
  set-lifecycle-action test poweroff preserve --live --config; dumpxml test --xpath //on_poweroff; destroy test; set-lifecycle-action test poweroff restart; dumpxml test --xpath //on_poweroff
  migrate-compcache test --size 5; migrate-compcache test; migrate-postcopy test; migrate-setmaxdowntime test 5; migrate-getspeed test --postcopy; migrate-setspeed test 5 --postcopy; migrate-getmaxdowntime test
  migrate test test:///default --live
  migrate test test:///default --p2p
  migrate test test:///default --direct
  blockcopy test vda --dest /x; blockcopy test vda --dest /x --wait; blockjob test vda --abort; blockjob test vda --bandwidth 5; blockjob test vda --raw; blockcommit test vda --active --pivot; blockpull test vda --base /x --wait
  blockresize test vda 10; blockresize test vda 1 --moon; blockresize test nosuch 10; destroy test; blockresize test vda 10M
  domblkthreshold test nosuch 5; domcontrol nosuch; destroy test; domcontrol test
  dom-fd-associate test x 3; lxc-enter-namespace test /bin/true; qemu-attach 1; qemu-monitor-event --timeout 1; qemu-monitor-command test --hmp info
  update-memory-device test --alias a --requested-size 5
  edit test; net-edit default --moon
  uri; version --daemon; hostname --moon; maxvcpus --type kvm; maxvcpus --type moon
  nodecpustats --cpu 0; nodecpustats --cpu 99; nodecpustats --cpu -2; nodememstats --cell 0; nodememstats --cell 99; nodecpumap --pretty; nodesevinfo
  node-memory-tune --shm-pages-to-scan 5; nodesuspend disk 60; nodesuspend moon 60; nodesuspend hybrid 1
  freecell 0; freecell 1; freecell 2; freecell -1; freecell --all --cellno 0
  freepages 0; freepages 0 4; freepages 0 3; freepages 1 8; freepages 5 4; freepages --pagesize 4; freepages -1 4
  allocpages 4 10 --cellno 0; freepages 0 4; allocpages 4 10 --add; allocpages 3 10; allocpages 2048 5 --all; freepages --all; allocpages 4 10 --cellno 9; allocpages 1048576 1 --cellno 1 --add
  domcapabilities --virttype test; domcapabilities --virttype moon; domcapabilities --arch moon; domcapabilities --arch x86_64; domcapabilities --machine pc; domcapabilities --emulatorbin /x
  hypervisor-cpu-baseline; hypervisor-cpu-baseline @oddDomain --arch x86_64
  domxml-to-native qemu-argv test; domxml-to-native moon --xml @oddDomain; domxml-from-native qemu-argv @oddDomain
  cpu-compare @oddDomain --validate; cpu-compare @oddDomain --error
  net-list --uuid; net-list --no-autostart --name; net-list --all --transient; net-list --inactive --persistent --uuid
  net-dumpxml default --xpath //ip; net-dumpxml default --xpath //range --wrap
  net-define @oddNetwork; net-dumpxml n2; net-start n2; net-info n2; net-destroy n2; net-undefine n2; net-undefine n2
  net-define @oddNetworkIsolated --validate; net-dumpxml n3; net-info n3
  net-define @oddNetworkNoBridge; net-info n4; net-dumpxml n4
  net-define @oddNetworkBad; net-create @oddNetworkBad; net-create @oddElement --validate
  net-create @oddNetworkIsolated; net-define @oddNetworkIsolated; net-list --all --persistent; net-destroy n3; net-list --all
  net-undefine default; net-list --all; net-destroy default; net-list --all
  net-destroy default; net-start default; net-start default; net-autostart default; net-list --autostart
  net-update default add-first dns-txt "<txt name='a' value='b'/>"; net-update default add-last dns-txt "<txt name='c' value='d'/>"; net-dumpxml default; net-update default delete dns-txt "<txt name='a'/>"; net-update default modify dns-txt "<txt name='c' value='e'/>"; net-dumpxml default
  net-update default add bridge "<bridge name='x'/>"; net-update default add moon "<x/>"; net-update default moon dns-txt "<x/>"; net-update default add dns-txt "<moon/>"; net-update default add dns-txt "<broken"
  net-update default add ip-dhcp-range "<range start='192.168.122.10' end='192.168.122.20'/>"; net-update default delete ip-dhcp-range "<range start='192.168.122.2' end='192.168.122.254'/>"; net-update default add ip-dhcp-range "<range start='192.168.122.10' end='192.168.122.20'/>" --live; net-dumpxml default; net-dumpxml default --inactive
  net-update default add ip-dhcp-host "<host mac='52:54:00:00:00:07' ip='192.168.122.7'/>" --live --config; net-dumpxml default; net-update default add ip-dhcp-host "<host mac='52:54:00:00:00:07' ip='192.168.122.8'/>"; net-update default modify ip-dhcp-host "<host mac='52:54:00:00:00:07' ip='192.168.122.9'/>"; net-update default delete ip-dhcp-host "<host mac='52:54:00:00:00:07'/>"; net-update default delete ip-dhcp-host "<host mac='52:54:00:00:00:07'/>"
  net-update default add ip-dhcp-host "<host mac='52:54:00:00:00:07' ip='192.168.122.7'/>" --parent-index 3; net-update default add ip-dhcp-host "<host ip='192.168.122.7'/>"; net-update default add ip-dhcp-host "<host mac='moon' ip='192.168.122.7'/>"  net-update default add ip-dhcp-host "<host/>"; net-update default delete ip-dhcp-host "<host/>"; net-update default delete ip-dhcp-host "<host ip='10.0.0.1'/>"; net-update default modify ip-dhcp-host "<host mac='52:54:00:00:00:07' ip='10.0.0.1'/>"; net-update default delete ip-dhcp-host "<host mac='moon'/>"
  net-update default add ip-dhcp-host "<host mac='01:00:5e:00:00:01' ip='192.168.122.7'/>"; net-update default add ip-dhcp-host "<host mac='52:54:00:00:00:07' name='_b' ip='192.168.122.7'/>"; net-update default add ip-dhcp-host "<host id='0:zz' ip='192.168.122.7'/>"
  net-update default add ip-dhcp-range "<range start='1.1.1.1'/>"; net-update default add ip-dhcp-range "<range start='1.1.1.1' end='1.1.1.2'/>"; net-update default add ip-dhcp-range "<range start='moon' end='1.1.1.2'/>"; net-update default add ip-dhcp-range "<range start='192.168.122.0' end='192.168.122.9'/>"
  net-define @oddNetworkAddress; net-define @oddNetworkRoute; net-define @oddNetworkRange; net-define @oddNetworkLease; net-define @oddNetworkBridge
  net-update default add portgroup "<portgroup name='g'/>"; net-update default add portgroup "<portgroup name='g'/>"; net-update default modify portgroup "<portgroup name='g' default='yes'/>"; net-update default delete portgroup "<portgroup name='h'/>"; net-update default delete portgroup "<portgroup name='g'/>"
  net-update default add dns-srv "<srv service='s' protocol='tcp'/>"; net-update default add dns-srv "<srv service='s' protocol='tcp'/>"; net-update default delete dns-srv "<srv service='s' protocol='tcp'/>"; net-update default add forward-interface "<interface dev='eth0'/>"
  net-destroy default; net-update default add dns-host "<host ip='192.168.122.9'><hostname>h</hostname></host>"; net-update default add dns-host "<host ip='192.168.122.9'><hostname>h</hostname></host>" --live; net-dumpxml default
  net-port-create default @oddPort; net-port-list default; net-port-list default --uuid; net-port-dumpxml default 33333333-2222-3333-4444-555555555555; net-port-delete default 33333333-2222-3333-4444-555555555555; net-port-create default @oddPort --validate
  net-dhcp-leases default --mac aa:bb:cc:dd:ee:ff; net-dhcp-leases nosuch
  net-desc default hello; net-desc default; net-desc default --title t; net-dumpxml default; net-desc default --config
  net-metadata default http://a --key k --set '<a/>'; net-metadata default http://a; net-metadata default http://a --remove; net-metadata default http://a
  net-event --list; net-event moon; net-event --event moon; net-event default --event lifecycle --timeout 1; pool-event --list; nodedev-event --list; secret-event --list; event --list
  pool-list --no-autostart --name; pool-list --transient --uuid; pool-list --persistent --details; pool-list --type logical,netfs; pool-list --all --type ''
  pool-define @oddPool; pool-dumpxml p2; pool-start p2 --build; pool-list --all --details; pool-info p2 --bytes; vol-create-as p2 v 5M; vol-list p2; pool-destroy p2; vol-list p2; pool-delete p2; pool-undefine p2
  pool-define @oddPoolBad; pool-define @oddPoolNameless; pool-define @oddElement --validate; pool-create @oddPoolBad
  pool-create @oddPool --build; pool-create @oddPool; pool-list --transient --name; pool-undefine p2; pool-build p2; pool-delete p2
  pool-create @oddPool --build --overwrite; pool-create @oddPool --build --no-overwrite --overwrite
  pool-create @oddPoolFc; nodedev-list; nodedev-dumpxml scsi_host12; pool-destroy fc; nodedev-list
  pool-define @oddPoolFc; pool-dumpxml fc; pool-start fc; nodedev-list --cap fc_host; pool-destroy fc; nodedev-list --cap fc_host
  pool-define-as a dir --target /default-pool; pool-define-as a logical --source-name vg; pool-dumpxml a; pool-define-as b netfs --source-host h --source-path /e --target /t --source-format nfs; pool-dumpxml b; pool-define-as c netfs --source-host h --source-path /e --target /u
  pool-define-as a iscsi --source-host h --source-dev iqn.x --target /dev/disk --auth-type chap --auth-username u --secret-usage s; pool-dumpxml a; pool-define-as b rbd --source-host h --source-name p; pool-dumpxml b; pool-define-as c moon; pool-define-as d dir --print-xml
  pool-define-as a scsi --adapter-name scsi_host1 --target /dev/x; pool-dumpxml a; pool-define-as b zfs --source-name z; pool-define-as c gluster --source-host h --source-name g --source-path /; pool-dumpxml c; pool-define-as d mpath --target /dev/mapper; pool-define-as e disk --source-dev /dev/sdz --target /dev; pool-dumpxml e
  pool-build default-pool; pool-start default-pool; pool-destroy default-pool; pool-build default-pool --overwrite; pool-build default-pool --overwrite --no-overwrite; pool-start default-pool --build; pool-start default-pool
  pool-destroy default-pool; vol-list default-pool; vol-create-as default-pool v 5M; pool-refresh default-pool; pool-autostart default-pool; pool-list --all --autostart; pool-delete default-pool; pool-undefine default-pool; pool-list --all
  pool-dumpxml default-pool --inactive; pool-dumpxml default-pool --xpath //path; pool-info dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566; pool-name default-pool; pool-uuid nosuch
  find-storage-pool-sources logical @oddElement; find-storage-pool-sources netfs @oddElement; find-storage-pool-sources moon; find-storage-pool-sources dir; find-storage-pool-sources-as netfs host 5 --initiator i; find-storage-pool-sources-as logical; find-storage-pool-sources scsi
  vol-create default-pool @oddVolume; vol-dumpxml w1 default-pool; vol-info w1 default-pool --bytes; vol-info w1 default-pool --physical; vol-list default-pool --details; pool-info default-pool --bytes
  vol-create default-pool @oddVolumeNoSize; vol-create default-pool @oddVolumeNameless; vol-create default-pool @oddVolumeBad; vol-create default-pool @oddElement --validate; vol-create default-pool @oddElement; vol-create default-pool @oddVolume --prealloc-metadata; vol-create nosuch @oddVolume
  vol-create-as default-pool v 5M --allocation 1M; vol-dumpxml v default-pool; vol-create-as default-pool w 5M --backing-vol v --backing-vol-format raw; vol-dumpxml w default-pool; vol-create-as default-pool x 5M --backing-vol nosuch; vol-create-as default-pool y 5X; vol-create-as default-pool z -5; vol-create-as default-pool q 5 --print-xml
  vol-create-as default-pool v 5M; vol-create-from default-pool @oddVolume v; vol-create-from default-pool @oddVolume nosuch; vol-list default-pool; vol-create-from default-pool @oddVolume v --inputpool default-pool --reflink; vol-create-from default-pool @oddVolumeNoSize v; vol-dumpxml w2 default-pool
  vol-create-as default-pool v 5M; vol-clone v v2 --pool default-pool --prealloc-metadata; vol-clone v v; vol-clone nosuch v3 --pool default-pool; vol-clone v v4 default-pool --print-xml; vol-clone /default-pool/v v5; vol-list default-pool --details
  vol-create-as default-pool v 5M; vol-resize v 1M default-pool; vol-resize v 1M default-pool --shrink; vol-resize v 1M default-pool --delta; vol-resize v 9M default-pool --allocate; vol-info v default-pool; vol-resize v 0 default-pool
  vol-create-as default-pool v 5M; vol-wipe v default-pool --algorithm dod; vol-wipe v default-pool --algorithm moon; vol-wipe nosuch default-pool; vol-upload v /dev/null default-pool; vol-download v /tmp/virsh-dump-none/x default-pool; vol-upload v /nonexistent default-pool
  vol-create-as default-pool v 5M; vol-delete v default-pool --delete-snapshots; vol-delete v default-pool; vol-delete v default-pool
  vol-create-as default-pool v 5M; vol-delete /default-pool/v; vol-list default-pool
  vol-create-as default-pool v 5M; vol-pool v; vol-pool /default-pool/v --uuid; vol-key v default-pool; vol-key /default-pool/v; vol-path v; vol-name v; vol-name nosuch; vol-info v; vol-path v default-pool; vol-dumpxml /default-pool/v
  vol-create-as default-pool v 100G; vol-create-as default-pool w 1; pool-info default-pool; vol-create-as default-pool u 101G
  iface-dumpxml eth1 --inactive; iface-dumpxml eth1 --xpath //ip; iface-define @oddInterface --validate; iface-define @oddInterface; iface-dumpxml br3; iface-mac br3; iface-start br3; iface-list; iface-define @oddInterfaceBad; iface-define @oddElement --validate; iface-define @oddElement
  iface-undefine eth1; iface-list --all; iface-undefine eth1; iface-mac eth1; iface-name aa:bb:cc:dd:ee:ff
  iface-begin; iface-undefine eth1; iface-list --all; iface-rollback; iface-list --all; iface-rollback; iface-begin; iface-destroy eth1; iface-rollback; iface-list --all
  iface-bridge eth1 br0 --no-stp --no-start; iface-unbridge eth1; iface-unbridge nosuch
  nodedev-list --inactive; nodedev-list --all; nodedev-list --cap system,scsi_host; nodedev-list --cap vports --tree; nodedev-list --cap mdev; nodedev-list --tree --all
  nodedev-info computer; nodedev-info nosuch; nodedev-start scsi_host1; nodedev-define @oddDeviceOther; nodedev-undefine scsi_host1; nodedev-autostart scsi_host1; nodedev-reattach scsi_host1; nodedev-dumpxml scsi_host11; nodedev-dumpxml computer --xpath //hardware
  nodedev-create @oddPortDevice; nodedev-create @oddPortDevice; nodedev-list --cap fc_host; nodedev-destroy scsi_host12; nodedev-destroy scsi_host12
  nodedev-create @oddPortDeviceNone; nodedev-create @oddPortDeviceComputer; nodedev-create @oddDeviceOther; nodedev-create @oddElement --validate; nodedev-create @oddElement; nodedev-destroy computer; nodedev-list; nodedev-destroy scsi_host2; nodedev-list; nodedev-destroy scsi_host1; nodedev-list
  nodedev-event --event lifecycle --timeout 1 --timestamp; nodedev-event moon --event lifecycle --timeout 1; pool-event nosuch --event lifecycle --timeout 1; net-event nosuch --event lifecycle --timeout 1; event nosuch --event lifecycle --timeout 1
  nwfilter-define @oddElement; nwfilter-undefine nosuch; nwfilter-binding-create @oddElement; nwfilter-binding-delete x; nwfilter-binding-dumpxml x; secret-undefine 00000000-0000-0000-0000-000000000000; secret-set-value 00000000-0000-0000-0000-000000000000 YQ==; secret-list --ephemeral
  suspend test; snapshot-create-as test a; resume test; snapshot-revert test a; domstate test --reason; managedsave test; domstate test --reason; start test; domstate test --reason
  suspend test; shutdown test; domstate test --reason
  suspend test; reboot test; domstate test --reason; reset test; domstate test --reason
  suspend test; save test @scratch; restore @scratch; domstate test --reason
  suspend test; dompmsuspend test mem; domstate test --reason; destroy test; domstate test --reason; resume test; suspend test
  autostart test --disable; create @oddDomain; autostart d1
  domid test; domid d1; define @oddDomain; domid d1; domuuid d1; domname 11111111-2222-3333-4444-555555555555; domname 0; domname -1
  list --domain test
  net-autostart nosuch; net-create @oddNetworkIsolated; net-autostart n3; pool-create @oddPool; pool-autostart p2
`
  .trim()
  .split('\n')
  .map((line) => line.trim())
