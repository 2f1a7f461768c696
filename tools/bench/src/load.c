// SPDX-License-Identifier: GPL-2.0-or-later
// A load on libvirt.so: load URI WORK SECONDS CONNECTIONS THREADS [FILE]. Prints one JSON object.
// version, info: calls in a loop, by THREADS spread over CONNECTIONS; connect: open and close; list, stats, xml: all
// domains; define: the 1000 documents in FILE, a NUL after each; again; and away; document: the one in FILE defined again
// and described, in CPU time of this process; event: suspend and resume until heard of.
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST = 4000000, WARM = 50, DEFINED = 1000, HEARD = 200 };
static const char *uri, *work;
static double seconds;
static double *took;
static long calls;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t ready;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}
static void check(int ok, const char *what) {
  if (ok) return;
  virErrorPtr e = virGetLastError();
  fprintf(stderr, "%s: %s\n", what, e ? e->message : "failed");
  exit(1);
}
static int byValue(const void *a, const void *b) {
  double d = *(const double *)a - *(const double *)b;
  return (d > 0) - (d < 0);
}
static void report(double elapsed) {
  qsort(took, calls, sizeof *took, byValue);
  printf("{\"p50\":%.2f,\"p99\":%.2f,\"rate\":%.0f,\"calls\":%ld}\n", took[calls / 2] * 1e6,
         took[(long)(calls * 0.99)] * 1e6, calls / elapsed, calls);
}
static virConnectPtr opened(void) {
  virConnectPtr conn = virConnectOpen(uri);
  check(conn != NULL, "open");
  return conn;
}

static void once(virConnectPtr conn, virDomainPtr dom) {
  virDomainInfo info;
  unsigned long version;
  if (dom) check(virDomainGetInfo(dom, &info) == 0, "info");
  else check(virConnectGetLibVersion(conn, &version) == 0, "version");
}
static void *caller(void *arg) {
  virConnectPtr conn = arg;
  virDomainPtr dom = strcmp(work, "info") ? NULL : virDomainLookupByName(conn, "test");
  double *own = malloc(sizeof(double) * MOST / 8);
  long n = 0;
  for (int i = 0; i < WARM; i++) once(conn, dom);
  pthread_barrier_wait(&ready);
  double start = now(), end = start + seconds;
  while (start < end && n < MOST / 8) {
    once(conn, dom);
    double then = now();
    own[n++] = then - start;
    start = then;
  }
  pthread_mutex_lock(&lock);
  for (long i = 0; i < n && calls < MOST; i++) took[calls++] = own[i];
  pthread_mutex_unlock(&lock);
  free(own);
  if (dom) virDomainFree(dom);
  return NULL;
}
static void loop(int connections, int threads) {
  virConnectPtr conn[512];
  pthread_t thread[512];
  pthread_barrier_init(&ready, NULL, threads + 1);
  for (int i = 0; i < connections; i++) conn[i] = opened();
  for (int i = 0; i < threads; i++) pthread_create(&thread[i], NULL, caller, conn[i % connections]);
  pthread_barrier_wait(&ready);
  double start = now();
  for (int i = 0; i < threads; i++) pthread_join(thread[i], NULL);
  report(now() - start);
}
static void connects(void) {
  for (int i = 0; i < 5; i++) virConnectClose(opened());
  double begin = now(), start = begin;
  while (start < begin + seconds) {
    virConnectClose(opened());
    double then = now();
    took[calls++] = then - start;
    start = then;
  }
  report(now() - begin);
}
static void bulk(void) {
  double start = now();
  virConnectPtr conn = opened();
  double open = now() - start;
  virDomainPtr *doms;
  start = now();
  int n = virConnectListAllDomains(conn, &doms, 0);
  double list = now() - start;
  check(n > 0, "list");
  virDomainStatsRecordPtr *records;
  start = now();
  check(virConnectGetAllDomainStats(conn, 0, &records, 0) == n, "stats");
  double stats = now() - start;
  virDomainStatsRecordListFree(records);
  int shown = n > 1000 ? 1000 : n;
  start = now();
  for (int i = 0; i < shown; i++) free(virDomainGetXMLDesc(doms[i], 0));
  printf("{\"open\":%.2f,\"list\":%.3f,\"stats\":%.3f,\"xml\":%.2f}\n", open * 1e3, list * 1e3, stats * 1e3,
         (now() - start) * 1e6 / shown);
}
static char documents[16 << 20];
static void load(const char *file) {
  FILE *f = fopen(file, "r");
  check(f != NULL, file);
  documents[fread(documents, 1, sizeof documents - 1, f)] = 0;
  fclose(f);
}
static double cpu(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}
static void document(const char *file) {
  load(file);
  virConnectPtr conn = opened();
  double start = 0;
  long n = -WARM;
  for (; n < 1 || cpu() - start < seconds; n++) {
    if (n == 0) start = cpu();
    virDomainPtr dom = virDomainDefineXML(conn, documents);
    check(dom != NULL, "define");
    char *xml = virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_INACTIVE);
    check(xml != NULL, "describe");
    free(xml);
    virDomainFree(dom);
  }
  printf("{\"cpu\":%.1f}\n", (cpu() - start) / n * 1e6);
}
static void defines(const char *file) {
  load(file);
  virConnectPtr conn = opened();
  static virDomainPtr doms[DEFINED];
  double rate[3];
  for (int round = 0; round < 2; round++) {
    double start = now();
    char *xml = documents;
    for (int i = 0; i < DEFINED; i++, xml += strlen(xml) + 1) {
      doms[i] = virDomainDefineXML(conn, xml);
      check(doms[i] != NULL, "define");
    }
    rate[round] = DEFINED / (now() - start);
  }
  double start = now();
  for (int i = 0; i < DEFINED; i++) check(virDomainUndefine(doms[i]) == 0, "undefine");
  rate[2] = DEFINED / (now() - start);
  printf("{\"define\":%.0f,\"redefine\":%.0f,\"undefine\":%.0f}\n", rate[0], rate[1], rate[2]);
}

