/* One system call for each datagram. */
#include "peer.h"

static void send_many(int fd, int bytes, const struct sockaddr_in *to, int count) {
  for (int i = 0; i < count; i++) {
    if (sendto(fd, payload, bytes, 0, (const struct sockaddr *)to, sizeof *to) != bytes) fail("sendto");
  }
}

static int receive_some(int fd, int bytes, int most, struct sockaddr_in *from) {
  char buffer[LARGEST];
  socklen_t length = sizeof *from;
  ssize_t got = recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr *)from, &length);
  (void)most;
  if (got < 0) return 0;
  if (got != bytes) fail("a datagram of another size");
  return 1;
}
