// SPDX-License-Identifier: LGPL-2.1-or-later
// Every symbol of libvirt-gobject's classes, and what it is called here: names without an entry of their own are in camel case.
// `=` a property, `!` a signal, otherwise a method.

/** Per class: symbols as C has them, or `C name: name here`. */
export const symbols: Readonly<Record<string, string>> = {
  Connection: `=handle:native =uri !connection-closed !connection-opened !domain-added !domain-removed close create_domain:defineDomain
    create_storage_pool:defineStoragePool fetch_domains fetch_interfaces fetch_networks fetch_storage_pools find_domain_by_id
    find_domain_by_name find_interface_by_mac find_network_by_name find_storage_pool_by_name get_capabilities get_domain
    get_domain_capabilities =get_domains:domains get_hypervisor_name get_interface =get_interfaces:interfaces get_network
    =get_networks:networks get_node_info get_storage_pool =get_storage_pools:storagePools get_stream:newStream =get_uri:uri get_version =is_open
    =is_read_only open open_read_only restore_domain_from_file start_domain:createDomain`,
  Domain: `=handle:native =persistent !pmsuspended !resumed !started !stopped !suspended !updated create_snapshot delete:undefine
    fetch_snapshots get_config get_devices get_has_current_snapshot =get_id:id get_info =get_name:name =get_persistent:persistent get_saved
    =get_snapshots:snapshots =get_uuid:uuid open_console open_graphics open_graphics_fd reboot resume save save_to_file screenshot
    set_config set_time shutdown start stop suspend update_device wakeup`,
  DomainDisk: `=config =domain get_stats resize`,
  DomainInterface: `=config =domain get_stats`,
  DomainSnapshot: `=handle:native delete get_config get_is_current =get_name:name revert_to set_config`,
  Interface: `=handle:native get_config =get_mac:mac =get_name:name`,
  Network: `=handle:native get_config get_dhcp_leases =get_name:name =get_uuid:uuid`,
  NetworkDHCPLease: `=handle:native =get_client_id:clientId =get_expiry_time:expiryTime =get_hostname:hostname =get_iaid:iaid
    =get_iface:iface =get_ip:ip =get_ip_type:ipType =get_mac:mac =get_prefix:prefix`,
  NetworkFilter: `=handle:native get_config =get_name:name =get_uuid:uuid`,
  NodeDevice: `=handle:native get_config =get_name:name`,
  Secret: `=handle:native get_config =get_name:name =get_uuid:uuid`,
  StoragePool: `=handle:native build create_volume delete =get_active:active get_autostart get_config get_info =get_name:name
    =get_persistent:persistent =get_uuid:uuid get_volume =get_volumes:volumes refresh set_autostart start stop undefine`,
  StorageVol: `=handle:native =pool delete download get_config get_info =get_name:name get_path resize upload`,
  Manager: `!connection-added !connection-removed add_connection find_connection_by_uri =get_connections:connections remove_connection`,
}
