# SPDX-License-Identifier: GPL-2.0-or-later
# virt-install, virt-xml and virt-clone, each said in a line.
check() { if [ "$2" = "$3" ]; then echo "ok $1"; else
  echo "not ok $1: $2"
  bad=1
fi; }
uri=$1
HOME=$(mktemp -d)
export HOME
trap 'rm -rf "$HOME"' EXIT
install() {
  virt-install --connect "$uri" --name vi1 --memory 64 --import --disk none --osinfo generic --noautoconsole "$@" 2>&1
}
check 'virt-install' "$(install --noreboot | grep -c 'Domain creation completed')" 1
check 'virt-install --print-xml' "$(install --print-xml 1 | grep -c '<name>vi1</name>')" 1
check 'virt-xml' "$(virt-xml --connect "$uri" test --edit --memory 128 --print-diff 2>/dev/null | grep -c '^+.*131072')" 1
check 'virt-clone' "$(virt-clone --connect "$uri" --original test --auto-clone --print-xml 2>&1 | grep -c 'must be\|<name>test-clone</name>')" 1
exit ${bad:-0}