static volatile double heard;
static pthread_cond_t event = PTHREAD_COND_INITIALIZER;
static int onLifecycle(virConnectPtr c, virDomainPtr d, int e, int detail, void *opaque) {
  (void)c, (void)d, (void)e, (void)detail, (void)opaque;
  pthread_mutex_lock(&lock);
  heard = now();
  pthread_cond_signal(&event);
  pthread_mutex_unlock(&lock);
  return 0;
}
static void *events(void *arg) {
  (void)arg;
  for (;;) virEventRunDefaultImpl();
  return NULL;
}
static void eventLoop(void) {
  pthread_t thread;
  virEventRegisterDefaultImpl();
  virConnectPtr listener = opened(), conn = opened();
  virConnectDomainEventRegister(listener, onLifecycle, NULL, NULL);
  pthread_create(&thread, NULL, events, NULL);
  virDomainPtr dom = virDomainLookupByName(conn, "test");
  double begin = now();
  for (int i = 0; i < HEARD; i++) {
    pthread_mutex_lock(&lock);
    heard = 0;
    pthread_mutex_unlock(&lock);
    double start = now();
    check((i % 2 ? virDomainResume(dom) : virDomainSuspend(dom)) == 0, "suspend");
    pthread_mutex_lock(&lock);
    while (heard == 0) pthread_cond_wait(&event, &lock);
    took[calls++] = heard - start;
    pthread_mutex_unlock(&lock);
  }
  report(now() - begin);
}

int main(int argc, char **argv) {
  if (argc < 6) return fprintf(stderr, "usage: load URI WORK SECONDS CONNECTIONS THREADS [FILE]\n"), 2;
  uri = argv[1];
  work = argv[2];
  seconds = atof(argv[3]);
  took = malloc(sizeof(double) * MOST);
  if (!strcmp(work, "connect")) connects();
  else if (!strcmp(work, "bulk")) bulk();
  else if (!strcmp(work, "define")) defines(argc > 6 ? argv[6] : "");
  else if (!strcmp(work, "document")) document(argc > 6 ? argv[6] : "");
  else if (!strcmp(work, "event")) eventLoop();
  else loop(atoi(argv[4]), atoi(argv[5]));
  return 0;
}
