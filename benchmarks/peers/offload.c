/* One message for many datagrams, which the kernel cuts (UDP_SEGMENT) and joins (UDP_GRO): what the machine can do at all. */
#define _GNU_SOURCE
#include "peer.h"
#include <netinet/udp.h>
#include <stdint.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

#define LONGEST 65507
#define PIECES 4

static char pieces[PIECES][LONGEST];
static struct mmsghdr messages[PIECES];
static struct iovec vectors[PIECES];
static struct sockaddr_in names[PIECES];
static union {
  char bytes[CMSG_SPACE(sizeof(int))];
  struct cmsghdr align;
} controls[PIECES];

static void send_many(int fd, int bytes, const struct sockaddr_in *to, int count) {
  static char row[LONGEST];
  int most = LONGEST / bytes < 64 ? LONGEST / bytes : 64;
  while (count > 0) {
    int now = count < most ? count : most;
    union {
      char bytes[CMSG_SPACE(sizeof(uint16_t))];
      struct cmsghdr align;
    } control = {{0}};
    struct iovec vector = {row, (size_t)now * bytes};
    struct msghdr message = {.msg_name = (void *)to, .msg_namelen = sizeof *to, .msg_iov = &vector, .msg_iovlen = 1};
    /* As the others do, which have their datagrams somewhere. */
    for (int i = 0; i < now; i++) memcpy(row + (size_t)i * bytes, payload, bytes);
    if (now > 1) {
      uint16_t segment = bytes;
      message.msg_control = control.bytes;
      message.msg_controllen = sizeof control.bytes;
      struct cmsghdr *header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = IPPROTO_UDP;
      header->cmsg_type = UDP_SEGMENT;
      header->cmsg_len = CMSG_LEN(sizeof segment);
      memcpy(CMSG_DATA(header), &segment, sizeof segment);
    }
    if (sendmsg(fd, &message, 0) < 0) fail("sendmsg");
    count -= now;
  }
}

static int receive_some(int fd, int bytes, int most, struct sockaddr_in *from) {
  static int joins[1024];
  int got, all = 0, on = 1;
  (void)most;
  if (fd < 1024 && !joins[fd]) {
    if (setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on)) fail("UDP_GRO");
    joins[fd] = 1;
  }
  for (int i = 0; i < PIECES; i++) {
    vectors[i] = (struct iovec){pieces[i], LONGEST};
    messages[i].msg_hdr = (struct msghdr){.msg_name = &names[i],
                                          .msg_namelen = sizeof names[i],
                                          .msg_iov = &vectors[i],
                                          .msg_iovlen = 1,
                                          .msg_control = controls[i].bytes,
                                          .msg_controllen = sizeof controls[i].bytes};
  }
  got = recvmmsg(fd, messages, PIECES, MSG_WAITFORONE, NULL);
  if (got < 1) return 0;
  for (int i = 0; i < got; i++) {
    int segment = messages[i].msg_len;
    struct cmsghdr *header = CMSG_FIRSTHDR(&messages[i].msg_hdr);
    if (header && header->cmsg_level == IPPROTO_UDP && header->cmsg_type == UDP_GRO) {
      memcpy(&segment, CMSG_DATA(header), sizeof segment);
    }
    if (segment != bytes || messages[i].msg_len % bytes) fail("a datagram of another size");
    all += messages[i].msg_len / bytes;
  }
  *from = names[got - 1];
  return all;
}
