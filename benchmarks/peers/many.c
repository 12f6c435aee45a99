/*
 * One program with many sockets, many peers or many sources: the work of contenders/many_sockets.mjs, and the far ends
 * of the programs that are measured.
 *   many sockets SIZE WARM_UP_MS MEASURE_MS COUNT,...       COUNT sockets, each in turn sends a burst to the next
 *   many peers SIZE WARM_UP_MS MEASURE_MS PORTS COUNT,...   sends batches, each to COUNT of those ports in turn
 *   many ports SIZE                                         receives on many ports, for `peers`
 *   many sources SIZE WARM_UP_MS MEASURE_MS PORT            sends to one port from many
 *   many flood SIZE PORT MS                                 sends to one port as fast as it can
 *   many timer SIZE WARM_UP_MS MEASURE_MS COST_US           a 10 ms timer, and another socket, under a flood
 */
#define _GNU_SOURCE
#include "meter.h"
#include "mmsg.h"
#include <sys/epoll.h>

#define BURST 32
#define PEERS 64
#define BATCH 64
#define SOURCES 32
#define SOURCE_BURST 16
#define SOURCES_IN_FLIGHT 128
#define LATER_WARM_UP_MS 100
#define MOST_SOCKETS 1000
#define MOST_TIMERS 10000

static int sockets[MOST_SOCKETS];
static struct sockaddr_in addresses[MOST_SOCKETS];
static struct epoll_event ready[MOST];

static void watch(int epoll, int index) {
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = index};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, sockets[index], &event)) fail("epoll_ctl");
}

static void open_more(int epoll, int *open, int count) {
  for (; *open < count; ++*open) {
    sockets[*open] = open_socket(&addresses[*open]);
    watch(epoll, *open);
  }
  while (*open > count) close(sockets[--*open]);
}

/* The first takes the warm-up of the arguments, since that also warms the runtimes up. */
static void next_phase(int is_first) {
  if (!is_first) meter.warm_up = LATER_WARM_UP_MS;
  start_meter();
}

static void print_phase(int count) {
  printf("%s{\"count\":%d,\"datagrams\":%ld,\"seconds\":%.6f,\"cpu\":%.0f}", count < 0 ? "" : ",", abs(count),
         meter.datagrams, meter.seconds, meter.cpu);
}

static void each_of_many(char *counts) {
  int epoll = epoll_create1(0), open = 0, is_first = 1;
  long lost = 0;
  printf("{\"phases\":[");
  for (char *text = strtok(counts, ","); text; text = strtok(NULL, ",")) {
    int count = atoi(text), at = 0;
    long sent = 0, received = 0;
    if (count < 1 || count > MOST_SOCKETS) exit(2);
    open_more(epoll, &open, count);
    next_phase(is_first);
    for (;;) {
      int events;
      while (meter.phase != ENDED && sent - received <= BURST) {
        send_many(sockets[at], size, &addresses[(at + 1) % count], BURST);
        at = (at + 1) % count;
        sent += BURST;
      }
      if (meter.phase == ENDED && received == sent) break;
      events = epoll_wait(epoll, ready, MOST, 1000);
      if (events < 1) break;
      for (int i = 0; i < events; i++) {
        struct sockaddr_in from;
        received += receive_some(sockets[ready[i].data.u32], size, MOST, &from);
      }
      check_meter(received);
    }
    print_phase(is_first ? -count : count);
    is_first = 0;
    lost += sent - received;
  }
  printf("],\"lost\":%ld}\n", lost);
}

static void send_each(int fd, const struct sockaddr_in *to, int peers) {
  int sent = 0;
  struct iovec vector = {payload, size};
  for (int i = 0; i < BATCH; i++) {
    messages[i].msg_hdr = (struct msghdr){.msg_name = (void *)&to[i % peers],
                                          .msg_namelen = sizeof *to,
                                          .msg_iov = &vector,
                                          .msg_iovlen = 1};
  }
  while (sent < BATCH) {
    int now = sendmmsg(fd, messages + sent, BATCH - sent, 0);
    if (now < 1) fail("sendmmsg");
    sent += now;
  }
}

static void to_many(char *ports, char *counts) {
  struct sockaddr_in peers[PEERS], address, from;
  char *rest = ports, *one;
  int known = 0, is_first = 1, fd = open_socket(&address);
  long lost = 0;
  while (known < PEERS && (one = strsep(&rest, ","))) peers[known++] = at_port(atoi(one));
  printf("{\"phases\":[");
  for (char *text = strtok(counts, ","); text; text = strtok(NULL, ",")) {
    int count = atoi(text), got = 2;
    long sent = 0, acknowledged = 0;
    if (count < 1 || count > known) exit(2);
    next_phase(is_first);
    while (meter.phase != ENDED && got > 0) {
      for (; got > 0; got--) {
        send_each(fd, peers, count);
        sent += BATCH;
      }
      got = receive_some(fd, 1, 2, &from);
      acknowledged += got * BATCH;
      check_meter(acknowledged);
    }
    while (acknowledged < sent) {
      got = receive_some(fd, 1, 2, &from);
      if (got == 0) break;
      acknowledged += got * BATCH;
    }
    print_phase(is_first ? -count : count);
    is_first = 0;
    lost += sent - acknowledged;
  }
  printf("],\"lost\":%ld}\n", lost);
}

