// SPDX-License-Identifier: GPL-2.0-or-later
// libvirt-go over the C library: life cycle, objects, streams, events and errors, each said in a line.
package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	libvirt "github.com/libvirt/libvirt-go"
)

var failed = false

func check(name string, holds bool) {
	if holds {
		fmt.Println("ok " + name)
	} else {
		fmt.Println("not ok " + name)
		failed = true
	}
}

func fails(name string, code libvirt.ErrorNumber, err error) {
	e, is := err.(libvirt.Error)
	check(fmt.Sprintf("%s %d", name, code), is && e.Code == code)
}

func must(err error) {
	if err != nil {
		fmt.Println("not ok:", err)
		os.Exit(1)
	}
}

func main() {
	uri := os.Args[1]
	must(libvirt.EventRegisterDefaultImpl())
	libvirt.EventAddTimeout(50, func(int) {})
	go func() {
		for libvirt.EventRunDefaultImpl() == nil {
		}
	}()
	c, err := libvirt.NewConnect(uri)
	must(err)
	kind, _ := c.GetType()
	check("type", kind == "TEST")
	where, _ := c.GetURI()
	check("uri", where == uri)
	all, _ := c.ListAllDomains(0)
	check("list", len(all) == 1)
	seen := make(chan libvirt.DomainEventType, 100)
	callback, err := c.DomainEventLifecycleRegister(nil,
		func(_ *libvirt.Connect, _ *libvirt.Domain, event *libvirt.DomainEventLifecycle) { seen <- event.Event })
	must(err)
	d, err := c.DomainDefineXML("<domain type='test'><name>b1</name><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>")
	must(err)
	must(d.Create())
	state, _, _ := d.GetState()
	check("running", state == libvirt.DOMAIN_RUNNING)
	must(d.Suspend())
	state, _, _ = d.GetState()
	check("paused", state == libvirt.DOMAIN_PAUSED)
	must(d.Resume())
	info, _ := d.GetInfo()
	check("info", info.MaxMem == 65536)
	xml, _ := d.GetXMLDesc(0)
	check("xml", strings.Contains(xml, "<name>b1</name>"))
	must(d.SetAutostart(true))
	s, err := d.CreateSnapshotXML("<domainsnapshot><name>s1</name></domainsnapshot>", 0)
	must(err)
	names, _ := d.SnapshotListNames(0)
	check("snapshots", len(names) == 1 && names[0] == "s1")
	must(s.RevertToSnapshot(0))
	must(s.Delete(0))
	stream, err := c.NewStream(0)
	must(err)
	mime, err := all[0].Screenshot(stream, 0, 0)
	must(err)
	size := 0
	must(stream.RecvAll(func(_ *libvirt.Stream, data []byte) (int, error) { size += len(data); return len(data), nil }))
	must(stream.Finish())
	check(fmt.Sprintf("screenshot %s %d", mime, size), size > 1000)
	must(d.Destroy())
	fails("destroy twice", libvirt.ERR_OPERATION_INVALID, d.Destroy())
	must(d.Undefine())
	_, err = c.LookupDomainByName("b1")
	fails("no domain", libvirt.ERR_NO_DOMAIN, err)
	n, err := c.NetworkDefineXML("<network><name>bn</name><bridge name='virbr77'/></network>")
	must(err)
	must(n.Create())
	networks, _ := c.ListAllNetworks(0)
	check("networks", len(networks) == 2)
	must(n.Destroy())
	must(n.Undefine())
	_, err = c.LookupNetworkByName("bn")
	fails("no network", libvirt.ERR_NO_NETWORK, err)
	p, err := c.StoragePoolDefineXML("<pool type='dir'><name>bp</name><target><path>/bp</path></target></pool>", 0)
	must(err)
	must(p.Create(0))
	v, err := p.StorageVolCreateXML("<volume><name>v</name><capacity unit='M'>1</capacity></volume>", 0)
	must(err)
	volume, _ := v.GetInfo()
	check("volume", volume.Capacity == 1048576)
	_, err = p.LookupStorageVolByName("x")
	fails("no volume", libvirt.ERR_NO_STORAGE_VOL, err)
	must(v.Delete(0))
	must(p.Destroy())
	must(p.Undefine())
	_, err = c.LookupStoragePoolByName("bp")
	fails("no pool", libvirt.ERR_NO_STORAGE_POOL, err)
	kinds := map[libvirt.DomainEventType]bool{}
	deadline := time.After(5 * time.Second)
	for len(kinds) < 6 {
		select {
		case event := <-seen:
			kinds[event] = true
			continue
		case <-deadline:
		}
		break
	}
	check("events", len(kinds) == 6)
	must(c.DomainEventDeregister(callback))
	if failed {
		os.Exit(1)
	}
}
