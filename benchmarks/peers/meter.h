/* What the programs share: sockets on 127.0.0.1, and a meter of CPU time over the measurement that follows a warm-up. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define MOST 64
#define LARGEST 2048

static int size;
static char payload[LARGEST];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static double cpu_us(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static struct sockaddr_in at_port(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static int open_socket(struct sockaddr_in *address) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct timeval patience = {.tv_sec = 1};
  socklen_t length = sizeof *address;
  *address = at_port(0);
  if (fd < 0 || bind(fd, (struct sockaddr *)address, sizeof *address)) fail("bind");
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (getsockname(fd, (struct sockaddr *)address, &length)) fail("getsockname");
  return fd;
}

static struct {
  double warm_up, measure, began, mark_ms, mark_cpu, seconds, cpu;
  long mark_count, datagrams;
  enum { IDLE, WARMING, MEASURING, ENDED } phase;
} meter;

static void start_meter(void) {
  meter.began = now_ms();
  meter.phase = WARMING;
}

static int check_meter(long count) {
  double now = now_ms();
  if (meter.phase == WARMING && now - meter.began >= meter.warm_up) {
    meter.mark_ms = now;
    meter.mark_cpu = cpu_us();
    meter.mark_count = count;
    meter.phase = MEASURING;
  } else if (meter.phase == MEASURING && now - meter.mark_ms >= meter.measure) {
    meter.cpu = cpu_us() - meter.mark_cpu;
    meter.seconds = (now - meter.mark_ms) / 1e3;
    meter.datagrams = count - meter.mark_count;
    meter.phase = ENDED;
  }
  return meter.phase == ENDED;
}
