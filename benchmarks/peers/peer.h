/*
 * The same work as contenders/drive.mjs, in C. The including file says how datagrams are sent and received:
 *   send_many sends `count` datagrams of `size` bytes; receive_some waits for one, takes at most `most`, and answers how
 *   many there were (0 after a second of silence) and who sent the last.
 * Run as: PROGRAM pair|receive|send|echo SIZE WARM_UP_MS MEASURE_MS [PORT]
 */
#include "meter.h"

#define IN_FLIGHT 64
#define REFILL_AT 32
#define ACK_EVERY 16
#define TAIL_MS 100

static void send_many(int fd, int bytes, const struct sockaddr_in *to, int count);
static int receive_some(int fd, int bytes, int most, struct sockaddr_in *from);

static void print_result(long lost) {
  printf("{\"datagrams\":%ld,\"seconds\":%.6f,\"cpu\":%.0f,\"lost\":%ld}\n", meter.datagrams, meter.seconds, meter.cpu,
         lost);
  fflush(stdout);
}

static void pair(void) {
  struct sockaddr_in from, sender_at, receiver_at;
  int sender = open_socket(&sender_at), receiver = open_socket(&receiver_at);
  long sent = 0, received = 0;
  start_meter();
  do {
    int count = IN_FLIGHT - (sent - received);
    send_many(sender, size, &receiver_at, count);
    sent += count;
    while (sent - received > REFILL_AT) {
      int got = receive_some(receiver, size, sent - received - REFILL_AT, &from);
      if (got == 0) break;
      received += got;
    }
  } while (!check_meter(received) && sent - received <= REFILL_AT);
  while (received < sent) {
    int got = receive_some(receiver, size, MOST, &from);
    if (got == 0) break;
    received += got;
  }
  print_result(sent - received);
}

static void receive_all(void) {
  struct sockaddr_in from, address;
  int fd = open_socket(&address);
  long received = 0, acknowledged = 0;
  int printed = 0, silences = 0;
  printf("{\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
  while (silences < 5) {
    int got = receive_some(fd, size, MOST, &from);
    if (got == 0) {
      silences++;
      continue;
    }
    silences = 0;
    if (meter.phase == IDLE) start_meter();
    received += got;
    for (; acknowledged + ACK_EVERY <= received; acknowledged += ACK_EVERY) send_many(fd, 1, &from, 1);
    if (!printed && check_meter(received)) {
      print_result(0);
      printed = 1;
    }
  }
}

static void send_all(int port) {
  struct sockaddr_in from, address, to = at_port(port);
  int fd = open_socket(&address);
  long sent = 0, acknowledged = 0;
  int count = IN_FLIGHT;
  double stop = 0;
  start_meter();
  while (stop == 0 || now_ms() < stop) {
    int got;
    send_many(fd, size, &to, count);
    sent += count;
    got = receive_some(fd, 1, IN_FLIGHT / ACK_EVERY, &from);
    if (got == 0) break;
    count = got * ACK_EVERY;
    acknowledged += count;
    if (check_meter(acknowledged) && stop == 0) stop = now_ms() + TAIL_MS;
  }
  while (acknowledged < sent) {
    int got = receive_some(fd, 1, IN_FLIGHT / ACK_EVERY, &from);
    if (got == 0) break;
    acknowledged += got * ACK_EVERY;
  }
  print_result(sent - acknowledged);
}

static void echo(void) {
  struct sockaddr_in from, client_at, server_at;
  int client = open_socket(&client_at), server = open_socket(&server_at);
  long trips = 0;
  start_meter();
  do {
    send_many(client, size, &server_at, 1);
    if (receive_some(server, size, 1, &from) == 0) break;
    send_many(server, size, &from, 1);
    if (receive_some(client, size, 1, &from) == 0) break;
  } while (!check_meter(++trips));
  print_result(meter.phase == ENDED ? 0 : 1);
}

int main(int argc, char **argv) {
  const char *work = argc > 4 ? argv[1] : "";
  if (argc > 4) {
    size = atoi(argv[2]);
    meter.warm_up = atof(argv[3]);
    meter.measure = atof(argv[4]);
  }
  if (size < 1 || size > LARGEST) return 2;
  memset(payload, 7, sizeof payload);
  if (!strcmp(work, "pair")) pair();
  else if (!strcmp(work, "receive")) receive_all();
  else if (!strcmp(work, "send") && argc > 5) send_all(atoi(argv[5]));
  else if (!strcmp(work, "echo")) echo();
  else return 2;
  return 0;
}
