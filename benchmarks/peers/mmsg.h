/* One system call for many datagrams. The including file defines _GNU_SOURCE and includes meter.h. */

static struct mmsghdr messages[MOST];
static struct iovec vectors[MOST];
static struct sockaddr_in names[MOST];
static char buffers[MOST][LARGEST];

static void send_many(int fd, int bytes, const struct sockaddr_in *to, int count) {
  int sent = 0;
  struct iovec vector = {payload, bytes};
  for (int i = 0; i < count; i++) {
    messages[i].msg_hdr = (struct msghdr){
        .msg_name = (void *)to, .msg_namelen = sizeof *to, .msg_iov = &vector, .msg_iovlen = 1};
  }
  while (sent < count) {
    int now = sendmmsg(fd, messages + sent, count - sent, 0);
    if (now < 1) fail("sendmmsg");
    sent += now;
  }
}

static int receive_some(int fd, int bytes, int most, struct sockaddr_in *from) {
  int got;
  if (most > MOST) most = MOST;
  for (int i = 0; i < most; i++) {
    vectors[i] = (struct iovec){buffers[i], LARGEST};
    messages[i].msg_hdr = (struct msghdr){
        .msg_name = &names[i], .msg_namelen = sizeof names[i], .msg_iov = &vectors[i], .msg_iovlen = 1};
  }
  got = recvmmsg(fd, messages, most, MSG_WAITFORONE, NULL);
  if (got < 1) return 0;
  for (int i = 0; i < got; i++) {
    if (messages[i].msg_len != (unsigned)bytes) fail("a datagram of another size");
  }
  *from = names[got - 1];
  return got;
}
