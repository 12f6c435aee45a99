/* What Debian's libstdc++ takes of glibc that musl does not have. Each may answer that it has nothing. */
#include <stdint.h>

#define LOCAL __attribute__((visibility("hidden")))

extern int getentropy(void *, unsigned long);

LOCAL char __libc_single_threaded = 0;

LOCAL uint32_t arc4random(void) {
  uint32_t value = 0;
  getentropy(&value, sizeof value);
  return value;
}

LOCAL int _dl_find_object(void *address, void *result) { return -1; }
