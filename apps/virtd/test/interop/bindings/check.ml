(* SPDX-License-Identifier: GPL-2.0-or-later *)
(* ocaml-libvirt: life cycle, objects, events and errors, each said in a line; it knows neither snapshots nor streams. *)
module C = Libvirt.Connect
module D = Libvirt.Domain
module E = Libvirt.Event
module N = Libvirt.Network

let failed = ref false

let check name holds =
  print_endline ((if holds then "ok " else "not ok ") ^ name);
  if not holds then failed := true

let fails name code call =
  try call (); check name false
  with Libvirt.Virterror e -> check name (e.Libvirt.Virterror.code = code)

let () =
  let name = Sys.argv.(1) in
  E.register_default_impl ();
  let c = C.connect ~name () in
  check "type" (C.get_type c = "TEST");
  check "uri" (C.get_uri c = name);
  check "list" (C.num_of_domains c = 1);
  let seen = ref 0 in
  let timer = E.add_timeout c 50 (fun () -> ()) in
  let callback = E.register_any c (E.Lifecycle (fun _ _ -> incr seen)) in
  let d = D.define_xml c
    "<domain type='test'><name>b1</name><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>" in
  check "lookup" (D.get_uuid_string (D.lookup_by_name c "b1") = D.get_uuid_string d);
  D.create d;
  check "running" ((D.get_info d).D.state = D.InfoRunning);
  D.suspend d;
  check "paused" ((D.get_info d).D.state = D.InfoPaused);
  D.resume d;
  check "info" ((D.get_info d).D.max_mem = 65536L);
  D.set_autostart d true;
  check "autostart" (D.get_autostart d);
  fails "create twice" Libvirt.Virterror.VIR_ERR_INTERNAL_ERROR (fun () -> D.create d);
  D.destroy d;
  D.undefine (D.lookup_by_name c "b1");
  fails "no domain" Libvirt.Virterror.VIR_ERR_NO_DOMAIN (fun () -> ignore (D.lookup_by_name c "b1"));
  let n = N.define_xml c "<network><name>bn</name><bridge name='virbr77'/></network>" in
  N.create n;
  check "networks" (C.num_of_networks c = 2);
  N.destroy n;
  N.undefine (N.lookup_by_name c "bn");
  fails "no network" Libvirt.Virterror.VIR_ERR_NO_NETWORK (fun () -> ignore (N.lookup_by_name c "bn"));
  let turns = ref 0 in
  while !seen < 6 && !turns < 200 do incr turns; E.run_default_impl () done;
  check "events" (!seen = 6);
  E.deregister_any c callback;
  E.remove_timeout c timer;
  C.close c;
  exit (if !failed then 1 else 0)
