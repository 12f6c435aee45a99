/** Linux's numbers, alike on each architecture: uapi/linux/in.h and in6.h. */
export const LINUX = {
  4: {
    level: 0,
    /** IP_PKTINFO: struct in_pktinfo. */
    packetInfo: 8,
    packetInfoSize: 12,
    /** IP_TTL. */
    hopLimit: 2,
    /** IP_TOS. */
    trafficClass: 1,
    /** IP_RECVERR, the option and the control message. */
    errors: 11,
    /** IP_MTU_DISCOVER. */
    mtuDiscovery: 10,
  },
  6: {
    level: 41,
    /** IPV6_PKTINFO: struct in6_pktinfo. */
    packetInfo: 50,
    packetInfoSize: 20,
    /** IPV6_HOPLIMIT. */
    hopLimit: 52,
    /** IPV6_TCLASS. */
    trafficClass: 67,
    /** IPV6_RECVERR. */
    errors: 25,
    /** IPV6_MTU_DISCOVER. */
    mtuDiscovery: 23,
  },
} as const;

/** IP_PMTUDISC_DONT, _WANT, which is Linux's own choice, and _PROBE. IPv6's are the same. */
export const MTU_DISCOVERY = { none: 0, want: 1, probe: 3 } as const;

/** MSG_ERRQUEUE. */
export const ERROR_QUEUE = 0x2000;

/** SOL_SOCKET, and SCM_TIMESTAMPNS. */
export const TIMESTAMP = { level: 1, type: 35 } as const;

/** The origins of a struct sock_extended_err, whose address is behind it. */
export const ORIGINS = ["", "local", "icmp", "icmp6"] as const;
export const EXTENDED_ERROR_SIZE = 16;

/** The size of a struct cmsghdr, and of a number in one; each starts on eight bytes (64-bit Linux). */
export const HEADER_SIZE = 16;
export const INT_SIZE = 4;

/** The size of a sockaddr_in6, and where it has its address and its scope; where a sockaddr_in has its address. */
export const NAME_SIZE = 28;
export const IPV6_AT = 8;
export const SCOPE_AT = 24;
export const IPV4_AT = 4;
