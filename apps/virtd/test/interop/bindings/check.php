<?php // SPDX-License-Identifier: GPL-2.0-or-later
// libvirt-php: life cycle, objects and errors, each said in a line; it knows neither events nor numbers of errors.
$uri = $argv[1];
$failed = false;
function check($name, $holds) {
    global $failed;
    echo ($holds ? 'ok ' : 'not ok ') . $name . "\n";
    $failed = $failed || !$holds;
}
function fails($name, $text, $result) {
    check("$name: " . libvirt_get_last_error(), $result === false && strpos(libvirt_get_last_error(), $text) !== false);
}
error_reporting(E_ERROR | E_PARSE);
$c = libvirt_connect($uri, false, []);
check('open', is_resource($c));
check('uri', libvirt_connect_get_uri($c) === $uri);
check('list', libvirt_list_domains($c) === ['test']);
$d = libvirt_domain_define_xml($c, "<domain type='test'><name>b1</name><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>");
check('lookup', libvirt_domain_get_uuid_string(libvirt_domain_lookup_by_name($c, 'b1')) === libvirt_domain_get_uuid_string($d));
check('start', libvirt_domain_create($d));
check('running', libvirt_domain_get_info($d)['state'] === 1);
check('suspend', libvirt_domain_suspend($d));
check('paused', libvirt_domain_get_info($d)['state'] === 3);
check('resume', libvirt_domain_resume($d));
check('memory', libvirt_domain_get_info($d)['maxMem'] === 65536);
check('xml', strpos(libvirt_domain_get_xml_desc($d, null), '<name>b1</name>') !== false);
check('destroy', libvirt_domain_destroy($d));
fails('destroy twice', 'domain is not running', libvirt_domain_destroy($d));
check('undefine', libvirt_domain_undefine($d));
fails('no domain', 'Domain not found', libvirt_domain_lookup_by_name($c, 'b1'));
$n = libvirt_network_define_xml($c, "<network><name>bn</name><bridge name='virbr77'/></network>");
check('network', libvirt_network_set_active($n, 1) && libvirt_network_set_active($n, 0));
check('network undefine', libvirt_network_undefine($n));
fails('no network', 'Network not found', libvirt_network_get($c, 'bn'));
$p = libvirt_storagepool_define_xml($c, "<pool type='dir'><name>bp</name><target><path>/bp</path></target></pool>", 0);
check('pool', libvirt_storagepool_create($p));
$v = libvirt_storagevolume_create_xml($p, "<volume><name>v</name><capacity unit='M'>1</capacity></volume>");
check('volume', libvirt_storagevolume_get_info($v)['capacity'] == 1048576);
fails('no volume', 'Storage volume not found', libvirt_storagevolume_lookup_by_name($p, 'x'));
check('volume delete', libvirt_storagevolume_delete($v, 0));
check('pool undefine', libvirt_storagepool_destroy($p) && libvirt_storagepool_undefine($p));
exit($failed ? 1 : 0);
