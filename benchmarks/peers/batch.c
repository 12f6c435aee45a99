/* One system call for many datagrams: what the machine can do. */
#define _GNU_SOURCE
#include "peer.h"
#include "mmsg.h"
