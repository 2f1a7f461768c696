# SPDX-License-Identifier: GPL-2.0-or-later
# prometheus-libvirt-exporter: what it tells of the domains.
port=$((20000 + $$ % 20000))
prometheus-libvirt-exporter --web.listen-address=127.0.0.1:$port --libvirt.uri="$1" >/dev/null 2>&1 &
trap 'kill %1' EXIT
for i in 1 2 3 4 5 6 7 8 9 10; do
  text=$(curl -sf http://127.0.0.1:$port/metrics) && break
  sleep 0.3
done
for name in libvirt_up libvirt_domain_info_maximum_memory_bytes libvirt_domain_info_virtual_cpus; do
  line=$(echo "$text" | grep "^$name")
  if [ -n "$line" ]; then echo "ok $line"; else echo "not ok $name"; bad=1; fi
done
exit ${bad:-0}