static void on_many_ports(void) {
  int epoll = epoll_create1(0), open = 0;
  long received = 0, acknowledged = 0;
  open_more(epoll, &open, PEERS);
  printf("{\"ports\":[");
  for (int i = 0; i < PEERS; i++) printf(i ? ",%d" : "%d", ntohs(addresses[i].sin_port));
  printf("]}\n");
  fflush(stdout);
  for (;;) {
    int events = epoll_wait(epoll, ready, MOST, 5000);
    if (events < 1) return;
    for (int i = 0; i < events; i++) {
      struct sockaddr_in from;
      received += receive_some(sockets[ready[i].data.u32], size, MOST, &from);
      for (; acknowledged + BATCH <= received; acknowledged += BATCH) send_many(sockets[0], 1, &from, 1);
    }
  }
}

static void from_many(int port) {
  struct sockaddr_in to = at_port(port);
  int epoll = epoll_create1(0), open = 0, at = 0;
  long sent = 0, acknowledged = 0;
  open_more(epoll, &open, SOURCES);
  start_meter();
  while (meter.phase != ENDED) {
    int events;
    for (; sent - acknowledged + SOURCE_BURST <= SOURCES_IN_FLIGHT; sent += SOURCE_BURST) {
      send_many(sockets[at], size, &to, SOURCE_BURST);
      at = (at + 1) % SOURCES;
    }
    events = epoll_wait(epoll, ready, MOST, 1000);
    if (events < 1) break;
    for (int i = 0; i < events; i++) {
      struct sockaddr_in from;
      acknowledged += SOURCE_BURST * receive_some(sockets[ready[i].data.u32], 1, MOST, &from);
    }
    check_meter(acknowledged);
  }
  printf("{\"sent\":%ld,\"stalled\":%s}\n", sent, meter.phase == ENDED ? "false" : "true");
}

static void flood(int port, double ms) {
  struct sockaddr_in address, to = at_port(port);
  int fd = open_socket(&address);
  double began = now_ms();
  long sent = 0;
  while (now_ms() - began < ms) {
    send_many(fd, size, &to, MOST);
    sent += MOST;
  }
  printf("{\"sent\":%ld,\"seconds\":%.6f}\n", sent, (now_ms() - began) / 1e3);
}

static int by_size(const void *a, const void *b) {
  double one = *(const double *)a, other = *(const double *)b;
  return (one > other) - (one < other);
}

static void spend(double us) {
  double end = now_ms() + us / 1e3;
  while (us > 0 && now_ms() < end);
}

static void under_flood(double cost) {
  static double late[MOST_TIMERS];
  struct sockaddr_in from;
  int epoll = epoll_create1(0), open = 0, timers = 0;
  long received = 0, trips = 0;
  double due = 0;
  open_more(epoll, &open, 2);
  printf("{\"port\":%d}\n", ntohs(addresses[0].sin_port));
  fflush(stdout);
  while (meter.phase != ENDED) {
    double now = now_ms(), wait = meter.phase == IDLE ? 5000 : due - now;
    int events = epoll_wait(epoll, ready, MOST, wait < 0 ? 0 : (int)wait + 1);
    if (meter.phase == IDLE && events < 1) return;
    for (int i = 0; i < events; i++) {
      int got = receive_some(sockets[ready[i].data.u32], ready[i].data.u32 ? 1 : size, MOST, &from);
      if (ready[i].data.u32 == 0) {
        spend(got * cost);
        if (received == 0) {
          start_meter();
          due = now_ms() + 10;
          send_many(sockets[1], 1, &addresses[1], 1);
        }
        received += got;
      } else {
        if (meter.phase == MEASURING) trips++;
        send_many(sockets[1], 1, &addresses[1], 1);
      }
    }
    now = now_ms();
    if (meter.phase != IDLE && now >= due) {
      if (meter.phase == MEASURING && timers < MOST_TIMERS) late[timers++] = now - due;
      due = now + 10;
    }
    if (meter.phase != IDLE) check_meter(received);
  }
  qsort(late, timers, sizeof *late, by_size);
  printf("{\"timers\":%d,\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f,\"trips\":%ld,\"received\":%ld,\"seconds\":%.6f}\n", timers,
         late[timers / 2], late[timers * 99 / 100], late[timers - 1], trips, meter.datagrams, meter.seconds);
}

int main(int argc, char **argv) {
  const char *work = argc > 2 ? argv[1] : "";
  if (argc > 2) size = atoi(argv[2]);
  if (argc > 4) {
    meter.warm_up = atof(argv[3]);
    meter.measure = atof(argv[4]);
  }
  if (size < 1 || size > LARGEST) return 2;
  memset(payload, 7, sizeof payload);
  if (!strcmp(work, "sockets") && argc > 5) each_of_many(argv[5]);
  else if (!strcmp(work, "peers") && argc > 6) to_many(argv[5], argv[6]);
  else if (!strcmp(work, "ports")) on_many_ports();
  else if (!strcmp(work, "sources") && argc > 5) from_many(atoi(argv[5]));
  else if (!strcmp(work, "flood") && argc > 4) flood(atoi(argv[3]), atof(argv[4]));
  else if (!strcmp(work, "timer") && argc > 5) under_flood(atof(argv[5]));
  else return 2;
  return 0;
}
