// A compiler for `require()`, as many programs are started with.
