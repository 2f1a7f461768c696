// SPDX-License-Identifier: GPL-2.0-or-later
// go-libvirt, which speaks the protocol by itself: life cycle, objects, events and errors, each said in a line.
// Its argument is the path of the daemon's socket.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	libvirt "github.com/digitalocean/go-libvirt"
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

func fails(name string, code uint32, err error) {
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
	socket, err := net.DialTimeout("unix", os.Args[1], 5*time.Second)
	must(err)
	c := libvirt.New(socket)
	must(c.ConnectToURI("test:///default"))
	kind, err := c.ConnectGetType()
	must(err)
	check("type", kind == "TEST")
	all, _, err := c.ConnectListAllDomains(1, 0)
	must(err)
	check("list", len(all) == 1 && all[0].Name == "test")
	events, err := c.LifecycleEvents(context.Background())
	must(err)
	d, err := c.DomainDefineXML("<domain type='test'><name>b1</name><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>")
	must(err)
	must(c.DomainCreate(d))
	state, _, err := c.DomainGetState(d, 0)
	must(err)
	check("running", state == 1)
	must(c.DomainSuspend(d))
	must(c.DomainResume(d))
	_, memory, _, _, _, err := c.DomainGetInfo(d)
	must(err)
	check("info", memory == 65536)
	xml, err := c.DomainGetXMLDesc(d, 0)
	must(err)
	check("xml", strings.Contains(xml, "<name>b1</name>"))
	s, err := c.DomainSnapshotCreateXML(d, "<domainsnapshot><name>s1</name></domainsnapshot>", 0)
	must(err)
	check("snapshot", s.Name == "s1")
	must(c.DomainDestroy(d))
	fails("destroy twice", 55, c.DomainDestroy(d))
	must(c.DomainUndefineFlags(d, libvirt.DomainUndefineSnapshotsMetadata))
	_, err = c.DomainLookupByName("b1")
	fails("no domain", 42, err)
	n, err := c.NetworkDefineXML("<network><name>bn</name><bridge name='virbr77'/></network>")
	must(err)
	must(c.NetworkCreate(n))
	must(c.NetworkDestroy(n))
	must(c.NetworkUndefine(n))
	_, err = c.NetworkLookupByName("bn")
	fails("no network", 43, err)
	p, err := c.StoragePoolDefineXML("<pool type='dir'><name>bp</name><target><path>/bp</path></target></pool>", 0)
	must(err)
	must(c.StoragePoolCreate(p, 0))
	v, err := c.StorageVolCreateXML(p, "<volume><name>v</name><capacity unit='M'>1</capacity></volume>", 0)
	must(err)
	_, capacity, _, err := c.StorageVolGetInfo(v)
	must(err)
	check("volume", capacity == 1048576)
	must(c.StorageVolDelete(v, 0))
	must(c.StoragePoolDestroy(p))
	must(c.StoragePoolUndefine(p))
	_, err = c.StoragePoolLookupByName("bp")
	fails("no pool", 49, err)
	kinds := map[int32]bool{}
	deadline := time.After(5 * time.Second)
	for len(kinds) < 6 {
		select {
		case event := <-events:
			kinds[event.Event] = true
			continue
		case <-deadline:
		}
		break
	}
	check("events", len(kinds) == 6)
	must(c.Disconnect())
	if failed {
		os.Exit(1)
	}
}
