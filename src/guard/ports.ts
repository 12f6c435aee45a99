/**
 * The source ports that a guard does not listen to unless it is told otherwise. Those of services that answer whatever
 * comes, so that two of them answer each other without end: echo (7), discard (9), systat (11), daytime (13), qotd (17),
 * chargen (19), time (37), tftp (69), which answers what it does not know with an error. And 0, which is no port (RFC 768)
 * and can't be answered. DNS (53), NTP (123), SSDP (1900) and others are not among them: there are clients that ask from
 * these ports.
 */
export const answeringPorts: readonly number[] = Object.freeze([0, 7, 9, 11, 13, 17, 19, 37, 69]);
