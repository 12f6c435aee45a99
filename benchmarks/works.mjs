// What is measured in every round of all contenders, by CPU time: by the name that --work takes.

/**
 * Milliseconds. A program that is compiled ahead of time is warm at once; others are compiled meanwhile, on other
 * threads too, which on Bun is a tenth of the CPU of the first second. Targets are set in one process: it has longer.
 */
export const times = { warmUp: 500, warmUpOfC: 100, measure: { alone: 1500, together: 700 } };

export const works = {
  pair: { title: "Send and receive in one process", unit: "datagram", sizes: [64, 1400] },
  two: { title: "Two processes, the CPU of both", unit: "datagram", sizes: [64] },
  receive: { title: "Receive only, from a C program", unit: "datagram", sizes: [64, 1400] },
  send: { title: "Send only, to a C program", unit: "datagram", sizes: [64, 1400] },
  echo: { title: "Round trips, one at a time, in one process", unit: "round trip", sizes: [64] },
};

export const timedWorks = Object.keys(works);

/** True for the work of one process. */
export const isAlone = (work) => work === "pair" || work === "echo";
