/** The testing entry as one file, for the examples in the cells that test a bundle of the source. */
export * from "@x/dgram/testing";
