# SPDX-License-Identifier: GPL-2.0-or-later
# Sys::Virt: life cycle, objects, streams, events and errors, each said in a line.
use strict;
use warnings;
use Sys::Virt;
use Sys::Virt::Event;

my ($uri) = @ARGV;
my $failed = 0;
sub check { my ($name, $holds) = @_; print(($holds ? 'ok ' : 'not ok ') . $name . "\n"); $failed ||= !$holds; }
sub fails {
  my ($name, $code, $call) = @_;
  eval { $call->(); 1 } and return check($name, 0);
  my $e = $@;
  check("$name " . $e->code, $e->code == $code);
}

Sys::Virt::Event::register_default();
my $ticks = 0;
Sys::Virt::Event::add_timeout(20, sub { $ticks++ });
my $c = Sys::Virt->new(uri => $uri);
check('type', $c->get_type eq 'TEST' || $c->get_type eq 'Test');
check('uri', $c->get_uri eq $uri);
check('list', join(',', map { $_->get_name } $c->list_all_domains) eq 'test');
my @seen;
my $callback = $c->domain_event_register_any(undef, Sys::Virt::Domain::EVENT_ID_LIFECYCLE,
  sub { my ($conn, $dom, $event) = @_; push @seen, $event; });
my $d = $c->define_domain("<domain type='test'><name>b1</name><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>");
check('lookup', $c->get_domain_by_name('b1')->get_uuid_string eq $d->get_uuid_string);
$d->create;
check('running', ($d->get_state)[0] == Sys::Virt::Domain::STATE_RUNNING);
$d->suspend;
check('paused', ($d->get_state)[0] == Sys::Virt::Domain::STATE_PAUSED);
$d->resume;
check('info', $d->get_info->{maxMem} == 65536);
check('xml', $d->get_xml_description =~ /<name>b1<\/name>/);
$d->set_autostart(1);
check('autostart', $d->get_autostart);
my $s = $d->create_snapshot('<domainsnapshot><name>s1</name></domainsnapshot>');
check('snapshots', join(',', map { $_->get_name } $d->list_all_snapshots) eq 's1');
$s->revert_to;
$s->delete;
my $stream = $c->new_stream;
my $mime = $c->get_domain_by_name('test')->screenshot($stream, 0);
my $picture = '';
$stream->recv_all(sub { my ($st, $data, $n) = @_; $picture .= substr($data, 0, $n); return $n; });
$stream->finish;
check("screenshot $mime " . length($picture), substr($picture, 1, 3) eq 'PNG');
$d->destroy;
fails('destroy twice', 55, sub { $d->destroy });
$d->undefine;
fails('no domain', 42, sub { $c->get_domain_by_name('b1') });
my $n = $c->define_network("<network><name>bn</name><bridge name='virbr77'/></network>");
$n->create;
check('networks', join(',', sort map { $_->get_name } $c->list_all_networks) eq 'bn,default');
$n->destroy;
$n->undefine;
fails('no network', 43, sub { $c->get_network_by_name('bn') });
my $p = $c->define_storage_pool("<pool type='dir'><name>bp</name><target><path>/bp</path></target></pool>");
$p->create;
my $v = $p->create_volume("<volume><name>v</name><capacity unit='M'>1</capacity></volume>");
check('volume', $v->get_info->{capacity} == 1048576);
fails('no volume', 50, sub { $p->get_volume_by_name('x') });
$v->delete;
$p->destroy;
$p->undefine;
fails('no pool', 49, sub { $c->get_storage_pool_by_name('bp') });
Sys::Virt::Event::run_default() while $ticks < 250 && (!@seen || $seen[-1] != 1);
my %kinds = map { $_ => 1 } @seen;
check('events', $seen[0] == 0 && $seen[-1] == 1 && 6 == grep { $kinds{$_} } 0 .. 5);
$c->domain_event_deregister_any($callback);
exit($failed ? 1 : 0);
